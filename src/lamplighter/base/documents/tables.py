"""Write a table to a file that other systems and people read: CSV, Parquet or xlsx by the name of the file."""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import xlsxwriter

from lamplighter.base.disk import full_disk_told
from lamplighter.base.documents.formulas import neutral_table
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text

LIST_SEPARATOR: Final = ";"
SHEET_ROWS: Final = 1_048_576
"""Rows of an Excel sheet, heading included."""
SHEET_DIGITS: Final = 10**15
"""Excel keeps 15 digits of a whole number; a longer one is written as text, not rounded."""
BATCH_ROWS: Final = 10_000


class TableFormatUnknown(LamplighterError):
    """A table was to be written to a file whose name does not say a format we write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(text("documents.format_unknown", path=path, endings=", ".join(WRITERS)))


class TableTooLong(LamplighterError):
    """A table has more rows than an Excel sheet holds."""

    def __init__(self, path: Path, *, rows: int) -> None:
        self.path, self.rows = path, rows
        super().__init__(text("documents.too_long", path=path, rows=rows, most=SHEET_ROWS - 1))


def write_table(table: pa.Table, path: Path) -> int:
    """Write ``table`` to ``path`` and return the number of rows written; a reader never sees half a file.

    The end of the name decides the format: ``.csv``, ``.csv.gz``, ``.parquet`` or ``.xlsx``. CSV is UTF-8 without a
    byte order mark, comma separated, words in quotes, dates as ISO 8601, nothing where no value is. Lists stay lists
    in Parquet and are joined by ``;`` in CSV and xlsx. No word is taken for a formula: in xlsx words
    are written as words, in CSV one that would begin a formula gets an apostrophe (`formulas.neutral`).

    Args:
        table: columns of numbers, words, dates, instants, booleans, or lists of these.
        path: the file; its folder is made when absent, a file that is there is replaced.

    Raises:
        TableFormatUnknown: the name ends in nothing of the above.
        TableTooLong: more rows than an Excel sheet holds.

    Example:
        >>> import tempfile
        >>> table = pa.table({"rank": [1], "reasons": [["BAL-1", "SHP-2"]], "kwh": pa.array([None], pa.float64())})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     rows = write_table(table, Path(folder, "list.csv"))
        ...     Path(folder, "list.csv").read_text(encoding="utf-8").splitlines()
        ['"rank","reasons","kwh"', '1,"BAL-1;SHP-2",']
    """
    write = next((writer for ending, writer in WRITERS.items() if path.name.lower().endswith(ending)), None)
    if write is None:
        raise TableFormatUnknown(path)
    if write is _write_xlsx and table.num_rows >= SHEET_ROWS:
        raise TableTooLong(path, rows=table.num_rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as staged:
        write(table, staged)
    return int(table.num_rows)


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Give a name beside ``path`` to write to; on leaving without an error the file takes the place of ``path``.

    Raises:
        DiskFull: there was no room; nothing is left behind, and what stood under ``path`` stays.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with replaced(Path(folder, "page.html")) as staged:
        ...         _ = staged.write_text("whole")
        ...     [file.name for file in Path(folder).iterdir()]
        ['page.html']
    """
    staged = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with full_disk_told():
            yield staged
            os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)


def _write_parquet(table: pa.Table, path: Path) -> None:
    pa.parquet.write_table(table, path, compression="zstd")


def _write_csv(table: pa.Table, path: Path) -> None:
    options = pa.csv.WriteOptions(batch_size=BATCH_ROWS, quoting_style="needed", quoting_header="needed")
    pa.csv.write_csv(neutral_table(_flat(table)), path, write_options=options)


def _write_csv_gz(table: pa.Table, path: Path) -> None:
    options = pa.csv.WriteOptions(batch_size=BATCH_ROWS, quoting_style="needed", quoting_header="needed")
    # No name and no time in the header: the same table gives the same bytes.
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
        pa.csv.write_csv(neutral_table(_flat(table)), packed, write_options=options)


def _flat(table: pa.Table) -> pa.Table:
    """Join lists to words: CSV and xlsx have no lists. NaN becomes empty, as a missing value is."""
    columns = []
    for field in table.schema:
        column = table.column(field.name)
        if pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
            words = column.cast(pa.list_(pa.string()))
            # A null inside a list would make the whole cell null.
            column = pc.binary_join(words, LIST_SEPARATOR) if not _has_gaps(words) else _join_by_hand(words)
        elif pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), None, column)
        columns.append(column)
    return pa.table(columns, names=table.column_names)


def _has_gaps(lists: pa.ChunkedArray) -> bool:
    return any(chunk.flatten().null_count for chunk in lists.chunks)


def _join_by_hand(lists: pa.ChunkedArray) -> pa.Array:
    cells = [None if cell is None else LIST_SEPARATOR.join(item or "" for item in cell) for cell in lists.to_pylist()]
    return pa.array(cells, pa.string())


def _write_xlsx(table: pa.Table, path: Path) -> None:
    flat = _flat(table)
    # Constant memory: a row leaves for the disk when the next begins, so a million rows need no more than one.
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    with book:
        sheet = book.add_worksheet()
        heading = book.add_format({"bold": True, "bottom": 1})
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        widths = _widths(flat)
        for number, name in enumerate(flat.column_names):
            sheet.set_column(number, number, widths[number])
            sheet.write_string(0, number, name, heading)
        sheet.freeze_panes(1, 0)
        if flat.num_columns:
            sheet.autofilter(0, 0, flat.num_rows, flat.num_columns - 1)
        row = 0
        for batch in flat.to_batches(max_chunksize=BATCH_ROWS):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row += 1
                for number, value in enumerate(values):
                    write_cell(sheet, row, number, value, instant)


def write_cell(sheet: Any, row: int, column: int, value: Any, instant: Any) -> None:
    """Write a value to a cell of an xlsxwriter sheet as what it is; words stay words, nothing leaves the cell empty.

    Args:
        sheet: the sheet.
        row: from 0.
        column: from 0.
        value: the value.
        instant: format of instants.
    """
    match value:
        case None | "":
            return
        case bool():
            sheet.write_boolean(row, column, value)
        case int() if abs(value) < SHEET_DIGITS:
            sheet.write_number(row, column, value)
        case float() if math.isfinite(value):
            sheet.write_number(row, column, value)
        case datetime():
            # Excel knows no zones: an instant with one is written in UTC, as the lake stores it.
            bare = value if value.utcoffset() is None else value.astimezone(UTC)
            sheet.write_datetime(row, column, bare.replace(tzinfo=None), instant)
        case date():
            sheet.write_datetime(row, column, value)
        case _:
            sheet.write_string(row, column, str(value))


def _widths(table: pa.Table) -> list[float]:
    """Return a width for each column from its name and first rows; what is longer is cut on screen, not in the file."""
    head = table.slice(0, 50).to_pydict()
    return [
        float(min(48, 3 + max([len(name), *(len(str(value)) for value in values if value is not None)])))
        for name, values in head.items()
    ]


WRITERS: Final[dict[str, Callable[[pa.Table, Path], None]]] = {
    ".csv": _write_csv,
    ".csv.gz": _write_csv_gz,
    ".parquet": _write_parquet,
    ".xlsx": _write_xlsx,
}
