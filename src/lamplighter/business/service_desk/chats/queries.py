"""Conversations read back: the one a browser holds, and all of a unit as the scoring takes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.chats.records import ChatTurn, ChatView, chat_rules, read_figure
from lamplighter.business.service_desk.quality.records import Who


def find_row(key: str, *, now: dt.datetime) -> Chat | None:
    """Return the conversation of a digest that is still going on; None where there is none."""
    since = now - chat_rules().idle
    found: Chat | None = Chat.objects.filter(key=key, ended_at=None, last_at__gt=since).first()
    return found


def find_chat(key: str, *, now: dt.datetime) -> ChatView | None:
    """Return the conversation a browser holds the secret of; None where there is none, or it is over."""
    row = find_row(key, now=now)
    return None if row is None else view_of(row)


def view_of(row: Chat) -> ChatView:
    """Return a conversation as it stands."""
    turns = tuple(
        ChatTurn(
            each.number, Who(each.who), each.said_at, each.words, tuple(read_figure(kept) for kept in each.figures)
        )
        for each in row.turns.order_by("number")
    )
    return ChatView(row.pk, row.account_id, row.state, row.tickets, turns)


def read_dialogues(*, actor: Actor, since: dt.datetime) -> Iterator[dict[str, Any]]:
    """Yield the conversations of the actor's unit in the form in which they are scored, oldest first.

    Args:
        actor: who reads; long numbers of customers are masked.
        since: begun since this instant.

    Raises:
        RightMissing: he may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    for row in Chat.objects.seen_by(actor).filter(begun_at__gte=since).order_by("begun_at", "pk"):
        turns = []
        for each in row.turns.order_by("number"):
            at = (each.said_at - row.begun_at).total_seconds()
            turns.append({"i": each.number, "who": each.who, "start": at, "end": at, "text": each.words})
        if turns:
            yield {"id": f"chat-{row.pk}", "channel": "chat", "ended_by": row.ended_by, "turns": turns}
