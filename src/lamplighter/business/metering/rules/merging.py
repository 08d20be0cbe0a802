"""What of the readings of a load is new: merged value by value with what is known, counted, nothing overwritten.

A *statement* is what one file says, known since one instant, of one day of one channel of one meter. Statements of one
key are put one after the other on top of what the lake knows; each that changes it makes a new version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from lamplighter.business.metering.records import Readings

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Statements:
    """N statements.

    Args:
        key: one integer for meter, day and channel, in the order of storage, shape (N,).
        file: place of the file in the load, shape (N,).
        row: row of the file, shape (N,); of the first reading in the long layout.
        known_at: microseconds of UTC since 1970, shape (N,).
        is_dated: the file itself said since when it is known, shape (N,).
        values: shape (N, S), NaN = not given.
    """

    key: Int64s
    file: npt.NDArray[np.int32]
    row: Int64s
    known_at: Int64s
    is_dated: Bools
    values: Floats

    def take(self, places: npt.NDArray[np.intp] | Bools) -> Statements:
        """Return some of the statements."""
        return Statements(
            self.key[places],
            self.file[places],
            self.row[places],
            self.known_at[places],
            self.is_dated[places],
            self.values[places],
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What the lake knows: every version of R day vectors, sorted by key, then by ``known_at``.

    Args:
        key: as in `Statements`, shape (R,).
        known_at: shape (R,).
        values: shape (R, S).
    """

    key: Int64s
    known_at: Int64s
    values: Floats


@dataclass
class Outcome:
    """What a load comes to.

    Args:
        accepted: new readings by file.
        versioned: new values of known readings by file.
        repeated: identical repeats by file.
        ambiguous: readings of which one file says two different values: (file, row, key, slot, value).
        key, known_at, values: the vectors to be added, versions one by one, as pieces to be joined.
    """

    accepted: Int64s
    versioned: Int64s
    repeated: Int64s
    ambiguous: list[tuple[int, int, int, int, float]] = field(default_factory=list)
    key: list[Int64s] = field(default_factory=list)
    known_at: list[Int64s] = field(default_factory=list)
    values: list[Floats] = field(default_factory=list)


def merge(statements: Statements, known: Known, *, file_count: int) -> Outcome:
    """Put statements on top of what is known and return what is new, with the count that adds up.

    Args:
        statements: of one load, in any order.
        known: every version the lake has of the same keys; other keys do no harm.
        file_count: files in the load.
    """
    outcome = Outcome(np.zeros(file_count, np.int64), np.zeros(file_count, np.int64), np.zeros(file_count, np.int64))
    order = _order(statements)
    said = _join_within_files(statements.take(order) if order is not None else statements, outcome)
    if not len(said.key):
        return outcome
    starts = np.flatnonzero(np.append(True, said.key[1:] != said.key[:-1]))
    sizes = np.diff(np.append(starts, len(said.key)))
    newest = np.searchsorted(known.key, said.key[starts], side="right") - 1
    is_known = (
        (newest >= 0) & (known.key[newest] == said.key[starts]) if len(known.key) else np.zeros(len(starts), bool)
    )
    newest_at = np.where(is_known, known.known_at[newest], np.iinfo(np.int64).min) if len(known.key) else None
    # A file may say since when its readings are known; before what the lake has, history has to be put in, not on top.
    is_late = _is_late(said, starts, sizes, newest_at)
    for group in np.flatnonzero(is_late):
        mine = slice(int(starts[group]), int(starts[group] + sizes[group]))
        _insert(said, mine, known, outcome)
    fresh = ~is_late & ~is_known & (sizes == 1)
    if fresh.any():
        _accept(said.take(starts[fresh]) if not fresh.all() or len(starts) < len(said.key) else said, outcome)
    rest = ~is_late & ~fresh
    if rest.any():
        _put_on_top(said, starts[rest], sizes[rest], known, newest[rest], is_known[rest], outcome)
    return outcome


def _order(statements: Statements) -> npt.NDArray[np.intp] | None:
    key, known_at, file = statements.key, statements.known_at, statements.file
    if len(key) and bool((key[1:] > key[:-1]).all()):
        return None
    return np.lexsort((statements.row, file, known_at, key))


