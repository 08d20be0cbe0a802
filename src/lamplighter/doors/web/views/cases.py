"""*Cases*: the list, the page of one, and what is done along its chain."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.inspection.case_filling import FILLED
from lamplighter.business.inspection.desk_queries import (
    OBJECTIONS,
    STATUSES,
    CaseRow,
    CaseUnknown,
    CaseView,
    TaskView,
    find_case,
    list_cases,
)
from lamplighter.business.inspection.figures import AGES
from lamplighter.business.inspection.operations import chain
from lamplighter.business.inspection.operations.papers import may_add
from lamplighter.business.workflow.forms import FormRefused
from lamplighter.business.workflow.refusals import StaleInstance
from lamplighter.doors.web.case_forms import Shown, left_over, shown_fields
from lamplighter.doors.web.case_page import amount_forms, notice_form, steps_of, stop_fields, stop_guards
from lamplighter.doors.web.cells import place
from lamplighter.doors.web.field_page import field_of
from lamplighter.doors.web.lists import (
    Column,
    Filter,
    ListPage,
    ask_of,
    instant_column,
    place_filters,
    show_list,
    unit_filter,
)
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.paper_forms import paper_forms
from lamplighter.doors.web.rows import cases as rows
from lamplighter.journeys import suspicion_to_recovery as journey

STATES: Final = (
    "DESK_CHECK",
    "APPROVED",
    "ON_SITE",
    "EVIDENCE_FIXED",
    "NOTICE_SERVED",
    "CALCULATED",
    "REVIEWED",
    "OBJECTED",
    "PAID",
    "RESTORED",
    "METROLOGY_OPINION",
    "ARCHIVED",
)
OUTCOMES: Final = (
    "CLEAN",
    "NO_ACCESS",
    "METERING_FAULT",
    "WRONG_ARCHIVE",
    "VACANCY",
    "SOLAR",
    "BREACH",
    "THEFT",
)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _words(kind: str, values: tuple[str, ...]) -> Callable[[], list[tuple[str, str]]]:
    return lambda: [(value, text(f"cases.{kind}.{value}")) for value in values]


def _list_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="cases",
        words="cases.list",
        columns=(
            Column("case", cell=rows.number, look="short"),
            Column("account", is_sorted=False, cell=rows.account, look="short"),
            Column("area", cell=lambda row, _: place(row.area_name, row.station_name), look="name"),
            Column("state", cell=rows.state, look="short"),
            Column("due", cell=rows.deadline, look="short"),
            Column("outcome", is_sorted=False, cell=rows.outcome, look="short"),
            Column("people", is_sorted=False, cell=rows.people, look="full"),
            instant_column("opened", lambda row: row.opened_at, look="short"),
        ),
        filters=(
            Filter("status", _words("status", STATUSES)),
            Filter("state", _words("state", STATES)),
            Filter("deadline", _words("deadline", ("overdue", "week"))),
            Filter("age", _words("age", tuple(AGES))),
            Filter("outcome", _words("state", OUTCOMES)),
            Filter("paid", lambda: [("yes", text("desk.yes"))]),
            Filter("objection", _words("objection", OBJECTIONS)),
            Filter("figures", lambda: [("changed", text("cases.figures.changed"))]),
            unit_filter(actor),
            Filter("open", say=lambda _: ""),
            *place_filters(actor, "unit", "feeder", "area"),
        ),
    )


@page(Right.SEE_CASES)
def cases(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the cases of one's unit, what is longest overdue first."""
    listed = _list_page(actor)
    return show_list(request, listed, list_cases(actor=actor, ask=ask_of(request, listed), now=_now()))


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was typed into which form, and why it was not taken: the page is shown again with both.

    Attributes:
        form: name of the form: id of the task, or evidence, amount, notice, comment, hold, go_on, give_up.
        sentence: why.
        faults: by field.
        typed: by field.
        status: of the answer.
    """

    form: str
    sentence: str
    faults: Mapping[str, str] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    status: int = 422


@page(Right.SEE_CASES)
def case(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a case: where it stands, what is to be done by whom, and everything that belongs to it."""
    return show_case(request, number, actor=actor)


def show_case(request: HttpRequest, number: int, *, actor: Actor, refusal: Refusal | None = None) -> HttpResponse:
    """Return the page of a case, with a form as it was typed where it was refused."""
    now = _now()
    view = find_case(actor=actor, number=number, now=now)
    if view is None:
        raise Http404
    tasks = [(each, _fields(each, view, refusal), _is_shut(each)) for each in view.tasks]
    context: dict[str, Any] = {
        "case": view.row,
        "view": view,
        "now": now,
        "steps": steps_of(view),
        "tasks": tasks,
        "refusal": refusal,
        "left_over": _left_over(view, refusal),
        "evidence_kinds": _evidence_kinds(),
        "may_upload": view.row.closed_at is None and may_add(actor, "evidence"),
        "card": view.evidence.get("card") if actor.may(Right.SEE_SUSPICIONS) else None,
        "amount_forms": amount_forms(view, actor, refusal),
        "notice_form": notice_form(view, actor, refusal),
        "paper_forms": paper_forms(view, actor, refusal),
        "guards": stop_guards(view, refusal, now=now),
        "hold_fields": _hold_fields(view, refusal),
        "reader": str(actor.staff_id),
        "from_field": field_of(actor, number),
    }
    return render(request, "case.html", context, status=refusal.status if refusal else 200)


