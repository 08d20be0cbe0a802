"""What a change of rules would change on past days; nothing is written."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lamplighter.base.engine.block import AreaBlock
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.messages import text
from lamplighter.base.periods import slot_axis
from lamplighter.business.customers.tables import BILLED_MONTH, COMPANY, CUSTOMER
from lamplighter.business.metering.blocks import BlockReader, BlockRequest
from lamplighter.business.metering.tables import INTERVAL, METER_EVENT
from lamplighter.business.network.tables import OUTAGE
from lamplighter.business.trusted_energy.policy import Policy, Value
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.business.trusted_energy.tables import TRUSTED_CURVE, TRUSTED_DAY

_CHANNELS = (
    "energy_kwh",
    "reverse_kwh",
    "power_kw",
    "voltage_a_v",
    "voltage_b_v",
    "voltage_c_v",
)
_SIDE_TABLES = (COMPANY, CUSTOMER, BILLED_MONTH, METER_EVENT, OUTAGE, TRUSTED_DAY, TRUSTED_CURVE)
_MOST_DAYS = 92
_SAME_KWH = 1e-6


class NothingToCompare(LamplighterError):
    """The lake has no readings, so no rule would change anything."""

    def __init__(self) -> None:
        super().__init__(text("trusted_energy.error.nothing_to_compare"))


@dataclass(frozen=True, slots=True)
class RuleChange:
    """How often a rule speaks, in meter-days and channels, before and after."""

    rule_id: str
    flags_before: int
    flags_after: int


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a change of rules would change.

    Attributes:
        policy_version: rules as they are; ``changed_version`` with the change.
        first_on, last_on: days looked at.
        meter_days: live meter-days looked at.
        changed_meter_days: those whose energy, or its being known, would differ.
        changed_meters, changed_days: how many meters and days those are.
        energy_before_kwh, energy_after_kwh: import of all looked at, where known.
        moved_kwh: sum of the absolute differences where both are known.
        became_known, became_unknown: meter-days.
        rules: flags by rule, where they differ or the rule was changed.
    """

    policy_version: str
    changed_version: str
    first_on: dt.date
    last_on: dt.date
    meter_days: int
    changed_meter_days: int
    changed_meters: int
    changed_days: int
    energy_before_kwh: float
    energy_after_kwh: float
    moved_kwh: float
    became_known: int
    became_unknown: int
    rules: tuple[RuleChange, ...]


def read_blocks(snapshot: Snapshot, *, first_on: dt.date, last_on: dt.date, history_days: int) -> Iterator[AreaBlock]:
    """Yield the blocks of every bucket over some days, with the history their rules read.

    Args:
        snapshot: state of the lake.
        first_on: first day; ``last_on`` the last, inclusive.
        history_days: days before the first that rules may read.
    """
    company = snapshot.read(COMPANY).to_pylist()
    if not company:
        return
    minutes, timezone = company[0]["interval_minutes"], company[0]["timezone"]
    reader = BlockReader(
        snapshot,
        interval_minutes=minutes,
        slots=slot_axis(interval_minutes=minutes, timezone=timezone),
        side_tables=_SIDE_TABLES,
    )
    for bucket in snapshot.buckets(INTERVAL):
        begin = first_on
        while begin <= last_on:
            end = min(last_on, begin + dt.timedelta(days=_MOST_DAYS - 1))
            yield reader.read(
                BlockRequest(bucket=bucket, first_on=begin, last_on=end, history_days=history_days, channels=_CHANNELS)
            )
            begin = end + dt.timedelta(days=1)


def what_if(*, blocks: Iterable[AreaBlock], policy: Policy, changes: Mapping[str, Value]) -> WhatIf:
    """Return what some changed thresholds would change on the worked days of some blocks.

    Args:
        blocks: days to look at; history is taken as stored for both.
        policy: rules as they are.
        changes: ``{"V-08.threshold": 2.5}``.

    Raises:
        NothingToCompare: there is no block, so no day to look at.
        SettingUnknown: a change names a threshold that does not exist.
        SettingMistyped: a change is of another kind than its threshold.

    Example:
        Two slots below zero, with the rule against them and without:

        >>> from dataclasses import replace
        >>> from lamplighter.base.engine.block import empty_block
        >>> from lamplighter.business.trusted_energy.policy import load_policy
        >>> day = np.ones((1, 1, 24), np.float32)
        >>> day[0, 0, 10:12] = -1.0
        >>> came = {"energy_kwh": np.ones((1, 1), bool)}
        >>> block = replace(
        ...     empty_block(meters=1, days=1, slots=24), channels={"energy_kwh": day}, channel_present=came
        ... )
        >>> found = what_if(blocks=[block], policy=load_policy(on=dt.date(2025, 1, 1)), changes={"V-13.is_on": False})
        >>> found.changed_meter_days, found.energy_before_kwh, found.energy_after_kwh
        (1, 24.0, 20.0)
    """
    changed = policy.changed(changes)
    counts: Counter[str] = Counter()
    before_kwh, after_kwh, moved_kwh = 0.0, 0.0, 0.0
    meters: set[str] = set()
    days: set[np.datetime64] = set()
    flags_before: Counter[str] = Counter()
    flags_after: Counter[str] = Counter()
    worked: list[dt.date] = []
    for block in blocks:
        old, new = work_days(block=block, policy=policy), work_days(block=block, policy=changed)
        looked_at = (block.is_live & block.is_home[:, None])[:, block.first_worked :]
        before, after = (trusted.day_kwh[:, block.first_worked :] for trusted in (old, new))
        gained, lost = np.isnan(before) & ~np.isnan(after), ~np.isnan(before) & np.isnan(after)
        differs = looked_at & (gained | lost | (np.abs(before - after) > _SAME_KWH))
        m, d = np.nonzero(differs)
        meters.update(block.meter_ids[m].tolist())
        days.update(block.worked_days[d].tolist())
        counts.update(
            looked=int(looked_at.sum()),
            differs=len(m),
            gained=int((gained & looked_at).sum()),
            lost=int((lost & looked_at).sum()),
        )
        before_kwh += float(np.nansum(before[looked_at]))
        after_kwh += float(np.nansum(after[looked_at]))
        moved_kwh += float(np.nansum(np.abs(before - after)[looked_at]))
        flags_before.update(old.flags.column("rule_id").to_pylist())
        flags_after.update(new.flags.column("rule_id").to_pylist())
        worked += block.worked_days[[0, -1]].tolist()
    if not worked:
        raise NothingToCompare
    touched = {key.split(".")[0] for key in changes}
    return WhatIf(
        policy_version=policy.version,
        changed_version=changed.version,
        first_on=min(worked),
        last_on=max(worked),
        meter_days=counts["looked"],
        changed_meter_days=counts["differs"],
        changed_meters=len(meters),
        changed_days=len(days),
        energy_before_kwh=before_kwh,
        energy_after_kwh=after_kwh,
        moved_kwh=moved_kwh,
        became_known=counts["gained"],
        became_unknown=counts["lost"],
        rules=tuple(
            RuleChange(rule_id, flags_before[rule_id], flags_after[rule_id])
            for rule_id in policy.rules
            # Rules of estimation raise no flags.
            if (rule_id in touched and rule_id.startswith("V")) or flags_before[rule_id] != flags_after[rule_id]
        ),
    )
