"""The night: every day in the lake not yet worked becomes trusted energy, loss, evidence and a list, company-wide.

Days are worked bucket by bucket and published as they are done; a night that was stopped goes on where it stopped. What
was worked from inputs that have a newer version is worked again, and its results are versions too.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import groupby

from lamplighter.base.engine import Engine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot, Transaction
from lamplighter.base.messages import text
from lamplighter.base.periods import slot_axis
from lamplighter.base.progress import SILENT, Progress
from lamplighter.business.customers.tables import COMPANY
from lamplighter.journeys.nightly_run.bucket import BucketTask, Worked
from lamplighter.journeys.nightly_run.plan import BucketDays, Plan, plan_night
from lamplighter.journeys.nightly_run.rules import NightRules, learn_from_outcomes, read_rules
from lamplighter.journeys.nightly_run.summary import summarise_night

__all__ = ["LakeEmpty", "NightReport", "NightRules", "read_rules", "run_nightly"]


_PUBLICATIONS = 20
"""How often a round publishes what it has worked."""


class LakeEmpty(LamplighterError):
    """There is neither a reading nor a bill to work on."""

    def __init__(self) -> None:
        super().__init__(text("nightly_run.lake_empty"))


@dataclass(frozen=True, slots=True)
class NightReport:
    """What a night did.

    Attributes:
        first_on: first day worked; None when nothing was owed.
        last_on: last day worked.
        newest_on: newest day with data.
        bucket_days: bucket-days worked.
        meter_days: meter-days worked.
        reading_count: values read.
        suspicion_count: accounts in the list as of the newest day.
        area_count: areas with a loss row on the newest day.
        computable_count: of these, areas whose loss can be trusted.
    """

    first_on: dt.date | None
    last_on: dt.date | None
    newest_on: dt.date
    bucket_days: int
    meter_days: int
    reading_count: int
    suspicion_count: int
    area_count: int
    computable_count: int


def run_nightly(
    *,
    lake: Lake,
    engine: Engine,
    rules: NightRules,
    now: dt.datetime,
    on: dt.date | None = None,
    each_day: bool = False,
    progress: Progress = SILENT,
) -> NightReport:
    """Work every day that is owed, up to the newest, and put the company's figures and list together.

    Args:
        lake: where readings come from and results go.
        engine: runs the buckets.
        rules: versioned rules of validation, loss and detection.
        now: instant of the run, UTC-naive; results are known from it on.
        on: work this day only, owed or not.
        each_day: replay: look for evidence and rank on every day worked, not on the newest only.
        progress: told about each round.

    Raises:
        LakeEmpty: neither a reading nor a bill has been imported.
        LakeBusy: an import or another night is writing.
    """
    done: list[Worked] = []
    with lake.transaction() as change:
        with lake.snapshot() as state:
            plan = plan_night(state, on=on, run_days=1) if each_day else plan_night(state, on=on)
            if plan.newest_on is None:
                raise LakeEmpty
            interval_minutes, timezone = clock_of(state)
        for work_round in _by_day(plan) if each_day else plan.rounds:
            detect_on = work_round[0].last_on if each_day else plan.newest_on
            with lake.snapshot() as state:
                learned, precision = learn_from_outcomes(state, rules, as_of_on=detect_on)
                task = BucketTask(
                    root=lake.root,
                    head=state.head,
                    staging=change.staging,
                    known_at=now,
                    interval_minutes=interval_minutes,
                    slots=slot_axis(interval_minutes=interval_minutes, timezone=timezone),
                    rules=learned,
                    detect_on=detect_on,
                )
                done += _work(engine, task, work_round, change, progress)
            if each_day:
                summarise_night(
                    lake=lake,
                    change=change,
                    engine=engine,
                    rules=learned,
                    precision=precision,
                    as_of_on=detect_on,
                    now=now,
                )
        with lake.snapshot() as state:
            learned, precision = learn_from_outcomes(state, rules, as_of_on=plan.newest_on)
        figures = summarise_night(
            lake=lake,
            change=change,
            engine=engine,
            rules=learned,
            precision=precision,
            as_of_on=plan.newest_on,
            now=now,
            progress=progress,
        )
    return NightReport(
        first_on=min((worked.work.first_on for worked in done), default=None),
        last_on=max((worked.work.last_on for worked in done), default=None),
        newest_on=plan.newest_on,
        bucket_days=sum(len(worked.work.days) for worked in done),
        meter_days=sum(worked.meter_days for worked in done),
        reading_count=sum(worked.reading_count for worked in done),
        suspicion_count=figures.suspicion_count,
        area_count=figures.area_count,
        computable_count=figures.computable_count,
    )


def clock_of(state: Snapshot) -> tuple[int, str]:
    """Return the interval of the company, minutes, and its time zone."""
    company = state.read(COMPANY).to_pylist()[0]
    return company["interval_minutes"], company["timezone"]


def _by_day(plan: Plan) -> list[tuple[BucketDays, ...]]:
    works = sorted((work for found in plan.rounds for work in found), key=lambda work: (work.first_on, work.bucket))
    return [tuple(found) for _, found in groupby(works, key=lambda work: work.first_on)]


def _work(
    engine: Engine, task: BucketTask, works: tuple[BucketDays, ...], change: Transaction, progress: Progress
) -> list[Worked]:
    done: list[Worked] = []
    total = sum(len(work.days) for work in works)
    # A publication costs what the tables have of parts, so their number must not grow with the company; a night that
    # is stopped works its last twentieth again.
    every = -(-len(works) // _PUBLICATIONS)
    with progress.step(
        text("nightly_run.step.days"), total=total, unit=text("nightly_run.unit.bucket_days")
    ) as advance:
        for worked in engine.map(task, works):
            change.add(worked.parts)
            done.append(worked)
            if len(done) % every == 0:
                change.publish()
            advance(len(worked.work.days))
        change.publish()
    return done
