"""Rows of archives, registers and events: read by the types of their contract, merged with what is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.sources import FileMapping, SourceBatch
from lamplighter.business.metering.records import Fault, Reason
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.business.metering.rules.reading import ColumnsMissing, Verdicts, as_json, misfit_faults, row_words
from lamplighter.business.metering.rules.units import unit_factor
from lamplighter.business.metering.rules.words import (
    NO_DAY,
    NO_INSTANT,
    encode_words,
    read_day,
    read_days,
    read_instants,
    read_month,
    read_numbers,
)

FILE, ROW = "file_", "row_"
Int64s = npt.NDArray[np.int64]
_TRUE, _FALSE = frozenset({"true", "1", "yes", "y", "t", "是"}), frozenset({"false", "0", "no", "n", "f", "否"})


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a file of rows.

    Args:
        type: Arrow type of the value in the lake.
        is_required: a row without it is set aside.
        choices: words it may be; empty = any.
        default: word that stands for an empty cell.
    """

    type: pa.DataType
    is_required: bool = False
    choices: frozenset[str] = frozenset()
    default: str = ""


def check_columns(names: Sequence[str], columns: Mapping[str, FileColumn], *, name: str) -> None:
    """Say which required columns a file lacks.

    Raises:
        ColumnsMissing: there are some.
    """
    missing = [c for c, column in columns.items() if column.is_required and not column.default and c not in names]
    if missing:
        raise ColumnsMissing(name, missing=missing, found=names)


def read_rows(
    batch: SourceBatch,
    *,
    columns: Mapping[str, FileColumn],
    mapping: FileMapping,
    zone: SlotGrid,
    name: str,
    keeps_unknown: bool,
) -> tuple[pa.Table, list[Fault]]:
    """Return the good rows of a batch in the types of their columns, and what must be set aside.

    Args:
        batch: rows with our column names, in words or typed.
        columns: columns of the file we know.
        mapping: how the file is laid out.
        zone: zone of instants without offset.
        name: the file, for errors.
        keeps_unknown: columns we do not know become one JSON column ``attributes``.

    Returns:
        The columns that the file has, ``row_`` (number in the file), ``attributes`` where asked for; and the faults.

    Raises:
        ColumnsMissing: the file lacks required columns.
    """
    check_columns(batch.table.column_names, columns, name=name)
    verdicts = Verdicts(batch.table.num_rows)
    found: dict[str, pa.Array | pa.ChunkedArray] = {}
    for column_name, column in columns.items():
        if column_name not in batch.table.column_names and not column.default:
            continue
        given = (
            batch.table.column(column_name)
            if column_name in batch.table.column_names
            else pa.chunked_array([pa.nulls(batch.table.num_rows, pa.string())])
        )
        values = _read_column(column_name, given, column, mapping, zone, verdicts)
        if column.is_required:
            verdicts.reject(np.asarray(pc.is_null(values)), Reason.MISSING_VALUE)
        found[column_name] = values
    if keeps_unknown:
        found["attributes"] = _unknown_as_json(batch.table, columns)
    found[ROW] = pa.array(batch.rows)
    faults = misfit_faults(batch.misfits, expected=batch.table.num_columns)
    bad = sorted(verdicts.reasons)
    for row, words in zip(bad, row_words(batch.table, bad), strict=True):
        faults.append(Fault(int(batch.rows[row]), verdicts.reasons[row], _first_words(words), 1, words))
    table = pa.table(found)
    return (table.filter(pa.array(verdicts.is_good)) if bad else table), faults


def _first_words(words: Mapping[str, str]) -> str:
    return " ".join(list(words.values())[:2])


def _read_column(
    name: str,
    given: pa.ChunkedArray,
    column: FileColumn,
    mapping: FileMapping,
    zone: SlotGrid,
    verdicts: Verdicts,
) -> pa.Array:
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return _read_number_column(name, given, column, mapping, zone, verdicts)
    if pa.types.is_date(column.type):
        is_month = name == "month" or name.endswith("_month")
        reader = read_month if is_month else lambda word: read_day(word, date_format=mapping.date_format)
        days, faults = read_days(given, reader=reader)
        verdicts.reject(faults)
        return pa.array(days, mask=days == NO_DAY).cast(pa.date32())
    if pa.types.is_timestamp(column.type):
        instants = read_instants(given, date_format=mapping.date_format)
        verdicts.reject(instants.faults)
        at = instants.to_utc(zone)
        return pa.array(at, mask=at == NO_INSTANT).cast(pa.timestamp("us"))
    return _read_word_column(name, given, column, mapping, verdicts)


