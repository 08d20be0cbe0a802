"""What a worker does for the web chat, and for the inspection of contacts, between its jobs."""

from __future__ import annotations

import datetime as dt

from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.chats.operations import end_silent_chats, remove_old_chats
from lamplighter.journeys.chat_contacts import take_ended_chats
from lamplighter.journeys.customer_chat import send_asked_codes
from lamplighter.journeys.site_record_contacts import take_site_records
from lamplighter.journeys.ticket_contacts import take_ended_tickets


def send_codes(now: dt.datetime) -> int:
    """Send the codes customers asked for."""
    return send_asked_codes(home=read_settings().home, now=now)


def end_silent(now: dt.datetime) -> int:
    """End conversations nobody goes on with."""
    return end_silent_chats(now=now)


def remove_old(now: dt.datetime) -> int:
    """Remove conversations that were kept long enough."""
    return remove_old_chats(now=now)


def take_contacts(now: dt.datetime) -> int:
    """Score the conversations that are over."""
    return take_ended_chats(now=now)


def take_tickets(now: dt.datetime) -> int:
    """Score the tickets that came to their end."""
    return take_ended_tickets(home=read_settings().home, now=now)


def take_visits(now: dt.datetime) -> int:
    """Score the field records that are whole."""
    return take_site_records(now=now)
