"""Outcomes on the desk: each beside the list before it, counted by unit, and the true rate from drawn visits alone."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.models import ModelEntry, OutcomeEntry, OutcomeTally, UnitRate
from lamplighter.business.detection.tables import OUTCOME, SUSPICION, VISIT_SLOT
from lamplighter.business.inspection.planning.models import DayPlan, PlanVisit
from lamplighter.journeys.desk_loading import load_desk
from tests.journeys.brief.conftest import NIGHT, put, suspicion_row, write_company

NOW = dt.datetime(2025, 4, 20, 3)
VISITED = dt.date(2025, 4, 10)
FIRST, SECOND, THIRD, FOURTH = (f"53010{area:02d}{meter:03d}" for area, meter in ((1, 1), (4, 1), (9, 1), (0, 0)))
"""Of stations S2, S2, S1 and S1: area k belongs to station k mod 3 + 1."""

pytestmark = pytest.mark.django_db


def outcome(account: str, word: str, *, on: dt.date = VISITED) -> dict[str, Any]:
    return {
        "account_id": account,
        "inspected_on": on,
        "outcome": word,
        "recovered_kwh": 90.0 if word == "theft" else None,
    }


def slot(account: str, number: int, *, is_random: bool) -> dict[str, Any]:
    return {
        "as_of_on": NIGHT,
        "slot": number,
        "account_id": account,
        "meter_id": "M",
        "is_random": is_random,
        "stratum": "list",
        "propensity": 0.5 if is_random else 1.0,
        "theft_probability": 0.5,
        "listed_count": 4,
    }


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Four accounts of the list of the night visited: two thefts, one clean, one without access."""
    lake = write_company(tmp_path / "lake", days=6)
    words = ((FIRST, "theft"), (SECOND, "clean"), (THIRD, "theft"), (FOURTH, "no_access"))
    put(lake, OUTCOME, [outcome(account, word) for account, word in words])
    return lake


def tally(unit: str, by: str) -> dict[str, tuple[int, int, int]]:
    rows = OutcomeTally.objects.filter(unit_id=unit, by=by)
    return {row.value: (row.visits, row.hits, row.no_access) for row in rows}


