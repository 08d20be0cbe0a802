"""True loads: what each customer uses and what its roof gives, quarter hour by quarter hour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.simulation.calendar import Calendar, Weather
from lamplighter.simulation.fates import Benign, Fate, Spell
from lamplighter.simulation.noise import draw_lasting_noise
from lamplighter.simulation.people import Customer, Kind
from lamplighter.simulation.profiles import ProfileLibrary
from lamplighter.simulation.shapes import draw_shape, sun_shape

Load = npt.NDArray[np.float32]

_GROUP = {Kind.HOME: "home", Kind.SHOP: "shop", Kind.WORKSHOP: "workshop", Kind.FARM: "farm"}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all customers of an area share.

    Attributes:
        calendar: the days.
        weather: of the county.
        library: measured profiles.
        source_day: day of the library that stands for each simulated day, shape (days,).
        slots: intervals of a day.
        is_village: whether people come home for the Spring Festival rather than leave.
    """

    calendar: Calendar
    weather: Weather
    library: ProfileLibrary
    source_day: npt.NDArray[np.int64]
    slots: int
    is_village: bool


def draw_use(*, customer: Customer, fate: Fate, around: Surroundings, rng: np.random.Generator) -> Load:
    """Return what the customer uses, kW, shape (days, slots); theft changes nothing here, look-alikes do."""
    if customer.kind is Kind.SOLAR_PLANT:
        return np.full((len(around.calendar.days), around.slots), customer.mean_kw, dtype=np.float32)
    use = _draw_base(customer, around=around, rng=rng)
    if customer.kind in (Kind.HOME, Kind.SHOP):
        use += _draw_heating(customer, around=around, rng=rng)
    if customer.kind is Kind.HOME:
        _live_through_festival(use, around=around, rng=rng)
    for kind, spell in fate.benign.items():
        use = _apply_lookalike(use, kind=kind, spell=spell, customer=customer, around=around, rng=rng)
    ceiling = np.float32(1.15 * customer.contract_kw)
    return np.minimum(np.maximum(use, np.float32(0.0)), ceiling)


def draw_solar(*, customer: Customer, fate: Fate, around: Surroundings, rng: np.random.Generator) -> Load | None:
    """Return what the customer's roof gives, kW, shape (days, slots); none for a customer without solar."""
    is_plant = customer.kind is Kind.SOLAR_PLANT
    spell = fate.benign.get(Benign.SOLAR)
    if not is_plant and spell is None:
        return None
    low, high = (8.0, 22.0) if is_plant and customer.phase < 0 else (3.0, 8.0)
    rated = float(rng.uniform(low, high))
    shape = sun_shape(calendar=around.calendar, weather=around.weather, slots=around.slots, rng=rng)
    out = np.asarray(rated * 0.86 * shape, dtype=np.float32)
    if spell is not None:
        out[: spell.onset_day] = 0.0
    return out


def _draw_base(customer: Customer, *, around: Surroundings, rng: np.random.Generator) -> Load:
    days = len(around.calendar.days)
    profiles = around.library.groups.get(_GROUP.get(customer.kind, ""))
    is_measured = profiles is not None and (customer.kind is Kind.HOME or float(rng.uniform()) < 0.5)
    if profiles is not None and is_measured:
        shape = _mix_profiles(profiles, around=around, rng=rng)
    else:
        shape = draw_shape(kind=customer.kind, calendar=around.calendar, slots=around.slots, rng=rng)
    noise = _draw_noise(days=days, slots=around.slots, rough=0.12 if is_measured else 0.06, rng=rng)
    if customer.kind in (Kind.LIGHTING, Kind.TELECOM):
        noise = 1.0 + 0.15 * (noise - 1.0)
    use = np.asarray(customer.mean_kw * shape * noise, dtype=np.float32)
    if customer.kind is Kind.HOME:
        _add_appliances(use, customer=customer, rng=rng)
    return use


