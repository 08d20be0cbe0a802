"""What is known of a job; without Django."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class JobState(StrEnum):
    """Where a job stands. Texts stand under ``jobs.state``."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_open(self) -> bool:
        """It will still change by itself."""
        return self in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as a page shows it.

    Attributes:
        number: names it in addresses.
        kind: what it is, its words are ``jobs.kind.<kind>``.
        state: where it stands.
        attempt: number of the attempt, from 1.
        step: what it is at; empty before it says so.
        done: how much of the step is done.
        total: how much the step is; None = unknown.
        asked_at: when it was asked for.
        finished_at: when it ended; None while it has not.
        failure: sentence of what went wrong, in the language of who asked.
        given: what it was asked with.
        result: what it came to.
        is_cancel_asked: it is to stop at its next step.
    """

    number: int
    kind: str
    state: JobState
    attempt: int
    step: str
    done: int
    total: int | None
    asked_at: dt.datetime
    finished_at: dt.datetime | None
    failure: str
    given: Mapping[str, Any]
    result: Mapping[str, Any]
    is_cancel_asked: bool

    @property
    def share(self) -> float | None:
        """Share of the step that is done; None where its length is unknown.

        Example:
            >>> import dataclasses
            >>> bare = dict.fromkeys(field.name for field in dataclasses.fields(JobRow))
            >>> JobRow(**bare | {"done": 3, "total": 12}).share
            0.25
        """
        return min(1.0, self.done / self.total) if self.total else None
