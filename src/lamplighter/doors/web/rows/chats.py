"""Rows of *conversations*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.business.service_desk.chats.records import ChatRow
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.doors.web.cells import Seen, badge, link, together, under
from lamplighter.doors.web.figures import UNKNOWN


def talk(row: ChatRow, _: Seen) -> str:
    """Number, whether it is urgent, and with whom."""
    linked = link(reverse("talk", args=[row.number]), text("chats.name", number=row.number))
    mark = together(" ", badge(text("chats.urgent"), "red")) if row.is_urgent else ""
    return together(linked, mark, under(row.masked_name or UNKNOWN))


def subject(row: ChatRow, _: Seen) -> str:
    """What the customer wants."""
    found = intents().get(row.intent)
    return found.name if found else UNKNOWN


def standing(row: ChatRow, seen: Seen) -> str:
    """How it stands, who leads it, and since when a person is waited for."""
    lines = [under(row.agent_name)] if row.agent_name else []
    if row.wanted_at and row.standing == "waiting":
        lines.append(under(f"{text('chats.since')} {seen.instant(row.wanted_at)}"))
    return together(text(f"chats.standing.{row.standing}"), *lines)


def satisfaction(row: ChatRow, _: Seen) -> str:
    """How content the customer was."""
    return text(f"tickets.satisfaction.{row.satisfaction}") if row.satisfaction else UNKNOWN
