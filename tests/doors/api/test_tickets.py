"""Tickets through the API: from the call to the call back, what is refused, and what a second identical call does."""

import datetime as dt
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.doors.api.conftest import post

from lamplighter.base.security.actor import Right, Role
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent

REPAIR = {
    "class_code": "TK-5",
    "channel": "phone",
    "subject": "家里没电",
    "words": "隔壁有电，我家没有",
    "account": "0012345671",
    "contact": "13800001234",
    "data": {"may_call_back": True, "place_kind": "CITY", "is_danger": False},
}
ACCOUNT_FREE = {"class_code": "TK-4", "channel": "app", "subject": "何时停电检修", "data": {"may_call_back": True}}


@pytest.fixture
def agent(program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_AGENT)


@pytest.fixture
def engineer(program: Callable[..., Client]) -> Client:
    return program(Role.EQUIPMENT_ENGINEER)


def registered(client: Client, **more: Any) -> int:
    answer = post(client, "/tickets", REPAIR | more)
    assert answer.status_code == 201, answer.content
    return int(answer.json()["number"])


def read(client: Client, number: int) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/v1/tickets/{number}").json()
    return found


def press(client: Client, number: int, task: str, **data: Any) -> Any:
    body = {"seen": read(client, number)["seen"], "data": data}
    return post(client, f"/tickets/{number}/tasks/{task}", body)


class TestARepair:
    def test_goes_from_the_call_to_the_call_back(self, agent: Client, engineer: Client) -> None:
        number = registered(agent)
        begun = read(agent, number)
        assert begun["ticket"]["masked_account"] == "******5671"
        assert (begun["ticket"]["area_name"], begun["has_contact"], begun["states"]) == ("台区1", True, ["REGISTERED"])
        assert [each["task"] for each in begun["tasks"]] == ["dispatch"]

        press(agent, number, "dispatch", team="抢修一班")
        press(engineer, number, "call_customer", called="REACHED")
        press(engineer, number, "arrive_city")
        press(engineer, number, "restore", fault_kind="LOW_VOLTAGE", is_restored=True, repair_note="换了一段接户线")
        closed = press(agent, number, "revisit", satisfaction="SATISFIED", is_solved=True)

        assert closed.status_code == 200
        told = closed.json()
        assert (told["state"], told["status"], told["is_solved"]) == ("CLOSED", "finished", True)
        assert told["team"] == "抢修一班"
        row = Ticket.objects.get()
        assert (row.state, row.status, row.satisfaction) == ("CLOSED", "finished", "SATISFIED")
        assert row.replied_at is not None
        names = set(row.events.exclude(by_name="").values_list("by_name", flat=True))
        assert names == {"master station"}
        lines = {line["label"]: [each["value"] for each in line["entered"]] for line in read(agent, number)["timeline"]}
        assert any("换了一段接户线" in entered for entered in lines.values())

    def test_never_answers_with_whom_to_call_nor_the_whole_account(self, agent: Client) -> None:
        number = registered(agent)

        said = agent.get(f"/api/v1/tickets/{number}").content + agent.get("/api/v1/tickets").content

        assert b"13800001234" not in said
        assert b"0012345671" not in said

    def test_is_not_answered_by_who_it_is_not_for(self, agent: Client) -> None:
        number = registered(agent)
        press(agent, number, "dispatch", team="抢修一班")

        answer = press(agent, number, "call_customer", called="REACHED")

        assert (answer.status_code, answer.json()["code"]) == (422, "role_missing")
        assert Ticket.objects.get().state == "DISPATCHED"

    def test_is_moved_once_by_the_same_move_sent_twice(self, agent: Client) -> None:
        number = registered(agent)
        move = {"seen": read(agent, number)["seen"], "data": {"team": "抢修一班"}}

        first = post(agent, f"/tickets/{number}/tasks/dispatch", move)
        events = TicketEvent.objects.count()
        second = post(agent, f"/tickets/{number}/tasks/dispatch", move)

        assert (first.status_code, second.status_code, second.json()["code"]) == (200, 409, "stale_instance")
        assert TicketEvent.objects.count() == events

    def test_names_each_field_that_is_wrong(self, agent: Client) -> None:
        number = registered(agent)

        answer = press(agent, number, "dispatch", colour="red")

        assert (answer.status_code, answer.json()["code"]) == (422, "form_refused")
        assert [each["field"] for each in answer.json()["errors"]] == ["colour", "team"]


