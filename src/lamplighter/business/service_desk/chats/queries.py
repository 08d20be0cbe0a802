"""Conversations read back: the one a browser holds, those of a unit, and all as the scoring takes them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Case, F, IntegerField, Max, Q, Value, When

from lamplighter.base.desk.listing import Ask, Listing, Part
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.units import in_unit
from lamplighter.business.service_desk.chats.models import Chat, Turn
from lamplighter.business.service_desk.chats.records import (
    ChatRow,
    ChatTurn,
    ChatView,
    Dossier,
    chat_rules,
    read_curve,
    read_dossier,
    read_figure,
)
from lamplighter.business.service_desk.quality.records import Who
from lamplighter.business.service_desk.tickets.marks import in_months

_STANDING: Final = {
    "waiting": Q(ended_at=None, agent_id=None, wanted_at__isnull=False),
    "person": Q(ended_at=None, agent_id__isnull=False),
    "assistant": Q(ended_at=None, agent_id=None, wanted_at=None),
    "ended": Q(ended_at__isnull=False),
}
STANDINGS: Final = tuple(_STANDING)
"""How conversations stand, in the order of the inbox; see `ChatRow.standing`."""


_HANDED_OVER: Final = re.compile(r"handed_over\.(all|met|missed)(?:\.(\d{1,4}))?")


class ChatUnknown(LamplighterError):
    """The actor sees no conversation of this number."""

    def __init__(self, number: int) -> None:
        super().__init__(text("chat.error.unknown", number=number))


def find_row(key: str, *, now: dt.datetime) -> Chat | None:
    """Return the conversation of a digest that is still going on; None where there is none."""
    rules = chat_rules()
    is_fresh = Q(last_at__gt=now - rules.idle) | Q(wanted_at__isnull=False, last_at__gt=now - rules.waiting)
    found: Chat | None = Chat.objects.filter(is_fresh, key=key, ended_at=None).first()
    return found


def find_unrated_row(key: str, *, now: dt.datetime) -> Chat | None:
    """Return the conversation of a digest that is over and may still be rated; None where there is none."""
    since = now - dt.timedelta(hours=chat_rules().rating_hours)
    found: Chat | None = Chat.objects.filter(key=key, ended_at__gt=since, satisfaction="").first()
    return found


def find_chat(key: str, *, now: dt.datetime) -> ChatView | None:
    """Return the conversation a browser holds the secret of; None where there is none, or it is over."""
    row = find_row(key, now=now)
    return None if row is None else view_of(row)


def read_news(key: str, *, after: int, now: dt.datetime) -> tuple[ChatTurn, ...] | None:
    """Return what a person of the service said after a turn; None where the conversation is over."""
    row = find_row(key, now=now)
    if row is None:
        return None
    return tuple(_turn(each) for each in row.turns.filter(number__gt=after).exclude(by_name="").order_by("number"))


def last_spoken_second(number: int) -> float:
    """Return until which second of a call something was spoken; 0 where nothing was."""
    found: float | None = Turn.objects.filter(chat=number).aggregate(last=Max("end_seconds"))["last"]
    return found or 0.0


def view_of(row: Chat) -> ChatView:
    """Return a conversation as it stands."""
    return ChatView(
        number=row.pk,
        account_id=row.account_id,
        state=row.state,
        tickets=row.tickets,
        turns=tuple(_turn(each) for each in row.turns.order_by("number")),
        wanted_at=row.wanted_at,
        agent_name=row.agent_name,
        ended_at=row.ended_at,
        origin=row.origin,
    )


def _turn(each: Turn) -> ChatTurn:
    figures = tuple(read_figure(kept) for kept in each.figures)
    return ChatTurn(each.number, Who(each.who), each.said_at, each.words, figures, each.by_name, read_curve(each.curve))


def seen_chat(actor: Actor, number: int) -> Chat:
    """Return the row of a conversation the actor sees, for the operations of this room.

    Raises:
        RightMissing: the actor may not see tickets.
        ChatUnknown: he sees none of this number.
    """
    actor.require(Right.SEE_TICKETS)
    found: Chat | None = Chat.objects.seen_by(actor).filter(pk=number).first()
    if found is None:
        raise ChatUnknown(number)
    return found


def find_talk(*, actor: Actor, number: int) -> tuple[ChatRow, ChatView, Dossier | None]:
    """Return a conversation the actor sees: as the inbox has it, its turns, and what was handed over with it.

    Raises:
        RightMissing, ChatUnknown: what the names say.
    """
    row = seen_chat(actor, number)
    return row_of(row), view_of(row), read_dossier(row.dossier)


def read_turns(*, actor: Actor, number: int, after: int) -> tuple[ChatTurn, ...]:
    """Return the turns of a conversation the actor sees after one of them.

    Raises:
        RightMissing, ChatUnknown: what the names say.
    """
    rows = seen_chat(actor, number).turns.filter(number__gt=after)
    return tuple(_turn(each) for each in rows.order_by("number"))


def chat_of_ticket(*, actor: Actor, ticket: int) -> int | None:
    """Return the number of the conversation a ticket came from, None where the actor sees none."""
    found: int | None = Chat.objects.seen_by(actor).filter(ticket=ticket).values_list("pk", flat=True).first()
    return found


def row_of(row: Chat) -> ChatRow:
    """Return a conversation as the inbox shows it."""
    return ChatRow(
        number=row.pk,
        account_id=row.account_id,
        masked_name=row.masked_name,
        intent=row.intent,
        begun_at=row.begun_at,
        last_at=row.last_at,
        wanted_at=row.wanted_at,
        reason=row.reason,
        is_urgent=row.is_urgent,
        agent_id=row.agent_id,
        agent_name=row.agent_name,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        satisfaction=row.satisfaction,
        is_solved=row.is_solved,
        language=row.language,
        tickets=row.tickets,
    )


def list_chats(*, actor: Actor, ask: Ask) -> Part[ChatRow]:
    """Return a page of the conversations: who waits for a person first, danger before everything.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    ranked = Case(
        *(When(_STANDING[name], then=Value(rank)) for rank, name in enumerate(STANDINGS)),
        output_field=IntegerField(),
    )
    listing = Listing(
        record=row_of,
        order=("rank", "-is_urgent", "-last_at", "id"),
        sorts={"begun": "begun_at", "last": "last_at"},
        filters={
            "standing": lambda value: _STANDING.get(value),
            "unit": in_unit,
            "months": lambda value: in_months("wanted_at", value),
            "mark": _handed_over,
        },
        searched=("masked_name", "agent_name"),
        searched_whole=("account_id",),
        unread=("state", "dossier"),
    )
    return listing.answer(Chat.objects.seen_by(actor).annotate(rank=ranked), ask)


