"""One pass over day vectors: what each row's day amounts to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DaySummary:
    """What each day of each row amounts to; every array has shape (rows, days).

    Attributes:
        present: slots with a value, int16.
        total: their sum, float64; NaN when there is none.
        peak: greatest value, NaN when there is none; ``peak_slot`` where it first stands, -1 when there is none.
        third: third greatest value, NaN when there are fewer than three.
        low_count: values below zero; ``low_slot`` the first of them, -1 when there is none.
        high_count: values above the row's limit; ``high_slot`` the first of them, -1 when there is none.
        missing_slot: first slot without a value, -1 when there is none.
        step: greatest rise or fall between neighbouring slots, across midnight too, NaN when there is none;
            ``step_slot`` the later slot.
        zero_run: longest run of zeros that ends in the day, in slots, counted over midnight.
        beyond: values in slots that the day does not have.
        is_repeat: every slot equals the same slot of the day before, and at least four values differ from their
            neighbour.
    """

    present: npt.NDArray[np.int16]
    total: npt.NDArray[np.float64]
    peak: Floats
    peak_slot: npt.NDArray[np.int16]
    third: Floats
    low_count: npt.NDArray[np.int16]
    low_slot: npt.NDArray[np.int16]
    high_count: npt.NDArray[np.int16]
    high_slot: npt.NDArray[np.int16]
    missing_slot: npt.NDArray[np.int16]
    step: Floats
    step_slot: npt.NDArray[np.int16]
    zero_run: npt.NDArray[np.int32]
    beyond: npt.NDArray[np.int16]
    is_repeat: npt.NDArray[np.bool_]


def summarise_days(
    values: Floats, *, slot_counts: npt.NDArray[np.int16], limits: npt.NDArray[np.float32]
) -> DaySummary:
    """Return what each day of each row amounts to.

    Args:
        values: shape (rows, days, slots), NaN = missing.
        slot_counts: slots that exist on each day, shape (days,).
        limits: greatest value that can be, by row, shape (rows,); infinite where unknown.

    Example:
        >>> day = np.array([[[1.0, 2.0, np.nan, -1.0]]], np.float32)
        >>> found = summarise_days(day, slot_counts=np.array([4], np.int16), limits=np.array([1.5], np.float32))
        >>> float(found.total[0, 0]), int(found.high_slot[0, 0]), int(found.missing_slot[0, 0])
        (2.0, 1, 2)
    """
    rows, days, _ = values.shape
    counts = np.zeros((9, rows, days), np.int16)
    floats = np.full((3, rows, days), np.nan, np.float32)
    total = np.empty((rows, days))
    zero_run = np.zeros((rows, days), np.int32)
    is_repeat = np.zeros((rows, days), np.bool_)
    _summarise(values, slot_counts, limits, counts, floats, total, zero_run, is_repeat)
    return DaySummary(
        present=counts[0],
        total=total,
        peak=floats[0],
        peak_slot=counts[1],
        third=floats[1],
        low_count=counts[2],
        low_slot=counts[3],
        high_count=counts[4],
        high_slot=counts[5],
        missing_slot=counts[6],
        step=floats[2],
        step_slot=counts[7],
        zero_run=zero_run,
        beyond=counts[8],
        is_repeat=is_repeat,
    )


@njit(cache=True, nogil=True)
def _summarise(values, slot_counts, limits, counts, floats, total, zero_run, is_repeat):  # type: ignore[no-untyped-def]
    rows, days, slots = values.shape
    for r in range(rows):
        limit = limits[r]
        previous = np.float32(np.nan)
        run = 0
        for d in range(days):
            day = values[r, d]
            present = lows = highs = beyond = differing = longest = 0
            peak_slot = low_slot = high_slot = missing_slot = step_slot = -1
            first = second = third = np.float32(-np.inf)
            step = np.float32(-1.0)
            day_sum = 0.0
            is_same = d > 0
            for s in range(slot_counts[d]):
                value = day[s]
                if np.isnan(value):
                    if missing_slot < 0:
                        missing_slot = s
                    previous = value
                    is_same = False
                    run = 0
                    continue
                present += 1
                day_sum += value
                if value == 0.0:
                    run += 1
                    longest = max(longest, run)
                else:
                    run = 0
                    if value < 0.0:
                        lows += 1
                        if low_slot < 0:
                            low_slot = s
                    if value > limit:
                        highs += 1
                        if high_slot < 0:
                            high_slot = s
                if value > third:
                    if value > first:
                        third, second, first = second, first, value
                        peak_slot = s
                    elif value > second:
                        third, second = second, value
                    else:
                        third = value
                change = abs(value - previous)
                if change > 0.0:
                    differing += 1
                    if change > step:
                        step = change
                        step_slot = s
                if is_same and value != values[r, d - 1, s]:
                    is_same = False
                previous = value
            for s in range(slot_counts[d], slots):
                if not np.isnan(day[s]):
                    beyond += 1
            counts[0, r, d] = present
            counts[1, r, d] = peak_slot
            counts[2, r, d] = lows
            counts[3, r, d] = low_slot
            counts[4, r, d] = highs
            counts[5, r, d] = high_slot
            counts[6, r, d] = missing_slot
            counts[7, r, d] = step_slot
            counts[8, r, d] = beyond
            if present > 0:
                floats[0, r, d] = first
            if third > -np.inf:
                floats[1, r, d] = third
            if step_slot >= 0:
                floats[2, r, d] = step
            total[r, d] = day_sum if present > 0 else np.nan
            zero_run[r, d] = longest
            is_repeat[r, d] = is_same and differing >= 4


def greatest_three(values: Floats) -> Floats:
    """Return the three greatest values of each day, descending, NaN where there are fewer.

    Args:
        values: shape (rows, days, slots), NaN = missing.

    Returns:
        Shape (rows, days, 3).

    Example:
        >>> greatest_three(np.array([[[1.0, 3.0, np.nan, 2.0, 0.5]]], np.float32))[0, 0].tolist()
        [3.0, 2.0, 1.0]
    """
    found = np.full((*values.shape[:2], 3), np.nan, np.float32)
    _greatest_three(values, found)
    return found


@njit(cache=True, nogil=True)
def _greatest_three(values, found):  # type: ignore[no-untyped-def]
    rows, days, slots = values.shape
    for r in range(rows):
        for d in range(days):
            first = second = third = np.float32(-np.inf)
            for s in range(slots):
                value = values[r, d, s]
                if value > third:
                    if value > first:
                        third, second, first = second, first, value
                    elif value > second:
                        third, second = second, value
                    else:
                        third = value
            if first > -np.inf:
                found[r, d, 0] = first
            if second > -np.inf:
                found[r, d, 1] = second
            if third > -np.inf:
                found[r, d, 2] = third


def day_extremes(values: Floats) -> tuple[Floats, Floats, npt.NDArray[np.int16]]:
    """Return the least and the greatest value of each day and how many there are; NaN where there is none.

    Args:
        values: shape (rows, days, slots), NaN = missing.

    Example:
        >>> low, high, count = day_extremes(np.array([[[220.0, np.nan, 231.5]]], np.float32))
        >>> float(low[0, 0]), float(high[0, 0]), int(count[0, 0])
        (220.0, 231.5, 2)
    """
    low = np.full(values.shape[:2], np.nan, np.float32)
    high = low.copy()
    count = np.zeros(values.shape[:2], np.int16)
    _day_extremes(values, low, high, count)
    return low, high, count


@njit(cache=True, nogil=True)
def _day_extremes(values, low, high, count):  # type: ignore[no-untyped-def]
    rows, days, slots = values.shape
    for r in range(rows):
        for d in range(days):
            least, most, present = np.float32(np.inf), np.float32(-np.inf), 0
            for s in range(slots):
                value = values[r, d, s]
                # NaN compares false with everything.
                if value < least:
                    least = value
                if value > most:
                    most = value
                if value == value:
                    present += 1
            if present > 0:
                low[r, d], high[r, d] = least, most
            count[r, d] = present
