"""Shape: a customer's curve against its own past.

The window's last third is held against its first third, and the greatest lasting change of the daily energy is
dated. Signs and the thefts they point to: a lasting drop (AN-31), zero after use (AN-30), a curve held at a ceiling
(limiting device, or theft that caps), a part of the day blank while something runs in the rest (bypass by the
clock), whole days alike (made-up values), a curve without memory (random values), a day turned round (tariff
clock). Against: nothing runs at all (vacant), use rose, the whole class fell.

Beside these, for the trained fusion alone: the step of the daily energy fitted together with the class's day and the
weekend; the part of the day that fell most; an edge cut by the clock; steps of how even, how rough and how nightly the
days are; quantiles before and after; days on two levels, as when a device is put in and taken out.

Source: docs/explanation/the-list.md; customary master-station rules AN-30, AN-31.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from lamplighter.business.detection.curve_signs import CurveSigns
from lamplighter.business.detection.day_signs import (
    QUANTILES,
    WindowSigns,
    correlate_rows,
    find_edges,
    profiles_around,
    quantile_ratios,
)
from lamplighter.business.detection.material import Material
from lamplighter.business.detection.records import DAYS_A_MONTH, Finding, Floats, Layer, LayerResult, found_where, ramp
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.steps import find_hour_steps, find_steps

SCORES: Mapping[str, int] = MappingProxyType(
    {
        "shape_base": 0,
        "shape_base_before": 0,
        "shape_blank": 0,
        "shape_blank_before": 0,
        "shape_cap": 0,
        "shape_cap_before": 0,
        "shape_day_noise": 0,
        "shape_drop": +1,
        "shape_drop_t": +1,
        "shape_echo_day": 0,
        "shape_echo_week": 0,
        "shape_edge_depth": 0,
        "shape_edge_late_depth": 0,
        "shape_edge_late_t": 0,
        "shape_edge_t": 0,
        "shape_hours_fall": 0,
        "shape_hours_rest": 0,
        "shape_hours_t": 0,
        "shape_hours_weight": 0,
        "shape_level_ratio": 0,
        "shape_load_factor_before": 0,
        "shape_load_factor_change": 0,
        "shape_load_factor_t": 0,
        "shape_low_days": 0,
        "shape_night": 0,
        "shape_night_share_before": 0,
        "shape_night_share_change": 0,
        "shape_night_share_t": 0,
        "shape_profile": 0,
        "shape_quantile_10": 0,
        "shape_quantile_50": 0,
        "shape_quantile_90": 0,
        "shape_quantile_99": 0,
        "shape_roughness_before": 0,
        "shape_roughness_change": 0,
        "shape_roughness_t": 0,
        "shape_smoothness": 0,
        "shape_smoothness_before": 0,
        "shape_step_at": 0,
        "shape_step_log": 0,
        "shape_step_t": +1,
        "shape_switches": 0,
        "shape_turned": 0,
        "shape_turned_from": 0,
        "shape_two_levels": 0,
        "shape_zero": 0,
        "shape_zero_before": 0,
        "shape_zero_days": 0,
        "shape_zero_share_before": 0,
        "shape_zero_share_change": 0,
        "shape_zero_share_t": 0,
    }
)
"""What a trained fusion reads of this layer, and the direction in which it may count: +1 where a greater score can
only make theft more likely, −1 where only less, 0 where either."""


def evidence(material: Material, settings: DetectionSettings) -> LayerResult:
    """Return what its own curve says of each candidate.

    Scores: ``shape_drop`` (share), ``shape_drop_t``, ``shape_zero_days`` (share of the last third), ``shape_zero``,
    ``shape_blank``, ``shape_base``, ``shape_cap``, ``shape_flat``, ``shape_smoothness`` of the last third, the same
    with ``_before`` of the first third, ``shape_profile`` (correlation of the two daily profiles), ``shape_night``
    (change of the share of 0-8 o'clock); of the whole window those of `step_scores`, `hour_scores` and
    `window_scores`.
    """
    window, changes, number = material.window, material.changes, settings.number
    width = len(window.days)
    third = max(width // 3, 1)
    before, after, zero = material.signs_before, material.signs_after, number("shape.zero_share")
    scores: dict[str, Floats] = {
        "shape_drop": changes.drop_share,
        "shape_drop_t": changes.t,
        "shape_month_kwh": (changes.before_kwh - changes.after_kwh) * DAYS_A_MONTH,
        "shape_zero_days": _zero_days(window.daily_kwh, third=third, zero_share=zero),
        "shape_profile": correlate_rows(before.profile, after.profile),
        "shape_night": after.profile[:, :8].mean(axis=1) - before.profile[:, :8].mean(axis=1),
    }
    for name, signs in (("", after), ("_before", before)):
        scores[f"shape_zero{name}"] = signs.zero_share
        scores[f"shape_blank{name}"] = signs.blank_share
        scores[f"shape_base{name}"] = signs.base_share
        scores[f"shape_cap{name}"] = signs.cap_share
        scores[f"shape_flat{name}"] = signs.flat_share
        scores[f"shape_smoothness{name}"] = signs.smoothness
    scores |= step_scores(material, settings) | hour_scores(material, settings) | window_scores(material)
    return LayerResult(
        layer=Layer.SHAPE,
        is_available=np.isfinite(changes.t) | np.isfinite(after.mean_kwh),
        scores=scores,
        findings=(
            *_daily_findings(material, scores, settings),
            *_curve_findings(material, before, after, scores, settings),
        ),
    )


def step_scores(material: Material, settings: DetectionSettings) -> dict[str, Floats]:
    """Return the steps of the daily energy and of what the days look like.

    ``shape_step_t`` (> 0 = fell), ``shape_step_log`` (log of before over after), ``shape_step_at`` (share of the window
    before it) with the class's day and the weekend fitted beside; ``_t``, ``_before`` and ``_change`` of load factor,
    share of zeros, roughness and share of the night, the weekend fitted beside.
    """
    window, changes, days = material.window, material.changes, material.day_signs
    margin = int(settings.number("change.margin_days"))
    weekend = np.broadcast_to(~np.is_busday(window.days.astype("datetime64[D]")), window.daily_kwh.shape)
    usual = window.mean_daily_kwh
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(usual[:, None] > 0.0, window.daily_kwh / usual[:, None], np.nan)
    weather = np.stack([changes.class_factor, weekend], axis=2)
    step = find_steps(series=relative, controls=weather, margin_days=margin)
    # A twentieth of a usual day keeps an empty home from being minus infinity.
    before, after = np.maximum(step.before, 0.0) + 0.05, np.maximum(step.before + step.change, 0.0) + 0.05
    found = {
        "shape_step_t": -step.t,
        "shape_step_log": np.log(before / after),
        "shape_step_at": np.where(step.split >= 0, step.split / len(window.days), np.nan),
    }
    adjusted = days.hours / changes.class_factor[:, :, None]
    ratios = quantile_ratios(hours=adjusted, split=step.split, least_days=margin)
    for column, share in enumerate(QUANTILES):
        found[f"shape_quantile_{share:.0%}".rstrip("%")] = ratios[:, column]
    calendar = weekend[:, :, None].astype(np.float64)
    for name in ("load_factor", "zero_share", "roughness", "night_share"):
        own = find_steps(series=getattr(days, name), controls=calendar, margin_days=margin)
        found[f"shape_{name}_t"], found[f"shape_{name}_before"] = own.t, own.before
        found[f"shape_{name}_change"] = own.change
    return found


def hour_scores(material: Material, settings: DetectionSettings) -> dict[str, Floats]:
    """Return what fell in one part of the day, and what is cut out of it by the clock.

    ``shape_hours_t``, ``_fall`` (share of the part's energy), ``_weight`` (share of the day's), ``_rest`` (share of the
    rest of the day that went); ``shape_turned`` (correlation of the profile after with the profile before turned round,
    less that with the profile itself, at that split) and ``shape_turned_from`` (the latter); ``shape_edge_t`` and
    ``_depth`` over the window, ``shape_edge_late_t`` and ``_depth`` over its second half.
    """
    days, factor = material.day_signs, material.changes.class_factor
    fell = find_hour_steps(
        hours=days.hours / factor[:, :, None], margin_days=int(settings.number("change.margin_days"))
    )
    before, after = profiles_around(days.hours, fell.split)
    same = correlate_rows(before, after)
    window, half = material.window, len(material.window.days) // 2
    least = int(settings.number("shape.least_days"))
    per_hour = 60 // window.block.interval_minutes
    edge = find_edges(kwh=window.kwh, slots_per_hour=per_hour, least_days=least)
    late = find_edges(kwh=window.kwh[:, half:], slots_per_hour=per_hour, least_days=least)
    return {
        "shape_hours_t": fell.t,
        "shape_hours_fall": fell.fall,
        "shape_hours_weight": fell.weight,
        "shape_hours_rest": fell.rest,
        "shape_turned": correlate_rows(before[:, ::-1], after) - same,
        "shape_turned_from": same,
        "shape_edge_t": edge[0],
        "shape_edge_depth": edge[1],
        "shape_edge_late_t": late[0],
        "shape_edge_late_depth": late[1],
    }


def window_scores(material: Material) -> dict[str, Floats]:
    """Return days on two levels and how much a day echoes the one and the week before.

    Names and meanings as in `WindowSigns`.
    """
    signs = material.window_signs
    return {f"shape_{name}": getattr(signs, name) for name in WindowSigns._fields}


def _zero_days(daily: Floats, *, third: int, zero_share: float) -> Floats:
    known = np.isfinite(daily)
    usual = np.where(known, daily, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    recent = daily[:, -third:]
    zero = (recent <= zero_share * usual[:, None]) & (usual[:, None] > 0.0)
    seen = np.isfinite(recent).sum(axis=1)
    share: Floats = np.where(seen > 0, zero.sum(axis=1) / np.maximum(seen, 1), np.nan)
    return share


def _daily_findings(material: Material, scores: dict[str, Floats], settings: DetectionSettings) -> tuple[Finding, ...]:
    window, changes, number = material.window, material.changes, settings.number
    on = window.days[np.maximum(changes.split, 0)]
    last = window.last_day
    sure = ramp(changes.t, start=number("change.t_start"), end=number("change.t_end"))
    dropped = sure * ramp(changes.drop_share, start=number("change.drop_start"), end=number("change.drop_end"))
    gone = ramp(scores["shape_zero_days"], start=number("shape.zero_days_start"), end=number("shape.zero_days_end"))
    gone *= ramp(changes.before_kwh, start=0.0, end=number("shape.used_before_kwh"))
    rose = ramp(-changes.t, start=number("change.t_start"), end=number("change.t_end"))
    rose *= ramp(-changes.drop_share, start=number("change.drop_start"), end=number("change.drop_end"))
    # What a class does together was divided out; how much it did is shown, because a person would ask.
    common = 1.0 - _late_factor(changes.class_factor)
    fashion = ramp(common, start=number("shape.class_drop_start"), end=number("shape.class_drop_end"))
    return (
        found_where(
            code="lasting_drop",
            strength=dropped,
            value=changes.after_kwh,
            expected=changes.before_kwh,
            unit="kWh/d",
            first_on=on,
            last_on=last,
        ),
        found_where(
            code="zero_after_use",
            strength=gone,
            value=scores["shape_zero_days"],
            expected=0.0,
            unit="share",
            first_on=on,
            last_on=last,
        ),
        found_where(
            code="use_rose",
            strength=rose,
            value=changes.after_kwh,
            expected=changes.before_kwh,
            unit="kWh/d",
            first_on=on,
            last_on=last,
        ),
        found_where(code="class_fell_too", strength=fashion, value=common, expected=0.0, unit="share", last_on=last),
    )


def _late_factor(factor: Floats) -> Floats:
    third = max(factor.shape[1] // 3, 1)
    late: Floats = np.median(factor[:, -third:], axis=1) / np.median(factor[:, :third], axis=1)
    return late


def _curve_findings(
    material: Material, before: CurveSigns, after: CurveSigns, scores: dict[str, Floats], settings: DetectionSettings
) -> tuple[Finding, ...]:
    number, window = settings.number, material.window
    first, last = window.days[-max(len(window.days) // 3, 1)], window.last_day

    def rising(sign: str) -> Floats:
        level = ramp(scores[f"shape_{sign}"], start=number(f"shape.{sign}_start"), end=number(f"shape.{sign}_end"))
        was = ramp(scores[f"shape_{sign}_before"], start=number(f"shape.{sign}_start"), end=number(f"shape.{sign}_end"))
        # Always so is weaker than new: machines, timers and limiters are always so.
        strength: Floats = level * (1.0 - number("shape.always_so") * was)
        return strength

    running = ramp(after.base_share, start=number("shape.base_start"), end=number("shape.base_end"))
    still = ramp(after.smoothness, start=number("shape.rough_start"), end=number("shape.rough_end"))
    was_smooth = ramp(before.smoothness, start=number("shape.rough_end"), end=number("shape.rough_start"))
    rough = still * (1.0 - number("shape.always_so") * (1.0 - was_smooth))
    turned = ramp(scores["shape_profile"], start=number("shape.turned_start"), end=number("shape.turned_end"))
    # Where nothing runs at all any more there is nothing to steal for: an empty home draws no base load at any hour.
    dead = ramp(scores["shape_zero_days"], start=number("shape.zero_days_end"), end=1.0)
    spread = {"first_on": first, "last_on": last}
    return (
        *_part_findings(material, scores, settings, dead),
        found_where(
            code="held_at_ceiling",
            strength=rising("cap") * (1.0 - dead),
            value=after.cap_share,
            expected=before.cap_share,
            unit="share",
            **spread,
        ),
        found_where(
            code="blank_hours",
            strength=rising("blank") * running * ~material.generates,
            value=after.blank_share * 24,
            expected=before.blank_share * 24,
            unit="h/d",
            **spread,
        ),
        found_where(
            code="scattered_zeros",
            strength=rising("zero") * (1.0 - dead) * ~material.generates,
            value=after.zero_share,
            expected=before.zero_share,
            unit="share",
            **spread,
        ),
        found_where(
            code="days_alike",
            strength=rising("flat") * (1.0 - dead),
            value=after.flat_share,
            expected=before.flat_share,
            unit="share",
            **spread,
        ),
        found_where(
            code="curve_without_memory",
            strength=rough * (1.0 - dead),
            value=after.smoothness,
            expected=before.smoothness,
            unit="",
            **spread,
        ),
        found_where(
            code="day_turned_round", strength=turned, value=scores["shape_profile"], expected=1.0, unit="", **spread
        ),
        found_where(
            code="looks_vacant", strength=dead, value=scores["shape_zero_days"], expected=0.0, unit="share", **spread
        ),
    )


def _part_findings(
    material: Material, scores: dict[str, Floats], settings: DetectionSettings, dead: Floats
) -> tuple[Finding, ...]:
    """Return what fell in one part of the day, and days that change to and fro between two levels."""
    number, window = settings.number, material.window
    fell = ramp(scores["shape_hours_t"], start=number("shape.hours_t_start"), end=number("shape.hours_t_end"))
    fell *= ramp(scores["shape_hours_fall"], start=number("shape.hours_fall_start"), end=number("shape.hours_fall_end"))
    fell *= ramp(
        np.abs(scores["shape_hours_rest"]), start=number("shape.hours_rest_most"), end=number("shape.hours_rest_none")
    )
    levels = ramp(scores["shape_two_levels"], start=number("shape.levels_start"), end=number("shape.levels_end"))
    levels *= ramp(
        scores["shape_level_ratio"], start=number("shape.level_ratio_start"), end=number("shape.level_ratio_end")
    )
    levels *= ramp(scores["shape_switches"], start=number("shape.switches_start"), end=number("shape.switches_end"))
    # Solar makes a part of the day fall as soon as it is mounted, and cloudy days two levels.
    here = ~material.generates * (1.0 - dead)
    return (
        found_where(
            code="part_of_day_fell",
            strength=fell * here,
            value=1.0 - scores["shape_hours_fall"],
            expected=1.0,
            unit="share",
            first_on=window.days[0],
            last_on=window.last_day,
        ),
        found_where(
            code="days_on_two_levels",
            strength=levels * here,
            value=np.exp(-scores["shape_level_ratio"]),
            expected=1.0,
            unit="share",
            first_on=window.days[0],
            last_on=window.last_day,
        ),
    )
