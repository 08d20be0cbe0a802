"""*Tonight*: what the newest night says of one's unit, each figure with its definition and the rows behind it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from lamplighter.base.desk.listing import Ask
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.detection.desk_queries import list_suspicions, read_totals
from lamplighter.business.detection.outcome_desk import read_tallies
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.figures import count_open, read_recovered
from lamplighter.business.line_loss.desk_queries import UnitNightRow, list_areas, read_unit_nights
from lamplighter.business.network.desk_queries import find_unit, list_units_above, list_units_below
from lamplighter.doors.web.pages import load_of, page
from lamplighter.journeys.nights.book import NightState, read_nights
from lamplighter.journeys.nights.jobs import schedule_today

WINDOW_DAYS: Final = 90
YEAR: Final = dt.timedelta(days=365)
FIRST: Final = 5
"""Rows of areas and suspicions shown; the lists have the rest."""


@page(Right.SEE_FIGURES)
def tonight(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the newest night of one's unit, or of one below it."""
    unit = find_unit(actor=actor, unit_id=request.GET.get("unit", ""))
    if unit is None and request.GET.get("unit"):
        raise Http404
    load = load_of(request)
    if unit is None or load is None or load.night_on is None:
        return render(request, "tonight.html", {"unit": unit, "night": None, "nights": _nights()})
    below = list_units_below(actor=actor, unit=unit)
    first_on = load.night_on - dt.timedelta(days=WINDOW_DAYS - 1)
    days = read_unit_nights(actor=actor, unit_ids=[unit.unit_id], first_on=first_on)
    night = next((day for day in days if day.on_date == load.night_on), None)
    parts = {
        row.unit_id: row
        for row in read_unit_nights(actor=actor, unit_ids=[each.unit_id for each in below], first_on=load.night_on)
    }
    totals = read_totals(actor=actor, unit_id=unit.unit_id) if actor.may(Right.SEE_SUSPICIONS) else []
    station = {"station": unit.unit_id} if unit.level == "station" else {}
    context: dict[str, Any] = {
        "unit": unit,
        "nights": _nights(),
        "above": list_units_above(actor=actor, unit=unit),
        "below": [(each, parts.get(each.unit_id)) for each in below],
        "night": night,
        "totals": totals,
        "new_count": sum(total.new_count for total in totals),
        "at_stake_yuan": sum(total.expected_yuan for total in totals),
        "areas": list_areas(actor=actor, ask=Ask(filters=station, size=FIRST)).rows,
        "areas_url": reverse("areas"),
        "days": _days(days),
    }
    if actor.may(Right.SEE_CASES):
        since = load.night_on - YEAR
        months = default_settings().number("cost.months_ahead")
        here = {"actor": actor, "level": unit.level, "unit_id": unit.unit_id}
        context["open_cases"] = count_open(**here, now=timezone.now())
        context["recovered"] = read_recovered(**here, since=since, months_ahead=months)
        context["months_ahead"] = int(months)
    if actor.may(Right.SEE_OUTCOMES):
        context["year"] = next(iter(read_tallies(actor=actor, unit_id=unit.unit_id, by="year")), None)
    if actor.may(Right.SEE_SUSPICIONS):
        context["suspicions"] = list_suspicions(actor=actor, ask=Ask(filters=station, size=FIRST)).rows
    return render(request, "tonight.html", context)


def _nights() -> NightState | None:
    """Return how the newest nights went: whether one is being worked, failed, or was missed."""
    now = timezone.now()
    return read_nights(schedule_today(now), now=now)


def _days(days: list[UnitNightRow]) -> dict[str, Any]:
    """Return the chart of the window: supplied and sold a day, and the unexplained share of supply."""
    return {
        "kind": "days",
        "days": [day.on_date.isoformat() for day in days],
        "supplied": [_short(day.energies.supplied_kwh) for day in days],
        "sold": [_short(day.energies.sold_kwh) for day in days],
        "unexplained": [_short(day.energies.unexplained_kwh) for day in days],
        "words": {
            "supplied": text("desk.figure.supplied"),
            "sold": text("desk.figure.sold"),
            "unexplained": text("desk.figure.unexplained"),
            "unit": "kWh",
        },
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
