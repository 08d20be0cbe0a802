"""What counts for each figure of the service desk, and what is met: one small decision on a ticket each.

A decision says True or False where the ticket counts, None where it does not. The lists that a figure opens ask the
same in the database (`service_desk.tickets.marks`); a test holds the two to one another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from lamplighter.business.kpi.records import Count, Definition
from lamplighter.business.service_desk.tickets.records import Channel, TicketFact, TicketPlace
from lamplighter.business.workflow.mining.records import Done, Trace

CHINA: Final = ZoneInfo("Asia/Shanghai")
COMPLAINT, METER, REPAIR, RECONNECTION = "TK-1", "TK-8", "TK-5", "TK-6"
SATISFIED: Final = frozenset({"VERY_SATISFIED", "SATISFIED"})
RATED: Final = SATISFIED | {"NEUTRAL", "UNSATISFIED"}
_ARRIVES: Final = "arrive"
_RECONNECTS: Final = "handle"


@dataclass(frozen=True, slots=True)
class Look:
    """What a decision may look at beside the ticket: the numbers of the definition, and the instant."""

    parameters: Mapping[str, float]
    now: dt.datetime

    @property
    def days(self) -> dt.timedelta:
        """The days of the definition."""
        return dt.timedelta(days=self.parameters["days"])


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure counted from tickets.

    Args:
        at: which instant of a ticket says to which month it belongs.
        decide: True, False, or None where the ticket does not count.
        group: what a change is taken apart by.
    """

    at: Callable[[TicketFact], dt.datetime | None]
    decide: Callable[[TicketFact, Look], bool | None]
    group: Callable[[TicketFact], str] = lambda fact: fact.class_code


def is_solved_once(fact: TicketFact, look: Look) -> bool | None:
    """K-4: the matter was settled and nobody asked again, neither before the end nor within the days after it."""
    if not (fact.is_completed and fact.has_account and fact.closed_at) or fact.closed_at + look.days > look.now:
        return None
    asks_again = fact.repeated_at is not None and fact.repeated_at <= fact.closed_at + look.days
    return not (asks_again or fact.reminders or fact.reopened)


def is_satisfied(fact: TicketFact, look: Look) -> bool | None:
    """K-5: of those who were reached and said how it was."""
    return fact.satisfaction in SATISFIED if fact.is_completed and fact.satisfaction in RATED else None


def is_in_time(fact: TicketFact, look: Look) -> bool | None:
    """K-6: the answer came before the promise ran out; what needed none is answered when it is closed."""
    if not fact.is_completed or fact.promise_due_at is None:
        return None
    answered_at = fact.replied_at or fact.closed_at
    return answered_at is not None and answered_at <= fact.promise_due_at


def is_complaint(fact: TicketFact, look: Look) -> bool | None:
    """K-8: a complaint that came in; one that another ticket goes on with is the same one."""
    return True if fact.class_code == COMPLAINT and not fact.is_merged else None


def is_repeat(fact: TicketFact, look: Look) -> bool | None:
    """K-9.1: what came in had been brought before, by the same account, within the days."""
    if not fact.has_account or fact.channel is Channel.RADAR:
        return None
    return fact.repeats_at is not None and fact.registered_at - fact.repeats_at <= look.days


def is_returned(fact: TicketFact, look: Look) -> bool | None:
    """K-9.2: the call back sent it to work again."""
    return fact.reopened > 0 if fact.is_completed else None


def is_reached(fact: TicketFact, look: Look) -> bool | None:
    """K-9.3: the customer who was called back was reached."""
    return fact.satisfaction in RATED if fact.is_completed and fact.satisfaction else None


def is_mended_in_days(fact: TicketFact, look: Look) -> bool | None:
    """K-15: an abnormal meter was settled within the days."""
    if fact.class_code != METER or not fact.is_completed or fact.closed_at is None:
        return None
    return fact.closed_at - fact.registered_at <= look.days


def is_promise_kept(fact: TicketFact, look: Look) -> bool | None:
    """G-1: a promise that fell due was kept, whether the ticket is closed, open or was ended; merges aside."""
    if fact.promise_due_at is None or fact.promise_due_at > look.now or fact.is_merged:
        return None
    answered_at = fact.replied_at or (fact.closed_at if fact.is_completed else None)
    return answered_at is not None and answered_at <= fact.promise_due_at


