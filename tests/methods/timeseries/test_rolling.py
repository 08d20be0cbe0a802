"""Figures over the days before a day."""

import numpy as np
import pytest

from lamplighter.methods.timeseries.rolling import run_lengths, trailing_max, trailing_mean, trailing_share

NAN = np.nan


class TestTrailingFigures:
    def test_never_see_the_day_itself(self):
        values = np.array([[1.0, 1.0, 100.0]])

        assert trailing_mean(values, days=9, least=1)[0, 2] == 1.0
        assert trailing_max(values, days=9, least=1)[0, 2] == 1.0

    def test_look_back_no_further_than_asked(self):
        values = np.array([[9.0, 1.0, 1.0, 0.0]])

        assert trailing_max(values, days=2, least=1)[0, 3] == 1.0
        assert trailing_mean(values, days=2, least=1)[0, 3] == 1.0

    def test_want_enough_days(self):
        values = np.array([[1.0, NAN, 1.0, 0.0]])

        assert np.isnan(trailing_mean(values, days=3, least=3)[0, 3])
        assert trailing_mean(values, days=3, least=2)[0, 3] == 1.0

    def test_with_no_lag_include_the_day(self):
        assert trailing_mean(np.array([[1.0, 3.0]]), days=2, least=2, lag=0)[0, 1] == 2.0

    def test_do_not_depend_on_where_the_array_begins(self):
        rng = np.random.default_rng(1)
        values = rng.normal(size=(3, 80)) * 1e6

        whole = trailing_mean(values, days=7, least=1)[:, 40:]
        part = trailing_mean(values[:, 33:], days=7, least=1)[:, 7:]

        np.testing.assert_array_equal(whole, part)


class TestShare:
    @pytest.mark.parametrize(("days", "share"), [(1, 0.0), (2, 0.5), (4, 0.75)])
    def test_is_of_the_days_before(self, days, share):
        holds = np.array([[True, True, True, False, True]])

        assert trailing_share(holds, days=days)[0, 4] == share


class TestRuns:
    def test_begin_anew_after_a_break(self):
        assert run_lengths(np.array([[True, False, True, True, True]]))[0].tolist() == [1, 0, 1, 2, 3]
