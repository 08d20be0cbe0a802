import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from lamplighter.base.engine.answers import AnswerNotPortable, settle_types


class TestSettleTypes:
    @pytest.mark.parametrize(
        ("given", "settled"),
        [
            (pa.array([3], pa.int32()), pa.int64()),
            (pa.array([Decimal(3)], pa.decimal128(38, 0)), pa.int64()),
            (pa.array([Decimal("0.5")], pa.decimal128(14, 6)), pa.float64()),
            (pa.array([0.5], pa.float32()), pa.float64()),
            (pa.array(["A1"]).dictionary_encode(), pa.string()),
            (pa.array(["A1"], pa.large_string()), pa.string()),
            (pa.array([dt.date(2025, 3, 30)], pa.date32()), pa.date32()),
            (pa.array([True]), pa.bool_()),
        ],
    )
    def test_keeps_the_value_in_the_type_of_the_port(self, given: pa.Array, settled: pa.DataType) -> None:
        column = settle_types(pa.table({"x": given})).column("x")

        assert column.type == settled
        assert column.to_pylist() == given.to_pylist()

    def test_tells_an_instant_with_a_zone_in_utc(self) -> None:
        noon = pa.array([dt.datetime(2025, 3, 30, 10, 0)], pa.timestamp("us", "Europe/Berlin"))

        (told,) = settle_types(pa.table({"at": noon})).column("at").to_pylist()

        assert told == dt.datetime(2025, 3, 30, 10, 0)

    def test_keeps_null_and_nan_apart(self) -> None:
        first, second = settle_types(pa.table({"kwh": pa.array([None, float("nan")], pa.float32())})).column("kwh")

        assert not first.is_valid
        assert second.as_py() != second.as_py()

    def test_refuses_a_difference_of_instants_which_engines_type_each_in_their_way(self) -> None:
        apart = pa.array([dt.timedelta(hours=1)], pa.duration("us"))

        with pytest.raises(AnswerNotPortable, match="late_by"):
            settle_types(pa.table({"late_by": apart}))
