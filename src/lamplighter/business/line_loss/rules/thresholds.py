"""Thresholds of line loss: versioned data with source and evidence, which a company may override."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text


class ThresholdsInvalid(LamplighterError):
    """A thresholds file names what does not exist, or leaves out what must be there."""

    def __init__(self, path: str, faults: list[str]) -> None:
        self.path, self.faults = path, tuple(faults)
        super().__init__(
            text("line_loss.error.thresholds_invalid", path=path, count=len(faults), faults="; ".join(faults))
        )


@dataclass(frozen=True, slots=True)
class Threshold:
    """One versioned number: rule, value, unit, since when, from where, and how well that is known (R, M-H, M-M, M-L,
    P).
    """

    rule_id: str
    name: str
    valid_from: date
    value: float
    unit: str
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """A company default that its owner should confirm."""
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers that hold on one day. Units and sources stand beside each in ``thresholds.toml``; shares are
    fractions.
    """

    version: str
    coverage_min: float
    supply_actual_min: float
    clock_share_max: float
    freeze_share_max: float
    solar_known_min: float
    small_load_kwh: float
    negative_below: float
    economic_to: float
    high_above: float
    very_high_above: float
    feeder_high_above: float
    individual_index: float
    individual_margin: float
    individual_share: float
    allowance_single_kwh: float
    allowance_three_kwh: float
    neutral_ratio: float
    conductor_temperature_c: float
    power_factor: float
    form_factor_squared: float
    customer_meter_error: float
    supply_meter_error: float
    estimate_error: float
    technical_error: float
    technical_error_voltage: float
    resistance_spread: float
    voltage_days: float
    reactance_ohm_per_km: float
    regression_days: float
    regression_days_min: float
    change_kwh_min: float
    change_t_min: float
    placed_share_min: float
    technical_rate_max: float
    technical_rate_usual: float
    technical_rate_usual_error: float
    light_load_share: float
    month_days_min: float
    month_shift_error: float
    unknown_share: float
    cell_noise_share: float
    unsteady_share: float
    alone_log_odds_max: float
    supply_ratio_chance: float
    unmetered_chance: float
    unmetered_kw: float
    hidden_theft_chance: float
    hidden_theft_share: float
    honest_spread: float
    wrong_area_chance: float
    customer_ratio_chance: float
    theft_chance: float
    meter_fault_chance: float
    fall_theft_chance: float
    fall_t_min: float
    interval_widening: float
    line_unknown_share: float
    check_least_kwh: float
    check_error: float
    finding_doubt: float
    visit_minutes_supply: float
    visit_minutes_missing: float
    visit_minutes_walk: float
    visit_minutes_clamp: float
    visit_minutes_area: float
    visit_minutes_meter: float
    visit_minutes_customer: float

    def replace(self, **changes: float) -> Thresholds:
        """Return the same thresholds with some numbers changed; the version says so."""
        return dataclasses.replace(self, version=f"{self.version}*", **changes)


def read_thresholds(*, file: Path | None = None) -> tuple[str, tuple[Threshold, ...]]:
    """Return version and entries of the packaged list, with those of a company's own ``file`` after them.

    Raises:
        ThresholdsInvalid: an entry lacks a field or names an unknown threshold.
    """
    packaged = resources.files(__package__).joinpath("thresholds.toml").read_bytes()
    version, entries = _parse(packaged, path="thresholds.toml")
    if file is not None:
        content = file.read_bytes()
        own_version, own = _parse(content, path=str(file))
        # The digest tells two edits of a company's file apart even when nobody raised its version.
        version = f"{version}+{own_version}.{hashlib.sha256(content).hexdigest()[:6]}"
        entries = (*entries, *own)
    return version, entries


def load_thresholds(*, on: date, file: Path | None = None) -> Thresholds:
    """Return the thresholds that hold on a day: of each name the entry with the latest ``valid_from`` not after it.

    Args:
        on: the day worked.
        file: the company's own list; its entries go before packaged ones of the same start.

    Raises:
        ThresholdsInvalid: as :func:`read_thresholds`, or a threshold has no entry for the day.

    Example:
        >>> load_thresholds(on=date(2025, 6, 1)).negative_below
        -0.01
    """
    version, entries = read_thresholds(file=file)
    holding: dict[str, Threshold] = {}
    for entry in entries:
        known = holding.get(entry.name)
        if entry.valid_from <= on and (known is None or entry.valid_from >= known.valid_from):
            holding[entry.name] = entry
    missing = [name for name in _names() if name not in holding]
    if missing:
        raise ThresholdsInvalid(
            str(file or "thresholds.toml"),
            [text("line_loss.error.no_threshold", name=name, day=on) for name in missing],
        )
    return Thresholds(version=version, **{name: entry.value for name, entry in holding.items()})


def _names() -> list[str]:
    return [field.name for field in dataclasses.fields(Thresholds) if field.name != "version"]


def _parse(content: bytes, *, path: str) -> tuple[str, tuple[Threshold, ...]]:
    try:
        document: dict[str, Any] = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ThresholdsInvalid(path, [str(error)]) from error
    wanted = {field.name for field in dataclasses.fields(Threshold)}
    known = set(_names())
    faults: list[str] = [] if "version" in document else ["version"]
    entries: list[Threshold] = []
    for place, raw in enumerate(document.get("threshold", []), 1):
        if set(raw) != wanted:
            faults.append(f"[[threshold]] {place}: {', '.join(sorted(set(raw) ^ wanted))}")
        elif raw["name"] not in known:
            faults.append(f"[[threshold]] {place}: {raw['name']}")
        else:
            entries.append(Threshold(**(raw | {"value": float(raw["value"])})))
    if faults:
        raise ThresholdsInvalid(path, faults)
    return str(document["version"]), tuple(entries)
