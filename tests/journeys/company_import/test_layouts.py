"""Layouts: wide and long, clock changes, mappings, encodings, workbooks, Green Button."""

import datetime as dt

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplighter.business.metering.records import IntakeCount
from lamplighter.business.metering.tables import INTERVAL, METER_EVENT, REGISTER_DAILY

SPRING, AUTUMN = dt.date(2025, 3, 30), dt.date(2025, 10, 26)
END_OF_YEAR = dt.datetime(2025, 12, 31)
LONG = "meter_id,started_at,channel,value\n"


def hours(day, values, *, offset="", first=0):
    return "".join(f"M1,{day}T{first + i:02d}:00:00{offset},energy_kwh,{v}\n" for i, v in enumerate(values))


class TestLongLayout:
    def test_reads_naive_instants_in_the_company_zone_and_offsets_as_they_are(self, company):
        company.write("interval/a.csv", LONG + hours("2025-01-02", [1, 2]))
        company.write("interval/b.csv", LONG + hours("2025-01-01", [3], offset="Z", first=18))

        company.take()

        assert company.curve()[:4] == [1, 2, 3, None]

    def test_reads_rows_in_any_order(self, company):
        rows = hours("2025-01-02", range(24)).splitlines(keepends=True)
        company.write("interval/a.csv", LONG + "".join(sorted(rows, key=lambda row: row[::-1])))

        report = company.take()

        assert company.curve() == list(range(24))
        assert report.count == IntakeCount(read=24, accepted=24)

    def test_counts_empty_values_as_missing(self, company):
        company.write(
            "interval/a.csv", LONG + "M1,2025-01-02T00:00:00,energy_kwh,\n" + hours("2025-01-02", [2], first=1)
        )

        report = company.take()

        assert report.count == IntakeCount(read=1, accepted=1, blank=1)

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("M1,2025-01-02T00:07:00,energy_kwh,1", "off_grid"),
            ("M1,2025-13-02 00:00,energy_kwh,1", "day_month_swapped"),
            ("M1,then,energy_kwh,1", "bad_date"),
            ("M1,,energy_kwh,1", "missing_value"),
            ("M1,2025-05-02T00:00:00,energy_kwh,1", "in_future"),
            ("M9,2025-01-02T00:00:00,energy_kwh,1", "unknown_meter"),
            ("M1,2025-01-02T00:00:00,colour,1", "unknown_channel"),
            ('M1,2025-01-02T00:00:00,energy_kwh,"1,234.5"', "not_a_number"),
            ("M1,2025-01-02T00:00:00,energy_kwh,nan", "not_finite"),
            ("M1,2025-01-02T00:00:00,energy_kwh,inf", "not_finite"),
            ("M1,2025-01-02T00:00:00,energy_kwh,-1", "negative"),
            ("M1,2025-01-02T00:00:00,voltage_a_v,1e9", "absurd"),
        ],
    )
    def test_sets_a_reading_aside(self, company, row, reason):
        company.write("interval/a.csv", f"{LONG}M2,2025-01-02T00:00:00,energy_kwh,1\n{row}\n")

        report = company.take()

        assert company.aside() == [("interval/a.csv", 2, reason, 1)]
        assert report.count == IntakeCount(read=2, accepted=1, quarantined=1)

    def test_sets_contradictions_aside_and_counts_repeats(self, company):
        company.write("interval/a.csv", LONG + hours("2025-01-02", [1, 2]) + hours("2025-01-02", [1, 3]))

        report = company.take()

        assert report.count == IntakeCount(read=4, accepted=1, repeated=1, quarantined=2)
        assert [(row, reason) for _, row, reason, _ in company.aside()] == [(2, "ambiguous"), (4, "ambiguous")]


