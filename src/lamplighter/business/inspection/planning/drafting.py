"""From suspicions, wishes and crews to a routing problem, and the reason of each suspicion that cannot be in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import numpy as np

from lamplighter.business.inspection.planning.records import (
    Crew,
    CrewWhy,
    Danger,
    Draft,
    IdleCrew,
    Level,
    Suspicion,
    Why,
    Window,
    Wish,
)
from lamplighter.business.inspection.planning.settings import PlanSettings
from lamplighter.methods import optimisation
from lamplighter.methods.optimisation import Pause, Problem, straight_travel

DANGER_WHY = {Danger.THIRD_PERSON: Why.THIRD_PERSON, Danger.POLICE: Why.POLICE}


def draft_day(
    *,
    on: date,
    as_of: date,
    suspicions: Sequence[Suspicion],
    crews: Sequence[Crew],
    settings: PlanSettings,
    visit_yuan: float,
    wishes: Sequence[Wish] = (),
    held: Collection[str] = (),
) -> Draft:
    """Return the day as a routing problem.

    Args:
        on: day of the visits.
        as_of: the list.
        suspicions: all rows of the list.
        crews: who is there.
        settings: figures.
        visit_yuan: flat cost of a visit that ``expected_yuan`` of the list has taken off; the plan counts time and way
            themselves, so it is given back.
        wishes: appointments, orders, dangers; of accounts that are not listed none is used.
        held: accounts that have their stop: they stay, whatever they are worth by figures that changed since.
    """
    wish_of = {wish.account_id: wish for wish in wishes}
    idle = tuple(found for crew in crews if (found := idle_crew(crew, on=on)) is not None)
    out = {each.crew_id for each in idle}
    going = [crew for crew in crews if crew.crew_id not in out]
    set_aside = {
        each.account_id: why
        for each in suspicions
        if (why := _set_aside(each, wish_of.get(each.account_id), has_crew=bool(going))) is not None
    }
    open_rows = [each for each in suspicions if each.account_id not in set_aside]
    chosen = _candidates(open_rows, wish_of, held, settings=settings, visit_yuan=visit_yuan)
    taken = {each.account_id for each in chosen}
    for each in open_rows:
        if each.account_id not in taken:
            is_worth = each.expected_yuan + visit_yuan > 0.0
            set_aside[each.account_id] = Why.LOWER_VALUE if is_worth else Why.NOT_WORTH
    return Draft(
        on=on,
        as_of=as_of,
        problem=_problem(chosen, going, wish_of, settings=settings, visit_yuan=visit_yuan),
        suspicions={each.account_id: each for each in suspicions},
        set_aside=set_aside,
        idle=idle,
        settings_version=settings.version,
    )


def idle_crew(crew: Crew, *, on: date) -> IdleCrew | None:
    """Return why a crew cannot go on a day, None when it can.

    Two persons, each with a valid certificate, go to a live case. That is company practice: the measures of 1996 that
    asked for the certificate are repealed.

    Example:
        >>> from lamplighter.business.inspection.planning.records import Person
        >>> idle_crew(Crew("K1", (Person("P1", (480.0, 1020.0)),)), on=date(2025, 7, 1)).why
        <CrewWhy.NOT_TWO: 'not_two'>
    """
    if len(crew.persons) != 2:
        return IdleCrew(crew.crew_id, CrewWhy.NOT_TWO, tuple(person.person_id for person in crew.persons))
    without = tuple(person.person_id for person in crew.persons if not person.has_valid_certificate(on))
    if without:
        return IdleCrew(crew.crew_id, CrewWhy.NO_CERTIFICATE, without)
    start, end = _shift(crew)
    if start >= end:
        return IdleCrew(crew.crew_id, CrewWhy.NO_TIME, tuple(person.person_id for person in crew.persons))
    if crew.longitude is None or crew.latitude is None:
        return IdleCrew(crew.crew_id, CrewWhy.NO_BASE)
    return None


def _shift(crew: Crew) -> Window:
    return max(person.shift[0] for person in crew.persons), min(person.shift[1] for person in crew.persons)


def _set_aside(each: Suspicion, wish: Wish | None, *, has_crew: bool) -> Why | None:
    # Danger first: whatever else holds, nobody may go there by twos.
    if wish is not None and wish.danger is not None:
        return DANGER_WHY[wish.danger]
    is_ordered = wish is not None and (wish.is_required or wish.window is not None)
    if each.is_spared and not is_ordered and not each.is_random:
        return Why.SPARED
    if each.longitude is None or each.latitude is None:
        return Why.NO_PLACE
    return None if has_crew else Why.NO_CREW


def _is_required(each: Suspicion, wish: Wish | None) -> bool:
    """Random slots are never left out for their value, or the estimated rate of theft would lean to the list."""
    return each.is_random or (wish is not None and (wish.is_required or wish.window is not None))


def _candidates(
    rows: Sequence[Suspicion],
    wish_of: Mapping[str, Wish],
    held: Collection[str],
    *,
    settings: PlanSettings,
    visit_yuan: float,
) -> list[Suspicion]:
    first = [each for each in rows if each.account_id in held or _is_required(each, wish_of.get(each.account_id))]
    required = {each.account_id for each in first}
    worth = [each for each in rows if each.account_id not in required and each.expected_yuan + visit_yuan > 0.0]
    worth.sort(key=lambda each: (-each.expected_yuan, each.rank, each.account_id))
    return sorted(
        [*first, *worth[: int(settings.number("search.candidates"))]], key=lambda each: (each.rank, each.account_id)
    )


def _problem(
    chosen: Sequence[Suspicion],
    crews: Sequence[Crew],
    wish_of: Mapping[str, Wish],
    *,
    settings: PlanSettings,
    visit_yuan: float,
) -> Problem:
    places = [(crew.longitude, crew.latitude) for crew in crews] + [(each.longitude, each.latitude) for each in chosen]
    position = np.array(places, np.float64).reshape(len(places), 2)
    return Problem(
        visits=tuple(
            _visit(each, wish_of.get(each.account_id), crews, len(crews) + row, settings, visit_yuan)
            for row, each in enumerate(chosen)
        ),
        crews=tuple(_crew(crew, depot=row, settings=settings) for row, crew in enumerate(crews)),
        travel=straight_travel(
            longitude=position[:, 0],
            latitude=position[:, 1],
            detour=settings.number("travel.detour"),
            speed_kmh=settings.number("travel.speed_kmh"),
        ),
        minute_cost=settings.number("cost.crew_hour_yuan") / 60.0,
        km_cost=settings.number("cost.drive_km_yuan"),
    )


def _visit(
    each: Suspicion, wish: Wish | None, crews: Sequence[Crew], place: int, settings: PlanSettings, visit_yuan: float
) -> optimisation.Visit:
    levels = settings.levels_for(each.supply_kv)
    # The lowest level that will do: crews carry theirs and all below it. Above every level nobody may go.
    level = {f"level_{max(levels)}"} if levels else {"level_none"}
    return optimisation.Visit(
        key=each.account_id,
        place=place,
        service_minutes=settings.service_minutes(each.checks),
        prize=each.expected_yuan + visit_yuan,
        window=wish.window if wish else None,
        is_required=_is_required(each, wish),
        needs=frozenset(level | (wish.needs if wish else frozenset())),
        barred=frozenset(
            crew.crew_id for crew in crews if any(each.account_id in person.barred for person in crew.persons)
        ),
    )


def _crew(crew: Crew, *, depot: int, settings: PlanSettings) -> optimisation.Crew:
    best = min(person.level for person in crew.persons if person.level is not None)
    levels = frozenset(f"level_{level}" for level in Level if level >= best)
    pause = Pause(*crew.lunch, crew.lunch_minutes) if crew.lunch is not None else None
    return optimisation.Crew(
        key=crew.crew_id,
        depot=depot,
        shift=_shift(crew),
        skills=levels.union(*(person.skills for person in crew.persons)),
        pause=pause,
        most_visits=int(settings.number("crew.most_visits")),
    )
