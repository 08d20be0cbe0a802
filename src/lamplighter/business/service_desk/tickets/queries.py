"""Tickets as the desk shows them: one inbox, and one ticket with everything that belongs to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from lamplighter.base.desk.listing import Ask, Listing, Part, one_of
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, UnitPath
from lamplighter.base.security.units import in_unit
from lamplighter.business.service_desk.tickets.marks import in_months, marked
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.records import Channel, Escalation, TicketClass
from lamplighter.business.service_desk.tickets.settings import ticket_class, ticket_classes
from lamplighter.business.service_desk.tickets.store import STORE
from lamplighter.business.workflow.company_days import AROUND, day_of
from lamplighter.business.workflow.desk.people import chain_actor, names_of
from lamplighter.business.workflow.desk.showing import ChainLine, line_of, say_why_not
from lamplighter.business.workflow.instances import Instance, Status
from lamplighter.business.workflow.operations import advance
from lamplighter.business.workflow.queries import open_tasks
from lamplighter.business.workflow.records import Definition, UserTask
from lamplighter.business.workflow.state_text import read_event

STATUSES = tuple(status.value for status in Status)
DUPLICATE_DAYS = 7


class TicketUnknown(LamplighterError):
    """There is no such ticket among those the actor sees."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("tickets.error.unknown"))


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket in a list.

    Attributes:
        number: names it in addresses; ``ticket_no`` is what people quote.
        account_id: account, for reads of other rooms; never shown as it is.
        due_at: earliest of the promise and the deadlines of what is open.
        is_merged: another ticket goes on with the matter.
    """

    number: int
    ticket_no: str
    class_code: str
    channel: Channel
    subject: str
    account_id: str
    area_id: str
    area_name: str
    station_name: str
    state: str
    status: Status
    registered_at: dt.datetime
    promise_due_at: dt.datetime | None
    replied_at: dt.datetime | None
    due_at: dt.datetime | None
    closed_at: dt.datetime | None
    escalation: Escalation
    reminders: int
    is_supervised: bool
    is_vulnerable: bool
    handler: str
    team: str
    satisfaction: str
    is_solved: bool | None
    is_merged: bool
    path: UnitPath

    @property
    def is_promise_kept(self) -> bool | None:
        """Say whether the customer had his answer in time; None where none was promised, or he waits for it still."""
        if self.promise_due_at is None or self.replied_at is None:
            return None
        return self.replied_at <= self.promise_due_at

    def is_overdue(self, now: dt.datetime) -> bool:
        """Say whether something in it is late."""
        return self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class TicketTask:
    """A task that is open in a ticket; ``why_not`` says why the reader may not do it, empty where he may."""

    task: UserTask
    due_at: dt.datetime | None
    is_overdue: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class TicketView:
    """A ticket with everything that belongs to it.

    Attributes:
        row: as in lists.
        of: its class, with the promise and where it stands.
        words, place: as taken down; ``has_contact`` says whether somebody can be called.
        seen: number of the chain's last event: whoever acts says which he saw.
        tasks: what is open, the earliest deadline first.
        timeline: the newest first.
        states: states reached, in order.
        duplicates: open tickets that may be the same matter.
        merged_into: number in addresses of the ticket that goes on with it; None.
    """

    row: TicketRow
    of: TicketClass
    words: str
    place: str
    has_contact: bool
    appointment_at: dt.datetime | None
    seen: int
    definition: Definition
    instance: Instance
    tasks: tuple[TicketTask, ...]
    timeline: tuple[ChainLine, ...]
    states: tuple[str, ...]
    duplicates: tuple[TicketRow, ...]
    merged_into: TicketRow | None
    may_end: bool


def seen_ticket(actor: Actor, number: int) -> Ticket:
    """Return the row of a ticket the actor sees, for the operations of this room.

    Raises:
        RightMissing: the actor may not see tickets.
        TicketUnknown: he sees none of this number.
    """
    actor.require(Right.SEE_TICKETS)
    found: Ticket | None = Ticket.objects.seen_by(actor).filter(pk=number).first()
    if found is None:
        raise TicketUnknown(number)
    return found


def row_of(ticket: Ticket) -> TicketRow:
    """Return a ticket as lists show it."""
    return TicketRow(
        number=ticket.pk,
        ticket_no=ticket.ticket_no,
        class_code=ticket.class_code,
        channel=Channel(ticket.channel),
        subject=ticket.subject,
        account_id=ticket.account_id,
        area_id=ticket.area_id,
        area_name=ticket.area_name,
        station_name=ticket.station_name,
        state=ticket.state,
        status=Status(ticket.status),
        registered_at=ticket.registered_at,
        promise_due_at=ticket.promise_due_at,
        replied_at=ticket.replied_at,
        due_at=ticket.due_at,
        closed_at=ticket.closed_at,
        escalation=Escalation(ticket.escalation),
        reminders=ticket.reminders,
        is_supervised=ticket.supervised_at is not None,
        is_vulnerable=ticket.is_vulnerable,
        handler=ticket.handler,
        team=ticket.team,
        satisfaction=ticket.satisfaction,
        is_solved=ticket.is_solved,
        is_merged=ticket.merged_into_id is not None,
        path=ticket.path,
    )


def list_tickets(*, actor: Actor, ask: Ask, now: dt.datetime) -> Part[TicketRow]:
    """Return a page of the inbox: what is due first at the top, what is closed at the end.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    listing = _listing(now)
    if ask.sort:
        return listing.answer(Ticket.objects.seen_by(actor), ask)
    # What has no deadline comes last on every database.
    part = listing.answer(Ticket.objects.seen_by(actor), replace(ask, sort="due"))
    return Part(part.rows, replace(part.ask, sort=""), part.count, part.is_capped)


