"""Contacts as the desk shows them: an agent sees his own, whoever inspects those of his unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncMonth

from lamplighter.base.desk.listing import Ask, Listing, Part, one_of, yes_or_no
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.units import in_unit
from lamplighter.business.service_desk.contacts.models import Appeal, Contact, Deduction, Rating, SampledContact
from lamplighter.business.service_desk.contacts.records import Channel, ContactRow, DeductionState, practice
from lamplighter.business.service_desk.quality.record_rubric import every_item
from lamplighter.business.service_desk.tickets.marks import in_months
from lamplighter.business.workflow.company_days import AROUND

_MONTH: Final = re.compile(r"[1-8]\d{3}-(0[1-9]|1[0-2])")
"""At either end of the calendar a zone's clock runs over it."""
BANDS: Final[Mapping[str, tuple[float, float]]] = {
    "full": (100.0, 100.5),
    "good": (90.0, 100.0),
    "fair": (75.0, 90.0),
    "poor": (0.5, 75.0),
    "nought": (0.0, 0.5),
}
"""Bands of points to narrow a list by, from the first figure up to below the second: a way to look, no judgement."""


class ContactUnknown(LamplighterError):
    """There is no such contact among those the actor sees."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("contacts.error.unknown"))


def seen_contacts(actor: Actor) -> QuerySet[Any]:
    """Return the contacts an actor may see: his own, or, where he inspects, all of his unit.

    Raises:
        RightMissing: he may not see contacts.
    """
    actor.require(Right.SEE_CONTACTS)
    rows: QuerySet[Any] = Contact.objects.seen_by(actor)
    return rows if actor.may(Right.INSPECT_CONTACTS) else rows.filter(agent_id=actor.staff_id)


def seen_contact(actor: Actor, number: int) -> Contact:
    """Return the row of a contact the actor sees, for the operations of this room.

    Raises:
        RightMissing, ContactUnknown: what the names say.
    """
    found: Contact | None = seen_contacts(actor).filter(pk=number).first()
    if found is None:
        raise ContactUnknown(number)
    return found


class RatingDue(LamplighterError):
    """The actor may be one of the persons who rate a contact by hand, and has not: he does not see its score."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("contacts.error.rating_due"))


def to_rate(actor: Actor) -> QuerySet[Any]:
    """Return the sampled contacts an actor may still rate; their scores are closed to him until he has.

    A contact somebody appealed against is rated no more: whoever decides has to know what it lost.

    Raises:
        RightMissing: he may not see contacts.
    """
    rows = seen_contacts(actor)
    if not actor.may(Right.INSPECT_CONTACTS):
        return rows.none()
    found: QuerySet[Any] = (
        rows.filter(pk__in=SampledContact.objects.values("contact"), forgotten_at=None)
        .exclude(pk__in=Appeal.objects.values("deduction__contact"))
        .exclude(agent_id=actor.staff_id)
        .exclude(pk__in=Rating.objects.filter(by_id=actor.staff_id).values("contact"))
        .annotate(rated=Count("ratings"))
        .filter(rated__lt=practice().raters)
    )
    return found


def find_row(*, actor: Actor, number: int) -> ContactRow:
    """Return a contact the actor sees as lists show it.

    Raises:
        RightMissing, ContactUnknown: what the names say.
    """
    return row_of(seen_contact(actor, number), is_blind=to_rate(actor).filter(pk=number).exists())


def list_contacts(*, actor: Actor, ask: Ask) -> Part[ContactRow]:
    """Return a page of the contacts an actor sees, the newest first.

    Raises:
        RightMissing: he may not see contacts.
    """
    return _listing(actor).answer(_with_deductions(_telling(actor, ask)), ask)


def stream_contacts(*, actor: Actor, ask: Ask) -> Iterator[ContactRow]:
    """Return every contact that was asked for, for a file.

    Raises:
        RightMissing: he may not see contacts.
    """
    return _listing(actor).stream(_with_deductions(_telling(actor, ask)), ask)


_TELLING: Final = frozenset({"item", "unjudged", "veto", "score"})
"""Filters that tell something of a score."""


def _telling(actor: Actor, ask: Ask) -> QuerySet[Any]:
    """Return the contacts to list: where a filter would tell of a score, those without the ones still to be rated."""
    rows = seen_contacts(actor)
    is_telling = not _TELLING.isdisjoint(name for name, value in ask.filters.items() if value)
    return rows.exclude(pk__in=to_rate(actor).values("pk")) if is_telling else rows