def _read_number_column(
    name: str,
    given: pa.ChunkedArray,
    column: FileColumn,
    mapping: FileMapping,
    zone: SlotGrid,
    verdicts: Verdicts,
) -> pa.Array:
    if pa.types.is_floating(given.type) or pa.types.is_integer(given.type):
        numbers = np.array(given.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    else:
        numbers, faults = read_numbers(given.cast(pa.string()), decimal=mapping.decimal, thousands=mapping.thousands)
        verdicts.reject(faults)
    verdicts.reject(np.isinf(numbers), Reason.NOT_FINITE)
    if column.default:
        numbers = np.where(np.isnan(numbers), float(column.default), numbers)
    unit = mapping.units.get(name)
    factor = unit_factor(name, unit, interval_minutes=zone.interval_minutes) if unit else 1.0
    numbers = numbers * factor * float(mapping.factors.get(name, 1.0))
    return pa.array(numbers, mask=np.isnan(numbers) | np.isinf(numbers)).cast(column.type)


def _read_word_column(
    name: str, given: pa.ChunkedArray, column: FileColumn, mapping: FileMapping, verdicts: Verdicts
) -> pa.Array:
    words, places = encode_words(given)
    renamed = mapping.values.get(name, {})
    said: list[str | None] = [(renamed.get(w, w) or column.default or None) for w in words.to_pylist()]
    said.append(column.default or None)
    if pa.types.is_boolean(column.type):
        truths = [None if w is None else w.lower() in _TRUE for w in said]
        wrong = [w is not None and w.lower() not in _TRUE | _FALSE for w in said]
        verdicts.reject(np.array(wrong)[places], Reason.UNKNOWN_WORD)
        return pa.array(np.array(truths, object)[places], pa.bool_())
    if column.choices:
        wrong = [w is not None and w not in column.choices for w in said]
        verdicts.reject(np.array(wrong)[places], Reason.UNKNOWN_WORD)
    return pa.array(said, pa.string()).take(pa.array(np.where(places < 0, len(said) - 1, places)))


def _unknown_as_json(table: pa.Table, columns: Mapping[str, FileColumn]) -> pa.Array:
    unknown = [name for name in table.column_names if name not in columns]
    if not unknown:
        return pa.nulls(table.num_rows, pa.string())
    rows = row_words(table, range(table.num_rows), columns=unknown)
    return pa.array([as_json(row) if row else None for row in rows], pa.string())


def key_codes(table: pa.Table, columns: Sequence[str]) -> Int64s:
    """Return an integer a row, equal where the columns are equal, null counting as a value.

    Example:
        >>> key_codes(pa.table({"a": ["x", "y", "x"], "b": [1, 1, 1]}), ["a", "b"]).tolist()
        [0, 1, 0]
    """
    code = np.zeros(table.num_rows, np.int64)
    for name in columns:
        places, words = _encode(table.column(name))
        _, code = np.unique(code * (len(words) + 1) + places + 1, return_inverse=True)
    return code.astype(np.int64)


def _encode(column: pa.ChunkedArray) -> tuple[Int64s, pa.Array]:
    whole = column.combine_chunks()
    whole = pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
    encoded = whole.dictionary_encode()
    return pc.fill_null(encoded.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False), encoded.dictionary


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What a load of rows comes to.

    Args:
        table: rows to be added, versions one by one, with ``known_at``.
        accepted, versioned, repeated: rows by file.
        ambiguous: places in the incoming rows of those that contradict each other inside one file.
    """

    table: pa.Table
    accepted: Int64s
    versioned: Int64s
    repeated: Int64s
    ambiguous: Int64s


def merge_rows(
    *,
    incoming: pa.Table,
    known: pa.Table,
    key: Sequence[str],
    known_at: Int64s,
    file_count: int,
    keeps_known_where_empty: bool,
    sticky: Collection[str] = (),
) -> RowOutcome:
    """Put rows on top of what is known; equal ones change nothing, others make a version.

    Args:
        incoming: rows with the columns of the table their files have, and ``file_`` (place of the file in the load).
        known: the newest version of known rows, with all columns of the table and ``known_at``.
        key: columns that name a row.
        known_at: of each file, microseconds, shape (file_count,).
        file_count: files in the load.
        keeps_known_where_empty: an empty cell says nothing (measurements), not that the value is gone (archives).
        sticky: columns that keep their known value whatever comes.
    """
    file = incoming.column(FILE).to_numpy().astype(np.int64)
    names = [n for n in known.column_names if n != "known_at"]
    kinds = [known.schema.field(n).type for n in names]
    both = pa.concat_tables(
        [known.select(names), pa.table([_column_of(incoming, n, k) for n, k in zip(names, kinds, strict=True)], names)]
    )
    codes, words = _code_matrix(both, names)
    keys = key_codes(both, key)
    base_of, mine = _places_of(keys[: known.num_rows]), keys[known.num_rows :]
    said = codes[known.num_rows :]
    silent = np.array([n not in incoming.column_names or n in sticky for n in names])
    keeps = said < 0 if keeps_known_where_empty else np.zeros(said.shape, bool)
    keeps |= silent[None, :]
    result = _Rows(file_count)
    order = np.lexsort((np.arange(len(mine)), file, mine))
    groups = _unanimous(order, mine, file, said, result)
    starts = np.flatnonzero(np.append(True, mine[groups][1:] != mine[groups][:-1])[: len(groups)])
    sizes = np.diff(np.append(starts, len(groups)))
    base = base_of(mine[groups[starts]])
    state = np.where(base[:, None] >= 0, codes[base], -1) if known.num_rows else np.full((len(starts), len(names)), -1)
    state_at = np.full(len(starts), np.iinfo(np.int64).min)
    if known.num_rows:
        stamps = known.column("known_at").cast(pa.int64()).to_numpy()
        state_at = np.where(base >= 0, stamps[base], state_at)
    exists = base >= 0
    for turn in range(int(sizes.max()) if len(sizes) else 0):
        live = np.flatnonzero(sizes > turn)
        rows = groups[starts[live] + turn]
        merged = np.where(keeps[rows] & exists[live][:, None], state[live], said[rows])
        differs = (merged != state[live]).any(axis=1) | ~exists[live]
        result.count(result.accepted, file[rows[~exists[live]]])
        result.count(result.versioned, file[rows[differs & exists[live]]])
        result.count(result.repeated, file[rows[~differs]])
        at = np.maximum(known_at[file[rows]], state_at[live] + 1)[differs]
        state[live[differs]], state_at[live[differs]], exists[live] = merged[differs], at, True
        result.pieces.append(merged[differs])
        result.stamps.append(at)
    return result.close(names, words)


def _column_of(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    if name in table.column_names:
        return table.column(name).cast(kind)
    return pa.chunked_array([pa.nulls(table.num_rows, kind)])


def _code_matrix(table: pa.Table, names: Sequence[str]) -> tuple[Int64s, list[pa.Array]]:
    codes, words = np.empty((table.num_rows, len(names)), np.int64), []
    for place, name in enumerate(names):
        codes[:, place], own = _encode(table.column(name))
        words.append(own)
    return codes, words


class _places_of:  # noqa: N801 - used as a function that remembers its table
    def __init__(self, keys: Int64s) -> None:
        self.order = np.argsort(keys, kind="stable")
        self.keys = keys[self.order]

    def __call__(self, wanted: Int64s) -> Int64s:
        if not len(self.keys):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, self.order[at], -1)


class _Rows:
    def __init__(self, file_count: int) -> None:
        self.accepted, self.versioned, self.repeated = (np.zeros(file_count, np.int64) for _ in range(3))
        self.ambiguous = np.zeros(0, np.int64)
        self.pieces: list[Int64s] = []
        self.stamps: list[Int64s] = []

    def count(self, counts: Int64s, files: Int64s) -> None:
        counts += np.bincount(files, minlength=len(counts))

    def close(self, names: Sequence[str], words: Sequence[pa.Array]) -> RowOutcome:
        codes = np.concatenate(self.pieces) if self.pieces else np.zeros((0, len(names)), np.int64)
        columns = {
            name: words[place].take(pa.array(codes[:, place], mask=codes[:, place] < 0))
            for place, name in enumerate(names)
        }
        stamps = np.concatenate(self.stamps) if self.stamps else np.zeros(0, np.int64)
        columns["known_at"] = pa.array(stamps).cast(pa.timestamp("us"))
        return RowOutcome(pa.table(columns), self.accepted, self.versioned, self.repeated, self.ambiguous)


def _unanimous(order: Int64s, mine: Int64s, file: Int64s, said: Int64s, result: _Rows) -> Int64s:
    """Return one row for each key and file, in that order: repeats counted, contradictions set apart."""
    if not len(order):
        return order
    opens = np.append(True, (mine[order][1:] != mine[order][:-1]) | (file[order][1:] != file[order][:-1]))
    if opens.all():
        return order
    group = np.cumsum(opens) - 1
    first = order[opens][group]
    differs = (said[order] != said[first]).any(axis=1)
    doubtful = np.bincount(group, weights=differs)[group] > 0
    result.ambiguous = np.sort(order[doubtful])
    result.count(result.repeated, file[order[~opens & ~doubtful]])
    return np.asarray(order[opens & ~doubtful])
