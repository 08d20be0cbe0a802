"""Where instances are kept: the port, and two stores of it. The desk has its own, in its database."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.workflow.definitions.library import Definitions
from lamplighter.business.workflow.instances import Event, Instance, Step
from lamplighter.business.workflow.refusals import StaleInstance
from lamplighter.business.workflow.state_text import (
    definition_wanted,
    number_of,
    read_event,
    read_state,
    write_event,
    write_state,
)

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class InstanceUnknown(LamplighterError):
    """No instance of this id is kept."""

    def __init__(self, instance_id: str) -> None:
        self.instance = instance_id
        super().__init__(text("workflow.instance_unknown", instance=instance_id))


class InstanceStore(Protocol):
    """Keeps the state of each instance as text, and its events as lines that are only ever added to."""

    def read(self, instance_id: str) -> str:
        """Return the state.

        Raises:
            InstanceUnknown: there is none of this id.
        """

    def write(self, instance_id: str, *, state: str, events: Sequence[str], replaces: int) -> None:
        """Replace the state and append the events, both or neither.

        Args:
            instance_id: its id.
            state: the new state.
            events: new lines, of which the first has the number ``replaces + 1``.
            replaces: number of the state this one replaces, 0 for a new instance.

        Raises:
            StaleInstance: the state kept has another number: somebody else was faster.
        """

    def history(self, instance_id: str) -> Sequence[str]:
        """Return all events, oldest first.

        Raises:
            InstanceUnknown: there is none of this id.
        """


def load(store: InstanceStore, instance_id: str, library: Definitions) -> Instance:
    """Return a kept instance, on the version of the definition it began with.

    Raises:
        InstanceUnknown, DefinitionUnknown, StateUnreadable: what the names say.
    """
    state = store.read(instance_id)
    name, version, digest = definition_wanted(state)
    return read_state(state, library.definition(name, version, digest=digest))


def save(store: InstanceStore, step: Step) -> None:
    """Keep what an operation came to.

    Raises:
        StaleInstance: somebody else was faster; nothing was kept.
    """
    replaces = step.instance.number - len(step.events)
    store.write(
        step.instance.id,
        state=write_state(step.instance),
        events=[write_event(event) for event in step.events],
        replaces=replaces,
    )


def load_history(store: InstanceStore, instance_id: str) -> tuple[Event, ...]:
    """Return the events of a kept instance."""
    return tuple(read_event(line) for line in store.history(instance_id))


class MemoryStore:
    """Keeps instances as long as the process lives."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}
        self._events: dict[str, list[str]] = {}

    def read(self, instance_id: str) -> str:
        if instance_id not in self._states:
            raise InstanceUnknown(instance_id)
        return self._states[instance_id]

    def write(self, instance_id: str, *, state: str, events: Sequence[str], replaces: int) -> None:
        kept = self._events.get(instance_id, [])
        if len(kept) != replaces:
            raise StaleInstance(instance_id, seen=replaces, number=len(kept))
        self._states[instance_id] = state
        self._events[instance_id] = [*kept, *events]

    def history(self, instance_id: str) -> Sequence[str]:
        if instance_id not in self._events:
            raise InstanceUnknown(instance_id)
        return tuple(self._events[instance_id])


class FileStore:
    """Keeps each instance in a folder: ``history.jsonl``, to which is only appended, and ``state.json``.

    What counts is the state: it is replaced in one move, and names how many events there are. Lines that a crash left
    behind them never happened, and are cut off by the next write.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, instance_id: str) -> str:
        path = self._folder(instance_id) / "state.json"
        if not path.exists():
            raise InstanceUnknown(instance_id)
        return path.read_text(encoding="utf-8")

    def write(self, instance_id: str, *, state: str, events: Sequence[str], replaces: int) -> None:
        folder = self._folder(instance_id)
        folder.mkdir(parents=True, exist_ok=True)
        with self._alone(folder):
            kept = self._kept_lines(instance_id) if (folder / "state.json").exists() else []
            if len(kept) != replaces:
                raise StaleInstance(instance_id, seen=replaces, number=len(kept))
            with (folder / "history.jsonl").open("r+b" if kept else "wb") as file:
                file.truncate(sum(len(line) for line in kept))
                file.seek(0, os.SEEK_END)
                file.write("".join(f"{line}\n" for line in events).encode())
                file.flush()
                os.fsync(file.fileno())
            part = folder / "state.json.part"
            with part.open("w", encoding="utf-8") as written:
                written.write(state)
                written.flush()
                os.fsync(written.fileno())
            part.replace(folder / "state.json")

    def history(self, instance_id: str) -> Sequence[str]:
        return [line.decode().rstrip("\n") for line in self._kept_lines(instance_id)]

    def _kept_lines(self, instance_id: str) -> list[bytes]:
        number = number_of(self.read(instance_id))
        return (self._folder(instance_id) / "history.jsonl").read_bytes().splitlines(keepends=True)[:number]

    def _folder(self, instance_id: str) -> Path:
        # An id is a name and never a path.
        if not _ID.fullmatch(instance_id):
            raise InstanceUnknown(instance_id)
        return self._root / instance_id

    @contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        with (folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
