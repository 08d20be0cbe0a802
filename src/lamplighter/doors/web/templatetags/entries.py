"""Filters for entries of the audit trail and for jobs."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone

from lamplighter.base.jobs.records import JobRow
from lamplighter.base.security.audit.queries import TrailRow
from lamplighter.doors.web import exports
from lamplighter.doors.web.lists import LISTS
from lamplighter.doors.web.views import trail

register = template.Library()


@register.filter
def entry_who(row: TrailRow) -> str:
    """Return who did it."""
    return trail.say_who(row)


@register.filter
def entry_record(row: TrailRow) -> str:
    """Return kind and number of the record."""
    return trail.say_record(row)


@register.filter
def entry_reason(row: TrailRow) -> str:
    """Return purpose and reason."""
    return trail.say_reason(row)


@register.filter
def entry_changes(row: TrailRow) -> str:
    """Return the fields as they were and as they are."""
    return trail.say_changes(row)


@register.filter
def job_list(row: JobRow) -> str:
    """Return the id of the message that names the list of an export."""
    listed = str(row.given.get("listed", ""))
    return {name: f"desk.menu.{name}" for name in LISTS}.get(listed, listed)


@register.filter
def job_expired(row: JobRow) -> bool:
    """Say whether the file of a job has expired."""
    return exports.is_expired(row, now=timezone.now())


@register.filter
def job_until(row: JobRow) -> dt.datetime:
    """Return until when the file of a job can be downloaded."""
    return dt.datetime.fromisoformat(row.result["expires_at"])
