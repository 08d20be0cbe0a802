"""Messages on the desk, and what is only ever added to: what happened to them, and proof of their service."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.outbox.records import State
from lamplighter.base.security.kept import Kept
from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes

SHA256_LENGTH = 64


class Message(Scoped):
    """A message to somebody, see ``records.MessageRow``.

    Attributes:
        key: given by whoever queued it: a second one with the same key is the same message.
        round: how often a person had it sent again; with ``key`` it makes the key an adapter gets.
        recipient_kind, recipient_ref: to whom; no telephone, no address.
        subject_kind, subject_ref: what it is about.
        attachment: path of a file below the home; empty.
        claim: of the worker that has it; a worker whose claim is gone does not count any more.
    """

    key = models.CharField(max_length=200, unique=True)
    round = models.PositiveIntegerField(default=0)
    channel = models.CharField(max_length=16)
    state = models.CharField(max_length=16, default=State.QUEUED.value)
    recipient_kind = models.CharField(max_length=32)
    recipient_ref = models.CharField(max_length=ID_LENGTH)
    subject_kind = models.CharField(max_length=64)
    subject_ref = models.CharField(max_length=ID_LENGTH)
    subject_words = models.CharField(max_length=200, blank=True)
    template = models.CharField(max_length=64)
    template_version = models.IntegerField()
    needs_confirmation = models.BooleanField(default=False)
    language = models.CharField(max_length=8)
    title = models.CharField(max_length=300)
    body = models.TextField()
    body_sha256 = models.CharField(max_length=SHA256_LENGTH)
    attachment = models.CharField(max_length=300, blank=True)
    queued_at = models.DateTimeField()
    queued_by = models.CharField(max_length=200, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    claim = models.CharField(max_length=64, blank=True)
    claimed_at = models.DateTimeField(null=True)
    reference = models.CharField(max_length=200, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            *unit_indexes("outbox_message", "-id"),
            models.Index(fields=["state", "next_at"], name="outbox_message_next_ix"),
            models.Index(fields=["subject_kind", "subject_ref"], name="outbox_message_subject_ix"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.pk}"


class MessageEvent(Kept):
    """Something that happened to a message.

    Attributes:
        kind: a state it reached, or ``put_off``, ``lost``, ``resent``, ``proof``.
        words: why.
        data: attempt, reference of the channel, SHA-256; never an address.
    """

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16)
    words = models.CharField(max_length=500, blank=True)
    data = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.message_id} {self.kind}"


class Proof(Kept):
    """Proof that a message was served; a scan or photo lies in the home under its SHA-256."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="proofs")
    kind = models.CharField(max_length=16)
    served_on = models.DateField()
    receiver = models.CharField(max_length=100, blank=True)
    witness = models.CharField(max_length=100, blank=True)
    postal_no = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)
    sha256 = models.CharField(max_length=SHA256_LENGTH, blank=True)
    media_type = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.message_id} {self.kind}"
