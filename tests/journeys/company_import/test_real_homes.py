"""The real homes of the Low Carbon London trial, by the ordinary door."""

import datetime as dt
import shutil

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from lamplighter.business.metering.records import IntakeCount


@pytest.mark.requires("real-data")
class TestRealHomes:
    def test_are_taken_in_with_every_reading_counted(self, make_company, real_data):
        company = make_company(zone="UTC", minutes=30)
        source = pq.read_table(real_data / "lcl_households_2013.parquet")
        homes = sorted(source.column("household_id").unique().to_pylist())
        rows = "".join(f"{home},A1,customer\n" for home in homes)
        company.write("meters.csv", "meter_id,area_id,role\n" + rows)
        company.write(
            "mapping.toml",
            '[[file]]\nmatch = "interval/*"\nlayout = "long"\ncolumns = { meter_id = "household_id" }\n'
            'channel_columns = { energy_kwh = "energy_kwh" }\n',
        )
        (company.folder / "interval").mkdir()
        shutil.copy(real_data / "lcl_households_2013.parquet", company.folder / "interval/homes.parquet")

        report = company.take(now=dt.datetime(2025, 1, 1))

        assert report.files[-1].count == IntakeCount(read=1_007_585, accepted=1_007_585)
        one = source.filter(pc.equal(source.column("household_id"), homes[0]))
        of_day = one.filter(pc.equal(pc.cast(one.column("started_at"), "date32"), dt.date(2013, 6, 1)))
        expected = of_day.sort_by("started_at").column("energy_kwh").to_pylist()
        assert company.curve(homes[0], on=dt.date(2013, 6, 1)) == [round(value, 4) for value in expected]
