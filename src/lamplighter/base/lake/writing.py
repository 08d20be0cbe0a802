"""Writing to the lake: parts are staged by any process, and published by one swap of the head."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lamplighter.base.governance.contract import KNOWN_AT, Contract, Partition, Versions
from lamplighter.base.lake.head import (
    HEAD_FILE,
    Head,
    Part,
    read_head,
    read_manifest,
    sync_directory,
    to_row,
    write_durably,
    write_manifest,
)
from lamplighter.base.lake.reading import to_microseconds
from lamplighter.base.lake.versions import rank_keys, row_order_is_unique

_ROW_GROUP_ROWS = 2048
_ALL = "all"


class Staging:
    """A place outside the tables where parts wait to be published; it vanishes with the process that made it.

    Several processes may write into one staging place; only its maker publishes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.name = f"staging/{uuid.uuid4().hex}"
        self._lock: IO[str] | None = None

    def __enter__(self) -> Staging:
        # The lock stands beside the folder and is there first and last: a maker killed at any moment leaves a lock that
        # nobody holds, and never a folder without one.
        lock = self.root / f"{self.name}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._lock = lock.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        (self.root / self.name).mkdir()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        shutil.rmtree(self.root / self.name, ignore_errors=True)
        (self.root / f"{self.name}.lock").unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()


def sweep_dead_staging(root: Path) -> int:
    """Remove staging places whose maker died, and return how many; the caller holds the writer's lock."""
    swept = 0
    for lock in sorted(root.glob("staging/*.lock")):
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
            swept += 1
    return swept


def stage_rows(
    *, root: Path, staging: str, contract: Contract, data: pa.Table, known_at: dt.datetime, bucket: int = 0
) -> list[Part]:
    """Write rows of a table of measurements as staged parts, one a month, and return their records.

    Args:
        root: root of the lake.
        staging: name of the staging place.
        contract: a table whose later rows are newer versions of earlier ones.
        data: rows; ``known_at`` is filled where absent.
        known_at: UTC-naive.
        bucket: bucket of the rows.

    Raises:
        ContractBroken: the rows do not keep the contract.
    """
    table = _conform(contract, data, known_at)
    return [
        write_part(
            root=root,
            staging=staging,
            contract=contract,
            table=piece,
            month=month,
            bucket=bucket,
            covers=_day_covers(contract, piece),
        )
        for month, piece in _by_month(contract, table)
    ]


def stage_run(
    *,
    root: Path,
    staging: str,
    contract: Contract,
    data: pa.Table,
    known_at: dt.datetime,
    days: Collection[dt.date],
    bucket: int = 0,
    read_generation: int = -1,
) -> list[Part]:
    """Write the results of a run over some days as staged parts, one a month; months without a row are staged too.

    Args:
        root: root of the lake.
        staging: name of the staging place.
        contract: a table of results.
        data: every row there is to say about these days in this bucket.
        known_at: when the run was made, UTC-naive.
        days: the days the run speaks for, also where it found nothing.
        bucket: bucket of the rows.
        read_generation: generation of the lake the run had read; tells later which inputs are newer.

    Raises:
        ContractBroken: the rows do not keep the contract.
        ValueError: rows of days the run does not speak for.
    """
    table = _conform(contract, data, known_at)
    stamp = (to_microseconds(known_at), read_generation)
    months: dict[str, list[str]] = {}
    for day in sorted(days):
        months.setdefault(f"{day:%Y-%m}", []).append(day.isoformat())
    pieces = dict(_by_month(contract, table))
    said = set() if not table.num_rows else {d.isoformat() for d in _dates(contract, table).unique().to_pylist()}
    spoken = {day.isoformat() for day in days}
    if not said <= spoken:
        raise ValueError(f"{contract.name}: rows of {sorted(said - spoken)[:3]}, days this run does not speak for")
    return [
        write_part(
            root=root,
            staging=staging,
            contract=contract,
            table=pieces.get(month, table.slice(0, 0)),
            month=month,
            bucket=bucket,
            covers=dict.fromkeys(covered, stamp),
        )
        for month, covered in months.items()
    ]


