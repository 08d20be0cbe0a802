"""The archives as files of rows, from units to assignments, and what each must keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot
from lamplighter.business.customers.tables import CUSTOMER
from lamplighter.business.metering.operations.rows import RowSubject, columns_of, reject_unknown
from lamplighter.business.metering.records import Reason
from lamplighter.business.metering.rules.reading import Verdicts
from lamplighter.business.metering.rules.rows import FileColumn
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.records import Level
from lamplighter.business.network.rules import AreaPlace, assign_buckets, place_units
from lamplighter.business.network.tables import AREA, ASSIGNMENT, FEEDER, LINE, UNIT
from lamplighter.journeys.company_import.directory import Directory

Strings = list[str | None]

_LEVELS = frozenset(level.value for level in Level)
_ROLES = frozenset({"customer", "supply", "solar", "feeder"})
_FAR_FUTURE = np.iinfo(np.int32).max


@dataclass
class Archives:
    """The subjects of the archive, each prepared against what was registered before it.

    Args:
        snapshot: gives the newest published state when asked.
        meters_by_area: meters each area will have, counted before the areas are placed.
    """

    snapshot: Callable[[], Snapshot]
    directory: Callable[[], Directory]
    meters_by_area: Counter[str]

    def subjects(self) -> dict[str, RowSubject]:
        """Return them by name, in the order in which they must be taken in."""
        word = pa.string()
        found = [
            RowSubject(
                "units",
                UNIT,
                columns_of(
                    UNIT,
                    computed=["province_id", "city_id", "county_id", "station_id"],
                    more={"level": FileColumn(word, is_required=True, choices=_LEVELS)},
                ),
                self._units,
                is_complete=True,
            ),
            RowSubject("feeders", FEEDER, columns_of(FEEDER), self._feeders, is_complete=True),
            RowSubject(
                "areas",
                AREA,
                columns_of(AREA, computed=["bucket"]),
                self._areas,
                is_complete=True,
                sticky=("bucket",),
            ),
            RowSubject("customers", CUSTOMER, columns_of(CUSTOMER), _as_they_are, is_complete=True),
            RowSubject(
                "meters",
                METER,
                columns_of(
                    METER,
                    computed=["bucket"],
                    more={
                        "role": FileColumn(word, is_required=True, choices=_ROLES),
                        "multiplier": FileColumn(pa.float64(), is_required=True, default="1"),
                    },
                ),
                self._meters,
                is_complete=True,
                sticky=("bucket",),
            ),
            RowSubject("lines", LINE, columns_of(LINE), self._lines, is_complete=True),
            RowSubject(
                "assignments",
                ASSIGNMENT,
                columns_of(
                    ASSIGNMENT,
                    computed=["child_id", "child_kind"],
                    more={"meter_id": FileColumn(word), "area_id": FileColumn(word)},
                ),
                self._assignments,
                is_complete=True,
            ),
        ]
        return {subject.name: subject for subject in found}

    def _units(self, table: pa.Table, verdicts: Verdicts) -> pa.Table:
        known = self.snapshot().read(UNIT, columns=["unit_id", "parent_id", "level"]).to_pylist()
        parents: dict[str, str | None] = {row["unit_id"]: row["parent_id"] for row in known}
        levels: dict[str, str] = {row["unit_id"]: row["level"] for row in known}
        units, above = _strings(table, "unit_id"), _strings(table, "parent_id")
        for unit, parent, level in zip(units, above, _strings(table, "level"), strict=True):
            parents[str(unit)], levels[str(unit)] = parent, str(level)
        _reject_strays(units, parents, verdicts)
        places = place_units(parents, levels)
        good = [str(unit) if unit in places else None for unit in units]
        for level in Level:
            ids = [None if unit is None else places[unit].above[level] for unit in good]
            table = table.append_column(f"{level.value}_id", pa.array(ids, pa.string()))
        return table

    def _feeders(self, table: pa.Table, verdicts: Verdicts) -> pa.Table:
        if "station_id" in table.column_names:
            reject_unknown(table, "station_id", self.directory().units, verdicts, Reason.UNKNOWN_UNIT)
        return table

    def _areas(self, table: pa.Table, verdicts: Verdicts) -> pa.Table:
        directory = self.directory()
        reject_unknown(table, "station_id", directory.units, verdicts, Reason.ORPHAN_AREA)
        if "feeder_id" in table.column_names:
            reject_unknown(table, "feeder_id", directory.feeders, verdicts, Reason.UNKNOWN_FEEDER)
        known = self.snapshot().read(AREA, columns=["area_id", "station_id", "feeder_id", "bucket"]).to_pylist()
        stations = _station_paths(self.snapshot())
        places = {
            row["area_id"]: self._place(row["area_id"], row["station_id"], row["feeder_id"], stations) for row in known
        }
        good = verdicts.is_good
        rows = zip(_strings(table, "area_id"), _strings(table, "station_id"), _strings(table, "feeder_id"), strict=True)
        for row, (area, station, feeder) in enumerate(rows):
            if good[row]:
                places[str(area)] = self._place(str(area), str(station), feeder, stations)
        buckets = assign_buckets(list(places.values()), given={row["area_id"]: row["bucket"] for row in known})
        own = [buckets.get(str(area), 0) for area in _strings(table, "area_id")]
        return table.append_column("bucket", pa.array(own, pa.int32()))

    def _place(self, area: str, station: str, feeder: str | None, stations: Mapping[str, tuple[str, ...]]) -> AreaPlace:
        return AreaPlace(area, stations.get(station, (station,)), feeder or "", self.meters_by_area[area])

    def _meters(self, table: pa.Table, verdicts: Verdicts) -> pa.Table:
        directory = self.directory()
        nowhere = np.full(table.num_rows, -1, np.int64)
        area, feeder = nowhere, nowhere
        if "area_id" in table.column_names:
            area = reject_unknown(table, "area_id", directory.areas, verdicts, Reason.UNKNOWN_AREA)
        if "feeder_id" in table.column_names:
            feeder = reject_unknown(table, "feeder_id", directory.feeders, verdicts, Reason.UNKNOWN_FEEDER)
        verdicts.reject((area < 0) & (feeder < 0), Reason.NOWHERE)
        if "account_id" in table.column_names:
            reject_unknown(table, "account_id", directory.accounts, verdicts, Reason.UNKNOWN_ACCOUNT)
        _reject_twofold_meters(table, verdicts)
        own = np.where(area >= 0, np.append(directory.area_buckets, 0)[area], 0)
        first = _first_buckets(directory)
        on_feeder = np.array([first.get(str(f), 0) for f in directory.feeders.to_pylist()] + [0], np.int32)
        own = np.where((area < 0) & (feeder >= 0), on_feeder[feeder], own)
        return table.append_column("bucket", pa.array(own.astype(np.int32)))

    def _lines(self, table: pa.Table, verdicts: Verdicts) -> pa.Table:
        return self._on_network(table, verdicts)

    def _on_network(self, table: pa.Table, verdicts: Verdicts) -> pa.Table:
        directory = self.directory()
        given = np.zeros(table.num_rows, bool)
        for column, known, reason in (
            ("area_id", directory.areas, Reason.UNKNOWN_AREA),
            ("feeder_id", directory.feeders, Reason.UNKNOWN_FEEDER),
        ):
            if column in table.column_names:
                reject_unknown(table, column, known, verdicts, reason)
                given |= np.asarray(pc.is_valid(table.column(column)))
        verdicts.reject(~given, Reason.NOWHERE)
        return table

    def _assignments(self, table: pa.Table, verdicts: Verdicts) -> pa.Table:
        directory = self.directory()
        count = table.num_rows
        meters, areas = _strings(table, "meter_id"), _strings(table, "area_id")
        is_meter = np.array([meter is not None for meter in meters], bool)
        verdicts.reject(
            np.array([m is None and a is None for m, a in zip(meters, areas, strict=True)], bool), Reason.NOWHERE
        )
        children = pa.array([m or a for m, a in zip(meters, areas, strict=True)], pa.string())
        verdicts.reject(np.asarray(pc.is_null(children)), Reason.NOWHERE)
        table = table.append_column("child_id", children)
        kinds = pa.array(["meter" if own else "area" for own in is_meter], pa.string())
        for own, known, reason in (
            (is_meter, directory.meters.ids, Reason.UNKNOWN_METER),
            (~is_meter, directory.areas, Reason.UNKNOWN_AREA),
        ):
            found = np.asarray(pc.is_in(children, value_set=known))
            verdicts.reject(own & ~found & np.asarray(pc.is_valid(children)), reason)
        parents = table.column("parent_id")
        is_area = np.asarray(pc.is_in(parents, value_set=directory.areas))
        is_feeder = np.asarray(pc.is_in(parents, value_set=directory.feeders))
        verdicts.reject(is_meter & ~(is_area | is_feeder), Reason.UNKNOWN_AREA)
        verdicts.reject(~is_meter & ~is_feeder, Reason.UNKNOWN_FEEDER)
        _reject_overlaps(table, verdicts, count)
        kept = [name for name in table.column_names if name not in ("meter_id", "area_id")]
        return table.select(kept).append_column("child_kind", kinds)


def _as_they_are(table: pa.Table, verdicts: Verdicts) -> pa.Table:
    return table


def _strings(table: pa.Table, name: str) -> Strings:
    if name not in table.column_names:
        return [None] * table.num_rows
    found: Strings = table.column(name).to_pylist()
    return found


def _reject_strays(units: Strings, parents: dict[str, str | None], verdicts: Verdicts) -> None:
    """Reject units below one nobody knows, and those below them; take them out of ``parents``."""
    strays = {unit for unit, parent in parents.items() if parent is not None and parent not in parents}
    while strays:
        for unit in strays:
            del parents[unit]
        verdicts.reject(np.array([unit in strays for unit in units], bool), Reason.UNKNOWN_UNIT)
        strays = {unit for unit, parent in parents.items() if parent is not None and parent not in parents}


def _station_paths(snapshot: Snapshot) -> dict[str, tuple[str, ...]]:
    return {
        row["unit_id"]: (row["province_id"], row["city_id"], row["county_id"], row["unit_id"])
        for row in snapshot.read(UNIT).to_pylist()
    }


def _first_buckets(directory: Directory) -> dict[str, int]:
    """Return the bucket of each feeder's first area."""
    found: dict[str, int] = {}
    order = np.argsort(np.array(directory.areas.to_pylist(), dtype=object), kind="stable")
    for place in order:
        feeder = directory.area_feeders[place]
        if feeder is not None:
            found.setdefault(feeder, int(directory.area_buckets[place]))
    return found


