"""Working days of China: public holidays and make-up days as announced, year by year, and counting over them.

A holiday may be announced in the year before it begins, and the days it covers then lie in both years; a day's own
year must be known all the same, since nothing says which other days of an unannounced year are worked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from types import MappingProxyType

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

_SATURDAY = 5
_A_DAY = timedelta(days=1)


class HolidaysUnknown(LamplighterError):
    """A working day was asked of a year whose holidays are not on record: they are announced, not calculated."""

    def __init__(self, year: int, *, known: tuple[int, ...]) -> None:
        self.year, self.known = year, known
        super().__init__(text("calendars.holidays_unknown", year=year, first=known[0], last=known[-1]))


@dataclass(frozen=True, slots=True)
class Announced:
    """What was announced for a year.

    Attributes:
        year: calendar year the notice is for.
        holidays: days of rest, weekends within a holiday included.
        worked: Saturdays and Sundays worked instead.
        source: who announced it.
        evidence: R, M-H, M-M, M-L or P.
    """

    year: int
    holidays: frozenset[date]
    worked: frozenset[date]
    source: str
    evidence: str


@cache
def china_holidays() -> Mapping[int, Announced]:
    """Return what is on record, by year.

    Example:
        >>> len(china_holidays()[2025].worked)
        5
    """
    content = tomllib.loads(resources.files(__package__).joinpath("cn.toml").read_text(encoding="utf-8"))
    found = {}
    for row in content["year"]:
        holidays = {day for period in row["holidays"] for day in _days_of(period)}
        worked = frozenset(date.fromisoformat(day) for day in row["worked"])
        found[row["year"]] = Announced(
            row["year"], frozenset(holidays), worked, str(content["source"]), str(row["evidence"])
        )
    return MappingProxyType(dict(sorted(found.items())))


def _days_of(period: str) -> list[date]:
    first, last = (date.fromisoformat(end) for end in period.split("/"))
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def is_working_day(day: date) -> bool:
    """Say whether a day is worked in China.

    Raises:
        HolidaysUnknown: the day's year has not been announced or is not on record.

    Example:
        A Sunday worked to make up for the National Day week, and a Wednesday within it:

        >>> is_working_day(date(2025, 9, 28)), is_working_day(date(2025, 10, 1))
        (True, False)
    """
    known = china_holidays()
    if day.year not in known:
        raise HolidaysUnknown(day.year, known=tuple(known))
    announced = known[day.year]
    return day in announced.worked or (day.weekday() < _SATURDAY and day not in announced.holidays)


def add_working_days(day: date, count: int) -> date:
    """Return the ``count``-th working day after a day; the day itself does not count.

    Args:
        day: any day, worked or not.
        count: working days, 0 or more. 0 gives the day itself.

    Raises:
        HolidaysUnknown: the count runs into a year that is not on record.

    Example:
        Three working days from the eve of the National Day week: 9, 10 and the Saturday worked on 11 October.

        >>> add_working_days(date(2025, 9, 30), 3)
        datetime.date(2025, 10, 11)
    """
    while count > 0:
        day += _A_DAY
        count -= is_working_day(day)
    return day


def next_working_day(day: date) -> date:
    """Return the day itself where it is worked, otherwise the first worked one after it.

    Raises:
        HolidaysUnknown: as :func:`is_working_day`.

    Example:
        >>> next_working_day(date(2026, 2, 15))
        datetime.date(2026, 2, 24)
    """
    while not is_working_day(day):
        day += _A_DAY
    return day
