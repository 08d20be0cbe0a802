"""``lamplighter detection proposals`` on two areas with one meter on the wrong one."""

import csv
import json
from datetime import date

import pytest
from tests.business.detection.archive_repair.wires import draw_wires, fill_lake

from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode


@pytest.fixture
def looked_home(home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    drawn = draw_wires()
    drawn.street.hangs_on[4] = 1
    drawn.archive_phase[7] = 2
    fill_lake(home / "lake", drawn.build(), on=date(2025, 1, 30))
    return home


class TestProposals:
    def test_shows_each_with_its_evidence_and_that_none_is_applied(self, looked_home, capsys):
        assert run(["detection", "proposals"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "Archive proposals: 2" in told
        assert "wrong area" in told
        assert "M004" in told
        assert "Nothing is changed by itself" in told

    def test_writes_all_columns_to_a_file(self, looked_home, tmp_path):
        path = tmp_path / "proposals.csv"

        assert run(["detection", "proposals", "--kind", "wrong_area", "--out", str(path)]) == ExitCode.OK

        (row,) = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        assert (row["meter_id"], row["recorded"], row["proposed"]) == ("M004", "A0", "A1")
        assert float(row["home_coefficient"]) == pytest.approx(-1.0, abs=0.1)

    def test_answers_a_program(self, looked_home, capsys):
        assert run(["detection", "proposals", "--least", "0.9", "--json"]) == ExitCode.OK

        answer = json.loads(capsys.readouterr().out)
        assert [row["proposed"] for row in answer["rows"]] == ["A1", "B"]

    def test_says_what_next_before_the_first_night(self, home, capsys):
        assert run(["detection", "proposals"]) == ExitCode.FAILED

        assert "lamplighter nightly run" in capsys.readouterr().err
