"""Reads of the network."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.business.network.tables import AREA, ASSIGNMENT, FEEDER, LINE, UNIT


def read_units(snapshot: Snapshot) -> pa.Table:
    """Return every organisation unit."""
    return snapshot.read(UNIT)


def read_feeders(snapshot: Snapshot) -> pa.Table:
    """Return every feeder."""
    return snapshot.read(FEEDER)


def read_areas(snapshot: Snapshot, *, unit_id: str = "", feeder_id: str = "") -> pa.Table:
    """Return areas: all, those of a unit and the units below it, those of a feeder."""
    areas = snapshot.read(AREA)
    if unit_id:
        areas = areas.filter(
            pc.is_in(areas.column("station_id"), value_set=pa.array(stations_of(snapshot, unit_id), pa.string()))
        )
    if feeder_id:
        areas = areas.filter(pc.equal(areas.column("feeder_id"), feeder_id))
    return areas


def stations_of(snapshot: Snapshot, unit_id: str) -> list[str]:
    """Return a unit and every unit below it: an area may be run by any of them."""
    found = [
        row["unit_id"]
        for row in read_units(snapshot).to_pylist()
        if unit_id in (row["unit_id"], row["province_id"], row["city_id"], row["county_id"], row["station_id"])
    ]
    return sorted(found)


def read_lines(snapshot: Snapshot, *, area_id: str) -> pa.Table:
    """Return the pieces of line of an area."""
    return snapshot.read(LINE, where=pc.field("area_id") == area_id)


def read_assignments(snapshot: Snapshot, *, child_id: str = "", on: dt.date | None = None) -> pa.Table:
    """Return what hung on what: all periods, those of one meter or area, those that hold on a day."""
    found = snapshot.read(ASSIGNMENT)
    if child_id:
        found = found.filter(pc.equal(found.column("child_id"), child_id))
    if on is not None:
        begun = pc.less_equal(found.column("valid_from"), pa.scalar(on))
        ends = found.column("valid_to")
        found = found.filter(
            pc.and_(begun, pc.or_(pc.is_null(ends), pc.fill_null(pc.greater(ends, pa.scalar(on)), True)))
        )
    return found
