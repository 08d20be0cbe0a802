"""Detection's versioned data: thresholds, published reasons with their weights, costs; read once at start."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.detection.records import Layer
from lamplighter.business.detection.rule_pack import RulePack, read_pack, weight_rows

FIRST_VERSION_FROM = date(1, 1, 1)


class SettingUnknown(LamplighterError):
    """A threshold, cost or reason was asked for or set that no table has."""

    def __init__(self, name: str, *, table: str) -> None:
        self.name, self.table = name, table
        super().__init__(text("detection.error.setting_unknown", name=name, table=table))


class SettingNotANumber(LamplighterError):
    """A company's file gives something else than a number for a figure."""

    def __init__(self, name: str, *, file: Path) -> None:
        self.name, self.file = name, file
        super().__init__(text("detection.error.setting_not_a_number", name=name, file=file))


@dataclass(frozen=True, slots=True)
class Setting:
    """One versioned figure.

    Attributes:
        name: dotted name, the layer or subject first.
        rule_id: published id, kept for ever.
        version: changes whenever the value does.
        valid_from: first day it holds.
        value: the figure.
        unit: its unit in words.
        source: who says so.
        evidence: R read, M-H, M-M, M-L from memory, P proposed; M-L and P are shown as "company default, confirm".
        meaning: one line in English.
        meaning_zh: the same in Chinese.
    """

    name: str
    rule_id: str
    version: str
    value: float
    unit: str
    source: str
    evidence: str
    meaning: str
    meaning_zh: str
    valid_from: date = FIRST_VERSION_FROM

    @property
    def needs_confirmation(self) -> bool:
        """The company has to confirm it: the evidence is a proposal or a weak memory."""
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True, slots=True)
class Reason:
    """One entry of the published list of reasons.

    Attributes:
        code: what stands in the list's ``reasons`` and on the card.
        layer: who finds it.
        is_for: speaks for a suspicion; otherwise against.
        weight: what it adds to (or takes from) the log-odds at full strength.
        group: findings of one group tell of one physical fact: the strongest counts fully, the others by
            ``fusion.repeat_share``.
        checks: what to check on site, codes.
        rule: the anomaly rule it carries out (AN-..), or empty.
        version: changes whenever the weight or meaning does.
        evidence: grade of the weight.
    """

    code: str
    layer: Layer
    is_for: bool
    weight: float
    group: str
    checks: tuple[str, ...]
    version: str
    evidence: str
    rule: str = ""


@dataclass(frozen=True)
class DetectionSettings:
    """Everything detection may be told, typed and frozen.

    Attributes:
        thresholds: figures of the layers, of fusion and of the list, by dotted name.
        costs: prices and costs of the expected value, by dotted name.
        reasons: the published list, by code.
        pack: anomaly rules and scenarios; their thresholds stand among the others, as ``AN-08.voltage_share``.
        version: version of the ranking: name and fingerprint of the tables, stored with every list.
    """

    thresholds: Mapping[str, Setting]
    costs: Mapping[str, Setting]
    reasons: Mapping[str, Reason]
    pack: RulePack
    version: str
    overrides: Mapping[str, float] = field(default_factory=dict)

    def number(self, name: str) -> float:
        """Return the figure called ``name``, a threshold or a cost.

        Raises:
            SettingUnknown: no table has it.

        Example:
            >>> default_settings().number("window.days")
            90.0
        """
        setting = self.thresholds.get(name) or self.costs.get(name)
        if setting is None:
            raise SettingUnknown(name, table="thresholds.toml")
        return self.overrides.get(name, setting.value)

    def reason(self, code: str) -> Reason:
        """Return the published reason called ``code``.

        Raises:
            SettingUnknown: it is not in the list.
        """
        if code not in self.reasons:
            raise SettingUnknown(code, table="reasons.toml")
        return self.reasons[code]

    def with_values(self, values: Mapping[str, float]) -> DetectionSettings:
        """Return the settings with figures of the company's own instead of the defaults; the version tells them apart.

        Raises:
            SettingUnknown: a name that no table has.

        Example:
            >>> default_settings().with_values({"cost.visit_yuan": 350.0}).number("cost.visit_yuan")
            350.0
        """
        for name in values:
            self.number(name)
        merged = {**self.overrides, **{name: float(value) for name, value in values.items()}}
        own = hashlib.sha256(repr(sorted(merged.items())).encode()).hexdigest()[:6]
        return replace(self, version=f"{self.version.partition('/')[0]}/{own}", overrides=merged)


def read_settings(*, on: date, file: Path | None = None) -> DetectionSettings:
    """Return the settings that hold on a day: of each name the version with the latest ``valid_from`` not after it.

    Args:
        on: the day.
        file: the company's own figures, ``"cost.visit_yuan" = 350`` a line, TOML; they go before the package's.

    Raises:
        SettingUnknown: the file names a figure no table has.
        SettingNotANumber: the file gives something else than a number.

    Example:
        >>> read_settings(on=date(2026, 11, 22)).reasons["under_registers"].is_for
        True
    """
    folder = files("lamplighter.business.detection")
    names = ("thresholds", "costs", "reasons", "anomalies/rules")
    texts = {name: folder.joinpath(f"{name}.toml").read_text(encoding="utf-8") for name in names}
    tables = {name: tomllib.loads(content) for name, content in texts.items()}
    pack = read_pack(tables["anomalies/rules"], on=on)
    fingerprint = hashlib.sha256("\n".join(texts[name] for name in sorted(texts)).encode()).hexdigest()[:8]
    packaged = DetectionSettings(
        thresholds=newest_settings(
            [*tables["thresholds"]["threshold"], *tables["anomalies/rules"]["threshold"], *weight_rows(pack)], on=on
        ),
        costs=newest_settings(tables["costs"]["cost"], on=on),
        reasons={row["code"]: _reason(row) for row in tables["reasons"]["reason"]},
        pack=pack,
        version=f"rules {tables['reasons']['version']}-{fingerprint}",
    )
    if file is None:
        return packaged
    own = tomllib.loads(file.read_text(encoding="utf-8"))
    for name, value in own.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SettingNotANumber(name, file=file)
    return packaged.with_values(own)


@cache
def default_settings() -> DetectionSettings:
    """Return the newest settings that ship with the package."""
    return read_settings(on=date.max)


def newest_settings(rows: list[dict[str, Any]], *, on: date) -> Mapping[str, Setting]:
    """Return of each name the version that holds on a day: the latest ``valid_from`` not after it."""
    found: dict[str, Setting] = {}
    for row in rows:
        setting = Setting(**{**row, "value": float(row["value"])})
        held = found.get(setting.name)
        if setting.valid_from <= on and (held is None or held.valid_from <= setting.valid_from):
            found[setting.name] = setting
    return found


def _reason(row: dict[str, Any]) -> Reason:
    return Reason(
        **{**row, "layer": Layer(row["layer"]), "checks": tuple(row["checks"]), "weight": float(row["weight"])}
    )
