"""Bad input: each kind has its own answer, nothing is half loaded and nothing lost."""

import gzip
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplighter.base.sources import PathLeavesFolder, SourceLimits
from lamplighter.business.metering.operations import IntakeSettings
from lamplighter.business.metering.queries import read_quarantine
from lamplighter.business.metering.records import IntakeCount
from lamplighter.business.metering.tables import INTERVAL
from lamplighter.journeys.company_import import ArchiveRefused


def refusal(report):
    """The sentence of the one refused file."""
    assert len(report.refused) == 1
    return report.refused[0].refusal


def reasons(company):
    return [(row, reason, count) for _, row, reason, count in company.aside()]


class TestFileThatCannotBeRead:
    """Named in the report; nothing of it is in the lake, and the other files are."""

    def check(self, company, report, *words):
        assert all(word in refusal(report) for word in words), refusal(report)
        assert company.curve("M2")[0] == 5
        assert company.aside() == []
        with company.lake.snapshot() as state:
            assert set(state.read(INTERVAL).column("meter_id").to_pylist()) == {"M2"}

    @pytest.fixture(autouse=True)
    def good_file(self, company, draw):
        company.write("interval/good.csv", draw(("M2", "2025-01-02", [5])))

    def test_wrong_encoding(self, company, draw):
        text = draw(("M1", "2025-01-02", [1])) + "电表,2025-01-02,energy_kwh" + "," * 24 + "\n"
        company.write("interval/a.csv", text, encoding="gb18030")

        self.check(company, company.take(), "interval/a.csv", "line 3", "gb18030")

    def test_utf_16(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])), encoding="utf-16")

        self.check(company, company.take(), "utf-16")

    def test_truncated_gzip(self, company, draw):
        packed = gzip.compress(draw(*[("M1", f"2025-01-{d:02d}", range(24)) for d in range(1, 29)]).encode())
        (company.folder / "interval/a.csv.gz").write_bytes(packed[: len(packed) // 2])

        self.check(company, company.take(), "interval/a.csv.gz", "cut off")

    def test_truncated_parquet(self, company):
        columns = {"meter_id": ["M1"], "on_date": ["2025-01-02"], "channel": ["energy_kwh"], "v00": [1.0]}
        path = company.folder / "interval/a.parquet"
        pq.write_table(pa.table(columns), path)
        path.write_bytes(path.read_bytes()[:-10])

        self.check(company, company.take(), "interval/a.parquet", "cut off")

    def test_gzip_that_breaks_after_good_rows(self, company, draw):
        packed = bytearray(gzip.compress(draw(*[("M1", f"2025-01-{d:02d}", range(24)) for d in range(1, 29)]).encode()))
        packed[-5] ^= 0xFF
        (company.folder / "interval/a.csv.gz").write_bytes(bytes(packed))

        self.check(company, company.take(), "interval/a.csv.gz")

    def test_empty_file(self, company):
        company.write("interval/a.csv", b"")

        self.check(company, company.take(), "interval/a.csv", "empty")

    def test_ten_thousand_columns(self, company):
        company.write("interval/a.csv", ",".join(f"c{i}" for i in range(10_000)) + "\n")

        self.check(company, company.take(), "10000 columns")

    def test_zip_bomb(self, company):
        company.write("interval/a.csv.gz", b"meter_id,started_at,channel,value\n" + b"\n" * 6_000_000)
        limits = SourceLimits(expansion_grace_bytes=1 << 20, block_bytes=1 << 18)

        self.check(company, company.take(settings=IntakeSettings(limits=limits)), "unpacks to")

    def test_line_without_end(self, company):
        company.write("interval/a.csv", b"x" * 5000)
        limits = SourceLimits(line_bytes=1000)

        self.check(company, company.take(settings=IntakeSettings(limits=limits)), "1000 bytes")

    def test_heading_that_never_ends(self, company):
        company.write("interval/a.csv", "x" * 200_000 + "\n1\n")

        self.check(company, company.take(), "interval/a.csv", "no table")

    def test_missing_columns(self, company):
        company.write("interval/a.csv", "meter,on_date,v00\nM1,2025-01-02,1\n")

        self.check(company, company.take(), "lacks", "meter_id", "channel")

    def test_two_columns_of_one_name(self, company):
        company.write("interval/a.csv", "meter_id,meter_id,on_date,channel,v00\nM1,M1,2025-01-02,energy_kwh,1\n")

        self.check(company, company.take(), "meter_id")

    def test_another_interval_than_the_company_has(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", range(48)), slots=48))

        self.check(company, company.take(), "48 slots", "24")

    def test_instants_with_and_without_offset(self, company):
        company.write(
            "interval/a.csv",
            "meter_id,started_at,channel,value\n"
            "M1,2025-01-02T00:00:00,energy_kwh,1\nM1,2025-01-02T01:00:00+08:00,energy_kwh,2\n",
        )

        self.check(company, company.take(), "offset")


class TestFolder:
    def test_refuses_a_link_that_leaves_it(self, new_company, tmp_path, draw):
        company = new_company
        (tmp_path / "elsewhere.csv").write_text(draw(("M1", "2025-01-02", [1])))
        (company.folder / "interval").mkdir()
        os.symlink(tmp_path / "elsewhere.csv", company.folder / "interval/a.csv")

        with pytest.raises(PathLeavesFolder, match=r"interval/a\.csv"):
            company.take()

        assert company.generation == 0

    def test_with_an_archive_file_that_cannot_be_read_takes_nothing_in(self, new_company):
        company = new_company
        company.write("customers.csv", "户号,class\nC1,residential\n", encoding="gb18030")

        with pytest.raises(ArchiveRefused, match=r"customers\.csv"):
            company.take()

        assert company.generation == 0


class TestFileThatOnlyLooksBad:
    def test_is_read_with_a_byte_order_mark(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])), encoding="utf-8-sig")

        company.take()

        assert company.curve()[0] == 1

    def test_is_read_with_mixed_line_ends(self, company, draw):
        lines = draw(("M1", "2025-01-02", [1]), ("M2", "2025-01-02", [2])).split("\n")
        company.write("interval/a.csv", f"{lines[0]}\r\n{lines[1]}\n{lines[2]}\r\n")

        company.take()

        assert (company.curve("M1")[0], company.curve("M2")[0]) == (1, 2)

    def test_is_read_with_returns_alone(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])).replace("\n", "\r"))

        company.take()

        assert company.curve()[0] == 1

    def test_is_read_without_a_last_line_end(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])).rstrip("\n"))

        company.take()

        assert company.curve()[0] == 1


