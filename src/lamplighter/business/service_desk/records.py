"""What service is made of: intents, slots, figures, answers, and conversations with their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

OTHER = "other"
"""The intent of what is none of our business."""

HAZARD = "hazard"


class SlotKind(StrEnum):
    """What a customer names. Texts stand under ``service_desk.slot``."""

    ACCOUNT = "account"
    MONTH = "month"
    DAY = "day"
    TIME = "time"
    AMOUNT = "amount"
    ENERGY = "energy"
    CAPACITY = "capacity"
    PERSONS = "persons"
    ADDRESS = "address"
    DEVICE = "device"
    TELEPHONE = "telephone"


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing a customer named.

    Attributes:
        kind: what it is.
        value: in one form: digits of an account, ``2025-08`` of a month, ISO day, ``HH:MM``, yuan, kWh, kW.
        written: as it was written; ``start`` and ``end`` where, in characters of the text in one way of writing.
    """

    kind: SlotKind
    value: str
    written: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """An intent with the calibrated share of texts like this that mean it."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Alert:
    """Words that make a contact urgent.

    Attributes:
        kind: of the list, such as ``shock``.
        written: the words.
        is_certain: False where they are denied or a figure of speech; said they were all the same.
    """

    kind: str
    written: str
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a text means.

    Attributes:
        text: in one way of writing.
        intent: the leading one.
        confidence: its calibrated share.
        candidates: the likeliest, best first.
        more: further intents of a text with several questions, in their order.
        slots: what was named.
        dangers, vulnerable: words of danger, and of somebody who depends on supply.
        is_complaint: whether a complaint is raised, whatever else is asked.
        is_unsure: whether the leading intent is too doubtful to act on.
    """

    text: str
    intent: str
    confidence: float
    candidates: tuple[Candidate, ...]
    more: tuple[str, ...]
    slots: tuple[Slot, ...]
    dangers: tuple[Alert, ...]
    vulnerable: tuple[Alert, ...]
    is_complaint: bool
    is_unsure: bool

    def slot(self, kind: SlotKind) -> str | None:
        """Return the first value of a kind, None when none was named."""
        return next((slot.value for slot in self.slots if slot.kind is kind), None)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that may be said, and where it came from.

    Attributes:
        value: a number, or a day.
        unit: as it is said: 元, 千瓦时, 小时, 工作日, %; empty for a plain number such as a telephone.
        source: the tool's record or the clause.
        name: what it is.
        grade: of the evidence, for figures of rules.
        label: what it is called, in the reader's words, where ``name`` has none of its own.
    """

    value: Decimal | date | str
    unit: str
    source: str
    name: str
    grade: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class UseCurve:
    """Days of use behind a bill, and those of the month before.

    Attributes:
        month, before: ISO months; ``before`` empty without one.
        days, days_before: energy of each day of the month, kWh; None where it is not known.
        source: where the days stand.
    """

    month: str
    days: tuple[float | None, ...]
    before: str
    days_before: tuple[float | None, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a tool found.

    Attributes:
        tool: name of the tool.
        figures: by name.
        words: texts by name, such as a street; no figure may hide in them.
        beside: figures that stand in labels, such as the number of a tier: said with them, not for themselves.
        opened: the tool took a matter down, so that a hand-over needs no ticket of its own.
        sentence: the same in better words; what no figure of it accounts for is caught like in any answer.
        curve: days of use behind it; None without.
    """

    tool: str
    figures: tuple[Figure, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[Figure, ...] = ()
    opened: bool = False
    sentence: str = ""
    curve: UseCurve | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """A conversation given to a person.

    Attributes:
        reason: code under ``service_desk.hand_over``.
        is_urgent: at once, before anybody who waits.
        summary: what the person wants, in one sentence.
        said: what the customer said, in order, personal numbers masked.
        looked_up: what was found out, each with its source.
        promised: what was promised.
        missing: what could not be found out.
    """

    reason: str
    is_urgent: bool
    summary: str
    said: tuple[str, ...]
    looked_up: tuple[Figure, ...]
    promised: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a customer.

    Attributes:
        text: the words.
        figures: every figure in them, with its source.
        clauses: what they rest on.
        hand_over: to a person, None when none is needed.
        understanding: what the text was taken to mean.
        written_by: ``templates`` or ``endpoint``.
        is_taken_down: what a person is to do stands in a ticket already.
        curve: days of use it shows; None without.
        edges: what is known that it cites, by number.
    """

    text: str
    figures: tuple[Figure, ...]
    clauses: tuple[str, ...]
    hand_over: HandOver | None
    understanding: Understanding
    written_by: str = "templates"
    is_taken_down: bool = False
    curve: UseCurve | None = None
    edges: tuple[str, ...] = ()