def is_ended_without_action(fact: TicketFact, look: Look) -> bool | None:
    """G-2: ended, and nobody handled it; merges aside."""
    return not fact.handler if fact.closed_at is not None and not fact.is_merged else None


def is_called_back(fact: TicketFact, look: Look) -> bool | None:
    """G-3: somebody called the customer after it was settled."""
    return bool(fact.satisfaction) if fact.is_completed else None


def is_solved_by_word(fact: TicketFact, look: Look) -> bool | None:
    """G-4: the customer who was reached says that it is solved."""
    return bool(fact.is_solved) if fact.is_completed and fact.satisfaction in RATED else None


def _closed(fact: TicketFact) -> dt.datetime | None:
    return fact.closed_at


def _registered(fact: TicketFact) -> dt.datetime | None:
    return fact.registered_at


def _promised(fact: TicketFact) -> dt.datetime | None:
    return fact.promise_due_at


MEASURES: Final[Mapping[str, Measure]] = {
    "K-4": Measure(_closed, is_solved_once),
    "K-5": Measure(_closed, is_satisfied),
    "K-6": Measure(_closed, is_in_time),
    "K-8": Measure(_registered, is_complaint, lambda fact: fact.topic),
    "K-9.1": Measure(_registered, is_repeat),
    "K-9.2": Measure(_closed, is_returned),
    "K-9.3": Measure(_closed, is_reached),
    "K-15": Measure(_closed, is_mended_in_days),
    "G-1": Measure(_promised, is_promise_kept),
    "G-2": Measure(_closed, is_ended_without_action),
    "G-3": Measure(_closed, is_called_back),
    "G-4": Measure(_closed, is_solved_by_word),
}
"""Figures counted from tickets."""


def count_ticket(
    fact: TicketFact, *, definitions: Mapping[str, Definition], now: dt.datetime, by_person: bool
) -> Iterator[Count]:
    """Yield what a ticket adds to each figure.

    A complaint adds to what is above the line only: below it stand the customers.

    Args:
        fact: the ticket.
        definitions: by code.
        now: the instant.
        by_person: figures by person may be made here.
    """
    for code, measure in MEASURES.items():
        at = measure.at(fact)
        if at is None:
            continue
        is_met = measure.decide(fact, Look(definitions[code].parameters, now))
        if is_met is None:
            continue
        yield Count(
            code=code,
            month=month_of(at),
            path=fact.path,
            hits=float(is_met),
            total=0.0 if code == "K-8" else 1.0,
            group=measure.group(fact),
            team=fact.team,
            person=fact.handler if by_person else "",
        )


def count_steps(
    place: TicketPlace, trace: Trace, class_code: str, *, definitions: Mapping[str, Definition], by_person: bool
) -> Iterator[Count]:
    """Yield what the way of a settled ticket adds: K-7, on site within the step's own limit; K-11, reconnected in time.

    Only the first visit counts: a second one is what `is_returned` shows.
    """
    found = _first_met(trace, class_code, definitions) if trace.is_finished else None
    if found is None:
        return
    code, step, is_met = found
    yield Count(
        code=code,
        month=month_of(trace.steps[-1].done_at),
        path=place.path,
        hits=float(is_met),
        total=1.0,
        group=step.activity if code == "K-7" else class_code,
        team=place.team,
        person=place.handler if by_person else "",
    )


def _first_met(trace: Trace, class_code: str, definitions: Mapping[str, Definition]) -> tuple[str, Done, bool] | None:
    for step in trace.steps:
        if class_code == REPAIR and step.activity.startswith(_ARRIVES) and step.due_at is not None:
            return "K-7", step, not step.is_late
        if class_code == RECONNECTION and step.activity == _RECONNECTS:
            return "K-11", step, step.hours * 60 <= definitions["K-11"].parameters["minutes"]
    return None


def month_of(at: dt.datetime) -> dt.date:
    """Return the month of an instant on the company's calendar.

    Example:
        Half an hour before midnight UTC it is the next month in China:

        >>> month_of(dt.datetime(2026, 3, 31, 23, 30, tzinfo=dt.UTC))
        datetime.date(2026, 4, 1)
    """
    return at.astimezone(CHINA).date().replace(day=1)
