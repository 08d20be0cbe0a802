"""Signs in a customer's curve, period by period: what thefts that cut, hold, blank or shuffle the day leave behind."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

BINS = 24


class CurveSigns(NamedTuple):
    """Signs of each candidate over one period. Axes: N candidates; all NaN where fewer than ``least_days`` days are
    known.

    Attributes:
        mean_kwh: mean slot.
        zero_share: share of known slots at zero (below ``zero_share`` of the mean).
        blank_share: the part of the day, always the same slots, in which nearly every day is zero.
        base_share: tenth percentile of the slots outside that part, over the mean: what runs all the time.
        cap_share: share of slots within 1 % of the 99th percentile: much where something holds the curve.
        flat_share: share of days on which all slots are alike within 2 %.
        smoothness: lag-1 autocorrelation of the slots: near 0 where values are made up.
        profile: mean of each hour over the mean, shape (N, 24).
    """

    mean_kwh: Floats
    zero_share: Floats
    blank_share: Floats
    base_share: Floats
    cap_share: Floats
    flat_share: Floats
    smoothness: Floats
    profile: Floats


def read_signs(
    *, kwh: npt.NDArray[np.float32], first: int, last: int, least_days: int, zero_share: float
) -> CurveSigns:
    """Return the signs over days ``first`` (included) to ``last`` (not included).

    Args:
        kwh: shape (N, W, S), NaN where unknown.
        first: index of the period's first day.
        last: index of the day after it.
        least_days: fewest days with most of their slots.
        zero_share: a slot below this share of the period's mean counts as zero.

    Example:
        A curve cut at 2 kWh a slot in every second slot:

        >>> curve = np.tile(np.array([2.0, 1.0] * 48, np.float32), (1, 10, 1))
        >>> signs = read_signs(kwh=curve, first=0, last=10, least_days=5, zero_share=0.02)
        >>> float(signs.cap_share[0]), float(signs.zero_share[0])
        (0.5, 0.0)
    """
    numbers, profile = _read(np.ascontiguousarray(kwh[:, first:last]), least_days, zero_share)
    mean, zero, blank, base, cap, flat, smooth = numbers.T
    return CurveSigns(mean, zero, blank, base, cap, flat, smooth, profile)


@numba.njit(cache=True, nogil=True)
def _read(kwh: npt.NDArray[np.float32], least_days: int, zero_share: float) -> tuple[Floats, Floats]:
    count, days, slots = kwh.shape
    numbers = np.full((count, 7), np.nan)
    profile = np.full((count, 24), np.nan)
    values = np.empty(days * slots, np.float32)
    for i in range(count):
        known, total, good_days = 0, 0.0, 0
        for d in range(days):
            here = 0
            for s in range(slots):
                x = kwh[i, d, s]
                if not np.isnan(x):
                    values[known] = x
                    known += 1
                    here += 1
                    total += x
            if here * 4 >= slots * 3:
                good_days += 1
        if good_days < least_days:
            continue
        mean = total / known
        numbers[i, 0] = mean
        if mean <= 0.0:
            numbers[i, 1] = 1.0
            continue
        zero = zero_share * mean
        top = _ranked(values[:known], int(0.99 * (known - 1)))
        near, zeros = 0, 0
        for k in range(known):
            if abs(values[k] - top) <= 0.01 * top:
                near += 1
            if values[k] < zero:
                zeros += 1
        numbers[i, 1] = zeros / known
        numbers[i, 4] = near / known
        blank, outside = _blank_part(kwh[i], zero, values)
        numbers[i, 2] = blank
        if outside > 0:
            numbers[i, 3] = _ranked(values[:outside], int(0.1 * (outside - 1))) / mean
        numbers[i, 5], numbers[i, 6] = _flat_and_smooth(kwh[i], mean)
        sums, seen = np.zeros(24), np.zeros(24)
        for d in range(days):
            for s in range(slots):
                x = kwh[i, d, s]
                if not np.isnan(x):
                    b = s * 24 // slots
                    sums[b] += x
                    seen[b] += 1
        for b in range(24):
            if seen[b] > 0:
                profile[i, b] = sums[b] / seen[b] / mean
    return numbers, profile


@numba.njit(cache=True, nogil=True)
def _ranked(values: npt.NDArray[np.float32], rank: int) -> float:
    """Return the value that ``rank`` others stand before.

    Values are counted by their sign, exponent and two leading bits, which are in the order of the values themselves;
    only those that share these with the one looked for are put in order.
    """
    bits = values.view(np.int32)
    counts = np.zeros(2048, np.int32)
    for k in range(len(values)):
        counts[_leading(bits[k])] += 1
    place, left = 0, rank
    while counts[place] <= left:
        left -= counts[place]
        place += 1
    alike = np.empty(counts[place], np.float32)
    n = 0
    for k in range(len(values)):
        if _leading(bits[k]) == place:
            alike[n] = values[k]
            n += 1
    return float(np.partition(alike, left)[left])


@numba.njit(cache=True, nogil=True)
def _leading(bits: np.int32) -> np.int32:
    lead = bits >> 21
    # Below zero a greater number of bits is a lesser value.
    return lead + 1024 if lead >= 0 else -1 - lead


@numba.njit(cache=True, nogil=True)
def _blank_part(kwh: npt.NDArray[np.float32], zero: float, values: npt.NDArray[np.float32]) -> tuple[float, int]:
    """Return the share of the day that is zero on nearly every day; fill ``values`` with the slots outside it."""
    days, slots = kwh.shape
    blank, outside = 0, 0
    for s in range(slots):
        zeros, seen = 0, 0
        for d in range(days):
            x = kwh[d, s]
            if not np.isnan(x):
                seen += 1
                if x < zero:
                    zeros += 1
        if seen > 0 and zeros >= 0.85 * seen:
            blank += 1
            continue
        for d in range(days):
            x = kwh[d, s]
            if not np.isnan(x):
                values[outside] = x
                outside += 1
    return blank / slots, outside


@numba.njit(cache=True, nogil=True)
def _flat_and_smooth(kwh: npt.NDArray[np.float32], mean: float) -> tuple[float, float]:
    days, slots = kwh.shape
    flat, seen_days = 0, 0
    squares, products, n, pairs = 0.0, 0.0, 0, 0
    for d in range(days):
        low, high, here = np.inf, -np.inf, 0
        last = np.nan
        for s in range(slots):
            x = np.float64(kwh[d, s])
            if np.isnan(x):
                last = np.nan
                continue
            here += 1
            low, high = min(low, x), max(high, x)
            squares += (x - mean) ** 2
            n += 1
            if not np.isnan(last):
                products += (x - mean) * (last - mean)
                pairs += 1
            last = x
        if here * 4 >= slots * 3:
            seen_days += 1
            if high - low <= 0.02 * high and high > 0.05 * mean:
                flat += 1
    smooth = np.nan
    if pairs > 0 and squares > 0.0:
        smooth = (products / pairs) / (squares / n)
    return (flat / seen_days if seen_days > 0 else np.nan), smooth
