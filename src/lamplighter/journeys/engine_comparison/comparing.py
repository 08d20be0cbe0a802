"""Holding two states of results against each other, cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance.contract import Contract, Versions
from lamplighter.base.lake import Snapshot
from lamplighter.journeys.nightly_run.contracts import CONTRACTS

TOLERANCE = 1e-9
"""Relative difference up to which two numbers are the same: engines add up in different orders."""


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table in both lakes.

    Attributes:
        table: its name.
        rows: rows in the first lake.
        other_rows: rows in the other.
        greatest: greatest relative difference of two numbers in the same cell.
        unequal: column -> cells that are not the same; columns without any are left out. Empty where the counts of rows
            differ already.
    """

    table: str
    rows: int
    other_rows: int
    greatest: float
    unequal: Mapping[str, int]

    @property
    def is_equal(self) -> bool:
        """Both lakes say the same in this table."""
        return self.rows == self.other_rows and not self.unequal


def compare_lakes(one: Snapshot, other: Snapshot) -> list[TableComparison]:
    """Return the comparison of every table of results, in the order of their names.

    Rows are met in the order of the table's key. The instant of the run is compared like any other column: give both
    runs the same.
    """
    results = sorted(
        (contract for contract in CONTRACTS.values() if contract.versions is Versions.RUN), key=lambda c: c.name
    )
    return [_compare_contract(contract, one, other) for contract in results]


def _compare_contract(contract: Contract, one: Snapshot, other: Snapshot) -> TableComparison:
    # A month at a time: the curves of a company need not fit in memory twice.
    months = sorted({*one.months(contract), *other.months(contract)})
    found = [
        compare_tables(contract.name, one.read(contract, months=[month]), other.read(contract, months=[month]))
        for month in months
    ]
    unequal: dict[str, int] = {}
    for part in found:
        for column, count in part.unequal.items():
            unequal[column] = unequal.get(column, 0) + count
    return TableComparison(
        table=contract.name,
        rows=sum(part.rows for part in found),
        other_rows=sum(part.other_rows for part in found),
        greatest=max((part.greatest for part in found), default=0.0),
        unequal=unequal,
    )


def compare_tables(name: str, one: pa.Table, other: pa.Table) -> TableComparison:
    """Compare two tables of the same columns, row by row.

    Numbers are the same when they differ by at most `TOLERANCE` of the larger; words, days, instants and truth values
    when they are equal. NULL is the same as NULL only, NaN as NaN only, an infinity as itself.

    Example:
        >>> mine = pa.table({"area_id": ["A", "B"], "loss_kwh": [1.0, None]})
        >>> theirs = pa.table({"area_id": ["A", "B"], "loss_kwh": [1.1, float("nan")]})
        >>> found = compare_tables("out_area_loss_daily", mine, theirs)
        >>> dict(found.unequal), round(found.greatest, 3)
        ({'loss_kwh': 2}, 0.091)
    """
    if one.num_rows != other.num_rows:
        return TableComparison(name, one.num_rows, other.num_rows, 0.0, {})
    unequal: dict[str, int] = {}
    greatest = 0.0
    for column in one.column_names:
        count, most = _compare_columns(one.column(column).combine_chunks(), other.column(column).combine_chunks())
        greatest = max(greatest, most)
        if count:
            unequal[column] = count
    return TableComparison(name, one.num_rows, other.num_rows, greatest, unequal)


def _compare_columns(one: pa.Array, other: pa.Array) -> tuple[int, float]:
    """Return the number of cells that are not the same, and the greatest relative difference of numbers."""
    if one.type != other.type:
        return len(one), 0.0
    both = pc.and_(pc.is_valid(one), pc.is_valid(other))
    count = int(pc.sum(pc.xor(pc.is_valid(one), pc.is_valid(other))).as_py() or 0)
    one, other = one.filter(both), other.filter(both)
    if pa.types.is_list(one.type):
        lengths = pc.equal(pc.list_value_length(one), pc.list_value_length(other))
        count += lengths.false_count
        inner, greatest = _compare_columns(one.filter(lengths).flatten(), other.filter(lengths).flatten())
        return count + inner, greatest
    if pa.types.is_floating(one.type):
        differences = relative_differences(
            one.cast(pa.float64()).to_numpy(zero_copy_only=False),
            other.cast(pa.float64()).to_numpy(zero_copy_only=False),
        )
        finite = differences[np.isfinite(differences)]
        return count + int((differences > TOLERANCE).sum()), float(finite.max(initial=0.0))
    return count + pc.equal(one, other).false_count, 0.0


def relative_differences(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how far two numbers lie apart, as a share of the larger; infinite where only one is NaN or infinite.

    Args:
        one: shape (N,).
        other: shape (N,).

    Example:
        >>> relative_differences(np.array([100.0, np.nan, np.nan]), np.array([99.0, np.nan, 1.0])).tolist()
        [0.01, 0.0, inf]
    """
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    comparable = np.isfinite(one) & np.isfinite(other)
    larger = np.maximum(np.abs(one), np.abs(other))
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = np.where(comparable, np.abs(one - other) / larger, np.inf)
    return np.asarray(np.where(same, 0.0, apart))
