"""The words of the rule pack: anomaly rules and scenarios as published, read from ``anomalies/rules.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

Row = TypeVar("Row", "AnomalyRule", "Scenario")


@dataclass(frozen=True, slots=True)
class AnomalyRule:
    """One anomaly rule of the master station.

    Attributes:
        code: ``AN-01`` ..., kept for ever.
        name: its name in English; ``name_zh`` in Chinese.
        public_code: code a State Grid utility's own pages use for it, empty where none is known.
        severity: 1 (gravest) to 4.
        family: file of ``anomalies/`` that carries it out.
        applies_to: all, single_phase, three_phase, 3P3W, ct (current transformers) or no_generation.
        needs: data without which it cannot be carried out, names of ``anomalies.data.*``.
        rule: what it holds against what, in English; ``rule_zh`` in Chinese.
        unit: unit of the figures found.
        action: what to check on site first, a code of the checks.
        weight: what it adds to the theft score, 0 to 1; 0 = nothing.
        prior: share of visits that confirm it, before there are outcomes.
        confirmed_by: outcomes that confirm it.
        evidence: grade of its form and numbers as the notes state them; M-L and P are the company's to confirm.
        version: version of the pack; ``valid_from`` the first day it holds.
    """

    code: str
    name: str
    name_zh: str
    public_code: str
    severity: int
    family: str
    applies_to: str
    needs: tuple[str, ...]
    rule: str
    rule_zh: str
    unit: str
    action: str
    weight: float
    prior: float
    confirmed_by: tuple[str, ...]
    evidence: str
    version: str
    valid_from: date

    @property
    def needs_confirmation(self) -> bool:
        """The company has to confirm it: the evidence is a proposal or a weak memory."""
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True, slots=True)
class Scenario:
    """Anomalies that together tell one story.

    Attributes:
        code: name of the story.
        all_of: groups of codes; of each group at least one must be found. ``FALL`` is a lasting fall of the use.
        unless: scenarios that explain the same anomalies better.
        within_days: the anomalies of a story lie no further apart.
        prior: share of visits that confirm it, before there are outcomes.
        confirmed_by: outcomes that confirm it.
        checks: what to check on site, codes.
        evidence: grade.
        version: version of the pack; ``valid_from`` the first day it holds.
    """

    code: str
    all_of: tuple[tuple[str, ...], ...]
    unless: tuple[str, ...]
    within_days: int
    prior: float
    confirmed_by: tuple[str, ...]
    checks: tuple[str, ...]
    evidence: str
    version: str
    valid_from: date


@dataclass(frozen=True, slots=True)
class RulePack:
    """Rules by code in order, scenarios by code in order.

    Attributes:
        version: of the pack.
        rules: by code.
        scenarios: by code.
    """

    version: str
    rules: Mapping[str, AnomalyRule]
    scenarios: Mapping[str, Scenario]


def read_pack(table: Mapping[str, Any], *, on: date) -> RulePack:
    """Return the pack that holds on a day: of each code the row with the latest ``valid_from`` not after it.

    Args:
        table: the content of ``rules.toml``; a row without its own version has the pack's.
        on: the day.
    """
    common = {"version": table["version"], "valid_from": table["valid_from"]}
    return RulePack(
        version=str(table["version"]),
        rules=_newest([_rule({**common, **row}) for row in table["rule"]], on),
        scenarios=_newest([_scenario({**common, **row}) for row in table["scenario"]], on),
    )


def weight_rows(pack: RulePack) -> list[dict[str, Any]]:
    """Return the weights of the theft score and the priors of the scenarios as settings a company may change."""
    named = [
        (f"{rule.code}.weight", rule.weight, rule.name, rule.name_zh, rule.version, rule.valid_from)
        for rule in pack.rules.values()
        if rule.weight > 0.0
    ] + [
        (f"{found.code}.prior", found.prior, found.code, found.code, found.version, found.valid_from)
        for found in pack.scenarios.values()
    ]
    return [
        {
            "name": name,
            "rule_id": name,
            "version": version,
            "value": value,
            "unit": "share",
            "source": "project default; replaced by what outcomes say",
            "evidence": "P",
            "meaning": f"how often it is what it looks like: {meaning}",
            "meaning_zh": f"属实的比例:{meaning_zh}",
            "valid_from": valid_from,
        }
        for name, value, meaning, meaning_zh, version, valid_from in named
    ]


def _rule(row: Mapping[str, Any]) -> AnomalyRule:
    return AnomalyRule(**{**row, "needs": tuple(row["needs"]), "confirmed_by": tuple(row["confirmed_by"])})


def _scenario(row: Mapping[str, Any]) -> Scenario:
    lists = ("unless", "confirmed_by", "checks")
    groups = tuple(tuple(group) for group in row["all_of"])
    return Scenario(**{**row, **{name: tuple(row[name]) for name in lists}, "all_of": groups})


def _newest(rows: list[Row], on: date) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        if row.valid_from <= on:
            found[row.code] = row
    return found
