"""``lamplighter detection choose`` and ``rate`` on the list of one street."""

import datetime as dt
import json

import pyarrow as pa
import pytest
from tests.business.detection.neighbourhood import fill_lake

from lamplighter.base.lake import Lake
from lamplighter.business.detection.tables import OUTCOME
from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode


@pytest.fixture
def listed_home(home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    fill_lake(home / "lake")
    return home


def record_outcomes(home, rows):
    with Lake.open(home / "lake").transaction() as change:
        table = pa.table(
            {
                "account_id": [row[0] for row in rows],
                "inspected_on": pa.array([row[1] for row in rows], pa.date32()),
                "outcome": [row[2] for row in rows],
                "recovered_kwh": pa.nulls(len(rows), pa.float64()),
                "note": pa.nulls(len(rows), pa.string()),
            }
        )
        change.append(OUTCOME, table, known_at=dt.datetime(2026, 1, 1))
        change.publish()


class TestChoose:
    def test_shows_who_was_chosen_and_how(self, listed_home, capsys):
        assert run(["detection", "choose", "--visits", "4", "--random-share", "0.25"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "4 accounts, 1 of them at random" in told
        assert "by rank" in told
        assert "C004" in told

    def test_answers_a_program_and_chooses_the_same_again(self, listed_home, capsys):
        answers = []
        for _ in range(2):
            assert run(["detection", "choose", "--visits", "6", "--json"]) == ExitCode.OK
            answers.append(json.loads(capsys.readouterr().out))

        assert answers[0] == answers[1]
        assert answers[0]["drawn"] == 1

    def test_leaves_out_whom_a_visit_cleared_lately(self, listed_home, capsys):
        run(["detection", "choose", "--visits", "4", "--json"])
        before = json.loads(capsys.readouterr().out)
        first = before["rows"][0]["account_id"]
        record_outcomes(listed_home, [(first, dt.date.fromisoformat(before["as_of"]) - dt.timedelta(days=9), "clean")])

        run(["detection", "choose", "--visits", "4", "--json"])

        after = [row["account_id"] for row in json.loads(capsys.readouterr().out)["rows"]]
        assert first not in after
        assert len(after) == 4


class TestRate:
    def test_says_what_next_before_any_visit_was_chosen(self, listed_home, capsys):
        assert run(["detection", "rate"]) == ExitCode.FAILED

        assert "detection choose" in capsys.readouterr().err

    def test_says_what_next_while_no_drawn_visit_has_a_result(self, listed_home, capsys):
        run(["detection", "choose", "--visits", "4"])
        capsys.readouterr()

        assert run(["detection", "rate"]) == ExitCode.FAILED

        assert "drawn at random" in capsys.readouterr().err

    def test_counts_the_chosen_and_lets_the_drawn_stand_for_the_rest(self, listed_home, capsys):
        run(["detection", "choose", "--visits", "4", "--random-share", "0.5", "--json"])
        chosen = json.loads(capsys.readouterr().out)
        day = dt.date.fromisoformat(chosen["as_of"]) + dt.timedelta(days=3)
        results = ["theft", "clean", "clean", "no_access"]
        record_outcomes(
            listed_home, [(row["account_id"], day, word) for row, word in zip(chosen["rows"], results, strict=True)]
        )

        assert run(["detection", "rate", "--json"]) == ExitCode.OK

        found = json.loads(capsys.readouterr().out)
        assert found["rate"] == pytest.approx(1 / 20)
        assert (found["visits"], found["drawn"], found["no_access"]) == (3, 1, 1)
