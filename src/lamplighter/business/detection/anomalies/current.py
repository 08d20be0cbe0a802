"""Rules on current: AN-14 to AN-17, AN-20, AN-27."""

from __future__ import annotations

import numpy as np

from lamplighter.business.detection.anomalies.seen import Found, Limit, Seen, by_spell, days_before
from lamplighter.business.detection.electrical_days import Count, Run
from lamplighter.business.detection.records import Floats

_LEAST_HISTORY_DAYS = 7


def lost(seen: Seen, limit: Limit) -> Found:
    """AN-14: a phase without current beside one that carries it; only where it carried some in the days before, for a
    phase nobody uses is none that was lost."""
    days = seen.electrical
    is_dead = days.run(Run.NO_CURRENT) >= seen.slots(limit("least_points"))
    carried = days.most_a > (limit("loaded_share") * seen.basic_a)[:, None, None]
    was_used = days_before(carried, width=int(limit("used_days"))) > 0
    spells = by_spell(is_dead, days.most_a, expected=limit("current_share") * seen.basic_a, limit=limit, reduce=np.fmin)
    return _kept(spells, was_used[spells.at, spells.first, spells.phase])


def unlike(seen: Seen, limit: Limit) -> Found:
    """AN-15: currents apart; with four wires only where they were not so before. The value is the greatest."""
    days = seen.electrical
    is_unlike = days.run(Run.CURRENT_UNLIKE) >= seen.slots(limit("least_points"))
    most = _greatest(seen)
    spells = by_spell(is_unlike, most, expected=np.nan, limit=limit)
    width = int(limit("usual_days"))
    known, before = (days_before(what, width=width) for what in (np.isfinite(most), is_unlike))
    at, first = spells.at, spells.first
    was_normal = (known[at, first] >= _LEAST_HISTORY_DAYS) & (
        before[at, first] <= limit("usual_share") * known[at, first]
    )
    return _kept(spells, was_normal | (seen.wiring[at] == "3P3W"))


def too_high(seen: Seen, limit: Limit) -> Found:
    """AN-16: current above what the meter, or the transformer's secondary, is made for."""
    is_high = seen.electrical.run(Run.OVER_CURRENT) >= seen.slots(limit("least_points"))
    rated = np.where(seen.is_ct, seen.basic_a, seen.max_a)
    return by_spell(is_high, seen.electrical.most_a, expected=limit("times") * rated, limit=limit)


def flows_back(seen: Seen, limit: Limit) -> Found:
    """AN-17: a phase's power, voltage times signed current, flows back; the value is the greatest current."""
    is_back = seen.electrical.run(Run.REVERSE) >= seen.slots(limit("least_points"))
    return by_spell(is_back, seen.electrical.most_a, expected=0.0, limit=limit)


def neutral_differs(seen: Seen, limit: Limit) -> Found:
    """AN-20: phase and neutral current of a single-phase meter; the value is their greatest difference."""
    is_unlike = seen.electrical.run(Run.NEUTRAL_UNLIKE) >= seen.slots(limit("least_points"))
    return by_spell(
        is_unlike, seen.electrical.count(Count.WORST_NEUTRAL), expected=limit("difference_share"), limit=limit
    )


def always_small(seen: Seen, limit: Limit) -> Found:
    """AN-27: a transformer's secondary current always far below rated, though the customer uses energy."""
    most = _greatest(seen)
    least = limit("current_share") * seen.basic_a
    return by_spell(
        (most > 0.0) & (most < least[:, None]), most, expected=least, limit=limit, least_days=limit("least_days")
    )


def _greatest(seen: Seen) -> Floats:
    greatest: Floats = np.fmax.reduce(seen.electrical.most_a.astype(np.float64), axis=2)
    return greatest


def _kept(all_of_them: Found, which: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Found:
    return Found(**{name: getattr(all_of_them, name)[which] for name in Found.__slots__})
