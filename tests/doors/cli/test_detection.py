"""``lamplighter detection`` on the list of one street."""

import csv
import json

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook
from tests.business.detection.neighbourhood import fill_lake

from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode


@pytest.fixture
def listed_home(home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    fill_lake(home / "lake")
    return home


class TestRank:
    def test_shows_the_list_and_says_what_a_probability_is(self, listed_home, capsys):
        assert run(["detection", "rank", "--top", "2"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "2 of 20 live accounts" in told
        assert "C004" in told
        assert "meter shows less than flows through it" in told
        assert "never a verdict" in told

    @pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
    def test_writes_all_of_it_to_a_file(self, listed_home, tmp_path, ending):
        path = tmp_path / f"list.{ending}"

        assert run(["detection", "rank", "--out", str(path)]) == ExitCode.OK

        if ending == "csv":
            rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
            first, count = rows[0], len(rows)
            assert "under_registers" in first["reasons"].split(";")
        elif ending == "parquet":
            table = pq.read_table(path)
            first, count = table.to_pylist()[0], table.num_rows
            assert "under_registers" in first["reasons"]
        else:
            sheet = list(load_workbook(path).active.values)
            first, count = dict(zip(sheet[0], sheet[1], strict=True)), len(sheet) - 1
            assert "under_registers" in first["reasons"].split(";")
        assert count == 20
        assert first["account_id"] == "C004"
        assert float(first["balance_coefficient"]) == pytest.approx(1.0, abs=0.1)

    def test_answers_a_program(self, listed_home, capsys):
        assert run(["detection", "rank", "--json"]) == ExitCode.OK

        answer = json.loads(capsys.readouterr().out)
        assert (answer["as_of"], answer["count"], len(answer["rows"])) == ("2025-03-01", 20, 20)

    def test_says_what_next_when_there_is_no_list(self, home, capsys):
        assert run(["detection", "rank"]) == ExitCode.FAILED

        assert "nightly run" in capsys.readouterr().err


class TestExplain:
    def test_prints_the_card_with_the_name_masked(self, listed_home, capsys):
        assert run(["detection", "explain", "C004"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "王**" in told
        assert "王小明" not in told
        assert "Speaks for a suspicion" in told
        assert "clamp the service wire" in told
        assert "never a verdict" in told

    def test_speaks_chinese(self, listed_home, capsys, monkeypatch):
        monkeypatch.setenv("LAMPLIGHTER_LANG", "zh")

        assert run(["detection", "explain", "C004"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "台区电量平衡显示表计少计" in told
        assert "现场核查要点" in told

    def test_answers_a_program(self, listed_home, capsys):
        assert run(["detection", "explain", "C004", "--json"]) == ExitCode.OK

        card = json.loads(capsys.readouterr().out)
        assert card["speaks_for"][0]["code"] == "under_registers"
        assert card["scores"]["balance_coefficient"] == pytest.approx(1.0, abs=0.1)

    def test_refuses_an_account_that_is_not_listed(self, listed_home, capsys):
        assert run(["detection", "explain", "C404"]) == ExitCode.FAILED

        assert "C404" in capsys.readouterr().err


class TestSettings:
    def test_shows_each_figure_with_its_source_and_grade(self, home, capsys, monkeypatch):
        monkeypatch.setenv("COLUMNS", "240")

        assert run(["detection", "settings"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "cost.visit_yuan" in told
        assert "company default, confirm" in told
