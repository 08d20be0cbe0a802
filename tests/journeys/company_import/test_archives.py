"""Archives: checked before anything refers to them; rows whose cause is mended are released."""

import datetime as dt

import pytest

from lamplighter.business.customers.queries import CompanyUnknown, read_company
from lamplighter.business.metering.records import IntakeCount, Reason
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.rules import CyclicOrganisation
from lamplighter.business.network.tables import AREA, ASSIGNMENT, UNIT
from lamplighter.journeys.company_import import CompanyChanged, CompanyFileFaulty, release_rows
from lamplighter.journeys.company_import.company_file import ArchiveMissing, CompanyFileMissing

LATER = dt.datetime(2025, 3, 2)


def buckets(company, contract, key):
    return {row[key]: row["bucket"] for row in company.rows(contract)}


class TestCompanyFile:
    @pytest.mark.parametrize(
        ("content", "fault"),
        [
            ('name = "X"\n', "timezone is missing"),
            ('name = "X"\ntimezone = "Peking"\n', "unknown time zone Peking"),
            ('name = "X"\ntimezone = "UTC"\ninterval_minutes = 7\n', "interval_minutes 7"),
            ('name = "X"\ntimezone = "UTC"\n[price_yuan_per_kwh]\nresidential = "cheap"\n', "residential is no price"),
            ("name = \n", "Invalid value"),
        ],
    )
    def test_names_what_is_wrong(self, new_company, content, fault):
        new_company.write("company.toml", content)

        with pytest.raises(CompanyFileFaulty, match=fault):
            new_company.take()

    def test_may_be_left_out_once_the_company_is_known(self, company, draw):
        (company.folder / "company.toml").unlink()
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])))

        assert company.take().company.name == "Demo"

    def test_is_needed_the_first_time(self, new_company):
        (new_company.folder / "company.toml").unlink()

        with pytest.raises(CompanyFileMissing):
            new_company.take()
        with new_company.lake.snapshot() as state, pytest.raises(CompanyUnknown):
            read_company(state)

    def test_of_another_company_is_refused(self, company):
        company.write("company.toml", 'name = "Demo"\ntimezone = "UTC"\ninterval_minutes = 60\n')

        with pytest.raises(CompanyChanged, match="UTC"):
            company.take()

    def test_needs_archives_the_first_time(self, new_company):
        (new_company.folder / "meters.csv").unlink()

        with pytest.raises(ArchiveMissing, match="meters"):
            new_company.take()


class TestUnits:
    def test_repeat_the_nearest_above_where_a_level_is_missing(self, new_company):
        new_company.take()

        station = next(row for row in new_company.rows(UNIT) if row["unit_id"] == "S")
        assert [station[f"{level}_id"] for level in ("province", "city", "county", "station")] == ["P", "P", "P", "S"]

    def test_in_a_circle_stop_the_import_before_anything_is_written(self, new_company):
        new_company.write("units.csv", "unit_id,parent_id,level,name\nP,S,province,P\nS,P,station,S\n")

        with pytest.raises(CyclicOrganisation, match=r"P → S → P|S → P → S"):
            new_company.take()

        assert new_company.generation == 0

    def test_below_one_nobody_knows_are_set_aside_with_those_below_them(self, company):
        company.write("units-2.csv", "unit_id,parent_id,level,name\nX,NOBODY,county,X\nY,X,station,Y\n")

        company.take()

        assert [(row, reason) for _, row, reason, _ in company.aside()] == [(1, "unknown_unit"), (2, "unknown_unit")]


