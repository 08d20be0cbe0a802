"""Figures over contacts: agreement of double ratings, how groups compare, what an agent loses most."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Max, Q, Sum

from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.service_desk.contacts.agreement import Agreement, Compared, Moments, agreement_of, compare
from lamplighter.business.service_desk.contacts.models import Appeal, Contact, Deduction, Rating, Sample
from lamplighter.business.service_desk.contacts.queries import seen_contacts, to_rate
from lamplighter.business.service_desk.contacts.records import Channel, DeductionState, Verdict, practice
from lamplighter.business.service_desk.contacts.view import read_words, say_reason
from lamplighter.business.service_desk.quality.record_rubric import every_item

GROUPS: Final[Mapping[str, tuple[str, str]]] = {
    "station": ("station_id", "unit_name"),
    "channel": ("channel", "channel"),
    "agent": ("agent_id", "agent_name"),
}
"""Ways to group contacts: the column of the group, and that of its name."""
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "talk": (Channel.CALL, Channel.CHAT, Channel.VISIT),
    "ticket": (Channel.TICKET,),
    "site_record": (Channel.SITE_RECORD,),
}
"""What is held to the same rubric: points of one kind say nothing against those of another."""


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """Agreement on one item: of two persons, and of the rubric with what both persons said."""

    item: str
    persons: Agreement
    rubric: Agreement

    def is_too_few(self, of: Agreement) -> bool:
        """Whether there are too few pairs for a figure."""
        return of.pairs < practice().fewest_pairs


@dataclass(frozen=True, slots=True)
class SampleRow:
    """A draw: of which days, how many of each agent, with which seed, by whom, and how far it is rated."""

    first_on: dt.date
    last_on: dt.date
    per_agent: int
    seed: int
    drawn_by: str
    drawn_at: dt.datetime
    contacts: int
    ratings: int


@dataclass(frozen=True, slots=True)
class ToRate:
    """A contact that waits for a rating of the reader's."""

    number: int
    contact_no: str
    channel: str
    begun_at: dt.datetime
    ratings: int


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of contacts.

    Attributes:
        value, name: of the group.
        compared: points against all others.
        change: points of the later half of the days less those of the earlier, with its interval.
        vetoed: contacts a veto took everything of.
        appeals, withdrawn: decided appeals, and those after which a deduction was withdrawn.
    """

    value: str
    name: str
    compared: Compared
    change: Compared | None
    vetoed: int
    appeals: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class Example:
    """An example of an agent's own: the contact, and the turn with what was said before it."""

    number: int
    contact_no: str
    begun_at: dt.datetime
    turn: int | None
    before: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class LostItem:
    """What an agent lost most: the check, how often, how many points, examples."""

    item: str
    count: int
    points: float
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class CoachingCard:
    """An agent's card: whose, of which days, how many contacts and points, and what he loses most."""

    agent_id: int
    agent_name: str
    first_on: dt.datetime
    last_on: dt.datetime
    contacts: int
    mean: float
    lost: tuple[LostItem, ...]


def read_agreement(*, actor: Actor) -> list[ItemAgreement]:
    """Return the agreement on each item of the rubric over the contacts of an actor's unit that two persons rated.

    Raises:
        RightMissing: he may not inspect contacts.
    """
    actor.require(Right.INSPECT_CONTACTS)
    ratings: dict[int, list[Mapping[str, str]]] = defaultdict(list)
    seen = seen_contacts(actor)
    for contact, verdicts in (
        Rating.objects.filter(contact__in=seen.values("pk"))
        .order_by("made_at", "pk")
        .values_list("contact", "verdicts")
    ):
        ratings[contact].append(verdicts)
    double = {contact: pair for contact, pair in ratings.items() if len(pair) == practice().raters}
    found, unjudged = _found_by_rubric(seen, list(double))
    rows = []
    for item in every_item():
        persons, rubric = [], []
        for contact, (first, second) in ((number, (pair[0], pair[1])) for number, pair in double.items()):
            said = first.get(item), second.get(item)
            if Verdict.UNSURE in said or None in said:
                continue
            persons.append((said[0] == Verdict.BREACH, said[1] == Verdict.BREACH))
            # What both say is the measure; where they differ there is none.
            if said[0] == said[1] and (contact, item) not in unjudged:
                rubric.append(((contact, item) in found, said[0] == Verdict.BREACH))
        rows.append(ItemAgreement(item, agreement_of(persons), agreement_of(rubric)))
    return rows


def _found_by_rubric(seen: Any, numbers: Sequence[int]) -> tuple[set[tuple[int, str]], set[tuple[int, str]]]:
    """Return contact and item of what the rubric found, whatever an appeal made of it, and of what it did not judge."""
    lost = Deduction.objects.filter(contact__in=numbers).values_list("contact", "item")
    found = {(contact, item.partition(".")[0]) for contact, item in lost}
    unjudged = {
        (contact, each["item"])
        for contact, rows in seen.filter(pk__in=numbers).values_list("pk", "unjudged")
        for each in rows
    }
    return found, unjudged - found


def list_samples(*, actor: Actor) -> list[SampleRow]:
    """Return what was drawn in an actor's unit, the newest first.

    Raises:
        RightMissing: he may not inspect contacts.
    """
    actor.require(Right.INSPECT_CONTACTS)
    rows = Sample.objects.seen_by(actor).order_by("-drawn_at")[:20]
    counts = rows.annotate(drawn=Count("contacts", distinct=True), rated=Count("contacts__contact__ratings"))
    return [
        SampleRow(
            row.first_on,
            row.last_on,
            row.per_agent,
            row.seed,
            row.drawn_by_name,
            row.drawn_at,
            row.drawn,
            row.rated,
        )
        for row in counts
    ]


