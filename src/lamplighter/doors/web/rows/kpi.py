"""Rows of the records behind key figures: calls of the exchange, and bills with what was paid."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.doors.web.cells import Seen, badge, link, strong, together, under
from lamplighter.doors.web.figures import UNKNOWN, number
from lamplighter.journeys.figure_records import BillRow, CallRow

_SHADES = {"answered": "green", "lost": "red"}
_LEAST_OWED_YUAN = 0.005
"""Half a fen: what is below it is rounding."""


def call(row: CallRow, _: Seen) -> str:
    """Number of the call, and how many legs it had."""
    legs = under(text("kpi.calls.legs", count=row.legs)) if row.legs > 1 else ""
    return together(strong(row.call_id), legs)


def unit(row: CallRow, _: Seen) -> str:
    """Unit and queue."""
    return together(row.unit_name, under(row.queue or UNKNOWN))


def outcome(row: CallRow, _: Seen) -> str:
    """What became of it."""
    return badge(text(f"kpi.calls.outcome.{row.outcome}"), _SHADES.get(row.outcome, "secondary"))


def customer(row: BillRow, _: Seen) -> str:
    """Masked account and name."""
    return together(link(reverse("customer", args=[row.number]), row.masked_account), under(row.masked_name))


def owed(row: BillRow, _: Seen) -> str:
    """What is still owed, marked."""
    return strong(number(row.owed_yuan)) if row.owed_yuan > _LEAST_OWED_YUAN else "0"
