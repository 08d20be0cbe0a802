"""Taking rows in again that were set aside, once their cause is mended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.sources import FileMapping, SourceBatch, SourceFile
from lamplighter.business.metering.operations.curves import CurveSettlement, StagedCurves, stage_long, stage_wide
from lamplighter.business.metering.operations.intake import INTERVAL_SUBJECT, Intake, Ticket
from lamplighter.business.metering.operations.rows import RowSettlement, RowSubject, StagedRows, stage_rows
from lamplighter.business.metering.operations.staging import FaultSpool, Spill
from lamplighter.business.metering.queries import read_meter_index
from lamplighter.business.metering.records import IntakeCount, Reason
from lamplighter.business.metering.rules.wide import SLOT_COLUMN
from lamplighter.business.metering.tables import QUARANTINE, SOURCE_FILE


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What became of rows that were to be taken in again.

    Args:
        released_count: rows taken in.
        kept_count: rows whose cause still holds.
        unreadable_count: lines that never had the right columns: only their sender can mend them.
        count: where the readings of the rows went.
    """

    released_count: int = 0
    kept_count: int = 0
    unreadable_count: int = 0
    count: IntakeCount = field(default_factory=IntakeCount)

    def __add__(self, other: ReleaseReport) -> ReleaseReport:
        return ReleaseReport(
            self.released_count + other.released_count,
            self.kept_count + other.kept_count,
            self.unreadable_count + other.unreadable_count,
            self.count + other.count,
        )


def release_quarantined(
    intake: Intake, quarantined: pa.Table, *, subject_of: Callable[[str], RowSubject | None]
) -> ReleaseReport:
    """Take rows of ``raw_quarantine`` in again, each read as its file was.

    Args:
        intake: an open import.
        quarantined: rows not yet released.
        subject_of: gives the subject of rows by its name; None when rows of it cannot be taken in here.

    Returns:
        What became of them. Rows whose cause still holds stay where they are, with the cause as it is now.
    """
    readable = pc.not_equal(quarantined.column("reason"), Reason.COLUMN_COUNT.value)
    report = ReleaseReport(unreadable_count=quarantined.num_rows - int(pc.sum(readable).as_py() or 0))
    rest = quarantined.filter(readable)
    # Archives first: a meter taken in again is what its readings were waiting for.
    pairs = sorted(
        set(zip(rest.column("subject").to_pylist(), rest.column("file_id").to_pylist(), strict=True)),
        key=lambda pair: (pair[0] == INTERVAL_SUBJECT, pair),
    )
    for subject_name, file_id in pairs:
        rows = rest.filter(
            pc.and_(pc.equal(rest.column("file_id"), file_id), pc.equal(rest.column("subject"), subject_name))
        )
        report += _release_file(intake, rows, subject_name, file_id, subject_of)
    return report


def _release_file(
    intake: Intake,
    rows: pa.Table,
    subject_name: str,
    file_id: str,
    subject_of: Callable[[str], RowSubject | None],
) -> ReleaseReport:
    mapping = _mapping_of(intake, file_id)
    path = rows.column("path")[0].as_py()
    own_id = hashlib.sha256(f"release {file_id} {intake.now} {rows.num_rows}".encode()).hexdigest()
    place = intake.new_place()
    faults = FaultSpool(place / "faults.arrow", file_id=own_id, name=path, subject=subject_name)
    file = SourceFile(path=Path(), name=path, format="")
    settlement: CurveSettlement | RowSettlement
    if subject_name == INTERVAL_SUBJECT:
        staged = _stage_curves(intake, rows, mapping, place, faults)
        ticket = Ticket(file, mapping, subject_name, own_id, staged)
        with intake.lake.snapshot() as snapshot:
            index = read_meter_index(snapshot)
        settlement = intake.settlement_of_curves([ticket], index)
    else:
        subject = subject_of(subject_name)
        if subject is None:
            return ReleaseReport(kept_count=rows.num_rows)
        staged_rows = StagedRows(Spill(place / "staged.rows"), faults)
        for _ in stage_rows(
            [_batch(rows)], subject=subject, mapping=mapping, zone=intake.zone(mapping), staged=staged_rows
        ):
            pass
        staged_rows.close()
        ticket = Ticket(file, mapping, subject_name, own_id, staged_rows)
        settlement = intake.settlement_of_rows(subject, [ticket])
    again = {
        (number, reason, detail)
        for batch in faults.read()
        for number, reason, detail in zip(
            batch.column("row_number").to_pylist(),
            batch.column("reason").to_pylist(),
            batch.column("detail").to_pylist(),
            strict=True,
        )
    }
    count = intake.count(ticket, settlement, 0, faults.reading_count)
    failed = {number: (reason, detail) for number, reason, detail in again}
    _mark(intake, rows, failed)
    intake.tx.append(SOURCE_FILE, pa.Table.from_pylist([intake.file_row(ticket, count)]), known_at=intake.now)
    intake.tx.publish()
    return ReleaseReport(rows.num_rows - len(failed), len(failed), 0, count)


