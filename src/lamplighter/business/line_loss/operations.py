"""Writing the company-wide losses: months of areas, 10 kV lines, and units by region and by voltage level."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine import Engine
from lamplighter.base.governance import Contract
from lamplighter.base.lake import Lake, Snapshot, Transaction
from lamplighter.business.customers.tables import BILLED_MONTH
from lamplighter.business.line_loss.queries import (
    DAY_BUCKET,
    MONTH_BUCKET,
    CompanyNetwork,
    month_of,
    months_known_by_month,
    read_company_network,
    read_day_energies,
    read_hangs,
    read_month_energies,
    roll_up_period,
)
from lamplighter.business.line_loss.relations import read_relation
from lamplighter.business.line_loss.rules.billed import balance_months, month_sums
from lamplighter.business.line_loss.rules.line_explanation import explain_lines
from lamplighter.business.line_loss.rules.months import figures_of, month_figures
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.line_loss.tables import (
    AREA_LOSS_DAILY,
    AREA_LOSS_MONTHLY,
    FEEDER_EXPLANATION,
    FEEDER_LOSS,
    FEEDER_TARGET,
    UNIT_LOSS,
)
from lamplighter.business.metering.tables import INTERVAL_MONTHLY, METER

MOST_DAYS_AT_ONCE = 31


@dataclass(frozen=True, slots=True)
class RollUp:
    """What a roll-up wrote: days and months worked, and rows by kind, days and months together."""

    days: int
    months: int
    feeder_rows: int
    unit_rows: int
    area_months: int


def roll_up_losses(
    *,
    lake: Lake,
    change: Transaction,
    engine: Engine,
    thresholds: Thresholds,
    days: Sequence[dt.date],
    now: dt.datetime,
) -> RollUp:
    """Put together the losses of lines and units on ``days``, and of areas, lines and units in the months they lie in.

    Months whose energy came by the month (``core_monthly``) are worked as well. What was added to ``change`` before
    is published first, so that the days' own results are seen; a repeat writes the same rows again, as a new version.

    Args:
        lake: holds the days' trusted energy and area losses.
        change: the open transaction on it.
        engine: runs the relations.
        thresholds: limits.
        days: days worked, in any order; none works the months known by the month only.
        now: instant of the run, UTC-naive.
    """
    ordered = sorted(set(days))
    change.publish()
    feeders = units = areas = 0
    with lake.snapshot() as state:
        network = read_company_network(state)
        for start in range(0, len(ordered), MOST_DAYS_AT_ONCE):
            some = ordered[start : start + MOST_DAYS_AT_ONCE]
            found = roll_up_period(
                network=network,
                engine=engine,
                thresholds=thresholds,
                energy=read_day_energies(state, days=some),
                hangs=read_hangs(state, days=some),
                area_rows=_daily_rows(state, AREA_LOSS_DAILY, some),
                hours=24.0,
                period="day",
            )
            feeders, units = feeders + found.feeders.num_rows, units + found.units.num_rows
            for contract, rows in ((FEEDER_LOSS, found.feeders), (UNIT_LOSS, found.units)):
                change.append_run(contract, rows, known_at=now, days=some, bucket=DAY_BUCKET)
    change.publish()
    with lake.snapshot() as state:
        by_month = months_known_by_month(state)
        months = sorted({month_of(day) for day in ordered} | set(by_month))
        for month in months:
            first = dt.date.fromisoformat(f"{month}-01")
            area_months = _element_months(state, engine, AREA_LOSS_DAILY, "area_id", month, thresholds)
            if month in by_month:
                area_months = _with_billed_areas(state, network, area_months, first, thresholds)
            areas += area_months.num_rows
            _append_area_months(change, network, area_months, first, now)
            if month in by_month:
                found = roll_up_period(
                    network=network,
                    engine=engine,
                    thresholds=thresholds,
                    energy=read_month_energies(state, month=month),
                    hangs=read_hangs(state, days=[first]),
                    area_rows=area_months.append_column("on_date", area_months.column("month")),
                    hours=24.0 * calendar.monthrange(first.year, first.month)[1],
                    period="month",
                )
                rolled = {FEEDER_LOSS.name: found.feeders, UNIT_LOSS.name: found.units}
            else:
                rolled = {
                    FEEDER_LOSS.name: _element_months(
                        state, engine, FEEDER_LOSS, "feeder_id, boundary", month, thresholds
                    ),
                    UNIT_LOSS.name: _element_months(state, engine, UNIT_LOSS, "unit_id, level", month, thresholds),
                }
            for contract in (FEEDER_LOSS, UNIT_LOSS):
                rows = rolled[contract.name]
                change.append_run(contract, rows, known_at=now, days=[first], bucket=MONTH_BUCKET)
            feeders += rolled[FEEDER_LOSS.name].num_rows
            units += rolled[UNIT_LOSS.name].num_rows
    return RollUp(days=len(ordered), months=len(months), feeder_rows=feeders, unit_rows=units, area_months=areas)


def _with_billed_areas(
    state: Snapshot, network: CompanyNetwork, rows: pa.Table, first: dt.date, thresholds: Thresholds
) -> pa.Table:
    """Return the month's rows, those of areas without enough computable days from supply and bills of the month."""
    month = [f"{first:%Y-%m}"]
    area_ids = np.array(network.areas.column("area_id").to_pylist(), object)
    found = balance_months(
        area_ids=area_ids,
        months=np.array([f"{first:%Y-%m}"], "datetime64[M]"),
        meters=state.read(METER),
        monthly=state.read(INTERVAL_MONTHLY, months=month),
        billed=state.read(BILLED_MONTH, months=month),
        thresholds=thresholds,
    )
    by_day = set(rows.filter(rows.column("is_computable")).column("area_id").to_pylist())
    used = np.array([area not in by_day for area in area_ids], bool) & found.is_computable[:, 0]
    if not used.any():
        return rows
    length = calendar.monthrange(first.year, first.month)[1]
    sums = month_sums(found, areas=used)
    count = sums.num_rows
    figures = figures_of(
        sums=sums, is_computable=np.ones(count, bool), days=np.full(count, float(length)), thresholds=thresholds
    )
    billed = pa.table(
        {
            "area_id": pa.array(area_ids[used], pa.string()),
            "month": pa.repeat(pa.scalar(first, pa.date32()), count),
            "day_count": pa.repeat(pa.scalar(length, pa.int32()), count),
        }
        | figures
    )
    kept = rows.filter(pc.invert(pc.is_in(rows.column("area_id"), value_set=billed.column("area_id").combine_chunks())))
    return pa.concat_tables([kept, billed.select(kept.column_names).cast(kept.schema)]).sort_by("area_id")


