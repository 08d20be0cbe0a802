"""The level of use over days: high or low, zeros, long estimation (V-10, V-11, V-21)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.rules.findings import Finding
from lamplighter.methods.timeseries.days import DaySummary
from lamplighter.methods.timeseries.rolling import run_lengths, trailing_mean, trailing_share

Days = npt.NDArray[np.bool_]
_ACTIVE_DAYS = 30
_LEAST_SHARE = 2 / 3


def level_findings(
    block: AreaBlock,
    policy: Policy,
    *,
    day_kwh: npt.NDArray[np.float64],
    billed_last_year_kwh: npt.NDArray[np.float64],
    summary: DaySummary,
    unknown_share: npt.NDArray[np.float32],
) -> list[Finding]:
    """Return what is said of the level of each meter's use.

    Args:
        block: the block.
        policy: thresholds.
        day_kwh: trusted import after the multiplier, (M, D).
        billed_last_year_kwh: daily mean billed for the same month a year before, NaN where not billed, (M, D).
        summary: of the received values.
        unknown_share: share of each day that was estimated or is missing, (M, D); 0 where nothing was expected.
    """
    return [
        _high_or_low(block, policy, day_kwh, billed_last_year_kwh),
        _zero_run(block, policy, day_kwh, summary),
        _prolonged(block, policy, unknown_share),
    ]


def _high_or_low(
    block: AreaBlock, policy: Policy, day_kwh: npt.NDArray[np.float64], last_year: npt.NDArray[np.float64]
) -> Finding:
    days = policy.whole("V-10.days")
    least = int(days * _LEAST_SHARE)
    now = trailing_mean(day_kwh, days=days, least=least, lag=0)
    before = trailing_mean(day_kwh, days=days, least=least, lag=days)
    low, high, enough = policy.number("V-10.low"), policy.number("V-10.high"), policy.number("V-10.min_kwh")
    ratio = np.full((2, *now.shape), np.nan)
    # Use after a time of none is infinitely more, and rightly beyond every limit.
    with np.errstate(divide="ignore"):
        for k, reference in enumerate((before, last_year)):
            np.divide(now, reference, out=ratio[k], where=np.fmax(now, reference) >= enough)
    # One comparison that fits is enough; with nothing to compare there is nothing to say.
    known = ~np.isnan(ratio)
    fits = known & (ratio >= low) & (ratio <= high)
    odd = known.any(axis=0) & ~fits.any(axis=0) & block.is_live & (block.strings("role") == "customer")[:, None]
    shown = np.where(known[0], ratio[0], ratio[1])
    return Finding("V-10", "energy_kwh", odd, value=shown, threshold=np.where(shown < low, low, high))


def _zero_run(block: AreaBlock, policy: Policy, day_kwh: npt.NDArray[np.float64], summary: DaySummary) -> Finding:
    hours = summary.zero_run * (block.interval_minutes / 60.0)
    least = policy.number("V-11.hours")
    # A meter without a curve shows a day of zeros on its dial.
    hours = np.where(summary.present > 0, hours, np.where(day_kwh == 0, 24.0 * run_lengths(day_kwh == 0), 0.0))
    was_active = trailing_share(day_kwh > 0, days=_ACTIVE_DAYS) >= policy.number("V-11.active_share")
    quiet = (hours >= least) & was_active & block.is_live
    return Finding("V-11", "energy_kwh", quiet, value=hours, threshold=least)


def _prolonged(block: AreaBlock, policy: Policy, unknown_share: npt.NDArray[np.float32]) -> Finding:
    run = run_lengths((unknown_share >= policy.number("V-21.min_share")) & block.is_live)
    days = policy.whole("V-21.days")
    return Finding("V-21", "energy_kwh", run >= days, value=run, threshold=float(days))
