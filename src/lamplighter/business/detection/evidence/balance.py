"""Balance: the area's unexplained energy against the customer's use, in two forms.

High-pass (:mod:`~lamplighter.business.detection.highpass`): the coefficient a_i, kWh that flow past the meter for each
registered one. Line losses give every customer a small positive a_i, so a customer is held against the middle of its
own area: ``z_i = (a_i − median a) / sqrt(se_i² + s²)``, s the spread of the honest, at least
``balance.spread_floor``. It is searched for when it began and in which hours
(:mod:`~lamplighter.business.detection.balance_search`).

Level: ``e = c0 + c1·S² + Σ b_i·x_i`` with ``c, b ≥ 0`` (NNLS) over hours: slower to show, but it sees what is steady.
Source: docs/explanation/the-list.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from lamplighter.business.detection.balance_search import PERIODS, Search
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.records import (
    DAYS_A_MONTH,
    Days,
    Finding,
    Floats,
    Layer,
    LayerResult,
    found_where,
    ramp,
)
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window

SCORES: Mapping[str, int] = MappingProxyType(
    {
        "balance_coefficient": +1,
        "balance_error": 0,
        "balance_z": +1,
        "balance_level": +1,
        "balance_level_share": +1,
        "balance_low_coefficient": 0,
        "balance_low_z": 0,
        "balance_move_slots": 0,
        "balance_run_coefficient": +1,
        "balance_run_hour": 0,
        "balance_run_hours": 0,
        "balance_run_start": 0,
        "balance_run_z": +1,
        "balance_run_z_lead": +1,
        "balance_spread_coefficient": 0,
        "balance_suffix_coefficient": +1,
        "balance_suffix_start": 0,
        "balance_suffix_z": +1,
        "balance_suffix_z_lead": +1,
    }
)
"""What a trained fusion reads of this layer, and the direction in which it may count: +1 where a greater score can
only make theft more likely, −1 where only less, 0 where either."""


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what the balance says of each candidate.

    Scores: ``balance_coefficient`` and ``balance_error`` (kWh per registered kWh, whole window), ``balance_z``;
        ``balance_suffix_z``,
    ``_coefficient``, ``_start`` of the most telling end of the window; ``balance_run_z``, ``_coefficient``,
    ``_hours`` of the most telling hours; ``balance_low_z``, ``_coefficient`` of the residual moving against the
    meter; ``balance_level`` and ``balance_level_share`` (share of the area's residual the level form puts on the
    customer); ``balance_kwh`` (kWh a month past the meter by the high-pass form); ``balance_suffix_z_lead`` and
    ``balance_run_z_lead`` (before the next greatest of the area: where many stand out, the area's own data are at
    fault).
    """
    balance, window = material.balance, material.window
    count = len(window.meters)
    names = ("coefficient", "error", "z", "level", "level_share", "kwh", "suffix_z_lead", "run_z_lead", *Search._fields)
    scores = {name: np.full(count, np.nan) for name in names}
    for area, fit in balance.fits.items():
        at = fit.candidates
        scores["coefficient"][at], scores["error"][at] = fit.coefficients, fit.errors
        scores["z"][at] = (fit.coefficients - fit.centre) / np.hypot(fit.errors, fit.spread)
        for name, values in fit.search._asdict().items():
            scores[name][at] = values
        since = _daily_since(window.daily_kwh[at], fit.search.suffix_start)
        scores["kwh"][at] = (fit.search.suffix_coefficient - fit.centre) * since * DAYS_A_MONTH
        scores["level"][at], scores["level_share"][at] = fit_level(window=window, area=area, candidates=at)
        for name in ("suffix_z", "run_z"):
            scores[f"{name}_lead"][at] = lead_before_others(scores[name][at])
    return LayerResult(
        layer=Layer.BALANCE,
        is_available=np.isfinite(scores["coefficient"]),
        scores={f"balance_{name}": values for name, values in scores.items()},
        findings=_findings(material, scores, settings),
    )


def lead_before_others(values: Floats) -> Floats:
    """Return by how much each value exceeds the greatest of the others, shape (N,); NaN where there is no other.

    Example:
        >>> lead_before_others(np.array([1.0, 5.0, 3.0, np.nan])).tolist()
        [-4.0, 2.0, -2.0, nan]
    """
    known = np.isfinite(values)
    if known.sum() < 2:
        return np.full(len(values), np.nan)
    order = np.argsort(np.where(known, values, -np.inf), kind="stable")
    rival = np.full(len(values), values[order[-1]])
    rival[order[-1]] = values[order[-2]]
    lead: Floats = values - rival
    return lead


