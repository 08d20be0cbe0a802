"""The demo: a simulated company from its files to the brief, by the same doors any company's data take."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from lamplighter.base.engine import Engine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.base.settings import Home
from lamplighter.journeys.brief import Written, write_brief
from lamplighter.journeys.company_import import ImportReport, import_company
from lamplighter.journeys.nightly_run import NightReport, NightRules, run_nightly
from lamplighter.simulation import SimulationSettings, simulate_company

_SETTINGS_FILE = "settings.json"


class HomeTaken(LamplighterError):
    """The home holds another company, or the demo made with other settings."""

    def __init__(self, home: Path) -> None:
        self.home = home
        super().__init__(text("demo.home_taken", home=home))


@dataclass(frozen=True, slots=True)
class Demo:
    """What a demo made.

    Attributes:
        folder: the company folder.
        truth: what truly happened; no analysis reads it.
        imported: counts of the import.
        night: what the night did.
        brief: the files of the brief.
    """

    folder: Path
    truth: Path
    imported: ImportReport
    night: NightReport
    brief: Written


def run_demo(
    *,
    home: Home,
    simulation: SimulationSettings,
    engine: Engine,
    rules: NightRules,
    now: dt.datetime,
    progress: Progress = SILENT,
) -> Demo:
    """Make the company, import it, work its nights and write the brief; a second run finds each step done and goes on.

    Args:
        home: where the demo lives.
        simulation: what kind of company.
        engine: runs the night.
        rules: versioned rules.
        now: instant of the run, UTC-naive.
        progress: told about each step.

    Raises:
        HomeTaken: the home holds something else.
    """
    place = home.path / "simulation"
    folder, truth = place / "company", place / "truth"
    _make_company(home, place, simulation, progress)
    lake = Lake.open(home.lake)
    imported = import_company(
        folder=folder, lake=lake, now=now, outlines=home.outlines, prices=home.tariffs, progress=progress
    )
    night = run_nightly(lake=lake, engine=engine, rules=rules, now=now, progress=progress)
    brief = write_brief(lake=lake, folder=home.reports, now=now, outlines=home.outlines, progress=progress)
    return Demo(folder=folder, truth=truth, imported=imported, night=night, brief=brief)


def is_demo(home: Home) -> bool:
    """Say whether a home holds the demo's company: made here, and nobody's."""
    return (home.path / "simulation" / _SETTINGS_FILE).exists()


def is_demo_begun(home: Home) -> bool:
    """Say whether the demo was begun in a home, finished or not."""
    return (home.path / "simulation").exists()


def _make_company(home: Home, place: Path, simulation: SimulationSettings, progress: Progress) -> None:
    wanted = json.dumps(dataclasses.asdict(simulation), default=str, sort_keys=True)
    mark = place / _SETTINGS_FILE
    if mark.exists():
        if mark.read_text() != wanted:
            raise HomeTaken(home.path)
        return
    if not home.is_empty() and not place.exists():
        raise HomeTaken(home.path)
    # Without the mark a simulation was stopped half way; nothing was taken from it yet.
    shutil.rmtree(place, ignore_errors=True)
    done = 0
    with progress.step(text("demo.step.simulate"), total=simulation.areas, unit=text("demo.unit.areas")) as advance:

        def tell(now_done: int, total: int) -> None:
            nonlocal done
            advance(now_done - done)
            done = now_done

        simulate_company(folder=place / "company", truth=place / "truth", settings=simulation, progress=tell)
    mark.write_text(wanted)
