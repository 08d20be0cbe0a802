"""Tickets in the browser: from the call to the call back, by several people, and what is refused."""

import csv
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.doors.web.conftest import units_of

from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.running import Pulse
from lamplighter.base.jobs.tasks import work_job
from lamplighter.base.security.actor import Right, Role, UnitPath
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.operations import advance_tickets, register_ticket
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.doors.web import exports

REPAIR = {
    "class": "TK-5",
    "subject": "家里没电",
    "words": "隔壁有电，我家没有",
    "channel": "phone",
    "account_no": "0012345671",
    "contact": "13800001234",
    "may_call_back": "true",
    "place_kind": "CITY",
    "is_danger": "false",
}


@pytest.fixture
def agent(company: None, log_in: Callable[..., Client]) -> Client:
    return log_in(Role.SERVICE_AGENT, unit="S1", name="sun")


@pytest.fixture
def engineer(company: None, log_in: Callable[..., Client]) -> Client:
    return log_in(Role.EQUIPMENT_ENGINEER, unit="S1", name="zhou")


def registered(client: Client, **more: str) -> Ticket:
    answer = client.post("/tickets/new/", REPAIR | more)
    assert answer.status_code == 302, answer.context and answer.context.get("refusal")
    return Ticket.objects.latest("pk")


def press(client: Client, ticket: Ticket, task: str, seen: int | None = None, **filled: str) -> Any:
    number = Ticket.objects.get(pk=ticket.pk).instance_number if seen is None else seen
    return client.post(f"/tickets/{ticket.pk}/task/{task}/", filled | {"seen": str(number)})


class TestARepair:
    def test_goes_from_the_call_to_the_call_back(self, agent: Client, engineer: Client) -> None:
        ticket = registered(agent)
        assert (ticket.area_name, ticket.station_id, ticket.state) == ("台区1", "S1", "REGISTERED")
        assert ticket.due_at == ticket.registered_at + dt.timedelta(minutes=3)

        press(agent, ticket, "dispatch", team="抢修一班")
        press(engineer, ticket, "call_customer", called="REACHED")
        press(engineer, ticket, "arrive_city")
        press(engineer, ticket, "restore", fault_kind="LOW_VOLTAGE", is_restored="true", repair_note="换了一段接户线")
        press(agent, ticket, "revisit", satisfaction="SATISFIED", is_solved="true")

        ticket.refresh_from_db()
        assert (ticket.state, ticket.status, ticket.satisfaction, ticket.is_solved) == (
            "CLOSED",
            "finished",
            "SATISFIED",
            True,
        )
        assert ticket.handler == "zhou"
        assert ticket.replied_at is not None
        page = agent.get(f"/tickets/{ticket.pk}/").content.decode()
        assert "换了一段接户线" in page
        assert "13800001234" not in page
        # Neither beside it nor in the form it began with.
        assert "******5671" in page
        assert "0012345671" not in page

    def test_is_not_done_by_a_post_it_is_not_for(self, agent: Client) -> None:
        ticket = registered(agent)
        press(agent, ticket, "dispatch", team="抢修一班")

        answer = press(agent, ticket, "call_customer", called="REACHED")

        assert answer.status_code == 422
        assert Ticket.objects.get(pk=ticket.pk).state == "DISPATCHED"

    def test_tells_the_second_of_two_who_do_the_same(self, agent: Client, log_in: Callable[..., Client]) -> None:
        other = log_in(Role.SERVICE_AGENT, unit="S1", name="qian")
        ticket = registered(agent)
        seen = ticket.instance_number
        press(agent, ticket, "dispatch", seen, team="抢修一班")

        answer = press(other, ticket, "dispatch", seen, team="抢修二班")

        assert answer.status_code == 409
        assert "抢修二班" in answer.content.decode()
        assert Ticket.objects.get(pk=ticket.pk).team == "抢修一班"


