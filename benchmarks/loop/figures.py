"""What replays of the loop came to: hits, kWh, and how far the estimated rate lies from the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.loop.company import Array, Company
from benchmarks.loop.policies import Outcome, Replay, Terms
from lamplighter.business.detection.true_rate import NothingDrawn, TrueRate, estimate_true_rate

FIRST_MONTHS, LAST_MONTHS = 6, 12


@dataclass(frozen=True, slots=True)
class Figures:
    """What one replay came to. Shares are fractions; rates of the company are in percent.

    Attributes:
        hit_rate: thefts among visits with a result.
        hit_rate_first: the same in the first six months.
        hit_rate_last: the same in the last twelve.
        paid_rate: thefts and faulty meters among visits with a result.
        found_share: thefts found of all that ran at the end of some month.
        billed_share: kWh stolen in the months before a theft was found, of all kWh stolen.
        saved_share: kWh no longer stolen in the months after, inside the two years, of all kWh stolen.
        rate: estimated share of thieves; None where nothing was drawn.
        true_rate: share of thieves among the accounts that could be chosen, mean over the lists.
        live_rate: share of thieves among all accounts, likewise.
        first_learned: number of the first list made by a model of the company's own; -1 = none.
    """

    hit_rate: float
    hit_rate_first: float
    hit_rate_last: float
    paid_rate: float
    found_share: float
    billed_share: float
    saved_share: float
    rate: TrueRate | None
    true_rate: float
    live_rate: float
    first_learned: int


def figures_of(found: Replay, company: Company, terms: Terms) -> Figures:
    """Return the figures of a replay."""
    told, months = found.has_result, len(company.months)
    thefts = np.flatnonzero(found.is_theft)
    days = np.array([month.day for month in company.months])
    stolen_total = float(np.maximum(company.stolen_kwh.sum(axis=1), 0.0).sum())
    billed = saved = 0.0
    for visit in thefts:
        back, ahead = recovered_kwh(
            company.stolen_kwh[found.account[visit]], visited_day=int(days[found.month[visit]]) + 1, terms=terms
        )
        billed, saved = billed + back, saved + ahead
    there = int(company.steals[:, days].any(axis=1).sum())
    return Figures(
        hit_rate=_mean(found.is_theft[told]),
        hit_rate_first=_mean(found.is_theft[told & (found.month < FIRST_MONTHS)]),
        hit_rate_last=_mean(found.is_theft[told & (found.month >= months - LAST_MONTHS)]),
        paid_rate=_mean(found.is_theft[told] | (found.outcome[told] == Outcome.METERING_FAULT)),
        found_share=len(np.unique(found.account[thefts])) / max(there, 1),
        billed_share=billed / max(stolen_total, 1e-9),
        saved_share=saved / max(stolen_total, 1e-9),
        rate=estimate_rate(found),
        true_rate=_mean_over_lists(found, found.thieves_listed),
        live_rate=_mean_over_lists(found, found.thieves_live),
        first_learned=found.first_learned,
    )


def recovered_kwh(stolen_kwh: Array, *, visited_day: int, terms: Terms) -> tuple[float, float]:
    """Return the kWh billed for the days before a visit, and those no longer stolen in the days after it.

    Args:
        stolen_kwh: what the account steals on each day if nobody stops it, shape (D,).
        visited_day: day of the visit; from it on nothing is stolen any more.
        terms: how many days back and ahead.

    Example:
        One kWh a day from the third day on; found on the sixth, billed two days back, counted two ahead:

        >>> stolen = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
        >>> recovered_kwh(stolen, visited_day=5, terms=Terms(days_back=2, days_ahead=2))
        (2.0, 2.0)
    """
    back = stolen_kwh[max(visited_day - terms.days_back, 0) : visited_day]
    ahead = stolen_kwh[visited_day : visited_day + terms.days_ahead]
    return max(float(back.sum()), 0.0), max(float(ahead.sum()), 0.0)


def estimate_rate(found: Replay) -> TrueRate | None:
    """Return what the company would say of its true rate after these visits; None where nothing was drawn."""
    try:
        return estimate_true_rate(
            month=found.month,
            is_random=found.is_random,
            propensity=found.propensity,
            is_theft=found.is_theft,
            has_result=found.has_result,
            listed_count=found.listed_count,
        )
    except NothingDrawn:
        return None


def _mean(flags: Array) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def _mean_over_lists(found: Replay, share: Array) -> float:
    """Return a share of each list as one of all lists together, each by the accounts it had."""
    numbers, at = np.unique(found.month, return_index=True)
    return float(np.average(share[numbers], weights=found.listed_count[at]))


Results = Mapping[str, Sequence[Figures]]
"""Policy -> the figures of each of its replays, in order of seed."""


def spread_of(worlds: Sequence[Results], policy: str, figure: str) -> str:
    """Return the mean over companies of a figure in percent, and where 95 % of all replays lie."""
    each = [[getattr(one, figure) for one in found[policy]] for found in worlds]
    low, high = np.quantile(np.concatenate(each), [0.025, 0.975])
    return f"{100 * np.mean([np.mean(one) for one in each]):.1f} ({100 * low:.1f} to {100 * high:.1f})"


@dataclass(frozen=True, slots=True)
class Bias:
    """How far an estimated rate lies from the truth, in points, mean over companies.

    Attributes:
        points: mean error.
        low: lower end of its 95 % interval, from the scatter of replays.
        high: upper end.
        coverage: share of the replays whose own 95 % interval holds the truth.
        scatter: standard deviation of the error of one company's two years.
        naive_points: mean error of the hit rate of all visits.
        live_points: mean error against the rate among all accounts, the spared ones too.
    """

    points: float
    low: float
    high: float
    coverage: float
    scatter: float
    naive_points: float
    live_points: float


def bias_of(worlds: Sequence[Results], policy: str) -> Bias | None:
    """Return the bias of the estimated rate under a policy; None where nothing was drawn."""
    errors, naive, live, held = [], [], [], []
    for found in worlds:
        told = [(one, one.rate) for one in found[policy] if one.rate is not None]
        if not told:
            return None
        errors.append(np.array([100 * (rate.rate - one.true_rate) for one, rate in told]))
        live.append(np.mean([100 * (rate.rate - one.live_rate) for one, rate in told]))
        naive.append(np.mean([100 * (rate.hit_rate - one.true_rate) for one, rate in told]))
        held.append(np.mean([rate.low <= one.true_rate <= rate.high for one, rate in told]))
    middle = float(np.mean([one.mean() for one in errors]))
    width = 1.96 * float(np.sqrt(sum(one.var(ddof=1) / len(one) for one in errors))) / len(errors)
    return Bias(
        points=middle,
        low=middle - width,
        high=middle + width,
        coverage=float(np.mean(held)),
        scatter=float(np.sqrt(np.mean([one.var(ddof=1) for one in errors]))),
        naive_points=float(np.mean(naive)),
        live_points=float(np.mean(live)),
    )
