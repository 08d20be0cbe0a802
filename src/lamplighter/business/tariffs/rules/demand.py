"""The basic fee of a two-part tariff: by capacity, by contract demand, by actual demand."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lamplighter.business.tariffs.rules.book import Book


@dataclass(frozen=True, slots=True)
class DemandFee:
    """What is charged on demand: kW at the plain price, kW beyond the allowance, and how many times these count."""

    plain_kw: Decimal
    excess_kw: Decimal
    excess_factor: Decimal


def charged_demand(*, contract_kw: Decimal, measured_kw: Decimal, book: Book, on: date) -> DemandFee:
    """Return the demand that is charged where a contract demand is agreed (TP-6).

    Up to the allowance (105 % of the contract) the contract value is charged. Above it, the allowance is charged at the
    plain price and the part beyond it double.

    Args:
        contract_kw: contract demand, kW.
        measured_kw: greatest 15-minute demand of the month, kW.
        book: rules.
        on: day whose rules hold.

    Source:
        NDRC price notice 2016 No. 1583.

    Example:
        T3.5: 1,100 kW on a contract of 1,000.

        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> fee = charged_demand(contract_kw=Decimal(1000), measured_kw=Decimal(1100), book=load_book(),
        ...                      on=date(2025, 1, 1))
        >>> (fee.plain_kw + fee.excess_factor * fee.excess_kw) * 38 == 43700
        True
    """
    allowed = contract_kw * book.rule("demand.allowance_share", on=on).value
    factor = book.rule("demand.excess_factor", on=on).value
    if measured_kw <= allowed:
        return DemandFee(contract_kw, Decimal(0), factor)
    return DemandFee(allowed, measured_kw - allowed, factor)


def least_contract_kw(*, capacity_kva: Decimal, book: Book, on: date) -> Decimal:
    """Return the least contract demand that may be agreed (TP-7), kW."""
    return capacity_kva * book.rule("demand.floor_share", on=on).value


def demand_price(*, yuan_per_kw: Decimal, kwh: Decimal, capacity_kva: Decimal, book: Book, on: date) -> Decimal:
    """Return the price of demand of a month, yuan per kW: lower for whoever uses his capacity well (TP-8).

    Args:
        yuan_per_kw: price per kW and month.
        kwh: energy of all metering points in the month.
        capacity_kva: contract capacity of the transformers, kVA.
        book: rules.
        on: day whose rules hold.

    Source:
        NDRC price notice 2023 No. 526.

    Example:
        T3.6: 170,000 kWh on 630 kVA are 269.84 kWh per kVA.

        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> demand_price(yuan_per_kw=Decimal(38), kwh=Decimal(170000), capacity_kva=Decimal(630), book=load_book(),
        ...              on=date(2025, 1, 1))
        Decimal('34.20')
    """
    if not book.has_rule("demand.discount_kwh_per_kva", on=on) or capacity_kva <= 0:
        return yuan_per_kw
    if kwh / capacity_kva < book.rule("demand.discount_kwh_per_kva", on=on).value:
        return yuan_per_kw
    return yuan_per_kw * book.rule("demand.discount_factor", on=on).value


def month_share(*, first_on: date, end_on: date, book: Book) -> Decimal:
    """Return which share of a month's fee the days ``[first_on, end_on)`` of one month bear; a whole month bears 1.

    Calendar days of the month, or the fixed number a rule of the time names.

    Example:
        T1.18: 10 days of a 31-day month.

        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> share = month_share(first_on=date(2025, 3, 1), end_on=date(2025, 3, 11), book=load_book())
        >>> (share * 315 * 30).quantize(Decimal("0.01"))
        Decimal('3048.39')
    """
    length = calendar.monthrange(first_on.year, first_on.month)[1]
    days = (end_on - first_on).days
    if days == length:
        return Decimal(1)
    name = "basic_fee.month_days"
    divisor = book.rule(name, on=first_on).value if book.has_rule(name, on=first_on) else Decimal(length)
    return min(days / divisor, Decimal(1))
