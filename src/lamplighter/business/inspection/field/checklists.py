"""Checklists: what is looked at on site follows from what a visit is made for. Versioned data, a company default."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from lamplighter.base.messages import language

BASE = "base"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to look at: a photo, yes or no, a figure, words, or values that must close the energy balance."""

    id: str
    kind: str
    label: str
    label_zh: str
    unit: str = ""

    def say(self) -> str:
        """Return its words in the language spoken."""
        return self.label_zh if language() == "zh" else self.label


@dataclass(frozen=True, slots=True)
class Checklist:
    """What is looked at for one suspicion.

    Attributes:
        checks: codes of detection that call it.
        steps: ids, in order.
        proofs: steps without which this finding does not move a case.
    """

    name: str
    label: str
    label_zh: str
    checks: tuple[str, ...]
    steps: tuple[str, ...]
    proofs: tuple[str, ...]
    hint: str = ""
    hint_zh: str = ""

    def say(self) -> str:
        """Return its words in the language spoken."""
        return self.label_zh if language() == "zh" else self.label

    def say_hint(self) -> str:
        """Return what to heed while measuring."""
        return self.hint_zh if language() == "zh" else self.hint


@dataclass(frozen=True, slots=True)
class Checklists:
    """All checklists of a version, with the figures that go with them.

    Attributes:
        source, evidence: where it comes from, and its grade (P: company default, to be confirmed).
        proven: outcomes that need a finding and its proofs.
        without_result: outcomes where nothing could be looked at.
    """

    version: str
    valid_from: date
    source: str
    evidence: str
    steps: Mapping[str, Step]
    lists: Mapping[str, Checklist]
    figures: Mapping[str, float]
    proven: frozenset[str]
    without_result: frozenset[str]

    def called_by(self, checks: Iterable[str]) -> tuple[Checklist, ...]:
        """Return the base list and those that codes of detection call, in the order of the data.

        Example:
            >>> [each.name for each in packaged_checklists().called_by(["bypass", "compare_current"])]
            ['base', 'ct_short', 'bypass']
        """
        asked = set(checks)
        return tuple(each for each in self.lists.values() if each.name == BASE or not asked.isdisjoint(each.checks))


def _checklist(row: dict[str, Any]) -> Checklist:
    many = {name: tuple(row[name]) for name in ("checks", "steps", "proofs")}
    return Checklist(**row | many)


@cache
def packaged_checklists() -> Checklists:
    """Return the checklists of the package.

    Example:
        >>> packaged_checklists().evidence
        'P'
    """
    held: dict[str, Any] = tomllib.loads(files(__package__).joinpath("checklists.toml").read_text(encoding="utf-8"))
    steps = [Step(**row) for row in held["step"]]
    lists = [_checklist(row) for row in held["list"]]
    return Checklists(
        version=held["version"],
        valid_from=held["valid_from"],
        source=held["source"],
        evidence=held["evidence"],
        steps=MappingProxyType({each.id: each for each in steps}),
        lists=MappingProxyType({each.name: each for each in lists}),
        figures=MappingProxyType({name: float(value) for name, value in held["figure"].items()}),
        proven=frozenset(held["outcomes"]["proven"]),
        without_result=frozenset(held["outcomes"]["without_result"]),
    )
