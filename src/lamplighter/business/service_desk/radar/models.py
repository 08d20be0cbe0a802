"""The radar on the desk: what customers brought on any channel, what it was told, and the cases it opened."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes


class Heard(Scoped):
    """Something a customer brought, brought together from tickets, conversations and contacts.

    It holds no word of anybody; what was said stands where it was said.

    Attributes:
        source, number: where it stands.
        at: when it was brought.
        account_id, area_id, area_name: of the customer; empty where nobody knows.
        topic: intent it was read as.
        is_complaint: whether a complaint was raised in it.
        ticket: number of the ticket that carries it; None without one.
        before: what the same customer had brought last within the days of a repeat; None.
        was_open: whether that one was still open then.
        times: how often the customer came within these days, this time included.
        satisfaction: what the customer said when it was over; empty while nobody knows.
    """

    source = models.CharField(max_length=16)
    number = models.BigIntegerField()
    at = models.DateTimeField()
    account_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    area_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    topic = models.CharField(max_length=64, db_index=True)
    is_complaint = models.BooleanField(default=False)
    ticket = models.BigIntegerField(null=True)
    before = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="after")
    was_open = models.BooleanField(default=False)
    times = models.IntegerField(default=1)
    satisfaction = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "number"], name="radar_heard_once")]
        indexes: ClassVar = [*unit_indexes("radar_heard", "-at"), models.Index(fields=["at"], name="radar_heard_at_ix")]

    def __str__(self) -> str:
        return f"{self.source} {self.number}"


class Citation(models.Model):
    """A clause that a conversation was told, and what followed; ``trouble`` is empty where nothing did."""

    heard = models.ForeignKey(Heard, on_delete=models.CASCADE, related_name="citations")
    edge = models.CharField(max_length=128, db_index=True)
    trouble = models.CharField(max_length=16, blank=True)

    objects: ClassVar[models.Manager[Citation]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["heard", "edge"], name="radar_citation_once")]

    def __str__(self) -> str:
        return f"{self.heard_id} {self.edge}"


class RadarCase(Scoped):
    """A suspected trouble of an area: the ticket it opened, and what customers brought behind it.

    Attributes:
        kind: outage or voltage.
        ticket: number of its ticket.
        is_open: whether the ticket is; of an area and kind one is at most.
        opened_at, last_at: when it was opened, and when somebody was last added.
        count, expected, chance: as tested when it was opened; see `Measured`.
    """

    kind = models.CharField(max_length=16)
    area_id = models.CharField(max_length=ID_LENGTH)
    area_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    ticket = models.BigIntegerField(null=True)
    is_open = models.BooleanField(default=True)
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField()
    count = models.IntegerField()
    expected = models.FloatField()
    chance = models.FloatField()
    members = models.ManyToManyField(Heard, related_name="cases")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["area_id", "kind"], condition=models.Q(is_open=True), name="radar_case_open_once"
            )
        ]
        indexes = unit_indexes("radar_case", "-opened_at")

    def __str__(self) -> str:
        return f"{self.kind} {self.area_id}"
