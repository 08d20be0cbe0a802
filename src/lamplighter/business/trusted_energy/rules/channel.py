"""One energy channel of a block from received to trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy, day_types
from lamplighter.business.trusted_energy.records import Cause, Quality
from lamplighter.business.trusted_energy.rules.archive import Exchange
from lamplighter.business.trusted_energy.rules.exchange import handed_over_days, predecessors, share_exchange_days
from lamplighter.business.trusted_energy.rules.filling import BY_REGISTER, CONTRADICTED, Ground, fill_gaps, settle_days
from lamplighter.business.trusted_energy.rules.findings import Finding
from lamplighter.business.trusted_energy.rules.history import StoredDays, lay_stored_curves
from lamplighter.business.trusted_energy.rules.profiles import BilledLevels, lay_profiles
from lamplighter.business.trusted_energy.rules.registers import (
    DialDays,
    contradicts,
    day_limit_kwh,
    dial_days,
    dial_findings,
    sum_tolerance,
    usable_differences,
)
from lamplighter.business.trusted_energy.rules.screening import expected_days, gap_finding, screen, take_away
from lamplighter.business.trusted_energy.rules.shape import disproved_spikes, spike_days
from lamplighter.methods.timeseries.days import DaySummary, summarise_days

Days = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the channels of one block share.

    Attributes:
        policy: rules and thresholds.
        power_kw: what each meter can pass, (M,).
        stored: what earlier nights said.
        is_outage, outages: interruptions, days (M, D) and slots (n, 4).
        exchanges: meters that took over from others.
        levels: what was billed.
    """

    policy: Policy
    power_kw: npt.NDArray[np.float64]
    stored: StoredDays
    is_outage: Days
    outages: npt.NDArray[np.int32]
    exchanges: tuple[Exchange, ...]
    levels: BilledLevels


@dataclass(frozen=True, slots=True)
class TrustedChannel:
    """One channel after validation and estimation; days (M, D), slots (M, D, S).

    Attributes:
        values, quality, reason: of each slot.
        metered_kwh: sum of the day before the multiplier, NaN = unknown.
        actual, estimated: slots of each kind.
        by_register: the dial readings fix the day.
        is_expected: the meter should have sent a curve.
        is_complete: it did, whole, and nothing was taken away.
        is_spike, spike_ratio, is_disproved: V-08.
        summary: of the received values.
        dial: of the channel's register; ``limits`` the most a slot can bring, (M,).
        findings: what the value rules found.
    """

    values: npt.NDArray[np.float32]
    quality: npt.NDArray[np.uint8]
    reason: npt.NDArray[np.uint8]
    metered_kwh: npt.NDArray[np.float64]
    actual: npt.NDArray[np.int32]
    estimated: npt.NDArray[np.int32]
    by_register: Days
    is_expected: Days
    is_complete: Days
    is_spike: Days
    spike_ratio: npt.NDArray[np.float64]
    is_disproved: Days
    summary: DaySummary
    dial: DialDays
    limits: npt.NDArray[np.float32]
    findings: list[Finding]


