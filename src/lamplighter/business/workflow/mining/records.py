"""What is read from a log, and what is found in it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """One step somebody completed.

    Attributes:
        activity: id of the task.
        role: who does it, as the drawing says; empty for a machine or a timer.
        by: id of the person; empty for a machine or a timer.
        opened_at: since when it could be done; ``done_at`` when it was.
        due_at: until when it was to be done; None without a deadline.
    """

    activity: str
    role: str
    by: str
    opened_at: dt.datetime
    done_at: dt.datetime
    due_at: dt.datetime | None = None

    @property
    def hours(self) -> float:
        """Hours from open to done: waiting and work together."""
        return (self.done_at - self.opened_at).total_seconds() / 3600

    @property
    def is_late(self) -> bool:
        """Say whether it was done after its deadline."""
        return self.due_at is not None and self.done_at > self.due_at


@dataclass(frozen=True, slots=True)
class Trace:
    """One matter on its way: when it came in, the steps in the order in which they were done, whether it ended."""

    case_id: str
    process: str
    started_at: dt.datetime
    steps: tuple[Done, ...]
    is_finished: bool

    @property
    def way(self) -> tuple[str, ...]:
        """The activities in order."""
        return tuple(step.activity for step in self.steps)

    @property
    def hours(self) -> float:
        """Hours from coming in to the last step."""
        return (self.steps[-1].done_at - self.started_at).total_seconds() / 3600 if self.steps else 0.0


@dataclass(frozen=True, slots=True)
class ActivityFound:
    """An activity of the map.

    Attributes:
        count: how often it was done; ``repeated`` how often again within the same matter.
        median_hours, p90_hours: from open to done.
        total_hours: all of them together; ``share`` of the hours of the whole process.
        late_share: of those with a deadline; None where none has one.
    """

    activity: str
    role: str
    count: int
    repeated: int
    median_hours: float
    p90_hours: float
    total_hours: float
    share: float
    late_share: float | None


@dataclass(frozen=True, slots=True)
class ArcFound:
    """One step followed by another: how often, hours between them, and how often another person took over."""

    before: str
    after: str
    count: int
    median_hours: float
    handed_over: int


@dataclass(frozen=True, slots=True)
class VariantFound:
    """A way that matters took: how many, their share, and the middle of their hours."""

    way: tuple[str, ...]
    count: int
    share: float
    median_hours: float


@dataclass(frozen=True, slots=True)
class ProcessMap:
    """What is found in a log.

    Attributes:
        matters: ended ones, on which everything rests; ``running`` are left out.
        activities: what takes most hours first: the ranking of bottlenecks.
        arcs: the most frequent first; ``variants`` likewise.
        rework_share: matters in which some activity was done more than once.
        median_hours, p90_hours: of whole matters.
    """

    matters: int
    running: int
    activities: tuple[ActivityFound, ...]
    arcs: tuple[ArcFound, ...]
    variants: tuple[VariantFound, ...]
    rework_share: float
    median_hours: float
    p90_hours: float
