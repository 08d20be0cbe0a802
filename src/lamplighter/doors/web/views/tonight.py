"""*Tonight*: what the newest night says of one's unit, each figure with its definition and the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.line_loss.desk_queries import UnitNightRow
from lamplighter.business.network.desk_queries import find_unit
from lamplighter.doors.web.pages import load_of, page
from lamplighter.journeys.tonight import read_tonight


@page(Right.SEE_FIGURES)
def tonight(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the newest night of one's unit, or of one below it."""
    unit = find_unit(actor=actor, unit_id=request.GET.get("unit", ""))
    if unit is None and request.GET.get("unit"):
        raise Http404
    load = load_of(request)
    found = read_tonight(actor=actor, unit_id=unit.unit_id, load=load) if unit and load else None
    if found is None:
        return render(request, "tonight.html", {"unit": unit, "night": None})
    context: dict[str, Any] = {
        "unit": found.unit,
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
    if actor.may(Right.SEE_SUSPICIONS):
        context["suspicions"] = found.suspicions
    return render(request, "tonight.html", context)


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
