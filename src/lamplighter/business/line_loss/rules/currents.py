"""The current one kWh of each meter means: measured where there are currents, else from voltage and power factor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.trusted_energy.records import TrustedEnergy

Floats = npt.NDArray[np.float64]


def amperes_per_kwh(
    block: AreaBlock, trusted: TrustedEnergy, phases: npt.NDArray[np.int8], thresholds: Thresholds
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the current of each phase that one metered kWh in a slot means, A per kWh, shape (M, D, 3), and its power
    factor, shape (M, D).

    Where currents are measured, their sum over the day by the sum of the energy: that holds voltage, power factor and
        the
    imbalance of a three-phase customer at once. Otherwise from voltage and power factor, phases alike.
    """
    meters, days, _ = block.shape
    rated = np.repeat(block.numbers("rated_voltage_v", default=220.0)[:, None], days, axis=1)
    # 380 V and 400 V plates state the voltage between phases.
    rated = np.where(rated > 300.0, rated / 3**0.5, rated)
    voltage = _day_means(block, "voltage_a_v", fallback=rated, low=0.7 * rated, high=1.3 * rated)
    unity = np.ones((meters, days))
    factor = _day_means(block, "power_factor", fallback=unity * thresholds.power_factor, low=unity * 0.5, high=unity)
    shares = np.where(phases == 3, 3.0, 1.0)
    hours = block.interval_minutes / 60.0
    reckoned = block.multipliers[:, None] * 1000.0 / hours / voltage / factor / shares[:, None]
    found = np.repeat(reckoned[:, :, None], 3, axis=2)
    if "current_a_a" in block.channels:
        # Currents are those of the meter's own terminals: the multiplier holds the current ratio and the voltage ratio.
        ratio = block.multipliers / block.numbers("pt_ratio", default=1.0)
        none = np.empty((0, 0, 0), np.float32)
        _measure_currents(
            phases,
            ratio,
            trusted.metered_kwh,
            none if trusted.reverse_kwh is None else trusted.reverse_kwh,
            block.channels["current_a_a"],
            block.channels.get("current_b_a", none),
            block.channels.get("current_c_a", none),
            reckoned * shares[:, None],
            found,
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        unity = block.multipliers[:, None] * 1000.0 / hours / voltage
        cosine = unity / found.sum(axis=2) * np.where(phases == 3, 1.0, 3.0)[:, None]
    cosine = np.where(np.isfinite(cosine), np.clip(cosine, 0.5, 1.0), thresholds.power_factor)
    return found.astype(np.float32), cosine.astype(np.float32)


@njit(cache=True, nogil=True)
def _measure_currents(  # type: ignore[no-untyped-def]
    phases, ratio, metered, reverse, current_a, current_b, current_c, reckoned, found
):  # fmt: skip
    meters, days, slots = metered.shape
    has_reverse = reverse.shape[0] == meters
    has_three = current_b.shape[0] == meters and current_c.shape[0] == meters
    for m in range(meters):
        three = phases[m] == 3
        if three and not has_three:
            continue
        for d in range(days):
            energy, a, b, c = 0.0, 0.0, 0.0, 0.0
            # Every second slot: a ratio of sums needs no more.
            for s in range(0, slots, 2):
                kwh = metered[m, d, s]
                if has_reverse and not np.isnan(reverse[m, d, s]):
                    kwh += reverse[m, d, s]
                first = current_a[m, d, s]
                if np.isnan(kwh) or np.isnan(first):
                    continue
                if three:
                    second, third = current_b[m, d, s], current_c[m, d, s]
                    if np.isnan(second) or np.isnan(third):
                        continue
                    b += abs(second)
                    c += abs(third)
                energy += kwh
                a += abs(first)
            if energy <= 0.0:
                continue
            scale = ratio[m] / energy
            total = (a + b + c) * scale
            # A current far from what the energy implies is a fault of one of them, and no reason to heat a line.
            if total < 0.5 * reckoned[m, d] or total > 3.0 * reckoned[m, d]:
                continue
            if three:
                found[m, d, 0], found[m, d, 1], found[m, d, 2] = a * scale, b * scale, c * scale
            else:
                found[m, d, :] = a * scale


def _day_means(block: AreaBlock, channel: str, *, fallback: Floats, low: Floats, high: Floats) -> Floats:
    """Return each meter-day's mean of a channel; where it is absent or out of [low, high], the area's mean, then
    ``fallback``.
    """
    values = block.channels.get(channel)
    if values is None:
        return fallback
    means = np.empty(fallback.shape)
    _mean_days(values, means)
    good = (means >= low) & (means <= high)
    areas = len(block.area_ids)
    place = block.area_of * block.area_of.shape[1] + np.arange(block.area_of.shape[1])[None, :]
    used = good & (block.area_of >= 0)
    sums = np.bincount(place[used], weights=means[used], minlength=areas * block.area_of.shape[1])
    counts = np.bincount(place[used], minlength=areas * block.area_of.shape[1])
    with np.errstate(invalid="ignore"):
        area_mean = sums / counts
    of_area = np.where(block.area_of >= 0, area_mean[np.maximum(place, 0)], np.nan)
    return np.where(good, means, np.where(np.isfinite(of_area), of_area, fallback))


@njit(cache=True, nogil=True)
def _mean_days(values, means):  # type: ignore[no-untyped-def]
    meters, days, slots = values.shape
    for m in range(meters):
        for d in range(days):
            total, count = 0.0, 0
            # Every fourth slot: the mean of a day of voltages needs no more.
            for s in range(0, slots, 4):
                value = values[m, d, s]
                if value > 0.0:
                    total += value
                    count += 1
            means[m, d] = total / count if count else np.nan
