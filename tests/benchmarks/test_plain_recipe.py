"""The plain recipe's measuring: whole groups, no label read where it must not be."""

import numpy as np
import pytest
from benchmarks.plain_recipe import PlainTable, cross_validate, folds_of
from sklearn.metrics import roc_auc_score


@pytest.fixture
def table() -> tuple[PlainTable, np.ndarray, list[str]]:
    """600 accounts of 30 areas; the first feature tells thieves, the second is their row."""
    rng = np.random.default_rng(5)
    is_theft = rng.uniform(size=600) < 0.1
    values = np.column_stack([is_theft + rng.normal(0, 0.3, 600), np.arange(600.0)])
    ids = np.array([f"C{row:03d}" for row in range(600)], dtype=object)
    areas = [f"A{row // 20:02d}" for row in range(600)]
    table = PlainTable(ids, np.array(areas, dtype=object), np.full(600, "", dtype=object), ("shape.a", "x.row"), values)
    return table, is_theft, areas


class TestFolds:
    def test_never_divide_a_group(self):
        groups = [f"A{row % 13}" for row in range(200)]

        fold = folds_of(groups, seed=1)

        assert all(len({fold[row] for row in range(200) if groups[row] == name}) == 1 for name in set(groups))
        assert set(fold.tolist()) == {0, 1, 2, 3, 4}


class TestCrossValidate:
    def test_finds_what_the_features_tell(self, table):
        features, is_theft, areas = table

        scores = cross_validate(features, is_theft, areas, seed=1)

        assert roc_auc_score(is_theft, scores) > 0.85

    def test_finds_nothing_in_permuted_labels(self, table):
        features, is_theft, areas = table
        drawn = np.random.default_rng(6)

        found = []
        for _ in range(3):
            permuted = drawn.permutation(is_theft)
            found.append(roc_auc_score(permuted, cross_validate(features, permuted, areas, seed=1)))

        assert np.mean(found) == pytest.approx(0.5, abs=0.08)

    def test_never_trains_on_what_is_held_out(self, table):
        features, is_theft, areas = table
        wrong = is_theft.copy()
        held_out = np.zeros(600, bool)
        held_out[::3] = True
        wrong[held_out] = ~wrong[held_out]  # were they trained on, the scores would follow

        right, other = (
            cross_validate(features, labels, areas, seed=1, held_out=held_out) for labels in (is_theft, wrong)
        )

        np.testing.assert_array_equal(right, other)
