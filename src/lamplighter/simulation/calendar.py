"""Days of the company: weekday, public holiday, day worked instead; and the temperature of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt

from lamplighter.base.calendars import packaged_holidays
from lamplighter.simulation.seeds import open_stream


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The days simulated.

    Attributes:
        days: every day in order.
        is_rest: weekend or public holiday, and not a day worked instead, shape (days,).
        is_festival: within the Spring Festival, when many go home to their villages, shape (days,).
        day_of_year: 1 … 366, shape (days,).
    """

    days: tuple[date, ...]
    is_rest: npt.NDArray[np.bool_]
    is_festival: npt.NDArray[np.bool_]
    day_of_year: npt.NDArray[np.int64]


_FESTIVAL_MONTHS = (1, 2)


@cache
def _read_holidays() -> tuple[frozenset[date], frozenset[date], frozenset[date]]:
    rest, festival, worked = set[date](), set[date](), set[date]()
    for year in packaged_holidays().values():
        rest |= year.holidays
        worked |= year.worked
        festival |= {day for day in year.holidays if day.month in _FESTIVAL_MONTHS and not _is_new_year(day)}
    return frozenset(rest), frozenset(festival), frozenset(worked)


def _is_new_year(day: date) -> bool:
    # The Spring Festival never begins before the eve of 21 January.
    return day.month == 1 and day.day < 20


def make_calendar(*, start_on: date, days: int) -> Calendar:
    """Return the calendar of ``days`` days from ``start_on``.

    Example:
        1 January 2025 is a holiday, the 2nd a Thursday, the 26th a Sunday worked instead:

        >>> calendar = make_calendar(start_on=date(2025, 1, 1), days=31)
        >>> calendar.is_rest[[0, 1, 25]].tolist()
        [True, False, False]
        >>> bool(calendar.is_festival[28])
        True
    """
    holidays, festival, worked = _read_holidays()
    every = tuple(start_on + timedelta(days=k) for k in range(days))
    is_rest = [(day.weekday() >= 5 or day in holidays) and day not in worked for day in every]
    return Calendar(
        days=every,
        is_rest=np.array(is_rest),
        is_festival=np.array([day in festival for day in every]),
        day_of_year=np.array([day.timetuple().tm_yday for day in every]),
    )


@dataclass(frozen=True, kw_only=True)
class Weather:
    """Temperatures of one county, shape (days,) each, °C; ``sunshine`` is the share of a clear day's sun."""

    mean_c: npt.NDArray[np.float64]
    min_c: npt.NDArray[np.float64]
    max_c: npt.NDArray[np.float64]
    sunshine: npt.NDArray[np.float64]


def draw_weather(*, calendar: Calendar, seed: int, county: int) -> Weather:
    """Return the weather of one county: a yearly wave (16.5 ± 11.5 °C, coldest in late January) and passing fronts."""
    common = open_stream(seed=seed, purpose="weather").standard_normal(len(calendar.days))
    rng = open_stream(seed=seed, purpose="weather.county", number=county + 1)
    wave = 16.5 - 11.5 * np.cos(2 * np.pi * (calendar.day_of_year - 25) / 365.25) + rng.normal(0.0, 0.8)
    front = np.zeros(len(calendar.days))
    shock = 0.9 * common + 0.4 * rng.standard_normal(front.size)
    for day in range(front.size):
        front[day] = (0.75 * front[day - 1] if day else 0.0) + 2.3 * shock[day]
    sunshine = np.clip(0.55 + 0.25 * rng.standard_normal(front.size) + 0.04 * front, 0.08, 1.0)
    mean = wave + front
    swing = 3.0 + 4.5 * sunshine
    return Weather(
        mean_c=mean.round(1), min_c=(mean - swing).round(1), max_c=(mean + swing).round(1), sunshine=sunshine.round(3)
    )
