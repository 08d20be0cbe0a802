"""What happens to each customer: theft, harmless look-alike, metering fault, error of the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.attacks import Theft, draw_kind, draw_theft
from lamplighter.simulation.people import Customer, Kind, read_population
from lamplighter.simulation.settings import SimulationSettings

FloatArray = npt.NDArray[np.float64]


class Benign(StrEnum):
    """A harmless thing that looks like theft."""

    VACANCY = "vacancy"
    TENANT_CHANGE = "tenant_change"
    SECOND_HOME = "second_home"
    LOAD_LIMITER = "load_limiter"
    TIMER_LOAD = "timer_load"
    FLAT_MACHINE = "flat_machine"
    EV = "ev"
    SOLAR = "solar"
    METER_EXCHANGE = "meter_exchange"
    MISSING_READS = "missing_reads"
    WRONG_AREA = "wrong_area"
    CLOCK_SKEW = "clock_skew"


class Fault(StrEnum):
    """A defect of the meter or an error of the archive; nobody means it."""

    STOPPED = "stopped"
    SLOW = "slow"
    PHASE_VOLTAGE_LOST = "phase_voltage_lost"
    WRONG_RATIO = "wrong_ratio"
    WRONG_PHASE = "wrong_phase"


@dataclass(frozen=True, kw_only=True)
class Spell:
    """A stretch of days [onset_day, end_day) with a strength whose meaning belongs to the kind."""

    onset_day: int
    end_day: int
    strength: float


@dataclass(frozen=True, kw_only=True)
class Fate:
    """Everything out of the ordinary about one customer."""

    theft: Theft | None = None
    benign: Mapping[Benign, Spell] = field(default_factory=dict)
    fault: tuple[Fault, Spell] | None = None


_FOUND_SHARE = 0.12  # of thefts are found and ended by the company within the simulated days
_MAY_STEAL = (Kind.HOME, Kind.SHOP, Kind.WORKSHOP, Kind.FARM)
_STEALS_MORE = {Kind.SHOP: 1.7, Kind.WORKSHOP: 2.2, Kind.FARM: 1.2}
_FOR_HOMES = (Benign.VACANCY, Benign.SECOND_HOME, Benign.LOAD_LIMITER, Benign.EV, Benign.SOLAR)
_FOR_WORK = (Benign.TIMER_LOAD, Benign.FLAT_MACHINE)


def draw_fates(
    *, customers: tuple[Customer, ...], settings: SimulationSettings, rng: np.random.Generator
) -> tuple[Fate, ...]:
    """Return the fate of each customer of one area.

    Thieves come in clusters: the rate of an area is drawn around the company's, so that some areas have none and
    some several.
    """
    area_rate = settings.theft_rate * float(rng.gamma(1.4, 1 / 1.4))
    return tuple(_draw_fate(customer, area_rate=area_rate, settings=settings, rng=rng) for customer in customers)


def redraw_archive_errors(
    *,
    customers: tuple[Customer, ...],
    fates: tuple[Fate, ...],
    settings: SimulationSettings,
    rng: np.random.Generator,
) -> tuple[Fate, ...]:
    """Return the fates with as many wrong areas and phases as the settings ask for, instead of the population's.

    An archive does not know who steals: thieves are on the wrong area as often as anybody.
    """
    return tuple(
        _redraw_archive_errors(customer, fate, settings=settings, draw=rng.uniform(size=3))
        for customer, fate in zip(customers, fates, strict=True)
    )


def _redraw_archive_errors(customer: Customer, fate: Fate, *, settings: SimulationSettings, draw: FloatArray) -> Fate:
    always = Spell(onset_day=0, end_day=settings.days, strength=float(draw[2]))
    is_customer = customer.kind is not Kind.SOLAR_PLANT
    if settings.wrong_area_share is not None:
        benign: dict[Benign, Spell] = dict(fate.benign)
        benign.pop(Benign.WRONG_AREA, None)
        if is_customer and draw[0] < settings.wrong_area_share:
            benign[Benign.WRONG_AREA] = always
        fate = replace(fate, benign=benign)
    if settings.wrong_phase_share is not None:
        fault = None if fate.fault is not None and fate.fault[0] is Fault.WRONG_PHASE else fate.fault
        if fault is None and is_customer and customer.wiring == "1P" and draw[1] < settings.wrong_phase_share:
            fault = (Fault.WRONG_PHASE, always)
        fate = replace(fate, fault=fault)
    return fate


def _draw_fate(customer: Customer, *, area_rate: float, settings: SimulationSettings, rng: np.random.Generator) -> Fate:
    draw = rng.uniform(size=4)
    # Thieves of the kinds that steal more are more; the mean over a usual mix stays near the rate asked for.
    facts = read_population()["kind"][customer.kind.value]
    size = float(np.clip((customer.mean_kw / facts["median_kw"][customer.wiring]) ** 0.6, 0.6, 2.0))
    rate = min(0.9, 0.95 * size * area_rate * _STEALS_MORE.get(customer.kind, 0.93))
    rate = rate if customer.kind in _MAY_STEAL else 0.0
    theft = _draw_theft(customer, settings=settings, rng=rng) if draw[0] < rate else None
    benign = _draw_benign(customer, settings=settings, rng=rng, draw=float(draw[1]))
    if theft is not None:
        # A thief's own look-alikes are only those that are built in: the car, the roof, the meter's clock and radio.
        built_in = (Benign.EV, Benign.SOLAR, Benign.MISSING_READS, Benign.CLOCK_SKEW)
        benign = {kind: spell for kind, spell in benign.items() if kind in built_in}
    may_fail = customer.kind is not Kind.SOLAR_PLANT and theft is None and not benign
    fault = _draw_fault(customer, settings=settings, rng=rng, draw=float(draw[2])) if may_fail else None
    return Fate(theft=theft, benign=benign, fault=fault)


def _draw_theft(customer: Customer, *, settings: SimulationSettings, rng: np.random.Generator) -> Theft:
    kind = draw_kind(wiring=customer.wiring, rng=rng)
    theft = draw_theft(
        kind=kind,
        wiring=customer.wiring,
        days=settings.days,
        slots=settings.slots,
        rng=rng,
        subtlety=settings.subtlety,
    )
    is_found, days_until_found = float(rng.uniform()) < _FOUND_SHARE, int(rng.integers(12, 45))
    end_day = theft.onset_day + days_until_found
    return replace(theft, end_day=end_day) if is_found and end_day < settings.days - 5 else theft


def _draw_benign(
    customer: Customer, *, settings: SimulationSettings, rng: np.random.Generator, draw: float
) -> dict[Benign, Spell]:
    shares = read_population()["benign_share"]
    scale = 0.5 + settings.difficulty
    chosen: dict[Benign, Spell] = {}
    for name, share in shares.items():
        kind, is_drawn = Benign(name), float(rng.uniform()) < share * scale
        spell = _draw_spell(kind, settings=settings, rng=rng)
        if is_drawn and _is_fit(kind, customer):
            chosen[kind] = spell
    # One story a customer is enough, except for what is bolted on.
    keep = [k for k in chosen if k in (Benign.EV, Benign.SOLAR)] + [
        k for k in chosen if k not in (Benign.EV, Benign.SOLAR)
    ][: 1 if draw < 0.9 else 2]
    return {kind: chosen[kind] for kind in keep}


def _is_fit(kind: Benign, customer: Customer) -> bool:
    if customer.kind is Kind.SOLAR_PLANT:
        return kind in (Benign.METER_EXCHANGE, Benign.MISSING_READS)
    if kind in _FOR_HOMES:
        return customer.kind is Kind.HOME or (kind is Benign.VACANCY and customer.kind is Kind.SHOP)
    if kind in _FOR_WORK:
        return customer.kind in (Kind.SHOP, Kind.FARM, Kind.WORKSHOP)
    if kind is Benign.TENANT_CHANGE:
        return customer.kind in (Kind.HOME, Kind.SHOP, Kind.WORKSHOP)
    return True


def _draw_spell(kind: Benign, *, settings: SimulationSettings, rng: np.random.Generator) -> Spell:
    days = settings.days
    onset = int(rng.integers(0, max(1, int(days * 0.9))))
    length = int(rng.integers(10, 80))
    strength = float(rng.uniform())
    if kind is Benign.MISSING_READS:
        length = int(rng.integers(2, 12))
    elif kind not in (Benign.VACANCY, Benign.LOAD_LIMITER):
        length = days
    if kind in (Benign.SECOND_HOME, Benign.EV, Benign.SOLAR, Benign.WRONG_AREA, Benign.CLOCK_SKEW, Benign.TIMER_LOAD):
        # Mostly there all along; some arrive in the middle, as a new car or a new roof does.
        onset = 0 if strength < 0.75 else onset
    return Spell(onset_day=onset, end_day=min(days, onset + length), strength=strength)


def _draw_fault(
    customer: Customer, *, settings: SimulationSettings, rng: np.random.Generator, draw: float
) -> tuple[Fault, Spell] | None:
    shares = read_population()["fault_share"]
    onset = int(rng.integers(0, max(1, int(settings.days * 0.8))))
    strength = float(rng.uniform())
    if customer.wiring == "CT" and draw < shares["wrong_ratio"]:
        return Fault.WRONG_RATIO, Spell(onset_day=0, end_day=settings.days, strength=strength)
    if customer.wiring == "1P" and draw < shares["wrong_phase"]:
        return Fault.WRONG_PHASE, Spell(onset_day=0, end_day=settings.days, strength=strength)
    draw -= 0.05
    if 0 <= draw < shares["stopped"]:
        return Fault.STOPPED, Spell(onset_day=onset, end_day=settings.days, strength=strength)
    draw -= shares["stopped"]
    if 0 <= draw < shares["slow"]:
        return Fault.SLOW, Spell(onset_day=onset, end_day=settings.days, strength=strength)
    draw -= shares["slow"]
    if 0 <= draw < shares["phase_voltage_lost"] * 8 and customer.wiring != "1P":
        return Fault.PHASE_VOLTAGE_LOST, Spell(onset_day=onset, end_day=settings.days, strength=strength)
    return None
