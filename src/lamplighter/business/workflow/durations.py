"""How long something may take: working days, calendar days, hours or minutes, and when that is over.

A duration of days runs to the end of its last day, since nobody counts the hours of a five-day promise; one of hours
or minutes runs to the minute. A pause stops both.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

_FORM: Final = re.compile(r"P(?:(?P<days>[1-9][0-9]{0,3})(?P<kind>W?D)|T(?P<time>[1-9][0-9]{0,4})(?P<unit>[HM]))")
_LONGEST_SEARCH_DAYS: Final = 20_000


class DurationUnit(StrEnum):
    """What a duration is counted in."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    HOURS = "hours"
    MINUTES = "minutes"


_UNITS: Final = {
    "WD": DurationUnit.WORKING_DAYS,
    "D": DurationUnit.CALENDAR_DAYS,
    "H": DurationUnit.HOURS,
    "M": DurationUnit.MINUTES,
}


class WorkingDays(Protocol):
    """The calendar of the company: which days are worked, and in which zone its days begin.

    A process asks it and never keeps a calendar of its own.
    """

    @property
    def zone(self) -> dt.tzinfo:
        """Zone in which the company's days begin."""

    def is_working_day(self, day: dt.date) -> bool:
        """Say whether the day is worked, moved working days and holidays included."""


class DurationUnreadable(ValueError):
    """A text is no duration."""


class CalendarWithoutWorkingDays(LamplighterError):
    """A calendar has no working day for decades: it is empty, not a calendar."""

    def __init__(self, since: dt.date) -> None:
        self.since = since
        super().__init__(text("workflow.calendar_empty", since=since))


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: ``amount`` of ``unit``."""

    amount: int
    unit: DurationUnit

    @property
    def is_in_days(self) -> bool:
        return self.unit in (DurationUnit.WORKING_DAYS, DurationUnit.CALENDAR_DAYS)


def read_duration(written: str) -> Duration:
    """Read a duration: ISO 8601 with one part, and ``P5WD`` for five working days.

    Raises:
        DurationUnreadable: anything else.

    Example:
        >>> read_duration("P5WD"), read_duration("PT30M")
        (Duration(amount=5, unit=<DurationUnit.WORKING_DAYS: 'working_days'>), \
Duration(amount=30, unit=<DurationUnit.MINUTES: 'minutes'>))
    """
    match = _FORM.fullmatch(written.strip())
    if match is None:
        raise DurationUnreadable(written)
    if match["days"]:
        return Duration(int(match["days"]), _UNITS[match["kind"]])
    return Duration(int(match["time"]), _UNITS[match["unit"]])


def due_at(duration: Duration, *, since: dt.datetime, calendar: WorkingDays) -> dt.datetime:
    """Return the instant at which a duration is over.

    Args:
        duration: how long.
        since: the instant it begins, with its zone. The day it falls on is not counted.
        calendar: the company's.

    Returns:
        In UTC. For days: midnight at the end of the last of them, so that what is done before is in time.

    Raises:
        CalendarWithoutWorkingDays: the calendar knows of no working day.

    Example:
        Two working days from a Friday end with the Tuesday:

        >>> class Weekdays:
        ...     zone = dt.timezone(dt.timedelta(hours=8))
        ...     def is_working_day(self, day): return day.weekday() < 5
        >>> friday = dt.datetime(2026, 3, 6, 9, tzinfo=Weekdays.zone)
        >>> due_at(read_duration("P2WD"), since=friday, calendar=Weekdays()).astimezone(Weekdays.zone).isoformat()
        '2026-03-11T00:00:00+08:00'
    """
    if duration.unit is DurationUnit.HOURS:
        return since.astimezone(dt.UTC) + dt.timedelta(hours=duration.amount)
    if duration.unit is DurationUnit.MINUTES:
        return since.astimezone(dt.UTC) + dt.timedelta(minutes=duration.amount)
    last = _day_after(since.astimezone(calendar.zone).date(), duration.amount, duration.unit, calendar)
    return _end_of(last, calendar)


def due_after_pause(
    duration: Duration, *, due: dt.datetime, paused_at: dt.datetime, resumed_at: dt.datetime, calendar: WorkingDays
) -> dt.datetime:
    """Return when a duration is over that stood still for a while; what was left at the pause is left after it.

    Args:
        duration: how long it was.
        due: when it was to be over.
        paused_at: when it stopped; ``resumed_at`` when it went on.
        calendar: the company's.

    Returns:
        In UTC. One that was over before the pause stays as it was.

    Example:
        Due on Friday, paused on Wednesday (two working days left), resumed a week later on Wednesday: due on Friday.

        >>> class Weekdays:
        ...     zone = dt.UTC
        ...     def is_working_day(self, day): return day.weekday() < 5
        >>> wednesday, due = dt.datetime(2026, 3, 4, 9, tzinfo=dt.UTC), dt.datetime(2026, 3, 7, tzinfo=dt.UTC)
        >>> due_after_pause(
        ...     read_duration("P5WD"), due=due, calendar=Weekdays(),
        ...     paused_at=wednesday, resumed_at=wednesday + dt.timedelta(days=7),
        ... ).date().isoformat()
        '2026-03-14'
    """
    if due <= paused_at:
        return due
    if not duration.is_in_days:
        return due + (resumed_at - paused_at)
    paused_on, resumed_on = (at.astimezone(calendar.zone).date() for at in (paused_at, resumed_at))
    last_on = due.astimezone(calendar.zone).date() - dt.timedelta(days=1)
    left = sum(
        duration.unit is DurationUnit.CALENDAR_DAYS or calendar.is_working_day(paused_on + dt.timedelta(days=days))
        for days in range(1, (last_on - paused_on).days + 1)
    )
    # The rest of the day of the pause is a part of a day, and goes on as the rest of the day of the return.
    return _end_of(_day_after(resumed_on, left, duration.unit, calendar), calendar)


def _day_after(day: dt.date, count: int, unit: DurationUnit, calendar: WorkingDays) -> dt.date:
    if unit is DurationUnit.CALENDAR_DAYS:
        return day + dt.timedelta(days=count)
    since = day
    while count > 0:
        day += dt.timedelta(days=1)
        count -= calendar.is_working_day(day)
        if (day - since).days > _LONGEST_SEARCH_DAYS:
            raise CalendarWithoutWorkingDays(since)
    return day


def _end_of(day: dt.date, calendar: WorkingDays) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), tzinfo=calendar.zone).astimezone(dt.UTC)
