"""Voltage, current and energy of every day in one pass: counts of odd slots, longest runs of them, extremes.

Every sign of the meter layer and every anomaly rule about voltage, current and power is read from these days, so the
curves themselves are walked once. A slot that is missing neither prolongs a run nor ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

Curves = npt.NDArray[np.float32]


class Run(IntEnum):
    """What a run of slots is made of; the first seven of each phase, the others of the meter."""

    LOW_VOLTAGE = 0
    """Voltage below the loss-of-voltage share of rated while the phase carries current."""
    DEAD_VOLTAGE = 1
    """Voltage below the phase-loss share while the meter is powered."""
    OVER_VOLTAGE = 2
    UNDER_VOLTAGE = 3
    """Below the lower limit, but not dead."""
    NO_CURRENT = 4
    """Nothing in a phase with normal voltage while another carries current."""
    OVER_CURRENT = 5
    REVERSE = 6
    """The phase's power, voltage times signed current, flows back."""
    VOLTAGE_UNLIKE = 7
    CURRENT_UNLIKE = 8
    NEUTRAL_UNLIKE = 9
    LOW_FACTOR = 10
    OVERLOAD = 11
    MIDDLE_PHASE = 12
    """Phase B shows something, in a wiring that has none."""


PHASE_RUNS, METER_RUNS, PHASES = 7, 6, 3


class Count(IntEnum):
    """What is counted or added up a day."""

    SEEN = 0
    LOADED = 1
    ENERGY_KWH = 2
    """Registered on loaded slots, before the multiplier."""
    APPARENT_KVAH = 3
    """Σ V·|I|·h of the same slots."""
    IDLE = 4
    """Slots with current above the starting threshold and no energy."""
    LOW = 5
    DEAD_PHASE = 6
    NEUTRAL_UNLIKE = 7
    NEUTRAL_SEEN = 8
    FACTOR = 9
    """Sum of the power factor's size over loaded slots."""
    FACTOR_SEEN = 10
    WORST_NEUTRAL = 11
    """Greatest difference of phase and neutral as a share of the greater."""
    MOST_KW = 12
    """Greatest slot, kW after the multiplier."""


class Limit(IntEnum):
    """Limits of each meter, in the units the slots are held against."""

    LOW_V = 0
    DEAD_V = 1
    OVER_V = 2
    UNDER_V = 3
    LOADED_A = 4
    CARRYING_A = 5
    """Loaded, and at least the least ampere that counts."""
    IDLE_A = 6
    DEAD_A = 7
    OVER_A = 8
    REVERSE_KW = 9
    VOLTAGE_SHARE = 10
    CURRENT_SHARE = 11
    NEUTRAL_SHARE = 12
    NEUTRAL_A = 13
    FACTOR = 14
    FACTOR_KW = 15
    """Metered power above which a power factor counts."""
    CAPACITY_KW = 16
    """Metered; infinite where the contract is not known."""
    CAPACITY_KVA = 17
    MULTIPLIER = 18
    HAS_NO_MIDDLE = 19
    """1 for a wiring of two elements (3P3W), whose phase B has neither voltage nor current of its own."""


@dataclass(frozen=True, slots=True)
class ElectricalDays:
    """Axes: N meters, W days.

    Attributes:
        counts: :class:`Count` of each day, shape (N, W, counts).
        phase_runs: longest run of each day, slots, shape (N, W, phases, phase runs); a run that goes on after midnight
            is counted whole on the day it ends and as far as it had come on the day before.
        meter_runs: likewise of the meter, shape (N, W, meter runs).
        lowest_v: shape (N, W, phases); NaN where not read. ``highest_v`` and ``most_a`` likewise.
        highest_v: see above.
        most_a: greatest size of the current.
        hours: length of a slot.
        has: channel kind -> the meter reads it, shape (N,).
    """

    counts: Floats
    phase_runs: npt.NDArray[np.int32]
    meter_runs: npt.NDArray[np.int32]
    lowest_v: Curves
    highest_v: Curves
    most_a: Curves
    hours: float
    has: Mapping[str, npt.NDArray[np.bool_]]

    def count(self, what: Count) -> Floats:
        """Return one count of every day, shape (N, W)."""
        return self.counts[:, :, what]

    def run(self, what: Run) -> npt.NDArray[np.int32]:
        """Return the longest runs of every day: shape (N, W, phases) of a phase's, (N, W) of a meter's."""
        return self.phase_runs[..., what] if what < PHASE_RUNS else self.meter_runs[..., what - PHASE_RUNS]


