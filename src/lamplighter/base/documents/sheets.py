"""Write a list row by row to a file for people, however many rows: xlsx or CSV, with a head that says what it is."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from lamplighter.base.documents.formulas import neutral
from lamplighter.base.documents.tables import SHEET_ROWS, replaced, write_cell

FORMATS: Final = ("xlsx", "csv")
_WIDTH: Final = 18.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file is and how it is laid out.

    Args:
        head: label and value of each line that says who had it made, when, why.
        columns: names of the columns.
        about: name of the sheet that carries the head.
        name_sheet: name of the n-th sheet of rows, from 1: Excel holds a million rows on each.
        rows_a_sheet: rows of a sheet, its heading included.
    """

    head: Sequence[tuple[str, str]]
    columns: Sequence[str]
    about: str
    name_sheet: Callable[[int], str]
    rows_a_sheet: int = SHEET_ROWS


def write_sheet(sheet: Sheet, rows: Iterable[Sequence[Any]], path: Path) -> int:
    """Write rows to ``path``, by its ending xlsx or CSV, and return how many there were; few are held at once.

    The head is the first sheet of a workbook, and lines that begin with ``#`` at the top of a CSV, which carries a
    byte order mark: Excel reads Chinese without one as gibberish.

    Args:
        sheet: head and columns.
        rows: values in the order of the columns; read once.
        path: the file; one that is there is replaced when the new one is whole.

    Raises:
        DiskFull: there was no room; nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with replaced(path) as staged:
        # Made first, so that nobody else may read it while it is written.
        staged.touch(mode=0o600)
        return _write_csv(sheet, rows, staged) if path.suffix == ".csv" else _write_xlsx(sheet, rows, staged)


def _write_csv(sheet: Sheet, rows: Iterable[Sequence[Any]], path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerows([f"# {label}", neutral(value)] for label, value in sheet.head)
        writer.writerow([neutral(name) for name in sheet.columns])
        for row in rows:
            writer.writerow(["" if value is None else _plain(neutral(value)) for value in row])
            count += 1
    return count


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _write_xlsx(sheet: Sheet, rows: Iterable[Sequence[Any]], path: Path) -> int:
    # Rows wait in a folder of their own: the library leaves them lying where the disk is full.
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f"{path.name}.") as waiting:
        return _write_book(sheet, rows, path, waiting)


def _write_book(sheet: Sheet, rows: Iterable[Sequence[Any]], path: Path, waiting: str) -> int:
    count = 0
    # Constant memory: a row leaves for the disk when the next begins.
    options = {"constant_memory": True, "default_date_format": "yyyy-mm-dd", "tmpdir": waiting}
    with ExitStack() as last, xlsxwriter.Workbook(str(path), options) as book:
        last.callback(_let_go, book)
        about = book.add_worksheet(sheet.about)
        about.set_column(0, 0, _WIDTH)
        about.set_column(1, 1, 4 * _WIDTH)
        bold = book.add_format({"bold": True})
        for line, (label, value) in enumerate(sheet.head):
            about.write_string(line, 0, label, bold)
            about.write_string(line, 1, str(neutral(value)))
        pages = _pages(book, sheet)
        page, line = next(pages), 0
        instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        for row in rows:
            line += 1
            if line == sheet.rows_a_sheet:
                page, line = next(pages), 1
            for column, value in enumerate(row):
                write_cell(page, line, column, neutral(value), instant)
            count += 1
    return count


def _let_go(book: Any) -> None:
    """Close what the library leaves open where it fails: the room of a removed file is given back with its closing."""
    for page in book.worksheets():
        for file in (page.row_data_fh, page.fh):
            with suppress(OSError):
                if file is not None:
                    file.close()


def _pages(book: Any, sheet: Sheet) -> Iterator[Any]:
    heading = book.add_format({"bold": True, "bottom": 1})
    number = 0
    while True:
        number += 1
        page = book.add_worksheet(sheet.name_sheet(number))
        page.set_column(0, len(sheet.columns) - 1, _WIDTH)
        page.freeze_panes(1, 0)
        for column, name in enumerate(sheet.columns):
            page.write_string(0, column, str(neutral(name)), heading)
        yield page
