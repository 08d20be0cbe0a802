"""Rules on voltage: AN-08 to AN-13."""

from __future__ import annotations

import numpy as np

from lamplighter.business.detection.anomalies.seen import Found, Limit, Seen, by_spell
from lamplighter.business.detection.electrical_days import Run

_PHASE_B = 1


def lost_under_current(seen: Seen, limit: Limit) -> Found:
    """AN-08: low voltage of a phase that carries current; the value is the lowest."""
    return _low(seen, limit, Run.LOW_VOLTAGE)


def phase_lost(seen: Seen, limit: Limit) -> Found:
    """AN-09: a phase as good as without voltage while the meter is powered."""
    return _low(seen, limit, Run.DEAD_VOLTAGE)


def too_high(seen: Seen, limit: Limit) -> Found:
    """AN-10: above the upper limit for an hour; the value is the highest."""
    is_high = seen.electrical.run(Run.OVER_VOLTAGE) >= seen.slots(limit("least_points"))
    return by_spell(is_high, seen.electrical.highest_v, expected=limit("voltage_share") * seen.rated_v, limit=limit)


def too_low(seen: Seen, limit: Limit) -> Found:
    """AN-11: below the lower limit for an hour; a dead phase is AN-09's."""
    return _low(seen, limit, Run.UNDER_VOLTAGE)


def unlike(seen: Seen, limit: Limit) -> Found:
    """AN-12: voltages apart; the value is the lowest of the day."""
    days = seen.electrical
    is_unlike = days.run(Run.VOLTAGE_UNLIKE) >= seen.slots(limit("least_points"))
    lowest = np.fmin.reduce(days.lowest_v.astype(np.float64), axis=2)
    return by_spell(
        is_unlike, lowest, expected=(1.0 - limit("unlike_share")) * seen.rated_v, limit=limit, reduce=np.fmin
    )


def middle_phase(seen: Seen, limit: Limit) -> Found:
    """AN-13: phase B of a meter of two elements shows something; the days are those of the meter, the phase is B."""
    is_there = seen.electrical.run(Run.MIDDLE_PHASE) >= seen.slots(limit("least_points"))
    by_phase = np.zeros((*is_there.shape, 3), bool)
    by_phase[:, :, _PHASE_B] = is_there
    return by_spell(by_phase, np.full(by_phase.shape, np.nan), expected=0.0, limit=limit)


def _low(seen: Seen, limit: Limit, run: Run) -> Found:
    is_low = seen.electrical.run(run) >= seen.slots(limit("least_points"))
    return by_spell(
        is_low,
        seen.electrical.lowest_v,
        expected=limit("voltage_share") * seen.rated_v,
        limit=limit,
        reduce=np.fmin,
    )
