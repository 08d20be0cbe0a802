"""*Jobs*: what one asked for that takes longer than a page may: how far it is, cancel, try again, download."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.jobs.operations import cancel_job, retry_job
from lamplighter.base.jobs.queries import find_job, list_jobs
from lamplighter.base.jobs.records import JobRow, JobState
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor
from lamplighter.doors.web import exports
from lamplighter.doors.web.lists import (
    Column,
    Filter,
    ListPage,
    ask_of,
    instant_column,
    show_list,
    write_rows,
)
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.rows import jobs as rows

_CHUNK_BYTES = 1 << 16

_PAGE = ListPage(
    url_name="jobs",
    words="jobs.page",
    columns=(
        Column("number", is_number=True, is_sorted=False, cell=lambda row, _: str(row.number)),
        Column("kind", is_sorted=False, cell=rows.kind),
        Column("state", is_sorted=False, cell=rows.state),
        instant_column("asked", lambda row: row.asked_at),
        Column("result", is_sorted=False, cell=rows.result, look="wrap"),
    ),
    filters=(Filter("state", lambda: [(state.value, text(f"jobs.state.{state}")) for state in JobState]),),
    is_searched=False,
    attributes=rows.attributes,
)


@page(None)
def jobs(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List one's own jobs, newest first."""
    return show_list(request, _PAGE, list_jobs(actor=actor, ask=ask_of(request, _PAGE)))


@page(None)
def job(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show the row of one job alone: it asks for itself as long as the job is open."""
    return HttpResponse(write_rows(request, _PAGE, [_find(actor, number)]))


@page(None)
@require_POST
def cancel(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Stop a job."""
    _find(actor, number)
    is_stopped = cancel_job(number=number, by=actor, now=timezone.now())
    messages.info(request, text("jobs.page.cancelled") if is_stopped else text("jobs.page.too_late"))
    return redirect("jobs")


@page(None)
@require_POST
def retry(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Try a job again that failed or was cancelled."""
    _find(actor, number)
    is_tried = retry_job(number=number, by=actor)
    messages.info(request, text("jobs.page.retried") if is_tried else text("jobs.page.too_late"))
    return redirect("jobs")


@page(None)
def download(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse | StreamingHttpResponse:
    """Hand out the file of an export to who asked for it, as long as he may see the list, and record it."""
    found = _find(actor, number)
    handed = exports.hand_out(found, by=actor, now=timezone.now())
    if handed is None:
        raise Http404
    return attachment(request, *handed)


def _find(actor: Actor, number: int) -> JobRow:
    found = find_job(actor=actor, number=number)
    if found is None:
        raise Http404
    return found


def attachment(request: HttpRequest, path: Path, name: str) -> StreamingHttpResponse:
    """Return a file as an answer, piece by piece on either kind of server."""
    whole = FileResponse(path.open("rb"), as_attachment=True, filename=name)
    if not isinstance(request, ASGIRequest):
        return whole
    # Served the other way round Django would gather the whole file before the first byte leaves.
    kept = {key: whole.headers[key] for key in ("Content-Type", "Content-Disposition", "Content-Length")}
    whole.close()
    return StreamingHttpResponse(_chunks(path), headers=kept)


async def _chunks(path: Path) -> AsyncIterator[Any]:
    file = await sync_to_async(lambda: path.open("rb"))()
    try:
        while chunk := await sync_to_async(file.read)(_CHUNK_BYTES):
            yield chunk
    finally:
        await sync_to_async(file.close)()
