"""*Customer 360*: archive and meters masked, curve viewer, bills, evidence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.lake import Lake
from lamplighter.base.messages import language, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.desk_queries import FoundCustomer, find_customer
from lamplighter.business.detection.desk_queries import find_suspicion
from lamplighter.business.network.desk_queries import find_area
from lamplighter.business.trusted_energy.queries.explain import MeterDay
from lamplighter.doors.web.pages import load_of, page, policy_today
from lamplighter.journeys.customer_panorama import CurveDay, Panorama, read_curve, read_panorama
from lamplighter.journeys.unmasking import (
    PurposeMissing,
    Unmasked,
    UnmaskingsUsedUp,
    count_left,
    unmask_customer,
)


@page(Right.SEE_CUSTOMERS)
def customer(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a customer of one's unit."""
    return _show(request, actor, _find(actor, number))


@page(Right.UNMASK)
@require_POST
def unmask(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a customer with his personal data in clear, on this one page, once it is recorded what for."""
    found = _find(actor, number)
    try:
        clear = unmask_customer(
            lake=Lake.open(read_settings().home.lake),
            customer=found,
            by=actor,
            purpose=request.POST.get("purpose", ""),
            note=request.POST.get("note", ""),
            policy=policy_today(),
            day_began_at=_day_began_at(request),
            now=timezone.now(),
        )
    except (PurposeMissing, UnmaskingsUsedUp) as refused:
        return _show(request, actor, found, refusal=str(refused))
    return _show(request, actor, found, clear=clear)


def _show(
    request: HttpRequest, actor: Actor, found: FoundCustomer, *, clear: Unmasked | None = None, refusal: str = ""
) -> HttpResponse:
    lake = Lake.open(read_settings().home.lake)
    sees_suspicions = actor.may(Right.SEE_SUSPICIONS)
    panorama = read_panorama(lake, account_id=found.account_id, with_inspections=sees_suspicions)
    card = find_suspicion(actor=actor, account_id=found.account_id) if sees_suspicions else None
    area = find_area(actor=actor, area_id=found.area_id) if found.area_id and actor.may(Right.SEE_FIGURES) else None
    context: dict[str, Any] = {
        "customer": found,
        "panorama": panorama,
        "area": area,
        "suspicion": card.row if card else None,
        "card": card.card if card else None,
        "clear": clear,
        "unmask": _unmask_form(request, actor, refusal) if actor.may(Right.UNMASK) and clear is None else None,
    }
    if actor.may(Right.SEE_CURVES):
        context |= _curve_context(request, found, panorama, lake, prefers=card.row.meter_id if card else "")
    return render(request, "customer.html", context)


@page(Right.SEE_CURVES)
def curve(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show another day or meter of the curve viewer alone."""
    found = _find(actor, number)
    lake = Lake.open(read_settings().home.lake)
    panorama = read_panorama(lake, account_id=found.account_id, with_inspections=False)
    context = {"customer": found, **_curve_context(request, found, panorama, lake)}
    return render(request, "parts/curve.html", context)


def _unmask_form(request: HttpRequest, actor: Actor, refusal: str) -> dict[str, Any]:
    policy = policy_today()
    return {
        "purposes": policy.purposes,
        "left": count_left(actor=actor, policy=policy, day_began_at=_day_began_at(request)),
        "most": policy.limits["unmaskings_a_day"].value,
        "refusal": refusal,
    }


def _day_began_at(request: HttpRequest) -> dt.datetime:
    """Return when the company's day began."""
    load = load_of(request)
    here = timezone.now().astimezone(ZoneInfo(load.timezone if load else "UTC"))
    return here.replace(hour=0, minute=0, second=0, microsecond=0)


def _find(actor: Actor, number: int) -> FoundCustomer:
    found = find_customer(actor=actor, number=number)
    if found is None:
        raise Http404
    return found


def _curve_context(
    request: HttpRequest, found: FoundCustomer, panorama: Panorama, lake: Lake, *, prefers: str = ""
) -> dict[str, Any]:
    """Return what the curve viewer shows: the days of a meter at a glance, and one of them slot by slot."""
    load = load_of(request)
    shown = read_curve(
        lake,
        panorama,
        meter_id=request.GET.get("meter", "") or prefers,
        on_date=_day_asked(request.GET.get("day", "")),
        night_on=load.night_on if load else None,
    )
    if shown is None:
        return {"curve_meter": None}
    a_day, meter_id = dt.timedelta(days=1), shown.meter["meter_id"]
    return {
        "curve_meter": shown.meter,
        "curve_meters": list(shown.meters),
        "curve_day": shown.on_date,
        "curve_first": shown.first_on,
        "curve_last": shown.last_on,
        "curve_before": max(shown.on_date - a_day, shown.first_on),
        "curve_after": min(shown.on_date + a_day, shown.last_on),
        "meter_day": shown.day,
        "days_chart": _glance(shown.days, url=reverse("customer_curve", args=[found.number]), meter=meter_id),
        "slots_chart": None if shown.day is None or not shown.day.slots else _slots(shown.day),
    }


def _day_asked(asked: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(asked)
    except ValueError:
        return None


def _glance(days: Sequence[CurveDay], *, url: str, meter: str) -> dict[str, Any]:
    return {
        "kind": "glance",
        "days": [day.on_date.isoformat() for day in days],
        "kwh": [None if day.energy_kwh is None else round(day.energy_kwh, 3) for day in days],
        "estimated": [number for number, day in enumerate(days) if day.is_estimated],
        "url": url,
        "meter": meter,
        "words": {
            "measured": text("desk.curve.measured"),
            "estimated": text("desk.curve.estimated"),
            "unit": "kWh",
        },
    }


def _slots(shown: MeterDay) -> dict[str, Any]:
    """Return the slots of a day as mean power, kW: a line people know from the screen of a load monitor."""
    per_hour = len(shown.slots) / 24
    scale = shown.multiplier * per_hour

    def power(value: float | None) -> float | None:
        return None if value is None else round(value * scale, 4)

    is_filled = [slot.quality in ("estimated", "substituted") for slot in shown.slots]
    return {
        "kind": "slots",
        "at": [slot.starts_at[11:16] for slot in shown.slots],
        "received": [power(slot.received_kwh) for slot in shown.slots],
        "trusted": [power(slot.trusted_kwh) for slot in shown.slots],
        "filled": [number for number, filled in enumerate(is_filled) if filled],
        "language": language(),
        "words": {
            "received": text("desk.curve.received"),
            "trusted": text("desk.curve.trusted"),
            "filled": text("desk.curve.filled"),
            "unit": "kW",
        },
    }
