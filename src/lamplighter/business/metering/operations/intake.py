"""One import: files staged and settled load by load, each load one transaction whose counts add up."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Transaction
from lamplighter.base.sources import (
    FileMapping,
    SourceFile,
    SourceLimits,
    column_names,
    fingerprint,
    read_batches,
)
from lamplighter.business.metering.operations.curves import CurveSettlement, StagedCurves, stage_long, stage_wide
from lamplighter.business.metering.operations.espi import stage_espi
from lamplighter.business.metering.operations.rows import RowSettlement, RowSubject, StagedRows, stage_rows
from lamplighter.business.metering.operations.staging import FaultSpool, Spill
from lamplighter.business.metering.queries import read_file_ids
from lamplighter.business.metering.records import CountDoesNotAddUp, IntakeCount, MeterIndex
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.business.metering.rules.limits import read_limits
from lamplighter.business.metering.rules.long import check_long, long_types
from lamplighter.business.metering.rules.reading import Reader
from lamplighter.business.metering.rules.wide import SLOT_COLUMN, check_wide, wide_types
from lamplighter.business.metering.tables import QUARANTINE, SOURCE_FILE

log = logging.getLogger(__name__)

_EPOCH: Final = dt.datetime(1970, 1, 1)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
INTERVAL_SUBJECT: Final = "interval"


@dataclass(frozen=True, kw_only=True)
class IntakeSettings:
    """How an import goes about it.

    Args:
        load_readings: readings after which a load is settled and published; a killed import resumes after the last one.
        load_files: files after which it is, however small they are.
        limits: what a file may ask of us.
    """

    load_readings: int = 60_000_000
    load_files: int = 400
    limits: SourceLimits = field(default_factory=SourceLimits)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of a file.

    Args:
        path: path inside the folder.
        subject: file of the company folder it stands for.
        count: where its readings went; of a file taken in before, nothing.
        is_known: taken in before, nothing new in it.
        refusal: why nothing of it was taken in; empty when it was.
    """

    path: str
    subject: str
    count: IntakeCount = field(default_factory=IntakeCount)
    is_known: bool = False
    refusal: str = ""


@dataclass
class Ticket:
    """A file between being staged and being settled."""

    file: SourceFile
    mapping: FileMapping
    subject: str
    file_id: str
    staged: StagedCurves | StagedRows


