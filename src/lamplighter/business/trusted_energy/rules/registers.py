"""Dial readings: usable differences (V-12, V-13), slots that add up to them (V-07), reactive energy (V-09)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.rules.findings import Finding

_SMALL_ROLLOVER_SHARE = 1e-3
_HOURS = 24.0
_TRUST_DAYS = 30
"""How long a dial that was found wrong stays untrusted without a day on which it agreed with the slots."""


@dataclass(frozen=True, slots=True)
class DialDays:
    """What a dial says of each day, before the multiplier; shape (M, D).

    Attributes:
        difference: reading at the end minus reading at the start; NaN where it cannot be used.
        went_back: the dial went back and did not roll over; ``beyond`` it moved more than the meter can pass.
        raw: the difference as it stands, rollover not considered.
    """

    difference: npt.NDArray[np.float64]
    went_back: npt.NDArray[np.bool_]
    beyond: npt.NDArray[np.bool_]
    raw: npt.NDArray[np.float64]


def dial_days(readings: npt.NDArray[np.float64], *, limit_kwh: npt.NDArray[np.float64], policy: Policy) -> DialDays:
    """Return the usable differences of dial readings.

    Args:
        readings: at the start of each day and the end of the last, shape (M, D + 1), NaN = not read.
        limit_kwh: the most a day can bring, shape (M,), infinite where unknown.
        policy: thresholds of V-13 and the resolution of V-07.

    Example:
        A dial that rolls over, and one that goes back:

        >>> from datetime import date
        >>> from lamplighter.business.trusted_energy.policy import load_policy
        >>> found = dial_days(np.array([[999999.0, 3.0], [50.0, 20.0]]), limit_kwh=np.array([300.0, 300.0]),
        ...                   policy=load_policy(on=date(2025, 1, 1)))
        >>> found.difference.tolist(), found.went_back.tolist()
        ([[4.0], [nan]], [[False], [True]])
    """
    raw = np.diff(readings, axis=1)
    resolution, span = policy.number("V-07.resolution_kwh"), policy.number("V-13.rollover_kwh")
    plausible = np.where(np.isfinite(limit_kwh), limit_kwh, span * _SMALL_ROLLOVER_SHARE)[:, None]
    falls = raw < -resolution
    rolled = falls & (raw + span <= plausible)
    difference = np.where(rolled, raw + span, np.where(raw < 0, 0.0, raw))
    # A dial that fell says nothing of the day, whether or not the company wants to be told.
    went_back = falls & ~rolled
    beyond = (difference > limit_kwh[:, None]) & ~falls & policy.is_on("V-12")
    return DialDays(np.where(went_back | beyond, np.nan, difference), went_back, beyond, raw)


def dial_findings(dial: DialDays, *, channel: str, limit_kwh: npt.NDArray[np.float64]) -> list[Finding]:
    """Return V-13 and V-12 of a dial."""
    return [
        Finding("V-13", channel, dial.went_back, value=dial.raw, threshold=0.0),
        Finding("V-12", channel, dial.beyond, value=dial.raw, threshold=limit_kwh[:, None]),
    ]


def sum_tolerance(policy: Policy) -> float:
    """Return how far slots and dial may be apart, kWh before the multiplier."""
    return policy.number("V-07.tolerance_kwh") + policy.number("V-07.resolution_kwh")


def contradicts(
    slots_kwh: npt.NDArray[np.float64], dial: DialDays, *, is_complete: npt.NDArray[np.bool_], policy: Policy
) -> npt.NDArray[np.bool_]:
    """Return the complete days whose slots do not add up to the dial (V-07); nothing when the rule is off.

    Args:
        slots_kwh: sum of the slots before the multiplier, shape (M, D).
        dial: differences.
        is_complete: every slot was measured.
        policy: tolerance.

    Example:
        T7.2: dial 1200.0 to 1234.5 at multiplier 40 is 1380 kWh; slots of 1421 kWh are 41 away, one more than a
        multiplier unit:

        >>> from datetime import date
        >>> from lamplighter.business.trusted_energy.policy import load_policy
        >>> policy = load_policy(on=date(2025, 1, 1))
        >>> dial = dial_days(np.array([[1200.0, 1234.5]]), limit_kwh=np.array([np.inf]), policy=policy)
        >>> is_complete = np.array([[True]])
        >>> for kwh in (1419, 1421):
        ...     contradicts(np.array([[kwh / 40]]), dial, is_complete=is_complete, policy=policy).tolist()
        [[False]]
        [[True]]
    """
    if not policy.is_on("V-07"):
        return np.zeros(slots_kwh.shape, bool)
    apart = np.abs(slots_kwh - dial.difference) > sum_tolerance(policy)
    return np.asarray(apart & is_complete)


def usable_differences(
    dial: DialDays, *, contradicted: npt.NDArray[np.bool_], agreed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """Return the differences a day may be scaled to: those of a dial that agreed when it was last held against whole
    days.

    A stuck dial says zero on the day the curve is missing too; it was found out on the last day the curve was there.

    Args:
        dial: differences.
        contradicted: days on which slots and dial did not fit; ``agreed`` days on which they did, shape (M, D).

    Returns:
        kWh before the multiplier, NaN where there is none to be trusted, shape (M, D).
    """
    day = np.arange(dial.difference.shape[1])[None, :]
    last_wrong = np.maximum.accumulate(np.where(contradicted, day, -_TRUST_DAYS - 1), axis=1)
    last_right = np.maximum.accumulate(np.where(agreed, day, -_TRUST_DAYS - 2), axis=1)
    doubted = (last_wrong > last_right) & (day - last_wrong <= _TRUST_DAYS)
    return np.where(doubted, np.nan, dial.difference)


def reactive_findings(block: AreaBlock, policy: Policy, *, dial: DialDays) -> list[Finding]:
    """Return V-09: reactive energy that runs backwards or is out of all proportion to active energy.

    Args:
        block: with the register ``reactive_kvarh``; without it nothing can be said.
        policy: thresholds.
        dial: active energy of the day.
    """
    readings = block.registers.get("reactive_kvarh")
    if readings is None:
        return []
    reactive = np.diff(readings, axis=1)
    power_factor = dial.difference / np.hypot(dial.difference, reactive)
    enough = dial.difference >= policy.number("V-09.min_kwh")
    backwards = reactive < -policy.number("V-07.resolution_kwh")
    low = enough & (power_factor < policy.number("V-09.threshold")) & ~backwards
    return [
        Finding("V-09", "reactive_kvarh", block.is_live & backwards, value=reactive, threshold=0.0),
        Finding(
            "V-09", "reactive_kvarh", block.is_live & low, value=power_factor, threshold=policy.number("V-09.threshold")
        ),
    ]


def day_limit_kwh(power_kw: npt.NDArray[np.float64], policy: Policy) -> npt.NDArray[np.float64]:
    """Return the most a day can bring, kWh before the multiplier, shape (M,)."""
    return power_kw * _HOURS * policy.number("V-12.margin")
