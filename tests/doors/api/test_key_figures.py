"""Key figures through the API: of one's own unit, the records behind each, appraisals and appeals against them."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.business.kpi.desk import NOW, at, put
from tests.doors.api.conftest import post

from lamplighter.base.jobs.models import Job
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.kpi.models import Appeal, Appraisal
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.rules.definitions import read_kpi_settings

MARCH = "first=2026-03&last=2026-03"
ISSUED = {"first": "2026-03", "last": "2026-03"}


@pytest.fixture
def counted(company: None) -> None:
    """S1 answered one of two in time, S2 both of two; February had one of one."""
    put(1, "TK-1", instance='{"data":{"subject_kind":"SERVICE"}}')
    put(2, replied_at=at(9), closed_at=at(9))
    put(3, station="S2")
    put(4, station="S2", team="二班")
    february = {"registered_at": at(2, month=2), "promise_due_at": at(6, month=2)}
    put(5, replied_at=at(3, month=2), closed_at=at(3, month=2), **february)
    count_figures(settings=read_kpi_settings(on=NOW.date()), now=NOW)


@pytest.fixture
def boss(counted: None, program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_SUPERVISOR, unit="N")


@pytest.fixture
def station(counted: None, program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_SUPERVISOR, unit="S1")


def read(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def figures(client: Client, asked: str = MARCH) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in read(client, f"/key-figures?{asked}")["figures"]}


class TestFigures:
    def test_are_those_of_ones_own_unit_and_below(self, station: Client, boss: Client) -> None:
        own, county, below = figures(station), figures(boss), figures(boss, f"unit=S2&{MARCH}")

        counts = [(each["K-6"]["figure"]["hits"], each["K-6"]["figure"]["total"]) for each in (own, county, below)]
        assert counts == [(1, 2), (3, 4), (2, 2)]
        assert county["K-6"]["figure"]["value"] == 0.75

    @pytest.mark.parametrize("path", ["/key-figures", "/key-figures/k6", "/complaints"])
    def test_are_not_told_of_a_unit_beside_or_above(self, path: str, station: Client) -> None:
        answers = [station.get(f"/api/v1{path}?unit={unit}").status_code for unit in ("S2", "N", "nowhere")]

        assert answers == [404] * 3

    def test_stand_beside_the_period_before_the_target_and_the_guards(self, station: Client) -> None:
        row = figures(station)["K-6"]

        assert (row["before"]["value"], row["target"], row["is_met"]) == (1.0, 1.0, False)
        assert row["guards"][0]["code"] == "G-1"
        assert all(row[name] for name in ("definition", "source", "evidence", "owner"))

    def test_open_as_many_tickets_as_they_say(self, boss: Client) -> None:
        parts = {each["part"]: each for each in figures(boss)["K-6"]["records"]}

        found = {name: boss.get(part["path"], part["query"]).json()["count"] for name, part in parts.items()}

        assert found == {"all": 4, "met": 3, "missed": 1}

    def test_lead_to_no_ticket_for_whom_tickets_are_closed(self, counted: None, program: Callable[..., Client]) -> None:
        row = figures(program(Role.TRAINER, unit="S1"))["K-6"]

        assert (row["figure"]["total"], row["records"]) == (2, [])

    def test_refuse_a_period_that_is_none_and_words_they_do_not_know(self, boss: Client) -> None:
        backwards = boss.get("/api/v1/key-figures?first=2026-03&last=2026-01")

        assert (backwards.status_code, backwards.json()["code"]) == (422, "period_unreadable")
        for asked in ("first=2026-13", "last=March", "frist=2026-03"):
            assert boss.get(f"/api/v1/key-figures?{asked}").status_code == 422


class TestOneFigure:
    def test_is_split_by_unit_and_its_change_taken_apart(self, boss: Client) -> None:
        told = read(boss, f"/key-figures/k6?{MARCH}&by=unit")

        # From 1 of 1, all in S1, to 3 of 4: see the page's own test.
        change = {name: round(100 * told["change"][name], 2) for name in ("difference", "mix", "rate")}
        assert change == {"difference": -25.0, "mix": 12.5, "rate": -37.5}
        assert {each["value"]: each["figure"]["total"] for each in told["splits"]} == {"S1": 2, "S2": 2}

    def test_is_split_by_team_for_who_supervises_and_by_person_for_nobody_without_a_basis(
        self, boss: Client, program: Callable[..., Client]
    ) -> None:
        assert read(boss, f"/key-figures/k6?{MARCH}&by=team")["by"] == "team"
        assert program(Role.TRAINER, unit="N").get(f"/api/v1/key-figures/k6?{MARCH}&by=team").status_code == 404
        assert boss.get(f"/api/v1/key-figures/k6?{MARCH}&by=person").status_code == 404
        assert boss.get("/api/v1/key-figures/k99").status_code == 404

    def test_of_complaints_has_their_topics_and_places(self, boss: Client) -> None:
        told = read(boss, f"/complaints?{MARCH}")

        # One complaint, one customer: 10,000 for each 10,000.
        assert [(each["unit_id"], each["topics"], each["figure"]["value"]) for each in told] == [
            ("S1", {"SERVICE": 1}, 10_000.0),
            ("S2", {}, 0.0),
        ]


class TestCounting:
    def test_is_asked_for_once_at_a_time(self, boss: Client) -> None:
        first, second = post(boss, "/key-figure-counts", {}), post(boss, "/key-figure-counts", {})

        assert (first.status_code, first.json()["job"]) == (202, Job.objects.get(kind="kpi_count").pk)
        assert second.json() == {"job": None}


class TestAnAppraisal:
    def test_is_issued_once_and_stays_as_it_was(self, boss: Client) -> None:
        first, second = post(boss, "/appraisals", ISSUED), post(boss, "/appraisals", ISSUED)

        assert (first.status_code, second.json()["number"]) == (201, first.json()["number"])
        assert Appraisal.objects.count() == 1
        assert Entry.objects.filter(kind="kpi.appraisal", act="created", staff_name="master station").count() == 1
        kept = {each["code"]: each["figure"] for each in read(boss, f"/appraisals/{first.json()['number']}")["figures"]}
        assert (kept["K-6"]["hits"], kept["K-6"]["total"]) == (3, 4)

    def test_is_of_months_that_are_over_and_issued_by_who_supervises(
        self, boss: Client, program: Callable[..., Client]
    ) -> None:
        running = f"{dt.datetime.now(dt.UTC):%Y-%m}"

        early = post(boss, "/appraisals", {"first": running, "last": running})

        assert (early.status_code, early.json()["code"]) == (422, "period_running")
        assert post(program(Role.TRAINER, unit="N"), "/appraisals", ISSUED).status_code == 403
        assert Appraisal.objects.count() == 0

    def test_is_appealed_against_and_decided_by_somebody_else_once(
        self, boss: Client, program: Callable[..., Client]
    ) -> None:
        number = post(boss, "/appraisals", ISSUED).json()["number"]
        other = program(Role.MANAGER, unit="N")

        unknown = post(boss, f"/appraisals/{number}/appeals", {"code": "K-99", "words": "?"})
        made = post(boss, f"/appraisals/{number}/appeals", {"code": "K-6", "words": "停电由外部引起"})
        path = f"/appraisal-appeals/{Appeal.objects.get().pk}/decide"
        own = post(boss, path, {"is_upheld": True, "answer": "是"})
        decided = post(other, path, {"is_upheld": True, "answer": "属实"})
        again = post(other, path, {"is_upheld": False, "answer": "不属实"})

        assert (unknown.status_code, made.status_code) == (404, 201)
        assert (own.status_code, own.json()["code"]) == (422, "own_appeal")
        assert decided.json()["appeals"][0]["is_upheld"] is True
        assert (again.status_code, again.json()["code"]) == (409, "decided_already")
        assert Appeal.objects.get().answer == "属实"
        assert list(Entry.objects.filter(kind="kpi.appeal").order_by("pk").values_list("act", flat=True)) == [
            "created",
            "changed",
        ]