def _join_within_files(said: Statements, outcome: Outcome) -> Statements:
    """Join what one file says of one key at one instant; where it contradicts itself nothing is believed."""
    is_first = np.append(
        True,
        (said.key[1:] != said.key[:-1]) | (said.file[1:] != said.file[:-1]) | (said.known_at[1:] != said.known_at[:-1]),
    )[: len(said.key)]
    if is_first.all():
        return said
    starts = np.flatnonzero(is_first)
    sizes = np.diff(np.append(starts, len(said.key)))
    joined = said.take(starts)
    doubtful = np.zeros(joined.values.shape, bool)
    for turn in range(1, int(sizes.max())):
        groups = np.flatnonzero(sizes > turn)
        mine, base = said.values[starts[groups] + turn], joined.values[groups]
        given = ~np.isnan(mine)
        same = given & (mine == base)
        differs = given & ~same & ~np.isnan(base)
        outcome.repeated += _by_file(joined.file[groups], same & ~doubtful[groups], len(outcome.repeated))
        doubtful[groups] |= differs
        joined.values[groups] = np.where(given & ~differs, mine, base)
    for group, slot in zip(*np.nonzero(doubtful), strict=True):
        first = int(starts[group])
        for place in range(first, first + int(sizes[group])):
            value = said.values[place, slot]
            if not np.isnan(value):
                outcome.ambiguous.append(
                    (int(said.file[place]), int(said.row[place]), int(said.key[place]), int(slot), float(value))
                )
        # Readings counted as repeats before the contradiction came up go to quarantine with the others.
        outcome.repeated[said.file[first]] -= _repeats_before_doubt(said.values[first : first + sizes[group], slot])
    joined.values[doubtful] = np.nan
    return joined


def _repeats_before_doubt(values: Floats) -> int:
    given = values[~np.isnan(values)]
    differs = np.flatnonzero(given != given[0])
    return int(differs[0]) - 1 if len(differs) else 0


def _by_file(file: npt.NDArray[np.int32], marked: Bools, file_count: int) -> Int64s:
    counts = np.count_nonzero(marked, axis=1)
    return np.bincount(file, weights=counts, minlength=file_count).astype(np.int64)


def _is_late(said: Statements, starts: Int64s, sizes: Int64s, newest_at: Int64s | None) -> Bools:
    if newest_at is None or not said.is_dated.any():
        return np.zeros(len(starts), bool)
    older = said.is_dated & (said.known_at < np.repeat(newest_at, sizes))
    return np.asarray(np.add.reduceat(older, starts) > 0)


def _accept(said: Statements, outcome: Outcome) -> None:
    given = ~np.isnan(said.values)
    outcome.accepted += _by_file(said.file, given, len(outcome.accepted))
    some = np.asarray(given.any(axis=1))
    if not some.any():
        return
    if not some.all():
        said = said.take(some)
    outcome.key.append(said.key)
    outcome.known_at.append(said.known_at)
    outcome.values.append(said.values)


def _put_on_top(
    said: Statements,
    starts: Int64s,
    sizes: Int64s,
    known: Known,
    newest: Int64s,
    is_known: Bools,
    outcome: Outcome,
) -> None:
    width = said.values.shape[1]
    state = np.full((len(starts), width), np.nan, np.float32)
    state_at = np.full(len(starts), np.iinfo(np.int64).min)
    if is_known.any():
        state[is_known] = known.values[newest[is_known]]
        state_at[is_known] = known.known_at[newest[is_known]]
    for turn in range(int(sizes.max())):
        groups = np.flatnonzero(sizes > turn)
        places = starts[groups] + turn
        mine, base, file = said.values[places], state[groups], said.file[places]
        given, blank = ~np.isnan(mine), np.isnan(base)
        new, same = given & blank, given & (mine == base)
        changed = given & ~new & ~same
        for count, marked in ((outcome.accepted, new), (outcome.repeated, same), (outcome.versioned, changed)):
            count += _by_file(file, marked, len(count))
        moves = (new | changed).any(axis=1)
        if not moves.any():
            continue
        merged = np.where(given, mine, base)[moves]
        # Of two versions the later must be told from the earlier, so it is known at least a microsecond later.
        at = np.maximum(said.known_at[places], state_at[groups] + 1)[moves]
        state[groups[moves]], state_at[groups[moves]] = merged, at
        outcome.key.append(said.key[places][moves])
        outcome.known_at.append(at)
        outcome.values.append(merged)


def _insert(said: Statements, mine: slice, known: Known, outcome: Outcome) -> None:
    """Put statements into the history of one key: later versions that lack the readings get them, none is changed."""
    key = said.key[mine.start]
    low, high = np.searchsorted(known.key, key, side="left"), np.searchsorted(known.key, key, side="right")
    history = [(int(known.known_at[i]), known.values[i]) for i in range(low, high)]
    for place in range(mine.start, mine.stop):
        history = _insert_one(said, place, history, outcome)