class TestAreasAndMeters:
    @pytest.mark.parametrize(
        ("name", "content", "reason"),
        [
            ("areas-2.csv", "area_id,station_id\nA9,NOBODY\n", "orphan_area"),
            ("areas-2.csv", "area_id,station_id,feeder_id\nA9,S,NOWHERE\n", "unknown_feeder"),
            ("meters-2.csv", "meter_id,area_id,role\nM9,A9,customer\n", "unknown_area"),
            ("meters-2.csv", "meter_id,feeder_id,role\nM9,F9,feeder\n", "unknown_feeder"),
            ("meters-2.csv", "meter_id,area_id,role\nM9,,customer\n", "nowhere"),
            ("meters-2.csv", "meter_id,area_id,role,account_id\nM9,A1,customer,C9\n", "unknown_account"),
            ("meters-2.csv", "meter_id,area_id,role\nM9,A1,landlord\n", "unknown_word"),
            ("lines.csv", "area_id,from_node,to_node,length_m\nA9,a,b,10\n", "unknown_area"),
            ("lines.csv", "area_id,from_node,to_node,length_m\n,a,b,10\n", "nowhere"),
            ("assignments.csv", "meter_id,parent_id,valid_from\nM9,A1,2025-01-01\n", "unknown_meter"),
            ("assignments.csv", "meter_id,parent_id,valid_from\nM1,A9,2025-01-01\n", "unknown_area"),
            ("assignments.csv", "area_id,parent_id,valid_from\nA1,F9,2025-01-01\n", "unknown_feeder"),
            ("outages.csv", "asset_id,started_at,kind\nNOBODY,2025-01-01T00:00,fault\n", "unknown_asset"),
            ("outages.csv", "asset_id,started_at,kind\nA1,2025-01-01T00:00,storm\n", "unknown_word"),
            ("weather.csv", "place,on_date,mean_c\nNOBODY,2025-01-01,3\n", "unknown_unit"),
            ("billed.csv", "account_id,month,energy_kwh\nC9,2025-01,3\n", "unknown_account"),
            ("outcomes.csv", "account_id,inspected_on,outcome\nC1,2025-01-01,maybe\n", "unknown_word"),
            ("events.csv", "meter_id,occurred_at,code\nM9,2025-01-01T00:00,x\n", "unknown_meter"),
            ("monthly.csv", "meter_id,month,channel,value\nM1,2025-01,colour,1\n", "unknown_word"),
        ],
    )
    def test_are_set_aside_with_their_reason(self, company, name, content, reason):
        company.write(name, content)

        report = company.take()

        assert company.aside() == [(name, 1, reason, 1)]
        assert report.count == IntakeCount(read=1, quarantined=1)

    def test_of_a_meter_on_two_areas_are_both_set_aside(self, company):
        company.write("meters-2.csv", "meter_id,area_id,role\nM9,A1,customer\nM9,A2,customer\nM8,A1,customer\n")

        report = company.take()

        assert [(row, reason) for _, row, reason, _ in company.aside()] == [(1, "two_areas"), (2, "two_areas")]
        assert report.count == IntakeCount(read=3, accepted=1, quarantined=2)

    def test_with_one_number_for_two_devices_are_both_set_aside(self, company):
        company.write("meters-2.csv", "meter_id,area_id,role,phase\nM9,A1,customer,A\nM9,A1,customer,B\n")

        company.take()

        assert {reason for _, _, reason, _ in company.aside()} == {"duplicate_id"}

    def test_assigned_to_two_areas_at_once_are_set_aside(self, company):
        company.write(
            "assignments.csv",
            "meter_id,parent_id,valid_from,valid_to\n"
            "M1,A1,2025-01-01,2025-02-01\nM1,A2,2025-01-31,\nM2,A1,2025-01-01,2025-02-01\nM2,A2,2025-02-01,\n",
        )

        company.take()

        assert [(row, reason) for _, row, reason, _ in company.aside()] == [(1, "two_areas"), (2, "two_areas")]
        assert [row["parent_id"] for row in company.rows(ASSIGNMENT)] == ["A1", "A2"]

    def test_without_a_multiplier_have_one(self, company):
        assert {row["multiplier"] for row in company.rows(METER)} == {1.0}

    def test_keep_columns_nobody_knows_as_attributes(self, company):
        company.write("meters-2.csv", "meter_id,area_id,role,maker\nM9,A1,customer,Lantern\n")

        company.take()

        row = next(row for row in company.rows(METER) if row["meter_id"] == "M9")
        assert row["attributes"] == '{"maker": "Lantern"}'

    def test_keep_their_bucket_when_moved(self, company):
        before = buckets(company, METER, "meter_id")
        company.write("areas-2.csv", "area_id,station_id,feeder_id\n" + "".join(f"B{i:03d},S,F\n" for i in range(40)))
        company.write("meters-2.csv", "meter_id,account_id,area_id,role\nM1,C1,B039,customer\nM9,,B039,supply\n")

        company.take()

        after = buckets(company, METER, "meter_id")
        assert {meter: after[meter] for meter in before} == before
        assert after["M9"] == buckets(company, AREA, "area_id")["B039"]
        assert after["M9"] != after["M1"]

    def test_of_a_feeder_lie_with_its_first_area(self, company):
        company.write("meters-2.csv", "meter_id,feeder_id,role\nF1,F,feeder\n")

        company.take()

        assert buckets(company, METER, "meter_id")["F1"] == buckets(company, AREA, "area_id")["A1"]

    def test_that_lose_a_value_lose_it(self, company):
        company.write("customers-2.csv", "account_id,class,name\nC1,residential,\n")

        report = company.take()

        assert report.count == IntakeCount(read=1, versioned=1)


