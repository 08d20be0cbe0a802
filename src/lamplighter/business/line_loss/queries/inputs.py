"""Reading what lines and units are summed from: energies of meters and the archive around them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.line_loss.queries.results import month_of
from lamplighter.business.line_loss.rules.feeder import SolarGap
from lamplighter.business.metering.tables import INTERVAL_MONTHLY, METER
from lamplighter.business.network.tables import AREA, ASSIGNMENT, FEEDER, LINE, UNIT
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY


def read_day_energies(state: Snapshot, *, days: Sequence[dt.date]) -> pa.Table:
    """Return each meter's trusted energy on some days with how far it was read: the ``energy`` of ``feeder_flows``."""
    kept = ["meter_id", "on_date", "area_id", "role", "energy_kwh", "reverse_kwh"]
    rows = state.read(
        TRUSTED_DAY,
        columns=[*kept, "source", "actual_share", "is_outage"],
        months=sorted({month_of(day) for day in days}),
        where=pc.field("on_date").isin(pa.array(days, pa.date32())),
    )
    return _with_read_share(rows)


def _with_read_share(rows: pa.Table) -> pa.Table:
    source = rows.column("source")
    register = pc.or_(pc.equal(source, "register"), pc.and_(rows.column("is_outage"), pc.not_equal(source, "none")))
    by_slots = pc.if_else(pc.equal(source, "interval"), rows.column("actual_share").cast(pa.float64()), 0.0)
    share = pc.if_else(register, 1.0, by_slots)
    return rows.drop_columns(["source", "actual_share", "is_outage"]).append_column("read_share", share)


def read_month_energies(state: Snapshot, *, month: str) -> pa.Table:
    """Return each live meter's energy in a month that is known by month only: a row also where nothing was received.

    Columns as :func:`read_day_energies`, ``on_date`` the first of the month. Energy is after the multiplier.
    """
    first = dt.date.fromisoformat(f"{month}-01")
    values = state.read(INTERVAL_MONTHLY, columns=["meter_id", "channel", "value"], months=[month])
    meters = state.read(METER, columns=["meter_id", "area_id", "role", "multiplier", "installed_on", "removed_on"])
    following = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    installed = pc.fill_null(pc.less(meters.column("installed_on"), pa.scalar(following)), True)
    present = pc.fill_null(pc.greater(meters.column("removed_on"), pa.scalar(first)), True)
    meters = meters.filter(pc.and_(installed, present))
    for channel in ("energy_kwh", "reverse_kwh"):
        own = values.filter(pc.equal(values.column("channel"), channel))
        known = own.column("meter_id").combine_chunks()
        place = pc.index_in(meters.column("meter_id").combine_chunks(), value_set=known)
        energy = pc.multiply(own.column("value").combine_chunks().take(place), meters.column("multiplier"))
        meters = meters.append_column(channel, energy)
    # A meter of which only the export is known is known: a generator's own use need not be reported.
    told = pc.or_(pc.is_valid(meters.column("energy_kwh")), pc.is_valid(meters.column("reverse_kwh")))
    forward = pc.if_else(told, pc.fill_null(meters.column("energy_kwh"), 0.0), pa.scalar(None, pa.float64()))
    return pa.table(
        {
            "meter_id": meters.column("meter_id"),
            "on_date": pa.repeat(pa.scalar(first, pa.date32()), meters.num_rows),
            "area_id": meters.column("area_id"),
            "role": meters.column("role"),
            "energy_kwh": forward,
            "reverse_kwh": meters.column("reverse_kwh"),
            "read_share": told.cast(pa.float64()),
        }
    )


def months_known_by_month(state: Snapshot) -> list[str]:
    """Return the months in which energy came by the month (``2025-01``)."""
    return state.months(INTERVAL_MONTHLY)


def read_hangs(state: Snapshot, *, days: Sequence[dt.date]) -> pa.Table:
    """Return which feeder each area hung on, each day: its assignment where one holds, else the archive."""
    areas = state.read(AREA, columns=["area_id", "feeder_id"])
    assigned = state.read(ASSIGNMENT, where=pc.field("child_kind") == "area").to_pylist()
    by_area: dict[str, list[tuple[dt.date, dt.date, str]]] = {}
    for row in assigned:
        span = (row["valid_from"], row["valid_to"] or dt.date.max, row["parent_id"])
        by_area.setdefault(row["child_id"], []).append(span)
    names = areas.column("area_id").to_pylist()
    feeders = areas.column("feeder_id").to_pylist()
    columns: tuple[list[str], list[dt.date], list[str | None]] = ([], [], [])
    for day in days:
        for name, feeder in zip(names, feeders, strict=True):
            held = next((parent for start, end, parent in by_area.get(name, ()) if start <= day < end), feeder)
            columns[0].append(name)
            columns[1].append(day)
            columns[2].append(held)
    types = (pa.string(), pa.date32(), pa.string())
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.table(dict(zip(("area_id", "on_date", "feeder_id"), arrays, strict=True)))


