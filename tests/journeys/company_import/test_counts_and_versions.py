"""Counts that add up, repeats that change nothing, later values that are versions."""

import datetime as dt
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.metering.operations import IntakeSettings
from lamplighter.business.metering.queries import read_versions
from lamplighter.business.metering.records import CountDoesNotAddUp, IntakeCount
from lamplighter.business.metering.rules import merging
from lamplighter.business.metering.tables import INTERVAL, REGISTER_DAILY, SOURCE_FILE

LATER = dt.datetime(2025, 3, 2, 12)
DAY = dt.date(2025, 1, 2)


def curve_count(report, name="interval/a.csv"):
    return next(file.count for file in report.files if file.path == name)


class TestImport:
    def test_counts_readings_and_leaves_empty_cells_out(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [0.1, "", 0.3])))

        report = company.take()

        assert curve_count(report) == IntakeCount(read=2, accepted=2, blank=22)
        assert company.curve()[:4] == [0.1, None, 0.3, None]

    def test_counts_every_archive_row(self, new_company):
        report = new_company.take()

        counts = {file.path: file.count.accepted for file in report.files}
        assert counts == {"units.csv": 2, "feeders.csv": 1, "areas.csv": 2, "customers.csv": 2, "meters.csv": 3}

    def test_writes_the_counts_beside_the_data(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1]), ("NOBODY", "2025-01-02", [1, 2])))

        company.take()

        row = next(row for row in company.rows(SOURCE_FILE) if row["path"] == "interval/a.csv")
        assert (row["read_count"], row["accepted_count"], row["quarantined_count"]) == (3, 1, 2)

    def test_stops_before_publishing_when_a_count_does_not_add_up(self, company, draw, monkeypatch):
        before = company.generation
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1, 2])))
        monkeypatch.setattr(merging, "_accept", lambda said, outcome: None)

        with pytest.raises(CountDoesNotAddUp):
            company.take(now=LATER)

        assert company.generation == before
        with company.lake.snapshot() as state:
            assert state.is_empty(INTERVAL)

    def test_says_which_optional_files_are_missing_and_which_are_not_used(self, company):
        company.write("notes.pdf", b"%PDF")

        report = company.take()

        assert "weather" in report.missing
        assert report.unused == ("notes.pdf",)


class TestRepeat:
    def test_of_the_same_file_changes_nothing(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1, 2])))
        company.take()
        before = company.generation

        again = company.take(now=LATER)

        assert again.known_count == len(again.files)
        assert again.count == IntakeCount()
        assert company.generation == before

    def test_of_the_same_readings_in_another_file_adds_no_version(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1, 2])))
        company.take()
        company.write("interval/b.csv", draw(("M1", "2025-01-02", [1, 2]), ("M2", "2025-01-02", [5])))

        report = company.take(now=LATER)

        assert curve_count(report, "interval/b.csv") == IntakeCount(read=3, accepted=1, repeated=2, blank=45)
        with company.lake.snapshot() as state:
            assert len(read_versions(state, meter_id="M1", on_date=DAY)) == 1

    def test_of_a_row_inside_a_file_is_counted_as_a_repeat(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1, 2]), ("M1", "2025-01-02", [1, 2])))

        report = company.take()

        assert curve_count(report) == IntakeCount(read=4, accepted=2, repeated=2, blank=44)

    def test_of_an_archive_row_is_counted_as_a_repeat(self, company):
        company.write("areas-2.csv", "area_id,station_id,feeder_id\nA1,S,F\n")

        report = company.take(now=LATER)

        assert curve_count(report, "areas-2.csv") == IntakeCount(read=1, repeated=1)


