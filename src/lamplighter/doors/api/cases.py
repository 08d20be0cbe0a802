"""Cases: the list, one of them, and the moves of its chain with the forms the process asks for."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.desk_queries import CaseView, find_case, list_cases
from lamplighter.business.inspection.operations import chain
from lamplighter.business.workflow.instances import Status as CaseStatus
from lamplighter.doors.api.forms import Choice, Comment, FieldOut, Line, Move, Seen, TaskInPath, field_of, written_of
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Asked, Instant, Money, Page, Word, Words, answers, page_of
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys import suspicion_to_recovery as journey

router = Router(tags=["cases"])


class CaseOut(Schema):
    """A case in a list."""

    number: int
    case_no: str
    masked_account: str
    meter_id: str
    area_id: str
    area_name: str
    station_name: str
    customer_class: str
    is_protected: bool
    state: str
    status: CaseStatus
    outcome: str
    due_at: Instant | None
    opened_at: Instant
    closed_at: Instant | None
    finder: str
    calculator: str
    approver: str


class TaskOut(Schema):
    """A task that is open: its form, until when, and why one may not do it."""

    task: str
    label: str
    due_at: Instant | None
    is_overdue: bool
    why_not: str = Field(description="Empty where one may.")
    needs: str = Field(description="What is missing for it, such as evidence or a calculation; empty where nothing is.")
    fields: list[FieldOut]


class FileOut(Schema):
    """A file that proves something."""

    number: int
    kind: str
    subject: str
    sha256: str
    media_type: str
    size_bytes: int
    made_at: Instant
    by_name: str


class AmountOut(Schema):
    """A calculation as it was made."""

    number: int
    kind: str
    governed_on: dt.date
    law_version: str
    energy_kwh: Money | None
    fee_yuan: Money
    penalty_yuan: Money
    total_yuan: Money
    lines: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    sha256: str
    made_at: Instant
    by_name: str


class NoticeOut(Schema):
    """A paper as it was printed."""

    id: int
    number: str
    kind: str
    sha256: str
    made_at: Instant
    by_name: str


class CaseDetail(Schema):
    """A case with everything that belongs to it; whoever moves it on names the ``seen`` he saw."""

    case: CaseOut
    seen: int
    suspicion_number: int | None
    states: list[str]
    tasks: list[TaskOut]
    holds: list[Choice]
    may_give_up: bool
    timeline: list[Line]
    files: list[FileOut]
    amounts: list[AmountOut]
    notices: list[NoticeOut]


class CasesAsked(Asked):
    """What of the list of cases is wanted."""

    sort: Literal[
        "", "case", "-case", "state", "-state", "due", "-due", "opened", "-opened", "area", "-area"
    ] = ""  # fmt: skip
    status: CaseStatus | None = None
    state: Word = ""
    outcome: Word = ""
    deadline: Literal["", "overdue", "week"] = ""
    age: Word = ""
    paid: Literal["", "yes"] = ""
    objection: Word = ""
    figures: Literal["", "changed"] = ""
    open: Literal["", "yes"] = ""
    station: Word = ""
    unit: Word = ""
    feeder: Word = ""
    area: Word = ""


class Hold(Schema):
    """Why a case is to stand still."""

    seen: Seen
    suspension: Word


class GiveUp(Schema):
    """Why a case is given up."""

    seen: Seen
    reason: Words


@router.get("/cases", auth=opened(Right.SEE_CASES), response=answers(Page[CaseOut]))
def cases(request: HttpRequest, asked: Query[CasesAsked]) -> Any:
    """Cases of one's unit, what is longest overdue first; ``due_at`` is the earliest deadline of what is open."""
    return page_of(list_cases(actor=actor_of(request), ask=asked.as_ask(request), now=timezone.now()))


@router.get("/cases/{number}", auth=opened(Right.SEE_CASES), response=answers(CaseDetail))
def case(request: HttpRequest, number: NumberInPath) -> Any:
    """One case: where it stands, what is to be done by whom until when, and everything that belongs to it."""
    return _detail(request, number)


