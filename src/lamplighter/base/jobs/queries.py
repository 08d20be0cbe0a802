"""Reads of jobs: everybody sees his own."""

from __future__ import annotations

import datetime as dt

from lamplighter.base.desk.listing import Ask, Listing, Part, one_of
from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.records import JobRow, JobState
from lamplighter.base.security.actor import Actor


def list_jobs(*, actor: Actor, ask: Ask) -> Part[JobRow]:
    """Return a page of the actor's own jobs, newest first."""
    listing = Listing(
        record=_row,
        order=("-id",),
        sorts={"asked": "asked_at"},
        filters={"state": one_of("state", [state.value for state in JobState])},
    )
    return listing.answer(Job.objects.filter(staff_id=actor.staff_id), ask)


def find_job(*, actor: Actor, number: int) -> JobRow | None:
    """Return one of the actor's own jobs; None where there is none, or it is another person's."""
    job = Job.objects.filter(staff_id=actor.staff_id, pk=number).first()
    return None if job is None else _row(job)


def _row(job: Job) -> JobRow:
    return JobRow(
        number=job.pk,
        kind=job.kind,
        state=JobState(job.state),
        attempt=job.attempt,
        step=job.step,
        done=job.done,
        total=job.total,
        asked_at=job.asked_at,
        finished_at=job.finished_at,
        failure=job.failure,
        given=job.given,
        result=job.result,
        is_cancel_asked=job.is_cancel_asked,
    )


def oldest_waiting_since() -> dt.datetime | None:
    """Return when the job was asked for that has waited longest for a worker; None while none waits."""
    waiting = Job.objects.filter(state=JobState.WAITING.value)
    return waiting.order_by("asked_at").values_list("asked_at", flat=True).first()


def is_open(kind: str) -> bool:
    """Say whether a job of a kind waits or runs, whoever asked for it."""
    return Job.objects.filter(kind=kind, state__in=[state.value for state in JobState if state.is_open]).exists()
