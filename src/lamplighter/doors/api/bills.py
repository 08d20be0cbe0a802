"""Bills of a customer line by line with the causes of a difference, and the prices on record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.billing.records import Bill, BillComparison
from lamplighter.business.billing.wording import say_line
from lamplighter.business.customers.desk_queries import find_customer
from lamplighter.business.tariffs.records import BillRule, Scheme, Tariff
from lamplighter.business.tariffs.rules.book import Book, load_book
from lamplighter.business.tariffs.wording import say_prices, say_seasons, say_unit
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Money, Month, answers, refuse_unknown
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.views.bills import name_of, tariff_of
from lamplighter.journeys.bill_view import read_bill_view

router = Router(tags=["bills and tariffs"])


class BilledMonth(Schema):
    """A month one may ask the bill of: what the company billed, and the bill made of its registers."""

    month: str
    energy_kwh: Money | None
    billed_yuan: Money | None
    shadow_yuan: Money | None


class LineOut(Schema):
    """One line of a bill, with the tariff or rule its rate stands in."""

    item: str
    words: str
    tier: int | None
    first_on: dt.date
    end_on: dt.date
    quantity: Money
    unit: str
    rate: Money
    rate_unit: str
    formula: str
    yuan: Money
    source: str
    evidence: str


class BillOut(Schema):
    """What an account owes by its registers; totals are null while an issue blocks."""

    first_on: dt.date
    end_on: dt.date
    tariff: str
    energy_kwh: Money | None
    energy_by_period: dict[str, Money]
    total_yuan: Money | None
    billed_kwh: Money | None
    billed_yuan: Money | None
    lines: list[LineOut]
    issues: list[str] = Field(description="Why it is not whole, or not as sure as it looks.")


class CauseOut(Schema):
    """One cause of a difference, and how it was seen."""

    cause: str
    name: str
    yuan: Money
    kwh: Money | None
    basis: str


class DifferenceOut(Schema):
    """Why a bill differs from an earlier one: the causes add up to it, to the cent."""

    against: str
    against_yuan: Money | None
    difference_yuan: Money | None
    causes: list[CauseOut]


class BillsOut(Schema):
    """A bill of a customer, the months one may ask for, and why it differs from another."""

    months: list[BilledMonth]
    bill: BillOut | None
    difference: DifferenceOut | None


class PriceOut(Schema):
    """A price list, time-of-use scheme or rule in one version."""

    kind: str = Field(description="`own`, `reference`, `scheme` or `rule`.")
    code: str
    name: str
    version: str
    valid_from: dt.date
    valid_to: dt.date | None
    source: str
    evidence: str
    lines: list[str]


class TariffsOut(Schema):
    """The prices on record."""

    version: str
    prices: list[PriceOut]


class BillAsked(Schema):
    """Which bill: the newest billed month, against the one before, where nothing is said."""

    month: Month = ""
    against: Month = ""


@router.get("/customers/{number}/bills", auth=opened(Right.SEE_CUSTOMERS), response=answers(BillsOut))
def bills(request: HttpRequest, number: NumberInPath, asked: Query[BillAsked]) -> Any:
    """A bill of a customer line by line, and why it differs from another; a month there is no bill of is not heeded."""
    refuse_unknown(request, BillAsked)
    customer = find_customer(actor=actor_of(request), number=number)
    if customer is None:
        raise Http404
    home = read_settings().home
    book = load_book(file=home.tariffs)
    with Lake.open(home.lake).snapshot() as state:
        found = read_bill_view(
            state, account_id=customer.account_id, month=asked.month, against=asked.against, book=book
        )
    return {
        "months": [
            {
                "month": f"{each.month:%Y-%m}",
                "energy_kwh": each.energy_kwh,
                "billed_yuan": each.billed_yuan,
                "shadow_yuan": each.shadow_yuan,
            }
            for each in found.months
        ],
        "bill": _bill(found.bill, book) if found.bill else None,
        "difference": _difference(found.compared) if found.compared else None,
    }


@router.get("/tariffs", auth=opened(Right.SEE_CUSTOMERS), response=answers(TariffsOut))
def tariffs(request: HttpRequest) -> Any:
    """The prices on record, each with version, first day, source and grade."""
    book = load_book(file=read_settings().home.tariffs)
    prices = [_price("reference" if row.is_reference else "own", row, say_prices(row)) for row in book.tariffs]
    prices += [_price("scheme", row, say_seasons(row)) for row in book.schemes]
    prices += [_price("rule", row, [f"{row.value:f} {say_unit(row.unit)}".strip()]) for row in book.rules]
    return {"version": book.version, "prices": prices}


def _bill(bill: Bill, book: Book) -> dict[str, Any]:
    kept = ("first_on", "end_on", "energy_kwh", "total_yuan", "billed_kwh", "billed_yuan")
    of_line = ("tier", "first_on", "end_on", "quantity", "unit", "rate", "rate_unit", "formula", "yuan")
    return {name: getattr(bill, name) for name in kept} | {
        "tariff": name_of(bill, book),
        "energy_by_period": {period.value: kwh for period, kwh in bill.energy_by_period.items()},
        "lines": [
            {name: getattr(line, name) for name in of_line}
            | {
                "item": line.item.value,
                "words": say_line(line, tariff_of(line, book)),
                "source": line.origin.source,
                "evidence": line.origin.evidence,
            }
            for line in bill.lines
        ],
        "issues": [issue.value for issue in bill.issues],
    }


def _difference(compared: BillComparison) -> dict[str, Any]:
    return {
        "against": f"{compared.against.first_on:%Y-%m}",
        "against_yuan": compared.against.total_yuan,
        "difference_yuan": compared.difference_yuan,
        "causes": [
            {
                "cause": share.cause.value,
                "name": text(f"billing.cause.{share.cause}"),
                "yuan": share.yuan,
                "kwh": share.kwh,
                "basis": share.basis,
            }
            for share in compared.causes
        ],
    }


def _price(kind: str, row: Tariff | Scheme | BillRule, lines: list[str]) -> dict[str, Any]:
    origin = row.origin
    kept = {name: getattr(origin, name) for name in ("code", "version", "valid_from", "valid_to", "source", "evidence")}
    return kept | {"kind": kind, "name": row.say(), "lines": lines}
