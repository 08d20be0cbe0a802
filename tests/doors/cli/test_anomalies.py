"""``lamplighter detection anomalies`` on the anomalies of one street."""

import json

import pytest
from tests.business.detection.test_anomaly_queries import fill_anomaly_lake

from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode


@pytest.fixture
def street_home(home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    fill_anomaly_lake(home / "lake")
    return home


def answer(capsys, *words):
    assert run(["detection", "anomalies", *words]) == ExitCode.OK
    return capsys.readouterr().out


class TestAnomalies:
    def test_lists_them_with_score_and_what_to_do(self, street_home, capsys):
        told = answer(capsys)

        assert "Meter cover opened" in told
        assert "work order" in told
        assert "C007" in told

    def test_filters_by_rule_and_unit_and_writes_a_file(self, street_home, capsys, tmp_path):
        answer(capsys, "--code", "AN-20", "--unit", "S0", "--out", str(tmp_path / "found.csv"))

        lines = (tmp_path / "found.csv").read_text(encoding="utf-8").splitlines()
        assert len(lines) == 2
        assert "M004" in lines[1]

    def test_answers_a_program(self, street_home, capsys):
        told = json.loads(answer(capsys, "--code", "AN-21", "--json"))

        assert (told["count"], told["rows"][0]["meter_id"]) == (2, "M007")

    def test_explains_scenarios(self, street_home, capsys):
        told = answer(capsys, "--scenarios")

        assert "bypass behind an opened cover" in told
        assert "the use fell clearly and for good" in told

    def test_says_for_lack_of_what_a_rule_was_not_judged(self, street_home, capsys):
        told = answer(capsys, "--coverage")

        assert "not applicable: lacks power factor" in told
        assert "garbled events" in told

    def test_shows_what_outcomes_say(self, street_home, capsys):
        assert "45%" in answer(capsys, "--precision")

    def test_shows_the_pack_without_any_lake_and_marks_company_defaults(self, home, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "400")

        told = answer(capsys, "--rules")

        assert "AN-38" in told
        assert "company default, confirm" in told

    def test_refuses_a_rule_that_is_none_and_two_views_at_once(self, street_home, capsys):
        assert run(["detection", "anomalies", "--code", "AN-99"]) == ExitCode.FAILED
        assert "AN-99" in capsys.readouterr().err
        assert run(["detection", "anomalies", "--rules", "--coverage"]) == ExitCode.USAGE
