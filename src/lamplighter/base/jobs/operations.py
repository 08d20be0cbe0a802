"""Ask for a job, cancel it, try it again, and take up what a dead worker left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.records import JobState
from lamplighter.base.jobs.registry import function_of
from lamplighter.base.jobs.tasks import work
from lamplighter.base.messages import LANGUAGES, language, speaking, text
from lamplighter.base.security.actor import Actor, write_actor

LOST_AFTER: Final = dt.timedelta(seconds=30)
"""A worker that gave no sign of life for so long is given up; it beats every second."""
MOST_ATTEMPTS: Final = 3
"""A job that killed so many workers is not given to another."""
TASKS_KEPT: Final = dt.timedelta(days=2)


def start_job(*, kind: str, given: Mapping[str, Any], by: Actor, now: dt.datetime) -> int:
    """Ask for a job and return its number; it is worked once the transaction around it holds.

    Args:
        kind: see `registry.job_kind`.
        given: what it is asked with: words, numbers, lists and mappings of these.
        by: who asks; the job runs with the unit and the rights he has now.
        now: when.

    Raises:
        JobKindUnknown: no module registered the kind.
    """
    function_of(kind)
    with transaction.atomic():
        job = Job.objects.create(
            kind=kind,
            given=dict(given),
            staff_id=by.staff_id,
            actor=write_actor(by),
            language=language(),
            asked_at=now,
        )
        _wake(job)
    return job.pk


def cancel_job(*, number: int, by: Actor, now: dt.datetime) -> bool:
    """Stop a job of one's own: at once where it waits, at its next step where it runs; False where it has ended."""
    own = Job.objects.filter(pk=number, staff_id=by.staff_id)
    if own.filter(state=JobState.WAITING.value).update(state=JobState.CANCELLED.value, finished_at=now):
        return True
    return bool(own.filter(state=JobState.RUNNING.value).update(is_cancel_asked=True))


def retry_job(*, number: int, by: Actor) -> bool:
    """Try a job of one's own again that failed or was cancelled; False where it did not."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=number, staff_id=by.staff_id).first()
        if job is None or job.state not in (JobState.FAILED.value, JobState.CANCELLED.value):
            return False
        _again(job)
    return True


def take_up_lost(*, now: dt.datetime) -> int:
    """Give jobs whose worker died to another, or fail those that were lost too often; return how many there were.

    A worker can die before it claimed the job its task named, too: such a job waits for a bell that has rung.
    """
    lost_before = now - LOST_AFTER
    is_silent = Q(state=JobState.RUNNING.value, alive_at__lt=lost_before)
    waits_long = Q(state=JobState.WAITING.value, asked_at__lt=lost_before)
    count = 0
    for number in list(Job.objects.filter(is_silent | waits_long).values_list("pk", flat=True)):
        with transaction.atomic():
            job = Job.objects.select_for_update().filter(is_silent | waits_long, pk=number).first()
            if job is None or (job.state == JobState.WAITING.value and not _has_rung(job, lost_before)):
                continue
            count += 1
            DBTaskResult.objects.filter(pk=job.task_id, status=TaskResultStatus.RUNNING).update(
                status=TaskResultStatus.FAILED, finished_at=now
            )
            if job.attempt < MOST_ATTEMPTS:
                _again(job)
                continue
            spoken = next((each for each in LANGUAGES if each == job.language), LANGUAGES[0])
            with speaking(spoken):
                job.failure = text("jobs.lost", count=job.attempt)
            job.state, job.finished_at = JobState.FAILED.value, now
            job.save(update_fields=["state", "failure", "finished_at"])
    return count


def remove_old_tasks(*, now: dt.datetime) -> int:
    """Remove tasks that ended long ago, and return how many; the jobs themselves stay."""
    ended = (TaskResultStatus.SUCCESSFUL, TaskResultStatus.FAILED)
    removed, _ = DBTaskResult.objects.filter(status__in=ended, finished_at__lt=now - TASKS_KEPT).delete()
    return removed


def _has_rung(job: Job, lost_before: dt.datetime) -> bool:
    bell = DBTaskResult.objects.filter(pk=job.task_id).first() if job.task_id else None
    if bell is None:
        return True
    return bell.status != TaskResultStatus.READY and bool(bell.started_at and bell.started_at < lost_before)


def _again(job: Job) -> None:
    job.attempt += 1
    job.state, job.is_cancel_asked = JobState.WAITING.value, False
    job.step, job.done, job.total, job.failure = "", 0, None, ""
    job.started_at = job.alive_at = job.finished_at = None
    job.save()
    _wake(job)


def _wake(job: Job) -> None:
    job.task_id = str(work.enqueue(job.pk, job.attempt).id)
    job.save(update_fields=["task_id"])