def stream_tickets(*, actor: Actor, ask: Ask, now: dt.datetime) -> Iterator[TicketRow]:
    """Return every ticket the actor sees that was asked for, one after the other.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    return _listing(now).stream(Ticket.objects.seen_by(actor), ask if ask.sort else replace(ask, sort="due"))


def _listing(now: dt.datetime) -> Listing[TicketRow]:
    by_deadline: Mapping[str, Q] = {
        "overdue": Q(due_at__lte=now),
        "day": Q(due_at__gt=now, due_at__lte=now + dt.timedelta(days=1)),
    }
    by_watch: Mapping[str, Q] = {
        "escalated": Q(escalation__gt=0, closed_at=None),
        "supervised": Q(supervised_at__isnull=False, closed_at=None),
        "reminded": Q(reminders__gt=0, closed_at=None),
    }
    return Listing(
        record=row_of,
        order=("-registered_at", "id"),
        sorts={
            "ticket": "ticket_no",
            "class": "class_code",
            "state": "state",
            "due": "due_at",
            "registered": "registered_at",
            "area": "area_name",
        },
        filters={
            "status": one_of("status", STATUSES),
            "class": one_of("class_code", tuple(ticket_classes(on=day_of(now)))),
            "channel": one_of("channel", tuple(Channel)),
            "deadline": lambda value: by_deadline.get(value),
            "watch": lambda value: by_watch.get(value),
            "station": in_unit,
            "unit": in_unit,
            "mark": lambda value: marked(value, now),
            "registered": lambda value: in_months("registered_at", value),
            "closed": lambda value: in_months("closed_at", value),
            "promised": lambda value: in_months("promise_due_at", value),
            "topic": _about,
        },
        searched=("subject", "ticket_no", "area_name"),
        searched_whole=("account_id",),
    )


def _about(value: str) -> Q | None:
    """Return complaints about a topic: it stands in the text of the chain, as its form kept it."""
    return Q(instance__contains=f'"subject_kind":"{value}"') if value.isalpha() else None


def find_ticket(*, actor: Actor, number: int, now: dt.datetime) -> TicketView | None:
    """Return a ticket the actor sees with everything that belongs to it; None where there is none.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    try:
        ticket = seen_ticket(actor, number)
    except TicketUnknown:
        return None
    definition, stored = STORE.load(ticket.pk)
    # Time moves on while nobody looks; what it brought is kept with the next thing somebody does.
    instance = advance(definition=definition, instance=stored, now=now, around=AROUND).instance
    events = tuple(ticket.events.order_by("made_at", "pk"))
    by = chain_actor(actor)
    return TicketView(
        row=row_of(ticket),
        of=ticket_class(ticket.class_code, on=day_of(ticket.registered_at)),
        words=ticket.words,
        place=ticket.place,
        has_contact=bool(ticket.contact),
        appointment_at=ticket.appointment_at,
        seen=stored.number,
        definition=definition,
        instance=instance,
        tasks=tuple(
            TicketTask(each.task, each.due_at, each.is_overdue, say_why_not(each.task, definition, instance, actor))
            for each in open_tasks(definition=definition, instance=instance, by=by, now=now)
        ),
        timeline=tuple(_line(event, definition) for event in reversed(events)),
        states=tuple(state for event in events if event.number for state in read_event(event.line).states),
        duplicates=tuple(_duplicates(ticket, actor)),
        merged_into=row_of(ticket.merged_into) if ticket.merged_into else None,
        may_end=not by.roles.isdisjoint(definition.cancel_roles),
    )


