"""What collectors and meters reported of their clocks (V-01, V-03)."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.rules.findings import Finding
from lamplighter.business.trusted_energy.rules.instants import event_slots


def clock_findings(block: AreaBlock, policy: Policy) -> list[Finding]:
    """Return the days on which a clock was reported off.

    The lake keeps no device time beside a reading, so a clock that is wrong and says nothing is not found here. V-03
    holds an event's ``detail`` against the tolerance where it is a number of minutes, and believes the event where it
    is not.
    """
    collectors, _ = event_slots(block, codes=policy.words("V-01.codes"))
    tolerance = policy.number("V-03.tolerance_minutes")
    findings = [Finding("V-01", "clock", collectors & block.is_live)]
    meters, _ = event_slots(_without_small(block, tolerance), codes=policy.words("V-03.codes"))
    findings.append(Finding("V-03", "clock", meters & block.is_live, threshold=tolerance))
    return findings


def _without_small(block: AreaBlock, tolerance_minutes: float) -> AreaBlock:
    """Return the block without events whose detail is a number of minutes within the tolerance."""
    events = block.tables.get("core_meter_event")
    if events is None or not events.num_rows:
        return block
    detail = events.column("detail").cast("string").fill_null("")
    is_number = pc.match_substring_regex(detail, r"^[+-]?[0-9]+(\.[0-9]+)?$")
    minutes = pc.abs(pc.if_else(is_number, detail, "0").cast("float64"))
    small = pc.and_(is_number, pc.less_equal(minutes, tolerance_minutes))
    return replace(block, tables={**block.tables, "core_meter_event": events.filter(pc.invert(small))})
