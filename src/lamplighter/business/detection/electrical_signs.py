"""Signs in voltage and current over a period: what a meter shows when its circuits were tampered with."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lamplighter.business.detection.electrical_days import Count, ElectricalDays
from lamplighter.business.detection.records import Floats


class ElectricalSigns(NamedTuple):
    """Signs of each candidate over one period, shape (N,); NaN where the channels they need are absent.

    Attributes:
        energy_ratio: registered kWh over Σ V·I·h of the same slots: about the power factor at an honest meter.
        idle_hours: hours with current above the starting threshold and no energy at all (AN-04).
        low_voltage_hours: hours with a phase below the loss-of-voltage share of rated while it carries current (AN-08).
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


def add_up_signs(days: ElectricalDays, period: slice) -> ElectricalSigns:
    """Return the signs of a period.

    Args:
        days: every day of the window.
        period: which of them.

    Example:
        220 V and 5 A for a day of 24 hours are 26.4 kVAh, and the meter registered 13.2 kWh of it:

        >>> counts = np.zeros((1, 2, len(Count)))
        >>> counts[0, 1, [Count.SEEN, Count.LOADED, Count.ENERGY_KWH, Count.APPARENT_KVAH]] = 24, 24, 13.2, 26.4
        >>> days = ElectricalDays(counts, *[np.zeros(0)] * 5, hours=1.0, has={})
        >>> float(add_up_signs(days, slice(1, 2)).energy_ratio[0]), add_up_signs(days, slice(0, 1)).idle_hours.tolist()
        (0.5, [nan])
    """
    total = days.counts[:, period].sum(axis=1)
    seen = total[:, Count.SEEN] > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(
            total[:, Count.APPARENT_KVAH] > 0.0, total[:, Count.ENERGY_KWH] / total[:, Count.APPARENT_KVAH], np.nan
        )
        unlike = np.where(
            total[:, Count.NEUTRAL_SEEN] > 0, total[:, Count.NEUTRAL_UNLIKE] / total[:, Count.NEUTRAL_SEEN], np.nan
        )

    def hours(what: Count) -> Floats:
        return np.where(seen, total[:, what] * days.hours, np.nan)

    return ElectricalSigns(
        energy_ratio=np.where(seen, ratio, np.nan),
        idle_hours=hours(Count.IDLE),
        low_voltage_hours=hours(Count.LOW),
        dead_phase_hours=hours(Count.DEAD_PHASE),
        neutral_share=np.where(seen, unlike, np.nan),
        loaded_slots=np.where(seen, total[:, Count.LOADED], np.nan),
    )
