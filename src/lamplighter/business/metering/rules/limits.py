"""Values no meter can have measured: the limits of intake, as versioned data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from lamplighter.business.metering.records import CHANNELS, MeterIndex

Floats = npt.NDArray[np.float32]

# Currents and power carry the direction in their sign, a power factor the kind of load; energy and voltage do not.
_SIGNED = ("current_", "power_kw", "power_factor")


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """The values of ``limits.toml`` by name; see there for unit, source and evidence."""

    capability_factor: float
    default_capability_kw: float
    voltage_v: float
    current_a: float
    power_factor: float
    days_ahead: float
    register_kwh: float


@cache
def read_limits() -> IntakeLimits:
    """Return the limits that ship with the package.

    Example:
        >>> read_limits().capability_factor
        10.0
    """
    found = tomllib.loads(resources.files(__package__).joinpath("limits.toml").read_text(encoding="utf-8"))
    values: Mapping[str, float] = {limit["name"]: float(limit["value"]) for limit in found["limit"]}
    return IntakeLimits(**values)


def bounds(
    *,
    meter: npt.NDArray[np.int32],
    channel: npt.NDArray[np.int16],
    index: MeterIndex,
    interval_minutes: int,
    limits: IntakeLimits,
) -> tuple[Floats, Floats]:
    """Return the least and greatest value each row may carry.

    Args:
        meter: place in the index, shape (N,).
        channel: place in `CHANNELS`, shape (N,).
        index: registered meters.
        interval_minutes: length of a slot.
        limits: the limits.

    Returns:
        Two arrays of shape (N,), in the unit of each row's channel.
    """
    passable = np.where(np.isnan(index.capability_kw), limits.default_capability_kw, index.capability_kw)
    power = (passable * limits.capability_factor).astype(np.float32)
    by_channel = np.empty(len(CHANNELS), np.float32)
    is_power = np.zeros(len(CHANNELS), bool)
    hours = np.ones(len(CHANNELS), np.float32)
    for code, name in enumerate(CHANNELS):
        is_power[code] = name.endswith(("_kwh", "_kw"))
        hours[code] = interval_minutes / 60 if name.endswith("_kwh") else 1.0
        by_channel[code] = (
            limits.voltage_v
            if name.startswith("voltage_")
            else limits.current_a
            if name.startswith("current_")
            else limits.power_factor
        )
    signed = np.array([name.startswith(_SIGNED) for name in CHANNELS])
    high = np.where(is_power[channel], power[meter] * hours[channel], by_channel[channel]).astype(np.float32)
    low = np.where(signed[channel], -high, np.float32(0)).astype(np.float32)
    return low, high


def capability_kw(
    *,
    rated_voltage_v: npt.NDArray[np.float64],
    max_current_a: npt.NDArray[np.float64],
    phase_count: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return the power a meter can pass: voltage x greatest current x phases; NaN where the nameplate is unknown.

    Example:
        >>> one = np.array([1.0])
        >>> capability_kw(rated_voltage_v=220 * one, max_current_a=60 * one, phase_count=one).tolist()
        [13.2]
    """
    return np.asarray(rated_voltage_v * max_current_a * phase_count / 1000)
