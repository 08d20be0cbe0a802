"""One channel against its siblings: voltage range, power against energy, channels that stay away (V-16, V-18)."""

from __future__ import annotations

import numpy as np

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.rules.findings import Finding
from lamplighter.methods.timeseries.days import DaySummary, day_extremes
from lamplighter.methods.timeseries.rolling import trailing_share

_SIBLING_DAYS = 30
_LEAST_POWER_KWH = 1.0


def sibling_findings(block: AreaBlock, policy: Policy, *, summary: DaySummary) -> list[Finding]:
    """Return what the other channels say: V-16 on voltages and power, V-18 on channels that stay away.

    Args:
        block: the block.
        policy: thresholds.
        summary: of the received ``energy_kwh``.
    """
    return [
        *_voltages(block, policy),
        *_power(block, policy, summary),
        *_missing_siblings(block, policy),
    ]


def _voltages(block: AreaBlock, policy: Policy) -> list[Finding]:
    if not policy.is_on("V-16"):
        return []
    low, high = policy.number("V-16.u_low"), policy.number("V-16.u_high")
    rated = block.numbers("rated_voltage_v")
    # A four-wire meter may carry its line voltage in the archive; its channels are phase voltages.
    wires = block.strings("wiring")
    rated = np.where((wires == "3P4W") & (rated > 300.0), rated / np.sqrt(3.0), rated)[:, None]
    findings = []
    for name in ("voltage_a_v", "voltage_b_v", "voltage_c_v"):
        if name not in block.channels:
            continue
        least, most, count = day_extremes(block.channels[name])
        is_low = least < low * rated
        outside = block.is_live & (count > 0) & (is_low | (most > high * rated))
        value = np.where(is_low, least, most) / rated
        findings.append(Finding("V-16", name, outside, value=value, threshold=np.where(is_low, low, high)))
    return findings


def _power(block: AreaBlock, policy: Policy, summary: DaySummary) -> list[Finding]:
    power = block.channels.get("power_kw")
    if power is None or not policy.is_on("V-16"):
        return []
    came = block.channel_present.get("power_kw", np.zeros(block.shape[:2], bool))
    m, d = np.nonzero(came & block.is_live & (summary.present == block.slot_counts[None, :]))
    apart = np.full(came.shape, np.nan)
    energy = summary.total[m, d]
    # A meter of one direction counts energy forwards only: power that turns around is no contradiction.
    from_power = np.clip(power[m, d].astype(np.float64), 0.0, None).sum(axis=1) * block.interval_minutes / 60.0
    apart[m, d] = np.where(energy >= _LEAST_POWER_KWH, np.abs(from_power - energy) / energy, np.nan)
    tolerance = policy.number("V-16.power_tolerance")
    return [Finding("V-16", "power_kw", apart > tolerance, value=apart, threshold=tolerance)]


def _missing_siblings(block: AreaBlock, policy: Policy) -> list[Finding]:
    if not policy.is_on("V-18") or len(block.channel_present) < 2:
        return []
    share = policy.number("V-18.min_share")
    any_came = np.logical_or.reduce(list(block.channel_present.values()))
    findings = []
    for name, came in sorted(block.channel_present.items()):
        usual = trailing_share(came, days=_SIBLING_DAYS)
        away = block.is_live & any_came & ~came & (usual >= share) & (usual > 0)
        findings.append(Finding("V-18", name, away, value=usual, threshold=share))
    return findings
