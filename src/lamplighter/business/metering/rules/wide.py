"""The wide layout: a row is a day of one channel of one meter, a column a slot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.sources import SourceBatch
from lamplighter.business.metering.records import DayVectors, Fault, Reason
from lamplighter.business.metering.rules.limits import bounds
from lamplighter.business.metering.rules.reading import (
    ColumnsMissing,
    IntervalMismatch,
    Reader,
    Verdicts,
    misfit_faults,
    row_words,
)
from lamplighter.business.metering.rules.scanning import scan_rows
from lamplighter.business.metering.rules.words import NO_DAY, read_day, read_days, read_number

SLOT_COLUMN: Final = re.compile(r"^v\d{2}$")
_KEYS: Final = ("meter_id", "on_date", "channel")
_NAN: Final = pa.scalar(float("nan"), pa.float32())
_WORD: Final = pa.dictionary(pa.int32(), pa.string())


def slot_columns(names: Sequence[str]) -> list[str]:
    """Return the columns of slots in order.

    Example:
        >>> slot_columns(["meter_id", "v01", "v00", "voltage"])
        ['v00', 'v01']
    """
    return sorted(name for name in names if SLOT_COLUMN.match(name))


def wide_types(names: Sequence[str]) -> dict[str, pa.DataType]:
    """Return the types to read a wide table's columns in."""
    types: dict[str, pa.DataType] = {name: pa.float32() for name in slot_columns(names)}
    types.update({name: _WORD for name in _KEYS if name in names})
    return types


def check_wide(names: Sequence[str], *, reader: Reader) -> list[str]:
    """Return the columns of slots, or say why a table with these columns cannot be read.

    Raises:
        ColumnsMissing: a key column is not there, or no slot.
        IntervalMismatch: the day is cut otherwise than the company's.
    """
    slots = slot_columns(names)
    missing = [name for name in _KEYS if name not in names] + ([] if slots else ["v00 ..."])
    if missing:
        raise ColumnsMissing(reader.name, missing=missing, found=names)
    normal = 24 * 60 // reader.grid.interval_minutes
    if not normal - 60 // reader.grid.interval_minutes <= len(slots) <= reader.grid.slot_axis:
        raise IntervalMismatch(reader.name, slots=len(slots), expected=normal)
    return slots


def read_wide(batch: SourceBatch, *, reader: Reader) -> tuple[DayVectors, list[Fault], int]:
    """Return the readings of a batch, what must be set aside, and the number of empty cells.

    Rows of which no key can be read are set aside whole; a cell that says no number, or one no meter can have measured,
    is set aside alone. Values come out in our unit.

    Raises:
        ColumnsMissing, IntervalMismatch: see `check_wide`.
    """
    table = batch.table
    slots = check_wide(table.column_names, reader=reader)
    cells: dict[int, dict[Reason, list[int]]] = {}
    values = (
        _matrix(batch, slots, width=reader.grid.slot_axis, cells=cells)
        if batch.is_typed
        else _matrix_of_words(table, slots, reader=reader, cells=cells)
    )
    blank = int(np.isnan(values[:, : len(slots)]).sum()) - sum(len(p) for own in cells.values() for p in own.values())
    meter, channel = reader.meters(table.column("meter_id")), reader.channels(table.column("channel"))
    day, day_faults = read_days(
        table.column("on_date"), reader=lambda word: read_day(word, date_format=reader.mapping.date_format)
    )
    given, low, high = _scan(values)
    verdicts = _judge_rows(reader, meter, channel, day, day_faults, values, slot_count=len(slots))
    factors = reader.factors
    if (factors != 1).any():
        values *= factors[np.maximum(channel, 0)].astype(np.float32)[:, None]
        given, low, high = _scan(values)
    good = verdicts.is_good
    least, most = bounds(
        meter=np.maximum(meter, 0),
        channel=np.maximum(channel, 0),
        index=reader.index,
        interval_minutes=reader.grid.interval_minutes,
        limits=reader.limits,
    )
    for row in np.flatnonzero(good & ((low < least) | (high > most))):
        _set_cells_aside(values[row], int(row), least[row], most[row], cells)
    given[list(cells)] = (~np.isnan(values[list(cells)])).sum(axis=1)
    faults = _faults(batch, slots, verdicts, given, cells)
    keep = good & (given > 0)
    known_at = reader.known_at(table)
    if keep.all():
        return DayVectors(meter, day, channel, batch.rows, known_at, values), faults, blank
    return (
        DayVectors(meter[keep], day[keep], channel[keep], batch.rows[keep], known_at[keep], values[keep]),
        faults,
        blank,
    )


