"""Staging and settling files of interval readings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.lake import Snapshot, Transaction
from lamplighter.base.sources import SourceBatch
from lamplighter.business.metering.operations.staging import Cell, FaultSpool, Spill, month_name, months_of
from lamplighter.business.metering.queries import matrix_of
from lamplighter.business.metering.records import CHANNELS, DayVectors, Fault, MeterIndex, Readings, Reason
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.business.metering.rules.long import LongReader, value_columns
from lamplighter.business.metering.rules.merging import (
    Known,
    Outcome,
    Statements,
    merge,
    settle_twofold,
    vectors_of_readings,
)
from lamplighter.business.metering.rules.reading import Reader
from lamplighter.business.metering.rules.wide import read_wide, slot_columns
from lamplighter.business.metering.tables import INTERVAL

_DAY_BITS, _METER_BITS = 20, 32
"""A key is channel, meter, day: enough bits for 4,000 years and 4 thousand million meters."""

Int64s = npt.NDArray[np.int64]


@dataclass
class StagedCurves:
    """What one file of curves said.

    Args:
        vectors: day vectors on disk.
        readings: single readings on disk.
        faults: what was set aside.
        given_count: readings that were staged.
        blank_count: empty cells.
        read_count: readings the file had, counted before anything was done with them.
    """

    vectors: Spill
    readings: Spill
    faults: FaultSpool
    given_count: int = 0
    blank_count: int = 0
    read_count: int = 0

    @property
    def cells(self) -> set[Cell]:
        """Months and buckets it speaks of."""
        return {*self.vectors.cells, *self.readings.cells}

    def close(self) -> None:
        """End writing."""
        self.vectors.close()
        self.readings.close()


def stage_wide(batches: Iterable[SourceBatch], *, reader: Reader, staged: StagedCurves) -> Iterator[int]:
    """Stage a wide file, yielding the readings of each batch as it is done."""
    for batch in batches:
        found, faults, blank = read_wide(batch, reader=reader)
        staged.faults.add(faults)
        staged.blank_count += blank
        staged.read_count += batch.table.num_rows * len(slot_columns(batch.table.column_names)) - blank
        staged.read_count += len(batch.misfits)
        given = int(np.count_nonzero(~np.isnan(found.values)))
        staged.given_count += given
        _spill_vectors(staged.vectors, found, reader.index)
        yield given


def stage_long(batches: Iterable[SourceBatch], *, reader: Reader, staged: StagedCurves) -> Iterator[int]:
    """Stage a long file, yielding the readings of each batch as it is done."""
    own = LongReader(reader)
    for batch in batches:
        found, faults, blank = own.read(batch)
        cells = batch.table.num_rows * len(value_columns(batch.table.column_names, reader=reader))
        staged.faults.add(faults)
        staged.blank_count += blank
        staged.read_count += cells - blank + len(batch.misfits)
        staged.given_count += len(found.value)
        _spill_readings(staged.readings, found, reader.index)
        yield len(found.value)


def _spill_readings(spill: Spill, found: Readings, index: MeterIndex) -> None:
    rows = pa.RecordBatch.from_arrays(
        [
            pa.array(values)
            for values in (
                found.meter,
                found.day,
                found.channel,
                found.row,
                found.known_at,
                found.slot,
                found.is_twofold.astype(np.uint8),
                found.value,
            )
        ],
        names=["meter", "day", "channel", "row", "known_at", "slot", "is_twofold", "value"],
    )
    spill.add(rows, months=months_of(found.day), buckets=index.buckets[found.meter])


def _spill_vectors(spill: Spill, found: DayVectors, index: MeterIndex) -> None:
    width = found.values.shape[1]
    flat = pa.array(np.ascontiguousarray(found.values).reshape(-1))
    rows = pa.RecordBatch.from_arrays(
        [
            pa.array(found.meter),
            pa.array(found.day),
            pa.array(found.channel),
            pa.array(found.row),
            pa.array(found.known_at),
            pa.FixedSizeListArray.from_arrays(flat, width),
        ],
        names=["meter", "day", "channel", "row", "known_at", "values"],
    )
    spill.add(rows, months=months_of(found.day), buckets=index.buckets[found.meter])


@dataclass
class CurveSettlement:
    """Settles the files of one load.

    Args:
        files: what they said.
        file_known_at: since when each is known where it does not say so itself, microseconds, shape (files,).
        index: registered meters.
        grid: the company's slots.
    """

    files: Sequence[StagedCurves]
    file_known_at: Int64s
    index: MeterIndex
    grid: SlotGrid
    accepted: Int64s = field(init=False)
    versioned: Int64s = field(init=False)
    repeated: Int64s = field(init=False)

    def __post_init__(self) -> None:
        self.accepted, self.versioned, self.repeated = (np.zeros(len(self.files), np.int64) for _ in range(3))

    def settle(self, snapshot: Snapshot, tx: Transaction, *, now: dt.datetime) -> None:
        """Merge what was staged with what the lake knows, month by month and bucket by bucket."""
        for cell in sorted({cell for file in self.files for cell in file.cells}):
            self._settle_cell(snapshot, tx, cell, now)

    def _settle_cell(self, snapshot: Snapshot, tx: Transaction, cell: Cell, now: dt.datetime) -> None:
        pieces = [*self._vectors(cell), *self._readings(cell)]
        statements = _join(pieces)
        known = self._known(snapshot, cell, statements)
        outcome = merge(statements, known, file_count=len(self.files))
        self.accepted += outcome.accepted
        self.versioned += outcome.versioned
        self.repeated += outcome.repeated
        if outcome.ambiguous:
            self._set_ambiguous_aside(outcome, cell)
        if outcome.key:
            tx.append(INTERVAL, self._table(outcome), known_at=now, bucket=cell[1])

    def _vectors(self, cell: Cell) -> Iterator[Statements]:
        for number, file in enumerate(self.files):
            for rows in file.vectors.read(cell):
                known_at, is_dated = self._known_at(rows, number)
                yield Statements(
                    key=_keys(rows),
                    file=np.full(rows.num_rows, number, np.int32),
                    row=rows.column("row").to_numpy(),
                    known_at=known_at,
                    is_dated=is_dated,
                    values=rows.column("values").flatten().to_numpy().reshape(rows.num_rows, -1),
                )

    def _readings(self, cell: Cell) -> Iterator[Statements]:
        for number in range(len(self.files)):
            for key, known_at, is_dated, found in self._readings_of(number, cell):
                yield from vectors_of_readings(
                    key=key,
                    file=np.full(len(key), number, np.int32),
                    known_at=known_at,
                    is_dated=is_dated,
                    readings=found,
                    width=self.grid.slot_axis,
                )

    def _readings_of(self, number: int, cell: Cell) -> Iterator[tuple[Int64s, Int64s, npt.NDArray[np.bool_], Readings]]:
        """Yield what a file of the long layout said: keys, since when known, whether it said so, readings."""
        batches = self.files[number].readings.read(cell)
        if not batches:
            return
        rows = pa.Table.from_batches(batches).combine_chunks().to_batches()[0]
        known_at, is_dated = self._known_at(rows, number)
        names = ("meter", "day", "channel", "row", "known_at", "slot", "is_twofold", "value")
        found, key = Readings(**{name: rows.column(name).to_numpy() for name in names}), _keys(rows)
        if found.is_twofold.any():
            found = self._unfold(found, key, np.full(rows.num_rows, number, np.int32))
        yield key, known_at, is_dated, found

    def _unfold(self, found: Readings, key: Int64s, file: npt.NDArray[np.int32]) -> Readings:
        shift = np.zeros(len(key), np.int16)
        for day in np.unique(found.day[found.is_twofold.astype(bool)]):
            shift[found.day == day] = self.grid.twofold_shift(int(day))
        slot = settle_twofold(key=key, file=file, readings=found, shift=shift)
        return Readings(
            found.meter, found.day, found.channel, found.row, found.known_at, slot, found.is_twofold, found.value
        )

    def _known_at(self, rows: pa.RecordBatch, number: int) -> tuple[Int64s, npt.NDArray[np.bool_]]:
        own = rows.column("known_at").to_numpy()
        is_dated = own >= 0
        return np.where(is_dated, own, self.file_known_at[number]), is_dated

    def _known(self, snapshot: Snapshot, cell: Cell, statements: Statements) -> Known:
        width = self.grid.slot_axis
        days = split_keys(statements.key)[2]
        # Parts of other days are not even opened: a nightly file costs as much on a month's last day as on its first.
        first, last = (pa.scalar(int(day), pa.int32()).cast(pa.date32()) for day in (days.min(), days.max()))
        found = snapshot.read(
            INTERVAL,
            columns=["meter_id", "on_date", "channel", "values", "known_at"],
            months=[month_name(cell[0])],
            buckets=[cell[1]],
            where=(pc.field("on_date") >= first) & (pc.field("on_date") <= last),
            all_versions=bool(statements.is_dated.any()),
        )
        if not found.num_rows:
            return Known(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, width), np.float32))
        meter = pc.index_in(found.column("meter_id").combine_chunks(), value_set=self.index.ids).to_numpy()
        channel = pc.index_in(found.column("channel").combine_chunks(), value_set=pa.array(CHANNELS)).to_numpy()
        key = make_keys(meter=meter, channel=channel, day=found.column("on_date").cast(pa.int32()).to_numpy())
        known_at = found.column("known_at").cast(pa.int64()).to_numpy()
        values = matrix_of(found.column("values"), width=width)
        order = np.lexsort((known_at, key))
        return Known(key[order], known_at[order], values[order])

    def _set_ambiguous_aside(self, outcome: Outcome, cell: Cell) -> None:
        rows = self._rows_of_readings(cell, {entry[0] for entry in outcome.ambiguous})
        for number, row, key, slot, value in outcome.ambiguous:
            meter, channel, day = split_key(key)
            cells = {
                "meter_id": self.index.ids[meter].as_py(),
                "on_date": str(np.datetime64(day, "D")),
                "channel": CHANNELS[channel],
                f"v{slot:02d}": str(np.float32(value)),
            }
            own = rows.get((number, key, slot, value))
            fault = Fault(own.pop(0) if own else row, Reason.AMBIGUOUS, f"v{slot:02d}={np.float32(value)}", 1, cells)
            self.files[number].faults.add([fault])

    def _rows_of_readings(self, cell: Cell, numbers: Collection[int]) -> dict[tuple[int, int, int, float], list[int]]:
        """Return the rows of single readings by file, key, slot and value, in order: a vector knows only its first."""
        found: dict[tuple[int, int, int, float], list[int]] = {}
        for number in numbers:
            for key, _, _, readings in self._readings_of(number, cell):
                columns = (key, readings.slot, readings.value, readings.row)
                for own, slot, value, row in zip(*(column.tolist() for column in columns), strict=True):
                    found.setdefault((number, own, slot, value), []).append(row)
        return found

    def _table(self, outcome: Outcome) -> pa.Table:
        key, known_at = np.concatenate(outcome.key), np.concatenate(outcome.known_at)
        values = np.concatenate(outcome.values)
        if (key[1:] < key[:-1]).any():
            order = np.lexsort((known_at, key))
            key, known_at, values = key[order], known_at[order], values[order]
        meter, channel, day = split_keys(key)
        counts = np.full(len(key), values.shape[1], np.int16)
        if self.grid.has_clock_changes:
            counts = self.grid.slot_counts(day)
        offsets = np.arange(0, (len(key) + 1) * values.shape[1], values.shape[1], dtype=np.int32)
        return pa.table(
            {
                "meter_id": self.index.ids.take(pa.array(meter)),
                "on_date": pa.array(day).cast(pa.date32()),
                "channel": pa.array(CHANNELS).take(pa.array(channel)),
                "slot_count": pa.array(counts),
                "values": pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.reshape(-1))),
                "known_at": pa.array(known_at).cast(pa.timestamp("us")),
            }
        )


def _join(pieces: Sequence[Statements]) -> Statements:
    if len(pieces) == 1:
        return pieces[0]
    return Statements(
        *(
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("key", "file", "row", "known_at", "is_dated", "values")
        )
    )


def _keys(rows: pa.RecordBatch) -> Int64s:
    return make_keys(
        meter=rows.column("meter").to_numpy(),
        channel=rows.column("channel").to_numpy(),
        day=rows.column("day").to_numpy(),
    )


def make_keys(
    *, meter: npt.NDArray[np.integer], channel: npt.NDArray[np.integer], day: npt.NDArray[np.int32]
) -> Int64s:
    """Return channel, meter and day as one integer in the order of storage.

    Example:
        >>> split_key(int(make_keys(meter=np.array([7]), channel=np.array([2]), day=np.array([20000], np.int32))[0]))
        (7, 2, 20000)
    """
    packed = (channel.astype(np.int64) << (_METER_BITS + _DAY_BITS)) | (meter.astype(np.int64) << _DAY_BITS)
    return np.asarray(packed | day.astype(np.int64))


def split_key(key: int) -> tuple[int, int, int]:
    """Return meter, channel and day of a key."""
    return (key >> _DAY_BITS) & ((1 << _METER_BITS) - 1), key >> (_METER_BITS + _DAY_BITS), key & ((1 << _DAY_BITS) - 1)


def split_keys(key: Int64s) -> tuple[Int64s, Int64s, npt.NDArray[np.int32]]:
    """Return meter, channel and day of keys."""
    meter = (key >> _DAY_BITS) & ((1 << _METER_BITS) - 1)
    return meter, key >> (_METER_BITS + _DAY_BITS), (key & ((1 << _DAY_BITS) - 1)).astype(np.int32)
