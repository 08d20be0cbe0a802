"""What an agent promised, held against what the ticket of the contact came to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.records import PromiseView
from lamplighter.business.service_desk.figures import figures_in
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.durations import Duration, DurationUnit, WorkingDays, due_at

_UNITS: Final = {
    "minute": DurationUnit.MINUTES,
    "hour": DurationUnit.HOURS,
    "day": DurationUnit.CALENDAR_DAYS,
    "working_day": DurationUnit.WORKING_DAYS,
}


def promised_until(words: str, *, since: dt.datetime, calendar: WorkingDays) -> dt.datetime | None:
    """Return until when something was promised; None where no length of time was named.

    Example:
        >>> from lamplighter.business.workflow.company_days import ChinaDays
        >>> noon = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
        >>> promised_until("24小时内会有专人联系", since=noon, calendar=ChinaDays()).isoformat()
        '2026-03-03T04:00:00+00:00'
        >>> promised_until("会尽快联系", since=noon, calendar=ChinaDays()) is None
        True
    """
    for figure in figures_in(words):
        unit = _UNITS.get(figure.unit)
        if unit is not None and figure.value.isdecimal() and int(figure.value) > 0:
            return due_at(Duration(int(figure.value), unit), since=since, calendar=calendar)
    return None


def state_of(*, due: dt.datetime | None, has_ticket: bool, done: dt.datetime | None, now: dt.datetime) -> str:
    """Return what became of a promise: ``kept``, ``broken``, ``open``, ``no_ticket`` or ``no_limit``.

    Example:
        >>> noon = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
        >>> later = noon + dt.timedelta(hours=1)
        >>> state_of(due=noon, has_ticket=True, done=later, now=later)
        'broken'
        >>> state_of(due=later, has_ticket=True, done=None, now=noon)
        'open'
    """
    if due is None:
        return "no_limit"
    if not has_ticket:
        return "no_ticket"
    if done is not None:
        return "kept" if done <= due else "broken"
    return "broken" if now > due else "open"


def promises_of(contact: Contact, said: Mapping[int, str], *, now: dt.datetime) -> tuple[PromiseView, ...]:
    """Return the promises of a contact and what became of them.

    Args:
        contact: the contact.
        said: what is shown of each turn.
        now: the instant, with its zone.
    """
    if not contact.promises:
        return ()
    ticket = Ticket.objects.filter(ticket_no=contact.ticket_no).first() if contact.ticket_no else None
    done = ticket.replied_at if ticket else None
    found = []
    for each in contact.promises:
        due = promised_until(each["words"], since=contact.begun_at, calendar=AROUND.calendar)
        words = each["words"] if each["words"] in said.get(each["turn"], "") else ""
        state = state_of(due=due, has_ticket=ticket is not None, done=done, now=now)
        found.append(PromiseView(each["turn"], words, due, state, ticket.ticket_no if ticket else "", done))
    return tuple(found)
