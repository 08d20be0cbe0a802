"""What the wide and the long layout share: whose readings, of which channel, and rows that must be set aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.sources import FileMapping, Misfit
from lamplighter.business.metering.records import CHANNELS, Fault, MeterIndex, Reason
from lamplighter.business.metering.rules.grid import SlotGrid
from lamplighter.business.metering.rules.limits import IntakeLimits
from lamplighter.business.metering.rules.units import unit_factor
from lamplighter.business.metering.rules.words import NO_INSTANT, encode_words, read_instants


class ColumnsMissing(LamplighterError):
    """A file lacks columns without which it says nothing."""

    def __init__(self, name: str, *, missing: Sequence[str], found: Sequence[str]) -> None:
        self.name, self.missing, self.found = name, tuple(missing), tuple(found)
        super().__init__(
            text("metering.columns_missing", name=name, missing=", ".join(missing), found=", ".join(found[:12]))
        )


class IntervalMismatch(LamplighterError):
    """A file's day is cut into another number of slots than the company's."""

    def __init__(self, name: str, *, slots: int, expected: int) -> None:
        self.name, self.slots, self.expected = name, slots, expected
        super().__init__(text("metering.interval_mismatch", name=name, slots=slots, expected=expected))


class MixedTimeZones(LamplighterError):
    """Some instants of a file carry an offset and some do not: the latter can be read in two ways."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(text("metering.mixed_time_zones", name=name))


@dataclass(frozen=True)
class Reader:
    """Everything needed to read the curves of one file.

    Args:
        name: the file, for errors.
        mapping: how it is laid out.
        grid: the company's slots.
        zone: slots of the zone the file's naive instants are in, where it is another one.
        index: registered meters.
        limits: what no meter can have measured.
        last_day: last day a reading may be of, days since 1970.
    """

    name: str
    mapping: FileMapping
    grid: SlotGrid
    zone: SlotGrid
    index: MeterIndex
    limits: IntakeLimits
    last_day: int

    def factor(self, channel: str) -> float:
        """Return what a channel's values in the file are multiplied by."""
        unit = self.mapping.units.get(channel)
        by_unit = unit_factor(channel, unit, interval_minutes=self.grid.interval_minutes) if unit else 1.0
        return by_unit * float(self.mapping.factors.get(channel, 1.0))

    @property
    def factors(self) -> npt.NDArray[np.float64]:
        """The factor of each channel in the order of `CHANNELS`."""
        return np.array([self.factor(name) for name in CHANNELS])

    def meters(self, column: pa.ChunkedArray) -> npt.NDArray[np.int32]:
        """Return the place of each row's meter in the index: -1 where unknown, -2 where empty."""
        words, places = encode_words(column)
        found = pc.fill_null(pc.index_in(words, value_set=self.index.ids), -1).to_numpy(zero_copy_only=False)
        found = np.append(np.where(np.asarray(pc.equal(words, "")), -2, found) if len(words) else found, -2)
        return np.asarray(found[places], np.int32)

    def channels(self, column: pa.ChunkedArray) -> npt.NDArray[np.int16]:
        """Return the code of each row's channel: -1 where unknown, -2 where empty."""
        words, places = encode_words(column)
        known = {name: code for code, name in enumerate(CHANNELS)}
        renamed = self.mapping.values.get("channel", {})
        codes = [known.get(renamed.get(word, word), -1) if word else -2 for word in words.to_pylist()]
        return np.array([*codes, -2], np.int16)[places]

    def known_at(self, table: pa.Table) -> npt.NDArray[np.int64]:
        """Return what the file says of when a row became known, -1 where nothing."""
        if "known_at" not in table.column_names:
            return np.full(table.num_rows, -1, np.int64)
        instants = read_instants(table.column("known_at"), date_format=self.mapping.date_format).to_utc(self.zone)
        return np.where(instants == NO_INSTANT, -1, instants)


@dataclass
class Verdicts:
    """Why rows of a batch cannot be taken in: the first reason found for a row stands.

    Args:
        count: rows of the batch.
    """

    count: int
    reasons: dict[int, Reason] = field(default_factory=dict)

    def reject(self, rows: npt.NDArray[np.bool_] | Mapping[int, Reason], reason: Reason | None = None) -> None:
        """Set rows aside, given as a mask with one reason, or by number with a reason each."""
        if isinstance(rows, Mapping):
            for row, own in rows.items():
                self.reasons.setdefault(row, own)
        elif rows.any():
            assert reason is not None
            for place in np.flatnonzero(rows):
                self.reasons.setdefault(int(place), reason)

    @property
    def is_good(self) -> npt.NDArray[np.bool_]:
        """Rows nothing speaks against, shape (count,)."""
        good = np.ones(self.count, bool)
        good[list(self.reasons)] = False
        return good


def row_words(
    table: pa.Table, rows: Sequence[int], *, columns: Sequence[str] | None = None, keeps_nan: bool = False
) -> list[dict[str, str]]:
    """Return rows as they came, in words, empty cells left out, and NaN unless it was a word of the file.

    Example:
        >>> row_words(pa.table({"meter_id": ["M1"], "v00": [1.5], "v01": [None]}), [0])
        [{'meter_id': 'M1', 'v00': '1.5'}]
    """
    picked = table.select(list(columns) if columns is not None else table.column_names)
    found = picked.take(pa.array(list(rows), pa.int64())).to_pylist()
    short = {field.name for field in picked.schema if field.type == pa.float32()}
    return [
        {
            # A float32 in its own few digits, not in the many of the double that holds it.
            name: str(np.float32(cell)) if name in short else str(cell)
            for name, cell in row.items()
            if cell is not None and (keeps_nan or cell == cell)
        }
        for row in found
    ]


def misfit_faults(misfits: Iterable[Misfit], *, expected: int) -> list[Fault]:
    """Return the faults of lines with too few or too many columns: one reading each, as nobody can say how many."""
    return [
        Fault(
            row=misfit.row,
            reason=Reason.COLUMN_COUNT,
            detail=f"{misfit.column_count} != {expected}",
            reading_count=1,
            cells={"line": misfit.line},
        )
        for misfit in misfits
    ]


def as_json(cells: Mapping[str, str]) -> str:
    """Return the cells of a row as one line of JSON."""
    return json.dumps(cells, ensure_ascii=False, sort_keys=True)
