"""From text to tree: a typed part of FEEL, the language of BPMN and DMN editors. Nothing is ever evaluated as code."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final, cast

from lamplighter.business.workflow.expressions.tree import (
    RELATIONS,
    Against,
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
)

MOST_LETTERS: Final = 1000
DEEPEST: Final = 20

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>\"[^\"\\]*\")|(?P<number>-?[0-9]{1,18}(?:\.(?!\.)[0-9]{1,12})?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]{0,63})|(?P<sign>\.\.|<=|>=|!=|[=<>()\[\],]))"
)
_KEPT_WORDS: Final = frozenset({"and", "or", "not", "in", "between", "true", "false", "null", "date"})


class Unreadable(ValueError):
    """The text is no expression of ours; ``at`` is the letter (from 1) where it stops being one."""

    def __init__(self, at: int, found: str) -> None:
        self.at, self.found = at, found
        super().__init__(f"letter {at}: {found!r}")


def read_expression(text: str) -> Expression:
    """Read a condition.

    Args:
        text: for example ``outcome = "THEFT" and total_yuan > 10000.00``.

    Raises:
        Unreadable: it is not in the language, longer than 1,000 letters or nested deeper than 20.

    Source:
        A part of FEEL (OMG DMN 1.3, chapter 10): comparison, ``in``, ``between``, ``and``, ``or``, ``not(...)``,
        ``null``, ``date("...")``. No arithmetic, no functions, no paths.

    Example:
        >>> read_expression('not(outcome = "CLEAN")')
        Not(term=Comparison(left=Name(name='outcome'), relation='=', right=Constant(value='CLEAN')))
        >>> read_expression("__import__('os')")
        Traceback (most recent call last):
        ...
        lamplighter.business.workflow.expressions.reading.Unreadable: letter 12: "'os')"
    """
    reader = _Reader(text)
    expression = reader.any_of()
    reader.end()
    return expression


def read_tests(text: str) -> tuple[bool, tuple[Test, ...]]:
    """Read an input cell of a decision table: whether it is negated, and the tests of which one must hold.

    An empty cell or ``-`` has no tests and always holds.

    Raises:
        Unreadable: see :func:`read_expression`.

    Example:
        >>> read_tests("< 5")
        (False, (Against(relation='<', right=Constant(value=5)),))
        >>> read_tests("-")
        (False, ())
    """
    if text.strip() in ("", "-"):
        return False, ()
    reader = _Reader(text)
    negated = reader.takes_word("not")
    if negated:
        reader.sign("(")
    tests = [reader.test()]
    while reader.takes_sign(","):
        tests.append(reader.test())
    if negated:
        reader.sign(")")
    reader.end()
    return negated, tuple(tests)


def read_constant(text: str) -> Constant:
    """Read an output cell of a decision table: one constant.

    Example:
        >>> read_constant("10000.50")
        Constant(value=Decimal('10000.50'))
    """
    reader = _Reader(text)
    at = reader.at
    operand = reader.operand()
    reader.end()
    if isinstance(operand, Name):
        raise Unreadable(at, operand.name)
    return operand


class _Reader:
    """Walks over the tokens from left to right, one ahead."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_LETTERS:
            raise Unreadable(MOST_LETTERS + 1, text[MOST_LETTERS : MOST_LETTERS + 10])
        self._tokens: list[tuple[str, str, int]] = []
        position, length = 0, len(text.rstrip())
        while position < length:
            match = _TOKEN.match(text, position)
            if match is None:
                rest = text[position:].lstrip()
                raise Unreadable(len(text) - len(rest) + 1, rest[:10])
            kind = cast("str", match.lastgroup)
            self._tokens.append((kind, match[kind], match.start(kind) + 1))
            position = match.end()
        self._tokens.append(("end", "", length + 1))
        self._next = 0
        self._depth = 0

    @property
    def at(self) -> int:
        return self._tokens[self._next][2]

    def _is(self, kind: str, word: str, ahead: int = 0) -> bool:
        place = min(self._next + ahead, len(self._tokens) - 1)
        return self._tokens[place][:2] == (kind, word)

    def takes_word(self, word: str) -> bool:
        found = self._is("name", word)
        self._next += found
        return found

    def takes_sign(self, sign: str) -> bool:
        found = self._is("sign", sign)
        self._next += found
        return found

    def sign(self, sign: str) -> None:
        if not self.takes_sign(sign):
            self.refuse()

    def end(self) -> None:
        if self._tokens[self._next][0] != "end":
            self.refuse()

    def refuse(self) -> None:
        _, found, at = self._tokens[self._next]
        raise Unreadable(at, found)

    def _chain(self, word: str, term: Callable[[], Expression]) -> list[Expression]:
        terms = [term()]
        while self.takes_word(word):
            terms.append(term())
        return terms

    def any_of(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST:
            self.refuse()
        terms = self._chain("or", self._every)
        self._depth -= 1
        return terms[0] if len(terms) == 1 else Either(tuple(terms))

    def _every(self) -> Expression:
        terms = self._chain("and", self._one)
        return terms[0] if len(terms) == 1 else Every(tuple(terms))

    def _one(self) -> Expression:
        if self.takes_word("not"):
            self.sign("(")
            term = self.any_of()
            self.sign(")")
            return Not(term)
        if self.takes_sign("("):
            term = self.any_of()
            self.sign(")")
            return term
        subject = self.operand()
        relation = self._relation()
        if relation is not None:
            return Comparison(subject, relation, self.operand())
        if self.takes_word("between"):
            low = self.operand()
            if not self.takes_word("and"):
                self.refuse()
            return In(subject, (Interval(low, self.operand(), has_low=True, has_high=True),))
        if self.takes_word("in"):
            return In(subject, self._listed_tests())
        return Truth(subject)

    def _relation(self) -> Relation | None:
        return next((relation for relation in RELATIONS if self.takes_sign(relation)), None)

    def _listed_tests(self) -> tuple[Test, ...]:
        # "(1..5]" is an interval, "(1, 5)" a list: they part at the second token.
        if not self._is("sign", "(") or self._is("sign", "..", ahead=2):
            return (self.test(),)
        self.sign("(")
        tests = [self.test()]
        while self.takes_sign(","):
            tests.append(self.test())
        self.sign(")")
        return tuple(tests)

    def test(self) -> Test:
        if self._is("sign", "[") or self._is("sign", "("):
            has_low = self.takes_sign("[") or not self.takes_sign("(")
            low = self.operand()
            self.sign("..")
            high = self.operand()
            has_high = self.takes_sign("]")
            if not has_high:
                self.sign(")")
            return Interval(low, high, has_low=has_low, has_high=has_high)
        return Against(self._relation() or "=", self.operand())

    def operand(self) -> Operand:
        kind, word, _ = self._tokens[self._next]
        if kind == "text":
            self._next += 1
            return Constant(word[1:-1])
        if kind == "number":
            self._next += 1
            return Constant(Decimal(word) if "." in word else int(word))
        if kind != "name" or word in ("and", "or", "not", "in", "between"):
            self.refuse()
        self._next += 1
        if word == "date":
            return self._date()
        if word in _KEPT_WORDS:
            return Constant({"true": True, "false": False, "null": None}[word])
        return Name(word)

    def _date(self) -> Constant:
        self.sign("(")
        kind, word, at = self._tokens[self._next]
        if kind != "text":
            self.refuse()
        try:
            day = dt.date.fromisoformat(word[1:-1])
        except ValueError:
            raise Unreadable(at, word) from None
        self._next += 1
        self.sign(")")
        return Constant(day)
