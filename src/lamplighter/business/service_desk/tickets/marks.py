"""What a list of tickets can be narrowed to by what became of them, and by the months in which it did.

A mark is the population of a figure, or the part of it that is met or missed, such as ``promise.missed``; where it has
days they stand behind it, ``solved_once.missed.7``.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import Coalesce

from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.records import Channel
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.instances import Status

SIDES: Final = ("all", "met", "missed")
_SATISFIED: Final = ("VERY_SATISFIED", "SATISFIED")
_RATED: Final = (*_SATISFIED, "NEUTRAL", "UNSATISFIED")
_COMPLETED: Final = Q(status=Status.FINISHED.value)
_ANSWERED: Final = Coalesce("replied_at", "closed_at")
_MONTHS: Final = re.compile(r"([1-8]\d{3})-(0[1-9]|1[0-2])\.\.([1-8]\d{3})-(0[1-9]|1[0-2])")
_MOST_DAYS: Final = 400

Mark = Callable[[dt.timedelta, dt.datetime], tuple[Q, Q]]
"""From days and the instant to who counts, and who of them is met."""


def _solved_once(days: dt.timedelta, now: dt.datetime) -> tuple[Q, Q]:
    again = _brought_again().filter(
        registered_at__gt=OuterRef("registered_at"),
        registered_at__lte=ExpressionWrapper(OuterRef("closed_at") + days, output_field=DateTimeField()),
    )
    return _COMPLETED & ~Q(account_id="") & Q(closed_at__lte=now - days), Q(reminders=0, reopened=0) & ~Q(Exists(again))


def _repeat(days: dt.timedelta, now: dt.datetime) -> tuple[Q, Q]:
    before = _brought_again().filter(
        registered_at__lt=OuterRef("registered_at"),
        registered_at__gte=ExpressionWrapper(OuterRef("registered_at") - days, output_field=DateTimeField()),
    )
    return ~Q(account_id="") & ~Q(channel=Channel.RADAR.value), Q(Exists(before))


def _mended(days: dt.timedelta, now: dt.datetime) -> tuple[Q, Q]:
    return _COMPLETED & Q(class_code="TK-8"), Q(closed_at__lte=F("registered_at") + days)


def _promise(days: dt.timedelta, now: dt.datetime) -> tuple[Q, Q]:
    fell_due = Q(promise_due_at__lte=now, merged_into=None)
    kept = Q(replied_at__lte=F("promise_due_at"))
    return fell_due, kept | (_COMPLETED & Q(replied_at=None, closed_at__lte=F("promise_due_at")))


def _plain(who: Q, met: Q) -> Mark:
    return lambda days, now: (who, met)


_MARKS: Final[Mapping[str, Mark]] = {
    "solved_once": _solved_once,
    "satisfied": _plain(_COMPLETED & Q(satisfaction__in=_RATED), Q(satisfaction__in=_SATISFIED)),
    "in_time": _plain(_COMPLETED & Q(promise_due_at__isnull=False), Q(promise_due_at__gte=_ANSWERED)),
    "complaint": _plain(Q(class_code="TK-1", merged_into=None), Q()),
    "repeat": _repeat,
    "returned": _plain(_COMPLETED, Q(reopened__gt=0)),
    "reached": _plain(_COMPLETED & ~Q(satisfaction=""), Q(satisfaction__in=_RATED)),
    "mended": _mended,
    "promise": _promise,
    "no_action": _plain(Q(closed_at__isnull=False, merged_into=None), Q(handler="")),
    "called_back": _plain(_COMPLETED, ~Q(satisfaction="")),
    "solved": _plain(_COMPLETED & Q(satisfaction__in=_RATED), Q(is_solved=True)),
    "visited": _plain(Q(class_code="TK-5", closed_at__isnull=False), Q()),
    "reconnected": _plain(Q(class_code="TK-6", closed_at__isnull=False), Q()),
}


def read_mark(value: str) -> tuple[str, str, int] | None:
    """Return name, side and days of a mark; None where it means nothing.

    Example:
        >>> read_mark("solved_once.missed.7"), read_mark("solved_once.sometimes")
        (('solved_once', 'missed', 7), None)
    """
    name, _, rest = value.partition(".")
    side, _, days = rest.partition(".")
    if name not in _MARKS or side not in SIDES or not (days or "0").isdecimal() or int(days or "0") > _MOST_DAYS:
        return None
    return name, side, int(days or "0")


def marked(value: str, now: dt.datetime) -> Q | None:
    """Return the condition of a mark; None where it means nothing."""
    found = read_mark(value)
    if found is None:
        return None
    name, side, days = found
    who, met = _MARKS[name](dt.timedelta(days=days), now)
    # A condition on columns that may be empty is not the opposite of its denial: what is missed is what is not among
    # those that are met.
    if side == "missed":
        return who & ~Q(pk__in=Ticket.objects.filter(who & met).values("pk"))
    return who & met if side == "met" else who


def in_months(column: str, value: str) -> Q | None:
    """Return the condition that an instant lies in whole months, ``2026-01..2026-03``; None where it means nothing."""
    found = _MONTHS.fullmatch(value)
    if found is None:
        return None
    first_year, first_month, last_year, last_month = map(int, found.groups())
    zone = AROUND.calendar.zone
    since = dt.datetime(first_year, first_month, 1, tzinfo=zone)
    until = dt.datetime(last_year + last_month // 12, last_month % 12 + 1, 1, tzinfo=zone)
    return Q(**{f"{column}__gte": since, f"{column}__lt": until})


def _brought_again() -> Any:
    same = Ticket.objects.filter(account_id=OuterRef("account_id"), class_code=OuterRef("class_code"))
    return same.exclude(channel=Channel.RADAR.value)