class TestOutcomes:
    def test_stand_beside_what_the_list_before_them_had_said(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        row = OutcomeEntry.objects.get(account_id=FIRST)
        assert (row.list_on, row.rank, row.colour, row.theft_probability) == (NIGHT, 1, "red", 0.85)
        assert (row.model_version, row.way, row.station_id) == ("first-1", "otherwise", "S2")

    def test_never_stand_beside_the_list_of_their_own_day_or_one_that_is_too_old(self, lake: Lake) -> None:
        put(lake, OUTCOME, [outcome(FIRST, "clean", on=NIGHT), outcome(SECOND, "clean", on=dt.date(2025, 6, 1))])

        load_desk(lake=lake, now=NOW)

        found = {(row.account_id, row.inspected_on): row.list_on for row in OutcomeEntry.objects.all()}
        # The list of a week before is the last one before the night.
        assert found[FIRST, NIGHT] == NIGHT - dt.timedelta(days=7)
        assert found[SECOND, dt.date(2025, 6, 1)] is None

    def test_are_counted_for_each_unit_and_those_above_it(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        assert {unit: tally(unit, "all")[""] for unit in ("S1", "S2", "K1", "C", "P")} == {
            "S1": (1, 1, 1),
            "S2": (2, 1, 0),
            "K1": (3, 2, 1),
            "C": (3, 2, 1),
            "P": (3, 2, 1),
        }
        assert tally("P", "colour") == {"red": (1, 1, 0), "orange": (1, 0, 0), "yellow": (1, 1, 0), "none": (0, 0, 1)}
        assert tally("P", "month") == {"2025-04": (3, 2, 1)}
        assert tally("P", "area") == {"A01": (1, 1, 0), "A04": (1, 0, 0), "A09": (1, 1, 0), "A00": (0, 0, 1)}

    def test_have_an_interval_that_can_be_looked_up(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        row = OutcomeTally.objects.get(unit_id="P", by="all")
        # Clopper and Pearson: two of three.
        assert (round(row.low or 0, 3), round(row.high or 0, 3)) == (0.094, 0.992)

    def test_make_a_calibration_of_the_model_that_made_the_list(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        rows = OutcomeTally.objects.filter(unit_id="P", by="calibration").order_by("value")
        # 85 % was theft; 75 % and 65 % were one of two.
        assert [(row.value, row.predicted, row.visits, row.hits) for row in rows] == [
            ("first-1|0.6", pytest.approx(0.7), 2, 1),
            ("first-1|0.8", pytest.approx(0.85), 1, 1),
        ]

    def test_know_the_crew_of_the_plan(self, lake: Lake) -> None:
        units = {"province_id": "P", "city_id": "C", "county_id": "K1", "station_id": "S2"}
        plan = DayPlan.objects.create(
            unit_id="S2",
            on_date=VISITED,
            as_of_on=NIGHT,
            crews=[],
            visit_yuan=80.0,
            changed_by="li",
            changed_at=NOW.replace(tzinfo=dt.UTC),
            **units,
        )
        PlanVisit.objects.create(plan=plan, account_id=FIRST, rank=1, suspicion={}, crew="Crew 1", place=1)

        load_desk(lake=lake, now=NOW)

        assert tally("P", "crew") == {"Crew 1": (1, 1, 0), "": (2, 1, 1)}

    def test_are_there_once_however_often_the_desk_is_loaded(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)
        load_desk(lake=lake, now=NOW + dt.timedelta(hours=1))

        assert (OutcomeEntry.objects.count(), tally("P", "all")) == (4, {"": (3, 2, 1)})


class TestTheTrueRate:
    def test_is_estimated_for_each_unit_from_its_own_drawn_visits(self, lake: Lake) -> None:
        put(
            lake,
            VISIT_SLOT,
            [slot(FIRST, 1, is_random=False), slot(SECOND, 2, is_random=True), slot(THIRD, 3, is_random=True)],
            days=[NIGHT],
        )

        load_desk(lake=lake, now=NOW)

        rates = {row.unit_id: row for row in UnitRate.objects.all()}
        # S1: the two of the list are a thief, drawn, and one nobody saw. S2: a thief chosen, an honest one drawn.
        assert (rates["S1"].rate, rates["S1"].drawn, rates["S1"].visits) == (1.0, 1, 1)
        assert (rates["S2"].rate, rates["S2"].drawn, rates["S2"].hit_rate) == (0.5, 1, 0.5)
        # All four: one chosen thief, and of the other three as many as the drawn ones say: half.
        assert rates["P"].rate == pytest.approx((1 + 3 * 0.5) / 4)
        assert {row.way for row in OutcomeEntry.objects.filter(account_id__in=[FIRST, SECOND])} == {"ranked", "drawn"}

    def test_is_not_known_where_no_visit_was_drawn(self, lake: Lake) -> None:
        put(lake, VISIT_SLOT, [slot(FIRST, 1, is_random=False)], days=[NIGHT])

        load_desk(lake=lake, now=NOW)

        assert not UnitRate.objects.exists()


class TestModels:
    def test_are_brought_with_their_card_and_the_one_in_use(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        row = ModelEntry.objects.get()
        assert (row.is_packaged, row.state) == (True, "released")
        assert "reference" not in row.card
        assert row.card["measures"]

    def test_say_that_all_evidence_is_missing_where_the_lists_have_none(self, lake: Lake) -> None:
        put(lake, SUSPICION, [suspicion_row(1, 1, 1, "red", as_of=VISITED)], days=[VISITED])

        load_desk(lake=lake, now=NOW)

        assert set(ModelEntry.objects.get().drift) == {"2025-03-31", "2025-04-10"}
