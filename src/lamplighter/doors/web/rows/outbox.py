"""Rows of *messages*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.outbox.records import MessageRow
from lamplighter.doors.web.cells import Seen, link, state_badge, together, under


def subject(row: MessageRow, _: Seen) -> str:
    """What it is about."""
    return link(reverse("message", args=[row.number]), row.subject_words)


def state(row: MessageRow, _: Seen) -> str:
    """Where it stands, and why it failed or was put off."""
    stands = state_badge(row.state)
    return together(stands, under(row.failure)) if row.failure else stands
