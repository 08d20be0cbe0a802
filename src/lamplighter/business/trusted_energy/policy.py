"""One version of every rule and threshold, read from data: the package's own, and a company's file over it."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from lamplighter.base.calendars import packaged_holidays
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.trusted_energy.records import Severity

T = TypeVar("T", bound="Rule | Setting")
Value = bool | float | int | str | tuple[str, ...]

WEEKDAY, SATURDAY, SUNDAY_OR_HOLIDAY = 0, 1, 2


class SettingUnknown(LamplighterError):
    """A rule or threshold was named that does not exist."""

    def __init__(self, key: str, *, known: tuple[str, ...]) -> None:
        self.key, self.known = key, known
        near = [name for name in known if name.split(".")[0] == key.split(".")[0]] or list(known[:3])
        super().__init__(text("trusted_energy.error.setting_unknown", key=key, near=", ".join(near)))


class SettingMistyped(LamplighterError):
    """A threshold got a value of another kind than its own."""

    def __init__(self, key: str, *, value: object, wanted: str) -> None:
        self.key, self.value, self.wanted = key, value, wanted
        super().__init__(text("trusted_energy.error.setting_mistyped", key=key, value=value, wanted=wanted))


class PolicyBroken(LamplighterError):
    """A company's rule file cannot be read."""

    def __init__(self, path: Path, *, why: str) -> None:
        self.path, self.why = path, why
        super().__init__(text("trusted_energy.error.policy_broken", path=path, why=why))