def read_electrical_days(
    *,
    metered_kwh: Curves,
    channels: Mapping[str, Curves],
    meters: npt.NDArray[np.int64],
    first: int,
    limits: Floats,
    hours: float,
) -> ElectricalDays:
    """Return the days of some meters.

    Args:
        metered_kwh: of the block, before the multiplier, shape (M, D, S).
        channels: ``voltage_a_v`` ... ``current_n_a``, ``power_factor``, ``power_kw``: those the company reads.
        meters: rows wanted, shape (N,).
        first: first day wanted.
        limits: :class:`Limit` of each wanted meter, shape (N, limits).
        hours: length of a slot.

    Example:
        Two hours of one day without energy while 5 A flow:

        >>> one = np.ones((1, 1, 24), np.float32)
        >>> kwh = one.copy()
        >>> kwh[0, 0, 10:12] = 0.0
        >>> limits = np.zeros((1, len(Limit)))
        >>> limits[0, [Limit.CARRYING_A, Limit.IDLE_A, Limit.MULTIPLIER]] = 0.25, 0.1, 1.0
        >>> found = read_electrical_days(metered_kwh=kwh, channels={"voltage_a_v": 220 * one, "current_a_a": 5 * one},
        ...     meters=np.array([0]), first=0, limits=limits, hours=1.0)
        >>> float(found.count(Count.IDLE)[0, 0]), round(float(found.count(Count.APPARENT_KVAH)[0, 0]), 6)
        (2.0, 26.4)
    """
    none = np.zeros((0, 0, 0), np.float32)
    va, vb, vc = (channels.get(f"voltage_{p}_v", none) for p in "abc")
    ia, ib, ic = (channels.get(f"current_{p}_a", none) for p in "abc")
    neutral, factor, power = (channels.get(name, none) for name in ("current_n_a", "power_factor", "power_kw"))
    # Readings are single precision: 0.1 A is not above a limit of 0.1 A.
    held = limits.astype(np.float32).astype(np.float64)
    counts, runs, extremes, has = _read(
        metered_kwh, va, vb, vc, ia, ib, ic, neutral, factor, power, meters, first, held, hours
    )
    split = PHASES * PHASE_RUNS
    return ElectricalDays(
        counts=counts,
        phase_runs=runs[:, :, :split].reshape(*runs.shape[:2], PHASES, PHASE_RUNS),
        meter_runs=runs[:, :, split:],
        lowest_v=extremes[:, :, 0],
        highest_v=extremes[:, :, 1],
        most_a=extremes[:, :, 2],
        hours=hours,
        has={
            "voltage": np.asarray(has[:, :3].any(axis=1)),
            "current": np.asarray(has[:, 3:6].any(axis=1)),
            "neutral_current": has[:, 6],
            "power_factor": has[:, 7],
            "power": has[:, 8],
        },
    )


@numba.njit(cache=True, nogil=True)
def _reads(values: Curves, m: int, first: int) -> bool:
    if values.shape[0] == 0:
        return False
    for d in range(first, values.shape[1]):
        for s in range(values.shape[2]):
            if not np.isnan(values[m, d, s]):
                return True
    return False


@numba.njit(cache=True, nogil=True)
def _extend(runs: npt.NDArray[np.int32], best: npt.NDArray[np.int32], at: int, is_so: bool) -> None:
    if is_so:
        runs[at] += 1
        best[at] = max(best[at], runs[at])
    else:
        runs[at] = 0