class TestRelease:
    def test_takes_readings_in_once_their_meter_is_registered(self, company, draw):
        company.write("interval/a.csv", draw(("M9", "2025-01-02", [1, 2]), ("M8", "2025-01-02", [3])))
        company.take()
        company.write("meters-2.csv", "meter_id,area_id,role\nM9,A1,customer\n")
        company.take(now=LATER)

        report = release_rows(lake=company.lake, now=LATER)

        assert (report.released_count, report.kept_count) == (1, 1)
        assert report.count == IntakeCount(read=3, accepted=2, quarantined=1, blank=45)
        assert company.curve("M9")[:3] == [1, 2, None]
        assert company.aside() == [("interval/a.csv", 2, "unknown_meter", 1)]
        assert company.aside(is_released=True) == [("interval/a.csv", 1, "unknown_meter", 2)]

    def test_a_second_time_finds_nothing(self, company, draw):
        company.write("interval/a.csv", draw(("M9", "2025-01-02", [1])))
        company.take()
        company.write("meters-2.csv", "meter_id,area_id,role\nM9,A1,customer\n")
        company.take(now=LATER)
        release_rows(lake=company.lake, now=LATER)

        assert release_rows(lake=company.lake, now=LATER).count == IntakeCount()

    def test_reads_rows_as_their_file_was_read(self, company):
        company.write(
            "mapping.toml",
            '[[file]]\nmatch = "interval/*"\nstamps = "end"\ntimezone = "UTC"\nunits = { energy_kwh = "Wh" }\n',
        )
        company.write("interval/a.csv", "meter_id,started_at,channel,value\nM9,2025-01-01T17:00:00,energy_kwh,1500\n")
        company.take()
        company.write("meters-2.csv", "meter_id,area_id,role\nM9,A1,customer\n")
        company.take(now=LATER)

        release_rows(lake=company.lake, now=LATER)

        # The hour that ends at 17:00 UTC begins at 16:00 UTC, midnight in Shanghai.
        assert company.curve("M9")[0] == 1.5

    def test_says_the_new_reason_when_another_stands_in_the_way(self, company):
        company.write("areas-2.csv", "area_id,station_id,feeder_id\nA9,S9,F9\n")
        company.take()
        company.write("units-2.csv", "unit_id,parent_id,level,name\nS9,P,station,S9\n")
        company.take(now=LATER)

        report = release_rows(lake=company.lake, now=LATER, reasons=[Reason.ORPHAN_AREA])

        assert report.kept_count == 1
        assert company.aside() == [("areas-2.csv", 1, "unknown_feeder", 1)]

    def test_takes_an_archive_row_in_before_the_readings_that_waited_for_it(self, company, draw):
        company.write("meters-2.csv", "meter_id,area_id,role\nM9,A9,customer\n")
        company.write("interval/a.csv", draw(("M9", "2025-01-02", [4])))
        company.take()
        company.write("areas-2.csv", "area_id,station_id\nA9,S\n")
        company.take(now=LATER)

        report = release_rows(lake=company.lake, now=LATER)

        assert report.released_count == 2
        assert company.curve("M9")[0] == 4

    def test_leaves_lines_without_the_right_columns(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])) + "M2,2025-01-02\n")
        company.take()

        assert release_rows(lake=company.lake, now=LATER).unreadable_count == 1
