"""Planning on the desk: the night's list with its places, crews, what is known of single visits, and plans of days."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes

NAME_LENGTH = 100


class VisitCandidate(Scoped):
    """A row of the night's list with what planning needs of it; written by the nightly loading alone."""

    account_id = models.CharField(max_length=ID_LENGTH, unique=True)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True)
    area_name = models.CharField(max_length=200, blank=True)
    as_of_on = models.DateField()
    rank = models.IntegerField()
    theft_probability = models.FloatField()
    expected_kwh = models.FloatField(null=True)
    expected_yuan = models.FloatField()
    colour = models.CharField(max_length=8)
    checks = models.CharField(max_length=500, blank=True)
    supply_kv = models.FloatField()
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)
    is_random = models.BooleanField()
    propensity = models.FloatField(null=True)
    is_spared = models.BooleanField()

    class Meta:
        indexes = unit_indexes("planning_candidate", "rank")

    def __str__(self) -> str:
        return f"{self.rank}"


class AreaPlace(Scoped):
    """Where an area lies, degrees; areas without a position have no row."""

    area_id = models.CharField(max_length=ID_LENGTH, unique=True)
    longitude = models.FloatField()
    latitude = models.FloatField()

    class Meta:
        indexes = unit_indexes("planning_place")

    def __str__(self) -> str:
        return self.area_id


class VisitNote(Scoped):
    """What a leader knows of a visit: a danger, an order. It holds until it is changed."""

    account_id = models.CharField(max_length=ID_LENGTH, unique=True)
    danger = models.CharField(max_length=16, blank=True)
    window_from = models.FloatField(null=True)
    window_to = models.FloatField(null=True)
    is_required = models.BooleanField(default=False)
    said_by = models.CharField(max_length=NAME_LENGTH)
    said_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.danger


class CrewEntry(Scoped):
    """Persons who go together; two of them, or the crew cannot go. Times are minutes after midnight."""

    unit_id = models.CharField(max_length=ID_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH)
    lunch_from = models.FloatField(null=True)
    lunch_to = models.FloatField(null=True)
    lunch_minutes = models.FloatField(default=0.0)
    longitude = models.FloatField(null=True)
    latitude = models.FloatField(null=True)

    class Meta:
        indexes = unit_indexes("planning_crew", "name")
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit_id", "name"], name="planning_crew_once")]

    def __str__(self) -> str:
        return self.name


class CrewMember(models.Model):
    """A person of a crew: working time, certificate. ``person_id`` is the name he logs in with, where he does."""

    crew = models.ForeignKey(CrewEntry, on_delete=models.CASCADE, related_name="members")
    person_id = models.CharField(max_length=NAME_LENGTH)
    shift_from = models.FloatField()
    shift_to = models.FloatField()
    level = models.CharField(max_length=1, blank=True)
    valid_to = models.DateField(null=True)
    skills = models.JSONField(default=list)
    barred = models.JSONField(default=list)

    objects: ClassVar[models.Manager[CrewMember]] = models.Manager()

    def __str__(self) -> str:
        return self.person_id


class DayPlan(Scoped):
    """A unit's plan of a day, with the crews it was made with.

    Attributes:
        version: counts every change; whoever changes names the one he saw.
        crews: as they were when it was made, see ``desk_rows.crew_to_json``.
        visit_yuan: flat cost of a visit the list has taken off.
        is_cut_short: the search was ended by its guard of time.
    """

    unit_id = models.CharField(max_length=ID_LENGTH)
    on_date = models.DateField()
    as_of_on = models.DateField()
    version = models.IntegerField(default=1)
    crews = models.JSONField()
    visit_yuan = models.FloatField()
    is_cut_short = models.BooleanField(default=False)
    changed_by = models.CharField(max_length=NAME_LENGTH)
    changed_at = models.DateTimeField()

    class Meta:
        indexes = unit_indexes("planning_day", "on_date")
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit_id", "on_date"], name="planning_day_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.on_date}"


class PlanVisit(models.Model):
    """A suspicion in a plan: its stop, or its reason. It keeps what the list said when the plan was made."""

    plan = models.ForeignKey(DayPlan, on_delete=models.CASCADE, related_name="visits")
    account_id = models.CharField(max_length=ID_LENGTH)
    area_name = models.CharField(max_length=200, blank=True)
    rank = models.IntegerField()
    suspicion = models.JSONField()
    note = models.JSONField(default=dict)
    crew = models.CharField(max_length=200, blank=True)
    place = models.IntegerField(default=0)
    is_locked = models.BooleanField(default=False)
    why = models.CharField(max_length=16, blank=True)

    objects: ClassVar[models.Manager[PlanVisit]] = models.Manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["plan", "crew", "place"], name="planning_visit_order_ix")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["plan", "account_id"], name="planning_visit_once")]

    def __str__(self) -> str:
        return f"{self.crew} {self.place}"