class TestVersion:
    def test_of_a_reading_leaves_the_earlier_one_readable(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1, 2])))
        company.take(now=dt.datetime(2025, 2, 1))
        company.write("interval/b.csv", draw(("M1", "2025-01-02", ["", 9])))

        report = company.take(now=dt.datetime(2025, 2, 5))

        assert curve_count(report, "interval/b.csv") == IntakeCount(read=1, versioned=1, blank=23)
        assert company.curve()[:2] == [1, 9]
        assert company.curve(as_known_at=dt.datetime(2025, 2, 4))[:2] == [1, 2]
        assert company.curve(as_known_at=dt.datetime(2025, 1, 31)) == []

    def test_is_not_made_of_a_reading_that_was_missing(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1])))
        company.take()
        company.write("interval/b.csv", draw(("M1", "2025-01-02", ["", 2])))

        report = company.take(now=LATER)

        assert curve_count(report, "interval/b.csv") == IntakeCount(read=1, accepted=1, blank=23)
        assert company.curve()[:2] == [1, 2]

    def test_between_two_files_of_one_import_goes_to_the_later_name(self, company, draw):
        company.write("interval/2025-01-02.csv", draw(("M1", "2025-01-02", [1])))
        company.write("interval/2025-01-03.csv", draw(("M1", "2025-01-02", [7])))

        report = company.take()

        assert curve_count(report, "interval/2025-01-03.csv").versioned == 1
        assert company.curve()[0] == 7
        with company.lake.snapshot() as state:
            assert [values[0] for _, values in read_versions(state, meter_id="M1", on_date=DAY)] == [1, 7]

    def test_is_known_since_the_file_says(self, company, draw):
        dated = draw(("M1", "2025-01-02", [1, *[""] * 23, "2025-01-05T00:00:00Z"]), more="known_at")
        company.write("interval/a.csv", dated)

        company.take()

        assert company.curve(as_known_at=dt.datetime(2025, 1, 6))[0] == 1
        assert company.curve(as_known_at=dt.datetime(2025, 1, 4)) == []

    def test_that_was_known_earlier_is_put_into_history_and_fills_what_later_versions_lack(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", ["", 2])))
        company.take(now=dt.datetime(2025, 2, 10))
        late = draw(("M1", "2025-01-02", [1, 5, *[""] * 22, "2025-02-01T00:00:00Z"]), more="known_at")
        company.write("interval/late.csv", late)

        report = company.take(now=dt.datetime(2025, 2, 20))

        assert curve_count(report, "interval/late.csv") == IntakeCount(read=2, accepted=2, blank=22)
        assert company.curve(as_known_at=dt.datetime(2025, 2, 5))[:2] == [1, 5]
        assert company.curve()[:2] == [1, 2]

    def test_of_an_archive_row_keeps_the_bucket_it_was_given(self, company):
        company.write("meters-2.csv", "meter_id,account_id,area_id,role\nM1,C1,A2,customer\n")

        report = company.take(now=LATER)

        assert curve_count(report, "meters-2.csv").versioned == 1


class TestRegisterRow:
    def test_keeps_what_a_later_row_leaves_empty(self, company):
        company.write("registers.csv", "meter_id,on_date,total_kwh,peak_kwh\nM1,2025-01-02,10,4\nM1,2025-01-03,12,\n")
        company.take()
        company.write("registers-2.csv", "meter_id,on_date,total_kwh,peak_kwh\nM1,2025-01-02,11,\nM1,2025-01-03,12,5\n")

        report = company.take(now=LATER)

        dials = [(row["total_kwh"], row["peak_kwh"]) for row in company.rows(REGISTER_DAILY)]
        assert dials == [(11, 4), (12, 5)]
        assert report.count == IntakeCount(read=2, versioned=2)

    def test_again_with_less_in_it_is_a_repeat(self, company):
        company.write("registers.csv", "meter_id,on_date,total_kwh,peak_kwh\nM1,2025-01-02,10,4\n")
        company.take()
        company.write("registers-2.csv", "meter_id,on_date,total_kwh\nM1,2025-01-02,10\n")

        assert company.take(now=LATER).count == IntakeCount(read=1, repeated=1)

    def test_that_contradicts_another_of_its_file_is_set_aside_with_it(self, company):
        company.write("registers.csv", "meter_id,on_date,total_kwh\nM1,2025-01-02,10\nM1,2025-01-02,11\n")

        report = company.take()

        assert report.count == IntakeCount(read=2, quarantined=2)
        assert {reason for _, _, reason, _ in company.aside()} == {"ambiguous"}


class TestContradiction:
    def test_inside_a_file_sets_both_readings_aside(self, company, draw):
        company.write("interval/a.csv", draw(("M1", "2025-01-02", [1, 2]), ("M1", "2025-01-02", [1, 3])))

        report = company.take()

        assert curve_count(report) == IntakeCount(read=4, accepted=1, repeated=1, quarantined=2, blank=44)
        assert company.curve()[:2] == [1, None]
        assert company.aside() == [
            ("interval/a.csv", 1, "ambiguous", 1),
            ("interval/a.csv", 2, "ambiguous", 1),
        ]

    def test_after_a_repeat_sets_all_three_aside(self, company, draw):
        rows = [("M1", "2025-01-02", [value]) for value in (1, 1, 3)]
        company.write("interval/a.csv", draw(*rows))

        report = company.take()

        assert curve_count(report) == IntakeCount(read=3, quarantined=3, blank=69)


class TestKilledImport:
    def test_resumes_after_its_last_load_and_ends_in_the_same_state(self, tmp_path, make_company, draw):
        company = make_company()
        days = [dt.date(2025, 1, 1) + dt.timedelta(days=i) for i in range(12)]
        for day in days:
            company.write(f"interval/{day}.csv", draw(("M1", str(day), range(24)), ("M2", str(day), range(24))))
        script = tmp_path / "import.py"
        script.write_text(
            textwrap.dedent(f"""
            import datetime as dt, time
            from pathlib import Path
            from lamplighter.base.lake import Lake
            from lamplighter.business.metering.operations import Intake, IntakeSettings
            from lamplighter.journeys.company_import import import_company
            publish = Intake._settle_curves
            def slow(self, *a):
                publish(self, *a); time.sleep(0.05)
            Intake._settle_curves = slow
            import_company(folder=Path({str(company.folder)!r}), lake=Lake.open(Path({str(company.lake.root)!r})),
                           now=dt.datetime(2025, 3, 1), settings=IntakeSettings(load_files=1))
            """)
        )
        taken = self._kill_half_way(script, company.lake)

        report = company.take(now=LATER, settings=IntakeSettings(load_files=1))

        new = [file for file in report.files if not file.is_known]
        assert 0 < taken < 12
        assert len(new) == 12 - taken
        assert all(file.count == IntakeCount(read=48, accepted=48) for file in new)
        assert all(company.curve("M2", on=day) == list(range(24)) for day in days)
        assert not list((company.lake.root / "staging").iterdir())

    def _kill_half_way(self, script: Path, lake: Lake) -> int:
        process = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONWARNINGS": "ignore"})
        taken = 0
        deadline = time.monotonic() + 60
        while taken < 3 and time.monotonic() < deadline and process.poll() is None:
            with lake.snapshot() as state:
                taken = sum(s == "interval" for s in state.read(SOURCE_FILE).column("subject").to_pylist())
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with lake.snapshot() as state:
            return sum(s == "interval" for s in state.read(SOURCE_FILE).column("subject").to_pylist())
