"""Signs in voltage and current: what a meter shows when its circuits were tampered with, slot by slot."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats


class ElectricalSigns(NamedTuple):
    """Signs of each candidate over one period, shape (N,); NaN where the channels they need are absent.

    Attributes:
        energy_ratio: registered kWh over Σ V·I·h of the same slots: about the power factor at an honest meter.
        idle_hours: hours with current above the starting threshold and no energy at all (AN-04).
        low_voltage_hours: hours with a phase below 78 % of rated voltage while it carries current (AN-08, AN-09).
        dead_phase_hours: hours in which one phase carries nothing while another carries current, voltages being
            normal (AN-14).
        neutral_share: share of the loaded slots on which phase and neutral current differ (AN-20; single phase).
        loaded_slots: slots the ratio rests on.
    """

    energy_ratio: Floats
    idle_hours: Floats
    low_voltage_hours: Floats
    dead_phase_hours: Floats
    neutral_share: Floats
    loaded_slots: Floats


def read_electrical(
    *,
    metered_kwh: npt.NDArray[np.float32],
    voltages: tuple[npt.NDArray[np.float32], ...],
    currents: tuple[npt.NDArray[np.float32], ...],
    neutral: npt.NDArray[np.float32] | None,
    rated_v: Floats,
    basic_a: Floats,
    hours: float,
    limits: tuple[float, ...],
) -> ElectricalSigns:
    """Return the signs.

    Args:
        metered_kwh: before the multiplier, shape (N, W, S).
        voltages: phases A, B, C likewise; only those the company reads; empty when none.
        currents: likewise, as many as voltages.
        neutral: neutral current, or None.
        rated_v: rated voltage, shape (N,).
        basic_a: basic current, shape (N,).
        hours: length of a slot.
        limits: shares and amperes in the order (low voltage share of rated, loaded share of basic, idle share of
            basic, dead share of basic, least loaded amperes, neutral difference share, least neutral amperes).

    Example:
        220 V and 5 A for an hour are 1.1 kWh, and the meter registered half of it:

        >>> one = np.ones((1, 1, 24), np.float32)
        >>> signs = read_electrical(
        ...     metered_kwh=0.55 * one, voltages=(220 * one,), currents=(5 * one,), neutral=None, hours=1.0,
        ...     rated_v=np.array([220.0]), basic_a=np.array([5.0]), limits=(0.78, 0.05, 0.02, 0.005, 0.1, 0.2, 0.5))
        >>> float(signs.energy_ratio[0].round(3))
        0.5
    """
    count = len(metered_kwh)
    if not voltages or len(voltages) != len(currents):
        return ElectricalSigns(*(np.full(count, np.nan) for _ in range(6)))
    numbers = _read(
        metered_kwh,
        np.stack(voltages),
        np.stack(currents),
        np.zeros((0, 0, 0), np.float32) if neutral is None else neutral,
        rated_v,
        basic_a,
        hours,
        np.asarray(limits),
    )
    return ElectricalSigns(*numbers.T)


@numba.njit(cache=True, nogil=True)
def _read(
    kwh: npt.NDArray[np.float32],
    volts: npt.NDArray[np.float32],
    amperes: npt.NDArray[np.float32],
    neutral: npt.NDArray[np.float32],
    rated: Floats,
    basic: Floats,
    hours: float,
    limits: Floats,
) -> Floats:
    count, days, slots = kwh.shape
    phases = volts.shape[0]
    low_share, loaded_share, idle_share, dead_share, least_a, neutral_share, least_neutral = limits
    out = np.full((count, 6), np.nan)
    for i in range(count):
        un, ib = rated[i], basic[i]
        loaded_a, idle_a = max(loaded_share * ib, least_a), max(idle_share * ib, least_a)
        dead_a = dead_share * ib
        energy, apparent, loaded, seen = 0.0, 0.0, 0, 0
        idle, low, dead, unlike, compared = 0, 0, 0, 0, 0
        for d in range(days):
            for s in range(slots):
                most, least, va, lowest, present = 0.0, np.inf, 0.0, np.inf, 0
                is_low = False
                for p in range(phases):
                    u, a = volts[p, i, d, s], amperes[p, i, d, s]
                    if np.isnan(u) or np.isnan(a):
                        continue
                    present += 1
                    a = abs(a)
                    va += u * a
                    most, least, lowest = max(most, a), min(least, a), min(lowest, u)
                    if u < low_share * un and a > loaded_share * ib:
                        is_low = True
                if present == 0:
                    continue
                seen += 1
                if is_low:
                    low += 1
                if present > 1 and most > loaded_a and least < dead_a and lowest > low_share * un:
                    dead += 1
                x = kwh[i, d, s]
                if not np.isnan(x):
                    if most > idle_a and x <= 0.0:
                        idle += 1
                    if most > loaded_a:
                        energy += x
                        apparent += va * hours / 1000.0
                        loaded += 1
                if neutral.shape[0] > 0 and present == 1:
                    n = abs(neutral[i, d, s])
                    if not np.isnan(n) and max(n, most) > least_neutral:
                        compared += 1
                        if abs(n - most) > neutral_share * max(n, most):
                            unlike += 1
        if seen == 0:
            continue
        out[i, 0] = energy / apparent if apparent > 0.0 else np.nan
        out[i, 1], out[i, 2], out[i, 3] = idle * hours, low * hours, dead * hours
        out[i, 4] = unlike / compared if compared > 0 else np.nan
        out[i, 5] = loaded
    return out
