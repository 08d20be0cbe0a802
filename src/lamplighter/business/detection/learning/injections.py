"""A model that knows a company before anybody was inspected: learned from thefts done to its own curves.

The package's model has seen other companies only. What is usual here (noise of meters, quality of the archive, what
customers do) is learned by doing thefts of the catalogue to a drawn share of the company's own customers and telling
them from the company as it is. Both sums of log-odds are added: each knows what the other cannot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.learning.features import DIRECTIONS, depth_of
from lamplighter.business.detection.learning.model import TheftModel, apply_calibrations
from lamplighter.business.detection.learning.training import LEAST_FOR_CALIBRATION, measure
from lamplighter.business.detection.records import Depth, Floats
from lamplighter.methods.learning.boosting import Boosted, Growth, grow
from lamplighter.methods.learning.calibration import BetaCalibration, fit_beta, shift_prior
from lamplighter.methods.learning.folds import join_groups, split_folds

Words = npt.NDArray[np.object_]

GROWTH = Growth(rounds=150, leaves=8, rate=0.05, least_rows=40)
"""Trees too coarse to know a single customer again: all of them are scored afterwards, real thieves too."""

UNTOUCHED = ("meter_", "voltage_")
"""Evidence that an injected theft cannot show, by how its features begin: a real thief changes what flows through the
meter, an injected one only what the meter says. It is left as it was, so that nothing is learned from it."""

FOLDS = 5
ROUNDS = 8


@dataclass(frozen=True, slots=True)
class InjectedCompany:
    """A company as it is and with thefts done to it, one row a meter, the same meters in the same order. N rows.

    Attributes:
        plain: features as it is, shape (N, F).
        injected: features with the thefts, shape (N, F); neighbours of an injected theft are touched too.
        is_injected: a theft was done to the meter, shape (N,).
        area: shape (N,), "" for none.
        household: shape (N,).
        names: features, F of them, those of the package's model.
    """

    plain: Floats
    injected: Floats
    is_injected: npt.NDArray[np.bool_]
    area: Words
    household: Words
    names: tuple[str, ...]


def train_on_injections(
    company: InjectedCompany, *, base: TheftModel, theft_rate: float, version: str, card: Mapping[str, Any]
) -> TheftModel:
    """Return the package's model and one learned from injected thefts as one: their log-odds added, calibrated anew.

    Thieves nobody knows of stand among the honest. They do not change the order, since they lower each share in
    proportion to itself; of the calibration they are taken out by turns: each customer counts as honest by what his
    share of theft leaves.

    Args:
        company: what is learned from.
        base: the package's model; kWh stay its own.
        theft_rate: share of customers taken to steal: injected thefts do not tell how many real ones there are.
        version: name of the model.
        card: what to remember of its making; measures of how well injected thefts were found are added.

    Returns:
        A model of the same features.

    Source:
        Elkan and Noto, Learning classifiers from only positive and unlabeled data, KDD 2008; the catalogue of thefts:
        `lamplighter.business.detection.attacks`.
    """
    untouched = [at for at, name in enumerate(company.names) if name.startswith(UNTOUCHED)]
    injected = company.injected.copy()
    injected[:, untouched] = company.plain[:, untouched]
    count = len(company.plain)
    rows = np.concatenate([company.plain, injected])
    is_theft = np.concatenate([np.zeros(count, bool), company.is_injected])
    area = np.where(company.area == "", company.household, company.area)
    groups = join_groups([np.tile(area, 2), np.tile(company.household, 2)])

    def learn(at: npt.NDArray[np.int64]) -> Boosted:
        return grow(
            features=rows[at],
            target=is_theft[at].astype(np.float64),
            directions=[DIRECTIONS.get(name, 0) for name in company.names],
            growth=GROWTH,
        )

    # What calibrates is said by trees that saw nobody of the area, thefts injected into other areas alone.
    fold = split_folds(groups, folds=FOLDS, seed=GROWTH.seed)
    raw = base.log_odds(rows)
    for number in range(int(fold.max()) + 1):
        held = fold == number
        raw[held] += learn(np.flatnonzero(~held)).raw(rows[held])
    judged = np.concatenate([np.ones(count, bool), company.is_injected])
    depth = depth_of(rows, names=company.names)
    calibrations, learned = _calibrate(raw[judged], is_theft[judged], depth[judged], theft_rate=theft_rate)
    share = apply_calibrations(calibrations, raw=raw[judged], depth=depth[judged])
    measures = {
        str(one): measure(is_theft[judged][at], share[at], groups[judged][at])
        for one in calibrations
        if is_theft[judged][at := depth[judged] == one].any()
    }
    return TheftModel(
        version=version,
        names=base.names,
        fusion=base.fusion.followed_by(learn(np.arange(len(rows)))),
        energy=base.energy,
        calibrations=calibrations,
        learned_rate=learned,
        card={**card, "rows": count, "thieves": int(company.is_injected.sum()), "measures": measures},
    )


def _calibrate(
    raw: Floats, is_injected: npt.NDArray[np.bool_], depth: npt.NDArray[np.object_], *, theft_rate: float
) -> tuple[dict[Depth, BetaCalibration], float]:
    """Return the calibration of each depth with enough injected thefts, and the share of hits they stand for."""
    learned = float(is_injected.mean())
    found: dict[Depth, BetaCalibration] = {}
    for one in Depth:
        at = depth == one
        if int(is_injected[at].sum()) < LEAST_FOR_CALIBRATION:
            continue
        weight = np.ones(int(at.sum()))
        honest = ~is_injected[at]
        for _ in range(ROUNDS):
            fit = fit_beta(raw=raw[at], is_hit=is_injected[at], weight=weight)
            share = fit.apply(raw[at][honest])
            weight[honest] = 1.0 - shift_prior(share, learned=learned, wanted=theft_rate)
        found[one] = fit
    return found, learned
