"""A model of the company's own: what inspections found, learned on top of the model that ships with the package."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.business.detection.learning.drift import describe_features
from lamplighter.business.detection.learning.features import read_features
from lamplighter.business.detection.learning.model import TheftModel
from lamplighter.business.detection.learning.training import Examples, train_model
from lamplighter.business.detection.model_operations import keep_model
from lamplighter.business.detection.model_queries import read_start_model
from lamplighter.business.detection.outcome_queries import OLDEST_DAYS
from lamplighter.business.detection.tables import EVIDENCE_SCORE, OUTCOME, SUSPICION, VISIT_SLOT
from lamplighter.methods.learning.boosting import Growth

LEAST_THEFTS, LEAST_OUTCOMES = 20, 100
"""Fewest thefts and results with which a company's own model says more than the package's."""

GROWTH = Growth(rounds=80, leaves=6, rate=0.04, least_rows=15, ridge=10.0)
"""Few and small trees: they correct what is known already."""

MOST_WEIGHT = 10.0
THEFT_OUTCOMES = ("theft",)


class TooFewOutcomes(LamplighterError):
    """There are too few results of inspections to learn from."""

    def __init__(self, *, thefts: int, outcomes: int, without_list: int) -> None:
        self.thefts, self.outcomes, self.without_list = thefts, outcomes, without_list
        super().__init__(
            text(
                "detection.training.too_few",
                thefts=thefts,
                outcomes=outcomes,
                without_list=without_list,
                least_thefts=LEAST_THEFTS,
                least_outcomes=LEAST_OUTCOMES,
            )
        )


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained company model and what it learned from.

    Attributes:
        model: the model; its card says how well it did on rows it had not seen.
        trained_on: day of the newest outcome.
        outcomes: inspections with a result.
        thefts: of these, thefts.
        without_list: results left out because no list as of a day before them is kept.
    """

    model: TheftModel
    trained_on: dt.date
    outcomes: int
    thefts: int
    without_list: int


class Result(NamedTuple):
    """What an inspection found."""

    account_id: str
    inspected_on: dt.date
    outcome: str


def train_company_model(*, lake: Lake, now: dt.datetime, base: TheftModel | None = None) -> Trained:
    """Train on every outcome whose evidence was on record before the inspection, and keep the model as a candidate.

    What was known at or after the inspection is never a feature. No access is no result; who was not inspected is
    nobody's example. Visits drawn at random stand for more than themselves and weigh accordingly.

    Args:
        lake: outcomes, lists and evidence; the model goes there too.
        now: instant, UTC-naive.
        base: the model to go on from; when absent the one learned from injected thefts, or the package's.

    Raises:
        TooFewOutcomes: fewer than 100 results or 20 thefts.
        LakeBusy: another writer is at work.
    """
    with lake.snapshot() as state:
        base = base or read_start_model(state)
        examples, newest, without = read_outcome_examples(state, base=base)
    outcomes, thefts = len(examples.is_theft), int(examples.is_theft.sum())
    if thefts < LEAST_THEFTS or outcomes < LEAST_OUTCOMES or newest is None:
        raise TooFewOutcomes(thefts=thefts, outcomes=outcomes, without_list=without)
    model = train_model(
        examples,
        version=f"company {newest:%Y-%m-%d} / {base.version}",
        card={
            "trained_on": "outcomes",
            "base": base.version,
            "newest_outcome_on": newest.isoformat(),
            "without_list": without,
            "cannot_see": base.card.get("cannot_see", []),
            "reference": describe_features(examples.features, names=base.names),
        },
        growth=GROWTH,
        base=base,
    )
    kept = keep_model(lake=lake, model=model, trained_on=newest, outcomes=outcomes, thefts=thefts, now=now)
    return Trained(model=kept, trained_on=newest, outcomes=outcomes, thefts=thefts, without_list=without)


