"""From the material of a block to what anomaly rules see: days, registers, events, neighbours' voltages as arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.detection.anomalies.registers import RATES
from lamplighter.business.detection.anomalies.seen import Bools, Indices, Seen, SeenEvent
from lamplighter.business.detection.electrical_days import ElectricalDays, Limit
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.meter_events import CleanEvents
from lamplighter.business.detection.peer_level import contract_of
from lamplighter.business.detection.records import Days, Floats
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.trusted_energy.rules.instants import day_starts, slot_edges

_DIAL_FLAGS = ("V-12", "V-13")
"""Findings of the validation that count only on the dial: on a slot they are faults of communication."""
_CORRELATED_SHARE = 0.5


def electrical_limits(material: Material, settings: DetectionSettings) -> Floats:
    """Return what the slots of each candidate are held against, shape (N, limits)."""
    window = material.window
    block, meters = window.block, window.meters
    contract_kw, contract_kva = _contracts(material)
    return slot_limits(
        rated_v=block.numbers("rated_voltage_v", default=220.0)[meters],
        basic_a=block.numbers("basic_current_a", default=5.0)[meters],
        max_a=block.numbers("max_current_a", default=np.inf)[meters],
        multiplier=block.multipliers[meters],
        contract_kw=contract_kw,
        contract_kva=contract_kva,
        has_no_middle=window.candidate_strings("wiring") == "3P3W",
        settings=settings,
    )


def slot_limits(
    *,
    rated_v: Floats,
    basic_a: Floats,
    max_a: Floats,
    multiplier: Floats,
    contract_kw: Floats,
    contract_kva: Floats,
    has_no_middle: Bools,
    settings: DetectionSettings,
) -> Floats:
    """Return what slots are held against, shape (N, limits): the thresholds times nameplate or contract.

    Where a contract is not known nothing exceeds it, and every load counts for the power factor.

    Args:
        rated_v: rated phase voltage, shape (N,); likewise the others.
        basic_a: basic current.
        max_a: greatest current, infinite where unknown.
        multiplier: from metered to billed energy.
        contract_kw: contract power, NaN where unknown.
        contract_kva: contract capacity, NaN where unknown.
        has_no_middle: a meter of two elements.
        settings: thresholds of the rules.
    """
    number = settings.number
    loaded = number("AN-08.current_share") * basic_a
    columns: dict[Limit, Floats | float] = {
        Limit.LOW_V: number("AN-08.voltage_share") * rated_v,
        Limit.DEAD_V: number("AN-09.voltage_share") * rated_v,
        Limit.OVER_V: number("AN-10.voltage_share") * rated_v,
        Limit.UNDER_V: number("AN-11.voltage_share") * rated_v,
        Limit.LOADED_A: loaded,
        Limit.CARRYING_A: np.maximum(loaded, number("AN-04.least_a")),
        Limit.IDLE_A: np.maximum(number("AN-04.current_share") * basic_a, number("AN-04.least_a")),
        Limit.DEAD_A: number("AN-14.current_share") * basic_a,
        Limit.OVER_A: number("AN-16.times") * np.where(multiplier > 1.0, basic_a, max_a),
        Limit.REVERSE_KW: number("AN-17.base_share") * rated_v * basic_a / 1000.0,
        Limit.VOLTAGE_SHARE: number("AN-12.unlike_share"),
        Limit.CURRENT_SHARE: np.where(has_no_middle, number("AN-15.three_wire_share"), number("AN-15.four_wire_share")),
        Limit.NEUTRAL_SHARE: number("AN-20.difference_share"),
        Limit.NEUTRAL_A: number("AN-20.least_a"),
        Limit.FACTOR: number("AN-18.factor"),
        Limit.FACTOR_KW: number("AN-18.load_share") * np.nan_to_num(contract_kw, nan=0.0) / multiplier,
        Limit.CAPACITY_KW: number("AN-25.times") * np.nan_to_num(contract_kw, nan=np.inf) / multiplier,
        Limit.CAPACITY_KVA: number("AN-25.times") * np.nan_to_num(contract_kva, nan=np.inf) / multiplier,
        Limit.MULTIPLIER: multiplier,
        Limit.HAS_NO_MIDDLE: has_no_middle.astype(np.float64),
    }
    limits = np.zeros((len(rated_v), len(Limit)))
    for column, values in columns.items():
        limits[:, column] = values
    return limits


def look_at(
    *,
    material: Material,
    electrical: ElectricalDays,
    events: CleanEvents,
    usual_ratio: Floats,
    settings: DetectionSettings,
) -> tuple[Seen, Mapping[str, int]]:
    """Return what the rules may look at, and how much was set aside first, by why.

    Days above ``anomalies.data_fault_times`` x contract power x 24 h are faults of the data and are taken out before
    any rule sees them.

    Args:
        material: of the block.
        electrical: days of voltage, current and power.
        events: cleaned.
        usual_ratio: energy over V x I that meters wired alike usually show, shape (N,).
        settings: thresholds.
    """
    window, changes = material.window, material.changes
    block, meters, days = window.block, window.meters, slice(window.first, None)
    multiplier = block.multipliers[meters]
    contract_kw, contract_kva = _contracts(material)
    faulty = window.daily_kwh > (settings.number("anomalies.data_fault_times") * 24.0 * contract_kw)[:, None]
    metered = np.where(faulty, np.nan, window.daily_kwh / multiplier[:, None])
    registers = {name: values[meters, window.first :] for name, values in block.registers.items()}
    seen_events = _events(material, events)
    slope, r2, known = _loss_regression(material)
    own, best = _voltage_correlations(material, days=int(settings.number("AN-35.days")), settings=settings)
    is_fall = (changes.t >= settings.number("change.t_start")) & (changes.split >= 0)
    seen = Seen(
        days=window.days,
        electrical=electrical,
        wiring=np.array([str(word or "") for word in window.candidate_strings("wiring")], np.str_),
        rated_v=block.numbers("rated_voltage_v", default=220.0)[meters],
        basic_a=block.numbers("basic_current_a", default=5.0)[meters],
        max_a=block.numbers("max_current_a")[meters],
        multiplier=multiplier,
        contract_kw=contract_kw,
        contract_kva=contract_kva,
        generates=material.generates,
        is_high_voltage=_is_high_voltage(material),
        installed=_day_numbers(block.archive.column("installed_on"), window.days)[meters],
        is_live=block.is_live[meters, days],
        is_read=_is_read(block, meters, window.first),
        metered_kwh=metered,
        adjusted_kwh=np.where(faulty, np.nan, changes.adjusted_kwh),
        reverse_kwh=window.trusted.day_reverse_kwh[meters, days],
        is_free=~np.is_busday(window.days.astype("datetime64[D]")),
        registers=registers,
        used_before=_used_before(material),
        fall_day=np.where(is_fall, changes.split, -1),
        fall_share=np.nan_to_num(changes.drop_share, nan=0.0),
        events=seen_events,
        visits=_visits(material),
        flags=_flags(material),
        loss_slope=slope,
        loss_r2=r2,
        loss_days=known,
        own_correlation=own,
        best_correlation=best,
        outage_points=_outage_points(material, events),
        usual_ratio=usual_ratio,
        has=_has(material, electrical, registers, seen_events, contract_kw, own, slope),
    )
    return seen, {**events.set_aside, "beyond_capacity": int(faulty.sum())}


def _contracts(material: Material) -> tuple[Floats, Floats]:
    rows = [material.customers.get(account, {}) for account in material.accounts]
    kw = np.array([contract_of(row) for row in rows], np.float64)
    kva = np.array([float(row.get("contract_kva") or np.nan) for row in rows], np.float64)  # type: ignore[arg-type]
    return np.where(kw > 0.0, kw, np.nan), np.where(kva > 0.0, kva, np.nan)


def _is_high_voltage(material: Material) -> Bools:
    told = [material.customers.get(account, {}).get("voltage_kv") for account in material.accounts]
    return np.array([isinstance(kv, int | float) and kv >= 1.0 for kv in told], bool)


def _day_numbers(column: pa.ChunkedArray, days: Days) -> Indices:
    """Return dates as indices into the days, far below 0 where unknown."""
    numbers = column.cast(pa.int32()).fill_null(-(10**6)).to_numpy(zero_copy_only=False).astype(np.int64)
    index: Indices = numbers - int(days[0].astype("datetime64[D]").astype(np.int64))
    return index


def _is_read(block: AreaBlock, meters: Indices, first: int) -> Bools:
    came = np.zeros((len(meters), len(block.days) - first), bool)
    for present in block.channel_present.values():
        came |= present[meters, first:]
    for values in block.registers.values():
        # The freeze at midnight tells of the day it closes.
        came |= np.isfinite(values[meters, first + 1 :])
    return came


def _used_before(material: Material) -> Bools:
    window = material.window
    earlier = np.nansum(window.trusted.day_kwh[window.meters, : window.first], axis=1) > 0.0
    used: Bools = earlier | (np.nan_to_num(material.month_signs.mean_kwh, nan=0.0) > 0.0)
    return used


def _events(material: Material, events: CleanEvents) -> dict[str, SeenEvent]:
    window = material.window
    place = {meter: at for at, meter in enumerate(window.block.meter_ids[window.meters])}
    at = np.array([place[meter] for meter in events.meter_ids], np.int64)
    day = (events.on - window.days[0].astype("datetime64[D]")).astype(np.int64)
    minutes = np.where(np.isnat(events.ended), np.nan, (events.ended - events.at) / np.timedelta64(1, "m")).astype(
        np.float64
    )
    names = events.names.astype(str)
    return {
        str(name): SeenEvent(
            at[names == name], day[names == name], minutes[names == name], events.figure[names == name]
        )
        for name in np.unique(names)
    }


def _visits(material: Material) -> Indices:
    """Return pairs of candidate and day of the visits on record."""
    window = material.window
    account = {name: at for at, name in enumerate(material.accounts)}
    pairs = []
    table = window.block.tables.get("core_visit")
    if table is not None and table.num_rows:
        days = table.column("at").cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[D]")
        since = (days - window.days[0].astype("datetime64[D]")).astype(np.int64)
        names = table.column("account_id").to_pylist()
        pairs = [(account[name], int(day)) for name, day in zip(names, since, strict=True) if name in account]
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _flags(material: Material) -> dict[str, Floats]:
    """Return the validation's findings that are anomalies, those of earlier nights and of this one."""
    window = material.window
    found = {rule: np.full((len(window.meters), len(window.days)), np.nan) for rule in ("V-03", "V-04", "V-12", "V-13")}
    place = pa.array(window.block.meter_ids[window.meters], pa.string())
    for table in (window.block.tables.get("core_meter_flag"), window.trusted.flags):
        if table is None or not table.num_rows:
            continue
        at = pc.index_in(table.column("meter_id"), value_set=place).fill_null(-1).to_numpy(zero_copy_only=False)
        day = _day_numbers(table.column("on_date"), window.days)
        rules = np.array(table.column("rule_id").to_pylist(), dtype=object)
        channels = np.array(table.column("channel").to_pylist(), dtype=object)
        values = np.nan_to_num(table.column("value").to_numpy(zero_copy_only=False).astype(np.float64), nan=0.0)
        inside = (at >= 0) & (day >= 0) & (day < len(window.days))
        for rule, days in found.items():
            chosen = inside & (rules == rule) & ((rule not in _DIAL_FLAGS) | (channels == "total_kwh"))
            days[at[chosen], day[chosen]] = values[chosen]
    return found


