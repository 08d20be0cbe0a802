"""From the truth of an area to what its meters say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.attacks import AttackKind
from lamplighter.simulation.area import (
    AreaFlow,
    TrueFlow,
    has_reverse_register,
    is_current_hidden,
    lost_voltage_phases,
)
from lamplighter.simulation.fates import Benign, Fault
from lamplighter.simulation.metering import draw_gaps, read_dial, read_energy, round_to_step
from lamplighter.simulation.people import meter_id
from lamplighter.simulation.plan import customer_ratio
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

FloatArray = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]
BoolArray = npt.NDArray[np.bool_]

_PHASES = ("a", "b", "c")


@dataclass(kw_only=True)
class MeterDays:
    """Everything one meter delivered.

    Attributes:
        meter_id: which meter.
        channels: by channel, NaN = missing, shape (days, slots).
        is_absent: days that never arrived, shape (days,).
        is_late: days that arrived later, shape (days,).
        dials: frozen registers by column of the registers file, shape (days + 1,).
        is_frozen: whether the freeze of the day arrived, shape (days + 1,).
    """

    meter_id: str
    channels: dict[str, Values]
    is_absent: BoolArray
    is_late: BoolArray
    dials: dict[str, FloatArray] = field(default_factory=dict)
    is_frozen: BoolArray = field(default_factory=lambda: np.ones(1, dtype=np.bool_))


@cache
def read_metering_facts() -> dict[str, Any]:
    """Return ``data/metering.toml``."""
    return tomllib.loads(files(__package__).joinpath("data/metering.toml").read_text(encoding="utf-8"))


@cache
def period_slots(slots: int) -> dict[str, BoolArray]:
    """Return for each time-of-use period the slots of a day it covers."""
    hours = np.arange(slots) * 24 / slots
    return {
        row["name"]: np.any([(hours >= begin) & (hours < end) for begin, end in row["hours"]], axis=0)
        for row in read_metering_facts()["period"]
    }


def read_customers(*, area: AreaFlow, settings: SimulationSettings) -> Iterator[tuple[TrueFlow, MeterDays]]:
    """Yield what each customer's meter delivered; an exchanged meter gives two."""
    lost_boxes = _draw_lost_boxes(area, settings=settings)
    for flow in area.flows:
        rng = open_stream(seed=settings.seed, purpose="meter", number=flow.customer.number)
        channels = {
            **_read_energies(flow, settings=settings, rng=rng),
            **_read_electrical(flow, area=area, settings=settings, rng=rng),
        }
        wanted = {name: values for name, values in channels.items() if name in settings.channels}
        energy = channels["energy_kwh"].astype(np.float64)
        dials = freeze_dials(energy=energy, reverse=channels.get("reverse_kwh"), settings=settings, rng=rng)
        whole = MeterDays(
            meter_id=meter_id(number=flow.customer.number),
            channels=wanted,
            is_absent=lost_boxes[flow.customer.box].copy(),
            is_late=np.zeros(settings.days, dtype=np.bool_),
            dials=dials,
        )
        _lose_readings(whole, flow=flow, is_dark=area.is_dark, settings=settings, rng=rng)
        for meter in _exchange(whole, flow=flow, energy=energy, settings=settings, rng=rng):
            yield flow, meter


