"""Every conversation of the web chat becomes a contact with its score, soon after it is over."""

from __future__ import annotations

import datetime as dt
from typing import Final

from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.chats.queries import dialogue_of
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion, Taken
from lamplighter.business.service_desk.quality.dialogue_file import parse_dialogue
from lamplighter.business.service_desk.tickets.models import Ticket

_LOOKED_BACK: Final = dt.timedelta(days=7)
"""So long a worker may have stood still without a conversation being missed; conversations are kept longer."""


def take_ended_chats(*, now: dt.datetime) -> int:
    """Score the conversations that have ended and are no contacts yet, and return how many were taken.

    What nobody said anything in is none. A conversation belongs to the person who took it over, and to nobody where the
    assistant was enough.

    Args:
        now: the instant, with its zone.
    """
    ended = list(
        Chat.objects.filter(ended_at__gte=now - _LOOKED_BACK, turns__who="customer")
        .distinct()
        .order_by("ended_at", "pk")
    )
    numbers = {f"chat-{chat.pk}" for chat in ended}
    known = set(Contact.objects.filter(contact_no__in=numbers).values_list("contact_no", flat=True))
    tickets = dict(Ticket.objects.filter(pk__in=[chat.ticket for chat in ended]).values_list("pk", "ticket_no"))
    taken = 0
    for chat in ended:
        if f"chat-{chat.pk}" in known:
            continue
        document = dialogue_of(chat)
        if chat.ticket in tickets:
            document |= {"ticket": {"no": tickets[chat.ticket]}}
        agent = Agent(chat.agent_id, chat.agent_name) if chat.agent_id is not None else None
        occasion = Occasion(parse_dialogue(document), agent, chat.path, chat.begun_at)
        taken += take_contact(occasion, now=now) is Taken.NEW
    return taken
