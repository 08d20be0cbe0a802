"""A model asked for by a person: on results of inspections, or on injected thefts and then what results there are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lamplighter.base.engine import Engine
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.journeys.model_training.company import TooFewOutcomes, Trained, train_company_model
from lamplighter.journeys.model_training.injections import LearnedCompany, learn_company
from lamplighter.journeys.nightly_run.rules import NightRules


class Source(StrEnum):
    """What a model of the company's own is trained on."""

    OUTCOMES = "outcomes"
    INJECTIONS = "injections"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a training came to: at least one of the two.

    Attributes:
        learned: the model of injected thefts; None where only results were asked for.
        trained: the model of results; None where there are too few for one beside the injected thefts.
    """

    learned: LearnedCompany | None
    trained: Trained | None

    @property
    def version(self) -> str:
        """Version of the model to release: the one that knows most."""
        found = self.trained or self.learned
        assert found is not None
        return found.model.version


def train_candidate(
    *,
    on: Source,
    lake: Lake,
    open_engine: Callable[[], Engine],
    rules: Callable[[], NightRules],
    now: dt.datetime,
    progress: Progress = SILENT,
) -> Candidate:
    """Train a model and keep it as a candidate; lists are made with it once it is released.

    Args:
        on: results of inspections, or injected thefts, on top of which results go where there are enough.
        lake: what is learned from; the model goes there too.
        open_engine: gives the engine that runs the buckets, asked for where curves are needed.
        rules: gives the versioned rules, likewise.
        now: instant, UTC-naive.
        progress: told about each step.

    Raises:
        TooFewOutcomes, TooFewCurves, LakeEmpty, LakeBusy: what the names say.
    """
    learned = None
    if on is Source.INJECTIONS:
        learned = learn_company(lake=lake, engine=open_engine(), rules=rules(), now=now, progress=progress)
        # Known later than what it goes on from.
        now += dt.timedelta(microseconds=1)
    with progress.step(
        text("detection.training.results"), total=1, unit=text("detection.training.unit_model")
    ) as go_on:
        try:
            trained = train_company_model(lake=lake, now=now)
        except TooFewOutcomes:
            if learned is None:
                raise
            trained = None
        go_on(1)
    return Candidate(learned, trained)
