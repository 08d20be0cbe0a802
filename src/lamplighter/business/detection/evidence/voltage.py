"""Voltage: the drop along a customer's own wire against the current its meter shows.

:mod:`~lamplighter.business.detection.service_voltage` gives R_i (Ω of the own service) and β_i (how the drop follows
the area's unexplained current). Current beside the meter makes R_i look greater than the neighbours' (``voltage_ohm``,
log of the ratio to the area's middle; ``voltage_ohm_z`` by standard errors), or makes it *grow* when the theft begins
(``voltage_ohm_rise``, t value over the best cut of the window). A hook-up without a contract pulls down the voltage of
the service it hangs on: β_i stands out (``voltage_rest``, t; ``voltage_rest_late`` over the best end of the window;
``voltage_rest_lead`` before the next greatest of the area), and the more so from slot to slot against the customers
near by on the wire (``voltage_step``, ``_late``, ``_lead``). Coarse registers make standard errors greater and so all
of it weaker by themselves. Of a three-phase meter the worst phase counts. Source: docs/explanation/the-list.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.evidence.balance import lead_before_others
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.records import Finding, Floats, Layer, LayerResult, found_where, ramp
from lamplighter.business.detection.service_voltage import (
    ServiceFit,
    fit_service,
    has_values,
    match_phase,
    most_alike,
    sum_products,
    sum_steps,
)
from lamplighter.business.detection.settings import DetectionSettings

SCORES: Mapping[str, int] = MappingProxyType(
    {
        "voltage_noise": 0,
        "voltage_ohm": +1,
        "voltage_ohm_fall": 0,
        "voltage_ohm_rise": +1,
        "voltage_ohm_z": +1,
        "voltage_rest": +1,
        "voltage_rest_late": +1,
        "voltage_rest_lead": +1,
        "voltage_step": +1,
        "voltage_step_late": +1,
        "voltage_step_lead": +1,
    }
)
"""What a trained fusion reads of this layer, and the direction in which it may count."""

PARTS = 6
NEIGHBOURS = 3
"""Customers near by on the wire that a customer's steps are held against."""
PHASES = ("a", "b", "c")


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what the voltage says of each candidate.

    Scores: see the module; NaN without voltages of the customer and of its transformer.
    """
    window = material.window
    count = len(window.meters)
    scores = {name.removeprefix("voltage_"): np.full(count, np.nan) for name in SCORES}
    for phase in PHASES:
        fits = _fit_phase(material, phase, settings)
        if fits is None:
            continue
        for name, values in _score_phase(material, *fits).items():
            # Of the phases of a meter the most telling counts.
            scores[name] = np.fmax(scores[name], values)
    return LayerResult(
        layer=Layer.VOLTAGE,
        is_available=np.isfinite(scores["ohm_z"]),
        scores={f"voltage_{name}": values for name, values in scores.items()},
        findings=_findings(material, scores, settings),
    )


def _fit_phase(material: Material, phase: str, settings: DetectionSettings) -> tuple[ServiceFit, ServiceFit] | None:
    """Return the fits of one voltage channel of every candidate, by level and by steps; None where the company does
    not read it."""
    window = material.window
    channels = window.block.channels
    if f"voltage_{phase}_v" not in channels:
        return None
    read = channels[f"voltage_{phase}_v"]
    is_told = has_values(read, window.meters, window.first)
    levels, steps = np.zeros((2, len(is_told), PARTS, 5, 5))
    role, hangs_on = window.block.strings("role"), window.block.area_of[:, -1]
    supply_meters = np.flatnonzero(role == "supply")
    is_single = window.candidate_strings("wiring") == "1P"
    hours = window.block.interval_minutes / 60.0
    for area in np.unique(window.area[window.area >= 0]):
        own = supply_meters[hangs_on[supply_meters] == area]
        at = np.flatnonzero((window.area == area) & is_told)
        if not len(own) or not len(at):
            continue
        volts = read[window.meters[at], window.first :]
        current = _current(material, phase, at, volts, is_single[at])
        transformer = np.stack(
            [channels[f"voltage_{p}_v"][own[0], window.first :] for p in PHASES if f"voltage_{p}_v" in channels]
        )
        matched = match_phase(volts.reshape(len(at), -1), transformer.reshape(len(transformer), -1))
        for which, head in enumerate(transformer):
            members = np.flatnonzero(matched == which)
            if len(members) < 2:
                continue
            rest = window.residual_kwh[area] * 1000.0 / hours / np.where(head > 1.0, head, np.nan)
            drop, amperes = head[None] - volts[members], current[members]
            levels[at[members]] = sum_products(drop, amperes, rest, PARTS)
            near = most_alike(drop.reshape(len(members), -1), count=NEIGHBOURS)
            steps[at[members]] = sum_steps(drop, amperes, near, rest, PARTS)
    least_slots = int(settings.number("voltage.least_slots"))
    return fit_service(levels, least_slots=least_slots), fit_service(steps, least_slots=least_slots)


def _current(
    material: Material,
    phase: str,
    at: npt.NDArray[np.int64],
    volts: npt.NDArray[np.float32],
    is_single: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float32]:
    """Return the current the meters show, A; from its energy where one of one phase does not read current."""
    window = material.window
    meters, name = window.meters[at], f"current_{phase}_a"
    if name in window.block.channels:
        current = window.block.channels[name][meters, window.first :]
    else:
        current = np.full_like(volts, np.nan)
    reckoned = np.nonzero(~np.isfinite(current) & is_single[:, None, None])
    metered = window.trusted.metered_kwh[:, window.first :]
    to_watts = np.float32(1000.0 / (window.block.interval_minutes / 60.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        current[reckoned] = metered[meters[reckoned[0]], reckoned[1], reckoned[2]] * to_watts / volts[reckoned]
    return current


def _score_phase(material: Material, fit: ServiceFit, by_steps: ServiceFit) -> dict[str, Floats]:
    """Return the scores of one phase, shape (N,) each."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, spread, noise = _middles(material, fit)
        ohm = np.log(np.maximum(fit.ohm, 1e-4) / np.maximum(middle, 1e-3))
        z = (fit.ohm - middle) / np.hypot(fit.ohm_error, spread)
        cuts = len(fit.part_ohm) // 2
        before, after = slice(0, cuts), slice(cuts, None)
        change = (fit.part_ohm[after] - fit.part_ohm[before]) / np.hypot(
            fit.part_ohm_error[after], fit.part_ohm_error[before]
        )
        # The bottom of the wire is never known better than a few percent of it.
        rest = fit.rest / fit.rest_error
        late = _greatest(np.concatenate([rest[None], fit.part_rest[after] / fit.part_rest_error[after]]))
        step = by_steps.rest / by_steps.rest_error
        step_late = _greatest(np.concatenate([step[None], by_steps.part_rest[after] / by_steps.part_rest_error[after]]))
    return {
        "noise": np.log(np.maximum(fit.noise_v, 1e-3) / np.maximum(noise, 1e-3)),
        "ohm": np.clip(ohm, -4.0, 4.0),
        "ohm_z": z,
        "ohm_rise": _greatest(change),
        "ohm_fall": _greatest(-change),
        "rest": rest,
        "rest_late": late,
        "rest_lead": _lead(material.window.area, late),
        "step": step,
        "step_late": step_late,
        "step_lead": _lead(material.window.area, step_late),
    }


