"""The web chat from end to end: who came, what was said, what is answered, what stands on the desk afterwards."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lamplighter.base.lake import Lake
from lamplighter.base.messages import Language, language, text
from lamplighter.base.outbox.operations import queue_message
from lamplighter.base.outbox.records import Channel, Recipient, Subject
from lamplighter.base.security.actor import UnitPath
from lamplighter.base.settings import Home
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.network.desk_queries import own_path
from lamplighter.business.service_desk.answers.conversation import Conversation, mask_numbers
from lamplighter.business.service_desk.chats import operations
from lamplighter.business.service_desk.chats.guards import AttemptsOnDesk, CodesOnDesk
from lamplighter.business.service_desk.chats.queries import find_chat
from lamplighter.business.service_desk.chats.records import ChatView, chat_rules, read_figure, write_figure
from lamplighter.business.service_desk.identity import CODE_LIVES, Identity
from lamplighter.business.service_desk.quality.records import Who
from lamplighter.business.service_desk.records import Answer
from lamplighter.business.service_desk.understanding.model import open_classifier
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.journeys.customer_contacts import KIND
from lamplighter.journeys.customer_requests import ChatTools, customer_of, program_actor
from lamplighter.journeys.service_tools import LakeDirectory

SUBJECT = "service.chat_code"
"""Messages about it are shown to nobody: no right is registered for this kind."""


@cache
def _reader(models: Path) -> Reader:
    return Reader(open_classifier(models))


@dataclass(frozen=True, slots=True)
class OutboxCodes:
    """Sends codes through the outbox."""

    home: Home
    path: UnitPath
    language: Language
    now: dt.datetime

    def send_code(self, account_id: str, code: str) -> None:
        """Queue a code to the telephone on file."""
        queue_message(
            key=f"chat-code:{secrets.token_hex(16)}",
            channel=Channel.SMS,
            recipient=Recipient(KIND, account_id),
            subject=Subject(SUBJECT, "-"),
            subject_words="",
            path=self.path,
            template="chat_code",
            fields={"code": code, "minutes": str(int(CODE_LIVES.total_seconds() // 60))},
            language=self.language,
            by=None,
            now=self.now,
            home=self.home,
        )


@dataclass(frozen=True, slots=True)
class ChatDesk:
    """The chat of a company.

    Args:
        home: with its lake, tariffs and models.
        now: the instant, with its zone.
    """

    home: Home
    now: dt.datetime

    def find(self, secret: str) -> ChatView | None:
        """Return the conversation a browser goes on with; None where there is none."""
        return find_chat(operations.digest_of(secret), now=self.now) if secret else None

    def begin(self, origin: str) -> tuple[str, ChatView]:
        """Begin a conversation; returns the secret for the browser.

        Raises:
            TooMuch: too many were begun from this address.
        """
        return operations.begin_chat(origin=origin, language=language(), path=self._top() or _NOWHERE, now=self.now)

    def say(self, chat: ChatView, words: str) -> Answer:
        """Answer a customer's words, and keep both.

        Raises:
            TooMuch: too much was sent within a minute.
        """
        operations.require_room(chat.number, now=self.now)
        words = words.strip()[: chat_rules().longest_words]
        tools = self._tools(chat)
        conversation = self._conversation(chat, tools)
        answer = conversation.reply(words, now=self.now)
        operations.add_turns(
            chat.number,
            [(Who.CUSTOMER, mask_numbers(words), ()), (Who.AGENT, answer.text, answer.figures)],
            now=self.now,
            state=_kept(conversation),
            tickets=tools.opened,
        )
        return answer

    def identify(self, chat: ChatView, *, account_id: str, facts: dict[str, str], code: str) -> str:
        """Check who speaks, by two facts or a code; returns the browser's new secret, empty where it is not proven.

        Raises:
            TooMuch: too much was sent within a minute.
        """
        operations.require_room(chat.number, now=self.now)
        conversation = self._conversation(chat, self._tools(chat))
        if code:
            is_proven = conversation.identify_by_code(account_id=account_id, code=code, now=self.now)
        else:
            is_proven = conversation.identify(account_id=account_id, facts=facts, now=self.now)
        masked = mask_word(account_id, column="account_id") if is_proven else "***"
        said = text("chat.turn.identify", account=masked)
        answer = text("chat.turn.proven" if is_proven else "chat.turn.not_proven")
        operations.add_turns(chat.number, [(Who.CUSTOMER, said, ()), (Who.AGENT, answer, ())], now=self.now)
        if not is_proven:
            return ""
        actor = program_actor()
        customer = customer_of(actor, account_id) if actor else None
        return operations.prove_account(
            chat.number, account_id=account_id, path=customer.path if customer else None, now=self.now
        )

    def send_code(self, chat: ChatView, account_id: str) -> None:
        """Send a code to the telephone on file, where there is one; the answer is the same where there is none.

        Raises:
            TooMuch: too much was sent within a minute.
        """
        operations.require_room(chat.number, now=self.now)
        conversation = self._conversation(chat, self._tools(chat))
        conversation.identity.send_code(account_id=account_id, asker=conversation.asker, now=self.now)
        turns = [(Who.CUSTOMER, text("chat.turn.ask_code"), ()), (Who.AGENT, text("chat.turn.code_sent"), ())]
        operations.add_turns(chat.number, turns, now=self.now)

    def _top(self) -> UnitPath | None:
        actor = program_actor()
        return own_path(actor=actor) if actor else None

    def _tools(self, chat: ChatView) -> ChatTools:
        lake = Lake.open(self.home.lake)
        return ChatTools(lake, self.home.tariffs, program_actor(), self._top(), self.now, dict(chat.tickets))

    def _conversation(self, chat: ChatView, tools: ChatTools) -> Conversation:
        codes = OutboxCodes(self.home, self._top() or _NOWHERE, language(), self.now)
        return Conversation(
            _reader(self.home.models),
            tools,
            Identity(LakeDirectory(tools.lake), AttemptsOnDesk(), codes, CodesOnDesk()),
            asker=f"chat:{chat.number}",
            account_id=chat.account_id,
            said=list(chat.state.get("said", ())),
            looked_up=[read_figure(each) for each in chat.state.get("looked_up", ())],
            promised=list(chat.state.get("promised", ())),
            misunderstood=chat.state.get("misunderstood", 0),
        )


_NOWHERE = UnitPath("", "", "", "")
"""A desk that was never loaded has no unit: nobody sees such a row."""


def _kept(conversation: Conversation) -> dict[str, Any]:
    return {
        "said": conversation.said,
        "looked_up": [write_figure(figure) for figure in conversation.looked_up],
        "promised": conversation.promised,
        "misunderstood": conversation.misunderstood,
    }
