"""Local days and their slots: how many there are, and when each begins, also when clocks change."""

from __future__ import annotations

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

_HOUR_MINUTES = 60


@cache
def changes_clocks(timezone: str) -> bool:
    """Say whether a zone has had days of other than 24 hours since 2000, or will have until 2040.

    China's last was 1991, so its vectors are 96 slots long.

    Example:
        >>> changes_clocks("Asia/Shanghai"), changes_clocks("Europe/London"), changes_clocks("UTC")
        (False, True, False)
    """
    zone = ZoneInfo(timezone)
    offsets = {
        dt.datetime(year, month, 15, tzinfo=zone).utcoffset() for year in range(2000, 2041) for month in range(1, 13)
    }
    return len(offsets) > 1


def slot_axis(*, interval_minutes: int, timezone: str) -> int:
    """Return how long a stored day vector is: 24 hours of slots, 25 where clocks change.

    Example:
        >>> slot_axis(interval_minutes=15, timezone="Asia/Shanghai")
        96
        >>> slot_axis(interval_minutes=30, timezone="Europe/London")
        50
    """
    return (25 if changes_clocks(timezone) else 24) * _HOUR_MINUTES // interval_minutes


def slots_of_day(day: dt.date, *, interval_minutes: int, timezone: str) -> int:
    """Return how many slots a local day has.

    Example:
        >>> slots_of_day(dt.date(2025, 3, 30), interval_minutes=15, timezone="Europe/London")
        92
    """
    zone = ZoneInfo(timezone)
    starts, ends = (
        dt.datetime.combine(d, dt.time(), tzinfo=zone).astimezone(dt.UTC) for d in (day, day + dt.timedelta(days=1))
    )
    return int((ends - starts).total_seconds()) // 60 // interval_minutes


def months_between(first_on: dt.date, end_on: dt.date) -> list[str]:
    """Return the months that days of ``[first_on, end_on)`` lie in.

    Example:
        >>> months_between(dt.date(2024, 12, 31), dt.date(2025, 1, 2))
        ['2024-12', '2025-01']
        >>> months_between(dt.date(2025, 1, 2), dt.date(2025, 1, 2))
        []
    """
    if end_on <= first_on:
        return []
    final = end_on - dt.timedelta(days=1)
    numbers = range(first_on.year * 12 + first_on.month - 1, final.year * 12 + final.month)
    return [f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers]


def ended_months(as_of: dt.date, *, count: int) -> npt.NDArray[np.datetime64]:
    """Return the first days of the newest whole months that had ended by the day, shape (count,).

    Example:
        >>> ended_months(dt.date(2025, 3, 31), count=2).astype(str).tolist()
        ['2025-02', '2025-03']
        >>> ended_months(dt.date(2025, 3, 30), count=2).astype(str).tolist()
        ['2025-01', '2025-02']
    """
    first_open = (np.datetime64(as_of, "D") + np.timedelta64(1, "D")).astype("datetime64[M]")
    return np.arange(first_open - np.timedelta64(count, "M"), first_open)
