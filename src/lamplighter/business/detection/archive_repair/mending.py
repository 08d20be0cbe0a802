"""The smallest set of meter moves that mends areas whose losses mirror each other.

A meter booked on area H that hangs on area A leaves H with too little loss and A with too much, by the same energy. Of
all candidate moves those are chosen that make

    Σ moves (penalty − log-odds) + Σ areas weight · min(excess, most)

least, where an area's excess is how far its unexplained energy lies outside its interval around 0, in half-widths of
it. A move is worth its evidence; beyond that it has to mend something, and one that spoils an area pays for it. Groups
of areas tied by candidates are solved apart: exactly up to ``EXACT`` candidates, larger ones by descent from the moves
that pay by themselves, flipping one or two at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

Flags = npt.NDArray[np.bool_]

EXACT = 12
"""Most candidates of a group that are tried in every combination."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """Unexplained energy of each area over the window, kWh, shape (A,); NaN where it cannot be computed.

    Attributes:
        kwh: the energy.
        half_width: half of its interval; what is inside counts as explained.
    """

    kwh: Floats
    half_width: Floats

    def excess(self, kwh: Floats) -> Floats:
        """Return how far energies lie outside the interval around 0, in half-widths; 0 where unknown.

        Example:
            >>> Unexplained(np.array([50.0]), np.array([20.0])).excess(np.array([50.0])).tolist()
            [1.5]
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            outside = np.maximum(np.abs(kwh) / self.half_width - 1.0, 0.0)
        return np.nan_to_num(outside, nan=0.0, posinf=0.0)


@dataclass(frozen=True, slots=True)
class Moves:
    """Candidate moves. Axes: K moves.

    Attributes:
        log_odds: that the meter hangs on ``away`` and not on ``home``, shape (K,).
        home: area it is booked on, shape (K,).
        away: area it would go to, shape (K,).
        home_kwh: energy it takes with it on the days home can be computed, shape (K,).
        away_kwh: energy it brings on the days away can be computed, shape (K,).
    """

    log_odds: Floats
    home: npt.NDArray[np.int64]
    away: npt.NDArray[np.int64]
    home_kwh: Floats
    away_kwh: Floats


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen. Axes: K moves, A areas.

    Attributes:
        is_chosen: shape (K,).
        gain: nats the aim would lose without the move (or with it, negative, where it was not chosen), its penalty
            left out, shape (K,).
        kwh: unexplained energy of each area after the chosen moves, shape (A,).
        group: number of the group of areas each move belongs to, shape (K,).
        home_mended_kwh: by how much |unexplained| of home would be greater without the move, shape (K,).
        away_mended_kwh: the same of away.
    """

    is_chosen: Flags
    gain: Floats
    kwh: Floats
    group: npt.NDArray[np.int64]
    home_mended_kwh: Floats
    away_mended_kwh: Floats


def choose_moves(
    *, moves: Moves, unexplained: Unexplained, penalty: float, area_weight: float, most_excess: float
) -> Chosen:
    """Return the moves that make the aim least.

    Args:
        moves: candidates.
        unexplained: of every area, before any move.
        penalty: nats a move must earn.
        area_weight: nats a half-width of excess costs.
        most_excess: half-widths beyond which an area costs no more: a great theft must not force moves.

    Example:
        Area 0 comes out 100 kWh low and area 1 100 kWh high; one meter of 100 kWh mends both, and the meter of 30 kWh
        with the same weak evidence stays:

        >>> moves = Moves(np.array([0.5, 0.5]), np.array([0, 0]), np.array([1, 1]), *(np.array([100.0, 30.0]),) * 2)
        >>> before = Unexplained(np.array([-100.0, 100.0]), np.array([20.0, 20.0]))
        >>> found = choose_moves(moves=moves, unexplained=before, penalty=2.0, area_weight=1.0, most_excess=4.0)
        >>> found.is_chosen.tolist(), found.kwh.tolist(), found.home_mended_kwh.tolist()
        ([True, False], [0.0, 0.0], [100.0, -30.0])
    """
    count = len(moves.log_odds)
    effect = np.zeros((count, len(unexplained.kwh)))
    at = np.arange(count)
    effect[at, moves.home] += moves.home_kwh
    effect[at, moves.away] -= moves.away_kwh
    cost = penalty - moves.log_odds

    def aim(flags: Flags, rows: npt.NDArray[np.int64]) -> Floats:
        after = unexplained.kwh + flags @ effect[rows]
        spoiled = np.minimum(unexplained.excess(after), most_excess).sum(axis=1)
        total: Floats = flags @ cost[rows] + area_weight * spoiled
        return total

    group = _groups(moves, np.isfinite(unexplained.kwh))
    chosen = np.zeros(count, bool)
    for number in np.unique(group):
        rows = np.flatnonzero(group == number)
        if len(rows) <= EXACT:
            every = (np.arange(2 ** len(rows))[:, None] >> np.arange(len(rows)) & 1).astype(bool)
            # Of equals the smallest set, and then the first: the result does not hang on rounding.
            order = np.argsort(every.sum(axis=1), kind="stable")
            best = every[order[aim(every[order], rows).round(9).argmin()]]
        else:
            best = _descend(cost[rows] < 0.0, partial(aim, rows=rows))
        chosen[rows] = best
    after = unexplained.kwh + chosen @ effect
    gain = np.empty(count)
    for k in range(count):
        both = np.repeat(chosen[None], 2, axis=0)
        both[:, k] = (False, True)
        without, with_it = aim(both, at)
        gain[k] = without - with_it + penalty
    sign = np.where(chosen, 1.0, -1.0)

    def mended(area: npt.NDArray[np.int64], own: Floats) -> Floats:
        # Where the move was not chosen: what choosing it would do.
        other = after[area] - sign * own
        held: Floats = np.abs(other) - np.abs(after[area])
        return sign * held

    return Chosen(
        is_chosen=chosen,
        gain=gain,
        kwh=after,
        group=group,
        home_mended_kwh=mended(moves.home, moves.home_kwh),
        away_mended_kwh=mended(moves.away, -moves.away_kwh),
    )


def _descend(start: Flags, aim: Callable[[Flags], Floats]) -> Flags:
    """Return flags no single or double flip of which makes the aim less."""
    best, least = start.copy(), float(aim(start[None])[0])
    size = len(start)
    first, second = np.triu_indices(size)
    flips = np.zeros((len(first), size), bool)
    flips[np.arange(len(first)), first] = True
    flips[np.arange(len(first)), second] = True
    for _ in range(4 * size):
        tried = best[None] ^ flips
        values = aim(tried).round(9)
        at = int(values.argmin())
        if values[at] >= round(least, 9):
            break
        best, least = tried[at], float(values[at])
    return best


def _groups(moves: Moves, known: Flags) -> npt.NDArray[np.int64]:
    """Return the group of each move: areas tied by a candidate, directly or through others, belong together.

    An area of which nothing is known ties nobody.
    """
    areas = len(known)
    root = np.arange(areas)
    tied = known[moves.away]
    home, away = moves.home[tied], moves.away[tied]
    for _ in range(areas):
        low = np.minimum(root[home], root[away])
        before = root.copy()
        np.minimum.at(root, home, low)
        np.minimum.at(root, away, low)
        if (root == before).all():
            break
    return root[moves.home]
