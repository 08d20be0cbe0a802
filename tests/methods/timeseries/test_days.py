"""One pass over day vectors."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lamplighter.methods.timeseries.days import day_extremes, greatest_three, summarise_days

NAN = np.nan
VALUES = st.one_of(st.just(NAN), st.integers(-3, 9).map(float))


def summary(days, *, limit=5.0, count=None):
    values = np.asarray(days, np.float32)
    counts = np.full(values.shape[1], count or values.shape[2], np.int16)
    return summarise_days(values, slot_counts=counts, limits=np.full(len(values), limit, np.float32))


class TestSummary:
    def test_agrees_with_numpy_on_any_day(self):
        @settings(max_examples=60, deadline=None)
        @given(arrays(np.float32, (2, 3, 6), elements=VALUES))
        def check(values):
            found = summary(values)
            known = ~np.isnan(values)
            np.testing.assert_array_equal(found.present, known.sum(axis=2))
            np.testing.assert_array_equal(found.low_count, (values < 0).sum(axis=2))
            np.testing.assert_array_equal(found.high_count, (values > 5).sum(axis=2))
            with_value = known.any(axis=2)
            np.testing.assert_allclose(found.total[with_value], np.nansum(values, axis=2)[with_value])
            assert np.isnan(found.total[~with_value]).all()
            ranked = -np.sort(np.where(known, -values, np.inf), axis=2)
            np.testing.assert_array_equal(found.peak[with_value], ranked[with_value][:, 0])
            has_three = known.sum(axis=2) >= 3
            np.testing.assert_array_equal(found.third[has_three], ranked[has_three][:, 2])

        check()

    def test_names_the_first_slot_of_each_thing(self):
        found = summary([[[1, NAN, -1, 9, 9, NAN]]])

        assert [int(a[0, 0]) for a in (found.missing_slot, found.low_slot, found.high_slot, found.peak_slot)] == [
            1,
            2,
            3,
            3,
        ]

    def test_sees_steps_over_midnight(self):
        found = summary([[[1, 1], [7, 7]]])

        assert (float(found.step[0, 1]), int(found.step_slot[0, 1])) == (6.0, 0)

    def test_counts_zeros_over_midnight(self):
        found = summary([[[1, 0, 0], [0, 0, 1]]])

        assert found.zero_run[0].tolist() == [2, 4]

    def test_breaks_a_run_of_zeros_at_a_hole(self):
        found = summary([[[0, NAN, 0]]])

        assert found.zero_run[0, 0] == 1

    def test_knows_a_repeated_day_only_when_it_varies(self):
        days = [[[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]]]

        assert summary(days, limit=9).is_repeat[0].tolist() == [False, True, False, False]

    def test_looks_no_further_than_the_slots_a_day_has(self):
        found = summary([[[1, 1, 8]]], count=2)

        assert (float(found.total[0, 0]), int(found.beyond[0, 0]), int(found.high_count[0, 0])) == (2.0, 1, 0)


class TestGreatestThree:
    def test_are_fewer_where_fewer_are_known(self):
        assert greatest_three(np.array([[[2, NAN, 5]]], np.float32))[0, 0, :2].tolist() == [5.0, 2.0]
        assert np.isnan(greatest_three(np.array([[[2, NAN, 5]]], np.float32))[0, 0, 2])


class TestExtremes:
    def test_of_nothing_are_unknown(self):
        low, high, count = day_extremes(np.full((1, 1, 4), NAN, np.float32))

        assert np.isnan(low[0, 0])
        assert np.isnan(high[0, 0])
        assert count[0, 0] == 0
