"""The long layout: a row is one instant of one meter, with one reading or a reading of several channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.sources import SourceBatch
from lamplighter.business.metering.records import CHANNELS, Fault, Readings, Reason
from lamplighter.business.metering.rules.grid import Located
from lamplighter.business.metering.rules.limits import bounds
from lamplighter.business.metering.rules.reading import (
    ColumnsMissing,
    MixedTimeZones,
    Reader,
    Verdicts,
    misfit_faults,
    row_words,
)
from lamplighter.business.metering.rules.words import NO_INSTANT, Instants, encode_words, read_instants, read_numbers

_WORD: Final = pa.dictionary(pa.int32(), pa.string())
_MINUTE_US: Final = 60_000_000


def value_columns(names: Sequence[str], *, reader: Reader) -> dict[str, str]:
    """Return the columns of readings and the channel each carries; empty = the row says so in ``channel``."""
    mapped = reader.mapping.channel_columns
    if mapped:
        return {reader.mapping.ours(theirs): channel for channel, theirs in mapped.items()}
    if "value" in names:
        return {"value": ""}
    return {name: name for name in names if name in CHANNELS}


def long_types(names: Sequence[str], *, reader: Reader) -> dict[str, pa.DataType]:
    """Return the types to read a long table's columns in."""
    types: dict[str, pa.DataType] = {name: _WORD for name in ("meter_id", "channel") if name in names}
    types.update(dict.fromkeys(value_columns(names, reader=reader), pa.float64()))
    return types


def check_long(names: Sequence[str], *, reader: Reader) -> dict[str, str]:
    """Return `value_columns`, or say why a table with these columns cannot be read.

    Raises:
        ColumnsMissing: a key column or every column of readings is not there.
    """
    columns = value_columns(names, reader=reader)
    wanted = ["meter_id", "started_at", *columns, *(["channel"] if "" in columns.values() else [])]
    missing = [name for name in wanted if name not in names] + ([] if columns else ["value"])
    if missing:
        raise ColumnsMissing(reader.name, missing=missing, found=names)
    return columns


