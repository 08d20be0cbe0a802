"""Tiers of residential prices: how the kWh of a bill climb the steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lamplighter.business.tariffs.records import Tariff, TierSpan

_YEAR_MONTHS = 12


@dataclass(frozen=True, slots=True)
class TierPart:
    """Energy that falls into one tier, counted from 1."""

    tier: int
    kwh: Decimal


def tier_limits(
    tariff: Tariff, *, on: date, opened_on: date | None = None, more_kwh_a_month: Decimal = Decimal(0)
) -> tuple[Decimal | None, ...]:
    """Return the last kWh of each tier for the span a day lies in.

    A yearly limit counts the months from the opening on, the opening month included (RT-6). Large households have
    more in each tier (RT-5).

    Args:
        tariff: a tariff with tiers.
        on: a day of the span.
        opened_on: when the account was opened; None = before.
        more_kwh_a_month: what a large household has more a month, kWh.

    Example:
        Opened in July: six of twelve months.

        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> tariff = load_book().tariff("zj.residential", on=date(2025, 7, 1))
        >>> [str(limit) for limit in tier_limits(tariff, on=date(2025, 8, 1), opened_on=date(2025, 7, 9))]
        ['1380', '2400', 'None']
    """
    months = _YEAR_MONTHS if tariff.tier_span is TierSpan.YEAR else 1
    in_use = months
    if tariff.tier_span is TierSpan.YEAR and opened_on is not None and opened_on.year == on.year:
        in_use = _YEAR_MONTHS - opened_on.month + 1
    return tuple(
        None if tier.up_to_kwh is None else tier.up_to_kwh * in_use / months + more_kwh_a_month * in_use
        for tier in tariff.tiers
    )


def split_tiers(*, kwh: Decimal, before_kwh: Decimal, limits: Sequence[Decimal | None]) -> tuple[TierPart, ...]:
    """Return how energy falls into the tiers, after what was used before in the same span.

    Two parts of a bill, the second begun where the first ended, fall into the same tiers as the whole.

    Args:
        kwh: energy of the bill, not negative.
        before_kwh: energy of the span before it.
        limits: last kWh of each tier, the last None.

    Example:
        T3.2: 2,600 kWh are used, 400 come.

        >>> [(part.tier, int(part.kwh)) for part in split_tiers(
        ...     kwh=Decimal(400), before_kwh=Decimal(2600), limits=[Decimal(2760), Decimal(4800), None])]
        [(1, 160), (2, 240)]
    """
    if kwh < 0 or before_kwh < 0:
        raise ValueError(f"{kwh} kWh after {before_kwh} kWh")
    parts, floor, after = [], Decimal(0), before_kwh + kwh
    for number, limit in enumerate(limits, start=1):
        top = after if limit is None else min(after, limit)
        inside = top - max(floor, before_kwh)
        if inside > 0:
            parts.append(TierPart(number, inside))
        floor = floor if limit is None else limit
    return tuple(parts)
