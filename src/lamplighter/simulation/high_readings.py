"""What the meters on the 10 kV side say: secondary values, before the multiplier."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from lamplighter.simulation.high_voltage import FeederFlow, HighFlow, feeder_meter_number
from lamplighter.simulation.metering import draw_gaps, read_dial, read_energy, round_to_step
from lamplighter.simulation.people import meter_id
from lamplighter.simulation.readings import (
    MeterDays,
    blank_readings,
    freeze_dials,
    read_metering_facts,
    settle_lateness,
    volt_noise,
)
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

FloatArray = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]

FEEDER_CT_RATIO = 120.0
FEEDER_PT_RATIO = 100.0


def read_high_customer(
    *, flow: HighFlow, line: FeederFlow, is_dark: npt.NDArray[np.bool_], settings: SimulationSettings
) -> MeterDays:
    """Return what a 10 kV customer's meter delivered: three-phase three-wire on the high side, four-wire on the low."""
    customer = flow.customer
    phase_v = line.voltage_v[:, customer.node]
    letters: tuple[str, ...]
    if customer.is_metered_low:
        secondary_v, letters = phase_v * 0.0404 - 1.5, ("a", "b", "c")
    else:
        secondary_v, letters = phase_v * np.sqrt(3) / customer.pt_ratio, ("a", "c")
    return _read_meter(
        number=customer.number,
        forward_kwh=flow.passing_kwh,
        backward_kwh=None,
        kvarh=flow.passing_kwh * np.tan(np.arccos(customer.power_factor)),
        secondary_v=secondary_v,
        primary_v=phase_v if not customer.is_metered_low else phase_v * 0.0404,
        letters=letters,
        ratios=(customer.ct_ratio, customer.pt_ratio),
        is_dark=is_dark,
        settings=settings,
    )


def read_feeder(
    *, feeder: int, line: FeederFlow, is_dark: npt.NDArray[np.bool_], settings: SimulationSettings
) -> MeterDays:
    """Return what the feeder's meter at the substation delivered."""
    return _read_meter(
        number=feeder_meter_number(feeder=feeder, settings=settings),
        forward_kwh=np.maximum(line.supply_kwh, 0.0),
        backward_kwh=np.maximum(-line.supply_kwh, 0.0),
        kvarh=np.abs(line.supply_kvarh),
        secondary_v=line.voltage_v[:, 0] * np.sqrt(3) / FEEDER_PT_RATIO,
        primary_v=line.voltage_v[:, 0],
        letters=("a", "c"),
        ratios=(FEEDER_CT_RATIO, FEEDER_PT_RATIO),
        is_dark=is_dark,
        settings=settings,
    )


def _read_meter(
    *,
    number: int,
    forward_kwh: FloatArray,
    backward_kwh: FloatArray | None,
    kvarh: FloatArray,
    secondary_v: FloatArray,
    primary_v: FloatArray,
    letters: tuple[str, ...],
    ratios: tuple[float, float],
    is_dark: npt.NDArray[np.bool_],
    settings: SimulationSettings,
) -> MeterDays:
    rng = open_stream(seed=settings.seed, purpose="meter", number=number)
    multiplier, shape = ratios[0] * ratios[1], forward_kwh.shape
    gain = (1.0 + float(rng.normal(0, read_metering_facts()["gain_error"]["CT"]))) / multiplier
    skew = float(rng.normal(0, 0.05 + 0.1 * settings.difficulty)) / settings.interval_minutes
    energy = read_energy(kwh=forward_kwh.ravel() * gain, step=settings.register_step_kwh, skew=skew).reshape(shape)
    channels: dict[str, Values] = {"energy_kwh": energy.astype(np.float32)}
    if backward_kwh is not None and backward_kwh.any():
        back = read_energy(kwh=backward_kwh.ravel() * gain, step=settings.register_step_kwh, skew=skew)
        channels["reverse_kwh"] = back.reshape(shape).astype(np.float32)
    through_kwh = forward_kwh if backward_kwh is None else forward_kwh + backward_kwh
    va = np.hypot(through_kwh, kvarh).ravel() * (60_000 / settings.interval_minutes)
    for letter in letters:
        volts = secondary_v + rng.normal(0, volt_noise(settings) * float(secondary_v.mean()) / 230, secondary_v.size)
        channels[f"voltage_{letter}_v"] = round_to_step(volts, step=settings.volt_step).reshape(shape)
        amps = va / (3 * primary_v) / ratios[0] * rng.normal(1.0, 0.015, va.size)
        channels[f"current_{letter}_a"] = round_to_step(amps, step=0.001).reshape(shape)
    dials = freeze_dials(energy=energy, reverse=channels.get("reverse_kwh"), settings=settings, rng=rng)
    dials["reactive_kvarh"] = read_dial(daily_kwh=(kvarh * gain).sum(axis=1), start_kwh=float(rng.uniform(50, 9000)))
    dials["max_demand_kw"] = _freeze_demand(energy, settings=settings)
    meter = MeterDays(
        meter_id=meter_id(number=number),
        channels={name: values for name, values in channels.items() if name in settings.channels},
        is_absent=rng.uniform(size=settings.days) < 0.001 * (0.5 + settings.difficulty),
        is_late=np.zeros(settings.days, dtype=np.bool_),
        dials=dials,
    )
    lost = draw_gaps(days=settings.days, slots=settings.slots, rng=rng, rate=0.0003 * (0.5 + settings.difficulty))
    blank_readings(meter, lost | is_dark)
    settle_lateness(meter, rng=rng)
    return meter


def _freeze_demand(energy: FloatArray, *, settings: SimulationSettings) -> FloatArray:
    """Return the greatest demand since the first of the month, at 00:00 of each day; set back on the first."""
    daily = energy.max(axis=1) * 60 / settings.interval_minutes
    found = np.zeros(settings.days + 1)
    for day in range(1, settings.days + 1):
        yesterday: date = settings.start_on + timedelta(days=day - 1)
        found[day] = daily[day - 1] if yesterday.day == 1 else max(found[day - 1], float(daily[day - 1]))
    return found.round(4)
