"""Outcomes and models in the browser: what is shown to whom, and how a model is trained, proposed and put to use."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.doors.web.conftest import NIGHT, units_of

from lamplighter.base.desk.models import Load, MissedNight, Night
from lamplighter.base.jobs.models import Job
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.business.detection.model_operations import keep_model
from lamplighter.business.detection.model_queries import read_releases, read_theft_model
from lamplighter.business.detection.models import (
    ModelEntry,
    OutcomeEntry,
    OutcomeTally,
    ReleaseProposal,
    Suspicion,
    UnitRate,
)
from lamplighter.business.inspection import figures
from lamplighter.business.inspection.models import Case, FigureChange
from lamplighter.journeys.desk_loading.models import load_models

ANALYST, MANAGER, LEADER = Role.LINE_LOSS_ANALYST, Role.MANAGER, Role.INSPECTION_LEADER


def outcome(station: str, account: str, word: str, **more: Any) -> None:
    OutcomeEntry.objects.create(
        account_id=account,
        inspected_on=dt.date(2025, 3, 10),
        outcome=word,
        station_name=f"{station}所",
        model_version="base",
        colour="red",
        **{"way": "ranked"} | more,
        **units_of(station),
    )


def tallied(unit: str, by: str, value: str, visits: int, hits: int, **more: Any) -> None:
    given = {"unit_id": unit, "by": by, "value": value, "visits": visits, "hits": hits, "finds": hits, "no_access": 0}
    OutcomeTally.objects.create(**given | {"low": 0.1, "high": 0.9} | more)


@pytest.fixture
def results(company: None) -> None:
    """One theft in S1, drawn at random, and one clean visit in S2."""
    outcome("S1", "0012345671", "theft", way="drawn", recovered_kwh=120.0)
    outcome("S2", "0012345672", "clean")
    for unit, visits, hits in (("S1", 1, 1), ("S2", 1, 0), ("N", 2, 1), ("P", 2, 1)):
        for by, value in (("year", ""), ("model", "base"), ("way", "ranked"), ("calibration", "base|0.6")):
            tallied(unit, by, value, visits, hits, predicted=0.7 if by == "calibration" else None)
    UnitRate.objects.create(
        unit_id="N", rate=0.031, low=0.01, high=0.2, hit_rate=0.5, visits=2, drawn=1, effective_drawn=1.0, no_access=0
    )


@pytest.fixture
def lake(home: Path, company: None) -> Lake:
    """A lake with one candidate, the desk knows it."""
    lake = Lake.open(home / "lake")
    model = replace(read_base_model(), version="own 1")
    keep_model(lake=lake, model=model, trained_on=NIGHT, outcomes=120, thefts=30, now=dt.datetime(2025, 4, 1))
    with lake.snapshot() as state:
        load_models(state)
    return lake


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def number_of(version: str) -> int:
    return ModelEntry.objects.get(version=version).pk


class TestThePage:
    def test_sends_a_company_without_results_to_injected_thefts(
        self, lake: Lake, log_in: Callable[..., Client]
    ) -> None:
        shown = text_of(log_in(MANAGER, unit="P"), "/models/")

        assert "No inspection has a result yet" in shown
        assert 'value="injections">Train on injected thefts' in shown

    def test_counts_ones_own_unit_and_refuses_a_sibling(self, results: None, log_in: Callable[..., Client]) -> None:
        client = log_in(LEADER, unit="S2")

        answer = client.get("/models/")

        assert [(row["row"].visits, row["row"].hits) for row in answer.context["tallies"]] == [(1, 0)]
        assert client.get("/models/?unit=S1").status_code == 404

    def test_shows_what_was_predicted_beside_what_was_found(self, results: None, log_in: Callable[..., Client]) -> None:
        answer = log_in(MANAGER, unit="P").get("/models/")

        [model] = answer.context["calibration"]["models"]
        assert model["name"] == "base"
        assert [(point["predicted"], point["found"], point["visits"]) for point in model["points"]] == [(0.7, 0.5, 2)]

    def test_tells_of_random_visits_only_who_may_know(self, results: None, log_in: Callable[..., Client]) -> None:
        leader, manager = log_in(LEADER, unit="N"), log_in(MANAGER, unit="N")

        told, kept_back = (text_of(each, "/models/?by=way") for each in (leader, manager))

        assert "3.10%" in told
        assert "by rank" in told
        assert "Estimated true share" not in kept_back
        assert manager.get("/models/?by=way").context["by"] == "model"

    def test_counts_objections_by_month(self, results: None, log_in: Callable[..., Client]) -> None:
        now = dt.datetime.now(dt.UTC)
        for number, result in enumerate(("UPHELD", "WITHDRAWN", "UPHELD")):
            make_case(f"AJ-{number}", objection_result=result, objection_at=now)

        [month] = log_in(MANAGER, unit="P").get("/models/").context["appeals"]

        assert (month.month, month.count, month.upheld, month.withdrawn) == (f"{now:%Y-%m}", 3, 2, 1)

    def test_is_closed_to_inspectors(self, results: None, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.INSPECTOR).get("/models/").status_code == 403


class TestTheListOfOutcomes:
    def test_holds_ones_own_unit_with_masked_accounts(self, results: None, log_in: Callable[..., Client]) -> None:
        client = log_in(LEADER, unit="S1")

        answer = client.get("/outcomes/")

        assert [row.masked_account for row in answer.context["part"].rows] == ["******5671"]
        assert "0012345671" not in answer.content.decode()

    def test_filters_by_what_was_found(self, results: None, log_in: Callable[..., Client]) -> None:
        client = log_in(MANAGER, unit="P")

        counts = {
            asked: client.get(f"/outcomes/?{asked}").context["part"].count
            for asked in ("", "outcome=theft", "station=S2", "month=2025-03", "month=2025-04", "model=base")
        }

        assert counts == {
            "": 2,
            "outcome=theft": 1,
            "station=S2": 1,
            "month=2025-03": 2,
            "month=2025-04": 0,
            "model=base": 2,
        }

    def test_does_not_let_who_may_not_know_ask_for_drawn_visits(
        self, results: None, log_in: Callable[..., Client]
    ) -> None:
        told, kept_back = (log_in(role, unit="N").get("/outcomes/?way=drawn") for role in (LEADER, MANAGER))

        assert (told.context["part"].count, kept_back.context["part"].count) == (1, 2)
        assert {row.way for row in kept_back.context["part"].rows} == {""}


class TestAModel:
    def test_shows_its_card_and_what_it_cannot_see(self, lake: Lake, log_in: Callable[..., Client]) -> None:
        shown = text_of(log_in(Role.DATA_STEWARD, unit="P"), f"/models/{number_of('own 1')}/")

        assert "candidate" in shown
        assert "What it cannot see" in shown
        assert "Release this model" not in shown

    def test_is_trained_by_a_job(self, lake: Lake, log_in: Callable[..., Client]) -> None:
        client = log_in(ANALYST, unit="P")

        answer = client.post("/models/train/", {"on": "outcomes"})

        assert answer.headers["Location"] == "/jobs/"
        assert [(job.kind, job.given) for job in Job.objects.all()] == [("model_training", {"on": "outcomes"})]
        assert client.post("/models/train/", {"on": "guesses"}).status_code == 404

    def test_is_nothing_of_a_county_alone(self, lake: Lake, log_in: Callable[..., Client]) -> None:
        client = log_in(LEADER, unit="S1")

        answers = [
            client.post("/models/train/", {"on": "outcomes"}),
            client.post(f"/models/{number_of('own 1')}/propose/", {"reason": "better"}),
        ]

        assert [answer.status_code for answer in answers] == [403, 403]
        assert not Job.objects.exists()
        assert not ReleaseProposal.objects.exists()


class TestARelease:
    def propose(self, client: Client, *, reason: str = "finds more on rows not seen") -> Any:
        return client.post(f"/models/{number_of('own 1')}/propose/", {"reason": reason})

    def decide(self, client: Client, what: str, answer: str = "") -> Any:
        number = ReleaseProposal.objects.latest("pk").pk
        return client.post(f"/models/proposals/{number}/", {"what": what, "answer": answer}, follow=True)

    def used(self, lake: Lake) -> str:
        with lake.snapshot() as state:
            return read_theft_model(state).version

    def test_takes_a_second_person_and_stands_in_the_trail(self, lake: Lake, log_in: Callable[..., Client]) -> None:
        analyst, manager = log_in(ANALYST, unit="P"), log_in(MANAGER, unit="P")

        self.propose(analyst)
        own = self.decide(analyst, "approve")
        before = self.used(lake)
        self.decide(manager, "approve")

        assert "2 people" in own.content.decode()
        assert before == read_base_model().version
        assert self.used(lake) == "own 1"
        assert ModelEntry.objects.get(version="own 1").state == "released"
        entry = Entry.objects.get(act="released")
        assert (entry.subject, entry.note) == ("own 1", "finds more on rows not seen")
        with lake.snapshot() as state:
            [release] = read_releases(state)
        assert release.proposed_by != release.approved_by

    def test_can_be_undone_the_same_way(self, lake: Lake, log_in: Callable[..., Client]) -> None:
        analyst, manager = log_in(ANALYST, unit="P"), log_in(MANAGER, unit="P")
        self.propose(analyst)
        self.decide(manager, "approve")

        base = number_of(read_base_model().version)
        assert "Go back to this model" in text_of(manager, f"/models/{base}/")
        manager.post(f"/models/{base}/propose/", {"reason": "hits fell in May"})
        self.decide(analyst, "approve")

        assert self.used(lake) == read_base_model().version

    def test_is_refused_with_a_reason_or_taken_back(self, lake: Lake, log_in: Callable[..., Client]) -> None:
        analyst, manager = log_in(ANALYST, unit="P"), log_in(MANAGER, unit="P")
        self.propose(analyst)

        without = self.decide(manager, "refuse")
        self.decide(manager, "refuse", "too few thefts in it")

        assert "Say why" in without.content.decode()
        kept = ReleaseProposal.objects.get()
        assert (kept.state, kept.answer) == ("refused", "too few thefts in it")
        assert "decided this release already" in self.decide(analyst, "approve").content.decode()
        assert self.used(lake) == read_base_model().version

    def test_takes_a_reason_and_waits_alone(self, lake: Lake, log_in: Callable[..., Client]) -> None:
        analyst = log_in(ANALYST, unit="P")

        without, first, second = (self.propose(analyst, reason=reason) for reason in (" ", "better", "better still"))

        assert (without.status_code, first.status_code, second.status_code) == (422, 302, 422)
        assert ReleaseProposal.objects.count() == 1

    def test_takes_one_person_where_the_company_says_so(
        self, lake: Lake, home: Path, log_in: Callable[..., Client]
    ) -> None:
        (home / "settings").mkdir(parents=True)
        (home / "settings" / "security.toml").write_text(
            '[[limit]]\nname = "model_release_persons"\nrule_id = "SEC-3"\nvalid_from = 2026-01-01\nvalue = 1\n'
            'unit = "persons"\nsource = "order 9"\nevidence = "R"\n',
            encoding="utf-8",
        )

        self.propose(log_in(ANALYST, unit="P"))

        assert self.used(lake) == "own 1"


def make_case(case_no: str, *, station: str = "S1", **more: Any) -> Case:
    said: dict[str, Any] = {
        "account_id": case_no,
        "area_name": "台区1",
        "process": "inspection_case",
        "process_version": 1,
        "instance": "",
        "state": "ARCHIVED",
        "status": "finished",
        "opened_at": dt.datetime(2025, 3, 1, tzinfo=dt.UTC),
        "closed_at": dt.datetime(2025, 3, 20, tzinfo=dt.UTC),
    }
    case: Case = Case.objects.create(case_no=case_no, **said | more, **units_of(station))
    return case


class TestTonight:
    def test_counts_open_cases_by_age_and_deadline(self, company: None, log_in: Callable[..., Client]) -> None:
        now = dt.datetime.now(dt.UTC)
        open_one = {"status": "running", "closed_at": None, "state": "DESK_CHECK"}
        ages = ((1, -1), (40, 3), (100, 30))
        for number, (days, due) in enumerate(ages):
            opened, due_at = now - dt.timedelta(days=days), now + dt.timedelta(days=due)
            make_case(f"AJ-{number}", opened_at=opened, due_at=due_at, **open_one)
        make_case("AJ-9", station="S2", opened_at=now, **open_one)
        FigureChange.objects.create(
            case=Case.objects.get(case_no="AJ-1"),
            name="expected_kwh",
            was="120",
            is_now="95",
            since_on=NIGHT,
            noted_at=now,
            because="late_data",
        )
        client = log_in(LEADER, unit="S1")

        found = client.get("/tonight/").context["open_cases"]

        assert (found.count, found.overdue, found.week, found.changed) == (3, 1, 1, 1)
        assert found.ages == {"month": 1, "quarter": 1, "older": 1}
        for asked, names in (
            ("age=month", ["AJ-0"]),
            ("deadline=overdue", ["AJ-0"]),
            ("figures=changed", ["AJ-1"]),
            ("age=older", ["AJ-2"]),
        ):
            part = client.get(f"/cases/?{asked}").context["part"]
            assert [row.case_no for row in part.rows] == names, asked

    def test_adds_up_what_came_in_and_what_was_prevented(self, company: None, log_in: Callable[..., Client]) -> None:
        paid = {
            "paid_on": dt.date(2025, 3, 20),
            "paid_yuan": Decimal("3000.50"),
            "outcome": "THEFT",
            "energy_kwh": Decimal("1000"),
            "fee_yuan": Decimal("500"),
            "stake_kwh": 200.0,
        }
        make_case("AJ-1", **paid)
        make_case("AJ-2", **paid | {"objection_result": "UPHELD"})
        make_case("AJ-3", **paid | {"paid_on": dt.date(2024, 3, 20)})

        found = log_in(LEADER, unit="S1").get("/tonight/").context["recovered"]

        assert (found.paid_yuan, found.paid_count) == (Decimal("3000.50"), 1)
        # 200 kWh a month for six months at 0.50 yuan.
        assert (found.prevented_yuan, found.prevented_count) == (600.0, 1)

    @pytest.mark.parametrize(("large", "seen"), [(2, [2, 2]), (3, [2, 3])])
    def test_keeps_the_count_of_a_large_unit_for_a_minute_and_no_other(
        self, large: int, seen: list[int], company: None, log_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        cache.clear()
        monkeypatch.setattr(figures, "LARGE", large)
        open_one = {"status": "running", "closed_at": None, "state": "DESK_CHECK"}
        client, found = log_in(LEADER, unit="S1"), []
        make_case("AJ-0", **open_one)
        for number in (1, 2):
            make_case(f"AJ-{number}", **open_one)
            found.append(client.get("/tonight/").context["open_cases"].count)
        cache.clear()

        assert found == seen
        assert client.get("/tonight/").context["open_cases"].count == 3

    def test_says_how_many_visits_a_find_takes(self, results: None, log_in: Callable[..., Client]) -> None:
        assert log_in(LEADER, unit="N").get("/tonight/").context["year"].visits_per_find == 2.0

    def test_raises_the_alarm_of_a_missed_night_with_its_reason(
        self, company: None, home: Path, log_in: Callable[..., Client]
    ) -> None:
        now = dt.datetime.now(dt.UTC)
        client = log_in(LEADER, unit="S1")
        assert "was not closed by" not in text_of(client, "/tonight/")
        due_on = (now + dt.timedelta(hours=8)).date()
        for day in (due_on, due_on - dt.timedelta(days=1)):
            Night.objects.create(due_on=day, state="failed", failure="The lake is busy.", begun_at=now, by="schedule")
        MissedNight.objects.create(due_on=due_on - dt.timedelta(days=1), noticed_at=now)

        shown = text_of(client, "/tonight/")

        assert "was not closed by 06:00" in shown
        assert "The lake is busy." in shown
        assert Load.objects.count() == 1


class TestACase:
    def test_shows_what_a_later_night_says_otherwise(self, company: None, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        client.post(f"/suspicions/{Suspicion.objects.get(station_id='S1').pk}/decide/", {"what": "accept"})
        case = Case.objects.get()
        FigureChange.objects.create(
            case=case,
            name="expected_kwh",
            was="120",
            is_now="95",
            since_on=dt.date(2025, 4, 2),
            noted_at=dt.datetime.now(dt.UTC),
            because="late_data",
            first_on=dt.date(2025, 3, 9),
            last_on=dt.date(2025, 3, 11),
        )

        shown = text_of(client, f"/cases/{case.pk}/")

        assert "was 120, is now 95 since the night of 2025-04-02" in shown
        assert "late readings · readings of 2025-03-09 to 2025-03-11 came late" in shown
        assert case.evidence["area_night"] == {"on_date": "2025-03-31", "unexplained_kwh": 50.0}
        assert case.stake_kwh == 100.0
