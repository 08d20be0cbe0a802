"""What the desk was last loaded with, which nights were closed, and which were missed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Load(models.Model):
    """One loading of the desk from a state of the lake; the newest says how fresh every page is.

    Attributes:
        generation: state of the lake.
        company: name of the company.
        timezone: IANA zone its clocks run in.
        night_on: newest night worked; None before the first.
        list_on: night the list of suspicions is of; None where none was made.
        worked_at: when the losses were computed.
        received_at: when the newest file came in.
        loaded_at: when the desk was loaded.
        counts: rows by table.
    """

    generation = models.BigIntegerField()
    company = models.CharField(max_length=200)
    timezone = models.CharField(max_length=64)
    night_on = models.DateField(null=True)
    list_on = models.DateField(null=True)
    worked_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField()
    counts = models.JSONField(default=dict)

    objects: ClassVar[models.Manager[Load]] = models.Manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.company} {self.night_on}"


class Night(models.Model):
    """A night of the company, one a day of its calendar, however often it was begun.

    Attributes:
        due_on: day on whose small hours it was due, on the company's own clock.
        state: running, closed or failed.
        attempt: how often the schedule began it.
        begun_at: when its last attempt began.
        closed_at: when everything was on the desk; None before.
        done: step -> what it came to; a night that was stopped leaves out what stands here.
        failure: why its last attempt ended; empty where it did not fail.
        by: schedule, or command.
    """

    due_on = models.DateField(unique=True)
    state = models.CharField(max_length=16)
    attempt = models.PositiveIntegerField(default=0)
    begun_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    done = models.JSONField(default=dict)
    failure = models.TextField(blank=True)
    by = models.CharField(max_length=16)

    objects: ClassVar[models.Manager[Night]] = models.Manager()

    class Meta:
        ordering = ("due_on",)

    def __str__(self) -> str:
        return f"{self.due_on} {self.state}"


class MissedNight(models.Model):
    """A night that was not closed by the hour of the alarm; it stays on record when it is closed after all."""

    due_on = models.DateField(unique=True)
    noticed_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[MissedNight]] = models.Manager()

    class Meta:
        ordering = ("due_on",)

    def __str__(self) -> str:
        return f"{self.due_on}"


def newest_load() -> Load | None:
    """Return the newest loading; None on a desk that was never loaded."""
    return Load.objects.last()
