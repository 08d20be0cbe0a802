"""A history played again: it must come out the way it was written down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lamplighter.business.workflow.expressions.tree import Value
from lamplighter.business.workflow.instances import Actor, Event, EventKind, Instance, Service, Step, Surroundings
from lamplighter.business.workflow.operations import advance, cancel, complete, deliver, resume, start, suspend
from lamplighter.business.workflow.records import Definition
from lamplighter.business.workflow.recounting import put_deadlines
from lamplighter.business.workflow.refusals import HistoryDiffers


def replay(*, definition: Definition, instance_id: str, events: Sequence[Event], around: Surroundings) -> Instance:
    """Return where an instance stands by its history alone: each operation again, each service with what it said then.

    Args:
        definition: the one the instance began with.
        instance_id: its id.
        events: all of them, in order.
        around: the calendar; its services are not called.

    Raises:
        HistoryDiffers: an event does not come out as it was written down.
    """
    said = iter([event.data for event in events if event.kind is EventKind.SERVED])
    services = {task.service: _recorded(said) for task in definition.services.values()}
    again = replace(around, services=services)
    instance: Instance | None = None
    for event in events:
        if instance is not None and event.number <= instance.number:
            continue
        step = _again(definition, instance_id, instance, event, again)
        written = events[step.instance.number - len(step.events) : step.instance.number]
        for made, was in zip(step.events, written, strict=False):
            if made != was:
                raise HistoryDiffers(was.number, instance_id=instance_id)
        if not step.events or len(step.events) != len(written):
            raise HistoryDiffers(event.number, instance_id=instance_id)
        instance = step.instance
    if instance is None:
        raise HistoryDiffers(1, instance_id=instance_id)
    return instance


def _recorded(said: Iterator[Mapping[str, object]]) -> Service:
    """Return a service that says what it said then."""

    def say_again(data: Mapping[str, Value]) -> Mapping[str, object]:
        return next(said)

    return say_again


def _again(
    definition: Definition, instance_id: str, instance: Instance | None, event: Event, around: Surroundings
) -> Step:
    # Whoever acted had the role then; which roles they have today is nothing to the history.
    everything = {
        *definition.start_roles,
        *definition.cancel_roles,
        *(role for task in definition.tasks.values() for role in task.roles),
        *(role for wait in definition.messages.values() for role in wait.roles),
        *(role for reason in definition.suspensions.values() for role in reason.roles),
    }
    by = Actor(event.by, frozenset(everything))
    if instance is None:
        if event.kind is not EventKind.STARTED:
            raise HistoryDiffers(event.number, instance_id=instance_id)
        return start(
            definition=definition, instance_id=instance_id, data=event.data, by=by, now=event.at, around=around
        )
    at, seen = event.at, instance.number
    match event.kind:
        case EventKind.COMPLETED:
            return complete(
                definition=definition,
                instance=instance,
                task=event.element,
                data=event.data,
                by=by,
                now=at,
                seen=seen,
                around=around,
            )
        case EventKind.MESSAGE:
            message = definition.messages[event.element].message
            return deliver(
                definition=definition, instance=instance, message=message, data=event.data, by=by, now=at, around=around
            )
        case EventKind.SUSPENDED:
            return suspend(
                definition=definition,
                instance=instance,
                suspension=event.element,
                by=by,
                now=at,
                seen=seen,
                around=around,
            )
        case EventKind.RESUMED:
            return resume(
                definition=definition, instance=instance, data=event.data, by=by, now=at, seen=seen, around=around
            )
        case EventKind.RECOUNTED:
            due = {task: dt.datetime.fromisoformat(str(written)) for task, written in event.data.items()}
            return put_deadlines(definition=definition, instance=instance, due=due, now=at, around=around)
        case EventKind.CANCELLED:
            reason = str(event.data.get("reason", ""))
            return cancel(
                definition=definition, instance=instance, reason=reason, by=by, now=at, seen=seen, around=around
            )
        case _:
            return advance(definition=definition, instance=instance, now=at, around=around)
