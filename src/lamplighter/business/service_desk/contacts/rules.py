"""Decisions about contacts: who may appeal and decide, until when; where the words of a deduction lie. No clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from lamplighter.business.service_desk.contacts.records import Channel, DeductionState, Piece, Practice
from lamplighter.business.workflow.durations import WorkingDays, due_at

WRITTEN = frozenset({"visit", "field", "onsite", "上门", "现场"})
"""Words for a visit in the channel of a conversation."""


def channel_of(written: str, *, chats: frozenset[str]) -> Channel:
    """Return the kind of a channel.

    Args:
        written: as the conversation has it.
        chats: words for a written one, see the rubric.

    Example:
        >>> [channel_of(word, chats=frozenset({"web"})).value for word in ("Web", "上门", "")]
        ['chat', 'visit', 'call']
    """
    word = written.lower()
    if word in (Channel.TICKET, Channel.SITE_RECORD):
        return Channel(word)
    if word in chats:
        return Channel.CHAT
    return Channel.VISIT if word in WRITTEN else Channel.CALL


def appeal_until(taken_at: dt.datetime, *, practice: Practice, calendar: WorkingDays) -> dt.datetime:
    """Return until when an agent may appeal against a score he can see since ``taken_at``."""
    return due_at(practice.appeal_within, since=taken_at, calendar=calendar)


def why_no_appeal(
    *, state: DeductionState, is_own: bool, has_appealed: bool, until: dt.datetime, now: dt.datetime
) -> str:
    """Return the code of why somebody may not appeal against a deduction; empty where he may.

    Example:
        >>> noon = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
        >>> why_no_appeal(state=DeductionState.STANDS, is_own=True, has_appealed=False, until=noon, now=noon)
        'too_late'
    """
    if not is_own:
        return "not_own"
    if has_appealed or state is not DeductionState.STANDS:
        return "once"
    return "too_late" if now >= until else ""


def why_no_decision(*, state: DeductionState, is_own: bool, has_rated: bool) -> str:
    """Return the code of why somebody may not decide on an appeal; empty where he may.

    Nobody decides on his own contact, nor on one he has rated by hand himself.
    """
    if state is not DeductionState.APPEALED:
        return "not_open"
    if is_own:
        return "own"
    return "rated" if has_rated else ""


def cut_at(words: str, spans: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    """Return the words of a turn in pieces, those within a span marked.

    A span over the whole turn marks nothing: it says where something is missing, not which words are wrong.

    Example:
        >>> [(piece.words, piece.is_marked) for piece in cut_at("你好,爱交不交。", [(3, 7)])]
        [('你好,', False), ('爱交不交', True), ('。', False)]
    """
    inner = [span for span in spans if span[0] < span[1] and span != (0, len(words))]
    pieces: list[Piece] = []
    edges = sorted({0, len(words), *(edge for span in inner for edge in span if edge < len(words))})
    for start, end in pairwise(edges):
        is_marked = any(first <= start and end <= last for first, last in inner)
        if pieces and pieces[-1].is_marked is is_marked:
            pieces[-1] = Piece(pieces[-1].words + words[start:end], is_marked)
        else:
            pieces.append(Piece(words[start:end], is_marked))
    return tuple(pieces)
