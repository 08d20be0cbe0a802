"""Calibration: a told share comes true."""

import numpy as np
import pytest

from lamplighter.methods.learning.calibration import (
    BetaCalibration,
    calibration_error,
    estimate_prior,
    fit_beta,
    fit_isotonic,
    from_record,
    shift_prior,
    to_record,
)


def overconfident(count, seed):
    """Log-odds told three times as far from even as they come true."""
    rng = np.random.default_rng(seed)
    true = rng.normal(-2.0, 1.0, size=count)
    return 3.0 * true, rng.uniform(size=count) < 1.0 / (1.0 + np.exp(-true))


class TestCalibration:
    @pytest.mark.parametrize("fit", [fit_beta, fit_isotonic])
    def test_mends_scores_that_are_too_sure(self, fit):
        raw, hits = overconfident(8000, seed=1)
        later, come_true = overconfident(8000, seed=2)

        before = calibration_error(share=1.0 / (1.0 + np.exp(-later)), is_hit=come_true)
        after = calibration_error(share=fit(raw=raw, is_hit=hits).apply(later), is_hit=come_true)

        assert before > 0.05
        assert after < 0.02

    def test_keeps_the_order(self):
        raw, hits = overconfident(500, seed=3)

        share = fit_beta(raw=raw, is_hit=hits).apply(np.linspace(-9, 3, 50))

        assert (np.diff(share) >= 0).all()

    def test_survives_being_written_down(self):
        raw, hits = overconfident(300, seed=4)
        for found in (fit_beta(raw=raw, is_hit=hits), fit_isotonic(raw=raw, is_hit=hits)):
            assert from_record(to_record(found)) == found

    def test_never_says_impossible_or_certain(self):
        sure = BetaCalibration(a=1.0, b=1.0, c=0.0).apply(np.array([-500.0, 500.0]))

        assert sure.tolist() == [1e-4, 0.995]


class TestPrior:
    def test_moves_a_share_by_the_odds_of_the_two_populations(self):
        # Odds 1:1 where 1 in 11 steal (odds 0.1) are odds 0.2 where 1 in 51 do (odds 0.02).
        assert shift_prior(np.array([0.5]), learned=1 / 11, wanted=1 / 51)[0] == pytest.approx(1 / 6)

    def test_reads_the_share_of_hits_off_a_population_without_labels(self):
        rng = np.random.default_rng(5)
        is_hit = rng.uniform(size=20_000) < 0.02
        x = rng.normal(np.where(is_hit, 2.0, 0.0), 1.0)
        told_where_one_in_ten = 1.0 / (1.0 + np.exp(-(2.0 * x - 2.0 + np.log(0.1 / 0.9))))

        found = estimate_prior(told_where_one_in_ten, learned=0.1, least=0.001, most=0.5)

        assert found == pytest.approx(is_hit.mean(), abs=0.005)

    def test_stays_within_what_is_believed(self):
        assert estimate_prior(np.full(50, 0.9), learned=0.1, least=0.005, most=0.12) == 0.12
