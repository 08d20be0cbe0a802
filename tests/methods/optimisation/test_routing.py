"""Routes that the search finds: small ones known by hand, and laws that hold of any."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.methods.optimisation import (
    Crew,
    Pause,
    Problem,
    Search,
    Travel,
    Unserved,
    Visit,
    solve,
    straight_travel,
)
from lamplighter.methods.optimisation.insertion import drop_breaches, insert_visits, make_room

BRIEF = Search(iterations=60)


def star(visits, crews, *, spoke=30.0, minute_cost=0.0):
    """Depot 0 in the middle, every place half an hour away from it and an hour from each other."""
    count = 1 + max(visit.place for visit in visits)
    minutes = np.full((count, count), 2.0 * spoke)
    minutes[0, :] = minutes[:, 0] = spoke
    np.fill_diagonal(minutes, 0.0)
    return Problem(tuple(visits), tuple(crews), Travel(minutes, minutes), minute_cost=minute_cost)


def crew(key="K1", *, hours=(8, 12), **more):
    return Crew(key, depot=0, shift=(hours[0] * 60.0, hours[1] * 60.0), **more)


class TestSolve:
    def test_takes_the_visits_worth_most_of_the_time(self):
        visits = [Visit(f"v{worth}", worth, 60.0, prize=float(worth)) for worth in (1, 2, 3, 4)]

        found = solve(star(visits, [crew()]), search=BRIEF)

        # Four hours: 30 + 60 + 60 + 60 + 30 = exactly two visits.
        assert set(found.routes[0].keys) == {"v3", "v4"}
        assert dict(found.unserved) == {"v1": Unserved.NO_TIME, "v2": Unserved.NO_TIME}
        assert found.value == 7.0

    def test_puts_a_required_visit_before_any_worth(self):
        visits = [Visit("dear", 1, 60.0, prize=5_000.0), Visit("drawn", 2, 60.0, is_required=True)]

        found = solve(star(visits, [crew(hours=(8, 10))]), search=BRIEF)

        assert found.routes[0].keys == ("drawn",)

    def test_says_why_a_visit_is_in_no_route(self):
        visits = [
            Visit("skilled", 1, 60.0, prize=9.0, needs=frozenset({"high"})),
            Visit("late", 2, 60.0, prize=9.0, window=(1200.0, 1260.0)),
            Visit("poor", 3, 60.0, prize=1.0),
            Visit("good", 4, 60.0, prize=900.0),
        ]

        found = solve(star(visits, [crew()], minute_cost=0.5), search=BRIEF)

        assert dict(found.unserved) == {
            "skilled": Unserved.NOT_ALLOWED,
            "late": Unserved.OUT_OF_REACH,
            "poor": Unserved.NOT_WORTH,
        }
        assert found.routes[0].keys == ("good",)

    def test_sends_a_crew_only_where_it_may_go(self):
        visits = [
            Visit("high", 1, 60.0, prize=1.0, needs=frozenset({"high"})),
            Visit("own", 2, 60.0, prize=1.0, only="K2"),
            Visit("kin", 3, 60.0, prize=1.0, barred=frozenset({"K2"})),
        ]
        crews = [crew("K1", hours=(8, 13), skills=frozenset({"high"})), crew("K2", hours=(8, 13))]

        found = solve(star(visits, crews), search=BRIEF)

        assert {key: route.crew for route in found.routes for key in route.keys} == {
            "high": "K1",
            "own": "K2",
            "kin": "K1",
        }

    def test_keeps_an_appointment_on_either_side_of_lunch(self):
        visits = [
            Visit("noon", 1, 30.0, prize=1.0, window=(690.0, 700.0)),
            Visit("three", 2, 30.0, prize=1.0, window=(900.0, 910.0)),
        ]
        crews = [
            crew("K1", hours=(8, 17), pause=Pause(720.0, 780.0, 60.0)),
            crew("K2", hours=(12, 15), pause=Pause(840.0, 840.0, 30.0)),
        ]

        found = solve(star(visits, crews), search=BRIEF)

        assert found.routes[0].keys == ("noon", "three")
        assert [stop.begin for stop in found.routes[0].stops] == [690.0, 900.0]

    def test_makes_no_more_visits_than_a_crew_may(self):
        visits = [Visit(f"v{number}", number, 1.0, prize=1.0) for number in range(1, 6)]

        found = solve(star(visits, [crew(hours=(6, 22), most_visits=3)]), search=BRIEF)

        assert len(found.routes[0].keys) == 3

    def test_has_an_answer_with_nobody_to_go_and_nowhere_to_go(self):
        one = [Visit("a", 1, 60.0, prize=1.0)]

        assert dict(solve(star(one, [])).unserved) == {"a": Unserved.NOT_ALLOWED}
        empty = Problem((), (crew(),), Travel(np.zeros((1, 1)), np.zeros((1, 1))))
        assert solve(empty).routes[0].keys == ()


@st.composite
def days(draw):
    """A town of up to twelve visits and three crews, with windows, skills, rests and bounds."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    count, crews = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    visits = []
    for number in range(count):
        early = float(rng.integers(480, 900))
        visits.append(
            Visit(
                f"v{number}",
                crews + number,
                float(rng.integers(10, 90)),
                prize=float(rng.integers(0, 500)),
                window=(early, early + 40.0) if rng.random() < 0.3 else None,
                is_required=bool(rng.random() < 0.2),
                needs=frozenset({"high"}) if rng.random() < 0.3 else frozenset(),
                barred=frozenset({"K0"}) if rng.random() < 0.1 else frozenset(),
            )
        )
    rests = (None, Pause(690.0, 780.0, 60.0), Pause(720.0, 720.0, 45.0))
    teams = tuple(
        Crew(
            f"K{number}",
            number,
            (480.0, float(rng.integers(600, 1050))),
            frozenset({"high"}) if rng.random() < 0.5 else frozenset(),
            rests[int(rng.integers(3))],
            int(rng.integers(1, 9)),
        )
        for number in range(crews)
    )
    place = rng.uniform(0.0, 0.3, (2, crews + count))
    travel = straight_travel(longitude=120.0 + place[0], latitude=30.0 + place[1], detour=1.3, speed_kmh=30.0)
    return Problem(tuple(visits), teams, travel, minute_cost=1.0, km_cost=0.5)