class TestTakingAMatterDown:
    def test_offers_each_class_with_its_form(self, agent: Client) -> None:
        found = {each["code"]: each for each in agent.get("/api/v1/ticket-classes").json()}

        assert {"TK-1", "TK-5", "BX", "MT"} <= set(found)
        assert [each["name"] for each in found["TK-5"]["fields"]] == ["may_call_back", "place_kind", "is_danger"]
        assert all(each["source"] and each["evidence"] for each in found.values())

    def test_says_what_the_form_of_the_class_lacks_and_keeps_nothing(self, agent: Client) -> None:
        answer = post(agent, "/tickets", REPAIR | {"data": {"may_call_back": True}})

        assert (answer.status_code, answer.json()["code"]) == (422, "form_refused")
        assert Ticket.objects.count() == 0

    def test_knows_no_account_and_no_area_of_a_sibling_unit(self, agent: Client) -> None:
        for more in ({"account": "0012345672"}, {"account": "", "area": "A2"}):
            answer = post(agent, "/tickets", REPAIR | more)
            assert (answer.status_code, answer.json()["code"]) == (422, "place_unknown")
        assert Ticket.objects.count() == 0

    def test_takes_no_account_through_the_form(self, agent: Client) -> None:
        answer = post(agent, "/tickets", ACCOUNT_FREE | {"data": {"may_call_back": True, "account_no": "0012345672"}})

        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["account_no"])
        assert Ticket.objects.count() == 0

    def test_belongs_to_ones_own_unit_without_account_and_area(self, agent: Client) -> None:
        assert post(agent, "/tickets", ACCOUNT_FREE).status_code == 201

        assert Ticket.objects.get().station_id == "S1"

    def test_knows_no_class_that_is_none(self, agent: Client) -> None:
        assert post(agent, "/tickets", REPAIR | {"class_code": "TK-99"}).json()["code"] == "class_unknown"

    def test_sent_twice_is_two_that_name_each_other(self, agent: Client) -> None:
        first, second = registered(agent), registered(agent)

        assert [each["number"] for each in read(agent, first)["duplicates"]] == [second]

    def test_takes_a_role_that_does(self, engineer: Client) -> None:
        answer = post(engineer, "/tickets", REPAIR)

        assert (answer.status_code, answer.json()["code"]) == (403, "right_missing")