@router.post("/cases/{number}/tasks/{task}", auth=opened(Right.SEE_CASES), response=answers(CaseOut))
def complete(request: HttpRequest, number: NumberInPath, task: TaskInPath, move: Move) -> Any:
    """Complete a task; what the chain does not allow is refused, field by field where it is the form."""
    now = timezone.now()
    data = written_of(move.data)
    row = journey.work_on(actor=actor_of(request), number=number, task=task, data=data, seen=move.seen, now=now)
    journey.tell_lake(home=read_settings().home, row=row, now=now)
    return row


@router.post("/cases/{number}/hold", auth=opened(Right.SEE_CASES), response=answers(CaseOut))
def hold(request: HttpRequest, number: NumberInPath, given: Hold) -> Any:
    """Let a case stand still, for example while the metrology body examines the meter."""
    actor, now = actor_of(request), timezone.now()
    return chain.hold_case(actor=actor, number=number, suspension=given.suspension, seen=given.seen, now=now)


@router.post("/cases/{number}/go-on", auth=opened(Right.SEE_CASES), response=answers(CaseOut))
def go_on(request: HttpRequest, number: NumberInPath, move: Move) -> Any:
    """Let a case that stood still go on."""
    data = {name: value for name, value in move.data.items() if value is not None}
    return chain.go_on(actor=actor_of(request), number=number, data=data, seen=move.seen, now=timezone.now())


@router.post("/cases/{number}/give-up", auth=opened(Right.SEE_CASES), response=answers(CaseOut))
def give_up(request: HttpRequest, number: NumberInPath, given: GiveUp) -> Any:
    """End a case before its end, with a reason."""
    now = timezone.now()
    row = journey.abandon(actor=actor_of(request), number=number, reason=given.reason, seen=given.seen, now=now)
    journey.tell_lake(home=read_settings().home, row=row, now=now)
    return row


@router.post("/cases/{number}/comments", auth=opened(Right.SEE_CASES), response=answers(CaseDetail, status=201))
def comment(request: HttpRequest, number: NumberInPath, given: Comment) -> Any:
    """Add a comment."""
    chain.comment(actor=actor_of(request), number=number, words=given.words, now=timezone.now())
    return Status(201, _detail(request, number))


def _detail(request: HttpRequest, number: int) -> dict[str, Any]:
    view = find_case(actor=actor_of(request), number=number, now=timezone.now())
    if view is None:
        raise Http404
    return detail_of(view)


def detail_of(view: CaseView) -> dict[str, Any]:
    """Return a case as it is answered."""
    return {
        "case": view.row,
        "seen": view.seen,
        "suspicion_number": view.suspicion_number,
        "states": view.states,
        "tasks": [
            {
                "task": each.task.id,
                "label": view.definition.labels[each.task.id].spoken(),
                "due_at": each.due_at,
                "is_overdue": each.is_overdue,
                "why_not": each.why_not,
                "needs": each.needs,
                "fields": [field_of(field) for field in each.task.fields if field.name not in each.filled],
            }
            for each in view.tasks
        ],
        "holds": [{"value": hold.name, "words": hold.label.spoken()} for hold in view.holds],
        "may_give_up": view.may_give_up,
        "timeline": view.timeline,
        "files": [
            {
                **{name: getattr(each, name) for name in FileOut.model_fields if name not in ("number", "size_bytes")},
                "number": each.pk,
                "size_bytes": each.size,
            }
            for each in view.files
        ],
        "amounts": [amount_of(each) for each in view.amounts],
        "notices": [notice_of(each) for each in view.notices],
    }


def amount_of(row: Any) -> dict[str, Any]:
    """Return a calculation as it is answered."""
    return {name: getattr(row, name) for name in AmountOut.model_fields if name != "number"} | {"number": row.pk}


def notice_of(row: Any) -> dict[str, Any]:
    """Return a paper as it is answered."""
    return {name: getattr(row, name) for name in NoticeOut.model_fields if name != "id"} | {"id": row.pk}
