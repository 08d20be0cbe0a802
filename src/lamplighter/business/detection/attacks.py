"""The catalogue of thefts: what each does to the energy a meter registers, as pure functions on arrays.

Two rooms use it: detection injects thefts into honest customers to make training data, and the simulated
company has thieves that do the same. Names and meanings are versioned: a kind never changes its arithmetic under
the same ``CATALOGUE_VERSION``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class AttackKind(StrEnum):
    """One way to steal; the value is stored in truth and training tables."""

    SCALE = "scale"
    CAP = "cap"
    SUBTRACT = "subtract"
    ZERO_WINDOW = "zero_window"
    RANDOM_SCALE = "random_scale"
    RANDOM_MEAN = "random_mean"
    MEAN = "mean"
    REVERSED_DAY = "reversed_day"
    BYPASS_HOURS = "bypass_hours"
    CT_SHORT = "ct_short"
    SLOW_METER = "slow_meter"
    NEUTRAL_TAMPER = "neutral_tamper"
    HOOK_UP = "hook_up"
    CT_RATIO = "ct_ratio"
    DEAD_PHASE_VOLTAGE = "dead_phase_voltage"
    ZERO_USE_LIVE = "zero_use_live"


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One entry of the catalogue.

    Attributes:
        kind: its name.
        meaning_of_theta: what the drawn strength is.
        theta_choices: the values θ can take, or its two bounds when ``is_theta_continuous``.
        is_theta_continuous: whether θ is drawn between the bounds.
        wiring: the meters it can be done to: "1P", "3P" (any three-phase) or "CT" (behind current transformers).
        keeps_energy: only the time of use is falsified (tariff arbitrage): the kWh of the day stay.
        has_window: it works in a daily window only.
        hides_current: the meter's current register is reduced together with its energy.
        weight: how often it is drawn among the kinds possible at a meter.
    """

    kind: AttackKind
    meaning_of_theta: str
    theta_choices: tuple[float, ...]
    is_theta_continuous: bool
    wiring: tuple[str, ...]
    keeps_energy: bool
    has_window: bool
    hides_current: bool
    weight: float


def _read_catalogue() -> tuple[str, Mapping[AttackKind, Attack]]:
    """Read ``attacks.toml`` beside this module: the strengths are data, the arithmetic is below."""
    table = tomllib.loads(files(__package__).joinpath("attacks.toml").read_text(encoding="utf-8"))
    entries = {}
    for row in table["attack"]:
        row["kind"] = AttackKind(row["kind"])
        row["theta_choices"], row["wiring"] = tuple(row["theta_choices"]), tuple(row["wiring"])
        entries[row["kind"]] = Attack(**row)
    return str(table["version"]), MappingProxyType(entries)


CATALOGUE_VERSION, CATALOGUE = _read_catalogue()


@dataclass(frozen=True, kw_only=True)
class Theft:
    """One drawn theft.

    Attributes:
        kind: which attack.
        theta: its strength, in the meaning the catalogue gives.
        onset_day: index of the first day it works; 0 = from the start.
        end_day: index of the first day it no longer works (found and mended); the number of days when it goes on.
        from_slot: first slot of the daily window.
        slots_long: length of the window in slots; it may pass midnight.
        seed: seeds the random shares of the kinds that have them, so that a theft can be repeated exactly.
    """

    kind: AttackKind
    theta: float
    onset_day: int
    end_day: int
    from_slot: int
    slots_long: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class TheftEffect:
    """What the meter registers and what was drawn beside it.

    Attributes:
        registered_kwh: what the meter registers, shape (days, slots).
        extra_kwh: use that exists only because of the theft (a hooked-up load), same shape.
        stolen_kwh: true + extra − registered, same shape; negative intervals occur where only time is falsified.
    """

    registered_kwh: FloatArray
    extra_kwh: FloatArray
    stolen_kwh: FloatArray


class AttackNotPossible(ValueError):
    """The attack asks for wiring this meter does not have."""

    def __init__(self, kind: AttackKind, *, wiring: str) -> None:
        self.kind, self.wiring = kind, wiring
        super().__init__(f"'{kind}' cannot be done to a meter wired {wiring}. Draw from list_possible(wiring=...).")


def list_possible(*, wiring: str) -> tuple[AttackKind, ...]:
    """Return the kinds that can be done to a meter wired "1P", "3P" or "CT".

    Example:
        >>> AttackKind.NEUTRAL_TAMPER in list_possible(wiring="3P")
        False
    """
    return tuple(kind for kind, attack in CATALOGUE.items() if wiring in attack.wiring)