def read_supply(*, area: AreaFlow, settings: SimulationSettings) -> MeterDays:
    """Return what the area's own meter delivered: secondary values, before the multiplier."""
    number = area.plan.supply_number
    rng = open_stream(seed=settings.seed, purpose="meter", number=number)
    ratio, shape = area.plan.supply_ratio, area.supply_kwh.shape
    gain = 1.0 + float(rng.normal(0, read_metering_facts()["gain_error"]["CT"]))
    forward = np.maximum(area.supply_kwh, 0.0).ravel() * (gain / ratio)
    backward = np.maximum(-area.supply_kwh, 0.0).ravel() * (gain / ratio)
    skew = float(rng.normal(0, 0.05 + 0.1 * settings.difficulty)) / settings.interval_minutes
    energy = read_energy(kwh=forward, step=settings.register_step_kwh, skew=skew).reshape(shape)
    reverse = read_energy(kwh=backward, step=settings.register_step_kwh, skew=skew).reshape(shape)
    channels: dict[str, Values] = {"energy_kwh": energy.astype(np.float32)}
    if reverse.any():
        channels["reverse_kwh"] = reverse.astype(np.float32)
    volts = area.electrical.voltage_v[:, 0, :]
    amps = np.hypot(area.electrical.source_w, area.electrical.source_var) / volts / ratio
    for phase, letter in enumerate(_PHASES):
        noise = rng.normal(0, volt_noise(settings), volts.shape[0])
        channels[f"voltage_{letter}_v"] = round_to_step(volts[:, phase] + noise, step=settings.volt_step).reshape(shape)
        wobble = rng.normal(1.0, 0.01 + 0.02 * settings.difficulty, volts.shape[0])
        channels[f"current_{letter}_a"] = round_to_step(amps[:, phase] * wobble, step=0.001).reshape(shape)
    days = MeterDays(
        meter_id=meter_id(number=number),
        channels={name: values for name, values in channels.items() if name in settings.channels},
        is_absent=rng.uniform(size=settings.days) < 0.002 * (0.5 + settings.difficulty),
        is_late=np.zeros(settings.days, dtype=np.bool_),
        dials=freeze_dials(energy=energy, reverse=channels.get("reverse_kwh"), settings=settings, rng=rng),
    )
    usual = 0.0004 * (0.5 + settings.difficulty)
    rate = usual if settings.missing_share is None else settings.missing_share
    lost = draw_gaps(days=settings.days, slots=settings.slots, rng=rng, rate=rate)
    blank_readings(days, lost | area.is_dark)
    settle_lateness(days, rng=rng)
    return days


def _read_energies(flow: TrueFlow, *, settings: SimulationSettings, rng: np.random.Generator) -> dict[str, Values]:
    customer, facts = flow.customer, read_metering_facts()
    gain = 1.0 + facts["bias"][customer.wiring] + float(rng.normal(0, facts["gain_error"][customer.wiring]))
    registered = flow.use_kwh.copy() if flow.effect is None else flow.effect.registered_kwh.copy()
    _apply_fault(registered, flow=flow)
    net = registered if flow.solar_kwh is None else registered - flow.solar_kwh
    ratio = customer_ratio(customer.contract_kw) if customer.wiring == "CT" else 1.0
    skew = _draw_skew(flow, settings=settings, rng=rng)
    step, shape = settings.register_step_kwh, net.shape
    found: dict[str, Values] = {}
    for name, sign in (("energy_kwh", 1.0), ("reverse_kwh", -1.0)):
        if sign < 0 and not has_reverse_register(customer, flow.fate):
            continue
        kwh = np.maximum(sign * net, 0.0).ravel() * (gain / ratio)
        found[name] = read_energy(kwh=kwh, step=step, skew=skew).reshape(shape).astype(np.float32)
    return found


def _apply_fault(registered: FloatArray, *, flow: TrueFlow) -> None:
    lost, from_day = lost_voltage_phases(flow)
    if flow.fate.fault is None:
        return
    fault, spell = flow.fate.fault
    if fault is Fault.STOPPED:
        registered[spell.onset_day :] = 0.0
    elif fault is Fault.SLOW:
        registered[spell.onset_day :] *= 0.6 + 0.32 * spell.strength
    elif fault is Fault.PHASE_VOLTAGE_LOST:
        registered[from_day:] *= 1.0 - float(flow.phase_share[lost].sum())


def _draw_skew(flow: TrueFlow, *, settings: SimulationSettings, rng: np.random.Generator) -> float:
    minutes = float(rng.normal(0.0, 0.06 + 0.2 * settings.difficulty))
    spell = flow.fate.benign.get(Benign.CLOCK_SKEW)
    if spell is not None:
        minutes = (2.0 + 12.0 * spell.strength) * (1.0 if minutes > 0 else -1.0)
    return float(np.clip(minutes / settings.interval_minutes, -1.0, 1.0))


