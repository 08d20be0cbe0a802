"""Sixteen figures that describe a series of day vectors: level, spread, shape of the day and the week, trend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

FEATURES = (
    "mean_day",
    "day_deviation",
    "greatest_day",
    "least_day",
    "zero_day_share",
    "known_share",
    "greatest_slot",
    "zero_slot_share",
    "load_factor",
    "night_share",
    "evening_share",
    "weekend_ratio",
    "trend",
    "recent_ratio",
    "mean_step",
    "mean_day_change",
)
"""Names of the columns `describe_series` returns; days are whole only where every slot is known."""

RECENT_DAYS = 14
"""Days at the end that ``recent_ratio`` holds against those before."""


def describe_series(
    values: npt.NDArray[np.float32], *, slot_counts: npt.NDArray[np.int16], is_weekend: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return sixteen figures a row, in one pass, sums in float64.

    Args:
        values: shape (rows, days, slots), NaN = missing.
        slot_counts: slots that exist on each day, shape (days,).
        is_weekend: shape (days,).

    Returns:
        Shape (rows, 16), columns as `FEATURES`; NaN where there is nothing to divide by. Day figures use whole days
        only: ``mean_day``, population ``day_deviation``, ``greatest_day``, ``least_day``, ``zero_day_share``,
        ``weekend_ratio`` (mean weekend day over mean weekday), ``trend`` (least-squares slope of the day totals a day),
        ``recent_ratio`` (mean of the whole days among the last 14 over the mean of those before) and
        ``mean_day_change`` (mean absolute difference of neighbouring whole days). Slot figures use every known slot:
        ``known_share``, ``greatest_slot``, ``zero_slot_share``, ``load_factor`` (mean over greatest slot),
        ``night_share`` (first quarter of the day), ``evening_share`` (18 to 22 h) and ``mean_step`` (mean absolute
        difference of neighbouring known slots of a day).

    Example:
        Two days of four slots, the second a Saturday of twice the size:

        >>> week = np.array([[[1, 2, 3, 2], [2, 4, 6, 4]]], np.float32)
        >>> row = describe_series(week, slot_counts=np.array([4, 4], np.int16), is_weekend=np.array([False, True]))[0]
        >>> named = dict(zip(FEATURES, row.tolist()))
        >>> named["mean_day"], named["weekend_ratio"], named["night_share"], named["trend"]
        (12.0, 2.0, 0.125, 8.0)
    """
    return np.asarray(_describe(values, slot_counts, is_weekend))


@njit(cache=True, nogil=True)
def _describe(values, slot_counts, is_weekend):  # type: ignore[no-untyped-def]  # Numba infers the types
    rows, days, _ = values.shape
    found = np.full((rows, 16), np.nan)
    totals = np.empty(days)
    for r in range(rows):
        known, expected, zeros, steps = 0, 0, 0, 0
        total, step_sum, night, evening, greatest = 0.0, 0.0, 0.0, 0.0, -np.inf
        for d in range(days):
            slots = slot_counts[d]
            night_end, evening_start, evening_end = slots // 4, slots * 3 // 4, slots * 11 // 12
            here, day_total, before = 0, 0.0, np.nan
            for s in range(slots):
                x = np.float64(values[r, d, s])
                if np.isnan(x):
                    before = np.nan
                    continue
                here += 1
                day_total += x
                greatest = max(greatest, x)
                zeros += x == 0.0
                if s < night_end:
                    night += x
                elif evening_start <= s < evening_end:
                    evening += x
                if not np.isnan(before):
                    step_sum += abs(x - before)
                    steps += 1
                before = x
            expected += slots
            known += here
            total += day_total
            totals[d] = day_total if here == slots else np.nan
        if known == 0:
            continue
        _describe_days(found[r], totals, is_weekend)
        found[r, 5] = known / expected
        found[r, 6] = greatest
        found[r, 7] = zeros / known
        if greatest > 0.0:
            found[r, 8] = total / known / greatest
        if total > 0.0:
            found[r, 9] = night / total
            found[r, 10] = evening / total
        if steps > 0:
            found[r, 14] = step_sum / steps
    return found


@njit(cache=True, nogil=True)
def _describe_days(found, totals, is_weekend):  # type: ignore[no-untyped-def]  # Numba infers the types
    """Fill the day figures of one row from its day totals, NaN where a day is not whole."""
    days = len(totals)
    count, zero, changes = 0, 0, 0
    total, squares, change_sum, day_sum, day_squares, product = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    greatest, least = -np.inf, np.inf
    sums, counts = np.zeros(2), np.zeros(2)
    recent_sums, recent_counts = np.zeros(2), np.zeros(2)
    before = np.nan
    for d in range(days):
        x = totals[d]
        if np.isnan(x):
            before = np.nan
            continue
        count += 1
        zero += x == 0.0
        total += x
        day_sum += d
        day_squares += d * d
        product += d * x
        greatest, least = max(greatest, x), min(least, x)
        kind = 1 if is_weekend[d] else 0
        sums[kind] += x
        counts[kind] += 1
        part = 1 if d >= days - RECENT_DAYS else 0
        recent_sums[part] += x
        recent_counts[part] += 1
        if not np.isnan(before):
            change_sum += abs(x - before)
            changes += 1
        before = x
    if count == 0:
        return
    mean = total / count
    for d in range(days):
        if not np.isnan(totals[d]):
            squares += (totals[d] - mean) ** 2
    found[0], found[1], found[2], found[3], found[4] = mean, np.sqrt(squares / count), greatest, least, zero / count
    if counts[0] > 0 and counts[1] > 0 and sums[0] > 0.0:
        found[11] = (sums[1] / counts[1]) / (sums[0] / counts[0])
    spread = day_squares - day_sum * day_sum / count
    if spread > 0.0:
        found[12] = (product - day_sum * mean) / spread
    if recent_counts[0] > 0 and recent_counts[1] > 0 and recent_sums[0] > 0.0:
        found[13] = (recent_sums[1] / recent_counts[1]) / (recent_sums[0] / recent_counts[0])
    if changes > 0:
        found[15] = change_sum / changes
