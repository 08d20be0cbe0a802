"""What a decision table says for the data of an instance."""

from __future__ import annotations

from collections.abc import Mapping

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.workflow.expressions.deciding import passes
from lamplighter.business.workflow.expressions.tree import Name, Value
from lamplighter.business.workflow.records import Decision, DecisionRule


class NoRuleMatches(LamplighterError):
    """No row of a decision table fits the data."""

    def __init__(self, decision: Decision, data: Mapping[str, Value]) -> None:
        self.decision = decision.name
        case = ", ".join(f"{name} = {data.get(name)}" for name in decision.inputs)
        super().__init__(text("workflow.decision.none", decision=decision.name, version=decision.version, case=case))


class RulesConflict(LamplighterError):
    """Two rows of a table fit of which it says that only one ever does."""

    def __init__(self, decision: Decision, rows: list[int]) -> None:
        self.decision, self.rows = decision.name, rows
        listed = ", ".join(str(row) for row in rows)
        super().__init__(text("workflow.decision.many", decision=decision.name, version=decision.version, rows=listed))


def decide(decision: Decision, data: Mapping[str, Value]) -> dict[str, Value]:
    """Return the outputs of the row that fits.

    Args:
        decision: the table.
        data: what the instance holds.

    Raises:
        NoRuleMatches: no row fits.
        RulesConflict: several fit, and the table's policy is UNIQUE.
        ValueMissing: a row compares a value that the instance does not hold.

    Source:
        OMG DMN, hit policies UNIQUE and FIRST.
    """
    fitting = [row for row, rule in enumerate(decision.rules, start=1) if _fits(rule, decision, data)]
    if not fitting:
        raise NoRuleMatches(decision, data)
    if decision.is_unique and len(fitting) > 1:
        raise RulesConflict(decision, fitting)
    chosen = decision.rules[fitting[0] - 1]
    outputs = zip(decision.outputs, chosen.outputs, strict=True)
    return {output.name: constant.value for output, constant in outputs if constant.value is not None}


def _fits(rule: DecisionRule, decision: Decision, data: Mapping[str, Value]) -> bool:
    return all(
        not tests or any(passes(Name(name), test, data) for test in tests) != negated
        for name, (negated, tests) in zip(decision.inputs, rule.inputs, strict=True)
    )
