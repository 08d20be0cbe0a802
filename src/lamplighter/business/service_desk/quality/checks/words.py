"""Words never said: service taboos, absolute promises, and what costs everything."""

from __future__ import annotations

import re
from typing import Final

from lamplighter.business.service_desk.quality.checks.finding import Case
from lamplighter.business.service_desk.quality.records import Promise, Turn, Who

_WANTS_COMPLAINT: Final = re.compile(r"投诉|举报")
_OTHERS_TASK: Final = re.compile(r"12315|12345|市场监管|消协|住建|城管|公安|报警|由[^,。]{1,8}(部门|局)受理")
"""Whom a complaint of somebody else than the supplier belongs to; the regulator for complaints of suppliers is none."""
_GONE: Final = re.compile(
    r"听不到您|听不见您|没有声音|没声音|无法听到|无人应答|没有回应|长时间(没有|未)|您还在吗|能听到(我说话)?吗|先(挂|结束)"
)
_REPORTED: Final = re.compile(r"(您|他|她|客户|刚才|之前|上次)[^,。!?]{0,6}(反映|说|讲|提到)")
_MARKS: Final = frozenset("“”\"‘’'「」『』")
_UNFINISHED: Final = re.compile(
    r"还有(个|一个|一件|点)?(问题|事)|我还(没|想|要)|等(一?下|等)|别挂|听我(把)?(话|说|讲)|说完|我话(还)?没|先别|另外(我|还)|(那个|然后|而且|结果|但是|因为|所以)$"
)
_DENIED: Final = re.compile(
    r"((?<!是)不(?!是|过|仅|但|光|然|如|妨|少)|没|别|勿|禁止|严禁|不会|不能|不得|不允许|拒绝|谢绝|不收|不要|从不|无需)[^,。!?]{0,6}$"
)


def check_forbidden_words(case: Case) -> None:
    """No taboo of the list, unless the turn makes it a polite refusal with a way out; quotes of others do not count."""
    for turn in case.dialogue.of(Who.AGENT):
        own = case.own(turn)
        for taboo in case.rubric.forbidden:
            found = taboo.words.search(own)
            if found and not (taboo.unless and taboo.unless.search(own)):
                case.deduct("polite.forbidden_words", turn, found=found)
                break


def check_promises(case: Case) -> tuple[Promise, ...]:
    """No absolute promise of time or outcome; every promise is returned for the later check."""
    promises = []
    for turn in case.dialogue.of(Who.AGENT):
        own = case.own(turn)
        found = case.rubric.words["absolute_promise"].search(own)
        if found and not is_denied(own, found):
            case.deduct("promise.absolute", turn, found=found)
        promised = case.rubric.words["promise"].search(own)
        if promised:
            promises.append(Promise(turn.i, promised[0]))
    return tuple(promises)


def check_vetoes(case: Case) -> None:
    """Insult, favour, false record, a complaint refused."""
    heard = ""
    for turn in case.dialogue.turns:
        if turn.who is Who.CUSTOMER:
            heard += turn.plain
            continue
        own = case.own(turn)
        for veto in ("insult", "favour", "false_record"):
            # A state put into the record is often named in quotation marks: those are no quote of somebody.
            said = _unmarked(turn.plain, own) if veto == "false_record" else own
            found = case.rubric.words[veto].search(said)
            if found and not is_denied(said, found):
                case.deduct(f"veto.{veto}", turn, found=found if len(said) == len(own) else None)
        refused = case.rubric.words["refused_complaint"].search(own)
        is_elsewhere = bool(_OTHERS_TASK.search(own))
        if refused and not is_elsewhere and _WANTS_COMPLAINT.search(heard + own):
            case.deduct("veto.refused_complaint", turn, found=refused)


def check_hang_up(case: Case) -> None:
    """The agent does not end a contact while the customer still speaks or waits."""
    turns = case.dialogue.turns
    if case.dialogue.ended_by != "agent" or not turns:
        return
    agent = case.dialogue.of(Who.AGENT)
    farewell = case.rubric.phrases["farewell"]
    last: Turn = turns[-1]
    customer_words = case.dialogue.of(Who.CUSTOMER)
    if is_done(case):
        # He had what he wanted: without a farewell that is a poor closing, and no hanging up.
        return
    is_said = any(farewell.search(turn.plain) for turn in agent[-2:])
    is_gone = any(_GONE.search(turn.plain) for turn in agent[-3:])
    customer_done = last.who is Who.CUSTOMER and (
        bool(farewell.search(last.plain))
        or bool(re.search(r"(谢谢|好的?|没(有)?了|不用了|知道了|行)[,。!]?(谢谢|再见)?[。!]?$", last.plain))
    )
    if not is_gone and customer_words and _UNFINISHED.search(customer_words[-1].plain) and last.who is Who.AGENT:
        case.deduct("veto.hang_up", last)
        return
    if is_gone or (is_said and (last.who is Who.AGENT or customer_done)) or (customer_done and is_said):
        return
    case.deduct("veto.hang_up", last)


def is_done(case: Case) -> bool:
    """Say whether the customer's last words ask for nothing more, and the agent had the last word."""
    turns = case.dialogue.turns
    said = case.dialogue.of(Who.CUSTOMER)
    is_answered = bool(turns) and turns[-1].who is Who.AGENT
    return is_answered and bool(said) and bool(case.rubric.phrases["done"].search(said[-1].plain))


def _unmarked(plain: str, own: str) -> str:
    if _REPORTED.search(plain):
        return own
    return plain if _MARKS.isdisjoint(plain) else "".join(sign for sign in plain if sign not in _MARKS)


def is_denied(own: str, found: re.Match[str]) -> bool:
    """Say whether the clause denies what was found in it just before."""
    return bool(_DENIED.search(own[: found.start()]))
