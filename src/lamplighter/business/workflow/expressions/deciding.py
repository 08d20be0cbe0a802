"""Whether an expression holds for the data a process has."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from lamplighter.business.workflow.expressions.tree import (
    Comparison,
    Constant,
    Either,
    Every,
    Expression,
    In,
    Interval,
    Not,
    Operand,
    Relation,
    Test,
    Truth,
    Value,
)

_CARRY_OUT: Final[Mapping[Relation, Callable[[Any, Any], bool]]] = MappingProxyType(
    {
        "=": operator.eq,
        "!=": operator.ne,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }
)


class ValueMissing(LookupError):
    """A comparison needs a value that nobody has given yet. Only ``= null`` and ``!= null`` can ask for that."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


def holds(expression: Expression, data: Mapping[str, Value]) -> bool:
    """Say whether a condition holds.

    Args:
        expression: as read and checked.
        data: what the process holds, by name.

    Raises:
        ValueMissing: a value is compared that is not there.

    Example:
        >>> from lamplighter.business.workflow.expressions.reading import read_expression
        >>> holds(read_expression('stopped_on != null and outcome in ("BREACH", "THEFT")'), {"outcome": "THEFT"})
        False
    """
    match expression:
        case Comparison(left, relation, right):
            if Constant(None) in (left, right):
                is_null = _known(left, data) is None and _known(right, data) is None
                return is_null == (relation == "=")
            return _CARRY_OUT[relation](_value(left, data), _value(right, data))
        case In(subject, tests):
            return any(passes(subject, test, data) for test in tests)
        case Truth(operand):
            return _value(operand, data) is True
        case Not(term):
            return not holds(term, data)
        case Every(terms):
            return all(holds(term, data) for term in terms)
        case Either(terms):
            return any(holds(term, data) for term in terms)


def passes(subject: Operand, test: Test, data: Mapping[str, Value]) -> bool:
    """Say whether a subject passes one test."""
    if isinstance(test, Interval):
        above: Relation = ">=" if test.has_low else ">"
        below: Relation = "<=" if test.has_high else "<"
        return holds(Comparison(subject, above, test.low), data) and holds(Comparison(subject, below, test.high), data)
    return holds(Comparison(subject, test.relation, test.right), data)


def _known(operand: Operand, data: Mapping[str, Value]) -> Value | None:
    return operand.value if isinstance(operand, Constant) else data.get(operand.name)


def _value(operand: Operand, data: Mapping[str, Value]) -> Value:
    value = _known(operand, data)
    if value is None:
        raise ValueMissing("null" if isinstance(operand, Constant) else operand.name)
    return value
