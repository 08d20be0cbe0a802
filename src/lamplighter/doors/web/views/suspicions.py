"""*Suspicions*: the ranked list, and the page of one with its evidence card."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from lamplighter.base.messages import catalogue, language, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.detection.desk_queries import (
    COLOURS,
    SuspicionRow,
    find_suspicion,
    list_suspicions,
    stream_suspicions,
)
from lamplighter.business.detection.records import SuspicionState
from lamplighter.business.network.desk_queries import list_stations
from lamplighter.doors.web.lists import LISTS, Column, Filter, Listed, ListPage, ask_of, show_list
from lamplighter.doors.web.pages import page
from lamplighter.journeys.brief.wording import say_code


def _yes_or_no() -> list[tuple[str, str]]:
    return [("yes", text("desk.yes")), ("no", text("desk.no"))]


def _reason(row: SuspicionRow) -> str:
    return catalogue(language()).get(f"detection.reason.{row.main_reason}", row.main_reason)


def _list_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="suspicions",
        words="desk.suspicions",
        row_template="rows/suspicion.html",
        columns=(
            Column("rank", is_number=True, value=lambda row: row.rank),
            Column("account", is_sorted=False, value=lambda row: row.masked_account),
            Column("colour", is_sorted=False, value=lambda row: text(f"desk.colour.{row.colour or 'none'}")),
            Column("area", value=lambda row: f"{row.area_name} ({row.station_name})"),
            Column("class", value=lambda row: say_code("customer", row.customer_class)[language()]),
            Column("probability", is_number=True, value=lambda row: row.theft_probability),
            Column("kwh", is_number=True, value=lambda row: row.expected_kwh),
            Column("yuan", is_number=True, value=lambda row: row.expected_yuan),
            Column("reason", is_sorted=False, value=_reason),
            Column("state", is_sorted=False, value=lambda row: text(f"detection.state.{row.state}")),
        ),
        stream=lambda ask: stream_suspicions(actor=actor, ask=ask),
        filters=(
            Filter("colour", lambda: [(colour, text(f"desk.colour.{colour}")) for colour in COLOURS]),
            Filter("state", lambda: [(each.value, text(f"detection.state.{each}")) for each in SuspicionState]),
            Filter("new", _yes_or_no),
            Filter("station", lambda: [(unit.unit_id, unit.name) for unit in list_stations(actor=actor)]),
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
    found = find_suspicion(actor=actor, number=number)
    if found is None:
        raise Http404
    numbers = numbers_of(actor=actor, accounts=[found.row.account_id])
    context = {"suspicion": found.row, "card": found.card, "customer_number": numbers.get(found.row.account_id)}
    return render(request, "suspicion.html", context)
