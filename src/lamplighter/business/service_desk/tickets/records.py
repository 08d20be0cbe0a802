"""What a ticket is: its class with the promise, what is known of the matter, how far it has been escalated."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from lamplighter.base.security.actor import UnitPath
from lamplighter.business.workflow.durations import Duration


class Channel(StrEnum):
    """How a matter reached the company."""

    PHONE = "phone"
    CHAT = "chat"
    COUNTER = "counter"
    APP = "app"
    LETTER = "letter"
    REGULATOR = "regulator"
    RADAR = "radar"
    """Nobody asked: the company's own figures showed it."""


class Escalation(IntEnum):
    """Who has to know of a ticket by now; each includes those before."""

    NONE = 0
    OWNER = 1
    MANAGER = 2
    CITY = 3


@dataclass(frozen=True, slots=True)
class TicketClass:
    """A class of tickets.

    Attributes:
        code: such as ``TK-1``.
        process: the drawn process its tickets take.
        promise: how long the customer may wait for the answer; None without one.
        valid_from: first day on which it holds; ``source`` where it stands, ``evidence`` its grade.
    """

    code: str
    process: str
    promise: Duration | None
    valid_from: dt.date
    source: str
    evidence: str

    @property
    def needs_confirmation(self) -> bool:
        """Say whether it is no law but the company's to confirm."""
        return self.evidence in ("M-L", "P")


@dataclass(frozen=True, slots=True)
class EscalationRule:
    """When somebody above hears of a ticket.

    Attributes:
        valid_from: first day on which it holds.
        owner_share, manager_share: of the time until the promise, after which each has to know.
        repeat_calls: so many on the matter within ``repeat_hours`` move it one step up.
        words: each moves it one step up as well.
        source: where it stands; ``evidence`` its grade.
    """

    valid_from: dt.date
    owner_share: float
    manager_share: float
    repeat_calls: int
    repeat_hours: int
    words: tuple[str, ...]
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Matter:
    """What a customer wants, as it was taken down.

    Attributes:
        class_code: class of the ticket.
        channel: how it came in.
        subject: in a line.
        words: what the customer said.
        account_id: account, empty where none is named.
        contact: whom to call, telephone or other; personal, never in lists or logs.
        place: where, in words; ``area_id`` the area, empty where unknown.
        is_vulnerable: somebody at home depends on supply, or needs help to understand.
    """

    class_code: str
    channel: Channel
    subject: str
    words: str = ""
    account_id: str = ""
    contact: str = ""
    place: str = ""
    area_id: str = ""
    is_vulnerable: bool = False


@dataclass(frozen=True, slots=True)
class TicketFact:
    """A ticket as it is counted: nobody's name, words or number to call.

    Attributes:
        is_completed: it came to its end; one that was ended before is over without being completed.
        is_merged: another ticket goes on with it.
        handler: who settled it, by name; empty where nobody did.
        topic: what a complaint is about; empty for other classes.
        repeats_at: when the same account had brought the same class before; None where it never did, or names none.
        repeated_at: when it brought it again; None where it has not.
    """

    number: int
    class_code: str
    channel: Channel
    has_account: bool
    registered_at: dt.datetime
    promise_due_at: dt.datetime | None
    replied_at: dt.datetime | None
    closed_at: dt.datetime | None
    is_completed: bool
    is_merged: bool
    handler: str
    team: str
    satisfaction: str
    is_solved: bool | None
    reopened: int
    reminders: int
    topic: str
    repeats_at: dt.datetime | None
    repeated_at: dt.datetime | None
    path: UnitPath


@dataclass(frozen=True, slots=True)
class TicketPlace:
    """Where a ticket belongs: its units, the team, and who settled it, by name."""

    path: UnitPath
    team: str
    handler: str
