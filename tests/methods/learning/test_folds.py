"""Folds: what belongs together stays together."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.methods.learning.folds import join_groups, split_folds


class TestJoinGroups:
    def test_joins_areas_that_share_a_household(self):
        area = np.array(["A1", "A2", "A2", "A3"])
        household = np.array(["h1", "h1", "h2", "h3"])

        assert join_groups([area, household]).tolist() == [0, 0, 0, 1]

    def test_lets_rows_without_a_word_join_nobody(self):
        assert len(set(join_groups([np.array(["", "", "A1"]), np.array(["h1", "h2", "h3"])]).tolist())) == 3


class TestSplitFolds:
    @given(st.lists(st.integers(0, 12), min_size=5, max_size=60), st.integers(0, 5))
    @settings(max_examples=50, deadline=None)
    def test_never_cuts_a_group(self, groups, seed):
        numbers = np.array(groups)

        fold = split_folds(numbers, folds=3, seed=seed)

        for group in set(groups):
            assert len(set(fold[numbers == group].tolist())) == 1

    def test_makes_folds_of_like_size(self):
        fold = split_folds(np.repeat(np.arange(30), 4), folds=5, seed=1)

        assert np.bincount(fold).tolist() == [24] * 5
