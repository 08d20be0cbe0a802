"""Cases as the desk shows them: the list, and one with everything that belongs to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q

from lamplighter.base.desk.listing import Ask, Listing, Part, equals, one_of
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.outbox.records import MessageRow
from lamplighter.base.security.actor import Actor, Right, UnitPath
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.base.security.units import in_unit
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.inspection.case_filling import FILLED, NotReady, fill_in
from lamplighter.business.inspection.case_guards import plan_stop
from lamplighter.business.inspection.case_people import colleagues_of
from lamplighter.business.inspection.case_serving import messages_of
from lamplighter.business.inspection.case_store import is_task_provisional, load_chain
from lamplighter.business.inspection.figures import older_than
from lamplighter.business.inspection.models import Amount, Case, CaseEvent, Evidence, FigureChange, Notice
from lamplighter.business.inspection.records.stopping import StopDecision
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.inspection.rules.law import load_law
from lamplighter.business.inspection.rules.stopping import check_stop
from lamplighter.business.network.desk_queries import in_area_named, on_feeder
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.desk.people import chain_actor, names_of
from lamplighter.business.workflow.desk.showing import say_why_not
from lamplighter.business.workflow.instances import EventKind, Instance, Status
from lamplighter.business.workflow.operations import advance
from lamplighter.business.workflow.queries import open_tasks
from lamplighter.business.workflow.records import Definition, Suspension, UserTask
from lamplighter.business.workflow.state_text import read_event

OBJECTIONS: Final = ("UPHELD", "RECALCULATE", "WITHDRAWN")
STATUSES: Final = tuple(status.value for status in Status)
LONGEST_NUMBER: Final = 12
"""Digits of a case's number; longer ones are of meters and accounts."""


class CaseUnknown(LamplighterError):
    """There is no such case among those the actor sees."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("cases.error.unknown"))


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case in a list.

    Attributes:
        number: names it in addresses; ``case_no`` is what people quote.
        account_id: account, for reads of other rooms; never shown as it is.
        state: state reached last, as the process names it (``ON_SITE``).
        due_at: earliest deadline of what is open.
        is_due_provisional: a deadline in it was counted on holidays that are not announced yet.
    """

    number: int
    case_no: str
    account_id: str
    masked_account: str
    meter_id: str
    area_id: str
    area_name: str
    station_name: str
    customer_class: str
    is_protected: bool
    state: str
    status: Status
    outcome: str
    due_at: dt.datetime | None
    is_due_provisional: bool
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    finder: str
    calculator: str
    approver: str
    path: UnitPath

    def is_overdue(self, now: dt.datetime) -> bool:
        """Say whether something in it is late."""
        return self.due_at is not None and self.due_at <= now


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task that is open in a case.

    Attributes:
        task: what is to be done.
        due_at: until when; None without a deadline.
        is_overdue: it is late.
        why_not: why the reader may not do it, in words; empty where he may.
        is_provisional: that was counted on holidays which are not announced yet.
        filled: what the desk fills in, by field and in words; ``needs`` what is missing for that, in words.
    """

    task: UserTask
    due_at: dt.datetime | None
    is_overdue: bool
    why_not: str
    filled: Mapping[str, str]
    needs: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """Something that happened: when, by whom (empty: by itself), what, and what was filled in."""

    at: dt.datetime
    by: str
    kind: str
    label: str
    words: str
    data: tuple[tuple[str, str], ...]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with everything that belongs to it.

    Attributes:
        row: as in lists.
        seen: number of the chain's last event: whoever acts says which he saw.
        definition, instance: the chain, with what time has brought by now.
        tasks: what is open, the earliest deadline first.
        evidence: what spoke for and against it when it was opened.
        changes: figures of it that a later night says otherwise.
        timeline: the newest first.
        messages: what was said to people about it, the newest first; none for whoever may not see messages.
        colleagues: inspectors who could go along, number and name.
    """

    row: CaseRow
    seen: int
    definition: Definition
    instance: Instance
    tasks: tuple[TaskView, ...]
    evidence: Mapping[str, Any]
    suspicion_number: int | None
    timeline: tuple[TimelineLine, ...]
    files: tuple[Evidence, ...]
    amounts: tuple[Amount, ...]
    notices: tuple[Notice, ...]
    messages: tuple[MessageRow, ...]
    colleagues: tuple[tuple[str, str], ...]
    states: tuple[str, ...]
    holds: tuple[Suspension, ...]
    may_give_up: bool
    changes: tuple[FigureChange, ...]


def seen_case(actor: Actor, number: int) -> Case:
    """Return the row of a case the actor sees, for the operations of this room.

    Raises:
        RightMissing: the actor may not see cases.
        CaseUnknown: he sees none of this number.
    """
    actor.require(Right.SEE_CASES)
    found: Case | None = Case.objects.seen_by(actor).filter(pk=number).first()
    if found is None:
        raise CaseUnknown(number)
    return found


