"""The times of a route whose order is given: what can be kept, and what breaks and by how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from lamplighter.methods.optimisation.problem import Crew, Pause, Problem, Visit

TOLERANCE_MINUTES = 1e-6
"""Sums of minutes are whole only up to rounding."""


class BreachKind(StrEnum):
    """What a route breaks."""

    OVERTIME = "overtime"
    """Back after the end of the shift; ``amount`` in minutes."""
    WINDOW = "window"
    """Service begins after the window; ``amount`` in minutes."""
    PAUSE = "pause"
    """The rest begins too late; ``amount`` in minutes."""
    SKILL = "skill"
    """The crew lacks a skill; ``amount`` = how many."""
    NOT_ALLOWED = "not_allowed"
    """The visit is for another crew, or bars this one."""
    TOO_MANY = "too_many"
    """More visits than the crew may make; ``amount`` = how many more."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing a route breaks.

    Args:
        kind: what.
        key: the visit; empty where it is the route as a whole.
        amount: by how much, see `BreachKind`.
    """

    kind: BreachKind
    key: str = ""
    amount: float = 1.0


@dataclass(frozen=True, slots=True)
class TimedStop:
    """A visit with its times, minutes of the day.

    Args:
        key: the visit.
        arrive: at the place.
        begin: of the service; later than ``arrive`` where the window or the pause makes the crew wait.
        leave: end of the service.
        drive_minutes: to get there.
        km: to get there.
        wait_minutes: between arriving and beginning, a rest left out.
    """

    key: str
    arrive: float
    begin: float
    leave: float
    drive_minutes: float
    km: float
    wait_minutes: float


@dataclass(frozen=True, slots=True)
class Route:
    """What a crew does.

    Args:
        crew: whose.
        stops: in order.
        start: leaves the depot, minutes of the day.
        end: is back.
        pause_at: the rest begins, before ``start`` where it is taken at the depot; None = none is taken.
        drive_minutes: of the whole route, the way back included.
        km: likewise.
        prize: of all visits.
        cost: of way and time, the rest left out.
        breaches: everything it breaks; empty = it can be driven.
    """

    crew: str
    stops: tuple[TimedStop, ...]
    start: float
    end: float
    pause_at: float | None
    drive_minutes: float
    km: float
    prize: float
    cost: float
    breaches: tuple[Breach, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The visits in order."""
        return tuple(stop.key for stop in self.stops)

    @property
    def value(self) -> float:
        """Prizes less costs."""
        return self.prize - self.cost


def time_route(*, problem: Problem, crew: Crew, order: Sequence[str]) -> Route:
    """Return a crew's visits in a given order with their times, the rest put where it harms least.

    Nothing is refused: what cannot be kept stands in the route's breaches.

    Args:
        problem: visits and travel.
        crew: who drives.
        order: keys of visits.

    Example:
        Half an hour there, an hour of work, half an hour back:

        >>> import numpy as np
        >>> from lamplighter.methods.optimisation.problem import Travel
        >>> matrix = np.array([[0.0, 30.0], [30.0, 0.0]])
        >>> crew = Crew("K1", depot=0, shift=(480.0, 590.0))
        >>> day = Problem(visits=(Visit("a", 1, 60.0, prize=9.0),), crews=(crew,), travel=Travel(matrix, matrix))
        >>> route = time_route(problem=day, crew=crew, order=["a"])
        >>> route.stops[0].begin, route.end, [(str(breach.kind), breach.amount) for breach in route.breaches]
        (510.0, 600.0, [('overtime', 10.0)])
    """
    visits = [problem.visit_of[key] for key in order]
    if not visits:
        start = crew.shift[0]
        return Route(crew.key, (), start, start, None, 0.0, 0.0, 0.0, 0.0, ())
    # Where the rest goes: before visit 0, 1, ..., before the way back, or nowhere.
    gaps: list[int | None] = [None] if crew.pause is None else [*range(len(visits) + 1), None]
    drives = [_latest_drive(problem, crew, visits, gap=gap) for gap in gaps]
    chosen = min(drives, key=lambda each: (_amount(each), each.cost, each.end))
    return replace(chosen, breaches=(*_not_allowed(crew, visits), *chosen.breaches))


def _amount(route: Route) -> float:
    return sum(breach.amount for breach in route.breaches)


