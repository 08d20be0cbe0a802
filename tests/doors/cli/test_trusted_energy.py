"""`lamplighter trusted_energy`: every verb, for a person and for a machine, in both languages."""

import json
from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from lamplighter.base.engine.block import empty_block
from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import COMPANY
from lamplighter.business.metering.tables import INTERVAL, METER
from lamplighter.business.network.tables import AREA
from lamplighter.business.trusted_energy.policy import load_policy
from lamplighter.business.trusted_energy.queries.what_if import read_blocks
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.business.trusted_energy.tables import TABLES
from lamplighter.doors.cli.commands import run

MONDAY = date(2025, 3, 3)


@pytest.fixture
def filled_home(home):
    """One hourly meter on Monday and Tuesday; Tuesday lacks the hours from ten to noon."""
    known_at, days = datetime(2025, 3, 5), [MONDAY, MONDAY + timedelta(days=1)]
    curves = [[1.0] * 24, [1.0] * 10 + [None] * 2 + [1.0] * 12]
    lake = Lake.open(home / "lake")
    with lake.transaction() as change:
        company = {"name": ["East"], "timezone": ["Asia/Shanghai"], "interval_minutes": [60]}
        change.append(COMPANY, pa.table(company), known_at=known_at)
        change.append(AREA, pa.table({"area_id": ["A0"], "station_id": ["S1"], "bucket": [0]}), known_at=known_at)
        change.append(METER, empty_block(meters=1, days=1).archive, known_at=known_at)
        rows = {
            "meter_id": ["M000"] * 2,
            "on_date": days,
            "channel": ["energy_kwh"] * 2,
            "slot_count": pa.array([24] * 2, pa.int16()),
            "values": pa.array(curves, pa.list_(pa.float32())),
        }
        change.append(INTERVAL, pa.table(rows), known_at=known_at)
    with lake.snapshot() as state:
        (block,) = read_blocks(state, first_on=days[0], last_on=days[-1], history_days=0)
    trusted = work_days(block=block, policy=load_policy(on=MONDAY)).tables(block)
    with lake.transaction() as change:
        for contract in TABLES:
            change.append_run(contract, trusted[contract.name], known_at=known_at, days=days)
    return home


class TestExplain:
    def test_prints_energy_flags_and_each_filled_slot(self, filled_home, capsys):
        assert run(["trusted_energy", "explain", "M000", "2025-03-04"]) == 0

        said = capsys.readouterr().out
        assert "Trusted energy 24.000 kWh (from: curve; measured 92%, estimated 8%" in said
        assert "V-05" in said
        assert "10:00" in said
        assert "straight line (E-01, AEMO 17)" in said
        assert "12:00" not in said

    def test_speaks_chinese(self, filled_home, capsys, monkeypatch):
        monkeypatch.setenv("LAMPLIGHTER_LANG", "zh")

        assert run(["trusted_energy", "explain", "M000", "2025-03-04"]) == 0

        said = capsys.readouterr().out
        assert "可信电量 24.000 kWh（来源：曲线" in said
        assert "线性插值" in said

    def test_gives_a_machine_every_slot(self, filled_home, capsys):
        assert run(["trusted_energy", "explain", "M000", "2025-03-04", "--json"]) == 0

        found = json.loads(capsys.readouterr().out)
        assert len(found["slots"]) == 24
        assert found["slots"][10]["method_rule"] == "E-01"
        assert found["flags"][0]["rule_id"] == "V-05"

    def test_of_an_unknown_meter_fails_with_a_sentence(self, filled_home, capsys):
        assert run(["trusted_energy", "explain", "M777", "2025-03-04"]) == 1

        assert "no meter M777" in " ".join(capsys.readouterr().err.split())


class TestRules:
    def test_lists_each_with_its_grade(self, home, capsys):
        assert run(["trusted_energy", "rules"]) == 0

        said = capsys.readouterr().out
        assert all(f"V-{k:02d}" in said for k in range(1, 22))
        assert "company default, confirm" in " ".join(said.split())

    def test_say_what_one_of_them_does(self, home, capsys, monkeypatch):
        assert run(["trusted_energy", "rules", "V-08"]) == 0
        assert "(peak - third highest) / third highest > threshold" in capsys.readouterr().out

        monkeypatch.setenv("LAMPLIGHTER_LANG", "zh")
        assert run(["trusted_energy", "rules", "V-08"]) == 0
        assert "第三大值" in capsys.readouterr().out

    def test_of_another_name_are_refused(self, home, capsys):
        assert run(["trusted_energy", "rules", "V-80"]) == 1

        assert "There is no rule V-80" in capsys.readouterr().err

    def test_gives_a_machine_source_and_evidence(self, home, capsys):
        assert run(["trusted_energy", "rules", "--json"]) == 0

        found = json.loads(capsys.readouterr().out)
        spike = next(each for each in found["settings"] if (each["rule_id"], each["name"]) == ("V-08", "threshold"))
        assert (spike["value"], spike["evidence"]) == (1.8, "M-H")


class TestWhatIf:
    PERIOD = ("--from", "2025-03-03", "--to", "2025-03-04")

    def test_counts_what_would_change(self, filled_home, capsys):
        assert run(["trusted_energy", "what_if", "--set", "E-01.is_on=false", *self.PERIOD, "--json"]) == 0

        found = json.loads(capsys.readouterr().out)
        assert (found["meter_days"], found["changed_meter_days"], found["became_unknown"]) == (2, 0, 0)
        assert found["changed_version"] != found["policy_version"]

    def test_says_it_to_a_person(self, filled_home, capsys):
        assert run(["trusted_energy", "what_if", "--set", "V-12.margin=0.01", *self.PERIOD]) == 0

        said = capsys.readouterr().out
        assert "of 2 meter-days 2 would change (1 meters, 2 days)" in said
        assert "Nothing was written." in said

    @pytest.mark.parametrize(
        ("change", "words"),
        [("V-08.treshold=3", "V-08.threshold"), ("V-08.threshold", "RULE.NAME=VALUE"), ("V-08.threshold=x", "number")],
    )
    def test_refuses_what_it_cannot_read(self, filled_home, capsys, change, words):
        assert run(["trusted_energy", "what_if", "--set", change, *self.PERIOD]) == 1

        assert words in " ".join(capsys.readouterr().err.split())
