"""Taking away the slots that cannot be true, each with its cause (V-02, V-04, V-05, V-12, V-13, V-17)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Cause, Method, Quality
from lamplighter.business.trusted_energy.rules.findings import WHOLE_DAY, Finding
from lamplighter.business.trusted_energy.rules.instants import event_slots
from lamplighter.methods.timeseries.days import DaySummary

Curve = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Days = npt.NDArray[np.bool_]

_WIDE_STRIDES = (4, 2)
"""Lengths of a longer interval, in slots, that are looked for: an hour, half an hour on a 15-minute axis."""


def take_away(
    values: Curve,
    quality: Bytes,
    reason: Bytes,
    *,
    where: npt.NDArray[np.bool_],
    m: npt.NDArray[np.intp],
    d: npt.NDArray[np.intp],
    cause: Cause,
) -> None:
    """Make slots of the days (``m``, ``d``) missing for a cause, in place; ``where`` has shape (n, S)."""
    day_values, day_quality, day_reason = values[m, d], quality[m, d], reason[m, d]
    hit = where & ~np.isnan(day_values)
    day_values[hit], day_quality[hit], day_reason[hit] = np.nan, Quality.MISSING, 16 * cause
    values[m, d], quality[m, d], reason[m, d] = day_values, day_quality, day_reason


def screen(
    block: AreaBlock,
    policy: Policy,
    *,
    channel: str,
    summary: DaySummary,
    limits: npt.NDArray[np.float32],
    open_days: Days,
    handed_over: Days,
    values: Curve,
    quality: Bytes,
    reason: Bytes,
) -> tuple[list[Finding], Days]:
    """Take away what cannot be true on the open days, in place.

    Args:
        block: the block.
        policy: which rules hold.
        channel: ``energy_kwh`` or ``reverse_kwh``.
        summary: of the received values.
        limits: the most a slot can bring, (M,).
        open_days: days to be screened, (M, D): worked ones, and history nobody worked.
        handed_over: last values of meters replaced that day, which their successors take over: no stranger's.
        values, quality, reason: of the channel, changed in place.

    Returns:
        Findings; days on which something was taken away, now or by an earlier night.
    """
    touched = np.zeros_like(open_days)
    findings = []

    def apply(found: Days, cause: Cause, where: npt.NDArray[np.bool_] | None = None) -> None:
        # History that is not open is none the less known to be unfit: no dial is held against it.
        np.logical_or(touched, found, out=touched)
        m, d = np.nonzero(found & open_days)
        if len(m):
            hit = np.ones((len(m), values.shape[2]), bool) if where is None else where
            take_away(values, quality, reason, where=hit, m=m, d=d, cause=cause)

    if policy.is_on("V-17"):
        finding = _spread_wide_intervals(block, summary, channel, open_days, values, quality, reason)
        findings.append(finding)
        touched |= finding.where
    if policy.is_on("V-02"):
        ghost = (summary.present > 0) & ~block.is_live
        apply(ghost, Cause.NOT_LIVE)
        ghost &= ~handed_over
        findings.append(Finding("V-02", channel, ghost, value=summary.present, threshold=0.0, span=summary.present))
    if policy.is_on("V-13"):
        below = summary.low_count > 0
        m, d = np.nonzero(below & open_days)
        apply(below, Cause.NEGATIVE, values[m, d] < 0)
        findings.append(
            Finding(
                "V-13",
                channel,
                below & block.is_live,
                value=_at(block.channels[channel], summary.low_slot, below),
                threshold=0.0,
                first_slot=summary.low_slot,
                span=summary.low_count,
            )
        )
    if policy.is_on("V-12"):
        above = summary.high_count > 0
        m, d = np.nonzero(above & open_days)
        apply(above, Cause.BEYOND_CAPABILITY, values[m, d] > limits[m][:, None])
        findings.append(
            Finding(
                "V-12",
                channel,
                above & block.is_live,
                value=summary.peak,
                threshold=limits[:, None],
                first_slot=summary.high_slot,
                span=summary.high_count,
            )
        )
    findings += _status(block, policy, channel, open_days, values, quality, reason, touched)
    return findings, touched


def _at(values: Curve, slot: npt.NDArray[np.int16], where: Days) -> npt.NDArray[np.float64]:
    """Return the value of the named slot on some days, NaN elsewhere."""
    found = np.full(where.shape, np.nan)
    m, d = np.nonzero(where)
    found[m, d] = values[m, d, slot[m, d]]
    return found


def _spread_wide_intervals(
    block: AreaBlock, summary: DaySummary, channel: str, open_days: Days, values: Curve, quality: Bytes, reason: Bytes
) -> Finding:
    """Spread the values of an hourly or half-hourly meter over the slots they belong to (V-17)."""
    counts = block.slot_counts[None, :]
    wide = np.zeros(summary.present.shape, np.int16)
    for stride in _WIDE_STRIDES:
        fits = block.is_live & (counts % stride == 0) & (summary.present == counts // stride) & (wide == 0)
        m, d = np.nonzero(fits)
        known = ~np.isnan(values[m, d])
        last = np.arange(stride - 1, values.shape[2], stride)
        first = np.arange(0, values.shape[2], stride)
        at_first = known[:, first].sum(axis=1) == summary.present[m, d]
        at_last = known[:, last].sum(axis=1) == summary.present[m, d]
        wide[m[at_first | at_last], d[at_first | at_last]] = stride
        for places in (at_first, at_last):
            rows = places & open_days[m, d]
            if not rows.any():
                continue
            taken = values[m[rows], d[rows]][:, first if places is at_first else last]
            spread = np.repeat(taken / stride, stride, axis=1).astype(np.float32)
            values[m[rows], d[rows], : spread.shape[1]] = spread
            exists = np.arange(values.shape[2])[None, :] < block.slot_counts[d[rows]][:, None]
            code = 16 * Cause.INTERVAL_SIZE + Method.INTERVAL_SPREAD
            quality[m[rows], d[rows]] = np.where(exists, Quality.SUBSTITUTED, Quality.MISSING).astype(np.uint8)
            reason[m[rows], d[rows]] = np.where(exists, code, 0).astype(np.uint8)
    return Finding("V-17", channel, wide > 0, value=wide, threshold=1.0, first_slot=WHOLE_DAY, span=summary.present)


def _status(
    block: AreaBlock,
    policy: Policy,
    channel: str,
    open_days: Days,
    values: Curve,
    quality: Bytes,
    reason: Bytes,
    touched: Days,
) -> list[Finding]:
    """Take away the slots of faults that meters reported of themselves (V-04)."""
    if not policy.is_on("V-04"):
        return []
    days, rows = event_slots(block, codes=policy.words("V-04.codes"))
    span, first = np.zeros(days.shape), np.full(days.shape, WHOLE_DAY)
    for m, d, start, stop in rows.tolist():
        first[m, d] = start if first[m, d] < 0 else min(first[m, d], start)
        span[m, d] += stop - start
        touched[m, d] = True
        if open_days[m, d]:
            hit = np.zeros((1, values.shape[2]), bool)
            hit[0, start:stop] = True
            take_away(values, quality, reason, where=hit, m=np.array([m]), d=np.array([d]), cause=Cause.METER_STATUS)
    return [Finding("V-04", channel, days & block.is_live, first_slot=first, span=span)]


def gap_finding(block: AreaBlock, *, channel: str, summary: DaySummary, expected: Days) -> Finding:
    """Return V-05: days that came with fewer slots than they have, or not at all."""
    counts = block.slot_counts[None, :]
    short = expected & (summary.present < counts)
    return Finding(
        "V-05",
        channel,
        short,
        value=summary.present,
        threshold=counts,
        first_slot=np.where(summary.present == 0, WHOLE_DAY, summary.missing_slot),
        span=counts - summary.present,
    )


def expected_days(present: Days, *, is_live: Days, within_days: int) -> Days:
    """Return the days on which a meter should have sent something: it did on one of the ``within_days`` days before,
    or does.

    Example:
        >>> expected_days(np.array([[True, False, False]]), is_live=np.ones((1, 3), bool), within_days=1).tolist()
        [[True, True, False]]
    """
    day = np.arange(present.shape[1])[None, :]
    last = np.maximum.accumulate(np.where(present, day, -within_days - 1), axis=1)
    return is_live & (day - last <= within_days)
