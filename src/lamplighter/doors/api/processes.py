"""Processes as they are lived: the newest map and what-if of one, and asking for another, or for the log as a file."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lamplighter.base.jobs.queries import find_job
from lamplighter.base.security.actor import Right
from lamplighter.business.kpi.studies import (
    StudyRow,
    definition_of,
    find_study,
    labels_of,
    list_processes,
    newest_study,
    posts_of,
)
from lamplighter.business.network.desk_queries import find_unit
from lamplighter.business.workflow.company_days import day_of
from lamplighter.business.workflow.mining.what_if import Change
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.jobs import JobOut, job_of
from lamplighter.doors.api.shapes import Instant, Word, Words, answers, refuse_unknown
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.views.process import hand_out_log, process_words
from lamplighter.journeys.process_studies import ask_log, ask_map, ask_what_if

router = Router(tags=["processes"])

EARLIEST = dt.date(2000, 1, 1)
Day = Annotated[dt.date, Field(ge=EARLIEST, lt=dt.date(2200, 1, 1))]
People = Annotated[int, Field(ge=1, le=500)]
Hours = Annotated[float, Field(gt=0, lt=10_000)]


class ProcessOut(Schema):
    """A process whose log can be studied: its steps in words, and the posts that do them."""

    process: str
    words: str
    steps: dict[str, str]
    posts: list[str]


class StudyOut(Schema):
    """A study: its result as it was found, hours as numbers, steps by their ids."""

    number: int
    unit_id: str
    process: str
    kind: str
    given: dict[str, Any]
    result: dict[str, Any]
    made_at: Instant
    by_name: str


class StudyAsked(Schema):
    """Which newest study is wanted."""

    process: Word
    unit: Word = ""


class StudyWanted(Schema):
    """What is to be studied: the matters of a unit that were not closed before a day."""

    process: Word
    unit: Word = ""
    since: Day


class WhatIfWanted(StudyWanted):
    """A change to be played: people of a post, steps left out, hours a step may take."""

    staff: dict[Word, People] = Field(default_factory=dict)
    removed: list[Word] = Field(default_factory=list)
    limits: dict[Word, Hours] = Field(default_factory=dict)
    is_round_the_clock: bool = False


class LogWanted(StudyWanted):
    """What the log is wanted for: it is written into the audit trail."""

    why: Annotated[Words, Field(min_length=1, max_length=500, pattern=r"\S")]


@router.get("/processes", auth=opened(Right.SEE_FIGURES), response=answers(list[ProcessOut]))
def processes(request: HttpRequest) -> Any:
    """Processes whose log can be studied: the ticket classes of today, and the inspection case."""
    today = day_of(timezone.now())
    return [
        {
            "process": name,
            "words": process_words(name),
            "steps": {task: labels_of(name, on=today).get(task, task) for task in definition_of(name, on=today).tasks},
            "posts": sorted(posts_of(name, on=today)),
        }
        for name in list_processes(on=today)
    ]


@router.get("/process-maps", auth=opened(Right.SEE_FIGURES), response=answers(StudyOut))
def newest_map(request: HttpRequest, asked: Query[StudyAsked]) -> Any:
    """The newest map of a process: steps with their times, ways, rework, where it waits."""
    return _newest(request, asked, "map")


@router.post("/process-maps", auth=opened(Right.SUPERVISE_TICKETS), response=answers(JobOut, status=202))
def make_map(request: HttpRequest, wanted: StudyWanted) -> Any:
    """Ask for the map of a process, a job; done, it is the newest one."""
    return _begun(request, ask_map(**_given(request, wanted)))


@router.get("/process-what-ifs", auth=opened(Right.SEE_FIGURES), response=answers(StudyOut))
def newest_what_if(request: HttpRequest, asked: Query[StudyAsked]) -> Any:
    """The newest what-if of a process: hours from beginning to end before and after, with their range."""
    return _newest(request, asked, "what_if")


@router.post("/process-what-ifs", auth=opened(Right.SUPERVISE_TICKETS), response=answers(JobOut, status=202))
def play(request: HttpRequest, wanted: WhatIfWanted) -> Any:
    """Ask what a change would do, a job; done, it is the newest one."""
    given = _given(request, wanted)
    change = Change(staff=wanted.staff, removed=frozenset(wanted.removed), limits=wanted.limits)
    return _begun(request, ask_what_if(**given, change=change, is_round_the_clock=wanted.is_round_the_clock))


@router.post("/process-logs", auth=opened(Right.SUPERVISE_TICKETS), response=answers(JobOut, status=202))
def write_log(request: HttpRequest, wanted: LogWanted) -> Any:
    """Ask for the log of a process as XES, a job: persons stand in it as numbers. Its file is that of the study."""
    return _begun(request, ask_log(**_given(request, wanted), why=" ".join(wanted.why.split())))


@router.get("/process-logs", auth=opened(Right.SUPERVISE_TICKETS), response=answers(StudyOut))
def newest_log(request: HttpRequest, asked: Query[StudyAsked]) -> Any:
    """What the newest log of a process holds; its ``number`` names the file."""
    return _newest(request, asked, "log")


@router.get(
    "/process-logs/{number}/file",
    auth=opened(Right.SUPERVISE_TICKETS),
    response=answers(None),
    openapi_extra={
        "responses": {200: {"content": {"application/xml": {"schema": {"type": "string", "format": "binary"}}}}}
    },
)
def log_file(request: HttpRequest, number: NumberInPath) -> HttpResponseBase:
    """The file of a log, until it expires; handing it out is recorded."""
    actor = actor_of(request)
    handed = hand_out_log(request, find_study(actor=actor, number=number), actor=actor)
    if handed is None:
        raise Http404
    return handed


def _newest(request: HttpRequest, asked: StudyAsked, kind: str) -> StudyRow:
    refuse_unknown(request, StudyAsked)
    actor = actor_of(request)
    unit = find_unit(actor=actor, unit_id=asked.unit)
    if unit is None or asked.process not in list_processes(on=day_of(timezone.now())):
        raise Http404
    found = newest_study(actor=actor, unit=unit, process=asked.process, kind=kind)
    if found is None:
        raise Http404
    return found


def _given(request: HttpRequest, wanted: StudyWanted) -> dict[str, Any]:
    actor = actor_of(request)
    unit = find_unit(actor=actor, unit_id=wanted.unit)
    if unit is None or wanted.process not in list_processes(on=day_of(timezone.now())):
        raise Http404
    asked = {"unit_id": unit.unit_id, "process": wanted.process, "since": wanted.since}
    return {"by": actor, "now": timezone.now(), **asked}


def _begun(request: HttpRequest, number: int) -> Any:
    job = find_job(actor=actor_of(request), number=number)
    if job is None:
        raise Http404
    return Status(202, job_of(job))