def _latest_drive(problem: Problem, crew: Crew, visits: Sequence[Visit], *, gap: int | None) -> Route:
    """Return the drive that sets out as late as it can without being back later: nobody sets out to wait."""
    early = _drive(problem, crew, visits, gap=gap, start=crew.shift[0])
    waited, slack = 0.0, float("inf")
    for index, (visit, stop) in enumerate(zip(visits, early.stops, strict=True)):
        if crew.pause is not None and early.pause_at is not None and index == gap and index > 0:
            slack = min(slack, crew.pause.latest - early.pause_at + waited)
        waited += stop.wait_minutes
        if visit.window is not None:
            # An appointment begins no later for it: what is planned for its last minute is missed by the first jam.
            slack = min(slack, waited)
    delay = min(waited, slack)
    if delay <= TOLERANCE_MINUTES:
        return early
    late = _drive(problem, crew, visits, gap=gap, start=early.start + delay)
    is_as_good = _amount(late) <= _amount(early) + TOLERANCE_MINUTES and late.end <= early.end + TOLERANCE_MINUTES
    return late if is_as_good else early


def _drive(problem: Problem, crew: Crew, visits: Sequence[Visit], *, gap: int | None, start: float) -> Route:
    travel, place = problem.travel, crew.depot
    stops: list[TimedStop] = []
    breaches: list[Breach] = []
    pause_at: float | None = None
    if crew.pause is not None and gap == 0:
        # At the depot, before setting out.
        pause_at = max(crew.shift[0], crew.pause.earliest)
        start = max(start, pause_at + crew.pause.minutes)
    clock = start
    for index, visit in enumerate(visits):
        drive, km = float(travel.minutes[place, visit.place]), float(travel.km[place, visit.place])
        arrive = ready = clock + drive
        rest = 0.0
        if crew.pause is not None and index == gap and index > 0:
            pause_at, arrive, rest = _rest(crew.pause, clock=clock, drive=drive)
            ready = max(arrive, pause_at + rest) if rest else arrive
        early, late = visit.window or (ready, ready)
        begin = max(ready, early)
        if begin > late + TOLERANCE_MINUTES:
            breaches.append(Breach(BreachKind.WINDOW, visit.key, begin - late))
        clock, place = begin + visit.service_minutes, visit.place
        stops.append(TimedStop(visit.key, arrive, begin, clock, drive, km, begin - arrive - rest))
    back, back_km = float(travel.minutes[place, crew.depot]), float(travel.km[place, crew.depot])
    end = clock + back
    if crew.pause is not None and gap == len(visits):
        pause_at, end, rest = _rest(crew.pause, clock=clock, drive=back)
        end = max(end, pause_at + rest) if rest else end
    breaches += _shift_breaches(crew, end=end, pause_at=pause_at)
    drive_minutes = back + sum(stop.drive_minutes for stop in stops)
    km = back_km + sum(stop.km for stop in stops)
    prize = sum(visit.prize for visit in visits)
    rested = crew.pause.minutes if crew.pause is not None and gap is not None and gap > 0 else 0.0
    cost = (end - start - rested) * problem.minute_cost + km * problem.km_cost
    return Route(crew.key, tuple(stops), start, end, pause_at, drive_minutes, km, prize, cost, tuple(breaches))


def _rest(pause: Pause, *, clock: float, drive: float) -> tuple[float, float, float]:
    """Return when the rest begins, when the crew arrives, and the minutes it rests after arriving: none on the way."""
    begins = max(clock, pause.earliest)
    if begins <= clock + drive:
        return begins, clock + drive + pause.minutes, 0.0
    return begins, clock + drive, pause.minutes


def _shift_breaches(crew: Crew, *, end: float, pause_at: float | None) -> list[Breach]:
    found = []
    if end > crew.shift[1] + TOLERANCE_MINUTES:
        found.append(Breach(BreachKind.OVERTIME, amount=end - crew.shift[1]))
    if crew.pause is not None:
        # Without a rest the crew must be back by the time it could last begin.
        late = (end if pause_at is None else pause_at) - crew.pause.latest
        if late > TOLERANCE_MINUTES:
            found.append(Breach(BreachKind.PAUSE, amount=late))
    return found


def _not_allowed(crew: Crew, visits: Sequence[Visit]) -> list[Breach]:
    found = []
    for visit in visits:
        lacking = visit.needs - crew.skills
        if lacking:
            found.append(Breach(BreachKind.SKILL, visit.key, float(len(lacking))))
        if visit.only not in ("", crew.key) or crew.key in visit.barred:
            found.append(Breach(BreachKind.NOT_ALLOWED, visit.key))
    if crew.most_visits is not None and len(visits) > crew.most_visits:
        found.append(Breach(BreachKind.TOO_MANY, amount=float(len(visits) - crew.most_visits)))
    return found
