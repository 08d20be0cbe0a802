"""Tables that leave the platform."""

from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest

from lamplighter.base.documents import TableFormatUnknown, TableTooLong, tables, write_table

LIST = pa.table(
    {
        "rank": pa.array([1, 2], pa.int32()),
        "account_id": ["0012", "=1+1"],
        "reasons": [["BAL-1", "SHP-2"], []],
        "expected_kwh": [12.5, None],
        "as_of": [date(2025, 3, 31), None],
        "is_protected": [False, True],
    }
)


class TestCsv:
    def test_joins_lists_and_leaves_missing_values_empty(self, tmp_path: Path) -> None:
        rows = write_table(LIST, tmp_path / "list.csv")

        lines = (tmp_path / "list.csv").read_text(encoding="utf-8").splitlines()

        assert rows == 2
        assert lines == [
            '"rank","account_id","reasons","expected_kwh","as_of","is_protected"',
            '1,"0012","BAL-1;SHP-2",12.5,2025-03-31,false',
            # A spreadsheet would work it out.
            '2,"\'=1+1","",,,true',
        ]

    def test_writes_not_a_number_as_missing(self, tmp_path: Path) -> None:
        write_table(pa.table({"loss_rate": [float("nan"), -0.02]}), tmp_path / "loss.csv")

        assert (tmp_path / "loss.csv").read_text(encoding="utf-8") == '"loss_rate"\n\n-0.02\n'

    def test_keeps_the_other_items_of_a_list_with_a_gap(self, tmp_path: Path) -> None:
        write_table(pa.table({"codes": [["A", None, "B"], None], "n": [1, 2]}), tmp_path / "gap.csv")

        assert (tmp_path / "gap.csv").read_text(encoding="utf-8") == '"codes","n"\n"A;;B",1\n,2\n'

    def test_gives_the_same_bytes_twice_when_packed(self, tmp_path: Path) -> None:
        write_table(LIST, tmp_path / "one.csv.gz")
        write_table(LIST, tmp_path / "two.csv.gz")

        assert (tmp_path / "one.csv.gz").read_bytes() == (tmp_path / "two.csv.gz").read_bytes()


class TestParquet:
    def test_keeps_lists_and_types(self, tmp_path: Path) -> None:
        write_table(LIST, tmp_path / "list.parquet")

        assert pa.parquet.read_table(tmp_path / "list.parquet").equals(LIST)


class TestXlsx:
    def test_writes_words_as_words_and_dates_as_dates(self, tmp_path: Path) -> None:
        write_table(LIST, tmp_path / "list.xlsx")

        sheet = openpyxl.load_workbook(tmp_path / "list.xlsx").active

        assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
            [1, "0012", "BAL-1;SHP-2", 12.5, datetime(2025, 3, 31), False],
            [2, "=1+1", None, None, None, True],
        ]
        assert sheet["B3"].data_type == "s"

    def test_keeps_every_digit_of_a_long_number(self, tmp_path: Path) -> None:
        write_table(pa.table({"account": [3_201_005_512_345_678_901]}), tmp_path / "long.xlsx")

        assert openpyxl.load_workbook(tmp_path / "long.xlsx").active["A2"].value == "3201005512345678901"

    def test_writes_an_instant_in_utc(self, tmp_path: Path) -> None:
        instant = pa.array([datetime(2025, 3, 30, 16, 0, tzinfo=UTC)], pa.timestamp("us", tz="Asia/Shanghai"))
        write_table(pa.table({"at": instant}), tmp_path / "at.xlsx")

        value = openpyxl.load_workbook(tmp_path / "at.xlsx").active["A2"].value

        assert value == datetime(2025, 3, 30, 16, 0)

    def test_refuses_more_rows_than_a_sheet_holds(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "SHEET_ROWS", 2)

        with pytest.raises(TableTooLong) as refused:
            write_table(LIST, tmp_path / "list.xlsx")

        assert refused.value.rows == 2
        assert list(tmp_path.iterdir()) == []


class TestWriteTable:
    def test_refuses_a_name_without_a_known_ending(self, tmp_path: Path) -> None:
        with pytest.raises(TableFormatUnknown, match=r"list\.ods"):
            write_table(LIST, tmp_path / "list.ods")

    def test_leaves_the_old_file_when_writing_fails(self, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_text("old", encoding="utf-8")
        unwritable = pa.table({"nested": [{"a": 1}]})

        with pytest.raises(pa.ArrowException):
            write_table(unwritable, tmp_path / "list.csv")

        assert [file.name for file in tmp_path.iterdir()] == ["list.csv"]
        assert (tmp_path / "list.csv").read_text(encoding="utf-8") == "old"