class TestASentMatter:
    def send(self, client: Client, key: str, **more: Any) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return client.post("/api/v1/tickets", REPAIR | more, content_type="application/json", headers=headers)

    def test_is_one_ticket_however_often_it_comes_under_its_key(self, agent: Client) -> None:
        first, again = self.send(agent, "CRM-7"), self.send(agent, "CRM-7")

        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json()["ticket_no"] == first.json()["ticket_no"]
        assert Ticket.objects.count() == 1

    def test_is_two_tickets_without_a_key(self, agent: Client) -> None:
        assert [self.send(agent, "").status_code for _ in range(2)] == [201, 201]
        assert Ticket.objects.count() == 2

    def test_takes_no_other_matter_under_the_same_key(self, agent: Client) -> None:
        self.send(agent, "CRM-7")

        other = self.send(agent, "CRM-7", subject="灯一闪一闪")

        assert (other.status_code, other.json()["code"]) == (409, "request_key_taken")
        assert Ticket.objects.count() == 1

    def test_does_not_meet_the_key_of_another_program(self, agent: Client, program: Callable[..., Client]) -> None:
        another = program(Role.SERVICE_SUPERVISOR)

        assert [self.send(each, "CRM-7").status_code for each in (agent, another)] == [201, 201]

    def test_that_comes_twice_at_once_is_told_so(self, agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.send(agent, "CRM-7")
        # The other is not there yet when one looks, and is when one writes.
        monkeypatch.setattr("lamplighter.doors.api.tickets.operations.find_requested", lambda **asked: None)

        second = self.send(agent, "CRM-7")

        assert (second.status_code, second.json()["code"]) == (409, "request_key_taken")
        assert (Ticket.objects.count(), TicketEvent.objects.count()) == (1, 1)

    def test_has_a_key_of_visible_letters(self, agent: Client) -> None:
        assert [self.send(agent, key).status_code for key in ("a b", "x" * 65)] == [422, 422]


class TestBesideTheChain:
    def test_a_comment_stands_in_the_history_under_its_name(self, agent: Client) -> None:
        number = registered(agent)

        answer = post(agent, f"/tickets/{number}/comments", {"words": "门卡在物业"})

        assert answer.status_code == 201
        assert "门卡在物业" in answer.json()["timeline"][0]["label"]
        event = TicketEvent.objects.latest("pk")
        assert (event.kind, event.words, event.by_name) == ("comment", "门卡在物业", "master station")

    def test_each_reminder_counts(self, agent: Client) -> None:
        number = registered(agent)

        told = [post(agent, f"/tickets/{number}/reminders", {"words": "怎么还没来"}).json() for _ in range(2)]

        assert [each["reminders"] for each in told] == [1, 2]
        assert Ticket.objects.get().escalation >= 1
        assert agent.get("/api/v1/tickets?watch=reminded").json()["count"] == 1

    def test_is_watched_from_above_by_who_may_and_since_the_first_time(
        self, agent: Client, program: Callable[..., Client]
    ) -> None:
        number = registered(agent)
        boss = program(Role.SERVICE_SUPERVISOR, unit="N")

        refused = post(agent, f"/tickets/{number}/supervise", {"words": "盯住"})
        watched = post(boss, f"/tickets/{number}/supervise", {"words": "盯住"})
        since = Ticket.objects.get().supervised_at
        post(boss, f"/tickets/{number}/supervise", {"words": "还是盯住"})

        assert (refused.status_code, watched.status_code, watched.json()["is_supervised"]) == (403, 200, True)
        assert Ticket.objects.get().supervised_at == since
        assert TicketEvent.objects.filter(kind="supervised").count() == 2

    def test_an_appointment_lies_ahead_and_says_its_zone(self, agent: Client) -> None:
        number = registered(agent)

        past = post(agent, f"/tickets/{number}/appointment", {"at": "2020-01-01T10:00:00+08:00"})
        bare = post(agent, f"/tickets/{number}/appointment", {"at": "2099-01-01T10:00:00"})
        ahead = post(agent, f"/tickets/{number}/appointment", {"at": "2099-01-01T10:00:00+08:00"})

        assert (past.status_code, past.json()["code"]) == (422, "appointment_past")
        assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "at")
        assert ahead.json()["appointment_at"] == "2099-01-01T02:00:00Z"
        assert Ticket.objects.get().appointment_at == dt.datetime(2099, 1, 1, 2, tzinfo=dt.UTC)

    def test_a_duplicate_goes_on_in_the_first_and_is_over(self, agent: Client, program: Callable[..., Client]) -> None:
        first, second = registered(agent), registered(agent)
        boss = program(Role.SERVICE_SUPERVISOR)
        into = {"into": read(boss, first)["ticket"]["ticket_no"], "seen": read(boss, second)["seen"]}

        merged = post(boss, f"/tickets/{second}/merge", into)
        again = post(boss, f"/tickets/{second}/merge", into)

        assert (merged.status_code, merged.json()["is_merged"]) == (200, True)
        assert (again.status_code, again.json()["code"]) == (409, "stale_instance")
        assert (Ticket.objects.get(pk=second).status, Ticket.objects.get(pk=first).reminders) == ("cancelled", 1)
        assert read(boss, second)["merged_into"] == first

    def test_does_not_go_on_in_itself_nor_in_a_siblings(self, agent: Client, program: Callable[..., Client]) -> None:
        number, boss = registered(agent), program(Role.SERVICE_SUPERVISOR)
        other = program(Role.SERVICE_AGENT, unit="S2")
        theirs = read(other, registered(other, account="0012345672"))["ticket"]["ticket_no"]
        mine = read(boss, number)

        for into in (mine["ticket"]["ticket_no"], theirs):
            answer = post(boss, f"/tickets/{number}/merge", {"into": into, "seen": mine["seen"]})
            assert (answer.status_code, answer.json()["code"]) == (422, "cannot_merge")

    def test_is_ended_before_its_end_with_a_reason_and_once(
        self, agent: Client, program: Callable[..., Client]
    ) -> None:
        number, boss = registered(agent), program(Role.SERVICE_SUPERVISOR)
        seen = read(boss, number)["seen"]

        silent = post(boss, f"/tickets/{number}/cancel", {"reason": " ", "seen": seen})
        ended = post(boss, f"/tickets/{number}/cancel", {"reason": "来电撤回", "seen": seen})
        again = post(boss, f"/tickets/{number}/cancel", {"reason": "来电撤回", "seen": read(boss, number)["seen"]})

        assert (silent.status_code, silent.json()["code"]) == (422, "words_missing")
        assert (ended.status_code, ended.json()["status"]) == (200, "cancelled")
        assert (again.status_code, again.json()["code"]) == (409, "not_running")
        assert Ticket.objects.get().closed_at is not None


