"""When something is due: from a rule that counts minutes, hours, days, working days or years, and a start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from lamplighter.base.calendars import add_working_days, is_provisional, next_working_day
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.inspection.records.law import Rule
from lamplighter.business.inspection.rules.law import Law

CHINA: Final = ZoneInfo("Asia/Shanghai")
DEADLINES: Final = (
    "restore",
    "office_visit",
    "bill_dispute",
    "stop_complaint",
    "meter_test",
    "appliance.claim",
    "appliance.check",
    "civil_claim",
)
"""Rules that are deadlines counted forward from an event; those of a stop are guards (see ``stopping``)."""
_INSTANT = ("minute", "hour")


class NotADeadline(LamplighterError):
    """A deadline was asked for by a name that is none."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(text("inspection.error.not_a_deadline", name=name, known=", ".join(DEADLINES)))


class InstantNeeded(LamplighterError):
    """A deadline of hours was asked for from a day, or from a time without its zone."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(text("inspection.error.deadline_needs_instant", name=name))


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due.

    Attributes:
        rule: what counts, with its clause and grade.
        start: the event.
        due_at: the first instant that is too late, with its zone.
        is_moved: the last day was one of rest and the deadline moved to the next working day.
        is_provisional: it rests on a year whose holidays are not announced yet, and is to be counted again then.
    """

    rule: Rule
    start: date | datetime
    due_at: datetime
    is_moved: bool
    is_provisional: bool = False

    @property
    def last_on(self) -> date:
        """The last day on which it is still met, in China."""
        return (self.due_at - timedelta(microseconds=1)).astimezone(CHINA).date()

    def is_missed(self, now: datetime) -> bool:
        """Say whether the deadline has passed."""
        return now >= self.due_at


def deadline(name: str, *, start: date | datetime, law: Law) -> Deadline:
    """Return when something is due.

    Args:
        name: one of :data:`DEADLINES`.
        start: the event: an instant with its zone where hours count, otherwise a day, or an instant whose day in
            China counts.
        law: that of the start.

    Raises:
        NotADeadline: another rule, or none.
        InstantNeeded: hours from a bare day.
        HolidaysUnknown: working days of a year whose holidays are not on record.

    Source:
        Civil Code, Art. 201 and 203: the first day does not count, the last ends at midnight.

    Example:
        >>> from lamplighter.business.inspection.rules.law import load_law
        >>> eve = date(2025, 9, 30)
        >>> deadline("bill_dispute", start=eve, law=load_law(on=eve)).due_at.isoformat()
        '2025-10-15T00:00:00+08:00'
    """
    if name not in DEADLINES:
        raise NotADeadline(name)
    rule = law.rule(name)
    count = int(rule.number)
    if rule.unit in _INSTANT:
        if not isinstance(start, datetime) or start.tzinfo is None:
            raise InstantNeeded(name)
        return Deadline(rule, start, start + timedelta(**{f"{rule.unit}s": count}), is_moved=False)
    first = day_in_china(start, name=name)
    if rule.unit == "working_day":
        last = add_working_days(first, count)
    elif rule.unit == "year":
        last = _years_after(first, count)
    else:
        last = first + timedelta(days=count)
    moved = next_working_day(last) if rule.moves_to_working_day else last
    due_at = datetime.combine(moved + timedelta(days=1), time(), tzinfo=CHINA)
    # Years that are not announced come last, so the last day asked about says it for all.
    asks_calendar = rule.unit == "working_day" or rule.moves_to_working_day
    return Deadline(rule, start, due_at, is_moved=moved != last, is_provisional=asks_calendar and is_provisional(moved))


def day_in_china(start: date | datetime, *, name: str) -> date:
    """Return the day of an event; an instant must say its zone.

    Raises:
        InstantNeeded: it does not.
    """
    if not isinstance(start, datetime):
        return start
    if start.tzinfo is None:
        raise InstantNeeded(name)
    return start.astimezone(CHINA).date()


def _years_after(day: date, count: int) -> date:
    if (day.month, day.day) == (2, 29):
        # No such day in most years: the period ends with February.
        return date(day.year + count, 3, 1) - timedelta(days=1)
    return day.replace(year=day.year + count)
