"""Rules on the use itself: AN-04, AN-29, AN-30, AN-31."""

from __future__ import annotations

import numba
import numpy as np

from lamplighter.business.detection.anomalies.seen import Bools, Found, Limit, Seen, by_spell, cut_spells, found, join
from lamplighter.business.detection.electrical_days import Count
from lamplighter.business.detection.records import Floats

_KNOWN_SHARE = 0.6


def stands_still(seen: Seen, limit: Limit) -> Found:
    """AN-04: a whole day without energy on which current flowed; the value is on how many slots. Who generates may
    use what the roof gives."""
    idle = seen.electrical.count(Count.IDLE)
    is_still = (seen.metered_kwh <= 0.0) & (idle >= seen.slots(limit("least_points"))) & ~seen.generates[:, None]
    return by_spell(is_still, idle, expected=0.0, limit=limit)


def not_read(seen: Seen, limit: Limit) -> Found:
    """AN-29: days in a row on which nothing came from a live meter; the value is their number."""
    is_silent = seen.is_live & ~seen.is_read
    spells = cut_spells(is_silent, np.ones(is_silent.shape), gap_days=0, reduce=np.add)
    least = np.where(seen.is_high_voltage, limit("high_voltage_days"), limit("least_days"))[spells.row]
    kept = spells.days >= least
    return found(
        at=spells.row[kept],
        first=spells.first[kept],
        last=spells.last[kept],
        value=spells.value[kept],
        expected=least[kept],
        days=spells.days[kept],
    )


def no_use(seen: Seen, limit: Limit) -> Found:
    """AN-30: no use for long, after there was some; a day that is not known does not end it."""
    used, known = seen.metered_kwh > 0.0, np.isfinite(seen.metered_kwh)
    spells = cut_spells(seen.is_live & ~used, known.astype(np.float64), gap_days=0, reduce=np.add)
    long_enough = (spells.days >= limit("least_days")) & (spells.value >= _KNOWN_SHARE * spells.days)
    before = seen.used_before[spells.row] | (np.cumsum(used, axis=1)[spells.row, spells.first] > 0)
    kept = long_enough & before
    return found(
        at=spells.row[kept],
        first=spells.first[kept],
        last=spells.last[kept],
        value=spells.days[kept].astype(np.float64),
        expected=limit("least_days"),
        days=spells.days[kept],
    )


def use_changed(seen: Seen, limit: Limit) -> Found:
    """AN-31: days in a row far below or above what like days were before them; the value is the share of it.

    Like days are workdays for workdays and weekends for weekends, of the weeks before the first day that differs: what
    has lasted long does not become usual.
    """
    share, is_low, is_high = _against_usual(
        seen.adjusted_kwh,
        seen.is_free,
        int(limit("usual_days")),
        int(limit("least_days")),
        limit("low_share"),
        limit("high_share"),
        limit("least_kwh"),
    )
    parts = []
    for is_so, expected, reduce in ((is_low, "low_share", np.fmin), (is_high, "high_share", np.fmax)):
        parts.append(by_spell(is_so, share, expected=limit(expected), limit=limit, reduce=reduce))
    return join(*parts)


@numba.njit(cache=True, nogil=True)
def _against_usual(
    days: Floats, is_free: Bools, width: int, least: int, low: float, high: float, least_kwh: float
) -> tuple[Floats, Bools, Bools]:
    """Return each day's share of what is usual, and the days of runs of at least ``least`` days below or above."""
    count, length = days.shape
    share = np.full((count, length), np.nan)
    is_low, is_high = np.zeros((count, length), np.bool_), np.zeros((count, length), np.bool_)
    for i in range(count):
        start, kind = 0, 0
        for d in range(length + 1):
            is_known = d < length and not np.isnan(days[i, d])
            if d < length and not is_known:
                continue
            now = 0
            if d < length:
                until = start if kind != 0 else d
                usual = _usual(days[i], is_free, until, width, is_free[d])
                if kind != 0 and np.isnan(usual):
                    usual = _usual(days[i], is_free, d, width, is_free[d])
                if usual >= least_kwh:
                    share[i, d] = days[i, d] / usual
                    now = -1 if share[i, d] < low else 1 if share[i, d] > high else 0
            if now != kind:
                if kind != 0 and d - start >= least:
                    for k in range(start, d):
                        if not np.isnan(days[i, k]):
                            is_low[i, k], is_high[i, k] = kind < 0, kind > 0
                start, kind = d, now
    return share, is_low, is_high


@numba.njit(cache=True, nogil=True)
def _usual(row: Floats, is_free: Bools, until: int, width: int, free: np.bool_) -> float:
    """Return the median of like days among the ``width`` days before; NaN with fewer than two, or half their number
    on workdays."""
    kept = np.empty(width)
    known, like = 0, 0
    for k in range(max(0, until - width), until):
        if is_free[k] == free:
            like += 1
            if not np.isnan(row[k]):
                kept[known] = row[k]
                known += 1
    if known < 2 or until < width // 2 or 2 * known < like:
        return np.nan
    return float(np.median(kept[:known]))
