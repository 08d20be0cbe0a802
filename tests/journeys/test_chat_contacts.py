"""Conversations of the web chat as contacts with their scores."""

import datetime as dt
from typing import Any

import pytest

from lamplighter.business.service_desk.chats.models import Chat, Turn
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.journeys.chat_contacts import take_ended_chats
from tests.doors.web.conftest import units_of

BEGUN = dt.datetime(2026, 3, 9, 2, tzinfo=dt.UTC)
NOW = BEGUN + dt.timedelta(minutes=10)

pytestmark = pytest.mark.django_db


def talk(*words: tuple[str, str], **about: Any) -> Chat:
    """Return a conversation of station S1, a turn every ten seconds."""
    number = Chat.objects.count()
    said = {"ended_at": BEGUN + dt.timedelta(minutes=5), "ended_by": "customer"} | about
    chat: Chat = Chat.objects.create(
        key=f"k{number}", origin="o", language="zh", begun_at=BEGUN, last_at=BEGUN, **said, **units_of("S1")
    )
    for at, (who, what) in enumerate(words):
        said_at = BEGUN + dt.timedelta(seconds=10 * at)
        Turn.objects.create(chat=chat, number=at, who=who, words=what, said_at=said_at)
    return chat


class TestEndedChats:
    def test_become_contacts_of_whoever_took_them_over_with_a_score(self) -> None:
        chat = talk(
            ("customer", "怎么还没来电"), ("agent", "这事不归我们管，你自己想办法"), agent_id=7, agent_name="li"
        )

        assert take_ended_chats(now=NOW) == 1

        contact = Contact.objects.get()
        assert (contact.contact_no, contact.channel) == (f"chat-{chat.pk}", "chat")
        assert (contact.agent_id, contact.agent_name, contact.station_id) == (7, "li", "S1")
        assert contact.total < 100
        assert {row.turn for row in contact.deductions.all()} >= {1}

    def test_of_the_assistant_alone_are_nobodys(self) -> None:
        talk(("customer", "你好"), ("agent", "您好，请问有什么可以帮您？"))

        take_ended_chats(now=NOW)

        assert Contact.objects.get().agent_id is None

    def test_are_taken_once(self) -> None:
        talk(("customer", "你好"), ("agent", "您好"))
        take_ended_chats(now=NOW)

        assert take_ended_chats(now=NOW + dt.timedelta(minutes=1)) == 0
        assert Contact.objects.count() == 1

    def test_that_go_on_or_in_which_nobody_asked_anything_are_left(self) -> None:
        talk(("customer", "你好"), ended_at=None)
        talk(("agent", "您好"))

        assert take_ended_chats(now=NOW) == 0
