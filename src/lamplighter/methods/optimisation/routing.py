"""Prize-collecting routing with time windows, searched by PyVRP and timed exactly.

PyVRP (Wouda, Lan and Kool, INFORMS Journal on Computing 2024) knows prizes, windows and vehicles of different kinds,
but no rest within a shift. The rest is therefore cut out of the clock: a shift is shorter by it, and windows after it
begin earlier. What comes back is timed with the true clock (:mod:`~lamplighter.methods.optimisation.timing`); visits
that do not fit after all are left out, and visits that still fit are put in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pyvrp
from pyvrp.stop import MaxIterations, MaxRuntime, MultipleCriteria

from lamplighter.methods.optimisation.insertion import drop_breaches, insert_visits, make_room
from lamplighter.methods.optimisation.problem import Crew, Pause, Problem, Visit
from lamplighter.methods.optimisation.timing import Route, time_route

TICKS_A_MINUTE = 10
"""PyVRP counts in whole numbers: tenths of a minute, upward, so that rounding never makes a route too long."""
COST_A_UNIT = 100
"""Costs and prizes in hundredths of the currency."""
ANY_MINUTE = 10.0 * 24 * 60
"""Latest start of a service without a window: later than any shift."""
FORBIDDEN_TICKS = 10 * 24 * 60 * TICKS_A_MINUTE
"""Way to a visit that a crew may not make: longer than any shift. PyVRP's own bound times a penalty would overflow."""


class Unserved(StrEnum):
    """Why a visit is in no route."""

    NOT_ALLOWED = "not_allowed"
    """No crew has the skills, or all that have them are barred."""
    OUT_OF_REACH = "out_of_reach"
    """No crew that is allowed gets there and back within its shift, on a day with nothing else."""
    NOT_WORTH = "not_worth"
    """Its prize does not pay for the service and the way."""
    NO_TIME = "no_time"
    """Others were worth more of the time there is."""


@dataclass(frozen=True, slots=True)
class Search:
    """How long the search goes on. It ends after the iterations: the same problem gives the same routes.

    Args:
        iterations: of the search.
        seed: of its random numbers.
        most_seconds: a guard against a machine that is far too slow; a search it ends is marked, as it may not repeat.
    """

    iterations: int = 2000
    seed: int = 1
    most_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Solution:
    """A day's routes.

    Args:
        routes: one of each crew, in the order of the problem; none has a breach.
        unserved: each visit in no route, with its reason.
        iterations: that the search made.
        is_cut_short: the guard of time ended it.
    """

    routes: tuple[Route, ...]
    unserved: Mapping[str, Unserved]
    iterations: int
    is_cut_short: bool

    @property
    def value(self) -> float:
        """Prizes less costs of all routes."""
        return sum(route.value for route in self.routes)


def solve(problem: Problem, *, search: Search | None = None) -> Solution:
    """Return routes that collect as much value as the search finds; no route breaks anything.

    Args:
        problem: the day.
        search: how long.

    Example:
        Two hours for one of two visits, half an hour away in opposite directions:

        >>> from lamplighter.methods.optimisation.problem import Travel
        >>> matrix = np.array([[0.0, 30.0, 30.0], [30.0, 0.0, 60.0], [30.0, 60.0, 0.0]])
        >>> day = Problem(
        ...     visits=(Visit("a", 1, 60.0, prize=5.0), Visit("b", 2, 60.0, prize=9.0)),
        ...     crews=(Crew("K1", depot=0, shift=(480.0, 600.0)),), travel=Travel(matrix, matrix))
        >>> found = solve(day, search=Search(iterations=20))
        >>> found.routes[0].keys, dict(found.unserved)
        (('b',), {'a': <Unserved.NO_TIME: 'no_time'>})
    """
    search = search or Search()
    reasons = _hopeless(problem)
    open_visits = tuple(visit for visit in problem.visits if visit.key not in reasons)
    if not open_visits:
        empty = tuple(time_route(problem=problem, crew=crew, order=()) for crew in problem.crews)
        return Solution(empty, reasons, 0, False)
    orders, iterations = _search(problem, open_visits, search)
    orders = _mend(problem, open_visits, drop_breaches(problem=problem, orders=orders))
    routes = tuple(time_route(problem=problem, crew=crew, order=orders[crew.key]) for crew in problem.crews)
    served = {key for route in routes for key in route.keys}
    no_time = {visit.key: Unserved.NO_TIME for visit in open_visits if visit.key not in served}
    return Solution(routes, reasons | no_time, iterations, iterations < search.iterations)


