"""What is kept of a conversation; without Django."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from lamplighter.business.service_desk.quality.records import Who
from lamplighter.business.service_desk.records import Figure


@dataclass(frozen=True, slots=True)
class ChatRules:
    """How much one may write and how long a conversation lasts; ``source`` and ``evidence`` of it.

    Attributes:
        session_per_minute, address_per_minute: words sent by a session, and from a network address.
        begun_per_hour: conversations begun from an address.
        longest_words: signs of one message.
        idle_minutes: silence after which a conversation is over.
    """

    session_per_minute: int
    address_per_minute: int
    begun_per_hour: int
    longest_words: int
    idle_minutes: int
    source: str
    evidence: str

    @property
    def idle(self) -> dt.timedelta:
        """Silence after which a conversation is over."""
        return dt.timedelta(minutes=self.idle_minutes)


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


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One turn: who, when, in which words; ``figures`` of an answer, each with its source."""

    number: int
    who: Who
    said_at: dt.datetime
    words: str
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatView:
    """A conversation as it stands.

    Attributes:
        number: names it inside the desk.
        account_id: account that was proven; empty for a stranger.
        state: what the conversation knows besides: misunderstandings, words, promises.
        tickets: class -> number of the ticket this conversation opened.
        turns: in order.
    """

    number: int
    account_id: str
    state: Mapping[str, Any]
    tickets: Mapping[str, int]
    turns: tuple[ChatTurn, ...]


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
    read = {"number": Decimal, "day": dt.date.fromisoformat}.get(kept["kind"], str)(value)
    return Figure(read, kept["unit"], kept["source"], kept["name"], kept["grade"], kept["label"])
