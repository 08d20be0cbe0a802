"""From the mixture over sets of causes to the share of each cause and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.business.line_loss.explanations import CAUSES, Cause, Share
from lamplighter.business.line_loss.rules.explanation.hypotheses import Part
from lamplighter.business.line_loss.rules.explanation.mixture import Gaussian, mixture_quantile

Floats = npt.NDArray[np.float64]

_ONE_SIGN = (Cause.TECHNICAL, Cause.UNMETERED, Cause.THEFT)
"""Causes that only ever take energy."""


@dataclass(frozen=True, slots=True)
class Contributions:
    """What each part adds to the loss, kWh, over the mixture. P parts.

    Attributes:
        mean: shape (P,).
        covariance: between sets and within them, shape (P, P).
        chance: that the part acts, shape (P,).
        shares: the causes, adding up to the loss.
    """

    mean: Floats
    covariance: Floats
    chance: Floats
    shares: tuple[Share, ...]


def add_up_causes(
    *,
    parts: Sequence[Part],
    mixture: Sequence[Gaussian],
    loss_kwh: float,
    outside_kwh: float,
    always: int,
    widening: float,
) -> Contributions:
    """Return the causes of a loss.

    What lies in no known slot counts as missing; what is left over when every other cause has its share is unknown, so
    that the shares add up to the loss to the last digit.

    Args:
        parts: always-acting parts first, then the candidates.
        mixture: posterior of their coefficients.
        loss_kwh: what is explained.
        outside_kwh: of it, what lies in no known slot.
        always: how many parts always act.
        widening: intervals are this much wider than the model believes.
    """
    totals = np.array([float(part.column.sum()) for part in parts])
    weights = np.array([model.weight for model in mixture])
    means = np.array([totals * model.mean for model in mixture])
    mean = weights @ means
    within = sum(model.weight * model.covariance for model in mixture) * np.outer(totals, totals)
    between = ((means - mean).T * weights) @ (means - mean)
    chance = np.ones(len(parts))
    for j in range(always, len(parts)):
        chance[j] = sum(model.weight for model in mixture if j - always in model.acting)
    of_cause = np.array([[part.cause is cause for part in parts] for cause in CAUSES], float)
    unknown = CAUSES.index(Cause.UNKNOWN)
    of_cause[unknown] = -np.delete(of_cause, unknown, axis=0).sum(axis=0)
    shift = np.zeros(len(CAUSES))
    shift[CAUSES.index(Cause.MISSING)] = outside_kwh
    shift[unknown] = loss_kwh - outside_kwh
    by_set = means @ of_cause.T + shift
    scale = np.outer(totals, totals)
    variances = np.array([np.einsum("cp,pq,cq->c", of_cause, model.covariance * scale, of_cause) for model in mixture])
    deviations = np.sqrt(np.maximum(variances, 0.0))
    middle = weights @ by_set
    for cause in _ONE_SIGN:
        place = CAUSES.index(cause)
        if middle[place] < 0.0:
            middle[unknown] += middle[place]
            middle[place] = 0.0
    shares = []
    for place, cause in enumerate(CAUSES):
        ends = [
            mixture_quantile(
                weights=weights, means=by_set[:, place], deviations=widening * deviations[:, place] + 1e-9, share=share
            )
            for share in (0.05, 0.95)
        ]
        low, high = min(ends[0], middle[place]), max(ends[1], middle[place])
        if cause in _ONE_SIGN:
            low = max(low, 0.0)
        shares.append(Share(cause, float(middle[place]), float(low), float(high)))
    return Contributions(mean=mean, covariance=within + between, chance=chance, shares=tuple(shares))
