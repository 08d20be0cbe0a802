"""*Tonight*: what the newest night says of one's unit, each figure with its definition and the rows behind it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.detection.outcome_desk import read_tallies
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.figures import count_open, read_recovered
from lamplighter.business.line_loss.desk_queries import UnitNightRow
from lamplighter.business.network.desk_queries import find_unit
from lamplighter.doors.web.pages import load_of, page
from lamplighter.journeys.nights.book import NightState, read_nights
from lamplighter.journeys.nights.jobs import schedule_today
from lamplighter.journeys.tonight import read_tonight

YEAR: Final = dt.timedelta(days=365)


@page(Right.SEE_FIGURES)
def tonight(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the newest night of one's unit, or of one below it."""
    unit = find_unit(actor=actor, unit_id=request.GET.get("unit", ""))
    if unit is None and request.GET.get("unit"):
        raise Http404
    load = load_of(request)
    found = read_tonight(actor=actor, unit_id=unit.unit_id, load=load) if unit and load else None
    if found is None:
        return render(request, "tonight.html", {"unit": unit, "night": None, "nights": _nights()})
    context: dict[str, Any] = {
        "unit": found.unit,
        "nights": _nights(),
        "above": found.above,
        "below": found.below,
        "night": found.night,
        "totals": found.totals,
        "new_count": found.new_count,
        "at_stake_yuan": found.at_stake_yuan,
        "areas": found.areas,
        "areas_url": reverse("areas"),
        "days": _days(found.days),
    }
    if actor.may(Right.SEE_CASES):
        since = found.days[-1].on_date - YEAR
        months = default_settings().number("cost.months_ahead")
        here: dict[str, Any] = {"actor": actor, "level": found.unit.level, "unit_id": found.unit.unit_id}
        context["open_cases"] = count_open(**here, now=timezone.now())
        context["recovered"] = read_recovered(**here, since=since, months_ahead=months)
        context["months_ahead"] = int(months)
    if actor.may(Right.SEE_OUTCOMES):
        context["year"] = next(iter(read_tallies(actor=actor, unit_id=found.unit.unit_id, by="year")), None)
    if actor.may(Right.SEE_SUSPICIONS):
        context["suspicions"] = found.suspicions
    return render(request, "tonight.html", context)


def _nights() -> NightState | None:
    """Return how the newest nights went: whether one is being worked, failed, or was missed."""
    now = timezone.now()
    return read_nights(schedule_today(now), now=now)


def _days(days: Sequence[UnitNightRow]) -> dict[str, Any]:
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
