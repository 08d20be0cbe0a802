"""A model of a company nobody was inspected in yet: thefts done to its own curves, learned on top of the package's."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from lamplighter.base.engine import Engine
from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.messages import text
from lamplighter.base.progress import SILENT, Progress
from lamplighter.business.detection.learning.drift import describe_features
from lamplighter.business.detection.learning.injections import InjectedCompany, train_on_injections
from lamplighter.business.detection.learning.model import ASSUMED_RATE, TheftModel, read_base_model
from lamplighter.business.detection.model_operations import keep_model
from lamplighter.business.detection.tables import OUTCOME
from lamplighter.journeys.model_training.company import THEFT_OUTCOMES
from lamplighter.journeys.model_training.evidence import CompanyEvidence, Injection, find_company_evidence
from lamplighter.journeys.nightly_run import LakeEmpty
from lamplighter.journeys.nightly_run.plan import plan_night
from lamplighter.journeys.nightly_run.rules import NightRules

SHARE, SEED = 0.08, 7
"""Share of the customers a theft is done to: enough to learn from, few enough that no area is full of them."""

LEAST_INJECTED = 40
"""Fewest injected thefts from which more is learned than noise."""


class TooFewCurves(LamplighterError):
    """Too few customers have curves to do thefts to."""

    def __init__(self, *, meters: int, injected: int) -> None:
        self.meters, self.injected = meters, injected
        super().__init__(
            text("detection.training.too_few_curves", meters=meters, injected=injected, least=LEAST_INJECTED)
        )


@dataclass(frozen=True, slots=True)
class LearnedCompany:
    """A model learned from injected thefts.

    Attributes:
        model: the model; its card says how well injected thefts were found in areas it had not seen.
        as_of_on: last day of the curves.
        meters: customer meters.
        injected: of these, meters a theft was done to.
    """

    model: TheftModel
    as_of_on: dt.date
    meters: int
    injected: int


def learn_company(
    *, lake: Lake, engine: Engine, rules: NightRules, now: dt.datetime, progress: Progress = SILENT
) -> LearnedCompany:
    """Learn what is usual here from thefts done to copies of the company's curves, and keep the model as a candidate.

    Nothing of the lake's readings is changed. Customers found stealing are left out of the draw.

    Args:
        lake: readings and archives; the model goes there too.
        engine: runs the buckets, twice each.
        rules: versioned rules of validation, loss and detection.
        now: instant, UTC-naive.
        progress: told about each bucket.

    Raises:
        LakeEmpty: there is no reading.
        TooFewCurves: there are too few customers with curves.
        LakeBusy: another writer is at work.
    """
    with lake.snapshot() as state:
        newest = plan_night(state, on=None).newest_on
        if newest is None:
            raise LakeEmpty
        plain, injected = (
            find_company_evidence(
                state=state, root=lake.root, engine=engine, rules=rules, injection=injection, progress=progress
            )
            for injection in (None, Injection(share=SHARE, seed=SEED, spare=_found(state)))
        )
    rate = rules.detection.number("fusion.prior_share")
    model = model_of_injections(plain, injected, base=read_base_model(), theft_rate=rate, as_of_on=newest)
    done = int(model.card["thieves"])
    kept = keep_model(lake=lake, model=model, trained_on=newest, outcomes=0, thefts=0, now=now)
    return LearnedCompany(model=kept, as_of_on=newest, meters=len(plain.meter_ids), injected=done)


def model_of_injections(
    plain: CompanyEvidence, injected: CompanyEvidence, *, base: TheftModel, theft_rate: float, as_of_on: dt.date
) -> TheftModel:
    """Return the model of a company's evidence as it is and with thefts done to it.

    Raises:
        TooFewCurves: there are too few customers with curves.
    """
    place = {meter: at for at, meter in enumerate(injected.meter_ids)}
    here = np.array([at for at, meter in enumerate(plain.meter_ids) if meter in place], np.int64)
    there = np.array([place[plain.meter_ids[at]] for at in here], np.int64)
    done = set(injected.thefts["meter_id"].to_pylist()) if injected.thefts.num_columns else set()
    is_injected = np.array([meter in done for meter in plain.meter_ids[here]], bool)
    if is_injected.sum() < LEAST_INJECTED:
        raise TooFewCurves(meters=len(plain.meter_ids), injected=int(is_injected.sum()))
    company = InjectedCompany(
        plain=plain.features[here],
        injected=injected.features[there],
        is_injected=is_injected,
        area=plain.areas[here],
        household=plain.accounts[here],
        names=plain.names,
    )
    return train_on_injections(
        company,
        base=base,
        theft_rate=theft_rate,
        version=f"injections {as_of_on} / {base.version}",
        card={
            "trained_on": "injections",
            "base": base.version,
            "newest_on": as_of_on.isoformat(),
            ASSUMED_RATE: theft_rate,
            "cannot_see": [word for word in base.card.get("cannot_see", []) if word != "simulated_only"],
            "reference": describe_features(plain.features, names=plain.names),
        },
    )


def _found(state: Snapshot) -> frozenset[str]:
    outcomes = state.read(OUTCOME, columns=["account_id", "outcome"])
    return frozenset(
        account
        for account, outcome in zip(*(outcomes[name].to_pylist() for name in outcomes.column_names), strict=True)
        if outcome in THEFT_OUTCOMES
    )
