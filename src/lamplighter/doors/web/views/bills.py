"""*Bills* of a customer, line by line with the causes of a difference, and *Tariffs*, the prices on record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.billing.records import Bill, BillComparison, BillLine
from lamplighter.business.billing.wording import say_line
from lamplighter.business.customers.desk_queries import find_customer
from lamplighter.business.tariffs.records import Origin, Scheme, Tariff
from lamplighter.business.tariffs.rules.book import Book, TariffUnknown, load_book
from lamplighter.business.tariffs.wording import say_period, say_prices, say_seasons, say_unit
from lamplighter.doors.web.pages import page
from lamplighter.journeys.bill_view import BillView, read_bill_view
from lamplighter.journeys.customer_panorama import read_month_days


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line as the page shows it."""

    words: str
    line: BillLine


@page(Right.SEE_CUSTOMERS)
def bills(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a bill of a customer of one's unit, and why it differs from another."""
    customer = find_customer(actor=actor, number=number)
    if customer is None:
        raise Http404
    book = load_book(file=read_settings().home.tariffs)
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_bill_view(
            state,
            account_id=customer.account_id,
            month=request.GET.get("month", ""),
            against=request.GET.get("against", ""),
            book=book,
        )
        context: dict[str, Any] = {"customer": customer, "months": found.months, "bill": None}
        if found.bill is not None:
            context |= _shown(state, found, found.bill, book, actor)
    return render(request, "bills.html", context)


def _shown(state: Snapshot, view: BillView, bill: Bill, book: Book, actor: Actor) -> dict[str, Any]:
    """Return a bill as the page shows it."""
    compared = view.compared
    found: dict[str, Any] = {
        "bill": bill,
        "month": view.month,
        "against": view.against,
        "lines": [LineRow(say_line(line, tariff_of(line, book)), line) for line in bill.lines],
        "tariff": name_of(bill, book),
        "issues": [text(f"billing.issue.{issue}") for issue in bill.issues],
        "company_difference": _company_difference(bill),
        "periods": [(say_period(period), kwh) for period, kwh in bill.energy_by_period.items()]
        if len(bill.energy_by_period) > 1
        else [],
        "compared": compared,
    }
    if compared is not None and compared.difference_yuan is not None:
        found["causes"] = [(text(f"billing.cause.{share.cause}"), share) for share in compared.causes]
        found["waterfall"] = _waterfall(compared)
    if actor.may(Right.SEE_CURVES):
        found["curve"] = _curve(state, bill, compared.against if compared else None)
    return found


def tariff_of(line: BillLine, book: Book) -> Tariff | None:
    """Return the price list a line rests on; None where it is a rule."""
    try:
        return book.tariff(line.origin.code, on=line.first_on)
    except TariffUnknown:
        # A line may rest on a rule instead of a price list.
        return None


def name_of(bill: Bill, book: Book) -> str:
    """Return the name of the tariff on a bill's last day; empty where it is unknown."""
    if not bill.tariff_code:
        return ""
    return book.tariff(bill.tariff_code, on=bill.end_on - dt.timedelta(days=1)).say()


def _company_difference(bill: Bill) -> Decimal | None:
    if bill.billed_yuan is None or bill.total_yuan is None:
        return None
    return bill.billed_yuan - bill.total_yuan


def _waterfall(compared: BillComparison) -> dict[str, Any]:
    """Return the chart from the earlier bill over its causes to the later one."""
    return {
        "kind": "waterfall",
        "labels": [
            f"{compared.against.first_on:%Y-%m}",
            *(text(f"billing.cause.{share.cause}") for share in compared.causes),
            f"{compared.bill.first_on:%Y-%m}",
        ],
        "before": float(compared.against.total_yuan or 0),
        "deltas": [float(share.yuan) for share in compared.causes],
        "now": float(compared.bill.total_yuan or 0),
        "words": {"unit": text("desk.bills.yuan")},
    }


def _curve(state: Snapshot, bill: Bill, against: Bill | None) -> dict[str, Any] | None:
    """Return the energy day by day of a bill and of the one beside it; None where no night worked the days."""
    now = _daily(state, bill)
    before = _daily(state, against) if against else []
    if all(value is None for value in (*now, *before)):
        return None
    length = max(len(now), len(before))
    return {
        "kind": "month",
        "days": [f"{number + 1}" for number in range(length)],
        "now": now,
        "before": before,
        "words": {
            "now": f"{bill.first_on:%Y-%m}",
            "before": f"{against.first_on:%Y-%m}" if against else "",
            "unit": "kWh",
        },
    }


def _daily(state: Snapshot, bill: Bill) -> list[float | None]:
    meters = [use.meter_id for use in bill.uses]
    days = read_month_days(state, meters=meters, first_on=bill.first_on, end_on=bill.end_on)
    return [None if value is None else round(value, 2) for value in days]


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A price list or scheme as the page shows it."""

    row: Tariff | Scheme
    name: str
    lines: list[str]
    origin: Origin
    holds: bool


@page(Right.SEE_CUSTOMERS)
def tariffs(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the prices on record: the company's own first, each with version, first day, source and grade."""
    book = load_book(file=read_settings().home.tariffs)
    today = dt.datetime.now(dt.UTC).date()

    def shown(row: Tariff | Scheme, lines: list[str]) -> PriceRow:
        origin = row.origin
        holds = origin.valid_from <= today and (origin.valid_to is None or today < origin.valid_to)
        return PriceRow(row, row.say(), lines, origin, holds)

    priced = [shown(row, say_prices(row)) for row in book.tariffs]
    own = [row for row in priced if isinstance(row.row, Tariff) and not row.row.is_reference]
    return render(
        request,
        "tariffs.html",
        {
            "version": book.version,
            "own": sorted(own, key=lambda row: not row.holds),
            "reference": [row for row in priced if row not in own],
            "schemes": [shown(row, say_seasons(row)) for row in book.schemes],
            "rules": [(rule, say_unit(rule.unit)) for rule in book.rules],
        },
    )
