"""What a change would do: the log played again, with other staff or without a step, and how sure that is.

Matters come in when they came in; each takes a way that was taken; each step takes as long as one like it took, once
somebody of its post is free. Time runs while people work and stands still otherwise. What is played before and after
the change differs in nothing else, so that the difference is the change's.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heapreplace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.workflow.durations import WorkingDays
from lamplighter.business.workflow.mining.records import Trace

Floats = npt.NDArray[np.float64]
_FEWEST = 20
_COVER = 0.95


class LogTooShort(LamplighterError):
    """A log has too few ended matters to be played again."""

    def __init__(self, found: int) -> None:
        self.found = found
        super().__init__(text("workflow.mining.log_too_short", found=found, needed=_FEWEST))


@dataclass(frozen=True, slots=True)
class Shift:
    """When people work: from an hour to an hour of working days; 0 to 24 with ``every_day`` is round the clock."""

    begin_hour: float = 8.5
    end_hour: float = 17.5
    every_day: bool = False


@dataclass(frozen=True)
class Change:
    """What would be done differently.

    Attributes:
        staff: post -> people there would be; the others stay as many as the log shows.
        removed: steps left out.
        limits: step -> hours within which it is to be done; asked only how often that would not be kept.
    """

    staff: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    removed: frozenset[str] = frozenset()
    limits: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Range:
    """A figure with the range that holds 95 % of the replays."""

    middle: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a change would do.

    Attributes:
        matters: matters played; ``replays`` how often.
        seen_hours: mean working hours of a matter in the log; ``before`` the same as played without the change. Where
            they lie far apart, the log has waits that no staff explains, and the forecast means little.
        after, difference: with the change, and less without it, replay by replay.
        late_before, late_after: step -> share done after the limit asked about.
        busy: post -> share of its people's time the steps take, with the change.
    """

    matters: int
    replays: int
    seen_hours: float
    before: Range
    after: Range
    difference: Range
    late_before: Mapping[str, Range]
    late_after: Mapping[str, Range]
    busy: Mapping[str, float]


class WorkingClock:
    """Minutes of work between instants.

    Example:
        >>> class Weekdays:
        ...     zone = dt.UTC
        ...     def is_working_day(self, day): return day.weekday() < 5
        >>> clock = WorkingClock(Shift(8, 16), Weekdays(), since=dt.date(2026, 3, 6), until=dt.date(2026, 3, 10))
        >>> friday, monday = dt.datetime(2026, 3, 6, 15, tzinfo=dt.UTC), dt.datetime(2026, 3, 9, 9, tzinfo=dt.UTC)
        >>> clock.at(monday) - clock.at(friday)
        120.0
    """

    def __init__(self, shift: Shift, calendar: WorkingDays, *, since: dt.date, until: dt.date) -> None:
        days = [since + dt.timedelta(days=number) for number in range((until - since).days + 1)]
        self._days = [day for day in days if shift.every_day or calendar.is_working_day(day)]
        self._shift, self._zone = shift, calendar.zone
        self._length = 60 * (shift.end_hour - shift.begin_hour)

    def at(self, instant: dt.datetime) -> float:
        """Return the minutes of work before an instant."""
        local = instant.astimezone(self._zone)
        place = bisect_right(self._days, local.date())
        if place == 0:
            return 0.0
        if self._days[place - 1] != local.date():
            return place * self._length
        into = 60 * (local.hour - self._shift.begin_hour) + local.minute + local.second / 60
        return (place - 1) * self._length + min(max(into, 0.0), self._length)


@dataclass(frozen=True, slots=True)
class _Log:
    arrivals: Floats
    ways: tuple[tuple[tuple[str, str], ...], ...]
    work: Mapping[str, Floats]
    staff: Mapping[str, int]
    seen_hours: float


def forecast(
    traces: Sequence[Trace],
    *,
    change: Change,
    calendar: WorkingDays,
    shift: Shift,
    replays: int = 40,
    seed: int = 0,
) -> Forecast:
    """Return what a change would do to the matters of a log.

    How long a step takes is read off each person's steps: from when it was open and he had done the one before. Who
    does other things in between, or lets things lie, makes steps look longer than they are.

    Args:
        traces: matters of one process; those that ended count.
        change: what would be different.
        calendar: working days; ``shift`` the hours worked in them.
        replays: how often the log is played, each time with ways and lengths drawn anew.
        seed: of the draws.

    Raises:
        LogTooShort: fewer than twenty matters ended.
    """
    ended = sorted((trace for trace in traces if trace.is_finished and trace.steps), key=lambda each: each.started_at)
    if len(ended) < _FEWEST:
        raise LogTooShort(len(ended))
    log = _read(ended, calendar, shift)
    staff = {role: max(1, change.staff.get(role, count)) for role, count in log.staff.items()}
    before, after = [], []
    for number in range(replays):
        draws = np.random.default_rng([seed, number])
        ways = draws.integers(len(log.ways), size=len(log.arrivals))
        lengths = _draw_lengths(log, ways, draws)
        before.append(_play(log, ways, lengths, log.staff, frozenset()))
        after.append(_play(log, ways, lengths, staff, change.removed))
    hours = [(float(one.hours.mean()), float(other.hours.mean())) for one, other in zip(before, after, strict=True)]
    return Forecast(
        matters=len(ended),
        replays=replays,
        seen_hours=log.seen_hours,
        before=_range([one for one, _ in hours]),
        after=_range([other for _, other in hours]),
        difference=_range([other - one for one, other in hours]),
        late_before={
            step: _range([play.late(step, limit) for play in before]) for step, limit in change.limits.items()
        },
        late_after={step: _range([play.late(step, limit) for play in after]) for step, limit in change.limits.items()},
        busy={role: float(np.mean([play.busy[role] for play in after])) for role in staff},
    )