class TestAnySolution:
    @settings(deadline=None, max_examples=40)
    @given(days())
    def test_visits_each_once_breaks_nothing_and_gives_every_other_a_reason(self, day):
        found = solve(day, search=BRIEF)

        served = [key for route in found.routes for key in route.keys]
        assert len(served) == len(set(served))
        assert {*served, *found.unserved} == {visit.key for visit in day.visits}
        assert not set(served) & set(found.unserved)
        assert all(route.breaches == () for route in found.routes)
        for route in found.routes:
            # Not taken from the breaches: looked at once more.
            team = day.crew_of[route.crew]
            assert not route.stops or (team.shift[0] <= route.start and route.end <= team.shift[1] + 1e-6)
            for stop in route.stops:
                visit = day.visit_of[stop.key]
                assert visit.needs <= team.skills
                assert visit.window is None or visit.window[0] <= stop.begin <= visit.window[1] + 1e-6

    @settings(deadline=None, max_examples=10)
    @given(days())
    def test_is_the_same_again(self, day):
        assert solve(day, search=BRIEF) == solve(day, search=BRIEF)

    @settings(deadline=None, max_examples=20)
    @given(days())
    def test_leaves_out_no_required_visit_that_alone_would_fit_among_those_not_required(self, day):
        only_one = replace(
            day, visits=tuple(replace(visit, is_required=row == 0) for row, visit in enumerate(day.visits))
        )

        found = solve(only_one, search=BRIEF)

        first = only_one.visits[0].key
        assert found.unserved.get(first) in (None, Unserved.NOT_ALLOWED, Unserved.OUT_OF_REACH)


class TestInsertVisits:
    def test_puts_each_where_it_costs_least(self):
        visits = [Visit("a", 1, 60.0, prize=900.0), Visit("b", 1, 60.0, prize=900.0)]
        day = star(visits, [crew("K1"), crew("K2")], minute_cost=1.0)

        # Beside a it costs an hour, with the other crew an hour and the way.
        assert insert_visits(problem=day, orders={"K2": ["a"]}, keys=["b"])["K1"] == ()

    def test_leaves_out_what_does_not_pay(self):
        day = star([Visit("a", 1, 60.0, prize=100.0)], [crew()], minute_cost=1.0)

        assert insert_visits(problem=day, orders={}, keys=["a"]) == {"K1": ()}


class TestMakeRoom:
    def test_lets_others_give_way_and_puts_back_what_still_fits(self):
        visits = [
            Visit("must", 1, 60.0, is_required=True),
            Visit("dear", 2, 60.0, prize=9.0),
            Visit("cheap", 3, 60.0, prize=1.0),
        ]

        held = make_room(problem=star(visits, [crew()]), orders={"K1": ("dear", "cheap")}, key="must")

        assert set(held["K1"]) == {"must", "dear"}

    def test_leaves_the_day_as_it_is_where_other_required_visits_fill_it(self):
        visits = [Visit(name, place, 60.0, is_required=True) for place, name in enumerate("abc", start=1)]

        assert make_room(problem=star(visits, [crew()]), orders={"K1": ("a", "b")}, key="c") == {"K1": ("a", "b")}


class TestDropBreaches:
    def test_drops_the_least_worth_that_mends(self):
        visits = [Visit(f"v{worth}", worth, 60.0, prize=float(worth)) for worth in (1, 2, 3)]

        # Three visits take 30 + 60·5 + 30 minutes, and there are four hours.
        assert drop_breaches(problem=star(visits, [crew()]), orders={"K1": ["v1", "v2", "v3"]}) == {"K1": ("v2", "v3")}
