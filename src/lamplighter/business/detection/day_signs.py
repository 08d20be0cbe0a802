"""What each day of a customer looks like, and the quantiles, echoes and two-level days of a whole window."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

QUANTILES = (0.1, 0.5, 0.9, 0.99)
"""Quantiles of the hours that `quantile_ratios` compares."""


class DaySigns(NamedTuple):
    """The days of each candidate. Axes: N candidates, W days; NaN where less than three quarters of a day are known.

    Attributes:
        hours: energy of each hour, shape (N, W, 24).
        load_factor: mean over greatest slot.
        zero_share: share of the slots below ``zero_share`` of the customer's mean.
        roughness: Σ|step between neighbouring slots| / 2 Σ kWh: 0 = flat, near 1 = made of spikes.
        night_share: share of the day's energy before 6 o'clock.
    """

    hours: Floats
    load_factor: Floats
    zero_share: Floats
    roughness: Floats
    night_share: Floats


def read_day_signs(*, kwh: npt.NDArray[np.float32], slots_per_hour: int, zero_share: float) -> DaySigns:
    """Return the signs of every day.

    Args:
        kwh: shape (N, W, S), NaN = unknown.
        slots_per_hour: 4, 2 or 1.
        zero_share: below this share of the customer's mean a slot counts as zero.

    Example:
        A day of 1 kWh an hour, but nothing before 6:

        >>> day = np.ones((1, 1, 24), np.float32)
        >>> day[0, 0, :6] = 0.0
        >>> signs = read_day_signs(kwh=day, slots_per_hour=1, zero_share=0.02)
        >>> float(signs.load_factor[0, 0]), float(signs.zero_share[0, 0]), float(signs.night_share[0, 0])
        (0.75, 0.25, 0.0)
    """
    hours, figures = _read_days(np.ascontiguousarray(kwh), slots_per_hour, zero_share)
    return DaySigns(hours, *figures)


@numba.njit(cache=True, nogil=True)
def _read_days(kwh, per_hour, zero_share):  # type: ignore[no-untyped-def]  # Numba infers the types
    count, width, slots = kwh.shape
    hours = np.full((count, width, 24), np.nan)
    figures = np.full((4, count, width), np.nan)
    sums, seen = np.empty(24), np.empty(24)
    for i in range(count):
        total, known = 0.0, 0
        for d in range(width):
            for s in range(slots):
                x = kwh[i, d, s]
                if not np.isnan(x):
                    total += x
                    known += 1
        zero = zero_share * total / max(known, 1)
        for d in range(width):
            sums[:], seen[:] = 0.0, 0.0
            here, zeros, steps, top, energy, past = 0, 0, 0.0, 0.0, 0.0, np.nan
            for s in range(slots):
                x = np.float64(kwh[i, d, s])
                if np.isnan(x):
                    past = x
                    continue
                hour = min(s // per_hour, 23)
                sums[hour] += x
                seen[hour] += 1.0
                here += 1
                energy += x
                top = max(top, x)
                if x <= zero:
                    zeros += 1
                if not np.isnan(past):
                    steps += abs(x - past)
                past = x
            for hour in range(24):
                if seen[hour] * 2 >= per_hour:
                    hours[i, d, hour] = sums[hour] * per_hour / seen[hour]
            if here * 4 < 72 * per_hour:
                continue
            figures[1, i, d] = zeros / here
            if energy > 0.0:
                figures[0, i, d] = energy / here / top
                figures[2, i, d] = steps / (2.0 * energy)
                figures[3, i, d] = (sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5]) / energy
    return hours, figures


def quantile_ratios(*, hours: Floats, split: npt.NDArray[np.int64], least_days: int) -> Floats:
    """Return log(before / after) of the quantiles of the hours at each customer's own split, shape (N, 4).

    A slow meter moves all alike; a ceiling the top alone; a subtracted load the bottom most. Each quantile is raised by
    a twentieth of the mean before, so that nothing is divided by zero.

    Args:
        hours: shape (N, W, 24).
        split: index of the first day after, shape (N,); -1 = none.
        least_days: fewest days on either side.

    Example:
        >>> hours = np.ones((1, 20, 24))
        >>> hours[0, 10:] = 0.5
        >>> quantile_ratios(hours=hours, split=np.array([10]), least_days=5).round(2).tolist()
        [[0.65, 0.65, 0.65, 0.65]]
    """
    found = np.full((len(hours), len(QUANTILES)), np.nan)
    for at in np.flatnonzero((split >= least_days) & (split <= hours.shape[1] - least_days)):
        parts = []
        for part in (hours[at, : split[at]], hours[at, split[at] :]):
            known = np.sort(part[np.isfinite(part)])
            if len(known) < least_days * 12:
                break
            parts.append(known)
        if len(parts) == 2 and parts[0].mean() > 0.0:
            levels = [part[(np.array(QUANTILES) * (len(part) - 1)).astype(np.int64)] for part in parts]
            floor = 0.05 * parts[0].mean()
            found[at] = np.log((levels[0] + floor) / (levels[1] + floor))
    return found


def profiles_around(hours: Floats, split: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Return the mean hours before and from each customer's split on, shape (N, 24) each; NaN where there is none.

    Example:
        >>> hours = np.ones((1, 4, 24))
        >>> hours[0, 2:] = 3.0
        >>> before, after = profiles_around(hours, np.array([2]))
        >>> float(before[0, 0]), float(after[0, 0])
        (1.0, 3.0)
    """
    known = np.isfinite(hours)
    value = np.where(known, hours, 0.0)
    late = (np.arange(hours.shape[1])[None, :] >= split[:, None]) & (split[:, None] >= 0)
    early = ~late & (split[:, None] >= 0)

    def mean(chosen: npt.NDArray[np.bool_]) -> Floats:
        count = np.einsum("nwh,nw->nh", known, chosen, dtype=np.float64)
        total = np.einsum("nwh,nw->nh", value, chosen)
        profile: Floats = np.where(count > 0.0, total / np.maximum(count, 1.0), np.nan)
        return profile

    return mean(early), mean(late)


