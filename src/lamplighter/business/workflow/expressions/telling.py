"""Expressions written out again, the one way, so that two can be told apart by what they say."""

from __future__ import annotations

import datetime as dt

from lamplighter.business.workflow.expressions.tree import (
    Against,
    Comparison,
    Constant,
    Either,
    Every,
    Expression,
    In,
    Not,
    Operand,
    Test,
    Truth,
    Value,
)


def written_out(expression: Expression) -> str:
    """Return an expression as an editor would write it.

    Example:
        >>> from lamplighter.business.workflow.expressions.reading import read_expression
        >>> written_out(read_expression('not( x>3 )and y in("A",  "B")'))
        'not(x > 3) and y in ("A", "B")'
    """
    match expression:
        case Comparison(left, relation, right):
            return f"{_operand(left)} {relation} {_operand(right)}"
        case In(subject, tests):
            return f"{_operand(subject)} in ({', '.join(check_written_out(test) for test in tests)})"
        case Truth(operand):
            return _operand(operand)
        case Not(term):
            return f"not({written_out(term)})"
        case Every(terms):
            return " and ".join(
                f"({written_out(each)})" if isinstance(each, Either) else written_out(each) for each in terms
            )
        case Either(terms):
            return " or ".join(written_out(each) for each in terms)


def check_written_out(test: Test) -> str:
    """Return one test of a cell or a list as an editor would write it."""
    if isinstance(test, Against):
        shown = _operand(test.right)
        return shown if test.relation == "=" else f"{test.relation} {shown}"
    low, high = "[" if test.has_low else "(", "]" if test.has_high else ")"
    return f"{low}{_operand(test.low)}..{_operand(test.high)}{high}"


def value_written_out(value: Value | None) -> str:
    """Return a value as an editor would write it.

    Example:
        >>> value_written_out("A"), value_written_out(True), value_written_out(None)
        ('"A"', 'true', 'null')
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f'date("{value}")' if isinstance(value, dt.date) else str(value)


def _operand(operand: Operand) -> str:
    return value_written_out(operand.value) if isinstance(operand, Constant) else operand.name
