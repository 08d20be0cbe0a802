"""Any file as batches of rows with their row numbers, columns called by our names."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from lamplighter.base.messages import text
from lamplighter.base.sources.excel import excel_rows
from lamplighter.base.sources.folder import SourceFile
from lamplighter.base.sources.limits import SourceLimits
from lamplighter.base.sources.mapping import FileMapping
from lamplighter.base.sources.opening import EmptyFile, SourceUnreadable, TruncatedFile, text_blocks


class FormatUnknown(SourceUnreadable):
    """The end of a file's name says no format we read as a table."""

    def __init__(self, name: str) -> None:
        super().__init__(text("sources.format_unknown", name=name), name=name)


class TooManyColumns(SourceUnreadable):
    """A table has more columns than any layout of ours."""

    def __init__(self, name: str, *, count: int, allowed: int) -> None:
        self.count, self.allowed = count, allowed
        super().__init__(text("sources.too_many_columns", name=name, count=count, allowed=allowed), name=name)


class ColumnsRepeated(SourceUnreadable):
    """Two columns have one name, as written or after the mapping."""

    def __init__(self, name: str, *, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        super().__init__(text("sources.columns_repeated", name=name, columns=", ".join(self.columns[:5])), name=name)


class TableBroken(SourceUnreadable):
    """From some row on a text file is no table."""

    def __init__(self, name: str, *, row: int, cause: str) -> None:
        self.row, self.cause = row, cause
        super().__init__(text("sources.table_broken", name=name, row=row, cause=cause), name=name)


@dataclass(frozen=True, slots=True)
class Misfit:
    """A line with too few or too many columns."""

    row: int
    line: str
    column_count: int


@dataclass(frozen=True, slots=True)
class SourceBatch:
    """A run of rows.

    Args:
        table: R rows; columns of the types asked for, or words where ``is_typed`` is False.
        rows: number of each row in its file, the first below the headings being 1, shape (R,).
        is_typed: every value could be read as the type asked for.
        is_text: the values were written as words: one that is NaN said so, and was not merely left out.
        misfits: lines of the same stretch that do not fit the headings.
    """

    table: pa.Table
    rows: npt.NDArray[np.int64]
    is_typed: bool
    misfits: tuple[Misfit, ...] = ()
    is_text: bool = False


def fingerprint(file: SourceFile, *, subject: str, mapping: FileMapping) -> str:
    """Return the SHA-256 of what a file says and how it is read: same fingerprint, nothing new in it."""
    digest = hashlib.sha256(f"{subject}\n{mapping.digest}\n".encode())
    with file.path.open("rb") as content:
        for chunk in iter(lambda: content.read(1 << 20), b""):
            digest.update(chunk)
    return digest.hexdigest()


def read_batches(
    file: SourceFile,
    *,
    mapping: FileMapping,
    types: Callable[[Sequence[str]], Mapping[str, pa.DataType]],
    limits: SourceLimits,
) -> Iterator[SourceBatch]:
    """Yield a file's rows in order, columns renamed and constants added as the mapping says.

    Args:
        file: csv, parquet or xlsx.
        mapping: how it is read.
        types: gives, for our column names, the types to try; columns it does not name come as words.
        limits: bounds.

    Raises:
        SourceUnreadable: one of its kinds, before or between batches.
    """
    readers = {"csv": _csv_batches, "parquet": _parquet_batches, "xlsx": _excel_batches}
    if file.format not in readers:
        raise FormatUnknown(file.name)
    for batch in readers[file.format](file, mapping, types, limits):
        yield _with_constants(batch, mapping)


def column_names(file: SourceFile, *, mapping: FileMapping, limits: SourceLimits) -> list[str]:
    """Return a file's columns by our names, constants included.

    Raises:
        SourceUnreadable: one of its kinds.
    """
    for batch in read_batches(
        file, mapping=mapping, types=lambda _: {}, limits=replace(limits, block_bytes=1 << 16, batch_values=10_000)
    ):
        return list(batch.table.column_names)
    raise EmptyFile(file.name)


def _with_constants(batch: SourceBatch, mapping: FileMapping) -> SourceBatch:
    if not mapping.constants:
        return batch
    table = batch.table
    for name, value in mapping.constants.items():
        if name in table.column_names:
            continue
        table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), table.num_rows))
    return replace(batch, table=table)