def _insert_one(
    said: Statements, place: int, history: list[tuple[int, Floats]], outcome: Outcome
) -> list[tuple[int, Floats]]:
    at, mine, file = int(said.known_at[place]), said.values[place], int(said.file[place])
    before = [version for version in history if version[0] <= at]
    after = [version for version in history if version[0] > at]
    base = before[-1][1] if before else np.full(len(mine), np.nan, np.float32)
    given = ~np.isnan(mine)
    new, same = given & np.isnan(base), given & (mine == base)
    changed = given & ~new & ~same
    outcome.accepted[file] += int(new.sum())
    outcome.repeated[file] += int(same.sum())
    outcome.versioned[file] += int(changed.sum())
    added: list[tuple[int, Floats]] = []
    if (new | changed).any():
        at = max(at, before[-1][0] + 1) if before else at
        added.append((at, np.where(given, mine, base)))
        for known_at, values in after:
            lacking = given & np.isnan(values)
            if lacking.any():
                added.append((known_at + 1, np.where(lacking, mine, values)))
    for known_at, values in added:
        outcome.key.append(said.key[place : place + 1])
        outcome.known_at.append(np.array([known_at]))
        outcome.values.append(values[None, :])
    return sorted([*before, *added, *after], key=lambda version: version[0])


def vectors_of_readings(
    *, key: Int64s, file: npt.NDArray[np.int32], known_at: Int64s, is_dated: Bools, readings: Readings, width: int
) -> Iterator[Statements]:
    """Yield the statements single readings make, repeats and contradictions in statements of their own.

    Args:
        key: of meter, day and channel, shape (N,).
        file: place of the file, shape (N,).
        known_at: since when known, shape (N,).
        is_dated: the file said so.
        readings: the readings, twofold times already settled.
        width: slots of the axis.
    """
    slot, row, value = readings.slot, readings.row, readings.value
    place = key * width + slot
    # Rows of one file come in order; most exports are even written meter by meter, and there is nothing to sort.
    is_one = bool((known_at == known_at[0]).all() and (file == file[0]).all() and (row[1:] >= row[:-1]).all())
    if not is_one or (place[1:] < place[:-1]).any():
        order = np.argsort(place, kind="stable") if is_one else np.lexsort((row, slot, known_at, file, key))
        key, file, known_at, is_dated = key[order], file[order], known_at[order], is_dated[order]
        slot, row, value = slot[order], row[order], value[order]
    while len(key):
        opens = np.append(True, (key[1:] != key[:-1]) | (file[1:] != file[:-1]) | (known_at[1:] != known_at[:-1]))
        is_first = opens | np.append(True, slot[1:] != slot[:-1])
        vector = np.cumsum(opens) - 1
        values = np.full((int(vector[-1]) + 1, width), np.nan, np.float32)
        values[vector[is_first], slot[is_first]] = value[is_first]
        yield Statements(key[opens], file[opens], row[opens], known_at[opens], is_dated[opens], values)
        rest = ~is_first
        key, file, known_at, is_dated = key[rest], file[rest], known_at[rest], is_dated[rest]
        slot, row, value = slot[rest], row[rest], value[rest]


def settle_twofold(
    *, key: Int64s, file: npt.NDArray[np.int32], readings: Readings, shift: npt.NDArray[np.int16]
) -> npt.NDArray[np.int16]:
    """Return the slot of each reading, the second coming of a twofold local time moved behind the first.

    The order of the rows of a file tells: of the readings of one key with the same local time the first is the first
    coming, the next the second.

    Args:
        key: of meter, day and channel, shape (N,).
        file: place of the file, shape (N,).
        readings: readings with the slot of the first coming.
        shift: slots between the comings on each reading's day, shape (N,).
    """
    slot = readings.slot.copy()
    twofold = np.flatnonzero(readings.is_twofold)
    if not len(twofold):
        return slot
    order = twofold[np.lexsort((readings.row[twofold], slot[twofold], file[twofold], key[twofold]))]
    same = (
        (key[order][1:] == key[order][:-1])
        & (file[order][1:] == file[order][:-1])
        & (readings.slot[order][1:] == readings.slot[order][:-1])
    )
    is_second = np.append(False, same)
    slot[order[is_second]] += shift[order[is_second]]
    return slot
