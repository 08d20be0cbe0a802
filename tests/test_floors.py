"""The floors of the house: the contracts in pyproject.toml hold, and each of them can fail.

A small house of empty rooms with the real names gets one wrong import at a time; the linter must report each.
"""

import subprocess
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LINT_IMPORTS = Path(sysconfig.get_path("scripts")) / "lint-imports"

# Every floor and enough rooms to break each contract.
ROOMS = (
    "__init__",
    "base.__init__",
    "base.errors",
    "base.lake",
    "base.engine",
    "methods.__init__",
    "methods.timeseries",
    "business.__init__",
    "business.network.__init__",
    "business.network.records",
    "business.customers.__init__",
    "business.customers.queries",
    "business.metering.__init__",
    "business.metering.records",
    "business.metering.tables",
    "business.metering.models",
    "business.metering.rules",
    "business.metering.queries",
    "business.metering.operations",
    "business.tariffs.__init__",
    "business.billing.__init__",
    "business.service_desk.__init__",
    "business.line_loss.__init__",
    "business.line_loss.rules",
    "business.kpi.__init__",
    "business.inspection.__init__",
    "business.inspection.field.__init__",
    "business.inspection.field.checklists",
    "business.inspection.field.records",
    "business.inspection.field.rules",
    "business.inspection.planning.__init__",
    "business.inspection.planning.records",
    "business.inspection.planning.drafting",
    "business.inspection.planning.making",
    "business.inspection.planning.listing",
    "simulation.__init__",
    "journeys.__init__",
    "journeys.nightly_run",
    "doors.__init__",
    "doors.cli.__init__",
    "doors.cli.metering",
)

FLOORS = "Six floors: imports point down"
ROWS = "Business: act on what was found, find out from what is recorded"
DOMAIN = "Inside one domain: write -> read -> rules or models -> records and tables"
RULES = "Rules and methods are arithmetic: no lake, no database, no web"
ENGINES = "Only the lake and the engine know the engines"
DOORS = "Doors never touch tables"
CYCLES = "No cycles anywhere"


@pytest.fixture
def house(tmp_path):
    for room in ROOMS:
        path = tmp_path / "src" / "lamplighter" / Path(*room.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def plant(house: Path, room: str, code: str) -> None:
    path = house / "src" / "lamplighter" / Path(*room.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(code)


def broken_contracts(source: Path) -> tuple[set[str], str]:
    """Lint a tree with the project's own contracts and return the names of those it breaks, with the whole report."""
    ended = subprocess.run(
        [str(LINT_IMPORTS), "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo"],
        cwd=source,
        env={"PYTHONPATH": str(source), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    report = ended.stdout + ended.stderr
    broken = {line.removesuffix(" BROKEN") for line in report.splitlines() if line.endswith(" BROKEN")}
    # Without this line the linter gave up before it looked, and nothing was checked.
    assert "Contracts: " in report, report
    return broken, report


class TestFloors:
    def test_hold_in_the_house_as_it_stands(self):
        broken, report = broken_contracts(ROOT / "src")

        assert broken == set(), report

    def test_hold_in_a_house_without_a_wrong_import(self, house):
        plant(house, "journeys.nightly_run", "import lamplighter.business.metering.operations\n")
        plant(house, "base.lake", "import duckdb\n")

        broken, report = broken_contracts(house / "src")

        assert broken == set(), report

    @pytest.mark.parametrize(
        ("room", "code", "contract"),
        [
            pytest.param("base.lake", "import lamplighter.business.metering", FLOORS, id="upward import"),
            pytest.param(
                "methods.timeseries",
                "def read():\n    from lamplighter.journeys import nightly_run\n    return nightly_run\n",
                FLOORS,
                id="upward import hidden in a function",
            ),
            pytest.param("attic.__init__", "", FLOORS, id="undeclared floor"),
            pytest.param("business.parking.__init__", "", ROWS, id="undeclared domain"),
            pytest.param(
                "business.customers.queries",
                "from lamplighter.business.network import records",
                ROWS,
                id="sibling domain",
            ),
            pytest.param(
                "business.metering.records", "import lamplighter.business.line_loss.rules", ROWS, id="higher row"
            ),
            pytest.param(
                "business.metering.rules", "import lamplighter.business.metering.queries", DOMAIN, id="rule that reads"
            ),
            pytest.param(
                "business.metering.queries",
                "import lamplighter.business.metering.operations",
                DOMAIN,
                id="read that writes",
            ),
            pytest.param("business.metering.rules", "from django.db import models", RULES, id="Django inside rules"),
            pytest.param("business.line_loss.rules", "import lamplighter.base.lake", RULES, id="rule on the lake"),
            pytest.param("methods.timeseries", "import lamplighter.base.lake", RULES, id="method on the lake"),
            pytest.param(
                "business.inspection.planning.making", "import lamplighter.base.lake", RULES, id="plan on the lake"
            ),
            pytest.param("business.metering.queries", "import duckdb", ENGINES, id="duckdb in a business room"),
            pytest.param("journeys.nightly_run", "import duckdb", ENGINES, id="duckdb in a journey"),
            pytest.param("simulation.__init__", "import duckdb", ENGINES, id="duckdb in the simulation"),
            pytest.param("methods.timeseries", "import pyspark", ENGINES, id="pyspark in a method"),
            pytest.param(
                "doors.cli.metering", "from lamplighter.business.metering import models", DOORS, id="door to a model"
            ),
            pytest.param(
                "doors.cli.metering", "from lamplighter.business.metering import tables", DOORS, id="door to a table"
            ),
        ],
    )
    def test_report(self, house, room, code, contract):
        plant(house, room, code + "\n")

        broken, report = broken_contracts(house / "src")

        assert contract in broken, report

    def test_report_a_cycle(self, house):
        plant(house, "base.lake", "import lamplighter.base.engine\n")
        plant(house, "base.engine", "import lamplighter.base.lake\n")

        broken, report = broken_contracts(house / "src")

        assert broken == {CYCLES}, report
