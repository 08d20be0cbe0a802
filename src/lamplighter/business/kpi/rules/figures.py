"""From counts to a figure: the value, its interval, and what a change between two periods is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from scipy.special import gammaincinv

from lamplighter.business.kpi.records import Change, Figure, Kind, Part

_Z: Final = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""
PER: Final = 10_000.0
"""Customers a rate is given for."""


def wilson_interval(*, hits: float, total: float) -> tuple[float, float]:
    """Return the 95 % interval of a share, by Wilson's score.

    Source:
        Wilson, Probable inference (1927).

    Example:
        Nine of ten:

        >>> low, high = wilson_interval(hits=9, total=10)
        >>> round(low, 3), round(high, 3)
        (0.596, 0.982)
    """
    share, square = hits / total, _Z**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = _Z / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson_interval(events: float) -> tuple[float, float]:
    """Return the exact 95 % interval of a number of events (Garwood).

    Example:
        None seen does not mean that none can come:

        >>> [round(each, 2) for each in poisson_interval(0)], [round(each, 2) for each in poisson_interval(10)]
        ([0.0, 3.69], [4.8, 18.39])
    """
    low = float(gammaincinv(events, 0.025)) if events else 0.0
    return low, float(gammaincinv(events + 1, 0.975))


def make_figure(kind: Kind, *, hits: float, total: float, months: int = 1) -> Figure:
    """Return the figure of some counts.

    Args:
        kind: how the figure is made.
        hits, total: the counts added up; the customers of a rate are added up over the months.
        months: months of the period, over which the customers of a rate are averaged.

    Example:
        Eight of ten in time; six complaints in two months of 20,000 customers:

        >>> make_figure(Kind.SHARE, hits=8, total=10).value
        0.8
        >>> make_figure(Kind.RATE, hits=6, total=40_000, months=2).value
        3.0
        >>> make_figure(Kind.SHARE, hits=0, total=0).value is None
        True
    """
    if not total:
        return Figure(None, None, None, hits, total)
    if kind is Kind.SHARE:
        low, high = wilson_interval(hits=hits, total=total)
        return Figure(hits / total, low, high, hits, total)
    if kind is Kind.RATE:
        customers = total / months
        low, high = poisson_interval(hits)
        return Figure(PER * hits / customers, PER * low / customers, PER * high / customers, hits, customers)
    return Figure(hits / total, None, None, hits, total)


def take_apart(
    before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]], *, scale: float = 1.0
) -> Change | None:
    """Return what a change of a share is made of: other shares of the groups (mix), and other values in them (rate).

    With w a group's share of the total and r its value, its rate part is mean(w) × (r₁ − r₀), its mix part
    (w₁ − w₀) × (mean(r) − mean(R)), R the value of all. All parts together are the change, exactly. A group that is
    only in one period counts with its value there, so that it is all mix.

    Args:
        before, after: group -> hits and total.
        scale: what one is shown as, 10,000 for a rate.

    Returns:
        The change, the greatest parts first; None where a period has nothing.

    Example:
        Complaints stayed at 50 % in time and enquiries at 100 %, but complaints grew from 2 of 10 to 6 of 10:

        >>> found = take_apart({"TK-1": (1, 2), "TK-4": (8, 8)}, {"TK-1": (3, 6), "TK-4": (4, 4)})
        >>> round(found.difference, 3), round(found.mix, 3), round(found.rate, 3)
        (-0.2, -0.2, 0.0)
    """
    whole_before, whole_after = _sum(before), _sum(after)
    if not whole_before[1] or not whole_after[1]:
        return None
    value_before, value_after = whole_before[0] / whole_before[1], whole_after[0] / whole_after[1]
    middle = (value_before + value_after) / 2
    parts = []
    for group in sorted({*before, *after}):
        own_before, own_after = before.get(group, (0.0, 0.0)), after.get(group, (0.0, 0.0))
        if not own_before[1] and not own_after[1]:
            continue
        share_before, share_after = own_before[1] / whole_before[1], own_after[1] / whole_after[1]
        was = own_before[0] / own_before[1] if own_before[1] else None
        is_now = own_after[0] / own_after[1] if own_after[1] else None
        rate_before = was if was is not None else is_now
        rate_after = is_now if is_now is not None else was
        assert rate_before is not None
        assert rate_after is not None
        mix = (share_after - share_before) * ((rate_before + rate_after) / 2 - middle)
        rate = (share_before + share_after) / 2 * (rate_after - rate_before)
        parts.append(
            Part(
                group=group,
                before=None if was is None else was * scale,
                after=None if is_now is None else is_now * scale,
                share_before=share_before,
                share_after=share_after,
                mix=mix * scale,
                rate=rate * scale,
            )
        )
    parts.sort(key=lambda part: (-abs(part.mix + part.rate), part.group))
    return Change(value_before * scale, value_after * scale, tuple(parts))


def _sum(groups: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    return sum(hits for hits, _ in groups.values()), sum(total for _, total in groups.values())