def draw_kind(*, wiring: str, rng: np.random.Generator) -> AttackKind:
    """Return a kind possible at this wiring, drawn by the catalogue's weights."""
    kinds = list_possible(wiring=wiring)
    weight = np.array([CATALOGUE[kind].weight for kind in kinds])
    return kinds[int(rng.choice(len(kinds), p=weight / weight.sum()))]


def draw_theft(
    *,
    kind: AttackKind,
    wiring: str,
    days: int,
    slots: int,
    rng: np.random.Generator,
    first_onset_day: int = 0,
    subtlety: float = 0.0,
) -> Theft:
    """Return a theft of this kind with strength, onset and window drawn.

    Args:
        kind: which attack.
        wiring: "1P", "3P" or "CT".
        days: length of the series it will be injected into.
        slots: intervals of a day.
        rng: the only source of chance.
        first_onset_day: no onset before this day, except that three in ten thefts run from day 0 when this is 0.
        subtlety: 0 draws θ from its whole range; 1 from the weaker half of the range only.

    Raises:
        AttackNotPossible: the kind does not fit the wiring.

    Example:
        >>> rng = np.random.default_rng(7)
        >>> theft = draw_theft(kind=AttackKind.SLOW_METER, wiring="1P", days=90, slots=96, rng=rng)
        >>> 0.5 <= theft.theta <= 0.95 and 0 <= theft.onset_day < 90
        True
    """
    attack = CATALOGUE[kind]
    if wiring not in attack.wiring:
        raise AttackNotPossible(kind, wiring=wiring)
    return Theft(
        kind=kind,
        theta=_draw_theta(attack, rng=rng, subtlety=subtlety),
        onset_day=_draw_onset(days=days, first_onset_day=first_onset_day, rng=rng),
        end_day=days,
        from_slot=int(rng.integers(0, slots)),
        slots_long=int(rng.integers(slots // 6, slots // 2 + 1)),
        seed=int(rng.integers(0, 2**31 - 1)),
    )


def _draw_theta(attack: Attack, *, rng: np.random.Generator, subtlety: float) -> float:
    if not attack.is_theta_continuous:
        return float(rng.choice(np.array(attack.theta_choices)))
    low, high = attack.theta_choices
    share = float(rng.uniform(0.0, 1.0))
    # A high θ is a weak theft where θ is what is still registered, and a strong one where θ is what is taken.
    is_theta_taken = attack.kind in (AttackKind.SUBTRACT, AttackKind.BYPASS_HOURS, AttackKind.HOOK_UP)
    share = share * (1.0 - 0.5 * subtlety) if is_theta_taken else 0.5 * subtlety + share * (1.0 - 0.5 * subtlety)
    return low + (high - low) * share


def _draw_onset(*, days: int, first_onset_day: int, rng: np.random.Generator) -> int:
    from_start, drawn = float(rng.uniform()) < 0.3, float(rng.uniform())
    if from_start and first_onset_day == 0:
        return 0
    last = max(first_onset_day + 1, int(0.75 * days))
    return min(days - 1, first_onset_day + int(drawn * (last - first_onset_day)))


def phase_registration(*, theft: Theft) -> FloatArray:
    """Return what share of each phase a three-phase meter still registers, shape (3,).

    One shorted current transformer or dead voltage leaves two phases (θ = 2/3), two leave one (1/3); θ = 0.02 is
    all three shorted. Every other kind leaves the phases alone.

    Example:
        >>> theft = Theft(kind=AttackKind.CT_SHORT, theta=2 / 3, onset_day=0, end_day=9, from_slot=0,
        ...               slots_long=1, seed=3)
        >>> sorted(phase_registration(theft=theft).tolist())
        [0.02, 1.0, 1.0]
    """
    if theft.kind not in (AttackKind.CT_SHORT, AttackKind.DEAD_PHASE_VOLTAGE):
        return np.ones(3)
    left = 0.02 if theft.kind is AttackKind.CT_SHORT else 0.0
    lost_phases = 3 if theft.theta < 0.1 else round(3 * (1 - theft.theta))
    shares = np.ones(3)
    shares[(theft.seed + np.arange(lost_phases)) % 3] = left
    return shares


def inject_theft(
    *, theft: Theft, true_kwh: npt.NDArray[np.floating], phase_share: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
) -> TheftEffect:
    """Return what the meter registers when this theft is done to this use.

    Args:
        theft: the drawn theft.
        true_kwh: energy used in each interval, shape (days, slots); NaN = not known, stays NaN.
        phase_share: how a three-phase customer's energy lies on its phases.

    Returns:
        Registered, extra and stolen energy; before the onset and after the end registered = true.

    Example:
        A meter slowed to one half from the second day:

        >>> slow = Theft(kind=AttackKind.SLOW_METER, theta=0.5, onset_day=1, end_day=2, from_slot=0,
        ...              slots_long=1, seed=0)
        >>> inject_theft(theft=slow, true_kwh=np.full((2, 2), 4.0)).registered_kwh.tolist()
        [[4.0, 4.0], [2.0, 2.0]]
    """
    true = np.asarray(true_kwh, dtype=np.float64)
    registered, extra = true.copy(), np.zeros_like(true)
    during = slice(theft.onset_day, theft.end_day)
    if true[during].size:
        if theft.kind is AttackKind.HOOK_UP:
            extra[during] = _hook_up(theft, true[during])
        else:
            registered[during] = _register(theft, true[during], np.asarray(phase_share))
    return TheftEffect(registered_kwh=registered, extra_kwh=extra, stolen_kwh=true + extra - registered)


def window_mask(*, theft: Theft, slots: int) -> npt.NDArray[np.bool_]:
    """Return which slots of a day the theft's window covers, shape (slots,); it may pass midnight.

    Example:
        >>> theft = Theft(kind=AttackKind.ZERO_WINDOW, theta=0, onset_day=0, end_day=1, from_slot=3,
        ...               slots_long=2, seed=0)
        >>> window_mask(theft=theft, slots=4).tolist()
        [True, False, False, True]
    """
    return (np.arange(slots) - theft.from_slot) % slots < theft.slots_long


def _register(theft: Theft, true: FloatArray, phase_share: FloatArray) -> FloatArray:
    kind, theta = theft.kind, theft.theta
    match kind:
        case AttackKind.SCALE | AttackKind.SLOW_METER | AttackKind.CT_RATIO:
            return theta * true
        case AttackKind.CT_SHORT | AttackKind.DEAD_PHASE_VOLTAGE:
            return true * float(phase_registration(theft=theft) @ phase_share / phase_share.sum())
        case AttackKind.CAP:
            return np.minimum(true, theta * _quantile(true, 0.95))
        case AttackKind.SUBTRACT:
            return np.maximum(true - theta * _mean(true), 0.0)
        case AttackKind.ZERO_WINDOW:
            return np.where(window_mask(theft=theft, slots=true.shape[1]), 0.0 * true, true)
        case AttackKind.BYPASS_HOURS:
            return np.where(window_mask(theft=theft, slots=true.shape[1]), (1.0 - theta) * true, true)
        case AttackKind.RANDOM_SCALE:
            return true * _random_shares(theft, true.shape)
        case AttackKind.RANDOM_MEAN:
            return _random_shares(theft, true.shape) * _mean(true) + 0.0 * true
        case AttackKind.MEAN:
            return _day_mean(true) + 0.0 * true
        case AttackKind.REVERSED_DAY:
            return true[:, ::-1].copy()
        case AttackKind.NEUTRAL_TAMPER:
            # The device is put in on most days and taken out when a visit is feared.
            is_in = np.random.default_rng(theft.seed).uniform(size=(true.shape[0], 1)) < 0.75
            return np.where(is_in, theta * true, true)
        case AttackKind.ZERO_USE_LIVE:
            return 0.0 * true
        case AttackKind.HOOK_UP:
            return true
    raise AssertionError(f"no arithmetic for {kind}")


def _hook_up(theft: Theft, true: FloatArray) -> FloatArray:
    rng = np.random.default_rng(theft.seed)
    is_on_today = rng.uniform(size=(true.shape[0], 1)) < 0.8
    level = rng.uniform(0.7, 1.3, size=true.shape)
    is_on = window_mask(theft=theft, slots=true.shape[1]) & is_on_today
    return np.where(is_on, theft.theta * _mean(true) * level, 0.0)


def _random_shares(theft: Theft, shape: tuple[int, ...]) -> FloatArray:
    return np.random.default_rng(theft.seed).uniform(theft.theta, theft.theta + 0.5, size=shape)


def _mean(values: FloatArray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def _quantile(values: FloatArray, share: float) -> float:
    return float(np.nanquantile(values, share)) if np.isfinite(values).any() else 0.0


def _day_mean(values: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1, keepdims=True)
    return np.asarray(total / np.maximum(known.sum(axis=1, keepdims=True), 1), dtype=np.float64)