class LongReader:
    """Reads the batches of one long file in order; it remembers how the file writes its instants.

    Args:
        reader: what the file is read with.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._has_offset: set[bool] = set()

    def read(self, batch: SourceBatch) -> tuple[Readings, list[Fault], int]:
        """Return the readings of a batch, what must be set aside, and the number of empty cells.

        Raises:
            ColumnsMissing: see `check_long`.
            MixedTimeZones: some instants carry an offset, some do not.
        """
        reader, table = self.reader, batch.table
        columns = check_long(table.column_names, reader=reader)
        meter = reader.meters(table.column("meter_id"))
        instants = read_instants(table.column("started_at"), date_format=reader.mapping.date_format)
        self._check_zones(instants)
        place = self._locate(instants)
        shared = Verdicts(table.num_rows)
        shared.reject(instants.faults)
        shared.reject((meter == -2) | (instants.local_or_utc == NO_INSTANT), Reason.MISSING_VALUE)
        shared.reject(place.day < 0, Reason.BAD_DATE)
        shared.reject(meter == -1, Reason.UNKNOWN_METER)
        shared.reject(place.is_absent, Reason.TIME_ABSENT)
        shared.reject(place.is_off_grid, Reason.OFF_GRID)
        shared.reject(place.day > reader.last_day, Reason.IN_FUTURE)
        known_at = reader.known_at(table)
        faults = misfit_faults(batch.misfits, expected=table.num_columns)
        pieces, blank = [], 0
        for name, fixed in columns.items():
            found, own_faults, empty = self._channel(batch, name, fixed, meter, place, known_at, shared)
            pieces.append(found)
            faults += own_faults
            blank += empty
        return join_readings(pieces), faults, blank

    def _check_zones(self, instants: Instants) -> None:
        said = instants.local_or_utc != NO_INSTANT
        if said.any():
            self._has_offset |= set(np.unique(instants.has_offset[said]).tolist())
        if len(self._has_offset) > 1:
            raise MixedTimeZones(self.reader.name)

    def _locate(self, instants: Instants) -> Located:
        reader = self.reader
        at = np.where(instants.local_or_utc == NO_INSTANT, 0, instants.local_or_utc)
        shift = reader.grid.interval_minutes * _MINUTE_US if reader.mapping.stamps == "end" else 0
        if instants.has_offset.any():
            return reader.grid.locate_utc(at - shift)
        if reader.zone.timezone != reader.grid.timezone:
            return reader.grid.locate_utc(reader.zone.to_utc(at) - shift)
        return reader.grid.locate_local(at - shift)

    def _channel(
        self,
        batch: SourceBatch,
        name: str,
        fixed: str,
        meter: npt.NDArray[np.int32],
        place: Located,
        known_at: npt.NDArray[np.int64],
        shared: Verdicts,
    ) -> tuple[Readings, list[Fault], int]:
        reader, table = self.reader, batch.table
        values, number_faults = _values(table.column(name), reader)
        channel = (
            np.full(len(meter), CHANNELS.index(fixed), np.int16) if fixed else reader.channels(table.column("channel"))
        )
        verdicts = Verdicts(len(meter), dict(shared.reasons))
        verdicts.reject(channel == -2, Reason.MISSING_VALUE)
        verdicts.reject(channel == -1, Reason.UNKNOWN_CHANNEL)
        verdicts.reject(number_faults)
        is_empty = np.isnan(values)
        if batch.is_text and batch.is_typed:
            says_nan = is_empty & np.asarray(pc.is_valid(table.column(name)))
            verdicts.reject(says_nan, Reason.NOT_FINITE)
            is_empty &= ~says_nan
        is_empty[list(number_faults)] = False
        scaled = (values * reader.factors[np.maximum(channel, 0)]).astype(np.float32)
        least, most = bounds(
            meter=np.maximum(meter, 0),
            channel=np.maximum(channel, 0),
            index=reader.index,
            interval_minutes=reader.grid.interval_minutes,
            limits=reader.limits,
        )
        with np.errstate(invalid="ignore"):
            verdicts.reject(np.isinf(scaled), Reason.NOT_FINITE)
            verdicts.reject((scaled < least) & (least == 0), Reason.NEGATIVE)
            verdicts.reject((scaled > most) | (scaled < least), Reason.ABSURD)
        faults = _faults(batch, name, verdicts, is_empty)
        keep = verdicts.is_good & ~is_empty
        found = Readings(
            meter[keep],
            place.day[keep],
            channel[keep],
            batch.rows[keep],
            known_at[keep],
            place.slot[keep],
            place.is_twofold[keep],
            scaled[keep],
        )
        return found, faults, int(is_empty.sum())


def _values(column: pa.ChunkedArray, reader: Reader) -> tuple[npt.NDArray[np.float64], dict[int, Reason]]:
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        return np.array(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64), {}
    if pa.types.is_dictionary(column.type):
        words, places = encode_words(column)
        column = pa.chunked_array([words.take(pa.array(places, mask=places < 0))])
    return read_numbers(column, decimal=reader.mapping.decimal, thousands=reader.mapping.thousands)


def _faults(batch: SourceBatch, name: str, verdicts: Verdicts, is_empty: npt.NDArray[np.bool_]) -> list[Fault]:
    rows = [row for row in sorted(verdicts.reasons) if not is_empty[row]]
    return [
        Fault(int(batch.rows[row]), verdicts.reasons[row], f"{name}={words.get(name, '')}", 1, words)
        for row, words in zip(rows, row_words(batch.table, rows, keeps_nan=batch.is_text), strict=True)
    ]


def join_readings(pieces: Sequence[Readings]) -> Readings:
    """Return several runs of readings as one."""
    if len(pieces) == 1:
        return pieces[0]
    return Readings(
        *(
            np.concatenate([getattr(piece, name) for piece in pieces])
            for name in ("meter", "day", "channel", "row", "known_at", "slot", "is_twofold", "value")
        )
    )
