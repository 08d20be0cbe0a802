"""Rows of *outcomes*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Right
from lamplighter.business.detection.outcome_desk import OutcomeRow
from lamplighter.doors.web.cells import Seen, badge, colour_tag, link, together
from lamplighter.doors.web.figures import UNKNOWN


def account(row: OutcomeRow, seen: Seen) -> str:
    """Masked account, with a link to its case where the reader may open it, and whether the visit was drawn."""
    said = row.masked_account
    if row.case_number and seen.actor.may(Right.SEE_CASES):
        said = link(reverse("case", args=[row.case_number]), said)
    return together(said, " ", badge(text("desk.suspicions.random"), "teal")) if row.way == "drawn" else said


def colour(row: OutcomeRow, _: Seen) -> str:
    """Colour the suspicion had."""
    return colour_tag(row.colour) if row.colour and row.colour != "none" else UNKNOWN
