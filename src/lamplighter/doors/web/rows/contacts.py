"""Rows of *contacts*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.business.service_desk.contacts.records import ContactRow
from lamplighter.doors.web.cells import Seen, badge, link, strong, together, under
from lamplighter.doors.web.figures import number as figure


def number(row: ContactRow, _: Seen) -> str:
    """Number, and whether a deduction is appealed."""
    linked = link(reverse("contact", args=[row.number]), row.contact_no)
    return together(linked, " ", badge(text("contacts.deduction.appealed"), "orange")) if row.appeals_open else linked


def agent(row: ContactRow, _: Seen) -> str:
    """Who spoke, with a link to the page that coaches him."""
    if not row.agent_id:
        return text("contacts.program")
    return link(reverse("coaching", args=[row.agent_id]), row.agent_name, is_strong=False)


def total(row: ContactRow, _: Seen) -> str:
    """Points now, whether a veto took them, and those before any appeal."""
    if row.total is None:
        said = link(reverse("contact_rate", args=[row.number]), text("contacts.to_rate_first"), is_strong=False)
    else:
        said = strong(figure(row.total))
    veto = together(" ", badge(text("contacts.vetoed"), "red")) if row.is_vetoed else ""
    is_changed = row.total is not None and row.total != row.total_first
    return together(said, veto, under(text("contacts.first", total=row.total_first)) if is_changed else "")
