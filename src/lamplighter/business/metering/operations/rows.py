"""Staging and settling files of rows: archives, registers, events, bills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract, Partition
from lamplighter.base.lake import Snapshot, Transaction
from lamplighter.base.sources import FileMapping, SourceBatch
from lamplighter.business.metering.operations.staging import FaultSpool, Spill, month_name, months_of
from lamplighter.business.metering.records import Fault, Reason
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.business.metering.rules.reading import Verdicts, row_words
from lamplighter.business.metering.rules.rows import FILE, ROW, FileColumn, merge_rows, read_rows

BUCKET = "bucket_"
"""Column a subject's ``prepare`` adds where the table is cut by bucket."""

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RowSubject:
    """A file of the company folder that has rows.

    Args:
        name: its stem, ``registers``.
        contract: the table its rows go to.
        columns: the columns it may have; others are kept as attributes where the table has those.
        prepare: looks rows up and fills computed columns: takes the rows and verdicts, rejects what does not fit, and
            returns the rows with the columns of the table. Archives are prepared as a whole, others batch by batch.
        is_complete: an empty cell says that the value is gone; otherwise it says nothing.
        sticky: columns that never change once given.
    """

    name: str
    contract: Contract
    columns: Mapping[str, FileColumn]
    prepare: Callable[[pa.Table, Verdicts], pa.Table]
    is_complete: bool = False
    sticky: tuple[str, ...] = ()

    @property
    def keeps_unknown(self) -> bool:
        """The table has room for columns we do not know."""
        return "attributes" in self.contract.schema.names


def columns_of(
    contract: Contract, *, computed: Iterable[str] = (), more: Mapping[str, FileColumn] | None = None
) -> dict[str, FileColumn]:
    """Return the columns of a file as its table has them, without those that are computed, with others of its own."""
    left_out = {*computed, "attributes"}
    found = {c.name: FileColumn(c.type, is_required=c.is_required) for c in contract.columns if c.name not in left_out}
    return {**found, **(more or {})}


@dataclass
class StagedRows:
    """What one file of rows said.

    Args:
        spill: good rows on disk, of tables cut by month.
        faults: what was set aside.
        pieces: good rows in memory, of whole tables.
        given_count: rows that were staged.
        blank_count: always 0: an empty row is no row.
        read_count: rows the file had, counted before anything was done with them.
    """

    spill: Spill
    faults: FaultSpool
    pieces: list[pa.Table] = field(default_factory=list)
    given_count: int = 0
    blank_count: int = 0
    read_count: int = 0

    def close(self) -> None:
        """End writing."""
        self.spill.close()


def stage_rows(
    batches: Iterable[SourceBatch], *, subject: RowSubject, mapping: FileMapping, zone: SlotGrid, staged: StagedRows
) -> Iterator[int]:
    """Stage a file of rows, yielding the rows of each batch as it is done."""
    is_whole = subject.contract.partition is Partition.WHOLE
    for batch in batches:
        table, faults = read_rows(
            batch,
            columns=subject.columns,
            mapping=mapping,
            zone=zone,
            name=staged.faults.name,
            keeps_unknown=subject.keeps_unknown,
        )
        staged.faults.add(faults)
        staged.read_count += batch.table.num_rows + len(batch.misfits)
        if is_whole:
            staged.pieces.append(table)
            staged.given_count += table.num_rows
        else:
            table, own = prepare_rows(table, subject)
            staged.faults.add(own)
            staged.given_count += table.num_rows
            _spill_rows(staged.spill, table, subject.contract)
        yield table.num_rows


def prepare_rows(table: pa.Table, subject: RowSubject) -> tuple[pa.Table, list[Fault]]:
    """Return the rows that fit what is known, with the columns of their table, and the faults of the others."""
    verdicts = Verdicts(table.num_rows)
    ready = subject.prepare(table, verdicts)
    if not verdicts.reasons:
        return ready, []
    bad = sorted(verdicts.reasons)
    shown = [name for name in table.column_names if name not in (FILE, ROW)]
    numbers = table.column(ROW).to_numpy()
    faults = [
        Fault(int(numbers[row]), verdicts.reasons[row], " ".join(list(words.values())[:2]), 1, words)
        for row, words in zip(bad, row_words(table, bad, columns=shown), strict=True)
    ]
    return ready.filter(pa.array(verdicts.is_good)), faults