class TestClockChange:
    @pytest.fixture
    def london(self, make_company):
        return make_company(zone="Europe/London")

    def test_gives_every_day_room_for_25_hours(self, london, draw):
        london.write("interval/a.csv", draw(("M1", "2025-01-02", [1])))

        london.take()

        row = london.rows(INTERVAL)[0]
        assert (len(row["values"]), row["slot_count"]) == (25, 24)

    def test_of_25_hours_tells_the_twofold_hour_by_order(self, london):
        # 00, 01 (summer), 01 (winter), 02 ... on the local clock.
        rows = hours(AUTUMN, [0, 1]) + hours(AUTUMN, range(2, 25), first=1)
        london.write("interval/a.csv", LONG + rows)

        report = london.take(now=END_OF_YEAR)

        assert london.curve(on=AUTUMN) == list(range(25))
        assert report.files[-1].count == IntakeCount(read=25, accepted=25)

    def test_of_25_hours_is_read_by_its_offsets(self, london):
        rows = hours("2025-10-25", [0], offset="Z", first=23) + hours(AUTUMN, range(1, 25), offset="Z")
        london.write("interval/a.csv", LONG + rows)

        london.take(now=END_OF_YEAR)

        assert london.curve(on=AUTUMN) == list(range(25))

    def test_of_25_hours_sets_a_third_telling_of_the_hour_aside(self, london):
        london.write("interval/a.csv", LONG + "".join(hours(AUTUMN, [value], first=1) for value in (1, 2, 3)))

        report = london.take(now=END_OF_YEAR)

        assert report.files[-1].count == IntakeCount(read=3, accepted=1, quarantined=2)

    def test_of_23_hours_has_no_hour_that_was_skipped(self, london):
        london.write("interval/a.csv", LONG + hours(SPRING, range(24)))

        report = london.take(now=END_OF_YEAR)

        assert london.aside() == [("interval/a.csv", 2, "time_absent", 1)]
        assert london.curve(on=SPRING)[:4] == [0, 2, 3, 4]
        assert report.files[-1].count == IntakeCount(read=24, accepted=23, quarantined=1)

    def test_of_25_hours_is_not_read_from_24_columns(self, london, draw):
        london.write("interval/a.csv", draw(("M1", str(AUTUMN), range(24))))

        report = london.take(now=END_OF_YEAR)

        assert london.aside() == [("interval/a.csv", 1, "long_day_wide", 24)]
        assert report.files[-1].count.read == 24

    def test_of_23_hours_is_not_read_from_24_values(self, london, draw):
        london.write("interval/a.csv", draw(("M1", str(SPRING), range(24)), ("M2", str(SPRING), range(23))))

        london.take(now=END_OF_YEAR)

        assert london.aside() == [("interval/a.csv", 1, "slot_absent", 24)]
        assert london.curve("M2", on=SPRING)[:23] == list(range(23))

    def test_of_25_hours_can_be_wide_with_25_columns(self, london, draw):
        london.write("interval/a.csv", draw(("M1", str(AUTUMN), range(25)), slots=25))

        london.take(now=END_OF_YEAR)

        assert london.curve(on=AUTUMN) == list(range(25))

    def test_leaves_events_at_their_instant(self, london):
        london.write("events.csv", "meter_id,occurred_at,code\nM1,2025-07-01T12:00:00,cover_open\n")

        london.take(now=END_OF_YEAR)

        assert london.rows(METER_EVENT)[0]["occurred_at"] == dt.datetime(2025, 7, 1, 11)


class TestMapping:
    def test_reads_a_curve_export_with_chinese_headings_in_gb18030(self, company):
        headings = [f"{hour}:00" for hour in range(1, 25)]
        slots = ", ".join(f'"{heading}"' for heading in headings)
        company.write(
            "mapping.toml",
            f"""
            [[file]]
            match = "curves/*.csv"
            subject = "interval"
            encoding = "gb18030"
            slots = [{slots}]
            columns = {{ meter_id = "表号", on_date = "日期", channel = "数据项" }}
            [file.values.channel]
            "正向有功" = "energy_kwh"
            [file.units]
            energy_kwh = "kW"
            """,
        )
        rows = f"表号,日期,数据项,{','.join(headings)}\nM1,2025年1月2日,正向有功,{','.join(map(str, range(24)))}\n"
        company.write("curves/a.csv", rows, encoding="gb18030")

        company.take()

        assert company.curve() == list(range(24))

    def test_turns_units_and_factors_into_ours(self, company, draw):
        company.write(
            "mapping.toml",
            '[[file]]\nmatch = "interval/*"\nunits = { energy_kwh = "Wh" }\nfactors = { energy_kwh = 2 }\n',
        )
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1500])))

        company.take()

        assert company.curve()[0] == 3.0

    def test_takes_marks_out_of_numbers(self, company, draw):
        company.write("mapping.toml", '[[file]]\nmatch = "interval/*"\nthousands = ","\n')
        company.write("interval/a.csv", draw(("T1", "2025-01-02", ['"1,234.5"'])))

        company.take()

        assert company.curve("T1")[0] == 1234.5

    def test_reads_decimal_commas_and_semicolons(self, company):
        company.write("mapping.toml", '[[file]]\nmatch = "interval/*"\ndecimal = ","\ndelimiter = ";"\n')
        company.write("interval/a.csv", "meter_id;started_at;channel;value\nM1;2025-01-02T00:00:00;energy_kwh;1,5\n")

        company.take()

        assert company.curve()[0] == 1.5

    def test_reads_day_first_dates_as_it_says(self, company):
        company.write("mapping.toml", '[[file]]\nmatch = "registers*"\ndate_format = "%d/%m/%Y"\n')
        company.write("registers.csv", "meter_id,on_date,total_kwh\nM1,02/01/2025,5\nM1,01/13/2025,6\n")

        company.take()

        assert [row["on_date"] for row in company.rows(REGISTER_DAILY)] == [dt.date(2025, 1, 2)]
        assert company.aside() == [("registers.csv", 2, "day_month_swapped", 1)]

    def test_reads_several_channels_of_a_row(self, company):
        company.write(
            "mapping.toml",
            '[[file]]\nmatch = "lcl*"\nsubject = "interval"\ncolumns = { meter_id = "household_id" }\n'
            'channel_columns = { energy_kwh = "kwh", voltage_a_v = "volts" }\n',
        )
        company.write("lcl.csv", "household_id,started_at,kwh,volts\nM1,2025-01-02 00:00:00,0.5,231\n")

        report = company.take()

        assert (company.curve()[0], company.curve(channel="voltage_a_v")[0]) == (0.5, 231)
        assert report.count == IntakeCount(read=2, accepted=2)

    def test_changed_reads_the_file_again(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1500])), encoding="utf-8")
        company.write("mapping.toml", '[[file]]\nmatch = "interval/*"\nfactors = { energy_kwh = 0.01 }\n')
        company.take()
        company.write("mapping.toml", '[[file]]\nmatch = "interval/*"\nfactors = { energy_kwh = 0.001 }\n')

        report = company.take()

        assert report.files[-1].count == IntakeCount(read=1, versioned=1, blank=23)
        assert company.curve()[0] == 1.5


