"""Two months of inspection of the demo: visits find what the simulated company truly has; money and plans follow."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lamplighter.base.calendars import is_working_day
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.detection.tables import OUTCOME
from lamplighter.business.inspection.models import Amount, Case, CaseEvent, Evidence, Notice
from lamplighter.business.inspection.planning.models import AreaPlace, CrewEntry, DayPlan, VisitCandidate
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.network.models import AreaEntry
from lamplighter.journeys import demo_inspections
from lamplighter.journeys.demo_inspections import BEGUN, EACH, LEFT, make_inspections
from tests.doors.web.conftest import company, make_staff, units_of

__all__ = ["company", "make_staff"]

NOW = dt.datetime(2026, 11, 26, 8, 0, tzinfo=dt.UTC)
"""Four in the afternoon of a Thursday in China."""
PEOPLE = (
    *((name, Role.INSPECTOR, "S1") for name in ("inspector", "inspector_b", "inspector_c")),
    ("inspector_2", Role.INSPECTOR, "S2"),
    ("inspection_leader", Role.INSPECTION_LEADER, "N"),
    ("manager", Role.MANAGER, "P"),
    ("service_agent", Role.SERVICE_AGENT, "S1"),
    ("equipment_engineer", Role.EQUIPMENT_ENGINEER, "N"),
    ("data_steward", Role.DATA_STEWARD, "P"),
)


def account(place: int) -> str:
    """Return the account that is taken up at a place of the play."""
    return f"00{LEFT + EACH * place:08d}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A home whose truth knows three thieves and a meter at fault, among those that are taken up first."""
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(demo_inspections, "is_demo", lambda home: True)
    truth = tmp_path / "home" / "simulation" / "truth"
    truth.mkdir(parents=True)
    thefts = {"account_id": [account(0), account(1), account(7)], "stolen_kwh": [400.0, 300.0, 200.0]}
    pq.write_table(pa.table(thefts), truth / "thefts.parquet")
    faults = {"account_id": [account(2)], "unregistered_kwh": [50.0]}
    pq.write_table(pa.table(faults), truth / "faults.parquet")
    pq.write_table(pa.table({"account_id": [account(3)]}), truth / "archive_errors.parquet")
    return read_settings().home


@pytest.fixture
def listed(company: None, make_staff: Callable[..., Staff]) -> None:
    for name, role, unit in PEOPLE:
        make_staff(role, unit=unit, name=name)
    row = Suspicion.objects.get(station_id="S1")
    Suspicion.objects.filter(station_id="S1").delete()
    for rank in range(LEFT + EACH * len(BEGUN)):
        row.pk, row.account_id, row.meter_id, row.rank, row.state = None, f"00{rank:08d}", f"M{rank}", rank + 1, "open"
        row.save()
    VisitCandidate.objects.create(
        account_id=f"00{0:08d}",
        area_id="A1",
        as_of_on=dt.date(2025, 3, 31),
        rank=1,
        theft_probability=0.9,
        expected_yuan=900.0,
        colour="red",
        supply_kv=0.4,
        longitude=108.01,
        latitude=27.01,
        is_random=False,
        is_spared=False,
        **units_of("S1"),
    )
    for area in AreaEntry.objects.all():
        AreaPlace.objects.create(
            area_id=area.area_id,
            longitude=area.longitude,
            latitude=area.latitude,
            **{column: getattr(area, column) for column in ("province_id", "city_id", "county_id", "station_id")},
        )


@pytest.mark.usefixtures("listed")
class TestThePlay:
    def test_finds_on_site_what_is_true(self, home: Any) -> None:
        assert make_inspections(home=home, now=NOW) == len(BEGUN)

        found = dict(Case.objects.exclude(outcome="").values_list("account_id", "outcome"))
        assert {found[account(place)] for place in (0, 1, 7)} == {"THEFT"}
        assert (found[account(2)], found[account(3)]) == ("METERING_FAULT", "WRONG_ARCHIVE")
        others = [outcome for each, outcome in found.items() if each not in map(account, (0, 1, 2, 3, 7))]
        assert set(others) == {"CLEAN"}

    def test_goes_through_notice_amount_and_money_by_several_people(self, home: Any) -> None:
        make_inspections(home=home, now=NOW)

        case = Case.objects.get(account_id=account(0))
        amount = Amount.objects.get(case=case)
        # 400 kWh at 0.52 yuan, and three times that on top.
        assert (amount.fee_yuan, amount.penalty_yuan, amount.total_yuan) == (208, 624, 832)
        assert (case.state, case.paid_yuan) == ("ARCHIVED", 832)
        assert len({case.finder, case.calculator, case.approver}) == 3
        assert (Notice.objects.filter(case=case).count(), Evidence.objects.filter(case=case).count()) == (1, 2)

    def test_knows_an_objection_that_is_upheld(self, home: Any) -> None:
        make_inspections(home=home, now=NOW)

        assert Case.objects.get(account_id=account(1)).objection_result == "UPHELD"
        with Lake.open(home.lake).snapshot() as state:
            told = {row["account_id"]: row["outcome"] for row in state.read(OUTCOME).to_pylist()}
        assert (told[account(0)], told[account(1)]) == ("theft", "objection_upheld")

    def test_leaves_the_newest_cases_where_they_would_be(self, home: Any) -> None:
        make_inspections(home=home, now=NOW)

        open_ones = set(Case.objects.filter(closed_at=None).values_list("state", flat=True))
        assert "APPROVED" in open_ones
        assert Suspicion.objects.filter(station_id="S1", state="open", rank__lte=LEFT).count() == LEFT

    def test_happens_in_office_hours_of_working_days_and_never_later_than_now(self, home: Any) -> None:
        make_inspections(home=home, now=NOW)

        at = list(CaseEvent.objects.exclude(by_name="").values_list("made_at", flat=True))
        local = [each.astimezone(CHINA) for each in at]
        assert max(at) <= NOW
        assert all(is_working_day(each.date()) and 8 <= each.hour < 18 for each in local)

    def test_plans_today_and_the_next_working_day_with_crews_that_may_go(self, home: Any) -> None:
        make_inspections(home=home, now=NOW)

        days = list(DayPlan.objects.order_by("on_date").values_list("on_date", flat=True))
        assert days == [dt.date(2026, 11, 26), dt.date(2026, 11, 27)]
        assert CrewEntry.objects.count() == 2

    def test_is_played_once(self, home: Any) -> None:
        make_inspections(home=home, now=NOW)
        before = CaseEvent.objects.count()

        assert make_inspections(home=home, now=NOW + dt.timedelta(days=7)) == 0
        assert CaseEvent.objects.count() == before

    def test_is_played_in_the_demo_alone(self, home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(demo_inspections, "is_demo", lambda home: False)

        assert make_inspections(home=home, now=NOW) == 0
        assert Case.objects.count() == 0
