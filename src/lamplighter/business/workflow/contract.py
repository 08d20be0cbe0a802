"""What the rooms around a process rely on, so that a version somebody changed can still be worked with.

A file may be a sound process and still not fit: it names a role nobody has, or leaves out the step by which the desk
knows that the customer was answered.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

from lamplighter.base.messages import catalogue
from lamplighter.business.workflow.definitions.faults import Fault, FaultList
from lamplighter.business.workflow.definitions.library import PROCESSES
from lamplighter.business.workflow.records import Decision, Definition

_EVERY = "*"


def known_roles() -> frozenset[str]:
    """Return the roles of a process that somebody here can have: those that have words."""
    return _words("workflow.role.")


def known_states(process: str) -> frozenset[str]:
    """Return the states of a process that lists have words for."""
    return _words("cases.state." if process == "inspection_case" else "tickets.state.")


def process_doubts(after: Definition, before: Definition) -> tuple[Fault, ...]:
    """Return what keeps a version from taking another's place.

    Args:
        after: the new version.
        before: the version new instances begin with so far.
    """
    faults = FaultList()
    for owner, roles in _roles(after):
        for role in sorted(set(roles) - known_roles()):
            faults.add("role_unknown", owner, role=role, known=", ".join(sorted(known_roles())))
    duties = _words("workflow.duty.")
    for owner, duty in _duties(after):
        if duty not in duties:
            faults.add("duty_without_words", owner, duty=duty, known=", ".join(sorted(duties)))
    states = known_states(after.name)
    for node, state in after.states.items():
        if state not in states:
            faults.add("state_unknown", node, state=state, known=", ".join(sorted(states)))
    _check_start(after, before, faults)
    for task, fields in _kept(after.name).items():
        if task not in before.tasks:
            continue
        if task not in after.tasks:
            faults.add("step_needed", task, step=before.tasks[task].label.spoken())
            continue
        given = {field.name for field in after.tasks[task].fields}
        for field in before.tasks[task].fields:
            if field.name in fields and field.name not in given:
                faults.add("field_needed", task, field=field.name)
    return faults.found()


def decision_doubts(after: Decision, before: Decision) -> tuple[Fault, ...]:
    """Return what keeps a decision table from being asked in another's place: its outputs are what processes go by."""
    faults = FaultList()
    kinds = {output.name: output.kind for output in after.outputs}
    for output in before.outputs:
        if kinds.get(output.name) is not output.kind:
            faults.add("output_needed", after.name, name=output.name, kind=output.kind)
    return faults.found()


def _check_start(after: Definition, before: Definition, faults: FaultList) -> None:
    """Matters also come in without a person who could fill in a new field: by chat, by radar, by another system."""
    old = {field.name: field for field in before.start_fields}
    new = {field.name: field for field in after.start_fields}
    for name, field in old.items():
        if name not in new:
            faults.add("start_field_needed", after.name, field=name)
            continue
        lost = {each.value for each in field.options} - {each.value for each in new[name].options}
        if new[name].kind is not field.kind or lost:
            faults.add("start_field_changed", after.name, field=name)
    for name, field in new.items():
        if field.is_required and (name not in old or not old[name].is_required):
            faults.add("start_field_required", after.name, field=name)


def _roles(definition: Definition) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield definition.name, definition.start_roles
    yield definition.name, definition.cancel_roles
    for task in definition.tasks.values():
        yield task.id, task.roles
    for wait in definition.messages.values():
        yield wait.id, wait.roles
    for suspension in definition.suspensions.values():
        yield suspension.name, suspension.roles


def _duties(definition: Definition) -> Iterator[tuple[str, str]]:
    for task in definition.tasks.values():
        for duty in (task.duty, *(field.duty for field in task.fields)):
            if duty:
                yield task.id, duty


@cache
def _kept(process: str) -> Mapping[str, tuple[str, ...]]:
    held = tomllib.loads(resources.files(PROCESSES).joinpath("kept.toml").read_text(encoding="utf-8"))
    rows = {**held[_EVERY], **held.get(process, {})}
    return {task: tuple(fields) for task, fields in rows.items()}


def _words(prefix: str) -> frozenset[str]:
    said: Mapping[str, str] = catalogue("zh")
    return frozenset(each.removeprefix(prefix) for each in said if each.startswith(prefix))
