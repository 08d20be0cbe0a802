"""Weighing sets of causes against one another, on columns small enough to see through."""

import numpy as np
import pytest

from lamplighter.business.line_loss.rules.explanation.mixture import Columns, average_models, mixture_quantile

NOTHING = Columns(np.zeros((4, 0)), np.zeros(0), np.zeros(0))


def weigh(target, columns, *, odds, groups=None, always=NOTHING, noise=0.1, positive=False):
    design = np.array(columns, float).T
    count = design.shape[1]
    return average_models(
        target=np.array(target, float),
        noise=np.full(len(target), noise),
        always=always,
        candidates=Columns(design, np.zeros(count), np.full(count, 3.0)),
        log_odds=np.full(count, odds),
        groups=groups or [-1] * count,
        is_positive=np.full(count, positive),
    )


class TestSetsOfCauses:
    def test_believes_the_column_that_explains(self):
        models = weigh([1, 2, 3, 4], [[1, 2, 3, 4], [1, -1, 1, -1]], odds=-2.0)

        assert models[0].acting == (0,)
        assert models[0].mean[0] == pytest.approx(1.0, abs=0.05)

    def test_shares_the_weight_between_two_causes_that_look_the_same(self):
        # One column twice: nobody can say which, so each has half, and never both with certainty.
        models = weigh([1, 2, 3, 4], [[1, 2, 3, 4], [1, 2, 3, 4]], odds=-2.0, groups=[1, 1])
        chance = [sum(model.weight for model in models if place in model.acting) for place in (0, 1)]

        assert chance == pytest.approx([0.5, 0.5], abs=1e-6)

    def test_keeps_causes_of_one_group_apart(self):
        models = weigh([3, 3, 3, 3], [[1, 1, 1, 1], [2, 2, 2, 2]], odds=0.0, groups=[7, 7])

        assert all(len(model.acting) <= 1 for model in models)

    def test_never_lets_a_cause_that_only_takes_give_back(self):
        models = weigh([-1, -2, -3, -4], [[1, 2, 3, 4]], odds=5.0, positive=True)

        assert models[0].acting == ()

    def test_leaves_a_small_rest_to_what_always_acts(self):
        always = Columns(np.ones((4, 1)), np.zeros(1), np.ones(1))
        models = weigh([0.2, 0.2, 0.2, 0.2], [[1, 2, 3, 4]], odds=-4.0, always=always)

        assert models[0].acting == ()
        assert models[0].mean[0] == pytest.approx(0.2, abs=0.01)

    def test_gives_what_least_squares_with_a_prior_gives(self):
        # A column of ones, N(0, 1), noise 1, four values of 5: mean 4 x 5 / (4 + 1) = 4, variance 1 / 5.
        always = Columns(np.ones((4, 1)), np.zeros(1), np.ones(1))
        only = average_models(
            target=np.full(4, 5.0), noise=np.ones(4), always=always, candidates=NOTHING, log_odds=np.zeros(0),
            groups=[],
            is_positive=np.zeros(0, bool),
        )[0]  # fmt: skip

        assert only.mean[0] == pytest.approx(4.0)
        assert only.covariance[0, 0] == pytest.approx(0.2)


class TestQuantile:
    def test_of_two_far_apart_lies_in_one_of_them(self):
        low = mixture_quantile(
            weights=np.array([0.5, 0.5]), means=np.array([0.0, 100.0]), deviations=np.ones(2), share=0.25
        )

        assert low == pytest.approx(0.0, abs=0.01)