def explain_feeders(
    *,
    lake: Lake,
    change: Transaction,
    thresholds: Thresholds,
    as_of_on: dt.date,
    window_days: int,
    now: dt.datetime,
) -> int:
    """Explain the lines' own losses over the window that ends with a day, and return how many were.

    Args:
        lake: holds the lines' losses by day.
        change: the open transaction on it.
        thresholds: limits.
        as_of_on: last day of the window.
        window_days: its length.
        now: instant of the run, UTC-naive.
    """
    days = [as_of_on - dt.timedelta(days=back) for back in range(window_days)]
    with lake.snapshot() as state:
        rows = state.read(
            FEEDER_LOSS,
            months=sorted({month_of(day) for day in days}),
            buckets=[DAY_BUCKET],
            where=pc.field("on_date").isin(pa.array(days, pa.date32())),
        )
    found = explain_lines(rows, thresholds=thresholds)
    count, day = len(found), pa.scalar(as_of_on, pa.date32())
    shares = [(line, cause, part) for line in found for cause, part in line.shares.items()]
    explained = pa.table(
        {
            "feeder_id": pa.array([line.feeder_id for line, _, _ in shares], pa.string()),
            "as_of_on": pa.repeat(day, len(shares)),
            "cause": pa.array([cause.value for _, cause, _ in shares], pa.string()),
            "kwh": pa.array([part[0] for _, _, part in shares], pa.float64()),
            "low_kwh": pa.array([part[1] for _, _, part in shares], pa.float64()),
            "high_kwh": pa.array([part[2] for _, _, part in shares], pa.float64()),
            "share_of_supply": pa.array([part[0] / line.supplied_kwh for line, _, part in shares], pa.float64()),
            "policy_version": pa.repeat(thresholds.version, len(shares)),
        }
    )
    supplied, loss, target = (
        pa.array([getattr(line, name) for line in found], pa.float64())
        for name in ("supplied_kwh", "loss_kwh", "target_rate")
    )
    targets = pa.table(
        {
            "feeder_id": pa.array([line.feeder_id for line in found], pa.string()),
            "as_of_on": pa.repeat(day, count),
            "day_count": pa.array([line.day_count for line in found], pa.int32()),
            "supplied_kwh": supplied,
            "loss_kwh": loss,
            "loss_rate": pc.divide(loss, supplied),
            "target_loss_rate": target,
            "over_target_kwh": pc.subtract(loss, pc.multiply(target, supplied)),
            "policy_version": pa.repeat(thresholds.version, count),
        }
    )
    for contract, table in ((FEEDER_EXPLANATION, explained), (FEEDER_TARGET, targets)):
        change.append_run(contract, table, known_at=now, days=[as_of_on])
    return count


