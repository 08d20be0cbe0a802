"""The high-pass balance of an area: what its residual does from slot to slot whenever a customer's use moves.

``Δe(t) = c1·ΔS²(t) + Σ a_i·Δx_i(t) + ε``: e the residual (supply + solar − customers), S what the customers take, x_i
each customer, all kWh a slot, each less its mean at that slot of the day. Differencing removes standing loss, lighting
and season; ``ΔS²`` takes the technical loss that follows the load. The largest residuals are left out of the second
fit. Standard errors hold under unequal variance (White's HC0), because an evening scatters more than a night.

Source: docs/explanation/the-list.md; HC0: White (1980), A heteroskedasticity-consistent covariance
matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.balance_search import PARTS, PERIODS, Search, search_runs
from lamplighter.business.detection.records import Floats
from lamplighter.business.detection.settings import DetectionSettings


@dataclass(frozen=True, slots=True)
class TrimmedFit:
    """Least squares without the largest residuals.

    Attributes:
        coefficients: shape (C,); NaN for a column that never moves.
        errors: standard errors, shape (C,).
        kept: rows kept, shape (rows,).
    """

    coefficients: Floats
    errors: Floats
    kept: npt.NDArray[np.bool_]


def fit_trimmed(*, regressors: Floats, target: Floats, trim_count: int) -> TrimmedFit:
    """Return least squares of ``target`` on ``regressors`` without the rows a first fit misses most.

    Args:
        regressors: shape (C, rows), a regressor's values side by side, no NaN; a row that is not told is 0 in them
            and in the target.
        target: shape (rows,), no NaN.
        trim_count: how many rows, those with the largest residuals of a first fit, to leave out.

    Example:
        A meter that shows half of what flows (a = 1) beside an honest one, and one absurd row:

        >>> x = np.array([[1, 0], [2, 1], [-1, 3], [0.5, -2], [3, 1], [1, 1], [2, 2], [-2, 1]] * 6, float).T
        >>> y = x[0].copy()
        >>> y[3] = 500.0
        >>> np.abs(fit_trimmed(regressors=x, target=y, trim_count=3).coefficients.round(6)).tolist()
        [1.0, 0.0]
    """
    gram, moment = regressors @ regressors.T, regressors @ target
    size = np.abs(target - np.nan_to_num(_solve(gram, moment)) @ regressors)
    kept = size <= np.partition(size, -1 - trim_count)[-1 - trim_count]
    # Few rows go: taking them off the sums is far cheaper than summing again.
    gone = regressors[:, ~kept]
    gram -= gone @ gone.T
    moment -= gone @ target[~kept]
    coefficients = _solve(gram, moment)
    residuals = np.where(kept, target - np.nan_to_num(coefficients) @ regressors, 0.0)
    scaled = regressors * residuals
    return TrimmedFit(coefficients=coefficients, errors=_errors(gram, scaled @ scaled.T), kept=kept)


def _moving(gram: Floats) -> npt.NDArray[np.bool_]:
    energy = np.diag(gram)
    moving: npt.NDArray[np.bool_] = energy > 1e-9 * max(float(np.median(energy)), 1e-12)
    return moving


def _steadied(gram: Floats) -> Floats:
    # Two customers with one curve make the matrix singular; this much of their own diagonal decides between them.
    steadied: Floats = gram + np.diag(1e-8 * np.diag(gram))
    return steadied


def _solve(gram: Floats, moment: Floats) -> Floats:
    moving = _moving(gram)
    found = np.full(len(moment), np.nan)
    if moving.any():
        found[moving] = np.linalg.solve(_steadied(gram[np.ix_(moving, moving)]), moment[moving])
    return found


def _errors(gram: Floats, meat: Floats) -> Floats:
    moving = _moving(gram)
    errors = np.full(len(gram), np.nan)
    if moving.any():
        inside = np.ix_(moving, moving)
        bread = np.linalg.inv(_steadied(gram[inside]))
        errors[moving] = np.sqrt(np.maximum(np.einsum("ij,jk,ki->i", bread, meat[inside], bread, optimize=True), 1e-24))
    return errors


@dataclass(frozen=True, slots=True)
class AreaFit:
    """The high-pass balance of one area.

    Attributes:
        candidates: indices into the window's candidates, shape (C,).
        coefficients: a_i, kWh of residual a registered kWh, shape (C,).
        errors: standard errors, shape (C,).
        centre: usual coefficient of the area's customers.
        spread: spread of the honest around it.
        search: when and in which hours each candidate registers too little.
        residual_rows: Δe left over after the fit, shape (W * S - 1,), NaN where a row was not used.
        rows: slot pairs used.
    """

    candidates: npt.NDArray[np.int64]
    coefficients: Floats
    errors: Floats
    centre: float
    spread: float
    search: Search
    residual_rows: Floats
    rows: int


def fit_area(
    *,
    candidates: npt.NDArray[np.int64],
    kwh: npt.NDArray[np.float32],
    residual_kwh: Floats,
    sold_kwh: Floats,
    settings: DetectionSettings,
) -> AreaFit | None:
    """Return the high-pass balance of an area, or None where too few slots are known.

    Args:
        candidates: which candidates hang on it, shape (C,).
        kwh: their energy, shape (C, W, S); NaN where unknown: such a slot tells nothing of that customer.
        residual_kwh: residual of the area, shape (W, S), NaN where unknown.
        sold_kwh: what its customers took, shape (W, S).
        settings: ``balance.*``.
    """
    count, days, slots = kwh.shape
    target = np.diff(residual_kwh.ravel())
    known = np.isfinite(sold_kwh)
    mean = float(sold_kwh[known].mean()) if known.any() else 0.0
    squared = np.diff(sold_kwh.ravel() ** 2) / max(mean, 1e-9)
    usable = np.isfinite(target) & np.isfinite(squared)
    if count == 0 or usable.sum() < settings.number("balance.rows_a_column") * (count + 1):
        return None
    # A move ends in the slot after it: that slot says when.
    slot = np.arange(1, days * slots)
    period = slot * PERIODS // (days * slots)
    moves = np.empty((count + 2, len(target)), np.float64)
    series = kwh.reshape(count, days * slots)
    np.subtract(series[:, 1:], series[:, :-1], out=moves[:count], dtype=np.float32)
    moves[count], moves[count + 1] = squared, target
    take_out_routine(moves, usable, period * slots + slot % slots, PERIODS * slots)
    regressors, target = moves[: count + 1], moves[count + 1]
    told = int(usable.sum())
    trim_share = settings.number("balance.trim_share")
    fit = fit_trimmed(regressors=regressors, target=target, trim_count=told - 1 - int((told - 1) * (1.0 - trim_share)))
    kept = fit.kept & usable
    left = np.where(kept, target - np.nan_to_num(fit.coefficients) @ regressors, np.nan)
    coefficients, errors = fit.coefficients[:count], fit.errors[:count]
    centre, spread = middle_of_area(coefficients, errors, floor=settings.number("balance.spread_floor"))
    return AreaFit(
        candidates=candidates,
        coefficients=coefficients,
        errors=errors,
        centre=centre,
        spread=spread,
        search=search_runs(
            moves=moves[:count],
            rest=left,
            coefficients=coefficients,
            period=period,
            part=slot % slots * PARTS // slots,
            slot=slot % slots,
            centre=centre,
            spread=spread,
            least_moves=settings.number("balance.least_moves"),
        ),
        residual_rows=left,
        rows=int(kept.sum()),
    )


@numba.njit(cache=True, nogil=True)
def take_out_routine(
    moves: npt.NDArray[np.floating], usable: npt.NDArray[np.bool_], group: npt.NDArray[np.int64], groups: int
) -> None:
    """Take the mean of each group (slot of the day, part of the window) off every row in place; unknown becomes 0.

    What happens every day at one hour happens to lamps, heaters and losses alike: only what differs from day to day
    tells one customer from another.
    """
    total, count = np.zeros(groups), np.zeros(groups)
    for i in range(moves.shape[0]):
        total[:], count[:] = 0.0, 0.0
        for k in range(moves.shape[1]):
            if usable[k] and not np.isnan(moves[i, k]):
                total[group[k]] += moves[i, k]
                count[group[k]] += 1.0
        for k in range(moves.shape[1]):
            if np.isnan(moves[i, k]) or not usable[k]:
                moves[i, k] = 0.0
            else:
                moves[i, k] -= total[group[k]] / count[group[k]]


def middle_of_area(coefficients: Floats, errors: Floats, *, floor: float) -> tuple[float, float]:
    """Return the usual coefficient of an area's customers and the spread of the honest around it.

    The median of the better determined half, so that customers who hardly move do not decide; never below 0, because
    a line cannot give energy. The spread is what scatters beyond the standard errors, at least ``floor``.

    Example:
        >>> centre, spread = middle_of_area(np.array([0.05, 0.06, 0.07, 2.0]), np.full(4, 0.01), floor=0.02)
        >>> round(centre, 3), round(spread, 3)
        (0.065, 0.02)
    """
    known = np.isfinite(coefficients) & np.isfinite(errors)
    if not known.any():
        return 0.0, floor
    sharp = known & (errors <= np.median(errors[known]))
    centre = max(float(np.median(coefficients[sharp])), 0.0)
    scatter = 1.4826 * float(np.median(np.abs(coefficients[sharp] - centre)))
    beyond = float(np.sqrt(max(scatter**2 - float(np.median(errors[sharp])) ** 2, 0.0)))
    return centre, max(beyond, floor)
