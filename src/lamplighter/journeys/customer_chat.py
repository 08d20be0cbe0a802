"""The web chat from end to end: who came, what was said, what is answered, what stands on the desk afterwards."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import Language, language, speaking, text
from lamplighter.base.outbox.operations import queue_message
from lamplighter.base.outbox.records import Channel, Recipient, Subject
from lamplighter.base.security.actor import UnitPath
from lamplighter.base.settings import Home
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.network.desk_queries import own_path
from lamplighter.business.service_desk.answers.conversation import Conversation, mask_numbers
from lamplighter.business.service_desk.chats import operations
from lamplighter.business.service_desk.chats.guards import AttemptsOnDesk, CodesOnDesk
from lamplighter.business.service_desk.chats.models import AskedCode, Chat
from lamplighter.business.service_desk.chats.queries import find_chat, find_unrated_row, read_news, view_of
from lamplighter.business.service_desk.chats.records import (
    ChatTurn,
    ChatView,
    Spoken,
    Timing,
    chat_rules,
    read_figure,
    write_dossier,
    write_figure,
)
from lamplighter.business.service_desk.identity import AttemptsInMemory, Identity, identity_rules
from lamplighter.business.service_desk.knowledge.queries import read_edges
from lamplighter.business.service_desk.quality.records import Who
from lamplighter.business.service_desk.records import OTHER, Answer
from lamplighter.business.service_desk.understanding.model import open_classifier
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.journeys.customer_contacts import KIND
from lamplighter.journeys.customer_requests import ChatTools, customer_of, program_actor
from lamplighter.journeys.service_tools import LakeDirectory, LakeTools

SUBJECT = "service.chat_code"
"""Messages about it are shown to nobody: no right is registered for this kind."""
_NO_SUBJECT: Final = (OTHER, "human_agent")
"""What is no matter of its own: it says nothing of what a conversation is about."""
_NOWHERE: Final = UnitPath("", "", "", "")
"""A desk that was never loaded has no unit: nobody sees such a row."""


class ProvenAlready(LamplighterError):
    """One account a conversation: of another one is told in another."""

    def __init__(self) -> None:
        super().__init__(text("chat.error.proven_already"))


def digest_origin(origin: str) -> str:
    """Return a digest of where somebody comes from that is good for counting and for nothing else."""
    return hmac.new(settings.SECRET_KEY.encode(), origin.encode(), hashlib.sha256).hexdigest()


@cache
def open_reader(models: Path) -> Reader:
    """Return what understands customers, read once."""
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
            fields={"code": code, "minutes": str(identity_rules().code_minutes)},
            language=self.language,
            by=None,
            now=self.now,
            home=self.home,
        )


@dataclass(frozen=True, slots=True)
class SpokenLine:
    """Words that came by voice.

    Attributes:
        heard: when they were spoken, and how surely they were heard.
        is_clear: whether they may be acted on.
        time_answer: gives when an answer is spoken.
    """

    heard: Timing
    is_clear: bool
    time_answer: Callable[[str], Timing]


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

    def reread(self, chat: ChatView) -> ChatView:
        """Return a conversation as it stands now."""
        return view_of(Chat.objects.get(pk=chat.number))

    def may_rate(self, secret: str) -> bool:
        """Say whether the conversation a browser held is over and nobody said yet how satisfied he is."""
        return bool(secret) and find_unrated_row(operations.digest_of(secret), now=self.now) is not None

    def news(self, secret: str, *, after: int) -> tuple[ChatTurn, ...] | None:
        """Return what a person said after a turn; None where the conversation is over."""
        return read_news(operations.digest_of(secret), after=after, now=self.now)

    def begin(self, origin: str, *, channel: str = "chat") -> tuple[str, ChatView]:
        """Begin a conversation; returns the secret for the browser.

        Raises:
            TooMuch: too many were begun from this address.
        """
        path = self._top() or _NOWHERE
        return operations.begin_chat(origin=origin, language=language(), path=path, now=self.now, channel=channel)

    def say(self, chat: ChatView, words: str, *, line: SpokenLine | None = None) -> Answer | None:
        """Answer a customer's words, and keep both; None where a person speaks, who reads them.

        The assistant speaks beside a person when there is danger, and only then.

        Args:
            chat: as it stands.
            words: as they came.
            line: of words that were spoken; None of written ones.

        Raises:
            TooMuch: too much was sent within a minute.
        """
        operations.require_room(chat.number, now=self.now)
        words = words.strip()[: chat_rules().longest_words]
        heard = Spoken(Who.CUSTOMER, mask_numbers(words), timing=line.heard if line else None)
        tools = self.tools_of(chat)
        conversation = self.conversation_of(chat, tools)
        if chat.agent_name and not conversation.has_danger(words, now=self.now):
            conversation.overhear(words)
            operations.add_turns(chat.number, [heard], now=self.now, state=_kept(conversation))
            return None
        # What holds is asked of the company's day: in UTC it is yesterday's until eight.
        today = self.now.astimezone(AROUND.calendar.zone)
        answer = conversation.reply(words, now=today, is_clear=line is None or line.is_clear)
        timing = line.time_answer(answer.text) if line else None
        said = Spoken(Who.AGENT, answer.text, answer.figures, curve=answer.curve, edges=answer.edges, timing=timing)
        changed: dict[str, Any] = {"state": _kept(conversation), "tickets": tools.opened}
        if set(tools.opened.values()) - set(chat.tickets.values()):
            changed["ticket"] = list(tools.opened.values())[-1]
        if answer.understanding.intent not in _NO_SUBJECT:
            changed["intent"] = answer.understanding.intent
        operations.add_turns(chat.number, [heard, said], now=self.now, **changed)
        if answer.hand_over is not None:
            operations.ask_for_person(
                chat.number,
                reason=answer.hand_over.reason,
                is_urgent=answer.hand_over.is_urgent,
                dossier=write_dossier(answer.hand_over),
                now=self.now,
            )
        return answer

    def identify(
        self, chat: ChatView, *, account_id: str, facts: dict[str, str], code: str, line: SpokenLine | None = None
    ) -> str:
        """Check who speaks, by two facts or a code; returns the browser's new secret, empty where it is not proven.

        Raises:
            ProvenAlready: an account was proven before.
            TooMuch: too much was sent within a minute.
        """
        if chat.account_id:
            raise ProvenAlready
        operations.require_room(chat.number, now=self.now)
        conversation = self.conversation_of(chat, self.tools_of(chat))
        if code:
            is_proven = conversation.identify_by_code(account_id=account_id, code=code, now=self.now)
        else:
            is_proven = conversation.identify(account_id=account_id, facts=facts, now=self.now)
        masked = mask_word(account_id, column="account_id") if is_proven else "***"
        words = text("chat.turn.proven" if is_proven else "chat.turn.not_proven")
        self.keep_identifying(chat, words, account=masked, line=line)
        if not is_proven:
            operations.note_failed_proof(chat.number, now=self.now)
            return ""
        actor = program_actor()
        customer = customer_of(actor, account_id) if actor else None
        return operations.prove_account(
            chat.number,
            account_id=account_id,
            masked_name=customer.masked_name if customer else "",
            path=customer.path if customer else None,
            now=self.now,
        )

    def keep_identifying(self, chat: ChatView, words: str, *, account: str = "***", line: SpokenLine | None) -> None:
        """Keep that somebody said who he is, without what he said, and what was answered to it."""
        customer, answered = (line.heard, line.time_answer(words)) if line else (None, None)
        said = Spoken(Who.CUSTOMER, text("chat.turn.identify", account=account), timing=customer)
        operations.add_turns(chat.number, [said, Spoken(Who.AGENT, words, timing=answered)], now=self.now)

    def ask_code(self, chat: ChatView, account_id: str) -> None:
        """Take down that a code is asked for: the answer, and the work, are the same whether there is an account.

        Raises:
            ProvenAlready: an account was proven before.
            TooMuch: too much was sent within a minute.
        """
        if chat.account_id:
            raise ProvenAlready
        operations.require_room(chat.number, now=self.now)
        operations.keep_asked_code(chat.number, account_id=account_id, language=language(), now=self.now)
        turns = (Spoken(Who.CUSTOMER, text("chat.turn.ask_code")), Spoken(Who.AGENT, text("chat.turn.code_sent")))
        operations.add_turns(chat.number, turns, now=self.now)

    def tools_of(self, chat: ChatView) -> ChatTools:
        """Return what a conversation may look up and set going."""
        lake = Lake.open(self.home.lake)
        return ChatTools(lake, self.home.tariffs, program_actor(), self._top(), self.now, dict(chat.tickets))

    def conversation_of(self, chat: ChatView, tools: ChatTools) -> Conversation:
        """Return a conversation as it stood after its last turn."""
        return Conversation(
            open_reader(self.home.models),
            tools,
            self.identity_of(tools.lake, origin=chat.origin),
            asker=f"chat:{chat.number}",
            account_id=chat.account_id,
            said=list(chat.state.get("said", ())),
            looked_up=[read_figure(each) for each in chat.state.get("looked_up", ())],
            promised=list(chat.state.get("promised", ())),
            misunderstood=chat.state.get("misunderstood", 0),
            unheard=chat.state.get("unheard", 0),
            is_place_asked=chat.state.get("is_place_asked", False),
            knowledge=read_edges(),
        )

    def identity_of(self, lake: Lake, *, origin: str) -> Identity:
        """Return what checks identity, its attempts counted in the database."""
        codes = OutboxCodes(self.home, self._top() or _NOWHERE, language(), self.now)
        return Identity(LakeDirectory(lake), AttemptsOnDesk(), codes, CodesOnDesk(), origin)

    def _top(self) -> UnitPath | None:
        actor = program_actor()
        return own_path(actor=actor) if actor else None


def answer_stranger(words: str, *, home: Home, now: dt.datetime) -> Answer:
    """Return what the assistant says to one question of nobody in particular; nothing is kept or set going.

    Args:
        words: the question.
        home: with its lake, tariffs and models.
        now: the instant, with its zone; the rules of the company's day hold.
    """
    lake = Lake.open(home.lake)
    identity = Identity(LakeDirectory(lake), AttemptsInMemory())
    tools, reader = LakeTools(lake, home.tariffs), open_reader(home.models)
    conversation = Conversation(reader, tools, identity, asker="stranger", knowledge=read_edges())
    return conversation.reply(words, now=now.astimezone(AROUND.calendar.zone))


def send_asked_codes(*, home: Home, now: dt.datetime) -> int:
    """Send the codes that were asked for, to those accounts there are; returns how many were asked for."""
    asked = list(AskedCode.objects.select_related("chat").order_by("pk")[:100])
    for each in asked:
        spoken: Language = "en" if each.language == "en" else "zh"
        with speaking(spoken):
            identity = ChatDesk(home, now).identity_of(Lake.open(home.lake), origin=each.chat.origin)
            identity.send_code(account_id=each.account_id, asker=f"chat:{each.chat_id}", now=now)
        each.delete()
    return len(asked)


def _kept(conversation: Conversation) -> dict[str, Any]:
    return {
        "said": conversation.said,
        "looked_up": [write_figure(figure) for figure in conversation.looked_up],
        "promised": conversation.promised,
        "misunderstood": conversation.misunderstood,
        "unheard": conversation.unheard,
        "is_place_asked": conversation.is_place_asked,
    }
