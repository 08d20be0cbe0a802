"""Which transformer and phase a meter's voltage moves with: the archive's area and phase seen from the voltages alone.

A customer's voltage is its transformer's phase voltage less a drop in the wires. All transformers of a bucket share
the medium voltage, so what they do together is taken out; what is left, an hour's mean taken off, is what the load of
one transformer does to its own three phases. The likeness of meter i to phase p is the correlation of these two,
summed over the window; slots in which the transformers do not differ add nothing to it.

The same difference of likeness is looked at in each of ``repair.parts`` parts of the window: its mean over its own
scatter is a t value, and its log-odds under Student's law. A meter whose own voltage leaves it open borrows from the
meters that move most like it, which hang on the same wires whatever the archive says: registers of 1 V need that.

Source: docs/how-to/repair-the-archive.md; meter-to-transformer mapping by voltage correlation as in the literature of
distribution networks, here against the transformers' own meters.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, permutations

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window

PHASES = ("a", "b", "c")
_SAMPLE = 8
"""Every eighth slot is looked at to see whether a channel is there at all."""
_ORDERS = np.array(list(permutations(range(3))))
"""Ways in which the three phases of a meter may lie on those of a transformer."""

Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VoltageLikeness:
    """Likeness of each candidate to each transformer. Axes: N candidates, A areas, B parts of the window.

    Attributes:
        is_told: both the candidate and the area's transformer have voltages, shape (N, A).
        likeness: correlation on the area's best phase (mean of three phases for a three-phase meter), shape (N, A).
        parts: what each part of the window adds to it, shape (N, A, B).
        phase: the area's phase a single-phase meter is most like, 0 to 2, shape (N, A); −1 for other meters.
        phase_parts: the same for each phase of each area, shape (N, A, 3, B); NaN for three-phase meters.
        own_parts: ``parts`` of the meter alone, no neighbour asked: what dates a change, shape (N, A, B).
        own_phase_parts: ``phase_parts`` likewise.
        starts: index of the first day of each part, shape (B,).
    """

    is_told: npt.NDArray[np.bool_]
    likeness: Floats
    parts: Floats
    phase: npt.NDArray[np.int8]
    phase_parts: Floats
    own_parts: Floats
    own_phase_parts: Floats
    starts: npt.NDArray[np.int64]


def find_likeness(*, window: Window, settings: DetectionSettings) -> VoltageLikeness:
    """Return the likeness of every candidate of a window to every transformer of its block.

    Args:
        window: candidates and block; supply meters with ``voltage_a_v`` … ``voltage_c_v`` are the transformers.
        settings: ``repair.*``.
    """
    count, days, slots = len(window.meters), len(window.days), window.kwh.shape[2]
    areas = len(window.block.area_ids)
    parts = max(min(int(settings.number("repair.parts")), days // 2), 1)
    edges = np.arange(parts + 1) * days // parts
    out = _nothing(count, areas, parts, edges)
    heads, head_area = _transformer_rows(window)
    if not len(head_area):
        return out
    reach = max(int(settings.number("repair.reach_minutes")) // window.block.interval_minutes, 1)
    common, references = _own_moves(heads, reach)
    meters, channels, rows = _meter_rows(window, common, reach, settings)
    if not len(meters):
        return out
    added = np.stack(
        [
            rows[:, slots * first : slots * last] @ references[:, slots * first : slots * last].T
            for first, last in pairwise(edges)
        ],
        axis=-1,
    ).astype(np.float64)
    leaned = _lean_on_neighbours(added, rows, meters, settings)
    for area in np.unique(head_area):
        own = np.flatnonzero(head_area == area)
        _fill_area(out, int(area), meters, channels, leaned[:, own], added[:, own])
    return out


def _nothing(count: int, areas: int, parts: int, edges: npt.NDArray[np.int64]) -> VoltageLikeness:
    return VoltageLikeness(
        is_told=np.zeros((count, areas), bool),
        likeness=np.full((count, areas), np.nan),
        parts=np.full((count, areas, parts), np.nan),
        phase=np.full((count, areas), -1, np.int8),
        phase_parts=np.full((count, areas, 3, parts), np.nan),
        own_parts=np.full((count, areas, parts), np.nan),
        own_phase_parts=np.full((count, areas, 3, parts), np.nan),
        starts=edges[:-1],
    )


def _transformer_rows(window: Window) -> tuple[Singles, npt.NDArray[np.int64]]:
    """Return the voltages of the transformers with all three phases, shape (3 K, T), and the area of each row."""
    block = window.block
    names = [f"voltage_{phase}_v" for phase in PHASES]
    if not all(name in block.channels for name in names):
        return np.zeros((0, 0), np.float32), np.zeros(0, np.int64)
    role, hangs_on = block.strings("role"), block.area_of[:, -1]
    supplies = np.flatnonzero((role == "supply") & (hangs_on >= 0) & block.is_live[:, -1])
    rows, area = [], []
    for area_index in np.unique(hangs_on[supplies]):
        # An area with two supply meters has two transformers or a check meter: the first stands for both.
        head = supplies[hangs_on[supplies] == area_index][0]
        volts = [block.channels[name][head, window.first :].reshape(-1) for name in names]
        if all(np.isfinite(each).any() for each in volts):
            rows += volts
            area += [int(area_index)] * 3
    if not rows:
        return np.zeros((0, 0), np.float32), np.zeros(0, np.int64)
    return np.stack(rows), np.array(area, np.int64)


def _meter_rows(
    window: Window, common: Singles, reach: int, settings: DetectionSettings
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Singles]:
    """Return candidate, channel and unit-length moves of every voltage that is told often enough."""
    block = window.block
    least = settings.number("repair.least_share")
    meters, channels, rows = [], [], []
    for number, phase in enumerate(PHASES):
        channel = block.channels[f"voltage_{phase}_v"][:, window.first :]
        # Some slots of each day tell how much is there. A single-phase meter has one channel, mostly the first,
        # whatever phase it hangs on.
        told = np.isfinite(channel[:, :, ::_SAMPLE][window.meters]).mean(axis=(1, 2))
        at = np.flatnonzero(told >= least)
        moves, length = take_moves(channel[window.meters[at]].reshape(len(at), len(common)), common, reach)
        moving = length > 0.0
        meters.append(at[moving])
        channels.append(np.full(int(moving.sum()), number))
        rows.append(moves[moving])
    return np.concatenate(meters), np.concatenate(channels), np.concatenate(rows)


def _own_moves(heads: Singles, reach: int) -> tuple[Singles, Singles]:
    """Return what all transformers do together, shape (T,), and the rest of each of them at unit length."""
    nothing = np.zeros(heads.shape[1], np.float32)
    moves, length = take_moves(heads, nothing, reach)
    moves *= length[:, None]
    told = np.isfinite(heads)
    common = (moves.sum(axis=0, dtype=np.float64) / np.maximum(told.sum(axis=0), 1)).astype(np.float32)
    if len(heads) <= len(PHASES):
        # One transformer alone: its own phases are all there is to compare.
        common = nothing
    return common, take_moves(heads, common, reach)[0]


@numba.njit(cache=True, nogil=True)
def take_moves(
    volts: Singles, common: Singles, reach: int
) -> tuple[Singles, Floats]:  # pragma: no cover  # compiled code is not traced
    """Return voltages less their mean over ``reach`` slots to either side and less the common part, at unit length.

    What exceeds four times the usual size (1.2533 × the mean absolute value) is cut there: a switching somewhere else
    must not decide. Unknown slots become 0.

    Args:
        volts: shape (N, T), NaN = unknown.
        common: moves of all transformers together, shape (T,).
        reach: slots to either side.

    Returns:
        Moves, shape (N, T), and their length before scaling, V, shape (N,); 0 for a voltage that never moves.
    """
    count, slots = volts.shape
    moves = np.zeros((count, slots), np.float32)
    length = np.zeros(count)
    for i in range(count):
        total, number = 0.0, 0
        for t in range(min(reach, slots)):
            if not np.isnan(volts[i, t]):
                total += volts[i, t]
                number += 1
        size, told, flat = 0.0, 0, True
        last = np.nan
        for t in range(slots):
            if t + reach < slots and not np.isnan(volts[i, t + reach]):
                total += volts[i, t + reach]
                number += 1
            if t - reach - 1 >= 0 and not np.isnan(volts[i, t - reach - 1]):
                total -= volts[i, t - reach - 1]
                number -= 1
            if np.isnan(volts[i, t]):
                continue
            if not np.isnan(last) and volts[i, t] != last:
                flat = False
            last = volts[i, t]
            moves[i, t] = volts[i, t] - total / number - common[t]
            size += abs(moves[i, t])
            told += 1
        if flat or told == 0:
            moves[i] = 0.0
            continue
        most = 4.0 * 1.2533 * size / told
        energy = 0.0
        for t in range(slots):
            moves[i, t] = min(max(moves[i, t], -most), most)
            energy += moves[i, t] ** 2
        length[i] = np.sqrt(energy)
        for t in range(slots):
            moves[i, t] = moves[i, t] / length[i] if length[i] > 0.0 else 0.0
    return moves, length


def student_log_odds(parts: Floats) -> Floats:
    """Return the log-odds that a difference is above 0, from its parts (last axis), under Student's law.

    ``B/2 · ln(1 + t² / (B − 1))`` with the sign of t: the likelihood ratio of the mean found against 0.

    Example:
        Ten parts that all say about one, and ten that contradict each other:

        >>> agree, differ = 1.0 + 0.1 * (-1.0) ** np.arange(10), (-1.0) ** np.arange(10) + 0.01
        >>> student_log_odds(np.stack([agree, differ])).round(1).tolist()
        [23.1, 0.0]
    """
    number = parts.shape[-1]
    if number < 2:
        return np.zeros(parts.shape[:-1])
    mean = parts.mean(axis=-1)
    variance = parts.var(axis=-1, ddof=1) / number
    with np.errstate(divide="ignore", invalid="ignore"):
        squared = np.where(variance > 0.0, mean**2 / variance, 0.0)
    odds: Floats = np.sign(mean) * 0.5 * number * np.log1p(squared / (number - 1))
    return odds


def _lean_on_neighbours(
    added: Floats, rows: Singles, meters: npt.NDArray[np.int64], settings: DetectionSettings
) -> Floats:
    """Return ``added``, (R, 3K, B), where rows that leave their transformer open took in the rows most like them."""
    total = added.sum(axis=-1)
    best = total.argmax(axis=1)
    rival = total.copy()
    rival[np.arange(len(total)), best] = -np.inf
    second = rival.argmax(axis=1)
    at = np.arange(len(total))
    # A single transformer phase has no rival; `_transformer_rows` gives at least three.
    lead = student_log_odds(added[at, best] - added[at, second])
    open_rows = np.flatnonzero(lead < settings.number("repair.sure_log_odds"))
    wanted = min(int(settings.number("repair.neighbours")), len(rows) - 1)
    if not len(open_rows) or wanted < 1:
        return added
    alike = rows[open_rows] @ rows.T
    alike[meters[open_rows][:, None] == meters[None, :]] = 0.0
    kept = np.partition(alike, -wanted, axis=1)[:, -wanted][:, None]
    weight = np.where((alike >= kept) & (alike > settings.number("repair.neighbour_likeness")), alike, 0.0)
    # Squared and of the nearest: a neighbour counts by how surely it is one.
    weight = weight**2 / np.maximum(weight.max(axis=1, keepdims=True), 1e-9) ** 2
    leaned = added.copy()
    share = 1.0 / (1.0 + weight.sum(axis=1))
    leaned[open_rows] = share[:, None, None] * (
        added[open_rows] + np.einsum("ij,jpb->ipb", weight, added, optimize=True)
    )
    return leaned


def _fill_area(
    out: VoltageLikeness,
    area: int,
    meters: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    leaned: Floats,
    own: Floats,
) -> None:
    """Enter the likeness to the three phases of one transformer; ``leaned`` and ``own`` have shape (R, 3, B)."""
    voltages = np.bincount(meters, minlength=len(out.phase))
    single = voltages[meters] == 1
    at, row = meters[single], np.arange(int(single.sum()))
    best = leaned[single].sum(axis=-1).argmax(axis=1)
    out.phase[at, area] = best
    out.phase_parts[at, area], out.own_phase_parts[at, area] = leaned[single], own[single]
    out.parts[at, area], out.own_parts[at, area] = leaned[single][row, best], own[single][row, best]
    out.is_told[at, area] = True
    several = np.flatnonzero(voltages == 3)
    if len(several):
        whole = np.empty((2, len(out.phase), 3, *own.shape[1:]))
        whole[:, meters, channels] = leaned, own
        # Each of the six ways to lay the meter's phases on the transformer's; the best stands for the area.
        ways = np.stack([_laid(whole[:, several], order) for order in _ORDERS], axis=2)
        best, row = ways[0].sum(axis=-1).argmax(axis=1), np.arange(len(several))
        out.parts[several, area], out.own_parts[several, area] = ways[:, row, best]
        out.is_told[several, area] = True
    told = out.is_told[:, area]
    out.likeness[told, area] = out.parts[told, area].sum(axis=-1)


def _laid(whole: Floats, order: npt.NDArray[np.int64]) -> Floats:
    """Return the mean over channels when channel c lies on phase ``order[c]``, shape (2, N, B)."""
    laid: Floats = whole[:, :, np.arange(3), order].mean(axis=2)
    return laid
