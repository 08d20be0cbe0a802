"""Tickets: the inbox, a matter taken down, one with its chain, and what is done along it and beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Header, Query, Router, Schema, Status
from pydantic import AwareDatetime, Field

from lamplighter.base.security.actor import Right
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.service_desk.chats.queries import chat_of_ticket
from lamplighter.business.service_desk.tickets import operations
from lamplighter.business.service_desk.tickets.marks import read_mark
from lamplighter.business.service_desk.tickets.queries import TicketRow, find_ticket, list_tickets
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.business.service_desk.tickets.settings import ticket_classes
from lamplighter.business.workflow.company_days import day_of
from lamplighter.business.workflow.instances import Status as ChainStatus
from lamplighter.doors.api.forms import Comment, FieldOut, Filled, Move, Seen, TaskInPath, field_of, written_of
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Asked, Instant, Months, Page, Word, Words, among, answers, page_of, spelled
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.views.tickets import class_words
from lamplighter.journeys.ticket_intake import ACCOUNT, first_fields, take_ticket

router = Router(tags=["tickets"])

RequestKey = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[!-~]{0,64}$")]
"""What a program calls what it sends, such as the number in its own table: up to 64 visible ASCII characters."""
LATEST = dt.datetime(3000, 1, 1, tzinfo=dt.UTC)
"""No appointment lies behind it: a clock of another zone would run over the end of the calendar."""


class TicketOut(Schema):
    """A ticket in a list."""

    number: int
    ticket_no: str
    class_code: str
    channel: Annotated[Channel, spelled(Channel)]
    subject: str
    masked_account: str
    area_id: str
    area_name: str
    station_name: str
    state: str
    status: ChainStatus
    registered_at: Instant
    promise_due_at: Instant | None
    replied_at: Instant | None
    is_promise_kept: bool | None
    due_at: Instant | None = Field(description="Earliest of the promise and the deadlines of what is open.")
    closed_at: Instant | None
    escalation: int = Field(description="Who has to know by now: 0 nobody, 1 owner, 2 manager, 3 city.")
    reminders: int
    is_supervised: bool
    is_vulnerable: bool
    handler: str
    team: str
    satisfaction: str
    is_solved: bool | None
    is_merged: bool

    @staticmethod
    def resolve_masked_account(row: TicketRow) -> str:
        """Return the account as lists show it."""
        return mask_word(row.account_id, column="account_id") if row.account_id else ""


class ClassOut(Schema):
    """A class of tickets: what it promises, where that stands, and the form a matter of it begins with."""

    code: str
    words: str
    process: str
    promise: str | None = Field(description="How long the customer waits for the answer, such as `5 working_days`.")
    source: str
    evidence: str
    needs_confirmation: bool
    needs_account: bool
    fields: list[FieldOut]


class TicketTaskOut(Schema):
    """A task that is open: its form, until when, and why one may not do it."""

    task: str
    label: str
    due_at: Instant | None
    is_overdue: bool
    why_not: str = Field(description="Empty where one may.")
    fields: list[FieldOut]


class Entered(Schema):
    """A field and what was filled into it, in words."""

    label: str
    value: str


class TicketLine(Schema):
    """Something that happened to a ticket."""

    at: Instant
    by: str
    kind: str
    label: str
    entered: list[Entered]
    states: list[str]


class TicketDetail(Schema):
    """A ticket with everything that belongs to it; whoever moves it on names the ``seen`` he saw."""

    ticket: TicketOut
    seen: int
    words: str
    place: str
    has_contact: bool = Field(description="Whom to call is shown on the page alone, for a purpose.")
    appointment_at: Instant | None
    promise_source: str
    promise_evidence: str
    states: list[str]
    tasks: list[TicketTaskOut]
    may_end: bool
    timeline: list[TicketLine]
    duplicates: list[TicketOut] = Field(description="Open tickets that may be the same matter.")
    merged_into: int | None
    customer_number: int | None
    conversation_number: int | None


class TicketsAsked(Asked):
    """What of the inbox is wanted."""

    sort: Literal[
        "", "ticket", "-ticket", "class", "-class", "state", "-state", "due", "-due", "registered", "-registered",
        "area", "-area",
    ] = ""  # fmt: skip
    status: ChainStatus | None = None
    class_: Annotated[Word, among(lambda code: code in ticket_classes(on=day_of(timezone.now())))] = Field(
        "", alias="class"
    )
    channel: Annotated[Channel, spelled(Channel)] | None = None
    deadline: Literal["", "overdue", "day"] = ""
    watch: Literal["", "escalated", "supervised", "reminded"] = ""
    station: Word = ""
    unit: Word = ""
    mark: Annotated[Word, among(read_mark)] = Field(
        "", description="Part of the records of a key figure, as its `records` name it."
    )
    registered: Months = Field("", description="Months, `2026-01..2026-03`; likewise `closed` and `promised`.")
    closed: Months = ""
    promised: Months = ""
    topic: Annotated[str, Field(pattern=r"^[A-Z]{0,40}$")] = ""


class MatterGiven(Schema):
    """What a customer wants; ``data`` is the form of its class without the account."""

    class_code: Word
    channel: Literal["phone", "counter", "app", "chat", "letter", "regulator"]
    subject: Annotated[Word, Field(min_length=1)]
    words: Words = ""
    account: Word = Field("", description="The whole account number; it says which unit works on the matter.")
    area: Word = Field("", description="Where no account is named.")
    place: Word = ""
    contact: Annotated[Word, Field(max_length=64)] = Field("", description="Whom to call; nothing answers with it.")
    is_vulnerable: bool = False
    data: Filled = Field(default_factory=dict)


class Watch(Schema):
    """Why something is done."""

    words: Annotated[Words, Field(min_length=1)]


class Reminder(Schema):
    """What the customer said when he asked again; empty where he said nothing new."""

    words: Words


class Appointment(Schema):
    """When somebody comes."""

    at: Annotated[AwareDatetime, Field(lt=LATEST)]


class Merge(Schema):
    """Which ticket goes on with the matter."""

    seen: Seen
    into: Word = Field(description="Its `ticket_no`.")


class Cancel(Schema):
    """Why a ticket ends before its end."""

    seen: Seen
    reason: Words


@router.get("/tickets", auth=opened(Right.SEE_TICKETS), response=answers(Page[TicketOut]))
def tickets(request: HttpRequest, asked: Query[TicketsAsked]) -> Any:
    """Tickets of one's unit, what is due first at the top, what is closed at the end."""
    return page_of(list_tickets(actor=actor_of(request), ask=asked.as_ask(request), now=timezone.now()))