def row_of(contact: Contact, *, is_blind: bool = False) -> ContactRow:
    """Return a contact as lists show it, without anything of its score where that is closed to the reader."""
    rows = () if is_blind else contact.deductions.all()
    groups = {row.item.partition(".")[0] for row in rows if row.state != DeductionState.WITHDRAWN}
    return ContactRow(
        number=contact.pk,
        contact_no=contact.contact_no,
        channel=Channel(contact.channel),
        agent_id=contact.agent_id,
        agent_name=contact.agent_name,
        unit_name=contact.unit_name,
        begun_at=contact.begun_at,
        rubric=contact.rubric,
        total=None if is_blind else contact.total,
        total_first=contact.total_first if not is_blind else 0.0,
        is_vetoed=contact.is_vetoed and not is_blind,
        lost=tuple(item for item in every_item() if item in groups),
        appeals_open=sum(row.state == DeductionState.APPEALED for row in rows),
    )


def list_agents(*, actor: Actor) -> list[tuple[str, str]]:
    """Return number and name of each agent whose contacts the actor sees."""
    found = seen_contacts(actor).filter(agent_id__isnull=False).values_list("agent_id", "agent_name")
    return sorted({str(number): name for number, name in found.distinct()}.items(), key=lambda each: each[1])


def list_months(*, actor: Actor) -> list[str]:
    """Return the months contacts began in on the company's clock, ``2026-03``, the newest first."""
    months = seen_contacts(actor).annotate(month=TruncMonth("begun_at", tzinfo=AROUND.calendar.zone))
    return [f"{month:%Y-%m}" for month in months.order_by("-month").values_list("month", flat=True).distinct()]


def has_contacts(*, actor: Actor) -> bool:
    """Return whether there are contacts of the actor's own."""
    return bool(seen_contacts(actor).filter(agent_id=actor.staff_id).exists())


def count_open_appeals(*, actor: Actor) -> int:
    """Return how many appeals wait for a decision in what the actor sees."""
    waiting = seen_contacts(actor).filter(deductions__state=DeductionState.APPEALED)
    return int(waiting.aggregate(count=Count("deductions"))["count"])


def _with_deductions(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.prefetch_related("deductions")


def _listing(actor: Actor) -> Listing[ContactRow]:
    blind = frozenset(to_rate(actor).values_list("pk", flat=True))
    return Listing(
        record=lambda contact: row_of(contact, is_blind=contact.pk in blind),
        order=("-begun_at", "-id"),
        sorts={
            "contact": "contact_no",
            "begun": "begun_at",
            "agent": "agent_name",
            "unit": "unit_name",
            "channel": "channel",
            "total": "total",
        },
        filters={
            "agent": _agent,
            "channel": one_of("channel", tuple(Channel)),
            "months": lambda value: in_months("begun_at", value),
            "item": _item,
            "unjudged": _unjudged,
            "veto": yes_or_no("is_vetoed"),
            "score": _band,
            "month": _month,
            "appeal": _appeal,
            "station": in_unit,
            "unit": in_unit,
        },
        searched=("contact_no", "agent_name", "ticket_no"),
        unread=("dialogue", "promises"),
    )


def _agent(value: str) -> Q | None:
    return Q(agent_id=int(value)) if value.isdecimal() and len(value) < 18 else None


def _deducted(condition: Q) -> Q:
    # Not by a join: a contact that lost a thing twice is one contact.
    return Q(pk__in=Deduction.objects.filter(condition).values("contact"))


def _item(value: str) -> Q | None:
    if value not in every_item():
        return None
    return _deducted(Q(item__startswith=f"{value}.") & ~Q(state=DeductionState.WITHDRAWN))


def _unjudged(value: str) -> Q | None:
    # As text: SQLite cannot look into a list of documents.
    return Q(unjudged__icontains=f'"{value}"') if value in every_item() else None


def _band(value: str) -> Q | None:
    band = BANDS.get(value)
    return Q(total__gte=band[0], total__lt=band[1]) if band else None


def _appeal(value: str) -> Q | None:
    states: Sequence[str] = [each for each in DeductionState if each is not DeductionState.STANDS]
    return _deducted(Q(state=value)) if value in states else None


def _month(value: str) -> Q | None:
    if not _MONTH.fullmatch(value):
        return None
    first = datetime.strptime(value, "%Y-%m").replace(tzinfo=_zone())
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return Q(begun_at__gte=first, begun_at__lt=following)


def _zone() -> ZoneInfo:
    zone = AROUND.calendar.zone
    assert isinstance(zone, ZoneInfo)
    return zone
