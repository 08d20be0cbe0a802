"""What stands beside a conversation a person leads: the next best answer, the facts, and what must still be said."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial

from lamplighter.base.messages import Language, speaking, text
from lamplighter.base.security.actor import Actor
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.chats.queries import find_talk
from lamplighter.business.service_desk.chats.records import ChatRow, ChatView, Dossier
from lamplighter.business.service_desk.contacts.knowing import known_at
from lamplighter.business.service_desk.quality.coaching import still_to_say
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.service_desk.records import Figure
from lamplighter.journeys.customer_chat import ChatDesk
from lamplighter.journeys.customer_requests import ReadingTools
from lamplighter.methods.language.writing import plain_writing


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation as the person who leads it sees it.

    Attributes:
        row, view, dossier: see `find_talk`.
        answer: the next best answer, in the customer's language; empty where the assistant knows none.
        figures: of that answer, each with its source.
        must: item of the rubric -> sentence in the customer's language, of those that nothing was said for yet.
    """

    row: ChatRow
    view: ChatView
    dossier: Dossier | None
    answer: str
    figures: tuple[Figure, ...]
    must: tuple[tuple[str, str], ...]


def open_talk(*, actor: Actor, number: int, home: Home, now: dt.datetime) -> Talk:
    """Return a conversation with what helps to lead it; nothing is set going and nothing is kept.

    Raises:
        RightMissing, ChatUnknown: the actor sees no such conversation.
    """
    row, view, dossier = find_talk(actor=actor, number=number)
    if row.ended_at is not None:
        return Talk(row, view, dossier, "", (), ())
    spoken: Language = "en" if row.language == "en" else "zh"
    with speaking(spoken):
        answer, figures = _advise(view, home=home, now=now)
        items = still_to_say(_led_by_people(view), is_proven=bool(view.account_id), known=known_at(now))
        must = tuple((item, text(f"chat.must.{item}", name=actor.name)) for item in items)
    return Talk(row, view, dossier, answer, figures, must)


def _advise(view: ChatView, *, home: Home, now: dt.datetime) -> tuple[str, tuple[Figure, ...]]:
    """Return the answer to the customer's newest words, or the ones before: "and now?" is asked of what went before."""
    desk = ChatDesk(home, now)
    tools = desk.tools_of(view)
    conversation = desk.conversation_of(view, ReadingTools.of(tools))
    advise = partial(conversation.advise, now=now)
    found = next((answer for answer in map(advise, reversed(conversation.said[-2:])) if answer is not None), None)
    return (found.text, found.figures) if found else ("", ())


def _led_by_people(view: ChatView) -> Dialogue:
    """Return what the customer and people of the service said; the assistant left out."""
    turns = [turn for turn in view.turns if turn.who is Who.CUSTOMER or turn.by_name]
    # Without times: who was the first to speak, and when, was the assistant.
    said = (Turn(turn.number, turn.who, None, None, turn.words, plain_writing(turn.words)) for turn in turns)
    return Dialogue(f"chat-{view.number}", "chat", "", tuple(said))
