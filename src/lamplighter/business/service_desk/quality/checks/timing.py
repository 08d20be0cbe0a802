"""Interruption, silence, hold, and how long a written question waits."""

from __future__ import annotations

import re
from typing import Final

from lamplighter.business.service_desk.quality.checks.finding import Case
from lamplighter.business.service_desk.quality.records import Turn, Who
from lamplighter.methods.language.numerals import find_numbers

_MINUTES: Final = re.compile(r"分钟|minutes?")
_ASKED: Final = re.compile(
    r"[?]\s*$|(吗|呢|么|多少|什么|哪里|哪儿|哪个|几)[。.!]?\s*$|(请|麻烦)(您)?(提供|说|报|讲|告诉)|请讲|请说"
)


def check_listening(case: Case) -> None:
    """The customer is not cut short, and is not left in silence without a word."""
    turns = case.dialogue.turns
    if any(turn.start is None or turn.end is None for turn in turns):
        case.cannot_judge("listening", "no_times")
        return
    heard_until, before = 0.0, None
    for turn in turns:
        start, end = turn.start or 0.0, turn.end or 0.0
        if before is not None and turn.who is Who.AGENT:
            if not case.is_chat:
                _check_overlap(case, before, turn)
            _check_gap(case, before, turn, gap=start - heard_until)
        heard_until = max(heard_until, end)
        before = turn


def _check_overlap(case: Case, before: Turn, turn: Turn) -> None:
    overlap = (before.end or 0.0) - (turn.start or 0.0)
    is_cut = before.who is Who.CUSTOMER and overlap > case.rubric.limits.overlap_seconds
    # A short yes while the other speaks says "I am listening"; and whoever began later is the one who cuts in.
    is_backchannel = bool(case.rubric.phrases["backchannel"].search(turn.plain))
    if is_cut and not is_backchannel and (turn.start or 0.0) > (before.start or 0.0):
        case.deduct("listening.interruption", turn, seconds=round(overlap, 1))


def _check_gap(case: Case, before: Turn, turn: Turn, *, gap: float) -> None:
    limits, phrases = case.rubric.limits, case.rubric.phrases
    noticed = _notice_before(case, turn)
    if noticed is not None:
        limit = max(limits.hold_seconds, 60.0 * _named_minutes(noticed.plain))
        if phrases["thanked"].search(turn.plain):
            limit = max(limit, limits.hold_thanked_seconds)
        if gap > limit:
            case.deduct("listening.hold", turn, seconds=round(gap), limit=round(limit))
        return
    if before.who is Who.AGENT and _ASKED.search(before.plain):
        # It is the customer who thinks, or has gone away.
        return
    limit = limits.response_seconds if case.is_chat else limits.silence_seconds
    if gap > limit:
        check = "listening.response" if case.is_chat else "listening.silence"
        case.deduct(check, turn, seconds=round(gap), limit=round(limit))


def _notice_before(case: Case, turn: Turn) -> Turn | None:
    """Return the agent's last turn when it announced a wait, at most one short answer of the customer in between."""
    turns = case.dialogue.turns
    at = next(place for place, each in enumerate(turns) if each is turn)
    for earlier in reversed(turns[max(0, at - 2) : at]):
        if earlier.who is Who.AGENT:
            return earlier if case.rubric.phrases["notice"].search(earlier.plain) else None
        if len(earlier.plain) > 12:
            return None
    return None


def _named_minutes(plain: str) -> float:
    for number in find_numbers(plain):
        if _MINUTES.match(plain, number.end):
            return float(number.value)
    return 0.0
