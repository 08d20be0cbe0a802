"""Times of a given order, on a straight road with depot at 0 and places 10, 20, 30 ... minutes along it."""

import numpy as np
import pytest

from lamplighter.methods.optimisation import (
    BreachKind,
    Crew,
    Pause,
    Problem,
    ProblemFaulty,
    Travel,
    Visit,
    time_route,
)


def road(visits, *, crew, places=7):
    at = np.arange(places) * 10.0
    minutes = np.abs(at[:, None] - at)
    return Problem(
        visits=tuple(visits), crews=(crew,), travel=Travel(minutes, minutes / 2.0), minute_cost=1.0, km_cost=2.0
    )


def timed(visits, *, crew, order):
    return time_route(problem=road(visits, crew=crew), crew=crew, order=order)


def broken(route):
    return [(breach.kind, breach.key, breach.amount) for breach in route.breaches]


class TestTimeRoute:
    def test_adds_up_way_and_work(self):
        crew = Crew("K", depot=0, shift=(480.0, 600.0))

        route = timed([Visit("a", 1, 30.0, prize=100.0), Visit("b", 3, 20.0, prize=50.0)], crew=crew, order=["a", "b"])

        # 8:00 +10 drive, 30 work, +20 drive, 20 work, +30 back = 9:50.
        assert [(stop.arrive, stop.leave) for stop in route.stops] == [(490.0, 520.0), (540.0, 560.0)]
        assert (route.start, route.end, route.drive_minutes, route.km) == (480.0, 590.0, 60.0, 30.0)
        # 150 of prizes, 110 minutes at 1, 30 km at 2.
        assert (route.prize, route.cost, route.value) == (150.0, 170.0, -20.0)
        assert route.breaches == ()

    def test_sets_out_late_rather_than_wait_at_the_first_door(self):
        crew = Crew("K", depot=0, shift=(480.0, 600.0))

        route = timed([Visit("a", 1, 30.0, window=(540.0, 550.0))], crew=crew, order=["a"])

        assert (route.start, route.stops[0].arrive, route.end) == (530.0, 540.0, 580.0)

    def test_says_by_how_much_a_window_is_missed(self):
        crew = Crew("K", depot=0, shift=(480.0, 600.0))
        visits = [Visit("a", 1, 30.0), Visit("b", 2, 5.0, window=(480.0, 500.0))]

        assert broken(timed(visits, crew=crew, order=["a", "b"])) == [(BreachKind.WINDOW, "b", 30.0)]

    def test_says_who_lacks_what_and_what_is_too_much(self):
        crew = Crew("K", depot=0, shift=(480.0, 560.0), most_visits=2)
        visits = [
            Visit("a", 1, 10.0, needs=frozenset({"high"})),
            Visit("b", 1, 10.0, only="another"),
            Visit("c", 1, 45.0, barred=frozenset({"K"})),
        ]

        assert broken(timed(visits, crew=crew, order=["a", "b", "c"])) == [
            (BreachKind.SKILL, "a", 1.0),
            (BreachKind.NOT_ALLOWED, "b", 1.0),
            (BreachKind.NOT_ALLOWED, "c", 1.0),
            (BreachKind.TOO_MANY, "", 1.0),
            # 10 + 10 + 10 + 45 + 10 = 85 of 80 minutes.
            (BreachKind.OVERTIME, "", 5.0),
        ]

    def test_does_nothing_with_nothing(self):
        route = timed([], crew=Crew("K", depot=0, shift=(480.0, 600.0)), order=[])

        assert (route.start, route.end, route.value, route.breaches) == (480.0, 480.0, 0.0, ())


class TestPause:
    def test_is_taken_on_the_way_between_two_services(self):
        crew = Crew("K", depot=0, shift=(680.0, 1020.0), pause=Pause(720.0, 780.0, 60.0))
        visits = [Visit("a", 1, 25.0), Visit("b", 3, 30.0)]

        route = timed(visits, crew=crew, order=["a", "b"])

        # Done at 11:55; five minutes on the way, lunch 12:00 to 13:00, 15 minutes more: 13:15, back 14:15.
        assert (route.pause_at, route.stops[1].begin, route.end) == (720.0, 795.0, 855.0)
        assert route.breaches == ()

    def test_moves_so_that_an_appointment_can_be_kept(self):
        crew = Crew("K", depot=0, shift=(680.0, 1020.0), pause=Pause(690.0, 780.0, 60.0))
        visits = [Visit("a", 1, 25.0), Visit("b", 3, 30.0, window=(730.0, 745.0))]

        route = timed(visits, crew=crew, order=["a", "b"])

        # Before b it would be 13:15; after b, at 12:45 at the earliest 13:00.
        assert (route.stops[1].begin, route.pause_at, route.breaches) == (735.0, 765.0, ())

    def test_is_not_owed_by_a_crew_that_is_back_in_time(self):
        crew = Crew("K", depot=0, shift=(600.0, 720.0), pause=Pause(690.0, 720.0, 60.0))

        route = timed([Visit("a", 1, 30.0)], crew=crew, order=["a"])

        assert (route.pause_at, route.end, route.breaches) == (None, 650.0, ())

    def test_is_taken_before_setting_out_where_one_service_covers_all_of_its_time(self):
        crew = Crew("K", depot=0, shift=(690.0, 1020.0), pause=Pause(720.0, 780.0, 60.0))

        route = timed([Visit("a", 1, 120.0)], crew=crew, order=["a"])

        # 11:40 to 13:40 on site would be 40 minutes too late: lunch at the depot first.
        assert (route.pause_at, route.start, route.stops[0].begin, route.breaches) == (720.0, 780.0, 790.0, ())

    def test_does_not_cost_and_does_not_make_the_crew_wait_at_a_door(self):
        crew = Crew("K", depot=0, shift=(480.0, 1020.0), pause=Pause(690.0, 780.0, 60.0))
        visits = [Visit("a", 1, 30.0), Visit("b", 2, 30.0, window=(840.0, 850.0))]

        route = timed(visits, crew=crew, order=["a", "b"])

        # Lunch 11:30 to 12:30 at the depot, then 13:10 +10, 30 at a, +10: at b at 14:00, back at 14:50.
        assert (route.pause_at, route.start, route.end) == (690.0, 790.0, 890.0)
        assert route.cost == 100.0 + 20.0 * 2.0


class TestProblem:
    def test_lists_everything_that_contradicts(self):
        crew = Crew("K", depot=9, shift=(600.0, 480.0))

        with pytest.raises(ProblemFaulty) as caught:
            road([Visit("a", 1, -1.0), Visit("a", 99, 10.0, prize=float("nan"), window=(2.0, 1.0))], crew=crew)

        assert len(caught.value.faults) == 7

    def test_refuses_travel_that_is_not_known(self):
        matrix = np.array([[0.0, np.nan], [1.0, 0.0]])

        with pytest.raises(ProblemFaulty, match="square matrix"):
            Problem(visits=(), crews=(), travel=Travel(matrix, np.zeros((2, 2))))
