"""What the agent said against what was true at that moment, against the rules, and against the ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from lamplighter.business.service_desk.figures import Said, figures_in, spell_figure
from lamplighter.business.service_desk.quality.checks.finding import Case
from lamplighter.business.service_desk.quality.records import Turn, Who
from lamplighter.business.service_desk.records import Figure
from lamplighter.methods.language.numerals import NUMERAL, read_numeral

_CLAUSE: Final = re.compile(r"[^。!?;]+")
_NUMERAL: Final = re.compile(r"[\da-z〇零一二两三四五六七八九十百千万半免翻折减双]")
"""Without one of these a turn says no figure."""
_MEASURED: Final = re.compile(
    r"[\d〇一二两三四五六七八九十百半]\s*个?(分钟|小时|钟头|自然日|工作日|天|日|月|周|星期|礼拜|人|度|千瓦时)|[百千]分之|[%‰]"
)
"""A figure of a kind rules have: a quick look before the thorough one."""
_PASSED: Final = re.compile(
    r"(等了?|已经?|都|上|近|超了?|第)[\d〇一二两三四五六七八九十半几]+个?(分钟|小时|钟头|天|日|月)(了|多)?|[\d一二两三四五六七八九十几]+个?(小时|天|日|月)(以?前|之前|了)(?!.{0,2}(通知|公告))"
)
_ONE: Final = re.compile(r"一(?=个?(小时|钟头|月|工作日|自然日))")
"""One of a length of time is a figure, whatever idiom it looks like."""
_WEEKS: Final = re.compile(rf"(?P<weeks>{NUMERAL.pattern})个?(周|星期|礼拜)(?![一二三四五六日天末])")
_HOURS: Final[Mapping[str, float]] = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "working_day": 24.0, "month": 720.0}
_SHARES: Final = frozenset({"percent", "permille", "per_ten_thousand"})
_SLACK: Final = 1.5
"""Five working days are seven of the calendar: only what is longer than that is longer for sure."""
_NORM: Final = re.compile(r"规定|承诺|时限|标准|政策|要求|制度|提前|必须|超过|逾期|不少于|至少|累计|不超过")
_ESTIMATE: Final = re.compile(r"一般|通常|正常|大概|大约|估计|预计|左右|最快|尽量|争取|可能|顺利")


def check_facts(case: Case) -> None:
    """Figures agree with the truth that came with the conversation, and with the rules service knows."""
    stated, asked = False, ""
    for turn in case.dialogue.turns:
        if turn.who is Who.CUSTOMER:
            asked = turn.plain
            continue
        own = case.own(turn)
        if not _NUMERAL.search(own):
            continue
        for clause in _CLAUSE.finditer(own):
            for fact in case.dialogue.truth or ():
                _compare_with_truth(case, turn, clause, fact)
            _compare_with_rules(case, turn, clause, asked)
        stated = stated or bool(case.dialogue.truth) or bool(figures_in(own))
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


def _compare_with_rules(case: Case, turn: Turn, clause: re.Match[str], asked: str) -> None:
    """Compare the figures of a sentence with the rule it is about, or else with the rule the customer asked for."""
    if not _MEASURED.search(clause[0]):
        return
    for words, is_asked in ((clause[0], False), (f"{asked},{clause[0]}", True)):
        rule = next((each for each in case.known.rules if each.about.search(words)), None)
        if rule is None:
            continue
        wrong = next((said for said in _stated(clause[0]) if _is_wrong(said, rule.figures, clause[0], is_asked)), None)
        if wrong is not None:
            found = re.compile(re.escape(wrong.written)).search(turn.plain, clause.start())
            truth = " / ".join(spell_figure(figure) for figure in rule.edge.values)
            said = wrong.written
            case.deduct("business.wrong_rule", turn, found=found, said=said, truth=truth, clause=rule.edge.clause)
        return


def _stated(clause: str) -> list[Said]:
    """Return the figures a sentence states; what has passed already and what a week is count in days."""
    said = list(figures_in(_ONE.sub("1", _PASSED.sub("", clause))))
    for found in _WEEKS.finditer(clause):
        weeks = read_numeral(found["weeks"])
        if weeks is not None:
            said.append(Said(f"{7 * weeks:f}", "day", found[0]))
    return said


def _is_wrong(said: Said, rule: Sequence[Said], clause: str, is_asked: bool) -> bool:
    """Say whether a figure contradicts a rule.

    Of a length of time, one that is merely shorter contradicts it only where it is said as the rule: whoever comes
    sooner than he must keeps the rule.
    """
    if any((said.value, said.unit) == (true.value, true.unit) for true in rule):
        return False
    hours, limits = _hours(said), [true for true in map(_hours, rule) if true is not None]
    if hours is None or not limits:
        return any(said.unit == true.unit or {said.unit, true.unit} <= _SHARES for true in rule)
    if any(hours == limit for limit in limits):
        return False
    is_longer = hours > _SLACK * max(limits)
    is_same_unit = any(said.unit == true.unit for true in rule)
    if is_longer or (is_same_unit and hours > max(limits)):
        return True
    return bool(_NORM.search(clause)) or (is_same_unit and not is_asked and not _ESTIMATE.search(clause))


def _hours(said: Said) -> float | None:
    return float(said.value) * _HOURS[said.unit] if said.unit in _HOURS else None


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
