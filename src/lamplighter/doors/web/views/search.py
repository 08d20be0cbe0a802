"""*Search*: areas by number or name, customers and meters by their whole number."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lamplighter.base.security.actor import Actor
from lamplighter.business.customers.desk_queries import search_customers
from lamplighter.business.metering.desk_queries import search_meters
from lamplighter.business.network.desk_queries import search_areas
from lamplighter.doors.web.pages import page

MOST_AREAS: Final = 20


@page(None)
def search(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show what one's unit has under some words; each kind of thing only to whom it is open.

    The words travel in the body: an account number must not stand in an address, which is logged and kept.
    """
    words = request.POST.get("q", "").strip()[:100]
    meters = search_meters(actor=actor, meter_id=words)
    accounts = [words, *(meter.account_id for meter in meters)] if words else []
    context = {
        "words": words,
        "customers": search_customers(actor=actor, accounts=accounts),
        "areas": search_areas(actor=actor, words=words, most=MOST_AREAS),
    }
    return render(request, "search.html", context)
