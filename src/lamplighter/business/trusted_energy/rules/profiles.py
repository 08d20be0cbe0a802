"""When a meter has no history: the shape of its class and a level from bills (E-04, E-05)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Method, Quality
from lamplighter.business.trusted_energy.rules.filling import Ground

Days = npt.NDArray[np.bool_]
_LEAST_KNOWN_SHARE = 0.25
"""With a quarter of the day measured, the measured part gives the level."""
_MONTHS_BACK = 13


@dataclass(frozen=True, slots=True)
class BilledLevels:
    """Daily means of what was billed, after the multiplier, NaN where not billed; shape (M, D).

    Attributes:
        month_before: of the month before the day's.
        last_year: of the same month a year before.
        last_year_grown: that times growth (E-05).
    """

    month_before: npt.NDArray[np.float64]
    last_year: npt.NDArray[np.float64]
    last_year_grown: npt.NDArray[np.float64]


def billed_levels(block: AreaBlock, policy: Policy) -> BilledLevels:
    """Return the daily means billed to the one customer meter of an account.

    An account with several customer meters is passed over: nobody knows how its bill divides.
    """
    meters = len(block.meter_ids)
    months = block.days.astype("datetime64[M]").astype(np.int64)
    first = int(months.min()) - _MONTHS_BACK
    means = np.full((meters, int(months.max()) - first + 1), np.nan)
    table = block.tables.get("core_billed_month")
    if table is not None and table.num_rows:
        accounts, roles = block.strings("account_id"), block.strings("role")
        is_customer = (roles == "customer") & block.is_live[:, -1]
        names, counts = np.unique(accounts[is_customer].astype(str), return_counts=True)
        single = set(names[counts == 1].tolist())
        rows = {account: m for m, account in enumerate(accounts) if is_customer[m] and account in single}
        index = pa.array(list(rows), pa.string())
        at = pc.index_in(table.column("account_id").cast(pa.string()), value_set=index).fill_null(-1).to_numpy()
        month = (
            table.column("month")
            .cast(pa.int32())
            .to_numpy()
            .astype("datetime64[D]")
            .astype("datetime64[M]")
            .astype(np.int64)
        )
        inside = (at >= 0) & (month >= first) & (month <= int(months.max()))
        m = np.array(list(rows.values()), np.int64)[at[inside]] if rows else np.zeros(0, np.int64)
        kwh = table.column("energy_kwh").to_numpy()[inside]
        means[m, month[inside] - first] = kwh / _month_days(month[inside])
    k = months - first
    before, year, year_before = means[:, k - 1], means[:, k - 12], means[:, k - 13]
    growth = np.divide(before, year_before, out=np.full_like(before, np.nan), where=year_before > 0)
    growth = np.clip(growth, policy.number("E-05.growth_low"), policy.number("E-05.growth_high"))
    return BilledLevels(before, year, year * np.where(np.isnan(growth), 1.0, growth))


def _month_days(months: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    year, month = 1970 + months // 12, months % 12 + 1
    days = [calendar.monthrange(y, m)[1] for y, m in zip(year.tolist(), month.tolist(), strict=True)]
    return np.array(days, np.float64)


def lay_profiles(
    block: AreaBlock,
    ground: Ground,
    *,
    at: npt.NDArray[np.intp],
    is_complete: Days,
    day_kwh: npt.NDArray[np.float64],
    difference_kwh: npt.NDArray[np.float64],
    levels: BilledLevels,
    policy: Policy,
) -> None:
    """Fill what is still missing with the mean shape of the class on that day, in place.

    Args:
        block, ground: the block and its values.
        at: rows of (meter, day) with slots still missing, (n, 2).
        is_complete: days measured whole, (M, D); ``day_kwh`` their sums before the multiplier.
        difference_kwh: what the dial says, before the multiplier, (M, D).
        levels: what was billed.
        policy: switches of E-03, E-04, E-05 and the least number of peers.
    """
    if not policy.is_on("E-04") or not len(at):
        return
    classes = _classes(block)
    peers_needed = policy.whole("E-04.min_peers")
    key = classes[at[:, 0]].astype(np.int64) * len(block.days) + at[:, 1]
    for group in np.unique(key).tolist():
        kind, d = divmod(group, len(block.days))
        peers = np.flatnonzero((classes == kind) & is_complete[:, d] & (day_kwh[:, d] > 0))
        if len(peers) < peers_needed:
            continue
        count = int(block.slot_counts[d])
        curves = block.channels["energy_kwh"][peers, d, :count].astype(np.float64)
        shape = (curves / day_kwh[peers, d][:, None]).mean(axis=0)
        _lay(block, ground, at[key == group, 0], d, shape, difference_kwh, levels, policy)


def _lay(
    block: AreaBlock,
    ground: Ground,
    meters: npt.NDArray[np.intp],
    d: int,
    shape: npt.NDArray[np.float64],
    difference_kwh: npt.NDArray[np.float64],
    levels: BilledLevels,
    policy: Policy,
) -> None:
    count = len(shape)
    values = ground.values[meters, d, :count].astype(np.float64)
    known = ~np.isnan(values)
    from_known = np.where(known, values, 0.0).sum(axis=1) / np.maximum((known * shape).sum(axis=1), 1e-12)
    from_known = np.where(known.mean(axis=1) >= _LEAST_KNOWN_SHARE, from_known, np.nan)
    from_dial = difference_kwh[meters, d] if policy.is_on("E-03") else np.full(len(meters), np.nan)
    metered = block.multipliers[meters]
    last_year = levels.last_year_grown[meters, d] / metered if policy.is_on("E-05") else np.full(len(meters), np.nan)
    before = levels.month_before[meters, d] / metered
    level, method = np.full(len(meters), np.nan), np.full(len(meters), int(Method.CLASS_PROFILE))
    for candidate, how in (
        (from_dial, Method.CLASS_PROFILE),
        (from_known, Method.CLASS_PROFILE),
        (last_year, Method.MONTHLY),
        (before, Method.CLASS_PROFILE),
    ):
        takes = np.isnan(level) & ~np.isnan(candidate)
        level[takes], method[takes] = candidate[takes], int(how)
    can = ~known & ~np.isnan(level)[:, None]
    rows, slots = np.nonzero(can)
    m = meters[rows]
    ground.values[m, d, slots] = (level[:, None] * shape[None, :])[rows, slots]
    ground.quality[m, d, slots] = Quality.ESTIMATED
    ground.reason[m, d, slots] = (ground.reason[m, d, slots] & 240) | method[rows].astype(np.uint8)


def _classes(block: AreaBlock) -> npt.NDArray[np.int64]:
    """Return a number for the class of each meter's customer, (M,); meters of one role without a customer share one."""
    words = block.strings("role").astype(str)
    customers = block.tables.get("core_customer")
    if customers is not None and customers.num_rows:
        of_account = dict(
            zip(customers.column("account_id").to_pylist(), customers.column("class").to_pylist(), strict=True)
        )
        found = [of_account.get(account) for account in block.strings("account_id")]
        words = np.array([f"{role}:{kind or ''}" for role, kind in zip(words, found, strict=True)])
    return np.unique(words, return_inverse=True)[1].astype(np.int64)
