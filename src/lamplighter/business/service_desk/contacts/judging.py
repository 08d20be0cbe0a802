"""Promises held against their tickets, again and again until each is kept or broken; a broken one costs its points."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from lamplighter.business.service_desk.contacts.models import Contact, Deduction
from lamplighter.business.service_desk.contacts.operations import settle_total
from lamplighter.business.service_desk.contacts.promises import promises_of
from lamplighter.business.service_desk.contacts.records import DeductionState, PromiseView
from lamplighter.business.service_desk.contacts.view import read_words
from lamplighter.business.service_desk.quality.people import BY_PEOPLE
from lamplighter.business.service_desk.quality.rubric import packaged_rubric
from lamplighter.business.workflow.company_days import AROUND

_ITEM = "promise.kept"


def judge_promises(*, now: dt.datetime) -> int:
    """Judge promises whose time is over or whose ticket was answered, and return how many were broken.

    A program calls it by the hour; what is judged once is not judged again.

    Args:
        now: the instant, with its zone.
    """
    broken = 0
    for number in list(Contact.objects.filter(is_promise_open=True).values_list("pk", flat=True)):
        with transaction.atomic():
            # Two workers may judge at once: the second finds what the first noted.
            contact = Contact.objects.select_for_update().get(pk=number)
            said = read_words(contact)
            found = promises_of(contact, said, now=now)
            is_by_people = {"item": "promise", "why": BY_PEOPLE} in contact.unjudged
            judged = {row.turn for row in Deduction.objects.filter(contact=contact, item=_ITEM)}
            for each in found:
                if each.state == "broken" and each.turn not in judged and not is_by_people:
                    _deduct(contact, each, said.get(each.turn, ""), now=now)
                    broken += 1
            contact.is_promise_open = any(each.state in ("open", "no_ticket") for each in found)
            contact.save(update_fields=["is_promise_open"])
            settle_total(contact)
    return broken


def _deduct(contact: Contact, promise: PromiseView, words: str, *, now: dt.datetime) -> None:
    rubric = packaged_rubric()
    start = words.find(promise.words) if promise.words else -1
    Deduction.objects.create(
        contact=contact,
        item=_ITEM,
        turn=promise.turn,
        points=rubric.points(_ITEM),
        weight=rubric.items["promise"].weight,
        start=max(start, 0),
        end=start + len(promise.words) if start >= 0 else len(words),
        fields={"due": _clock(promise.due_at), "done": _clock(promise.done_at), "ticket": promise.ticket_no},
        state=DeductionState.STANDS,
        made_at=now,
    )


def _clock(at: dt.datetime | None) -> str:
    return f"{at.astimezone(AROUND.calendar.zone):%m-%d %H:%M}" if at else "—"
