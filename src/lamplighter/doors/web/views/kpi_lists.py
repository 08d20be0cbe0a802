"""Records behind key figures that lie in the lake: calls of the exchange, and bills with what was paid."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.kpi.rules.definitions import read_kpi_settings
from lamplighter.business.network.desk_queries import find_unit
from lamplighter.business.workflow.company_days import day_of
from lamplighter.doors.web.figures import UNKNOWN, number
from lamplighter.doors.web.lists import Column, Filter, ListPage, ask_of, place_filters, say_months, show_list
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.rows import kpi as rows
from lamplighter.journeys.figure_records import (
    CALL_MARKS,
    SIDES,
    StationNeeded,
    list_bills,
    list_calls,
    read_months,
)

_MARKS: Final = tuple(f"{mark}.{side}" for mark in CALL_MARKS for side in SIDES)


def _calls_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="kpi_calls",
        words="kpi.calls",
        columns=(
            Column("call", is_sorted=False, cell=rows.call, look="short"),
            Column("offered", is_sorted=False, cell=lambda row, seen: seen.instant(row.offered_at), look="short"),
            Column("unit", is_sorted=False, cell=rows.unit),
            Column("outcome", is_sorted=False, cell=rows.outcome, look="short"),
            Column("waited", is_number=True, is_sorted=False, cell=lambda row, _: _seconds(row.waited_seconds)),
            Column("handled", is_number=True, is_sorted=False, cell=lambda row, _: _seconds(row.handled_seconds)),
        ),
        filters=(
            *place_filters(actor, "unit"),
            Filter("months", say=say_months),
            Filter("mark", say=lambda value: text(f"kpi.calls.mark.{value if value in _MARKS else 'unknown'}")),
        ),
        is_searched=False,
    )


def _bills_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="kpi_bills",
        words="kpi.bills",
        columns=(
            Column("customer", is_sorted=False, cell=rows.customer, look="short"),
            Column("month", is_sorted=False, cell=lambda row, _: f"{row.month:%Y-%m}", look="short"),
            Column("billed", is_number=True, is_sorted=False, cell=lambda row, _: number(row.billed_yuan)),
            Column("paid", is_number=True, is_sorted=False, cell=lambda row, _: number(row.paid_yuan)),
            Column("owed", is_number=True, is_sorted=False, cell=rows.owed),
        ),
        filters=(
            *place_filters(actor, "unit"),
            Filter("months", say=say_months),
            Filter("side", lambda: [(side, text(f"kpi.bills.side.{side}")) for side in ("met", "missed")]),
        ),
        is_searched=False,
    )


@page(Right.SEE_TICKETS)
def calls(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the calls a figure is counted from."""
    home = read_settings().home
    listed = _calls_page(actor)
    ask = ask_of(request, listed)
    _check_unit(actor, ask.filters.get("unit", ""))
    definitions = read_kpi_settings(on=day_of(timezone.now()), folder=home.settings).definitions
    return show_list(
        request, listed, list_calls(lake=Lake.open(home.lake), actor=actor, ask=ask, definitions=definitions)
    )


@page(Right.SEE_CUSTOMERS)
def bills(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the bills K-14 is counted from, of a station; of a unit above one, show its parts instead."""
    listed = _bills_page(actor)
    ask = ask_of(request, listed)
    _check_unit(actor, ask.filters.get("unit", ""))
    try:
        return show_list(request, listed, list_bills(lake=Lake.open(read_settings().home.lake), actor=actor, ask=ask))
    except StationNeeded:
        period = read_months(ask.filters.get("months", ""))
        months = {"first": f"{period.first:%Y-%m}", "last": f"{period.last:%Y-%m}"} if period else {}
        asked = {"unit": ask.filters.get("unit", ""), **months, "by": "unit"}
        return redirect(f"{reverse('kpi_figure', args=['k14'])}?{urlencode(asked)}")


def _seconds(value: float | None) -> str:
    return UNKNOWN if value is None else f"{number(value)} s"


def _check_unit(actor: Actor, unit_id: str) -> None:
    if unit_id and find_unit(actor=actor, unit_id=unit_id) is None:
        raise Http404