def list_to_rate(*, actor: Actor) -> list[ToRate]:
    """Return sampled contacts that wait for a rating by an actor, the oldest draw first.

    Raises:
        RightMissing: he may not inspect contacts.
    """
    actor.require(Right.INSPECT_CONTACTS)
    rows = to_rate(actor).order_by("begun_at")[:100]
    return [ToRate(row.pk, row.contact_no, row.channel, row.begun_at, row.rated) for row in rows]


def read_groups(*, actor: Actor, by: str, kind: str = "talk") -> list[GroupRow]:
    """Return how groups of contacts of one kind compare, those with an agent.

    Args:
        actor: who looks: contacts of his unit.
        by: one of `GROUPS`.
        kind: one of `KINDS`.

    Raises:
        RightMissing: he may not inspect contacts.
    """
    actor.require(Right.INSPECT_CONTACTS)
    column, name = GROUPS[by]
    rows = seen_contacts(actor).filter(agent_id__isnull=False, channel__in=KINDS[kind])
    sums = {"count": Count("pk"), "sum": Sum("total"), "squares": Sum(F("total") * F("total"))}
    everything = _moments(rows.aggregate(**sums))
    if everything is None:
        return []
    middle = _middle(rows)
    halves = [
        {each[column]: _moments(each) for each in part.order_by().values(column).annotate(**sums)}
        for part in (rows.filter(begun_at__lt=middle), rows.filter(begun_at__gte=middle))
    ]
    decided = _decided(rows, column)
    found = []
    grouped = (
        rows.order_by().values(column).annotate(**sums, name=Max(name), vetoed=Count("pk", filter=Q(is_vetoed=True)))
    )
    for each in grouped:
        moments = _moments(each)
        if moments is None:
            continue
        before, after = (half.get(each[column]) for half in halves)
        appeals, withdrawn = decided.get(each[column], (0, 0))
        fewest = practice().fewest_contacts
        found.append(
            GroupRow(
                value=str(each[column]),
                name=each["name"],
                compared=compare(moments, everything.without(moments), fewest=fewest),
                change=compare(after, before, fewest=fewest) if before and after else None,
                vetoed=each["vetoed"],
                appeals=appeals,
                withdrawn=withdrawn,
            )
        )
    return sorted(found, key=lambda row: row.compared.mean)


def _moments(row: Mapping[str, Any]) -> Moments | None:
    return Moments(row["count"], float(row["sum"]), float(row["squares"])) if row["count"] else None


def _middle(rows: Any) -> dt.datetime:
    """Return the contact before which half of them began: the halves are of as many contacts, not of as many days."""
    count = rows.count()
    began: dt.datetime = rows.order_by("begun_at").values_list("begun_at", flat=True)[count // 2]
    return began


def _decided(contacts: Any, column: str) -> dict[Any, tuple[int, int]]:
    rows = Appeal.objects.filter(deduction__contact__in=contacts.values("pk")).exclude(decision="")
    grouped = (
        rows.order_by()
        .values(group=F(f"deduction__contact__{column}"))
        .annotate(count=Count("pk"), withdrawn=Count("pk", filter=Q(decision=DeductionState.WITHDRAWN)))
    )
    return {each["group"]: (each["count"], each["withdrawn"]) for each in grouped}


def read_coaching(*, actor: Actor, agent_id: int) -> CoachingCard | None:
    """Return what an agent loses most in his latest contacts, with examples of his own; None without a contact seen.

    Args:
        actor: the agent, or who inspects his unit.
        agent_id: account of the agent.

    Raises:
        RightMissing: he may not see contacts.
    """
    rows = seen_contacts(actor).filter(agent_id=agent_id)
    newest = rows.order_by("-begun_at").first()
    if newest is None:
        return None
    rules = practice()
    since = newest.begun_at - dt.timedelta(days=rules.coaching_days)
    rows = rows.filter(begun_at__gt=since)
    lost = (
        Deduction.objects.filter(contact__in=rows.values("pk"))
        .exclude(state=DeductionState.WITHDRAWN)
        .values("item")
        .annotate(count=Count("pk"), points=Sum("points"))
        .order_by("-points", "-count", "item")
    )
    totals = list(rows.values_list("total", flat=True))
    # No example gives away what the reader is still to rate.
    shown = rows.exclude(pk__in=to_rate(actor).values("pk"))
    return CoachingCard(
        agent_id=agent_id,
        agent_name=newest.agent_name,
        first_on=since,
        last_on=newest.begun_at,
        contacts=len(totals),
        mean=sum(totals) / len(totals),
        lost=tuple(
            LostItem(each["item"], each["count"], each["points"], _examples(shown, each["item"]))
            for each in lost[: rules.coaching_items]
        ),
    )


def _examples(rows: Any, item: str) -> tuple[Example, ...]:
    found = (
        Deduction.objects.filter(contact__in=rows.values("pk"), item=item)
        .exclude(state=DeductionState.WITHDRAWN)
        .select_related("contact")
        .order_by("-contact__begun_at", "pk")[: practice().coaching_examples]
    )
    return tuple(_example(row, row.contact) for row in found)


def _example(row: Deduction, contact: Contact) -> Example:
    said = read_words(contact)
    order = list(said)
    at = order.index(row.turn) if row.turn in said else 0
    return Example(
        number=contact.pk,
        contact_no=contact.contact_no,
        begun_at=contact.begun_at,
        turn=row.turn,
        before=said[order[at - 1]] if at else "",
        words=said.get(row.turn, "") if row.turn is not None else "",
        reason=say_reason(row, said),
    )