def row_of(case: Case) -> CaseRow:
    """Return a case as lists show it."""
    return CaseRow(
        number=case.pk,
        case_no=case.case_no,
        account_id=case.account_id,
        masked_account=mask_word(case.account_id, column="account_id"),
        meter_id=case.meter_id,
        area_id=case.area_id,
        area_name=case.area_name,
        station_name=case.station_name,
        customer_class=case.customer_class,
        is_protected=case.is_protected,
        state=case.state,
        status=Status(case.status),
        outcome=case.outcome,
        due_at=case.due_at,
        is_due_provisional=case.is_due_provisional,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        finder=case.finder,
        calculator=case.calculator,
        approver=case.approver,
        path=case.path,
    )


def _deadline(now: dt.datetime) -> Mapping[str, Q]:
    return {"overdue": Q(due_at__lte=now), "week": Q(due_at__gt=now, due_at__lte=now + dt.timedelta(days=7))}


def list_cases(*, actor: Actor, ask: Ask, now: dt.datetime) -> Part[CaseRow]:
    """Return a page of the cases the actor sees: open ones first, what is longest overdue at the top.

    Raises:
        RightMissing: the actor may not see cases.
    """
    actor.require(Right.SEE_CASES)
    by_deadline = _deadline(now)
    listing: Listing[CaseRow] = Listing(
        record=row_of,
        order=("-opened_at", "id"),
        sorts={"case": "case_no", "state": "state", "due": "due_at", "opened": "opened_at", "area": "area_name"},
        filters={
            "state": equals("state"),
            "status": one_of("status", STATUSES),
            "outcome": equals("outcome"),
            "deadline": lambda value: by_deadline.get(value),
            "age": lambda value: older_than(now, value),
            "paid": lambda value: Q(paid_on__isnull=False) if value == "yes" else None,
            "objection": one_of("objection_result", OBJECTIONS),
            "figures": lambda value: Q(figure_changes__because__contains="late_data") if value == "changed" else None,
            "station": in_unit,
            "open": lambda value: Q(closed_at=None) if value == "yes" else None,
            "unit": in_unit,
            "feeder": on_feeder,
            "area": equals("area_id"),
        },
        searched_whole=("meter_id",),
        meanings=(in_area_named, _numbered),
        unread=("evidence", "instance"),
    )
    # What has no deadline comes last on every database.
    wanted = ask if ask.sort else Ask("due", False, ask.filters, ask.words, ask.page, ask.size)
    # A case with two changed figures is one row.
    rows = Case.objects.seen_by(actor)
    part = listing.answer(rows.distinct() if ask.filters.get("figures") else rows, wanted)
    return part if ask.sort else Part(part.rows, _without_sort(part.ask), part.count, part.is_capped)


def _numbered(words: str) -> Q | None:
    """Return the case of a number: whole, from its start (``AJ-2026``), or as people shorten it (``123``)."""
    if words.isdecimal():
        return Q(pk=int(words)) if len(words) <= LONGEST_NUMBER else None
    return Q(case_no__startswith=words.upper())


def _without_sort(ask: Ask) -> Ask:
    return Ask("", False, ask.filters, ask.words, ask.page, ask.size)


def count_open_cases(*, actor: Actor, unit_id: str, by: str) -> dict[str, int]:
    """Return how many cases of a unit are open, by place; places without one are left out.

    Args:
        actor: who asks.
        unit_id: the unit; of it only what the actor sees is counted.
        by: ``area_id``, or one of the unit columns.

    Raises:
        RightMissing: the actor may not see cases.
    """
    actor.require(Right.SEE_CASES)
    rows = Case.objects.seen_by(actor).filter(in_unit(unit_id), closed_at=None).values(by).order_by()
    return {row[by]: row["count"] for row in rows.annotate(count=Count("pk"))}


def list_cases_of(*, actor: Actor, account_id: str) -> list[CaseRow]:
    """Return the cases about an account the actor sees, the newest first; none to whom cases are closed."""
    if not actor.may(Right.SEE_CASES):
        return []
    return [row_of(case) for case in Case.objects.seen_by(actor).filter(account_id=account_id).order_by("-pk")]


def find_case_number(*, actor: Actor, account_id: str) -> int | None:
    """Return the number of the newest case about an account the actor sees; None where there is none or he may not."""
    if not actor.may(Right.SEE_CASES):
        return None
    return (
        Case.objects.seen_by(actor).filter(account_id=account_id).order_by("-pk").values_list("pk", flat=True).first()
    )