def _mend(problem: Problem, visits: Sequence[Visit], orders: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return drivable orders with what still fits put in: required visits first, for which others give way."""
    ranked = sorted(visits, key=lambda visit: (not visit.is_required, -visit.prize, visit.key))
    for visit in ranked:
        if visit.is_required and not any(visit.key in order for order in orders.values()):
            orders = insert_visits(problem=problem, orders=orders, keys=[visit.key])
            if not any(visit.key in order for order in orders.values()):
                orders = make_room(problem=problem, orders=orders, key=visit.key)
    served = {key for order in orders.values() for key in order}
    return insert_visits(
        problem=problem, orders=orders, keys=[visit.key for visit in ranked if visit.key not in served]
    )


def _hopeless(problem: Problem) -> dict[str, Unserved]:
    """Return the visits that no crew can make even alone, with the reason."""
    found: dict[str, Unserved] = {}
    for visit in problem.visits:
        allowed = [crew for crew in problem.crews if crew.may_serve(visit)]
        alone = [time_route(problem=problem, crew=crew, order=(visit.key,)) for crew in allowed]
        if not allowed:
            found[visit.key] = Unserved.NOT_ALLOWED
        elif all(route.breaches for route in alone):
            found[visit.key] = Unserved.OUT_OF_REACH
        elif not visit.is_required and visit.prize <= visit.service_minutes * problem.minute_cost:
            # Even on the way of another visit it would cost more than it brings.
            found[visit.key] = Unserved.NOT_WORTH
    return found


@dataclass(frozen=True, slots=True)
class _Copy:
    """A visit as PyVRP sees it: one for each way of cutting the rest out of the clock, where that matters."""

    visit: Visit
    clock: Pause | None
    window: tuple[float, float] | None


def _search(problem: Problem, visits: Sequence[Visit], search: Search) -> tuple[dict[str, tuple[str, ...]], int]:
    clocks = list(dict.fromkeys(crew.pause for crew in problem.crews))
    copies = [
        _Copy(visit, clock if visit.window else None, _cut_window(visit.window, clock))
        for visit in visits
        for clock in (clocks if visit.window else [None])
    ]
    data = _data(problem, copies)
    stop = MultipleCriteria([MaxIterations(search.iterations), MaxRuntime(search.most_seconds)])
    result = pyvrp.solve(
        data,
        stop=stop,
        seed=search.seed,
        collect_stats=False,
        params=pyvrp.SolveParams(penalty=pyvrp.PenaltyParams(max_penalty=float(_urgency(visits)))),
    )
    orders = {}
    for route in result.best.routes():
        keys = [copies[stop.idx].visit.key for stop in route if stop.is_client()]
        orders[problem.crews[route.vehicle_type()].key] = tuple(dict.fromkeys(keys))
    return orders, result.num_iterations


def _data(problem: Problem, copies: Sequence[_Copy]) -> pyvrp.ProblemData:
    depots = list(dict.fromkeys(crew.depot for crew in problem.crews))
    places = [*depots, *(copy.visit.place for copy in copies)]
    urgent = _urgency([copy.visit for copy in copies])
    groups: list[pyvrp.ClientGroup] = []
    clients = []
    for key, run in groupby(enumerate(copies), key=lambda entry: entry[1].visit.key):
        alike = list(run)
        group = None
        if len(alike) > 1:
            group = len(groups)
            groups.append(pyvrp.ClientGroup([index for index, _ in alike], required=False, name=key))
        clients += [_client(copy, location=len(depots) + index, urgent=urgent, group=group) for index, copy in alike]
    bars = [_bar(crew, copies) for crew in problem.crews]
    kinds = list(dict.fromkeys(bar.tobytes() for bar in bars))
    minutes = np.ceil(problem.travel.minutes[np.ix_(places, places)] * TICKS_A_MINUTE).astype(np.int64)
    cost = np.rint(problem.travel.km[np.ix_(places, places)] * problem.km_cost * COST_A_UNIT).astype(np.int64)
    barred = [np.concatenate([np.zeros(len(depots), bool), np.frombuffer(kind, bool)]) for kind in kinds]
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in places],
        clients=clients,
        depots=[pyvrp.Depot(location) for location in range(len(depots))],
        vehicle_types=[
            _vehicle(crew, depot=depots.index(crew.depot), profile=kinds.index(bar.tobytes()), problem=problem)
            for crew, bar in zip(problem.crews, bars, strict=True)
        ],
        distance_matrices=[_forbid(cost, each, 2 * urgent) for each in barred],
        duration_matrices=[_forbid(minutes, each, FORBIDDEN_TICKS) for each in barred],
        groups=groups,
    )


def _client(copy: _Copy, *, location: int, urgent: int, group: int | None) -> pyvrp.Client:
    visit = copy.visit
    early, late = copy.window or (0.0, ANY_MINUTE)
    prize = round(visit.prize * COST_A_UNIT)
    return pyvrp.Client(
        location=location,
        delivery=[1],
        service_duration=math.ceil(visit.service_minutes * TICKS_A_MINUTE),
        tw_early=math.ceil(early * TICKS_A_MINUTE),
        tw_late=math.floor(late * TICKS_A_MINUTE),
        # Not "required" in PyVRP's sense: where not all of them fit, the others are wanted all the same.
        prize=max(prize, 0) + urgent if visit.is_required else max(prize, 0),
        required=False,
        group=group,
    )


def _vehicle(crew: Crew, *, depot: int, profile: int, problem: Problem) -> pyvrp.VehicleType:
    rest = crew.pause.minutes if crew.pause else 0.0
    return pyvrp.VehicleType(
        capacity=[crew.most_visits if crew.most_visits is not None else len(problem.visits)],
        start_depot=depot,
        end_depot=depot,
        tw_early=math.ceil(crew.shift[0] * TICKS_A_MINUTE),
        tw_late=math.floor(max(crew.shift[1] - rest, crew.shift[0]) * TICKS_A_MINUTE),
        unit_distance_cost=1,
        unit_duration_cost=round(problem.minute_cost * COST_A_UNIT / TICKS_A_MINUTE),
        profile=profile,
    )


def _bar(crew: Crew, copies: Sequence[_Copy]) -> npt.NDArray[np.bool_]:
    """Return which copies a crew may not make, shape (copies,): no right, or another crew's clock."""
    return np.array(
        [not crew.may_serve(copy.visit) or (copy.window is not None and copy.clock != crew.pause) for copy in copies],
        bool,
    )


def _forbid(matrix: npt.NDArray[np.int64], barred: npt.NDArray[np.bool_], far: int) -> Any:
    closed = np.where(barred[:, None] | barred[None, :], far, matrix)
    np.fill_diagonal(closed, 0)
    # Any, because PyVRP's stub asks for an array type that NumPy's own cannot be.
    return closed


def _cut_window(window: tuple[float, float] | None, clock: Pause | None) -> tuple[float, float] | None:
    """Return a window on the clock that leaves the rest out, begun in the middle of when it may begin.

    Example:
        An hour from 12:00 on; 14:00 is then 13:00, and a window within the rest shrinks to its start:

        >>> noon = Pause(720.0, 720.0, 60.0)
        >>> _cut_window((840.0, 900.0), noon), _cut_window((730.0, 750.0), noon)
        ((780.0, 840.0), (720.0, 720.0))
    """
    if window is None or clock is None:
        return window
    begins = (clock.earliest + clock.latest) / 2.0
    early, late = (min(instant, max(begins, instant - clock.minutes)) for instant in window)
    return early, late


def _urgency(visits: Sequence[Visit]) -> int:
    """Return what a required visit is worth besides its prize: more than all others that a full day could hold."""
    prizes = sorted((max(visit.prize, 0.0) for visit in visits), reverse=True)
    return round((sum(prizes[:20]) + 1000.0) * COST_A_UNIT)