def _loss_regression(material: Material) -> tuple[Floats, Floats, Floats]:
    """Return slope, share explained and days of the area's daily residual on the daily use of those on transformers."""
    window = material.window
    count = len(window.meters)
    slope, r2, days = np.full(count, np.nan), np.full(count, np.nan), np.zeros(count)
    residual = window.residual_kwh.sum(axis=2)
    for at in np.flatnonzero((window.block.multipliers[window.meters] > 1.0) & (window.area >= 0)):
        y, x = residual[window.area[at]], window.daily_kwh[at]
        known = np.isfinite(y) & np.isfinite(x)
        days[at] = known.sum()
        if days[at] < 3 or np.ptp(x[known]) == 0.0 or np.ptp(y[known]) == 0.0:
            continue
        covariance = np.cov(x[known], y[known])
        slope[at] = covariance[0, 1] / covariance[0, 0]
        r2[at] = covariance[0, 1] ** 2 / (covariance[0, 0] * covariance[1, 1])
    return slope, r2, days


def _voltage_correlations(material: Material, *, days: int, settings: DetectionSettings) -> tuple[Floats, Floats]:
    """Return the correlation of each candidate's first phase with its own transformer and with the best of the others;
    of a transformer's three phases the best counts."""
    window = material.window
    block, count, areas = window.block, len(window.meters), len(window.block.area_ids)
    own, best = np.full(count, np.nan), np.full(count, np.nan)
    if "voltage_a_v" not in block.channels or areas == 0:
        return own, best
    curves: npt.NDArray[np.float32] = np.full((count, min(days, len(block.days)) * block.shape[2]), np.nan, np.float32)
    for phase in "cba":
        channel = block.channels.get(f"voltage_{phase}_v")
        if channel is not None:
            told = channel[window.meters, -days:].reshape(count, -1)
            np.copyto(curves, told, where=np.isfinite(told))
    least = settings.number("AN-35.least_points") * 15 / block.interval_minutes
    shares = np.full((areas, count), -np.inf)
    standard = _standardised(curves, least)
    is_supply = block.strings("role") == "supply"
    for phase in "abc":
        channel = block.channels.get(f"voltage_{phase}_v")
        if channel is None:
            continue
        for meter in np.flatnonzero(is_supply & (block.area_of[:, -1] >= 0)):
            supplied = _standardised(channel[meter, -days:].reshape(1, -1), least)
            area = block.area_of[meter, -1]
            shares[area] = np.fmax(shares[area], standard @ supplied[0] / curves.shape[1])
    shares = np.where(np.isfinite(shares) & np.isfinite(standard[:, 0])[None, :], shares, np.nan)
    has_area = window.area >= 0
    at = np.flatnonzero(has_area)
    own[at] = shares[window.area[at], at]
    others = shares.copy()
    others[window.area[at], at] = np.nan
    best = np.fmax.reduce(others, axis=0, initial=np.nan)
    return own, best