@router.get("/ticket-classes", auth=opened(Right.REGISTER_TICKETS), response=answers(list[ClassOut]))
def classes(request: HttpRequest) -> Any:
    """Classes a matter can be taken down as today, each with the form it begins with."""
    return list(_classes(day_of(timezone.now())))


@router.post(
    "/tickets",
    auth=opened(Right.REGISTER_TICKETS),
    response=answers(TicketOut, status=201) | {200: TicketOut},
)
def register(request: HttpRequest, given: MatterGiven, key: RequestKey = "") -> Any:
    """Take a matter down.

    Sent again under the same `Idempotency-Key`, it answers 200 with the ticket there is. Without one, what is sent
    twice is two tickets, each among the other's `duplicates`.
    """
    matter = Matter(
        class_code=given.class_code,
        channel=Channel(given.channel),
        subject=given.subject,
        words=given.words,
        account_id=given.account,
        contact=given.contact,
        place=given.place,
        area_id=given.area,
        is_vulnerable=given.is_vulnerable,
    )
    actor = actor_of(request)
    if key and (there := operations.find_requested(actor=actor, request_key=key, matter=matter)):
        return Status(200, there)
    data = written_of(given.data)
    return Status(201, take_ticket(actor=actor, matter=matter, data=data, now=timezone.now(), request_key=key))


@router.get("/tickets/{number}", auth=opened(Right.SEE_TICKETS), response=answers(TicketDetail))
def ticket(request: HttpRequest, number: NumberInPath) -> Any:
    """One ticket: where it stands, what is to be done by whom until when, and what happened to it."""
    return _detail(request, number)


@router.post("/tickets/{number}/tasks/{task}", auth=opened(Right.SEE_TICKETS), response=answers(TicketOut))
def complete(request: HttpRequest, number: NumberInPath, task: TaskInPath, move: Move) -> Any:
    """Complete a task, such as taking a ticket over, answering it, calling back; the last one closes it."""
    return operations.complete_task(
        actor=actor_of(request),
        number=number,
        task=task,
        data=written_of(move.data),
        seen=move.seen,
        now=timezone.now(),
    )


