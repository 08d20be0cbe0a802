"""Boosted trees that may only rise (or fall) with a feature: LightGBM, one thread, the same result every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import lightgbm

Floats = npt.NDArray[np.float64]
Objective = Literal["binary", "tweedie"]


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown.

    Attributes:
        rounds: number of trees.
        leaves: most leaves of a tree.
        rate: share of each tree that counts.
        least_rows: fewest rows of a leaf.
        feature_share: share of the features each tree may look at.
        row_share: share of the rows each tree is grown on.
        ridge: L2 penalty of leaf values.
        seed: of both draws.
    """

    rounds: int = 300
    leaves: int = 15
    rate: float = 0.04
    least_rows: int = 20
    feature_share: float = 0.5
    row_share: float = 0.8
    ridge: float = 5.0
    seed: int = 1


@dataclass(frozen=True)
class Boosted:
    """Grown trees, in one or several stages that add up.

    Attributes:
        stages: LightGBM's own text of each stage: what is stored.
    """

    stages: tuple[str, ...]

    @cached_property
    def _boosters(self) -> tuple[lightgbm.Booster, ...]:
        # Seconds to import, with all that it imports; most commands and pages ask no tree.
        import lightgbm

        return tuple(lightgbm.Booster(model_str=text) for text in self.stages)

    def raw(self, features: Floats) -> Floats:
        """Return the sum of the trees for each row, shape (N,): log-odds of "binary", log of the mean of "tweedie"."""
        total = np.zeros(len(features))
        for booster in self._boosters if len(features) else ():
            total += np.asarray(booster.predict(features, raw_score=True, num_threads=1), np.float64)
        return total

    def contributions(self, features: Floats) -> Floats:
        """Return what each feature adds to the raw sum (SHAP), shape (N, F + 1); the last column is the mean."""
        total = np.zeros((len(features), features.shape[1] + 1))
        for booster in self._boosters if len(features) else ():
            total += np.asarray(booster.predict(features, pred_contrib=True, num_threads=1), np.float64)
        return total

    def followed_by(self, later: Boosted) -> Boosted:
        """Return both as one: the later trees were grown on what these left over."""
        return Boosted((*self.stages, *later.stages))


def grow(
    *,
    features: Floats,
    target: Floats,
    directions: Sequence[int],
    objective: Objective = "binary",
    growth: Growth | None = None,
    weight: Floats | None = None,
    start: Floats | None = None,
) -> Boosted:
    """Return trees grown on examples.

    Args:
        features: shape (N, F), NaN = not available: a tree decides which way such a row goes.
        target: shape (N,): 0 or 1 for "binary", zero or more for "tweedie".
        directions: for each feature +1 (the result may only rise with it), −1 (only fall) or 0.
        objective: log-loss of a share, or Tweedie deviance of an amount that is often zero.
        growth: how trees are grown.
        weight: of each row, shape (N,).
        start: raw sum the trees add to, shape (N,): what is known already.

    Raises:
        ValueError: an empty or one-sided target: there is nothing to tell apart.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x = rng.uniform(size=(400, 1))
        >>> trees = grow(features=x, target=(x[:, 0] > 0.5).astype(float), directions=[1], growth=Growth(rounds=40))
        >>> low, high = trees.raw(np.array([[0.1], [0.9]]))
        >>> bool(low < 0.0 < high)
        True
    """
    if len(target) == 0 or (objective == "binary" and np.unique(target).size < 2):
        raise ValueError(
            f"{len(target)} examples with {np.unique(target).size} kinds of answer: nothing to tell apart."
        )
    import lightgbm

    growth = growth or Growth()
    data = lightgbm.Dataset(
        features, label=target, weight=weight, init_score=start, params={"verbosity": -1}, free_raw_data=True
    )
    parameters = {
        "objective": objective,
        "num_leaves": growth.leaves,
        "learning_rate": growth.rate,
        "min_data_in_leaf": growth.least_rows,
        "feature_fraction": growth.feature_share,
        "bagging_fraction": growth.row_share,
        "bagging_freq": 1 if growth.row_share < 1.0 else 0,
        "lambda_l2": growth.ridge,
        "monotone_constraints": list(directions),
        "seed": growth.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    if objective == "tweedie":
        parameters["tweedie_variance_power"] = 1.5
    # LightGBM leaves the mean out where a start is given, so that it is counted once.
    booster = lightgbm.train(parameters, data, num_boost_round=growth.rounds)
    return Boosted((booster.model_to_string(),))