class Transaction:
    """A change of the lake: everything in it is published at once, or nothing.

    Get one from ``Lake.transaction()``, which holds the writer's lock and publishes on leaving without an error.
    """

    def __init__(self, root: Path, staging: Staging) -> None:
        self.root = root
        self._staging = staging
        self._added: list[Part] = []
        self._removed: set[str] = set()

    @property
    def staging(self) -> str:
        """Name of the staging place, for other processes that stage parts to be added here."""
        return self._staging.name

    def append(self, contract: Contract, data: pa.Table, *, known_at: dt.datetime, bucket: int = 0) -> None:
        """Add rows; a row whose key is known becomes its newer version. See `stage_rows`."""
        if contract.versions is not Versions.ROW:
            raise ValueError(f"{contract.name} holds results: use append_run")
        if data.num_rows:
            self.add(
                stage_rows(
                    root=self.root,
                    staging=self._staging.name,
                    contract=contract,
                    data=data,
                    known_at=known_at,
                    bucket=bucket,
                )
            )

    def append_run(
        self,
        contract: Contract,
        data: pa.Table,
        *,
        known_at: dt.datetime,
        days: Collection[dt.date],
        bucket: int = 0,
        read_generation: int = -1,
    ) -> None:
        """Add the results of a run: they replace earlier runs of the same days and bucket. See `stage_run`."""
        if contract.versions is not Versions.RUN:
            raise ValueError(f"{contract.name} holds measurements: use append")
        self.add(
            stage_run(
                root=self.root,
                staging=self._staging.name,
                contract=contract,
                data=data,
                known_at=known_at,
                days=days,
                bucket=bucket,
                read_generation=read_generation,
            )
        )

    def add(self, parts: Iterable[Part]) -> None:
        """Add parts that were staged elsewhere."""
        self._added += parts

    def replace(self, old: Iterable[Part], new: Iterable[Part]) -> None:
        """Put parts that say the same in the place of others."""
        self._removed |= {part.file for part in old}
        self._added += new

    def publish(self) -> int:
        """Publish what was added so far and return the new generation; the transaction goes on, empty."""
        if not self._added and not self._removed:
            return read_head(self.root).generation
        head = read_head(self.root)
        generation = head.generation + 1
        moved = [self._move(part).in_generation(generation) for part in self._added]
        tables: dict[str, dict[str, str]] = {name: dict(months) for name, months in head.tables.items()}
        touched = {(p.table, p.month) for p in moved} | {
            (table, month) for table, months in tables.items() for month in months if self._touches(months[month])
        }
        for table, month in sorted(touched):
            old = tables.get(table, {}).get(month)
            rows = [row for row in read_manifest(self.root, old) if row["file"] not in self._removed] if old else []
            rows += [to_row(part) for part in moved if (part.table, part.month) == (table, month)]
            tables.setdefault(table, {})[month] = write_manifest(
                self.root, table=table, month=month, generation=generation, rows=rows
            )
        write_head(self.root, Head(generation=generation, tables=tables))
        self._added, self._removed = [], set()
        return generation

    def _touches(self, manifest: str) -> bool:
        return bool(self._removed) and any(row["file"] in self._removed for row in read_manifest(self.root, manifest))

    def _move(self, part: Part) -> Part:
        if not part.file.startswith("staging/"):
            return part
        place = f"{part.table}/{part.month}/b{part.bucket:05d}-{Path(part.file).name}"
        (self.root / place).parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.root / part.file, self.root / place)
        sync_directory((self.root / place).parent)
        return replace(part, file=place)


def write_head(root: Path, head: Head) -> None:
    """Publish a head: the one moment in which the lake changes."""
    write_durably(root / HEAD_FILE, json.dumps(head.to_json()).encode())


def _conform(contract: Contract, data: pa.Table, known_at: dt.datetime) -> pa.Table:
    return contract.conform(data, known_at=pa.scalar(to_microseconds(known_at), pa.int64()).cast(pa.timestamp("us")))


def _dates(contract: Contract, table: pa.Table) -> pa.ChunkedArray:
    column = table.column(contract.dated_by)
    return column if pa.types.is_date(column.type) else column.cast(pa.date32(), safe=False)


def _by_month(contract: Contract, table: pa.Table) -> Iterable[tuple[str, pa.Table]]:
    if contract.partition is Partition.WHOLE:
        return [(_ALL, table)] if table.num_rows else []
    if not table.num_rows:
        return []
    months = _dates(contract, table).combine_chunks().to_numpy(zero_copy_only=False).astype("datetime64[M]")
    distinct = np.unique(months)
    if len(distinct) == 1:
        return [(str(distinct[0]), table)]
    return [(str(month), table.filter(pa.array(months == month))) for month in distinct]


def _day_covers(contract: Contract, table: pa.Table) -> Mapping[str, tuple[int, int]]:
    if contract.partition is Partition.WHOLE:
        return {}
    days = _dates(contract, table).combine_chunks().cast(pa.int32()).to_numpy()
    known = table.column(KNOWN_AT).cast(pa.int64()).to_numpy()
    low = int(days.min())
    newest = np.full(int(days.max()) - low + 1, np.iinfo(np.int64).min)
    np.maximum.at(newest, days - low, known)
    first = dt.date(1970, 1, 1)
    return {
        (first + dt.timedelta(days=low + i)).isoformat(): (int(known_at), -1)
        for i, known_at in enumerate(newest)
        if known_at != np.iinfo(np.int64).min
    }


def write_part(
    *,
    root: Path,
    staging: str,
    contract: Contract,
    table: pa.Table,
    month: str,
    bucket: int,
    covers: Mapping[str, tuple[int, int]],
    is_superseded: bool = False,
) -> Part:
    """Write one staged part in storage order, flushed to disk, and return its record."""
    keys = rank_keys(table, contract.order)
    if table.num_rows and (np.diff(keys) < 0).any():
        table = table.take(pa.array(np.argsort(keys, kind="stable")))
    lists = [f"{field.name}.list.element" for field in table.schema if pa.types.is_list(field.type)]
    words = [field.name for field in table.schema if pa.types.is_string(field.type)]
    file = f"{staging}/{uuid.uuid4().hex}.parquet"
    pq.write_table(
        table,
        root / file,
        compression="lz4",
        use_dictionary=[*lists, *words, KNOWN_AT],
        row_group_size=_ROW_GROUP_ROWS if lists else 64 * _ROW_GROUP_ROWS,
        write_statistics=[field.name for field in table.schema if not pa.types.is_list(field.type)],
    )
    with (root / file).open("rb+") as handle:
        os.fsync(handle.fileno())
    known = table.column(KNOWN_AT).cast(pa.int64()).to_numpy()
    unique_keys = keys if contract.order == contract.key else rank_keys(table, contract.key)
    return Part(
        table=contract.name,
        month=month,
        bucket=bucket,
        file=file,
        rows=table.num_rows,
        byte_count=(root / file).stat().st_size,
        is_unique=row_order_is_unique(unique_keys),
        known_low=int(known.min()) if len(known) else 0,
        known_high=int(known.max()) if len(known) else 0,
        is_superseded=is_superseded,
        covers=covers,
    )
