"""What is done about contacts: taken and scored, appealed against, decided, drawn and rated by hand."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence

from django.db import IntegrityError, transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Unit
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.contacts.drawing import draw
from lamplighter.business.service_desk.contacts.knowing import known_at
from lamplighter.business.service_desk.contacts.models import (
    Appeal,
    Contact,
    Deduction,
    Rating,
    Sample,
    SampledContact,
)
from lamplighter.business.service_desk.contacts.queries import seen_contact, seen_contacts
from lamplighter.business.service_desk.contacts.records import DeductionState, Occasion, Taken, Verdict, practice
from lamplighter.business.service_desk.contacts.releases import follow, release_at
from lamplighter.business.service_desk.contacts.rules import (
    appeal_until,
    channel_of,
    why_no_appeal,
    why_no_decision,
)
from lamplighter.business.service_desk.quality.dialogue_file import write_dialogue
from lamplighter.business.service_desk.quality.record_rubric import rubric_of
from lamplighter.business.service_desk.quality.records import Score
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.service_desk.quality.scoring import score_dialogue, total_of
from lamplighter.business.workflow.company_days import AROUND

LONGEST_WORDS = 2000
MOST_OF_EACH = 50
"""Most contacts of an agent in one sample."""
_FIRST_DAY, _LAST_DAY = dt.date(2000, 1, 1), dt.date(2999, 12, 31)
KIND = "contacts.contact"


class WordsMissing(LamplighterError):
    """An appeal or a decision without a reason."""

    def __init__(self) -> None:
        super().__init__(text("contacts.error.words_missing"))


class DeductionUnknown(LamplighterError):
    """There is no such deduction among what the actor sees."""

    def __init__(self) -> None:
        super().__init__(text("contacts.error.deduction_unknown"))


class AppealRefused(LamplighterError):
    """Somebody may not appeal here; ``why`` is one of ``contacts.why``."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(text(f"contacts.why.{why}"))


class DecisionRefused(LamplighterError):
    """Somebody may not decide here; ``why`` is one of ``contacts.why``."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(text(f"contacts.why.{why}"))


class RatingRefused(LamplighterError):
    """Somebody may not rate this contact, or left an item out; ``why`` is one of ``contacts.why``."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(text(f"contacts.why.{why}"))


class DrawUnreadable(LamplighterError):
    """Days, number or seed of a draw could not be read, or are none that could be drawn with."""

    def __init__(self) -> None:
        super().__init__(text("contacts.error.draw_unreadable", most=MOST_OF_EACH))


class NothingToDraw(LamplighterError):
    """There is no contact of these days that is not in a sample already."""

    def __init__(self) -> None:
        super().__init__(text("contacts.error.nothing_to_draw"))