def _standardised(rows: npt.NDArray[np.float32], least: float) -> Floats:
    """Return rows of mean 0 and standard deviation 1, unknown values at their mean; NaN where too few are known."""
    known = np.isfinite(rows)
    number = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = np.where(known, rows, 0.0).sum(axis=1, keepdims=True, dtype=np.float64) / number
    centred = np.where(known, rows - mean, 0.0)
    scale = np.sqrt((centred**2).mean(axis=1, keepdims=True))
    usable = (known.sum(axis=1, keepdims=True) >= least) & (scale > 0.0)
    standard: Floats = np.where(usable, centred / np.where(scale > 0.0, scale, 1.0), np.nan)
    return standard


def _outage_points(material: Material, events: CleanEvents) -> Floats:
    """Return on how many slots inside a meter's own power-off events it registered energy, shape (N, W)."""
    window = material.window
    block, slots = window.block, window.block.shape[2]
    points = np.zeros((len(window.meters), len(window.days)))
    place = {meter: at for at, meter in enumerate(block.meter_ids[window.meters])}
    chosen = np.flatnonzero((events.names == "power_off") & ~np.isnat(events.ended))
    if not len(chosen):
        return points
    starts = day_starts(block)
    first, last = (slot_edges(block, starts, edge[chosen]) for edge in (events.at, events.ended))
    for event, begin, end in zip(chosen, np.ceil(first), np.floor(last), strict=True):
        at = place[events.meter_ids[event]]
        told = block.channels["energy_kwh"][window.meters[at]].reshape(-1)[int(begin) : int(end)]
        days = (int(begin) + np.flatnonzero(told > 0.0)) // slots - window.first
        np.add.at(points[at], days[days >= 0], 1)
    return points


