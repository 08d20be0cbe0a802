"""The night on the desk: what is loaded, what people wrote and keep, and the pages that read the lake."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from lamplighter.base.desk.models import Load
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.detection.models import Suspicion, SuspicionTotal
from lamplighter.business.detection.tables import SUSPICION, VISIT_SLOT
from lamplighter.business.inspection.planning.models import VisitCandidate
from lamplighter.business.line_loss.models import AreaNight, UnitNight
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY
from lamplighter.business.network.models import AreaEntry
from lamplighter.journeys.desk_loading import NothingToLoad, is_desk_fresh, load_desk
from tests.journeys.brief.conftest import NIGHT, WORKED_AT, put, suspicion_row
from tests.journeys.desk_loading.conftest import ACCOUNT, NOW

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def drawn_slot() -> dict[str, object]:
    """The fourth of the list, drawn at random."""
    return {
        "as_of_on": NIGHT,
        "slot": 1,
        "account_id": "5301000000",
        "meter_id": "M00000",
        "area_id": "A00",
        "is_random": True,
        "stratum": "decile 1",
        "propensity": 0.1,
        "theft_probability": 0.01,
        "listed_count": 4,
    }


class TestLoading:
    def test_brings_archives_losses_and_coloured_suspicions(self, lake: Lake) -> None:
        loaded = load_desk(lake=lake, now=NOW)

        assert (loaded.night_on, loaded.areas, loaded.customers, loaded.meters) == (NIGHT, 10, 120, 120)
        # Three have a colour; the fourth of the list has none and was not drawn.
        assert loaded.suspicions == 3
        assert is_desk_fresh(lake)

    def test_is_refused_while_there_is_no_company(self, tmp_path: Path) -> None:
        with pytest.raises(NothingToLoad, match="company import"):
            load_desk(lake=Lake.open(tmp_path / "lake"), now=NOW)

    def test_a_second_time_changes_no_row_and_no_number(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)
        tables = (Suspicion, CustomerEntry, AreaEntry, AreaNight, UnitNight, SuspicionTotal)
        before = [sorted(table.objects.values_list()) for table in tables]

        load_desk(lake=lake, now=NOW + dt.timedelta(hours=1))

        assert [sorted(table.objects.values_list()) for table in tables] == before

    def test_puts_each_row_into_the_four_units_of_its_station(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        row = CustomerEntry.objects.get(account_id=ACCOUNT)

        assert (row.province_id, row.city_id, row.county_id, row.station_id) == ("P", "C", "K1", "S2")

    def test_masks_names_before_they_leave_the_lake(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        assert set(CustomerEntry.objects.values_list("masked_name", flat=True)) == {"某*"}

    def test_adds_up_computable_areas_by_unit(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)
        with lake.snapshot() as state:
            rows = [row for row in state.read(AREA_LOSS_DAILY).to_pylist() if row["on_date"] == NIGHT]
        # Area k hangs on station k mod 3 + 1; only A05 cannot be computed.
        of_s1 = [row for row in rows if int(row["area_id"][1:]) % 3 == 0]

        station = UnitNight.objects.get(unit_id="S1", on_date=NIGHT)
        top = UnitNight.objects.get(unit_id="P", on_date=NIGHT)

        assert station.supplied_kwh == pytest.approx(sum(row["supplied_kwh"] for row in of_s1))
        assert (station.area_count, station.computable_count) == (4, 4)
        assert (top.area_count, top.computable_count) == (10, 9)
        assert top.supplied_kwh == pytest.approx(sum(row["supplied_kwh"] for row in rows if row["is_computable"]))
        assert top.all_supplied_kwh == pytest.approx(sum(row["supplied_kwh"] for row in rows))

    def test_counts_suspicions_by_unit_and_colour(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        counts = {(row.unit_id, row.colour): row.count for row in SuspicionTotal.objects.all()}

        # A01 and A04 hang on S2, A09 on S1.
        assert counts[("P", "red")] == counts[("S2", "red")] == counts[("S2", "orange")] == 1
        assert counts[("S1", "yellow")] == 1
        assert ("S3", "red") not in counts

    def test_calls_new_what_had_no_colour_or_a_weaker_one_in_the_list_before(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        assert dict(Suspicion.objects.values_list("rank", "is_new")) == {1: True, 2: False, 3: True}

    def test_keeps_the_evidence_for_and_against_in_order_of_weight(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        card = Suspicion.objects.get(rank=1).card

        assert [(reason["code"], reason["is_for"]) for reason in card["reasons"]] == [
            ("under_registers", True),
            ("lasting_drop", True),
            ("inspected_clean", False),
        ]
        assert card["layers"] == ["balance", "shape"]
        assert card["checks"] == ["seals", "wiring"]

    def test_takes_up_an_account_without_a_colour_when_its_visit_was_drawn(self, own_lake: Lake) -> None:
        put(own_lake, VISIT_SLOT, [drawn_slot()], days=[NIGHT])

        load_desk(lake=own_lake, now=NOW)

        row = Suspicion.objects.get(account_id="5301000000")
        assert (row.colour, row.is_random) == ("none", True)
        assert not SuspicionTotal.objects.filter(colour="none").exists()

    def test_brings_the_whole_list_with_places_to_planning(self, lake: Lake) -> None:
        load_desk(lake=lake, now=NOW)

        first = VisitCandidate.objects.get(rank=1)
        assert list(VisitCandidate.objects.order_by("rank").values_list("colour", flat=True)) == [
            "red",
            "orange",
            "yellow",
            "none",
        ]
        assert (first.account_id, first.station_id, first.checks) == (ACCOUNT, "S2", "seals;wiring")

    def test_gives_a_drawn_visit_without_reasons_the_checks_of_most_others(self, own_lake: Lake) -> None:
        rows = [suspicion_row(1, 1, 1, "red"), suspicion_row(2, 4, 1, "orange")]
        bare = {"checks": "", "reasons": ""}
        rows += [suspicion_row(3, 0, 0, "none") | bare, suspicion_row(4, 9, 1, "none") | bare]
        put(own_lake, SUSPICION, rows, days=[NIGHT])
        put(own_lake, VISIT_SLOT, [drawn_slot()], days=[NIGHT])

        load_desk(lake=own_lake, now=NOW)

        # Both coloured accounts are checked for seals and wiring; an empty list would tell which visit was drawn.
        assert VisitCandidate.objects.get(account_id="5301000000").checks == "seals;wiring"
        assert VisitCandidate.objects.get(rank=4).checks == ""

    def test_loads_archives_before_the_first_night(self, tmp_path: Path) -> None:
        from tests.journeys.brief.conftest import write_network

        lake = Lake.open(tmp_path / "lake")
        write_network(lake, areas=2)

        loaded = load_desk(lake=lake, now=NOW)

        assert (loaded.night_on, loaded.areas, loaded.suspicions) == (None, 2, 0)


class TestTheNextNight:
    def test_keeps_what_people_decided_and_the_number_it_is_known_by(self, own_lake: Lake) -> None:
        load_desk(lake=own_lake, now=NOW)
        row = Suspicion.objects.get(account_id=ACCOUNT)
        Suspicion.objects.filter(pk=row.pk).update(state="dismissed")
        weaker = [suspicion_row(1, 4, 1, "red"), suspicion_row(2, 1, 1, "yellow")]
        put(own_lake, SUSPICION, weaker, days=[NIGHT])

        load_desk(lake=own_lake, now=NOW)

        again = Suspicion.objects.get(account_id=ACCOUNT)
        assert (again.pk, again.state, again.colour, again.rank) == (row.pk, "dismissed", "yellow", 2)

    def test_retires_an_account_that_left_the_list_and_forgets_nothing_of_it(self, own_lake: Lake) -> None:
        load_desk(lake=own_lake, now=NOW)
        put(own_lake, SUSPICION, [suspicion_row(1, 4, 1, "red")], days=[NIGHT])

        load_desk(lake=own_lake, now=NOW)

        assert dict(Suspicion.objects.values_list("meter_id", "is_listed")) == {
            "M01001": False,
            "M04001": True,
            "M09001": False,
        }

    def test_leaves_the_desk_as_it_was_when_it_fails_half_way(
        self, own_lake: Lake, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        load_desk(lake=own_lake, now=NOW)
        put(own_lake, SUSPICION, [suspicion_row(1, 4, 1, "red")], days=[NIGHT])

        def fail(*arguments: object, **named: object) -> list[object]:
            raise OSError("disk full")

        monkeypatch.setattr("lamplighter.journeys.desk_loading.area_nights", fail)
        with pytest.raises(OSError, match="disk full"):
            load_desk(lake=own_lake, now=NOW)

        assert Suspicion.objects.filter(is_listed=True).count() == 3
        assert Load.objects.count() == 1


class TestPagesOnTheLake:
    def test_show_an_area_day_by_day(self, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.INSPECTION_LEADER, unit="K1").get("/areas/A01/")

        days = page.context["view"].days
        assert (len(days), days[-1].on_date) == (90, NIGHT)
        assert days[-1].unexplained_rate == pytest.approx(days[-1].unexplained_kwh / days[-1].supplied_kwh)
        assert [row.meter_id for row in page.context["suspects"]] == ["M01001"]
        assert "530100" not in page.content.decode()

    def test_leave_a_day_that_cannot_be_computed_empty(self, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.INSPECTION_LEADER, unit="P").get("/areas/A05/")

        assert {value for _, value in page.context["calendar"]["days"]} == {None}

    def test_show_a_customer_masked_with_meters_curve_and_card(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTION_LEADER, unit="K1")
        number = CustomerEntry.objects.get(account_id=ACCOUNT).pk

        page = client.get(f"/customers/{number}/")
        html = page.content.decode()

        assert [meter["meter_id"] for meter in page.context["panorama"].meters] == ["M01001"]
        assert len(page.context["days_chart"]["kwh"]) == 90
        assert page.context["suspicion"].rank == 1
        assert "Speaks against it" in html
        assert (ACCOUNT in html, "******1001" in html) == (False, True)

    def test_keep_suspicion_and_curve_from_roles_they_are_closed_to(self, log_in: Callable[..., Client]) -> None:
        number = CustomerEntry.objects.get(account_id=ACCOUNT).pk
        agent = log_in(Role.SERVICE_AGENT, unit="S2").get(f"/customers/{number}/")
        analyst = log_in(Role.MARKETING_ANALYST, unit="S2").get(f"/customers/{number}/")

        assert "Evidence card" not in agent.content.decode()
        assert "Load curve" in agent.content.decode()
        assert "Load curve" not in analyst.content.decode()

    def test_open_a_day_of_the_curve_by_itself_and_hold_it_to_the_window(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S2")
        number = CustomerEntry.objects.get(account_id=ACCOUNT).pk

        part = client.get(f"/customers/{number}/curve/?day=2025-03-15&meter=M01001")
        beyond = client.get(f"/customers/{number}/curve/?day=2099-01-01&meter=M09001")

        assert (part.context["curve_day"], b"<html" in part.content) == (dt.date(2025, 3, 15), False)
        # Another customer's meter is not shown under this one.
        assert (beyond.context["curve_day"], beyond.context["curve_meter"]["meter_id"]) == (NIGHT, "M01001")

    def test_say_when_the_night_was_worked_on_the_companys_own_clock(self, log_in: Callable[..., Client]) -> None:
        html = log_in(Role.INSPECTOR, unit="S2").get("/tonight/").content.decode()

        # 02:00 UTC is 10:00 in Shanghai.
        assert f"{WORKED_AT + dt.timedelta(hours=8):%Y-%m-%d %H:%M}" in html