def find_case(*, actor: Actor, number: int, now: dt.datetime) -> CaseView | None:
    """Return a case the actor sees with everything that belongs to it; None where there is none.

    Raises:
        RightMissing: the actor may not see cases.
    """
    try:
        case = seen_case(actor, number)
    except CaseUnknown:
        return None
    definition, stored = load_chain(case)
    # Time moves on while nobody looks; what it brought is kept with the next thing somebody does.
    instance = advance(definition=definition, instance=stored, now=now, around=AROUND).instance
    names = names_of([*(person for held in instance.duties.values() for person in held), str(actor.staff_id)])
    events = tuple(case.events.order_by("made_at", "pk"))
    by = chain_actor(actor)
    return CaseView(
        row=row_of(case),
        seen=stored.number,
        definition=definition,
        instance=instance,
        tasks=tuple(
            _task(case, each.task, each.due_at, each.is_overdue, definition, instance, actor, names)
            for each in open_tasks(definition=definition, instance=instance, by=by, now=now)
        ),
        evidence=case.evidence,
        suspicion_number=case.suspicion_number,
        timeline=tuple(_line(event, definition) for event in reversed(events)),
        files=tuple(case.files.order_by("pk")),
        amounts=tuple(case.amounts.order_by("-pk")),
        notices=tuple(case.notices.order_by("-pk")),
        messages=tuple(messages_of(case)) if actor.may(Right.SEE_MESSAGES) else (),
        colleagues=tuple(colleagues_of(actor=actor, units=[getattr(case, column) for column in UNIT_COLUMNS])),
        states=tuple(state for event in events if event.number for state in read_event(event.line).states),
        holds=tuple(hold for hold in definition.suspensions.values() if by.roles.intersection(hold.roles)),
        may_give_up=not by.roles.isdisjoint(definition.cancel_roles),
        changes=tuple(case.figure_changes.order_by("name")),
    )


def _task(
    case: Case,
    task: UserTask,
    due_at: dt.datetime | None,
    is_overdue: bool,
    definition: Definition,
    instance: Instance,
    actor: Actor,
    names: Mapping[str, str],
) -> TaskView:
    why_not = say_why_not(task, definition, instance, actor)
    filled: dict[str, str] = {}
    needs = ""
    if not why_not and task.id in FILLED:
        try:
            filled = {
                name: _value_of(definition, name, value) for name, value in fill_in(case, task.id, actor=actor).items()
            }
        except NotReady as missing:
            needs = str(missing)
    return TaskView(
        task, due_at, is_overdue, why_not, filled, needs, is_task_provisional(definition, instance, task.id)
    )


def _line(row: CaseEvent, definition: Definition) -> TimelineLine:
    if row.number is None:
        return TimelineLine(row.made_at, row.by_name, row.kind, text(f"cases.event.{row.kind}"), row.words, (), ())
    event = read_event(row.line)
    if event.kind is EventKind.RECOUNTED:
        moved = tuple((definition.labels[task].spoken(), _day_of(due)) for task, due in event.data.items())
        return TimelineLine(event.at, "", row.kind, text("cases.event.recounted"), "", moved, ())
    label = definition.labels.get(event.element)
    suspension = definition.suspensions.get(event.element)
    said = label.spoken() if label else suspension.label.spoken() if suspension else definition.label.spoken()
    data = tuple(
        (_label_of(definition, name), _value_of(definition, name, value)) for name, value in event.data.items()
    )
    return TimelineLine(event.at, row.by_name, row.kind, said, "", data, event.states)


def _day_of(due: object) -> str:
    """Return the last day of a deadline as it was written down."""
    last = dt.datetime.fromisoformat(str(due)) - dt.timedelta(microseconds=1)
    return last.astimezone(CHINA).date().isoformat()


def _label_of(definition: Definition, name: str) -> str:
    field = definition.data.get(name)
    return field.label.spoken() if field else name


def _value_of(definition: Definition, name: str, value: object) -> str:
    field = definition.data.get(name)
    for option in field.options if field else ():
        if option.value == value:
            return option.label.spoken()
    if isinstance(value, bool):
        return text("desk.yes") if value else text("desk.no")
    if field and field.duty and isinstance(value, str):
        return names_of([value]).get(value, value)
    # An account number is shown to nobody whole.
    return mask_word(str(value), column="account_id") if name == "account_no" else str(value)


def guards_of(view: CaseView, stated: Mapping[str, object], *, now: dt.datetime) -> StopDecision:
    """Return the guards of a stop of a case the actor was found to see, made now.

    Args:
        view: the case.
        stated: what is stated besides, as ``case_guards.plan_stop`` takes it.
        now: the instant of the stop.
    """
    plan = plan_stop(Case.objects.get(pk=view.row.number), view.instance, stated, now=now)
    return check_stop(plan, law=load_law(on=now.astimezone(CHINA).date()))
