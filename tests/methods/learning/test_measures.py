"""Measures of a ranking, against numbers a person can check."""

import numpy as np
import pytest

from lamplighter.methods.learning.measures import (
    area_under_curve,
    average_precision,
    first_share,
    resample_interval,
)

HITS = np.array([True, False, True, False])
SCORE = np.array([0.9, 0.8, 0.7, 0.1])


class TestMeasures:
    def test_average_precision_is_the_mean_of_the_precisions_at_each_hit(self):
        assert average_precision(is_hit=HITS, score=SCORE) == pytest.approx((1 / 1 + 2 / 3) / 2)

    def test_average_precision_of_equal_scores_is_the_share_of_hits(self):
        assert average_precision(is_hit=HITS, score=np.ones(4)) == 0.5

    def test_auc_counts_pairs_in_order_and_ties_as_half(self):
        assert area_under_curve(is_hit=HITS, score=SCORE) == 0.75
        assert area_under_curve(is_hit=HITS, score=np.ones(4)) == 0.5

    def test_the_first_share_has_at_least_one(self):
        assert first_share(SCORE, 0.01).tolist() == [0]

    def test_the_interval_holds_the_figure_and_is_wider_when_rows_come_in_groups(self):
        rng = np.random.default_rng(1)
        values = np.repeat(rng.normal(size=40), 10)

        def mean(rows):
            return float(values[rows].mean())

        single = resample_interval(groups=np.arange(400), measure=mean)
        grouped = resample_interval(groups=np.repeat(np.arange(40), 10), measure=mean)

        assert single[0] < values.mean() < single[1]
        assert grouped[1] - grouped[0] > 2 * (single[1] - single[0])
