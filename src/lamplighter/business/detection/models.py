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
        indexes = unit_indexes("detection_susp", "rank")

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


class PeerShape(models.Model):
    """The daily curve of a suspect meter beside customers of its class nearby, as the night's loading drew it.

    Attributes:
        account_id: account of the suspicion.
        first_on: first day.
        peer_count: comparable customers; 0 = too few for a band.
        own, low, mid, high: kWh a day, one value a day, null = not known; the band is empty without peers.
    """

    account_id = models.CharField(max_length=ID_LENGTH, unique=True)
    meter_id = models.CharField(max_length=ID_LENGTH)
    first_on = models.DateField()
    peer_count = models.IntegerField()
    own = models.JSONField()
    low = models.JSONField()
    mid = models.JSONField()
    high = models.JSONField()

    objects: ClassVar[models.Manager[PeerShape]] = models.Manager()

    def __str__(self) -> str:
        return self.meter_id


class ArchiveProposal(Scoped):
    """A correction of the archive the night proposes; it keeps its number as long as the same is proposed.

    Attributes:
        area_id: area the archive has the meter on; the units are that area's.
        account_id: account; never shown as it is.
        recorded, proposed: area or phase; ``proposed`` is empty where the meter hangs on no area looked at.
        status: how far it carries, see ``ProposalStatus``.
        basis: what it rests on, codes joined by ``;``.
        since_on: first day of it; null = the whole window.
        moved_kwh, home_mended_kwh, away_mended_kwh: what the move does to the loss of both areas over the window.
        is_listed: among the newest night's proposals.
        state: what people made of it, see ``ProposalState``.
    """

    meter_id = models.CharField(max_length=ID_LENGTH)
    kind = models.CharField(max_length=16)
    account_id = models.CharField(max_length=ID_LENGTH, blank=True)
    area_id = models.CharField(max_length=ID_LENGTH, db_index=True)
    recorded = models.CharField(max_length=ID_LENGTH)
    proposed = models.CharField(max_length=ID_LENGTH, blank=True)
    as_of_on = models.DateField()
    confidence = models.FloatField()
    status = models.CharField(max_length=16)
    basis = models.CharField(max_length=200, blank=True)
    since_on = models.DateField(null=True)
    moved_kwh = models.FloatField(null=True)
    home_mended_kwh = models.FloatField(null=True)
    away_mended_kwh = models.FloatField(null=True)
    is_listed = models.BooleanField(default=True)
    state = models.CharField(max_length=16)

    class Meta:
        indexes = unit_indexes("detection_prop", "area_id")
        constraints: ClassVar = [
            # What is proposed is part of what it is: another value is another proposal, which nobody decided about.
            models.UniqueConstraint(fields=["meter_id", "kind", "recorded", "proposed"], name="detection_proposal_once")
        ]

    def __str__(self) -> str:
        return f"{self.meter_id} {self.recorded} {self.proposed}"


class ProposalDecision(models.Model):
    """What somebody decided about a correction of the archive, and why; only ever added to.

    Attributes:
        state: accepted or refused, see ``ProposalState``.
        reason: code of its ground, see ``archive_repair.desk_operations.GROUNDS``.
        note: what he wrote: where he looked.
        told_at: when it reached the lake; null = not yet.
    """

    proposal = models.ForeignKey(ArchiveProposal, on_delete=models.PROTECT, related_name="decisions")
    at = models.DateTimeField()
    by_id = models.CharField(max_length=ID_LENGTH)
    by_name = models.CharField(max_length=200)
    state = models.CharField(max_length=16)
    reason = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True)
    told_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[ProposalDecision]] = models.Manager()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.proposal_id} {self.state}"
