"""What a calculation comes to: lines with formula and clause, a total, and what must be confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lamplighter.base.messages import Language, text
from lamplighter.business.inspection.records.law import Clause


@dataclass(frozen=True, slots=True)
class Phrase:
    """A message with its values, said when and in the language it is read.

    Attributes:
        fields: values of its placeholders, the same in every language.
        within: id of a message that stands in it as ``{within}``; empty where there is none.

    Example:
        >>> Phrase("house.version", {"version": "1"}).say("en")
        'Lamplighter 1'
    """

    message_id: str
    fields: dict[str, str] = field(default_factory=dict)
    within: str = ""

    def say(self, in_language: Language | None = None) -> str:
        """Return the words."""
        inner = {"within": text(self.within, in_language=in_language)} if self.within else {}
        return text(self.message_id, in_language=in_language, **self.fields, **inner)


def phrase(message_id: str, /, **fields: object) -> Phrase:
    """Return a phrase; numbers are written plainly, so that a person can repeat the calculation.

    Example:
        >>> phrase("inspection.formula.established", energy=Decimal("5400.00")).fields
        {'energy': '5,400'}
    """
    return Phrase(message_id, {name: plain(value) for name, value in fields.items()})


def plain(value: object) -> str:
    """Return a value as it stands in a formula: numbers with separators and without trailing zeros.

    Example:
        >>> plain(Decimal("85536.00")), plain(Decimal("0.520")), plain(Decimal("0"))
        ('85,536', '0.52', '0')
    """
    if not isinstance(value, Decimal):
        return str(value)
    written = f"{value:,f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


class AmountKind(StrEnum):
    """What is worked out."""

    THEFT = "theft"
    BREACH = "breach"
    METERING_ERROR = "metering_error"
    LATE_FEE = "late_fee"
    APPLIANCE = "appliance"


class Direction(StrEnum):
    """Who pays; amounts themselves are never negative."""

    COLLECT = "collect"
    """The customer pays."""
    REFUND = "refund"
    """The company pays back."""
    NOTHING = "nothing"


class Role(StrEnum):
    """What a line is for."""

    QUANTITY = "quantity"
    """A step on the way: hours, power, energy, a factor."""
    PRINCIPAL = "principal"
    """Money owed for energy or capacity: part of the total."""
    PENALTY = "penalty"
    """Money on top of it: part of the total, and never part of a stolen value."""


class Concern(StrEnum):
    """Why a person has to look before the figure is used."""

    CONFIRM = "confirm"
    """A company default, or a number remembered with little confidence."""
    UNKNOWN = "unknown"
    """A fact that was not given."""
    NOTE = "note"
    """Something the law says beside the amount."""


@dataclass(frozen=True, slots=True)
class Caveat:
    """One thing to confirm, to find out, or to know."""

    concern: Concern
    phrase: Phrase


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a calculation.

    Attributes:
        label: what it is.
        formula: how it comes about, with the numbers filled in.
        value: the result, rounded; following lines go on from the rounded value, so that paper and pencil agree.
        unit: ``yuan``, ``kWh``, ``kW``, ``h``, ``day``, ``month``, ``kWh/month`` or ``""`` for a factor.
        clause: where it stands.
        evidence: grade of the value the law gives it.
        role: whether it counts into the total.
    """

    label: Phrase
    formula: Phrase
    value: Decimal
    unit: str
    clause: Clause
    evidence: str
    role: Role


@dataclass(frozen=True, slots=True)
class Choice:
    """A switch as it was set for a calculation."""

    name: str
    value: str
    is_default: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Amounts:
    """A calculation from the first figure to the sum.

    Attributes:
        kind: what was worked out.
        governed_on: the day whose law holds.
        law_version: version of the law's data.
        direction: who pays.
        lines: in the order of the calculation.
        energy_kwh: energy the money rests on; None where it rests on none.
        total_yuan: sum of the lines that are money, 0 or more.
        choices: switches that mattered.
        warnings: what a person has to confirm, find out or know.
    """

    kind: AmountKind
    governed_on: date
    law_version: str
    direction: Direction
    lines: tuple[Line, ...]
    energy_kwh: Decimal | None
    total_yuan: Decimal
    choices: tuple[Choice, ...]
    warnings: tuple[Caveat, ...]

    def sum_of(self, role: Role) -> Decimal:
        """Return the money of one role."""
        return sum((line.value for line in self.lines if line.role is role), Decimal("0.00"))

    @property
    def needs_confirmation(self) -> bool:
        """Something in it is a default or unknown."""
        return any(warning.concern is not Concern.NOTE for warning in self.warnings)
