"""Conversations through the API: a customer's own channel, the person who leads one, and one question alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.business.service_desk.conftest import reader  # noqa: F401  # the packaged reader, learned once
from tests.doors.api.conftest import post
from tests.doors.web.chat_desk import ACCOUNT, fill_lake

from lamplighter.base.outbox.models import Message
from lamplighter.base.security.actor import Right, Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.chats.models import Chat, FailedAttempt, Turn
from lamplighter.business.service_desk.knowledge.graph import packaged_edges
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.journeys import customer_chat
from lamplighter.journeys.customer_chat import send_asked_codes

PROOF = {"account": ACCOUNT, "name": "王建国", "telephone": "5678"}
BILL = "我家2025年2月电费多少"


@pytest.fixture
def lake(company: None, home: Path, monkeypatch: pytest.MonkeyPatch, reader: Any) -> None:  # noqa: F811
    """Account 0012345671 of station S1 with the bills of January (161.40) and February 2025 (229.63)."""
    fill_lake(Home(home).lake)
    monkeypatch.setattr(customer_chat, "open_reader", lambda models: reader)


@pytest.fixture
def channel(lake: None, program: Callable[..., Client]) -> Client:
    """The program behind a company's own app: it takes matters down and reads nobody's."""
    return program(Role.SERVICE_AGENT, unit="P", rights=(Right.REGISTER_TICKETS.value,))


@pytest.fixture
def agent(lake: None, program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_AGENT, unit="S1")


def begin(client: Client, origin: str = "openid-1") -> str:
    answer = post(client, "/chat", {"origin": origin})
    assert answer.status_code == 201
    return str(answer.json()["secret"])


def proven(client: Client) -> str:
    return str(post(client, "/chat/identify", PROOF | {"secret": begin(client)}).json()["secret"])


def said(answer: Any) -> str:
    assert answer.status_code == 200, answer.content
    return str(answer.json()["turns"][-1]["words"])


class TestACustomer:
    def test_is_told_his_bill_once_he_proved_who_he_is(self, channel: Client) -> None:
        secret = begin(channel)
        before = said(post(channel, "/chat/say", {"secret": secret, "words": BILL}))

        proof = post(channel, "/chat/identify", PROOF | {"secret": secret}).json()
        after = post(channel, "/chat/say", {"secret": proof["secret"], "words": BILL})

        assert "229.63" not in before
        assert proof["is_proven"] is True
        assert "229.63" in said(after)
        figures = {each["value"]: each["source"] for each in after.json()["turns"][-1]["figures"]}
        assert figures["229.63"] == "the company's bill by the registers 2025-02"
        assert Entry.objects.filter(kind="chat", note="identity proven").count() == 1

    def test_goes_on_with_the_new_secret_only(self, channel: Client) -> None:
        secret = begin(channel)
        post(channel, "/chat/identify", PROOF | {"secret": secret})

        assert post(channel, "/chat/say", {"secret": secret, "words": BILL}).status_code == 404

    def test_proves_one_account_a_conversation(self, channel: Client) -> None:
        secret = proven(channel)

        for path, more in (("/chat/identify", PROOF), ("/chat/code", {"account": "0012345672"})):
            answer = post(channel, path, more | {"secret": secret})
            assert (answer.status_code, answer.json()["code"]) == (409, "proven_already")

    def test_proves_it_by_the_code_that_was_sent_to_the_telephone_on_file(self, channel: Client, home: Path) -> None:
        secret = begin(channel)
        asked = post(channel, "/chat/code", {"secret": secret, "account": ACCOUNT})
        send_asked_codes(home=Home(home), now=timezone.now())
        code = Message.objects.get(template="chat_code").body.partition("is ")[2][:6]

        proof = post(channel, "/chat/identify", {"secret": secret, "account": ACCOUNT, "code": code}).json()

        assert asked.status_code == 202
        assert proof["is_proven"] is True

    def test_rates_it_once_it_is_over_and_once(self, channel: Client) -> None:
        secret = begin(channel)
        rating = {"secret": secret, "satisfaction": "SATISFIED", "is_solved": True}

        early = post(channel, "/chat/rate", rating)
        ended = post(channel, "/chat/end", {"secret": secret})
        over = post(channel, "/chat/read", {"secret": secret}).json()
        rated, again = post(channel, "/chat/rate", rating), post(channel, "/chat/rate", rating)

        assert (early.status_code, ended.status_code, rated.status_code, again.status_code) == (404, 204, 204, 404)
        assert (over["is_over"], over["may_rate"]) == (True, True)
        row = Chat.objects.get()
        assert (row.ended_by, row.satisfaction, row.is_solved) == ("customer", "SATISFIED", True)
        assert post(channel, "/chat/say", {"secret": secret, "words": "你好"}).status_code == 404

    def test_has_danger_taken_down_at_once(self, channel: Client) -> None:
        secret = begin(channel)

        said(post(channel, "/chat/say", {"secret": secret, "words": "我家门口电线断了冒火花"}))

        assert Ticket.objects.get().class_code == "TK-5"
        assert post(channel, "/chat/read", {"secret": secret}).json()["is_waiting"] is True


class TestAStranger:
    def test_hears_the_same_of_an_account_that_is_there_and_one_that_is_not(self, channel: Client) -> None:
        answers = []
        for account in (ACCOUNT, "0099999999"):
            wrong = PROOF | {"account": account, "name": "李四", "secret": begin(channel)}
            told = post(channel, "/chat/identify", wrong).json()
            answers.append((told["is_proven"], [turn["words"] for turn in told["turns"]]))

        assert answers[0] == answers[1]
        assert answers[0][0] is False

    def test_is_stopped_after_twelve_attempts_on_an_account_whatever_origin_is_named(self, channel: Client) -> None:
        for number in range(12):
            post(channel, "/chat/identify", PROOF | {"name": "李四", "secret": begin(channel, f"origin {number}")})

        late = post(channel, "/chat/identify", PROOF | {"secret": begin(channel, "another")}).json()

        # Of the account, of the account from each origin, of each conversation, and of each origin.
        assert FailedAttempt.objects.count() == 48
        assert late["is_proven"] is False

    def test_is_asked_to_wait_when_he_writes_too_much(self, channel: Client) -> None:
        secret = begin(channel)

        answers = [post(channel, "/chat/say", {"secret": secret, "words": "你好"}) for _ in range(13)]

        assert [each.status_code for each in answers[11:]] == [200, 429]
        assert (answers[12].json()["code"], answers[12].headers["Retry-After"]) == ("too_much", "60")

    def test_counts_for_himself_where_the_channel_tells_its_customers_apart(self, channel: Client) -> None:
        many = [post(channel, "/chat", {"origin": "one"}).status_code for _ in range(41)]

        assert many == [201] * 40 + [429]
        assert post(channel, "/chat", {"origin": "another"}).status_code == 201

    def test_counts_with_the_address_of_the_program_where_it_names_nobody(self, channel: Client) -> None:
        for _ in range(2):
            post(channel, "/chat", {"origin": ""})

        assert len(set(Chat.objects.values_list("origin", flat=True))) == 1

    def test_says_something_or_nothing_is_answered(self, channel: Client) -> None:
        secret = begin(channel)

        for words in ("", " \n", "长" * 501):
            assert post(channel, "/chat/say", {"secret": secret, "words": words}).status_code == 422
        assert Turn.objects.count() == 1


class TestAChannel:
    def test_reads_no_conversation_as_staff_do(self, channel: Client) -> None:
        begin(channel)

        assert channel.get("/api/v1/conversations").status_code == 403
        assert channel.get(f"/api/v1/conversations/{Chat.objects.get().pk}").status_code == 403


class TestWhoeverLeadsOne:
    def test_takes_it_over_says_something_and_ends_it(self, channel: Client, agent: Client) -> None:
        secret = proven(channel)
        post(channel, "/chat/say", {"secret": secret, "words": "转人工"})
        number = Chat.objects.get().pk
        inbox = agent.get("/api/v1/conversations?standing=waiting").json()["rows"]
        assert [(row["number"], row["masked_account"]) for row in inbox] == [(number, "******5671")]

        taken = post(agent, f"/conversations/{number}/take", {})
        spoken = post(agent, f"/conversations/{number}/say", {"words": "您好，我是供电公司的小孙"})
        last = spoken.json()["turns"][-1]["number"]
        heard = post(channel, "/chat/read", {"secret": secret, "after": last - 1}).json()
        post(channel, "/chat/say", {"secret": secret, "words": "好的"})
        ended = post(agent, f"/conversations/{number}/end", {})

        assert taken.json()["is_mine"] is True
        assert (heard["is_person"], [turn["words"] for turn in heard["turns"]]) == (True, ["您好，我是供电公司的小孙"])
        assert (ended.status_code, ended.json()["conversation"]["standing"]) == (200, "ended")
        assert ended.json()["turns"][-1]["words"] == "好的"
        notes = Entry.objects.filter(kind="chat").order_by("pk").values_list("note", "staff_name")
        assert list(notes)[1:] == [("taken over", "master station"), ("ended", "master station")]

    def test_changes_nothing_by_taking_it_twice_and_comes_too_late_as_the_second(
        self, channel: Client, agent: Client, program: Callable[..., Client]
    ) -> None:
        proven(channel)
        number, other = Chat.objects.get().pk, program(Role.SERVICE_AGENT, unit="S1")

        answers = [post(client, f"/conversations/{number}/take", {}) for client in (agent, agent, other)]

        assert [each.status_code for each in answers] == [200, 200, 409]
        assert answers[2].json()["code"] == "chat_taken"
        assert Entry.objects.filter(kind="chat", note="taken over").count() == 1

    def test_says_nothing_in_one_he_did_not_take_nor_in_one_that_is_over(self, channel: Client, agent: Client) -> None:
        secret = proven(channel)
        number = Chat.objects.get().pk

        before = post(agent, f"/conversations/{number}/say", {"words": "您好"})
        post(channel, "/chat/end", {"secret": secret})
        after = post(agent, f"/conversations/{number}/take", {})

        assert [(each.status_code, each.json()["code"]) for each in (before, after)] == [
            (409, "chat_taken"),
            (409, "chat_over"),
        ]

    def test_is_advised_what_to_answer_and_nothing_is_set_going(self, channel: Client, agent: Client) -> None:
        secret = proven(channel)
        post(channel, "/chat/say", {"secret": secret, "words": BILL})
        number, turns = Chat.objects.get().pk, Turn.objects.count()

        advice = agent.get(f"/api/v1/conversations/{number}/advice").json()

        assert "229.63" in advice["answer"]
        assert [each["item"] for each in advice["must"]]
        assert Turn.objects.count() == turns

    def test_sees_those_of_his_unit(self, channel: Client, agent: Client, program: Callable[..., Client]) -> None:
        proven(channel)

        sibling = program(Role.SERVICE_AGENT, unit="S2")

        assert agent.get("/api/v1/conversations").json()["count"] == 1
        assert sibling.get("/api/v1/conversations").json()["count"] == 0
        assert sibling.get(f"/api/v1/conversations/{Chat.objects.get().pk}/advice").status_code == 404

    def test_follows_what_is_said_after_a_turn(self, channel: Client, agent: Client) -> None:
        secret = proven(channel)
        last = Turn.objects.latest("pk").number
        post(channel, "/chat/say", {"secret": secret, "words": "你好"})

        told = agent.get(f"/api/v1/conversations/{Chat.objects.get().pk}/turns?after={last}").json()

        assert [turn["who"] for turn in told] == ["customer", "agent"]


class TestOneQuestion:
    def test_is_understood_and_answered_with_the_source_of_each_figure(self, channel: Client) -> None:
        told = post(channel, "/assistant/ask", {"words": "电线断了冒火花"}).json()

        assert (told["intent"], told["is_urgent"]) == ("hazard", True)
        assert all(each["source"] for each in told["figures"])
        assert "119" in {each["value"] for each in told["figures"]}
        assert (Ticket.objects.count(), Chat.objects.count()) == (0, 0)

    def test_is_answered_with_what_the_company_knows(self, channel: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        edge = next(each for each in packaged_edges() if each.id == "new_lv.limit")
        ordered = replace(edge, clause="company order 2026-7")
        monkeypatch.setattr(customer_chat, "read_edges", lambda: (ordered,))

        told = post(channel, "/assistant/ask", {"words": "家里新装电表要多久"}).json()

        assert told["clauses"] == ["company order 2026-7"]

    def test_tells_nothing_of_an_account(self, channel: Client) -> None:
        told = post(channel, "/assistant/ask", {"words": f"户号{ACCOUNT}2025年2月电费多少"}).json()

        assert "229" not in told["answer"]
        assert told["figures"] == []