class TestCell:
    """Only the cell is set aside; the rest of its row is taken in."""

    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ('"1,234.5"', "not_a_number"),
            ("abc", "not_a_number"),
            ("1_000", "not_a_number"),
            ("inf", "not_finite"),
            ("-inf", "not_finite"),
            ("NaN", "not_finite"),
            ("nan", "not_finite"),
            ("-0.5", "negative"),
            ("99999", "absurd"),
        ],
    )
    def test_that_says_no_possible_reading(self, company, draw, cell, reason):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1, cell, 3])))

        report = company.take()

        assert reasons(company) == [(1, reason, 1)]
        assert company.curve()[:3] == [1, None, 3]
        assert report.count.adds_up

    def test_of_a_signed_channel_may_be_negative(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [-3.5]), channel="power_kw"))

        company.take()

        assert company.curve(channel="power_kw")[0] == -3.5
        assert company.aside() == []

    def test_is_absurd_only_beyond_what_the_meter_can_pass(self, company, draw):
        # 220 V x 60 A = 13.2 kW: 132 kWh in an hour are ten times that, the supply meter passes thirty times more.
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [131, 133]), ("T1", "2025-01-02", [131, 133])))

        company.take()

        assert reasons(company) == [(1, "absurd", 1)]
        assert company.curve("T1")[:2] == [131, 133]

    def test_of_nan_in_parquet_is_empty(self, company):
        columns = {"meter_id": ["M1"], "on_date": ["2025-01-02"], "channel": ["energy_kwh"]}
        values = {f"v{i:02d}": [float("nan") if i else 1.5] for i in range(24)}
        (company.folder / "interval").mkdir()
        pq.write_table(pa.table({**columns, **values}), company.folder / "interval/a.parquet")

        report = company.take()

        assert report.files[-1].count == IntakeCount(read=1, accepted=1, blank=23)


class TestRow:
    """The whole row is set aside, with every reading it has."""

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (("NOBODY", "2025-01-02", [1, 2]), "unknown_meter"),
            (("M1", "2025-13-02", [1, 2]), "day_month_swapped"),
            (("M1", "2025-02-30", [1, 2]), "bad_date"),
            (("M1", "yesterday", [1, 2]), "bad_date"),
            (("M1", "2025-03-09", [1, 2]), "in_future"),
            (("M1", "", [1, 2]), "missing_value"),
            (("", "2025-01-02", [1, 2]), "missing_value"),
        ],
    )
    def test_that_names_nobody_or_no_day(self, company, draw, row, reason):
        company.write("interval/a.csv", draw(("M2", "2025-01-02", [1]), row))

        report = company.take()

        assert reasons(company) == [(2, reason, 2)]
        assert report.files[-1].count == IntakeCount(read=3, accepted=1, quarantined=2, blank=45)

    def test_of_an_unknown_channel(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1]), channel="colour"))

        company.take()

        assert reasons(company) == [(1, "unknown_channel", 1)]

    def test_with_another_number_of_columns(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])) + "M2,2025-01-02,energy_kwh,1,2\n")

        company.take()

        assert reasons(company) == [(2, "column_count", 1)]
        assert company.curve()[0] == 1

    def test_keeps_the_row_as_it_came(self, company, draw):
        company.write("interval/a.csv", draw(("NOBODY", "2025-01-02", [0.1, 2])))
        company.take()

        with company.lake.snapshot() as state:
            row = read_quarantine(state).to_pylist()[0]

        assert row["row_json"] == (
            '{"channel": "energy_kwh", "meter_id": "NOBODY", "on_date": "2025-01-02", "v00": "0.1", "v01": "2.0"}'
        )


class TestRegister:
    def test_is_taken_in_where_a_dial_rolls_over(self, company):
        company.write("registers.csv", "meter_id,on_date,total_kwh\nM1,2025-01-02,999999.99\nM1,2025-01-03,3.5\n")

        report = company.take()

        assert report.files[-1].count == IntakeCount(read=2, accepted=2)

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("M1,2025-01-02,-1", "negative"),
            ("M1,2025-01-02,1e12", "absurd"),
            ("M1,2025-01-02,inf", "not_finite"),
            ('M1,2025-01-02,"1,234.5"', "not_a_number"),
            ("M1,2025-01-02,", "missing_value"),
            ("M1,2025-06-01,1", "in_future"),
            ("NOBODY,2025-01-02,1", "unknown_meter"),
        ],
    )
    def test_is_set_aside_when_it_cannot_be(self, company, row, reason):
        company.write("registers.csv", f"meter_id,on_date,total_kwh\nM2,2025-01-02,5\n{row}\n")

        report = company.take()

        assert reasons(company) == [(2, reason, 1)]
        assert report.files[-1].count == IntakeCount(read=2, accepted=1, quarantined=1)
