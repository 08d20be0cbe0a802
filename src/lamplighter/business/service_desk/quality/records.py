"""Conversations, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Who(StrEnum):
    """Who speaks."""

    AGENT = "agent"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said without the other.

    Attributes:
        i: number of the turn, as the file has it.
        who: the side.
        start, end: seconds from the start of the contact; None where the channel keeps no time.
        text: as it was said; ``plain`` in one way of writing, which spans count in.
    """

    i: int
    who: Who
    start: float | None
    end: float | None
    text: str
    plain: str


@dataclass(frozen=True, slots=True)
class Dialogue:
    """One contact.

    Attributes:
        id: of the contact.
        channel: call, chat, ...
        ended_by: agent, customer, or empty when unknown.
        turns: in their order.
        ticket: what was recorded of it, as the file has it.
        truth: what was true at that moment, as the file has it.
        about: the record it was made from, ``kind`` and ``number``; None where somebody spoke.
    """

    id: str
    channel: str
    ended_by: str
    turns: tuple[Turn, ...]
    ticket: Mapping[str, Any] | None = None
    truth: Sequence[Mapping[str, Any]] | None = None
    about: Mapping[str, Any] | None = None

    def of(self, who: Who) -> tuple[Turn, ...]:
        """Return the turns of one side."""
        return tuple(turn for turn in self.turns if turn.who is who)


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a turn: ``[start, end)`` in characters, and its words; all of it is empty for what was not said."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Deduction:
    """Where a conversation fell short.

    Attributes:
        item: stable code, group and check, such as ``listening.silence``.
        turn: number of the turn; None where it is about the whole.
        points: what it costs.
        reason: in a sentence.
        span: the words, or where they are missing.
        fields: what the sentence is filled with, so that it can be said in another language.
    """

    item: str
    turn: int | None
    points: float
    reason: str
    span: Span
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """An item that cannot be judged on what is there, and why: as a sentence, and as a code."""

    item: str
    reason: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised, to be compared with what was done."""

    turn: int
    words: str


@dataclass(frozen=True, slots=True)
class Score:
    """What a conversation came to.

    Attributes:
        id: of the contact.
        total: 0 to 100; 0 with a veto.
        is_vetoed: whether one breach costs everything.
        deductions: in the order of turns.
        unjudged: items nothing can be said of.
        promises: for the later check.
        rubric: version the score was made by.
    """

    id: str
    total: float
    is_vetoed: bool
    deductions: tuple[Deduction, ...]
    unjudged: tuple[Unjudged, ...]
    promises: tuple[Promise, ...]
    rubric: str
