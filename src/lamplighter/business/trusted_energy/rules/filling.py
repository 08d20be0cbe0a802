"""Filling the gaps of single days, and making each day add up to its dial readings (E-01, E-02, E-03, E-07, E-08).

A day is filled from measured values of itself and of days before it, never from estimates and never from a later day:
the result is the same whether days are worked night by night or all at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Cause, Method, Quality

_MISSING, _ESTIMATED, _VERIFIED = int(Quality.MISSING), int(Quality.ESTIMATED), int(Quality.VERIFIED)
_NOT_RECEIVED = 16 * int(Cause.NOT_RECEIVED)
_LINEAR, _HELD, _LIKE_DAY = int(Method.LINEAR), int(Method.HELD), int(Method.LIKE_DAY)
_ZERO_OUTAGE, _EXCHANGE, _SPREAD = int(Method.ZERO_OUTAGE), int(Method.EXCHANGE), int(Method.INTERVAL_SPREAD)
_REGISTER_SPREAD = int(Method.REGISTER_SPREAD)
_SCALED = np.arange(16, dtype=np.uint8)
_SCALED[[Method.LINEAR, Method.HELD]] = Method.LINEAR_SCALED
_SCALED[Method.LIKE_DAY] = Method.LIKE_DAY_SCALED
_SCALED[[Method.CLASS_PROFILE, Method.MONTHLY]] = Method.CLASS_PROFILE_SCALED

NOT_SETTLED, BY_REGISTER, CONTRADICTED = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Ground:
    """What gaps are filled on. Axes as in the block.

    Attributes:
        values: kWh before the multiplier, NaN = to be filled; changed in place, as are ``quality`` and ``reason``.
        slot_counts: slots of each day, (D,).
        day_types: type of each day, (D,).
        is_live: (M, D).
        is_outage: days with an interruption, (M, D).
        outages: rows of (meter, day, first slot, slot after the last) without supply, (n, 4).
        predecessor: index of the meter each took over from, -1 for none, (M,); ``predecessor_factor`` turns its kWh
            into the successor's, (M,).
        interval_minutes: length of a slot.
    """

    values: npt.NDArray[np.float32]
    quality: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint8]
    slot_counts: npt.NDArray[np.int16]
    day_types: npt.NDArray[np.int8]
    is_live: npt.NDArray[np.bool_]
    is_outage: npt.NDArray[np.bool_]
    outages: npt.NDArray[np.int32]
    predecessor: npt.NDArray[np.int32]
    predecessor_factor: npt.NDArray[np.float64]
    interval_minutes: int


def fill_gaps(ground: Ground, *, at: npt.NDArray[np.intp], policy: Policy) -> None:
    """Fill what lines and like days can fill on the given days, in place; what remains stays NaN and MISSING.

    Args:
        ground: the block's values.
        at: rows of (meter, day), sorted by meter, then day, shape (n, 2).
        policy: switches and lengths of E-01, E-02, E-07, E-08.
    """
    dark = _dark_slots(ground, use=policy.is_on("E-08"))
    _fill(
        ground.values,
        ground.quality,
        ground.reason,
        ground.slot_counts,
        ground.day_types,
        ground.is_live,
        ground.is_outage,
        dark,
        ground.predecessor,
        ground.predecessor_factor,
        np.ascontiguousarray(at, np.int64),
        policy.whole("E-01.max_minutes") // ground.interval_minutes if policy.is_on("E-01") else 0,
        policy.switch("E-01.outage_points_are_end_points"),
        policy.whole("E-02.days") if policy.is_on("E-02") else 0,
        policy.whole("E-02.history_days"),
        policy.is_on("E-07"),
        policy.is_on("E-08"),
    )


def _dark_slots(ground: Ground, *, use: bool) -> npt.NDArray[np.bool_]:
    if not use or not len(ground.outages):
        return np.zeros((0, 0, 0), bool)
    dark = np.zeros(ground.values.shape, bool)
    _mark(dark, ground.outages)
    return dark


@njit(cache=True, nogil=True)
def _mark(dark, rows):  # type: ignore[no-untyped-def]
    for k in range(len(rows)):
        dark[rows[k, 0], rows[k, 1], rows[k, 2] : rows[k, 3]] = True


@njit(cache=True, nogil=True)
def _is_good(values, quality, reason, dark, m, d, s, outage_ends):  # type: ignore[no-untyped-def]
    """Say whether a slot may be the end of a line."""
    if np.isnan(values[m, d, s]):
        return False
    if dark.shape[0] > 0 and dark[m, d, s] and not outage_ends:
        return False
    return quality[m, d, s] <= _VERIFIED or (reason[m, d, s] & 15) == _ZERO_OUTAGE


@njit(cache=True, nogil=True)
def _fill(  # type: ignore[no-untyped-def]
    values,
    quality,
    reason,
    slot_counts,
    day_types,
    is_live,
    is_outage,
    dark,
    predecessor,
    factor,
    at,
    longest_line,
    outage_ends,
    like_days,
    history_days,
    partial_days_lend,
    outage_days_do_not,
):
    slots = values.shape[2]
    total = np.empty(slots, np.float64)
    for k in range(len(at)):
        m, d = at[k, 0], at[k, 1]
        count = slot_counts[d]
        for s in range(count):
            if np.isnan(values[m, d, s]):
                quality[m, d, s] = _MISSING
                if reason[m, d, s] == 0:
                    reason[m, d, s] = _NOT_RECEIVED
                if dark.shape[0] > 0 and dark[m, d, s]:
                    values[m, d, s] = 0.0
                    quality[m, d, s] = _ESTIMATED
                    reason[m, d, s] = (reason[m, d, s] & 240) | _ZERO_OUTAGE
        s = 0
        while s < count:
            if not np.isnan(values[m, d, s]):
                s += 1
                continue
            start = s
            while s < count and np.isnan(values[m, d, s]):
                s += 1
            stop = s
            # The gap may have begun before midnight; a gap that reaches the end of the day has no right end yet.
            tail = 0
            left = np.nan
            if start > 0:
                if _is_good(values, quality, reason, dark, m, d, start - 1, outage_ends):
                    left = values[m, d, start - 1]
            elif d > 0 and is_live[m, d - 1]:
                before = slot_counts[d - 1] - 1
                while before - tail >= 0 and tail <= longest_line:
                    if _is_good(values, quality, reason, dark, m, d - 1, before - tail, outage_ends):
                        left = values[m, d - 1, before - tail]
                        break
                    tail += 1
            right = np.nan
            if stop < count and _is_good(values, quality, reason, dark, m, d, stop, outage_ends):
                right = values[m, d, stop]
            length = tail + stop - start
            if length <= longest_line and not np.isnan(left) and not np.isnan(right):
                for i in range(start, stop):
                    share = (tail + i - start + 1) / (length + 1)
                    values[m, d, i] = left + (right - left) * share
                    quality[m, d, i] = _ESTIMATED
                    reason[m, d, i] = (reason[m, d, i] & 240) | _LINEAR
                continue
            found = 0
            total[start:stop] = 0.0
            for back in range(1, min(history_days, d) + 1):
                if found >= like_days:
                    break
                e = d - back
                if day_types[e] != day_types[d] or stop > slot_counts[e]:
                    continue
                source, times = m, 1.0
                if not is_live[m, e]:
                    source, times = predecessor[m], factor[m]
                    if source < 0 or not is_live[source, e]:
                        continue
                if outage_days_do_not and is_outage[source, e]:
                    continue
                first, last = (start, stop) if partial_days_lend else (0, slot_counts[e])
                is_measured = True
                for i in range(first, last):
                    if quality[source, e, i] > _VERIFIED or np.isnan(values[source, e, i]):
                        is_measured = False
                        break
                if not is_measured:
                    continue
                for i in range(start, stop):
                    total[i] += values[source, e, i] * times
                found += 1
            if found > 0:
                for i in range(start, stop):
                    values[m, d, i] = total[i] / found
                    quality[m, d, i] = _ESTIMATED
                    reason[m, d, i] = (reason[m, d, i] & 240) | _LIKE_DAY
            elif stop - start <= longest_line and not (np.isnan(left) and np.isnan(right)):
                for i in range(start, stop):
                    values[m, d, i] = right if np.isnan(left) else left
                    quality[m, d, i] = _ESTIMATED
                    reason[m, d, i] = (reason[m, d, i] & 240) | _HELD


@dataclass(frozen=True, slots=True)
class Settled:
    """What filled days come to; every array has shape (n,).

    Attributes:
        total_kwh: the day before the multiplier, NaN where slots remain unknown and no dial says.
        actual: slots as measured; ``estimated`` slots estimated or substituted.
        verdict: 0, 1 = the dial readings fix the day, 2 = they contradict its measured slots.
    """

    total_kwh: npt.NDArray[np.float64]
    actual: npt.NDArray[np.int32]
    estimated: npt.NDArray[np.int32]
    verdict: npt.NDArray[np.int8]


def settle_days(
    ground: Ground,
    *,
    at: npt.NDArray[np.intp],
    difference_kwh: npt.NDArray[np.float64],
    limits: npt.NDArray[np.float32],
    tolerance_kwh: float,
    scale: bool,
) -> Settled:
    """Scale the estimated slots of days so that each adds up to its dial readings, in place, and return what the days
    come to.

    Args:
        ground: the block's values.
        at: rows of (meter, day), shape (n, 2).
        difference_kwh: what the dial says of each day, before the multiplier, NaN = nothing, (M, D).
        limits: the most a slot can bring, (M,); a scaling beyond it means the dial is wrong, not the slots.
        tolerance_kwh: how far measured slots may exceed the dial.
        scale: apply E-03.
    """
    n = len(at)
    total, verdict = np.empty(n), np.zeros(n, np.int8)
    actual, estimated = np.zeros(n, np.int32), np.zeros(n, np.int32)
    _settle(
        ground.values,
        ground.quality,
        ground.reason,
        ground.slot_counts,
        np.ascontiguousarray(at, np.int64),
        difference_kwh,
        limits,
        tolerance_kwh,
        scale,
        _SCALED,
        total,
        actual,
        estimated,
        verdict,
    )
    return Settled(total, actual, estimated, verdict)


@njit(cache=True, nogil=True)
def _is_fixed(quality, method):  # type: ignore[no-untyped-def]
    """Say whether a known slot is no estimate that a dial could scale."""
    return quality <= _VERIFIED or method in (_ZERO_OUTAGE, _EXCHANGE, _SPREAD)


@njit(cache=True, nogil=True)
def _settle(  # type: ignore[no-untyped-def]
    values,
    quality,
    reason,
    slot_counts,
    at,
    difference,
    limits,
    tolerance,
    scale,
    scaled,
    total,
    actual,
    estimated,
    verdict,
):
    for k in range(len(at)):
        m, d = at[k, 0], at[k, 1]
        count = slot_counts[d]
        fixed_kwh, free_kwh, most = 0.0, 0.0, 0.0
        fixed, free, unknown = 0, 0, 0
        for s in range(count):
            value = values[m, d, s]
            method = reason[m, d, s] & 15
            if np.isnan(value):
                unknown += 1
            elif _is_fixed(quality[m, d, s], method):
                fixed_kwh += value
                fixed += 1
            else:
                free_kwh += value
                free += 1
                most = max(most, value)
        rest = difference[m, d] - fixed_kwh
        if scale and not np.isnan(rest) and free + unknown > 0:
            # Unknown slots take their even share of what the dial leaves; the estimated ones share the rest in their
            # shape.
            mean = max(rest, 0.0) / (free + unknown)
            left = mean * free
            times = left / free_kwh if free_kwh > 0.0 else 0.0
            highest = max(most * times, mean if unknown > 0 or free_kwh <= 0.0 else 0.0)
            if rest < -tolerance or highest > limits[m]:
                verdict[k] = 2
            else:
                verdict[k] = 1
                for s in range(count if fixed + free > 0 else 0):
                    method = reason[m, d, s] & 15
                    is_unknown = np.isnan(values[m, d, s])
                    if not is_unknown and _is_fixed(quality[m, d, s], method):
                        continue
                    if is_unknown or free_kwh <= 0.0:
                        values[m, d, s] = mean
                        quality[m, d, s] = _ESTIMATED
                        reason[m, d, s] = (reason[m, d, s] & 240) | _REGISTER_SPREAD
                    else:
                        values[m, d, s] *= times
                        reason[m, d, s] = (reason[m, d, s] & 240) | scaled[method]
        day_kwh = 0.0
        for s in range(count):
            day_kwh += values[m, d, s]
            if quality[m, d, s] <= _VERIFIED:
                actual[k] += 1
            elif quality[m, d, s] != _MISSING:
                estimated[k] += 1
        total[k] = difference[m, d] if verdict[k] == 1 else day_kwh
