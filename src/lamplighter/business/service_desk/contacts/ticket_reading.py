"""A ticket that came to its end, read as a contact: who said what in which order, and what its rubric looks at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

from lamplighter.base.messages import speaking
from lamplighter.base.security.models import Staff
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion
from lamplighter.business.service_desk.quality.record_rubric import TICKET
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.service_desk.quality.tickets import FirstContact, TicketRecord, score_ticket
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.store import REPLIES, STORE
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.business.workflow.company_days import AROUND, day_of
from lamplighter.business.workflow.desk.people import names_of
from lamplighter.business.workflow.desk.showing import line_of
from lamplighter.business.workflow.instances import Event, EventKind
from lamplighter.business.workflow.mining.reading import read_trace
from lamplighter.business.workflow.records import Definition, FieldKind
from lamplighter.business.workflow.state_text import read_event
from lamplighter.methods.language.writing import plain_writing

NUMBER: Final = "ticket-{}"
_FIRST_CONTACT: Final = ("contact", "call_customer")
_DISPATCH: Final = "dispatch"
_CALL_BACK: Final = "revisit"
_REPLY: Final = "reply_text"
_RESULTS: Final = ("reply_text", "handling_note", "repair_note", "cause", "result_note")
_HANDLER: Final = "handler"
_AT_ONCE: Final = 500


def read_ticket(ticket: Ticket, *, reader: Reader) -> Occasion:
    """Return a ticket as an occasion that can be scored: by what was known when the customer had his reply.

    Args:
        ticket: one that is over.
        reader: understands the customer's words.
    """
    definition, _ = STORE.load(ticket.pk)
    rows = list(ticket.events.order_by("made_at", "pk"))
    chain = {row.pk: read_event(row.line) for row in rows if row.number is not None}
    turns, places = _turns(ticket, rows, chain, definition)
    dialogue = Dialogue(
        id=NUMBER.format(ticket.ticket_no),
        channel=TICKET,
        ended_by="",
        turns=turns,
        ticket={"no": ticket.ticket_no},
        about={"kind": TICKET, "number": ticket.pk},
    )
    events = list(chain.values())
    record = _record(ticket, dialogue, events, places, definition, reader)
    replies = [event.at for event in events if event.kind is EventKind.COMPLETED and event.data.get(_REPLY)]
    return Occasion(
        dialogue,
        _agent(events, definition),
        ticket.path,
        ticket.registered_at,
        judge=lambda known: score_ticket(record, known=known),
        said_at=replies[-1] if replies else None,
    )


def _turns(
    ticket: Ticket, rows: Sequence[TicketEvent], chain: dict[int, Event], definition: Definition
) -> tuple[tuple[Turn, ...], dict[int, int]]:
    """Return the turns, and which turn each event of the chain is, by the event's number."""
    turns, places = [_made(0, Who.CUSTOMER, 0.0, _said(ticket))], {}
    for row in rows:
        event = chain.get(row.pk)
        words = _written(event, row.by_name, definition) if event else f"{row.by_name}：{row.words}"
        if event is None and row.kind == "escalated":
            continue
        if event is not None and event.kind not in (EventKind.COMPLETED, EventKind.CANCELLED):
            continue
        if event is not None:
            places[event.number] = len(turns)
        after = (row.made_at - ticket.registered_at).total_seconds()
        turns.append(_made(len(turns), Who.AGENT, after, words))
    return tuple(turns), places


def _made(number: int, who: Who, after: float, words: str) -> Turn:
    return Turn(number, who, after, after, words, plain_writing(words))


def _said(ticket: Ticket) -> str:
    return "。".join(filter(None, (ticket.subject.strip("。 "), ticket.words)))


def _written(event: Event, by: str, definition: Definition) -> str:
    # As the company wrote it, whatever language its reader speaks.
    with speaking("zh"):
        line = line_of(event, by, definition)
    filled = "；".join(f"{name} {value}" for name, value in line.data)
    return f"{line.label} {by}：{filled}" if filled else f"{line.label} {by}"