@router.post("/tickets/{number}/comments", auth=opened(Right.SEE_TICKETS), response=answers(TicketDetail, status=201))
def comment(request: HttpRequest, number: NumberInPath, given: Comment) -> Any:
    """Add a comment."""
    operations.comment(actor=actor_of(request), number=number, words=given.words, now=timezone.now())
    return Status(201, _detail(request, number))


@router.post("/tickets/{number}/reminders", auth=opened(Right.REGISTER_TICKETS), response=answers(TicketOut))
def remind(request: HttpRequest, number: NumberInPath, given: Reminder) -> Any:
    """Note that the customer asked again; each time counts, and repeated ones move the ticket up."""
    return operations.remind(actor=actor_of(request), number=number, words=given.words, now=timezone.now())


@router.post("/tickets/{number}/supervise", auth=opened(Right.SUPERVISE_TICKETS), response=answers(TicketOut))
def supervise(request: HttpRequest, number: NumberInPath, given: Watch) -> Any:
    """Watch a ticket from above: it stands first in the inbox, and says why."""
    return operations.supervise(actor=actor_of(request), number=number, words=given.words, now=timezone.now())


@router.post("/tickets/{number}/appointment", auth=opened(Right.SEE_TICKETS), response=answers(TicketDetail))
def appoint(request: HttpRequest, number: NumberInPath, given: Appointment) -> Any:
    """Agree when somebody comes; a later one takes its place, both stay in the history."""
    operations.set_appointment(actor=actor_of(request), number=number, at=given.at, now=timezone.now())
    return _detail(request, number)


@router.post("/tickets/{number}/merge", auth=opened(Right.SEE_TICKETS), response=answers(TicketOut))
def merge(request: HttpRequest, number: NumberInPath, given: Merge) -> Any:
    """End a ticket because another goes on with the same matter."""
    return operations.merge_ticket(
        actor=actor_of(request), number=number, into=given.into, seen=given.seen, now=timezone.now()
    )


@router.post("/tickets/{number}/cancel", auth=opened(Right.SEE_TICKETS), response=answers(TicketOut))
def cancel(request: HttpRequest, number: NumberInPath, given: Cancel) -> Any:
    """End a ticket before its end, with a reason."""
    return operations.cancel_ticket(
        actor=actor_of(request), number=number, reason=given.reason, seen=given.seen, now=timezone.now()
    )


def _classes(on: dt.date) -> Iterator[dict[str, Any]]:
    for code, of in ticket_classes(on=on).items():
        asked = first_fields(code, on=on)
        yield {
            "code": code,
            "words": class_words(code),
            "process": of.process,
            "promise": f"{of.promise.amount} {of.promise.unit}" if of.promise else None,
            "source": of.source,
            "evidence": of.evidence,
            "needs_confirmation": of.needs_confirmation,
            "needs_account": any(field.name == ACCOUNT and field.is_required for field in asked),
            "fields": [field_of(field) for field in asked if field.name != ACCOUNT],
        }


def _detail(request: HttpRequest, number: int) -> dict[str, Any]:
    actor = actor_of(request)
    view = find_ticket(actor=actor, number=number, now=timezone.now())
    if view is None:
        raise Http404
    account = view.row.account_id
    return {
        "ticket": view.row,
        "seen": view.seen,
        "words": view.words,
        "place": view.place,
        "has_contact": view.has_contact,
        "appointment_at": view.appointment_at,
        "promise_source": view.of.source,
        "promise_evidence": view.of.evidence,
        "states": view.states,
        "tasks": [
            {
                "task": each.task.id,
                "label": view.definition.labels[each.task.id].spoken(),
                "due_at": each.due_at,
                "is_overdue": each.is_overdue,
                "why_not": each.why_not,
                "fields": [field_of(field) for field in each.task.fields],
            }
            for each in view.tasks
        ],
        "may_end": view.may_end,
        "timeline": [
            {
                "at": line.at,
                "by": line.by,
                "kind": line.kind,
                "label": line.label,
                "entered": [{"label": label, "value": value} for label, value in line.data],
                "states": line.states,
            }
            for line in view.timeline
        ],
        "duplicates": view.duplicates,
        "merged_into": view.merged_into.number if view.merged_into else None,
        "customer_number": numbers_of(actor=actor, accounts=[account]).get(account) if account else None,
        "conversation_number": chat_of_ticket(actor=actor, ticket=number),
    }
