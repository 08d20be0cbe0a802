"""An instance and its events as text: what another room keeps, and what another process goes on from."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.workflow.forms import from_json, to_json
from lamplighter.business.workflow.instances import Event, EventKind, Instance, Opened, Paused, Status
from lamplighter.business.workflow.records import Definition

FORM: Final = 1
_NAMING: Final = frozenset({"process", "version", "digest", "number"})


class StateUnreadable(LamplighterError):
    """A stored state is not one that this version can read."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(text("workflow.state_unreadable", problem=problem))


def write_state(instance: Instance) -> str:
    """Return an instance as JSON: the same instance is always the same text."""
    state = {
        "form": FORM,
        "id": instance.id,
        "process": instance.process,
        "version": instance.version,
        "digest": instance.digest,
        "status": instance.status.value,
        "number": instance.number,
        "state": instance.state,
        "data": to_json(instance.data),
        "duties": {duty: list(persons) for duty, persons in instance.duties.items()},
        "opened": {
            task: [opened.since.isoformat(), opened.due_at.isoformat() if opened.due_at else None]
            for task, opened in instance.opened.items()
        },
        "paused": [instance.paused.suspension, instance.paused.at.isoformat()] if instance.paused else None,
        "tokens": instance.tokens,
    }
    return json.dumps(state, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def definition_wanted(state: str) -> tuple[str, int, str]:
    """Return name, version and digest of the definition that a stored instance began with.

    Raises:
        StateUnreadable: the text is no state.
    """
    stored = _stored(state)
    return stored["process"], stored["version"], stored["digest"]


def number_of(state: str) -> int:
    """Return the number of a stored instance: how many events its history has.

    Raises:
        StateUnreadable: the text is no state.
    """
    return int(_stored(state)["number"])


def read_state(state: str, definition: Definition) -> Instance:
    """Return the instance that a text holds.

    Args:
        state: as :func:`write_state` gave it.
        definition: the one of :func:`definition_wanted`.

    Raises:
        StateUnreadable: the text is no state, or of another definition.
    """
    stored = _stored(state)
    if stored["digest"] != definition.digest:
        raise StateUnreadable(f"{stored['process']} {stored['version']}: {definition.digest[:12]}")
    try:
        return Instance(
            id=stored["id"],
            process=stored["process"],
            version=stored["version"],
            digest=stored["digest"],
            status=Status(stored["status"]),
            number=stored["number"],
            state=stored["state"],
            data=from_json(stored["data"], definition.data),
            duties={duty: tuple(persons) for duty, persons in stored["duties"].items()},
            opened={
                task: Opened(_instant(since), _instant(due) if due else None)
                for task, (since, due) in stored["opened"].items()
            },
            paused=Paused(stored["paused"][0], _instant(stored["paused"][1])) if stored["paused"] else None,
            tokens=tuple((name, state, parent, kept) for name, state, parent, kept in stored["tokens"]),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise StateUnreadable(str(problem)) from problem


def write_event(event: Event) -> str:
    """Return an event as one line of JSON."""
    written = {
        "number": event.number,
        "at": event.at.isoformat(),
        "by": event.by,
        "kind": event.kind.value,
        "element": event.element,
        "data": event.data,
        "data_hash": event.data_hash,
        "states": list(event.states),
    }
    return json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_event(line: str) -> Event:
    """Return the event that a line holds.

    Raises:
        StateUnreadable: the line is no event.
    """
    try:
        stored: Mapping[str, Any] = json.loads(line)
        return Event(
            number=stored["number"],
            at=_instant(stored["at"]),
            by=stored["by"],
            kind=EventKind(stored["kind"]),
            element=stored["element"],
            data=stored["data"],
            data_hash=stored["data_hash"],
            states=tuple(stored["states"]),
        )
    except (KeyError, TypeError, ValueError) as problem:
        raise StateUnreadable(str(problem)) from problem


def _stored(state: str) -> dict[str, Any]:
    try:
        stored = json.loads(state)
    except ValueError as problem:
        raise StateUnreadable(str(problem)) from problem
    if not isinstance(stored, dict) or stored.get("form") != FORM or not stored.keys() >= _NAMING:
        raise StateUnreadable(f"form {stored.get('form') if isinstance(stored, dict) else '–'}")
    return stored


def _instant(written: str) -> dt.datetime:
    return dt.datetime.fromisoformat(written)