def _mapping_of(intake: Intake, file_id: str) -> FileMapping:
    with intake.lake.snapshot() as snapshot:
        found = snapshot.read(SOURCE_FILE, columns=["mapping"], where=pc.field("file_id") == file_id)
    words = found.column("mapping")[0].as_py() if found.num_rows else None
    return FileMapping.from_json(words) if words else FileMapping()


def _batch(rows: pa.Table, *, more: Mapping[str, None] | None = None) -> SourceBatch:
    """Return rows set aside as a batch of words; the number of a row is its place among them, from 1."""
    cells = [json.loads(words) for words in rows.column("row_json").to_pylist()]
    names = sorted({name for row in cells for name in row} | set(more or {}))
    table = pa.table({name: pa.array([row.get(name) for row in cells], pa.string()) for name in names})
    return SourceBatch(table, np.arange(1, len(cells) + 1, dtype=np.int64), is_typed=False)


def _stage_curves(
    intake: Intake, rows: pa.Table, mapping: FileMapping, place: Path, faults: FaultSpool
) -> StagedCurves:
    with intake.lake.snapshot() as snapshot:
        index = read_meter_index(snapshot)
    reader = intake.reader(faults.name, mapping, index)
    staged = StagedCurves(Spill(place / "staged.vectors"), Spill(place / "staged.readings"), faults)
    slots = {f"v{slot:02d}": None for slot in range(24 * 60 // intake.grid.interval_minutes)}
    # Rows set aside because one file said two things of one slot are kept in the wide layout, whatever the file's was.
    is_wide = np.array([any(SLOT_COLUMN.match(n) for n in json.loads(w)) for w in rows.column("row_json").to_pylist()])
    numbers = np.arange(1, rows.num_rows + 1, dtype=np.int64)
    for wide in (True, False):
        mine = is_wide == wide
        if not mine.any():
            continue
        batch = _batch(rows.filter(pa.array(mine)), more=slots if wide else None)
        batch = SourceBatch(batch.table, numbers[mine], is_typed=False)
        stage = stage_wide if wide else stage_long
        for _ in stage([batch], reader=reader, staged=staged):
            pass
    staged.close()
    return staged


def _mark(intake: Intake, rows: pa.Table, failed: Mapping[int, tuple[str, str]]) -> None:
    """Say which rows were taken in, and of the others the cause as it is now where it changed."""
    changed: list[dict[str, object]] = []
    for number, row in enumerate(rows.to_pylist(), start=1):
        row.pop("known_at", None)
        if number not in failed:
            changed.append({**row, "released_at": intake.now})
        elif failed[number][0] != row["reason"]:
            changed.append({**row, "reason": failed[number][0], "detail": failed[number][1]})
    if changed:
        schema = pa.schema([field for field in QUARANTINE.schema if field.name != "known_at"])
        intake.tx.append(QUARANTINE, pa.Table.from_pylist(changed, schema=schema), known_at=intake.now)
