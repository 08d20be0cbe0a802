"""How energy is stolen: what the meter counts and shows when somebody has been at it.

An attack says of every slot which share of the energy is counted and which share of the current is seen: a bypass
lets both fall, a slow meter counts less than it shows, a hook-up before the meter changes neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.second_world.surroundings import SLOTS, Flags, Floats

HOME_KINDS: Final = {
    "bypassed_circuit": 0.17,
    "slow_meter": 0.17,
    "scaled": 0.11,
    "capped": 0.08,
    "shifted": 0.06,
    "zero_window": 0.08,
    "scaled_noisily": 0.05,
    "mean_noisily": 0.03,
    "neutral_tamper": 0.1,
    "hook_up": 0.09,
    "zero_use": 0.04,
    "reversed_day": 0.02,
}
THREE_PHASE_KINDS: Final = {
    "current_shorted": 0.26,
    "slow_meter": 0.18,
    "bypassed_circuit": 0.18,
    "scaled": 0.1,
    "capped": 0.08,
    "dead_phase": 0.1,
    "hook_up": 0.1,
}
CT_KINDS: Final = {**THREE_PHASE_KINDS, "wrong_ct_ratio": 0.12}


@dataclass(frozen=True, slots=True)
class Attack:
    """One theft by one account.

    Attributes:
        kind: how.
        first_day: day of the window from which it is at work; 0 also for those that began before it.
        counted: share of the leg's energy the meter counts, shape (legs, D, 96).
        seen: share of the leg's current the meter shows, same shape.
        hooked: share of the load that is taken before the meter and does not reach it at all, shape (D, 96).
        is_neutral_whole: the neutral carries the whole current all the same.
        dead_phase: leg whose voltage wire is off, -1 = none.
        ratio: true ratio of the current transformers by the archived one.
    """

    kind: str
    first_day: int
    counted: Floats
    seen: Floats
    hooked: Floats = field(default_factory=lambda: np.zeros((0, SLOTS)))
    is_neutral_whole: bool = False
    dead_phase: int = -1
    ratio: float = 1.0


def draw_kind(rng: np.random.Generator, *, is_three_phase: bool, has_transformers: bool) -> str:
    """Draw how a customer of a kind of meter steals."""
    kinds = CT_KINDS if has_transformers else THREE_PHASE_KINDS if is_three_phase else HOME_KINDS
    weights = np.array(list(kinds.values()))
    return str(rng.choice(list(kinds), p=weights / weights.sum()))


def draw_attack(rng: np.random.Generator, kind: str, legs: Floats, heavy: Floats) -> Attack:
    """Draw strength, onset and rhythm of a theft.

    Args:
        rng: chance.
        kind: how.
        legs: true power of each leg, shape (legs, D, 96), kW.
        heavy: what circuits of their own draw, shape (D, 96), kW.

    Example:
        >>> use = np.full((1, 30, 96), 2.0)
        >>> slow = draw_attack(np.random.default_rng(2), "slow_meter", use, use[0] / 2)
        >>> bool((slow.seen == 1.0).all()), bool(slow.counted.min() < 0.96)
        (True, True)
    """
    count, days, _ = legs.shape
    first = 0 if rng.random() < 0.35 else int(rng.integers(8, max(days - 20, 9)))
    at_work = np.zeros((days, SLOTS), bool)
    at_work[first:] = True
    if kind in ("bypassed_circuit", "capped", "zero_window", "neutral_tamper") and rng.random() < 0.35:
        at_work &= (rng.random(days) < rng.uniform(0.4, 0.85))[:, None]
    total = legs.sum(axis=0)
    nothing = np.ones_like(legs)

    def share(values: Floats) -> Floats:
        return np.broadcast_to(np.where(at_work, values, 1.0), legs.shape).copy()

    if kind == "hook_up":
        taken = rng.uniform(0.4, 0.9)
        moved = taken * np.maximum(heavy, 0.5 * total) / np.maximum(total, 1e-9)
        hooked = np.where(at_work, np.clip(moved, 0.0, 0.95), 0.0)
        return Attack(kind, first, nothing, nothing, hooked)
    if kind == "wrong_ct_ratio":
        return Attack(kind, 0, nothing, nothing, ratio=float(rng.choice([1.5, 2.0, 3.0])))
    if kind in ("current_shorted", "dead_phase"):
        leg = int(rng.integers(0, count))
        left = float(rng.choice([0.02, 1 / 3, 2 / 3])) if kind == "current_shorted" else 0.0
        counted = nothing.copy()
        counted[leg][at_work] = left
        if kind == "dead_phase":
            return Attack(kind, first, counted, nothing, dead_phase=leg)
        return Attack(kind, first, counted, counted)
    counted = share(counted_share(rng, kind, total, heavy, at_work))
    by_meter = kind in ("slow_meter", "mean_noisily", "reversed_day")
    by_meter |= kind in ("scaled", "scaled_noisily", "shifted") and rng.random() < 0.25
    return Attack(kind, first, counted, nothing if by_meter else counted, is_neutral_whole=kind == "neutral_tamper")


def counted_share(rng: np.random.Generator, kind: str, total: Floats, heavy: Floats, at_work: Flags) -> Floats:
    """Return which share of the power is counted while the theft is at work, shape (D, 96).

    Args:
        rng: chance.
        kind: a way that touches the whole customer.
        total: true power, shape (D, 96), kW.
        heavy: what circuits of their own draw of it, same shape.
        at_work: slots the theft is at work, same shape: quantiles and means are taken there.
    """
    days = len(total)
    busy = total[at_work] if at_work.any() else total.ravel()
    if kind == "slow_meter":
        return np.full_like(total, rng.uniform(0.5, 0.9))
    if kind == "scaled":
        return np.full_like(total, rng.uniform(0.1, 0.7))
    if kind == "scaled_noisily":
        return rng.uniform(rng.uniform(0.1, 0.4), 0.9, total.shape)
    if kind == "neutral_tamper":
        return np.repeat(rng.uniform(0.05, 0.55, (days, 1)), SLOTS, axis=1)
    if kind == "zero_use":
        return np.full_like(total, rng.choice([0.0, 0.02]))
    if kind == "zero_window":
        begins, hours = rng.uniform(0, 22), rng.uniform(6, 13)
        hour = (np.arange(SLOTS) / 4.0 - begins) % 24.0
        return np.tile(np.where(hour < hours, 0.0, 1.0), (days, 1))
    if kind == "bypassed_circuit":
        # A circuit of its own goes by, in part of the hours; without one, most of what lies above the base.
        above = np.maximum(total - np.quantile(busy, 0.15), 0.0)
        circuit = np.minimum(np.maximum(heavy, 0.75 * above), total) * rng.uniform(0.7, 1.0)
        hour = (np.arange(SLOTS) / 4.0 - rng.uniform(0, 24)) % 24.0
        chosen = hour < rng.choice([24.0, 24.0, 10.0, 14.0])
        counted = total - circuit * chosen[None, :]
    elif kind == "capped":
        counted = np.minimum(total, max(float(np.quantile(busy, rng.uniform(0.3, 0.75))), 0.05))
    elif kind == "shifted":
        counted = np.maximum(total - float(np.quantile(busy, rng.uniform(0.4, 0.8))), 0.0)
    elif kind == "mean_noisily":
        counted = busy.mean() * rng.uniform(0.15, 0.85, total.shape)
    elif kind == "reversed_day":
        counted = total[:, ::-1]
    else:
        raise ValueError(f"no such way of stealing: {kind}")
    return np.asarray(counted / np.maximum(total, 1e-6))
