"""Decision tables: approval limits and the stop on the spot by the day of the act; and tables that are refused."""

import datetime as dt
from decimal import Decimal
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.base.messages import speaking
from lamplighter.business.workflow.deciding import NoRuleMatches, RulesConflict, decide
from lamplighter.business.workflow.definitions.decision_file import read_decision
from lamplighter.business.workflow.definitions.faults import DefinitionRefused
from lamplighter.business.workflow.definitions.library import PROCESSES


def packaged(name):
    return read_decision(resources.files(PROCESSES).joinpath(name).read_bytes(), file=name)


def table(*rows, policy="UNIQUE", inputs=("amount:number",), output="level:string", more=""):
    columns = "".join(
        f'<input id="i{place}"><inputExpression typeRef="{each.split(":")[1]}"><text>{each.split(":")[0]}</text>'
        "</inputExpression></input>"
        for place, each in enumerate(inputs)
    )
    name, kind = output.split(":")
    drawn = "".join(
        f'<rule id="r{place}">'
        + "".join(f'<inputEntry id="r{place}i"><text>{cell}</text></inputEntry>' for cell in cells[:-1])
        + f'<outputEntry id="r{place}o"><text>{cells[-1]}</text></outputEntry></rule>'
        for place, cells in enumerate(rows, start=1)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:lamp="urn:lamplighter:process:1" '
        f'id="d" name="d" namespace="t"><decision id="t" name="t" lamp:version="1" lamp:source="test" '
        f'lamp:evidence="R">{more}<decisionTable id="tt" hitPolicy="{policy}">{columns}'
        f'<output id="o" name="{name}" typeRef="{kind}"/>{drawn}</decisionTable></decision></definitions>'
    ).encode()


def codes(content):
    with pytest.raises(DefinitionRefused) as refused:
        read_decision(content, file="t.dmn")
    return {fault.code for fault in refused.value.faults}


class TestApprovalLevel:
    @pytest.mark.parametrize(
        ("total", "reduced", "level"),
        [
            ("10000.00", False, "SECTION"),
            ("10000.01", False, "COUNTY"),
            ("100000.00", False, "COUNTY"),
            ("100000.01", False, "CITY"),
            ("9000.00", True, "COUNTY"),
            ("50000.00", True, "CITY"),
            ("500000.00", True, "CITY"),
        ],
    )
    def test_follows_the_amount_and_rises_with_a_lower_multiple(self, total, reduced, level):
        data = {"total_yuan": Decimal(total), "is_multiple_reduced": reduced}

        assert decide(packaged("approval_level.dmn"), data) == {"approval_level": level}

    @given(st.decimals(0, 10**9, places=2), st.booleans())
    def test_is_said_for_every_amount_exactly_once(self, total, reduced):
        data = {"total_yuan": total, "is_multiple_reduced": reduced}

        assert decide(packaged("approval_level.dmn"), data)["approval_level"] in ("SECTION", "COUNTY", "CITY")


class TestStopOnTheSpot:
    @pytest.mark.parametrize(
        ("outcome", "acted_on", "allowed"),
        [
            ("THEFT", dt.date(2024, 5, 31), True),
            ("THEFT", dt.date(2024, 6, 1), False),
            ("BREACH", dt.date(2024, 5, 31), False),
        ],
    )
    def test_goes_by_the_day_of_the_act(self, outcome, acted_on, allowed):
        data = {"outcome": outcome, "acted_on": acted_on}

        assert decide(packaged("on_the_spot_stop.dmn"), data) == {"on_the_spot_allowed": allowed}


class TestTable:
    def test_says_which_rows_conflict(self):
        decision = read_decision(table(("&lt;= 10", '"A"'), ("&lt; 20", '"B"')), file="t.dmn")

        assert decide(decision, {"amount": 15}) == {"level": "B"}
        with speaking("en"), pytest.raises(RulesConflict, match="Rows 1, 2"):
            decide(decision, {"amount": 5})

    def test_takes_the_first_row_where_its_policy_says_so(self):
        decision = read_decision(table(("&lt;= 10", '"A"'), ("-", '"B"'), policy="FIRST"), file="t.dmn")

        assert [decide(decision, {"amount": each})["level"] for each in (10, 11)] == ["A", "B"]

    def test_says_for_what_it_has_no_row(self):
        with speaking("en"), pytest.raises(NoRuleMatches, match="amount = 11"):
            decide(read_decision(table(("&lt;= 10", '"A"')), file="t.dmn"), {"amount": 11})

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (table(("__import__('os')", '"A"')), "expression_bad"),
            (table(("&lt; 1", "open('x')")), "expression_bad"),
            (table(("&lt; other", '"A"')), "name_unknown"),
            (table(('"x"', '"A"')), "types_differ"),
            (table(("-", "5")), "types_differ"),
            (table(("-", "null")), "result_missing"),
            (table(("-", '"A"'), policy="COLLECT"), "hit_policy"),
            (table(("-", '"A"'), inputs=("amount.__class__:number",)), "input_not_a_name"),
            (table(("-", '"A"'), inputs=("amount:any",)), "kind_unknown"),
            (table(("-", '"A"'), inputs=("a:number", "b:number")), "cells_missing"),
            (table(), "table_empty"),
            (table(("-", '"A"'), more='<x:script xmlns:x="urn:x"/>'), "foreign_element"),
            (table(("-", '"A"'), more="<invocation/>"), "element_not_allowed"),
            (b"<definitions/>", "not_dmn"),
            (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "dtd"),
        ],
    )
    def test_is_refused_with_its_own_fault(self, content, code):
        assert code in codes(content)
