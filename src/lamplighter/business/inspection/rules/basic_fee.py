"""Basic fee of a two-part tariff: whole months, and part of one by the law of the day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from lamplighter.business.inspection.records.law import Rule
from lamplighter.business.inspection.rules.law import Law
from lamplighter.business.inspection.rules.sheet import FactUnusable, rounded


@dataclass(frozen=True, slots=True)
class MonthFee:
    """Basic fee of one calendar month: days used, the days a month is divided by, and the fee, yuan."""

    month: date
    days: int
    divisor: int
    yuan: Decimal


def basic_fees(
    *, capacity_kva: Decimal, yuan_per_month: Decimal, first_on: date, last_on: date, law: Law
) -> tuple[MonthFee, ...]:
    """Return the basic fee of each calendar month that a capacity was used in.

    Args:
        capacity_kva: capacity, kVA or kW.
        yuan_per_month: price per kVA (kW) and month.
        first_on, last_on: first and last day of use; a part of a day counts as one.
        law: 2024 divides the monthly fee by the calendar days of the month, 1996 by thirty. A whole month costs the
            monthly fee under both.

    Raises:
        FactUnusable: the last day lies before the first.

    Example:
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> march = {"first_on": date(2025, 3, 1), "last_on": date(2025, 3, 10)}
        >>> capacity = {"capacity_kva": Decimal(315), "yuan_per_month": Decimal(30)}
        >>> [str(fee.yuan) for day in (date(2025, 3, 1), date(2023, 3, 1))
        ...  for fee in basic_fees(**capacity, **march, law=load_law(on=day))]
        ['3048.39', '3150.00']
    """
    if last_on < first_on:
        raise FactUnusable("ended_on", last_on, wanted=f"≥ {first_on}")
    rule, step = month_rule(law), law.rule("rounding.money").number
    monthly = capacity_kva * yuan_per_month
    fees, day = [], first_on
    while day <= last_on:
        length = calendar.monthrange(day.year, day.month)[1]
        end = min(last_on, day.replace(day=length))
        days = (end - day).days + 1
        divisor = length if days == length or isinstance(rule.value, str) else int(rule.number)
        fee = min(monthly * days / divisor, monthly)
        fees.append(MonthFee(day.replace(day=1), days, divisor, rounded(fee, step)))
        day = end + timedelta(days=1)
    return tuple(fees)


def month_rule(law: Law) -> Rule:
    """Return the rule that says what a month is divided by."""
    return law.rule("basic_fee.month_days")
