"""Rows of *tickets*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.business.service_desk.tickets.queries import TicketRow
from lamplighter.business.workflow.instances import Status
from lamplighter.doors.web.cells import Seen, answered, apart, badge, due, link, together, under
from lamplighter.doors.web.figures import UNKNOWN


def number(row: TicketRow, _: Seen) -> str:
    """Number people quote, and whether the customer is vulnerable."""
    linked = link(reverse("ticket", args=[row.number]), row.ticket_no)
    return together(linked, " ", badge(text("tickets.vulnerable"), "purple")) if row.is_vulnerable else linked


def matter(row: TicketRow, words: str) -> str:
    """Class in words, and the channel the matter came by."""
    return together(words, under(text(f"tickets.channel.{row.channel.value}")))


def subject(row: TicketRow, _: Seen) -> str:
    """What it is about, and how often the customer reminded."""
    if not row.reminders:
        return row.subject
    return together(row.subject, under(text("tickets.reminded", count=row.reminders)))


def state(row: TicketRow, _: Seen) -> str:
    """Where it stands."""
    if row.is_merged:
        return text("tickets.merged")
    said = text(f"tickets.state.{row.state}")
    if row.status is Status.RUNNING:
        return said
    return together(said, under(text(f"cases.status.{row.status.value}")))


def deadline(row: TicketRow, seen: Seen) -> str:
    """What is promised or was kept, and whom it was raised to."""
    if row.due_at is not None:
        said: str = due(row.due_at, said=seen.instant(row.due_at), now=seen.now)
    else:
        said = answered(row.is_promise_kept) if row.replied_at else UNKNOWN
    marks = []
    if not row.closed_at and row.escalation.value:
        marks.append(under(text(f"tickets.escalation.{row.escalation.name}")))
    if not row.closed_at and row.is_supervised:
        marks.append(under(text("tickets.supervised")))
    return together(said, *marks)


def people(row: TicketRow, _: Seen) -> str:
    """Team, and who of it has it."""
    return apart([row.team or UNKNOWN, *([row.handler] if row.handler else [])])
