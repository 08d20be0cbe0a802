"""What is kept of a conversation; without Django."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, Final

from lamplighter.base.security.actor import UnitPath
from lamplighter.business.service_desk.quality.records import Who
from lamplighter.business.service_desk.records import Figure, HandOver, UseCurve


@dataclass(frozen=True, slots=True)
class ChatRules:
    """How much one may write and how long a conversation lasts; ``source`` and ``evidence`` of it.

    Attributes:
        session_per_minute, address_per_minute: words sent by a session, and from a network address.
        begun_per_hour: conversations begun from an address.
        longest_words: signs of one message.
        idle_minutes: silence after which a conversation is over; ``waiting_minutes`` where a person is wanted.
        rating_hours: how long after its end somebody may say how satisfied he was.
        keep_days: how long a conversation is kept.
        stream_seconds: how long a stream of news lasts; ``streams`` at once of one server.
    """

    session_per_minute: int
    address_per_minute: int
    begun_per_hour: int
    longest_words: int
    idle_minutes: int
    waiting_minutes: int
    rating_hours: int
    keep_days: int
    stream_seconds: int
    streams: int
    source: str
    evidence: str

    @property
    def idle(self) -> dt.timedelta:
        """Silence after which a conversation is over."""
        return dt.timedelta(minutes=self.idle_minutes)

    @property
    def waiting(self) -> dt.timedelta:
        """Silence after which a conversation is over that a person is wanted for."""
        return dt.timedelta(minutes=self.waiting_minutes)


@cache
def chat_rules() -> ChatRules:
    """Return the packaged limits.

    Example:
        >>> chat_rules().idle
        datetime.timedelta(seconds=1800)
    """
    row = tomllib.loads(resources.files(__package__).joinpath("chat.toml").read_text(encoding="utf-8"))
    del row["valid_from"]
    return ChatRules(**row)


SATISFACTIONS: Final = ("VERY_SATISFIED", "SATISFIED", "NEUTRAL", "UNSATISFIED")
"""What a customer may say at the end; the words are those of the call back (``tickets.satisfaction``)."""


@dataclass(frozen=True, slots=True)
class Timing:
    """When words were spoken, in seconds from the beginning of a call, and how surely they were heard (0 to 1)."""

    start: float
    end: float
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """What is said, before it is a turn: who, in which words; ``by_name`` the person of the service.

    Attributes:
        edges: numbers of what is known that it cites.
        timing: of what was spoken aloud; None of what was written.
    """

    who: Who
    words: str
    figures: tuple[Figure, ...] = ()
    by_name: str = ""
    curve: UseCurve | None = None
    edges: tuple[str, ...] = ()
    timing: Timing | None = None


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One turn: who, when, in which words; ``figures`` of an answer, each with its source.

    Attributes:
        number: from 1.
        who: the side; ``by_name`` the person of the service, empty for the assistant.
        said_at: when.
        words: as shown.
        figures: with their sources.
        curve: days of use the answer shows; None without.
    """

    number: int
    who: Who
    said_at: dt.datetime
    words: str
    figures: tuple[Figure, ...] = ()
    by_name: str = ""
    curve: UseCurve | None = None


@dataclass(frozen=True, slots=True)
class ChatView:
    """A conversation as it stands.

    Attributes:
        number: names it inside the desk.
        account_id: account that was proven; empty for a stranger.
        state: what the conversation knows besides: misunderstandings, words, promises.
        tickets: class -> number of the ticket this conversation opened.
        turns: in order.
        wanted_at: since when a person is wanted; None.
        agent_name: the person who speaks; empty while none does.
        ended_at: when it ended; None while it goes on.
        origin: digest of the network address.
    """

    number: int
    account_id: str
    state: Mapping[str, Any]
    tickets: Mapping[str, int]
    turns: tuple[ChatTurn, ...]
    wanted_at: dt.datetime | None = None
    agent_name: str = ""
    ended_at: dt.datetime | None = None
    origin: str = ""

    @property
    def last(self) -> int:
        """Number of the last turn."""
        return self.turns[-1].number if self.turns else 0


