"""The parts of an expression: what is left of its text once it was read. Nothing here can call anything."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

Value: TypeAlias = "str | int | Decimal | dt.date | bool"
Relation: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]

RELATIONS: Final[tuple[Relation, ...]] = ("<=", ">=", "!=", "=", "<", ">")


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written out: text, number, date, true, false, or null (not known yet)."""

    value: Value | None


@dataclass(frozen=True, slots=True)
class Name:
    """The value that the process holds under this name."""

    name: str


Operand: TypeAlias = "Constant | Name"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left relation right``."""

    left: Operand
    relation: Relation
    right: Operand


@dataclass(frozen=True, slots=True)
class Interval:
    """``[low..high]``; a round bracket leaves the bound out."""

    low: Operand
    high: Operand
    has_low: bool
    has_high: bool


@dataclass(frozen=True, slots=True)
class Against:
    """One test of a subject that stands elsewhere: ``< 5``, or a bare value for ``= value``."""

    relation: Relation
    right: Operand


Test: TypeAlias = "Interval | Against"


@dataclass(frozen=True, slots=True)
class In:
    """``subject in (test, test, ...)``: at least one test holds."""

    subject: Operand
    tests: tuple[Test, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """A name or constant that is itself true or false."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Not:
    """``not(term)``."""

    term: Expression


@dataclass(frozen=True, slots=True)
class Every:
    """``term and term ...``, from left to right, ending at the first that does not hold."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """``term or term ...``, from left to right, ending at the first that holds."""

    terms: tuple[Expression, ...]


Expression: TypeAlias = "Comparison | In | Truth | Not | Every | Either"
