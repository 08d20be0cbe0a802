"""What the agent said against what was true at that moment, against the rules, and against the ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from lamplighter.business.service_desk.figures import figures_in, spell_figure
from lamplighter.business.service_desk.quality.checks.finding import Case, without_quotes
from lamplighter.business.service_desk.quality.records import Turn, Who
from lamplighter.business.service_desk.records import Figure

_CLAUSE: Final = re.compile(r"[^。!?;]+")


def check_facts(case: Case) -> None:
    """Figures agree with the truth that came with the conversation, and with the rules service knows."""
    stated = False
    for turn in case.dialogue.of(Who.AGENT):
        own = without_quotes(turn.plain)
        for clause in _CLAUSE.finditer(own):
            for fact in case.dialogue.truth or ():
                _compare_with_truth(case, turn, clause, fact)
            _compare_with_rules(case, turn, clause)
        stated = stated or bool(figures_in(own))
    if stated and not case.dialogue.truth:
        case.cannot_judge("business", "no_truth")


def _compare_with_truth(case: Case, turn: Turn, clause: re.Match[str], fact: Mapping[str, Any]) -> None:
    """Compare the figures of one clause with one fact: ``words`` all in it, ``value`` and ``unit`` what is true."""
    words = fact.get("words") or [str(fact.get("name", ""))]
    if not all(str(word) in clause[0] for word in words):
        return
    truth = Figure(Decimal(str(fact["value"])), str(fact.get("unit", "")), "", "")
    wanted = figures_in(spell_figure(truth))
    same_unit = [said for said in figures_in(clause[0]) if said.unit == wanted[0].unit]
    if same_unit and all(said.value != wanted[0].value for said in same_unit):
        at = clause[0].find(same_unit[0].written)
        found = re.compile(re.escape(same_unit[0].written)).search(turn.plain, clause.start() + max(at, 0))
        case.deduct(
            "business.wrong_fact", turn, found=found, said=same_unit[0].written, truth=f"{fact['value']}{truth.unit}"
        )


def _compare_with_rules(case: Case, turn: Turn, clause: re.Match[str]) -> None:
    for pattern, edge in case.known.rules:
        found = pattern.search(clause[0])
        if not found:
            continue
        allowed = [said for figure in edge.values for said in figures_in(spell_figure(figure))]
        may = {(said.value, said.unit) for said in allowed}
        units = {said.unit for said in allowed}
        for said in figures_in(found[0]):
            if said.unit in units and (said.value, said.unit) not in may:
                rule = " / ".join(spell_figure(figure) for figure in edge.values)
                case.deduct("business.wrong_rule", turn, said=said.written, truth=rule, clause=edge.clause)
                return


def check_record(case: Case) -> None:
    """Numbers of the ticket are numbers that were said."""
    ticket = case.dialogue.ticket
    if not ticket:
        case.cannot_judge("record", "no_ticket")
        return
    digits = re.sub(r"[\s\-]", "", "".join(turn.plain for turn in case.dialogue.turns))
    for name in ("account", "telephone"):
        noted = re.sub(r"[\s\-]", "", str(ticket.get(name) or ""))
        if noted and noted not in digits and re.search(r"\d{6,}", digits):
            case.deduct("record.content", None, name=name, said=noted)
    case.cannot_judge("record", "category")
