"""One run of a process: what it holds, what is open in it, and what has happened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lamplighter.business.workflow.durations import WorkingDays
from lamplighter.business.workflow.engine import Tokens
from lamplighter.business.workflow.expressions.tree import Value


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: the id of a person, and the roles that person has now."""

    id: str
    roles: frozenset[str]


class Status(StrEnum):
    """Whether an instance goes on."""

    RUNNING = "running"
    SUSPENDED = "suspended"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class EventKind(StrEnum):
    """What can happen to an instance."""

    STARTED = "started"
    COMPLETED = "completed"
    MESSAGE = "message"
    TIMER = "timer"
    SERVED = "served"
    DECIDED = "decided"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    RECOUNTED = "recounted"
    """Deadlines were counted again, since the calendar they rest on is known better now."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened; never changed afterwards.

    Attributes:
        number: from 1, without a gap.
        at: when, in UTC.
        by: id of the person; empty for a timer, a service or a decision.
        kind: what it was.
        element: id of the element, or the name of the suspension.
        data: what was filled in or came out, in the form JSON has for it.
        data_hash: SHA-256 of the data as canonical JSON; what remains where the data themselves may not be kept.
        states: states the instance reached by it, in order.
    """

    number: int
    at: dt.datetime
    by: str
    kind: EventKind
    element: str
    data: Mapping[str, object]
    data_hash: str
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """Since when a task is open, and until when it is to be done; None without a deadline. Both in UTC."""

    since: dt.datetime
    due_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Paused:
    """Why and since when an instance stands still."""

    suspension: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Instance:
    """Where one run of a process stands.

    Attributes:
        id: given by whoever started it.
        process, version, digest: the definition it began with, which it keeps.
        status: whether it goes on.
        number: number of its last event; whoever acts says which number they saw.
        state: state it reached last.
        data: what it holds, by name.
        duties: who has taken on each duty.
        opened: its open tasks, by id.
        paused: set while it is suspended.
        tokens: where the engine stands.
    """

    id: str
    process: str
    version: int
    digest: str
    status: Status
    number: int
    state: str
    data: Mapping[str, Value]
    duties: Mapping[str, tuple[str, ...]]
    opened: Mapping[str, Opened]
    paused: Paused | None
    tokens: Tokens


@dataclass(frozen=True, slots=True)
class Step:
    """What an operation came to: the instance afterwards and the events to be appended to its history.

    Attributes:
        passed: elements that were done in it, ends and gateways among them, which are no events of their own.
    """

    instance: Instance
    events: tuple[Event, ...]
    passed: frozenset[str] = frozenset()


class Service(Protocol):
    """A service of the registry: gets what the instance holds, returns a value for each output it declares."""

    def __call__(self, data: Mapping[str, Value]) -> Mapping[str, object]:
        """Carry the service out; raise to let the whole operation fail, after which nothing has happened."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a process needs of the rooms around it: the company's calendar, and its services by name."""

    calendar: WorkingDays
    services: Mapping[str, Service]
