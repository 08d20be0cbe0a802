"""*Customer 360*: archive and meters masked, curve viewer, bills, evidence."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.desk_queries import FoundCustomer, find_customer
from lamplighter.business.detection.desk_queries import find_suspicion, read_peer_curve
from lamplighter.business.inspection.desk_queries import list_cases_of
from lamplighter.business.network.desk_queries import find_area
from lamplighter.doors.web.curve_view import YEAR_DAYS, curve_context, heat_document, peers_chart
from lamplighter.doors.web.pages import load_of, page, policy_today
from lamplighter.doors.web.unmask_form import day_began_at, unmask_form
from lamplighter.journeys.curve_reading import note_curves_seen, read_curve_year
from lamplighter.journeys.customer_panorama import read_meters_of, read_panorama
from lamplighter.journeys.unmasking import (
    PurposeMissing,
    Unmasked,
    UnmaskingsUsedUp,
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
            day_began_at=day_began_at(request),
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
        "cases": list_cases_of(actor=actor, account_id=found.account_id),
        "clear": clear,
        "unmask": unmask_form(request, actor, action=reverse("unmask_customer", args=[found.number]), refusal=refusal)
        if actor.may(Right.UNMASK) and clear is None
        else None,
    }
    if actor.may(Right.SEE_CURVES):
        _note_seen(request, actor, found)
        context |= curve_context(request, found, panorama, lake, prefers=card.row.meter_id if card else "")
        peers = read_peer_curve(actor=actor, account_id=found.account_id) if card else None
        context |= {"peers": peers, "peers_chart": peers_chart(peers) if peers and peers.peer_count else None}
    return render(request, "customer.html", context)


@page(Right.SEE_CURVES)
def curve(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show another day or meter of the curve viewer alone."""
    found = _find(actor, number)
    lake = Lake.open(read_settings().home.lake)
    panorama = read_panorama(lake, account_id=found.account_id, with_inspections=False)
    _note_seen(request, actor, found)
    context = {"customer": found, **curve_context(request, found, panorama, lake)}
    return render(request, "parts/curve.html", context)


@page(Right.SEE_CURVES)
def heat(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Return a year of one of a customer's meters, hour by hour, as JSON."""
    found = _find(actor, number)
    load = load_of(request)
    lake = Lake.open(read_settings().home.lake)
    meters = {meter["meter_id"]: meter for meter in read_meters_of(lake, account_id=found.account_id)}
    meter = meters.get(request.GET.get("meter", ""))
    if meter is None or load is None or load.night_on is None:
        raise Http404
    _note_seen(request, actor, found)
    first_on = load.night_on - dt.timedelta(days=YEAR_DAYS - 1)
    year = read_curve_year(lake, meter=meter, first_on=first_on, last_on=load.night_on)
    return JsonResponse(heat_document(year), json_dumps_params={"separators": (",", ":"), "ensure_ascii": False})


def _note_seen(request: HttpRequest, actor: Actor, found: FoundCustomer) -> None:
    note_curves_seen(actor=actor, customer=found, day_began_at=day_began_at(request), now=timezone.now())


def _find(actor: Actor, number: int) -> FoundCustomer:
    found = find_customer(actor=actor, number=number)
    if found is None:
        raise Http404
    return found