def handed_over_side(value: str) -> str:
    """Return which part of the hand-overs a mark means; ``unknown`` where it means nothing.

    Example:
        >>> handed_over_side("handed_over.missed.10"), handed_over_side("missed")
        ('missed', 'unknown')
    """
    found = _HANDED_OVER.fullmatch(value)
    return found[1] if found else "unknown"


def _handed_over(value: str) -> Q | None:
    """Return who was handed over to a person and waits no more: all, answered, or not; None where it means nothing."""
    found = _HANDED_OVER.fullmatch(value)
    if found is None:
        return None
    side, seconds = found[1], int(found[2] or 0)
    answered = Q(wanted_at__isnull=False, taken_at__isnull=False)
    # Whoever left at once is no hand-over anybody missed.
    missed = Q(wanted_at__isnull=False, taken_at=None, ended_at__gte=F("wanted_at") + dt.timedelta(seconds=seconds))
    return {"all": answered | missed, "met": answered, "missed": missed}[side]


def find_dialogue(*, actor: Actor, number: int) -> dict[str, Any]:
    """Return one conversation in the form in which it is scored; see `read_dialogues`.

    Raises:
        RightMissing, ChatUnknown: what the names say.
    """
    return dialogue_of(seen_chat(actor, number))


def read_dialogues(*, actor: Actor, since: dt.datetime) -> Iterator[dict[str, Any]]:
    """Yield the finished conversations of the actor's unit in the form in which they are scored, oldest first.

    Args:
        actor: who reads; long numbers of customers are masked.
        since: ended since this instant.

    Raises:
        RightMissing: he may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    for row in Chat.objects.seen_by(actor).filter(ended_at__gte=since).order_by("ended_at", "pk"):
        yield dialogue_of(row)


def dialogue_of(row: Chat) -> dict[str, Any]:
    """Return a conversation as ``service_desk score`` takes it.

    Returns:
        ``{id, channel, ended_by, turns: [{i, who, start, end, text}]}``, seconds from its beginning, of what was spoken
        those of the call; ``by`` of a turn
        is the person of the service, empty for the assistant and the customer, and ``agent`` who took it over.
    """
    turns = []
    for each in row.turns.order_by("number"):
        at = (each.said_at - row.begun_at).total_seconds()
        start, end = (at if second is None else second for second in (each.start_seconds, each.end_seconds))
        said = {"i": each.number, "who": each.who, "start": start, "end": end, "text": each.words, "by": each.by_name}
        turns.append(said)
    kept = {"id": f"chat-{row.pk}", "channel": row.channel, "ended_by": row.ended_by, "turns": turns}
    return kept | {"agent": row.agent_name}