def _mix_profiles(profiles: npt.NDArray[np.float32], *, around: Surroundings, rng: np.random.Generator) -> Load:
    """Mix two measured customers, each moved by whole weeks and by some minutes, so that no two results are equal."""
    count, source_days = profiles.shape[:2]
    first, second = (int(k) for k in rng.integers(0, count, 2))
    weight = float(rng.uniform(0.7, 1.0)) if count > 20 else float(rng.uniform(0.55, 1.0))
    mixed = np.zeros((around.source_day.size, around.slots), dtype=np.float32)
    for number, share in ((first, weight), (second, 1.0 - weight)):
        days = (around.source_day + 7 * int(rng.integers(-5, 6))) % (source_days // 7 * 7)
        moved = np.roll(profiles[number, days].ravel(), int(rng.integers(-3, 4)))
        mixed += np.float32(share) * moved.reshape(mixed.shape)
    return mixed


def _draw_noise(*, days: int, slots: int, rough: float, rng: np.random.Generator) -> Load:
    """Return a positive factor around 1: slow drift of habits over days times short-lived roughness."""
    drift = draw_lasting_noise(size=days, gain=0.056, memory=0.88, rng=rng)
    short = draw_lasting_noise(size=days * slots, gain=0.6, memory=0.8, rng=rng).reshape(days, slots)
    return np.asarray(np.exp(drift[:, None] + rough * short - 0.5 * (rough**2 + 0.1**2)), dtype=np.float32)


def _add_appliances(use: Load, *, customer: Customer, rng: np.random.Generator) -> None:
    """Add cooking and water heating: short spikes at the household's own hours."""
    days, slots = use.shape
    per_hour = slots / 24
    for hour, spread in ((7.2, 0.7), (12.0, 0.6), (18.6, 0.9), (21.0, 1.0)):
        is_on = rng.uniform(size=days) < 0.55
        start = np.clip((rng.normal(hour, spread, days) * per_hour).astype(int), 0, slots - 2)
        power = rng.uniform(0.3, 1.6) * min(2.0, 0.5 + customer.mean_kw * 1.5)
        which = np.flatnonzero(is_on)
        for lag in range(int(rng.integers(1, 3))):
            use[which, np.minimum(start[which] + lag, slots - 1)] += np.float32(power * rng.uniform(0.4, 1.0))


def _draw_heating(customer: Customer, *, around: Surroundings, rng: np.random.Generator) -> Load:
    """Return heating and cooling by air conditioner: by the degrees outside comfort, in the hours people are in."""
    days, slots = len(around.calendar.days), around.slots
    owns = float(rng.uniform())
    if owns < 0.3:
        return np.zeros((days, slots), dtype=np.float32)
    cold = np.maximum(13.0 + float(rng.normal(0, 2)) - around.weather.mean_c, 0.0)
    hot = np.maximum(around.weather.mean_c - 26.0 + float(rng.normal(0, 1.5)), 0.0)
    hours = np.arange(slots) * 24 / slots
    centre = 13.0 if customer.kind is Kind.SHOP else float(rng.choice([20.5, 22.0, 7.0]))
    at_home = np.exp(-0.5 * (((hours - centre + 12) % 24 - 12) / float(rng.uniform(1.8, 4.0))) ** 2)
    wanted = (0.05 * cold + 0.08 * hot)[:, None] * at_home[None, :] * owns
    is_on = rng.uniform(size=(days, 1)) < 0.85
    size = min(2.5, 0.4 + customer.mean_kw)
    return np.asarray(size * wanted * is_on * rng.uniform(0.6, 1.4, (days, slots)), dtype=np.float32)


def _live_through_festival(use: Load, *, around: Surroundings, rng: np.random.Generator) -> None:
    is_away, share = float(rng.uniform()) < (0.06 if around.is_village else 0.3), float(rng.uniform(1.0, 1.5))
    if is_away:
        use[around.calendar.is_festival] *= np.float32(0.12)
    elif around.is_village:
        use[around.calendar.is_festival] *= np.float32(share)


def _apply_lookalike(
    use: Load, *, kind: Benign, spell: Spell, customer: Customer, around: Surroundings, rng: np.random.Generator
) -> Load:
    during = slice(spell.onset_day, spell.end_day)
    days, slots = use.shape
    match kind:
        case Benign.VACANCY:
            # The refrigerator stays on in most; some turn off the main switch.
            use[during] = use[during] * np.float32(0.0 if spell.strength < 0.3 else 0.08 * spell.strength)
        case Benign.TENANT_CHANGE:
            other = _draw_base(customer, around=around, rng=rng)
            use[during] = other[during] * np.float32(np.exp(rng.normal(-0.35, 0.55)))
        case Benign.SECOND_HOME:
            is_here = around.calendar.is_rest & (rng.uniform(size=days) < 0.45) | around.calendar.is_festival
            use[during][~is_here[during]] *= np.float32(0.05)
        case Benign.LOAD_LIMITER:
            limit = float(np.quantile(use, 0.75 + 0.15 * spell.strength))
            use[during] = np.minimum(use[during], np.float32(limit))
        case Benign.TIMER_LOAD:
            hours = (np.arange(slots) - int(rng.integers(0, slots))) % slots < int(rng.integers(slots // 8, slots // 3))
            use[during] = np.float32(0.05 * customer.mean_kw) + hours[None, :] * np.float32(3.0 * customer.mean_kw)
        case Benign.FLAT_MACHINE:
            use[during] = np.float32(customer.mean_kw) * (1 + np.float32(0.01) * rng.standard_normal(use[during].shape))
        case Benign.EV:
            use += _draw_charging(days=days, slots=slots, from_day=spell.onset_day, rng=rng)
        case _:
            # The rest are matters of the meter or the archive, not of the load.
            return use
    return use


def _draw_charging(*, days: int, slots: int, from_day: int, rng: np.random.Generator) -> Load:
    power = float(rng.choice([3.3, 7.0], p=[0.45, 0.55]))
    start = (rng.normal(22.5, 1.4, days) * slots / 24).astype(int)
    length = np.maximum((rng.gamma(3.0, 0.8, days) * slots / 24).astype(int), 1)
    is_on = (rng.uniform(size=days) < 0.45) & (np.arange(days) >= from_day)
    flat = np.zeros(days * slots, dtype=np.float32)
    for day in np.flatnonzero(is_on):
        begin = int(day * slots + start[day])
        flat[begin : begin + int(length[day])] = power
    return flat.reshape(days, slots)
