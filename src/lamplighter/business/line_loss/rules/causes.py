"""What the shape of the unexplained loss looks like: customary signature rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from lamplighter.business.line_loss.records import Sign
from lamplighter.business.line_loss.rules.regression import rolling_sum

Floats = npt.NDArray[np.float64]
NIGHT = slice(0, 5)
DAY = slice(8, 20)
NOON = slice(10, 15)
AFTER_DARK = [0, 1, 2, 3, 4, 20, 21, 22, 23]


@dataclass(frozen=True, slots=True)
class Profile:
    """Means over the window that ends with each day, and how loss goes with load. Axes: A areas, D days, 24 hours.

    Attributes:
        unexplained_kw: mean unexplained loss of each hour of the day, shape (A, D, 24); NaN without a known hour.
        load_kw: mean sold power likewise.
        correlation: of hourly unexplained loss and load, shape (A, D).
        slope: d unexplained / d load, shape (A, D).
        constant_kw: unexplained loss at no load, shape (A, D).
        day_counts: known days, shape (A, D).
    """

    unexplained_kw: Floats
    load_kw: Floats
    correlation: Floats
    slope: Floats
    constant_kw: Floats
    day_counts: Floats


def hourly_sums(
    *, unexplained_kwh: npt.NDArray[np.float32], sold_kwh: npt.NDArray[np.float32], interval_minutes: int
) -> tuple[Floats, Floats]:
    """Return unexplained and sold energy of each whole hour, kWh, shape (A, D, 24); NaN where a slot of it is not
    known.
    """
    areas, days, _ = unexplained_kwh.shape
    sums = np.zeros((2, areas, days, 24))
    counts = np.zeros((areas, days, 24), np.int32)
    _sum_hours(unexplained_kwh, sold_kwh, interval_minutes, sums, counts)
    whole = counts == 60 // interval_minutes
    return np.where(whole, sums[0], np.nan), np.where(whole, sums[1], np.nan)


@njit(cache=True, nogil=True)
def _sum_hours(unexplained, sold, minutes, sums, counts):  # type: ignore[no-untyped-def]
    areas, days, slots = unexplained.shape
    for a in range(areas):
        for d in range(days):
            for s in range(slots):
                hour = s * minutes // 60
                if hour > 23 or np.isnan(unexplained[a, d, s]) or np.isnan(sold[a, d, s]):
                    continue
                sums[0, a, d, hour] += unexplained[a, d, s]
                sums[1, a, d, hour] += sold[a, d, s]
                counts[a, d, hour] += 1


def describe_profile(*, unexplained_kwh: Floats, sold_kwh: Floats, window_days: int) -> Profile:
    """Return the profile of each area over the window that ends with each day.

    Args:
        unexplained_kwh, sold_kwh: of each hour, shape (A, D, 24), NaN = unknown.
        window_days: days of the window.
    """
    known = np.isfinite(unexplained_kwh)
    u, s = np.where(known, unexplained_kwh, 0.0), np.where(known, sold_kwh, 0.0)

    def rolled(values: Floats) -> Floats:
        return rolling_sum(values, window=window_days)

    with np.errstate(divide="ignore", invalid="ignore"):
        counts = rolled(known.astype(np.float64))
        mean_u, mean_s = rolled(u) / counts, rolled(s) / counts
        n, su, ss = rolled(known.sum(axis=2).astype(float)), rolled(u.sum(axis=2)), rolled(s.sum(axis=2))
        vu = rolled((u * u).sum(axis=2)) - su * su / n
        vs = rolled((s * s).sum(axis=2)) - ss * ss / n
        vus = rolled((u * s).sum(axis=2)) - su * ss / n
        slope = np.where(vs > 0, vus / vs, np.nan)
        correlation = np.where((vs > 0) & (vu > 0), vus / np.sqrt(vs * vu), np.nan)
        constant = (su - slope * ss) / n
    return Profile(
        unexplained_kw=mean_u,
        load_kw=mean_s,
        correlation=correlation,
        slope=slope,
        constant_kw=constant,
        day_counts=rolled(known.any(axis=2).astype(float)),
    )


def find_signs(
    *, profile: Profile, unexplained_r2: Floats, technical_share: Floats, least_days: int
) -> npt.NDArray[np.uint32]:
    """Return the bits of :class:`Sign` that the profile shows, shape (A, D).

    Args:
        profile: see :func:`describe_profile`.
        unexplained_r2: share of the variance of the whole loss that S² explains, shape (A, D).
        technical_share: c1 S² as a share of the whole loss, shape (A, D).
        least_days: fewer known days show nothing.

    Source:
        4.3: constant day and night; proportional to load²; proportional to load; negative only at noon.
    """
    mask = np.zeros(profile.slope.shape, np.uint32)
    enough = profile.day_counts >= least_days

    def add(sign: Sign, where: npt.NDArray[np.bool_]) -> None:
        mask[enough & where] |= np.uint32(1 << sign.value)

    with np.errstate(divide="ignore", invalid="ignore"):
        u, load = profile.unexplained_kw, profile.load_kw
        mean_u, mean_load = u.mean(axis=2), load.mean(axis=2)
        matters = np.abs(mean_u) > 0.01 * mean_load
        night, day = u[:, :, NIGHT].mean(axis=2), u[:, :, DAY].mean(axis=2)
        even = np.abs(night - day) < 0.25 * np.abs(mean_u)
        add(Sign.CONSTANT, matters & (mean_u > 0) & even & (np.abs(profile.correlation) < 0.5))
        grows = np.abs(profile.constant_kw) < 0.3 * np.abs(profile.slope) * mean_load
        add(
            Sign.LOAD_PROPORTIONAL,
            matters & (np.abs(profile.correlation) > 0.8) & grows & (np.abs(profile.slope) > 0.01),
        )
        noon, dark = u[:, :, NOON].mean(axis=2), u[:, :, AFTER_DARK].mean(axis=2)
        add(Sign.NOON_NEGATIVE, (noon < -0.02 * mean_load) & (dark > -0.3 * np.abs(noon)))
        add(Sign.LOAD_SQUARED, (unexplained_r2 > 0.6) & (technical_share > 0.6))
    return mask


def find_mirrors(*, hourly_kwh: Floats, mean_kw: Floats, least_correlation: float = -0.5) -> npt.NDArray[np.int32]:
    """Return for each area the neighbour whose unexplained loss mirrors its own, or -1, shape (A,).

    A meter booked on the wrong area makes one area lose what the neighbour gains: the same curve with the other sign.
        Hour-to-hour
    *differences* are compared, because seasons and lighting move all areas alike.

    Args:
        hourly_kwh: unexplained loss of each hour, shape (A, D, 24), NaN = unknown.
        mean_kw: mean unexplained loss, shape (A,): one of a pair is above zero and the other below.
        least_correlation: differences must correlate at most this much.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> load = rng.random((1, 10, 24)) * 2
        >>> loss = np.concatenate([0.1 + load, 0.1 - load, rng.random((1, 10, 24))])
        >>> find_mirrors(hourly_kwh=loss, mean_kw=loss.mean(axis=(1, 2))).tolist()
        [1, 0, -1]
    """
    areas = len(hourly_kwh)
    mirror = np.full(areas, -1, np.int32)
    steps = np.diff(hourly_kwh.reshape(areas, -1), axis=1)
    known = np.isfinite(steps)
    steps = np.where(known, steps, 0.0)
    weight = known.astype(np.float64)
    products, pairs = steps @ steps.T, weight @ weight.T
    squares = (steps**2) @ weight.T
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation = products / np.sqrt(squares * squares.T)
    for area in range(areas):
        opposite = (mean_kw * mean_kw[area] < 0) & (pairs[area] >= 24 * 5) & np.isfinite(correlation[area])
        if opposite.any():
            best = int(np.argmin(np.where(opposite, correlation[area], np.inf)))
            if correlation[area, best] <= least_correlation:
                mirror[area] = best
    return mirror
