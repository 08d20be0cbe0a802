"""What meters make of the truth: gain error, registers, clocks, gaps, and what an attack lets them see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.second_world.accounts import Account
from benchmarks.second_world.surroundings import SLOTS, Clock, Flags, Floats

SLOT_HOURS: Final = 0.25
CUSTOMER_STEP_KWH, SUPPLY_STEP_KWH = 0.01, 0.0001
CUSTOMER_ERROR, SUPPLY_ERROR = 0.004, 0.0015
VOLTAGE_NOISE_V, CURRENT_NOISE = 0.35, 0.05
PHASE_LETTERS: Final = "abc"


@dataclass(frozen=True, slots=True)
class MeterData:
    """What one meter sent.

    Attributes:
        meter_id: the meter.
        channels: name -> values before the multiplier, shape (D, 96), NaN = missing.
        dial_kwh: import register at 00:00 of each day and after the last, shape (D + 1,), NaN = missing.
        reverse_dial_kwh: export register likewise; empty without one.
    """

    meter_id: str
    channels: dict[str, Floats]
    dial_kwh: Floats
    reverse_dial_kwh: Floats


def count_energy(energy_kwh: Floats, *, step_kwh: float, start_kwh: float) -> tuple[Floats, Floats]:
    """Return what a register makes of energy: each slot a difference of two dial readings.

    Args:
        energy_kwh: true energy of each slot, shape (T,), kWh.
        step_kwh: smallest step of the dial.
        start_kwh: dial at the start.

    Returns:
        Energy of each slot, shape (T,), and the dial before each slot and after the last, shape (T + 1,).

    Example:
        Nothing is lost, only later:

        >>> count_energy(np.array([0.006, 0.006, 0.008]), step_kwh=0.01, start_kwh=5.0)[0].round(2).tolist()
        [0.0, 0.01, 0.01]
    """
    exact = start_kwh + np.concatenate([[0.0], np.cumsum(energy_kwh)])
    dial = np.floor(exact / step_kwh + 1e-6) * step_kwh
    return np.diff(dial), dial


def draw_gaps(rng: np.random.Generator, clock: Clock, *, is_poor: bool, outages: Flags) -> Flags:
    """Draw which slots never arrived: single ones in blocks, days, and what the concentrator lost, shape (T,)."""
    lost = outages.copy()
    size = clock.days * SLOTS
    for _ in range(rng.poisson(clock.days / 30.0)):
        first = rng.integers(0, size)
        lost[first : first + int(rng.gamma(1.0, 24.0)) + 1] = True
    if is_poor:
        for _ in range(rng.poisson(clock.days / 8.0) + 1):
            first = rng.integers(0, size)
            lost[first : first + int(rng.gamma(1.5, 150.0)) + 1] = True
    return lost


def late_by(values: Floats, minutes: float) -> Floats:
    """Return a curve as a clock sees it that is so many minutes slow (negative: fast).

    Example:
        >>> late_by(np.array([0.0, 4.0, 0.0]), 7.5).tolist()
        [0.0, 2.0, 2.0]
    """
    whole, part = divmod(minutes / 15.0, 1.0)
    shifted = np.roll(values, int(whole), axis=-1)
    return np.asarray((1.0 - part) * shifted + part * np.roll(shifted, 1, axis=-1))


def read_account(
    rng: np.random.Generator,
    clock: Clock,
    account: Account,
    *,
    meter_ids: tuple[str, ...],
    power: Floats,
    voltage: Floats,
    current: Floats,
    shows_current: bool,
    outages: Flags,
) -> list[MeterData]:
    """Return what the meters of an account sent: one, or two where it was exchanged.

    Args:
        rng: chance.
        clock: the days.
        account: whose.
        meter_ids: of its meters, in the order they hung there.
        power: true power of each leg behind the meter, shape (legs, T), kW.
        voltage: at the meter, shape (legs, T), V.
        current: through the service, shape (legs, T), A.
        shows_current: whether currents are collected.
        outages: slots the concentrator lost, shape (T,).
    """
    size = power.shape[1]
    counted, seen = _tampered(account, size)
    day = np.arange(size) // SLOTS
    if account.fault == "stopped":
        counted = np.where(day >= account.fault_day, 0.0, counted)
    net = (power * counted).sum(axis=0) * SLOT_HOURS / account.ratio
    minutes = rng.normal(0.0, 0.4)
    if account.benign == "clock_skew":
        minutes = float(rng.choice([-1, 1])) * rng.uniform(8.0, 50.0)
    net = late_by(net, minutes)
    shown = {f"voltage_{PHASE_LETTERS[leg]}_v": voltage[leg] for leg in range(len(power))}
    if account.attack is not None and account.attack.dead_phase >= 0:
        begun = day >= account.attack.first_day
        leg = account.attack.dead_phase
        shown[f"voltage_{PHASE_LETTERS[leg]}_v"] = np.where(begun, rng.uniform(0, 20, size), voltage[leg])
    channels = {
        name: np.maximum(np.round(late_by(values, minutes) + VOLTAGE_NOISE_V * rng.normal(size=size)), 0.0)
        for name, values in shown.items()
    }
    if shows_current:
        channels |= _currents(rng, account, current / account.ratio, seen)
    lost = draw_gaps(rng, clock, is_poor=account.benign == "missing_reads", outages=outages)
    found = []
    for at, meter_id in enumerate(meter_ids):
        own = _gain(rng, account)
        mine = np.ones(size, bool)
        if len(meter_ids) > 1:
            mine = day < account.benign_day if at == 0 else day >= account.benign_day
        found.append(_record(rng, meter_id, net * own, channels, lost | ~mine, mine, start=at == 0))
    return found


def _tampered(account: Account, size: int) -> tuple[Floats, Floats]:
    legs = len(account.legs)
    if account.attack is None:
        return np.ones((legs, size)), np.ones((legs, size))
    return account.attack.counted.reshape(legs, size), account.attack.seen.reshape(legs, size)


def _gain(rng: np.random.Generator, account: Account) -> float:
    error = float(np.clip(rng.normal(0.0, CUSTOMER_ERROR), -0.01, 0.01))
    if account.fault == "fast":
        error += float(rng.uniform(0.03, 0.12))
    if account.fault == "slow_fault":
        error -= float(rng.uniform(0.05, 0.3))
    return 1.0 + error


def _currents(rng: np.random.Generator, account: Account, current: Floats, seen: Floats) -> dict[str, Floats]:
    size = current.shape[1]
    found = {}
    for leg in range(len(current)):
        noise = np.exp(CURRENT_NOISE * rng.normal(size=size))
        found[f"current_{PHASE_LETTERS[leg]}_a"] = np.round(current[leg] * seen[leg] * noise, 2)
    if len(current) == 1:
        whole = account.attack is not None and account.attack.is_neutral_whole
        noise = np.exp(CURRENT_NOISE * rng.normal(size=size))
        found["current_n_a"] = np.round(current[0] * (1.0 if whole else seen[0]) * noise, 2)
    return found


def _record(
    rng: np.random.Generator,
    meter_id: str,
    net: Floats,
    channels: dict[str, Floats],
    lost: Flags,
    mine: Flags,
    *,
    start: bool,
) -> MeterData:
    began = float(rng.uniform(20, 20000)) if start else 0.0
    energy, dial = count_energy(np.where(mine, np.maximum(net, 0.0), 0.0), step_kwh=CUSTOMER_STEP_KWH, start_kwh=began)
    sent = {"energy_kwh": energy, **channels}
    reverse_dial = np.zeros(0)
    if (net < -1e-6).any():
        exported = np.where(mine, np.maximum(-net, 0.0), 0.0)
        sent["reverse_kwh"], reverse_dial = count_energy(exported, step_kwh=CUSTOMER_STEP_KWH, start_kwh=0.0)
        reverse_dial = reverse_dial[::SLOTS]
    frozen = dial[::SLOTS].copy()
    hanging = np.append(mine[::SLOTS], mine[-1])
    frozen[~hanging | np.append(lost[::SLOTS], False)] = np.nan
    curves = {name: np.where(lost, np.nan, values).reshape(-1, SLOTS) for name, values in sent.items()}
    if len(reverse_dial):
        reverse_dial = np.where(np.isnan(frozen), np.nan, reverse_dial)
    return MeterData(meter_id, curves, frozen, reverse_dial)


def read_solar(rng: np.random.Generator, meter_id: str, fed_kw: Floats, *, lost: Flags) -> MeterData:
    """Return what a solar meter sent: export in the reverse register, its own night use in the other.

    Args:
        rng: chance.
        meter_id: the meter.
        fed_kw: fed in, negative = used, shape (T,), kW.
        lost: slots that never arrived, shape (T,).
    """
    error = float(np.clip(rng.normal(0.0, CUSTOMER_ERROR), -0.01, 0.01))
    return _record(rng, meter_id, -fed_kw * SLOT_HOURS * (1.0 + error), {}, lost, np.ones(len(lost), bool), start=True)


def read_supply(
    rng: np.random.Generator,
    meter_id: str,
    *,
    energy_kwh: Floats,
    voltage: Floats,
    current: Floats,
    ratio: float,
    lost: Flags,
) -> MeterData:
    """Return what a transformer's own meter sent.

    Args:
        rng: chance.
        meter_id: the meter.
        energy_kwh: true energy of each slot, negative = fed back, shape (T,).
        voltage: at the bus, shape (3, T), V; empty for a meter at a line's head.
        current: shape (3, T), A.
        ratio: its multiplier.
        lost: slots that never arrived, shape (T,).
    """
    size = len(energy_kwh)
    net = energy_kwh / ratio * (1.0 + float(np.clip(rng.normal(0.0, SUPPLY_ERROR), -0.005, 0.005)))
    energy, dial = count_energy(np.maximum(net, 0.0), step_kwh=SUPPLY_STEP_KWH, start_kwh=float(rng.uniform(100, 9000)))
    sent = {"energy_kwh": energy}
    if (net < 0).any():
        sent["reverse_kwh"], _ = count_energy(np.maximum(-net, 0.0), step_kwh=SUPPLY_STEP_KWH, start_kwh=0.0)
    for leg in range(len(voltage)):
        unsteady = np.exp(0.02 * rng.normal(size=size))
        sent[f"voltage_{PHASE_LETTERS[leg]}_v"] = np.round(voltage[leg] + VOLTAGE_NOISE_V * rng.normal(size=size))
        sent[f"current_{PHASE_LETTERS[leg]}_a"] = np.round(current[leg] / ratio * unsteady, 3)
    curves = {name: np.where(lost, np.nan, values).reshape(-1, SLOTS) for name, values in sent.items()}
    return MeterData(meter_id, curves, dial[::SLOTS], np.zeros(0))
