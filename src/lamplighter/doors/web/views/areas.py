"""*Areas*: the list, and the page of one."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.desk.listing import Ask
from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.detection.archive_repair import ProposalState
from lamplighter.business.detection.archive_repair.desk_operations import (
    GROUNDS,
    ProposalDecided,
    ProposalUnknown,
)
from lamplighter.business.detection.archive_repair.desk_queries import list_proposals
from lamplighter.business.detection.desk_operations import ReasonMissing
from lamplighter.business.detection.desk_queries import first_suspicions
from lamplighter.business.line_loss.desk_queries import list_areas, read_area_night, stream_areas
from lamplighter.business.line_loss.explanations import AreaExplanation
from lamplighter.business.line_loss.records import LossClass
from lamplighter.business.network.desk_queries import FoundArea, find_area
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
from lamplighter.doors.web.pages import load_of, page
from lamplighter.doors.web.rows import areas as rows
from lamplighter.journeys.archive_decisions import settle_proposal
from lamplighter.journeys.area_view import WINDOW_DAYS, AreaDayRow, read_area_day, read_area_view
from lamplighter.journeys.brief.wording import say_code

CHECKS_SHOWN: Final = 3
LEAST_SHARE: Final = 0.002
"""Causes of less than this share of supply are left out: eight rows of noughts explain nothing."""


def _list_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="areas",
        words="desk.areas",
        columns=(
            Column("rank", is_number=True, value=lambda row: row.rank),
            Column("name", value=lambda row: f"{row.name} ({row.area_id})", cell=rows.name, look="name"),
            Column(
                "class",
                is_sorted=False,
                value=lambda row: say_code("class", row.loss_class)[language()],
                cell=rows.loss_class,
            ),
            figure_column("certain", lambda row: row.certain_kwh, digits=1),
            figure_column("supplied", lambda row: row.energies.supplied_kwh),
            share_column("loss_rate", lambda row: row.loss_rate),
            figure_column("technical", lambda row: row.energies.technical_kwh, digits=1),
            Column(
                "unexplained",
                is_number=True,
                value=lambda row: row.energies.unexplained_kwh,
                cell=rows.unexplained,
            ),
            share_column("coverage", lambda row: row.coverage),
            *(
                [Column("suspicions", is_number=True, value=lambda row: row.suspicion_count, cell=rows.suspicions)]
                if actor.may(Right.SEE_SUSPICIONS)
                else []
            ),
        ),
        stream=lambda ask: stream_areas(actor=actor, ask=ask),
        filters=(
            Filter("class", lambda: [(each.value, say_code("class", each.value)[language()]) for each in LossClass]),
            Filter("computable", lambda: [("yes", text("desk.yes")), ("no", text("desk.no"))]),
            unit_filter(actor),
            *place_filters(actor, "unit", "feeder"),
        ),
    )


LISTS["areas"] = Listed(Right.SEE_FIGURES, _list_page)


@page(Right.SEE_FIGURES)
def areas(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the areas of one's unit, those that most deserve work first."""
    listed = _list_page(actor)
    return show_list(request, listed, list_areas(actor=actor, ask=ask_of(request, listed)))


@page(Right.SEE_FIGURES)
def area(request: HttpRequest, area_id: str, *, actor: Actor) -> HttpResponse:
    """Show an area: its night, its window, what its loss consists of, what to check, whom it suspects."""
    return _show(request, area_id, actor=actor)


def _show(request: HttpRequest, area_id: str, *, actor: Actor, refusal: dict[str, Any] | None = None) -> HttpResponse:
    found = find_area(actor=actor, area_id=area_id)
    load = load_of(request)
    if found is None or load is None:
        raise Http404
    night = read_area_night(actor=actor, area_id=area_id)
    if night is None:
        return render(request, "area.html", {"area": found, "night": None})
    view = read_area_view(
        Lake.open(read_settings().home.lake),
        area_id=area_id,
        bucket=found.bucket,
        first_on=night.on_date - dt.timedelta(days=WINDOW_DAYS - 1),
        last_on=night.on_date,
    )
    context: dict[str, Any] = {
        "area": found,
        "night": night,
        "view": view,
        "causes": _causes(view.explanation),
        "checks": view.explanation.checks[:CHECKS_SHOWN] if view.explanation else (),
        "chart": _days_chart(view.days, url=reverse("area_day", args=[area_id])),
        "calendar": _calendar(view.days, url=reverse("area_day", args=[area_id])),
        **_day_context(request, found, night.on_date),
    }
    if actor.may(Right.SEE_CUSTOMERS):
        context |= _moves_context(actor, area_id) | {"move_refusal": refusal}
    if actor.may(Right.SEE_SUSPICIONS):
        context["suspects"] = first_suspicions(actor=actor, ask=Ask(filters={"area": area_id}, size=50))
    return render(request, "area.html", context, status=422 if refusal else 200)


