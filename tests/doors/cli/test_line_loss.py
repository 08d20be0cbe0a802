"""``lamplighter line_loss`` on a lake of one area and two days."""

import csv
import datetime as dt
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.business.line_loss.drawing import THRESHOLDS, Drawn, draw

from lamplighter.base.lake import Lake
from lamplighter.business.line_loss.explanations import (
    AreaExplanation,
    Cause,
    Check,
    CheckCode,
    Share,
    explanation_tables,
)
from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.line_loss.tables import (
    AREA_CHECK,
    AREA_EXPLANATION,
    AREA_LOSS_DAILY,
    AREA_TARGET,
    FEEDER_EXPLANATION,
    FEEDER_TARGET,
)
from lamplighter.business.metering.tables import METER
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.doors.cli.commands import run
from lamplighter.doors.cli.output import ExitCode

NOW = dt.datetime(2025, 2, 1)
# What the page of the company folder promises other systems, in its order.
PROMISED = [
    "area_id", "on_date", "supplied_kwh", "sold_kwh", "loss_kwh", "loss_rate", "technical_kwh", "unexplained_kwh",
    "unexplained_low_kwh", "unexplained_high_kwh", "coverage", "is_computable", "loss_class",
]  # fmt: skip


@pytest.fixture
def worked_home(home):
    drawing = draw([Drawn("supply", 100), Drawn("customer", 60), Drawn("customer", 31)], days=2)
    silent = draw([Drawn("supply", None, area=1), Drawn("customer", 60, area=1)], days=2, areas=2)
    days = [day.astype(object) for day in drawing.block.days]
    with Lake.open(home / "lake").transaction() as change:
        for bucket, drawn in enumerate((drawing, silent)):
            block = drawn.block
            found = area_losses(block=block, trusted=drawn.trusted, thresholds=THRESHOLDS).tables()
            found |= drawn.trusted.tables(block)
            for contract in (AREA_LOSS_DAILY, TRUSTED_DAY):
                rows = found[contract.name]
                rows = rows.filter(pa.array([area == f"A{bucket}" for area in rows.column("area_id").to_pylist()]))
                change.append_run(contract, rows, known_at=NOW, days=days, bucket=bucket)
        change.append(METER, drawing.block.archive, known_at=NOW)
    return home


