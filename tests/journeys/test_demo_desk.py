"""The demo as the desk shows it: which months are billed, once."""

import datetime as dt
from pathlib import Path

import pytest

from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.base.settings import Home
from lamplighter.business.billing.tables import BILL
from lamplighter.journeys import demo_desk
from lamplighter.journeys.demo_desk import make_demo
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.simulation import SimulationSettings


@pytest.fixture
def stopped_before_bills(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The home of a demo whose night was worked; of its bills none were made."""
    home = Home(tmp_path)
    assert home.lake == lake.root
    monkeypatch.setattr(demo_desk, "newest_page", lambda folder: folder)
    return home


def make(home: Home, simulation: SimulationSettings) -> None:
    rules = read_rules(home.settings, on=simulation.start_on)
    make_demo(home=home, engine=LocalEngine(processes=1), rules=rules, simulation=simulation)


def billed(home: Home) -> dict[dt.date, set[dt.datetime]]:
    """The months billed, and when each was."""
    with Lake.open(home.lake).snapshot() as state:
        rows = state.read(BILL, columns=["month", "known_at"]).to_pylist()
    return {
        month: {row["known_at"] for row in rows if row["month"] == month} for month in {row["month"] for row in rows}
    }


class TestTheDemosBills:
    def test_are_of_the_three_newest_whole_months_and_made_once(self, stopped_before_bills: Home) -> None:
        # From the middle of November to the tenth of March: December, January and February are whole.
        simulation = SimulationSettings(start_on=dt.date(2024, 11, 15), days=116)

        make(stopped_before_bills, simulation)
        first = billed(stopped_before_bills)
        make(stopped_before_bills, simulation)

        assert sorted(first) == [dt.date(2024, 12, 1), dt.date(2025, 1, 1), dt.date(2025, 2, 1)]
        assert billed(stopped_before_bills) == first

    def test_are_none_where_no_month_is_whole(self, stopped_before_bills: Home) -> None:
        make(stopped_before_bills, SimulationSettings(start_on=dt.date(2025, 1, 27), days=10))

        assert billed(stopped_before_bills) == {}
