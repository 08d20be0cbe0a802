"""The one task of django-tasks: wake a worker for an attempt at a job."""

from __future__ import annotations

import logging

from django.utils import timezone
from django_tasks import TaskContext, task

from lamplighter.base.disk import full_disk_told
from lamplighter.base.errors import LamplighterError
from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.records import JobState
from lamplighter.base.jobs.registry import function_of
from lamplighter.base.jobs.running import JobCancelled, JobOvertaken, JobRun, Pulse, ThreadPulse
from lamplighter.base.messages import LANGUAGES, speaking, text
from lamplighter.base.security.actor import read_actor
from lamplighter.base.security.audit.recording import standing

log = logging.getLogger(__name__)


@task(takes_context=True)
def work(context: TaskContext, job_id: int, attempt: int) -> None:
    """Work one attempt at a job; what woke twice, or was cancelled meanwhile, is left alone."""
    workers = context.task_result.worker_ids
    work_job(job_id, attempt, worker=workers[-1] if workers else "", pulse=ThreadPulse(job_id, attempt))


def work_job(job_id: int, attempt: int, *, worker: str, pulse: Pulse) -> None:
    """Claim an attempt, run the job's function, and write what came of it as long as the attempt counts.

    Args:
        job_id: the job.
        attempt: the attempt the worker was woken for.
        worker: who works.
        pulse: signs of life of this attempt.
    """
    now = timezone.now()
    waiting = Job.objects.filter(pk=job_id, attempt=attempt, state=JobState.WAITING.value)
    if not waiting.update(state=JobState.RUNNING.value, worker=worker[:80], started_at=now, alive_at=now):
        log.info("jobs.not_mine", extra={"job": job_id, "attempt": attempt})
        return
    job = Job.objects.get(pk=job_id)
    actor = read_actor(job.actor)
    spoken = next((each for each in LANGUAGES if each == job.language), LANGUAGES[0])
    run = JobRun(job_id, job.given, actor, pulse)
    with speaking(spoken), standing(f"job {job_id}", lambda: actor):
        try:
            with pulse, full_disk_told():
                result = function_of(job.kind)(run)
        except JobOvertaken:
            log.warning("jobs.overtaken", extra={"job": job_id, "attempt": attempt})
        except JobCancelled:
            _end(run, JobState.CANCELLED)
        except LamplighterError as failure:
            _end(run, JobState.FAILED, failure=str(failure))
        except Exception:
            # Logged with its stack; who asked learns that it is ours to mend, and may try again.
            log.exception("jobs.defect", extra={"job": job_id, "kind": job.kind})
            _end(run, JobState.FAILED, failure=text("jobs.defect"))
        else:
            _end(run, JobState.DONE, result=dict(result))


def _end(run: JobRun, state: JobState, *, failure: str = "", result: dict[str, object] | None = None) -> None:
    mine = Job.objects.filter(pk=run.number, attempt=run.attempt, state=JobState.RUNNING.value)
    came_to = {"result": result} if result is not None else {}
    now = timezone.now()
    pulse = run.pulse
    if not mine.update(
        state=state.value, finished_at=now, failure=failure, done=pulse.done, total=pulse.total, **came_to
    ):
        log.warning("jobs.overtaken", extra={"job": run.number, "attempt": run.attempt})