class TestFormats:
    def test_reads_parquet_with_dates_and_doubles(self, company):
        (company.folder / "interval").mkdir()
        columns = {"meter_id": ["M1"], "on_date": [dt.date(2025, 1, 2)], "channel": ["energy_kwh"]}
        values = {f"v{i:02d}": pa.array([None if i else 1.5], pa.float64()) for i in range(24)}
        pq.write_table(pa.table({**columns, **values}), company.folder / "interval/a.parquet")

        company.take()

        assert company.curve()[:2] == [1.5, None]

    def test_reads_long_parquet_with_timestamps_of_a_zone(self, company):
        (company.folder / "interval").mkdir()
        at = pa.array([dt.datetime(2025, 1, 1, 16)], pa.timestamp("us", "UTC"))
        columns = {"meter_id": ["M1"], "started_at": at, "channel": ["energy_kwh"], "value": [2.5]}
        pq.write_table(pa.table(columns), company.folder / "interval/a.parquet")

        company.take()

        assert company.curve()[0] == 2.5

    def test_reads_gzipped_csv(self, company, draw):
        company.write("interval/a.csv.gz", draw(("M1", "2025-01-02", [1])))

        company.take()

        assert company.curve()[0] == 1

    def test_reads_a_workbook(self, company):
        book = openpyxl.Workbook()
        book.active.append(["meter_id", "on_date", "total_kwh"])
        book.active.append(["M1", dt.datetime(2025, 1, 2), 12.5])
        book.save(company.folder / "registers.xlsx")

        report = company.take()

        assert report.count == IntakeCount(read=1, accepted=1)
        assert company.rows(REGISTER_DAILY)[0]["total_kwh"] == 12.5

    def test_reads_green_button(self, company):
        start = int(dt.datetime(2025, 1, 1, 16, tzinfo=dt.UTC).timestamp())
        readings = "".join(
            f"<IntervalReading><timePeriod><duration>3600</duration><start>{start + 3600 * i}</start></timePeriod>"
            f"<value>{value}</value></IntervalReading>"
            for i, value in enumerate((250, 500))
        )
        company.write(
            "interval/home.xml",
            f"""<feed xmlns="http://www.w3.org/2005/Atom">
            <entry><link rel="self" href="/UsagePoint/M1"/><content><UsagePoint/></content></entry>
            <entry><link rel="self" href="/ReadingType/7"/><content><ReadingType>
              <flowDirection>1</flowDirection><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom>
            </ReadingType></content></entry>
            <entry><link rel="self" href="/UsagePoint/M1/MeterReading/1"/><link rel="related" href="/ReadingType/7"/>
              <content><MeterReading/></content></entry>
            <entry><link rel="up" href="/UsagePoint/M1/MeterReading/1/IntervalBlock"/><content><IntervalBlock>
              {readings}</IntervalBlock></content></entry></feed>""",
        )

        report = company.take()

        assert report.count == IntakeCount(read=2, accepted=2)
        assert company.curve()[:3] == [0.25, 0.5, None]

    def test_refuses_green_button_of_another_interval(self, company):
        company.write(
            "interval/home.xml",
            "<feed><entry><link rel='self' href='/ReadingType/7'/><ReadingType><uom>72</uom></ReadingType></entry>"
            "<entry><IntervalBlock><IntervalReading><timePeriod><duration>900</duration><start>0</start></timePeriod>"
            "<value>1</value></IntervalReading></IntervalBlock></entry></feed>",
        )

        assert "900 s" in company.take().refused[0].refusal

    def test_refuses_xml_that_would_grow(self, company):
        company.write(
            "interval/home.xml", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed><entry>&b;</entry></feed>'
        )

        assert "home.xml" in company.take().refused[0].refusal
