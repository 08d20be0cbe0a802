"""Working the same nights on two engines, each on a lake of its own."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from lamplighter.base.engine import Engine
from lamplighter.base.engine.standalone import tree_cpu_seconds
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.engine_comparison.comparing import TableComparison, compare_lakes
from lamplighter.journeys.nightly_run import NightReport, NightRules, run_nightly
from lamplighter.simulation import SimulationSettings, simulate_company

EngineOpener = Callable[[], AbstractContextManager[Engine]]
"""Starts an engine, with all it stands on, and stops it again."""


@dataclass(frozen=True, slots=True)
class EngineRun:
    """One engine's night.

    Attributes:
        engine: its name.
        report: what the night did.
        start_seconds: until the engine was there, wall clock.
        wall_seconds: the night itself, wall clock.
        cpu_seconds: user and system time of the night, all processes of the engine included; NaN where unknown.
    """

    engine: str
    report: NightReport
    start_seconds: float
    wall_seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class EngineComparison:
    """Two engines' nights, and their tables against each other."""

    runs: tuple[EngineRun, EngineRun]
    tables: tuple[TableComparison, ...]

    @property
    def is_equal(self) -> bool:
        """Every table says the same in both."""
        return all(table.is_equal for table in self.tables)


def make_lake(*, folder: Path, simulation: SimulationSettings, now: dt.datetime, progress: Progress = SILENT) -> Lake:
    """Simulate a company below ``folder`` and return a lake that holds it, and no night."""
    done = 0
    with progress.step(text("demo.step.simulate"), total=simulation.areas, unit=text("demo.unit.areas")) as advance:

        def tell(now_done: int, total: int) -> None:
            nonlocal done
            advance(now_done - done)
            done = now_done

        simulate_company(folder=folder / "company", truth=folder / "truth", settings=simulation, progress=tell)
    lake = Lake.open(folder / "imported")
    import_company(folder=folder / "company", lake=lake, now=now, progress=progress)
    return lake


def compare_nights(
    *,
    lake: Lake,
    folder: Path,
    engines: Sequence[tuple[str, EngineOpener]],
    rules: NightRules,
    now: dt.datetime,
    progress: Progress = SILENT,
) -> EngineComparison:
    """Work everything the lake owes once on each engine, in a copy of its own, and compare every table of results.

    Args:
        lake: holds readings and archives; it is left as it is.
        folder: where the copies are made, one a name of an engine.
        engines: two names, each with what starts its engine.
        rules: versioned rules.
        now: instant of both runs, UTC-naive.
        progress: told about each step.
    """
    runs, lakes = [], []
    for name, opener in engines:
        shutil.copytree(lake.root, folder / name)
        lakes.append(Lake.open(folder / name))
        runs.append(_run(name, opener, lakes[-1], rules, now, progress))
    one, other = runs
    with lakes[0].snapshot() as mine, lakes[1].snapshot() as theirs:
        return EngineComparison(runs=(one, other), tables=tuple(compare_lakes(mine, theirs)))


def _run(
    name: str, opener: EngineOpener, lake: Lake, rules: NightRules, now: dt.datetime, progress: Progress
) -> EngineRun:
    opened_at = time.monotonic()
    with opener() as engine:
        started_at, cpu = time.monotonic(), tree_cpu_seconds(os.getpid())
        report = run_nightly(lake=lake, engine=engine, rules=rules, now=now, progress=progress)
        return EngineRun(
            engine=name,
            report=report,
            start_seconds=started_at - opened_at,
            wall_seconds=time.monotonic() - started_at,
            cpu_seconds=tree_cpu_seconds(os.getpid()) - cpu,
        )