@dataclass(frozen=True, slots=True)
class ChatRow:
    """A conversation as the inbox shows it; the attributes are those of the table."""

    number: int
    account_id: str
    masked_name: str
    intent: str
    begun_at: dt.datetime
    last_at: dt.datetime
    wanted_at: dt.datetime | None
    reason: str
    is_urgent: bool
    agent_id: int | None
    agent_name: str
    ended_at: dt.datetime | None
    ended_by: str
    satisfaction: str
    is_solved: bool | None
    language: str
    tickets: Mapping[str, int]

    @property
    def standing(self) -> str:
        """How it stands: ``ended``, ``person``, ``waiting`` or ``assistant``."""
        if self.ended_at is not None:
            return "ended"
        if self.agent_id is not None:
            return "person"
        return "waiting" if self.wanted_at else "assistant"


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a person who takes over is to know.

    Attributes:
        summary: what is wanted, what was named, what alarms, whether identity was proven.
        said: the customer's words.
        looked_up: figures with their sources.
        promised: what was promised.
        missing: what could not be found.
    """

    summary: str
    said: tuple[str, ...]
    looked_up: tuple[Figure, ...]
    promised: tuple[str, ...]
    missing: tuple[str, ...]


def write_dossier(hand_over: HandOver) -> dict[str, Any]:
    """Return what a hand-over brings along, as JSON keeps it."""
    return {
        "summary": hand_over.summary,
        "said": list(hand_over.said),
        "looked_up": [write_figure(figure) for figure in hand_over.looked_up],
        "promised": list(hand_over.promised),
        "missing": list(hand_over.missing),
    }


def read_dossier(kept: Mapping[str, Any]) -> Dossier | None:
    """Return the dossier that `write_dossier` wrote; None where nothing was handed over."""
    if not kept:
        return None
    return Dossier(
        kept["summary"],
        tuple(kept["said"]),
        tuple(read_figure(each) for each in kept["looked_up"]),
        tuple(kept["promised"]),
        tuple(kept["missing"]),
    )


def write_curve(curve: UseCurve | None) -> dict[str, Any]:
    """Return days of use as JSON keeps them.

    Example:
        >>> kept = write_curve(UseCurve("2025-03", (1.5, None), "2025-02", (2.0,), "core_trusted_day 2025-03"))
        >>> read_curve(kept).days
        (1.5, None)
    """
    if curve is None:
        return {}
    return {
        "month": curve.month,
        "days": list(curve.days),
        "before": curve.before,
        "days_before": list(curve.days_before),
        "source": curve.source,
    }


def read_curve(kept: Mapping[str, Any]) -> UseCurve | None:
    """Return the days that `write_curve` wrote; None without."""
    if not kept:
        return None
    days, before = tuple(kept["days"]), tuple(kept["days_before"])
    return UseCurve(kept["month"], days, kept["before"], before, kept["source"])


def write_figure(figure: Figure) -> dict[str, str]:
    """Return a figure as JSON keeps it.

    Example:
        >>> kept = write_figure(Figure(Decimal("24.0"), "元", "bill", "amount"))
        >>> read_figure(kept) == Figure(Decimal("24.0"), "元", "bill", "amount")
        True
    """
    kind = {Decimal: "number", dt.date: "day"}.get(type(figure.value), "word")
    value = figure.value.isoformat() if isinstance(figure.value, dt.date) else str(figure.value)
    kept = {"kind": kind, "value": value, "unit": figure.unit, "source": figure.source, "name": figure.name}
    return kept | {"grade": figure.grade, "label": figure.label}


def read_figure(kept: Mapping[str, str]) -> Figure:
    """Return the figure that `write_figure` wrote."""
    value = kept["value"]
    match kept["kind"]:
        case "number":
            read: Decimal | dt.date | str = Decimal(value)
        case "day":
            read = dt.date.fromisoformat(value)
        case _:
            read = value
    return Figure(read, kept["unit"], kept["source"], kept["name"], kept["grade"], kept["label"])


@dataclass(frozen=True, slots=True)
class HandOverFact:
    """A conversation in which the assistant handed over to a person.

    Attributes:
        path: the four units; ``channel`` chat or call.
        wanted_at: since when a person was wanted.
        taken_at: when one answered; None where nobody did, or not yet.
        ended_at: when it ended; None while it goes on.
        agent_name: who answered.
    """

    path: UnitPath
    channel: str
    wanted_at: dt.datetime
    taken_at: dt.datetime | None
    ended_at: dt.datetime | None
    agent_name: str
