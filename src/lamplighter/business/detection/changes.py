"""The day on which a customer's use changed most, weekday, weather and fashion of its class taken out first.

A customer's day is divided by what its class did that day (median over the class of each member's day over its own
usual day): a cold week or a holiday moves everybody and tells nothing of one. On the series that is left the best
single split is sought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats


@dataclass(frozen=True, slots=True)
class Changes:
    """The greatest lasting change of each candidate. Axes: N candidates, W days.

    Attributes:
        class_factor: what the candidate's class did on each day, 1 = as usual, shape (N, W).
        adjusted_kwh: the candidate's days divided by it, shape (N, W); NaN where unknown.
        split: index of the first day after the change, shape (N,); -1 where there are too few days.
        before_kwh: mean adjusted day before it, shape (N,).
        after_kwh: mean adjusted day from it on, shape (N,).
        t: (before - after) over its standard error, days taken as independent, shape (N,); > 0 = a drop.
    """

    class_factor: Floats
    adjusted_kwh: Floats
    split: npt.NDArray[np.int64]
    before_kwh: Floats
    after_kwh: Floats
    t: Floats

    @property
    def drop_share(self) -> Floats:
        """Share of the earlier use that went, shape (N,); negative = a rise."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.before_kwh > 0.0, 1.0 - self.after_kwh / self.before_kwh, np.nan)


def find_changes(
    *, daily_kwh: Floats, classes: npt.NDArray[np.object_], smallest_class: int, margin_days: int
) -> Changes:
    """Return the greatest change of each customer.

    Args:
        daily_kwh: shape (N, W), NaN = unknown.
        classes: class of each customer, shape (N,).
        smallest_class: a class with fewer members is held against everybody.
        margin_days: fewest known days on either side of a split.

    Example:
        Ten steady customers and one that halves on day 20 of 40:

        >>> days = np.full((11, 40), 8.0)
        >>> days[10, 20:] = 4.0
        >>> days += np.tile([0.0, 0.1], 20)
        >>> words = np.array(["residential"] * 11)
        >>> found = find_changes(daily_kwh=days, classes=words, smallest_class=5, margin_days=7)
        >>> int(found.split[10]), float(found.drop_share[10].round(2))
        (20, 0.5)
    """
    factor = _class_factors(daily_kwh, classes, smallest_class)
    adjusted = daily_kwh / factor
    split, before, after, t = _best_splits(adjusted, margin_days)
    return Changes(class_factor=factor, adjusted_kwh=adjusted, split=split, before_kwh=before, after_kwh=after, t=t)


def _class_factors(daily: Floats, classes: npt.NDArray[np.object_], smallest: int) -> Floats:
    usual = nan_median(daily)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(usual[:, None] > 0.0, daily / usual[:, None], np.nan)
    words, member = np.unique(classes.astype(str), return_inverse=True)
    everybody = _settled(nan_median(relative.T))
    factors = np.broadcast_to(everybody, daily.shape).copy()
    for word in range(len(words)):
        members = member == word
        if members.sum() >= smallest:
            factors[members] = _settled(nan_median(relative[members].T))
    return factors


def _settled(factor: Floats) -> Floats:
    settled: Floats = np.where(np.isfinite(factor) & (factor > 0.05), factor, 1.0)
    return settled


def nan_median(rows: Floats) -> Floats:
    """Return the median of each row's known values, NaN where none is known.

    Example:
        >>> nan_median(np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])).tolist()
        [2.0, nan]
    """
    ordered = np.sort(rows, axis=1)
    known = np.isfinite(ordered).sum(axis=1)
    at = np.arange(len(rows))
    last = max(rows.shape[1] - 1, 0)
    low, high = np.clip((known - 1) // 2, 0, last), np.clip(known // 2, 0, last)
    if rows.shape[1] == 0:
        return np.full(len(rows), np.nan)
    median: Floats = np.where(known > 0, (ordered[at, low] + ordered[at, high]) / 2.0, np.nan)
    return median


@numba.njit(cache=True, nogil=True)
def _best_splits(days: Floats, margin: int) -> tuple[npt.NDArray[np.int64], Floats, Floats, Floats]:
    count, width = days.shape
    split = np.full(count, -1, np.int64)
    before, after, t = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    for i in range(count):
        known, total, squares = 0, 0.0, 0.0
        for d in range(width):
            value = days[i, d]
            if not np.isnan(value):
                known += 1
                total += value
                squares += value * value
        if known < 2 * margin:
            continue
        best = -1.0
        n1, s1, q1 = 0, 0.0, 0.0
        for d in range(1, width):
            value = days[i, d - 1]
            if not np.isnan(value):
                n1 += 1
                s1 += value
                q1 += value * value
            n2 = known - n1
            if n1 < margin:
                continue
            if n2 < margin:
                break
            m1, m2 = s1 / n1, (total - s1) / n2
            within = max((q1 - n1 * m1 * m1 + (squares - q1) - n2 * m2 * m2) / max(known - 2, 1), 0.0)
            floor = (0.01 * max(m1, m2)) ** 2 + 1e-12
            ratio = (m1 - m2) / np.sqrt((within + floor) * (1.0 / n1 + 1.0 / n2))
            if abs(ratio) > best:
                best = abs(ratio)
                split[i], before[i], after[i], t[i] = d, m1, m2, ratio
    return split, before, after, t
