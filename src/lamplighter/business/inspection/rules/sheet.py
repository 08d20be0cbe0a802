"""The working sheet of a calculation: it writes the lines and remembers every rule and choice it rested on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeVar

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.amounts import (
    AmountKind,
    Amounts,
    Caveat,
    Choice,
    Concern,
    Direction,
    Line,
    Phrase,
    Role,
    phrase,
)
from lamplighter.business.inspection.records.law import Rule
from lamplighter.business.inspection.rules.law import Law

T = TypeVar("T")
_ROUNDING = "rounding."


class FactMissing(LamplighterError):
    """A calculation lacks a fact it cannot do without."""

    def __init__(self, name: str, *, kind: str) -> None:
        self.name, self.kind = name, kind
        super().__init__(text("inspection.error.fact_missing", name=name, kind=kind))


class FactUnusable(LamplighterError):
    """A fact has a value no calculation can go on from."""

    def __init__(self, name: str, value: object, *, wanted: str) -> None:
        self.name, self.value, self.wanted = name, value, wanted
        super().__init__(text("inspection.error.fact_unusable", name=name, value=value, wanted=wanted))


class SwitchUnknown(LamplighterError):
    """A switch was set that does not exist, or to what it does not offer."""

    def __init__(self, name: str, value: str, *, options: tuple[str, ...]) -> None:
        self.name, self.value, self.options = name, value, options
        super().__init__(text("inspection.error.switch_unknown", name=name, value=value, options=", ".join(options)))


def rounded(value: Decimal, step: Decimal) -> Decimal:
    """Return a value rounded half up to a step; half of a refund goes away from zero as well.

    Example:
        >>> rounded(Decimal("2.345"), Decimal("0.01")), rounded(Decimal("-0.005"), Decimal("0.01"))
        (Decimal('2.35'), Decimal('-0.01'))
    """
    return value.quantize(step, rounding=ROUND_HALF_UP)


def need(value: T | None, name: str, *, kind: str) -> T:
    """Return a fact that must be there.

    Raises:
        FactMissing: it is not.
    """
    if value is None:
        raise FactMissing(name, kind=kind)
    return value


def not_negative(value: Decimal, name: str) -> Decimal:
    """Return a figure that cannot be below zero.

    Raises:
        FactUnusable: it is.
    """
    if value < 0:
        raise FactUnusable(name, value, wanted="≥ 0")
    return value


def check_switches(chosen: Mapping[str, str], law: Law) -> None:
    """Refuse a switch that does not exist on the day, or a value it does not offer.

    Raises:
        SwitchUnknown: the first such.
    """
    for name, value in chosen.items():
        if name not in law.switches:
            raise SwitchUnknown(name, value, options=tuple(law.switches))
        if value not in law.switches[name].options:
            raise SwitchUnknown(name, value, options=law.switches[name].options)


class Sheet:
    """One calculation in progress.

    Args:
        kind: what is worked out.
        law: that of the day of the act.
        chosen: switches that somebody set.

    Raises:
        SwitchUnknown: a switch that the law of the day does not have.
    """

    def __init__(self, kind: AmountKind, law: Law, chosen: Mapping[str, str]) -> None:
        check_switches(chosen, law)
        self.kind, self.law, self._chosen = kind, law, chosen
        self._lines: list[Line] = []
        self._rules: dict[str, Rule] = {}
        self._choices: dict[str, Choice] = {}
        self._warnings: list[Caveat] = []

    def rule(self, rule_id: str) -> Rule:
        """Return a rule and remember that the result rests on it."""
        rule = self.law.rule(rule_id)
        self._rules[rule_id] = rule
        return rule

    def choose(self, name: str) -> str:
        """Return how a switch is set and remember it."""
        switch = self.law.switches[name]
        value = self._chosen.get(name, switch.default)
        self._choices[name] = Choice(name, value, name not in self._chosen, switch.evidence)
        return value

    def write(
        self, label: str, formula: Phrase, value: Decimal, unit: str, rule_id: str, *, role: Role = Role.QUANTITY
    ) -> Decimal:
        """Add a line and return its rounded value, from which the next line goes on.

        Args:
            label: last part of ``inspection.line.<label>``.
            formula: with the numbers filled in.
            value: unrounded.
            unit: decides the rounding.
            rule_id: rule the line stands on.
            role: whether it counts into the total.
        """
        rule = self.rule(rule_id)
        steps = {
            "yuan": "money",
            "kWh": "energy",
            "kWh/month": "energy",
            "kW": "power",
            "": "factor",
            "yuan/kWh": "factor",
        }
        if unit in steps:
            value = rounded(value, self.rule(f"{_ROUNDING}{steps[unit]}").number)
        name = phrase(f"inspection.line.{label}")
        self._lines.append(Line(name, formula, value, unit, rule.clause, rule.evidence, role))
        return value

    def warn(self, concern: Concern, said: Phrase) -> None:
        """Add something a person must confirm, find out or know."""
        self._warnings.append(Caveat(concern, said))

    def finish(self, *, energy_kwh: Decimal | None, direction: Direction | None = None) -> Amounts:
        """Return the result: lines, total, and a warning for every default and every doubtful number it rests on."""
        total = sum((line.value for line in self._lines if line.role is not Role.QUANTITY), Decimal("0.00"))
        if direction is None:
            direction = Direction.COLLECT if total else Direction.NOTHING
        return Amounts(
            kind=self.kind,
            governed_on=self.law.on,
            law_version=self.law.version,
            direction=direction,
            lines=tuple(self._lines),
            energy_kwh=energy_kwh,
            total_yuan=total,
            choices=tuple(self._choices.values()),
            warnings=(*self._warnings, *self._to_confirm()),
        )

    def _to_confirm(self) -> list[Caveat]:
        found = [
            Caveat(Concern.CONFIRM, _default_taken(choice))
            for choice in self._choices.values()
            if choice.is_default and self.law.switches[choice.name].needs_confirmation
        ]
        rounding = [rule for rule in self._rules.values() if rule.rule_id.startswith(_ROUNDING)]
        if any(rule.needs_confirmation for rule in rounding):
            steps = ", ".join(f"{rule.value} {rule.unit}".strip() for rule in rounding)
            found.append(Caveat(Concern.CONFIRM, phrase("inspection.warning.rounding", steps=steps)))
        for rule in self._rules.values():
            if rule.needs_confirmation and rule not in rounding:
                value = rule.value if not isinstance(rule.value, bool) else ""
                fields = {"rule": rule.rule_id, "value": value, "unit": rule.unit, "grade": rule.evidence}
                found.append(Caveat(Concern.CONFIRM, phrase("inspection.warning.rule", **fields)))
        doubtful = [rule.rule_id for rule in self._rules.values() if not rule.clause.is_number_certain]
        if doubtful:
            found.append(Caveat(Concern.CONFIRM, phrase("inspection.warning.article", rules=", ".join(doubtful))))
        return found


def _default_taken(choice: Choice) -> Phrase:
    said = {"name": choice.name, "value": choice.value}
    return Phrase("inspection.warning.default_taken", said, within=f"inspection.choice.{choice.name}.{choice.value}")


def governing_day(*, first_on: date | None, last_on: date, chosen: Mapping[str, str]) -> date:
    """Return the day whose law governs an act: its last day, or its first where the switch says so.

    Example:
        >>> act = {"first_on": date(2024, 5, 1), "last_on": date(2024, 7, 1)}
        >>> governing_day(**act, chosen={}), governing_day(**act, chosen={"governing_day": "first"})
        (datetime.date(2024, 7, 1), datetime.date(2024, 5, 1))
    """
    return first_on if first_on is not None and chosen.get("governing_day") == "first" else last_on


def note_span(sheet: Sheet, *, first_on: date | None, last_on: date) -> None:
    """Say so where an act began under one order and ended under another."""
    rule = sheet.law.rule("breach.multiple_fixed")
    begins_before = first_on is not None and first_on < rule.valid_from
    ends_after = rule.valid_to is not None and last_on >= rule.valid_to
    if begins_before or ends_after:
        sheet.choose("governing_day")
        sheet.warn(Concern.CONFIRM, phrase("inspection.warning.span", first=first_on, last=last_on, on=sheet.law.on))
