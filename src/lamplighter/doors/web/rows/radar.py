"""Rows of *what customers brought*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Right
from lamplighter.business.service_desk.radar.queries import HeardRow
from lamplighter.business.service_desk.radar.records import Source
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.doors.web.cells import Seen, badge, link, together, under
from lamplighter.doors.web.figures import UNKNOWN


def source(row: HeardRow, seen: Seen) -> str:
    """Where it was heard, with a link to it where the reader may open that."""
    said = text(f"radar.source.{row.source.value}")
    if row.source is Source.CHAT:
        return link(reverse("talk", args=[row.source_number]), said)
    if row.ticket:
        return link(reverse("ticket", args=[row.ticket]), said)
    if row.source is Source.CONTACT and seen.actor.may(Right.SEE_CONTACTS):
        return link(reverse("contact", args=[row.source_number]), said)
    return said


def _topic(code: str) -> str:
    found = intents().get(code)
    return found.name if found else UNKNOWN


def topic(row: HeardRow, _: Seen) -> str:
    """What it was about, and whether it was a complaint."""
    said = _topic(row.topic)
    return together(said, " ", badge(text("radar.complaint"), "orange")) if row.is_complaint else said


def before(row: HeardRow, _: Seen) -> str:
    """What the same customer brought before, and whether that was over."""
    if not row.before_number:
        return UNKNOWN
    url = f"{reverse('radar_heard')}?same={row.number}"
    said = text("radar.open") if row.was_open else text("radar.over")
    return together(link(url, _topic(row.before_topic), is_strong=False), under(said))
