"""Reading one published state of the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pads

from lamplighter.base.governance.contract import KNOWN_AT, Contract, Versions
from lamplighter.base.lake.head import Head, Part, read_manifest, to_part
from lamplighter.base.lake.versions import newest_rows, rank_keys

_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.datetime(1970, 1, 1)


def to_microseconds(instant: dt.datetime) -> int:
    """Return a UTC-naive instant as microseconds since 1970.

    Raises:
        ValueError: the instant carries a zone; the lake keeps UTC without one.

    Example:
        >>> to_microseconds(dt.datetime(1970, 1, 2))
        86400000000
    """
    if instant.tzinfo is not None:
        raise ValueError("the lake keeps instants in UTC without a zone: convert first")
    return (instant - _EPOCH) // _MICROSECOND


class Snapshot:
    """One published state of the lake: what it shows never changes, whatever is written meanwhile.

    Get one from ``Lake.snapshot()``, which also keeps its files from being removed.
    """

    def __init__(self, root: Path, head: Head) -> None:
        self.root, self.head = root, head
        self._manifests: dict[str, dict[int, list[dict[str, Any]]]] = {}
        self._parts: dict[tuple[str, int], list[Part]] = {}

    @property
    def generation(self) -> int:
        """Number of the published state."""
        return self.head.generation

    def months(self, contract: Contract) -> list[str]:
        """Return the months (or ``all``) a table has parts in, in order."""
        return sorted(self.head.tables.get(contract.name, {}))

    def buckets(self, contract: Contract) -> list[int]:
        """Return the buckets a table has parts in, in order."""
        return sorted({part.bucket for part in self.parts(contract)})

    def is_empty(self, contract: Contract) -> bool:
        """Say whether the table has no row."""
        return not any(part.rows for part in self.parts(contract))

    def parts(
        self, contract: Contract, *, months: Collection[str] | None = None, buckets: Collection[int] | None = None
    ) -> list[Part]:
        """Return the parts of a table, by month and bucket, those of one in the order they were published."""
        found: list[Part] = []
        for month, file in sorted(self.head.tables.get(contract.name, {}).items()):
            if months is not None and month not in months and month != "all":
                continue
            rows = self._list_rows(file)
            # A reader asks for a bucket at a time: it must not look through all of a province for it.
            for bucket in sorted(rows if buckets is None else rows.keys() & set(buckets)):
                at = (file, bucket)
                if at not in self._parts:
                    self._parts[at] = [to_part(row) for row in rows[bucket]]
                found += self._parts[at]
        return found

    def _list_rows(self, file: str) -> dict[int, list[dict[str, Any]]]:
        if file not in self._manifests:
            places = self._manifests[file] = {}
            for row in read_manifest(self.root, file):
                places.setdefault(row["bucket"], []).append(row)
        return self._manifests[file]

    def read(
        self,
        contract: Contract,
        *,
        columns: Sequence[str] | None = None,
        months: Collection[str] | None = None,
        buckets: Collection[int] | None = None,
        where: pc.Expression | None = None,
        as_known_at: dt.datetime | None = None,
        all_versions: bool = False,
    ) -> pa.Table:
        """Return rows of a table, the newest version of each, in storage order.

        Args:
            contract: the table.
            columns: columns wanted; all when None.
            months: months wanted (``2025-01``); all when None. Whole tables have only one and ignore it.
            buckets: buckets wanted; all when None.
            where: condition on columns of the table. It must not depend on values that a later version changed, except
                with ``all_versions``: conditions are pushed down to the files and are applied before versions are told
                apart. Conditions on key columns and dates are always safe.
            as_known_at: give the state as known at that UTC-naive instant.
            all_versions: give every version, older before newer.

        Example:
            See ``tests/base/lake/test_reading.py``; a snapshot needs a lake on disk.
        """
        wanted = list(contract.schema.names if columns is None else columns)
        key = contract.key if contract.versions is Versions.ROW else ()
        needed = list(dict.fromkeys([*wanted, *key, *contract.order, KNOWN_AT]))
        pieces, is_clean = [], True
        for piece, clean in self._pieces(contract, months, buckets, as_known_at, all_versions):
            is_clean &= clean
            pieces.append(piece)
        table = self._scan(contract, pieces, needed, where)
        limit = None if as_known_at is None else to_microseconds(as_known_at)
        if limit is not None and contract.versions is Versions.ROW:
            table = table.filter(pc.less_equal(table[KNOWN_AT].cast(pa.int64()), limit))
        found = _settle(contract, table, is_clean=is_clean, all_versions=all_versions).select(wanted)
        # Without the contract's "not null", which would keep the rows from being put beside computed ones.
        return pa.Table.from_arrays(found.columns, names=wanted)

    def stream(
        self,
        contract: Contract,
        *,
        columns: Sequence[str],
        months: Collection[str] | None = None,
        buckets: Collection[int] | None = None,
        where: pc.Expression | None = None,
        as_known_at: dt.datetime | None = None,
    ) -> Iterator[tuple[int, pa.Table]]:
        """Yield the same rows as `read`, part by part with the bucket each came from.

        Words come dictionary-encoded: what fills dense arrays compares integers. A later row with the key of an earlier
        one replaces it: versions that came in order are handed over as stored, the reader lets the last one stand.
        """
        if contract.versions is Versions.RUN or as_known_at is not None:
            for bucket in sorted({p.bucket for p in self.parts(contract, months=months, buckets=buckets)}):
                table = self.read(
                    contract, columns=columns, months=months, buckets=[bucket], where=where, as_known_at=as_known_at
                )
                yield bucket, _encode_words(table)
            return
        groups: dict[tuple[str, int], list[Part]] = {}
        for part in self.parts(contract, months=months, buckets=buckets):
            if part.rows and not part.is_superseded:
                groups.setdefault((part.month, part.bucket), []).append(part)
        for (_, bucket), parts in sorted(groups.items()):
            in_order = all(before.known_high <= after.known_low for before, after in pairwise(parts))
            if all(part.is_unique for part in parts) and (in_order or not any(_overlaps(parts))):
                yield from ((bucket, self._scan_encoded(contract, part, columns, where)) for part in parts)
                continue
            needed = list(dict.fromkeys([*columns, *contract.key, *contract.order, KNOWN_AT]))
            table = self._scan(contract, [(part, None) for part in parts], needed, where)
            settled = _settle(contract, table, is_clean=False, all_versions=False)
            yield bucket, _encode_words(settled.select(list(columns)))

    def _scan_encoded(
        self, contract: Contract, part: Part, columns: Sequence[str], where: pc.Expression | None
    ) -> pa.Table:
        words = [name for name in columns if pa.types.is_string(contract.schema.field(name).type)]
        layout = pads.ParquetFileFormat(read_options=pads.ParquetReadOptions(dictionary_columns=set(words)))
        source = pads.dataset(str(self.root / part.file), format=layout)
        table = source.to_table(columns=list(columns), filter=where, use_threads=False)
        return _encode_words(table)

    def _pieces(
        self,
        contract: Contract,
        months: Collection[str] | None,
        buckets: Collection[int] | None,
        as_known_at: dt.datetime | None,
        all_versions: bool,
    ) -> Iterator[tuple[tuple[Part, pc.Expression | None], bool]]:
        """Yield parts to read with a condition of their own, and whether no version in them needs telling apart."""
        parts = self.parts(contract, months=months, buckets=buckets)
        if contract.versions is Versions.RUN and not all_versions:
            yield from ((piece, True) for piece in self._winning_runs(contract, parts, as_known_at))
            return
        keep_old = all_versions or as_known_at is not None
        parts = [part for part in parts if part.rows and (keep_old or not part.is_superseded)]
        for part, overlaps in zip(parts, _overlaps(parts), strict=True):
            yield (part, None), part.is_unique and not overlaps and not keep_old

    def _winning_runs(
        self, contract: Contract, parts: Iterable[Part], as_known_at: dt.datetime | None
    ) -> Iterator[tuple[Part, pc.Expression | None]]:
        limit = None if as_known_at is None else to_microseconds(as_known_at)
        parts = list(parts)
        best: dict[tuple[int, str], tuple[int, int]] = {}
        for position, part in enumerate(parts):
            for day, (known, _) in part.covers.items():
                if limit is not None and known > limit:
                    continue
                at = (part.bucket, day)
                if at not in best or (known, position) >= best[at]:
                    best[at] = (known, position)
        for position, part in enumerate(parts):
            days = [day for day in part.covers if best.get((part.bucket, day), (0, -1))[1] == position]
            if not part.rows or not days:
                continue
            if len(days) == len(part.covers):
                yield part, None
            else:
                dates = pa.array([dt.date.fromisoformat(day) for day in days], pa.date32())
                yield part, pc.field(contract.dated_by).isin(dates)

    def scan(self, contract: Contract, parts: Sequence[Part]) -> pa.Table:
        """Return every row of some parts as stored, versions not told apart."""
        return self._scan(contract, [(part, None) for part in parts], contract.schema.names, None)

    def _scan(
        self,
        contract: Contract,
        pieces: Sequence[tuple[Part, pc.Expression | None]],
        columns: list[str],
        where: pc.Expression | None,
    ) -> pa.Table:
        schema = contract.schema
        wanted = pa.schema([schema.field(name) for name in columns])
        whole = [part for part, condition in pieces if condition is None]
        tables = []
        for group, condition in [(whole, None), *(([part], c) for part, c in pieces if c is not None)]:
            if not group:
                continue
            files = [str(self.root / part.file) for part in group]
            source = pads.dataset(files, schema=schema, format="parquet")
            both = where if condition is None else condition if where is None else (where & condition)
            tables.append(source.to_table(columns=columns, filter=both))
        return pa.concat_tables(tables) if tables else wanted.empty_table()


def _overlaps(parts: Sequence[Part]) -> list[bool]:
    """Say of each part whether another of its month and bucket has a day (or key range) in common with it."""
    groups: dict[tuple[str, int], list[int]] = {}
    for position, part in enumerate(parts):
        groups.setdefault((part.month, part.bucket), []).append(position)
    found = [False] * len(parts)
    for positions in groups.values():
        if len(positions) == 1:
            continue
        seen: dict[str, int] = {}
        for position in positions:
            days = parts[position].covers or {"": (0, 0)}
            for day in days:
                if day in seen:
                    found[position] = found[seen[day]] = True
                seen[day] = position
    return found


def _settle(contract: Contract, table: pa.Table, *, is_clean: bool, all_versions: bool) -> pa.Table:
    if not table.num_rows:
        return table
    # Results of a run were told apart part by part; here only their order is left to make.
    by_row = contract.versions is Versions.ROW
    keys = rank_keys(table, list(dict.fromkeys([*contract.order, *(contract.key if by_row else ())])))
    known = table.column(KNOWN_AT).cast(pa.int64()).to_numpy()
    only_newest = by_row and not is_clean and not all_versions
    rows = newest_rows(keys=keys, known_at=known, only_newest=only_newest)
    if len(rows) == table.num_rows and bool((np.diff(rows) == 1).all()):
        return table
    return table.take(pa.array(rows))


def _encode_words(table: pa.Table) -> pa.Table:
    for position, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(position, field.name, pc.dictionary_encode(table.column(position)))
    return table.unify_dictionaries()
