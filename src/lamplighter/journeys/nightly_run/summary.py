"""What a night says of the whole company: losses by month, feeder and unit, and the list."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pyarrow.compute as pc

from lamplighter.base.engine import Engine
from lamplighter.base.lake import Lake, Snapshot, Transaction
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.business.customers.tables import COMPANY, CUSTOMER
from lamplighter.business.detection.anomalies.precision import Precision
from lamplighter.business.detection.anomaly_queries import precision_table
from lamplighter.business.detection.model_queries import read_theft_model
from lamplighter.business.detection.rules import rank
from lamplighter.business.detection.tables import ANOMALY_PRECISION, EVIDENCE, EVIDENCE_SCORE, MODEL_RELEASE, SUSPICION
from lamplighter.business.line_loss.operations import explain_feeders, roll_up_losses
from lamplighter.business.line_loss.queries import DAY_BUCKET
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY, AREA_PERIOD, UNIT_LOSS
from lamplighter.business.metering.tables import METER
from lamplighter.journeys.nightly_run.rules import NightRules


@dataclass(frozen=True, slots=True)
class Figures:
    """What the newest day came to."""

    suspicion_count: int
    area_count: int
    computable_count: int


def summarise_night(
    *,
    lake: Lake,
    change: Transaction,
    engine: Engine,
    rules: NightRules,
    precision: tuple[Precision, ...],
    as_of_on: dt.date,
    now: dt.datetime,
    progress: Progress = SILENT,
) -> Figures:
    """Put together what is owed to the company's figures, also after a night that was stopped before this."""
    steps = progress.step(text("nightly_run.step.summary"), total=2, unit=text("nightly_run.unit.steps"))
    with steps as advance:
        with lake.snapshot() as state:
            days = _owed_days(state)
        if days:
            roll_up_losses(lake=lake, change=change, engine=engine, thresholds=rules.thresholds, days=days, now=now)
            change.publish()
            explain_feeders(
                lake=lake,
                change=change,
                thresholds=rules.thresholds,
                as_of_on=as_of_on,
                window_days=int(rules.detection.number("window.days")),
                now=now,
            )
        advance(1)
        with lake.snapshot() as state:
            if _is_list_owed(state, as_of_on):
                _rank(state, change, rules, as_of_on, now)
                table = precision_table(precision, as_of=as_of_on)
                change.append_run(
                    ANOMALY_PRECISION, table, known_at=now, days=[as_of_on], read_generation=state.generation
                )
        change.publish()
        advance(1)
    with lake.snapshot() as state:
        month = f"{as_of_on:%Y-%m}"
        today = state.read(
            AREA_LOSS_DAILY, columns=["is_computable"], months=[month], where=pc.field("on_date") == as_of_on
        )
        listed = state.read(SUSPICION, columns=["rank"], months=[month], where=pc.field("as_of_on") == as_of_on)
    return Figures(
        suspicion_count=listed.num_rows,
        area_count=today.num_rows,
        computable_count=pc.sum(today.column("is_computable")).as_py() or 0,
    )


def _rank(state: Snapshot, change: Transaction, rules: NightRules, as_of_on: dt.date, now: dt.datetime) -> None:
    month, on = [f"{as_of_on:%Y-%m}"], pc.field("as_of_on") == as_of_on
    found = rank(
        evidence=state.read(EVIDENCE, months=month, where=on),
        scores=state.read(EVIDENCE_SCORE, months=month, where=on),
        meters=state.read(METER),
        customers=state.read(CUSTOMER),
        area_periods=state.read(AREA_PERIOD, months=month, where=on),
        company=state.read(COMPANY),
        as_of=as_of_on,
        model=read_theft_model(state),
        settings=rules.detection,
    )
    change.append_run(SUSPICION, found, known_at=now, days=[as_of_on], read_generation=state.generation)


def _owed_days(state: Snapshot) -> list[dt.date]:
    """Return the days on which an area was published after the company's figures of the day were added up."""
    read: dict[str, int] = {}
    for part in state.parts(UNIT_LOSS, buckets=[DAY_BUCKET]):
        for day, (_, generation) in part.covers.items():
            read[day] = max(read.get(day, -1), generation)
    owed = {day for part in state.parts(AREA_LOSS_DAILY) for day in part.covers if part.published > read.get(day, -1)}
    return sorted(dt.date.fromisoformat(day) for day in owed)


def _is_list_owed(state: Snapshot, as_of_on: dt.date) -> bool:
    """Say whether evidence as of the day, or a release of another model, was published after the list was made."""
    month, day = [f"{as_of_on:%Y-%m}"], as_of_on.isoformat()
    listed = [part.covers[day][1] for part in state.parts(SUSPICION, months=month) if day in part.covers]
    found = [part.published for part in state.parts(EVIDENCE_SCORE, months=month) if day in part.covers]
    found += [part.published for part in state.parts(MODEL_RELEASE)] if found else []
    return max(found, default=-1) > max(listed, default=-1)
