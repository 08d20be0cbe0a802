"""The closed language: what it reads, what it refuses before anything runs, and what holds."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.workflow.expressions.checking import Declared, ValueType, doubts_of, names_in
from lamplighter.business.workflow.expressions.deciding import ValueMissing, holds
from lamplighter.business.workflow.expressions.reading import Unreadable, read_constant, read_expression, read_tests
from lamplighter.business.workflow.expressions.tree import Constant

NAMES = {
    "outcome": Declared(ValueType.TEXT, ("CLEAN", "BREACH", "THEFT")),
    "total_yuan": Declared(ValueType.NUMBER),
    "acted_on": Declared(ValueType.DATE),
    "is_stopped": Declared(ValueType.BOOLEAN),
}


def codes(text):
    return [doubt.code for doubt in doubts_of(read_expression(text), NAMES)]


class TestReading:
    @pytest.mark.parametrize(
        "text",
        [
            "__import__('os').system('true')",
            "(lambda: 1)()",
            "outcome.__class__",
            "outcome == 'THEFT'",
            "[x for x in outcome]",
            "total_yuan + 1 > 2",
            "9 ** 9 ** 9",
            "exec(outcome)",
            'date("2024-13-01") < acted_on',
            'outcome = "unended',
            "outcome =",
            "",
            "and",
            "outcome = 1; outcome = 2",
            '"a" \\ "b"',
            "${outcome}",
            "0x10 = 16",
            "outcome in ()",
        ],
    )
    def test_refuses_whatever_is_not_a_comparison(self, text):
        with pytest.raises(Unreadable):
            read_expression(text)

    def test_says_where_it_stops_understanding(self):
        with pytest.raises(Unreadable) as refused:
            read_expression('outcome = "THEFT" then pay')

        assert (refused.value.at, refused.value.found) == (19, "then")

    def test_refuses_what_is_too_long_or_nested_too_deep(self):
        with pytest.raises(Unreadable):
            read_expression("is_stopped or " * 100 + "is_stopped")
        with pytest.raises(Unreadable):
            read_expression("(" * 50 + "is_stopped" + ")" * 50)

    def test_keeps_decimals_exact(self):
        assert read_constant("0.10") == Constant(Decimal("0.10"))
        assert holds(read_expression("total_yuan = 0.3"), {"total_yuan": Decimal("0.1") + Decimal("0.2")})

    @given(st.text(max_size=60))
    def test_answers_any_text_with_a_tree_or_one_refusal(self, text):
        try:
            tree = read_expression(text)
        except Unreadable:
            return
        assert names_in(tree) <= set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", text))


class TestChecking:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ('outcome = "THEFT"', []),
            ("nobody = 1", ["name_unknown"]),
            ('outcome = "TEHFT"', ["option_unknown"]),
            ('outcome in ("CLEAN", "TEHFT")', ["option_unknown"]),
            ('total_yuan > "10"', ["types_differ"]),
            ("acted_on > 20240601", ["types_differ"]),
            ('outcome < "THEFT"', ["not_ordered"]),
            ("is_stopped > false", ["not_ordered"]),
            ("total_yuan < null", ["null_ordered"]),
            ("total_yuan != null", []),
            ("total_yuan", ["not_a_condition"]),
            ('not(is_stopped) and acted_on >= date("2024-06-01")', []),
            ("one = two", ["name_unknown", "name_unknown"]),
        ],
    )
    def test_finds_what_can_mean_nothing_before_it_runs(self, text, expected):
        assert codes(text) == expected

    def test_knows_every_name_an_expression_reads(self):
        expression = read_expression('not(a = 1) and (b in [1..c] or d) and "x" = e')

        assert names_in(expression) == {"a", "b", "c", "d", "e"}


class TestHolding:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("total_yuan <= 10000", True),
            ("total_yuan between 1 and 10000", True),
            ("total_yuan in [1..10000)", False),
            ("total_yuan in (9999..10000]", True),
            ("total_yuan in (1, 2, >= 10000)", True),
            ('outcome in ("BREACH", "THEFT")', True),
            ('outcome != "CLEAN"', True),
            ('not(outcome = "THEFT")', False),
            ('acted_on < date("2024-06-01")', True),
            ("stopped_on = null", True),
            ("stopped_on != null", False),
            ("is_stopped or total_yuan > 1", True),
            ("is_stopped and nobody > 1", False),
            ("true", True),
        ],
    )
    def test_follows_the_data(self, text, expected):
        data = {
            "outcome": "THEFT",
            "total_yuan": Decimal("10000.00"),
            "acted_on": dt.date(2024, 5, 31),
            "is_stopped": False,
        }

        assert holds(read_expression(text), data) is expected

    def test_never_takes_a_missing_value_for_a_small_one(self):
        with pytest.raises(ValueMissing, match="total_yuan"):
            holds(read_expression("total_yuan <= 10000"), {})


class TestTestsOfACell:
    def test_are_any_of_a_list(self):
        assert read_tests('"A", "B"')[0] is False
        assert len(read_tests('"A", "B"')[1]) == 2

    def test_may_be_negated_as_a_whole(self):
        assert read_tests('not("A", "B")')[0] is True

    def test_are_none_for_a_dash(self):
        assert read_tests(" - ") == read_tests("") == (False, ())
