"""The demo as the desk shows it: its night worked as `run_demo` does, its visits planned, its newest months billed."""

from __future__ import annotations

import datetime as dt
from typing import Final

from lamplighter.base.engine import Engine
from lamplighter.base.lake import Lake
from lamplighter.base.progress import SILENT, Progress
from lamplighter.base.settings import Home
from lamplighter.business.billing.making import next_month
from lamplighter.business.billing.operations import bill_month
from lamplighter.business.billing.tables import BILL
from lamplighter.business.detection.operations import plan_visits
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.tables import SUSPICION, VISIT_SLOT
from lamplighter.business.tariffs.rules.book import load_book
from lamplighter.journeys.brief import newest_page
from lamplighter.journeys.demo import run_demo
from lamplighter.journeys.nightly_run import NightRules
from lamplighter.simulation import SimulationSettings

VISITS: Final = 24
"""Visits planned from the demo's list: a day and a half of two crews at eight visits a day each."""

MONTHS_BILLED: Final = 3


def make_demo(
    *,
    home: Home,
    engine: Engine,
    rules: NightRules,
    simulation: SimulationSettings | None = None,
    progress: Progress = SILENT,
) -> None:
    """Work the demo's night, plan its visits and make the bills of its newest whole months; nothing is done twice.

    Args:
        home: an empty home, or one in which this was begun.
        engine: runs the night.
        rules: versioned rules.
        simulation: what kind of company; the demo's own when absent.
        progress: told about each step.

    Raises:
        HomeTaken: the home holds another company.
    """
    simulation = simulation or SimulationSettings()
    # It is the morning after the simulated days, in the simulated company: 08:00 in its zone.
    now = dt.datetime.combine(simulation.start_on + dt.timedelta(days=simulation.days), dt.time())
    if newest_page(home.reports) is None:
        run_demo(home=home, simulation=simulation, engine=engine, rules=rules, now=now, progress=progress)
    lake = Lake.open(home.lake)
    with lake.snapshot() as state:
        is_owed = state.is_empty(VISIT_SLOT) and not state.is_empty(SUSPICION)
    if is_owed:
        plan_visits(lake=lake, visits=VISITS, settings=default_settings(), now=now)
    for month in _whole_months(simulation)[-MONTHS_BILLED:]:
        with lake.snapshot() as state:
            is_billed = state.read(BILL, columns=["month"], months=[f"{month:%Y-%m}"]).num_rows > 0
        if not is_billed:
            bill_month(lake=lake, month=month, book=load_book(file=home.tariffs), now=now, progress=progress)


def _whole_months(simulation: SimulationSettings) -> list[dt.date]:
    """Return the first days of the months that lie within the simulated days."""
    end_on = simulation.start_on + dt.timedelta(days=simulation.days)
    month = simulation.start_on if simulation.start_on.day == 1 else next_month(simulation.start_on)
    found = []
    while next_month(month) <= end_on:
        found.append(month)
        month = next_month(month)
    return found
