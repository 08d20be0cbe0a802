"""One meter as the rules see it, honest until a test bends it: 220 V, 5(60) A, five amperes at a power factor of 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from lamplighter.business.detection.anomalies.rulebook import RULES, judge, limits_of
from lamplighter.business.detection.anomalies.seen import Found, Seen, SeenEvent
from lamplighter.business.detection.anomaly_facts import slot_limits
from lamplighter.business.detection.electrical_days import read_electrical_days
from lamplighter.business.detection.settings import default_settings

SETTINGS = default_settings()
DAYS, SLOTS = 40, 96


def curve(value: float, days: int = DAYS) -> np.ndarray:
    return np.full((1, days, SLOTS), value, np.float32)


def three(value: float, quantity: str = "voltage", unit: str = "v") -> dict[str, np.ndarray]:
    return {f"{quantity}_{phase}_{unit}": curve(value) for phase in "abc"}


def see(
    channels: Mapping[str, np.ndarray] | None = None,
    *,
    kwh: np.ndarray | None = None,
    wiring: str = "1P",
    multiplier: float = 1.0,
    contract_kw: float = 50.0,
    contract_kva: float = np.nan,
    **given: Any,
) -> Seen:
    """Draw the meter; channels and fields named are as given, all others as they should be."""
    ordinary = {"voltage_a_v": curve(220.0), "current_a_a": curve(5.0)}
    if wiring != "1P":
        ordinary = {**three(220.0), **three(5.0, "current", "a")}
    if wiring == "3P3W":
        ordinary = {name: values for name, values in ordinary.items() if "_b_" not in name}
    phases = sum(name.startswith("current_") for name in ordinary)
    # 220 V and 5 A for a quarter of an hour are 0.275 kWh a phase.
    shown = curve(0.275 * phases) if kwh is None else kwh
    one = np.ones(1)
    days = shown.shape[1]
    electrical = read_electrical_days(
        metered_kwh=shown,
        channels={**ordinary, **(channels or {})},
        meters=np.array([0]),
        first=0,
        limits=slot_limits(
            rated_v=220.0 * one,
            basic_a=5.0 * one,
            max_a=60.0 * one,
            multiplier=multiplier * one,
            contract_kw=contract_kw * one,
            contract_kva=contract_kva * one,
            has_no_middle=np.array([wiring == "3P3W"]),
            settings=SETTINGS,
        ),
        hours=0.25,
    )
    day = np.where(np.isnan(shown).all(axis=2), np.nan, np.nansum(shown, axis=2, dtype=np.float64))
    nothing = np.full((1, days), np.nan)
    seen = Seen(
        days=np.datetime64("2025-01-01") + np.arange(days),
        electrical=electrical,
        wiring=np.array([wiring]),
        rated_v=220.0 * one,
        basic_a=5.0 * one,
        max_a=60.0 * one,
        multiplier=multiplier * one,
        contract_kw=contract_kw * one,
        contract_kva=contract_kva * one,
        generates=np.array([False]),
        is_high_voltage=np.array([False]),
        installed=np.array([-1000]),
        is_live=np.ones((1, days), bool),
        is_read=np.ones((1, days), bool),
        metered_kwh=day,
        adjusted_kwh=day * multiplier,
        reverse_kwh=nothing,
        is_free=np.zeros(days, bool),
        registers={},
        used_before=np.array([True]),
        fall_day=np.array([-1]),
        fall_share=np.zeros(1),
        events={},
        visits=np.zeros((0, 2), np.int64),
        flags=dict.fromkeys(("V-03", "V-04", "V-12", "V-13"), nothing),
        loss_slope=np.full(1, np.nan),
        loss_r2=np.full(1, np.nan),
        loss_days=np.zeros(1),
        own_correlation=np.full(1, np.nan),
        best_correlation=np.full(1, np.nan),
        outage_points=np.zeros((1, days)),
        usual_ratio=np.ones(1),
        has={},
    )
    return replace(seen, **given)


def event(*days: int, minutes: float = np.nan, figure: float = np.nan) -> SeenEvent:
    count = len(days)
    return SeenEvent(np.zeros(count, np.int64), np.array(days), np.full(count, minutes), np.full(count, figure))


def run(code: str, seen: Seen) -> Found:
    return RULES[code](seen, limits_of(code, SETTINGS))


def spells(code: str, seen: Seen) -> list[tuple[int, int]]:
    """First and last day of each spell the rule finds."""
    found = run(code, seen)
    return list(zip(found.first.tolist(), found.last.tolist(), strict=True))


def judged(seen: Seen) -> dict[str, Any]:
    return {each.rule.code: each for each in judge(seen, SETTINGS)}
