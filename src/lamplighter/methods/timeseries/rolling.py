"""Figures over the days before a day: never a figure of the future."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


def trailing_mean(values: Floats, *, days: int, least: int, lag: int = 1) -> Floats:
    """Return the mean of the known values of the ``days`` days that end ``lag`` days before each day.

    Args:
        values: shape (rows, days), NaN = unknown.
        days: length of the window.
        least: known values it takes; NaN with fewer.
        lag: 1 ends the window the day before, 0 with the day itself.

    Example:
        >>> trailing_mean(np.array([[2.0, 4.0, np.nan, 9.0]]), days=2, least=1).tolist()
        [[nan, 2.0, 3.0, 4.0]]
    """
    return _trailing_mean(np.ascontiguousarray(values, np.float64), days, least, lag)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _trailing_mean(values, days, least, lag):  # type: ignore[no-untyped-def]
    rows, width = values.shape
    found = np.full((rows, width), np.nan)
    for r in range(rows):
        for d in range(width):
            # Summed afresh: a running sum would carry rounding from before the window, and then two windows of the
            # same days would differ by where the array begins.
            total, known = 0.0, 0
            for k in range(max(0, d - lag - days + 1), d - lag + 1):
                if not np.isnan(values[r, k]):
                    total += values[r, k]
                    known += 1
            if known >= least and known > 0:
                found[r, d] = total / known
    return found


def trailing_max(values: Floats, *, days: int, least: int) -> Floats:
    """Return the greatest known value of the ``days`` days before each day.

    Args:
        values: shape (rows, days), NaN = unknown.
        days: length of the window, which ends the day before.
        least: known values it takes; NaN with fewer.

    Example:
        >>> trailing_max(np.array([[2.0, 4.0, 1.0]]), days=5, least=1).tolist()
        [[nan, 2.0, 4.0]]
    """
    return _trailing_max(np.ascontiguousarray(values, np.float64), days, least)  # type: ignore[no-any-return]


@njit(cache=True, nogil=True)
def _trailing_max(values, days, least):  # type: ignore[no-untyped-def]
    rows, width = values.shape
    found = np.full((rows, width), np.nan)
    for r in range(rows):
        for d in range(width):
            most, known = -np.inf, 0
            for k in range(max(0, d - days), d):
                if not np.isnan(values[r, k]):
                    most = max(most, values[r, k])
                    known += 1
            if known >= least and known > 0:
                found[r, d] = most
    return found


def trailing_share(holds: npt.NDArray[np.bool_], *, days: int) -> Floats:
    """Return the share of the ``days`` days before each day on which something held; 0 where no day lies before.

    Example:
        >>> trailing_share(np.array([[True, True, False, True]]), days=2).tolist()
        [[0.0, 1.0, 1.0, 0.5]]
    """
    sums = np.concatenate([np.zeros((len(holds), 1), np.int64), np.cumsum(holds, axis=1)], axis=1)
    end = np.arange(holds.shape[1])
    start = np.maximum(end - days, 0)
    return np.asarray((sums[:, end] - sums[:, start]) / np.maximum(end - start, 1))


def run_lengths(holds: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Return for how many days in a row something has held, this day included.

    Example:
        >>> run_lengths(np.array([[True, True, False, True]])).tolist()
        [[1, 2, 0, 1]]
    """
    day = np.arange(1, holds.shape[1] + 1, dtype=np.int32)
    last_break = np.maximum.accumulate(np.where(holds, 0, day), axis=1)
    return np.where(holds, day - last_break, 0).astype(np.int32)
