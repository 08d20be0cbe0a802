"""The head of the lake and the manifests it names: which parts make up which table."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

HEAD_FILE = "HEAD.json"
_DAY = dt.timedelta(days=1)
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One immutable Parquet file of a table.

    Attributes:
        table: table it belongs to.
        month: ``2025-01``, or ``all`` for whole tables.
        bucket: bucket of neighbouring areas; 0 where the table is not cut by bucket.
        file: path under the lake's root.
        rows: number of rows.
        byte_count: size of the file.
        is_unique: no key stands twice in it.
        known_low: least ``known_at`` of its rows, microseconds; 0 without rows.
        known_high: greatest.
        is_superseded: every row has a newer version elsewhere; only a reader who asks for an old state opens it.
        covers: day (ISO) -> [known_at in microseconds, generation]. Of measurements: the newest row of that day. Of
            results: the run that said everything there is to say of that day, also that it is nothing. The generation
            is the one the row was published in, or the one the run had read.
        published: generation in which its rows were published; a merged part keeps the newest of those it replaces.
    """

    table: str
    month: str
    bucket: int
    file: str
    rows: int
    byte_count: int
    is_unique: bool
    known_low: int = 0
    known_high: int = 0
    is_superseded: bool = False
    covers: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    published: int = -1

    def in_generation(self, generation: int) -> Part:
        """Return the part stamped with the generation it is published in, where it has none yet (-1)."""
        covers = {day: (known, generation if at < 0 else at) for day, (known, at) in self.covers.items()}
        return replace(self, covers=covers, published=generation if self.published < 0 else self.published)


@dataclass(frozen=True, slots=True)
class Head:
    """One published state of the lake.

    Attributes:
        generation: counts the published states.
        tables: table -> month -> manifest file under the root.
        schema_version: layout of the files themselves.
    """

    generation: int = 0
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def to_json(self) -> dict[str, Any]:
        """Return the head as plain JSON values."""
        return {"schema_version": self.schema_version, "generation": self.generation, "tables": self.tables}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Head:
        """Return the head that ``to_json`` described."""
        return Head(
            generation=value["generation"], tables=value["tables"], schema_version=value.get("schema_version", 0)
        )


def read_head(root: Path) -> Head:
    """Return the head of the lake under ``root``, the empty one where nothing was ever published."""
    try:
        return Head.from_json(json.loads((root / HEAD_FILE).read_bytes()))
    except FileNotFoundError:
        return Head()


def read_manifest(root: Path, file: str) -> list[dict[str, Any]]:
    """Return the rows of a manifest, a part each, in the order they were published; `to_part` makes them parts."""
    rows: list[dict[str, Any]] = json.loads((root / file).read_bytes())
    return rows


def write_manifest(root: Path, *, table: str, month: str, generation: int, rows: list[dict[str, Any]]) -> str:
    """Write the manifest of a table and month under a name of its own and return that name."""
    name = f"{table}/{month}/manifest-{generation:09d}-{uuid.uuid4().hex[:8]}.json"
    write_durably(root / name, json.dumps(rows).encode())
    return name


def to_row(part: Part) -> dict[str, Any]:
    """Return a part as plain JSON values; days that share their instant and generation as one run.

    Example:
        >>> part = Part("core_x", "2025-01", 0, "f", 1, 9, True, covers={"2025-01-01": (5, 1), "2025-01-02": (5, 1)})
        >>> to_row(part)["covers"]
        [['2025-01-01', 2, 5, 1]]
        >>> to_part(to_row(part)) == part
        True
    """
    runs: list[list[Any]] = []
    end = None
    for day, (known_at, generation) in sorted(part.covers.items()):
        on = dt.date.fromisoformat(day)
        if runs and on == end and runs[-1][2:] == [known_at, generation]:
            runs[-1][1] += 1
        else:
            runs.append([day, 1, known_at, generation])
        end = on + _DAY
    return {each.name: getattr(part, each.name) for each in fields(part)} | {"covers": runs}


def to_part(row: Mapping[str, Any]) -> Part:
    """Return the part that `to_row` described."""
    covers: dict[str, tuple[int, int]] = {}
    for first, count, known_at, generation in row["covers"]:
        on = dt.date.fromisoformat(first)
        covers |= {(on + i * _DAY).isoformat(): (known_at, generation) for i in range(count)}
    return Part(**{**row, "covers": covers})


def write_durably(path: Path, content: bytes) -> None:
    """Write a file so that it is whole or absent, also after a power cut: other name, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staging = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with staging.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(staging, path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames inside a directory durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
