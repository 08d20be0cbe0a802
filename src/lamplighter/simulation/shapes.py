"""Shapes made from opening hours and the sun, where no measured profile is at hand; each has mean about 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.simulation.calendar import Calendar, Weather
from lamplighter.simulation.noise import draw_lasting_noise
from lamplighter.simulation.people import Kind

Shape = npt.NDArray[np.float32]


def draw_shape(*, kind: Kind, calendar: Calendar, slots: int, rng: np.random.Generator) -> Shape:
    """Return a customer's shape, shape (days, slots)."""
    match kind:
        case Kind.SHOP | Kind.HOME:
            shape = _draw_shop(calendar=calendar, slots=slots, rng=rng)
        case Kind.WORKSHOP:
            shape = _draw_workshop(calendar=calendar, slots=slots, rng=rng)
        case Kind.FARM:
            shape = _draw_farm(calendar=calendar, slots=slots, rng=rng)
        case Kind.LIGHTING:
            shape = is_dark(calendar=calendar, slots=slots).astype(np.float32)
        case _:
            shape = np.ones((len(calendar.days), slots), dtype=np.float32)
    return np.asarray(shape / max(float(shape.mean(dtype=np.float64)), 1e-6), dtype=np.float32)


def _hours(slots: int) -> npt.NDArray[np.float64]:
    return (np.arange(slots) + 0.5) * 24 / slots


def _sunrise_sunset(calendar: Calendar) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    # At 28 degrees north, China time: 12.6 h of light on average, 10.4 … 13.9 h, noon at 12.7.
    light = 12.1 + 1.75 * np.sin(2 * np.pi * (calendar.day_of_year - 80) / 365.25)
    return 12.7 - light / 2, 12.7 + light / 2


def is_dark(*, calendar: Calendar, slots: int) -> npt.NDArray[np.bool_]:
    """Return when street lamps burn, shape (days, slots)."""
    rise, sets = _sunrise_sunset(calendar)
    hours = _hours(slots)[None, :]
    return np.asarray((hours < rise[:, None] - 0.3) | (hours > sets[:, None] + 0.3))


def sun_shape(*, calendar: Calendar, weather: Weather, slots: int, rng: np.random.Generator) -> Shape:
    """Return solar output of rated power, shape (days, slots): the sun's arch times sunshine and clouds."""
    rise, sets = _sunrise_sunset(calendar)
    hours = _hours(slots)[None, :]
    arch = np.sin(np.pi * np.clip((hours - rise[:, None]) / (sets - rise)[:, None], 0.0, 1.0)) ** 1.25
    cloud = np.exp(0.35 * draw_lasting_noise(size=arch.size, gain=0.5, memory=0.85, rng=rng).reshape(arch.shape))
    broken = weather.sunshine[:, None] * np.where(weather.sunshine[:, None] > 0.8, 1.0, np.minimum(cloud, 1.4))
    season = 0.88 + 0.12 * np.sin(2 * np.pi * (calendar.day_of_year - 80) / 365.25)
    return np.asarray(np.minimum(arch * broken * season[:, None], 1.0), dtype=np.float32)


def _draw_shop(*, calendar: Calendar, slots: int, rng: np.random.Generator) -> Shape:
    opens, closes = float(rng.uniform(6.5, 10.0)), float(rng.uniform(18.5, 23.0))
    hours = _hours(slots)
    base = float(rng.uniform(0.12, 0.4))
    busy = 0.7 + 0.3 * np.exp(-0.5 * ((hours - float(rng.choice([12.2, 18.5]))) / 1.5) ** 2)
    is_open = (hours > opens) & (hours < closes)
    shape = np.where(is_open, busy, base)[None, :].repeat(len(calendar.days), axis=0)
    is_closed = rng.uniform(size=len(calendar.days)) < 0.02
    is_closed |= calendar.is_festival & (float(rng.uniform()) < 0.6)
    shape[is_closed] = base
    return np.asarray(shape * np.exp(rng.normal(0, 0.1, (len(calendar.days), 1))), dtype=np.float32)


def _draw_workshop(*, calendar: Calendar, slots: int, rng: np.random.Generator) -> Shape:
    hours, days = _hours(slots), len(calendar.days)
    starts, ends = float(rng.uniform(7.0, 8.8)), float(rng.uniform(17.0, 19.0))
    is_shift = ((hours > starts) & (hours < 12.0)) | ((hours > 13.2) & (hours < ends))
    works = ~calendar.is_rest | (rng.uniform(size=days) < float(rng.uniform(0.0, 0.4)))
    works &= ~calendar.is_festival
    is_late = (rng.uniform(size=days) < 0.2)[:, None] & (hours > ends)[None, :] & (hours < 22.0)[None, :]
    running = (is_shift[None, :] | is_late) & works[:, None]
    # Machines start and stop: a chain that stays on for about an hour.
    cycling = draw_lasting_noise(size=days * slots, gain=0.5, memory=0.7, rng=rng).reshape(days, slots)
    level = np.clip(0.75 + 0.45 * cycling, 0.1, 1.6)
    return np.asarray(np.where(running, level, float(rng.uniform(0.02, 0.08))), dtype=np.float32)


def _draw_farm(*, calendar: Calendar, slots: int, rng: np.random.Generator) -> Shape:
    hours, days = _hours(slots), len(calendar.days)
    begins, long = float(rng.uniform(4.0, 16.0)), float(rng.uniform(2.0, 7.0))
    pumps = ((hours - begins) % 24 < long)[None, :] & (rng.uniform(size=days) < float(rng.uniform(0.3, 0.9)))[:, None]
    stable = 0.3 + 0.1 * np.cos(2 * np.pi * (hours - 5) / 12)
    return np.asarray(stable[None, :] + 1.6 * pumps, dtype=np.float32)