def _reject_twofold_meters(table: pa.Table, verdicts: Verdicts) -> None:
    """Reject meters that stand twice: on two areas, or with different data."""
    ids = _strings(table, "meter_id")
    twice = {meter for meter, count in Counter(ids).items() if count > 1}
    if not twice:
        return
    shown = [name for name in table.column_names if not name.endswith("_")]
    rows: dict[str | None, list[int]] = {}
    for row, meter in enumerate(ids):
        if meter in twice:
            rows.setdefault(meter, []).append(row)
    for places in rows.values():
        said = table.select(shown).take(pa.array(places)).to_pylist()
        if all(row == said[0] for row in said[1:]):
            continue
        areas = {row.get("area_id") for row in said}
        reason = Reason.TWO_AREAS if len(areas) > 1 else Reason.DUPLICATE_ID
        verdicts.reject(dict.fromkeys(places, reason))


def _reject_overlaps(table: pa.Table, verdicts: Verdicts, count: int) -> None:
    """Reject periods in which one meter or area would hang on two parents at once."""
    begins = _days(table, "valid_from", 0)
    ends = _days(table, "valid_to", _FAR_FUTURE)
    children, parents = _strings(table, "child_id"), _strings(table, "parent_id")
    by_child: dict[str | None, list[int]] = {}
    for row in range(count):
        by_child.setdefault(children[row], []).append(row)
    for child, rows in by_child.items():
        if child is None or len(rows) == 1:
            continue
        rows.sort(key=lambda row: (begins[row], ends[row]))
        for earlier, later in pairwise(rows):
            if begins[later] < ends[earlier] and parents[earlier] != parents[later]:
                verdicts.reject({earlier: Reason.TWO_AREAS, later: Reason.TWO_AREAS})


def _days(table: pa.Table, name: str, empty: int) -> npt.NDArray[np.int64]:
    if name not in table.column_names:
        return np.full(table.num_rows, empty, np.int64)
    return np.asarray(pc.fill_null(table.column(name).cast(pa.int32()), empty).to_numpy(), np.int64)
