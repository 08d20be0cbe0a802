"""One contact as its page shows it: the transcript with each deduction at its place, appeals, promises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.service_desk.contacts.masking import mask_said
from lamplighter.business.service_desk.contacts.models import Appeal, Contact, Deduction, Rating
from lamplighter.business.service_desk.contacts.promises import promises_of
from lamplighter.business.service_desk.contacts.queries import ContactUnknown, RatingDue, row_of, seen_contact, to_rate
from lamplighter.business.service_desk.contacts.records import (
    AppealView,
    ContactView,
    DeductionState,
    DeductionView,
    TurnView,
    practice,
)
from lamplighter.business.service_desk.contacts.rules import appeal_until, cut_at, why_no_appeal, why_no_decision
from lamplighter.business.service_desk.quality.checks.finding import reason_of
from lamplighter.business.service_desk.quality.dialogue_file import parse_dialogue
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.workflow.company_days import AROUND


def find_contact(*, actor: Actor, number: int, now: dt.datetime, is_clear: bool = False) -> ContactView | None:
    """Return a contact the actor sees; None where there is none.

    Args:
        actor: who looks.
        number: of the contact.
        now: the instant, with its zone.
        is_clear: personal data as they were said; whoever asks has it recorded before.

    Raises:
        RightMissing: he may not see contacts.
        RatingDue: he may still rate it by hand.
    """
    try:
        contact = seen_contact(actor, number)
    except ContactUnknown:
        return None
    if to_rate(actor).filter(pk=number).exists():
        raise RatingDue(number)
    dialogue = parse_dialogue(contact.dialogue)
    said = {turn.i: _shown(turn, is_clear) for turn in dialogue.turns}
    deductions = [
        (row, _deduction(row, contact, said, actor=actor, now=now))
        for row in Deduction.objects.filter(contact=contact).select_related("appeal").order_by("pk")
    ]
    latest = max((row.made_at for row, _ in deductions), default=contact.taken_at)
    return ContactView(
        row=row_of(contact),
        taken_at=contact.taken_at,
        forgotten_at=contact.forgotten_at,
        ended_by=contact.ended_by,
        about=(str(dialogue.about["kind"]), int(dialogue.about["number"])) if dialogue.about else None,
        turns=tuple(_turn(turn, said[turn.i], deductions, _since(contact, dialogue)) for turn in dialogue.turns),
        whole=tuple(view for row, view in deductions if row.turn is None),
        unjudged=tuple(
            (each["item"], text(f"service_desk.rubric.unjudged.{each['why']}")) for each in contact.unjudged
        ),
        checked_against=tuple(_fact(each) for each in dialogue.truth or ()),
        promises=promises_of(contact, said, now=now),
        appeal_until=_until(latest),
    )


def read_transcript(*, actor: Actor, number: int) -> tuple[TurnView, ...] | None:
    """Return what was said in a contact the actor sees and nothing of its score, for a rating by hand; None without it.

    Raises:
        RightMissing: he may not see contacts.
    """
    try:
        contact = seen_contact(actor, number)
    except ContactUnknown:
        return None
    dialogue = parse_dialogue(contact.dialogue)
    return tuple(_turn(turn, _shown(turn, False), (), _since(contact, dialogue)) for turn in dialogue.turns)


def _since(contact: Contact, dialogue: Dialogue) -> dt.datetime | None:
    """Return from when the turns of a record count; None where somebody spoke."""
    return contact.begun_at if dialogue.about else None


def _until(known_since: dt.datetime) -> dt.datetime:
    return appeal_until(known_since, practice=practice(), calendar=AROUND.calendar)


def read_words(contact: Contact) -> dict[int, str]:
    """Return what was said in each turn, personal data masked."""
    return {turn.i: _shown(turn, False) for turn in parse_dialogue(contact.dialogue).turns}


def say_reason(row: Deduction, said: Mapping[int, str]) -> str:
    """Return the reason of a deduction in words of the rubric, in the reader's language.

    Args:
        row: the deduction.
        said: what is shown of each turn: the words it names are taken from there.
    """
    words = said.get(row.turn, "")[row.start : row.end] if row.turn is not None else ""
    fields = {name: _hidden(value) for name, value in row.fields.items()}
    return reason_of(row.item, words=words, fields=fields)


def _hidden(value: Any) -> Any:
    return mask_said(value, who=Who.AGENT) if isinstance(value, str) else value


def _shown(turn: Turn, is_clear: bool) -> str:
    # Spans count in the one way of writing; as it was said is nicer to read where the two are as long.
    words = turn.text if len(turn.text) == len(turn.plain) else turn.plain
    return words if is_clear else mask_said(words, who=turn.who)


def _turn(
    turn: Turn, words: str, deductions: Sequence[tuple[Deduction, DeductionView]], since: dt.datetime | None
) -> TurnView:
    here = [(row, view) for row, view in deductions if row.turn == turn.i]
    spans = [(row.start, row.end) for row, _ in here if row.state != DeductionState.WITHDRAWN]
    return TurnView(
        i=turn.i,
        who=turn.who.value,
        at=since + dt.timedelta(seconds=turn.start) if since and turn.start is not None else None,
        start=turn.start,
        end=turn.end,
        pieces=cut_at(words, spans),
        deductions=tuple(view for _, view in here),
    )


def _deduction(
    row: Deduction, contact: Contact, said: Mapping[int, str], *, actor: Actor, now: dt.datetime
) -> DeductionView:
    state = DeductionState(row.state)
    is_own = contact.agent_id == actor.staff_id
    made: Appeal | None = getattr(row, "appeal", None)
    until = _until(row.made_at)
    no_appeal = why_no_appeal(state=state, is_own=is_own, has_appealed=made is not None, until=until, now=now)
    has_rated = Rating.objects.filter(contact=contact, by_id=actor.staff_id).exists()
    no_decision = (
        why_no_decision(state=state, is_own=is_own, has_rated=has_rated)
        if actor.may(Right.INSPECT_CONTACTS)
        else "no_right"
    )
    return DeductionView(
        number=row.pk,
        item=row.item,
        group=row.item.partition(".")[0],
        turn=row.turn,
        points=row.points,
        reason=say_reason(row, said),
        clause=str(row.fields.get("clause", "")),
        state=state,
        appeal=_appeal(made) if made else None,
        why_not_appeal=no_appeal,
        why_not_decide=no_decision,
    )


def _appeal(made: Appeal) -> AppealView:
    return AppealView(
        reason=made.reason,
        by=made.by_name,
        made_at=made.made_at,
        decision=made.decision,
        decided_by=made.decided_by_name,
        decided_at=made.decided_at,
        decided_reason=made.decided_reason,
        total_before=made.total_before,
        total_after=made.total_after,
    )


def _fact(fact: Mapping[str, Any]) -> dict[str, str]:
    words = fact.get("words") or [fact.get("name", "")]
    return {
        "words": " ".join(map(str, words)),
        "value": f"{fact.get('value', '')}{fact.get('unit', '')}",
        "source": str(fact.get("source", "")),
    }
