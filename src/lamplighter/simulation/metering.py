"""Meters as they are: class error, steps of the register, a clock that is off, gaps, and an exchange now and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

DIAL_STEP_KWH = 0.01
DIAL_SIZE_KWH = 1_000_000.0


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one meter said on one channel: NaN = missing, shape (days, slots)."""

    meter_id: str
    channel: str
    values: npt.NDArray[np.float32]


def read_energy(*, kwh: FloatArray, step: float, skew: float = 0.0, start_kwh: float = 0.0) -> FloatArray:
    """Return interval energy as the difference of a register of this step, read by a clock that is off.

    Args:
        kwh: true energy of each interval, shape (intervals,).
        step: resolution of the register, kWh.
        skew: how late the meter's clock reads, of an interval (−1 … 1); negative = early.
        start_kwh: the register at the start.

    Example:
        A 0.01 register holds back what is less than its step, and gives it later:

        >>> read_energy(kwh=np.array([0.006, 0.006, 0.006]), step=0.01).round(2).tolist()
        [0.0, 0.01, 0.0]
    """
    late = np.append(kwh[1:], kwh[-1:]) if skew >= 0 else np.append(kwh[:1], kwh[:-1])
    seen = (1.0 - abs(skew)) * kwh + abs(skew) * late
    total = start_kwh + np.concatenate([[0.0], np.cumsum(seen)])
    # A hair is added so that 0.3 / 0.1 counts as 3 steps.
    return np.asarray(np.diff(np.floor(total / step + 1e-9)) * step)


def read_dial(*, daily_kwh: FloatArray, start_kwh: float) -> FloatArray:
    """Return the dial at 00:00 of each day and of the day after the last, rolling over after 999999.99.

    Example:
        >>> read_dial(daily_kwh=np.array([0.02, 0.019]), start_kwh=999_999.98).tolist()
        [999999.98, 0.0, 0.01]
    """
    total = start_kwh + np.concatenate([[0.0], np.cumsum(daily_kwh)])
    return np.asarray((np.floor(total / DIAL_STEP_KWH + 1e-6) * DIAL_STEP_KWH).round(2) % DIAL_SIZE_KWH).round(2)


def round_to_step(values: FloatArray, *, step: float) -> npt.NDArray[np.float32]:
    """Return values rounded to a register's step.

    Example:
        >>> round_to_step(np.array([229.96]), step=0.1).tolist() == [np.float32(230.0)]
        True
    """
    return np.asarray(np.rint(values / step) * step, dtype=np.float32)


def draw_gaps(*, days: int, slots: int, rng: np.random.Generator, rate: float) -> BoolArray:
    """Return which readings of a meter are lost, shape (days, slots): single points and bursts of up to half a day.

    Args:
        days: number of days.
        slots: intervals of a day.
        rng: the only source of chance.
        rate: share of readings lost, about.
    """
    lost = np.zeros(days * slots, dtype=np.bool_)
    bursts = rng.poisson(rate * days * slots / 6.0)
    starts = rng.integers(0, days * slots, bursts)
    lengths = np.minimum(rng.geometric(1 / 5.0, bursts), slots // 2)
    for start, length in zip(starts, lengths, strict=True):
        lost[start : start + length] = True
    lost[rng.integers(0, days * slots, rng.poisson(rate * days * slots / 6.0))] = True
    return lost.reshape(days, slots)
