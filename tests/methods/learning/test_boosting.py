"""Boosted trees: they keep directions, and the same examples give the same trees."""

import numpy as np
import pytest

from lamplighter.methods.learning.boosting import Boosted, Growth, grow

SMALL = Growth(rounds=30, leaves=6, least_rows=5)


def examples(seed=1, count=400):
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(count, 2))
    # Rises with the first column but for a dip, which a held direction must smooth over.
    chance = np.where((x[:, 0] > 0.5) & (x[:, 0] < 0.6), 0.1, 0.2 + 0.6 * x[:, 0])
    return x, (rng.uniform(size=count) < chance).astype(float)


class TestGrow:
    def test_never_falls_with_a_feature_that_may_only_rise(self):
        x, y = examples()
        line = np.column_stack([np.linspace(0, 1, 101), np.full(101, 0.5)])

        held = grow(features=x, target=y, directions=[1, 0], growth=SMALL).raw(line)
        free = grow(features=x, target=y, directions=[0, 0], growth=SMALL).raw(line)

        assert (np.diff(held) >= 0).all()
        assert (np.diff(free) < 0).any()

    def test_does_not_depend_on_when_it_was_grown(self):
        x, y = examples()

        first, second = (grow(features=x, target=y, directions=[1, 0], growth=SMALL) for _ in range(2))

        assert first.stages == second.stages

    def test_adds_up_with_the_stage_before(self):
        x, y = examples()
        before = grow(features=x, target=y, directions=[1, 0], growth=SMALL)
        after = grow(features=x, target=y, directions=[1, 0], growth=SMALL, start=before.raw(x))

        both = before.followed_by(after)

        assert both.raw(x) == pytest.approx(before.raw(x) + after.raw(x))

    def test_shares_a_sum_out_among_features(self):
        x, y = examples()
        trees = grow(features=x, target=y, directions=[1, 0], growth=SMALL)

        assert trees.contributions(x).sum(axis=1) == pytest.approx(trees.raw(x))

    def test_takes_a_missing_value_as_it_is(self):
        x, y = examples()
        trees = grow(features=x, target=y, directions=[1, 0], growth=SMALL)

        assert np.isfinite(trees.raw(np.full((1, 2), np.nan))).all()

    def test_refuses_examples_of_one_kind(self):
        with pytest.raises(ValueError, match="nothing to tell apart"):
            grow(features=np.zeros((5, 1)), target=np.ones(5), directions=[0])

    def test_says_nothing_without_trees(self):
        assert Boosted(()).raw(np.zeros((2, 3))).tolist() == [0.0, 0.0]
