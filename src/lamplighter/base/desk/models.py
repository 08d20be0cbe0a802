"""What the desk was last loaded with."""

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


def newest_load() -> Load | None:
    """Return the newest loading; None on a desk that was never loaded."""
    return Load.objects.last()
