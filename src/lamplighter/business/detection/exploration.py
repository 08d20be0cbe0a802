"""Which accounts are visited: the best of the list, and a few drawn at random, so that the truth stays measurable.

A company that visits only where it already suspects learns nothing about the rest, and its hit rate says nothing about
the company's true rate. A small share of the visits is therefore drawn from everybody else, each with a known chance,
and the chance is kept with the visit (:mod:`~lamplighter.business.detection.true_rate` needs it).

The draw is systematic along an order by score decile, area and account: every decile and every neighbourhood gets its
share. The chance of account i is ``π_i = n·s_i / Σ s``, ``s_i = max(sqrt(p_i·(1 − p_i)), floor)``: more visits go where
the outcome is less certain, which is the allocation that keeps the estimated rate narrowest (Neyman), and nobody's
chance is zero. Source: Cochran, Sampling Techniques, stratified and systematic sampling.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.detection.records import Floats

DECILES = 10


class VisitsUnusable(LamplighterError):
    """Fewer than one visit was asked for, or a share of random visits that is no share."""

    def __init__(self, *, visits: int, random_share: float) -> None:
        self.visits, self.random_share = visits, random_share
        super().__init__(text("visits.error.visits_unusable", visits=visits, share=random_share))


def choose_visits(
    *,
    listed: pa.Table,
    visits: int,
    random_share: float,
    least_chance: float,
    seed: int,
    spare: Collection[str] = (),
) -> pa.Table:
    """Return the visits of a list: first the best by rank, the rest drawn at random from everybody else.

    Args:
        listed: ``out_suspicion`` as of one day, in order of rank.
        visits: how many visits there is time for; all accounts are taken when it is more than there are.
        random_share: share of the visits that is drawn, 0 to 1; at least one is drawn unless the share is 0.
        least_chance: floor of ``s_i`` above, so that an account with p = 0 can be drawn too.
        seed: the same seed draws the same accounts, whatever the order of rows.
        spare: accounts not to be visited again, such as those visited lately.

    Returns:
        ``out_visit_slot`` without ``known_at``, in order of slot. ``propensity`` is the chance with which the account
        came among the visits: 1 for the best of the list.

    Raises:
        VisitsUnusable: fewer than one visit, or a share outside 0 to 1.
    """
    if visits < 1 or not 0.0 <= random_share <= 1.0:
        raise VisitsUnusable(visits=visits, random_share=random_share)
    accounts = np.array(listed["account_id"].to_pylist(), dtype=object)
    excluded = set(spare)
    open_rows = np.flatnonzero([account not in excluded for account in accounts])
    visits = min(visits, len(open_rows))
    drawn = min(max(1, round(visits * random_share)), visits) if random_share > 0.0 else 0
    ranks = listed["rank"].to_numpy()[open_rows]
    best = open_rows[np.argsort(ranks, kind="stable")][: visits - drawn]
    rest = np.setdiff1d(open_rows, best)
    probability = listed["theft_probability"].to_numpy().astype(np.float64)
    areas = np.array([area or "" for area in listed["area_id"].to_pylist()], dtype=object)
    deciles = _deciles(probability[rest], accounts[rest])
    order = np.lexsort((accounts[rest].astype(str), areas[rest].astype(str), deciles))
    rest, deciles = rest[order], deciles[order]
    chance = _chances(probability[rest], count=drawn, floor=least_chance)
    taken = _draw_systematic(chance, rng=np.random.default_rng(seed))
    rows = np.concatenate([best, rest[taken]]).astype(np.int64)
    count = len(rows)
    return pa.table(
        {
            "as_of_on": listed["as_of_on"].take(pa.array(rows)),
            "slot": pa.array(np.arange(1, count + 1), pa.int32()),
            "account_id": pa.array(accounts[rows], pa.string()),
            "meter_id": listed["meter_id"].take(pa.array(rows)),
            "area_id": pa.array([area or None for area in areas[rows]], pa.string()),
            "is_random": pa.array(np.arange(count) >= len(best), pa.bool_()),
            "stratum": pa.array(["list"] * len(best) + [f"decile {d + 1}" for d in deciles[taken]], pa.string()),
            "propensity": pa.array(np.concatenate([np.ones(len(best)), chance[taken]]), pa.float64()),
            "theft_probability": pa.array(probability[rows], pa.float64()),
            "listed_count": pa.array([len(open_rows)] * count, pa.int32()),
        }
    )


def _deciles(probability: Floats, accounts: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return the decile of each probability, 0 = lowest; equal ones by account, whatever the order of rows."""
    order = np.lexsort((accounts.astype(str), probability))
    deciles = np.empty(len(order), np.int64)
    deciles[order] = np.arange(len(order)) * DECILES // max(len(order), 1)
    return deciles


def _chances(probability: Floats, *, count: int, floor: float) -> Floats:
    """Return the chance of each account to be among ``count`` drawn ones; they add up to ``count``.

    Example:
        >>> _chances(np.array([0.5, 0.0, 0.0]), count=1, floor=0.25).tolist()
        [0.5, 0.25, 0.25]
    """
    size = np.maximum(np.sqrt(probability * (1.0 - probability)), floor)
    chance = np.zeros(len(size))
    is_sure = np.zeros(len(size), bool)
    while True:
        left = count - int(is_sure.sum())
        total = float(size[~is_sure].sum())
        chance[is_sure] = 1.0
        chance[~is_sure] = left * size[~is_sure] / total if total > 0.0 else 0.0
        # Nobody is visited twice: what is above 1 is certain, and its rest goes to the others.
        above = (chance > 1.0) & ~is_sure
        if not above.any():
            return chance
        is_sure |= above


def _draw_systematic(chance: Floats, *, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the indices drawn: every account with exactly its chance, spread evenly along the order."""
    ends = np.cumsum(chance)
    # Sums of chances are whole only up to rounding.
    count = round(float(ends[-1])) if len(ends) else 0
    points = rng.uniform() + np.arange(count)
    return np.minimum(np.searchsorted(ends, points, side="right"), len(chance) - 1).astype(np.int64)
