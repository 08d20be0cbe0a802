"""The shape of a single day: repeats, spikes, new peaks, steps, load factor (V-06, V-08, V-14, V-15, V-16)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Severity
from lamplighter.business.trusted_energy.rules.findings import Finding
from lamplighter.methods.timeseries.days import DaySummary
from lamplighter.methods.timeseries.rolling import trailing_max

Days = npt.NDArray[np.bool_]
_PEAK_DAYS, _LEAST_PEAKS = 30, 10
_TRUE_PEAK_SHARE = 0.5


def spike_days(summary: DaySummary, *, hours: float, policy: Policy) -> tuple[Days, npt.NDArray[np.float64]]:
    """Return the days with a spike, and (peak - third) / third of every day (V-08).

    Args:
        summary: of the received values.
        hours: length of a slot.
        policy: threshold and the peak below which nothing is said.

    Example:
        T7.1: third highest 10; a peak of 30 is a spike, a peak of 27 is none:

        >>> from datetime import date
        >>> from lamplighter.business.trusted_energy.policy import load_policy
        >>> from lamplighter.methods.timeseries.days import summarise_days
        >>> days = np.array([[[10, 10, 10, peak]] for peak in (30, 27)], np.float32)
        >>> summary = summarise_days(days, slot_counts=np.array([4], np.int16), limits=np.array([99, 99], np.float32))
        >>> is_spike, ratio = spike_days(summary, hours=0.25, policy=load_policy(on=date(2025, 1, 1)))
        >>> is_spike.tolist(), ratio.round(6).tolist()
        ([[True], [False]], [[2.0], [1.7]])
    """
    third = summary.third.astype(np.float64)
    peak = summary.peak.astype(np.float64)
    rise = peak - third
    ratio = np.divide(rise, third, out=np.where(rise > 0, np.inf, 0.0), where=third > 0)
    is_large = peak >= policy.number("V-08.min_peak_kw") * hours
    return is_large & (ratio > policy.number("V-08.threshold")) & ~np.isnan(third), ratio


def disproved_spikes(
    is_spike: Days, *, summary: DaySummary, difference_kwh: npt.NDArray[np.float64], tolerance_kwh: float
) -> Days:
    """Return the spikes that the dial readings disprove: with the peak the day is too much, without it about right."""
    over = summary.total - difference_kwh
    left_for_peak = difference_kwh - (summary.total - summary.peak)
    fits = (left_for_peak >= -tolerance_kwh) & (left_for_peak < _TRUE_PEAK_SHARE * summary.peak)
    return np.asarray(is_spike & (over > tolerance_kwh) & fits)


def shape_findings(
    block: AreaBlock,
    policy: Policy,
    *,
    summary: DaySummary,
    is_complete: Days,
    is_spike: Days,
    spike_ratio: npt.NDArray[np.float64],
    is_disproved: Days,
    limits: npt.NDArray[np.float32],
) -> list[Finding]:
    """Return what is said of the shape of each day of ``energy_kwh``.

    Args:
        block: the block.
        policy: thresholds.
        summary: of the received values.
        is_complete: every slot was received and nothing had to be taken away.
        is_spike, spike_ratio, is_disproved: V-08.
        limits: the most a slot can bring, (M,).
    """
    hours = block.interval_minutes / 60.0
    counts = block.slot_counts[None, :]
    threshold = policy.number("V-08.threshold")
    peak = summary.peak.astype(np.float64)
    history = np.where(is_complete & ~is_spike, peak, np.nan)
    before = trailing_max(history, days=_PEAK_DAYS, least=_LEAST_PEAKS)
    new_peak = is_complete & (peak >= policy.number("V-14.min_peak_kw") * hours)
    new_peak &= peak > policy.number("V-14.threshold") * before
    finite = np.where(np.isfinite(limits), limits, np.nan)[:, None]
    steep = summary.step > np.maximum(
        policy.number("V-15.threshold") * before, policy.number("V-15.min_capability_share") * finite
    )
    load_factor = np.divide(summary.total, peak * counts, out=np.ones_like(peak), where=peak > 0)
    peaky = is_complete & (peak >= policy.number("V-08.min_peak_kw") * hours)
    peaky &= load_factor < policy.number("V-16.min_load_factor")
    return [
        Finding("V-06", "energy_kwh", summary.is_repeat & block.is_live, span=counts),
        Finding(
            "V-08",
            "energy_kwh",
            is_spike & ~is_disproved & block.is_live,
            spike_ratio,
            threshold,
            first_slot=summary.peak_slot,
            span=1.0,
        ),
        Finding(
            "V-08",
            "energy_kwh",
            is_disproved & block.is_live,
            spike_ratio,
            threshold,
            first_slot=summary.peak_slot,
            span=1.0,
            severity=Severity.FAIL,
        ),
        Finding(
            "V-14",
            "energy_kwh",
            new_peak & block.is_live,
            _ratio(peak, before),
            policy.number("V-14.threshold"),
            first_slot=summary.peak_slot,
            span=1.0,
        ),
        Finding(
            "V-15",
            "energy_kwh",
            steep & block.is_live,
            _ratio(summary.step, before),
            policy.number("V-15.threshold"),
            first_slot=summary.step_slot,
            span=1.0,
        ),
        Finding("V-16", "energy_kwh", peaky & block.is_live, load_factor, policy.number("V-16.min_load_factor")),
    ]


def _ratio(value: npt.NDArray[Any], reference: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return value / reference, NaN where the reference is zero or unknown."""
    return np.asarray(np.divide(value, reference, out=np.full(reference.shape, np.nan), where=reference > 0))
