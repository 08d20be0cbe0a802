"""Every ticket becomes a contact with a score of its own rubric, soon after it came to its end."""

from __future__ import annotations

import datetime as dt
from typing import Final

from lamplighter.base.settings import Home
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Taken
from lamplighter.business.service_desk.contacts.ticket_reading import ended_tickets, read_ticket
from lamplighter.journeys.customer_chat import open_reader

LOOKED_BACK: Final = dt.timedelta(days=31)
"""So long a worker may have stood still without a ticket being missed; older ones were settled before scores began."""
AT_ONCE: Final = 500
"""Tickets of one turn: the worker has other chores."""


def take_ended_tickets(*, home: Home, now: dt.datetime, looked_back: dt.timedelta = LOOKED_BACK) -> int:
    """Score the tickets that came to their end and are no contacts yet, and return how many were taken.

    A ticket belongs to the person who settled it, otherwise to whoever took it down.

    Args:
        home: where the classifier is kept that understands the customer's words.
        now: the instant, with its zone.
        looked_back: how long ago a ticket may have ended.
    """
    ended = ended_tickets(since=now - looked_back, most=AT_ONCE)
    if not ended:
        return 0
    reader = open_reader(home.models)
    return sum(take_contact(read_ticket(each, reader=reader), now=now) is Taken.NEW for each in ended)
