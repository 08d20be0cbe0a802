"""Taking rows in again that were set aside."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection

from lamplighter.base.lake import Lake, Snapshot
from lamplighter.business.customers.queries import read_company
from lamplighter.business.metering.operations import Intake, ReleaseReport, RowSubject, release_quarantined
from lamplighter.business.metering.queries import read_quarantine
from lamplighter.business.metering.records import Reason
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.journeys.company_import.archives import Archives
from lamplighter.journeys.company_import.directory import Directory, read_directory
from lamplighter.journeys.company_import.subjects import row_subjects


def release_rows(
    *,
    lake: Lake,
    now: dt.datetime,
    reasons: Collection[Reason] = (),
    subject: str = "",
    path: str = "",
) -> ReleaseReport:
    """Take rows in again whose cause was mended; those whose cause still holds stay set aside.

    Args:
        lake: the lake.
        now: instant of the release, UTC-naive.
        reasons: only rows with these.
        subject: only rows of this file of the company folder.
        path: only rows of files whose path begins so.

    Raises:
        CompanyUnknown: the lake is empty.
        LakeBusy: another process is writing.
    """
    with lake.snapshot() as snapshot:
        company = read_company(snapshot)
        found = read_quarantine(snapshot, reasons=reasons, subject=subject, path=path)
    if not found.num_rows:
        return ReleaseReport()
    grid = SlotGrid(company.timezone, company.interval_minutes)
    with Intake.open(lake=lake, now=now, grid=grid) as intake, _Current(lake) as current:
        archives = Archives(current.snapshot, current.directory, Counter()).subjects()

        def subject_of(name: str) -> RowSubject | None:
            current.renew()
            return archives.get(name) or row_subjects(current.directory(), now=now).get(name)

        return release_quarantined(intake, found, subject_of=subject_of)


class _Current:
    """The newest published state, renewed before each subject."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._open = lake.snapshot()
        self._snapshot: Snapshot | None = None
        self._directory: Directory | None = None

    def __enter__(self) -> _Current:
        self._snapshot = self._open.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.__exit__(None, None, None)

    def renew(self) -> None:
        self.__exit__()
        self._open = self._lake.snapshot()
        self._snapshot, self._directory = self._open.__enter__(), None

    def snapshot(self) -> Snapshot:
        assert self._snapshot is not None
        return self._snapshot

    def directory(self) -> Directory:
        if self._directory is None:
            self._directory = read_directory(self.snapshot())
        return self._directory