class Intake:
    """An import under way; get one from `Intake.open`.

    Args:
        tx: the one open transaction of the lake.
        lake: the lake.
        place: folder for what is staged; it vanishes with the process.
        now: UTC-naive instant of the import.
        grid: the company's slots.
        settings: how to go about it.
    """

    def __init__(
        self, *, tx: Transaction, lake: Lake, place: Path, now: dt.datetime, grid: SlotGrid, settings: IntakeSettings
    ) -> None:
        self.tx, self.lake, self.place, self.now, self.grid, self.settings = tx, lake, place, now, grid, settings
        self.reports: list[FileReport] = []
        self._serial = 0
        with lake.snapshot() as snapshot:
            self.known_files = set(read_file_ids(snapshot))

    @classmethod
    @contextmanager
    def open(
        cls, *, lake: Lake, now: dt.datetime, grid: SlotGrid, settings: IntakeSettings | None = None
    ) -> Iterator[Intake]:
        """Open an import: the lake's one writer until it is closed.

        Raises:
            LakeBusy: another process is writing.
        """
        with lake.transaction() as tx, lake.staging() as staging:
            yield cls(
                tx=tx,
                lake=lake,
                place=lake.root / staging.name,
                now=now,
                grid=grid,
                settings=settings or IntakeSettings(),
            )

    def take_curves(
        self,
        files: Sequence[tuple[SourceFile, FileMapping]],
        *,
        index: MeterIndex,
        progress: Callable[[str, int], None] | None = None,
    ) -> None:
        """Take files of interval readings in, load by load.

        Args:
            files: files with their mappings, in the order in which later ones are newer.
            index: registered meters.
            progress: told the file and how many readings were read since the last time.
        """
        load: list[Ticket] = []
        for file, mapping in files:
            ticket = self._stage_curves(file, mapping, index, progress)
            if ticket is not None:
                load.append(ticket)
            waiting = sum(t.staged.given_count for t in load)
            if waiting >= self.settings.load_readings or len(load) >= self.settings.load_files:
                self._settle_curves(load, index)
                load = []
        self._settle_curves(load, index)

    def stage_rows(
        self,
        subject: RowSubject,
        files: Sequence[tuple[SourceFile, FileMapping]],
        *,
        progress: Callable[[str, int], None] | None = None,
    ) -> list[Ticket]:
        """Read files of rows; `settle_rows` takes them in."""
        found = [self._stage_rows(subject, file, mapping, progress) for file, mapping in files]
        return [ticket for ticket in found if ticket is not None]

    def settle_rows(self, subject: RowSubject, tickets: Sequence[Ticket], *, is_last: bool = True) -> None:
        """Take staged files of rows in; published at once unless more of the same load follows."""
        if tickets:
            self._finish(tickets, self.settlement_of_rows(subject, tickets))
        if is_last:
            self.tx.publish()

    def _stage_curves(
        self,
        file: SourceFile,
        mapping: FileMapping,
        index: MeterIndex,
        progress: Callable[[str, int], None] | None,
    ) -> Ticket | None:
        def make(own: Path, faults: FaultSpool) -> StagedCurves:
            return StagedCurves(Spill(own.with_suffix(".vectors")), Spill(own.with_suffix(".readings")), faults)

        def run(ticket: Ticket) -> Iterator[int]:
            assert isinstance(ticket.staged, StagedCurves)
            return self._read_curves(ticket.file, ticket.mapping, index, ticket.staged)

        return self._stage(file, mapping, INTERVAL_SUBJECT, make, run, progress)

    def _read_curves(
        self, file: SourceFile, mapping: FileMapping, index: MeterIndex, staged: StagedCurves
    ) -> Iterator[int]:
        limits = self.settings.limits
        reader = self.reader(file.name, mapping, index)
        if file.format == "xml" or mapping.layout == "espi":
            return stage_espi(file, reader=reader, staged=staged)
        names = column_names(file, mapping=mapping, limits=limits)
        is_wide = mapping.layout == "wide" or (mapping.layout == "" and any(SLOT_COLUMN.match(n) for n in names))
        if is_wide:
            check_wide(names, reader=reader)
            return stage_wide(
                read_batches(file, mapping=mapping, types=wide_types, limits=limits), reader=reader, staged=staged
            )
        check_long(names, reader=reader)
        batches = read_batches(
            file, mapping=mapping, types=lambda found: long_types(found, reader=reader), limits=limits
        )
        return stage_long(batches, reader=reader, staged=staged)

    def reader(self, name: str, mapping: FileMapping, index: MeterIndex) -> Reader:
        """Return what a file of curves is read with."""
        limits = read_limits()
        return Reader(
            name=name,
            mapping=mapping,
            grid=self.grid,
            zone=self.zone(mapping),
            index=index,
            limits=limits,
            last_day=(self.now - _EPOCH).days + int(limits.days_ahead),
        )

    def zone(self, mapping: FileMapping) -> SlotGrid:
        """Return the slots of the zone a file's instants are in."""
        return SlotGrid(mapping.timezone, self.grid.interval_minutes) if mapping.timezone else self.grid

    def _stage_rows(
        self,
        subject: RowSubject,
        file: SourceFile,
        mapping: FileMapping,
        progress: Callable[[str, int], None] | None,
    ) -> Ticket | None:
        def make(own: Path, faults: FaultSpool) -> StagedRows:
            return StagedRows(Spill(own.with_suffix(".rows")), faults)

        def run(ticket: Ticket) -> Iterator[int]:
            assert isinstance(ticket.staged, StagedRows)
            batches = read_batches(file, mapping=mapping, types=lambda _: {}, limits=self.settings.limits)
            return stage_rows(batches, subject=subject, mapping=mapping, zone=self.zone(mapping), staged=ticket.staged)

        return self._stage(file, mapping, subject.name, make, run, progress)

    def _stage(
        self,
        file: SourceFile,
        mapping: FileMapping,
        subject: str,
        make: Callable[[Path, FaultSpool], StagedCurves | StagedRows],
        run: Callable[[Ticket], Iterator[int]],
        progress: Callable[[str, int], None] | None,
    ) -> Ticket | None:
        file_id = fingerprint(file, subject=subject, mapping=mapping)
        if file_id in self.known_files:
            self.reports.append(FileReport(file.name, subject, is_known=True))
            return None
        self.known_files.add(file_id)
        own = self.new_place()
        faults = FaultSpool(own / "faults.arrow", file_id=file_id, name=file.name, subject=subject)
        ticket = Ticket(file, mapping, subject, file_id, make(own / "staged", faults))
        try:
            for count in run(ticket):
                if progress is not None:
                    progress(file.name, count)
        except LamplighterError as refusal:
            # One unreadable file must not keep a night's others out: the report names it, and nothing of it stays.
            self.known_files.discard(file_id)
            ticket.staged.close()
            shutil.rmtree(own)
            self.reports.append(FileReport(file.name, subject, refusal=str(refusal)))
            log.warning("metering.intake.file_refused", extra={"file": file.name, "kind": type(refusal).__name__})
            return None
        ticket.staged.close()
        return ticket

    def _settle_curves(self, load: Sequence[Ticket], index: MeterIndex) -> None:
        if not load:
            return
        self._finish(load, self.settlement_of_curves(load, index))
        self.tx.publish()

    def settlement_of_curves(self, load: Sequence[Ticket], index: MeterIndex) -> CurveSettlement:
        """Settle staged files of curves into the open transaction."""
        staged = [ticket.staged for ticket in load if isinstance(ticket.staged, StagedCurves)]
        settlement = CurveSettlement(staged, self._known_at(len(staged)), index, self.grid)
        with self.lake.snapshot() as snapshot:
            settlement.settle(snapshot, self.tx, now=self.now)
        return settlement

    def settlement_of_rows(self, subject: RowSubject, load: Sequence[Ticket]) -> RowSettlement:
        """Settle staged files of rows into the open transaction."""
        staged = [ticket.staged for ticket in load if isinstance(ticket.staged, StagedRows)]
        settlement = RowSettlement(subject, staged, self._known_at(len(staged)))
        with self.lake.snapshot() as snapshot:
            settlement.settle(snapshot, self.tx, now=self.now)
        return settlement

    def new_place(self) -> Path:
        """Return a new folder for what a file says until it is settled."""
        self._serial += 1
        own = self.place / f"file{self._serial}"
        own.mkdir()
        return own

    def _known_at(self, file_count: int) -> np.typing.NDArray[np.int64]:
        # Files of one load are a microsecond apart, the last at `now`: a later file is the newer version.
        now = (self.now - _EPOCH) // _MICROSECOND
        return now - np.arange(file_count - 1, -1, -1, dtype=np.int64)

    def _finish(self, load: Sequence[Ticket], settlement: CurveSettlement | RowSettlement) -> None:
        rows = []
        for number, ticket in enumerate(load):
            set_aside = 0
            for batch in ticket.staged.faults.read():
                set_aside += int(pa.compute.sum(batch.column("reading_count")).as_py() or 0)
                self.tx.append(QUARANTINE, pa.Table.from_batches([batch]), known_at=self.now)
            count = self.count(ticket, settlement, number, set_aside)
            rows.append(self.file_row(ticket, count))
            self.reports.append(FileReport(ticket.file.name, ticket.subject, count))
            log.info(
                "metering.intake.file_read",
                extra={"file": ticket.file.name, "readings": count.read, "quarantined": count.quarantined},
            )
        self.tx.append(SOURCE_FILE, pa.Table.from_pylist(rows), known_at=self.now)
        for ticket in load:
            shutil.rmtree(ticket.staged.faults.path.parent)

    def count(
        self, ticket: Ticket, settlement: CurveSettlement | RowSettlement, number: int, set_aside: int
    ) -> IntakeCount:
        """Return where a file's readings went.

        Raises:
            CountDoesNotAddUp: some got lost or were counted twice; nothing has been published.
        """
        count = IntakeCount(
            read=ticket.staged.read_count,
            accepted=int(settlement.accepted[number]),
            versioned=int(settlement.versioned[number]),
            repeated=int(settlement.repeated[number]),
            quarantined=set_aside,
            blank=ticket.staged.blank_count,
        )
        if not count.adds_up:
            raise CountDoesNotAddUp(ticket.file.name, count)
        return count

    def file_row(self, ticket: Ticket, count: IntakeCount) -> dict[str, object]:
        """Return a file as a row of ``raw_file``."""
        return {
            "file_id": ticket.file_id,
            "path": ticket.file.name,
            "subject": ticket.subject,
            "taken_at": self.now,
            "read_count": count.read,
            "accepted_count": count.accepted,
            "versioned_count": count.versioned,
            "repeated_count": count.repeated,
            "quarantined_count": count.quarantined,
            "blank_count": count.blank,
            "mapping": ticket.mapping.to_json(),
        }
