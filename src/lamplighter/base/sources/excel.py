"""Rows of a workbook as words, read one after the other."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.sources.limits import SourceLimits
from lamplighter.base.sources.opening import TruncatedFile, ZipBomb


class SheetUnknown(LamplighterError):
    """A workbook has no sheet of the name the mapping gives."""

    def __init__(self, name: str, *, sheet: str, sheets: list[str]) -> None:
        self.name, self.sheet, self.sheets = name, sheet, sheets
        super().__init__(text("sources.sheet_unknown", name=name, sheet=sheet, sheets=", ".join(sheets)))


def excel_rows(path: Path, *, name: str, sheet: str, skip: int, limits: SourceLimits) -> Iterator[list[str | None]]:
    """Yield the rows of a sheet, empty ones left out, as words in the form our rules read (ISO dates, plain numbers).

    Raises:
        TruncatedFile: not a workbook, or damaged.
        ZipBomb: it unpacks to far more than any real workbook does.
        SheetUnknown: no such sheet.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(entry.file_size for entry in packed.infolist())
        ratio = unpacked // max(path.stat().st_size, 1)
        if unpacked > limits.expansion_grace_bytes and ratio > limits.expansion_ratio:
            raise ZipBomb(name, ratio=ratio, allowed=limits.expansion_ratio)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, EOFError) as fault:
        raise TruncatedFile(name, cause=str(fault)) from fault
    try:
        if sheet and sheet not in book.sheetnames:
            raise SheetUnknown(name, sheet=sheet, sheets=book.sheetnames)
        page = book[sheet] if sheet else book.worksheets[0]
        for number, cells in enumerate(page.iter_rows(values_only=True)):
            if number >= skip and any(cell is not None for cell in cells):
                yield [as_word(cell) for cell in cells]
    finally:
        book.close()


def as_word(cell: object) -> str | None:
    """Return a cell as the word a CSV export would have had.

    Example:
        >>> as_word(3.0), as_word(dt.datetime(2025, 1, 2)), as_word(dt.time(0, 15)), as_word(" M1 "), as_word("")
        ('3', '2025-01-02', '00:15', 'M1', None)
    """
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, dt.time):
        return cell.isoformat(timespec="minutes")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip() or None
