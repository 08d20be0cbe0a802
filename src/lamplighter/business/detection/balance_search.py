"""The balance searched for when: from which part of the window on, and in which hours of the day, a meter registers
too little.

After the joint fit of an area, one candidate at a time is looked at again: its partial residual ``r + a_i·Δx_i`` is
regressed on its moves within cells of 1/6 of the window and 3 hours of the day. Sums over cells add up, so that
every suffix of the window and every run of hours (3 to 12, midnight included) costs a handful of additions. Errors
are White's, of each run's own coefficient.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

PERIODS = 6
PARTS = 8
_LONGEST_RUN = 4
_SUMS = 5


class Search(NamedTuple):
    """The most telling run of each candidate, shape (C,).

    Attributes:
        suffix_z: greatest z over suffixes of the window, all hours.
        suffix_coefficient: its coefficient.
        suffix_start: its first period, 0 ... PERIODS - 1.
        run_z: greatest z over suffixes and runs of hours.
        run_coefficient: its coefficient.
        run_start: its first period.
        run_hour: hour of the day it begins at.
        run_hours: its length.
        low_z: least z over suffixes, all hours: below zero where the residual moves against the meter.
        low_coefficient: its coefficient.
        spread_coefficient: sum of the coefficients of the slot before, the slot and the slot after, whole window. A
            clock that is off moves energy between neighbouring slots and this sum stays near 0; what flows past a meter
            stays in it.
        move_slots: effective number of slots of the day its moves fall in, (Σe)²/Σe² over the slots: small for what a
            timer or a shift switches, and then whatever else switches at that hour passes for it.
    """

    suffix_z: Floats
    suffix_coefficient: Floats
    suffix_start: Floats
    run_z: Floats
    run_coefficient: Floats
    run_start: Floats
    run_hour: Floats
    run_hours: Floats
    low_z: Floats
    low_coefficient: Floats
    spread_coefficient: Floats
    move_slots: Floats


def search_runs(
    *,
    moves: Floats,
    rest: Floats,
    coefficients: Floats,
    period: npt.NDArray[np.int64],
    part: npt.NDArray[np.int64],
    slot: npt.NDArray[np.int64],
    centre: float,
    spread: float,
    least_moves: float,
) -> Search:
    """Return the most telling run of each candidate of an area.

    Args:
        moves: Δx of each candidate, shape (C, R), consecutive slots, 0 where it tells nothing.
        rest: residual of the joint fit, shape (R,); NaN = row left out.
        coefficients: a_i of the joint fit, shape (C,).
        period: period of each row, shape (R,).
        part: part of the day of each row, shape (R,).
        slot: slot of the day of each row, shape (R,).
        centre: usual coefficient of the area.
        spread: spread of the honest around it.
        least_moves: fewest effective moves, (Σx²)²/Σx⁴: one appliance must not decide.
    """
    is_told = np.isfinite(rest)
    cell = period * PARTS + part
    runs = np.flatnonzero(np.diff(cell, prepend=-1, append=-1))
    told, rest = is_told.astype(np.float64), np.where(is_told, rest, 0.0)
    return Search(*_search(moves, rest, told, coefficients, runs, cell, slot, centre, spread, least_moves).T)


@numba.njit(cache=True, nogil=True)
def _search(
    moves: Floats,
    rest: Floats,
    told: Floats,
    coefficients: Floats,
    runs: npt.NDArray[np.int64],
    cell: npt.NDArray[np.int64],
    slot: npt.NDArray[np.int64],
    centre: float,
    spread: float,
    least_moves: float,
) -> Floats:
    """Return the twelve figures of `Search`; ``runs`` are the first rows of each run of one cell, and the end."""
    count = len(moves)
    out = np.full((count, 12), np.nan)
    by_slot = np.zeros(slot.max() + 1)
    sums = np.zeros((PERIODS, PARTS, _SUMS))
    total = np.zeros(_SUMS)
    for i in range(count):
        if np.isnan(coefficients[i]):
            continue
        sums[:] = 0.0
        by_slot[:] = 0.0
        _add_cells(moves[i], rest, told, runs, cell, slot, sums, by_slot)
        if by_slot.sum() > 0.0:
            out[i, 11] = by_slot.sum() ** 2 / (by_slot * by_slot).sum()
        out[i, 10] = _neighbouring_sum(moves[i], rest, told, coefficients[i])
        best, best_run, worst = -np.inf, -np.inf, np.inf
        for start in range(PERIODS):
            for length in range(1, _LONGEST_RUN + 2):
                whole = length > _LONGEST_RUN
                for hour in range(1 if whole else PARTS):
                    total[:] = 0.0
                    for p in range(start, PERIODS):
                        for step in range(PARTS if whole else length):
                            for n in range(_SUMS):
                                total[n] += sums[p, (hour + step) % PARTS, n]
                    if total[0] <= 0.0 or total[0] * total[0] < least_moves * total[4]:
                        continue
                    delta = total[1] / total[0]
                    meat = total[2] - 2.0 * delta * total[3] + delta * delta * total[4]
                    error = np.sqrt(max(meat, 0.0)) / total[0]
                    b = coefficients[i] + delta
                    z = (b - centre) / np.sqrt(error * error + spread * spread)
                    if whole:
                        if z > best:
                            best = z
                            out[i, 0], out[i, 1], out[i, 2] = z, b, start
                        if z < worst:
                            worst = z
                            out[i, 8], out[i, 9] = z, b
                    if z > best_run:
                        best_run = z
                        out[i, 3], out[i, 4], out[i, 5] = z, b, start
                        out[i, 6] = 0 if whole else hour * 24 // PARTS
                        out[i, 7] = 24 if whole else length * 24 // PARTS
    return out


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _add_cells(
    moves: Floats,
    rest: Floats,
    told: Floats,
    runs: npt.NDArray[np.int64],
    cell: npt.NDArray[np.int64],
    slot: npt.NDArray[np.int64],
    sums: Floats,
    by_slot: Floats,
) -> None:
    """Add Σx², Σxr, Σx²r², Σx³r, Σx⁴ of each run to its cell, and x² to the slots of the day."""
    for run in range(len(runs) - 1):
        first, end = runs[run], runs[run + 1]
        squares, products, meat, cubes, fourth = 0.0, 0.0, 0.0, 0.0, 0.0
        for k in range(first, end):
            x = moves[k] * told[k]
            xx, xr = x * x, x * rest[k]
            squares += xx
            products += xr
            meat += xr * xr
            cubes += xx * xr
            fourth += xx * xx
            by_slot[slot[first] + k - first] += xx
        own = sums[cell[first] // PARTS, cell[first] % PARTS]
        own[0] += squares
        own[1] += products
        own[2] += meat
        own[3] += cubes
        own[4] += fourth


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _neighbouring_sum(moves: Floats, rest: Floats, told: Floats, coefficient: float) -> float:
    """Return the sum of the coefficients on the move before, the move and the move after, by their normal equations."""
    own, near, far = 0.0, 0.0, 0.0
    before, here, after = 0.0, 0.0, 0.0
    for k in range(1, len(rest) - 1):
        x0, x1, x2 = moves[k - 1] * told[k], moves[k] * told[k], moves[k + 1] * told[k]
        target = rest[k] + coefficient * x1
        own += x1 * x1
        near += x0 * x1
        far += x0 * x2
        before += x0 * target
        here += x1 * target
        after += x2 * target
    if own <= 0.0:
        return np.nan
    # Symmetric in before and after: only their sum is needed.
    outer, middle = before + after, here
    determinant = own * (own + far) - 2.0 * near * near
    if determinant <= 1e-9 * own * own:
        return np.nan
    centre = ((own + far) * middle - near * outer) / determinant
    sides = (own * outer - 2.0 * near * middle) / determinant
    return centre + sides
