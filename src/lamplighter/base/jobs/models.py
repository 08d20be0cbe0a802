"""The table of jobs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.jobs.records import JobState


class Job(models.Model):
    """A job, see `records.JobRow`.

    Attributes:
        staff_id: who asked.
        actor: who asked as what: his unit, level and roles at that time.
        language: in which language the job speaks.
        worker: who works at it.
        task_id: the task that wakes a worker for this attempt.
        alive_at: when the worker last gave a sign of life.
    """

    kind = models.CharField(max_length=64)
    given = models.JSONField(default=dict)
    staff_id = models.BigIntegerField()
    actor = models.JSONField(default=dict)
    language = models.CharField(max_length=8)
    state = models.CharField(max_length=16, default=JobState.WAITING.value)
    attempt = models.PositiveIntegerField(default=1)
    worker = models.CharField(max_length=80, blank=True)
    task_id = models.CharField(max_length=64, blank=True)
    step = models.CharField(max_length=200, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    is_cancel_asked = models.BooleanField(default=False)
    failure = models.TextField(blank=True)
    result = models.JSONField(default=dict)

    objects: ClassVar[models.Manager[Job]] = models.Manager()

    class Meta:
        indexes = (
            models.Index(fields=["staff_id", "-id"], name="jobs_job_staff_ix"),
            models.Index(fields=["state", "alive_at"], name="jobs_job_state_ix"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
