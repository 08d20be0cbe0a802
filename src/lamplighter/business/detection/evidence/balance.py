"""Balance: the area's unexplained energy against the customer's use, in two forms.

High-pass (:mod:`~lamplighter.business.detection.highpass`): the coefficient a_i, kWh that flow past the meter for each registered one. Line losses give every
customer a small positive a_i, so a customer is held against the middle of its own area:
``z_i = (a_i − median a) / sqrt(se_i² + s²)``, s the spread of the honest, at least ``balance.spread_floor``.

Level: ``e = c0 + c1·S² + Σ b_i·x_i`` with ``c, b ≥ 0`` (NNLS) over hours: slower to show, but it sees what is steady.
Source: the notes on detection, section 2, formulas 2 and 3.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from lamplighter.business.detection.highpass import PERIODS, AreaFit
from lamplighter.business.detection.map_cleaning import Balance
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.records import DAYS_A_MONTH, Finding, Floats, Layer, LayerResult, found_where, ramp
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what the balance says of each candidate.

    Scores: ``balance_coefficient`` and ``balance_error`` (kWh per registered kWh), ``balance_z``, ``balance_recent_z`` (last third
    of the window against the first), ``balance_level`` and ``balance_level_share`` (share of the area's residual the level form
    puts on the customer), ``balance_kwh`` (kWh a month past the meter by the high-pass form).
    """
    balance, window = material.balance, material.window
    count = len(window.meters)
    names = ("coefficient", "error", "z", "recent", "recent_z", "level", "level_share", "kwh")
    scores = {name: np.full(count, np.nan) for name in names}
    daily = window.mean_daily_kwh
    for area, fit in balance.fits.items():
        at = fit.candidates
        centre, spread = middle_of_area(fit, floor=settings.number("balance.spread_floor"))
        scores["coefficient"][at], scores["error"][at] = fit.coefficients, fit.errors
        scores["z"][at] = (fit.coefficients - centre) / np.hypot(fit.errors, spread)
        rise = fit.period_coefficients[PERIODS - 1] - fit.period_coefficients[0]
        scores["recent"][at] = fit.period_coefficients[PERIODS - 1] - centre
        scores["recent_z"][at] = rise / np.sqrt((fit.period_errors[[0, -1]] ** 2).sum(axis=0) + 2 * spread**2)
        scores["kwh"][at] = (fit.coefficients - centre) * daily[at] * DAYS_A_MONTH
        level = fit_level(window=window, area=area, candidates=at)
        scores["level"][at], scores["level_share"][at] = level
    return LayerResult(
        layer=Layer.BALANCE,
        is_available=np.isfinite(scores["coefficient"]),
        scores={f"balance_{name}": values for name, values in scores.items()},
        findings=_findings(balance, scores, settings),
    )


def middle_of_area(fit: AreaFit, *, floor: float) -> tuple[float, float]:
    """Return the usual coefficient of an area's customers and the spread of the honest around it.

    The median of the better determined half, so that customers who hardly move do not decide; never below 0, because a line
    cannot give energy. The spread is what scatters beyond the standard errors, at least ``floor``.
    """
    known = np.isfinite(fit.coefficients)
    if not known.any():
        return 0.0, floor
    errors, coefficients = fit.errors[known], fit.coefficients[known]
    sharp = errors <= np.median(errors)
    centre = max(float(np.median(coefficients[sharp])), 0.0)
    scatter = 1.4826 * float(np.median(np.abs(coefficients[sharp] - centre)))
    beyond = float(np.sqrt(max(scatter**2 - float(np.median(errors[sharp])) ** 2, 0.0)))
    return centre, max(beyond, floor)