@numba.njit(cache=True, nogil=True)
def _phase(
    p: int,
    u: float,
    a: float,
    other_v: float,
    other_a: float,
    energy: float,
    low: float,
    limit: Floats,
    runs: npt.NDArray[np.int32],
    best: npt.NDArray[np.int32],
) -> None:
    """Extend or end the runs of one phase; ``other_v`` and ``other_a`` are the greatest of the others."""
    at = p * 7
    if not np.isnan(u):
        is_powered = other_v >= limit[1] or energy > 0.0
        _extend(runs, best, at + 1, u < limit[1] and is_powered)
        _extend(runs, best, at + 2, u > limit[2])
        _extend(runs, best, at + 3, limit[1] <= u < limit[3])
    if not np.isnan(a):
        _extend(runs, best, at + 5, abs(a) > limit[8])
    if not np.isnan(u) and not np.isnan(a):
        _extend(runs, best, at, u < limit[0] and abs(a) > limit[4])
        _extend(runs, best, at + 4, abs(a) < limit[7] and other_a > limit[5] and u >= low)
        _extend(runs, best, at + 6, u * a < -1000.0 * limit[9])


@numba.njit(cache=True, nogil=True)
def _read(
    kwh: Curves,
    va: Curves,
    vb: Curves,
    vc: Curves,
    ia: Curves,
    ib: Curves,
    ic: Curves,
    neutral: Curves,
    factor: Curves,
    power: Curves,
    meters: npt.NDArray[np.int64],
    first: int,
    limits: Floats,
    hours: float,
) -> tuple[Floats, npt.NDArray[np.int32], Curves, npt.NDArray[np.bool_]]:
    count, width, slots = len(meters), kwh.shape[1] - first, kwh.shape[2]
    counts = np.zeros((count, width, 13))
    out_runs = np.zeros((count, width, 27), np.int32)
    extremes = np.full((count, width, 3, 3), np.nan, np.float32)
    has = np.zeros((count, 9), np.bool_)
    u, a = np.full(3, np.nan), np.full(3, np.nan)
    for i in range(count):
        m, limit = meters[i], limits[i]
        has[i, 0], has[i, 1], has[i, 2] = _reads(va, m, first), _reads(vb, m, first), _reads(vc, m, first)
        has[i, 3], has[i, 4], has[i, 5] = _reads(ia, m, first), _reads(ib, m, first), _reads(ic, m, first)
        has[i, 6], has[i, 7], has[i, 8] = _reads(neutral, m, first), _reads(factor, m, first), _reads(power, m, first)
        is_electrical = has[i, :6].any()
        runs, is_running = np.zeros(27, np.int32), np.zeros(3, np.bool_)
        own = has[i]
        u[:], a[:] = np.nan, np.nan
        for d in range(width):
            best, day, seen = out_runs[i, d], counts[i, d], extremes[i, d]
            for s in range(slots):
                x = kwh[m, first + d, s]
                kw = x / hours
                if has[i, 8]:
                    told = power[m, first + d, s]
                    kw = told if not np.isnan(told) else kw
                if not np.isnan(kw):
                    day[12] = max(day[12], kw * limit[18])
                va_sum = 0.0
                if is_electrical:
                    if has[i, 0]:
                        u[0] = va[m, first + d, s]
                    if has[i, 1]:
                        u[1] = vb[m, first + d, s]
                    if has[i, 2]:
                        u[2] = vc[m, first + d, s]
                    if has[i, 3]:
                        a[0] = ia[m, first + d, s]
                    if has[i, 4]:
                        a[1] = ib[m, first + d, s]
                    if has[i, 5]:
                        a[2] = ic[m, first + d, s]
                    va_sum = _slot(u, a, x, limit, hours, own, runs, is_running, best, day, seen)
                    if has[i, 6]:
                        _neutral(neutral[m, first + d, s], a, limit, runs, best, day)
                if has[i, 7]:
                    pf = abs(factor[m, first + d, s])
                    if not np.isnan(pf) and not np.isnan(kw):
                        is_loaded = abs(kw) > limit[15]
                        _extend(runs, best, 24, is_loaded and pf < limit[14])
                        if is_loaded:
                            day[9] += pf
                            day[10] += 1
                if not np.isnan(kw):
                    _extend(runs, best, 25, kw > limit[16] or va_sum > limit[17])
    return counts, out_runs, extremes, has


