"""What intake speaks of: channels, reasons for setting a row aside, and the count that adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa


class Channel(StrEnum):
    """What an interval meter measures; the unit ends the name."""

    ENERGY = "energy_kwh"
    REVERSE = "reverse_kwh"
    POWER = "power_kw"
    VOLTAGE_A = "voltage_a_v"
    VOLTAGE_B = "voltage_b_v"
    VOLTAGE_C = "voltage_c_v"
    CURRENT_A = "current_a_a"
    CURRENT_B = "current_b_a"
    CURRENT_C = "current_c_a"
    CURRENT_N = "current_n_a"
    POWER_FACTOR = "power_factor"


CHANNELS: Final = tuple(sorted(channel.value for channel in Channel))
"""Every channel in the order of storage; a channel's code is its place here."""


class Reason(StrEnum):
    """Why a row or reading was set aside. The published list: docs and messages follow it (`metering.reason.*`)."""

    COLUMN_COUNT = "column_count"
    MISSING_VALUE = "missing_value"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    BAD_DATE = "bad_date"
    DAY_MONTH_SWAPPED = "day_month_swapped"
    IN_FUTURE = "in_future"
    TIME_ABSENT = "time_absent"
    OFF_GRID = "off_grid"
    SLOT_ABSENT = "slot_absent"
    LONG_DAY_WIDE = "long_day_wide"
    UNKNOWN_CHANNEL = "unknown_channel"
    UNKNOWN_WORD = "unknown_word"
    NEGATIVE = "negative"
    ABSURD = "absurd"
    AMBIGUOUS = "ambiguous"
    UNKNOWN_METER = "unknown_meter"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_AREA = "unknown_area"
    UNKNOWN_FEEDER = "unknown_feeder"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_ASSET = "unknown_asset"
    ORPHAN_AREA = "orphan_area"
    NOWHERE = "nowhere"
    TWO_AREAS = "two_areas"
    DUPLICATE_ID = "duplicate_id"
    OUT_OF_ORDER = "out_of_order"


class CountDoesNotAddUp(AssertionError):
    """Readings got lost or were counted twice: a defect of ours, found before anything was published."""

    def __init__(self, file: str, count: IntakeCount) -> None:
        self.file, self.count = file, count
        super().__init__(f"{file}: {count} does not add up. Nothing was published; please report this with the file.")


@dataclass(frozen=True, slots=True)
class IntakeCount:
    """Where the readings (or rows) of a file went; ``read`` is the sum of the next four.

    Args:
        read: readings that had a value.
        accepted: new ones.
        versioned: new values for known readings.
        repeated: identical repeats.
        quarantined: set aside with a reason.
        blank: empty cells: missing, not read.

    Example:
        >>> (IntakeCount(read=3, accepted=3) + IntakeCount(read=1, repeated=1)).read
        4
    """

    read: int = 0
    accepted: int = 0
    versioned: int = 0
    repeated: int = 0
    quarantined: int = 0
    blank: int = 0

    def __add__(self, other: IntakeCount) -> IntakeCount:
        return IntakeCount(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(IntakeCount)})

    @property
    def adds_up(self) -> bool:
        """Nothing was lost and nothing counted twice."""
        return self.read == self.accepted + self.versioned + self.repeated + self.quarantined


@dataclass(frozen=True, slots=True)
class Fault:
    """A row, or some readings of a row, that cannot be taken in.

    Args:
        row: number of the row in its file, the first below the headings being 1.
        reason: of the published list.
        detail: which value, in words of the file.
        reading_count: readings (or rows) set aside by it.
        cells: the row as it came, or its keys and the cells at fault, by our column names.
    """

    row: int
    reason: Reason
    detail: str
    reading_count: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MeterIndex:
    """The registered meters as arrays, in order of their ids: what intake looks readings up in.

    Args:
        ids: M meter ids, sorted.
        buckets: bucket of each meter, shape (M,), int32.
        capability_kw: power the meter can physically pass, before the multiplier, shape (M,), NaN where unknown.
    """

    ids: pa.Array
    buckets: npt.NDArray[np.int32]
    capability_kw: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DayVectors:
    """Readings in vectors of a day: N rows of one channel of one meter on one day each.

    Args:
        meter: place in the index of meters, shape (N,), int32.
        day: days since 1970, shape (N,), int32.
        channel: place in `CHANNELS`, shape (N,), int16.
        row: row of the file, shape (N,), int64.
        known_at: what the file itself says, microseconds of UTC since 1970; -1 where it says nothing. Shape (N,).
        values: shape (N, S), float32, NaN = not given.
    """

    meter: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    channel: npt.NDArray[np.int16]
    row: npt.NDArray[np.int64]
    known_at: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings one by one: N of them; see `DayVectors` for the columns they share.

    Args:
        slot: slot of the day; on the hour that comes twice, the slot of its first coming.
        is_twofold: the local time came twice on that day and nothing but the order tells which is meant.
        value: shape (N,), float32, never NaN.
    """

    meter: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    channel: npt.NDArray[np.int16]
    row: npt.NDArray[np.int64]
    known_at: npt.NDArray[np.int64]
    slot: npt.NDArray[np.int16]
    is_twofold: npt.NDArray[np.bool_]
    value: npt.NDArray[np.float32]
