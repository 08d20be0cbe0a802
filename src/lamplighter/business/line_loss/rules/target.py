"""Duty of an area or a line: what it may lose, from its own physics and the classes of its meters."""

from __future__ import annotations

from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.line_loss.rules.uncertainty import NORMAL_90


def target_rate(
    *, technical_kwh: float, supplied_kwh: float, customer_square_kwh: float, thresholds: Thresholds
) -> float:
    """Return the loss rate an area should reach, a share of supply.

    Its technical loss at its own load and on its own lines, what its meters may err inside their classes, and the
    published margin for what no operation avoids. An area of long thin lines is not blamed for them, and one of short
    thick lines may not hide a thief behind a common limit.

    Args:
        technical_kwh: technical loss over a window.
        supplied_kwh: supply over it.
        customer_square_kwh: sum of the squares of the customers' energies over it, kWh².
        thresholds: classes of the meters, ``individual_margin`` and ``individual_share``.

    Source:
        Individual index of the field: theory rate + max(0.5 %, 0.3 of it); GUM type B for the classes of the meters.

    Example:
        3 % technical loss, one customer as large as the area: the margin is 0.9 %, the meters' classes 2.1 %.

        >>> import datetime as dt
        >>> from lamplighter.business.line_loss.rules.thresholds import load_thresholds
        >>> rate = target_rate(technical_kwh=30.0, supplied_kwh=1000.0, customer_square_kwh=1000.0**2,
        ...                    thresholds=load_thresholds(on=dt.date(2025, 6, 1)))
        >>> round(rate, 4)
        0.0602
    """
    technical = technical_kwh / supplied_kwh
    supply = thresholds.supply_meter_error**2 / 3.0
    customers = customer_square_kwh / supplied_kwh**2 * thresholds.customer_meter_error**2 / 3.0
    margin = max(thresholds.individual_margin, thresholds.individual_share * technical)
    return float(technical + margin + NORMAL_90 * (supply + customers) ** 0.5)