def _our_names(theirs: Sequence[str], *, name: str, mapping: FileMapping, limits: SourceLimits) -> list[str]:
    if len(theirs) > limits.column_count:
        raise TooManyColumns(name, count=len(theirs), allowed=limits.column_count)
    ours = [mapping.ours(heading) for heading in theirs]
    # A heading without a name (the last, of a line that ends in a comma) carries nothing we could call it by.
    ours = [heading or f"column_{number}" for number, heading in enumerate(ours)]
    repeated = sorted({heading for heading in ours if ours.count(heading) > 1}) if len(set(ours)) < len(ours) else []
    if repeated:
        raise ColumnsRepeated(name, columns=repeated)
    return ours


def _csv_batches(
    file: SourceFile,
    mapping: FileMapping,
    types: Callable[[Sequence[str]], Mapping[str, pa.DataType]],
    limits: SourceLimits,
) -> Iterator[SourceBatch]:
    names: list[str] = []
    wanted: Mapping[str, pa.DataType] = {}
    delimiter = mapping.delimiter
    row = 0
    for block in text_blocks(file.path, name=file.name, encoding=mapping.encoding, limits=limits):
        if not names:
            heading, block = _split_heading(block, skip=mapping.header_row - 1)
            if not heading.strip():
                raise EmptyFile(file.name)
            delimiter = delimiter or likely_delimiter(heading)
            theirs = _headings(heading, delimiter, name=file.name)
            names = _our_names(theirs, name=file.name, mapping=mapping, limits=limits)
            wanted = types(names)
        try:
            batch = _parse_block(block, names=names, types=wanted, delimiter=delimiter, first_row=row + 1)
        except pa.ArrowInvalid as fault:
            raise TableBroken(file.name, row=row + 1, cause=str(fault).split("\n")[0]) from fault
        row += len(batch.rows) + len(batch.misfits)
        yield batch
    if not names:
        raise EmptyFile(file.name)


def _headings(line: str, delimiter: str, *, name: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter))
    except csv.Error as fault:
        raise TableBroken(name, row=0, cause=str(fault)) from fault


def _split_heading(block: bytes, *, skip: int) -> tuple[str, bytes]:
    for _ in range(skip):
        block = block[block.find(b"\n") + 1 :]
    cut = block.find(b"\n") + 1
    return block[:cut].decode(errors="replace").strip("\r\n"), block[cut:]


def likely_delimiter(heading: str) -> str:
    """Return the mark that most likely separates the columns of a line of headings.

    Example:
        >>> likely_delimiter("meter_id;on_date;v00,v01")
        ';'
    """
    return max(",;\t|", key=heading.count)


def _parse_block(
    block: bytes, *, names: Sequence[str], types: Mapping[str, pa.DataType], delimiter: str, first_row: int
) -> SourceBatch:
    misfits: list[Misfit] = []
    is_typed = True
    try:
        table = _parse(block, names, types, delimiter, misfits)
    except pa.ArrowInvalid:
        is_typed = False
        misfits.clear()
        table = _parse(block, names, {}, delimiter, misfits)
    count = table.num_rows + len(misfits)
    rows = np.arange(1, count + 1, dtype=np.int64)
    if misfits:
        rows = np.setdiff1d(rows, np.array([m.row for m in misfits], np.int64))
    offset = first_row - 1
    moved = tuple(replace(misfit, row=misfit.row + offset) for misfit in misfits)
    return SourceBatch(table=table, rows=rows + offset, is_typed=is_typed, misfits=moved, is_text=True)


def _parse(
    block: bytes, names: Sequence[str], types: Mapping[str, pa.DataType], delimiter: str, misfits: list[Misfit]
) -> pa.Table:
    def set_aside(row: pacsv.InvalidRow) -> str:
        misfits.append(Misfit(row=row.number, line=row.text, column_count=row.actual_columns))
        return "skip"

    if not block or block.isspace():
        return pa.table({name: pa.array([], types.get(name, pa.string())) for name in names})
    return pacsv.read_csv(
        pa.BufferReader(block),
        read_options=pacsv.ReadOptions(column_names=list(names), use_threads=False, block_size=1 << 22),
        parse_options=pacsv.ParseOptions(delimiter=delimiter, invalid_row_handler=set_aside),
        convert_options=pacsv.ConvertOptions(
            column_types={name: types.get(name, pa.string()) for name in names},
            null_values=[""],
            strings_can_be_null=True,
        ),
    )


