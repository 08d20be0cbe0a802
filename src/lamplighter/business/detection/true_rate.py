"""How many of a company's accounts steal: an estimate that the choice of visits does not bias.

Visits go where thieves are suspected, so the share of hits among visits says nothing about the company. Those drawn at
random (:mod:`~lamplighter.business.detection.exploration`) stand for everybody who was not chosen, each for ``1 / π_i``
accounts:

``rate = ( Σ_lists n_best · h_best + Σ_lists N_rest · Σ_drawn (y/π) / Σ_drawn (1/π) ) / Σ_lists N``

with ``h_best`` the hit rate of the visits chosen by rank, and N_rest everybody else. The ratio is of the drawn visits
of all lists together: inside one list with one or two of them the weights would cancel, and the doubtful, who are
drawn more often, would count as everybody. A visit without access tells nothing: it is left out and the visits like it
stand in. The 95 % interval is that of Korn and Graubard: a Clopper–Pearson interval at the effective number of drawn
visits, ``(Σw)² / Σw²``. Source: Hájek's combined ratio estimator (Cochran, Sampling Techniques, section 6.11: separate
ratios are biased where strata are small); Korn and Graubard, Survey Methodology 24 (1998).

What is estimated is the share among the accounts that could be chosen. Who was inspected lately is spared and not
among them, so the whole company's rate is a little lower.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.detection.records import Floats


class NothingDrawn(LamplighterError):
    """No randomly drawn visit has a result: the rate of those never visited is not known."""

    def __init__(self, *, visits: int) -> None:
        self.visits = visits
        super().__init__(text("visits.error.nothing_drawn", visits=visits))


@dataclass(frozen=True, slots=True)
class TrueRate:
    """The estimated share of accounts that steal.

    Attributes:
        rate: estimate.
        low: lower end of the 95 % interval.
        high: upper end.
        hit_rate: hits among all visits with a result: what the choice of visits made of it.
        visits: visits with a result.
        drawn: of these, drawn at random.
        effective_drawn: how many equally likely visits they are worth.
        no_access: visits without access, left out.
    """

    rate: float
    low: float
    high: float
    hit_rate: float
    visits: int
    drawn: int
    effective_drawn: float
    no_access: int


def estimate_true_rate(
    *,
    month: npt.NDArray[np.int64],
    is_random: npt.NDArray[np.bool_],
    propensity: Floats,
    is_theft: npt.NDArray[np.bool_],
    has_result: npt.NDArray[np.bool_],
    listed_count: npt.NDArray[np.int64],
) -> TrueRate:
    """Return the share of accounts that steal, from the visits of one or several lists.

    Args:
        month: number of the list each visit was chosen from, shape (K,).
        is_random: drawn at random, shape (K,).
        propensity: chance to be drawn, shape (K,).
        is_theft: the visit found theft, shape (K,).
        has_result: the visit found out anything; false for no access, shape (K,).
        listed_count: accounts the visit was chosen among, shape (K,).

    Raises:
        NothingDrawn: no drawn visit has a result.

    Example:
        Ten accounts; the best was visited and is a thief, one of the nine others was drawn and is honest:

        >>> found = estimate_true_rate(
        ...     month=np.array([0, 0]),
        ...     is_random=np.array([False, True]),
        ...     propensity=np.array([1.0, 1 / 9]),
        ...     is_theft=np.array([True, False]),
        ...     has_result=np.array([True, True]),
        ...     listed_count=np.array([10, 10]),
        ... )
        >>> found.rate, found.hit_rate, round(found.high, 3)
        (0.1, 0.5, 0.978)
    """
    told = is_random & has_result
    if not told.any():
        raise NothingDrawn(visits=len(month))
    weight = np.where(told, 1.0 / propensity, 0.0)
    hits_chosen = accounts = rest = 0.0
    for number in np.unique(month):
        here = month == number
        chosen = here & ~is_random
        known = chosen & has_result
        hits_chosen += chosen.sum() * (is_theft[known].mean() if known.any() else 0.0)
        count = float(listed_count[here][0])
        accounts += count
        rest += count - chosen.sum()
    total = float(weight.sum())
    share = float((weight * is_theft).sum() / total)
    effective = total**2 / float((weight**2).sum())
    low, high = share_interval(share, effective)
    return TrueRate(
        rate=float((hits_chosen + rest * share) / accounts),
        low=float((hits_chosen + rest * low) / accounts),
        high=float((hits_chosen + rest * high) / accounts),
        hit_rate=float(is_theft[has_result].mean()),
        visits=int(has_result.sum()),
        drawn=int(told.sum()),
        effective_drawn=effective,
        no_access=int((~has_result).sum()),
    )


def share_interval(share: float, number: float, level: float = 0.95) -> tuple[float, float]:
    """Return the Clopper–Pearson interval of a share of ``number`` (not necessarily whole) trials.

    Example:
        Nine of ten:

        >>> low, high = share_interval(0.9, 10)
        >>> round(low, 3), round(high, 3)
        (0.555, 0.997)
    """
    hits, tail = share * number, (1.0 - level) / 2.0
    low = float(betaincinv(hits, number - hits + 1.0, tail)) if hits > 0.0 else 0.0
    high = float(betaincinv(hits + 1.0, number - hits, 1.0 - tail)) if hits < number else 1.0
    return low, high
