"""Reads: one meter's day with everything that is known of it, and what a change of rules would change."""

from lamplighter.business.trusted_energy.queries.explain import (
    DialLine,
    FlagLine,
    MeterDay,
    MeterDayUnknown,
    SlotLine,
    explain_meter_day,
)
from lamplighter.business.trusted_energy.queries.what_if import (
    NothingToCompare,
    RuleChange,
    WhatIf,
    read_blocks,
    what_if,
)

__all__ = [
    "DialLine",
    "FlagLine",
    "MeterDay",
    "MeterDayUnknown",
    "NothingToCompare",
    "RuleChange",
    "SlotLine",
    "WhatIf",
    "explain_meter_day",
    "read_blocks",
    "what_if",
]
