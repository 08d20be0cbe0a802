"""How a price list and its hours are said."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from lamplighter.base.messages import text
from lamplighter.business.tariffs.records import Period, Scheme, Tariff, TierSpan

_WORDS: Final = ("day", "percent", "person", "point", "share", "switch", "yuan")
"""Units that have words in each language; the others are the same in all."""


def say_unit(unit: str) -> str:
    """Return the unit of a rule as it is said.

    Example:
        >>> say_unit("day"), say_unit("kWh/kVA")
        ('days', 'kWh/kVA')
    """
    return text(f"tariffs.unit.{unit}") if unit in _WORDS else unit


def say_period(period: Period | None) -> str:
    """Return the name of a part of the day; that of the whole day for none."""
    return text("tariffs.words.all_day") if period is None else text(f"tariffs.period.{period}")


def say_prices(tariff: Tariff) -> list[str]:
    """Return the prices of a tariff, line by line."""
    lines = []
    if tariff.prices:
        lines.append(_by_period(tariff.prices, has_hours=bool(tariff.scheme)))
    for number, tier in enumerate(tariff.tiers, start=1):
        span = text(f"tariffs.span.{tariff.tier_span or TierSpan.MONTH}")
        where = (
            text("tariffs.words.last_tier", tier=number)
            if tier.up_to_kwh is None
            else text("tariffs.words.tier", tier=number, up_to=tier.up_to_kwh, span=span)
        )
        adders = sorted(set(tier.adder.values()))
        more = f"+{adders[0]}" if len(adders) == 1 else _by_period(tier.adder, has_hours=True)
        lines.append(f"{where}：{more}" if adders else where)
    lines += [
        text("tariffs.words.per_kwh", name=component.say(), price=component.yuan_per_kwh)
        for component in tariff.components
    ]
    if tariff.basic_fee is not None:
        fee = tariff.basic_fee
        lines.append(text("tariffs.words.basic_fee", kva=fee.yuan_per_kva, kw=fee.yuan_per_kw))
    if tariff.power_factor is not None:
        lines.append(text("tariffs.words.power_factor", standard=tariff.power_factor))
    return lines


def _by_period(prices: Mapping[Period, Decimal], *, has_hours: bool) -> str:
    return "  ".join(
        text("tariffs.words.per_kwh", name=say_period(period if has_hours else None), price=price)
        for period, price in prices.items()
    )


def say_seasons(scheme: Scheme) -> list[str]:
    """Return the hours of a scheme, season by season."""
    lines = []
    for season in scheme.seasons:
        lines.append(text("tariffs.words.months", months=", ".join(str(month) for month in season.months)))
        for period in scheme.periods:
            spans = [f"{_clock(s.start)}–{_clock(s.end)}" for s in season.spans if s.period is period]
            ratio = season.ratios.get(period)
            name = say_period(period)
            said = name if ratio is None else text("tariffs.words.ratios", name=name, ratio=ratio)
            if spans:
                lines.append(f"{said}  {', '.join(spans)}")
    return lines


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
