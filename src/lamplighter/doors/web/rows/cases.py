"""Rows of *cases*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.business.inspection.desk_queries import CaseRow
from lamplighter.business.workflow.instances import Status
from lamplighter.doors.web.cells import Seen, apart, badge, due, link, together, under
from lamplighter.doors.web.figures import UNKNOWN


def number(row: CaseRow, _: Seen) -> str:
    """Number people quote."""
    return link(reverse("case", args=[row.number]), row.case_no)


def account(row: CaseRow, _: Seen) -> str:
    """Masked account, and whether its customer is protected."""
    if not row.is_protected:
        return row.masked_account
    return together(row.masked_account, " ", badge(text("desk.suspicions.protected"), "purple"))


def state(row: CaseRow, _: Seen) -> str:
    """State reached last, and whether the case still runs."""
    said = text(f"cases.state.{row.state}")
    if row.status is Status.RUNNING:
        return said
    return together(said, under(text(f"cases.status.{row.status.value}")))


def deadline(row: CaseRow, seen: Seen) -> str:
    """Earliest deadline of what is open."""
    if row.due_at is None:
        return UNKNOWN
    return due(row.due_at, said=seen.instant(row.due_at), now=seen.now, is_provisional=row.is_due_provisional)


def outcome(row: CaseRow, _: Seen) -> str:
    """What was found."""
    return text(f"cases.state.{row.outcome}") if row.outcome else UNKNOWN


def people(row: CaseRow, _: Seen) -> str:
    """Who found, calculated and approved it."""
    others = [name for name in (row.calculator, row.approver) if name]
    return apart([row.finder, *others] if row.finder else [])
