"""What anomaly rules see and what they hand back: arrays over N meters and W days, and spells of days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.electrical_days import ElectricalDays
from lamplighter.business.detection.records import Days, Floats

Bools = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

NO_PHASE = -1
_ACTION = "U32"
"""An array of words keeps its width: wide enough for any action set later."""
POINT_MINUTES = 15
"""Thresholds count points of a quarter of an hour, whatever the company's interval."""

Limit = Callable[[str], float]
"""A rule's own threshold by its short name."""


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """Cleaned events of one name. Arrays of shape (K,), sorted by meter and day.

    Attributes:
        at: which meter.
        day: index of the day it occurred, below 0 or beyond the last where it lies outside the window.
        minutes: how long it lasted, NaN where no end is known.
        figure: the number in its detail, NaN where there is none.
    """

    at: Indices
    day: Indices
    minutes: Floats
    figure: Floats


@dataclass(frozen=True, slots=True)
class Seen:
    """What rules may look at. Axes: N meters, W days.

    Attributes:
        days: the window's days, shape (W,).
        electrical: voltage, current and power of every day.
        wiring: 1P, 3P4W, 3P3W; "" where unknown, shape (N,).
        rated_v: rated voltage, shape (N,); ``basic_a`` and ``max_a`` currents; ``multiplier``; NaN where unknown but
            for the multiplier.
        basic_a: see above.
        max_a: see above.
        multiplier: see above.
        contract_kw: contract power, shape (N,), NaN where unknown; ``contract_kva`` capacity.
        contract_kva: see above.
        generates: the account generates, shape (N,).
        is_high_voltage: supplied at 1 kV or more, shape (N,).
        installed: day index of installation, shape (N,); far below 0 where unknown.
        is_live: shape (N, W).
        is_read: a reading of any kind came, shape (N, W).
        metered_kwh: trusted energy of the day before the multiplier, shape (N, W), NaN = unknown.
        adjusted_kwh: billed energy of the day with weather and fashion of the class taken out, shape (N, W).
        reverse_kwh: export of the day after the multiplier, shape (N, W).
        is_free: Saturday, Sunday, shape (W,).
        registers: dial readings at the start of each day and the end of the last, by name, shape (N, W + 1).
        used_before: billed or metered energy before the window, shape (N,).
        fall_day: first day after a lasting fall of the use, -1 where there is none; ``fall_share`` how much of it
            went, shape (N,).
        fall_share: see above.
        events: by name of the list.
        visits: pairs of meter and day index on which a visit is on record, shape (K, 2).
        flags: findings of the validation by rule: value of each day, NaN where it found nothing, shape (N, W).
        loss_slope: slope of the area's daily loss on the customer's daily use, shape (N,); ``loss_r2`` share of its
            variance explained; ``loss_days`` days it rests on.
        loss_r2: see above.
        loss_days: see above.
        own_correlation: correlation of the newest days' voltage with the own transformer's, shape (N,);
            ``best_correlation`` with the best of the neighbours.
        best_correlation: see above.
        outage_points: slots with energy inside power-off events, shape (N, W).
        usual_ratio: energy over V x I that meters wired alike usually show, shape (N,).
        has: kind of data -> the meter has it, shape (N,).
    """

    days: Days
    electrical: ElectricalDays
    wiring: npt.NDArray[np.str_]
    rated_v: Floats
    basic_a: Floats
    max_a: Floats
    multiplier: Floats
    contract_kw: Floats
    contract_kva: Floats
    generates: Bools
    is_high_voltage: Bools
    installed: Indices
    is_live: Bools
    is_read: Bools
    metered_kwh: Floats
    adjusted_kwh: Floats
    reverse_kwh: Floats
    is_free: Bools
    registers: Mapping[str, Floats]
    used_before: Bools
    fall_day: Indices
    fall_share: Floats
    events: Mapping[str, SeenEvent]
    visits: Indices
    flags: Mapping[str, Floats]
    loss_slope: Floats
    loss_r2: Floats
    loss_days: Floats
    own_correlation: Floats
    best_correlation: Floats
    outage_points: Floats
    usual_ratio: Floats
    has: Mapping[str, Bools] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Meters, days."""
        return len(self.wiring), len(self.days)

    @property
    def is_ct(self) -> Bools:
        """The meter hangs on transformers, shape (N,)."""
        return self.multiplier > 1.0

    def slots(self, points: float) -> float:
        """Return how many of the company's slots are so many points of a quarter of an hour, at least one."""
        return max(1.0, float(np.ceil(points * POINT_MINUTES / 60.0 / self.electrical.hours - 1e-9)))

    def in_scope(self, applies_to: str) -> Bools:
        """Return which meters a rule is about, shape (N,).

        Raises:
            KeyError: no such scope.
        """
        scopes: dict[str, Bools] = {
            "all": np.ones(len(self.wiring), bool),
            "single_phase": self.wiring == "1P",
            "three_phase": np.char.startswith(self.wiring, "3P"),
            "3P3W": self.wiring == "3P3W",
            "ct": self.is_ct,
            "no_generation": ~self.generates,
        }
        return scopes[applies_to]

    def event(self, *names: str) -> SeenEvent:
        """Return the events of some names, sorted by meter and day."""
        found = [self.events[name] for name in names if name in self.events]
        if not found:
            return SeenEvent(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
        at, day, minutes, figure = (
            np.concatenate([getattr(each, part) for each in found]) for part in ("at", "day", "minutes", "figure")
        )
        order = np.lexsort((figure, minutes, day, at))
        return SeenEvent(at[order], day[order], minutes[order], figure[order])


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule found: one entry a meter, phase and spell of days. Arrays of shape (K,).

    Attributes:
        at: which meter.
        phase: 0, 1, 2 for A, B, C; -1 where it is the whole meter.
        first: index of the first day; ``last`` of the last, inclusive.
        last: see above.
        value: the figure found, in the rule's unit; ``expected`` what it was held against.
        expected: see above.
        days: days of the spell that show it.
        severity: 1 to 4; 0 = the rule's own.
        weight_share: how much of the rule's weight counts in the theft score, 1 = all of it.
        action: what to check first where it differs from the rule's own, "" otherwise.
    """

    at: Indices
    phase: Indices
    first: Indices
    last: Indices
    value: Floats
    expected: Floats
    days: Indices
    severity: Indices
    weight_share: Floats
    action: npt.NDArray[np.str_]


RuleFunction = Callable[[Seen, Limit], Found]


def found(
    *,
    at: Indices,
    first: Indices,
    last: Indices,
    value: Floats,
    expected: Floats | float,
    days: Indices | int = 1,
    phase: Indices | int = NO_PHASE,
    severity: Indices | int = 0,
    weight_share: Floats | float = 1.0,
    action: npt.NDArray[np.str_] | str = "",
) -> Found:
    """Return findings, single figures spread over all of them.

    Example:
        >>> two = np.array([3, 4])
        >>> found(at=two, first=two, last=two, value=np.array([1.0, 2.0]), expected=0.5).expected.tolist()
        [0.5, 0.5]
    """

    def whole(values: Indices | int) -> Indices:
        return np.broadcast_to(np.asarray(values, np.int64), at.shape).copy()

    def broken(values: Floats | float) -> Floats:
        return np.broadcast_to(np.asarray(values, np.float64), at.shape).copy()

    return Found(
        at=at.astype(np.int64),
        phase=whole(phase),
        first=first.astype(np.int64),
        last=last.astype(np.int64),
        value=broken(value),
        expected=broken(expected),
        days=whole(days),
        severity=whole(severity),
        weight_share=broken(weight_share),
        action=np.broadcast_to(np.asarray(action, _ACTION), at.shape).copy(),
    )


@dataclass(frozen=True, slots=True)
class Spells:
    """Spells of days. Arrays of shape (K,).

    Attributes:
        row: which row of the days they were cut from.
        first: index of the first day; ``last`` of the last, inclusive.
        last: see above.
        days: days of the spell that show it.
        value: the row's figures of these days, reduced.
    """

    row: Indices
    first: Indices
    last: Indices
    days: Indices
    value: Floats


def cut_spells(is_hit: Bools, value: npt.NDArray[np.floating], *, gap_days: int, reduce: np.ufunc = np.fmax) -> Spells:
    """Return spells of days that show something, no further apart than ``gap_days`` days that do not.

    Args:
        is_hit: shape (rows, W).
        value: a figure of each day, shape (rows, W).
        gap_days: days between two hits of one spell at most.
        reduce: how the figures of a spell become one.

    Example:
        Days 0, 1 and 4 of one row, with two days between:

        >>> hit = np.array([[True, True, False, False, True]])
        >>> cut_spells(hit, np.arange(5.0)[None], gap_days=2).last.tolist()
        [4]
        >>> apart = cut_spells(hit, np.arange(5.0)[None], gap_days=1)
        >>> apart.first.tolist(), apart.last.tolist(), apart.days.tolist(), apart.value.tolist()
        ([0, 4], [1, 4], [2, 1], [1.0, 4.0])
    """
    row, day = np.nonzero(is_hit)
    begins = np.ones(len(row), bool)
    begins[1:] = (row[1:] != row[:-1]) | (day[1:] - day[:-1] > gap_days + 1)
    start = np.flatnonzero(begins)
    if not len(start):
        empty = np.zeros(0, np.int64)
        return Spells(empty, empty, empty, empty, np.zeros(0))
    end = np.append(start[1:], len(row)) - 1
    figures = np.broadcast_to(value, is_hit.shape)[row, day].astype(np.float64)
    return Spells(row[start], day[start], day[end], end - start + 1, reduce.reduceat(figures, start))


def by_spell(
    is_hit: Bools,
    value: npt.NDArray[np.floating],
    *,
    expected: Floats | float,
    limit: Limit,
    reduce: np.ufunc = np.fmax,
    least_days: float = 1,
    severity: int = 0,
) -> Found:
    """Return the spells of a condition of days as findings.

    Args:
        is_hit: shape (N, W), or (N, W, phases).
        value: likewise.
        expected: one figure, or one a meter, shape (N,).
        limit: ``gap_days`` is asked for.
        reduce: how the figures of a spell become one.
        least_days: spells with fewer days that show it are left out.
        severity: 0 = the rule's own.
    """
    is_by_phase = is_hit.ndim == 3
    rows = is_hit.transpose(0, 2, 1).reshape(-1, is_hit.shape[1]) if is_by_phase else is_hit
    figures = value.transpose(0, 2, 1).reshape(-1, is_hit.shape[1]) if is_by_phase else value
    spells = cut_spells(rows, figures, gap_days=int(limit("gap_days")), reduce=reduce)
    kept = spells.days >= least_days
    phases = is_hit.shape[2] if is_by_phase else 1
    at = spells.row[kept] // phases
    held = np.broadcast_to(np.asarray(expected, np.float64), is_hit.shape[:1])[at]
    return found(
        at=at,
        phase=spells.row[kept] % phases if is_by_phase else NO_PHASE,
        first=spells.first[kept],
        last=spells.last[kept],
        value=spells.value[kept],
        expected=held,
        days=spells.days[kept],
        severity=severity,
    )


def join(*parts: Found) -> Found:
    """Return the findings of several parts as one."""
    names = ("at", "phase", "first", "last", "value", "expected", "days", "severity", "weight_share", "action")
    return Found(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def days_before(is_so: Bools, *, width: int) -> npt.NDArray[np.int64]:
    """Return on how many of the ``width`` days before each day something was so, shape (N, W).

    Example:
        >>> days_before(np.array([[True, False, True, False]]), width=2).tolist()
        [[0, 1, 1, 1]]
    """
    total = np.cumsum(np.pad(is_so, [(0, 0), (1, 0)] + [(0, 0)] * (is_so.ndim - 2)), axis=1, dtype=np.int64)[:, :-1]
    earlier = np.zeros_like(total)
    earlier[:, width:] = total[:, : max(total.shape[1] - width, 0)]
    counted: npt.NDArray[np.int64] = total - earlier
    return counted