def fit_level(
    *, window: Window, area: int, candidates: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[Floats, Floats]:
    """Return the level form of an area by hours: coefficient of each candidate and its share of the residual, shape (C,).

    The normal equations are solved by their Cholesky factor, so that 2,160 hours cost no more than the customers do.
    """
    hours = max(1, 60 // window.block.interval_minutes)
    residual = _hourly(window.residual_kwh[area][None], hours)[0]
    sold = _hourly(window.sold_kwh[area][None], hours)[0]
    usable = np.isfinite(residual) & np.isfinite(sold)
    unknown = np.full(len(candidates), np.nan)
    if usable.sum() < 4 * (len(candidates) + 2):
        return unknown, unknown
    design = np.empty((int(usable.sum()), len(candidates) + 2))
    design[:, :-2] = np.nan_to_num(_hourly(window.kwh[candidates], hours)[:, usable].T, nan=0.0)
    design[:, -2] = sold[usable] ** 2
    design[:, -1] = 1.0
    scale = np.sqrt((design**2).sum(axis=0)) + 1e-12
    design /= scale
    gram = design.T @ design + 1e-6 * np.eye(design.shape[1])
    factor = np.linalg.cholesky(gram)
    half = np.linalg.solve(factor, design.T @ residual[usable])
    found, _ = nnls(factor.T, half, maxiter=30 * design.shape[1])
    level: Floats = found[:-2] / scale[:-2]
    total = float(residual[usable].sum())
    if total <= 0.0:
        return level, np.zeros(len(candidates))
    share: Floats = level * (design[:, :-2] * scale[:-2]).sum(axis=0) / total
    return level, np.minimum(share, 1.0)


def _hourly(values: np.ndarray[tuple[int, int, int], np.dtype[np.floating]], slots_an_hour: int) -> Floats:
    count, days, slots = values.shape
    whole = slots // slots_an_hour * slots_an_hour
    cut = values[:, :, :whole].reshape(count, -1, slots_an_hour)
    hourly: Floats = cut.sum(axis=2, dtype=np.float64)
    return hourly


def _findings(balance: Balance, scores: dict[str, Floats], settings: DetectionSettings) -> tuple[Finding, ...]:
    window = balance.window
    first, last = window.days[0], window.last_day
    number = settings.number
    coefficient, error, z = scores["coefficient"], scores["error"], scores["z"]
    recent_start = window.days[len(window.days) * (PERIODS - 1) // PERIODS]
    # A meter that was moved is judged where it really hangs, and not as a thief of the area it never was on.
    stays = balance.moved_to < 0
    strong = ramp(z, start=number("balance.z_start"), end=number("balance.z_end"))
    sized = ramp(coefficient, start=number("balance.coefficient_start"), end=number("balance.coefficient_end"))
    recently = ramp(scores["recent_z"], start=number("balance.z_start"), end=number("balance.z_end"))
    recently *= ramp(scores["recent"], start=number("balance.coefficient_start"), end=number("balance.coefficient_end"))
    level = ramp(scores["level"], start=number("balance.level_start"), end=number("balance.level_end"))
    level *= ramp(scores["level_share"], start=number("balance.share_start"), end=number("balance.share_end"))
    clean = ramp(error, start=number("balance.clean_error_end"), end=number("balance.clean_error_start"))
    clean *= ramp(np.abs(z), start=number("balance.clean_z_end"), end=number("balance.clean_z_start"))
    wrong = np.where(stays, 0.0, 1.0)
    foreign = ramp(coefficient, start=number("map.coefficient_below"), end=-1.0) * stays
    foreign *= ramp(coefficient / error, start=number("map.t_below"), end=2 * number("map.t_below"))
    return (
        found_where(
            code="under_registers",
            strength=strong * sized,
            value=coefficient,
            expected=0.0,
            unit="kWh/kWh",
            first_on=first,
            last_on=last,
        ),
        found_where(
            code="under_registers_lately",
            strength=recently,
            value=scores["recent"],
            expected=0.0,
            unit="kWh/kWh",
            first_on=recent_start,
            last_on=last,
        ),
        found_where(
            code="explains_loss",
            strength=level,
            value=scores["level_share"],
            expected=0.0,
            unit="share",
            first_on=first,
            last_on=last,
        ),
        found_where(
            code="registers_fully",
            strength=clean,
            value=coefficient,
            expected=0.0,
            unit="kWh/kWh",
            first_on=first,
            last_on=last,
        ),
        found_where(
            code="on_other_area",
            strength=wrong,
            value=balance.home_coefficient,
            expected=0.0,
            unit="kWh/kWh",
            first_on=first,
            last_on=last,
        ),
        found_where(
            code="does_not_reach_area",
            strength=foreign,
            value=coefficient,
            expected=0.0,
            unit="kWh/kWh",
            first_on=first,
            last_on=last,
        ),
    )
