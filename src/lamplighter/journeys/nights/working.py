"""A night from the files to the desk, step by step: what is done stays done, and a night that was stopped goes on."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lamplighter.base.desk.models import Night
from lamplighter.base.engine import Engine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.progress import SILENT, Progress
from lamplighter.business.detection.queries import count_outcomes
from lamplighter.business.inspection.operations.chain import advance_cases
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.desk_loading import DeskLoaded, load_desk
from lamplighter.journeys.late_figures import note_figure_changes
from lamplighter.journeys.nightly_run import NightReport, NightRules, run_nightly
from lamplighter.journeys.nights.book import close_night, fail_night
from lamplighter.journeys.suspicion_to_recovery import write_outcomes

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NightDone:
    """What a night came to.

    Attributes:
        report: what was worked; None where an earlier attempt had worked it.
        loaded: what the desk has; None likewise.
        outcomes: outcomes of cases that went to the lake.
        cases_moved: cases something was due in.
        figures_changed: figures of open cases a night now says otherwise.
        outcome_count: outcomes on record; 0 = nobody was inspected yet.
    """

    report: NightReport | None
    loaded: DeskLoaded | None
    outcomes: int
    cases_moved: int
    figures_changed: int
    outcome_count: int


def work_night(
    *,
    night: Night,
    lake: Lake,
    engine: Callable[[], Engine],
    rules: NightRules,
    clock: Callable[[], dt.datetime],
    import_folder: str = "",
    on: dt.date | None = None,
    each_day: bool = False,
    progress: Progress = SILENT,
) -> NightDone:
    """Work a night that was claimed or begun, and close it.

    Args:
        night: its row; what an earlier attempt did stands there and is not done again.
        lake: where readings come from and results go.
        engine: gives what runs the buckets.
        rules: versioned rules of validation, loss and detection.
        clock: gives the instant, with its zone: when the night begins, and when it is closed.
        import_folder: company folder taken in first; empty = none.
        on: as ``run_nightly``.
        each_day: likewise.
        progress: told about each step.

    Raises:
        LamplighterError: whatever a step refused; the night stands as failed, with the reason.
    """
    now = clock()
    known_at = now.astimezone(dt.UTC).replace(tzinfo=None)
    results: dict[str, Any] = {}

    def bring_in() -> dict[str, Any]:
        if not import_folder:
            return {}
        import_company(folder=Path(import_folder), lake=lake, now=known_at, progress=progress)
        return {"folder": import_folder}

    def work() -> dict[str, Any]:
        results["report"] = run_nightly(
            lake=lake, engine=engine(), rules=rules, now=known_at, on=on, each_day=each_day, progress=progress
        )
        return asdict(results["report"])

    def load() -> dict[str, Any]:
        results["loaded"] = load_desk(lake=lake, now=known_at, progress=progress)
        return asdict(results["loaded"])

    steps: tuple[tuple[str, Callable[[], dict[str, Any]]], ...] = (
        ("import", bring_in),
        # First, so that this night learns from them.
        ("outcomes", lambda: {"count": write_outcomes(lake=lake, now=now)}),
        ("work", work),
        ("load", load),
        ("cases", lambda: {"count": advance_cases(now=now)}),
        ("figures", lambda: {"count": note_figure_changes(lake=lake, now=now)}),
    )
    try:
        for name, do in steps:
            if name not in night.done:
                night.done[name] = {key: str(value) for key, value in do().items()}
                night.save(update_fields=["done"])
    except LamplighterError as refused:
        fail_night(night, str(refused))
        raise
    except BaseException as broken:
        # The job or the command says what it was; the night must not look as if somebody still worked it.
        fail_night(night, type(broken).__name__)
        raise
    close_night(night, now=clock())
    with lake.snapshot() as state:
        outcome_count = count_outcomes(state)
    log.info("night.closed", extra={"due_on": str(night.due_on), "attempt": night.attempt})
    return NightDone(
        report=results.get("report"),
        loaded=results.get("loaded"),
        outcomes=int(night.done["outcomes"]["count"]),
        cases_moved=int(night.done["cases"]["count"]),
        figures_changed=int(night.done["figures"]["count"]),
        outcome_count=outcome_count,
    )