def fit_level(
    *, window: Window, area: int, candidates: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> tuple[Floats, Floats]:
    """Return the level form of an area by hours: coefficient of each candidate and its share of the residual, shape
    (C,).

    The normal equations are solved by their Cholesky factor, so that 2,160 hours cost no more than the customers do.
    """
    # It takes long to import, and most who import this module work no night.
    from scipy.optimize import nnls

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
    count, _, slots = values.shape
    whole = slots // slots_an_hour * slots_an_hour
    cut = values[:, :, :whole].reshape(count, -1, slots_an_hour)
    # Added slot by slot: a sum along so short an axis costs several times as much.
    hourly = cut[:, :, 0].astype(np.float64)
    for slot in range(1, slots_an_hour):
        hourly += cut[:, :, slot]
    return hourly


def _findings(material: Material, scores: dict[str, Floats], settings: DetectionSettings) -> tuple[Finding, ...]:
    window, number = material.window, settings.number
    first, last = window.days[0], window.last_day
    since = _start_days(window.days, scores["suffix_start"])
    since_hours = _start_days(window.days, scores["run_start"])
    # A meter that was moved is judged where it really hangs, and not as a thief of the area it never was on.
    stays = material.balance.repair.moved_to < 0
    strong = ramp(scores["suffix_z"], start=number("balance.z_start"), end=number("balance.z_end"))
    strong *= ramp(
        scores["suffix_coefficient"], start=number("balance.coefficient_start"), end=number("balance.coefficient_end")
    )
    timed = ramp(scores["run_z"], start=number("balance.run_z_start"), end=number("balance.run_z_end"))
    timed *= ramp(
        scores["run_coefficient"], start=number("balance.coefficient_start"), end=number("balance.coefficient_end")
    )
    timed *= (scores["run_hours"] < 24) & (scores["run_z"] > number("balance.run_gain") * scores["suffix_z"])
    # Moved between neighbouring slots is not lost: a clock that is off, not a theft.
    with np.errstate(divide="ignore", invalid="ignore"):
        lasting = scores["spread_coefficient"] / scores["coefficient"]
    shifted = ramp(scores["z"], start=number("balance.clock_z_start"), end=number("balance.clock_z_end"))
    shifted *= ramp(lasting, start=number("balance.clock_end"), end=number("balance.clock_start"))
    # Lamps and machines that a timer switches move together: whose step it was cannot be told from the balance.
    spread = ramp(scores["move_slots"], start=number("balance.slots_start"), end=number("balance.slots_end"))
    strong, timed = strong * (1.0 - shifted) * spread, timed * (1.0 - shifted) * spread
    level = ramp(scores["level"], start=number("balance.level_start"), end=number("balance.level_end"))
    level *= ramp(scores["level_share"], start=number("balance.share_start"), end=number("balance.share_end"))
    clean = ramp(scores["error"], start=number("balance.clean_error_end"), end=number("balance.clean_error_start"))
    clean *= ramp(
        np.maximum(np.abs(scores["z"]), scores["suffix_z"]),
        start=number("balance.clean_z_end"),
        end=number("balance.clean_z_start"),
    )
    # A register that stands moves with nothing: its past would clear it.
    clean *= 1.0 - np.nan_to_num(material.signs_after.zero_share, nan=1.0)
    against = ramp(-scores["low_z"], start=number("balance.low_z_start"), end=number("balance.low_z_end"))
    against *= ramp(-scores["low_coefficient"], start=number("balance.low_start"), end=number("balance.low_end"))
    # A meter elsewhere has a curve like any other; made-up values have no memory from slot to slot.
    rough = ramp(material.signs_after.smoothness, start=number("balance.rough_start"), end=number("balance.rough_end"))
    elsewhere = ramp(scores["coefficient"], start=number("map.coefficient_below") / 2, end=-1.0)
    usual: dict[str, np.datetime64] = {"first_on": first, "last_on": last}
    return (
        found_where(
            code="under_registers",
            strength=strong,
            value=scores["suffix_coefficient"],
            expected=0.0,
            unit="kWh/kWh",
            first_on=since,
            last_on=last,
        ),
        found_where(
            code="under_registers_hours",
            strength=timed,
            value=scores["run_coefficient"],
            expected=0.0,
            unit="kWh/kWh",
            first_on=since_hours,
            last_on=last,
        ),
        found_where(
            code="explains_loss", strength=level, value=scores["level_share"], expected=0.0, unit="share", **usual
        ),
        found_where(
            code="moves_against_loss",
            strength=against * stays * rough,
            value=scores["low_coefficient"],
            expected=0.0,
            unit="kWh/kWh",
            **usual,
        ),
        found_where(
            code="clock_differs",
            strength=shifted,
            value=scores["spread_coefficient"],
            expected=scores["coefficient"],
            unit="kWh/kWh",
            **usual,
        ),
        found_where(
            code="registers_fully",
            strength=clean,
            value=scores["coefficient"],
            expected=0.0,
            unit="kWh/kWh",
            **usual,
        ),
        found_where(
            code="on_other_area",
            strength=np.where(stays, 0.0, 1.0),
            value=material.balance.repair.home_coefficient,
            expected=0.0,
            unit="kWh/kWh",
            **usual,
        ),
        found_where(
            code="does_not_reach_area",
            strength=elsewhere * stays * (1.0 - rough),
            value=scores["coefficient"],
            expected=0.0,
            unit="kWh/kWh",
            **usual,
        ),
    )


def _daily_since(daily: Floats, period: Floats) -> Floats:
    """Return the mean known day from the start of each customer's period on, shape (C,); NaN where none is known."""
    width = daily.shape[1]
    first = np.where(np.isfinite(period), period, 0.0) * width / PERIODS
    inside = np.isfinite(daily) & (np.arange(width) >= first.astype(np.int64)[:, None])
    total = np.where(inside, daily, 0.0).sum(axis=1)
    mean: Floats = np.where(inside.any(axis=1), total / np.maximum(inside.sum(axis=1), 1), np.nan)
    return mean


def _start_days(days: Days, period: Floats) -> Days:
    known = np.isfinite(period)
    at = (np.where(known, period, 0.0) * len(days) / PERIODS).astype(np.int64)
    start: Days = days[at]
    return start