def _scan(
    values: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    count = len(values)
    given, low, high = np.empty(count, np.int32), np.empty(count, np.float32), np.empty(count, np.float32)
    scan_rows(values, given, low, high)
    return given, low, high


def _matrix(
    batch: SourceBatch, slots: Sequence[str], *, width: int, cells: dict[int, dict[Reason, list[int]]]
) -> npt.NDArray[np.float32]:
    values = np.empty((batch.table.num_rows, width), np.float32)
    values[:, len(slots) :] = np.nan
    null_count = 0
    for place, name in enumerate(slots):
        column = batch.table.column(name)
        null_count += column.null_count
        values[:, place] = (pc.fill_null(column, _NAN) if column.null_count else column).to_numpy()
    if batch.is_text and int(np.isnan(values[:, : len(slots)]).sum()) > null_count:
        for place, name in enumerate(slots):
            said_so = np.asarray(pc.fill_null(pc.is_nan(batch.table.column(name)), False))
            for row in np.flatnonzero(said_so):
                cells.setdefault(int(row), {}).setdefault(Reason.NOT_FINITE, []).append(place)
    return values


def _matrix_of_words(
    table: pa.Table, slots: Sequence[str], *, reader: Reader, cells: dict[int, dict[Reason, list[int]]]
) -> npt.NDArray[np.float32]:
    values = np.full((table.num_rows, reader.grid.slot_axis), np.nan, np.float32)
    mapping = reader.mapping
    for place, name in enumerate(slots):
        column = table.column(name)
        try:
            numbers = pc.utf8_trim_whitespace(column).cast(pa.float32()) if mapping.decimal == "." else None
        except pa.ArrowInvalid:
            numbers = None
        if numbers is not None:
            plain = pc.fill_null(numbers, _NAN).to_numpy()
            if int(np.isnan(plain).sum()) == numbers.null_count:
                values[:, place] = plain
                continue
        for row, word in enumerate(column.to_pylist()):
            if word is None or not word.strip():
                continue
            number = read_number(word, decimal=mapping.decimal, thousands=mapping.thousands)
            if isinstance(number, Reason):
                cells.setdefault(row, {}).setdefault(number, []).append(place)
            else:
                values[row, place] = number
    return values


def _judge_rows(
    reader: Reader,
    meter: npt.NDArray[np.int32],
    channel: npt.NDArray[np.int16],
    day: npt.NDArray[np.int32],
    day_faults: dict[int, Reason],
    values: npt.NDArray[np.float32],
    *,
    slot_count: int,
) -> Verdicts:
    verdicts = Verdicts(len(meter))
    verdicts.reject(day_faults)
    verdicts.reject((meter == -2) | (channel == -2) | (day == NO_DAY), Reason.MISSING_VALUE)
    verdicts.reject(day < 0, Reason.BAD_DATE)
    verdicts.reject(meter == -1, Reason.UNKNOWN_METER)
    verdicts.reject(channel == -1, Reason.UNKNOWN_CHANNEL)
    verdicts.reject(day > reader.last_day, Reason.IN_FUTURE)
    if reader.grid.has_clock_changes:
        dated = np.where(day == NO_DAY, 0, day).astype(np.int32)
        exist = _counts_by_day(reader, dated)
        # A long day in fewer columns, and a short one with values past its end, may be labelled by the clock: nobody
        # can say which reading is which.
        verdicts.reject(exist > slot_count, Reason.LONG_DAY_WIDE)
        past = np.arange(values.shape[1])[None, :] >= exist[:, None]
        if (exist < values.shape[1]).any():
            verdicts.reject(np.asarray((past & ~np.isnan(values)).any(axis=1)), Reason.SLOT_ABSENT)
    return verdicts


def _counts_by_day(reader: Reader, day: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
    distinct, places = np.unique(day, return_inverse=True)
    return np.asarray(np.concatenate([reader.grid.slot_counts(one) for one in distinct[:, None]])[places], np.int16)


def _set_cells_aside(
    values: npt.NDArray[np.float32],
    row: int,
    least: np.float32,
    most: np.float32,
    cells: dict[int, dict[Reason, list[int]]],
) -> None:
    for reason, is_bad in (
        (Reason.NOT_FINITE, np.isinf(values)),
        (Reason.NEGATIVE, np.isfinite(values) & (values < least)),
        (Reason.ABSURD, np.isfinite(values) & (values > most)),
    ):
        places = np.flatnonzero(is_bad)
        if len(places):
            own = Reason.ABSURD if reason is Reason.NEGATIVE and least < 0 else reason
            cells.setdefault(row, {}).setdefault(own, []).extend(places.tolist())
            values[places] = np.nan


def _faults(
    batch: SourceBatch,
    slots: Sequence[str],
    verdicts: Verdicts,
    given: npt.NDArray[np.int32],
    cells: dict[int, dict[Reason, list[int]]],
) -> list[Fault]:
    table = batch.table
    faults = misfit_faults(batch.misfits, expected=table.num_columns)
    whole = sorted(verdicts.reasons)
    for row, words in zip(whole, row_words(table, whole, keeps_nan=batch.is_text), strict=True):
        bad = sum(len(places) for places in cells.pop(row, {}).values())
        reason = verdicts.reasons[row]
        count = int(given[row]) + bad
        given[row] += bad
        if count:
            detail = " ".join(words.get(name, "") for name in _KEYS)
            faults.append(Fault(int(batch.rows[row]), reason, detail, count, words))
    rows = sorted(cells)
    for row, words in zip(rows, row_words(table, rows, keeps_nan=batch.is_text), strict=True):
        keys = {name: word for name, word in words.items() if not SLOT_COLUMN.match(name)}
        for reason, places in cells[row].items():
            own = {slots[place]: words[slots[place]] for place in places}
            detail = ", ".join(f"{name}={word}" for name, word in list(own.items())[:3])
            faults.append(Fault(int(batch.rows[row]), reason, detail, len(places), {**keys, **own}))
    return faults
