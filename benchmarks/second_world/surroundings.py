"""What all customers of a place share: the calendar, the sun and the weather."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SLOTS: Final = 96
SUNRISE, SUNSET = 5.7, 18.4


@dataclass(frozen=True, slots=True)
class Clock:
    """The days simulated.

    Attributes:
        start_on: first day.
        days: how many.

    Example:
        >>> Clock(dt.date(2025, 5, 17), 3).weekend.tolist()
        [True, True, False]
    """

    start_on: dt.date
    days: int

    @property
    def hours(self) -> Floats:
        """Start of each slot, hours since midnight, shape (96,)."""
        return np.arange(SLOTS) / 4.0

    @property
    def dates(self) -> list[dt.date]:
        """The days."""
        return [self.start_on + dt.timedelta(days=day) for day in range(self.days)]

    @property
    def weekend(self) -> Flags:
        """Saturdays and Sundays, shape (D,)."""
        return np.array([date.weekday() >= 5 for date in self.dates])


@dataclass(frozen=True, slots=True)
class Weather:
    """The weather of one place.

    Attributes:
        outdoor_c: temperature, shape (D, 96), degrees C.
        sun: output of one kW of panels, shape (D, 96), kW.
        dark: how much light is wanted, 0 to 1, shape (D, 96).
    """

    outdoor_c: Floats
    sun: Floats
    dark: Floats


def wander(rng: np.random.Generator, shape: tuple[int, ...], *, memory: float) -> Floats:
    """Return noise of unit variance that remembers its last value along the last axis.

    Example:
        >>> noise = wander(np.random.default_rng(1), (20, 5000), memory=0.9)
        >>> bool(abs(noise.std() - 1.0) < 0.1)
        True
    """
    fresh = rng.normal(size=shape) * np.sqrt(1.0 - memory**2)
    fresh[..., 0] = rng.normal(size=shape[:-1])
    return np.asarray(lfilter([1.0], [1.0, -memory], fresh, axis=-1))


def draw_weather(rng: np.random.Generator, clock: Clock) -> Weather:
    """Draw the weather of a place at about 31 degrees north: a seasonal mean, days that hang together, cloud."""
    of_year = np.array([date.timetuple().tm_yday for date in clock.dates])
    mean = 17.0 + 11.0 * np.sin(2 * np.pi * (of_year - 113) / 365.0) + 2.4 * wander(rng, (clock.days,), memory=0.7)
    cloud = np.clip(rng.beta(1.2, 1.3, clock.days)[:, None] + 0.12 * wander(rng, (clock.days, SLOTS), memory=0.8), 0, 1)
    hours = clock.hours[None, :]
    swing = 4.8 * (1.0 - 0.6 * cloud.mean(axis=1, keepdims=True))
    outdoor = mean[:, None] + swing * np.cos((hours - 15.0) / 24.0 * 2 * np.pi)
    height = np.sin(np.pi * np.clip((hours - SUNRISE) / (SUNSET - SUNRISE), 0, 1))
    sun = 0.85 * height**1.2 * (1.0 - 0.78 * cloud)
    dark = np.clip(1.0 - height * (1.3 - cloud), 0.0, 1.0)
    return Weather(outdoor, sun, dark)


def runs(clock: Clock, start: Floats, hours: Floats) -> Floats:
    """Return which share of each slot something runs that starts once a day.

    Args:
        clock: the days.
        start: hour of the start, shape (N, D); may lie past midnight, NaN = not on that day.
        hours: how long, shape (N, D).

    Returns:
        Shape (N, D, 96), 0 to 1.

    Example:
        Half an hour from 23:45 reaches into the next day:

        >>> found = runs(Clock(dt.date(2025, 5, 17), 2), np.array([[23.75, np.nan]]), np.full((1, 2), 0.5))
        >>> found[0, 0, -1:].tolist(), found[0, 1, :1].tolist(), float(found.sum())
        ([1.0], [1.0], 2.0)
    """
    begins = np.where(np.isfinite(start), start, 99.0)[:, :, None]
    ends = begins + np.where(np.isfinite(start), hours, 0.0)[:, :, None]
    slot = clock.hours[None, None, :]

    def covered(shift: float) -> Floats:
        return np.clip(np.minimum(ends, slot + shift + 0.25) - np.maximum(begins, slot + shift), 0.0, 0.25) * 4.0

    found = covered(0.0)
    if np.nanmax(ends, initial=0.0, where=begins < 99.0) > 24.0:
        found[:, 1:] += covered(24.0)[:, :-1]
    return np.minimum(found, 1.0)