def work_channel(block: AreaBlock, shared: Setting, *, channel: str, register: str) -> TrustedChannel:
    """Return one channel after validation and estimation.

    Args:
        block: the block; ``channel`` is among its channels.
        shared: what its channels share.
        channel: ``energy_kwh`` or ``reverse_kwh``.
        register: dial readings of the same energy.
    """
    policy, received = shared.policy, block.channels[channel]
    hours = block.interval_minutes / 60.0
    limits = np.full(len(block.meter_ids), np.inf, np.float32)
    if policy.is_on("V-12"):
        limits = (shared.power_kw * hours * policy.number("V-12.margin")).astype(np.float32)
    summary = summarise_days(received, slot_counts=block.slot_counts, limits=limits)
    values = received.copy()
    quality, reason = np.zeros(values.shape, np.uint8), np.zeros(values.shape, np.uint8)
    counts = block.slot_counts[None, :]
    worked = np.broadcast_to(np.arange(len(block.days)) >= block.first_worked, summary.present.shape)
    open_days = worked | ~shared.stored.is_stored

    findings, touched = screen(
        block,
        policy,
        channel=channel,
        summary=summary,
        limits=limits,
        open_days=open_days,
        handed_over=handed_over_days(block, shared.exchanges),
        values=values,
        quality=quality,
        reason=reason,
    )
    is_complete = block.is_live & (summary.present == counts) & ~touched
    limit_kwh = day_limit_kwh(shared.power_kw, policy)
    readings = block.registers.get(register, np.full((len(block.meter_ids), len(block.days) + 1), np.nan))
    dial = dial_days(readings, limit_kwh=limit_kwh, policy=policy)
    findings += dial_findings(dial, channel=register, limit_kwh=limit_kwh)

    wrong = contradicts(summary.total, dial, is_complete=is_complete, policy=policy)
    is_spike, ratio = spike_days(summary, hours=hours, policy=policy)
    is_disproved = np.zeros_like(wrong)
    if policy.is_on("V-08") and policy.is_on("V-07"):
        is_disproved = is_complete & disproved_spikes(
            is_spike, summary=summary, difference_kwh=dial.difference, tolerance_kwh=sum_tolerance(policy)
        )
        m, d = np.nonzero(is_disproved & open_days)
        peak = np.arange(values.shape[2])[None, :] == summary.peak_slot[m, d][:, None]
        take_away(values, quality, reason, where=peak, m=m, d=d, cause=Cause.SPIKE)
    wrong &= ~is_disproved
    difference = usable_differences(dial, contradicted=wrong, agreed=is_complete & ~wrong & ~np.isnan(dial.difference))
    is_complete &= ~is_disproved

    _mark_missing(block, values, quality, reason, where=~is_complete)
    lay_stored_curves(block, channel=channel, values=values, quality=quality, reason=reason)

    came = block.channel_present.get(channel, summary.present > 0)
    is_expected = expected_days(came, is_live=block.is_live, within_days=policy.whole("E-02.history_days"))
    before, factor = predecessors(block, shared.exchanges)
    ground = Ground(
        values=values,
        quality=quality,
        reason=reason,
        slot_counts=block.slot_counts,
        day_types=day_types(block.days, calendar=policy.words("E-02.calendar")[0]),
        is_live=block.is_live,
        is_outage=shared.is_outage,
        outages=shared.outages,
        predecessor=before,
        predecessor_factor=factor,
        interval_minutes=block.interval_minutes,
    )
    share_exchange_days(block, ground, shared.exchanges, channel=channel, policy=policy, open_days=worked & is_expected)
    at = np.argwhere(worked & is_expected & ~is_complete)
    fill_gaps(ground, at=at, policy=policy)
    if channel == "energy_kwh":
        lay_profiles(
            block,
            ground,
            at=_still_missing(values, block.slot_counts, at),
            is_complete=is_complete,
            day_kwh=summary.total,
            difference_kwh=difference,
            levels=shared.levels,
            policy=policy,
        )
    settled = settle_days(
        ground,
        at=at,
        difference_kwh=difference,
        limits=limits,
        tolerance_kwh=sum_tolerance(policy),
        scale=policy.is_on("E-03"),
    )

    metered = np.where(is_complete, summary.total, np.nan)
    actual = np.where(is_complete, counts, 0).astype(np.int32)
    estimated = np.zeros_like(actual)
    by_register = np.zeros_like(wrong)
    place = (at[:, 0], at[:, 1])
    metered[place], actual[place], estimated[place] = settled.total_kwh, settled.actual, settled.estimated
    by_register[place] = settled.verdict == BY_REGISTER
    wrong[place] |= settled.verdict == CONTRADICTED
    # A meter that sends no curve has its dial.
    dial_only = worked & block.is_live & ~is_expected & ~np.isnan(difference)
    metered[dial_only], by_register[dial_only] = difference[dial_only], True

    findings.append(gap_finding(block, channel=channel, summary=summary, expected=is_expected))
    findings.append(
        Finding(
            "V-07",
            channel,
            wrong,
            value=np.abs(summary.total - dial.difference),
            threshold=sum_tolerance(policy),
            span=summary.present,
        )
    )
    return TrustedChannel(
        values=values,
        quality=quality,
        reason=reason,
        metered_kwh=metered,
        actual=actual,
        estimated=estimated,
        by_register=by_register,
        is_expected=is_expected,
        is_complete=is_complete,
        is_spike=is_spike & block.is_live,
        spike_ratio=ratio,
        is_disproved=is_disproved,
        summary=summary,
        dial=dial,
        limits=limits,
        findings=findings,
    )


def _mark_missing(
    block: AreaBlock,
    values: npt.NDArray[np.float32],
    quality: npt.NDArray[np.uint8],
    reason: npt.NDArray[np.uint8],
    *,
    where: Days,
) -> None:
    m, d = np.nonzero(where)
    if len(m):
        day_quality, day_reason = quality[m, d], reason[m, d]
        empty = np.isnan(values[m, d])
        day_quality[empty] = Quality.MISSING
        day_reason[empty & (day_reason == 0) & block.is_live[m, d][:, None]] = 16 * Cause.NOT_RECEIVED
        quality[m, d], reason[m, d] = day_quality, day_reason
    for day in np.flatnonzero(block.slot_counts < values.shape[2]).tolist():
        beyond = slice(block.slot_counts[day], None)
        quality[:, day, beyond], values[:, day, beyond], reason[:, day, beyond] = Quality.MISSING, np.nan, 0


def _still_missing(
    values: npt.NDArray[np.float32], slot_counts: npt.NDArray[np.int16], at: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    exists = np.arange(values.shape[2])[None, :] < slot_counts[at[:, 1]][:, None]
    return at[(np.isnan(values[at[:, 0], at[:, 1]]) & exists).any(axis=1)]
