"""Working days of China: public holidays and make-up days as announced, year by year, and counting over them.

A holiday may be announced in the year before it begins, and the days it covers then lie in both years; a day's own
year must be known all the same. A year that is not announced yet is *provisional*: the days of rest that the decree
itself fixes, no make-up days. What rests on it says so, and is counted again once the year is announced. Beyond those
years nothing is counted.

A company adds an announced year in `settings/holidays.toml` of its home, in the form of `cn.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings

_SATURDAY = 5
_A_DAY = timedelta(days=1)


class HolidaysUnknown(LamplighterError):
    """A working day was asked of a year whose holidays are neither announced nor provisional."""

    def __init__(self, year: int, *, known: tuple[int, ...]) -> None:
        self.year, self.known = year, known
        super().__init__(text("calendars.holidays_unknown", year=year, first=known[0], last=known[-1]))


class HolidaysUnreadable(LamplighterError):
    """The company's own file of announced years cannot be used."""

    def __init__(self, file: Path, problem: str) -> None:
        self.file, self.problem = file, problem
        super().__init__(text("calendars.unreadable", file=file, problem=problem))


class Standing(StrEnum):
    """How far the holidays of a year are known. Texts stand under ``calendars.standing``."""

    ANNOUNCED = "announced"
    PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """Holidays of a year.

    Attributes:
        year: calendar year.
        standing: announced, or what the decree alone says of it.
        holidays: days of rest, weekends within a holiday included.
        worked: Saturdays and Sundays worked instead; none in a provisional year.
        source: who announced it, or which decree.
        evidence: R, M-H, M-M, M-L or P.
    """

    year: int
    standing: Standing
    holidays: frozenset[date]
    worked: frozenset[date]
    source: str
    evidence: str


@cache
def packaged_holidays() -> Mapping[int, HolidayYear]:
    """Return what comes with the program, by year: the same for every company, whatever its home holds.

    Example:
        >>> len(packaged_holidays()[2025].worked), packaged_holidays()[2027].standing.value
        (5, 'provisional')
    """
    provisional = _provisional_years(_packaged("provisional.toml"))
    return MappingProxyType(dict(sorted((provisional | _announced_years(_packaged("cn.toml"))).items())))


def china_holidays() -> Mapping[int, HolidayYear]:
    """Return what is on record, by year: the company's own file goes before what comes with the program.

    Raises:
        HolidaysUnreadable: the company's file cannot be used.

    Example:
        >>> china_holidays()[2025].standing.value
        'announced'
    """
    file = own_file()
    try:
        changed_ns = file.stat().st_mtime_ns
    except OSError:
        return packaged_holidays()
    return _with_own(file, changed_ns)


def own_file() -> Path:
    """Return where a company keeps the years it added itself."""
    return read_settings().home.settings / "holidays.toml"


@cache
def _with_own(file: Path, changed_ns: int) -> Mapping[int, HolidayYear]:
    # Read again only when it changed: a desk that runs for months takes up a new year without a restart.
    try:
        own = _announced_years(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise HolidaysUnreadable(file, f"{type(problem).__name__}: {problem}") from problem
    return MappingProxyType(dict(sorted({**packaged_holidays(), **own}.items())))


def _packaged(name: str) -> Mapping[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name).read_text(encoding="utf-8"))


def _announced_years(content: Mapping[str, Any]) -> dict[int, HolidayYear]:
    found = {}
    for row in content["year"]:
        year = int(row["year"])
        holidays = {day for period in row["holidays"] for day in _days_of(period)}
        worked = frozenset(date.fromisoformat(day) for day in row["worked"])
        wrong = sorted(day for day in holidays | worked if day.year != year)
        wrong += sorted(day for day in worked if day.weekday() < _SATURDAY or day in holidays)
        if wrong:
            raise ValueError(f"{year}: {wrong[0]}")
        source, evidence = str(content["source"]), str(row["evidence"])
        found[year] = HolidayYear(year, Standing.ANNOUNCED, frozenset(holidays), worked, source, evidence)
    return found


def _provisional_years(content: Mapping[str, Any]) -> dict[int, HolidayYear]:
    found = {}
    for row in content["year"]:
        year = int(row["year"])
        statutory = {
            first + timedelta(days=k)
            for rest in content["rest"]
            for first in [row.get(rest["from"]) or date.fromisoformat(f"{year}-{rest['from']}")]
            for k in range(rest["days"])
        }
        days = frozenset(statutory | _made_up(statutory))
        found[year] = HolidayYear(
            year, Standing.PROVISIONAL, days, frozenset(), str(content["source"]), str(content["evidence"])
        )
    return found


def _made_up(statutory: Set[date]) -> set[date]:
    """Return the working days of rest for statutory days on a weekend: the next free one, since none is announced."""
    found: set[date] = set()
    for day in sorted(statutory):
        if day.weekday() < _SATURDAY:
            continue
        instead = day
        while instead.weekday() >= _SATURDAY or instead in statutory or instead in found:
            instead += _A_DAY
        found.add(instead)
    return found


def _days_of(period: str) -> list[date]:
    first, last = (date.fromisoformat(end) for end in str(period).split("/"))
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]


def is_provisional(day: date) -> bool:
    """Say whether the holidays of a day's year are still to be announced.

    Example:
        >>> is_provisional(date(2026, 12, 31)), is_provisional(date(2032, 1, 4))
        (False, True)
    """
    found = china_holidays().get(day.year)
    return found is not None and found.standing is Standing.PROVISIONAL


def is_working_day(day: date) -> bool:
    """Say whether a day is worked in China; of a provisional year (:func:`is_provisional`), as far as the decree says.

    Raises:
        HolidaysUnknown: the day's year is not on record.

    Example:
        A Sunday worked to make up for the National Day week, and a Wednesday within it:

        >>> is_working_day(date(2025, 9, 28)), is_working_day(date(2025, 10, 1))
        (True, False)
    """
    known = china_holidays()
    if day.year not in known:
        raise HolidaysUnknown(day.year, known=tuple(known))
    year = known[day.year]
    return day in year.worked or (day.weekday() < _SATURDAY and day not in year.holidays)


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
