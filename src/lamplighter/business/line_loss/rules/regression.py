"""Technical loss where no network is known: the regression e = c0 + c1 S² over the days before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

SLOTS_ALIKE = 8
"""Neighbouring slots of one load say the same thing: so many of them count as one in the standard error."""


@dataclass(frozen=True, slots=True)
class QuadraticFit:
    """The fit for each area and day, from the window that ends with the day; shape (A, D).

    Attributes:
        constant_kw: c0, what is lost at no load.
        slope_per_kw: c1, kW per kW²; zero where the loss does not grow with the load.
        slope_error: standard error of c1.
        r2: share of the variance of e explained; NaN without a fit.
        day_counts: known days in the window.
        square_kwh: sum over the day of S² x hours, kW² h: technical loss of the day = c1 x this.
    """

    constant_kw: Floats
    slope_per_kw: Floats
    slope_error: Floats
    r2: Floats
    day_counts: npt.NDArray[np.int32]
    square_kwh: Floats


def rolling_sum(values: Floats, *, window: int) -> Floats:
    """Return sums over the ``window`` entries that end with each, along axis 1.

    Example:
        >>> rolling_sum(np.array([[1.0, 2.0, 3.0]]), window=2).tolist()
        [[1.0, 3.0, 5.0]]
    """
    total = np.cumsum(values, axis=1)
    total[:, window:] -= np.cumsum(values, axis=1)[:, :-window]
    return total


def fit_quadratic(
    *,
    residual_kwh: npt.NDArray[np.float32],
    sold_kwh: npt.NDArray[np.float32],
    interval_hours: float,
    window_days: int,
    least_days: int,
) -> QuadraticFit:
    """Fit e = c0 + c1 S² for every day over the window that ends with it, so that no later day changes an earlier
    result.

    Args:
        residual_kwh: supplied - sold, shape (A, D, S).
        sold_kwh: sold, shape (A, D, S).
        interval_hours: length of a slot.
        window_days: days of the window.
        least_days: days that must be known.

    Returns:
        The fit; NaN where too few days are known.

    Source:
        Load loss is proportional to the square of the current; c0 holds what does not depend on the load.
    """
    areas, days, _ = residual_kwh.shape
    moments = np.zeros((7, areas, days))
    _sum_moments(residual_kwh, sold_kwh, 1.0 / interval_hours, moments)
    known = (moments[0] > 0).astype(np.float64)
    n, e, x, xe, xx, ee = (rolling_sum(moments[k], window=window_days) for k in range(6))
    counts = rolling_sum(known, window=window_days)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = xx - x * x / n
        slope = np.where(spread > 0, (xe - x * e / n) / spread, np.nan)
        slope = np.where(counts >= least_days, slope, np.nan)
        # Physics loses more at more load; a falling line is something else and explains nothing.
        slope = np.where(slope < 0, 0.0, slope)
        constant = (e - slope * x) / n
        about = ee - e * e / n
        left = np.maximum(about - slope * slope * spread, 0.0)
        error = np.sqrt(left / np.maximum(n - 2, 1) / spread * SLOTS_ALIKE)
        r2 = np.where(about > 0, 1.0 - left / about, np.nan)
    return QuadraticFit(
        constant_kw=constant,
        slope_per_kw=slope,
        slope_error=error,
        r2=np.where(np.isfinite(slope), r2, np.nan),
        day_counts=counts.astype(np.int32),
        square_kwh=moments[6] * interval_hours,
    )


@njit(cache=True, nogil=True)
def _sum_moments(residual, sold, per_hour, moments):  # type: ignore[no-untyped-def]
    areas, days, slots = residual.shape
    for a in range(areas):
        for d in range(days):
            for s in range(slots):
                load = sold[a, d, s] * per_hour
                square = load * load
                if not np.isnan(square):
                    moments[6, a, d] += square
                lost = residual[a, d, s] * per_hour
                if np.isnan(lost) or np.isnan(square):
                    continue
                moments[0, a, d] += 1.0
                moments[1, a, d] += lost
                moments[2, a, d] += square
                moments[3, a, d] += square * lost
                moments[4, a, d] += square * square
                moments[5, a, d] += lost * lost
