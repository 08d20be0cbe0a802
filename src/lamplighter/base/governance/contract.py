"""The data contract of a lake table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import pyarrow as pa

KNOWN_AT = "known_at"


class Partition(StrEnum):
    """How a table is cut into parts."""

    WHOLE = "whole"
    """One partition: archives and other small tables."""
    MONTH = "month"
    """By the month of ``dated_by``."""
    MONTH_BUCKET = "month_bucket"
    """By the month of ``dated_by`` and the bucket of neighbouring areas the row belongs to."""


class Versions(StrEnum):
    """What a later write replaces for a reader who asks for the newest state; nothing is ever overwritten."""

    ROW = "row"
    """What others told us: a later row with the same key is a newer version of that row."""
    RUN = "run"
    """What we computed: a later run of a (bucket, day) replaces everything the earlier run said of it, rows it no
    longer produces included."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a contract.

    Args:
        name: the field's standard term; the unit ends the name.
        type: Arrow type.
        meaning: what it says, in English, one line.
        meaning_zh: the same in Chinese.
        unit: unit in words of the field, empty where there is none.
        is_required: null is a breach of the contract.
        is_personal: personal data under PIPL: masked by default wherever it is shown.
    """

    name: str
    type: pa.DataType
    meaning: str
    meaning_zh: str
    unit: str = ""
    is_required: bool = False
    is_personal: bool = False


class ContractBroken(ValueError):
    """A table does not keep its contract."""

    def __init__(self, table: str, faults: Iterable[str]) -> None:
        self.table, self.faults = table, tuple(faults)
        super().__init__(
            f"{len(self.faults)} faults against the contract of {table}: {'; '.join(self.faults[:5])}. "
            "See docs/reference/tables.md for the columns it must have."
        )


@dataclass(frozen=True, slots=True)
class Contract:
    """A lake table, declared once.

    Args:
        name: layer and subject, ``raw_``, ``core_`` or ``out_``.
        meaning: what one row is, in English.
        meaning_zh: the same in Chinese.
        columns: columns in storage order, without ``known_at``, which every table has.
        key: columns that name a row among rows of one version.
        partition: how the table is cut.
        versions: what a later write replaces.
        dated_by: the date or timestamp column that gives the month; None for whole tables.
        sort: storage order; the key when empty.

    Example:
        >>> visits = Contract(
        ...     name="core_visit", meaning="a visit", meaning_zh="一次到访", key=("account_id",),
        ...     columns=(Column("account_id", pa.string(), "account", "户号", is_required=True),),
        ... )
        >>> visits.schema.names
        ['account_id', 'known_at']
    """

    name: str
    meaning: str
    meaning_zh: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    partition: Partition = Partition.WHOLE
    versions: Versions = Versions.ROW
    dated_by: str | None = None
    sort: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not self.name.startswith(("raw_", "core_", "out_")):
            raise ValueError(f"{self.name}: a table's name begins with raw_, core_ or out_")
        unknown = [name for name in (*self.key, *self.sort, *filter(None, [self.dated_by])) if name not in names]
        if unknown or len(set(names)) != len(names) or KNOWN_AT in names:
            raise ValueError(f"{self.name}: key, sort or date name unknown columns {unknown}, or a column stands twice")
        if (self.partition is not Partition.WHOLE) != (self.dated_by is not None):
            raise ValueError(f"{self.name}: a table cut by month says which column dates it, and only such a table")

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of a stored row, ``known_at`` (UTC, naive) last."""
        fields = [pa.field(c.name, c.type, nullable=not c.is_required) for c in self.columns]
        return pa.schema([*fields, pa.field(KNOWN_AT, pa.timestamp("us"), nullable=False)])

    @property
    def order(self) -> tuple[str, ...]:
        """Columns by which parts are sorted."""
        return self.sort or self.key

    def column(self, name: str) -> Column:
        """Return the column called ``name``."""
        return next(column for column in self.columns if column.name == name)

    def conform(self, data: pa.Table, *, known_at: pa.TimestampScalar | None = None) -> pa.Table:
        """Return ``data`` in the order and types of the contract, or say every fault at once.

        Args:
            data: a table with at least the required columns; missing optional ones become null. Extra columns are a
                fault: nothing is dropped silently.
            known_at: fills ``known_at`` where the data have none.

        Raises:
            ContractBroken: columns that are missing, unknown, of another kind, or null where a value is required.
        """
        faults: list[str] = []
        columns: list[pa.ChunkedArray | pa.Array] = []
        schema = self.schema
        extra = [name for name in data.column_names if name not in schema.names]
        faults += [f"column {name} is not in the contract" for name in extra]
        for field in schema:
            if field.name not in data.column_names:
                if field.name == KNOWN_AT and known_at is not None:
                    columns.append(pa.repeat(known_at.cast(field.type), data.num_rows))
                    continue
                if not field.nullable and data.num_rows:
                    faults.append(f"column {field.name} is missing")
                columns.append(pa.nulls(data.num_rows, field.type))
                continue
            column = data.column(field.name)
            if column.type != field.type:
                try:
                    column = column.cast(field.type)
                except pa.ArrowInvalid as error:
                    faults.append(f"column {field.name} is {column.type}, not {field.type} ({error})")
                    continue
            if not field.nullable and column.null_count:
                faults.append(f"column {field.name} is empty in {column.null_count} rows")
            columns.append(column)
        if faults:
            raise ContractBroken(self.name, faults)
        return pa.Table.from_arrays(columns, schema=schema)


def declared_contracts(*rooms: Iterable[Contract]) -> Mapping[str, Contract]:
    """Return the contracts of several rooms by table name, refusing a table declared twice."""
    found: dict[str, Contract] = {}
    for room in rooms:
        for contract in room:
            if contract.name in found:
                raise ValueError(f"{contract.name} is declared twice")
            found[contract.name] = contract
    return found
