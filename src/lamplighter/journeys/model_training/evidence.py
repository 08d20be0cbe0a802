"""The evidence of a whole company as of a day, worked out for learning and written nowhere."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine import Engine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Snapshot
from lamplighter.base.lake.head import Head
from lamplighter.base.messages import text
from lamplighter.base.periods import slot_axis
from lamplighter.base.progress import SILENT, Progress
from lamplighter.business.detection.injected import inject_thefts
from lamplighter.business.detection.learning.features import DIRECTIONS, read_features
from lamplighter.business.detection.learning.model import customer_scale_kwh
from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.rules import find_evidence
from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.metering.blocks import BlockRequest
from lamplighter.business.metering.tables import METER
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.journeys.nightly_run import LakeEmpty, clock_of
from lamplighter.journeys.nightly_run.bucket import CHANNELS, block_reader
from lamplighter.journeys.nightly_run.plan import BucketDays, plan_night
from lamplighter.journeys.nightly_run.rules import NightRules

WINDOW_DAYS = 90


class DayOutsideData(LamplighterError):
    """Evidence was asked for as of a day for which there are no data."""

    def __init__(self, day: dt.date, *, first_on: dt.date, newest_on: dt.date) -> None:
        self.day, self.first_on, self.newest_on = day, first_on, newest_on
        super().__init__(text("detection.training.day_outside", day=day, first_on=first_on, newest_on=newest_on))


@dataclass(frozen=True, slots=True)
class Injection:
    """Thefts done to honest customers of a company, so that there is something to learn from.

    Attributes:
        share: share of the live customer meters to draw.
        seed: of the draw.
        subtlety: as in `draw_theft`.
        spare: accounts never drawn: those found, suspected or inspected.
    """

    share: float
    seed: int
    subtlety: float = 0.5
    spare: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CompanyEvidence:
    """Scores of every live customer meter, one row a meter, sorted by meter id. N rows, F features.

    Attributes:
        names: features, the columns.
        features: shape (N, F), NaN = not available.
        meter_ids: shape (N,).
        accounts: shape (N,).
        areas: area after the archive, "" for none, shape (N,).
        scale_kwh: kWh a day stolen energy is measured by, shape (N,).
        thefts: injected thefts, as of `inject_thefts`; empty without injection.
        area_high_kwh: upper end of the unexplained loss of its area, kWh a day, shape (N,); NaN = not computable.
    """

    names: tuple[str, ...]
    features: Floats
    meter_ids: np.ndarray
    accounts: np.ndarray
    areas: np.ndarray
    scale_kwh: Floats
    thefts: pa.Table
    area_high_kwh: Floats


@dataclass(frozen=True, slots=True)
class EvidenceTask:
    """Works out the evidence of a bucket from one published state; runs in any process that reaches the lake."""

    root: Path
    head: Head
    interval_minutes: int
    slots: int
    rules: NightRules
    channels: tuple[str, ...]
    injection: Injection | None

    def __call__(self, work: BucketDays) -> tuple[pa.Table, pa.Table]:
        """Return rows of features with meter, account and area, and the injected thefts."""
        block = block_reader(self).read(
            BlockRequest(
                bucket=work.bucket,
                first_on=work.first_on,
                last_on=work.last_on,
                history_days=work.history_days,
                channels=self.channels,
            )
        )
        trusted = work_days(block=block, policy=self.rules.policy)
        losses = area_losses(block=block, trusted=trusted, thresholds=self.rules.thresholds)
        thefts = pa.table({})
        if self.injection is not None:
            injected = inject_thefts(
                block=block,
                trusted=trusted,
                losses=losses,
                share=self.injection.share,
                seed=self.injection.seed,
                spare=self.injection.spare,
                subtlety=self.injection.subtlety,
            )
            trusted, losses, thefts = injected.trusted, injected.losses, injected.thefts
        scores = find_evidence(block=block, trusted=trusted, losses=losses, settings=self.rules.detection)[
            "out_evidence_score"
        ]
        home = block.meter_ids[block.is_home].tolist()
        scores = scores.filter(pc.is_in(scores["meter_id"], value_set=pa.array(home, pa.string())))
        meters = pc.unique(scores["meter_id"]).to_pylist()
        place = {str(meter): at for at, meter in enumerate(block.meter_ids)}
        at = np.array([place[meter] for meter in meters], np.int64)
        hangs = block.area_of[at, -1]
        extra = ("context_daily_kwh", "peers_kwh", "context_area_high")
        table = pa.table(
            {
                "meter_id": pa.array(meters, pa.string()),
                "account_id": pa.array(block.strings("account_id")[at].tolist(), pa.string()),
                "area_id": pa.array([str(block.area_ids[a]) if a >= 0 else "" for a in hangs], pa.string()),
                **{
                    name: pa.array(column)
                    for name, column in zip(
                        (*DIRECTIONS, *(f"scale_{name}" for name in extra)),
                        read_features(scores, meter_ids=meters, names=(*DIRECTIONS, *extra)).T,
                        strict=True,
                    )
                },
            }
        )
        return table, thefts


def find_company_evidence(
    *,
    state: Snapshot,
    root: Path,
    engine: Engine,
    rules: NightRules,
    injection: Injection | None = None,
    channels: Sequence[str] = CHANNELS,
    as_of: dt.date | None = None,
    progress: Progress = SILENT,
) -> CompanyEvidence:
    """Return the evidence of every live customer meter as of a day, from the ninety days that end with it.

    Args:
        state: published state to read.
        root: root of the lake.
        engine: runs the buckets.
        rules: versioned rules of validation, loss and detection.
        injection: thefts to do first; None for the company as it is.
        channels: channels to read; fewer for a company that would have fewer.
        as_of: last day of the window; the newest day with data when absent. Nothing that was read, billed or
            found after it is used; what is known today of the days before it is.
        progress: told about each bucket.

    Raises:
        LakeEmpty: there is no reading.
        DayOutsideData: ``as_of`` lies before the first or after the newest day with data.
    """
    plan = plan_night(state, on=None)
    if plan.newest_on is None or plan.first_on is None:
        raise LakeEmpty
    last = plan.newest_on if as_of is None else as_of
    if not plan.first_on <= last <= plan.newest_on:
        raise DayOutsideData(last, first_on=plan.first_on, newest_on=plan.newest_on)
    interval, zone = clock_of(state)
    first = max(plan.first_on, last - dt.timedelta(days=WINDOW_DAYS - 1))
    works = [
        BucketDays(bucket=bucket, first_on=first, last_on=last, history_days=0)
        for bucket in sorted({work.bucket for found in plan.rounds for work in found} or _buckets(state))
    ]
    task = EvidenceTask(
        root=root,
        head=state.head,
        interval_minutes=interval,
        slots=slot_axis(interval_minutes=interval, timezone=zone),
        rules=rules,
        channels=tuple(channels),
        injection=injection,
    )
    tables, thefts = [], []
    with progress.step(
        text("detection.training.step"), total=len(works), unit=text("detection.training.unit")
    ) as advance:
        for table, done in engine.map(task, works):
            tables.append(table)
            thefts.append(done)
            advance(1)
    table = pa.concat_tables(tables).sort_by("meter_id")
    daily, peers = (table[f"scale_{name}"].to_numpy() for name in ("context_daily_kwh", "peers_kwh"))
    return CompanyEvidence(
        names=tuple(DIRECTIONS),
        features=np.stack([table[name].to_numpy() for name in DIRECTIONS], axis=1),
        meter_ids=np.array(table["meter_id"].to_pylist(), dtype=object),
        accounts=np.array(table["account_id"].to_pylist(), dtype=object),
        areas=np.array(table["area_id"].to_pylist(), dtype=object),
        scale_kwh=customer_scale_kwh(daily_kwh=daily, peers_kwh=peers),
        thefts=pa.concat_tables([done for done in thefts if done.num_columns]) if injection else pa.table({}),
        area_high_kwh=table["scale_context_area_high"].to_numpy(),
    )


def _buckets(state: Snapshot) -> set[int]:
    return set(state.read(METER, columns=["bucket"])["bucket"].to_pylist())
