"""``lamplighter inspection plan`` on the list of one street."""

import datetime as dt
import json

import pyarrow as pa
import pytest
from tests.business.detection.neighbourhood import fill_lake

from lamplighter.base.lake import Lake
from lamplighter.business.network.tables import AREA
from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode

CREWS = """crew,person,from,to,level,valid_to,longitude,latitude
East,Li,08:30,17:30,2,2099-12-31,120.0,30.0
East,Wang,08:30,17:30,3,2099-12-31,,
West,Zhao,08:30,17:30,3,2099-12-31,120.0,30.0
West,Qian,08:30,17:30,3,2020-12-31,,
"""


@pytest.fixture
def ready_home(home, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "240")
    lake = fill_lake(home / "lake")
    with lake.snapshot() as state:
        schema = state.read(AREA).schema
    known = {"area_id": "A0", "station_id": "S1", "kind": "public", "longitude": 120.02, "latitude": 30.01, "bucket": 0}
    rows = [{**known, "area_id": f"A{number}"} for number in range(2)]
    with Lake.open(home / "lake").transaction() as change:
        table = pa.Table.from_pylist(rows, schema=schema)
        held = [name for name in table.column_names if name != "known_at"]
        change.append(AREA, table.select(held), known_at=dt.datetime(2026, 1, 1))
        change.publish()
    (tmp_path / "crews.csv").write_text(CREWS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return home


class TestPlan:
    def test_shows_stops_reasons_and_that_certificates_are_practice(self, ready_home, capsys):
        assert run(["inspection", "plan", "--on", "2026-01-05", "--crews", "crews.csv"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "East: leaves 08:30" in told
        assert "C004" in told
        assert "West cannot go: Qian without a valid certificate" in told
        assert "company practice, not law in force" in told
        assert "Not planned:" in told

    def test_answers_a_program_with_a_row_for_each_suspicion(self, ready_home, capsys):
        run(["detection", "choose", "--visits", "5", "--random-share", "0.2", "--json"])
        drawn = [row["account_id"] for row in json.loads(capsys.readouterr().out)["rows"] if row["is_random"]]

        words = ["inspection", "plan", "--on", "2026-01-05", "--crews", "crews.csv", "--out", "plan.csv", "--json"]
        assert run(words) == ExitCode.OK

        answer = json.loads(capsys.readouterr().out)
        stops = [row["account_id"] for row in answer["rows"] if row["crew"]]
        assert len(answer["rows"]) == 20
        assert set(drawn) <= set(stops)
        assert answer["has_random_slots"] is True
        assert sum(answer["unplanned"].values()) == 20 - len(stops)

    def test_says_what_is_wrong_with_the_crews(self, ready_home, capsys, tmp_path):
        (tmp_path / "bad.csv").write_text("crew,person,from,to\nEast,Li,early,17:30\n", encoding="utf-8")

        assert run(["inspection", "plan", "--on", "2026-01-05", "--crews", "bad.csv"]) == ExitCode.FAILED
        assert "row 1: from 'early' is no time of day" in " ".join(capsys.readouterr().err.split())


class TestPlanSettings:
    def test_says_what_is_to_be_confirmed(self, home, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "240")

        assert run(["inspection", "plan-settings"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "travel.speed_kmh" in told
        assert "company default, confirm" in told