def read_supply_areas(state: Snapshot) -> pa.Table:
    """Return every area with its nameplate and ``has_supply``: 1 where the archive knows a supply meter."""
    areas = state.read(
        AREA, columns=["area_id", "feeder_id", "station_id", "rated_kva", "no_load_loss_kw", "load_loss_kw", "bucket"]
    )
    meters = state.read(METER, columns=["area_id", "role"])
    metered = meters.filter(pc.equal(meters.column("role"), "supply")).column("area_id")
    has = pc.is_in(areas.column("area_id"), value_set=metered.combine_chunks())
    return areas.append_column("has_supply", has.cast(pa.int32()))


def read_solar_gaps(state: Snapshot) -> dict[str, SolarGap]:
    """Return by feeder how many customers the archive marks as generating, and how many generation meters there are.

    A customer is marked by the attribute ``has_generation`` or ``generation_kw`` of the company folder's
    ``customers``: the contract does not know these columns, and intake keeps them.
    """
    customers = state.read(CUSTOMER, columns=["account_id", "attributes"])
    marked: dict[str, float] = {}
    for account, raw in zip(
        *(customers.column(name).to_pylist() for name in ("account_id", "attributes")), strict=True
    ):
        known = json.loads(raw) if raw else {}
        power = _number(known.get("generation_kw"))
        if str(known.get("has_generation", "")).lower() in ("true", "1", "yes", "1.0") or power > 0:
            marked[account] = power
    meters = state.read(METER, columns=["account_id", "area_id", "feeder_id", "role"]).to_pylist()
    area_feeder = dict(
        zip(*(state.read(AREA).column(name).to_pylist() for name in ("area_id", "feeder_id")), strict=True)
    )
    known_plants: dict[str, set[str]] = {}
    measured: dict[str, set[str]] = {}
    for meter in meters:
        feeder = area_feeder.get(meter["area_id"]) if meter["area_id"] else meter["feeder_id"]
        if feeder is None or meter["account_id"] is None:
            continue
        if meter["role"] == "solar":
            measured.setdefault(feeder, set()).add(meter["account_id"])
            known_plants.setdefault(feeder, set()).add(meter["account_id"])
        elif meter["account_id"] in marked:
            known_plants.setdefault(feeder, set()).add(meter["account_id"])
    gaps = {}
    for feeder, accounts in known_plants.items():
        seen = measured.get(feeder, set())
        kw = [marked.get(account, 0.0) for account in accounts - seen]
        gaps[feeder] = SolarGap(
            feeder_id=feeder,
            known_plants=len(accounts),
            measured_plants=len(seen),
            installed_kw=float(np.sum(kw)) if any(kw) else float("nan"),
        )
    return gaps


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return 0.0


@dataclass(frozen=True, slots=True)
class CompanyNetwork:
    """The archive as roll-ups need it.

    Attributes:
        areas: every area with nameplate, station, bucket and ``has_supply``.
        meters: meter_id and feeder_id of every meter.
        feeders: every feeder.
        units: every unit.
        solar_gaps: generation known and not measured, by feeder.
        feeder_lines: pieces of 10 kV line.
    """

    areas: pa.Table
    meters: pa.Table
    feeders: pa.Table
    units: pa.Table
    solar_gaps: dict[str, SolarGap]
    feeder_lines: pa.Table


def read_company_network(state: Snapshot) -> CompanyNetwork:
    """Return the archive as roll-ups need it."""
    lines = state.read(LINE)
    return CompanyNetwork(
        areas=read_supply_areas(state),
        meters=state.read(METER, columns=["meter_id", "feeder_id", "node_id"]),
        feeders=state.read(FEEDER),
        units=state.read(UNIT),
        solar_gaps=read_solar_gaps(state),
        feeder_lines=lines.filter(pc.is_valid(lines.column("feeder_id"))),
    )
