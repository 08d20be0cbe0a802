"""Tickets on the desk: the row of lists, the chain's own text, and what is only ever added to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from lamplighter.base.security.scope import ID_LENGTH, Scoped, unit_indexes
from lamplighter.business.workflow.desk.events import MatterEvent


class Ticket(Scoped):
    """A matter of a customer. Where it stands is the workflow's text; lists read the rest.

    Attributes:
        ticket_no: number people quote.
        class_code: class; ``process``, ``process_version`` the definition it began with and keeps.
        contact: whom to call; personal, shown for the ticket's sake only and each time recorded.
        promise_due_at: until when the customer is to have the answer; ``replied_at`` when he had it.
        due_at: earliest of the promise and the deadlines of what is open; None without one.
        escalation: who has to know by now, 0 to 3.
        reminders: how often the customer asked again.
        supervised_at: since when it is watched from above.
        reopened: how often a call back sent it back to work.
        merged_into: the ticket that goes on with the matter.
        satisfaction, is_solved: what the call back brought; empty and None before.
        request_key: what whoever sent it calls it, with his account, so that it is taken down once; None of a person.
    """

    ticket_no = models.CharField(max_length=ID_LENGTH, unique=True)
    class_code = models.CharField(max_length=16)
    channel = models.CharField(max_length=16)
    subject = models.CharField(max_length=200)
    words = models.TextField(blank=True)
    account_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    contact = models.CharField(max_length=64, blank=True)
    place = models.CharField(max_length=200, blank=True)
    area_id = models.CharField(max_length=ID_LENGTH, blank=True, db_index=True)
    area_name = models.CharField(max_length=200, blank=True)
    station_name = models.CharField(max_length=200, blank=True)
    is_vulnerable = models.BooleanField(default=False)
    process = models.CharField(max_length=64)
    process_version = models.IntegerField()
    instance = models.TextField()
    instance_number = models.IntegerField(default=0)
    state = models.CharField(max_length=32)
    status = models.CharField(max_length=16)
    registered_at = models.DateTimeField()
    promise_due_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    appointment_at = models.DateTimeField(null=True)
    escalation = models.SmallIntegerField(default=0)
    reminders = models.IntegerField(default=0)
    supervised_at = models.DateTimeField(null=True)
    reopened = models.IntegerField(default=0)
    handler = models.CharField(max_length=300, blank=True)
    team = models.CharField(max_length=200, blank=True)
    satisfaction = models.CharField(max_length=16, blank=True)
    is_solved = models.BooleanField(null=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")
    request_key = models.CharField(max_length=128, null=True, unique=True)

    class Meta:
        indexes = unit_indexes("tickets_ticket", "due_at")

    def __str__(self) -> str:
        return self.ticket_no


class TicketEvent(MatterEvent):
    """Something that happened to a ticket; beside the chain a comment, a reminder, supervision, escalation, a merge."""

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="events")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["ticket", "number"], name="tickets_event_number")]
        indexes: ClassVar = [models.Index(fields=["ticket", "made_at"], name="tickets_event_at_ix")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.number} {self.kind}"