@page(Right.SEE_FIGURES)
def area_day(request: HttpRequest, area_id: str, *, actor: Actor) -> HttpResponse:
    """Show another day of an area alone."""
    found = find_area(actor=actor, area_id=area_id)
    load = load_of(request)
    if found is None or load is None or load.night_on is None:
        raise Http404
    return render(request, "parts/area_day.html", {"area": found, **_day_context(request, found, load.night_on)})


@require_POST
@page(Right.DECIDE_PROPOSALS)
def decide_move(request: HttpRequest, area_id: str, number: int, *, actor: Actor) -> HttpResponse:
    """Accept or refuse a correction of the archive; nothing is changed in the archive by it."""
    what, reason, note = (request.POST.get(name, "") for name in ("what", "reason", "note"))
    if find_area(actor=actor, area_id=area_id) is None or what not in [state.value for state in GROUNDS]:
        raise Http404
    to, now = ProposalState(what), timezone.now()
    try:
        lake = Lake.open(read_settings().home.lake)
        meter = settle_proposal(actor=actor, number=number, to=to, reason=reason, note=note, lake=lake, now=now)
    except ProposalUnknown as unknown:
        raise Http404 from unknown
    except (ReasonMissing, ProposalDecided) as refused:
        refusal = {"number": number, "reason": reason, "sentence": str(refused)}
        return _show(request, area_id, actor=actor, refusal=refusal)
    messages.success(request, text(f"desk.area.move.done.{to}", meter=meter))
    return redirect(f"{reverse('area', args=[area_id])}#move-{number}")


def _moves_context(actor: Actor, area_id: str) -> dict[str, Any]:
    found = list_proposals(actor=actor, area_id=area_id)
    numbers = numbers_of(actor=actor, accounts=[each.account_id for each in found])
    return {
        "proposals": [(each, numbers.get(each.account_id)) for each in found],
        "move_choices": [
            (state.value, text(f"desk.area.move.{state}"), [(code, text(f"detection.ground.{code}")) for code in codes])
            for state, codes in GROUNDS.items()
        ],
    }


def _day_context(request: HttpRequest, area: FoundArea, last_on: dt.date) -> dict[str, Any]:
    """Return one day of an area: the one asked for, however long ago, else the newest."""
    try:
        on_date = min(dt.date.fromisoformat(request.GET.get("on", "")), last_on)
    except ValueError:
        on_date = last_on
    lake = Lake.open(read_settings().home.lake)
    day = read_area_day(lake, area_id=area.area_id, bucket=area.bucket, on_date=on_date)
    most = max(day.supplied_kwh or 0.0, day.sold_kwh or 0.0, 1.0)
    bars = {
        "supplied": round(100 * max(day.supplied_kwh or 0.0, 0.0) / most, 2),
        "sold": round(100 * max(day.sold_kwh or 0.0, 0.0) / most, 2),
    }
    return {"day": day, "day_last": last_on, "bars": bars}


def _causes(explanation: AreaExplanation | None) -> list[dict[str, Any]]:
    """Return the causes worth a row, the greatest first, each placed on a scale of 0 to 100 that all share."""
    if explanation is None:
        return []
    least = LEAST_SHARE * explanation.supplied_kwh
    shown = [
        share for share in explanation.shares if max(abs(share.kwh), abs(share.low_kwh), abs(share.high_kwh)) >= least
    ]
    low = min([0.0, *(share.low_kwh for share in shown)])
    high = max([1.0, *(share.high_kwh for share in shown)])

    def place(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    return [
        {
            "code": share.cause.value,
            "kwh": share.kwh,
            "low_kwh": share.low_kwh,
            "high_kwh": share.high_kwh,
            "rate": share.kwh / explanation.supplied_kwh if explanation.supplied_kwh else None,
            "from": place(share.low_kwh),
            "width": round(max(place(share.high_kwh) - place(share.low_kwh), 0.6), 2),
            "at": place(share.kwh),
            "nought": place(0.0),
        }
        for share in sorted(shown, key=lambda share: -abs(share.kwh))
    ]


def _days_chart(days: tuple[AreaDayRow, ...], *, url: str) -> dict[str, Any]:
    return {
        "kind": "days",
        "opens": {"url": url, "name": "on", "target": "#area-day"},
        "days": [day.on_date.isoformat() for day in days],
        "supplied": [_short(day.supplied_kwh) for day in days],
        "sold": [_short(day.sold_kwh) for day in days],
        "unexplained": [_short(day.unexplained_kwh) if day.is_computable else None for day in days],
        "words": {
            "supplied": text("desk.figure.supplied"),
            "sold": text("desk.figure.sold"),
            "unexplained": text("desk.figure.unexplained"),
            "unit": "kWh",
        },
    }


def _calendar(days: tuple[AreaDayRow, ...], *, url: str) -> dict[str, Any]:
    return {
        "kind": "calendar",
        "opens": {"url": url, "name": "on", "target": "#area-day"},
        "days": [
            [day.on_date.isoformat(), None if day.unexplained_rate is None else round(100 * day.unexplained_rate, 2)]
            for day in days
        ],
        "language": language(),
        "words": {
            "value": text("desk.area.calendar_value"),
            "unknown": text("desk.area.calendar_unknown"),
            "unit": "%",
        },
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