def _has(
    material: Material,
    electrical: ElectricalDays,
    registers: Mapping[str, Floats],
    events: Mapping[str, SeenEvent],
    contract_kw: Floats,
    own_correlation: Floats,
    loss_slope: Floats,
) -> dict[str, Bools]:
    """Return which meter has which kind of data. Of events the company either reads them or does not: a meter without
    one is a quiet one."""
    window = material.window
    count = len(window.meters)
    everybody, nobody = np.ones(count, bool), np.zeros(count, bool)
    table = window.block.tables.get("core_meter_event")
    reads_events = table is not None and table.num_rows > 0

    def told(name: str) -> Bools:
        return np.asarray(np.isfinite(registers[name]).any(axis=1)) if name in registers else nobody

    def reads(*names: str) -> Bools:
        return everybody if any(name in events for name in names) else nobody

    dated = [event for name, event in events.items() if name == "power_off" and np.isfinite(event.minutes).any()]
    clock = [event for name, event in events.items() if name == "clock_fault" and np.isfinite(event.figure).any()]
    return {
        **electrical.has,
        "energy": np.isfinite(window.daily_kwh).any(axis=1),
        "total_register": told("total_kwh"),
        "rate_registers": np.any([told(name) for name in RATES], axis=0),
        "demand_register": told("max_demand_kw"),
        "reverse": np.isfinite(window.trusted.day_reverse_kwh[window.meters, window.first :]).any(axis=1),
        "contract": np.isfinite(contract_kw),
        "events": everybody if reads_events else nobody,
        "relay_events": reads("relay_open"),
        "clock_minutes": everybody if clock else nobody,
        "outage_times": everybody if dated else nobody,
        "unknown_meters": reads("unknown_meter", "cross_area_meter"),
        "supply_voltage": np.isfinite(own_correlation),
        "area_loss": np.isfinite(loss_slope),
    }
