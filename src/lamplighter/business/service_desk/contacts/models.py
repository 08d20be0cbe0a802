"""Contacts on the desk: the conversation, what it lost, appeals, and samples rated by hand."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import Scoped, unit_indexes
from lamplighter.business.service_desk.contacts.records import NUMBER_LENGTH

SHA256_LENGTH = 64


class Contact(Scoped):
    """A conversation and its score.

    Attributes:
        contact_no: what the source calls it; one is taken once.
        agent_id, agent_name: who spoke for the company; None where a program did.
        begun_at, seconds: when it began and how long it took, where the channel keeps times.
        ticket_no: the ticket that came of it; empty without one.
        dialogue: the conversation, as the scoring reads it; ``digest`` its SHA-256.
        rubric: version it was scored by.
        total_first, total: points when it was scored, and after appeals.
        unjudged: ``item`` and ``why`` of what could not be judged.
        forgotten_at: when its words were taken out, having been kept long enough; None while they are there.
        promises: ``turn`` and ``words``; ``is_promise_open`` while one of them waits for its ticket.
    """

    contact_no = models.CharField(max_length=NUMBER_LENGTH, unique=True)
    channel = models.CharField(max_length=16)
    agent_id = models.BigIntegerField(null=True, db_index=True)
    agent_name = models.CharField(max_length=200, blank=True)
    unit_name = models.CharField(max_length=200, blank=True)
    begun_at = models.DateTimeField()
    seconds = models.FloatField(null=True)
    ended_by = models.CharField(max_length=16, blank=True)
    ticket_no = models.CharField(max_length=64, blank=True)
    dialogue = models.JSONField()
    digest = models.CharField(max_length=SHA256_LENGTH)
    rubric = models.CharField(max_length=32)
    total_first = models.FloatField()
    total = models.FloatField()
    is_vetoed = models.BooleanField()
    unjudged = models.JSONField(default=list)
    promises = models.JSONField(default=list)
    is_promise_open = models.BooleanField(default=False, db_index=True)
    taken_at = models.DateTimeField()
    forgotten_at = models.DateTimeField(null=True)

    class Meta:
        indexes = unit_indexes("contacts_contact", "-begun_at")

    def __str__(self) -> str:
        return self.contact_no


class Deduction(models.Model):
    """What a contact lost at one place.

    Attributes:
        item: code such as ``listening.silence``; ``weight`` the most its item costs.
        turn: number of the turn; None where it is about the whole.
        start, end: where in the turn's words, in one way of writing.
        fields: what the reason is filled with.
        state: stands, appealed, upheld or withdrawn.
        made_at: since when it is known; the agent may appeal from then on.
    """

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="deductions")
    item = models.CharField(max_length=64)
    turn = models.IntegerField(null=True)
    points = models.FloatField()
    weight = models.FloatField()
    start = models.IntegerField()
    end = models.IntegerField()
    fields = models.JSONField(default=dict)
    state = models.CharField(max_length=16)
    made_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Deduction]] = models.Manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["item", "state"], name="contacts_deduction_item_ix")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.item}"


class Appeal(models.Model):
    """An agent's appeal against a deduction, one at most, and the decision on it, which is never changed."""

    deduction = models.OneToOneField(Deduction, on_delete=models.PROTECT, related_name="appeal")
    reason = models.TextField()
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    decision = models.CharField(max_length=16, blank=True)
    decided_reason = models.TextField(blank=True)
    decided_by_id = models.BigIntegerField(null=True)
    decided_by_name = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True)
    total_before = models.FloatField(null=True)
    total_after = models.FloatField(null=True)

    objects: ClassVar[models.Manager[Appeal]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.deduction_id} {self.decision or 'open'}"


class Sample(Scoped):
    """A draw of contacts to be rated by hand: who drew, with which seed, from which days, how many of each agent."""

    seed = models.BigIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    per_agent = models.IntegerField()
    drawn_by_id = models.BigIntegerField()
    drawn_by_name = models.CharField(max_length=200)
    drawn_at = models.DateTimeField()

    class Meta:
        indexes = unit_indexes("contacts_sample", "drawn_at")

    def __str__(self) -> str:
        return f"{self.first_on}-{self.last_on} {self.seed}"


class SampledContact(models.Model):
    """A contact of a sample."""

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="contacts")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="sampled")

    objects: ClassVar[models.Manager[SampledContact]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sample", "contact"], name="contacts_sampled_once")]

    def __str__(self) -> str:
        return f"{self.sample_id} {self.contact_id}"


class Rating(models.Model):
    """What one person said of a contact by hand, item by item, before he saw what the rubric found."""

    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="ratings")
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=200)
    verdicts = models.JSONField()
    note = models.TextField(blank=True)
    made_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Rating]] = models.Manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["contact", "by_id"], name="contacts_rating_once")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.by_id}"


class JudgingRelease(models.Model):
    """Which items people judge alone from an instant on; never changed, a later one takes its place.

    Attributes:
        by_people: codes of the items.
        figures: of each item what it was decided on: kappa and pairs of ``persons`` and of the ``rubric`` with them.
        bound: least kappa then, of that version of the ``practice``.
        restores: the earlier release whose items these are, where somebody went back.
    """

    by_people = models.JSONField()
    figures = models.JSONField()
    bound = models.FloatField()
    practice = models.CharField(max_length=32)
    reason = models.TextField()
    restores = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    by_id = models.BigIntegerField()
    by_name = models.CharField(max_length=200)
    released_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager[JudgingRelease]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.pk} {', '.join(self.by_people)}"


class LessonWish(Scoped):
    """A lesson somebody asked for from a coaching card: for whom, on which item. Staff training takes it from here.

    Attributes:
        agent_id, agent_name: whom it is for.
        item: code of the check, such as ``empathy.soothing``.
        count, points: how often he lost it and what it cost, on the card it was asked from.
        contacts: numbers of the contacts that were its examples.
        note: what the lesson should be about.
        state: asked or withdrawn; ``closed_at`` since when it is no longer asked.
    """

    agent_id = models.BigIntegerField(db_index=True)
    agent_name = models.CharField(max_length=200)
    item = models.CharField(max_length=64)
    count = models.IntegerField()
    points = models.FloatField()
    contacts = models.JSONField(default=list)
    note = models.TextField(blank=True)
    asked_by_id = models.BigIntegerField()
    asked_by_name = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=16)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = unit_indexes("contacts_lesson", "-asked_at")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["agent_id", "item"], condition=models.Q(state="asked"), name="contacts_lesson_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agent_id} {self.item}"
