"""Adjustment by the power factor (力调电费): the closed form, and the tan φ bands that say the same."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from lamplighter.business.tariffs.rules.book import Book

_HUNDRED: Final = Decimal(100)
_STEP: Final = Decimal("0.01")


def power_factor(*, active_kwh: Decimal, reactive_kvarh: Decimal) -> Decimal:
    """Return the month's power factor, two decimals, half up; 1.00 where nothing was used.

    Args:
        active_kwh: active energy with losses.
        reactive_kvarh: reactive energy: import plus export, each as an amount.

    Example:
        >>> power_factor(active_kwh=Decimal(120000), reactive_kvarh=Decimal(80000))
        Decimal('0.83')
    """
    if not active_kwh:
        return Decimal("1.00")
    apparent = (active_kwh**2 + reactive_kvarh**2).sqrt()
    return (active_kwh / apparent).quantize(_STEP, ROUND_HALF_UP)


def adjustment_rate(*, factor: Decimal, standard: Decimal, book: Book, on: date) -> Decimal:
    """Return by which share a bill is raised (+) or lowered (−).

    Below the standard each point costs 0.5 %, from the 21st 1 %, from the 26th 2 %. Above it each point up to 0.90
    gives 0.10 %, above 0.90 0.15 %, up to a cap of the standard.

    Args:
        factor: power factor, two decimals.
        standard: 0.90, 0.85 or 0.80.
        book: rules.
        on: day whose rules hold.

    Raises:
        TariffUnknown: no cap is on record for the standard.

    Source:
        Ministry of Water Resources and Power and State Price Bureau, (83) 水电财字第215号.

    Example:
        T3.7 and T3.8:

        >>> from lamplighter.business.tariffs.rules.book import load_book
        >>> [str(adjustment_rate(factor=Decimal(n), standard=Decimal("0.90"), book=load_book(), on=date(2025, 1, 1)))
        ...  for n in ("0.83", "0.90")]
        ['0.035', '0']
    """

    def number(name: str) -> Decimal:
        return book.rule(f"power_factor.{name}", on=on).value

    points, wanted = factor * _HUNDRED, standard * _HUNDRED
    if points >= wanted:
        knee = number("knee") * _HUNDRED
        below = max(min(points, knee) - wanted, Decimal(0))
        above = max(points - max(knee, wanted), Decimal(0))
        gained = below * number("gain_below_knee") + above * number("gain_above_knee")
        share = -min(gained, number(f"cap_{int(wanted)}"))
    else:
        missing, first, second = wanted - points, number("first_points"), number("second_points")
        share = (
            min(missing, first) * number("first_cost")
            + max(min(missing, second) - first, Decimal(0)) * number("second_cost")
            + max(missing - second, Decimal(0)) * number("third_cost")
        )
    return share / _HUNDRED if share else Decimal(0)


def tangent_band(factor: Decimal) -> tuple[Decimal, Decimal]:
    """Return the band of reactive over active energy ``(low, high]`` that is printed for a power factor.

    A ratio on the edge rounds up to the better factor: the band of 0.90 ends where cos φ is 0.895.

    Args:
        factor: power factor, two decimals, below 1.00 and above 0.

    Example:
        >>> [str(edge) for edge in tangent_band(Decimal("0.90"))]
        ['0.4701', '0.4984']
    """
    half = _STEP / 2
    edges = [factor + half, factor - half]
    tangents = [((1 / edge**2 - 1).sqrt() if edge < 1 else Decimal(0)) for edge in edges]
    low, high = (tangent.quantize(Decimal("0.0001"), ROUND_HALF_UP) for tangent in tangents)
    return low, high