def take_contact(occasion: Occasion, *, now: dt.datetime) -> Taken:
    """Score a contact and keep it; one that is on record stays as it is.

    Every source of contacts comes in here: a file, the web chat when a conversation is over, the demo's calls.

    Args:
        occasion: what was said, by whom, where, when.
        now: the instant, with its zone: agents may appeal from then on.
    """
    dialogue = occasion.dialogue
    document = write_dialogue(dialogue)
    digest = hashlib.sha256(json.dumps(document, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    known = Contact.objects.filter(contact_no=dialogue.id).values_list("digest", flat=True).first()
    if known is not None:
        return Taken.KNOWN if known == digest else Taken.DIFFERS
    known = known_at(occasion.said_at or occasion.begun_at)
    found = occasion.judge(known) if occasion.judge else score_dialogue(dialogue, known=known)
    score = follow(found, release_at(now), items=rubric_of(dialogue.channel).items)
    ends = [turn.end for turn in dialogue.turns if turn.end is not None]
    unit = Unit.objects.filter(pk=occasion.path.station_id).values_list("name", flat=True).first()
    with transaction.atomic():
        contact = Contact.objects.create(
            contact_no=dialogue.id,
            channel=channel_of(dialogue.channel, chats=packaged_rubric().limits.chat_channels),
            agent_id=occasion.agent.staff_id if occasion.agent else None,
            agent_name=occasion.agent.name if occasion.agent else "",
            unit_name=unit or "",
            begun_at=occasion.begun_at,
            seconds=max(ends) if ends and dialogue.about is None else None,
            ended_by=dialogue.ended_by,
            ticket_no=str((dialogue.ticket or {}).get("no", ""))[:64],
            dialogue=document,
            digest=digest,
            rubric=score.rubric,
            total_first=score.total,
            total=score.total,
            is_vetoed=score.is_vetoed,
            unjudged=[{"item": each.item, "why": each.why} for each in score.unjudged],
            promises=[{"turn": each.turn, "words": each.words} for each in score.promises],
            is_promise_open=bool(score.promises and (dialogue.ticket or {}).get("no")),
            taken_at=now,
            **{column: occasion.path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS},
        )
        _keep_deductions(contact, score)
    return Taken.NEW


def _keep_deductions(contact: Contact, score: Score) -> None:
    items = rubric_of(contact.channel).items
    Deduction.objects.bulk_create(
        Deduction(
            contact=contact,
            item=each.item,
            turn=each.turn,
            points=each.points,
            weight=items[each.item.partition(".")[0]].weight,
            start=each.span.start,
            end=each.span.end,
            fields=dict(each.fields),
            state=DeductionState.STANDS,
            made_at=contact.taken_at,
        )
        for each in score.deductions
    )


def appeal(*, actor: Actor, number: int, deduction: int, reason: str, now: dt.datetime) -> None:
    """Appeal against a deduction of one's own contact, once.

    Args:
        actor: the agent.
        number: of the contact.
        deduction: number of the deduction.
        reason: why it is wrong.
        now: the instant, with its zone.

    Raises:
        RightMissing, ContactUnknown, DeductionUnknown, WordsMissing, AppealRefused: what the names say.
    """
    contact = seen_contact(actor, number)
    words = reason.strip()[:LONGEST_WORDS]
    with transaction.atomic():
        row = _locked(contact, deduction)
        why = why_no_appeal(
            state=DeductionState(row.state),
            is_own=contact.agent_id == actor.staff_id,
            has_appealed=hasattr(row, "appeal"),
            until=appeal_until(row.made_at, practice=practice(), calendar=AROUND.calendar),
            now=now,
        )
        if why:
            raise AppealRefused(why)
        if not words:
            raise WordsMissing
        Appeal.objects.create(deduction=row, reason=words, by_id=actor.staff_id, by_name=actor.name, made_at=now)
        row.state = DeductionState.APPEALED
        row.save(update_fields=["state"])
        after = {"item": row.item, "state": row.state, "reason": words}
        record(act=Act.CHANGED, by=actor, now=now, kind=KIND, subject=number, after=after)


def decide_appeal(
    *, actor: Actor, number: int, deduction: int, is_upheld: bool, reason: str, now: dt.datetime
) -> tuple[float, float]:
    """Decide on an appeal; where the deduction is withdrawn the score follows.

    Args:
        actor: who decides: neither the agent, nor somebody who rated this contact by hand.
        number: of the contact.
        deduction: number of the deduction.
        is_upheld: the deduction stays.
        reason: why.
        now: the instant, with its zone.

    Returns:
        Points of the contact before and after.

    Raises:
        RightMissing, ContactUnknown, DeductionUnknown, WordsMissing, DecisionRefused: what the names say.
    """
    actor.require(Right.INSPECT_CONTACTS)
    contact = seen_contact(actor, number)
    words = reason.strip()[:LONGEST_WORDS]
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        row = _locked(contact, deduction)
        why = why_no_decision(
            state=DeductionState(row.state),
            is_own=contact.agent_id == actor.staff_id,
            has_rated=Rating.objects.filter(contact=contact, by_id=actor.staff_id).exists(),
        )
        if why:
            raise DecisionRefused(why)
        if not words:
            raise WordsMissing
        before = contact.total
        row.state = DeductionState.UPHELD if is_upheld else DeductionState.WITHDRAWN
        row.save(update_fields=["state"])
        settle_total(contact)
        Appeal.objects.filter(deduction=row).update(
            decision=row.state,
            decided_reason=words,
            decided_by_id=actor.staff_id,
            decided_by_name=actor.name,
            decided_at=now,
            total_before=before,
            total_after=contact.total,
        )
        record(
            act=Act.CHANGED,
            by=actor,
            now=now,
            kind=KIND,
            subject=number,
            before={"item": row.item, "state": DeductionState.APPEALED.value, "total": before},
            after={"item": row.item, "state": str(row.state), "total": contact.total, "reason": words},
        )
    return before, contact.total


def settle_total(contact: Contact) -> None:
    """Work the points of a contact out again from the deductions that stand, and keep them."""
    rows = [row for row in Deduction.objects.filter(contact=contact) if row.state != DeductionState.WITHDRAWN]
    weights = {row.item.partition(".")[0]: row.weight for row in rows}
    contact.total, contact.is_vetoed = total_of(((row.item, row.points) for row in rows), weights=weights)
    contact.save(update_fields=["total", "is_vetoed"])


def _locked(contact: Contact, deduction: int) -> Deduction:
    row = Deduction.objects.select_for_update().filter(contact=contact, pk=deduction).first()
    if row is None:
        raise DeductionUnknown
    return row


def draw_sample(
    *, actor: Actor, first_on: dt.date, last_on: dt.date, per_agent: int, seed: int, now: dt.datetime
) -> int:
    """Draw contacts of each agent at random, for two persons to rate, and return how many.

    Args:
        actor: who draws, from the contacts of his unit.
        first_on, last_on: days on which they began, both included, on the company's clock.
        per_agent: contacts of each agent; fewer where he has fewer.
        seed: the same seed draws the same contacts from the same ones; it is kept.
        now: the instant, with its zone.

    Raises:
        RightMissing: he may not inspect contacts.
        DrawUnreadable: the last day is before the first, or there are too many or none of each.
        NothingToDraw: there is none that is not in a sample already.
    """
    actor.require(Right.INSPECT_CONTACTS)
    if (
        not _FIRST_DAY <= first_on <= last_on <= _LAST_DAY
        or not 1 <= per_agent <= MOST_OF_EACH
        or not 0 <= seed < 2**62
    ):
        raise DrawUnreadable
    zone = AROUND.calendar.zone
    since = dt.datetime.combine(first_on, dt.time(), tzinfo=zone)
    until = dt.datetime.combine(last_on + dt.timedelta(days=1), dt.time(), tzinfo=zone)
    rows = seen_contacts(actor).filter(agent_id__isnull=False, begun_at__gte=since, begun_at__lt=until)
    pool: dict[int, list[str]] = {}
    numbers: dict[str, int] = {}
    rows = rows.filter(sampled=None, forgotten_at=None).exclude(pk__in=Appeal.objects.values("deduction__contact"))
    for number, agent_id, contact_no in rows.values_list("pk", "agent_id", "contact_no"):
        pool.setdefault(agent_id, []).append(contact_no)
        numbers[contact_no] = number
    drawn = draw(pool, per_stratum=per_agent, seed=seed)
    unit = Unit.objects.filter(pk=actor.unit_id).first()
    if not drawn or unit is None:
        raise NothingToDraw
    with transaction.atomic():
        sample = Sample.objects.create(
            seed=seed,
            first_on=first_on,
            last_on=last_on,
            per_agent=per_agent,
            drawn_by_id=actor.staff_id,
            drawn_by_name=actor.name,
            drawn_at=now,
            **{column: unit.path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS},
        )
        SampledContact.objects.bulk_create(SampledContact(sample=sample, contact_id=numbers[each]) for each in drawn)
        after = {"seed": seed, "first_on": str(first_on), "last_on": str(last_on), "drawn": len(drawn)}
        record(act=Act.CREATED, by=actor, now=now, kind="contacts.sample", subject=sample.pk, after=after)
    return len(drawn)


def rate_contact(*, actor: Actor, number: int, verdicts: Mapping[str, str], note: str = "", now: dt.datetime) -> None:
    """Keep what a person says of a sampled contact, item by item.

    Args:
        actor: who rates; not the agent, not twice, and no third person.
        number: of the contact.
        verdicts: item of the rubric -> one of `Verdict`; every item.
        note: whatever he wants to say.
        now: the instant, with its zone.

    Raises:
        RightMissing, ContactUnknown, RatingRefused: what the names say.
    """
    actor.require(Right.INSPECT_CONTACTS)
    contact = seen_contact(actor, number)
    items: Sequence[str] = tuple(rubric_of(contact.channel).items)
    with transaction.atomic():
        raters = list(Rating.objects.select_for_update().filter(contact=contact).values_list("by_id", flat=True))
        why = _why_no_rating(contact, actor, raters)
        if why:
            raise RatingRefused(why)
        if any(verdicts.get(item) not in tuple(Verdict) for item in items):
            raise RatingRefused("item_left_out")
        try:
            Rating.objects.create(
                contact=contact,
                by_id=actor.staff_id,
                by_name=actor.name,
                verdicts={item: str(verdicts[item]) for item in items},
                note=note.strip()[:LONGEST_WORDS],
                made_at=now,
            )
        except IntegrityError:
            raise RatingRefused("rated_already") from None
        record(act=Act.CREATED, by=actor, now=now, kind="contacts.rating", subject=number)


def may_rate(*, actor: Actor, number: int) -> str:
    """Return the code of why somebody may not rate a contact he sees; empty where he may.

    Raises:
        RightMissing, ContactUnknown: what the names say.
    """
    actor.require(Right.INSPECT_CONTACTS)
    contact = seen_contact(actor, number)
    return _why_no_rating(contact, actor, list(Rating.objects.filter(contact=contact).values_list("by_id", flat=True)))


def _why_no_rating(contact: Contact, actor: Actor, raters: Sequence[int]) -> str:
    if not SampledContact.objects.filter(contact=contact).exists():
        return "not_sampled"
    if contact.agent_id == actor.staff_id:
        return "own"
    if contact.forgotten_at is not None:
        return "forgotten"
    if Appeal.objects.filter(deduction__contact=contact).exists():
        return "appealed"
    if actor.staff_id in raters:
        return "rated_already"
    return "rated_enough" if len(raters) >= practice().raters else ""