@numba.njit(cache=True, nogil=True)
def _slot(
    u: Floats,
    a: Floats,
    x: float,
    limit: Floats,
    hours: float,
    has: npt.NDArray[np.bool_],
    runs: npt.NDArray[np.int32],
    is_running: npt.NDArray[np.bool_],
    best: npt.NDArray[np.int32],
    day: Floats,
    extremes: Curves,
) -> float:
    """Take in voltage and current of one slot; return its apparent power, kVA."""
    has_no_middle = limit[19] > 0.0
    most, least, va, present = 0.0, np.inf, 0.0, 0
    high_v, low_v, known_v, is_low = 0.0, np.inf, 0, False
    for p in range(3):
        if has_no_middle and p == 1:
            continue
        if not np.isnan(u[p]):
            known_v += 1
            high_v, low_v = max(high_v, u[p]), min(low_v, u[p])
            # Nothing compares with the NaN the day begins with.
            if not extremes[0, p] <= u[p]:
                extremes[0, p] = u[p]
            if not extremes[1, p] >= u[p]:
                extremes[1, p] = u[p]
        if not np.isnan(a[p]):
            size = abs(a[p])
            if not extremes[2, p] >= size:
                extremes[2, p] = size
            if not np.isnan(u[p]):
                present += 1
                va += u[p] * size
                most, least = max(most, size), min(least, size)
                is_low = is_low or (u[p] < limit[0] and size > limit[4])
    calm_v = max(limit[0], limit[1], limit[3])
    for p in range(3):
        if (has_no_middle and p == 1) or not (has[p] or has[3 + p]):
            continue
        # Most slots show nothing: every run of the phase ends, without looking at each.
        if calm_v <= u[p] <= limit[2] and limit[7] <= a[p] <= limit[8]:
            if is_running[p]:
                runs[p * 7 : p * 7 + 7] = 0
                is_running[p] = False
            continue
        is_running[p] = True
        other_v, other_a = -1.0, 0.0
        for q in range(3):
            if q != p and not (has_no_middle and q == 1):
                if not np.isnan(u[q]):
                    other_v = max(other_v, u[q])
                if not np.isnan(a[q]):
                    other_a = max(other_a, abs(a[q]))
        _phase(p, u[p], a[p], other_v, other_a, x, limit[0], limit, runs, best)
    if known_v > 1:
        _extend(runs, best, 21, high_v > 0.0 and (high_v - low_v) > limit[10] * high_v)
    if present > 1:
        _extend(runs, best, 22, most > limit[5] and (most - least) > limit[11] * most)
    if has_no_middle and (has[1] or has[4]):
        is_there = (not np.isnan(u[1]) and u[1] > 0.0) or (not np.isnan(a[1]) and abs(a[1]) > 0.0)
        _extend(runs, best, 26, is_there)
    if present == 0:
        return 0.0
    day[0] += 1
    day[5] += is_low
    day[6] += present > 1 and most > limit[5] and least < limit[7] and low_v > limit[0]
    if not np.isnan(x):
        day[4] += most > limit[6] and x <= 0.0
        if most > limit[5]:
            day[1] += 1
            day[2] += x
            day[3] += va * hours / 1000.0
    return va / 1000.0


@numba.njit(cache=True, nogil=True)
def _neutral(
    n: float,
    a: Floats,
    limit: Floats,
    runs: npt.NDArray[np.int32],
    best: npt.NDArray[np.int32],
    day: Floats,
) -> None:
    """Hold the neutral of a single-phase meter against its one phase."""
    known = 0
    line = 0.0
    for p in range(3):
        if not np.isnan(a[p]):
            known += 1
            line = abs(a[p])
    n = abs(n)
    if known != 1 or np.isnan(n):
        return
    greater = max(n, line)
    is_loaded = greater > limit[13]
    is_unlike = is_loaded and abs(n - line) > limit[12] * greater
    _extend(runs, best, 23, is_unlike)
    if is_loaded:
        day[8] += 1
        day[7] += is_unlike
        day[11] = max(day[11], abs(n - line) / greater)
