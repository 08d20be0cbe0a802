"""The trusted energy of a block: every rule, once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Source, TrustedEnergy
from lamplighter.business.trusted_energy.rules.archive import archive_findings, capability_kw, exchanges
from lamplighter.business.trusted_energy.rules.channel import Setting, TrustedChannel, work_channel
from lamplighter.business.trusted_energy.rules.clocks import clock_findings
from lamplighter.business.trusted_energy.rules.findings import Finding, flag_rows
from lamplighter.business.trusted_energy.rules.history import stored_days
from lamplighter.business.trusted_energy.rules.instants import outage_slots
from lamplighter.business.trusted_energy.rules.level import level_findings
from lamplighter.business.trusted_energy.rules.profiles import billed_levels
from lamplighter.business.trusted_energy.rules.registers import reactive_findings
from lamplighter.business.trusted_energy.rules.screening import expected_days
from lamplighter.business.trusted_energy.rules.shape import shape_findings
from lamplighter.business.trusted_energy.rules.siblings import sibling_findings

_MOSTLY = 0.5


def work_days(*, block: AreaBlock, policy: Policy) -> TrustedEnergy:
    """Return the trusted energy of a block: what came, checked by every rule, its gaps filled, each with its reason.

    History days carry what earlier nights stored of them, otherwise what was received. A day is worked from itself and
    the days before it alone, so that working night by night and all at once come to the same.

    Args:
        block: meters, days and values; of ``tables`` it reads ``core_company`` (time zone), ``core_area``,
            ``core_customer``, ``core_meter_event``, ``core_outage``, ``core_billed_month``, ``core_trusted_day`` and
            ``core_trusted_curve``, as far as they are there.
        policy: rules and thresholds.

    Example:
        Two slots of a day are missing and lie between 1 and 4 kWh:

        >>> from dataclasses import replace
        >>> from datetime import date
        >>> from lamplighter.base.engine.block import empty_block
        >>> from lamplighter.business.trusted_energy.policy import load_policy
        >>> block = empty_block(meters=1, days=1, slots=24)
        >>> day = np.ones((1, 1, 24), np.float32)
        >>> day[0, 0, 10:14] = [1.0, np.nan, np.nan, 4.0]
        >>> block = replace(block, channels={"energy_kwh": day}, channel_present={"energy_kwh": np.ones((1, 1), bool)})
        >>> trusted = work_days(block=block, policy=load_policy(on=date(2025, 1, 1)))
        >>> trusted.metered_kwh[0, 0, 10:14].tolist(), float(trusted.day_kwh[0, 0])
        ([1.0, 2.0, 3.0, 4.0], 30.0)
    """
    is_outage, outages = outage_slots(block)
    stored = stored_days(block)
    is_outage |= stored.is_outage
    shared = Setting(
        policy=policy,
        power_kw=capability_kw(block),
        stored=stored,
        is_outage=is_outage,
        outages=outages,
        exchanges=exchanges(block),
        levels=billed_levels(block, policy),
    )
    energy = work_channel(block, shared, channel="energy_kwh", register="total_kwh")
    reverse = None
    if "reverse_kwh" in block.channels:
        reverse = work_channel(block, shared, channel="reverse_kwh", register="reverse_kwh")

    counts = block.slot_counts[None, :]
    day_kwh = energy.metered_kwh * block.multipliers[:, None]
    actual_share = (energy.actual / counts).astype(np.float32)
    estimated_share = (energy.estimated / counts).astype(np.float32)
    source = np.select(
        [np.isnan(day_kwh), energy.by_register, actual_share >= _MOSTLY],
        [Source.NONE, Source.REGISTER, Source.INTERVAL],
        Source.ESTIMATED,
    ).astype(np.int8)
    day_reverse = _day_reverse(block, reverse)
    for mine, earlier in (
        (day_kwh, stored.day_kwh),
        (day_reverse, stored.day_reverse_kwh),
        (actual_share, stored.actual_share),
        (estimated_share, stored.estimated_share),
        (source, stored.source),
    ):
        np.copyto(mine, earlier, where=stored.is_stored)

    findings = [*energy.findings, *(reverse.findings if reverse else [])]
    findings += _other_findings(block, shared, energy, day_kwh, actual_share)
    return TrustedEnergy(
        metered_kwh=energy.values,
        reverse_kwh=reverse.values if reverse else None,
        quality=energy.quality,
        reason=energy.reason,
        reverse_quality=reverse.quality if reverse else None,
        reverse_reason=reverse.reason if reverse else None,
        day_kwh=day_kwh,
        day_reverse_kwh=day_reverse,
        actual_share=actual_share,
        estimated_share=estimated_share,
        source=source,
        is_outage=is_outage,
        flags=flag_rows(findings, block=block, policy=policy),
        policy_version=policy.version,
    )


def _day_reverse(block: AreaBlock, reverse: TrustedChannel | None) -> npt.NDArray[np.float64]:
    if reverse is not None:
        return reverse.metered_kwh * block.multipliers[:, None]
    readings = block.registers.get("reverse_kwh")
    if readings is None:
        return np.full(block.shape[:2], np.nan)
    difference = np.diff(readings, axis=1)
    return np.where(difference >= 0, difference, np.nan) * block.multipliers[:, None]


def _other_findings(
    block: AreaBlock,
    shared: Setting,
    energy: TrustedChannel,
    day_kwh: npt.NDArray[np.float64],
    actual_share: npt.NDArray[np.float32],
) -> list[Finding]:
    policy, summary = shared.policy, energy.summary
    readings = block.registers.get("total_kwh", np.full((len(block.meter_ids), len(block.days) + 1), np.nan))
    dial_came = ~np.isnan(readings[:, 1:]) | ~np.isnan(readings[:, :-1])
    dial_expected = expected_days(dial_came, is_live=block.is_live, within_days=policy.whole("E-02.history_days"))
    silent = block.is_live & ~energy.is_expected & ~dial_expected
    no_reading = ~energy.is_expected & dial_expected & np.isnan(energy.dial.raw)
    unknown = np.where(energy.is_expected, 1.0 - actual_share, np.isnan(day_kwh)).astype(np.float32)
    return [
        Finding("V-05", "energy_kwh", silent, value=0.0, threshold=block.slot_counts[None, :], span=0.0),
        Finding("V-05", "total_kwh", no_reading, value=0.0, threshold=1.0),
        *shape_findings(
            block,
            policy,
            summary=summary,
            is_complete=energy.is_complete,
            is_spike=energy.is_spike,
            spike_ratio=energy.spike_ratio,
            is_disproved=energy.is_disproved,
            limits=energy.limits,
        ),
        *level_findings(
            block,
            policy,
            day_kwh=day_kwh,
            billed_last_year_kwh=shared.levels.last_year,
            summary=summary,
            unknown_share=unknown,
        ),
        *sibling_findings(block, policy, summary=summary),
        *archive_findings(block, policy, day_kwh=day_kwh),
        *reactive_findings(block, policy, dial=energy.dial),
        *clock_findings(block, policy),
    ]
