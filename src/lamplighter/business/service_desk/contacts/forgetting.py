"""Words that were kept long enough are taken out of contacts; what they came to stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.service_desk.contacts.models import Contact, Deduction, Rating
from lamplighter.business.service_desk.contacts.operations import KIND
from lamplighter.business.service_desk.contacts.records import practice
from lamplighter.business.service_desk.tickets.models import Ticket

GONE: Final = "—"
AT_ONCE: Final = 500
"""Contacts of one turn: the worker has other chores."""
_NO_WORDS: Final = frozenset({"intent", "classes", "clause", "limit", "due", "done", "on", "began", "first", "last"})
"""Fields of a reason that are codes, clauses or times, nobody's words."""


def forget_words(*, now: dt.datetime) -> int:
    """Take the words out of contacts that are older than they are kept, and return of how many.

    Points, items, turns with their times, appeals with their decisions and verdicts stay. What was said, the promises'
    words, facts of accounts and notes of raters go, in the database and for good.

    Args:
        now: the instant, with its zone.
    """
    numbers = list(_overdue(now).order_by("begun_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
    with transaction.atomic():
        for contact in Contact.objects.select_for_update().filter(pk__in=numbers):
            _forget(contact, now=now)
        if numbers:
            record(act=Act.CHANGED, by=None, now=now, kind=KIND, after={"forgotten": len(numbers)})
    return len(numbers)


def _overdue(now: dt.datetime) -> Any:
    keep = practice().keep
    old = Q(pk__in=[])
    for channel, kept in keep.by_channel.items():
        old |= Q(channel=channel.value, begun_at__lt=now - kept)
    complaints = Ticket.objects.filter(class_code__in=keep.complaint_classes).values("ticket_no")
    is_complaint = Q(ticket_no__in=complaints)
    rows = Contact.objects.filter(forgotten_at=None).filter(old)
    return rows.filter(~is_complaint | Q(begun_at__lt=now - keep.complaint))


def _forget(contact: Contact, *, now: dt.datetime) -> None:
    turns = [{**turn, "text": ""} for turn in contact.dialogue["turns"]]
    kept = {name: value for name, value in contact.dialogue.items() if name not in ("turns", "truth", "ticket")}
    contact.dialogue = {**kept, "turns": turns}
    contact.promises = [{"turn": each["turn"], "words": ""} for each in contact.promises]
    contact.is_promise_open = False
    contact.forgotten_at = now
    contact.save(update_fields=["dialogue", "promises", "is_promise_open", "forgotten_at"])
    for row in Deduction.objects.filter(contact=contact):
        row.fields, row.start, row.end = _without_words(row.fields), 0, 0
        row.save(update_fields=["fields", "start", "end"])
    Rating.objects.filter(contact=contact).update(note="")


def _without_words(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: GONE if isinstance(value, str) and name not in _NO_WORDS else value for name, value in fields.items()}
