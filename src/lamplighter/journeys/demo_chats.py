"""The demo's web chat: three months of customers who wrote, answered by the chat itself and its sample agents."""

from __future__ import annotations

import datetime as dt
from typing import Final

from lamplighter.base.lake import Lake
from lamplighter.base.messages import speaking
from lamplighter.base.security.actor import Actor, Role
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.chats import operations
from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.tickets.operations import cancel_ticket
from lamplighter.business.service_desk.tickets.store import STORE
from lamplighter.journeys.customer_chat import ChatDesk
from lamplighter.journeys.demo import is_demo
from lamplighter.journeys.demo_service import demo_places
from lamplighter.journeys.service_tools import LakeDirectory
from lamplighter.simulation.service_chats import Written, draw_chats

CHATS: Final = 60
DAYS: Final = 84
_PROVEN_BY: Final = ("name", "telephone", "address", "meter")
_BETWEEN_WORDS: Final = dt.timedelta(seconds=45)
_UNTIL_TAKEN: Final = dt.timedelta(minutes=2)
_ANSWER: Final = "您好，我是人工客服。已为您逐条说明，并把说明发到您登记的手机上，请查收。"
_SETTLED: Final = "已在在线对话中答复客户。"


def make_chats(*, home: Home, now: dt.datetime, count: int = CHATS, days: int = DAYS, seed: int = 1) -> int:
    """Play three months of the web chat up to now, once: where there are conversations, nothing is done.

    The desk must be loaded and its sample staff made. Whoever writes within the last hour is without supply and waits.

    Args:
        home: the demo's; in another nothing is done.
        now: the instant, with its zone.
        count: conversations of every day.
        days: how long before now the first began.
        seed: same seed and instant, same conversations.

    Returns:
        How many were held.
    """
    places = demo_places() if is_demo(home) and not Chat.objects.exists() else []
    if not places:
        return 0
    until = now.astimezone(dt.UTC).replace(microsecond=0)
    drawn = draw_chats(places, until=until, days=days, count=count, seed=seed)
    with speaking("zh"):
        for number, written in enumerate(drawn):
            _hold(home, written, number)
    return len(drawn)


def _hold(home: Home, written: Written, number: int) -> None:
    """Hold one conversation: who he is, what he writes, who answers, how it ends."""
    now = written.at
    # Every customer sits behind an address of his own.
    secret, chat = ChatDesk(home, now).begin(operations.digest_of(f"demo-chat-{number}"))
    if written.is_proven:
        now += dt.timedelta(seconds=20)
        desk = ChatDesk(home, now)
        facts = _facts(home, written.place.account_id)
        secret = desk.identify(chat, account_id=written.place.account_id, facts=facts, code="") or secret
        chat = desk.reread(chat)
    for words in written.words:
        now += _BETWEEN_WORDS
        desk = ChatDesk(home, now)
        desk.say(chat, words)
        chat = desk.reread(chat)
    if written.is_outage:
        return
    if written.wants_person:
        now = _answer_by_person(chat.number, now)
    else:
        now += _BETWEEN_WORDS
        operations.end_chat(secret, now=now)
    if written.satisfaction:
        operations.rate_chat(
            secret,
            satisfaction=written.satisfaction,
            is_solved=written.is_solved,
            now=now + dt.timedelta(seconds=30),
        )


def _facts(home: Home, account_id: str) -> dict[str, str]:
    """Return two facts on file, as the customer himself knows them."""
    known = LakeDirectory(Lake.open(home.lake)).facts_on_file(account_id) or {}
    return {name: known[name] for name in _PROVEN_BY if known.get(name)}


def _answer_by_person(number: int, now: dt.datetime) -> dt.datetime:
    """Let an agent answer and end the conversation, and a supervisor close the ticket it had opened."""
    row = Chat.objects.get(pk=number)
    agent, supervisor = (_seeing(role, row) for role in (Role.SERVICE_AGENT, Role.SERVICE_SUPERVISOR))
    if agent is None or supervisor is None:
        return now
    for at, act in ((_UNTIL_TAKEN, "take"), (_BETWEEN_WORDS, "say"), (_BETWEEN_WORDS, "end")):
        now += at
        if act == "take":
            operations.take_over(actor=agent, number=number, now=now)
        elif act == "say":
            operations.say_as_person(actor=agent, number=number, words=_ANSWER, now=now)
        else:
            operations.finish_chat(actor=agent, number=number, now=now)
    for ticket in row.tickets.values():
        seen = STORE.load(ticket)[1].number
        cancel_ticket(actor=supervisor, number=ticket, reason=_SETTLED, seen=seen, now=now)
    return now


def _seeing(role: Role, row: Chat) -> Actor | None:
    people = [each.as_actor() for each in Staff.objects.filter(is_active=True).order_by("pk")]
    return next((each for each in people if role in each.roles and each.sees(row.path)), None)
