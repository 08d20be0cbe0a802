"""The types in which a relation answers, the same from every engine."""

from __future__ import annotations

import pyarrow as pa

_INSTANT = pa.timestamp("us")


class AnswerNotPortable(TypeError):
    """A relation gives a column that the engines do not give alike: a defect of the relation."""

    def __init__(self, column: str, kind: pa.DataType) -> None:
        self.column, self.kind = column, kind
        super().__init__(
            f"1 column of a relation's answer, {column}, is {kind}, which no two engines give alike. "
            "Cast it in the SQL: a difference of days or instants to a number of days or seconds."
        )


def settle_types(answer: pa.Table) -> pa.Table:
    """Return an engine's answer in the port's types, so that what reads it need not know which engine gave it.

    DuckDB sums whole numbers to ``decimal(38, 0)`` and Spark to ``bigint``; one gives a mean of decimals as a float,
    the other as a decimal; cutting a date to its month gives an instant without a zone here and with one there. So:
    whole numbers come as int64, all other numbers as float64, instants as microseconds of UTC without a zone, words as
    plain strings, days and truth values as they are. NULL stays NULL and NaN stays NaN.

    Raises:
        AnswerNotPortable: a column is of none of these kinds.

    Example:
        >>> counted = pa.table({"count": pa.array([3], pa.int32()), "kwh": pa.array([0.5], pa.float32())})
        >>> [str(kind) for kind in settle_types(counted).schema.types]
        ['int64', 'double']
    """
    fields = [pa.field(field.name, _settled(field)) for field in answer.schema]
    columns = [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(answer.columns, fields, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def _settled(field: pa.Field) -> pa.DataType:
    kind = field.type
    types = pa.types
    if types.is_integer(kind) or (types.is_decimal(kind) and kind.scale == 0):
        return pa.int64()
    if types.is_floating(kind) or types.is_decimal(kind):
        return pa.float64()
    if types.is_timestamp(kind):
        return _INSTANT
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind) or types.is_dictionary(kind):
        return pa.string()
    if types.is_boolean(kind) or types.is_date32(kind):
        return kind
    raise AnswerNotPortable(field.name, kind)