def _range(values: Sequence[float]) -> Range:
    low, high = np.quantile(values, [(1 - _COVER) / 2, (1 + _COVER) / 2])
    return Range(float(np.mean(values)), float(low), float(high))


def _read(ended: Sequence[Trace], calendar: WorkingDays, shift: Shift) -> _Log:
    since = ended[0].started_at.astimezone(calendar.zone).date()
    until = max(trace.steps[-1].done_at for trace in ended).astimezone(calendar.zone).date()
    clock = WorkingClock(shift, calendar, since=since, until=until)
    by_person: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    people: dict[str, set[str]] = defaultdict(set)
    for trace in ended:
        for step in trace.steps:
            by_person[step.by].append((clock.at(step.done_at), clock.at(step.opened_at), step.activity))
            people[step.role].add(step.by)
    work: dict[str, list[float]] = defaultdict(list)
    for steps in by_person.values():
        free = 0.0
        for done, opened, activity in sorted(steps):
            work[activity].append(max(0.0, done - max(opened, free)))
            free = done
    return _Log(
        arrivals=np.array([clock.at(trace.started_at) for trace in ended]),
        ways=tuple(tuple((step.activity, step.role) for step in trace.steps) for trace in ended),
        work={activity: np.array(minutes) for activity, minutes in work.items()},
        staff={role: len(found) for role, found in people.items()},
        seen_hours=float(np.mean([clock.at(t.steps[-1].done_at) - clock.at(t.started_at) for t in ended])) / 60,
    )


@dataclass(frozen=True, slots=True)
class _Played:
    hours: Floats
    waits: Mapping[str, Sequence[float]]
    busy: Mapping[str, float]

    def late(self, step: str, limit_hours: float) -> float:
        minutes = self.waits.get(step, ())
        return sum(each > 60 * limit_hours for each in minutes) / len(minutes) if minutes else 0.0


def _draw_lengths(log: _Log, ways: npt.NDArray[np.int64], draws: np.random.Generator) -> list[list[float]]:
    """Return how long each step of each matter takes: of all steps of one kind the lengths are drawn at once."""
    taken = [activity for way in ways for activity, _ in log.ways[way]]
    counts = Counter(taken)
    drawn = {each: iter(draws.choice(log.work[each], size=count).tolist()) for each, count in counts.items()}
    return [[next(drawn[activity]) for activity, _ in log.ways[way]] for way in ways]


def _play(
    log: _Log,
    ways: npt.NDArray[np.int64],
    lengths: Sequence[Sequence[float]],
    staff: Mapping[str, int],
    removed: frozenset[str],
) -> _Played:
    # Whoever of a post is free first takes what has been open longest. Steps are taken in the order in which they
    # open, over all posts: what one of them opens is never older than itself.
    free = {role: [0.0] * count for role, count in staff.items()}
    waits: dict[str, list[float]] = defaultdict(list)
    worked: dict[str, float] = dict.fromkeys(staff, 0.0)
    hours, end = np.zeros(len(log.arrivals)), 0.0
    arrivals = log.arrivals.tolist()
    left = [
        [(*step, minutes) for step, minutes in zip(log.ways[way], taken, strict=True) if step[0] not in removed][::-1]
        for way, taken in zip(ways, lengths, strict=True)
    ]
    queue = [(at, number) for number, at in enumerate(arrivals) if left[number]]
    heapify(queue)
    while queue:
        opened, number = queue[0]
        activity, role, minutes = left[number].pop()
        people = free[role]
        done = max(opened, people[0]) + minutes
        heapreplace(people, done)
        worked[role] += minutes
        waits[activity].append(done - opened)
        if left[number]:
            heapreplace(queue, (done, number))
        else:
            heappop(queue)
            hours[number] = (done - arrivals[number]) / 60
            end = max(end, done)
    length = max(end - arrivals[0], 1.0)
    return _Played(hours, waits, {role: worked[role] / (length * count) for role, count in staff.items()})