def _middles(material: Material, fit: ServiceFit) -> tuple[Floats, Floats, Floats]:
    """Return the middle R of each candidate's area, its spread, and the middle noise, shape (N,) each."""
    area = material.window.area
    found = np.full((3, len(area)), np.nan)
    for number in np.unique(area):
        at = area == number
        told = at & np.isfinite(fit.ohm)
        if told.sum() < 3:
            continue
        # A customer who hardly draws anything does not say what a wire of this area is like.
        sharp = told & (fit.ohm_error <= np.median(fit.ohm_error[told]))
        middle = float(np.median(fit.ohm[sharp]))
        found[0, at] = middle
        found[1, at] = max(1.4826 * float(np.median(np.abs(fit.ohm[sharp] - middle))), 0.1 * abs(middle), 1e-3)
        found[2, at] = float(np.median(fit.noise_v[told]))
    return found[0], found[1], found[2]


def _greatest(values: Floats) -> Floats:
    found: Floats = np.fmax.reduce(values, axis=0)
    return found


def _lead(area: npt.NDArray[np.int32], values: Floats) -> Floats:
    """Return by how much each value exceeds the greatest other of its area, shape (N,)."""
    found = np.full(len(values), np.nan)
    for number in np.unique(area[area >= 0]):
        at = area == number
        found[at] = lead_before_others(values[at])
    return found


def _findings(material: Material, scores: dict[str, Floats], settings: DetectionSettings) -> tuple[Finding, ...]:
    number, window = settings.number, material.window
    spread = {"first_on": window.days[0], "last_on": window.last_day}
    ratio = np.exp(scores["ohm"])
    great = ramp(scores["ohm_z"], start=number("voltage.z_start"), end=number("voltage.z_end"))
    great *= ramp(ratio, start=number("voltage.ratio_start"), end=number("voltage.ratio_end"))
    grew = ramp(scores["ohm_rise"], start=number("voltage.rise_start"), end=number("voltage.rise_end"))
    taps = ramp(scores["rest_late"], start=number("voltage.rest_start"), end=number("voltage.rest_end"))
    taps *= ramp(scores["rest_lead"], start=0.0, end=number("voltage.lead_end"))
    usual = ramp(np.abs(scores["ohm_z"]), start=number("voltage.usual_end"), end=0.0)
    usual *= ramp(scores["ohm_rise"], start=number("voltage.rise_start"), end=0.0)
    return (
        found_where(code="drop_exceeds_current", strength=great, value=ratio, expected=1.0, unit="ratio", **spread),
        found_where(code="drop_grew", strength=grew, value=scores["ohm_rise"], expected=0.0, unit="t", **spread),
        found_where(
            code="drop_follows_loss", strength=taps, value=scores["rest_late"], expected=0.0, unit="t", **spread
        ),
        found_where(code="drop_as_usual", strength=usual, value=ratio, expected=1.0, unit="ratio", **spread),
    )
