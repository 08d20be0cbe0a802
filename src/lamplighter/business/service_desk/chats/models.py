"""Conversations on the desk, their turns, and what guards identity."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes

SHA256_LENGTH = 64


class Chat(Scoped):
    """A conversation with somebody who came to the web chat, or who speaks.

    Attributes:
        channel: ``chat`` or ``call``, as the scoring takes it.
        key: SHA-256 of what his browser holds; whoever reads the desk cannot go on in his name.
        origin: SHA-256 of the network address with the desk's key, for limits alone.
        account_id: account that was proven; empty for a stranger, whose row belongs to the top unit.
        masked_name: of the account, for the inbox.
        state: words, promises and figures so far, as JSON.
        tickets: class -> number of the ticket it opened.
        ticket: the newest of them, by which a ticket finds its conversation; None.
        intent: what it is about, as last understood.
        wanted_at: since when a person is wanted; None while the assistant is enough.
        reason: why (``service_desk.hand_over.say``); ``is_urgent`` danger or somebody vulnerable.
        dossier: what the person is to know, as JSON; see `write_hand_over`.
        taken_at: since when a person speaks, ``agent_id`` and ``agent_name`` who.
        ended_by: ``customer``, ``agent``, or empty: silence.
        satisfaction, is_solved: what the customer said at the end; empty and None before.
    """

    key = models.CharField(max_length=SHA256_LENGTH, unique=True)
    origin = models.CharField(max_length=SHA256_LENGTH)
    language = models.CharField(max_length=8)
    channel = models.CharField(max_length=16, default="chat")
    account_id = models.CharField(max_length=ID_LENGTH, blank=True)
    masked_name = models.CharField(max_length=200, blank=True)
    state = models.JSONField(default=dict)
    tickets = models.JSONField(default=dict)
    ticket = models.IntegerField(null=True, db_index=True)
    intent = models.CharField(max_length=64, blank=True)
    begun_at = models.DateTimeField()
    last_at = models.DateTimeField()
    wanted_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=32, blank=True)
    is_urgent = models.BooleanField(default=False)
    dossier = models.JSONField(default=dict)
    taken_at = models.DateTimeField(null=True)
    agent_id = models.IntegerField(null=True)
    agent_name = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=16, blank=True)
    satisfaction = models.CharField(max_length=16, blank=True)
    is_solved = models.BooleanField(null=True)

    class Meta:
        indexes: ClassVar = [
            *unit_indexes("chats_chat", "begun_at"),
            models.Index(fields=["origin", "begun_at"], name="chats_chat_origin_ix"),
            models.Index(fields=["last_at"], name="chats_chat_last_ix"),
        ]

    def __str__(self) -> str:
        return f"chat {self.pk}"


class Turn(models.Model):
    """A turn of a conversation; written once. Long numbers of a customer's words are masked before.

    Attributes:
        who: ``customer`` or ``agent``; ``by_name`` the person of the service, empty for the assistant.
        figures: of an answer, each with its source; ``curve`` the days it shows, as JSON.
        edges: numbers of what is known that an answer cites.
        start_seconds, end_seconds: of what was spoken, from the beginning of the call; None of what was written.
        confidence: 0 to 1, how surely it was heard; None of what was not.
    """

    chat = models.ForeignKey(Chat, on_delete=models.PROTECT, related_name="turns")
    number = models.IntegerField()
    who = models.CharField(max_length=16)
    by_name = models.CharField(max_length=200, blank=True)
    said_at = models.DateTimeField()
    words = models.TextField()
    figures = models.JSONField(default=list)
    curve = models.JSONField(default=dict)
    edges = models.JSONField(default=list)
    start_seconds = models.FloatField(null=True)
    end_seconds = models.FloatField(null=True)
    confidence = models.FloatField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["chat", "number"], name="chats_turn_number")]
        indexes: ClassVar = [models.Index(fields=["chat", "said_at"], name="chats_turn_at_ix")]

    def __str__(self) -> str:
        return f"{self.chat_id} {self.number}"


class FailedAttempt(models.Model):
    """An attempt to prove who one is: ``key`` is a digest of the account claimed, or of whoever tried."""

    key = models.CharField(max_length=SHA256_LENGTH)
    failed_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key", "failed_at"], name="chats_failed_ix")]

    def __str__(self) -> str:
        return f"{self.failed_at}"


class AskedCode(models.Model):
    """A code somebody asked for; whether there is such an account is looked up later, by a worker."""

    chat = models.ForeignKey(Chat, on_delete=models.CASCADE, related_name="asked_codes")
    account_id = models.CharField(max_length=ID_LENGTH)
    language = models.CharField(max_length=8)
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.asked_at}"


class SentCode(models.Model):
    """A code on its way: its digest alone, and until when it lives."""

    account_id = models.CharField(max_length=ID_LENGTH, unique=True)
    digest = models.CharField(max_length=SHA256_LENGTH)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.until}"
