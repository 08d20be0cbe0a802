"""The import itself: which file is what, in which order they are taken in, and what came of it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.base.sources import FileMapping, SourceFile, list_files, mapping_for, read_mapping
from lamplighter.business.customers.records import Company
from lamplighter.business.customers.tables import BILLED_MONTH, CALL_LEG, COMPANY, CONTACT, CUSTOMER, PAYMENT
from lamplighter.business.detection.tables import OUTCOME, VISIT
from lamplighter.business.metering.operations import FileReport, Intake, IntakeSettings
from lamplighter.business.metering.operations.intake import INTERVAL_SUBJECT, Ticket
from lamplighter.business.metering.operations.rows import RowSubject, StagedRows
from lamplighter.business.metering.queries import read_meters
from lamplighter.business.metering.records import IntakeCount
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.business.metering.tables import (
    INTERVAL,
    INTERVAL_MONTHLY,
    METER,
    METER_EVENT,
    QUARANTINE,
    REGISTER_DAILY,
)
from lamplighter.business.network.tables import AREA, ASSIGNMENT, FEEDER, LINE, OUTAGE, UNIT, WEATHER
from lamplighter.business.tariffs.rules.book import load_book
from lamplighter.journeys.company_import.archives import Archives
from lamplighter.journeys.company_import.company_file import (
    ArchiveMissing,
    ArchiveRefused,
    company_row,
    settle_company,
)
from lamplighter.journeys.company_import.directory import Directory, read_directory
from lamplighter.journeys.company_import.subjects import row_subjects

ARCHIVES: Final = ("units", "feeders", "areas", "customers", "meters", "lines", "assignments")
REQUIRED: Final = ("units", "areas", "customers", "meters")
OTHERS: Final = (
    "registers",
    "monthly",
    "events",
    "billed",
    "payments",
    "outages",
    "weather",
    "visits",
    "contacts",
    "outcomes",
    "calls",
)
SUBJECTS: Final = (*ARCHIVES, INTERVAL_SUBJECT, *OTHERS)
OUTLINES: Final = "units.geojson"
PRICES: Final = "tariffs.toml"
_NOT_DATA: Final = ("company.toml", "mapping.toml", OUTLINES, PRICES)

_TABLES: Final[Mapping[str, Contract]] = MappingProxyType(
    {
        "units": UNIT,
        "feeders": FEEDER,
        "areas": AREA,
        "customers": CUSTOMER,
        "meters": METER,
        "lines": LINE,
        "assignments": ASSIGNMENT,
        INTERVAL_SUBJECT: INTERVAL,
        "registers": REGISTER_DAILY,
        "monthly": INTERVAL_MONTHLY,
        "events": METER_EVENT,
        "billed": BILLED_MONTH,
        "payments": PAYMENT,
        "outages": OUTAGE,
        "weather": WEATHER,
        "visits": VISIT,
        "contacts": CONTACT,
        "outcomes": OUTCOME,
        "calls": CALL_LEG,
    }
)
"""File of the folder -> the table it fills."""

Sources = dict[str, list[tuple[SourceFile, FileMapping]]]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import.

    Args:
        company: whose data they are.
        files: what became of each file.
        missing: optional files that neither this folder nor an earlier one had; what needs them stays off.
        unused: files of the folder nothing is made of.
        reasons: readings and rows set aside by this import: (subject, reason) -> how many.
    """

    company: Company
    files: tuple[FileReport, ...]
    missing: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    reasons: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def count(self) -> IntakeCount:
        """The count of all files together."""
        return sum((file.count for file in self.files), IntakeCount())

    @property
    def refused(self) -> tuple[FileReport, ...]:
        """Files nothing of which was taken in."""
        return tuple(file for file in self.files if file.refusal)

    @property
    def known_count(self) -> int:
        """Files taken in before."""
        return sum(file.is_known for file in self.files)


def import_company(
    *,
    folder: Path,
    lake: Lake,
    now: dt.datetime,
    mapping: Path | None = None,
    outlines: Path | None = None,
    prices: Path | None = None,
    settings: IntakeSettings | None = None,
    progress: Progress = SILENT,
) -> ImportReport:
    """Take a company folder into the lake; what was taken in before changes nothing.

    Args:
        folder: the company folder, as documented, or of another layout with a mapping.
        lake: the lake.
        now: instant of the import, UTC-naive: what the files do not date themselves is known since then.
        mapping: a mapping file; ``mapping.toml`` of the folder when None and there is one.
        outlines: where the folder's outlines of units (``units.geojson``) are kept for maps; left alone when None.
        prices: where the folder's price list (``tariffs.toml``) is kept; left alone when None. It is read before
            anything else, so that a faulty one is told at once.
        settings: how to go about it.
        progress: told about the steps.

    Raises:
        CompanyFileFaulty, CompanyFileMissing, CompanyChanged: nothing was taken in.
        ArchiveMissing, ArchiveRefused, CyclicOrganisation: nothing was taken in.
        MappingFaulty, PathLeavesFolder, BookBroken: nothing was taken in.
        LakeBusy: another process is writing.
    """
    sources, unused = sort_files(folder, mapping)
    with lake.snapshot() as snapshot:
        company, is_new = settle_company(folder, snapshot)
    _check_complete(lake, sources)
    if prices is not None:
        load_book(file=folder / PRICES)
    grid = SlotGrid(company.timezone, company.interval_minutes)
    with Intake.open(lake=lake, now=now, grid=grid, settings=settings) as intake:
        _take_archives(intake, sources, company if is_new else None, progress)
        with lake.snapshot() as snapshot:
            directory = read_directory(snapshot)
        curves = sources.get(INTERVAL_SUBJECT, [])
        with progress.step(text("company.step.readings"), unit=text("company.unit.readings")) as advance:
            intake.take_curves(curves, index=directory.meters, progress=lambda _, count: advance(count))
        subjects = row_subjects(directory, now=now)
        with progress.step(text("company.step.rows"), unit=text("company.unit.rows")) as advance:
            for name in OTHERS:
                tickets = intake.stage_rows(subjects[name], sources.get(name, []), progress=lambda _, n: advance(n))
                intake.settle_rows(subjects[name], tickets)
        reports = tuple(intake.reports)
    with lake.snapshot() as snapshot:
        reasons = _reasons(snapshot, now)
        missing = tuple(name for name in SUBJECTS if not sources.get(name) and snapshot.is_empty(_TABLES[name]))
    if outlines is not None and (folder / OUTLINES).is_file():
        outlines.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / OUTLINES, outlines)
    if prices is not None and (folder / PRICES).is_file():
        prices.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / PRICES, prices)
    return ImportReport(company, reports, missing, tuple(unused), reasons)


