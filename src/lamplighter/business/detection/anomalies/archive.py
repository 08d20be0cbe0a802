"""Rules that doubt the archive: AN-34 the ratio, AN-35 the area."""

from __future__ import annotations

import numpy as np

from lamplighter.business.detection.anomalies.seen import Bools, Found, Indices, Limit, Seen, found
from lamplighter.business.detection.records import Floats

_RATIO_ERRORS = ("error_1", "error_2", "error_3", "error_4")


def ratio_doubtful(seen: Seen, limit: Limit) -> Found:
    """AN-34: the area loses, for each kWh the customer shows, about what a wrong ratio would lose."""
    errors = np.array([limit(name) for name in _RATIO_ERRORS])
    nearest = errors[np.abs(seen.loss_slope[:, None] - errors).argmin(axis=1)]
    is_near = np.abs(seen.loss_slope - nearest) <= limit("tolerance") * nearest
    doubted = is_near & (seen.loss_r2 > limit("r2")) & (seen.loss_days >= limit("least_days")) & seen.is_ct
    return _whole_window(seen, doubted, seen.loss_slope, nearest, days=seen.shape[1])


def area_doubtful(seen: Seen, limit: Limit) -> Found:
    """AN-35: the meter's voltage moves with a neighbouring transformer's and not with its own."""
    doubted = (seen.own_correlation < limit("own")) & (seen.best_correlation > seen.own_correlation + limit("margin"))
    return _whole_window(
        seen, doubted, seen.own_correlation, seen.best_correlation, days=min(int(limit("days")), seen.shape[1])
    )


def _whole_window(seen: Seen, where: Bools, value: Floats, expected: Floats, *, days: int) -> Found:
    at: Indices = np.flatnonzero(where)
    last = np.full(len(at), seen.shape[1] - 1)
    return found(at=at, first=last - days + 1, last=last, value=value[at], expected=expected[at], days=days)
