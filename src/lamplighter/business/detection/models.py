"""Detection on the desk: suspicions and what people made of them, outcomes and what they say of the models."""

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
            # All a list asks for stands in its index, so that it is counted and paged without a look at the rows.
            *unit_indexes("detection_susp_l", "is_listed", "rank", "id"),
            *unit_indexes("detection_susp_c", "is_listed", "colour", "rank", "id", "state"),
            models.Index(fields=["expected_yuan"], name="detection_susp_yuan_ix"),
            models.Index(fields=["theft_probability"], name="detection_susp_theft_ix"),
            models.Index(fields=["expected_kwh"], name="detection_susp_kwh_ix"),
            models.Index(fields=["area_name"], name="detection_susp_area_ix"),
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


class OutcomeEntry(Scoped):
    """An outcome beside what the list had said before the inspection; written by the nightly loading alone.

    Attributes:
        way: ranked, drawn or otherwise; shown to nobody who may make visits.
        crew: who went: the crew of the plan, otherwise the finders of the case; empty where neither is known.
        case_number: the case it came from; None for an imported one.
    """

    account_id = models.CharField(max_length=ID_LENGTH)
    inspected_on = models.DateField()
    outcome = models.CharField(max_length=32)
    recovered_kwh = models.FloatField(null=True)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True)
    area_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    list_on = models.DateField(null=True)
    rank = models.IntegerField(null=True)
    colour = models.CharField(max_length=8, blank=True)
    theft_probability = models.FloatField(null=True)
    model_version = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=16)
    crew = models.CharField(max_length=300, blank=True)
    case_number = models.BigIntegerField(null=True)

    class Meta:
        indexes = unit_indexes("detection_outcome", "-inspected_on")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account_id", "inspected_on"], name="detection_outcome_once")
        ]

    def __str__(self) -> str:
        return f"{self.inspected_on} {self.outcome}"


class OutcomeTally(models.Model):
    """Outcomes of a unit and everything below it, counted by one thing.

    Attributes:
        by: all, year, month, model, station, area, crew, colour, way, or calibration.
        value: which; for a calibration the model and the lower edge of its bin, joined by ``|``.
        words: what people call it, where the value alone says nothing.
        visits: with a result; ``no_access`` those without.
        hits: thefts; ``finds`` thefts, breaches and metering faults.
        low, high: 95 % interval of the share of hits.
        predicted: mean probability of the list; only in a calibration.
    """

    unit_id = models.CharField(max_length=ID_LENGTH)
    by = models.CharField(max_length=16)
    value = models.CharField(max_length=300)
    words = models.CharField(max_length=300, blank=True)
    visits = models.IntegerField()
    no_access = models.IntegerField()
    hits = models.IntegerField()
    finds = models.IntegerField()
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    predicted = models.FloatField(null=True)

    objects: ClassVar[models.Manager[OutcomeTally]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["unit_id", "by", "value"], name="detection_tally")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.by} {self.value}"


class UnitRate(models.Model):
    """The estimated share of a unit's accounts that steal, corrected for how visits were chosen; see ``TrueRate``."""

    unit_id = models.CharField(max_length=ID_LENGTH, unique=True)
    rate = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    hit_rate = models.FloatField()
    visits = models.IntegerField()
    drawn = models.IntegerField()
    effective_drawn = models.FloatField()
    no_access = models.IntegerField()

    objects: ClassVar[models.Manager[UnitRate]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.unit_id} {self.rate:.3f}"


class ModelEntry(models.Model):
    """A model that could make lists, as the lake keeps it; its trees stay there.

    Attributes:
        state: released, earlier, candidate or packaged.
        card: what it was trained on, how well it did, what it cannot see.
        drift: day of a list -> the features that moved most since training, see ``FeatureDrift``.
    """

    version = models.CharField(max_length=200, unique=True)
    is_packaged = models.BooleanField()
    state = models.CharField(max_length=16)
    made_at = models.DateTimeField(null=True)
    trained_on = models.DateField(null=True)
    released_at = models.DateTimeField(null=True)
    outcomes = models.IntegerField()
    thefts = models.IntegerField()
    card = models.JSONField(default=dict)
    drift = models.JSONField(default=dict)

    objects: ClassVar[models.Manager[ModelEntry]] = models.Manager()

    def __str__(self) -> str:
        return self.version


class ReleaseEntry(models.Model):
    """A model put to use, as the lake keeps it."""

    released_at = models.DateTimeField(unique=True)
    version = models.CharField(max_length=200)
    replaced = models.CharField(max_length=200)
    reason = models.TextField()
    proposed_by = models.CharField(max_length=200)
    approved_by = models.CharField(max_length=200)

    objects: ClassVar[models.Manager[ReleaseEntry]] = models.Manager()

    class Meta:
        ordering = ("-released_at",)

    def __str__(self) -> str:
        return self.version


class ReleaseProposal(models.Model):
    """A release somebody asked for, which waits for a second person.

    Attributes:
        state: waiting, approved or refused.
        answer: why it was refused, or what was said at approval.
    """

    version = models.CharField(max_length=200)
    reason = models.TextField()
    proposed_by_id = models.BigIntegerField()
    proposed_by = models.CharField(max_length=200)
    proposed_at = models.DateTimeField()
    state = models.CharField(max_length=16, default="waiting")
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)

    objects: ClassVar[models.Manager[ReleaseProposal]] = models.Manager()

    class Meta:
        # Two people who propose at once leave one proposal to be decided.
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="waiting"), name="detection_one_release_waits"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.state}"


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
