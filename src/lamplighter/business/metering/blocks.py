"""From the lake to the dense block of a bucket, which every kernel reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.base.governance import Contract, Partition, Versions
from lamplighter.base.lake import Snapshot
from lamplighter.business.metering.tables import INTERVAL, METER, METER_EVENT, REGISTER_DAILY
from lamplighter.business.network.tables import AREA, ASSIGNMENT

_DAY = np.timedelta64(1, "D")
_FIRST_DATE, _LAST_DATE = np.datetime64("1900-01-01"), np.datetime64("2200-01-01")


@dataclass(frozen=True, slots=True)
class BlockRequest:
    """Which block is wanted.

    Attributes:
        bucket: bucket of neighbouring areas.
        first_on: first day to be worked.
        last_on: last day to be worked, inclusive.
        history_days: days before ``first_on`` that kernels may read.
        channels: interval channels wanted.
    """

    bucket: int
    first_on: dt.date
    last_on: dt.date
    history_days: int
    channels: tuple[str, ...]


class BlockReader:
    """Reads blocks out of one snapshot; whole tables are read once and kept for the next bucket.

    Args:
        snapshot: state of the lake.
        interval_minutes: length of a slot.
        slots: length of the stored vectors, as `base.periods.slot_axis` says.
        side_tables: further tables kernels want beside the dense arrays; those with an ``area_id``, ``account_id``,
            ``meter_id`` or ``child_id`` are cut to the block, results of earlier runs to its days.
        as_known_at: read measurements as known at that instant.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        interval_minutes: int,
        slots: int,
        side_tables: Iterable[Contract] = (),
        as_known_at: dt.datetime | None = None,
    ) -> None:
        self.snapshot, self.as_known_at = snapshot, as_known_at
        self.interval_minutes, self.slots = interval_minutes, slots
        self._side_tables = tuple(side_tables)
        self._whole: dict[str, pa.Table] = {}

    def read(self, request: BlockRequest) -> AreaBlock:
        """Return the block of a request. Meters are sorted by area, then id; those of no area come last."""
        first = np.datetime64(request.first_on, "D") - request.history_days * _DAY
        days = np.arange(first, np.datetime64(request.last_on, "D") + _DAY)
        areas = self._bucket_rows(AREA, request.bucket)
        area_ids = np.array(sorted(areas.column("area_id").to_pylist()), dtype=object)
        hangs = self._hangs_on(area_ids, days)
        meters = self._meters(request.bucket, area_ids, hangs)
        meters, area_of = _order_by_area(meters, area_ids, hangs, days)
        ids = np.array(meters.column("meter_id").to_pylist(), dtype=object)
        homes = {int(b) for b in meters.column("bucket").unique().to_pylist()}
        channels, present, slot_counts = self._channels(request, ids, days, homes)
        return AreaBlock(
            bucket=request.bucket,
            interval_minutes=self.interval_minutes,
            days=days,
            first_worked=request.history_days,
            slot_counts=slot_counts,
            meter_ids=ids,
            archive=meters,
            multipliers=meters.column("multiplier").to_numpy(),
            area_ids=area_ids,
            area_of=area_of,
            is_live=_live_days(meters, days),
            is_home=meters.column("bucket").to_numpy() == request.bucket,
            channels=channels,
            channel_present=present,
            registers=self._registers(ids, days, homes),
            tables=self._sides(areas, meters, days, request),
        )

    def _table(self, contract: Contract) -> pa.Table:
        if contract.name not in self._whole:
            self._whole[contract.name] = self.snapshot.read(contract, as_known_at=self.as_known_at)
        return self._whole[contract.name]

    def _bucket_rows(self, contract: Contract, bucket: int) -> pa.Table:
        table = self._table(contract)
        return table.filter(pc.equal(table.column("bucket"), bucket))

    def _hangs_on(self, area_ids: npt.NDArray[np.object_], days: npt.NDArray[np.datetime64]) -> pa.Table:
        """Return the assignments of meters that matter to these areas over these days."""
        table = self._table(ASSIGNMENT)
        if not table.num_rows:
            return table
        table = table.filter(pc.equal(table.column("child_kind"), "meter"))
        here = pc.is_in(table.column("parent_id"), value_set=pa.array(area_ids.tolist(), pa.string()))
        children = table.filter(here).column("child_id").unique()
        return table.filter(pc.is_in(table.column("child_id"), value_set=children))

    def _meters(self, bucket: int, area_ids: npt.NDArray[np.object_], hangs: pa.Table) -> pa.Table:
        table = self._table(METER)
        wanted = pc.equal(table.column("bucket"), bucket)
        if hangs.num_rows:
            here = pc.is_in(hangs.column("parent_id"), value_set=pa.array(area_ids.tolist(), pa.string()))
            guests = hangs.filter(here).column("child_id").unique()
            wanted = pc.or_(wanted, pc.is_in(table.column("meter_id"), value_set=guests))
        return table.filter(wanted)

    def _channels(
        self,
        request: BlockRequest,
        ids: npt.NDArray[np.object_],
        days: npt.NDArray[np.datetime64],
        buckets: set[int],
    ) -> tuple[dict[str, npt.NDArray[np.float32]], dict[str, npt.NDArray[np.bool_]], npt.NDArray[np.int16]]:
        slots = self.slots
        values: dict[str, npt.NDArray[np.float32]] = {}
        present: dict[str, npt.NDArray[np.bool_]] = {}
        slot_counts = np.full(len(days), 24 * 60 // self.interval_minutes, np.int16)
        index = pa.array(ids.tolist(), pa.string())
        low, high = _dates(days)
        where = (
            (pc.field("on_date") >= low)
            & (pc.field("on_date") <= high)
            & pc.field("channel").isin(pa.array(request.channels, pa.string()))
        )
        stream = self.snapshot.stream(
            INTERVAL,
            columns=["meter_id", "on_date", "channel", "slot_count", "values"],
            months=_months(days),
            buckets=buckets,
            where=where,
            as_known_at=self.as_known_at,
        )
        for _, table in stream:
            for batch in table.to_batches():
                _scatter(batch, index, days, slots, values, present, slot_counts)
        # Every kernel reads energy, also of a company that has registers only.
        if "energy_kwh" not in values:
            values["energy_kwh"] = np.full((len(ids), len(days), slots), np.nan, np.float32)
            present["energy_kwh"] = np.zeros((len(ids), len(days)), bool)
        return values, present, slot_counts

    def _registers(
        self, ids: npt.NDArray[np.object_], days: npt.NDArray[np.datetime64], buckets: set[int]
    ) -> dict[str, npt.NDArray[np.float64]]:
        edges = np.append(days, days[-1] + _DAY)
        low, high = _dates(edges)
        index = pa.array(ids.tolist(), pa.string())
        names = [c.name for c in REGISTER_DAILY.columns if c.name not in REGISTER_DAILY.key]
        found: dict[str, npt.NDArray[np.float64]] = {}
        stream = self.snapshot.stream(
            REGISTER_DAILY,
            columns=["meter_id", "on_date", *names],
            months=_months(edges),
            buckets=buckets,
            where=(pc.field("on_date") >= low) & (pc.field("on_date") <= high),
            as_known_at=self.as_known_at,
        )
        for _, table in stream:
            for batch in table.to_batches():
                rows, at_meter, at_day = _places(batch, index, edges)
                for name in names:
                    column = batch.column(name)
                    if column.null_count == len(column) and name not in found:
                        continue
                    dense = found.setdefault(name, np.full((len(ids), len(edges)), np.nan))
                    dense[at_meter, at_day] = column.to_numpy(zero_copy_only=False)[rows]
        found.setdefault("total_kwh", np.full((len(ids), len(edges)), np.nan))
        return found

    def _sides(
        self, areas: pa.Table, meters: pa.Table, days: npt.NDArray[np.datetime64], request: BlockRequest
    ) -> Mapping[str, pa.Table]:
        sides: dict[str, pa.Table] = {AREA.name: areas}
        ids = {
            "area_id": areas.column("area_id").unique(),
            "account_id": meters.column("account_id").unique(),
            "meter_id": meters.column("meter_id").unique(),
        }
        ids["child_id"] = pa.concat_arrays([ids["area_id"], ids["meter_id"]])
        homes = {int(bucket) for bucket in meters.column("bucket").unique().to_pylist()}
        for contract in self._side_tables:
            if contract.partition is Partition.MONTH_BUCKET:
                table = self._dated(contract, days, homes, request)
            else:
                table = self._table(contract)
            cut_by = next((name for name in ids if name in contract.key), None)
            if cut_by:
                table = table.filter(pc.is_in(table.column(cut_by), value_set=ids[cut_by]))
            sides[contract.name] = table
        return sides

    def _dated(
        self, contract: Contract, days: npt.NDArray[np.datetime64], homes: set[int], request: BlockRequest
    ) -> pa.Table:
        """Return the rows of the block's days; of results of earlier nights those of its history only."""
        if contract.versions is Versions.RUN:
            days = days[: request.history_days]
        if not len(days):
            return contract.schema.empty_table()
        low, high = _dates(days)
        dated = pc.field(contract.dated_by)
        if contract is METER_EVENT:
            # Events are instants in UTC: a day either side covers every zone.
            low, high = low - dt.timedelta(days=1), high + dt.timedelta(days=2)
            where = (dated >= dt.datetime.combine(low, dt.time())) & (dated < dt.datetime.combine(high, dt.time()))
        else:
            where = (dated >= low) & (dated <= high)
        buckets = homes if contract.key[0] == "meter_id" else {request.bucket}
        return self.snapshot.read(
            contract, months=_months(days), buckets=buckets, where=where, as_known_at=self.as_known_at
        )


def _dates(days: npt.NDArray[np.datetime64]) -> tuple[dt.date, dt.date]:
    low, high = days[[0, -1]].astype("datetime64[D]").tolist()
    return low, high


def _months(days: npt.NDArray[np.datetime64]) -> list[str]:
    return [str(month) for month in np.unique(days.astype("datetime64[M]"))]


def _places(
    batch: pa.RecordBatch, index: pa.Array, days: npt.NDArray[np.datetime64]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return which rows fall into the block, and the meter and day index of each of those."""
    words = batch.column("meter_id")
    of_word = pc.index_in(words.dictionary, value_set=index).fill_null(-1).to_numpy(zero_copy_only=False)
    at_meter = of_word[words.indices.to_numpy()]
    on = batch.column("on_date").cast(pa.int32()).to_numpy()
    at_day = on - int(days[0].astype("datetime64[D]").astype(np.int64))
    rows = (at_meter >= 0) & (at_day >= 0) & (at_day < len(days))
    return rows, at_meter[rows].astype(np.intp), at_day[rows].astype(np.intp)


def _scatter(
    batch: pa.RecordBatch,
    index: pa.Array,
    days: npt.NDArray[np.datetime64],
    slots: int,
    values: dict[str, npt.NDArray[np.float32]],
    present: dict[str, npt.NDArray[np.bool_]],
    slot_counts: npt.NDArray[np.int16],
) -> None:
    rows, at_meter, at_day = _places(batch, index, days)
    vectors = _vectors(batch.column("values"), slots)
    words = batch.column("channel")
    of_row = words.indices.to_numpy()
    for code, name in enumerate(words.dictionary.to_pylist()):
        chosen = of_row[rows] == code
        if not chosen.any():
            continue
        if name not in values:
            values[name] = np.full((len(index), len(days), slots), np.nan, np.float32)
            present[name] = np.zeros((len(index), len(days)), bool)
        source = np.flatnonzero(rows)[chosen]
        values[name][at_meter[chosen], at_day[chosen]] = vectors[source]
        present[name][at_meter[chosen], at_day[chosen]] = True
    slot_counts[at_day] = batch.column("slot_count").to_numpy()[rows]


def _vectors(column: pa.Array, slots: int) -> npt.NDArray[np.float32]:
    """Return the lists as an array (rows, slots), NaN where null."""
    flat = column.flatten()
    if flat.null_count:
        flat = pc.fill_null(flat, np.nan)
    return np.asarray(flat.to_numpy(zero_copy_only=False), np.float32).reshape(-1, slots)


def _order_by_area(
    meters: pa.Table, area_ids: npt.NDArray[np.object_], hangs: pa.Table, days: npt.NDArray[np.datetime64]
) -> tuple[pa.Table, npt.NDArray[np.int32]]:
    """Return the meters sorted by area and id, and the area index of each on each day."""
    index = pa.array(area_ids.tolist(), pa.string())
    now = pc.index_in(meters.column("area_id"), value_set=index).fill_null(-1).to_numpy().astype(np.int32)
    area_of = np.repeat(now[:, None], len(days), axis=1)
    if hangs.num_rows:
        at = {meter: row for row, meter in enumerate(meters.column("meter_id").to_pylist())}
        seen: set[int] = set()
        for row in hangs.sort_by("valid_from").to_pylist():
            place = at.get(row["child_id"])
            if place is None:
                continue
            if place not in seen:
                # The history speaks for the meter; the archive only where the history is silent.
                area_of[place] = -1 if row["valid_from"] <= days[-1].item() else area_of[place]
                seen.add(place)
            begins = np.datetime64(row["valid_from"], "D")
            ends = _LAST_DATE if row["valid_to"] is None else np.datetime64(row["valid_to"], "D")
            found = np.flatnonzero(area_ids == row["parent_id"])
            area_of[place, (days >= begins) & (days < ends)] = found[0] if len(found) else -1
    last = np.where(area_of[:, -1] >= 0, area_of[:, -1], np.iinfo(np.int32).max)
    ids = np.array(meters.column("meter_id").to_pylist(), dtype=object)
    order = np.lexsort((ids.astype(str), last)) if len(ids) else np.zeros(0, np.intp)
    return meters.take(pa.array(order)), area_of[order]


def _live_days(meters: pa.Table, days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    def edge(name: str, missing: np.datetime64) -> npt.NDArray[np.datetime64]:
        column = meters.column(name).combine_chunks()
        numbers = column.cast(pa.int32()).fill_null(int(missing.astype(np.int64))).to_numpy(zero_copy_only=False)
        return np.asarray(numbers.astype(np.int64).view("datetime64[D]"))

    begins, ends = edge("installed_on", _FIRST_DATE), edge("removed_on", _LAST_DATE)
    return (days[None, :] >= begins[:, None]) & (days[None, :] < ends[:, None])