class TestTakingAMatterDown:
    def test_offers_each_class_with_its_form(self, agent: Client) -> None:
        for code in ("TK-1", "TK-5", "BX", "AR", "MT"):
            page = agent.get(f"/tickets/new/?class={code}")
            assert page.status_code == 200
            assert page.context["of"].code == code

    def test_says_what_is_missing_and_keeps_what_was_typed(self, agent: Client) -> None:
        answer = agent.post("/tickets/new/", REPAIR | {"place_kind": ""})

        assert answer.status_code == 422
        assert "隔壁有电" in answer.content.decode()
        assert Ticket.objects.count() == 0

    def test_knows_no_account_of_a_sibling_unit(self, agent: Client) -> None:
        answer = agent.post("/tickets/new/", REPAIR | {"account_no": "0012345672"})

        assert answer.status_code == 422
        assert "no account of this number" in answer.content.decode()

    def test_takes_one_without_an_account_for_the_agents_own_unit(self, agent: Client) -> None:
        ticket = registered(agent, account_no="")

        assert (ticket.station_id, ticket.account_id, ticket.area_name) == ("S1", "", "")


class TestWhatLiesBesideTheChain:
    def test_a_second_call_within_a_day_moves_it_up(self, agent: Client) -> None:
        ticket = registered(agent)

        agent.post(f"/tickets/{ticket.pk}/remind/", {"words": "怎么还没来"})

        ticket.refresh_from_db()
        assert (ticket.reminders, ticket.escalation) == (1, 1)
        assert "asked again" in agent.get("/tickets/?watch=reminded").content.decode()

    def test_is_supervised_by_who_may_only(self, agent: Client, log_in: Callable[..., Client]) -> None:
        ticket = registered(agent)
        assert agent.post(f"/tickets/{ticket.pk}/supervise/", {"words": "盯住"}).status_code == 422

        boss = log_in(Role.SERVICE_SUPERVISOR, unit="N", name="boss")
        assert boss.post(f"/tickets/{ticket.pk}/supervise/", {"words": "盯住"}).status_code == 302
        assert Ticket.objects.get(pk=ticket.pk).supervised_at is not None

    def test_a_duplicate_goes_on_in_the_first(self, agent: Client, log_in: Callable[..., Client]) -> None:
        first, second = registered(agent), registered(agent, subject="还是没电")
        boss = log_in(Role.SERVICE_SUPERVISOR, unit="S1", name="boss")
        page = boss.get(f"/tickets/{second.pk}/").content.decode()
        assert first.ticket_no in page

        boss.post(f"/tickets/{second.pk}/merge/", {"into": first.ticket_no, "seen": str(second.instance_number)})

        first.refresh_from_db()
        second.refresh_from_db()
        assert (second.status, second.merged_into, first.reminders) == ("cancelled", first, 1)

    def test_does_not_go_on_in_itself(self, agent: Client, log_in: Callable[..., Client]) -> None:
        ticket = registered(agent)
        boss = log_in(Role.SERVICE_SUPERVISOR, unit="S1", name="boss")

        answer = boss.post(
            f"/tickets/{ticket.pk}/merge/", {"into": ticket.ticket_no, "seen": str(ticket.instance_number)}
        )

        assert answer.status_code == 422

    def test_an_appointment_lies_ahead(self, agent: Client) -> None:
        ticket = registered(agent)

        assert agent.post(f"/tickets/{ticket.pk}/appoint/", {"at": "2001-01-01T10:00"}).status_code == 422
        assert agent.post(f"/tickets/{ticket.pk}/appoint/", {"at": "2099-01-01T10:00"}).status_code == 302
        assert Ticket.objects.get(pk=ticket.pk).appointment_at == dt.datetime(2099, 1, 1, 2, tzinfo=dt.UTC)

    def test_the_number_to_call_is_shown_once_and_recorded(self, agent: Client) -> None:
        ticket = registered(agent)
        before = Entry.objects.filter(act="unmasked").count()

        page = agent.post(f"/tickets/{ticket.pk}/contact/").content.decode()

        assert "13800001234" in page
        assert Entry.objects.filter(act="unmasked").count() == before + 1
        assert "13800001234" not in agent.get("/tickets/").content.decode()


class TestTime:
    def test_moves_a_ticket_up_that_nobody_works_on(self, company: None, make_staff: Callable[..., Staff]) -> None:
        taker = make_staff(Role.SERVICE_AGENT, unit="S1", name="sun").as_actor()
        monday = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)
        row = register_ticket(
            actor=taker,
            matter=Matter("TK-6", Channel.PHONE, "交了费还没送电"),
            path=UnitPath(**units_of("S1")),
            names={},
            data={"may_call_back": True},
            now=monday,
        )

        assert advance_tickets(now=monday + dt.timedelta(hours=11)) == 0
        assert advance_tickets(now=monday + dt.timedelta(hours=12)) == 1
        assert advance_tickets(now=monday + dt.timedelta(hours=13)) == 0
        assert advance_tickets(now=monday + dt.timedelta(hours=24)) == 1

        assert Ticket.objects.get(pk=row.number).escalation == 3
        assert list(TicketEvent.objects.filter(kind="escalated").values_list("words", flat=True)) == ["OWNER", "CITY"]


