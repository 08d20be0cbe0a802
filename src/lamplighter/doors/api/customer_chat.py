"""The dialogue of the web chat for a company's own channel: an app, a mini program, a telephone exchange.

The same assistant, the same proof of who speaks and the same limits as on the page. The secret of a conversation
stands in the body, as an address is logged.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.base.security.audit.recording import current_standing
from lamplighter.base.settings import read_settings
from lamplighter.business.service_desk.chats.operations import end_chat, rate_chat
from lamplighter.business.service_desk.chats.records import ChatView, chat_rules
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import LARGEST_NUMBER, Word, answers
from lamplighter.doors.api.spoken import TurnOut, turns_of
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.customer_chat import ChatDesk, digest_origin

router = Router(tags=["customer's chat"])

Secret = Annotated[Word, Field(min_length=1, description="As it was answered last; a proof of identity changes it.")]
Question = Annotated[str, Field(max_length=chat_rules().longest_words, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]


class Began(Schema):
    """Whose conversation begins."""

    origin: Word = Field(
        description="What tells this customer from others of the channel, such as the number he has there: limits are "
        "counted by it. Where it is empty they are counted by the address the program calls from.",
    )


class Held(Schema):
    """Which conversation is meant."""

    secret: Secret


class Says(Held):
    """What the customer says."""

    words: Question


class Reads(Held):
    """What is wanted of a conversation."""

    after: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)] = 0


class AsksCode(Held):
    """To whose telephone on file a code is to go."""

    account: Annotated[Word, Field(min_length=1, max_length=64)]


class Proves(AsksCode):
    """The code that was sent, or two facts on file; a telephone whole or its last four digits."""

    code: Word = ""
    name: Word = ""
    telephone: Word = ""
    address: Word = ""
    meter: Word = ""


class Rates(Held):
    """How satisfied the customer was."""

    satisfaction: Literal["VERY_SATISFIED", "SATISFIED", "NEUTRAL", "UNSATISFIED"]
    is_solved: bool | None = None


class Conversation(Schema):
    """A conversation as its customer sees it."""

    secret: str = Field(description="To be shown with whatever comes next; kept nowhere else.")
    turns: list[TurnOut]
    is_proven: bool = Field(description="Whose account it is about was proven.")
    is_waiting: bool = Field(description="A person is wanted.")
    is_person: bool = Field(description="A person speaks: ask for turns after the last one.")
    is_over: bool
    may_rate: bool


@router.post("/chat", auth=opened(Right.REGISTER_TICKETS), response=answers(Conversation, status=201))
def begin(request: HttpRequest, given: Began) -> Any:
    """Begin a conversation."""
    named = f"{actor_of(request).staff_id}:{given.origin}" if given.origin else current_standing().origin
    secret, held = _desk().begin(digest_origin(named))
    return Status(201, _told(secret, held))


@router.post("/chat/say", auth=opened(Right.REGISTER_TICKETS), response=answers(Conversation))
def say(request: HttpRequest, given: Says) -> Any:
    """Answer what a customer says, with the turns it came to; where a person speaks he reads it."""
    desk, held = _held(given)
    desk.say(held, given.words)
    return _told(given.secret, desk.reread(held), after=held.last)


@router.post("/chat/read", auth=opened(Right.REGISTER_TICKETS), response=answers(Conversation))
def read(request: HttpRequest, given: Reads) -> Any:
    """What was said after a turn, such as by a person of the service; once it is over, that it is."""
    desk = _desk()
    held = desk.find(given.secret)
    if held is not None:
        return _told(given.secret, held, after=given.after)
    if not desk.may_rate(given.secret):
        raise Http404
    over = {"secret": given.secret, "turns": [], "is_proven": False, "is_waiting": False, "is_person": False}
    return over | {"is_over": True, "may_rate": True}


@router.post("/chat/code", auth=opened(Right.REGISTER_TICKETS), response=answers(Conversation, status=202))
def ask_code(request: HttpRequest, given: AsksCode) -> Any:
    """Have a code sent; the answer is the same whether there is such an account or not."""
    desk, held = _held(given)
    desk.ask_code(held, given.account)
    return Status(202, _told(given.secret, desk.reread(held), after=held.last))


@router.post("/chat/identify", auth=opened(Right.REGISTER_TICKETS), response=answers(Conversation))
def identify(request: HttpRequest, given: Proves) -> Any:
    """Check who speaks. Once it is proven the secret is a new one and the one before is void."""
    desk, held = _held(given)
    facts = {name: value for name in ("name", "telephone", "address", "meter") if (value := getattr(given, name))}
    secret = desk.identify(held, account_id=given.account, facts=facts, code=given.code)
    return _told(secret or given.secret, desk.reread(held), after=held.last)


@router.post("/chat/end", auth=opened(Right.REGISTER_TICKETS), response=answers(None, status=204))
def end(request: HttpRequest, given: Held) -> Any:
    """End a conversation on the customer's wish."""
    _held(given)
    end_chat(given.secret, now=timezone.now())
    return Status(204, None)


@router.post("/chat/rate", auth=opened(Right.REGISTER_TICKETS), response=answers(None, status=204))
def rate(request: HttpRequest, given: Rates) -> Any:
    """Keep how satisfied a customer was with a conversation that is over; once."""
    if not _desk().may_rate(given.secret):
        raise Http404
    rate_chat(given.secret, satisfaction=given.satisfaction, is_solved=given.is_solved, now=timezone.now())
    return Status(204, None)


def _desk() -> ChatDesk:
    return ChatDesk(read_settings().home, timezone.now())


def _held(given: Held) -> tuple[ChatDesk, ChatView]:
    desk = _desk()
    held = desk.find(given.secret)
    if held is None:
        raise Http404
    return desk, held


def _told(secret: str, held: ChatView, *, after: int = 0) -> dict[str, Any]:
    return {
        "secret": secret,
        "turns": turns_of([turn for turn in held.turns if turn.number > after]),
        "is_proven": bool(held.account_id),
        "is_waiting": held.wanted_at is not None,
        "is_person": bool(held.agent_name),
        "is_over": False,
        "may_rate": False,
    }
