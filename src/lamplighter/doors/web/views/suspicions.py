"""*Suspicions*: the ranked list, and the page of one with its evidence card."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import catalogue, language, text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.detection.desk_operations import (
    DECIDABLE,
    DISMISSALS,
    ReasonMissing,
    SuspicionUnknown,
    decide_suspicion,
)
from lamplighter.business.detection.desk_queries import (
    COLOURS,
    SuspicionRow,
    find_suspicion,
    list_decisions,
    list_suspicions,
    stream_suspicions,
)
from lamplighter.business.detection.records import SuspicionState
from lamplighter.business.inspection.desk_queries import find_case_number
from lamplighter.doors.web.cells import colour_tag, place
from lamplighter.doors.web.lists import (
    LISTS,
    Column,
    Filter,
    Listed,
    ListPage,
    ask_of,
    figure_column,
    place_filters,
    share_column,
    show_list,
    unit_filter,
)
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.rows import suspicions as rows
from lamplighter.journeys.brief.wording import say_code
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion

_STATES: Final = {"dismiss": SuspicionState.DISMISSED, "ask": SuspicionState.NEEDS_DATA}


def _yes_or_no() -> list[tuple[str, str]]:
    return [("yes", text("desk.yes")), ("no", text("desk.no"))]


def _reason(row: SuspicionRow) -> str:
    return catalogue(language()).get(f"detection.reason.{row.main_reason}", row.main_reason)


def _list_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="suspicions",
        words="desk.suspicions",
        columns=(
            Column("rank", is_number=True, value=lambda row: row.rank),
            Column("account", is_sorted=False, value=lambda row: row.masked_account, cell=rows.account),
            Column(
                "colour",
                is_sorted=False,
                value=lambda row: text(f"desk.colour.{row.colour or 'none'}"),
                cell=lambda row, _: colour_tag(row.colour),
            ),
            Column(
                "area",
                value=lambda row: f"{row.area_name} ({row.station_name})",
                cell=lambda row, _: place(row.area_name, row.station_name),
                look="name",
            ),
            Column("class", value=lambda row: say_code("customer", row.customer_class)[language()], look="short"),
            share_column("probability", lambda row: row.theft_probability, digits=0),
            figure_column("kwh", lambda row: row.expected_kwh),
            figure_column("yuan", lambda row: row.expected_yuan),
            Column("reason", is_sorted=False, value=_reason, look="full"),
            Column("state", is_sorted=False, value=lambda row: text(f"detection.state.{row.state}"), look="short"),
        ),
        stream=lambda ask: stream_suspicions(actor=actor, ask=ask),
        filters=(
            Filter("colour", lambda: [(colour, text(f"desk.colour.{colour}")) for colour in COLOURS]),
            Filter("state", lambda: [(each.value, text(f"detection.state.{each}")) for each in SuspicionState]),
            Filter("new", _yes_or_no),
            unit_filter(actor),
            *place_filters(actor, "unit", "feeder", "area"),
            *([Filter("random", _yes_or_no)] if actor.may(Right.SEE_RANDOM_SLOTS) else []),
        ),
    )


LISTS["suspicions"] = Listed(Right.SEE_SUSPICIONS, _list_page)


@page(Right.SEE_SUSPICIONS)
def suspicions(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the suspicions of one's unit in the order of the expected value of a visit."""
    listed = _list_page(actor)
    return show_list(request, listed, list_suspicions(actor=actor, ask=ask_of(request, listed)))


@page(Right.SEE_SUSPICIONS)
def suspicion(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a suspicion with what speaks for it and what speaks against it."""
    return _show(request, number, actor=actor)


def _show(request: HttpRequest, number: int, *, actor: Actor, refusal: dict[str, Any] | None = None) -> HttpResponse:
    found = find_suspicion(actor=actor, number=number)
    if found is None:
        raise Http404
    numbers = numbers_of(actor=actor, accounts=[found.row.account_id])
    may_decide = actor.may(Right.DECIDE_SUSPICIONS)
    context = {
        "suspicion": found.row,
        "card": found.card,
        "customer_number": numbers.get(found.row.account_id),
        "case_number": find_case_number(actor=actor, account_id=found.row.account_id),
        "is_decidable": may_decide and found.row.state in DECIDABLE,
        "decisions": list_decisions(actor=actor, number=number),
        "dismissals": [(each, text(f"detection.dismissal.{each}")) for each in DISMISSALS],
        "refusal": refusal,
    }
    return render(request, "suspicion.html", context, status=422 if refusal else 200)


@require_POST
@page(Right.DECIDE_SUSPICIONS)
def decide(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Take a suspicion up into a case, dismiss it, or ask for more data."""
    what, reason, note = (request.POST.get(name, "") for name in ("what", "reason", "note"))
    now = dt.datetime.now(dt.UTC)
    try:
        if what == "accept":
            case = accept_suspicion(actor=actor, number=number, now=now)
            messages.success(request, text("cases.done.accepted", case=case.case_no))
            return redirect("case", case.number)
        if what not in _STATES:
            raise Http404
        decide_suspicion(actor=actor, number=number, to=_STATES[what], now=now, reason=reason, note=note[:4000])
    except SuspicionUnknown as unknown:
        raise Http404 from unknown
    except RightMissing:
        raise
    except LamplighterError as refused:
        typed = {"what": what, "reason": reason, "note": note}
        field = refused.field if isinstance(refused, ReasonMissing) else ""
        refusal = {"form": what, "sentence": str(refused), "typed": typed, "field": field}
        return _show(request, number, actor=actor, refusal=refusal)
    messages.success(request, text(f"cases.done.{what}"))
    return redirect("suspicion", number)
