"""Lists as files: who, when and why at their head, no formula in them, few rows held at once."""

import csv
import datetime as dt
import resource
import stat
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lamplighter.base.disk import DiskFull
from lamplighter.base.documents.formulas import neutral
from lamplighter.base.documents.sheets import Sheet, write_sheet

HOSTILE = ("=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", '=HYPERLINK("http://x")')


def sheet(**changed: Any) -> Sheet:
    return Sheet(
        **{
            "head": [("Who", "Li"), ("What for", "=cmd|' /C calc'!A0")],
            "columns": ["account", "kwh", "on"],
            "about": "About",
            "name_sheet": lambda number: f"Rows {number}",
        }
        | changed
    )


ROWS = [["******5671", -2.5, dt.date(2026, 11, 26)], ["=1+1", None, None]]


class TestNeutral:
    @pytest.mark.parametrize("word", HOSTILE)
    def test_takes_the_formula_out_of_words(self, word: str) -> None:
        assert neutral(word) == f"'{word}"

    @pytest.mark.parametrize("value", ["东湖台区", "A-1", "", -2.5, 0, None, dt.date(2026, 1, 1)])
    def test_leaves_all_else_as_it_is(self, value: Any) -> None:
        assert neutral(value) == value


class TestCsv:
    def test_begins_with_who_and_why_and_keeps_numbers_below_nought(self, tmp_path: Path) -> None:
        path = tmp_path / "list.csv"

        assert write_sheet(sheet(), ROWS, path) == 2
        assert list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines())) == [
            ["# Who", "Li"],
            ["# What for", "'=cmd|' /C calc'!A0"],
            ["account", "kwh", "on"],
            ["******5671", "-2.5", "2026-11-26"],
            ["'=1+1", "", ""],
        ]

    def test_carries_the_mark_by_which_excel_reads_chinese(self, tmp_path: Path) -> None:
        write_sheet(sheet(), [], tmp_path / "list.csv")

        assert (tmp_path / "list.csv").read_bytes().startswith(b"\xef\xbb\xbf")


class TestXlsx:
    def test_has_who_and_why_on_its_first_sheet_and_no_formula_anywhere(self, tmp_path: Path) -> None:
        path = tmp_path / "list.xlsx"

        write_sheet(sheet(), ROWS, path)

        book = openpyxl.load_workbook(path)
        assert book.sheetnames == ["About", "Rows 1"]
        assert [cell.value for cell in next(book["About"].rows)] == ["Who", "Li"]
        rows = [[cell.value for cell in row] for row in book["Rows 1"].rows]
        assert rows[1][:2] == ["******5671", -2.5]
        assert rows[2][0] == "'=1+1"
        assert {cell.data_type for page in book for row in page.rows for cell in row} <= {"s", "n", "d"}

    def test_goes_on_on_another_sheet_where_one_is_full(self, tmp_path: Path) -> None:
        path = tmp_path / "list.xlsx"

        write_sheet(sheet(rows_a_sheet=3), [[str(number), 1, None] for number in range(5)], path)

        book = openpyxl.load_workbook(path)
        assert [book[name].max_row for name in book.sheetnames[1:]] == [3, 3, 2]
        assert book["Rows 3"]["A2"].value == "4"


class TestAFile:
    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_can_be_read_by_its_owner_alone(self, ending: str, tmp_path: Path) -> None:
        path = tmp_path / f"list.{ending}"
        write_sheet(sheet(), ROWS, path)

        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0

    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_takes_no_more_memory_for_more_rows(self, ending: str, tmp_path: Path) -> None:
        def rows(count: int) -> Iterator[list[Any]]:
            return ([f"account {number}", number * 1.5, None] for number in range(count))

        def peak(count: int) -> int:
            tracemalloc.start()
            write_sheet(sheet(), rows(count), tmp_path / f"list.{ending}")
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return most

        peak(10)
        assert peak(8_000) < 2 * peak(1_000)

    def test_that_was_there_stays_when_the_rows_fail(self, tmp_path: Path) -> None:
        path = tmp_path / "list.csv"
        write_sheet(sheet(), ROWS, path)
        before = path.read_bytes()

        def broken() -> Iterator[list[Any]]:
            yield ["a", 1, None]
            raise OSError("the database went away")

        with pytest.raises(OSError, match="went away"):
            write_sheet(sheet(), broken(), path)
        assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])


@contextmanager
def room_for(most_bytes: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size; the write that would fails as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestADiskThatIsFull:
    # A megabyte of rows: full while rows come; 2,000 of them: full when the workbook is put together from what fitted.
    @pytest.mark.parametrize(("ending", "count"), [("csv", 20_000), ("xlsx", 20_000), ("xlsx", 2_000)])
    def test_is_told_and_leaves_nothing_behind(self, ending: str, count: int, tmp_path: Path) -> None:
        path = tmp_path / f"list.{ending}"
        write_sheet(sheet(), ROWS, path)
        before = path.read_bytes()
        rows = ([f"account {number:012d} of a long name", number * 1.5, None] for number in range(count))

        with room_for(40_000), pytest.raises(DiskFull, match="no room left"):
            write_sheet(sheet(), rows, path)

        assert (path.read_bytes(), list(tmp_path.iterdir())) == (before, [path])
