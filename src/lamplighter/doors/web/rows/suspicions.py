"""Rows of *suspicions*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.business.detection.desk_queries import SuspicionRow
from lamplighter.doors.web.cells import Seen, badge, link, together


def account(row: SuspicionRow, _: Seen) -> str:
    """Masked account, and what is special about it."""
    marks = ((row.is_new, "new", "azure"), (row.is_protected, "protected", "purple"), (row.is_random, "random", "teal"))
    badges = [
        together(" ", badge(text(f"desk.suspicions.{name}"), shade)) for is_marked, name, shade in marks if is_marked
    ]
    return together(link(reverse("suspicion", args=[row.number]), row.masked_account), *badges)
