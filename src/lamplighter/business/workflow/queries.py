"""Reads: what may be done now, and what a definition says, for those who show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lamplighter.business.workflow.definitions.decision_file import read_decision
from lamplighter.business.workflow.definitions.process_file import read_process
from lamplighter.business.workflow.instances import Actor, Instance, Status
from lamplighter.business.workflow.records import Deadline, Decision, Definition, UserTask


@dataclass(frozen=True, slots=True)
class OpenTask:
    """One task that may be done now.

    Attributes:
        task: what is to be done: label, lane, roles, form.
        since: since when it is open, in UTC; ``due_at`` until when it is to be done, None without a deadline.
        is_overdue: it is late at the instant asked about.
        is_mine: the person asked about has one of its roles. Duties that are kept apart show when it is completed.
    """

    task: UserTask
    since: dt.datetime
    due_at: dt.datetime | None
    is_overdue: bool
    is_mine: bool


def open_tasks(
    *, definition: Definition, instance: Instance, by: Actor | None, now: dt.datetime
) -> tuple[OpenTask, ...]:
    """Return what may be done now, the earliest deadline first; nothing while an instance is suspended or over.

    Args:
        definition: the one the instance began with.
        instance: as it is.
        by: for whom, None for nobody in particular.
        now: the instant, with its zone.
    """
    if instance.status is not Status.RUNNING:
        return ()
    found = [
        OpenTask(
            task=definition.tasks[name],
            since=opened.since,
            due_at=opened.due_at,
            is_overdue=opened.due_at is not None and opened.due_at <= now,
            is_mine=by is not None and not by.roles.isdisjoint(definition.tasks[name].roles),
        )
        for name, opened in instance.opened.items()
    ]
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return tuple(sorted(found, key=lambda each: (each.due_at or never, each.task.id)))


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """A deadline to be shown."""

    amount: int
    unit: str
    valid_from: dt.date
    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a process to be shown; ``kind`` is userTask, serviceTask, businessRuleTask, timer or message."""

    id: str
    kind: str
    label: str
    lane: str
    roles: tuple[str, ...]
    duty: str
    state: str
    fields: tuple[str, ...]
    deadlines: tuple[DeadlineLine, ...]


@dataclass(frozen=True, slots=True)
class ProcessSummary:
    """A process to be shown."""

    name: str
    version: int
    digest: str
    label: str
    start_roles: tuple[str, ...]
    states: tuple[str, ...]
    steps: tuple[StepLine, ...]


@dataclass(frozen=True, slots=True)
class DecisionSummary:
    """A decision table to be shown."""

    name: str
    version: int
    digest: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rules: int
    source: str
    evidence: str


def check_file(file: Path, *, services: Iterable[str] = ()) -> Definition | Decision:
    """Read a BPMN or DMN file from disk; a process may ask the decision tables that lie beside it.

    Args:
        file: ends in ``.dmn`` for a decision table; anything else is read as a process.
        services: names of the services that whoever runs the process has.

    Raises:
        DefinitionRefused: with everything that is wrong with it.
    """
    if file.suffix == ".dmn":
        return read_decision(file.read_bytes(), file=file.name)
    beside = sorted(file.parent.glob("*.dmn"))
    decisions = [read_decision(each.read_bytes(), file=each.name) for each in beside]
    return read_process(file.read_bytes(), file=file.name, services=services, decisions=decisions)


def describe_process(definition: Definition) -> ProcessSummary:
    """Return a process in the words of the reader's language."""
    return ProcessSummary(
        name=definition.name,
        version=definition.version,
        digest=definition.digest,
        label=definition.label.spoken(),
        start_roles=definition.start_roles,
        states=tuple(dict.fromkeys(definition.states.values())),
        steps=tuple(line for node in definition.kinds if (line := _describe_step(definition, node)) is not None),
    )


def describe_decision(decision: Decision) -> DecisionSummary:
    """Return a decision table in the words of the reader's language."""
    return DecisionSummary(
        name=decision.name,
        version=decision.version,
        digest=decision.digest,
        label=decision.label.spoken(),
        inputs=tuple(decision.inputs),
        outputs=tuple(output.name for output in decision.outputs),
        rules=len(decision.rules),
        source=decision.source,
        evidence=decision.evidence,
    )


def _describe_step(definition: Definition, node: str) -> StepLine | None:
    task, timer, wait = definition.tasks.get(node), definition.timers.get(node), definition.messages.get(node)
    kind = "timer" if timer else "message" if wait else definition.kinds[node]
    if kind not in ("userTask", "serviceTask", "businessRuleTask", "timer", "message"):
        return None
    deadlines = task.deadlines if task else timer.deadlines if timer else ()
    fields = task.fields if task else wait.fields if wait else ()
    return StepLine(
        id=node,
        kind=kind,
        label=definition.labels[node].spoken(),
        lane=task.lane if task else "",
        roles=task.roles if task else wait.roles if wait else (),
        duty=task.duty if task else "",
        state=definition.states.get(node, ""),
        fields=tuple(field.name for field in fields),
        deadlines=tuple(_describe_deadline(deadline) for deadline in deadlines),
    )


def _describe_deadline(deadline: Deadline) -> DeadlineLine:
    return DeadlineLine(
        amount=deadline.duration.amount,
        unit=deadline.duration.unit.value,
        valid_from=deadline.valid_from,
        source=deadline.source,
        evidence=deadline.evidence,
    )
