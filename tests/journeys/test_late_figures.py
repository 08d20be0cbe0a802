"""Figures of an open case that a later night says otherwise: both are kept, with the reason."""

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.tables import SUSPICION
from lamplighter.business.inspection.models import Case, FigureChange
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.journeys.late_figures import list_changes, note_figure_changes
from tests.journeys.brief.conftest import NIGHT, loss_row, suspicion_row, write_company

OPENED = dt.datetime(2025, 4, 1, 8, tzinfo=dt.UTC)
LATER = dt.datetime(2025, 4, 5, 2)
"""When the night worked late readings, UTC-naive."""
NOW = dt.datetime(2025, 4, 5, 3, tzinfo=dt.UTC)
ACCOUNT, METER, AREA = "5301001001", "M01001", "A01"

KEPT = {
    "as_of_on": "2025-03-31",
    "expected_kwh": 120.2,
    "theft_probability": 0.6,
    "colour": "red",
    "card": {"model_version": "base · 1"},
}


def row(**changed: Any) -> dict[str, Any]:
    held = {"as_of_on": NIGHT, "expected_kwh": 120.4, "theft_probability": 0.6, "colour": "red"}
    return held | {"model_version": "base · 1"} | changed


class TestListChanges:
    def test_are_none_where_nobody_would_see_them(self) -> None:
        assert list(list_changes(KEPT, row(), late=[])) == []

    def test_name_late_readings_with_their_days(self) -> None:
        days = [dt.date(2025, 3, 9), dt.date(2025, 3, 11)]

        [change] = list_changes(KEPT, row(expected_kwh=95.0), late=days)

        assert (change.was, change.is_now, change.because) == ("120", "95", ("late_data",))
        assert (change.first_on, change.last_on) == (days[0], days[1])

    def test_name_more_days_and_another_model(self) -> None:
        now = row(as_of_on=dt.date(2025, 4, 4), model_version="own · 1", theft_probability=0.4, colour="orange")

        found = list(list_changes(KEPT, now, late=[]))

        assert [(each.name, each.was, each.is_now) for each in found] == [
            ("theft_probability", "0.60", "0.40"),
            ("colour", "red", "orange"),
        ]
        assert {each.because for each in found} == {("model", "more_days")}

    def test_say_that_an_account_stands_in_no_list_any_more(self) -> None:
        [change] = list_changes(KEPT, None, late=[])

        assert (change.name, change.because) == ("listed", ("unlisted",))

    def test_are_none_for_a_case_that_came_from_no_list(self) -> None:
        assert list(list_changes({}, row(), late=[])) == []


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return write_company(tmp_path / "lake", days=6)


@pytest.fixture
def case(db: None) -> Case:
    """Opened with what the list of the night said: 420 kWh a month, 85 %."""
    loss = loss_row(1, NIGHT, days=6)["unexplained_kwh"]
    evidence = {
        "as_of_on": NIGHT.isoformat(),
        "expected_kwh": 420.0,
        "theft_probability": 0.85,
        "colour": "red",
        "card": {"model_version": "first-1"},
        "area_night": {"on_date": NIGHT.isoformat(), "unexplained_kwh": loss},
    }
    units = {"province_id": "P", "city_id": "C", "county_id": "K1", "station_id": "S2"}
    opened: Case = Case.objects.create(
        case_no="AJ-2025-000001",
        account_id=ACCOUNT,
        meter_id=METER,
        area_id=AREA,
        evidence=evidence,
        process="inspection_case",
        process_version=1,
        instance="",
        state="DESK_CHECK",
        status="running",
        opened_at=OPENED,
        **units,
    )
    return opened


def work_again(lake: Lake, *, kwh: float, late_on: dt.date | None, unexplained: float | None = None) -> None:
    """What a night writes that was worked later: the list anew, and the day whose readings came late."""
    with lake.transaction() as change, lake.snapshot() as state:

        def write(contract: Any, rows: list[dict[str, Any]], day: dt.date) -> None:
            schema = contract.schema.remove(len(contract.schema) - 1)
            table = pa.Table.from_pylist([{name: each.get(name) for name in schema.names} for each in rows], schema)
            change.append_run(contract, table, known_at=LATER, days=[day], bucket=0, read_generation=state.generation)

        write(SUSPICION, [suspicion_row(1, 1, 1, "red") | {"expected_kwh": kwh}], NIGHT)
        if late_on is not None:
            day = {"meter_id": METER, "on_date": late_on, "area_id": AREA, "role": "customer", "source": "interval"}
            write(
                TRUSTED_DAY,
                [day | {"actual_share": 1.0, "estimated_share": 0.0, "is_outage": False, "policy_version": "test"}],
                late_on,
            )
        if unexplained is not None:
            write(AREA_LOSS_DAILY, [loss_row(1, NIGHT, days=6) | {"unexplained_kwh": unexplained}], NIGHT)
        change.publish()


class TestNoteFigureChanges:
    def test_finds_nothing_where_no_night_was_worked_since(self, lake: Lake, case: Case) -> None:
        assert note_figure_changes(lake=lake, now=NOW) == 0

    def test_keeps_what_was_what_is_now_since_when_and_why(self, lake: Lake, case: Case) -> None:
        late_on = NIGHT - dt.timedelta(days=2)
        work_again(lake, kwh=95.0, late_on=late_on)

        assert note_figure_changes(lake=lake, now=NOW) == 1

        kept = FigureChange.objects.get()
        assert (kept.name, kept.was, kept.is_now, kept.because) == ("expected_kwh", "420", "95", "late_data")
        assert (kept.since_on, kept.first_on, kept.last_on) == (NIGHT, late_on, late_on)
        case.refresh_from_db()
        assert case.evidence["expected_kwh"] == 420.0

    def test_holds_the_loss_of_the_same_day_against_itself(self, lake: Lake, case: Case) -> None:
        work_again(lake, kwh=420.0, late_on=NIGHT, unexplained=12.5)

        note_figure_changes(lake=lake, now=NOW)

        kept = FigureChange.objects.get()
        assert (kept.name, kept.is_now, kept.because) == ("area_unexplained_kwh", "12.5", "late_data")

    def test_forgets_a_figure_that_is_again_what_it_was(self, lake: Lake, case: Case) -> None:
        work_again(lake, kwh=95.0, late_on=None)
        note_figure_changes(lake=lake, now=NOW)
        FigureChange.objects.update(is_now="94")
        case.evidence["expected_kwh"] = 95.0
        case.save()

        assert note_figure_changes(lake=lake, now=NOW) == 0
        assert not FigureChange.objects.exists()

    def test_leaves_closed_cases_alone(self, lake: Lake, case: Case) -> None:
        Case.objects.update(status="finished")
        work_again(lake, kwh=95.0, late_on=NIGHT)

        assert note_figure_changes(lake=lake, now=NOW) == 0