def correlate_rows(left: Floats, right: Floats) -> Floats:
    """Return the correlation of each row with the same row of the other array, shape (N,); NaN where one is flat.

    Example:
        >>> correlate_rows(np.array([[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]), np.array([[3.0, 2.0, 1.0]] * 2)).tolist()
        [-1.0, nan]
    """
    a = left - left.mean(axis=1, keepdims=True)
    b = right - right.mean(axis=1, keepdims=True)
    energy = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        correlation: Floats = np.where(energy > 0.0, (a * b).sum(axis=1) / energy, np.nan)
    return correlation


class WindowSigns(NamedTuple):
    """Signs over the whole window. Axes: N candidates.

    Attributes:
        echo_day: correlation of an hour with the same hour a day before.
        echo_week: with the same hour a week before.
        two_levels: share of the day-to-day variance of log kWh that two levels explain, above what they would explain
            of a normal spread (0.64).
        level_ratio: log of the ratio of the two levels.
        low_days: share of the days on the lower level.
        switches: how often neighbouring days change level, over what chance would give; about 0 = one change.
        day_noise: robust spread of log kWh from day to day.
    """

    echo_day: Floats
    echo_week: Floats
    two_levels: Floats
    level_ratio: Floats
    low_days: Floats
    switches: Floats
    day_noise: Floats


def read_window_signs(
    *, hours: Floats, daily_kwh: Floats, is_weekend: npt.NDArray[np.bool_], least_days: int
) -> WindowSigns:
    """Return the signs over the window.

    Args:
        hours: shape (N, W, 24).
        daily_kwh: energy of each day, what the class does divided out, shape (N, W).
        is_weekend: shape (W,); the customer's own median weekday and weekend are taken out, or every shop would have
            two levels.
        least_days: fewest known days.

    Example:
        Every second day at half:

        >>> daily = np.tile([8.0, 4.0], 20)[None, :]
        >>> week = np.arange(40) % 7 >= 5
        >>> hours = np.full((1, 40, 24), np.nan)
        >>> signs = read_window_signs(hours=hours, daily_kwh=daily, is_weekend=week, least_days=10)
        >>> float(signs.level_ratio[0].round(2)), float(signs.low_days[0]), float(signs.two_levels[0].round(2))
        (0.68, 0.5, 0.36)
    """
    return WindowSigns(
        *_read_window(np.ascontiguousarray(hours), np.ascontiguousarray(daily_kwh), is_weekend, least_days)
    )


@numba.njit(cache=True, nogil=True)
def _echo(hours: Floats, lag: int) -> float:
    width = len(hours)
    n, a, b, aa, bb, ab = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    for d in range(lag, width):
        for h in range(24):
            x, y = hours[d, h], hours[d - lag, h]
            if not (np.isnan(x) or np.isnan(y)):
                n += 1
                a += x
                b += y
                aa += x * x
                bb += y * y
                ab += x * y
    if n < 48:
        return np.nan
    left, right = aa - a * a / n, bb - b * b / n
    if left <= 1e-12 or right <= 1e-12:
        return np.nan
    return float((ab - a * b / n) / np.sqrt(left * right))


