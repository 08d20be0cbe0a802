"""Studies of processes: asked for on the page, worked by a job, shown with the hours of the log, handed out as XES."""

import datetime as dt
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from tests.doors.web.conftest import units_of

from lamplighter.base.jobs.models import Job
from lamplighter.base.security.actor import Actor, Role, UnitPath
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.kpi.studies import Study, keep_log, study_change, study_map, write_log
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.operations import complete_task, register_ticket
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.business.workflow.mining.what_if import Change, LogTooShort

MONDAY = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
"""Nine in the morning in China."""
SINCE = dt.date(2026, 1, 1)


def later(hours: float) -> dt.datetime:
    return MONDAY + dt.timedelta(hours=hours)


def settle(agent: Actor, at: dt.datetime, steps: list[tuple[str, float, dict[str, str]]], station: str = "S1") -> None:
    """Take an enquiry down and do its steps, each so many hours after the one before."""
    row = register_ticket(
        actor=agent,
        matter=Matter("TK-4", Channel.PHONE, "何时停电检修"),
        path=UnitPath(**units_of(station)),
        names={},
        data={"may_call_back": "false"},
        now=at,
    )
    for task, hours, data in steps:
        at += dt.timedelta(hours=hours)
        seen = Ticket.objects.get(pk=row.number).instance_number
        complete_task(actor=agent, number=row.number, task=task, data=data, seen=seen, now=at)


DISPATCH = ("dispatch", 1.0, {"team": "一班"})
REPLY = ("reply", 1.0, {"reply_text": "周三", "replied_by": "CALL"})


def handle(hours: float, how: str = "DONE") -> tuple[str, float, dict[str, str]]:
    return ("handle", hours, {"handling": how, "handling_note": "查过"})


@pytest.fixture
def agent(make_staff: Callable[..., Staff]) -> Actor:
    return make_staff(Role.SERVICE_AGENT, unit="S1", name="sun").as_actor()


@pytest.fixture
def boss(make_staff: Callable[..., Staff]) -> Actor:
    return make_staff(Role.SERVICE_SUPERVISOR, unit="S1", name="gao").as_actor()


@pytest.fixture
def two(agent: Actor) -> None:
    """One enquiry of 1 + 4 + 1 hours; one sent to the wrong team first: 1 + 2 + 1 + 3 + 1."""
    settle(agent, later(0), [DISPATCH, handle(4), REPLY])
    settle(agent, later(24), [DISPATCH, handle(2, "WRONG_TEAM"), DISPATCH, handle(3), REPLY])


def study(boss: Actor) -> Study:
    return study_map(actor=boss, unit_id="S1", process="TK-4", since=SINCE, now=later(100))


