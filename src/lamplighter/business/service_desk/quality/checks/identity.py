"""Identity before data, and nobody else's data at all."""

from __future__ import annotations

import re
from typing import Final

from lamplighter.business.service_desk.quality.checks.finding import Case
from lamplighter.business.service_desk.quality.records import Who

_GIVEN: Final = {
    "account": re.compile(r"(?<!\d)\d{8,13}(?!\d)|户号\D{0,4}\d{4}"),
    "name": re.compile(
        r"我(叫|是|姓)[\u4e00-\u9fff]{1,4}|(户名|户主|姓名|名字|联系人)(?!是?(谁|什么|哪|多少|不|吗|呢|的|本人))(是|叫|:)?[\u4e00-\u9fff]{2,4}"
    ),
    "address": re.compile(
        r"(路|街|巷|村|小区|花园|栋|单元|室|号楼|镇|乡|组).{0,8}\d|\d+\s*(栋|单元|室|号楼|号)|(地址|住址)(是|在|:)?(?!是?(哪|什么|多少|不|吗|呢|也|都|的))[\u4e00-\u9fff]{2}"
    ),
    "telephone": re.compile(r"1[3-9]\d{9}|(尾号|后四位|手机|电话)\D{0,6}\d{4}"),
}


def check_identity(case: Case) -> None:
    """Before anything of an account is told, the agent asks who speaks, or hears two facts."""
    phrases = case.rubric.phrases
    is_asked = is_account_asked = False
    given: set[str] = set()
    told = False
    for turn in case.dialogue.turns:
        if turn.who is Who.CUSTOMER:
            given |= {name for name, pattern in _GIVEN.items() if pattern.search(turn.plain)}
            continue
        own = case.own(turn)
        found = _told(case, own)
        # Asked for in the very turn that tells is too late, unless it is asked before.
        asked_at = phrases["identity_request"].search(own)
        if asked_at and (found is None or asked_at.start() < found.start()):
            is_asked = True
        is_account_asked |= bool(phrases["account_request"].search(own))
        if found is None:
            continue
        told = True
        if is_asked or len(given) >= 2:
            continue
        if is_account_asked and "account" in given:
            case.cannot_judge("identity", "account_alone")
            return
        case.deduct("identity.before_data", turn, found=found)
        return
    if not told:
        case.cannot_judge("identity", "nothing_told")


def _digits(written: str) -> str:
    return written.replace(" ", "").replace("-", "")


def _told(case: Case, own: str) -> re.Match[str] | None:
    for found in case.rubric.data["account"].finditer(own):
        clause_start = max(own.rfind(sign, 0, found.start()) for sign in "。!?;") + 1
        if not case.rubric.data["hedged"].search(own[clause_start : found.end()]):
            return found
    return None


def check_leak(case: Case) -> None:
    """Nobody else's data, and no whole telephone or identity number the customer did not say himself."""
    heard, unproven = "", {each.turn for each in case.deductions if each.item == "identity.before_data"}
    wants_others = False
    for turn in case.dialogue.turns:
        if turn.who is Who.CUSTOMER:
            heard += turn.plain
            wants_others |= bool(case.rubric.data["third"].search(turn.plain))
            continue
        own = case.own(turn)
        found = case.rubric.data["others"].search(own)
        if found is None and wants_others and turn.i in unproven:
            found = _told(case, own)
        if found is None and wants_others:
            found = case.rubric.data["third_told"].search(own)
        if found is None:
            found = next(
                (each for each in case.rubric.data["numbers"].finditer(own) if _digits(each[0]) not in _digits(heard)),
                None,
            )
        if found is not None:
            # One telling costs once: what belongs to somebody else is no matter of proving who one is.
            case.deductions = [
                each for each in case.deductions if (each.item, each.turn) != ("identity.before_data", turn.i)
            ]
            case.deduct("veto.leak", turn, found=found)
