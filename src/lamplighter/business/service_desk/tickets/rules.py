"""Limits and escalation of tickets: read from data, decided without a clock."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.service_desk.tickets.records import Escalation, EscalationRule, TicketClass
from lamplighter.business.workflow.durations import WorkingDays, due_at, read_duration


class ClassUnknown(LamplighterError):
    """There is no such class of tickets."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(text("tickets.error.class_unknown", code=code, known=", ".join(ticket_classes())))


@cache
def ticket_classes() -> Mapping[str, TicketClass]:
    """Return the classes by code.

    Example:
        >>> ticket_classes()["TK-1"].process
        'ticket_complaint'
    """
    rows = tomllib.loads(resources.files(__package__).joinpath("classes.toml").read_text(encoding="utf-8"))["class"]
    return {
        row["code"]: TicketClass(
            code=row["code"],
            process=row["process"],
            promise=read_duration(row["promise"]) if row["promise"] else None,
            valid_from=row["valid_from"],
            source=row["source"],
            evidence=row["evidence"],
        )
        for row in rows
    }


def ticket_class(code: str) -> TicketClass:
    """Return a class.

    Raises:
        ClassUnknown: there is none of this code.
    """
    try:
        return ticket_classes()[code]
    except KeyError:
        raise ClassUnknown(code) from None


@cache
def escalation_rule() -> EscalationRule:
    """Return when somebody above hears of a ticket."""
    row = tomllib.loads(resources.files(__package__).joinpath("escalation.toml").read_text(encoding="utf-8"))
    return EscalationRule(
        owner_share=row["owner_share"],
        manager_share=row["manager_share"],
        repeat_calls=row["repeat_calls"],
        repeat_hours=row["repeat_hours"],
        words=tuple(row["words"]),
        source=row["source"],
        evidence=row["evidence"],
    )


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
        >>> late = dict(registered_at=ten, due=ten + dt.timedelta(hours=10), now=ten + dt.timedelta(hours=6))
        >>> escalation_of(**late, calls=1, words="停电了", rule=escalation_rule()).name
        'OWNER'
        >>> escalation_of(**late, calls=1, words="我要找记者", rule=escalation_rule()).name
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