def _daily_rows(state: Snapshot, contract: Contract, days: Sequence[dt.date]) -> pa.Table:
    return state.read(
        contract,
        months=sorted({month_of(day) for day in days}),
        where=pc.field("on_date").isin(pa.array(days, pa.date32())),
    ).drop_columns(["known_at"])


def _element_months(
    state: Snapshot, engine: Engine, contract: Contract, key: str, month: str, thresholds: Thresholds
) -> pa.Table:
    """Return the month's rows of areas, lines or units, from their daily rows."""
    first = dt.date.fromisoformat(f"{month}-01")
    is_area = contract is AREA_LOSS_DAILY
    rows = state.read(contract, months=[month], buckets=None if is_area else [DAY_BUCKET])
    sums = engine.query(read_relation("element_months").format(key=key), tables={"day": rows})
    sums = sums.sort_by([(name, "ascending") for name in key.split(", ")])
    limit = thresholds.feeder_high_above if contract is FEEDER_LOSS else None
    figures = month_figures(sums=sums, thresholds=thresholds, high_above=limit, with_day_count=is_area)
    dated = pa.repeat(pa.scalar(first, pa.date32()), sums.num_rows)
    found = {name: sums.column(name) for name in key.split(", ")}
    if is_area:
        found |= {"month": dated}
    else:
        found |= {"on_date": dated, "period": pa.repeat("month", sums.num_rows)}
    if contract is UNIT_LOSS:
        found |= _counts_of_units(rows, sums)
    return pa.table(found | {name: figures.column(name) for name in figures.column_names})


def _counts_of_units(rows: pa.Table, sums: pa.Table) -> dict[str, pa.Array]:
    """Return how many elements each unit's month has: the most it had on a day, computable ones likewise."""
    most = rows.group_by(["unit_id", "level"]).aggregate([("area_count", "max"), ("computable_count", "max")])
    most = most.sort_by([("unit_id", "ascending"), ("level", "ascending")])
    assert most.num_rows == sums.num_rows
    return {"area_count": most.column("area_count_max"), "computable_count": most.column("computable_count_max")}


def _append_area_months(
    change: Transaction, network: CompanyNetwork, rows: pa.Table, first: dt.date, now: dt.datetime
) -> None:
    areas = network.areas
    place = pc.index_in(rows.column("area_id").combine_chunks(), value_set=areas.column("area_id").combine_chunks())
    bucket = areas.column("bucket").combine_chunks().take(place)
    for number in bucket.unique().to_pylist():
        own = rows.filter(pc.equal(bucket, number))
        change.append_run(AREA_LOSS_MONTHLY, own, known_at=now, days=[first], bucket=number)
