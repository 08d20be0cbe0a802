"""*Plan* and *My visits*: crews from a file, a day's plan, changes by hand, and who sees what of it."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.doors.web.conftest import NIGHT, NOON, units_of

from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.planning.desk_rows import desk_settings
from lamplighter.business.inspection.planning.models import AreaPlace, CrewEntry, DayPlan, PlanVisit, VisitCandidate
from lamplighter.business.network.models import AreaEntry

pytestmark = pytest.mark.both_databases

ON = "2025-04-01"
LEADER = Role.INSPECTION_LEADER
HEAD = "crew,person,from,to,level,valid_to\n"
EAST = HEAD + "East 1,li,08:30,17:30,2,2027-06-30\nEast 1,wang,08:30,17:30,3,2027-06-30\n"
TWO_CREWS = EAST + "East 2,zhao,08:30,17:30,3,2027-06-30\nEast 2,qian,08:30,17:30,3,2027-06-30\n"


def hand_in(client: Client, content: str, name: str = "crews.csv") -> Any:
    return client.post("/plan/crews/", {"on": ON, "file": SimpleUploadedFile(name, content.encode())})


def open_case(account: str, state: str) -> None:
    Case.objects.create(
        case_no=f"AJ-{account}",
        account_id=account,
        process="inspection",
        process_version=1,
        instance="{}",
        state=state,
        status="running",
        opened_at=NOON,
        **units_of("S1"),
    )


def suspicion(account: str, state: str) -> None:
    figures = {"rank": 2, "theft_probability": 0.5, "expected_yuan": 900.0, "colour": "red"}
    days = {"as_of_on": NIGHT, "first_listed_on": NIGHT, "is_new": False, "is_random": False}
    Suspicion.objects.create(account_id=account, meter_id="M9", state=state, **figures, **days, **units_of("S1"))


def plan_of(client: Client) -> Any:
    return client.get(f"/plan/?on={ON}").context["plan"]


def make(client: Client, version: int = 0) -> Any:
    return client.post("/plan/make/", {"on": ON, "version": version}, follow=True)


def change(client: Client, what: str, visit: int, *, crew: str = "", version: int | None = None) -> Any:
    plan = plan_of(client)
    asked = {"version": plan.version if version is None else version, "visit": visit, "change": what, "crew": crew}
    return client.post(f"/plan/{plan.number}/change/", asked, follow=True)


def orders(plan: Any) -> dict[str, list[str]]:
    return {day.name: [stop.account_id for stop in day.stops] for day in plan.days}


def visit_of(account: str) -> int:
    return int(PlanVisit.objects.get(account_id=account).pk)


@pytest.fixture
def listed(company: None) -> None:
    """Three suspicions of station S1 a kilometre or two apart, the third drawn at random; one of station S2."""
    for rank, (account, station, east, is_random) in enumerate(
        (
            ("0011110001", "S1", 103.00, False),
            ("0011110002", "S1", 103.01, False),
            ("0011110003", "S1", 103.02, True),
            ("0011110009", "S2", 103.50, False),
        ),
        1,
    ):
        VisitCandidate.objects.create(
            account_id=account,
            area_id="A1",
            area_name="台区1",
            as_of_on=NIGHT,
            rank=rank,
            theft_probability=0.5,
            expected_kwh=100.0,
            expected_yuan=-200.0 if is_random else 900.0,
            colour="none" if is_random else "red",
            supply_kv=0.4,
            longitude=east,
            latitude=35.0,
            is_random=is_random,
            propensity=0.1,
            is_spared=False,
            **units_of(station),
        )
    for station, east in (("S1", 103.0), ("S2", 103.5)):
        AreaPlace.objects.create(area_id=f"of {station}", longitude=east, latitude=35.0, **units_of(station))


@pytest.fixture
def leader(listed: None, log_in: Callable[..., Client]) -> Client:
    return log_in(LEADER, unit="S1")


@pytest.fixture
def planned(leader: Client) -> Client:
    """The leader of S1 with two crews and a plan."""
    hand_in(leader, TWO_CREWS)
    make(leader)
    return leader


class TestCrews:
    def test_are_asked_for_where_there_are_none(self, leader: Client) -> None:
        page = leader.get("/plan/").content.decode()

        assert "No crews yet" in page
        assert 'href="/plan/crews/' in page

    def test_come_from_a_file_and_set_out_from_the_middle_of_the_unit(self, leader: Client) -> None:
        answer = hand_in(leader, EAST)

        assert answer.status_code == 302
        crew = CrewEntry.objects.get()
        assert (crew.name, crew.unit_id, crew.longitude) == ("East 1", "S1", 103.0)
        assert [each.person_id for each in crew.members.all()] == ["li", "wang"]

    def test_of_a_faulty_file_are_refused_as_a_whole_row_by_row(self, leader: Client) -> None:
        answer = hand_in(leader, HEAD + "East 1,li,early,17:30,2,2027-06-30\nEast 1,wang,08:30,17:30,9,2027-06-30\n")

        assert answer.status_code == 422
        assert [fault.split(":")[0] for fault in answer.context["faults"]] == ["row 1", "row 2"]
        assert not CrewEntry.objects.exists()

    @pytest.mark.parametrize("name", ["crews.svg", "crews.zip", "crews"])
    def test_are_taken_from_no_other_kind_of_file(self, name: str, leader: Client) -> None:
        assert hand_in(leader, EAST, name).status_code == 422

    def test_without_a_valid_certificate_cannot_go_which_is_practice_and_not_law(self, leader: Client) -> None:
        hand_in(leader, EAST.replace("3,2027-06-30", "3,2025-03-31"))

        page = leader.get(f"/plan/crews/?on={ON}").content.decode()
        make(leader)

        assert "without a valid certificate on the day: wang" in page
        assert "company practice, not law in force" in page
        assert {row.why for row in plan_of(leader).left} == {"no_crew"}

    def test_can_be_taken_off_the_list(self, leader: Client) -> None:
        hand_in(leader, EAST)

        leader.post(f"/plan/crews/{CrewEntry.objects.get().pk}/remove/")

        assert not CrewEntry.objects.exists()


class TestPlan:
    def test_gives_every_suspicion_of_the_unit_a_stop_or_a_reason(self, planned: Client) -> None:
        plan = plan_of(planned)

        stops = [account for order in orders(plan).values() for account in order]
        assert sorted(stops + [row.account_id for row in plan.left]) == ["0011110001", "0011110002", "0011110003"]
        assert "0011110003" in stops, "a random slot stands in the plan whatever it is worth"

    def test_draws_every_stop_and_leads_from_it_to_its_row(self, planned: Client) -> None:
        page = planned.get(f"/plan/?on={ON}").content.decode()

        pins = re.findall(r'<a href="#(v\d+)" aria-label', page)
        assert len(pins) == 3
        assert all(f'id="{pin}"' in page for pin in pins)

    def test_holds_what_is_approved_whatever_it_is_worth_and_not_what_was_dismissed(self, leader: Client) -> None:
        VisitCandidate.objects.filter(account_id="0011110001").update(expected_yuan=-5000.0)
        open_case("0011110001", "APPROVED")
        suspicion("0011110002", "dismissed")
        hand_in(leader, TWO_CREWS)

        make(leader)

        plan = plan_of(leader)
        stops = [account for order in orders(plan).values() for account in order]
        assert sorted(stops) == ["0011110001", "0011110003"]
        assert "0011110002" not in {row.account_id for row in plan.left}

    def test_holds_an_approved_case_whose_account_left_the_list(self, leader: Client) -> None:
        VisitCandidate.objects.filter(account_id="0011110003").delete()
        open_case("0011110003", "APPROVED")
        Case.objects.update(area_id="A1", area_name="台区1")
        AreaEntry.objects.filter(area_id="A1").update(longitude=103.01, latitude=35.0)
        hand_in(leader, TWO_CREWS)

        make(leader)

        plan = plan_of(leader)
        stops = [account for order in orders(plan).values() for account in order]
        assert "0011110003" in stops
        assert VisitCandidate.objects.filter(account_id="0011110003").count() == 0

    def test_says_of_an_approved_case_without_a_place_why_nobody_goes(self, leader: Client) -> None:
        VisitCandidate.objects.filter(account_id="0011110003").delete()
        open_case("0011110003", "APPROVED")
        hand_in(leader, TWO_CREWS)

        make(leader)

        assert {row.account_id: row.why for row in plan_of(leader).left}["0011110003"] == "no_place"

    def test_keeps_its_stops_when_figures_change_after_it_was_made(
        self, leader: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hand_in(leader, TWO_CREWS)
        make(leader)
        before = orders(plan_of(leader))
        settings = desk_settings(on=dt.date.fromisoformat(ON)).with_values({"search.candidates": 1.0})
        monkeypatch.setattr("lamplighter.business.inspection.planning.desk_rows.desk_settings", lambda on: settings)

        assert orders(plan_of(leader)) == before
        assert sum(map(len, before.values())) > 1

    def test_leaves_what_is_not_worth_it_while_its_case_is_not_approved(self, leader: Client) -> None:
        VisitCandidate.objects.filter(account_id="0011110001").update(expected_yuan=-5000.0)
        open_case("0011110001", "DESK_CHECK")
        hand_in(leader, TWO_CREWS)

        make(leader)

        assert {row.account_id: row.why for row in plan_of(leader).left}["0011110001"] == "not_worth"

    def test_is_changed_by_hand(self, planned: Client) -> None:
        change(planned, "give", visit_of("0011110001"), crew="East 2")
        change(planned, "give", visit_of("0011110002"), crew="East 2")
        change(planned, "give", visit_of("0011110003"), crew="East 1")
        assert orders(plan_of(planned)) == {"East 1": ["0011110003"], "East 2": ["0011110001", "0011110002"]}

        change(planned, "down", visit_of("0011110001"))
        assert orders(plan_of(planned))["East 2"] == ["0011110002", "0011110001"]
        change(planned, "up", visit_of("0011110001"))
        assert orders(plan_of(planned))["East 2"] == ["0011110001", "0011110002"]

        change(planned, "remove", visit_of("0011110001"))
        assert [(row.account_id, row.why) for row in plan_of(planned).left] == [("0011110001", "removed")]
        change(planned, "give", visit_of("0011110001"), crew="East 1")
        assert orders(plan_of(planned))["East 1"] == ["0011110003", "0011110001"]

    def test_made_again_keeps_locked_stops_and_leaves_out_what_was_taken_out(self, planned: Client) -> None:
        change(planned, "give", visit_of("0011110001"), crew="East 2")
        change(planned, "lock", visit_of("0011110001"))
        change(planned, "remove", visit_of("0011110002"))

        make(planned, plan_of(planned).version)

        plan = plan_of(planned)
        assert orders(plan)["East 2"].count("0011110001") == 1
        assert [(row.account_id, row.why) for row in plan.left] == [("0011110002", "removed")]

    def test_says_what_a_change_breaks_instead_of_refusing_it(self, leader: Client) -> None:
        # East 2's certificates reach 0.4 kV; the third visit is supplied at 10 kV.
        VisitCandidate.objects.filter(account_id="0011110003").update(supply_kv=10.0)
        hand_in(leader, TWO_CREWS)
        make(leader)

        change(leader, "give", visit_of("0011110003"), crew="East 2")

        breaches = [sentence for day in plan_of(leader).days for sentence in day.breaches]
        assert breaches == ["East 2 lacks a level or skill for ******0003"]

    def test_says_overtime(self, leader: Client) -> None:
        # Half an hour of shift, half an hour on site: with any way back the second visit is too long.
        hand_in(leader, EAST.replace("17:30", "09:15"))
        make(leader)

        for account in ("0011110001", "0011110002"):
            change(leader, "give", visit_of(account), crew="East 1")

        assert any("minutes over its time" in each for day in plan_of(leader).days for each in day.breaches)

    def test_heeds_a_danger_said_of_a_visit(self, planned: Client) -> None:
        plan = plan_of(planned)
        planned.post(f"/plan/{plan.number}/danger/", {"visit": visit_of("0011110001"), "danger": "police"})

        make(planned, plan_of(planned).version)

        assert [(row.account_id, row.why) for row in plan_of(planned).left] == [("0011110001", "police")]

    def test_tells_the_second_of_two_leaders_and_changes_nothing_of_his(
        self, planned: Client, log_in: Callable[..., Client]
    ) -> None:
        second = log_in(LEADER, unit="S1")
        seen = plan_of(second).version
        change(planned, "remove", visit_of("0011110001"))

        page = change(second, "remove", visit_of("0011110002"), version=seen).content.decode()

        assert "Nothing was changed" in page
        assert [row.account_id for row in plan_of(second).left] == ["0011110001"]
        assert "Nothing was changed" in make(second, seen).content.decode()

    def test_is_handed_out_as_a_file_that_tells_nobody_what_was_drawn(self, planned: Client) -> None:
        number = plan_of(planned).number

        rows = planned.get(f"/plan/{number}/plan.csv").content.decode().splitlines()

        assert len(rows) == 4
        assert "is_random" not in rows[0]
        assert "propensity" not in rows[0]
        assert "0011110" not in "".join(rows)
        assert planned.get(f"/plan/{number}/plan.xlsx").content[:2] == b"PK"
        assert planned.get(f"/plan/{number}/plan.exe").status_code == 404

    def test_is_printed_for_each_crew_without_the_mark(self, planned: Client) -> None:
        number = plan_of(planned).number

        pages = [planned.get(f"/plan/{number}/sheet/{place}/").content.decode() for place in (1, 2)]

        assert sum(page.count("******000") for page in pages) == 3
        assert not any("drawn at random" in page for page in pages)
        assert planned.get(f"/plan/{number}/sheet/3/").status_code == 404

    @pytest.mark.parametrize(("language", "words"), [("en", "Plan of visits"), ("zh", "检查计划")])
    def test_speaks_both_languages(
        self, language: str, words: str, planned: Client, log_in: Callable[..., Client]
    ) -> None:
        client = log_in(LEADER, unit="S1", language=language)

        for address in (f"/plan/?on={ON}", "/plan/crews/"):
            page = client.get(address).content.decode()
            assert "visit_desk." not in page
        assert words in client.get(f"/plan/?on={ON}").content.decode()


class TestWhoSeesWhat:
    def test_a_sibling_unit_neither_sees_nor_changes_nor_loses_anything(
        self, planned: Client, log_in: Callable[..., Client]
    ) -> None:
        number, crew, visit = plan_of(planned).number, CrewEntry.objects.first(), visit_of("0011110001")
        assert crew is not None
        other = log_in(LEADER, unit="S2")

        assert other.get(f"/plan/?on={ON}").context["plan"] is None
        assert other.get(f"/plan/?on={ON}").context["crews"] == []
        for address in (
            f"/plan/{number}/change/",
            f"/plan/{number}/danger/",
            f"/plan/crews/{crew.pk}/remove/",
        ):
            asked = {"version": 1, "visit": visit, "change": "remove", "danger": "police"}
            assert other.post(address, asked).status_code == 404
        assert other.get(f"/plan/{number}/plan.csv").status_code == 404
        assert orders(plan_of(planned)) == orders(plan_of(planned))
        assert (DayPlan.objects.get().version, CrewEntry.objects.count()) == (1, 2)

    def test_a_leader_of_the_county_plans_both_stations(self, listed: None, log_in: Callable[..., Client]) -> None:
        county = log_in(LEADER, unit="N")
        hand_in(county, EAST)
        make(county)

        assert len(PlanVisit.objects.filter(plan__unit_id="N")) == 4

    def test_an_inspector_sees_the_stops_of_his_crew_and_no_other(
        self, planned: Client, make_staff: Callable[..., Staff]
    ) -> None:
        change(planned, "give", visit_of("0011110001"), crew="East 1")
        change(planned, "give", visit_of("0011110002"), crew="East 2")
        change(planned, "give", visit_of("0011110003"), crew="East 1")
        page = self.own_page(make_staff(Role.INSPECTOR, unit="S1", name="li"))

        assert [day.name for day, _ in page.context["days"]] == ["East 1"]
        assert "******0001" in page.content.decode()
        assert "******0002" not in page.content.decode()

    def test_an_inspector_is_not_told_which_stop_was_drawn(
        self, planned: Client, make_staff: Callable[..., Staff]
    ) -> None:
        for account in ("0011110001", "0011110003"):
            change(planned, "give", visit_of(account), crew="East 1")
        page = self.own_page(make_staff(Role.INSPECTOR, unit="S1", name="li"))

        stops = page.context["days"][0][0].stops
        # Everything that would tell a stop of the list from one that was drawn is the same or absent.
        told = {
            (stop.is_random, stop.is_locked, stop.colour, stop.expected_yuan, stop.theft_probability) for stop in stops
        }
        assert told == {(False, False, "", None, None)}
        assert "drawn" not in page.content.decode()

    def test_somebody_of_no_crew_sees_no_visit(self, planned: Client, make_staff: Callable[..., Staff]) -> None:
        page = self.own_page(make_staff(Role.INSPECTOR, unit="S1", name="sun"))

        assert page.context["days"] == []
        assert "No visits planned for you" in page.content.decode()

    def own_page(self, staff: Staff) -> Any:
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        client.cookies["lamplighter_language"] = "en"
        return client.get(f"/visits/?on={ON}")


class TestACrewTypedIn:
    TYPED: ClassVar = {
        "on": ON,
        "crew": "East 1",
        "lunch_from": "11:30",
        "lunch_to": "13:30",
        "lunch_minutes": "60",
        **{f"{name}_{each}": value for each in (1, 2) for name, value in (("from", "08:30"), ("to", "17:30"))},
        "person_1": "li",
        "level_1": "2",
        "valid_to_1": "2027-06-30",
        "skills_1": "live;height",
        "person_2": "wang",
        "level_2": "3",
        "valid_to_2": "2027-06-30",
        "barred_2": "0011110001",
    }

    def test_is_kept_as_one_of_a_file(self, listed: None, log_in: Callable[..., Client]) -> None:
        leader = log_in(LEADER, unit="S1")

        assert leader.post("/plan/crews/", self.TYPED).status_code == 302

        crew = CrewEntry.objects.get()
        assert (crew.name, crew.unit_id, crew.lunch_minutes) == ("East 1", "S1", 60.0)
        assert [
            (each.person_id, each.shift_from, each.level, each.skills, each.barred)
            for each in crew.members.order_by("pk")
        ] == [
            ("li", 510.0, "2", ["height", "live"], []),
            ("wang", 510.0, "3", [], ["0011110001"]),
        ]
        assert Entry.objects.filter(kind="planning.crewentry").exists()

    def test_comes_back_as_it_was_typed_where_a_row_is_wrong(self, listed: None, log_in: Callable[..., Client]) -> None:
        leader = log_in(LEADER, unit="S1")

        answer = leader.post("/plan/crews/", self.TYPED | {"valid_to_2": "next year", "person_1": ""})

        assert answer.status_code == 422
        assert 'value="live;height"' in answer.content.decode()
        assert not CrewEntry.objects.exists()

    def test_chooses_among_the_inspectors_of_ones_unit(
        self, listed: None, log_in: Callable[..., Client], make_staff: Callable[..., Staff]
    ) -> None:
        for name, unit in (("own", "S1"), ("beside", "S2")):
            make_staff(Role.INSPECTOR, unit=unit, name=name)

        page = log_in(LEADER, unit="S1").get("/plan/crews/")

        assert [username for username, _ in page.context["inspectors"]] == ["own"]