def _spill_rows(spill: Spill, table: pa.Table, contract: Contract) -> None:
    if not table.num_rows:
        return
    dates = table.column(contract.dated_by).cast(pa.date32(), safe=False).cast(pa.int32()).to_numpy()
    buckets = np.zeros(table.num_rows, np.int32)
    if contract.partition is Partition.MONTH_BUCKET:
        buckets = table.column(BUCKET).to_numpy().astype(np.int32)
        table = table.drop_columns([BUCKET])
    rows = table.combine_chunks().to_batches()[0]
    spill.add(rows, months=months_of(dates), buckets=buckets)


@dataclass
class RowSettlement:
    """Settles the files of one load of one subject.

    Args:
        subject: what they are.
        files: what they said.
        file_known_at: since when each is known, microseconds, shape (files,).
    """

    subject: RowSubject
    files: Sequence[StagedRows]
    file_known_at: Int64s
    accepted: Int64s = field(init=False)
    versioned: Int64s = field(init=False)
    repeated: Int64s = field(init=False)

    def __post_init__(self) -> None:
        self.accepted, self.versioned, self.repeated = (np.zeros(len(self.files), np.int64) for _ in range(3))

    def settle(self, snapshot: Snapshot, tx: Transaction, *, now: dt.datetime) -> None:
        """Merge what was staged with what the lake knows."""
        if self.subject.contract.partition is Partition.WHOLE:
            self._settle_whole(snapshot, tx, now)
            return
        for cell in sorted({cell for file in self.files for cell in file.spill.cells}):
            pieces = [
                pa.Table.from_batches(batches).append_column(FILE, pa.repeat(pa.scalar(n), sum(map(len, batches))))
                for n, file in enumerate(self.files)
                if (batches := file.spill.read(cell))
            ]
            incoming = pa.concat_tables(pieces, promote_options="default")
            dated = self.subject.contract.dated_by
            span = pc.min_max(incoming.column(dated))
            # The column that dates a table is part of its key, so no version of a row is left out.
            within = (pc.field(dated) >= span["min"]) & (pc.field(dated) <= span["max"])
            known = snapshot.read(self.subject.contract, months=[month_name(cell[0])], buckets=[cell[1]], where=within)
            self._merge(incoming, known, tx, now, bucket=cell[1])

    def _settle_whole(self, snapshot: Snapshot, tx: Transaction, now: dt.datetime) -> None:
        pieces = [
            piece.append_column(FILE, pa.repeat(pa.scalar(n), piece.num_rows))
            for n, file in enumerate(self.files)
            for piece in file.pieces
        ]
        if not pieces:
            return
        union = pa.concat_tables(pieces, promote_options="default")
        verdicts = Verdicts(union.num_rows)
        ready = self.subject.prepare(union, verdicts)
        self._set_aside(union, verdicts.reasons)
        if verdicts.reasons:
            ready = ready.filter(pa.array(verdicts.is_good))
        self._merge(ready, snapshot.read(self.subject.contract), tx, now, bucket=0)

    def _set_aside(self, table: pa.Table, reasons: Mapping[int, Reason]) -> None:
        bad = sorted(reasons)
        shown = [name for name in table.column_names if name not in (FILE, ROW)]
        files, rows = table.column(FILE).to_pylist(), table.column(ROW).to_pylist()
        for row, words in zip(bad, row_words(table, bad, columns=shown), strict=True):
            self.files[files[row]].faults.add(
                [Fault(rows[row], reasons[row], " ".join(list(words.values())[:2]), 1, words)]
            )

    def _merge(self, incoming: pa.Table, known: pa.Table, tx: Transaction, now: dt.datetime, *, bucket: int) -> None:
        contract = self.subject.contract
        outcome = merge_rows(
            incoming=incoming,
            known=known,
            key=contract.key,
            known_at=self.file_known_at,
            file_count=len(self.files),
            keeps_known_where_empty=not self.subject.is_complete,
            sticky=self.subject.sticky,
        )
        self.accepted += outcome.accepted
        self.versioned += outcome.versioned
        self.repeated += outcome.repeated
        self._set_aside(incoming, dict.fromkeys(outcome.ambiguous.tolist(), Reason.AMBIGUOUS))
        tx.append(contract, outcome.table, known_at=now, bucket=bucket)


def reject_unknown(
    table: pa.Table, column: str, known: pa.Array, verdicts: Verdicts, reason: Reason
) -> npt.NDArray[np.int64]:
    """Reject rows whose value is not known, and return the place of each among the known, -1 where unknown or empty."""
    places = pc.fill_null(pc.index_in(table.column(column), value_set=known), -1).to_numpy().astype(np.int64)
    verdicts.reject((places < 0) & np.asarray(pc.is_valid(table.column(column))), reason)
    return np.asarray(places)
