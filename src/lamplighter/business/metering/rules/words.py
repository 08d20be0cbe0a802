"""Words of a file as numbers, days and instants; what cannot be read is told with its reason."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.business.metering.records import Reason
from lamplighter.business.metering.rules.grid import SlotGrid

_EPOCH_DAY: Final = dt.date(1970, 1, 1)
_EPOCH: Final = dt.datetime(1970, 1, 1)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
NO_DAY: Final = np.iinfo(np.int32).min
NO_INSTANT: Final = np.iinfo(np.int64).min
# Forms that name the year first can be read in one way only.
_YEAR_FIRST: Final = re.compile(
    r"^(\d{4})(?:[-/.年]?)(\d{1,2})(?:[-/.月]?)(\d{1,2})日?(?:[T ]0?0:00(?::00(?:\.0+)?)?)?$"
)
_YEAR_MONTH: Final = re.compile(r"^(\d{4})[-/.年]?(\d{1,2})月?$")


def encode_words(column: pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int64]]:
    """Return the distinct words of a column, trimmed, and the place of each row's word in them, -1 where empty.

    Example:
        >>> words, places = encode_words(pa.chunked_array([["b ", None, "a", "b "]]))
        >>> words.to_pylist(), places.tolist()
        (['b', 'a'], [0, -1, 1, 0])
    """
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0) if whole.num_chunks else pa.array([], column.type)
    places = pc.fill_null(whole.indices.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    return pc.utf8_trim_whitespace(whole.dictionary.cast(pa.string())), places


def read_number(word: str, *, decimal: str = ".", thousands: str = "") -> float | Reason:
    """Return the number a word says, or why it says none.

    Example:
        >>> read_number("1.234,5", decimal=",", thousands=".")
        1234.5
        >>> read_number("1,234.5"), read_number("inf")
        (<Reason.NOT_A_NUMBER: 'not_a_number'>, <Reason.NOT_FINITE: 'not_finite'>)
    """
    plain = word.strip()
    if thousands:
        plain = plain.replace(thousands, "")
    if decimal != ".":
        plain = plain.replace(decimal, ".")
    if "_" in plain:
        return Reason.NOT_A_NUMBER
    try:
        number = float(plain)
    except ValueError:
        return Reason.NOT_A_NUMBER
    return number if math.isfinite(number) else Reason.NOT_FINITE


def read_numbers(
    column: pa.ChunkedArray, *, decimal: str = ".", thousands: str = ""
) -> tuple[npt.NDArray[np.float64], dict[int, Reason]]:
    """Return a column of words as float64, NaN where empty, and the rows that say no number with the reason."""
    if decimal == "." and not thousands:
        try:
            numbers = pc.utf8_trim_whitespace(column).cast(pa.float64())
        except pa.ArrowInvalid:
            pass
        else:
            values = _floats(numbers)
            if bool(np.isfinite(values[~np.isnan(values)]).all()) and np.isnan(values).sum() == numbers.null_count:
                return values, {}
    values = np.full(len(column), np.nan)
    faults: dict[int, Reason] = {}
    for row, word in enumerate(column.to_pylist()):
        if word is None or not word.strip():
            continue
        number = read_number(word, decimal=decimal, thousands=thousands)
        if isinstance(number, Reason):
            faults[row] = number
        else:
            values[row] = number
    return values, faults


def _floats(column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    filled = pc.fill_null(column, math.nan) if column.null_count else column
    return np.asarray(filled.to_numpy(), np.float64)


def read_day(word: str, *, date_format: str = "") -> int | Reason:
    """Return the day a word says as days since 1970, or why it says none.

    Args:
        word: the word.
        date_format: as for strptime; empty takes the forms that name the year first.

    Example:
        >>> read_day("2025-01-02"), read_day("2025年1月2日"), read_day("20250102")
        (20090, 20090, 20090)
        >>> read_day("2025-13-02"), read_day("01/02/2025")
        (<Reason.DAY_MONTH_SWAPPED: 'day_month_swapped'>, <Reason.BAD_DATE: 'bad_date'>)
    """
    word = word.strip()
    if date_format:
        try:
            return (dt.datetime.strptime(word, date_format).date() - _EPOCH_DAY).days  # noqa: DTZ007 - a day, no instant
        except ValueError:
            return _swapped(word, date_format)
    found = _YEAR_FIRST.match(word)
    if not found:
        return Reason.BAD_DATE
    year, month, day = (int(part) for part in found.groups())
    try:
        return (dt.date(year, month, day) - _EPOCH_DAY).days
    except ValueError:
        return Reason.DAY_MONTH_SWAPPED if 12 < month <= 31 and 1 <= day <= 12 else Reason.BAD_DATE


def _swapped(word: str, date_format: str) -> Reason:
    other = date_format.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")
    try:
        dt.datetime.strptime(word, other)  # noqa: DTZ007 - only whether it can be read
    except ValueError:
        return Reason.BAD_DATE
    return Reason.DAY_MONTH_SWAPPED


def read_month(word: str) -> int | Reason:
    """Return the first day of the month a word says (``2025-01``, ``202501``, or a day in it) as days since 1970.

    Example:
        >>> read_month("2025-01"), read_month("2025-01-20")
        (20089, 20089)
    """
    found = _YEAR_MONTH.match(word.strip())
    if found and 1 <= int(found[2]) <= 12:
        return (dt.date(int(found[1]), int(found[2]), 1) - _EPOCH_DAY).days
    day = read_day(word)
    if isinstance(day, Reason):
        return day
    return ((_EPOCH_DAY + dt.timedelta(days=day)).replace(day=1) - _EPOCH_DAY).days


def read_days(
    column: pa.ChunkedArray, *, reader: Callable[[str], int | Reason]
) -> tuple[npt.NDArray[np.int32], dict[int, Reason]]:
    """Return a column of words or dates as days since 1970, `NO_DAY` where empty or unreadable, and the faults by row.

    Args:
        column: words (plain or dictionary), dates or timestamps.
        reader: what reads one word; called once for each distinct one.
    """
    if pa.types.is_timestamp(column.type) or pa.types.is_date64(column.type):
        column = column.cast(pa.date32(), safe=False)
    words, places = encode_words(column)
    said = [reader(word) if word else NO_DAY for word in words.to_pylist()]
    days = np.array([NO_DAY if isinstance(day, Reason) else day for day in said] + [NO_DAY], np.int32)
    bad = np.array([isinstance(day, Reason) for day in said] + [False])
    faults: dict[int, Reason] = {}
    if bad.any():
        for row in np.flatnonzero(bad[places]):
            reason = said[places[row]]
            assert isinstance(reason, Reason)
            faults[int(row)] = reason
    return days[places], faults


class Instants:
    """A column of instants.

    Args:
        local: microseconds on the local clock, where the word gives no offset; shape (N,).
        utc: microseconds of UTC, where it does.
        has_offset: which of both holds.
        faults: rows that say no instant.
    """

    __slots__ = ("faults", "has_offset", "local_or_utc")

    def __init__(
        self, local_or_utc: npt.NDArray[np.int64], has_offset: npt.NDArray[np.bool_], faults: dict[int, Reason]
    ) -> None:
        self.local_or_utc, self.has_offset, self.faults = local_or_utc, has_offset, faults

    def to_utc(self, grid: SlotGrid) -> npt.NDArray[np.int64]:
        """Return all as UTC, `NO_INSTANT` where empty or at fault."""
        is_local = ~self.has_offset & (self.local_or_utc != NO_INSTANT)
        out = self.local_or_utc.copy()
        out[is_local] = grid.to_utc(out[is_local])
        return out


def read_instants(column: pa.ChunkedArray, *, date_format: str = "") -> Instants:
    """Return a column of words or timestamps as instants.

    Args:
        column: words, dates, or timestamps with or without a zone.
        date_format: as for strptime; empty = ISO 8601 and its common kin (``2025/1/2 0:15``).
    """
    count = len(column)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(column.type):
        return Instants(
            _micros(column.cast(pa.timestamp("us", column.type.tz), safe=False)),
            np.full(count, column.type.tz is not None),
            {},
        )
    words = pc.utf8_trim_whitespace(column.cast(pa.string()))
    if not date_format:
        for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
            try:
                return Instants(_micros(words.cast(kind)), np.full(count, kind.tz is not None), {})
            except pa.ArrowInvalid:
                continue
    return _read_one_by_one(words.to_pylist(), date_format)


def _micros(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), NO_INSTANT).to_numpy(), np.int64)


def _read_one_by_one(words: list[str | None], date_format: str) -> Instants:
    out = np.full(len(words), NO_INSTANT, np.int64)
    has_offset = np.zeros(len(words), bool)
    faults: dict[int, Reason] = {}
    for row, word in enumerate(words):
        if not word:
            continue
        said = _read_instant(word, date_format)
        if isinstance(said, Reason):
            faults[row] = said
            continue
        has_offset[row] = said.tzinfo is not None
        naive = said.astimezone(dt.UTC).replace(tzinfo=None) if said.tzinfo is not None else said
        out[row] = (naive - _EPOCH) // _MICROSECOND
    return Instants(out, has_offset, faults)


def _read_instant(word: str, date_format: str) -> dt.datetime | Reason:
    if date_format:
        try:
            return dt.datetime.strptime(word, date_format)  # noqa: DTZ007 - local by the contract of the file
        except ValueError:
            return _swapped(word, date_format)
    try:
        return dt.datetime.fromisoformat(word)
    except ValueError:
        pass
    day_word, _, clock = word.replace("T", " ").partition(" ")
    day = read_day(day_word)
    if isinstance(day, Reason):
        return day
    found = re.match(r"^(\d{1,2}):(\d{2})(?::(\d{2}))?$", clock.strip() or "0:00")
    if not found or int(found[1]) > 24 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return Reason.BAD_DATE
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    return _EPOCH + dt.timedelta(days=day, hours=hours, minutes=minutes, seconds=seconds)
