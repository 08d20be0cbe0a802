"""Figures in words, as templates and drawings say them."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from lamplighter.base.messages import language, text

UNKNOWN: Final = "—"


def number(value: float | None, digits: int = 0) -> str:
    """Return a number with its thousands apart.

    Example:
        >>> number(12345.6), number(None)
        ('12,346', '—')
    """
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as per cent.

    Example:
        >>> percent(0.0712), percent(None)
        ('7.1%', '—')
    """
    return UNKNOWN if value is None else f"{value:.{digits}%}"


def energy(value: float | None) -> str:
    """Return energy with its unit; large energy in the unit people say it in.

    Example:
        >>> energy(1234.5)
        '1,234 kWh'
        >>> energy(1_234_500)
        '1,234.5 MWh'
    """
    if value is None:
        return UNKNOWN
    if abs(value) < 100_000:
        return text("desk.unit.kwh", value=f"{value:,.0f}")
    if language() == "zh":
        return text("desk.unit.large_kwh", value=f"{value / 10_000:,.2f}")
    return text("desk.unit.large_kwh", value=f"{value / 1_000:,.1f}")


def instant(at: dt.datetime | None, clock: ZoneInfo) -> str:
    """Return an instant on a clock.

    Example:
        >>> instant(dt.datetime(2026, 4, 1, 4, tzinfo=dt.UTC), ZoneInfo("Asia/Shanghai"))
        '2026-04-01 12:00'
    """
    return UNKNOWN if at is None else f"{at.astimezone(clock):%Y-%m-%d %H:%M}"
