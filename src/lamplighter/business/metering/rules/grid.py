"""The grid of slots: where an instant falls on the local day it belongs to, clock changes included."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.periods import changes_clocks, slot_axis

Int64s = npt.NDArray[np.int64]

_DAY_US: Final = 86_400_000_000
_MINUTE_US: Final = 60_000_000
_EPOCH: Final = dt.datetime(1970, 1, 1)
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2060
_STEP: Final = dt.timedelta(days=5)
"""No zone has changed its clocks forth and back within less."""


class IntervalUnfit(LamplighterError):
    """A day cannot be cut into such intervals."""

    def __init__(self, minutes: int) -> None:
        self.minutes = minutes
        super().__init__(text("metering.interval_unfit", minutes=minutes))


@dataclass(frozen=True, slots=True)
class Located:
    """Where instants fall.

    Args:
        day: local day, days since 1970, shape (N,), int32.
        slot: slot of that day; for a twofold time that of its first coming. Shape (N,), int16.
        is_twofold: the local time came twice that day, shape (N,).
        is_absent: the clock jumped over that local time, shape (N,); day and slot mean nothing then.
        is_off_grid: not the start of an interval, shape (N,).
    """

    day: npt.NDArray[np.int32]
    slot: npt.NDArray[np.int16]
    is_twofold: npt.NDArray[np.bool_]
    is_absent: npt.NDArray[np.bool_]
    is_off_grid: npt.NDArray[np.bool_]


class SlotGrid:
    """The slots of every local day of a time zone.

    Args:
        timezone: IANA name.
        interval_minutes: length of a slot.

    Raises:
        IntervalUnfit: the length does not divide an hour.

    Example:
        >>> grid = SlotGrid("Europe/London", 30)
        >>> grid.slot_axis, grid.slot_counts(np.array([20177], np.int32)).tolist()  # 2025-03-30
        (50, [46])
    """

    def __init__(self, timezone: str, interval_minutes: int) -> None:
        if interval_minutes <= 0 or 60 % interval_minutes:
            raise IntervalUnfit(interval_minutes)
        self.timezone, self.interval_minutes = timezone, interval_minutes
        self._starts, self._offsets = _clock_changes(timezone)
        self._interval_us = interval_minutes * _MINUTE_US

    @property
    def has_clock_changes(self) -> bool:
        """The zone's clocks change, as `base.periods.changes_clocks` says."""
        return changes_clocks(self.timezone)

    @property
    def slot_axis(self) -> int:
        """Slots a stored day has room for: 24 hours, or 25 where clocks change."""
        return slot_axis(interval_minutes=self.interval_minutes, timezone=self.timezone)

    def midnight(self, days: npt.NDArray[np.int32]) -> Int64s:
        """Return the instants at which local days begin, microseconds of UTC since 1970."""
        local = days.astype(np.int64) * _DAY_US
        return np.asarray(local - self._offset_of_local(local))

    def slot_counts(self, days: npt.NDArray[np.int32]) -> npt.NDArray[np.int16]:
        """Return how many slots each day has."""
        if not self.has_clock_changes:
            return np.full(len(days), self.slot_axis, np.int16)
        low, high = (int(days.min()), int(days.max())) if len(days) else (0, 0)
        every = np.arange(low, high + 2, dtype=np.int32)
        counts = np.diff(self.midnight(every)) // self._interval_us
        return np.asarray(counts[days - low], np.int16)

    def locate_utc(self, instants: Int64s) -> Located:
        """Return where instants of UTC (microseconds since 1970) fall."""
        local = instants + self._offsets[np.searchsorted(self._starts, instants, side="right") - 1]
        day = np.floor_divide(local, _DAY_US).astype(np.int32)
        since = instants - self.midnight(day) if self.has_clock_changes else local - day.astype(np.int64) * _DAY_US
        return self._located(day, since, np.zeros(len(day), bool), np.zeros(len(day), bool))

    def locate_local(self, local: Int64s) -> Located:
        """Return where local times (microseconds since 1970 on the local clock) fall."""
        day = np.floor_divide(local, _DAY_US).astype(np.int32)
        since = local - day.astype(np.int64) * _DAY_US
        nothing = np.zeros(len(day), bool)
        if not self.has_clock_changes:
            return self._located(day, since, nothing, nothing)
        instants, is_twofold, is_absent = self._first_coming(local)
        return self._located(day, instants - self.midnight(day), is_twofold, is_absent)

    def to_utc(self, local: Int64s) -> Int64s:
        """Return local times as instants of UTC: first coming of a twofold time, the jump for an absent one."""
        return self._first_coming(local)[0]

    def twofold_shift(self, day: int) -> int:
        """Return how many slots lie between the two comings of a twofold time of a day."""
        normal = 24 * 60 // self.interval_minutes
        return int(self.slot_counts(np.array([day], np.int32))[0]) - normal

    def _located(
        self,
        day: npt.NDArray[np.int32],
        since: Int64s,
        is_twofold: npt.NDArray[np.bool_],
        absent: npt.NDArray[np.bool_],
    ) -> Located:
        slot = np.floor_divide(since, self._interval_us)
        off = since - slot * self._interval_us != 0
        return Located(day, slot.astype(np.int16), is_twofold, absent, off)

    def _offset_of_local(self, local: Int64s) -> Int64s:
        guess = local - self._offsets[np.searchsorted(self._starts, local, side="right") - 1]
        return np.asarray(self._offsets[np.searchsorted(self._starts, guess, side="right") - 1])

    def _first_coming(self, local: Int64s) -> tuple[Int64s, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Return the earliest instant that shows each local time, whether another shows it too, whether none does."""
        near = np.searchsorted(self._starts, local, side="right") - 1
        earliest = np.full(len(local), np.iinfo(np.int64).max)
        comings = np.zeros(len(local), np.int8)
        for step in (-1, 0, 1):
            piece = np.clip(near + step, 0, len(self._offsets) - 1)
            fits = near + step == piece
            instant = local - self._offsets[piece]
            fits &= np.searchsorted(self._starts, instant, side="right") - 1 == piece
            comings += fits
            earliest = np.where(fits & (instant < earliest), instant, earliest)
        is_absent = comings == 0
        jumped = np.searchsorted(self._starts, local - self._offsets[near], side="right") - 1
        earliest = np.where(is_absent, np.maximum(self._starts[jumped], local - self._offsets[near]), earliest)
        return earliest, comings > 1, is_absent


@cache
def _clock_changes(timezone: str) -> tuple[Int64s, Int64s]:
    """Return the instants from which an offset holds, and the offsets, in microseconds; the first holds from ever."""
    zone = ZoneInfo(timezone)

    def offset(instant: dt.datetime) -> int:
        return round(instant.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset().total_seconds() * 1e6)  # type: ignore[union-attr]

    day = dt.datetime(_FIRST_YEAR, 1, 1)
    now = offset(day)
    starts, offsets = [np.iinfo(np.int64).min // 2], [now]
    while day.year < _LAST_YEAR:
        after = day + _STEP
        then = offset(after)
        if then != now:
            low, high = day, after
            while high - low > dt.timedelta(minutes=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if offset(middle) == now else (low, middle)
            change = high.replace(second=0, microsecond=0)
            starts.append((change - _EPOCH) // dt.timedelta(microseconds=1))
            offsets.append(then)
        day, now = after, then
    return np.array(starts, np.int64), np.array(offsets, np.int64)
