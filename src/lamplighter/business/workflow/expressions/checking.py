"""Whether an expression can mean anything: every name declared, every comparison between values of one type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from lamplighter.business.workflow.expressions.tree import (
    Comparison,
    Constant,
    Either,
    Every,
    Expression,
    In,
    Interval,
    Name,
    Not,
    Operand,
    Relation,
    Test,
    Truth,
    Value,
)


class ValueType(StrEnum):
    """What can be compared with each other."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class Declared:
    """What is known of a name before any process runs: its type, and the only values it takes where they are listed."""

    type: ValueType
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing wrong with an expression; ``code`` is the last part of its message id ``workflow.fault.``."""

    code: str
    fields: Mapping[str, str]


def type_of(value: Value) -> ValueType:
    """Return the type of a value.

    Example:
        >>> type_of(True), type_of(3), type_of(dt.date(2024, 6, 1))
        (<ValueType.BOOLEAN: 'boolean'>, <ValueType.NUMBER: 'number'>, <ValueType.DATE: 'date'>)
    """
    if isinstance(value, bool):
        return ValueType.BOOLEAN
    if isinstance(value, int | Decimal):
        return ValueType.NUMBER
    return ValueType.DATE if isinstance(value, dt.date) else ValueType.TEXT


def doubts_of(expression: Expression, names: Mapping[str, Declared]) -> Iterator[Doubt]:
    """Yield everything that is wrong with an expression.

    Args:
        expression: as read.
        names: what may be named.

    Example:
        >>> from lamplighter.business.workflow.expressions.reading import read_expression
        >>> [doubt.code for doubt in doubts_of(read_expression("amount > 3"), {})]
        ['name_unknown']
    """
    match expression:
        case Comparison(left, relation, right):
            yield from _doubts_of_pair(left, relation, right, names)
        case In(subject, tests):
            for test in tests:
                yield from doubts_of_test(subject, test, names)
        case Truth(operand):
            yield from _unknown(operand, names)
            declared = _declared(operand, names)
            if declared is not None and declared.type is not ValueType.BOOLEAN:
                yield Doubt("not_a_condition", {"subject": _spell(operand), "type": declared.type})
        case Not(term):
            yield from doubts_of(term, names)
        case Every(terms) | Either(terms):
            for term in terms:
                yield from doubts_of(term, names)


def doubts_of_test(subject: Operand, test: Test, names: Mapping[str, Declared]) -> Iterator[Doubt]:
    """Yield everything that is wrong with one test of a subject."""
    if isinstance(test, Interval):
        yield from _doubts_of_pair(subject, ">=", test.low, names)
        yield from _doubts_of_pair(subject, "<=", test.high, names)
    else:
        yield from _doubts_of_pair(subject, test.relation, test.right, names)


def names_in(expression: Expression) -> frozenset[str]:
    """Return every name an expression reads.

    Example:
        >>> from lamplighter.business.workflow.expressions.reading import read_expression
        >>> sorted(names_in(read_expression('outcome = "THEFT" and not(is_stopped)')))
        ['is_stopped', 'outcome']
    """
    match expression:
        case Comparison(left, _, right):
            return _names_of(left, right)
        case In(subject, tests):
            operands = [subject]
            for test in tests:
                operands += [test.low, test.high] if isinstance(test, Interval) else [test.right]
            return _names_of(*operands)
        case Truth(operand):
            return _names_of(operand)
        case Not(term):
            return names_in(term)
        case Every(terms) | Either(terms):
            return frozenset().union(*(names_in(term) for term in terms))


def _names_of(*operands: Operand) -> frozenset[str]:
    return frozenset(operand.name for operand in operands if isinstance(operand, Name))


def _unknown(operand: Operand, names: Mapping[str, Declared]) -> Iterator[Doubt]:
    if isinstance(operand, Name) and operand.name not in names:
        yield Doubt("name_unknown", {"name": operand.name})


def _declared(operand: Operand, names: Mapping[str, Declared]) -> Declared | None:
    if isinstance(operand, Name):
        return names.get(operand.name)
    return None if operand.value is None else Declared(type_of(operand.value))


def _spell(operand: Operand) -> str:
    return operand.name if isinstance(operand, Name) else str(operand.value)


def _doubts_of_pair(
    left: Operand, relation: Relation, right: Operand, names: Mapping[str, Declared]
) -> Iterator[Doubt]:
    yield from _unknown(left, names)
    yield from _unknown(right, names)
    ordered = relation not in ("=", "!=")
    if Constant(None) in (left, right):
        if ordered:
            yield Doubt("null_ordered", {"subject": _spell(left), "relation": relation})
        return
    one, other = _declared(left, names), _declared(right, names)
    if one is None or other is None:
        return
    if one.type is not other.type:
        fields = {"left": _spell(left), "left_type": one.type, "right": _spell(right), "right_type": other.type}
        yield Doubt("types_differ", fields)
    elif ordered and one.type in (ValueType.BOOLEAN, ValueType.TEXT):
        yield Doubt("not_ordered", {"subject": _spell(left), "relation": relation, "type": one.type})
    for declared, operand in ((one, right), (other, left)):
        if declared.options and isinstance(operand, Constant) and operand.value not in declared.options:
            fields = {"value": str(operand.value), "options": ", ".join(declared.options)}
            yield Doubt("option_unknown", fields)