def _parquet_batches(
    file: SourceFile,
    mapping: FileMapping,
    types: Callable[[Sequence[str]], Mapping[str, pa.DataType]],
    limits: SourceLimits,
) -> Iterator[SourceBatch]:
    try:
        schema = pq.read_schema(file.path)
        names = _our_names(schema.names, name=file.name, mapping=mapping, limits=limits)
        wanted = types(names)
        words = [
            t for t, n in zip(schema.names, names, strict=True) if pa.types.is_dictionary(wanted.get(n, pa.null()))
        ]
        row = 0
        with pq.ParquetFile(file.path, read_dictionary=words) as content:
            size = max(1, min(limits.batch_values // max(len(names), 1), 1 << 17))
            if not content.metadata.num_rows:
                yield SourceBatch(pa.table({n: pa.array([], pa.string()) for n in names}), np.zeros(0, np.int64), True)
            for found in content.iter_batches(batch_size=size, use_threads=False):
                table = pa.Table.from_batches([found]).rename_columns(names)
                typed, is_typed = _cast(table, wanted)
                yield SourceBatch(typed, np.arange(row + 1, row + 1 + found.num_rows, dtype=np.int64), is_typed)
                row += found.num_rows
    except (pa.ArrowInvalid, OSError) as fault:
        raise TruncatedFile(file.name, cause=str(fault).split("\n")[0]) from fault


def _cast(table: pa.Table, wanted: Mapping[str, pa.DataType]) -> tuple[pa.Table, bool]:
    """Return the table in the wanted types where that loses nothing, otherwise everything as words."""
    columns = []
    for name in table.column_names:
        column, kind = table.column(name), wanted.get(name)
        if kind is None or column.type == kind:
            columns.append(column)
            continue
        try:
            columns.append(_cast_column(column, kind))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return as_words(table), False
    return pa.Table.from_arrays(columns, names=table.column_names), True


def _cast_column(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(kind):
        plain = column.cast(pa.string()) if not pa.types.is_dictionary(column.type) else column
        return plain.dictionary_encode() if not pa.types.is_dictionary(plain.type) else plain
    if pa.types.is_string(column.type) and not pa.types.is_string(kind):
        # Words stay words: whether "1,234.5" is a number is for the rules to say, not for a cast.
        return column.cast(kind) if not pa.types.is_floating(kind) else _plain_numbers(column, kind)
    return column.cast(kind, safe=not pa.types.is_floating(kind))


def _plain_numbers(column: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    numbers = column.cast(kind)
    if pa.compute.any(pa.compute.is_nan(numbers)).as_py():
        raise pa.ArrowInvalid("a word that says NaN")
    return numbers


def as_words(table: pa.Table) -> pa.Table:
    """Return every column as words, null where empty.

    Example:
        >>> as_words(pa.table({"a": [1.5, None]})).to_pydict()
        {'a': ['1.5', None]}
    """
    columns = [
        column if pa.types.is_string(column.type) else column.cast(pa.string()) for column in table.itercolumns()
    ]
    return pa.Table.from_arrays(columns, names=table.column_names)


def _excel_batches(
    file: SourceFile,
    mapping: FileMapping,
    types: Callable[[Sequence[str]], Mapping[str, pa.DataType]],
    limits: SourceLimits,
) -> Iterator[SourceBatch]:
    names: list[str] = []
    row, pending = 0, list[list[str | None]]()
    for cells in excel_rows(file.path, name=file.name, sheet=mapping.sheet, skip=mapping.header_row - 1, limits=limits):
        if not names:
            names = _our_names([cell or "" for cell in cells], name=file.name, mapping=mapping, limits=limits)
            continue
        pending.append((cells + [None] * len(names))[: len(names)])
        if len(pending) * len(names) >= limits.batch_values // 4:
            yield _word_batch(pending, names, row)
            row, pending = row + len(pending), []
    if not names:
        raise EmptyFile(file.name)
    if pending or not row:
        yield _word_batch(pending, names, row)


def _word_batch(rows: Sequence[Sequence[str | None]], names: Sequence[str], before: int) -> SourceBatch:
    table = pa.table({name: pa.array([cells[i] for cells in rows], pa.string()) for i, name in enumerate(names)})
    return SourceBatch(table, np.arange(before + 1, before + 1 + len(rows), dtype=np.int64), False)
