"""Which kinds of job there are, and which chores a worker does between them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lamplighter.base.jobs.running import JobRun

JobFunction = Callable[[JobRun], Mapping[str, Any]]
ChoreFunction = Callable[[dt.datetime], object]


@dataclass(frozen=True, slots=True)
class Chore:
    """What a worker does again and again.

    Args:
        name: for the log.
        every: how long after the last time.
        work: what is done, given the time.
    """

    name: str
    every: dt.timedelta
    work: ChoreFunction


class JobKindUnknown(LookupError):
    """A kind of job was asked for that no module registered: a defect of ours."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"No job kind {kind!r}: register it with `job_kind` in a module that `ready` imports.")


_KINDS: Final[dict[str, JobFunction]] = {}
_CHORES: Final[dict[str, Chore]] = {}


def job_kind(kind: str) -> Callable[[JobFunction], JobFunction]:
    """Register the function of a kind of job.

    It may be begun several times, when a worker died over it: what it writes must come to the same however often, or
    be written within `JobRun.fence`. It tells how far it is with `JobRun.step`, and is stopped there when it is to be.

    Args:
        kind: kept for ever; its words are ``jobs.kind.<kind>``.
    """

    def register(function: JobFunction) -> JobFunction:
        _KINDS[kind] = function
        return function

    return register


def function_of(kind: str) -> JobFunction:
    """Return the function of a kind.

    Raises:
        JobKindUnknown: no module registered it.
    """
    if kind not in _KINDS:
        raise JobKindUnknown(kind)
    return _KINDS[kind]


def add_chore(name: str, *, every: dt.timedelta, work: ChoreFunction) -> None:
    """Have every worker do something again and again; two workers may do it at once, so it must not mind."""
    _CHORES[name] = Chore(name, every, work)


def chores() -> list[Chore]:
    """Return the chores in the order they were added."""
    return list(_CHORES.values())
