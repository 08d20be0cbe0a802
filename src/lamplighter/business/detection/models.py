"""Suspicions on the desk: what the newest list says of an account, and what people made of it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes


class Suspicion(Scoped):
    """An account of the list that deserves a look; it keeps its number from night to night.

    Attributes:
        is_listed: among the rows of the newest list; others are kept for what people made of them.
        first_listed_on: night it first came among these rows.
        colour: red, orange, yellow; ``none`` for an account that is here only because its visit was drawn at random.
        is_new: had no colour, or a weaker one, in the list before.
        is_random: its visit was drawn at random; shown to nobody who may make the visit.
        state: what people made of it, see ``SuspicionState``.
        main_reason: code of the weightiest reason for it; empty where the layers' scores speak only together.
        card: the evidence card without the account, as ``journeys.desk_loading`` writes it.
    """

    account_id = models.CharField(max_length=ID_LENGTH, unique=True)
    meter_id = models.CharField(max_length=ID_LENGTH)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    area_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    customer_class = models.CharField(max_length=32, blank=True)
    is_protected = models.BooleanField(default=False)
    is_listed = models.BooleanField(default=True)
    as_of_on = models.DateField()
    first_listed_on = models.DateField()
    rank = models.IntegerField()
    theft_probability = models.FloatField()
    expected_kwh = models.FloatField(null=True)
    expected_yuan = models.FloatField()
    colour = models.CharField(max_length=8)
    is_new = models.BooleanField()
    is_random = models.BooleanField()
    state = models.CharField(max_length=16)
    main_reason = models.CharField(max_length=64, blank=True)
    card = models.JSONField(default=dict)

    class Meta:
        # A station is sorted in passing; a province is read in the order asked for, until a page is full.
        indexes = (
            *unit_indexes("detection_susp", "rank"),
            models.Index(fields=["expected_yuan"], name="detection_susp_yuan_ix"),
            models.Index(fields=["theft_probability"], name="detection_susp_theft_ix"),
            models.Index(fields=["expected_kwh"], name="detection_susp_kwh_ix"),
            models.Index(fields=["area_name"], name="detection_susp_area_ix"),
            models.Index(fields=["colour", "state"], name="detection_susp_colour_ix"),
        )

    def __str__(self) -> str:
        return f"{self.meter_id} {self.colour}"


class SuspicionTotal(models.Model):
    """The coloured suspicions of a unit and everything below it, by colour."""

    unit_id = models.CharField(max_length=ID_LENGTH)
    colour = models.CharField(max_length=8)
    count = models.IntegerField()
    new_count = models.IntegerField()
    expected_kwh = models.FloatField()
    expected_yuan = models.FloatField()

    objects: ClassVar[models.Manager[SuspicionTotal]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit_id", "colour"], name="detection_total")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.colour}"


class SuspicionDecision(models.Model):
    """What somebody decided about a suspicion, and why; only ever added to.

    Attributes:
        state: what it came to, see ``SuspicionState``.
        reason: code of the list ``DISMISSALS`` where it was dismissed.
        note: what he wrote.
    """

    suspicion = models.ForeignKey(Suspicion, on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField()
    by_id = models.CharField(max_length=ID_LENGTH)
    by_name = models.CharField(max_length=200)
    state = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)

    objects: ClassVar[models.Manager[SuspicionDecision]] = models.Manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.suspicion_id} {self.state}"