def _read_electrical(
    flow: TrueFlow, *, area: AreaFlow, settings: SimulationSettings, rng: np.random.Generator
) -> dict[str, Values]:
    customer, shape = flow.customer, flow.use_kwh.shape
    is_single = customer.phase >= 0
    phases = [customer.phase] if is_single else [0, 1, 2]
    lost, lost_from = lost_voltage_phases(flow)
    watt = flow.drawn_kwh.ravel() * (60_000 / settings.interval_minutes)
    var = (flow.drawn_kwh if flow.solar_kwh is None else flow.drawn_kwh + flow.solar_kwh).ravel() * (
        60_000 / settings.interval_minutes * flow.reactive_ratio
    )
    apparent = np.hypot(watt, var)
    seen = _seen_share(flow).ravel()
    ratio = customer_ratio(customer.contract_kw) if customer.wiring == "CT" else 1.0
    has_neutral = is_single and float(rng.uniform()) < 0.4
    found: dict[str, Values] = {}
    for phase in phases:
        letter = "a" if is_single else _PHASES[phase]
        volts = area.electrical.voltage_v[:, customer.node, phase]
        told = volts * (1.0 + float(rng.normal(0, 0.0008))) + rng.normal(0, volt_noise(settings), volts.size)
        if lost[phase]:
            told.reshape(shape)[lost_from:] *= float(rng.uniform(0.0, 0.35))
        found[f"voltage_{letter}_v"] = round_to_step(told, step=settings.volt_step).reshape(shape)
        true_a = apparent * flow.phase_share[phase] / volts
        left = seen if not is_current_hidden(flow) or is_single else _phase_seen(flow, phase)
        wobble = rng.normal(1.0, 0.01 + 0.03 * settings.difficulty, volts.size)
        amps = true_a * left * wobble / ratio
        found[f"current_{letter}_a"] = round_to_step(amps, step=0.001 if ratio > 1 else 0.01).reshape(shape)
        if has_neutral:
            neutral = true_a * rng.normal(1.0, 0.02, volts.size)
            found["current_n_a"] = round_to_step(neutral * _neutral_share(flow, rng=rng), step=0.01).reshape(shape)
    return found


def _seen_share(flow: TrueFlow) -> FloatArray:
    """Return the share of the drawn current that passes the meter, shape (days, slots)."""
    share = flow.registered_share if is_current_hidden(flow) else np.ones_like(flow.use_kwh)
    if flow.effect is None or not flow.effect.extra_kwh.any():
        return share
    drawn = flow.use_kwh + flow.effect.extra_kwh
    return share * np.divide(flow.use_kwh, drawn, out=np.ones_like(drawn), where=drawn > 1e-9)


def _phase_seen(flow: TrueFlow, phase: int) -> FloatArray:
    theft = flow.fate.theft
    if theft is None or theft.kind is not AttackKind.CT_SHORT:
        return _seen_share(flow).ravel()
    seen = np.ones_like(flow.use_kwh)
    seen[theft.onset_day : theft.end_day] = flow.phase_left[phase]
    return seen.ravel()


def _neutral_share(flow: TrueFlow, *, rng: np.random.Generator) -> float:
    """Return neutral over true line current: 1, but for a flat that shares its neutral with a neighbour."""
    is_shared = float(rng.uniform()) < 0.008
    return float(rng.uniform(0.5, 1.6)) if is_shared and flow.fate.theft is None else 1.0


def volt_noise(settings: SimulationSettings) -> float:
    """Return the standard deviation of a voltage snapshot around its interval mean, V."""
    return 0.08 + 0.5 * settings.difficulty


def freeze_dials(
    *, energy: FloatArray, reverse: Values | None, settings: SimulationSettings, rng: np.random.Generator
) -> dict[str, FloatArray]:
    """Return the frozen dials of a meter by column of the registers file, shape (days + 1,) each.

    A few dials stand just below 999999.99 and roll over.
    """
    start = float(rng.uniform(50, 30_000)) if float(rng.uniform()) > 0.004 else float(rng.uniform(999_900, 999_999))
    shares = {"sharp": 0.12, "peak": 0.3, "flat": 0.28, "valley": 0.3}
    dials = {"total_kwh": read_dial(daily_kwh=energy.sum(axis=1), start_kwh=start)}
    for name, covered in period_slots(settings.slots).items():
        dials[f"{name}_kwh"] = read_dial(daily_kwh=energy[:, covered].sum(axis=1), start_kwh=start * shares[name])
    if reverse is not None:
        dials["reverse_kwh"] = read_dial(daily_kwh=reverse.sum(axis=1, dtype=np.float64), start_kwh=start * 0.4)
    return dials


def _draw_lost_boxes(area: AreaFlow, *, settings: SimulationSettings) -> dict[int, BoolArray]:
    """Return the days on which the radio of a whole box failed, by box."""
    rng = open_stream(seed=settings.seed, purpose="radio", number=area.plan.number)
    rate = read_metering_facts()["loss_of_readings"]["box_day_rate"] * (0.5 + settings.difficulty)
    return {
        box: rng.uniform(size=settings.days) < rate
        for box in range(max(customer.box for customer in area.plan.customers) + 1)
    }


