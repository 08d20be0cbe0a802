"""Jobs: what one asked for that takes longer than a request may; and exports, which are such jobs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lamplighter.base.jobs.operations import cancel_job, retry_job
from lamplighter.base.jobs.queries import find_job, list_jobs
from lamplighter.base.jobs.records import JobRow, JobState
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Asked, Instant, Page, Word, Words, answers, page_of
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web import exports
from lamplighter.doors.web.lists import LISTS
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.views.jobs import attachment

router = Router(tags=["jobs and exports"])


class JobOut(Schema):
    """A job."""

    number: int
    kind: str
    state: JobState
    attempt: int
    step: str
    done: int
    total: int | None
    asked_at: Instant
    finished_at: Instant | None
    failure: str
    is_cancel_asked: bool
    rows: int | None = Field(description="Rows of the file, of an export that is done.")
    sha256: str | None = Field(description="Of the file, of an export that is done.")


class JobsAsked(Asked):
    """What of one's own jobs is wanted."""

    sort: Literal["", "asked", "-asked"] = ""
    state: JobState | None = None


class ExportWanted(Schema):
    """Which list as a file, and what for: it is written into the file and into the audit trail."""

    listed: Word = Field(description="Name of a list: areas, suspicions, …")
    ending: Literal["xlsx", "csv"]
    why: Annotated[Words, Field(min_length=1)]
    asked: dict[Word, Word] = Field(
        default_factory=dict, description="Filters, ``sort`` and ``q`` as the list's own address takes them."
    )


@router.get("/jobs", auth=opened(None), response=answers(Page[JobOut]))
def jobs(request: HttpRequest, asked: Query[JobsAsked]) -> Any:
    """One's own jobs, newest first."""
    page = page_of(list_jobs(actor=actor_of(request), ask=asked.as_ask(request)))
    return page | {"rows": [job_of(row) for row in page["rows"]]}


@router.get("/jobs/{number}", auth=opened(None), response=answers(JobOut))
def job(request: HttpRequest, number: NumberInPath) -> Any:
    """How far a job of one's own is."""
    return job_of(_find(request, number))


@router.post("/jobs/{number}/cancel", auth=opened(None), response=answers(JobOut))
def cancel(request: HttpRequest, number: NumberInPath) -> Any:
    """Stop a job, at once where it waits, at its next step where it runs; one that has ended stays as it is."""
    _find(request, number)
    cancel_job(number=number, by=actor_of(request), now=timezone.now())
    return job_of(_find(request, number))


@router.post("/jobs/{number}/retry", auth=opened(None), response=answers(JobOut))
def retry(request: HttpRequest, number: NumberInPath) -> Any:
    """Try a job again that failed or was cancelled; any other stays as it is."""
    _find(request, number)
    retry_job(number=number, by=actor_of(request))
    return job_of(_find(request, number))


@router.get(
    "/jobs/{number}/file",
    auth=opened(None),
    response=answers(None),
    openapi_extra={"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}},
)
def file(request: HttpRequest, number: NumberInPath) -> HttpResponseBase:
    """The file of an export of one's own, until it expires."""
    handed = exports.hand_out(_find(request, number), by=actor_of(request), now=timezone.now())
    if handed is None:
        raise Http404
    return attachment(request, *handed)


@router.post("/exports", auth=opened(None), response=answers(JobOut, status=202))
def export(request: HttpRequest, wanted: ExportWanted) -> Any:
    """Ask for a list as a file, with what one sees of it now."""
    if wanted.listed not in LISTS:
        raise Http404
    number = exports.ask_export(
        by=actor_of(request),
        listed=wanted.listed,
        parameters=wanted.asked,
        ending=wanted.ending,
        why=wanted.why,
        now=timezone.now(),
    )
    return Status(202, job_of(_find(request, number)))


def _find(request: HttpRequest, number: int) -> JobRow:
    found = find_job(actor=actor_of(request), number=number)
    if found is None:
        raise Http404
    return found


def job_of(row: JobRow) -> dict[str, Any]:
    """Return a job as it is answered."""
    told = {"rows": row.result.get("rows"), "sha256": row.result.get("sha256")}
    return {name: getattr(row, name) for name in JobOut.model_fields if name not in told} | told
