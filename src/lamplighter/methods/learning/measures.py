"""Measures of a ranking, hits only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Measure = Callable[[npt.NDArray[np.int64]], float]


def average_precision(*, is_hit: Flags, score: Floats) -> float:
    """Return the mean of the precisions at each hit; rows of equal score count as one step. NaN without a hit.

    Example:
        >>> round(average_precision(is_hit=np.array([True, False, True]), score=np.array([0.9, 0.8, 0.7])), 4)
        0.8333
    """
    if not is_hit.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    hits = np.cumsum(is_hit[order])
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    precision = hits[last] / (last + 1)
    gained = np.diff(hits[last], prepend=0)
    return float((precision * gained).sum() / hits[-1])


def area_under_curve(*, is_hit: Flags, score: Floats) -> float:
    """Return the chance that a hit stands above a miss, ties counting half (ROC AUC). NaN without both.

    Example:
        >>> area_under_curve(is_hit=np.array([True, False]), score=np.array([0.2, 0.1]))
        1.0
    """
    hits, misses = int(is_hit.sum()), int((~is_hit).sum())
    if not hits or not misses:
        return float("nan")
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[place]
    return float((ranks[is_hit].sum() - hits * (hits + 1) / 2.0) / (hits * misses))


def first_share(score: Floats, share: float) -> npt.NDArray[np.int64]:
    """Return the rows of the first ``share`` of a ranking, at least one; equal scores in the order of rows.

    Example:
        >>> first_share(np.array([0.1, 0.9, 0.5, 0.2]), 0.5).tolist()
        [1, 2]
    """
    count = max(1, round(share * len(score)))
    return np.argsort(-score, kind="stable")[:count].astype(np.int64)


def resample_interval(
    *, groups: npt.NDArray[np.int64], measure: Measure, seed: int = 1, resamples: int = 200
) -> tuple[float, float]:
    """Return the 95 % interval of a measure when whole groups are drawn again.

    Args:
        groups: of each row, shape (N,).
        measure: rows -> figure.
        seed: of the draws.
        resamples: how many.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(groups, kind="stable")
    _, starts = np.unique(groups[order], return_index=True)
    members = np.split(order, starts[1:])
    figures = []
    for _ in range(resamples):
        drawn = rng.integers(len(members), size=len(members))
        figures.append(measure(np.concatenate([members[at] for at in drawn])))
    low, high = np.nanquantile(figures, [0.025, 0.975])
    return float(low), float(high)
