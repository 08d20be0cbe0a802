"""AN-34 and AN-35."""

from dataclasses import replace

import numpy as np
import pytest

from tests.business.detection.anomalies.seeing import see, spells


def one(value: float) -> np.ndarray:
    return np.array([value])


class TestRatioDoubtful:
    @pytest.mark.parametrize(
        ("slope", "count"), [(1.09, 1), (1.11, 0), (0.54, 1), (0.31, 1), (2.0, 1), (0.42, 0), (0.0, 0)]
    )
    def test_is_a_slope_near_what_a_wrong_ratio_loses(self, slope, count):
        seen = replace(see(multiplier=20.0), loss_slope=one(slope), loss_r2=one(0.9), loss_days=one(40.0))

        assert len(spells("AN-34", seen)) == count

    @pytest.mark.parametrize(("r2", "days", "count"), [(0.61, 30, 1), (0.6, 30, 0), (0.9, 29, 0)])
    def test_needs_a_good_fit_over_a_month(self, r2, days, count):
        seen = replace(see(multiplier=20.0), loss_slope=one(1.0), loss_r2=one(r2), loss_days=one(days))

        assert len(spells("AN-34", seen)) == count


class TestAreaDoubtful:
    @pytest.mark.parametrize(
        ("own", "other", "count"), [(0.49, 0.7, 1), (0.5, 0.9, 0), (0.3, 0.49, 0), (np.nan, 0.9, 0)]
    )
    def test_is_a_voltage_that_moves_with_a_neighbours_transformer(self, own, other, count):
        seen = replace(see(), own_correlation=one(own), best_correlation=one(other))

        assert spells("AN-35", seen) == [(33, 39)] * count
