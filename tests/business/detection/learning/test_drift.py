"""Drift: what has moved since the model was trained."""

import numpy as np

from lamplighter.business.detection.learning.drift import describe_features, measure_drift

NAMES = ("balance_z", "meter_neutral", "shape_zero_days")


def draw(seed, count=4000):
    return np.random.default_rng(seed).normal(size=(count, 3))


class TestDrift:
    def test_is_small_between_two_draws_of_one_company(self):
        reference = describe_features(draw(1), names=NAMES)

        assert max(one.index for one in measure_drift(reference, draw(2), names=NAMES)) < 0.02

    def test_names_the_score_that_moved_first(self):
        later = draw(2)
        later[:, 1] += 1.5

        found = measure_drift(describe_features(draw(1), names=NAMES), later, names=NAMES)

        assert (found[0].name, found[0].index > 0.25) == ("meter_neutral", True)

    def test_notices_readings_that_no_longer_arrive(self):
        later = draw(2)
        later[: len(later) // 2, 0] = np.nan

        found = measure_drift(describe_features(draw(1), names=NAMES), later, names=NAMES)[0]

        assert (found.name, found.missing_then, found.missing_now) == ("balance_z", 0.0, 0.5)
        assert found.index > 0.25

    def test_reads_counts_with_few_values(self):
        then = np.repeat([[0.0, 0.0, 0.0], [1.0, 0.0, 2.0]], [90, 10], axis=0)

        found = measure_drift(describe_features(then, names=NAMES), then, names=NAMES)

        assert [one.index for one in found] == [0.0, 0.0, 0.0]

    def test_leaves_out_scores_the_model_never_saw(self):
        found = measure_drift(describe_features(draw(1)[:, :1], names=NAMES[:1]), draw(2), names=NAMES)

        assert [one.name for one in found] == ["balance_z"]
