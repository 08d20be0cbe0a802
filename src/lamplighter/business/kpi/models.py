"""What of the figures the desk keeps: counts by month and station, appraisals as they were issued, and appeals."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import Scoped, unit_indexes


class Tally(Scoped):
    """Counts of one figure, month and station; every unit and period is a sum of them.

    Attributes:
        group: class of tickets, or topic of complaints.
        person: by name; empty wherever figures by person are not allowed.
    """

    code = models.CharField(max_length=16)
    month = models.DateField()
    group = models.CharField(max_length=64, blank=True)
    team = models.CharField(max_length=200, blank=True)
    person = models.CharField(max_length=300, blank=True)
    hits = models.FloatField()
    total = models.FloatField()

    class Meta:
        indexes: ClassVar = [*unit_indexes("kpi_tally", "month"), models.Index(fields=["month"], name="kpi_tally_ix")]

    def __str__(self) -> str:
        return f"{self.code} {self.month} {self.station_id}"


class Counting(models.Model):
    """One counting; the newest says how fresh the figures are.

    Attributes:
        counted_at: when it began.
        tickets: how many tickets were looked at; ``counts`` how many rows it made.
    """

    counted_at = models.DateTimeField()
    tickets = models.IntegerField()
    counts = models.IntegerField()

    objects: ClassVar[models.Manager[Counting]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.counted_at}"
