"""The company's days as a process asks for them."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from lamplighter.base.calendars import is_working_day
from lamplighter.business.workflow.instances import Surroundings


class ChinaDays:
    """The working days of China, as a process asks for them."""

    @property
    def zone(self) -> dt.tzinfo:
        """Zone in which the days begin."""
        return ZoneInfo("Asia/Shanghai")

    def is_working_day(self, day: dt.date) -> bool:
        """Say whether the day is worked."""
        return is_working_day(day)


AROUND: Final = Surroundings(calendar=ChinaDays(), services={})


def day_of(at: dt.datetime) -> dt.date:
    """Return the day on which an instant falls where the company works: until eight it is yesterday in UTC.

    Args:
        at: an instant with its zone.

    Example:
        >>> day_of(dt.datetime(2026, 11, 26, 23, 30, tzinfo=dt.UTC))
        datetime.date(2026, 11, 27)
    """
    return at.astimezone(AROUND.calendar.zone).date()
