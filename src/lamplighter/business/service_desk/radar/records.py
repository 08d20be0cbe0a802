"""What the radar reads and says; without Django."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from lamplighter.base.security.actor import UnitPath


class Source(StrEnum):
    """Where a customer was heard. Texts stand under ``radar.source``."""

    TICKET = "ticket"
    REMINDER = "reminder"
    """He asked again after a ticket that is on record: a repeat, no new question."""
    CHAT = "chat"
    CONTACT = "contact"


class Trouble(StrEnum):
    """What followed a clause that was cited. Texts stand under ``radar.trouble``."""

    NONE = ""
    AGAIN = "again"
    """The same was asked again in the same conversation."""
    PERSON = "person"
    """The customer then wanted a person."""
    COMPLAINT = "complaint"
    """The customer then complained, there or within the days of a repeat."""
    UNSOLVED = "unsolved"
    """He said at the end that it was not solved."""


@dataclass(frozen=True, slots=True)
class RadarRules:
    """When the radar speaks, see ``radar.toml``; every attribute is explained there."""

    valid_from: dt.date
    source: str
    evidence: str
    repeat_days: int
    usual_days: int
    false_discovery_rate: float
    looks_a_day: int
    prior_matters: float
    fewest_customers: int
    week_days: int
    past_weeks: int
    fewest_matters: int
    fewest_citations: int
    keep_days: int
    place_days: int
    misread_reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched for in each area: topics within hours, and the class of the ticket an alarm opens."""

    kind: str
    valid_from: dt.date
    topics: tuple[str, ...]
    window_hours: int
    ticket_class: str
    source: str
    evidence: str

    @property
    def window(self) -> dt.timedelta:
        """How long before a look questions count as together."""
        return dt.timedelta(hours=self.window_hours)


@dataclass(frozen=True, slots=True)
class Cited:
    """A clause that a conversation was told: number of the edge, and what followed."""

    edge: str
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class HeardMatter:
    """Something a customer brought, on whichever channel.

    Attributes:
        source, number: where it stands: a ticket, an event of one, a conversation, a contact.
        at: when it was brought, with its zone.
        account_id, area_id: of the customer; empty where nobody knows.
        topic: intent it was read as.
        is_complaint: whether a complaint was raised in it.
        ticket: number of the ticket that carries it; None without one.
        path: units it belongs to.
        cited: clauses it was told, with what followed.
        satisfaction: what the customer said when it was over; empty while nobody knows.
    """

    source: Source
    number: int
    at: dt.datetime
    account_id: str
    area_id: str
    topic: str
    is_complaint: bool
    ticket: int | None
    path: UnitPath
    cited: tuple[Cited, ...] = ()
    satisfaction: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What words were read as: the topic, empty where nobody can say; a complaint; an account that was named."""

    topic: str
    is_complaint: bool = False
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a customer is supplied: area with its names, and the units."""

    area_id: str
    area_name: str
    station_name: str
    path: UnitPath


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of one place: customers now, matters before, and how many customers there are.

    Attributes:
        now: different customers within the window.
        usual: matters of the time before.
        customers: accounts of the place.
    """

    now: int
    usual: int
    customers: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A place, topic or clause held against what is usual.

    Attributes:
        key: which.
        count: what was counted.
        expected: what was to be expected.
        chance: probability of as many or more where nothing is the matter.
        is_alarm: whether it stands out with the share of false alarms kept.
    """

    key: str
    count: int
    expected: float
    chance: float
    is_alarm: bool


@dataclass(frozen=True, slots=True)
class AreaFinding:
    """An area that was tested: what is suspected there, the test, and the matters of the window by their number."""

    kind: str
    tested: Measured
    members: tuple[int, ...]