class TestShow:
    def test_lists_the_newest_day(self, worked_home, capsys):
        assert run(["line_loss", "show"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "2025-01-02" in told
        assert "9.00%" in told
        assert "high" in told
        assert "not computable" in told

    def test_writes_exactly_the_columns_other_systems_read(self, worked_home, tmp_path, capsys):
        for ending in ("csv", "parquet", "xlsx"):
            assert run(["line_loss", "show", "--on", "2025-01-01", "--out", str(tmp_path / f"loss.{ending}")]) == 0

        with (tmp_path / "loss.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == PROMISED
        assert pq.read_schema(tmp_path / "loss.parquet").names == PROMISED
        assert {row["area_id"]: row["loss_class"] for row in rows} == {"A0": "high", "A1": "not_computable"}
        assert next(row for row in rows if row["area_id"] == "A1")["loss_kwh"] == ""

    def test_narrows_to_one_area(self, worked_home, capsys):
        run(["line_loss", "show", "--area", "A0", "--json"])

        (row,) = json.loads(capsys.readouterr().out)
        assert row["loss_kwh"] == pytest.approx(9.0)

    def test_says_what_to_run_first_on_an_empty_lake(self, home, capsys):
        assert run(["line_loss", "show"]) == ExitCode.FAILED

        assert "lamplighter nightly run" in capsys.readouterr().err


class TestExplain:
    def test_names_every_meter_and_every_term(self, worked_home, capsys):
        assert run(["line_loss", "explain", "A0", "2025-01-01"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "supplied 100.00 kWh - sold 91.00 kWh = loss 9.00 kWh" in told
        assert all(meter in told for meter in ("M000", "M001", "M002"))
        assert "class: high" in told
        assert "90 % interval" in told

    def test_says_what_next_when_there_is_no_figure(self, worked_home, capsys):
        run(["line_loss", "explain", "A1", "2025-01-01"])

        told = capsys.readouterr().out
        assert "no supply meter, or its day is not known" in told
        assert "Next: Check the archive of the supply meter" in told

    def test_refuses_an_unknown_area(self, worked_home, capsys):
        assert run(["line_loss", "explain", "A9", "2025-01-01"]) == ExitCode.FAILED

        assert "no loss of area A9" in capsys.readouterr().err


class TestRules:
    def test_marks_what_the_company_should_confirm(self, home, capsys):
        run(["line_loss", "rules"])

        lines = capsys.readouterr().out.splitlines()
        assert any("small_load_kwh" in line and "confirm" in line for line in lines)
        assert any("negative_below" in line and "confirm" not in line for line in lines)


class TestExplainWindow:
    @pytest.fixture
    def explained_home(self, worked_home):
        shares = tuple(
            Share(cause, kwh, kwh - 5.0, kwh + 5.0)
            for cause, kwh in zip(Cause, (20.0, 0.0, 0.0, 0.0, 0.0, 0.0, 70.0, 10.0), strict=True)
        )
        check = Check(CheckCode.READ_SUPPLY, "M000", 19, 25.0, 12.0, 0.3)
        area = AreaExplanation("A0", 30, 1000.0, 100.0, shares, (check,), 0.04)
        tables = explanation_tables([area], as_of=dt.date(2025, 1, 2), policy_version="x")
        with Lake.open(worked_home / "lake").transaction() as change:
            for contract in (AREA_EXPLANATION, AREA_CHECK, AREA_TARGET):
                change.append_run(contract, tables[contract.name], known_at=NOW, days=[dt.date(2025, 1, 2)], bucket=0)
        return worked_home

    def test_says_each_cause_and_what_to_check_next(self, explained_home, capsys):
        assert run(["line_loss", "explain", "A0"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "10.00%" in told
        assert "4.00%" in told
        assert "theft" in told
        assert "65.0 … 75.0" in told
        assert "supply meter M000 at 19:00" in told

    def test_lists_the_main_cause_of_every_area_without_one(self, explained_home, capsys):
        assert run(["line_loss", "explain"]) == ExitCode.OK

        assert "theft" in capsys.readouterr().out

    def test_writes_the_shares_to_a_file(self, explained_home, tmp_path, capsys):
        assert run(["line_loss", "explain", "--out", str(tmp_path / "causes.csv")]) == ExitCode.OK

        with (tmp_path / "causes.csv").open(encoding="utf-8") as file:
            rows = {row["cause"]: float(row["kwh"]) for row in csv.DictReader(file)}
        assert sum(rows.values()) == pytest.approx(100.0)

    def test_says_that_an_area_was_never_explained(self, explained_home, capsys):
        assert run(["line_loss", "explain", "A9"]) == ExitCode.FAILED

        assert "A9" in capsys.readouterr().err


class TestExplainLines:
    @pytest.fixture
    def lines_home(self, home):
        day, words = dt.date(2025, 1, 2), {"policy_version": "x", "as_of_on": dt.date(2025, 1, 2)}
        shares = pa.Table.from_pylist(
            [
                {"feeder_id": "F1", "cause": cause, "kwh": kwh, "low_kwh": kwh - 2.0, "high_kwh": kwh + 2.0,
                 "share_of_supply": kwh / 1000.0, **words}
                for cause, kwh in (("technical", 30.0), ("supply_meter", 12.0), ("missing", 0.0), ("unknown", 8.0))
            ],
            schema=pa.schema(list(FEEDER_EXPLANATION.schema)[:-1]),
        )  # fmt: skip
        target = pa.Table.from_pylist(
            [
                {"feeder_id": "F1", "day_count": 30, "supplied_kwh": 1000.0, "loss_kwh": 50.0, "loss_rate": 0.05,
                 "target_loss_rate": 0.035, "over_target_kwh": 15.0, **words}
            ],
            schema=pa.schema(list(FEEDER_TARGET.schema)[:-1]),
        )  # fmt: skip
        with Lake.open(home / "lake").transaction() as change:
            change.append_run(FEEDER_EXPLANATION, shares, known_at=NOW, days=[day])
            change.append_run(FEEDER_TARGET, target, known_at=NOW, days=[day])
        return home

    def test_says_each_cause_of_a_line_beside_its_target(self, lines_home, capsys):
        assert run(["line_loss", "explain_lines", "F1"]) == ExitCode.OK

        told = capsys.readouterr().out
        assert "5.00%" in told
        assert "3.50%" in told
        assert "10.0 … 14.0" in told
        assert told.index("technical") < told.index("supply meter")

    def test_writes_the_shares_to_a_file(self, lines_home, tmp_path, capsys):
        assert run(["line_loss", "explain_lines", "--out", str(tmp_path / "lines.csv")]) == ExitCode.OK

        with (tmp_path / "lines.csv").open(encoding="utf-8") as file:
            assert sum(float(row["kwh"]) for row in csv.DictReader(file)) == pytest.approx(50.0)

    def test_says_that_a_line_was_never_explained(self, lines_home, capsys):
        assert run(["line_loss", "explain_lines", "F9"]) == ExitCode.FAILED

        assert "F9" in capsys.readouterr().err
