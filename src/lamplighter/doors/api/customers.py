"""Customers: found by their whole number, one of them masked, his curve. Nothing here shows personal data in clear."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from lamplighter.base.desk.models import newest_load
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.desk_queries import FoundCustomer, find_customer, search_customers
from lamplighter.business.detection.desk_queries import find_suspicion
from lamplighter.business.inspection.desk_queries import find_case_number
from lamplighter.business.metering.desk_queries import search_meters
from lamplighter.business.network.desk_queries import search_areas
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Word, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.views.search import MOST_AREAS
from lamplighter.journeys.customer_panorama import read_curve, read_panorama

router = Router(tags=["customers"])


class CustomerFound(Schema):
    """A customer as it is looked up."""

    number: int
    masked_account: str
    masked_name: str
    customer_class: str
    area_id: str
    is_protected: bool


class AreaFound(Schema):
    """An area as it is looked up."""

    area_id: str
    name: str
    feeder_name: str
    station_name: str


class Found(Schema):
    """What some words name."""

    customers: list[CustomerFound]
    areas: list[AreaFound]


class Wanted(Schema):
    """A whole account or meter number, or words of an area; in the body, since an address is logged."""

    words: Annotated[Word, Field(min_length=1)]


class MeterOut(Schema):
    """A meter of a customer."""

    meter_id: str
    role: str | None
    phase: str | None
    wiring: str | None
    multiplier: float | None
    rated_voltage_v: float | None
    max_current_a: float | None
    area_id: str | None
    installed_on: dt.date | None
    removed_on: dt.date | None


class Bill(Schema):
    """A billed month."""

    month: dt.date
    energy_kwh: float | None
    amount_yuan: float | None


class PastVisit(Schema):
    """What an earlier inspection found; told only to whom suspicions are open."""

    inspected_on: dt.date
    outcome: str
    recovered_kwh: float | None


class CustomerOut(Schema):
    """A customer: archive masked, meters, bills, earlier visits and their results."""

    customer: CustomerFound
    archive: dict[str, Any]
    meters: list[MeterOut]
    bills: list[Bill]
    visits: list[PastVisit]
    suspicion_number: int | None
    case_number: int | None


class CurveDayOut(Schema):
    """A meter's day, after the multiplier; null where it cannot be known."""

    on_date: dt.date
    energy_kwh: float | None
    is_estimated: bool
    is_outage: bool


class Slot(Schema):
    """One slot of a day: energy before the multiplier; ``starts_at`` is local time with its offset."""

    slot: int
    starts_at: str
    received_kwh: float | None
    trusted_kwh: float | None
    quality: str
    cause: str
    method: str


class CurveOut(Schema):
    """The curve of one meter: 90 days at a glance, and one day slot by slot."""

    meter_id: str
    meters: list[str]
    multiplier: float | None
    first_on: dt.date
    last_on: dt.date
    days: list[CurveDayOut]
    on_date: dt.date
    slots: list[Slot]


@router.post("/search", auth=opened(None), response=answers(Found))
def search(request: HttpRequest, wanted: Wanted) -> Any:
    """Customers by the whole number of account or meter, areas by number or name; each only to whom it is open."""
    actor, words = actor_of(request), wanted.words.strip()
    accounts = [words, *(meter.account_id for meter in search_meters(actor=actor, meter_id=words))]
    return {
        "customers": search_customers(actor=actor, accounts=accounts),
        "areas": search_areas(actor=actor, words=words, most=MOST_AREAS),
    }


@router.get("/customers/{number}", auth=opened(Right.SEE_CUSTOMERS), response=answers(CustomerOut))
def customer(request: HttpRequest, number: NumberInPath) -> Any:
    """One customer, masked."""
    actor, found = actor_of(request), _find(request, number)
    sees = actor.may(Right.SEE_SUSPICIONS)
    panorama = read_panorama(_lake(), account_id=found.account_id, with_inspections=sees)
    card = find_suspicion(actor=actor, account_id=found.account_id) if sees else None
    return {
        "customer": found,
        "archive": dict(panorama.archive),
        "meters": panorama.meters,
        "bills": panorama.bills,
        "visits": panorama.outcomes,
        "suspicion_number": card.row.number if card else None,
        "case_number": find_case_number(actor=actor, account_id=found.account_id),
    }


class CurveAsked(Schema):
    """Which meter and which day."""

    meter: Word = Field("", description="One of the customer's own; absent = his first.")
    on: dt.date | None = Field(None, description="Within the 90 days before the newest night; absent = the last.")


@router.get("/customers/{number}/curve", auth=opened(Right.SEE_CURVES), response=answers(CurveOut))
def curve(request: HttpRequest, number: NumberInPath, asked: Query[CurveAsked]) -> Any:
    """What a customer's meter measured: it shows when somebody is at home, so it takes a right of its own."""
    found, lake, load = _find(request, number), _lake(), newest_load()
    panorama = read_panorama(lake, account_id=found.account_id, with_inspections=False)
    shown = read_curve(lake, panorama, meter_id=asked.meter, on_date=asked.on, night_on=load.night_on if load else None)
    if shown is None or (asked.meter and asked.meter not in shown.meters):
        raise Http404
    return {
        "meter_id": shown.meter["meter_id"],
        "meters": shown.meters,
        "multiplier": shown.meter["multiplier"],
        "first_on": shown.first_on,
        "last_on": shown.last_on,
        "days": shown.days,
        "on_date": shown.on_date,
        "slots": shown.day.slots if shown.day else [],
    }


def _find(request: HttpRequest, number: int) -> FoundCustomer:
    found = find_customer(actor=actor_of(request), number=number)
    if found is None:
        raise Http404
    return found


def _lake() -> Lake:
    return Lake.open(read_settings().home.lake)
