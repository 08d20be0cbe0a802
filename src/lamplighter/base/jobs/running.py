"""A job while it runs: its pulse, its steps, and the fence that keeps an overtaken attempt from writing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from django.db import connection, transaction
from django.utils import timezone

from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.records import JobState
from lamplighter.base.security.actor import Actor

BEAT_SECONDS: Final = 1.0


class JobCancelled(Exception):
    """Who asked for the job does not want it any more."""


class JobOvertaken(Exception):
    """The worker was given up for lost and another attempt runs: nothing this one does counts."""


class Pulse:
    """Signs of life of one attempt, with how far it is; learns at the same time whether it is to stop.

    Args:
        job_id: the job.
        attempt: the attempt.
    """

    def __init__(self, job_id: int, attempt: int) -> None:
        self.job_id, self.attempt = job_id, attempt
        self.step, self.done, self.total = "", 0, None
        self.is_cancelled = self.is_overtaken = False

    step: str
    done: int
    total: int | None

    def beat(self) -> None:
        """Write the sign of life now."""
        mine = Job.objects.filter(pk=self.job_id, attempt=self.attempt, state=JobState.RUNNING.value)
        is_mine = mine.update(alive_at=timezone.now(), step=self.step[:200], done=self.done, total=self.total)
        self.is_overtaken = not is_mine
        self.is_cancelled = mine.filter(is_cancel_asked=True).exists()

    def moved(self) -> None:
        """Take note that the job came further."""
        self.beat()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class ThreadPulse(Pulse):
    """A pulse that beats by itself, on a database connection of its own.

    The job may thus compute for minutes, or hold a long read open, without its worker being given up for lost: a
    connection that reads cannot write on SQLite once another has written.
    """

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name=f"pulse of job {self.job_id}", daemon=True)
        self._thread.start()
        return self

    def moved(self) -> None:
        """Nothing: the next beat says it."""

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat_on(self) -> None:
        try:
            while not self._stop.wait(BEAT_SECONDS):
                self.beat()
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class JobRun:
    """What the function of a job gets; it is a `base.progress.Progress` too, and is handed to journeys as one.

    Args:
        number: of the job.
        given: what it was asked with.
        actor: on whose behalf.
        pulse: signs of life.
    """

    number: int
    given: Mapping[str, Any]
    actor: Actor
    pulse: Pulse

    @property
    def attempt(self) -> int:
        """Number of the attempt, from 1: names what is written beside the database, so that two attempts never meet."""
        return self.pulse.attempt

    @contextmanager
    def step(self, title: str, /, *, total: int | None = None, unit: str = "") -> Iterator[Callable[[int], None]]:
        """Open a step; what it yields is called with each number done.

        Raises:
            JobCancelled: the job is to stop.
            JobOvertaken: another attempt runs.
        """
        self.pulse.step, self.pulse.done, self.pulse.total = title, 0, total
        self._go_on()

        def advance(done: int) -> None:
            self.pulse.done += done
            self._go_on()

        yield advance

    @contextmanager
    def fence(self) -> Iterator[None]:
        """Open a transaction in which rows are written only as long as this attempt is the one that counts.

        Raises:
            JobOvertaken: it is not.
        """
        with transaction.atomic():
            mine = {"pk": self.number, "attempt": self.attempt, "state": JobState.RUNNING.value}
            if Job.objects.select_for_update().filter(**mine).first() is None:
                raise JobOvertaken
            yield

    def _go_on(self) -> None:
        self.pulse.moved()
        if self.pulse.is_overtaken:
            raise JobOvertaken
        if self.pulse.is_cancelled:
            raise JobCancelled