@numba.njit(cache=True, nogil=True)
def _read_window(hours, daily, is_weekend, least):  # type: ignore[no-untyped-def]  # Numba infers the types
    count, width = daily.shape
    found = np.full((7, count), np.nan)
    for i in range(count):
        found[0, i] = _echo(hours[i], 1)
        found[1, i] = _echo(hours[i], 7)
        n, total = 0, 0.0
        for d in range(width):
            if not np.isnan(daily[i, d]):
                n += 1
                total += daily[i, d]
        if n < least or total <= 0.0:
            continue
        floor = 0.02 * total / n
        logs, kind = np.empty(n), np.empty(n, np.bool_)
        k = 0
        for d in range(width):
            if not np.isnan(daily[i, d]):
                logs[k], kind[k] = np.log(max(daily[i, d], 0.0) + floor), is_weekend[d]
                k += 1
        if kind.sum() >= 4 and (~kind).sum() >= 4:
            weekday, weekend = np.median(logs[~kind]), np.median(logs[kind])
            for k in range(n):
                logs[k] -= weekend if kind[k] else weekday
        ordered = np.sort(logs)
        centre = ordered.mean()
        spread = ((ordered - centre) ** 2).sum()
        steps = np.sort(np.abs(np.diff(logs)))
        found[6, i] = steps[len(steps) // 2]
        if spread < 1e-9:
            continue
        best, cut, low_sum = -1.0, 0, 0.0
        for k in range(1, n):
            low_sum += ordered[k - 1] - centre
            between = low_sum**2 / k + low_sum**2 / (n - k)
            if between > best:
                best, cut = between, k
        found[2, i] = best / spread - 0.64
        found[3, i] = ordered[cut:].mean() - ordered[:cut].mean()
        found[4, i] = cut / n
        limit = (ordered[cut - 1] + ordered[cut]) / 2.0
        changes = 0
        for k in range(1, n):
            if (logs[k] > limit) != (logs[k - 1] > limit):
                changes += 1
        chance = 2.0 * (cut / n) * (1.0 - cut / n) * (n - 1)
        found[5, i] = changes / chance
    return found[0], found[1], found[2], found[3], found[4], found[5], found[6]


def find_edges(*, kwh: npt.NDArray[np.float32], slots_per_hour: int, least_days: int) -> tuple[Floats, Floats]:
    """Return how sharply a part of the day is cut out by the clock, and how deep, shape (N,) each.

    At each slot the half hour after it is held against the half hour before it, day by day, as ``(a - b) / (a + b)``;
    the mean over its standard error is the sharpness of the edge there. A part of the day that begins with a fall and
    ends, 4 to 12 hours later, with a rise is cut out; the weaker of its two edges counts. A machine on a timer has its
    edges the other way round.

    Args:
        kwh: shape (N, W, S), NaN = unknown.
        slots_per_hour: 4, 2 or 1.
        least_days: fewest days at an edge.

    Returns:
        Sharpness (t of the weaker edge, 0 where there is none) and depth (the weaker mean of ``|a - b| / (a + b)``).

    Example:
        A flat curve at one third between 8 and 14 o'clock:

        >>> kwh = np.ones((1, 20, 24), np.float32)
        >>> kwh[0, :, 8:14] = 1 / 3
        >>> sharp, depth = find_edges(kwh=kwh, slots_per_hour=1, least_days=10)
        >>> bool(sharp[0] > 10), float(depth[0].round(2))
        (True, 0.5)
    """
    found = _find_edges(np.ascontiguousarray(kwh), slots_per_hour, least_days)
    return found[0], found[1]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _find_edges(kwh, per_hour, least):  # type: ignore[no-untyped-def]  # Numba infers the types
    count, width, slots = kwh.shape
    slots = min(slots, 24 * per_hour)
    long = max(per_hour // 2, 1)
    found = np.full((2, count), np.nan)
    sharp, depth = np.empty(slots), np.empty(slots)
    # Energy of the half hour from each slot on, the day's last ones before its first: a day is closed to a ring.
    day, half = np.empty(slots + long), np.empty(slots + long)
    n, total, squares = np.empty(slots), np.empty(slots), np.empty(slots)
    for i in range(count):
        n[:], total[:], squares[:] = 0.0, 0.0, 0.0
        for d in range(width):
            for s in range(slots):
                day[s] = kwh[i, d, s]
            day[slots:] = day[:long]
            half[:] = 0.0
            for k in range(long):
                for s in range(slots):
                    half[long + s] += day[s + k]
            half[:long] = half[slots:]
            for s in range(slots):
                a, b = half[long + s], half[s]
                x = (a - b) / (a + b) if a + b > 0.0 else 0.0
                n[s] += 1.0 if a + b > 0.0 else 0.0
                total[s] += x
                squares[s] += x * x
        known = False
        for s in range(slots):
            sharp[s], depth[s] = 0.0, 0.0
            if n[s] >= least:
                known = True
                mean = total[s] / n[s]
                spread = max(squares[s] / n[s] - mean * mean, 0.0) + 1e-4
                sharp[s], depth[s] = mean / np.sqrt(spread / n[s]), mean
        if not known:
            continue
        found[0, i], found[1, i] = 0.0, 0.0
        for s in range(slots):
            if sharp[s] >= 0.0:
                continue
            for hours in range(4 * per_hour, 12 * per_hour + 1):
                e = (s + hours) % slots
                weaker = min(-sharp[s], sharp[e])
                if weaker > found[0, i]:
                    found[0, i], found[1, i] = weaker, min(-depth[s], depth[e])
    return found