class TestWhatListsSay:
    def test_whether_the_customer_had_his_answer_in_time(self, agent: Client) -> None:
        soon, late = registered(agent), registered(agent)
        for ticket, hours in ((soon, 3), (late, 5)):
            at = ticket.registered_at + dt.timedelta(hours=hours)
            Ticket.objects.filter(pk=ticket.pk).update(replied_at=at, closed_at=at, due_at=None, status="finished")

        listed = agent.get("/tickets/").content.decode()

        assert (listed.count("answered in time"), listed.count("answered late")) == (1, 1)
        assert "answered late" in agent.get(f"/tickets/{late.pk}/").content.decode()
        assert "answered late" not in agent.get(f"/tickets/{soon.pk}/").content.decode()

    def test_that_a_merged_one_goes_on_elsewhere_and_is_late_no_more(
        self, agent: Client, log_in: Callable[..., Client]
    ) -> None:
        first, second = registered(agent), registered(agent)
        Ticket.objects.update(promise_due_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
        supervisor = log_in(Role.SERVICE_SUPERVISOR, unit="S1", name="qian")
        seen = Ticket.objects.get(pk=second.pk).instance_number
        supervisor.post(f"/tickets/{second.pk}/merge/", {"into": first.ticket_no, "seen": str(seen)})

        page = agent.get(f"/tickets/{second.pk}/").content.decode()

        assert "Merged" in agent.get("/tickets/").content.decode()
        assert "Merged" in page
        assert "overdue" not in page
        assert "Fault repair: ended before its end" in page
        assert "overdue" in agent.get(f"/tickets/{first.pk}/").content.decode()

    def test_whose_the_matter_is_to_whoever_sees_customers(self, agent: Client, engineer: Client) -> None:
        ticket = registered(agent)

        assert "/bills/" in agent.get(f"/tickets/{ticket.pk}/").content.decode()
        assert "/bills/" not in engineer.get(f"/tickets/{ticket.pk}/").content.decode()

    def test_the_same_in_a_file(self, agent: Client, home: Path) -> None:
        ticket = registered(agent)
        registered(agent, **{"class": "TK-4"})
        agent.post("/lists/tickets/export/", {"asked": "class=TK-5", "ending": "csv", "why": "weekly talk"})
        job = Job.objects.get()
        work_job(job.pk, job.attempt, worker="w", pulse=Pulse(job.pk, job.attempt))

        file = exports.folder() / Job.objects.get().result["file"]
        rows = [row for row in csv.reader(file.read_text(encoding="utf-8-sig").splitlines()) if row[0][0] != "#"]
        assert len(rows) == 2
        assert rows[1][:5] == [ticket.ticket_no, "TK-5 Fault repair", "家里没电", "台区1 S1所", "Registered"]
        assert "13800001234" not in file.read_text(encoding="utf-8-sig")


class TestScope:
    def test_shows_and_does_nothing_to_somebody_of_a_sibling_unit(
        self, agent: Client, log_in: Callable[..., Client]
    ) -> None:
        ticket = registered(agent)
        other = log_in(*(role for role in Role if role is not Role.SERVICE_AGENT), unit="S2", name="other")
        events = TicketEvent.objects.count()

        assert other.get(f"/tickets/{ticket.pk}/").status_code == 404
        assert press(other, ticket, "dispatch", team="x").status_code == 404
        for what in ("comment", "supervise", "appoint", "merge", "cancel", "remind"):
            assert other.post(
                f"/tickets/{ticket.pk}/{what}/", {"words": "x", "at": "2099-01-01T10:00"}
            ).status_code in (
                404,
                422,
            )
        assert other.post(f"/tickets/{ticket.pk}/contact/").status_code == 404
        assert other.get("/tickets/").context["part"].count == 0
        assert TicketEvent.objects.count() == events

    def test_is_closed_to_the_administrators(self, company: None, log_in: Callable[..., Client]) -> None:
        for role in (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN):
            assert log_in(role, unit="S1", name=role.value).get("/tickets/").status_code == 403
        assert Right.SEE_TICKETS.value == "see_tickets"
