"""Conversations on the desk, their turns, and what guards identity."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes

SHA256_LENGTH = 64


class Chat(Scoped):
    """A conversation with somebody who came to the web chat.

    Attributes:
        key: SHA-256 of what his browser holds; whoever reads the desk cannot go on in his name.
        origin: SHA-256 of the network address with the desk's key, for limits alone.
        account_id: account that was proven; empty for a stranger, whose row belongs to the top unit.
        state: words, promises and figures so far, as JSON.
        tickets: class -> number of the ticket it opened.
        ended_by: ``customer`` or empty.
    """

    key = models.CharField(max_length=SHA256_LENGTH, unique=True)
    origin = models.CharField(max_length=SHA256_LENGTH)
    language = models.CharField(max_length=8)
    account_id = models.CharField(max_length=ID_LENGTH, blank=True)
    state = models.JSONField(default=dict)
    tickets = models.JSONField(default=dict)
    begun_at = models.DateTimeField()
    last_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes: ClassVar = [
            *unit_indexes("chats_chat", "begun_at"),
            models.Index(fields=["origin", "last_at"], name="chats_chat_origin_ix"),
        ]

    def __str__(self) -> str:
        return f"chat {self.pk}"


class Turn(models.Model):
    """A turn of a conversation; written once. Long numbers of a customer's words are masked before."""

    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, related_name="turns")
    number = models.IntegerField()
    who = models.CharField(max_length=16)
    said_at = models.DateTimeField()
    words = models.TextField()
    figures = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["chat", "number"], name="chats_turn_number")]
        indexes: ClassVar = [models.Index(fields=["chat", "said_at"], name="chats_turn_at_ix")]

    def __str__(self) -> str:
        return f"{self.chat_id} {self.number}"


class FailedAttempt(models.Model):
    """A failed attempt to prove who one is: ``key`` is a digest of the account claimed, or of whoever tried."""

    key = models.CharField(max_length=SHA256_LENGTH)
    failed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "failed_at"], name="chats_failed_ix")]

    def __str__(self) -> str:
        return f"{self.failed_at}"


class SentCode(models.Model):
    """A code on its way: its digest alone, and until when it lives."""

    account_id = models.CharField(max_length=ID_LENGTH, unique=True)
    digest = models.CharField(max_length=SHA256_LENGTH)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.until}"
