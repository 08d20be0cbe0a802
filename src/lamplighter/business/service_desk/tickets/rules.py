"""Limits and escalation of tickets, decided without a clock; what is on record of them is read in ``settings``."""

from __future__ import annotations

import datetime as dt

from lamplighter.business.service_desk.tickets.records import Escalation, EscalationRule, TicketClass
from lamplighter.business.workflow.durations import WorkingDays, due_at


def promise_due_at(of: TicketClass, *, registered_at: dt.datetime, calendar: WorkingDays) -> dt.datetime | None:
    """Return until when the customer is to have the answer; None for a class without a promise."""
    return None if of.promise is None else due_at(of.promise, since=registered_at, calendar=calendar)


def escalation_of(
    *,
    registered_at: dt.datetime,
    due: dt.datetime | None,
    now: dt.datetime,
    calls: int,
    words: str,
    rule: EscalationRule,
) -> Escalation:
    """Return who has to know of a ticket that is still open.

    Args:
        registered_at: when it was taken down, with its zone.
        due: the promise; None without one.
        now: the instant.
        calls: contacts on the matter within the rule's hours, the first included.
        words: what the customer said.
        rule: shares, calls, words.

    Example:
        Ten hours promised, six gone, the customer spoke of the press: one step above what the time asks for.

        >>> ten = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
        >>> from lamplighter.business.service_desk.tickets.settings import escalation_rule
        >>> rule = escalation_rule(on=dt.date(2026, 3, 2))
        >>> late = dict(registered_at=ten, due=ten + dt.timedelta(hours=10), now=ten + dt.timedelta(hours=6))
        >>> escalation_of(**late, calls=1, words="停电了", rule=rule).name
        'OWNER'
        >>> escalation_of(**late, calls=1, words="我要找记者", rule=rule).name
        'MANAGER'
    """
    level = Escalation.NONE
    if due is not None:
        share = (now - registered_at) / (due - registered_at)
        if share >= 1.0:
            level = Escalation.CITY
        elif share >= rule.manager_share:
            level = Escalation.MANAGER
        elif share >= rule.owner_share:
            level = Escalation.OWNER
    if calls >= rule.repeat_calls or any(word in words for word in rule.words):
        level = Escalation(min(Escalation.CITY, level + 1))
    return level
