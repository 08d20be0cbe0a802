"""Rows of *jobs*."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lamplighter.base.jobs.records import JobRow, JobState
from lamplighter.base.messages import text
from lamplighter.doors.web import exports
from lamplighter.doors.web.cells import Seen, button, framed, said_or, together, under
from lamplighter.doors.web.figures import number
from lamplighter.doors.web.lists import LISTS


def attributes(row: JobRow) -> SafeString:
    """What the row itself carries: it asks for itself as long as the job is open."""
    if not row.state.is_open:
        return format_html(' id="job-{}"', row.number)
    asks = ' id="job-{}" hx-get="{}" hx-trigger="every 2s" hx-swap="outerHTML"'
    return format_html(asks, row.number, reverse("job", args=[row.number]))


def kind(row: JobRow, _: Seen) -> str:
    """What it is, of which list, and what for."""
    said, listed, why = said_or(f"jobs.kind.{row.kind}", row.kind), row.given.get("listed"), row.given.get("why")
    if listed:
        said += f" · {text(f'desk.menu.{listed}') if listed in LISTS else listed}"
    return together(said, under(str(why)) if why else "")


def state(row: JobRow, _: Seen) -> str:
    """Where it stands, how often it was tried, and how far it is."""
    is_stopping = row.is_cancel_asked and row.state.is_open
    pieces: list[str] = [text("jobs.page.cancelling") if is_stopping else text(f"jobs.state.{row.state.value}")]
    if row.attempt > 1:
        pieces += [" ", framed("span", "under", text("jobs.page.attempt", number=row.attempt))]
    if row.state.is_open:
        done = format_html(' max="{}" value="{}"', row.total, row.done) if row.share is not None else ""
        bar = format_html('<progress class="bar" aria-label="{}"{}></progress>', row.step or row.kind, done)
        pieces += [" ", bar, " ", framed("span", "under", " ".join(filter(None, (row.step, _progress(row)))))]
    return together(*pieces)


def _progress(row: JobRow) -> str:
    if not row.done:
        return ""
    return text("jobs.page.progress", done=row.done, total=row.total) if row.total else number(row.done)


def result(row: JobRow, seen: Seen) -> str:
    """What came of it, and what can be done about it."""
    pieces: list[str] = [framed("p", "failure", row.failure)] if row.failure else []
    if row.result.get("rows") is not None:
        pieces += [text("jobs.page.rows", count=row.result["rows"]), " "]
    if row.result.get("file"):
        pieces += _file(row, seen)
    if row.state.is_open and not row.is_cancel_asked:
        pieces.append(button(reverse("cancel_job", args=[row.number]), text("jobs.page.cancel"), seen))
    if row.state in (JobState.FAILED, JobState.CANCELLED):
        pieces.append(button(reverse("retry_job", args=[row.number]), text("jobs.page.retry"), seen))
    return together(*pieces)


def _file(row: JobRow, seen: Seen) -> list[str]:
    if exports.is_expired(row, now=seen.now):
        return [framed("span", "under", text("jobs.page.expired"))]
    until = seen.instant(dt.datetime.fromisoformat(row.result["expires_at"]))
    url = reverse("job_file", args=[row.number])
    opened = format_html('<a class="btn btn-sm" href="{}">{}</a> ', url, text("jobs.page.download"))
    return [opened, framed("span", "under", text("jobs.page.expires", at=until))]
