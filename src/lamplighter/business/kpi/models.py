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


class Study(Scoped):
    """What was found in the log of one process of a unit, or what a change would do to it.

    Attributes:
        unit_id: the unit; the study is of it and everything below.
        process: class of tickets, or the process of cases.
        kind: map, what_if or log.
        given: what was asked: first day, and the change or the reason.
        result: map or forecast, as ``studies`` writes it; of a log its file.
        made_at: when; ``by_name`` who asked.
    """

    unit_id = models.CharField(max_length=64)
    process = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    given = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["unit_id", "process", "kind", "made_at"], name="kpi_study_ix")]

    def __str__(self) -> str:
        return f"{self.process} {self.kind} {self.unit_id}"


class Appraisal(Scoped):
    """The figures of a unit and period as they were issued; they do not change with what is counted later.

    Attributes:
        unit_id: the unit; ``unit_name`` as it was called.
        first, last: months.
        figures: each as it stood: code, value, interval, counts, target, guards.
        issued_at: when; ``by_id``, ``by_name`` by whom.
    """

    unit_id = models.CharField(max_length=64)
    unit_name = models.CharField(max_length=200)
    first = models.DateField()
    last = models.DateField()
    figures = models.JSONField()
    issued_at = models.DateTimeField()
    by_id = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)

    class Meta:
        indexes: ClassVar = unit_indexes("kpi_appraisal", "last")

    def __str__(self) -> str:
        return f"{self.unit_name} {self.first:%Y-%m}"


class Appeal(models.Model):
    """Somebody holds that a figure of an appraisal is wrong, and what became of it.

    Attributes:
        code: of the figure.
        words: why; ``answer`` what was decided and why, empty before it.
        is_upheld: None before it is decided.
    """

    appraisal = models.ForeignKey(Appraisal, on_delete=models.PROTECT, related_name="appeals")
    code = models.CharField(max_length=16)
    words = models.TextField()
    made_at = models.DateTimeField()
    by_id = models.CharField(max_length=64)
    by_name = models.CharField(max_length=200)
    is_upheld = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=200, blank=True)

    objects: ClassVar[models.Manager[Appeal]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.appraisal_id} {self.code}"


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