def _lose_readings(
    meter: MeterDays, *, flow: TrueFlow, is_dark: BoolArray, settings: SimulationSettings, rng: np.random.Generator
) -> None:
    facts = read_metering_facts()["loss_of_readings"]
    is_poor = float(rng.uniform()) < facts["poor_share"] * (0.5 + settings.difficulty)
    rate = facts["poor_rate"] if is_poor else facts["usual_rate"]
    rate = rate if settings.missing_share is None else settings.missing_share
    lost = draw_gaps(days=settings.days, slots=settings.slots, rng=rng, rate=rate)
    spell = flow.fate.benign.get(Benign.MISSING_READS)
    if spell is not None:
        days = slice(spell.onset_day, spell.end_day)
        lost[days] |= rng.uniform(size=lost[days].shape) < 0.3
        meter.is_absent[days] |= rng.uniform(size=lost[days].shape[0]) < 0.5
    spikes = int(rng.poisson(facts["spike_per_meter_day"] * settings.days * (0.5 + settings.difficulty)))
    for day, slot in zip(rng.integers(0, settings.days, spikes), rng.integers(0, settings.slots, spikes), strict=True):
        meter.channels["energy_kwh"][day, slot] = np.float32(round(float(rng.uniform(*facts["spike_kwh"])), 2))
    # Without supply a meter records no curve; its dials stay.
    blank_readings(meter, lost | is_dark)
    settle_lateness(meter, rng=rng)


def blank_readings(meter: MeterDays, lost: BoolArray) -> None:
    """Take readings away on every channel."""
    for values in meter.channels.values():
        values[lost] = np.nan


def settle_lateness(meter: MeterDays, *, rng: np.random.Generator) -> None:
    """Of the days that did not arrive, some come later; the freeze of a day is lost with its day."""
    late_share = read_metering_facts()["loss_of_readings"]["late_share"]
    meter.is_late = meter.is_absent & (rng.uniform(size=meter.is_absent.size) < late_share)
    meter.is_absent = meter.is_absent & ~meter.is_late
    meter.is_frozen = np.append(~meter.is_absent & ~meter.is_late, True)


def _exchange(
    meter: MeterDays,
    *,
    flow: TrueFlow,
    energy: FloatArray,
    settings: SimulationSettings,
    rng: np.random.Generator,
) -> Iterator[MeterDays]:
    """Yield the meter, or the old one and the new one when it was exchanged; the new dial starts near zero."""
    day = exchange_day(flow)
    if day is None:
        yield meter
        return
    slot = int(rng.integers(settings.slots // 3, settings.slots * 3 // 4))
    is_after = (
        np.arange(settings.days * settings.slots).reshape(settings.days, settings.slots) >= day * settings.slots + slot
    )
    for turn, is_other in ((0, is_after), (1, ~is_after)):
        channels = {name: np.where(is_other, np.float32(np.nan), values) for name, values in meter.channels.items()}
        own = np.where(is_other, 0.0, energy)
        start = float(rng.uniform(0, 2)) if turn else float(meter.dials["total_kwh"][0])
        dials = {"total_kwh": read_dial(daily_kwh=own.sum(axis=1), start_kwh=start)}
        for name, covered in period_slots(settings.slots).items():
            dials[f"{name}_kwh"] = read_dial(daily_kwh=own[:, covered].sum(axis=1), start_kwh=start / 4)
        if "reverse_kwh" in meter.dials:
            fed_in = np.nan_to_num(channels["reverse_kwh"]).sum(axis=1, dtype=np.float64)
            dials["reverse_kwh"] = read_dial(daily_kwh=fed_in, start_kwh=start / 3)
        days = np.arange(settings.days)
        is_gone = days > day if turn == 0 else days < day
        is_up = np.arange(settings.days + 1) <= day if turn == 0 else np.arange(settings.days + 1) > day
        yield MeterDays(
            meter_id=meter_id(number=flow.customer.number, turn=turn),
            channels=channels,
            is_absent=meter.is_absent | is_gone,
            is_late=meter.is_late & ~is_gone,
            dials=dials,
            is_frozen=meter.is_frozen & is_up,
        )


def exchange_day(flow: TrueFlow) -> int | None:
    """Return the day the customer's meter was exchanged, if it was."""
    spell = flow.fate.benign.get(Benign.METER_EXCHANGE)
    return None if spell is None else spell.onset_day
