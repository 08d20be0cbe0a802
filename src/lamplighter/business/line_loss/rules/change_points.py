"""Days on which a series changes its level: binary segmentation on robust spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LEAST_DAYS = 5
"""Days a level must hold on either side: a long weekend is no change."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of level.

    Attributes:
        at: index of the first value of the new level.
        size: new level - old level, in the series' unit.
        t_value: size over its robust standard error.
    """

    at: int
    size: float
    t_value: float


def find_changes(values: npt.NDArray[np.float64], *, least_t: float, most: int = 3) -> tuple[Change, ...]:
    """Return the changes of level of a daily series, greatest ``t_value`` first.

    The spread is measured on differences of neighbours (median absolute difference), which a change of level hardly
    touches. What a straight line fits better than a step is a drift and no change. Neighbouring days that are alike
    are allowed for by the series' own first autocorrelation.

    Args:
        values: shape (days,), NaN = unknown.
        least_t: least ``t_value``.
        most: stop after so many.

    Example:
        >>> found = find_changes(np.array([1, 2, 1, 2, 1, 2, 9, 8, 9, 8, 9, 8], float), least_t=6)
        >>> [(change.at, change.size) for change in found]
        [(6, 7.0)]
    """
    known = np.flatnonzero(np.isfinite(values))
    series = values[known]
    if len(series) < 2 * LEAST_DAYS:
        return ()
    spread = _spread(series)
    found: list[Change] = []
    pieces = [(0, len(series))]
    while pieces and len(found) < most:
        low, high = pieces.pop(0)
        best = _best_split(series[low:high], spread)
        if best is not None and best.t_value >= least_t:
            found.append(Change(at=int(known[low + best.at]), size=best.size, t_value=best.t_value))
            pieces += [(low, low + best.at), (low + best.at, high)]
    return tuple(sorted(found, key=lambda change: -change.t_value))


def _spread(series: npt.NDArray[np.float64]) -> float:
    steps = np.abs(np.diff(series))
    robust = 1.4826 * float(np.median(steps)) / 2**0.5
    # More than half of the steps may be exactly zero (stuck values); the mean step then keeps the t value finite.
    return max(robust, 0.1 * float(steps.mean()), 1e-9)


def _left_by_a_line(series: npt.NDArray[np.float64]) -> float:
    """Return the squares a straight line leaves: what it fits better than a step is a drift (season, slow meter)."""
    at = np.arange(len(series)) - (len(series) - 1) / 2
    slope = float((at * series).sum() / (at * at).sum())
    return float(((series - series.mean() - slope * at) ** 2).sum())


def _best_split(series: npt.NDArray[np.float64], spread: float) -> Change | None:
    count = len(series)
    if count < 2 * LEAST_DAYS:
        return None
    places = np.arange(LEAST_DAYS, count - LEAST_DAYS + 1)
    sums = np.cumsum(series)
    left = sums[places - 1] / places
    right = (sums[-1] - sums[places - 1]) / (count - places)
    error = spread * np.sqrt(1.0 / places + 1.0 / (count - places))
    t_values = np.abs(right - left) / error
    best = int(np.argmax(t_values))
    place = int(places[best])
    residue = np.concatenate([series[:place] - left[best], series[place:] - right[best]])
    # Alike neighbours carry less news than independent ones.
    scale = float((residue**2).sum())
    if scale >= _left_by_a_line(series):
        return None
    alike = float((residue[1:] * residue[:-1]).sum()) / scale if scale > 0 else 0.0
    inflation = ((1 + max(alike, 0.0)) / (1 - min(max(alike, 0.0), 0.95))) ** 0.5
    return Change(at=place, size=float(right[best] - left[best]), t_value=float(t_values[best]) / inflation)
