"""The evidence of the plain recipe: shape, balance and voltage as an analyst writes them in an afternoon.

Pure functions of dense arrays, NaN = missing. Nothing here comes from the product's own evidence, on purpose: it is
what the product is measured against.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

Floats = npt.NDArray[np.float64]
Features = dict[str, Floats]

TRIMMED: Final = 0.995
STRANGER_COEFFICIENT, STRANGER_T = -0.6, -8.0
DAY_READ, UNREAD_LOAD = 0.9, 0.1
NEIGHBOURS = 3


def mean_of(values: npt.NDArray[np.floating], axis: int = -1) -> Floats:
    """Return the mean of what is there, NaN where nothing is.

    Example:
        >>> mean_of(np.array([[1.0, np.nan, 3.0], [np.nan] * 3])).tolist()
        [2.0, nan]
    """
    there = np.isfinite(values)
    count = there.sum(axis=axis)
    total = np.where(there, values, 0.0).sum(axis=axis, dtype=np.float64)
    return ratio(total, np.where(count, count, np.nan))


def spread_of(values: npt.NDArray[np.floating]) -> Floats:
    """Return the standard deviation of what is there along the last axis."""
    middle = mean_of(values)
    return np.sqrt(mean_of((values - middle[..., None]) ** 2))


def ratio(above: npt.ArrayLike, below: npt.ArrayLike) -> Floats:
    """Return a quotient, NaN where it has no meaning.

    Example:
        >>> ratio([1.0, 1.0], [2.0, 0.0]).tolist()
        [0.5, nan]
    """
    above, below = np.asarray(above, np.float64), np.asarray(below, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = above / below
    return np.where(np.isfinite(found), found, np.nan)


def correlation(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> Floats:
    """Return the correlation along the last axis where both are there."""
    there = np.isfinite(left) & np.isfinite(right)
    left, right = np.where(there, left, np.nan), np.where(there, right, np.nan)
    left, right = left - mean_of(left)[..., None], right - mean_of(right)[..., None]
    return ratio(mean_of(left * right), np.sqrt(mean_of(left**2) * mean_of(right**2)))


def shape_features(kwh: npt.NDArray[np.floating], *, weekday: npt.NDArray[np.int64]) -> Features:
    """Return what an account's own curve looks like.

    Args:
        kwh: energy of each slot, shape (N, D, S), NaN = missing.
        weekday: day of the week of each day, Monday = 0, shape (D,).

    Returns:
        One value an account for each feature.

    Example:
        >>> flat = shape_features(np.ones((1, 28, 96)), weekday=np.arange(28) % 7)
        >>> float(flat["load_factor"][0]), float(flat["change_t"][0])
        (1.0, 0.0)
    """
    slots = kwh.shape[2]
    flat = kwh.reshape(len(kwh), -1)
    there = np.isfinite(flat)
    count = there.sum(axis=1)
    ordered = np.sort(flat, axis=1)

    def quantile(share: float) -> Floats:
        at = np.clip((share * (count - 1)).round().astype(int), 0, flat.shape[1] - 1)
        return np.where(count > 0, ordered[np.arange(len(flat)), at], np.nan)

    mean, top = mean_of(flat), quantile(1.0)
    night = kwh[:, :, : slots // 4].reshape(len(kwh), -1)
    read = np.isfinite(kwh).mean(axis=2) >= DAY_READ
    daily = np.where(read, mean_of(kwh) * slots, np.nan)
    third = daily.shape[1] // 3
    level, step_t = best_change(daily)
    profile = mean_of(np.moveaxis(kwh, 1, 2))
    same = np.abs(np.diff(flat, axis=1))
    return {
        "mean": mean,
        "std": spread_of(flat),
        "missing_share": 1.0 - count / flat.shape[1],
        "zero_share": ratio((flat <= 0).sum(axis=1), count),
        "night_share": ratio(mean_of(night), mean),
        "load_factor": ratio(mean, top),
        "drop_of_thirds": 1.0 - ratio(mean_of(daily[:, -third:]), mean_of(daily[:, :third])),
        "change_size": level,
        "change_t": step_t,
        "daily_cv": ratio(spread_of(daily), mean_of(daily)),
        "daily_min_to_max": ratio(_least(daily), -_least(-daily)),
        "weekend_ratio": ratio(mean_of(daily[:, weekday >= 5]), mean_of(daily[:, weekday < 5])),
        "min": quantile(0.0),
        "max": top,
        "low_to_mean": ratio(quantile(0.05), mean),
        "median_to_mean": ratio(quantile(0.5), mean),
        "top_quantile_ratio": ratio(quantile(0.99), top),
        "top_share": ratio((flat >= 0.98 * top[:, None]).sum(axis=1), count),
        "day_to_day": correlation(kwh[:, 1:].reshape(len(kwh), -1), kwh[:, :-1].reshape(len(kwh), -1)),
        "week_to_week": correlation(daily[:, 7:], daily[:, :-7]),
        "flat_share": ratio((same <= 1e-6).sum(axis=1), np.isfinite(same).sum(axis=1)),
        "profile_flatness": ratio(spread_of(profile), mean),
        "profile_least": ratio(_least(profile), mean),
        "lag_one": correlation(flat[:, 1:], flat[:, :-1]),
    }


def _least(values: Floats) -> Floats:
    found = np.where(np.isfinite(values), values, np.inf).min(axis=-1)
    return np.where(np.isfinite(found), found, np.nan)


def best_change(daily: Floats, *, margin: int = 7) -> tuple[Floats, Floats]:
    """Return size and t of the day on which two levels explain the days best.

    Args:
        daily: energy of each day, shape (N, D), NaN = unknown.
        margin: known days there must be on either side.

    Returns:
        The later level by the earlier less one, and t of the difference; 0 where there is none, NaN where too few days
        are known.

    Example:
        >>> size, t = best_change(np.array([[10.0, 11.0] * 7 + [5.0, 6.0] * 7]))
        >>> round(float(size[0]), 2), bool(t[0] < -10)
        (-0.48, True)
    """
    there = np.isfinite(daily)
    values = np.where(there, daily, 0.0)
    before, total = there.cumsum(axis=1)[:, :-1], there.sum(axis=1)[:, None]
    first, whole, squares = values.cumsum(axis=1)[:, :-1], values.sum(axis=1)[:, None], (values**2).sum(axis=1)[:, None]
    after = total - before
    earlier, later = ratio(first, before), ratio(whole - first, after)
    inside = np.maximum(squares - before * earlier**2 - after * later**2, 0.0) / np.maximum(total - 2, 1)
    error = np.sqrt(inside * (1 / np.maximum(before, 1) + 1 / np.maximum(after, 1)))
    step = ratio(later - earlier, np.maximum(error, 1e-6 * np.abs(earlier) + 1e-9))
    allowed = (before >= margin) & (after >= margin)
    strength = np.where(allowed & np.isfinite(step), np.abs(step), -1.0)
    best = (np.arange(len(daily)), strength.argmax(axis=1))
    found = strength[best] >= 0
    return (
        np.where(found, ratio(later[best], earlier[best]) - 1.0, np.nan),
        np.where(found, step[best], np.nan),
    )


def fill_by_hour(power: Floats, slots: int) -> Floats:
    """Return the curves with what is missing replaced by the usual value of that time of day.

    Example:
        >>> fill_by_hour(np.array([[1.0, 5.0, np.nan, 7.0]]), 2).tolist()
        [[1.0, 5.0, 1.0, 7.0]]
    """
    usual = mean_of(np.moveaxis(power.reshape(len(power), -1, slots), 1, 2))
    usual = np.where(np.isfinite(usual), usual, np.nan_to_num(mean_of(power))[:, None])
    return np.where(np.isfinite(power), power, np.tile(usual, power.shape[1] // slots))


def balance_features(supply: Floats, power: Floats, *, slots: int) -> tuple[Features, Floats]:
    """Return how each account answers to the unexplained rest of its area, and that rest.

    Args:
        supply: power that entered the area, solar export counted in and reverse out, shape (T,), kW, NaN = unknown.
        power: power each account's meters report, shape (N, T), kW, NaN = missing.
        slots: slots of a day.

    Returns:
        Features, one value an account, and e = supply - sum of the accounts after map cleaning, shape (T,), kW.

    Source:
        Level form e = c0 + c1 S^2 + sum a x with a >= 0, and high-pass form delta e = sum a delta x trimmed at 99.5 %;
        a near -1 with a strong t: the meter is not on this transformer.

    Example:
        Two accounts, the second reports half of what it uses:

        >>> rng = np.random.default_rng(1)
        >>> used = rng.gamma(2.0, 1.0, (2, 960))
        >>> found, rest = balance_features(used.sum(axis=0), used * [[1.0], [0.5]], slots=96)
        >>> found["highpass"].round(2).tolist()
        [0.0, 1.0]
    """
    unread = ~np.isfinite(power)
    weight = np.where(unread, np.nan_to_num(mean_of(power))[:, None], 0.0).sum(axis=0)
    known = np.isfinite(supply) & (weight <= UNREAD_LOAD * max(float(mean_of(supply)), 1e-9))
    filled = fill_by_hour(power, slots)
    rest = supply - filled.sum(axis=0)
    coefficient, t = _high_pass(rest, filled, known)
    with np.errstate(invalid="ignore"):
        stranger = (coefficient < STRANGER_COEFFICIENT) & (t < STRANGER_T)
    found: Features = {"highpass_uncleaned": coefficient.copy(), "is_stranger": stranger.astype(np.float64)}
    kept = np.flatnonzero(~stranger)
    if stranger.any():
        rest = rest + filled[stranger].sum(axis=0)
        coefficient[kept], t[kept] = _high_pass(rest, filled[kept], known)
    level = _level(rest, filled[kept], known)
    mean = mean_of(power)
    found |= {"highpass": coefficient, "highpass_t": t, "highpass_kw": coefficient * mean}
    for name, values in level.items():
        found[name] = np.full(len(power), np.nan)
        found[name][kept] = values
    found["level_kw"] = found["level"] * mean
    seen = np.where(known, rest, np.nan)
    found["area_loss_rate"] = np.full(len(power), float(ratio(mean_of(seen), mean_of(np.where(known, supply, np.nan)))))
    found["share_of_area"] = ratio(mean, np.full(len(power), float(mean_of(supply))))
    found["rest_by_use"] = ratio(np.full(len(power), float(mean_of(seen))), mean)
    found["rest_correlation"] = correlation(seen[None, :], power)
    return found, np.where(known, rest, np.nan)


def _high_pass(rest: Floats, power: Floats, known: npt.NDArray[np.bool_]) -> tuple[Floats, Floats]:
    both = known[1:] & known[:-1]
    steps, answer = np.diff(power, axis=1)[:, both], np.diff(rest)[both]
    coefficient, t, left = _least_squares(steps, answer)
    if len(answer) <= 2 * len(power):
        return coefficient, t
    size = np.abs(left)
    usual = size <= np.quantile(size, TRIMMED)
    coefficient, t, _ = _least_squares(steps[:, usual], answer[usual])
    return coefficient, t


def _least_squares(factors: Floats, answer: Floats, *, ridge: float = 1e-9) -> tuple[Floats, Floats, Floats]:
    """Return coefficients, their t and what is left; NaN for factors that never move."""
    gram = factors @ factors.T
    moves = np.diag(gram) > 1e-9 * max(float(np.trace(gram)), 1e-30)
    coefficient, t = np.full(len(factors), np.nan), np.full(len(factors), np.nan)
    if not moves.any() or len(answer) <= moves.sum() + 1:
        return coefficient, t, answer
    inverse = np.linalg.inv(gram[np.ix_(moves, moves)] + ridge * np.diag(np.diag(gram)[moves]))
    solved = inverse @ (factors[moves] @ answer)
    left = answer - solved @ factors[moves]
    scale = float(left @ left) / (len(answer) - moves.sum())
    coefficient[moves] = solved
    t[moves] = solved / np.sqrt(np.maximum(scale * np.diag(inverse), 1e-30))
    return coefficient, t, left


def _level(rest: Floats, power: Floats, known: npt.NDArray[np.bool_]) -> Features:
    """Return the coefficients of the level form, non-negative and with a ridge."""
    total = power.sum(axis=0)[known]
    factors = np.vstack([np.ones(len(total)), total**2, power[:, known]])
    size = np.sqrt((factors**2).mean(axis=1)) if len(total) else np.ones(len(factors))
    if len(total) <= 2 * len(factors):
        nothing = np.full(len(power), np.nan)
        return {"level": nothing, "level_ridge": nothing.copy(), "level_ridge_t": nothing.copy()}
    scaled = factors / np.maximum(size, 1e-9)[:, None]
    gram, right = scaled @ scaled.T / len(total), scaled @ rest[known] / len(total)
    root = np.linalg.cholesky(gram + 1e-6 * np.eye(len(gram)))
    positive, _ = nnls(root.T, np.linalg.solve(root, right))
    loose, t, _ = _least_squares(scaled, rest[known], ridge=1e-2)
    scale = np.maximum(size, 1e-9)[2:]
    return {"level": positive[2:] / scale, "level_ridge": loose[2:] / scale, "level_ridge_t": t[2:]}


def voltage_features(
    source: Floats, voltage: Floats, current: Floats, rest: Floats, *, phase: npt.NDArray[np.int64]
) -> Features:
    """Return what the voltage at each service says of the current behind it.

    Args:
        source: voltage at the transformer, shape (3, T), V.
        voltage: voltage at each service, shape (N, T), V.
        current: current the meter reports there, shape (N, T), A.
        rest: unexplained power of the area, shape (T,), kW.
        phase: phase the archive says, 0 to 2, -1 = unknown, shape (N,).

    Source:
        V0 - Vi = R I + k (neighbours' drop) + beta e / V: resistance of the own service and its change between halves,
        answer to the area's unexplained power, and what of the residual the neighbours on the phase share.

    Example:
        See ``tests/benchmarks/test_plain_layers.py``: a service of 0.3 ohm is found as such.
    """
    steps = np.diff(voltage, axis=1)
    agreement = np.stack([correlation(steps, np.diff(one)[None, :]) for one in source], axis=1)
    settled = np.nan_to_num(agreement, nan=-2.0).argmax(axis=1)
    rows = np.arange(len(voltage))
    drop = source[settled] - voltage
    neighbour = _neighbours(drop, settled)
    pull = np.broadcast_to(rest * 1000.0, drop.shape) / np.where(voltage > 1.0, voltage, np.nan)
    beside = _mean_of_neighbours(drop, neighbour, alone=0.0)
    factors = np.stack([np.ones_like(drop), current, beside, pull], axis=1)
    solved, t, left = _fit_each(factors, drop)
    half = drop.shape[1] // 2
    first, _, _ = _fit_each(factors[:, :, :half], drop[:, :half])
    second, _, _ = _fit_each(factors[:, :, half:], drop[:, half:])
    shared = _mean_of_neighbours(left, neighbour, alone=np.nan)
    return {
        "resistance": solved[:, 1],
        "resistance_t": t[:, 1],
        "resistance_change": second[:, 1] - first[:, 1],
        "resistance_growth": ratio(second[:, 1], first[:, 1]),
        "neighbour_slope": solved[:, 2],
        "rest_slope": solved[:, 3],
        "rest_slope_t": t[:, 3],
        "rest_slope_change": second[:, 3] - first[:, 3],
        "residual_std": spread_of(left),
        "residual_shared": correlation(left, shared),
        "residual_with_rest": correlation(left, np.broadcast_to(rest, left.shape)),
        "drop_mean": mean_of(drop),
        "drop_change": mean_of(drop[:, half:]) - mean_of(drop[:, :half]),
        "phase_agreement": agreement.max(axis=1) if len(agreement) else np.zeros(0),
        "archive_agreement": np.where(phase >= 0, agreement[rows, np.maximum(phase, 0)], np.nan),
    }


def _neighbours(drop: Floats, phase: npt.NDArray[np.int64]) -> list[npt.NDArray[np.intp]]:
    """Return the rows on the same phase whose drop is most alike, for each row."""
    centred = drop - mean_of(drop)[:, None]
    centred = np.nan_to_num(centred)
    size = np.sqrt((centred**2).sum(axis=1))
    alike = ratio(centred @ centred.T, size[:, None] * size[None, :])
    alike[(phase[:, None] != phase[None, :]) | np.eye(len(drop), dtype=bool) | ~np.isfinite(alike)] = -2.0
    order = np.argsort(-alike, axis=1)[:, :NEIGHBOURS]
    return [near[alike[row, near] > -2.0] for row, near in enumerate(order)]


def _mean_of_neighbours(values: Floats, neighbour: list[npt.NDArray[np.intp]], *, alone: float) -> Floats:
    whole = np.full(values.shape[1], alone)
    return np.stack([mean_of(values[near], axis=0) if len(near) else whole for near in neighbour])


def _fit_each(factors: Floats, answer: Floats) -> tuple[Floats, Floats, Floats]:
    """Return coefficients, t and residuals of one regression a row; factors are of shape (N, K, T)."""
    there = np.isfinite(answer) & np.isfinite(factors).all(axis=1)
    x, y = np.where(there[:, None, :], factors, 0.0), np.where(there, answer, 0.0)
    count = there.sum(axis=1)
    gram = x @ np.swapaxes(x, 1, 2)
    scale = np.sqrt(np.maximum(np.diagonal(gram, axis1=1, axis2=2), 1e-12))
    gram = gram / (scale[:, :, None] * scale[:, None, :]) + 1e-8 * np.eye(x.shape[1])
    inverse = np.linalg.inv(gram)
    solved = (inverse @ ((x @ y[:, :, None]) / scale[:, :, None]))[:, :, 0]
    left = np.where(there, answer - ((solved / scale)[:, None, :] @ x)[:, 0, :], np.nan)
    noise = ratio(np.where(there, left**2, 0.0).sum(axis=1), count - x.shape[1])
    t = solved / np.sqrt(np.maximum(noise[:, None] * np.diagonal(inverse, axis1=1, axis2=2), 1e-30))
    is_poor = (count < 20 * x.shape[1])[:, None] | (scale <= 1e-5)
    return np.where(is_poor, np.nan, solved / scale), np.where(is_poor, np.nan, t), left


def meter_features(kwh: Floats, volt_ampere_hours: Floats, current: Floats, neutral: Floats | None) -> Features:
    """Return whether what a meter counts agrees with what it measures.

    Args:
        kwh: energy of each slot, shape (N, T), before the multiplier.
        volt_ampere_hours: sum over phases of V times I times the length of the slot, shape (N, T), VAh.
        current: current of each phase, shape (N, 3, T), A; NaN where there is no such phase.
        neutral: current of the neutral, shape (N, T), A; None where nobody measures it.

    Example:
        >>> ones = np.ones((1, 200))
        >>> found = meter_features(ones, 1000.0 * ones, np.ones((1, 3, 200)), None)
        >>> float(found["counted_ratio"][0])
        1.0
    """
    apparent = np.where(np.isfinite(kwh) & np.isfinite(volt_ampere_hours), volt_ampere_hours / 1000.0, np.nan)
    counted = np.where(np.isfinite(apparent), kwh, np.nan)
    weeks = np.array_split(np.arange(kwh.shape[1]), 12)
    weekly = np.stack([ratio(mean_of(counted[:, week]), mean_of(apparent[:, week])) for week in weeks], axis=1)
    found = {
        "counted_ratio": ratio(mean_of(counted), mean_of(apparent)),
        "counted_least": _least(weekly),
        "counted_change": mean_of(weekly[:, 6:]) - mean_of(weekly[:, :6]),
        "counted_std": spread_of(weekly),
    }
    phases = np.sort(mean_of(current), axis=1)
    alone = np.isfinite(phases).sum(axis=1) < 3
    found["weakest_phase"] = np.where(alone, np.nan, ratio(phases[:, 0], phases[:, 2]))
    difference = np.full(len(kwh), np.nan)
    often = difference.copy()
    if neutral is not None:
        line = current[:, 0]
        greater = np.fmax(line, neutral)
        gap = np.where(greater > 0.5, ratio(np.abs(line - neutral), greater), np.nan)
        difference, often = mean_of(gap), mean_of(np.where(np.isfinite(gap), (gap > 0.2).astype(float), np.nan))
        difference, often = np.where(alone, difference, np.nan), np.where(alone, often, np.nan)
    found["neutral_difference"], found["neutral_differs_share"] = difference, often
    return found