class TestTheInbox:
    def test_holds_ones_own_unit_and_is_narrowed_as_the_page_does(
        self, agent: Client, program: Callable[..., Client]
    ) -> None:
        number = registered(agent)
        post(agent, "/tickets", ACCOUNT_FREE)
        other = program(Role.SERVICE_AGENT, unit="S2")

        assert agent.get("/api/v1/tickets").json()["count"] == 2
        found = agent.get("/api/v1/tickets?class=TK-5&status=running&q=0012345671").json()["rows"]
        assert [row["number"] for row in found] == [number]
        assert other.get("/api/v1/tickets?station=S1").json()["count"] == 0

    def test_refuses_what_it_does_not_know(self, agent: Client) -> None:
        for asked in ("class=TK-99", "mark=solved", "closed=2026-03", "registered=2026-13..2026-14", "colour=red"):
            assert agent.get(f"/api/v1/tickets?{asked}").status_code == 422, asked


class TestATokenOfLess:
    def test_takes_matters_down_and_reads_none(self, program: Callable[..., Client]) -> None:
        client = program(Role.SERVICE_AGENT, rights=(Right.REGISTER_TICKETS.value,))

        made = post(client, "/tickets", ACCOUNT_FREE)

        assert made.status_code == 201
        assert client.get("/api/v1/tickets").status_code == 403
        assert client.get(f"/api/v1/tickets/{made.json()['number']}").status_code == 403


class TestTheWorkedExample:
    """The how-to's example, played word by word: each command, and what it says comes of it."""

    PAGE = Path(__file__).parents[3] / "docs/how-to/use-the-api.md"

    def test_of_the_how_to_is_what_happens(self, agent: Client) -> None:
        section = self.PAGE.read_text(encoding="utf-8").partition("## A ticket from opening to closing")[2]
        fences = re.findall(r"```(sh|json)\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
        number, told = "", {}

        for kind, body in fences:
            if kind == "json":
                assert holds(told, json.loads(body)), (told, body)
                continue
            seen = str(read(agent, int(number))["seen"]) if number else ""
            words = shlex.split(body.replace("$NUMBER", number).replace("$SEEN", seen))
            (address,) = [word for word in words if "/api/v1/" in word]
            path = address.partition("/api/v1")[2]
            sent = json.loads(words[words.index("-d") + 1]) if "-d" in words else None
            answer = agent.get(f"/api/v1{path}") if sent is None else post(agent, path, sent)
            assert answer.status_code in (200, 201), answer.content
            told = answer.json()
            number = number or str(told["number"])

        assert [kind for kind, _ in fences].count("sh") == 5
        assert Ticket.objects.get().status == "finished"


def holds(told: Any, said: Any) -> bool:
    """Say whether an answer holds what a page says of it; a number of a row is whatever it is."""
    if isinstance(said, dict):
        return all(name == "number" or holds(told[name], value) for name, value in said.items())
    if isinstance(said, list):
        return len(told) == len(said) and all(map(holds, told, said))
    return bool(told == said)
