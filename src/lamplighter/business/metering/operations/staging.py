"""What a file said, on disk between reading it and settling it: memory stays bounded whatever its size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.business.metering.records import Fault
from lamplighter.business.metering.rules.reading import as_json

Cell = tuple[int, int]
"""Month (months since year 0) and bucket."""

_FLUSH_ROWS = 2_000


def month_name(month: int) -> str:
    """Return a month as the lake names it.

    Example:
        >>> month_name(2025 * 12)
        '2025-01'
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def months_of(days: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the month of each day since 1970, counted from year 0.

    Example:
        >>> months_of(np.array([0, 31], np.int32)).tolist()
        [23640, 23641]
    """
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months + 1970 * 12)


class Spill:
    """Rows on disk, by month and bucket.

    Args:
        path: file to be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._runs: dict[Cell, list[tuple[int, int]]] = {}
        self._schema: pa.Schema | None = None

    def add(self, rows: pa.RecordBatch, *, months: npt.NDArray[np.int64], buckets: npt.NDArray[np.int32]) -> None:
        """Add rows, each with its month and bucket."""
        if not rows.num_rows:
            return
        self._schema = rows.schema
        code = (months << 32) | buckets.astype(np.int64)
        if (code[1:] < code[:-1]).any():
            order = np.argsort(code, kind="stable")
            code, rows = code[order], rows.take(pa.array(order))
        starts = np.flatnonzero(np.append(True, code[1:] != code[:-1]))
        for start, end in zip(starts, np.append(starts[1:], len(code)), strict=True):
            cell = (int(code[start]) >> 32, int(code[start]) & 0xFFFFFFFF)
            packed = rows.slice(int(start), int(end - start)).serialize()
            self._runs.setdefault(cell, []).append((self._file.tell(), packed.size))
            self._file.write(packed)

    def close(self) -> None:
        """End writing."""
        self._file.close()

    @property
    def cells(self) -> list[Cell]:
        """Months and buckets there are rows of, in order."""
        return sorted(self._runs)

    def read(self, cell: Cell) -> list[pa.RecordBatch]:
        """Return the rows of a month and bucket in the order they were added."""
        found = []
        with self.path.open("rb") as file:
            for offset, size in self._runs.get(cell, []):
                file.seek(offset)
                found.append(pa.ipc.read_record_batch(pa.py_buffer(file.read(size)), self._schema))
        return found


FAULT_SCHEMA = pa.schema(
    [
        ("quarantine_id", pa.string()),
        ("file_id", pa.string()),
        ("path", pa.string()),
        ("subject", pa.string()),
        ("row_number", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
        ("reading_count", pa.int64()),
        ("row_json", pa.string()),
    ]
)


def quarantine_rows(faults: Sequence[Fault], *, file_id: str, path: str, subject: str) -> pa.RecordBatch:
    """Return faults as rows of ``raw_quarantine``."""
    words = [as_json(fault.cells) for fault in faults]
    return pa.RecordBatch.from_pydict(
        {
            "quarantine_id": [
                hashlib.sha256(f"{file_id}\n{f.row}\n{f.reason}\n{w}".encode()).hexdigest()[:20]
                for f, w in zip(faults, words, strict=True)
            ],
            "file_id": [file_id] * len(faults),
            "path": [path] * len(faults),
            "subject": [subject] * len(faults),
            "row_number": [fault.row for fault in faults],
            "reason": [fault.reason.value for fault in faults],
            "detail": [fault.detail[:200] for fault in faults],
            "reading_count": [fault.reading_count for fault in faults],
            "row_json": words,
        },
        schema=FAULT_SCHEMA,
    )


class FaultSpool:
    """Rows set aside while a file is read, on disk when they get many.

    Args:
        path: file to be made when needed.
        file_id: fingerprint of the file.
        name: its path inside the folder.
        subject: file of the company folder.
    """

    def __init__(self, path: Path, *, file_id: str, name: str, subject: str) -> None:
        self.path, self.file_id, self.name, self.subject = path, file_id, name, subject
        self.reading_count = 0
        self.row_count = 0
        self._pending: list[Fault] = []
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None

    def add(self, faults: Iterable[Fault]) -> None:
        """Add faults."""
        for fault in faults:
            self.reading_count += fault.reading_count
            self.row_count += 1
            self._pending.append(fault)
            if len(self._pending) >= _FLUSH_ROWS:
                self._flush()

    def _flush(self) -> None:
        if not self._pending:
            return
        if self._writer is None:
            self._writer = pa.ipc.new_stream(str(self.path), FAULT_SCHEMA)
        self._writer.write_batch(
            quarantine_rows(self._pending, file_id=self.file_id, path=self.name, subject=self.subject)
        )
        self._pending = []

    def read(self) -> Iterator[pa.RecordBatch]:
        """End writing and yield the rows of ``raw_quarantine``."""
        self._flush()
        if self._writer is None:
            return
        self._writer.close()
        with pa.memory_map(str(self.path)) as file, pa.ipc.open_stream(file) as stream:
            yield from stream