def _left_over(view: CaseView, refusal: Refusal | None) -> list[tuple[str, str]] | None:
    """Return what was typed into a form that is not open any more, label and value; None where the form is there."""
    if refusal is None or refusal.form not in view.definition.tasks:
        return None
    if any(each.task.id == refusal.form and not each.why_not for each in view.tasks):
        return None
    return left_over(view.definition, refusal.form, refusal.typed)


def _evidence_kinds() -> list[tuple[str, str]]:
    kinds = ("photo", "reading", "document", "device", "statement", "opinion")
    return [(kind, text(f"cases.evidence_kind.{kind}")) for kind in kinds]


def _is_shut(task: TaskView) -> bool:
    return bool(task.why_not or task.needs)


def _fields(task: TaskView, view: CaseView, refusal: Refusal | None) -> list[Shown]:
    mine = refusal if refusal is not None and refusal.form == task.task.id else None
    typed, faults = (mine.typed, mine.faults) if mine else ({}, {})
    found = shown_fields(
        task.task.fields,
        colleagues=view.colleagues,
        typed=typed,
        faults=faults,
        filled=FILLED.get(task.task.id, ()),
    )
    return found + (stop_fields(typed) if task.task.id == "stop_supply" else [])


def _hold_fields(view: CaseView, refusal: Refusal | None) -> list[Shown]:
    if view.instance.paused is None:
        return []
    mine = refusal if refusal is not None and refusal.form == "go_on" else None
    suspension = view.definition.suspensions[view.instance.paused.suspension]
    typed, faults = (mine.typed, mine.faults) if mine else ({}, {})
    return shown_fields(suspension.fields, colleagues=(), typed=typed, faults=faults)


def typed_of(request: HttpRequest) -> dict[str, str]:
    """Return what was typed, without what only the page itself sends."""
    return {name: str(value) for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "seen")}


def seen_of(request: HttpRequest) -> int:
    """Return the number of the chain's last event as the page showed it; 0, which nothing has, without one."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() and len(seen) < 9 else 0


def act(
    request: HttpRequest,
    number: int,
    form: str,
    do: Callable[[dict[str, str]], CaseRow | None],
    *,
    actor: Actor,
    done: str,
) -> HttpResponse:
    """Do something to a case and lead back to it; what is refused comes back as it was typed, with the reason.

    Args:
        request: with what was typed.
        number: of the case.
        form: name of the form.
        do: what is done with it.
        actor: who asks.
        done: message to show afterwards.
    """
    typed = typed_of(request)
    try:
        row = do(typed)
    except CaseUnknown as unknown:
        raise Http404 from unknown
    except StaleInstance:
        sentence = text("cases.refused.stale")
        return show_case(request, number, actor=actor, refusal=Refusal(form, sentence, {}, typed, 409))
    except FormRefused as refused:
        sentence = text("cases.refused.form")
        return show_case(request, number, actor=actor, refusal=Refusal(form, sentence, refused.faults, typed))
    except LamplighterError as refused:
        return show_case(request, number, actor=actor, refusal=Refusal(form, str(refused), {}, typed))
    if row is not None:
        journey.tell_lake(home=read_settings().home, row=row, now=_now())
    messages.success(request, done)
    return redirect(f"{reverse('case', args=[number])}#tasks")


@require_POST
@page(Right.SEE_CASES)
def complete(request: HttpRequest, number: int, task: str, *, actor: Actor) -> HttpResponse:
    """Complete a task of a case."""

    def do(typed: dict[str, str]) -> CaseRow:
        return journey.work_on(actor=actor, number=number, task=task, data=typed, seen=seen_of(request), now=_now())

    return act(request, number, task, do, actor=actor, done=text("cases.done.task"))


@require_POST
@page(Right.SEE_CASES)
def hold(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Let a case stand still."""

    def do(typed: dict[str, str]) -> CaseRow:
        return chain.hold_case(
            actor=actor, number=number, suspension=typed.get("suspension", ""), seen=seen_of(request), now=_now()
        )

    return act(request, number, "hold", do, actor=actor, done=text("cases.done.hold"))


@require_POST
@page(Right.SEE_CASES)
def resume(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Let a case go on."""

    def do(typed: dict[str, str]) -> CaseRow:
        return chain.go_on(actor=actor, number=number, data=typed, seen=seen_of(request), now=_now())

    return act(request, number, "go_on", do, actor=actor, done=text("cases.done.go_on"))


@require_POST
@page(Right.SEE_CASES)
def abandon(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Give a case up, with a reason."""

    def do(typed: dict[str, str]) -> CaseRow:
        return journey.abandon(
            actor=actor, number=number, reason=typed.get("reason", ""), seen=seen_of(request), now=_now()
        )

    return act(request, number, "give_up", do, actor=actor, done=text("cases.done.give_up"))


@require_POST
@page(Right.SEE_CASES)
def comment(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Add a comment."""

    def do(typed: dict[str, str]) -> None:
        chain.comment(actor=actor, number=number, words=typed.get("words", ""), now=_now())

    return act(request, number, "comment", do, actor=actor, done=text("cases.done.comment"))
