"""Whether a customer's energy comes through its area's transformer, and through which other one it comes.

At home the high-pass balance gives a_i: near 0 for a meter that hangs there, near −1 for one that does not. Away, the
slope of an area's unexplained rest on what the customer uses is near +1 where it hangs and near 0 elsewhere. Both are
turned into log-odds under Student's law with few degrees of freedom: a single absurd figure must not decide.

Without curves the same slopes are taken from day to day, one customer at a time. Days are few, so they say much less.
Source: docs/explanation/the-list.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.highpass import AreaFit, take_out_routine
from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window

_FREEDOM = 4.0
"""Degrees of freedom: tails heavy enough that a slope ten errors off is worth about eight nats, not fifty."""


@dataclass(frozen=True, slots=True)
class BalanceLikeness:
    """What the balance says of where each candidate hangs. Axes: N candidates, A areas; NaN where it says nothing.

    Attributes:
        home_coefficient: a_i at home, shape (N,).
        away_slope: slope of each other area's rest on the candidate, shape (N, A).
        home_log_odds: that it does not hang at home, shape (N,); 0 where nothing is known.
        away_log_odds: that it hangs on each other area, shape (N, A); likewise.
        is_daily: days alone were there to compare, shape (N,).
    """

    home_coefficient: Floats
    away_slope: Floats
    home_log_odds: Floats
    away_log_odds: Floats
    is_daily: npt.NDArray[np.bool_]


def find_balance(*, window: Window, fits: Mapping[int, AreaFit], settings: DetectionSettings) -> BalanceLikeness:
    """Return what the balance says of every candidate.

    Args:
        window: candidates, their energy, areas.
        fits: area index -> high-pass balance, before any meter was moved.
        settings: ``repair.*``.
    """
    count, areas = len(window.meters), len(window.block.area_ids)
    home, error, spread = np.full(count, np.nan), np.full(count, np.nan), np.full(count, np.nan)
    centre = np.zeros(count)
    for fit in fits.values():
        own = fit.candidates
        home[own], error[own], spread[own], centre[own] = fit.coefficients, fit.errors, fit.spread, fit.centre
    slope, slope_error = np.full((count, areas), np.nan), np.full((count, areas), np.nan)
    if fits:
        at = list(fits)
        rests = np.stack([fits[area].residual_rows for area in at])
        slope[:, at], slope_error[:, at] = slopes(_moves_of(window), rests)
    most = np.full(count, settings.number("repair.most_log_odds"))
    is_daily = ~np.isfinite(home)
    if is_daily.any():
        # A few dozen days in which everybody follows the weather: never enough by themselves.
        most[is_daily] = settings.number("repair.most_daily_log_odds")
        _fill_from_days(window, is_daily, (home, error, slope, slope_error))
    hangs = window.area >= 0
    slope[np.flatnonzero(hangs), window.area[hangs]] = np.nan
    least = settings.number("repair.slope_spread")
    spread = np.hypot(np.fmax(np.nan_to_num(spread, nan=least), least), error)
    slope_spread = np.hypot(least, slope_error)
    # A meter that shows half of what flows has slope two where it hangs: more than one speaks for it as one does.
    capped = np.minimum(slope, 1.0)
    return BalanceLikeness(
        home_coefficient=home,
        away_slope=slope,
        home_log_odds=_held(_log_odds(np.maximum(home, -1.0) + 1.0, home - centre, spread), most),
        away_log_odds=_held(_log_odds(capped - 1.0, np.maximum(slope, 0.0), slope_spread), most[:, None]),
        is_daily=is_daily & np.isfinite(home),
    )


def _log_odds(if_so: Floats, if_not: Floats, spread: Floats) -> Floats:
    """Return the log-ratio of Student densities of two deviations; 0 where unknown."""
    with np.errstate(divide="ignore", invalid="ignore"):
        so, nots = (if_so / spread) ** 2 / _FREEDOM, (if_not / spread) ** 2 / _FREEDOM
    odds: Floats = 0.5 * (_FREEDOM + 1.0) * (np.log1p(nots) - np.log1p(so))
    return np.nan_to_num(odds, nan=0.0, posinf=0.0, neginf=0.0)


def _held(odds: Floats, most: Floats) -> Floats:
    held: Floats = np.clip(odds, -most, most)
    return held


def _moves_of(window: Window) -> npt.NDArray[np.float32]:
    """Return moves of the candidates from slot to slot without their routine, shape (N, W * S − 1)."""
    count, days, slots = window.kwh.shape
    moves = np.diff(window.kwh.reshape(count, days * slots), axis=1)
    slot = np.arange(1, days * slots) % slots
    take_out_routine(moves, np.ones(moves.shape[1], bool), slot, slots)
    return moves


def slopes(moves: npt.NDArray[np.floating], rests: Floats) -> tuple[Floats, Floats]:
    """Return the slope of each area's rest on each candidate alone, and its standard error, shape (N, A).

    Args:
        moves: of each candidate, 0 where unknown, shape (N, T).
        rests: of each area, NaN where unknown, shape (A, T).

    Example:
        The second customer's energy comes through this transformer:

        >>> moves = np.array([[1.0, -1.0, 1.0, -1.0] * 20, [1.0, 1.0, -1.0, -1.0] * 20])
        >>> found, error = slopes(moves, (moves[1] + 0.1 * np.array([1.0, -1.0, -1.0, 1.0] * 20))[None])
        >>> found.round(2).tolist(), bool(np.isfinite(error).all())
        ([[0.0], [1.0]], True)
    """
    known = np.isfinite(rests)
    # In the precision of the moves: a copy of them as float64 would cost more than the products.
    target: npt.NDArray[np.floating] = np.where(known, rests, 0.0).astype(moves.dtype)
    weight: npt.NDArray[np.floating] = known.astype(moves.dtype)
    energy = (np.square(moves) @ weight.T).astype(np.float64)
    # By the median: a few great moves of the area itself must not decide.
    size = np.array(
        [
            1.4826 * float(np.median(np.abs(rest[told]))) if told.any() else np.nan
            for rest, told in zip(rests, known, strict=True)
        ]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.where(energy > 0.0, (moves @ target.T) / energy, np.nan)
        error = np.where(energy > 0.0, size / np.sqrt(energy), np.nan)
    return slope, error


def _fill_from_days(window: Window, at: npt.NDArray[np.bool_], into: tuple[Floats, Floats, Floats, Floats]) -> None:
    """Fill what no curve tells from day to day: home coefficient, its error, slopes elsewhere, their errors."""
    home, error, slope, slope_error = into
    moves = np.diff(window.daily_kwh[at], axis=1)
    known = np.isfinite(moves)
    moves = np.where(known, moves, 0.0)
    # Weather and weekday move everybody: what the middle customer does is taken out, in shares of each one's use.
    level = np.abs(moves).sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    shares = np.divide(moves, level, out=np.zeros_like(moves), where=level > 0.0)
    moves = np.where(known, moves - np.median(shares, axis=0) * level, 0.0)
    rest = np.diff(window.losses.unexplained_kwh[:, window.first :], axis=1)
    where = np.flatnonzero(at)
    for area in range(len(rest)):
        told = np.isfinite(rest[area])
        if told.sum() < 2:
            continue
        found, wide = slopes(moves, (rest[area] - float(np.median(rest[area][told])))[None])
        own = window.area[where] == area
        home[where[own]], error[where[own]] = found[own, 0], wide[own, 0]
        slope[where, area], slope_error[where, area] = found[:, 0], wide[:, 0]