class TestMap:
    def test_has_the_hours_the_ways_and_the_rework_of_the_log(self, two: None, boss: Actor) -> None:
        found = study(boss).result

        assert (found["matters"], found["ways"], found["rework_share"]) == (2, 2, 0.5)
        assert found["median_hours"] == 7.0
        first = found["activities"][0]
        # Four, two and three hours, of fourteen in all.
        assert (first["activity"], first["count"], first["repeated"], first["total_hours"]) == ("handle", 3, 1, 9.0)
        assert first["share"] == pytest.approx(9 / 14)

    def test_is_of_a_unit_the_actor_sees(self, two: None, boss: Actor, log_in: Callable[..., Client]) -> None:
        study(boss)

        assert log_in(Role.SERVICE_SUPERVISOR, unit="S2").get("/process/?unit=S1&process=TK-4").status_code == 404
        page = log_in(Role.SERVICE_SUPERVISOR, unit="S1").get("/process/?process=TK-4")
        assert page.context["map"]["matters"] == 2
        assert "Find out" in page.content.decode()

    def test_draws_what_goes_back_as_going_back(self, two: None, boss: Actor, log_in: Callable[..., Client]) -> None:
        study(boss)

        chart = log_in(Role.TRAINER, unit="S1").get("/process/?process=TK-4").context["map"]["chart"]

        assert [(each["source"], each["target"], each["count"]) for each in chart["links"] if each["is_back"]] == [
            ("handle", "dispatch", 1)
        ]

    def test_is_asked_for_by_whoever_supervises(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        client.post("/process/discover/", {"unit": "S1", "process": "TK-4", "since": "2026-01-01"})

        assert Job.objects.get().given == {"unit_id": "S1", "process": "TK-4", "since": "2026-01-01"}

    @pytest.mark.parametrize("asked", ["process=TK-99", "since=yesterday", "unit=nowhere"])
    def test_is_not_there_of_what_is_none(self, asked: str, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.TRAINER, unit="S1").get(f"/process/?{asked}").status_code == 404


class TestWhatIf:
    @pytest.fixture
    def many(self, agent: Actor) -> None:
        for number in range(20):
            settle(agent, later(24 * (number % 4) + number / 10), [DISPATCH, handle(2), REPLY])

    def test_says_what_a_step_left_out_would_save(self, many: None, boss: Actor, log_in: Callable[..., Client]) -> None:
        study_change(
            actor=boss,
            unit_id="S1",
            process="TK-4",
            since=SINCE,
            change=Change(removed=frozenset({"handle"}), limits={"reply": 1.5}),
            is_round_the_clock=True,
            now=later(100),
            replays=5,
        )

        study(boss)
        played = log_in(Role.TRAINER, unit="S1").get("/process/?process=TK-4").context["played"]
        assert played["change"] == "without Find out, Reply to the customer within 1.5 h"
        assert played["difference"].startswith("-")

    def test_is_not_played_of_too_short_a_log(self, two: None, boss: Actor) -> None:
        with pytest.raises(LogTooShort):
            study_change(
                actor=boss,
                unit_id="S1",
                process="TK-4",
                since=SINCE,
                change=Change(),
                is_round_the_clock=True,
                now=later(100),
            )

    @pytest.mark.parametrize("wrong", [{"staff_service_agent": "0"}, {"limit_handle": "-1"}, {"limit_handle": "nan"}])
    def test_is_refused_with_numbers_that_are_none(self, wrong: dict[str, str], log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        answer = client.post(
            "/process/play/", {"unit": "S1", "process": "TK-4", "since": "2026-01-01"} | wrong, follow=True
        )

        assert "People are whole numbers" in answer.content.decode()
        assert not Job.objects.exists()


class TestLog:
    def test_holds_matters_and_steps_and_nobodys_name(self, two: None, boss: Actor, agent: Actor) -> None:
        content, count = write_log(actor=boss, unit_id="S1", process="TK-4", since=SINCE, now=later(100))

        events = ElementTree.fromstring(content).findall(".//{http://www.xes-standard.org/}event")
        # Three and five steps, each with its begin and its end.
        assert (count, len(events)) == (2, 16)
        assert "sun" not in content.decode()

    def test_is_handed_out_once_it_is_written_and_recorded(
        self, two: None, boss: Actor, log_in: Callable[..., Client], exports: Any
    ) -> None:
        (exports / "process-1-1.xes").write_bytes(b"<log/>")
        file = {"file": "process-1-1.xes", "matters": 2, "sha256": "ab"}
        kept = keep_log(actor=boss, unit_id="S1", process="TK-4", since=SINCE, why="比对", file=file, now=later(100))
        client, sibling = log_in(Role.SERVICE_SUPERVISOR, unit="S1"), log_in(Role.SERVICE_SUPERVISOR, unit="S2")

        answer = client.get(f"/process/log/{kept.pk}/")

        assert b"".join(answer.streaming_content) == b"<log/>"
        assert Entry.objects.filter(act="export_downloaded").count() == 1
        assert sibling.get(f"/process/log/{kept.pk}/").status_code == 404

    def test_is_asked_for_with_a_reason(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")
        asked = {"unit": "S1", "process": "TK-4", "since": "2026-01-01"}

        client.post("/process/log/", asked | {"why": " "})
        assert not Job.objects.exists()

        client.post("/process/log/", asked | {"why": "比对"})
        assert Job.objects.get().given["why"] == "比对"
        assert Entry.objects.filter(act="export_asked").count() == 1


@pytest.fixture
def exports(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder of exports of its own."""
    monkeypatch.setattr("lamplighter.doors.web.views.process.folder", lambda: Home(tmp_path).exports)
    Home(tmp_path).exports.mkdir(parents=True)
    return Home(tmp_path).exports
