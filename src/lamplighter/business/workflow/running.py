"""One operation on one instance while it runs: the engine, the data, and the events that come of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from lamplighter.business.workflow.deciding import decide
from lamplighter.business.workflow.durations import due_after_pause, due_at
from lamplighter.business.workflow.engine import Engine
from lamplighter.business.workflow.expressions.deciding import ValueMissing
from lamplighter.business.workflow.expressions.tree import Value
from lamplighter.business.workflow.forms import hash_of, read_form, to_json
from lamplighter.business.workflow.instances import (
    Event,
    EventKind,
    Instance,
    Opened,
    Paused,
    Status,
    Step,
    Surroundings,
)
from lamplighter.business.workflow.records import Deadline, Definition, Field
from lamplighter.business.workflow.refusals import ConditionUndecided, DefinitionDiffers


@dataclass
class _Draft:
    """An event that is still being written: the states it leads to come after it."""

    kind: EventKind
    element: str
    by: str
    data: dict[str, object]
    states: list[str] = field(default_factory=list)


def deadline_on(deadlines: Sequence[Deadline], day: dt.date) -> Deadline | None:
    """Return the deadline that holds on a day: the latest that has begun."""
    begun = [deadline for deadline in deadlines if deadline.valid_from <= day]
    return begun[-1] if begun else None


class Run:
    """Carries one operation out; :meth:`step` tells what it came to.

    Args:
        definition: the one the instance began with.
        instance: as it was before.
        now: the instant, with its zone.
        around: calendar and services.

    Raises:
        DefinitionDiffers: the definition is another.
        ValueError: ``now`` has no zone.
    """

    def __init__(self, definition: Definition, instance: Instance, *, now: dt.datetime, around: Surroundings) -> None:
        if (instance.process, instance.version, instance.digest) != (
            definition.name,
            definition.version,
            definition.digest,
        ):
            raise DefinitionDiffers(instance, definition)
        if now.tzinfo is None:
            raise ValueError("now needs its zone: pass datetime.now(UTC), not a naive time")
        self.definition, self.before, self.around = definition, instance, around
        self.now = now.astimezone(dt.UTC)
        self.data: dict[str, Value] = dict(instance.data)
        self._drafts: list[_Draft] = []
        self._closed: set[str] = set()
        self.engine = Engine(
            definition,
            instance.tokens,
            now=self.now,
            data=self.data,
            due_at=self._timer_due_at,
            work=self._work,
            done=self._note_done,
        )

    @contextmanager
    def moving(self) -> Iterator[Engine]:
        """Let the engine move; a condition that cannot be decided becomes a refusal."""
        try:
            yield self.engine
        except ValueMissing as missing:
            raise ConditionUndecided(missing.name, instance_id=self.before.id, data=self.data) from missing

    def note(self, kind: EventKind, element: str, *, by: str = "", data: Mapping[str, Value] | None = None) -> None:
        """Write an event down."""
        self._drafts.append(_Draft(kind, element, by, to_json(data or {})))

    def fill_in(self, fields: Sequence[Field], values: Mapping[str, Value]) -> None:
        """Put the values of a form in the place of what an earlier round filled in."""
        for each in fields:
            self.data.pop(each.name, None)
        self.data.update(values)

    def step(
        self,
        *,
        status: Status | None = None,
        paused: Paused | None = None,
        duties: Mapping[str, tuple[str, ...]] | None = None,
        opened: Mapping[str, Opened] | None = None,
    ) -> Step:
        """Return the instance afterwards and the events."""
        events = tuple(
            Event(
                number=self.before.number + place,
                at=self.now,
                by=draft.by,
                kind=draft.kind,
                element=draft.element,
                data=draft.data,
                data_hash=hash_of(draft.data),
                states=tuple(draft.states),
            )
            for place, draft in enumerate(self._drafts, start=1)
        )
        states = [state for event in events for state in event.states]
        is_over = status is Status.CANCELLED
        natural = Status.FINISHED if self.engine.is_finished else Status.RUNNING
        after = replace(
            self.before,
            status=status or natural,
            number=self.before.number + len(events),
            state=states[-1] if states else self.before.state,
            data=dict(sorted(self.data.items())),
            duties=self.before.duties if duties is None else duties,
            opened={} if is_over else (self._opened() if opened is None else opened),
            paused=paused,
            tokens=self.engine.tokens(),
        )
        return Step(after, events, frozenset(self._closed))

    def _opened(self) -> dict[str, Opened]:
        return {
            task: self.before.opened[task]
            if task in self.before.opened and task not in self._closed
            else Opened(self.now, self._task_due_at(task))
            for task in self.engine.open_tasks()
        }

    def opened_after_pause(self, paused: Paused) -> dict[str, Opened]:
        """Return the open tasks with the deadlines they have after a pause; the engine's timers move as well."""

        def moved(deadlines: Sequence[Deadline], since: dt.datetime, due: dt.datetime) -> dt.datetime:
            deadline = self._holding(deadlines, since)
            return due_after_pause(
                deadline.duration,
                due=due,
                paused_at=paused.at,
                resumed_at=self.now,
                calendar=self.around.calendar,
            )

        self.engine.move_timers(lambda timer, due: moved(self.definition.timers[timer].deadlines, paused.at, due))
        return {
            task: replace(opened, due_at=moved(self.definition.tasks[task].deadlines, opened.since, opened.due_at))
            if opened.due_at is not None
            else opened
            for task, opened in self.before.opened.items()
        }

    def _local_day(self, at: dt.datetime) -> dt.date:
        return at.astimezone(self.around.calendar.zone).date()

    def _holding(self, deadlines: Sequence[Deadline], at: dt.datetime) -> Deadline:
        # A timer must end some day, also before the first of its rules begins.
        return deadline_on(deadlines, self._local_day(at)) or deadlines[0]

    def _task_due_at(self, task: str) -> dt.datetime | None:
        deadline = deadline_on(self.definition.tasks[task].deadlines, self._local_day(self.now))
        if deadline is None:
            return None
        return due_at(deadline.duration, since=self.now, calendar=self.around.calendar)

    def _timer_due_at(self, timer: str) -> dt.datetime:
        deadline = self._holding(self.definition.timers[timer].deadlines, self.now)
        return due_at(deadline.duration, since=self.now, calendar=self.around.calendar)

    def _note_done(self, element: str) -> None:
        self._closed.add(element)
        if element in self.definition.timers:
            self.note(EventKind.TIMER, element)
        if element in self.definition.states:
            self._drafts[-1].states.append(self.definition.states[element])

    def _work(self, element: str) -> None:
        if element in self.definition.services:
            service = self.definition.services[element]
            given: Mapping[str, object] = self.around.services[service.service](dict(self.data))
            values = read_form(service.outputs, given, form=element, by="")
            kind, outputs = EventKind.SERVED, service.outputs
        else:
            table = self.definition.decisions[self.definition.decision_tasks[element].decision]
            values, kind, outputs = decide(table, self.data), EventKind.DECIDED, table.outputs
        self.note(kind, element, data=values)
        self.fill_in(outputs, values)