def read_outcome_examples(state: Snapshot, *, base: TheftModel) -> tuple[Examples, dt.date | None, int]:
    """Return one row a result: the evidence of the last list before the inspection, and what was found.

    Args:
        state: state of the lake.
        base: gives the features and what is known before anything is learned.

    Returns:
        The examples, the day of the newest, and how many results had no list before them.
    """
    results = state.read(OUTCOME).sort_by([("inspected_on", "ascending"), ("account_id", "ascending")])
    results = results.filter(pc.not_equal(results["outcome"], "no_access"))
    listed = state.read(SUSPICION, columns=["account_id", "meter_id", "area_id", "as_of_on"])
    chances = _chances(state)
    days: list[dt.date] = sorted(set(listed["as_of_on"].to_pylist()))
    wanted: dict[dt.date, list[Result]] = {}
    without = 0
    for account, on, outcome in zip(
        *(results[name].to_pylist() for name in ("account_id", "inspected_on", "outcome")), strict=True
    ):
        # The list of the day itself may know of the inspection already.
        before = [day for day in days if on - dt.timedelta(days=OLDEST_DAYS) <= day < on]
        if before:
            wanted.setdefault(before[-1], []).append(Result(account, on, outcome))
        else:
            without += 1
    parts: list[Examples] = []
    newest: dt.date | None = None
    for day, rows in wanted.items():
        found, missed = _rows_of_list(state, day, rows, listed, chances, base)
        without += missed
        if found is not None:
            parts.append(found)
            last = max(row.inspected_on for row in rows)
            newest = last if newest is None else max(newest, last)
    return _join(parts, base), newest, without


def _rows_of_list(
    state: Snapshot,
    on: dt.date,
    rows: list[Result],
    listed: pa.Table,
    chances: dict[tuple[str, dt.date], float],
    base: TheftModel,
) -> tuple[Examples | None, int]:
    that_day = listed.filter(pc.equal(listed["as_of_on"], pa.scalar(on, pa.date32())))
    place = {account: at for at, account in enumerate(that_day["account_id"].to_pylist())}
    kept = [row for row in rows if row.account_id in place]
    if not kept:
        return None, len(rows)
    chosen = that_day.take([place[row.account_id] for row in kept])
    meters = chosen["meter_id"].to_pylist()
    scores = state.read(
        EVIDENCE_SCORE,
        columns=["meter_id", "score", "value"],
        months=[f"{on:%Y-%m}"],
        where=(pc.field("as_of_on") == on) & pc.field("meter_id").isin(meters),
    )
    features = read_features(scores, meter_ids=meters, names=base.names)
    weight = np.array([min(1.0 / chances.get((row.account_id, on), 1.0), MOST_WEIGHT) for row in kept])
    return (
        Examples(
            features=features,
            is_theft=np.array([row.outcome in THEFT_OUTCOMES for row in kept], bool),
            stolen_share=np.full(len(kept), np.nan),
            area=np.array([area or "" for area in chosen["area_id"].to_pylist()], dtype=object),
            household=np.array([row.account_id for row in kept], dtype=object),
            weight=weight,
            start=base.log_odds(features),
            names=base.names,
        ),
        len(rows) - len(kept),
    )


def _chances(state: Snapshot) -> dict[tuple[str, dt.date], float]:
    """Return (account, day of the list) -> chance of having been chosen, of visits drawn at random."""
    slots = state.read(VISIT_SLOT, columns=["account_id", "as_of_on", "is_random", "propensity"])
    return {(row["account_id"], row["as_of_on"]): row["propensity"] for row in slots.to_pylist() if row["is_random"]}


def _join(parts: list[Examples], base: TheftModel) -> Examples:
    if parts:
        return Examples.join(parts)
    nothing, words = np.zeros(0), np.zeros(0, dtype=object)
    return Examples(
        features=np.zeros((0, len(base.names))),
        is_theft=np.zeros(0, bool),
        stolen_share=nothing,
        area=words,
        household=words,
        weight=nothing,
        start=nothing,
        names=base.names,
    )
