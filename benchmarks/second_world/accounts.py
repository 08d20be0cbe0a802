"""Who hangs on an area: classes, meters, what befalls them, and who steals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.second_world.attacks import Attack, draw_attack, draw_kind
from benchmarks.second_world.loads import (
    Load,
    car_load,
    farm_load,
    home_load,
    office_load,
    shop_load,
    solar_output,
    steady_load,
    workshop_load,
)
from benchmarks.second_world.surroundings import SLOTS, Clock, Floats, Weather, wander

THEFT_SHARE: Final = 0.04
CLASSES: Final[dict[str, tuple[str, Callable[..., Load], float]]] = {
    "home": ("residential", home_load, 0.06),
    "shop": ("commercial", shop_load, 0.45),
    "workshop": ("industrial", workshop_load, 1.0),
    "farm": ("agricultural", farm_load, 0.7),
    "office": ("public", office_load, 0.8),
    "machine": ("commercial", steady_load, 0.3),
}
"""Kind of customer -> class in the archive, what it uses, share with a three-phase meter."""
FLAVOURS: Final = (
    ("town", 0.5, (0.86, 0.1, 0.005, 0.0, 0.015, 0.02)),
    ("village", 0.35, (0.84, 0.04, 0.02, 0.07, 0.015, 0.015)),
    ("market", 0.15, (0.55, 0.3, 0.09, 0.01, 0.02, 0.03)),
)
BENIGN: Final = {
    "vacancy": 0.025,
    "tenant_change": 0.025,
    "second_home": 0.02,
    "load_limiter": 0.015,
    "timer_load": 0.02,
    "solar": 0.03,
    "ev": 0.035,
    "meter_exchange": 0.02,
    "missing_reads": 0.03,
    "clock_skew": 0.015,
}
HOME_ONLY: Final = frozenset({"second_home", "ev"})
FAULTS: Final = {"stopped": 0.004, "fast": 0.003, "slow_fault": 0.002}
RATIOS: Final = (10.0, 15.0, 20.0, 30.0, 40.0, 60.0)
CT_FROM_KW: Final = 30.0
ONE_PHASE_KW: Final = 12.5
"""Who may draw or feed in more gets three phases."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer and what really happens at its meter.

    Attributes:
        kind: of `CLASSES`.
        legs: phases it hangs on, one or three of 0, 1, 2.
        power: true power of each leg, a hook-up's share taken out, shape (legs, D, 96), kW; negative = fed in.
        hooked: what it draws before its meter, shape (D, 96), kW.
        solar: what a solar meter of its own feeds in, shape (D, 96), kW, all zero without one.
        ratio: true ratio of its current transformers, 1 without.
        benign: what befalls it that is no theft, "" = nothing.
        benign_day: day from which.
        fault: what is wrong with its meter, "" = nothing.
        fault_day: day from which.
        attack: how it steals.
        usual_kw: mean power without theft or event, for bills of earlier months.
    """

    kind: str
    legs: tuple[int, ...]
    power: Floats
    hooked: Floats
    solar: Floats
    ratio: float
    benign: str
    benign_day: int
    fault: str
    fault_day: int
    attack: Attack | None
    usual_kw: float


def draw_accounts(rng: np.random.Generator, clock: Clock, weather: Weather) -> list[Account]:
    """Draw the customers of one area."""
    count = int(np.clip(rng.normal(48.0, 12.0), 22, 85))
    flavour = FLAVOURS[int(rng.choice(len(FLAVOURS), p=[one[1] for one in FLAVOURS]))]
    kinds = rng.choice(list(CLASSES), size=count, p=flavour[2])
    befalls = rng.choice([*BENIGN, ""], size=count, p=[*BENIGN.values(), 1.0 - sum(BENIGN.values())])
    found: list[Account] = []
    for kind, (_, draw, three_phase) in CLASSES.items():
        rows = np.flatnonzero(kinds == kind)
        if not len(rows):
            continue
        away = None
        if kind == "home":
            second = befalls[rows] == "second_home"
            visited = rng.random((len(rows), clock.days // 7 + 2)).repeat(7, axis=1)[:, : clock.days] < 0.5
            away = second[:, None] & ~(clock.weekend[None, :] & visited)
            load = draw(rng, clock, weather, len(rows), away=away)
        else:
            load = draw(rng, clock, weather, len(rows))
        for at, row in enumerate(rows):
            benign = str(befalls[row])
            if kind != "home" and benign in HOME_ONLY:
                benign = ""
            wide = bool(rng.random() < three_phase)
            scale = float(rng.uniform(1.2, 2.5)) if kind == "home" and wide else 1.0
            one = Load(load.total[at] * scale, load.heavy[at] * scale)
            found.append(_draw_account(rng, clock, weather, kind, one, benign, is_three_phase=wide))
    return [found[row] for row in rng.permutation(len(found))]


def _draw_account(
    rng: np.random.Generator,
    clock: Clock,
    weather: Weather,
    kind: str,
    load: Load,
    benign: str,
    *,
    is_three_phase: bool,
) -> Account:
    usual = float(load.total.mean())
    day = int(rng.integers(10, clock.days - 10))
    total, heavy, fed = _befall(rng, clock, weather, kind, load, benign, day)
    is_three_phase = is_three_phase or float(max(total.max(), fed.max())) > ONE_PHASE_KW
    legs = (0, 1, 2) if is_three_phase else (int(rng.integers(0, 3)),)
    power = _split(rng, total, len(legs))
    peak = float(total.max())
    ratio = float(next((r for r in RATIOS if r * 4.0 > peak * 1.3), RATIOS[-1])) if peak > CT_FROM_KW else 1.0
    if not is_three_phase:
        ratio = 1.0
    fault = str(rng.choice([*FAULTS, ""], p=[*FAULTS.values(), 1.0 - sum(FAULTS.values())]))
    # Large customers steal more often; who feeds in does not.
    inclined = THEFT_SHARE * np.clip(0.35 + 1.6 * usual, 0.35, 2.2) if benign != "solar" and not fault else 0.0
    attack, hooked = None, np.zeros_like(total)
    if rng.random() < inclined:
        how = draw_kind(rng, is_three_phase=is_three_phase, has_transformers=ratio > 1.0)
        attack = draw_attack(rng, how, power, np.minimum(heavy, total))
        if attack.hooked.size:
            hooked = total * attack.hooked
            power = power * (1.0 - attack.hooked)
        ratio *= attack.ratio
    separate = fed if benign == "solar" and rng.random() < 0.4 else np.zeros_like(total)
    if not separate.any():
        power = power - fed[None] / len(legs)
    return Account(
        kind=kind,
        legs=legs,
        power=power,
        hooked=hooked,
        solar=separate,
        ratio=ratio,
        benign=benign,
        benign_day=day if benign else 0,
        fault=fault,
        fault_day=day if fault else 0,
        attack=attack,
        usual_kw=usual,
    )


def _befall(
    rng: np.random.Generator, clock: Clock, weather: Weather, kind: str, load: Load, benign: str, day: int
) -> tuple[Floats, Floats, Floats]:
    """Return total and heavy power after what befalls a customer, and what panels feed in; each (D, 96), kW."""
    total, heavy = load.total.copy(), load.heavy.copy()
    fed = np.zeros_like(total)
    if benign == "vacancy":
        end = clock.days if rng.random() < 0.6 else day + int(rng.integers(8, 40))
        left = float(rng.choice([0.0, 0.004, 0.03, 0.06]))
        total[day:end], heavy[day:end] = left * rng.uniform(0.8, 1.2, total[day:end].shape), 0.0
    elif benign == "tenant_change":
        other = CLASSES[kind][1](rng, clock, weather, 1)
        gap = int(rng.integers(0, 10))
        size = float(rng.lognormal(0.0, 0.5))
        total[day:], heavy[day:] = other.total[0, day:] * size, other.heavy[0, day:] * size
        total[day : day + gap], heavy[day : day + gap] = 0.01, 0.0
    elif benign == "load_limiter":
        limit = float(np.quantile(total, rng.uniform(0.7, 0.95))) + 0.05
        since = day if rng.random() < 0.5 else 0
        total[since:] = np.minimum(total[since:], limit)
    elif benign == "timer_load":
        begins, hours = rng.uniform(0, 22), rng.uniform(3, 9)
        hour = (np.arange(SLOTS) / 4.0 - begins) % 24.0
        if rng.random() < 0.5:  # a clock that switches everything off ...
            total[:, hour < hours], heavy[:, hour < hours] = 0.0, 0.0
        else:  # ... or something on
            extra = float(rng.uniform(0.5, 2.5))
            total[:, hour < hours] += extra
            heavy[:, hour < hours] += extra
    elif benign == "ev":
        car = car_load(rng, clock, first_day=day if rng.random() < 0.6 else 0)
        total, heavy = total + car, heavy + car
    elif benign == "solar":
        fed = solar_output(rng, weather, rated_kw=float(rng.choice([3.0, 5.0, 8.0, 12.0])))
        if rng.random() < 0.4:
            fed[:day] = 0.0
    return total, np.minimum(heavy, total), fed


def _split(rng: np.random.Generator, total: Floats, legs: int) -> Floats:
    """Return the power of each leg: three phases are never quite alike."""
    if legs == 1:
        return total[None]
    lean = 0.25 * rng.normal(size=(3, 1)) + 0.2 * wander(rng, (3, total.size), memory=0.97)
    share = np.exp(lean)
    share /= share.sum(axis=0)
    return np.asarray(share.reshape(3, *total.shape) * total[None])
