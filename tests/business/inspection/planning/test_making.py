"""Plans: who is visited, who is not and why, and what a person's hand changes."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.business.inspection.planning.listing import plan_table, say_breaches
from lamplighter.business.inspection.planning.making import (
    NotPlannable,
    improve_plan,
    insert_stop,
    lock_stop,
    move_stop,
    remove_stop,
)
from lamplighter.business.inspection.planning.records import CrewWhy, Danger, Level, Why, Wish
from lamplighter.methods.optimisation import BreachKind
from tests.business.inspection.planning.town import SETTINGS, crew, person, plan, suspicion


def planned(made):
    return {account for order in made.orders.values() for account in order}


class TestMakePlan:
    def test_gives_each_suspicion_a_stop_or_a_reason(self):
        rows = [
            suspicion("C1"),
            suspicion("C2", longitude=None),
            suspicion("C3", is_spared=True),
            suspicion("C4"),
            suspicion("C5"),
            suspicion("C6", supply_kv=10.0),
            suspicion("C7", at=(900, 900)),
            suspicion("C8", yuan=-90.0),
        ]
        wishes = [Wish("C4", danger=Danger.POLICE), Wish("C5", danger=Danger.THIRD_PERSON)]

        made = plan(rows, wishes=wishes)

        assert planned(made) == {"C1"}
        assert dict(made.why) == {
            "C2": Why.NO_PLACE,
            "C3": Why.SPARED,
            "C4": Why.POLICE,
            "C5": Why.THIRD_PERSON,
            "C6": Why.NO_SKILL,
            "C7": Why.TOO_FAR,
            "C8": Why.NOT_WORTH,
        }

    def test_counts_time_and_way_in_place_of_the_flat_cost_of_the_list(self):
        # 30 minutes on site; 1.35 × 2 × 1.112 km there and back, at 30 km/h; 120 yuan an hour and 0.8 a km.
        made = plan([suspicion("C1", yuan=500.0, at=(0, 1))])

        km = 1.35 * 2 * 1.112
        assert made.value_yuan == pytest.approx(580.0 - (30.0 + km * 2.0) * 2.0 - km * 0.8, abs=0.1)

    def test_visits_a_random_slot_that_is_worth_nothing(self):
        one_visit = SETTINGS.with_values({"crew.most_visits": 1.0})
        rows = [suspicion("C1", yuan=9_000.0), suspicion("C2", yuan=-125.0, is_random=True, is_spared=True)]

        assert planned(plan(rows, settings=one_visit)) == {"C2"}

    def test_keeps_an_appointment(self):
        made = plan(
            [suspicion("C1"), suspicion("C2")],
            wishes=[Wish("C2", window=(840.0, 870.0))],
            crews=[crew(lunch=(690.0, 780.0), lunch_minutes=60.0)],
        )

        begins = {stop.key: stop.begin for stop in made.routes[0].stops}
        assert 840.0 <= begins["C2"] <= 870.0

    def test_looks_at_the_dearest_and_says_so_of_the_rest(self):
        made = plan(
            [suspicion(f"C{n}", yuan=100.0 * n) for n in range(1, 5)],
            settings=SETTINGS.with_values({"search.candidates": 3.0}),
        )

        assert made.why["C1"] is Why.LOWER_VALUE

    def test_asks_for_the_level_of_the_supply_voltage_of_one_of_the_two(self):
        mixed = crew(persons=(person("a", level=Level.SECOND), person("b")))
        rows = [suspicion("C1", supply_kv=10.0), suspicion("C2", supply_kv=110.0)]

        made = plan(rows, crews=[mixed])

        assert planned(made) == {"C1"}
        assert made.why["C2"] is Why.NO_SKILL

    def test_sends_nobody_to_a_relative(self):
        made = plan([suspicion("C1")], crews=[crew(persons=(person("a", barred=frozenset({"C1"})), person("b")))])

        assert made.why["C1"] is Why.NO_SKILL

    @pytest.mark.parametrize(
        ("persons", "why", "whom"),
        [
            ((person("a"),), CrewWhy.NOT_TWO, ("a",)),
            ((person("a"), person("b", valid_to=date(2026, 1, 4))), CrewWhy.NO_CERTIFICATE, ("b",)),
            ((person("a", level=None), person("b", valid_to=None)), CrewWhy.NO_CERTIFICATE, ("a", "b")),
            ((person("a", shift=(480.0, 600.0)), person("b", shift=(600.0, 900.0))), CrewWhy.NO_TIME, ("a", "b")),
        ],
    )
    def test_leaves_a_crew_at_home_and_says_why(self, persons, why, whom):
        made = plan([suspicion("C1")], crews=[crew(persons=persons)])

        assert [(each.why, each.persons) for each in made.draft.idle] == [(why, whom)]
        assert made.why["C1"] is Why.NO_CREW

    def test_lets_a_certificate_hold_on_its_last_day(self):
        last_day = (person("a", valid_to=date(2026, 1, 5)), person("b"))

        assert planned(plan([suspicion("C1")], crews=[crew(persons=last_day)])) == {"C1"}


@pytest.fixture
def two_crews():
    """Six visits, all planned, and a seventh in danger."""
    rows = [suspicion(f"C{n}", at=(n, 0)) for n in range(1, 8)]
    return plan(rows, crews=[crew("East"), crew("West")], wishes=[Wish("C7", danger=Danger.POLICE)])


class TestEditing:
    def test_says_what_breaks_instead_of_refusing(self):
        rows = [suspicion("C1"), suspicion("C2", supply_kv=10.0)]
        made = plan(rows, wishes=[Wish("C1", window=(520.0, 530.0))])

        changed = insert_stop(plan=made, account="C2", crew="East", place=0)

        kinds = {breach.kind for route in changed.routes for breach in route.breaches}
        assert kinds == {BreachKind.SKILL, BreachKind.WINDOW}
        assert not changed.is_drivable
        # 8:30, 4 minutes of way, 30 at C2 next door: 9:04, and the window ends at 8:50.
        assert say_breaches(changed) == [
            "East lacks a level or skill for C2",
            "C1 is 14 minutes after the appointment",
        ]

    def test_moves_a_stop_and_times_both_crews_again(self, two_crews):
        account = "C3"

        changed = move_stop(plan=two_crews, account=account, crew="West", place=0)

        assert changed.orders["West"][0] == account
        assert account not in changed.orders["East"]
        assert planned(changed) == planned(two_crews)

    def test_says_that_a_person_took_a_stop_out_and_leaves_it_out(self, two_crews):
        changed = improve_plan(plan=remove_stop(plan=two_crews, account="C3"), settings=SETTINGS)

        assert changed.why["C3"] is Why.REMOVED

    def test_keeps_a_locked_stop_with_its_crew(self, two_crews):
        away = next(name for name, order in two_crews.orders.items() if "C3" not in order)
        held = lock_stop(plan=move_stop(plan=two_crews, account="C3", crew=away, place=0), account="C3")

        improved = improve_plan(plan=held, settings=SETTINGS)

        assert "C3" in improved.orders[away]
        assert improved.locked == {"C3"}
        assert lock_stop(plan=improved, account="C3", is_locked=False).locked == frozenset()

    def test_keeps_a_locked_stop_even_where_it_breaks_something(self):
        made = insert_stop(plan=plan([suspicion("C1", supply_kv=10.0)]), account="C1", crew="East", place=0)

        improved = improve_plan(plan=lock_stop(plan=made, account="C1"), settings=SETTINGS)

        assert improved.orders["East"] == ("C1",)
        assert [breach.kind for breach in improved.routes[0].breaches] == [BreachKind.SKILL]

    def test_never_plans_a_danger_by_hand(self, two_crews):
        with pytest.raises(NotPlannable, match="the police have to come along"):
            insert_stop(plan=two_crews, account="C7", crew="East", place=0)

    def test_knows_no_other_crew_and_no_stop_that_is_not_there(self, two_crews):
        with pytest.raises(NotPlannable, match="no such crew"):
            insert_stop(plan=two_crews, account="C3", crew="North", place=0)
        with pytest.raises(NotPlannable, match="in no crew's day"):
            remove_stop(plan=two_crews, account="C7")


TWO_CREWS = (crew("East", lunch=(690.0, 780.0), lunch_minutes=60.0), crew("West"))


@st.composite
def lists(draw):
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return [
        suspicion(
            f"C{n}",
            yuan=float(rng.integers(-150, 900)),
            at=tuple(rng.integers(-8, 9, size=2)),
            is_random=bool(rng.random() < 0.15),
            is_spared=bool(rng.random() < 0.1),
            supply_kv=10.0 if rng.random() < 0.2 else 0.4,
        )
        for n in range(1, draw(st.integers(2, 20)))
    ]


class TestAnyPlan:
    @settings(deadline=None, max_examples=25)
    @given(lists())
    def test_holds_every_suspicion_once_and_every_random_slot_that_can_be_reached(self, rows):
        made = plan(rows, crews=TWO_CREWS)

        table = plan_table(made)
        assert sorted(table["account_id"].to_pylist()) == sorted(each.account_id for each in rows)
        assert all((row["crew"] is None) == (row["why"] is not None) for row in table.to_pylist())
        assert made.is_drivable
        drawn = {each.account_id for each in rows if each.is_random}
        # Two crews with eight visits each reach all of them here, but for those beyond their level.
        assert {made.why[account] for account in drawn - planned(made)} <= {Why.NO_SKILL}

    @settings(deadline=None, max_examples=8)
    @given(lists())
    def test_is_the_same_again_whatever_the_order_of_the_list(self, rows):
        first, again = plan(rows, crews=TWO_CREWS), plan(rows[::-1], crews=TWO_CREWS)

        assert plan_table(first).equals(plan_table(again))
