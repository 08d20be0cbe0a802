"""Greedy insertion: visit after visit goes where it is worth most, each route being timed exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from lamplighter.methods.optimisation.problem import Crew, Problem
from lamplighter.methods.optimisation.timing import TOLERANCE_MINUTES, Route, time_route

Orders = Mapping[str, Sequence[str]]
"""Crew -> keys of its visits in order."""


def insert_visits(*, problem: Problem, orders: Orders, keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the orders with visits put in one after the other, each where it adds most value without a breach.

    Args:
        problem: the day.
        orders: what each crew does already; crews that are not named do nothing yet.
        keys: visits to put in, first come first served. One that fits nowhere, or adds no value and is not required,
            stays out.

    Example:
        >>> import numpy as np
        >>> from lamplighter.methods.optimisation.problem import Travel, Visit
        >>> matrix = np.array([[0.0, 30.0], [30.0, 0.0]])
        >>> day = Problem(
        ...     visits=(Visit("a", 1, 60.0, prize=9.0), Visit("b", 1, 600.0, prize=9.0)),
        ...     crews=(Crew("K1", depot=0, shift=(480.0, 720.0)),), travel=Travel(matrix, matrix))
        >>> insert_visits(problem=day, orders={}, keys=["a", "b"])
        {'K1': ('a',)}
    """
    held: dict[str, tuple[str, ...]] = {crew.key: tuple(orders.get(crew.key, ())) for crew in problem.crews}
    routes = {crew.key: time_route(problem=problem, crew=crew, order=held[crew.key]) for crew in problem.crews}
    for key in keys:
        visit = problem.visit_of[key]
        options = [
            route
            for crew in problem.crews
            if crew.may_serve(visit)
            for route in [best_place(problem=problem, crew=crew, order=held[crew.key], key=key)]
            if route is not None
        ]
        if not options:
            continue
        best = max(options, key=lambda route: route.value - routes[route.crew].value)
        if visit.is_required or best.value > routes[best.crew].value:
            held[best.crew], routes[best.crew] = best.keys, best
    return held


def make_room(*, problem: Problem, orders: Orders, key: str) -> dict[str, tuple[str, ...]]:
    """Return the orders with a required visit put in where it fits nowhere, visits that are not required giving way.

    Those that gave way are put back where they still fit. Where not even that makes room, the orders stay as they are.

    Args:
        problem: the day.
        orders: what each crew does, without a breach.
        key: the visit.
    """
    options = []
    for crew in problem.crews:
        if not crew.may_serve(problem.visit_of[key]):
            continue
        order = orders[crew.key]
        kept = [each for each in order if problem.visit_of[each].is_required]
        route = best_place(problem=problem, crew=crew, order=kept, key=key)
        if route is not None:
            back = sorted(set(order) - set(kept), key=lambda each: (-problem.visit_of[each].prize, each))
            held = insert_visits(problem=problem, orders={**orders, crew.key: route.keys}, keys=back)
            options.append(held)
    return max(
        options,
        key=lambda held: value_of(problem=problem, orders=held),
        default={crew: tuple(order) for crew, order in orders.items()},
    )


def value_of(*, problem: Problem, orders: Orders) -> float:
    """Return prizes less costs of what all crews do."""
    return sum(time_route(problem=problem, crew=crew, order=orders[crew.key]).value for crew in problem.crews)


def best_place(*, problem: Problem, crew: Crew, order: Sequence[str], key: str) -> Route | None:
    """Return the route of greatest value with a visit put into an order, None where it fits nowhere."""
    if crew.most_visits is not None and len(order) >= crew.most_visits:
        return None
    slack = _slack_minutes(problem, crew, order)
    tried = [
        time_route(problem=problem, crew=crew, order=[*order[:place], key, *order[place:]])
        for place in range(len(order) + 1)
        # Timing is what costs here; most places are ruled out by the minutes alone.
        if _added_minutes(problem, crew, order, key=key, place=place) <= slack + TOLERANCE_MINUTES
    ]
    return max((route for route in tried if not route.breaches), key=lambda route: route.value, default=None)


def _slack_minutes(problem: Problem, crew: Crew, order: Sequence[str]) -> float:
    """Return the minutes of the shift that are neither work nor way, if no window makes the crew wait; a rest not owed
    by a crew that is back early counts as slack."""
    places = [crew.depot, *(problem.visit_of[key].place for key in order), crew.depot]
    drive = sum(float(problem.travel.minutes[a, b]) for a, b in pairwise(places))
    work = sum(problem.visit_of[key].service_minutes for key in order)
    return crew.shift[1] - crew.shift[0] - drive - work


def _added_minutes(problem: Problem, crew: Crew, order: Sequence[str], *, key: str, place: int) -> float:
    minutes, visit = problem.travel.minutes, problem.visit_of[key]
    before = problem.visit_of[order[place - 1]].place if place else crew.depot
    after = problem.visit_of[order[place]].place if place < len(order) else crew.depot
    return float(minutes[before, visit.place] + minutes[visit.place, after] - minutes[before, after]) + (
        visit.service_minutes
    )


def drop_breaches(*, problem: Problem, orders: Orders) -> dict[str, tuple[str, ...]]:
    """Return the orders with visits left out until every route can be driven, the least missed ones first.

    Args:
        problem: the day.
        orders: what each crew is to do.
    """
    return {crew.key: _drivable(problem, crew, tuple(orders.get(crew.key, ()))) for crew in problem.crews}


def _drivable(problem: Problem, crew: Crew, order: tuple[str, ...]) -> tuple[str, ...]:
    while True:
        route = time_route(problem=problem, crew=crew, order=order)
        if not route.breaches or not order:
            return order
        total = sum(breach.amount for breach in route.breaches)

        def missed(place: int, order: tuple[str, ...] = order, total: float = total) -> tuple[bool, bool, float]:
            visit = problem.visit_of[order[place]]
            left = time_route(problem=problem, crew=crew, order=order[:place] + order[place + 1 :])
            mends_nothing = sum(breach.amount for breach in left.breaches) >= total
            return mends_nothing, visit.is_required, visit.prize

        out = min(range(len(order)), key=missed)
        order = order[:out] + order[out + 1 :]
