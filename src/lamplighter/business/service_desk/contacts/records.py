"""What is known of a contact; without Django."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from lamplighter.base.security.actor import UnitPath
from lamplighter.business.service_desk.quality.known import Known
from lamplighter.business.service_desk.quality.records import Dialogue, Score
from lamplighter.business.workflow.durations import Duration, read_duration

NUMBER_LENGTH = 128
"""Longest number a source gives a contact."""


class Channel(StrEnum):
    """How somebody got into contact. Texts stand under ``contacts.channel``."""

    CALL = "call"
    CHAT = "chat"
    VISIT = "visit"
    TICKET = "ticket"
    """A ticket that came to its end: what was written down, not what was said."""
    SITE_RECORD = "site_record"
    """What inspectors handed in of a visit."""


class DeductionState(StrEnum):
    """Where a deduction stands. Texts stand under ``contacts.deduction``."""

    STANDS = "stands"
    APPEALED = "appealed"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"


class Taken(StrEnum):
    """What became of a contact that was handed in."""

    NEW = "new"
    KNOWN = "known"
    """It is on record, word for word."""
    DIFFERS = "differs"
    """Another conversation of this number is on record; that one stays."""


class Verdict(StrEnum):
    """What a person says of one item of a contact. Texts stand under ``contacts.verdict``."""

    FINE = "fine"
    BREACH = "breach"
    UNSURE = "unsure"
    """It cannot be judged from what is there."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long the words of a contact are kept, from when it began; its score stays.

    Attributes:
        by_channel: days of each channel.
        complaint: days where a complaint came of it; ``complaint_classes`` classes of its ticket.
    """

    by_channel: Mapping[Channel, dt.timedelta]
    complaint: dt.timedelta
    complaint_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Practice:
    """How a company works with scores, see ``practice.toml``; a default to confirm.

    Attributes:
        appeal_within: how long an agent may appeal, from when his score is known.
        sample_per_agent: contacts of each agent in a sample.
        raters: persons who rate each of them.
        fewest_contacts: contacts a group needs to be compared.
        fewest_pairs: pairs of judgements an item needs for a figure of agreement.
        least_kappa: agreement an item needs to be judged by the rubric; below, people are proposed.
        coaching_days, coaching_items, coaching_examples: what a coaching card holds.
        keep: how long words are kept.
    """

    version: str
    valid_from: dt.date
    source: str
    evidence: str
    appeal_within: Duration
    sample_per_agent: int
    raters: int
    fewest_contacts: int
    fewest_pairs: int
    least_kappa: float
    coaching_days: int
    coaching_items: int
    coaching_examples: int
    keep: Keeping


@cache
def practice() -> Practice:
    """Return the packaged practice.

    Example:
        >>> practice().appeal_within.amount, practice().raters
        (5, 2)
    """
    row = tomllib.loads(resources.files(__package__).joinpath("practice.toml").read_text(encoding="utf-8"))
    return Practice(**row | {"appeal_within": read_duration(row["appeal_within"]), "keep": _keeping(row["keep"])})


def _keeping(row: Mapping[str, Any]) -> Keeping:
    def days(written: str) -> dt.timedelta:
        return dt.timedelta(days=read_duration(written).amount)

    return Keeping(
        by_channel={channel: days(row[channel]) for channel in Channel},
        complaint=days(row["complaint"]),
        complaint_classes=tuple(row["complaint_classes"]),
    )


@dataclass(frozen=True, slots=True)
class Agent:
    """Who spoke for the company: number of the staff account, and name."""

    staff_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """Everything of a contact but its words.

    Attributes:
        dialogue: what was said.
        agent: who spoke for the company; None where a program did.
        path: units the contact belongs to.
        begun_at: when it began, with its zone.
        judge: scores a record by its own rubric, given what service knew; None for a conversation.
        said_at: when the figures in it were written, where that was not at its beginning.
    """

    dialogue: Dialogue
    agent: Agent | None
    path: UnitPath
    begun_at: dt.datetime
    judge: Callable[[Known], Score] | None = None
    said_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact in a list.

    Attributes:
        number: names it in addresses; ``contact_no`` is what the source calls it.
        agent_id: account of the agent; None where a program spoke.
        total: points now, None while the reader may still rate it by hand; ``total_first`` those before any appeal.
        lost: items that cost points, in the order of the rubric.
        appeals_open: deductions that wait for a decision.
    """

    number: int
    contact_no: str
    channel: Channel
    agent_id: int | None
    agent_name: str
    unit_name: str
    begun_at: dt.datetime
    rubric: str
    total: float | None
    total_first: float
    is_vetoed: bool
    lost: tuple[str, ...]
    appeals_open: int


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a turn, and whether they are those that cost points."""

    words: str
    is_marked: bool


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal with its decision; ``decided_at`` is None while it waits."""

    reason: str
    by: str
    made_at: dt.datetime
    decision: str
    decided_by: str
    decided_at: dt.datetime | None
    decided_reason: str
    total_before: float | None
    total_after: float | None


@dataclass(frozen=True, slots=True)
class DeductionView:
    """A deduction as its page shows it.

    Attributes:
        number: names it in addresses.
        item: code; ``group`` the item of the rubric it belongs to.
        turn: number of the turn; None where it is about the whole.
        reason: in words of the rubric, personal data masked.
        clause: the rule it rests on; empty where that is the rubric itself.
        appeal: None where nobody appealed.
        why_not_appeal, why_not_decide: why the reader may not; empty where he may.
    """

    number: int
    item: str
    group: str
    turn: int | None
    points: float
    reason: str
    clause: str
    state: DeductionState
    appeal: AppealView | None
    why_not_appeal: str
    why_not_decide: str


@dataclass(frozen=True, slots=True)
class TurnView:
    """A turn of the transcript: its words in pieces, and the deductions that stand at it.

    ``at`` is its instant where it was written down, as in a ticket; None where it was said.
    """

    i: int
    who: str
    at: dt.datetime | None
    start: float | None
    end: float | None
    pieces: tuple[Piece, ...]
    deductions: tuple[DeductionView, ...]


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise of the agent, and what became of it: ``state`` is one of ``contacts.promise``."""

    turn: int
    words: str
    due_at: dt.datetime | None
    state: str
    ticket_no: str
    done_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class ContactView:
    """A contact with everything that belongs to it.

    Attributes:
        forgotten_at: since when its words are gone; None while they are kept.
        about: kind and number of the record it was made from; None where somebody spoke.
        turns: the transcript, personal data masked unless it was asked for in clear.
        whole: deductions that are about the whole of it.
        unjudged: item and why it could not be judged.
        checked_against: facts that came with the contact, as ``words``, ``value`` and ``unit``.
        promises: what was promised, with what became of it.
        appeal_until: until when the agent may appeal.
    """

    row: ContactRow
    taken_at: dt.datetime
    forgotten_at: dt.datetime | None
    ended_by: str
    about: tuple[str, int] | None
    turns: tuple[TurnView, ...]
    whole: tuple[DeductionView, ...]
    unjudged: tuple[tuple[str, str], ...]
    checked_against: tuple[Mapping[str, str], ...]
    promises: tuple[PromiseView, ...]
    appeal_until: dt.datetime


@dataclass(frozen=True, slots=True)
class TalkFact:
    """A call an agent spoke in: ``seconds`` from its beginning to its last word, waiting and wrap-up not among them."""

    path: UnitPath
    begun_at: dt.datetime
    seconds: float
    agent_name: str
