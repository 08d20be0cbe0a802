import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.journeys.engine_comparison import compare_tables

NAN, INF = float("nan"), float("inf")


def numbers(*values: float | None) -> pa.Table:
    return pa.table({"loss_kwh": pa.array(values, pa.float64(), from_pandas=False)})


class TestCompareTables:
    def test_says_how_far_numbers_lie_apart_at_most(self) -> None:
        found = compare_tables("out_x", numbers(100.0, 3.0), numbers(100.0 + 5e-8, 3.0))

        assert found.is_equal
        assert found.greatest == pytest.approx(5e-10)

    def test_finds_a_number_that_differs_by_more_than_a_billionth_of_it(self) -> None:
        found = compare_tables("out_x", numbers(100.0, 3.0), numbers(100.0 + 2e-7, 3.0))

        assert not found.is_equal
        assert found.unequal == {"loss_kwh": 1}

    @pytest.mark.parametrize("value", [None, NAN, INF, -INF, 0.0])
    def test_finds_each_kind_of_no_number_the_same_as_itself_only(self, value: float | None) -> None:
        for other in (None, NAN, INF, -INF, 0.0):
            is_same = value is other or value == other
            assert compare_tables("out_x", numbers(value), numbers(other)).is_equal is is_same, other

    def test_does_not_meet_rows_of_lakes_that_have_different_counts(self) -> None:
        found = compare_tables("out_x", numbers(1.0, 2.0), numbers(1.0))

        assert (found.is_equal, found.rows, found.other_rows) == (False, 2, 1)

    def test_compares_words_days_and_truth_exactly(self) -> None:
        one = pa.table({"area_id": ["A", "B"], "on_date": [dt.date(2025, 1, 1)] * 2, "is_computable": [True, False]})
        other = pa.table({"area_id": ["A", "b"], "on_date": [dt.date(2025, 1, 2)] * 2, "is_computable": [True, True]})

        assert compare_tables("out_x", one, other).unequal == {"area_id": 1, "on_date": 2, "is_computable": 1}

    def test_compares_curves_slot_by_slot(self) -> None:
        def curves(*values: list[float | None] | None) -> pa.Table:
            return pa.table({"values": pa.array(values, pa.list_(pa.float32()), from_pandas=False)})

        one = curves([1.0, 2.0, NAN], [1.0], None, [4.0, None])

        assert compare_tables("core_x", one, curves([1.0, 2.0, NAN], [1.0], None, [4.0, None])).is_equal
        assert compare_tables("core_x", one, curves([1.0, 2.5, NAN], [1.0], None, [4.0, 0.0])).unequal == {"values": 2}
        assert compare_tables("core_x", one, curves([1.0, 2.0, NAN], [1.0, 1.0], [], [4.0, None])).unequal == {
            "values": 2
        }

    def test_finds_a_column_of_another_type(self) -> None:
        one, other = pa.table({"n": pa.array([1, 2], pa.int32())}), pa.table({"n": pa.array([1, 2], pa.int64())})

        assert compare_tables("out_x", one, other).unequal == {"n": 2}

    def test_finds_one_cell_among_many(self) -> None:
        values = np.arange(1.0, 10_001.0)
        bent = values.copy()
        bent[7_777] *= 1.001
        found = compare_tables("out_x", pa.table({"x": values}), pa.table({"x": bent}))

        assert found.unequal == {"x": 1}
        assert found.greatest == pytest.approx(0.001, rel=1e-2)
