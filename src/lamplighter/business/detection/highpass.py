"""The high-pass balance of an area: what its residual does from slot to slot whenever a customer's use moves.

``Δe(t) = c1·ΔS²(t) + Σ a_i·Δx_i(t) + ε``: e the residual (supply + solar − customers), S what the customers take, x_i each
customer, all kWh a slot. Differencing removes standing loss, lighting and season; ``ΔS²`` takes the technical loss that follows the
load. The largest residuals are left out of the second fit. Standard errors hold under unequal variance (White's HC0), because an
evening scatters more than a night.

Source: the notes on detection, section 2, formula 3; HC0: White (1980), A heteroskedasticity-consistent covariance matrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.records import Floats

PERIODS = 3
"""The window is also fitted by thirds: a theft that began inside it shows in the last before it shows in the whole."""


@dataclass(frozen=True, slots=True)
class TrimmedFit:
    """Least squares without the largest residuals.

    Attributes:
        coefficients: shape (C,); NaN for a column that never moves.
        errors: standard errors, shape (C,).
        period_coefficients: the same by period of the rows, shape (P, C).
        period_errors: shape (P, C).
        rows: rows kept.
    """

    coefficients: Floats
    errors: Floats
    period_coefficients: Floats
    period_errors: Floats
    rows: int


def fit_trimmed(*, regressors: Floats, target: Floats, period: npt.NDArray[np.int64], trim_share: float) -> TrimmedFit:
    """Return least squares of ``target`` on ``regressors``, over all rows and over each period.

    Args:
        regressors: shape (rows, C), no NaN.
        target: shape (rows,), no NaN.
        period: rising period number 0 ... PERIODS - 1 of each row, shape (rows,).
        trim_share: share of rows, those with the largest residuals of a first fit, to leave out.

    Example:
        A meter that shows half of what flows (a = 1) beside an honest one, and one absurd row:

        >>> x = np.array([[1, 0], [2, 1], [-1, 3], [0.5, -2], [3, 1], [1, 1], [2, 2], [-2, 1]] * 6, float)
        >>> y = x[:, 0].copy()
        >>> y[3] = 500.0
        >>> fit = fit_trimmed(regressors=x, target=y, period=np.arange(48) // 16, trim_share=0.05)
        >>> np.abs(fit.coefficients.round(6)).tolist(), np.abs(fit.period_coefficients[:, 0].round(6)).tolist()
        ([1.0, 0.0], [1.0, 1.0, 1.0])
    """
    edges = np.searchsorted(period, np.arange(PERIODS + 1))
    parts = [slice(edges[p], edges[p + 1]) for p in range(PERIODS)]
    grams = np.array([regressors[part].T @ regressors[part] for part in parts])
    moments = np.array([regressors[part].T @ target[part] for part in parts])
    rough = _solve(grams.sum(axis=0), moments.sum(axis=0))
    size = np.abs(target - regressors @ np.nan_to_num(rough))
    kept = size <= np.quantile(size, 1.0 - trim_share)
    for p, part in enumerate(parts):
        # Few rows go: taking them off the sums is far cheaper than summing again.
        gone = regressors[part][~kept[part]]
        grams[p] -= gone.T @ gone
        moments[p] -= gone.T @ target[part][~kept[part]]
    whole = _solve(grams.sum(axis=0), moments.sum(axis=0))
    residuals = np.where(kept, target - regressors @ np.nan_to_num(whole), 0.0)
    scaled = regressors * residuals[:, None]
    meats = np.array([scaled[part].T @ scaled[part] for part in parts])
    return TrimmedFit(
        coefficients=whole,
        errors=_errors(grams.sum(axis=0), meats.sum(axis=0)),
        period_coefficients=np.array([_solve(g, b) for g, b in zip(grams, moments, strict=True)]),
        period_errors=np.array([_errors(g, meat) for g, meat in zip(grams, meats, strict=True)]),
        rows=int(kept.sum()),
    )


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
        period_coefficients: by third of the window, shape (3, C).
        period_errors: shape (3, C).
        residual_rows: Δe left over after the fit, shape (W * S - 1,), NaN where a row was not used.
        rows: slot pairs used.
    """

    candidates: npt.NDArray[np.int64]
    coefficients: Floats
    errors: Floats
    period_coefficients: Floats
    period_errors: Floats
    residual_rows: Floats
    rows: int


def fit_area(
    *,
    candidates: npt.NDArray[np.int64],
    kwh: npt.NDArray[np.float32],
    residual_kwh: Floats,
    sold_kwh: Floats,
    trim_share: float,
    rows_a_column: float,
) -> AreaFit | None:
    """Return the high-pass balance of an area, or None where too few slots are known.

    Args:
        candidates: which candidates hang on it, shape (C,).
        kwh: their energy, shape (C, W, S); NaN where unknown: such a slot tells nothing of that customer.
        residual_kwh: residual of the area, shape (W, S), NaN where unknown.
        sold_kwh: what its customers took, shape (W, S).
        trim_share: share of rows to leave out.
        rows_a_column: fewest known rows a coefficient.
    """
    count, days, slots = kwh.shape
    target = np.diff(residual_kwh.ravel())
    squared = np.diff(sold_kwh.ravel() ** 2) / max(float(np.nanmean(sold_kwh)), 1e-9)
    usable = np.isfinite(target) & np.isfinite(squared)
    if count == 0 or usable.sum() < rows_a_column * (count + 1):
        return None
    moves = np.diff(kwh.reshape(count, days * slots), axis=1)[:, usable]
    regressors = np.empty((int(usable.sum()), count + 1))
    regressors[:, :count] = np.nan_to_num(moves.T, nan=0.0)
    regressors[:, count] = squared[usable]
    period = (np.flatnonzero(usable) * PERIODS) // len(usable)
    fit = fit_trimmed(regressors=regressors, target=target[usable], period=period, trim_share=trim_share)
    left = np.full(len(target), np.nan)
    left[usable] = target[usable] - regressors @ np.nan_to_num(fit.coefficients)
    return AreaFit(
        candidates=candidates,
        coefficients=fit.coefficients[:count],
        errors=fit.errors[:count],
        period_coefficients=fit.period_coefficients[:, :count],
        period_errors=fit.period_errors[:, :count],
        residual_rows=left,
        rows=fit.rows,
    )
