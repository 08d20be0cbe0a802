"""``lamplighter detection models``, ``release`` and ``rollback`` without a desk."""

import datetime as dt
import json
from dataclasses import replace

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.business.detection.model_operations import keep_model
from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode

BASE = read_base_model()
WHO = ["--reason", "better", "--by", "Li", "--approved-by", "Wang"]


@pytest.fixture
def candidate(home, monkeypatch):
    monkeypatch.setenv("COLUMNS", "240")
    day = dt.datetime(2025, 4, 1)
    model = replace(BASE, version="own 1")
    keep_model(lake=Lake.open(home / "lake"), model=model, trained_on=day.date(), outcomes=120, thefts=30, now=day)


def states(capsys):
    run(["detection", "models", "--json"])
    told = json.loads(capsys.readouterr().out)
    return {each["version"]: each["state"] for each in told["models"]}, told["releases"]


class TestModels:
    def test_lists_candidates_and_the_one_in_use(self, candidate, capsys):
        assert run(["detection", "models"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "candidate" in told
        assert BASE.version in told


class TestRelease:
    def test_puts_a_candidate_to_use_and_back(self, candidate, capsys):
        assert run(["detection", "release", "own 1", *WHO]) == ExitCode.OK
        assert "own 1" in capsys.readouterr().out
        released, _ = states(capsys)
        assert run(["detection", "rollback", *WHO]) == ExitCode.OK
        capsys.readouterr()
        back, releases = states(capsys)

        assert released == {"own 1": "released", BASE.version: "packaged"}
        assert back == {"own 1": "earlier", BASE.version: "released"}
        assert [(each["version"], each["proposed_by"], each["approved_by"]) for each in releases] == [
            (BASE.version, "Li", "Wang"),
            ("own 1", "Li", "Wang"),
        ]

    def test_takes_the_two_people_the_policy_asks_for(self, candidate, capsys):
        assert run(["detection", "release", "own 1", "--reason", "better", "--by", "Li"]) == ExitCode.FAILED

        assert "2 people" in capsys.readouterr().err

    def test_has_nothing_to_go_back_to_before_the_first(self, candidate, capsys):
        assert run(["detection", "rollback", *WHO]) == ExitCode.FAILED

        assert "No model was ever released" in capsys.readouterr().err
