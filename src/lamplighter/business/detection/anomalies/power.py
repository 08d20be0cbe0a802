"""Rules on power and energy against voltage and current: AN-18, AN-19, AN-25."""

from __future__ import annotations

import numpy as np

from lamplighter.business.detection.anomalies.seen import Found, Limit, Seen, by_spell, days_before
from lamplighter.business.detection.changes import nan_median
from lamplighter.business.detection.electrical_days import Count, Run
from lamplighter.business.detection.records import Floats

_NOTED = 3
_MONTH_DAYS = 30


def factor_odd(seen: Seen, limit: Limit) -> Found:
    """AN-18: power factor low under load, or far from its own past; the value is the day's mean."""
    factor = mean_factor(seen)
    is_low = seen.electrical.run(Run.LOW_FACTOR) >= seen.slots(limit("least_points"))
    usual = np.full(factor.shape, np.nan)
    width = int(limit("usual_days"))
    for day in range(1, factor.shape[1]):
        usual[:, day] = nan_median(factor[:, max(0, day - width) : day])
    # A median of a few days is no past.
    known = days_before(np.isfinite(factor), width=width) >= width // 2
    is_away = known & (np.abs(factor - usual) > limit("deviation"))
    return by_spell(is_low | is_away, factor, expected=limit("factor"), limit=limit, reduce=np.fmin)


def disagrees(seen: Seen, limit: Limit) -> Found:
    """AN-19: energy over V x I of the loaded slots of a day against the power factor.

    Without a power factor, that of meters wired alike stands for it: a customer whose motors draw unusually much
    reactive current is then found too. Who generates has current both ways and is not judged.
    """
    days = seen.electrical
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(
            days.count(Count.APPARENT_KVAH) > 0.0,
            days.count(Count.ENERGY_KWH) / days.count(Count.APPARENT_KVAH),
            np.nan,
        )
    told = mean_factor(seen)
    expected = np.where(np.isfinite(told), told, seen.usual_ratio[:, None])
    is_judged = (days.count(Count.LOADED) >= seen.slots(limit("least_points"))) & ~seen.generates[:, None]
    is_apart = is_judged & (np.abs(ratio - expected) > limit("difference"))
    return by_spell(
        is_apart, ratio, expected=nan_median(expected), limit=limit, reduce=np.fmin, least_days=limit("least_days")
    )


def above_contract(seen: Seen, limit: Limit) -> Found:
    """AN-25: load above contract for two hours; of its own severity from the third day within a month on, because
    that is a clue of breach, before that of severity 3. The value is the greatest power."""
    days = seen.electrical
    is_above = days.run(Run.OVERLOAD) >= seen.slots(limit("least_points"))
    hits = days_before(is_above, width=_MONTH_DAYS - 1) + is_above
    # The two passes have the same spells: the second reduces another figure.
    spells = by_spell(is_above, days.count(Count.MOST_KW), expected=limit("times") * seen.contract_kw, limit=limit)
    most_hits = by_spell(is_above, hits.astype(np.float64), expected=0.0, limit=limit).value
    spells.severity[most_hits < limit("clue_days")] = _NOTED
    return spells


def mean_factor(seen: Seen) -> Floats:
    """Return the mean power factor of the loaded slots of each day, shape (N, W); NaN where it is not read."""
    days = seen.electrical
    with np.errstate(divide="ignore", invalid="ignore"):
        mean: Floats = np.where(
            days.count(Count.FACTOR_SEEN) > 0, days.count(Count.FACTOR) / days.count(Count.FACTOR_SEEN), np.nan
        )
    return mean