def tickets_of_account(*, actor: Actor, account_id: str) -> list[TicketRow]:
    """Return the tickets of an account the actor sees, newest first.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    rows = Ticket.objects.seen_by(actor).filter(account_id=account_id).order_by("-registered_at", "-pk")
    return [row_of(row) for row in rows]


def find_tickets(*, actor: Actor, numbers: Sequence[int]) -> list[TicketRow]:
    """Return those of several tickets the actor sees, in the order in which they were taken down.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    return [row_of(row) for row in Ticket.objects.seen_by(actor).filter(pk__in=numbers).order_by("pk")]


def open_repairs_of(*, actor: Actor, area_id: str) -> list[TicketRow]:
    """Return the repairs of an area that are open, oldest first.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    rows = Ticket.objects.seen_by(actor).filter(area_id=area_id, class_code="TK-5", closed_at=None)
    return [row_of(row) for row in rows.order_by("registered_at", "pk")]


def contact_of(*, actor: Actor, number: int) -> str:
    """Return whom to call about a ticket; whoever asks has it recorded.

    Raises:
        RightMissing, TicketUnknown: what the names say.
    """
    actor.require(Right.UNMASK)
    return str(seen_ticket(actor, number).contact)


def _duplicates(ticket: Ticket, actor: Actor) -> Sequence[TicketRow]:
    """Return open tickets of the same class about the same account, or, of repairs, the same area, near in time."""
    if ticket.closed_at is not None or not (ticket.account_id or ticket.area_id):
        return []
    same = Q(account_id=ticket.account_id) if ticket.account_id else Q()
    if ticket.class_code == "TK-5" and ticket.area_id:
        same = same | Q(area_id=ticket.area_id) if ticket.account_id else Q(area_id=ticket.area_id)
    elif not ticket.account_id:
        return []
    near = dt.timedelta(days=DUPLICATE_DAYS)
    rows = (
        Ticket.objects.seen_by(actor)
        .filter(same, class_code=ticket.class_code, closed_at=None)
        .filter(registered_at__gt=ticket.registered_at - near, registered_at__lt=ticket.registered_at + near)
        .exclude(pk=ticket.pk)
        .order_by("registered_at")[:10]
    )
    return [row_of(each) for each in rows]


def _line(row: TicketEvent, definition: Definition) -> ChainLine:
    if row.number is not None:
        event = read_event(row.line)
        return line_of(event, row.by_name or names_of([event.by]).get(event.by, ""), definition)
    words = text(f"tickets.escalation.{row.words}") if row.kind == "escalated" else row.words
    said = text(f"tickets.event.{row.kind}")
    return ChainLine(row.made_at, row.by_name, row.kind, f"{said}: {words}" if words else said, (), ())