@dataclass(frozen=True, slots=True)
class Setting:
    """One versioned value: a threshold, or a switch or severity of a rule.

    Attributes:
        rule_id: rule it belongs to; ``name`` within the rule.
        version: version of this value; ``valid_from`` the first day it holds.
        value: the value, in ``unit``.
        source: where it comes from; ``evidence`` R, M-H, M-M, M-L or P.
    """

    rule_id: str
    name: str
    version: str
    valid_from: date
    value: Value
    unit: str
    source: str
    evidence: str

    @property
    def key(self) -> str:
        """``V-08.threshold``."""
        return f"{self.rule_id}.{self.name}"

    @property
    def needs_confirmation(self) -> bool:
        """A default of no authority, shown as "company default, confirm"."""
        return self.evidence in {"M-L", "P"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as published: what it compares, in which unit, on whose word."""

    rule_id: str
    version: str
    valid_from: date
    is_on: bool
    severity: Severity
    formula: str
    unit: str
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Every rule and threshold that holds on a day.

    Attributes:
        version: names this set; a company's file and a what-if change it.
        rules: by rule id; ``settings`` by ``rule_id.name``.

    Example:
        >>> policy = load_policy(on=date(2025, 6, 1))
        >>> policy.number("V-08.threshold"), policy.changed({"V-08.threshold": 2.5}).number("V-08.threshold")
        (1.8, 2.5)
    """

    version: str
    rules: Mapping[str, Rule]
    settings: Mapping[str, Setting]

    def is_on(self, rule_id: str) -> bool:
        """Say whether a rule is applied."""
        return self.rules[rule_id].is_on

    def number(self, key: str) -> float:
        """Return a threshold."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SettingMistyped(key, value=value, wanted="number")
        return float(value)

    def whole(self, key: str) -> int:
        """Return a threshold that counts something."""
        return int(self.number(key))

    def switch(self, key: str) -> bool:
        """Return a switch."""
        value = self._value(key)
        if not isinstance(value, bool):
            raise SettingMistyped(key, value=value, wanted="true or false")
        return value

    def words(self, key: str) -> tuple[str, ...]:
        """Return a list of words; a single word counts as one."""
        value = self._value(key)
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, tuple):
            raise SettingMistyped(key, value=value, wanted="list of words")
        return value

    def changed(self, changes: Mapping[str, Value]) -> Policy:
        """Return this policy with some values changed, under a version that says so.

        Args:
            changes: by ``rule_id.name``; ``rule_id.is_on`` and ``rule_id.severity`` belong to the rule itself.

        Raises:
            SettingUnknown: a key that no rule has.
            SettingMistyped: a value of another kind than the one it replaces.
        """
        rules, settings = dict(self.rules), dict(self.settings)
        for key, value in changes.items():
            rule_id, _, name = key.partition(".")
            if rule_id in rules and name == "is_on" and isinstance(value, bool):
                rules[rule_id] = replace(rules[rule_id], is_on=value)
            elif rule_id in rules and name == "severity" and value in set(Severity):
                rules[rule_id] = replace(rules[rule_id], severity=Severity(str(value)))
            elif rule_id in rules and name in {"is_on", "severity"}:
                wanted = "true or false" if name == "is_on" else ", ".join(Severity)
                raise SettingMistyped(key, value=value, wanted=wanted)
            elif key not in settings:
                raise SettingUnknown(key, known=tuple(settings))
            else:
                was = settings[key].value
                if _kind(was) != _kind(value):
                    raise SettingMistyped(key, value=value, wanted=_kind(was))
                settings[key] = replace(settings[key], value=value)
        mark = hashlib.sha256(repr(sorted(changes.items())).encode()).hexdigest()[:8]
        return Policy(version=f"{self.version}+{mark}" if changes else self.version, rules=rules, settings=settings)

    def _value(self, key: str) -> Value:
        if key not in self.settings:
            raise SettingUnknown(key, known=tuple(self.settings))
        return self.settings[key].value


def load_policy(*, on: date, override: Path | None = None) -> Policy:
    """Return the rules that hold on a day.

    Args:
        on: the day; of several versions of a value the latest that is valid by then counts.
        override: a company's own file of the same form, laid over the package's. Absent: none.

    Raises:
        PolicyBroken: the company's file cannot be read, lacks a column, or names a rule that does not exist.
    """
    own = _read_toml(resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))
    rules = _latest([_rule(row) for row in own.get("rule", [])], on)
    settings = _latest([_setting(row) for row in own.get("setting", [])], on)
    policy = Policy(version=str(own["version"]), rules=rules, settings=settings)
    if override is None:
        return policy
    try:
        content = override.read_text(encoding="utf-8")
        company = _read_toml(content)
        over_rules = _latest([_rule(row) for row in company.get("rule", [])], on)
        over_settings = _latest([_setting(row) for row in company.get("setting", [])], on)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise PolicyBroken(override, why=f"{type(error).__name__}: {error}") from error
    unknown = [key for key in over_rules if key not in rules] + [key for key in over_settings if key not in settings]
    if unknown:
        raise PolicyBroken(override, why=", ".join(unknown))
    for key, setting in over_settings.items():
        if _kind(setting.value) != _kind(settings[key].value):
            raise PolicyBroken(override, why=f"{key} = {setting.value!r}")
    mark = hashlib.sha256(content.encode()).hexdigest()[:8]
    return Policy(f"{policy.version}+{mark}", {**rules, **over_rules}, {**settings, **over_settings})


def _read_toml(content: str) -> dict[str, Any]:
    return tomllib.loads(content)


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(**{**row, "severity": Severity(row["severity"])})


def _setting(row: Mapping[str, Any]) -> Setting:
    try:
        return Setting(**{**row, "value": tuple(row["value"]) if isinstance(row["value"], list) else row["value"]})
    except TypeError as error:  # a column too many or too few
        raise ValueError(str(error)) from error


def _latest(rows: Sequence[T], on: date) -> dict[str, T]:
    found: dict[str, T] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        if row.valid_from <= on:
            found[row.key if isinstance(row, Setting) else row.rule_id] = row
    return found


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "number"
    return "word" if isinstance(value, str) else "list of words"


def day_types(days: npt.NDArray[np.datetime64], *, calendar: str) -> npt.NDArray[np.int8]:
    """Return the type of each day: 0 weekday, 1 Saturday, 2 Sunday or holiday.

    Args:
        days: calendar days, ``datetime64[D]``.
        calendar: ``cn`` for the public holidays and make-up days of China, ``none`` for plain weeks. A year that is not
            announced has the days of rest of the decree, one that is not on record has plain weeks.

    Example:
        A holiday on a Wednesday, and the Sunday worked to make up for it:

        >>> day_types(np.array(["2025-10-01", "2025-09-28"], "datetime64[D]"), calendar="cn").tolist()
        [2, 0]
    """
    day_of_week = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    types = np.select([day_of_week == 5, day_of_week == 6], [SATURDAY, SUNDAY_OR_HOLIDAY], WEEKDAY).astype(np.int8)
    if calendar == "cn":
        # What comes with the program: every machine of a cluster must answer alike, also those without a home.
        for year in packaged_holidays().values():
            types[np.isin(days, np.array(sorted(year.holidays), "datetime64[D]"))] = SUNDAY_OR_HOLIDAY
            types[np.isin(days, np.array(sorted(year.worked), "datetime64[D]"))] = WEEKDAY
    return types
