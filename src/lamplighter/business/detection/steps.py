"""Lasting steps in day series: the best single split beside what other known causes explain, and steps of hours.

A day's figure follows the weather, the weekday and the holiday. What the class does together stands for the weather;
a weekend has its own level. Both are fitted *together with* the step, so that a home that heats with electricity is
not taken for one that fell in spring.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

WINDOW_HOURS = (2, 3, 4, 6, 8, 12)
"""Lengths of the part of the day that `find_hour_steps` tries, hours."""


class Steps(NamedTuple):
    """The best split of each series. Axes: N series.

    Attributes:
        split: index of the first day after it, shape (N,); -1 where too few days are known.
        before: level before it, what the controls explain taken out, shape (N,).
        change: level after it less before, shape (N,).
        t: change over its standard error, widened where neighbouring days are alike, shape (N,).
    """

    split: npt.NDArray[np.int64]
    before: Floats
    change: Floats
    t: Floats


class HourSteps(NamedTuple):
    """The part of the day that fell most and the day it did. Axes: N customers; NaN where too few days are known.

    Attributes:
        split: index of the first day after it; -1 where unknown.
        from_hour: first hour of that part.
        hours: its length.
        t: drop of its energy over the standard error; > 0 = fell.
        fall: share of the part's earlier energy that went.
        weight: what went, as share of the whole earlier day.
        rest: share of the rest of the day that went; about 0 where only those hours changed.
    """

    split: npt.NDArray[np.int64]
    from_hour: Floats
    hours: Floats
    t: Floats
    fall: Floats
    weight: Floats
    rest: Floats


def find_steps(*, series: Floats, controls: Floats, margin_days: int) -> Steps:
    """Return the best split of each series.

    For every split the least-squares fit ``y = a + controls·b + c·[day >= split]`` is worked out; the split of the
    greatest ``|t(c)|`` wins. ``t`` is divided by ``sqrt((1 + r) / (1 - r))``, r the lag-1 autocorrelation of what is
    left, at least 0.

    Args:
        series: shape (N, W), NaN = unknown.
        controls: shape (N, W, C), known wherever ``series`` is.
        margin_days: fewest known days on either side.

    Example:
        A home that follows the class exactly (the class falls by half on day 20) shows no step; one that fell beside
        it does:

        >>> day = np.arange(40)
        >>> factor = np.where(day < 20, 1.0, 0.5)
        >>> wiggle = 0.02 * (-1.0) ** day
        >>> series = np.stack([factor + wiggle, 1.0 - 0.4 * (day >= 30) + wiggle])
        >>> controls = np.stack([factor, np.sin(day)])[:, :, None]
        >>> found = find_steps(series=series, controls=controls, margin_days=7)
        >>> bool(abs(found.t[0]) < 3), int(found.split[1]), float(found.change[1].round(2))
        (True, 30, -0.4)
    """
    return Steps(*_find_steps(np.ascontiguousarray(series), np.ascontiguousarray(controls), margin_days))


@numba.njit(cache=True, nogil=True)
def _find_steps(  # type: ignore[no-untyped-def]  # Numba infers the types
    series, controls, margin
):
    count, width = series.shape
    regressors = controls.shape[2] + 1
    split = np.full(count, -1, np.int64)
    before, change, t = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    q, y, at = np.empty((regressors, width)), np.empty(width), np.empty(width, np.int64)
    tail = np.empty(regressors)
    for i in range(count):
        n = 0
        for d in range(width):
            if not np.isnan(series[i, d]):
                y[n], at[n] = series[i, d], d
                q[0, n] = 1.0
                for c in range(regressors - 1):
                    q[c + 1, n] = controls[i, d, c]
                n += 1
        if n < 2 * margin or n < regressors + 3:
            continue
        mean, squares = 0.0, 0.0
        for k in range(n):
            mean += y[k] / n
        for c in range(regressors):
            own = 0.0
            for k in range(n):
                own += q[c, k] ** 2
            for e in range(c):
                dot = 0.0
                for k in range(n):
                    dot += q[c, k] * q[e, k]
                for k in range(n):
                    q[c, k] -= dot * q[e, k]
            left = 0.0
            for k in range(n):
                left += q[c, k] ** 2
            # A control that says nothing new (a class that stood still) is dropped.
            scale = 1.0 / np.sqrt(left) if left > 1e-9 * max(own, 1e-12) else 0.0
            dot = 0.0
            for k in range(n):
                q[c, k] *= scale
                dot += q[c, k] * y[k]
            for k in range(n):
                y[k] -= dot * q[c, k]
        for k in range(n):
            squares += y[k] ** 2
        tail[:] = 0.0
        total, best = 0.0, -1.0
        best_k, best_c = -1, 0.0
        for back in range(n - margin):
            k = n - 1 - back
            total += y[k]
            own = back + 1.0
            for c in range(regressors):
                tail[c] += q[c, k]
                own -= tail[c] ** 2
            if back + 1 < margin or own < 1e-6:
                continue
            step = total / own
            rest = max(squares - step * total, 0.0) / (n - regressors - 1)
            floor = (0.01 * mean) ** 2 + 1e-12
            ratio = abs(step) * np.sqrt(own / (rest + floor))
            if ratio > best:
                best, best_k, best_c = ratio, k, step
        if best_k < 0:
            continue
        # The step as fitted, without what the controls share with it.
        for c in range(regressors):
            tail[c] = 0.0
            for k in range(best_k, n):
                tail[c] += q[c, k]
        products, energy, past = 0.0, 0.0, 0.0
        for k in range(n):
            fitted = 1.0 if k >= best_k else 0.0
            for c in range(regressors):
                fitted -= tail[c] * q[c, k]
            left = y[k] - best_c * fitted
            if k > 0:
                products += left * past
            energy += left**2
            past = left
        r = min(max(products / energy, 0.0), 0.9) if energy > 0.0 else 0.0
        split[i] = at[best_k]
        change[i] = best_c
        before[i] = mean - best_c * (n - best_k) / n
        t[i] = np.sign(best_c) * best * np.sqrt((1.0 - r) / (1.0 + r))
    return split, before, change, t


def find_hour_steps(*, hours: Floats, margin_days: int) -> HourSteps:
    """Return, for each customer, the part of the day that fell most.

    Args:
        hours: energy of each hour, shape (N, W, 24), NaN = unknown; a day with an unknown hour is left out.
        margin_days: fewest known days on either side of a split.

    Example:
        A flat use of 1 kWh an hour whose evening (18 to 22) is gone from day 20 on:

        >>> hours = np.ones((1, 40, 24))
        >>> hours[0, 20:, 18:22] = 0.0
        >>> found = find_hour_steps(hours=hours + np.tile([[0.0], [0.01]], (20, 1)), margin_days=7)
        >>> int(found.split[0]), float(found.from_hour[0]), float(found.hours[0]), float(found.fall[0].round(2))
        (20, 18.0, 4.0, 1.0)
    """
    return HourSteps(*_find_hour_steps(np.ascontiguousarray(hours), np.array(WINDOW_HOURS), margin_days))


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _find_hour_steps(hours, lengths, margin):  # type: ignore[no-untyped-def]  # Numba infers the types
    count, width, _ = hours.shape
    split = np.full(count, -1, np.int64)
    numbers = np.full((6, count), np.nan)
    sums, at = np.empty((width, 49)), np.empty(width, np.int64)
    # All 24 beginnings of a part side by side: energy of each day, sums over the days, sums of the days before a split.
    part = np.empty((width, 24))
    total, squares, s1, q1 = np.empty(24), np.empty(24), np.empty(24), np.empty(24)
    greatest, best_k = np.empty(24), np.empty(24, np.int64)
    for i in range(count):
        n = 0
        for d in range(width):
            running = 0.0
            sums[n, 0] = 0.0
            for h in range(48):
                running += hours[i, d, h % 24]
                sums[n, h + 1] = running
            if not np.isnan(running):
                at[n] = d
                n += 1
        if n < 2 * margin:
            continue
        best, which, start, k = 0.0, -1, -1, -1
        for candidate in range(len(lengths)):
            long = lengths[candidate]
            total[:], squares[:], s1[:], q1[:], greatest[:] = 0.0, 0.0, 0.0, 0.0, 0.0
            for j in range(n):
                for h in range(24):
                    part[j, h] = sums[j, h + long] - sums[j, h]
                    total[h] += part[j, h]
                    squares[h] += part[j, h] ** 2
            for j in range(1, n - margin + 1):
                for h in range(24):
                    s1[h] += part[j - 1, h]
                    q1[h] += part[j - 1, h] ** 2
                if j < margin:
                    continue
                n2 = n - j
                for h in range(24):
                    m1, m2 = s1[h] / j, (total[h] - s1[h]) / n2
                    within = max((q1[h] - j * m1 * m1 + (squares[h] - q1[h]) - n2 * m2 * m2) / (n - 2), 0.0)
                    floor = (0.02 * m1) ** 2 + 1e-12
                    # Compared squared: a root for the winner only.
                    ratio = (m1 - m2) ** 2 / ((within + floor) * (1.0 / j + 1.0 / n2))
                    is_greater = m1 > m2 and ratio > greatest[h]
                    greatest[h] = ratio if is_greater else greatest[h]
                    best_k[h] = j if is_greater else best_k[h]
            for h in range(24):
                if greatest[h] > best:
                    best, which, start, k = greatest[h], candidate, h, best_k[h]
        if which < 0:
            continue
        long = lengths[which]
        m1, m2, d1, d2 = 0.0, 0.0, 0.0, 0.0
        for j in range(n):
            inside = sums[j, start + long] - sums[j, start]
            if j < k:
                m1 += inside / k
                d1 += sums[j, 24] / k
            else:
                m2 += inside / (n - k)
                d2 += sums[j, 24] / (n - k)
        split[i] = at[k]
        numbers[0, i], numbers[1, i], numbers[2, i] = start, long, np.sqrt(best)
        numbers[3, i] = 1.0 - m2 / m1
        numbers[4, i] = (m1 - m2) / d1 if d1 > 0.0 else np.nan
        numbers[5, i] = 1.0 - (d2 - m2) / (d1 - m1) if d1 - m1 > 1e-9 else np.nan
    return split, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
