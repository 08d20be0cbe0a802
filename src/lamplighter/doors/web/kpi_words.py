"""Key figures in words: value, interval, counts and target, as the pages and the printed appraisal say them."""

from __future__ import annotations

from lamplighter.base.messages import text
from lamplighter.business.kpi.records import Better, Figure, Kind
from lamplighter.doors.web.figures import UNKNOWN, number, percent


def say_value(value: float | None, kind: Kind) -> str:
    """Return a value: a share as per cent, anything else with two digits.

    Example:
        >>> say_value(0.8125, Kind.SHARE), say_value(3.5, Kind.RATE), say_value(None, Kind.SHARE)
        ('81.2%', '3.50', '—')
    """
    if value is None:
        return UNKNOWN
    return number(value, 2) if kind in (Kind.RATE, Kind.MEAN) else percent(value, 1)


def say_figure(figure: Figure, kind: Kind) -> dict[str, str] | None:
    """Return value, interval and counts; None where nothing was counted."""
    if figure.value is None:
        return None
    said = "kpi.of_customers" if kind is Kind.RATE else "kpi.of"
    interval = ""
    if figure.low is not None:
        interval = text("kpi.mean_interval", low=say_value(figure.low, kind), high=say_value(figure.high, kind))
    return {
        "value": say_value(figure.value, kind),
        "interval": interval,
        "counts": text(said, hits=number(figure.hits), total=number(figure.total)),
    }


def say_target(target: float | None, kind: Kind, better: Better) -> str:
    """Return what a figure is to reach."""
    if target is None:
        return text("kpi.target.none")
    way = "at_most" if better is Better.DOWN else "at_least"
    return text(f"kpi.target.{way}", value=say_value(target, kind))
