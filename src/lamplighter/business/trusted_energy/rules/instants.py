"""From instants in UTC to the days and slots of a block: outages and what meters reported of themselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock


def day_starts(block: AreaBlock) -> npt.NDArray[np.datetime64]:
    """Return when each day of the block begins, and the last one ends, in UTC.

    The zone is the company's (``core_company``); a block without that table counts its days in UTC.

    Returns:
        ``datetime64[us]``, shape (D + 1,).

    Example:
        >>> from lamplighter.base.engine.block import empty_block
        >>> day_starts(empty_block(meters=1, days=1)).astype(str).tolist()
        ['2025-01-01T00:00:00.000000', '2025-01-02T00:00:00.000000']
    """
    company = block.tables.get("core_company")
    zone = ZoneInfo(company.column("timezone")[0].as_py() if company is not None and company.num_rows else "UTC")
    midnights = [dt.datetime.combine(day, dt.time(), tzinfo=zone) for day in block.days.tolist()]
    midnights.append(dt.datetime.combine(block.days[-1].item() + dt.timedelta(days=1), dt.time(), tzinfo=zone))
    return np.array([at.astimezone(dt.UTC).replace(tzinfo=None) for at in midnights], "datetime64[us]")


def slot_edges(
    block: AreaBlock, starts: npt.NDArray[np.datetime64], at: npt.NDArray[np.datetime64]
) -> npt.NDArray[np.float64]:
    """Return the place of instants on the block's time axis, in slots from its first midnight, counted day by day.

    A day owns ``S`` places whatever it has of slots, so ``place // S`` is the day and ``place % S`` the slot and its
    part.
    """
    slots = block.shape[2]
    day = np.clip(np.searchsorted(starts, at, side="right") - 1, -1, len(block.days))
    inside = np.clip(day, 0, len(block.days) - 1)
    within = (at - starts[inside]) / np.timedelta64(block.interval_minutes, "m")
    place = inside * slots + np.clip(within, 0, block.slot_counts[inside])
    return np.where(day < 0, 0.0, np.where(day >= len(block.days), len(block.days) * slots, place))


def event_slots(block: AreaBlock, *, codes: Iterable[str]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """Return the days on which meters reported any of some codes, and the slots from their begin to their end.

    Args:
        block: with ``core_meter_event``; without it nothing is reported.
        codes: codes of the event list; ``645:00108`` is asked for as it stands or by what follows the colon.

    Returns:
        Days, bool (M, D); rows of (meter, day, first slot, slot after the last), int32 (n, 4).
    """
    days = np.zeros(block.shape[:2], bool)
    none = np.zeros((0, 4), np.int32)
    events = block.tables.get("core_meter_event")
    if events is None or not events.num_rows:
        return days, none
    wanted = pa.array(sorted(codes), pa.string())
    bare = pc.replace_substring_regex(events.column("code"), pattern="^[^:]*:", replacement="")
    events = events.filter(pc.or_(pc.is_in(events.column("code"), value_set=wanted), pc.is_in(bare, value_set=wanted)))
    meters = pc.index_in(events.column("meter_id"), value_set=pa.array(block.meter_ids, pa.string())).fill_null(-1)
    begins = events.column("occurred_at").to_numpy().astype("datetime64[us]")
    ends = events.column("ended_at").to_numpy().astype("datetime64[us]")
    one_slot = np.timedelta64(block.interval_minutes, "m")
    return _cover(
        block, meters.to_numpy().astype(np.int32), begins, np.where(np.isnat(ends), begins + one_slot, ends), days
    )


def outage_slots(block: AreaBlock) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """Return the days on which a meter's area, feeder or account was without supply, and the slots wholly inside the
    outage.

    An outage whose end nobody wrote down marks its day and no slot: nobody knows which slots were dark.

    Returns:
        Days, bool (M, D); rows of (meter, day, first slot, slot after the last), int32 (n, 4).
    """
    days = np.zeros(block.shape[:2], bool)
    outages = block.tables.get("core_outage")
    if outages is None or not outages.num_rows:
        return days, np.zeros((0, 4), np.int32)
    starts = day_starts(block)
    begins = outages.column("started_at").to_numpy().astype("datetime64[us]")
    ends = outages.column("ended_at").to_numpy().astype("datetime64[us]")
    # An open outage marks the day it began.
    ends = np.where(np.isnat(ends), begins, ends)
    near = (begins < starts[-1]) & (ends >= starts[0]) & (ends >= begins)
    at, meters = _meters_cut_off(block, outages.column("asset_id").to_pylist(), near, begins, starts)
    if not len(at):
        return days, np.zeros((0, 4), np.int32)
    return _cover(block, meters, begins[at], ends[at], days, whole=True)


def _meters_cut_off(
    block: AreaBlock,
    assets: list[str],
    near: npt.NDArray[np.bool_],
    begins: npt.NDArray[np.datetime64],
    starts: npt.NDArray[np.datetime64],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
    """Return pairs of outage and meter: of an area or feeder those that hung on it on the outage's first day."""
    accounts, own_feeders = block.strings("account_id"), block.strings("feeder_id")
    core_area = block.tables.get("core_area")
    feeder_of = np.full(len(block.area_ids) + 1, None, dtype=object)
    if core_area is not None and core_area.num_rows:
        names = core_area.column("area_id").to_pylist()
        of_area = dict(zip(names, core_area.column("feeder_id").to_pylist(), strict=True))
        feeder_of[:-1] = [of_area.get(area) for area in block.area_ids]
    area_index = {area: k for k, area in enumerate(block.area_ids)}
    known = {*area_index, *feeder_of, *own_feeders, *accounts} - {None}
    pairs = [np.zeros((0, 2), np.int64)]
    for k in np.flatnonzero(near).tolist():
        asset = assets[k]
        if asset not in known:
            continue
        first_day = int(np.clip(np.searchsorted(starts, begins[k], side="right") - 1, 0, len(block.days) - 1))
        hangs = block.area_of[:, first_day]
        if asset in area_index:
            hit = hangs == area_index[asset]
        else:
            hit = (np.where(hangs < 0, own_feeders, feeder_of[hangs]) == asset) | (accounts == asset)
        meters = np.flatnonzero(hit)
        pairs.append(np.column_stack([np.full(len(meters), k), meters]))
    found = np.concatenate(pairs)
    return found[:, 0].astype(np.intp), found[:, 1].astype(np.int32)