def _record(
    ticket: Ticket,
    dialogue: Dialogue,
    events: Sequence[Event],
    places: dict[int, int],
    definition: Definition,
    reader: Reader,
) -> TicketRecord:
    zone = AROUND.calendar.zone
    done = [event for event in events if event.kind is EventKind.COMPLETED]
    is_completed = ticket.status == "finished"
    replies = [event for event in done if event.data.get(_REPLY)]
    reply_text = str(replies[-1].data[_REPLY]) if replies else ""
    dispatched = [places[event.number] for event in done if event.element == _DISPATCH]
    answered_at = ticket.replied_at or (ticket.closed_at if is_completed else None)
    meant = reader.understand(_said(ticket), today=day_of(ticket.registered_at)) if ticket.words else None
    begun = events[0] if events else None
    return TicketRecord(
        dialogue=dialogue,
        class_code=ticket.class_code,
        registrar=names_of([begun.by]).get(begun.by, "") if begun else "",
        words=0 if ticket.words else None,
        intent=meant.intent if meant else "",
        share=meant.confidence if meant else 0.0,
        has_subject=bool(ticket.subject.strip()),
        has_place=bool(ticket.place or ticket.account_id or ticket.area_id),
        has_result=any(event.data.get(name) for event in done for name in _RESULTS),
        wants_contact=any(name in definition.tasks for name in _FIRST_CONTACT),
        contact=_first_contact(events, places, definition),
        promise_due_at=ticket.promise_due_at.astimezone(zone) if ticket.promise_due_at else None,
        answered_at=answered_at.astimezone(zone) if answered_at else None,
        answered=next((places[event.number] for event in done if event.element in REPLIES), None),
        reply=places[replies[-1].number] if replies else None,
        reply_text=reply_text,
        sources=_sources(ticket, done, definition),
        returned=tuple(dispatched[1:]),
        is_completed=is_completed,
        wants_call_back=_CALL_BACK in definition.tasks and _may_be_called(events),
        is_called_back=any(event.element == _CALL_BACK for event in done),
    )


def _sources(ticket: Ticket, done: Sequence[Event], definition: Definition) -> str:
    """Return what is on record beside the reply: the customer's words, and what people wrote on the way."""
    written = [
        str(value)
        for event in done
        for name, value in event.data.items()
        if name != _REPLY and value is not None and definition.data[name].kind is not FieldKind.BOOLEAN
    ]
    return "\n".join((_said(ticket), ticket.place, *written))


def _first_contact(events: Sequence[Event], places: dict[int, int], definition: Definition) -> FirstContact | None:
    trace = read_trace(events, definition, case_id="", is_finished=True, calendar=AROUND.calendar)
    step = next((each for each in trace.steps if each.activity in _FIRST_CONTACT), None)
    if step is None:
        return None
    event = next(each for each in events if each.element == step.activity and each.at == step.done_at)
    zone = AROUND.calendar.zone
    due = step.due_at.astimezone(zone) if step.due_at else None
    return FirstContact(places[event.number], step.done_at.astimezone(zone), due)


def _may_be_called(events: Sequence[Event]) -> bool:
    return any(event.data.get("may_call_back") is True for event in events)


def _agent(events: Sequence[Event], definition: Definition) -> Agent | None:
    """Return who settled it; where nobody did, who took it down; None where a program did both."""
    settled = [
        event.by
        for event in events
        if event.kind is EventKind.COMPLETED and definition.tasks[event.element].duty == _HANDLER
    ]
    by = settled[-1] if settled else events[0].by if events else ""
    staff = Staff.objects.filter(pk=int(by)).first() if by.isdecimal() else None
    return Agent(staff.pk, staff.as_actor().name) if staff else None


def ended_tickets(*, since: dt.datetime, most: int) -> list[Ticket]:
    """Return tickets that came to their end from an instant on and are no contacts yet, the oldest end first.

    One that another goes on with is none: the other is.

    Args:
        since: earlier ends are left out.
        most: how many at once.
    """
    rows = Ticket.objects.filter(closed_at__gte=since, merged_into=None).order_by("closed_at", "pk")
    numbers = {NUMBER.format(ticket_no): pk for pk, ticket_no in rows.values_list("pk", "ticket_no")}
    for some in batched(list(numbers), _AT_ONCE):
        for known in Contact.objects.filter(contact_no__in=some).values_list("contact_no", flat=True):
            del numbers[known]
    return list(rows.filter(pk__in=list(numbers.values())[:most]))


def batched(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield a list in parts: SQLite takes no more than a thousand values in one question."""
    for at in range(0, len(names), size):
        yield names[at : at + size]