def sort_files(folder: Path, mapping: Path | None) -> tuple[Sources, list[str]]:
    """Return the files of a folder by what they are, with their mappings, and those nothing is made of.

    Raises:
        MappingFaulty, PathLeavesFolder: as they say.
    """
    files = list_files(folder)
    own = folder / "mapping.toml"
    chosen = mapping or (own if own.exists() else None)
    mappings = read_mapping(chosen) if chosen is not None else []
    sources: Sources = {}
    unused: list[str] = []
    for file in files:
        how = mapping_for(file.name, mappings)
        subject = how.subject or subject_of(file)
        if subject in SUBJECTS and file.format:
            sources.setdefault(subject, []).append((file, how))
        elif file.name not in _NOT_DATA and file.path != chosen:
            unused.append(file.name)
    return sources, unused


def subject_of(file: SourceFile) -> str:
    """Return what a file is by its name: its stem, alone or with a number behind a dash; empty when nothing we know.

    Example:
        >>> [subject_of(SourceFile(Path(name), name, "csv")) for name in ("meters-2.csv", "notes.csv")]
        ['meters', '']
    """
    return next((name for name in SUBJECTS if file.stem == name or file.stem.startswith((f"{name}-", f"{name}_"))), "")


def _check_complete(lake: Lake, sources: Sources) -> None:
    with lake.snapshot() as snapshot:
        if not snapshot.is_empty(COMPANY):
            return
    missing = [name for name in REQUIRED if not sources.get(name)]
    if missing:
        raise ArchiveMissing(missing)


def _take_archives(intake: Intake, sources: Sources, company: Company | None, progress: Progress) -> None:
    """Read every archive file before the first is taken in, so that one that cannot be read stops all of them."""
    state = _Published(intake.lake)
    archives = Archives(state.snapshot, state.directory, Counter())
    subjects = archives.subjects()
    with progress.step(text("company.step.archives"), unit=text("company.unit.rows")) as advance:
        staged = {
            name: intake.stage_rows(subjects[name], sources.get(name, []), progress=lambda _, n: advance(n))
            for name in ARCHIVES
        }
        refusals = [report.refusal for report in intake.reports if report.refusal]
        if refusals:
            raise ArchiveRefused(refusals)
        archives.meters_by_area.update(_meters_by_area(staged["meters"], intake.lake))
        if company is not None:
            intake.tx.append(COMPANY, company_row(company), known_at=intake.now)
        for name in ARCHIVES:
            if staged[name]:
                _take_archive(intake, subjects[name], staged[name], state)


def _take_archive(intake: Intake, subject: RowSubject, tickets: Sequence[Ticket], state: _Published) -> None:
    with intake.lake.snapshot() as snapshot:
        state.hold(snapshot)
        intake.settle_rows(subject, tickets)


class _Published:
    """The newest published state while an archive is taken in, its directory read when first asked for."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._snapshot: Snapshot | None = None
        self._directory: Directory | None = None

    def hold(self, snapshot: Snapshot) -> None:
        self._snapshot, self._directory = snapshot, None

    def snapshot(self) -> Snapshot:
        assert self._snapshot is not None
        return self._snapshot

    def directory(self) -> Directory:
        if self._directory is None:
            self._directory = read_directory(self.snapshot())
        return self._directory


def _meters_by_area(tickets: Sequence[Ticket], lake: Lake) -> dict[str, int]:
    """Return the meters each area will have: those in the files, or those registered where the files say nothing."""
    with lake.snapshot() as snapshot:
        columns = [read_meters(snapshot).column("area_id")]
    for ticket in tickets:
        assert isinstance(ticket.staged, StagedRows)
        columns += [piece.column("area_id") for piece in ticket.staged.pieces if "area_id" in piece.column_names]
    found: dict[str, int] = {}
    for column in columns:
        for entry in pc.value_counts(column).to_pylist():
            area = entry["values"]
            if area is not None:
                found[area] = max(found.get(area, 0), entry["counts"])
    return found


def _reasons(snapshot: Snapshot, now: dt.datetime) -> dict[tuple[str, str], int]:
    aside = snapshot.read(QUARANTINE, columns=["subject", "reason", "reading_count", "known_at", "released_at"])
    mine = aside.filter(
        pc.and_(pc.equal(aside.column("known_at"), pa.scalar(now)), pc.is_null(aside.column("released_at")))
    )
    grouped = mine.group_by(["subject", "reason"]).aggregate([("reading_count", "sum")]).to_pylist()
    found = {(row["subject"], row["reason"]): int(row["reading_count_sum"]) for row in grouped}
    return dict(sorted(found.items(), key=lambda item: -np.int64(item[1])))