def _cover(
    block: AreaBlock,
    meters: npt.NDArray[np.int32],
    begins: npt.NDArray[np.datetime64],
    ends: npt.NDArray[np.datetime64],
    days: npt.NDArray[np.bool_],
    *,
    whole: bool = False,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int32]]:
    """Mark the days that periods touch, and return the slots they touch, or with ``whole`` those they cover wholly."""
    slots = block.shape[2]
    starts = day_starts(block)
    inside = (meters >= 0) & (begins < starts[-1]) & (ends >= starts[0])
    meters, begins, ends = meters[inside], begins[inside], np.maximum(ends[inside], begins[inside])
    first_day = np.clip(np.searchsorted(starts, begins, side="right") - 1, 0, len(block.days) - 1)
    last_day = np.clip(np.searchsorted(starts, ends, side="left") - 1, first_day, len(block.days) - 1)
    first, last = slot_edges(block, starts, begins), slot_edges(block, starts, ends)
    rows = [np.zeros((0, 4), np.int32)]
    for ahead in range(int((last_day - first_day).max(initial=-1)) + 1):
        day = first_day + ahead
        reached = day <= last_day
        m, d = meters[reached], day[reached]
        days[m, d] = True
        low = np.clip(first[reached] - d * slots, 0, slots)
        high = np.clip(last[reached] - d * slots, 0, slots)
        low, high = (np.ceil(low), np.floor(high)) if whole else (np.floor(low), np.ceil(high))
        high = np.minimum(high, block.slot_counts[d])
        kept = high > low
        rows.append(np.column_stack([m, d, low, high])[kept].astype(np.int32))
    return days, np.concatenate(rows)
