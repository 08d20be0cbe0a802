"""From the events of an instance to the steps that were done in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from lamplighter.business.workflow.durations import WorkingDays, due_at
from lamplighter.business.workflow.instances import Event, EventKind
from lamplighter.business.workflow.mining.records import Done, Trace
from lamplighter.business.workflow.records import Definition

_OVER = (EventKind.CANCELLED,)


def read_trace(
    events: Sequence[Event], definition: Definition, *, case_id: str, is_finished: bool, calendar: WorkingDays
) -> Trace:
    """Return the way an instance took.

    A task counts as open from the event before it on: in a process without parallel branches that is when it was
    opened, beside one it is the earliest it can have been.

    Args:
        events: of the instance, oldest first.
        definition: the version it runs on.
        case_id: what the trace is called.
        is_finished: it came to its end (not cancelled, not running).
        calendar: the company's, for the deadlines.
    """
    steps = []
    before: dt.datetime = events[0].at
    for event in events:
        if event.kind is EventKind.COMPLETED and event.element in definition.tasks:
            task = definition.tasks[event.element]
            holding = [each for each in task.deadlines if each.valid_from <= before.date()]
            due = due_at(holding[-1].duration, since=before, calendar=calendar) if holding else None
            steps.append(Done(event.element, task.roles[0] if task.roles else "", event.by, before, event.at, due))
        if event.kind not in _OVER:
            before = event.at
    return Trace(case_id, definition.name, events[0].at, tuple(steps), is_finished)
