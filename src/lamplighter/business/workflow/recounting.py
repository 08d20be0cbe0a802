"""Deadlines counted again: the calendar they were counted on was provisional, and is known better now.

Only working days depend on a calendar. Timers of the engine keep the instant they have: what they wait for in working
days, no process of ours does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lamplighter.business.workflow.durations import DurationUnit, due_after_pause, due_at
from lamplighter.business.workflow.instances import Event, EventKind, Instance, Status, Step, Surroundings
from lamplighter.business.workflow.records import Deadline, Definition
from lamplighter.business.workflow.running import Run, deadline_on


def recount(
    *, definition: Definition, instance: Instance, events: Sequence[Event], now: dt.datetime, around: Surroundings
) -> Step:
    """Count the deadlines in working days of all open tasks again; those that come out as they were stay.

    Args:
        definition: the one the instance began with.
        instance: as it was, running or suspended.
        events: its history, for the pauses each deadline has waited through.
        now: the instant, with its zone.
        around: the calendar as it is known now.

    Returns:
        A step without events when nothing moved.
    """
    if instance.status not in (Status.RUNNING, Status.SUSPENDED):
        return Step(instance, ())
    pauses = pauses_of(events)
    due = {}
    for task, opened in instance.opened.items():
        deadline = counted_deadline(definition, instance, task, around=around)
        if deadline is None:
            continue
        counted = due_at(deadline.duration, since=opened.since, calendar=around.calendar)
        for paused_at, resumed_at in pauses:
            if paused_at >= opened.since:
                counted = due_after_pause(
                    deadline.duration,
                    due=counted,
                    paused_at=paused_at,
                    resumed_at=resumed_at,
                    calendar=around.calendar,
                )
        if counted != opened.due_at:
            due[task] = counted
    return put_deadlines(definition=definition, instance=instance, due=due, now=now, around=around)


def put_deadlines(
    *,
    definition: Definition,
    instance: Instance,
    due: Mapping[str, dt.datetime],
    now: dt.datetime,
    around: Surroundings,
) -> Step:
    """Give open tasks another deadline, and write it down; a step without events where there is none to give."""
    if not due:
        return Step(instance, ())
    run = Run(definition, instance, now=now, around=around)
    said = {task: at.astimezone(dt.UTC).isoformat() for task, at in sorted(due.items())}
    run.note(EventKind.RECOUNTED, definition.name, data=said)
    opened = {task: replace(each, due_at=due[task]) if task in due else each for task, each in instance.opened.items()}
    return run.step(status=instance.status, paused=instance.paused, opened=opened)


def counted_deadline(definition: Definition, instance: Instance, task: str, *, around: Surroundings) -> Deadline | None:
    """Return the deadline of an open task where it is counted in working days; None where no calendar decides it."""
    opened = instance.opened[task]
    if opened.due_at is None:
        return None
    since_on = opened.since.astimezone(around.calendar.zone).date()
    deadline = deadline_on(definition.tasks[task].deadlines, since_on)
    if deadline is None or deadline.duration.unit is not DurationUnit.WORKING_DAYS:
        return None
    return deadline


def pauses_of(events: Sequence[Event]) -> list[tuple[dt.datetime, dt.datetime]]:
    """Return when an instance stood still; a pause that lasts is left out, it moves deadlines when it ends."""
    found = []
    began = None
    for event in events:
        if event.kind is EventKind.SUSPENDED:
            began = event.at
        elif event.kind is EventKind.RESUMED and began is not None:
            found.append((began, event.at))
            began = None
    return found
