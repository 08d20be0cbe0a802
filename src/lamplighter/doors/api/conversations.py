"""Conversations of the web chat for whoever leads them: who waits, what was said, and what a person does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.service_desk.chats import operations
from lamplighter.business.service_desk.chats.queries import find_talk, handed_over_side, list_chats, read_turns
from lamplighter.business.service_desk.chats.records import ChatRow
from lamplighter.business.service_desk.tickets.queries import find_tickets
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import (
    LARGEST_NUMBER,
    Asked,
    Instant,
    Months,
    Page,
    Word,
    Words,
    among,
    answers,
    page_of,
)
from lamplighter.doors.api.spoken import FigureOut, TurnOut, figures_of, turns_of
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.api.tickets import TicketOut
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.chat_assist import open_talk

router = Router(tags=["conversations"])


class ConversationOut(Schema):
    """A conversation in the inbox."""

    number: int
    standing: Literal["waiting", "person", "assistant", "ended"]
    masked_account: str = Field(description="Of the account that was proven; empty for a stranger.")
    masked_name: str
    intent: str
    language: str
    begun_at: Instant
    last_at: Instant
    wanted_at: Instant | None = Field(description="Since when a person is wanted.")
    reason: str
    is_urgent: bool
    agent_name: str
    ended_at: Instant | None
    ended_by: str
    satisfaction: str
    is_solved: bool | None

    @staticmethod
    def resolve_masked_account(row: ChatRow) -> str:
        """Return the account as lists show it."""
        return mask_word(row.account_id, column="account_id") if row.account_id else ""


class DossierOut(Schema):
    """What whoever takes over is to know."""

    summary: str
    said: list[str]
    looked_up: list[FigureOut]
    promised: list[str]
    missing: list[str]


class ConversationDetail(Schema):
    """A conversation with what was said, looked up and set going."""

    conversation: ConversationOut
    turns: list[TurnOut]
    dossier: DossierOut | None
    tickets: list[TicketOut]
    customer_number: int | None
    is_mine: bool
    may_take: bool


class Must(Schema):
    """A sentence that is still to be said, in the customer's language."""

    item: str
    words: str


class AdviceOut(Schema):
    """What helps to lead a conversation, in the customer's language; the answer is empty where none is known."""

    answer: str
    figures: list[FigureOut]
    must: list[Must]


class ConversationsAsked(Asked):
    """What of the conversations is wanted."""

    sort: Literal["", "begun", "-begun", "last", "-last"] = ""
    standing: Literal["", "waiting", "person", "assistant", "ended"] = ""
    unit: Word = ""
    months: Months = Field("", description="Months in which a person was asked for, `2026-01..2026-03`.")
    mark: Annotated[Word, among(lambda mark: handed_over_side(mark) != "unknown")] = Field(
        "", description="Part of the hand-overs behind a key figure, as its `records` name it."
    )


class SaidByPerson(Schema):
    """What is said to a customer."""

    words: Annotated[Words, Field(min_length=1)]


@router.get("/conversations", auth=opened(Right.SEE_TICKETS), response=answers(Page[ConversationOut]))
def conversations(request: HttpRequest, asked: Query[ConversationsAsked]) -> Any:
    """Conversations of one's unit: who waits for a person first, danger before everything."""
    return page_of(list_chats(actor=actor_of(request), ask=asked.as_ask(request)))


@router.get("/conversations/{number}", auth=opened(Right.SEE_TICKETS), response=answers(ConversationDetail))
def conversation(request: HttpRequest, number: NumberInPath) -> Any:
    """One conversation with its turns, and the dossier that was handed over with it."""
    return _detail(request, number)


@router.get("/conversations/{number}/turns", auth=opened(Right.SEE_TICKETS), response=answers(list[TurnOut]))
def turns(request: HttpRequest, number: NumberInPath, after: Annotated[int, Query(ge=0, le=LARGEST_NUMBER)] = 0) -> Any:
    """What was said after a turn, to follow a conversation that goes on."""
    return turns_of(read_turns(actor=actor_of(request), number=number, after=after))


@router.get("/conversations/{number}/advice", auth=opened(Right.SEE_TICKETS), response=answers(AdviceOut))
def advice(request: HttpRequest, number: NumberInPath) -> Any:
    """The next best answer with its figures, and what must still be said; nothing is set going."""
    found = open_talk(actor=actor_of(request), number=number, home=read_settings().home, now=timezone.now())
    must = [{"item": item, "words": words} for item, words in found.must]
    return {"answer": found.answer, "figures": figures_of(found.figures), "must": must}


@router.post("/conversations/{number}/take", auth=opened(Right.REGISTER_TICKETS), response=answers(ConversationDetail))
def take(request: HttpRequest, number: NumberInPath) -> Any:
    """Speak instead of the assistant; of two the second is refused, the same one again changes nothing."""
    operations.take_over(actor=actor_of(request), number=number, now=timezone.now())
    return _detail(request, number)


@router.post(
    "/conversations/{number}/say", auth=opened(Right.REGISTER_TICKETS), response=answers(ConversationDetail, status=201)
)
def say(request: HttpRequest, number: NumberInPath, given: SaidByPerson) -> Any:
    """Say something to the customer, as whoever took the conversation over."""
    operations.say_as_person(actor=actor_of(request), number=number, words=given.words, now=timezone.now())
    return Status(201, _detail(request, number))


@router.post("/conversations/{number}/end", auth=opened(Right.REGISTER_TICKETS), response=answers(ConversationDetail))
def end(request: HttpRequest, number: NumberInPath) -> Any:
    """End a conversation one took over; the customer is asked how satisfied he is."""
    operations.finish_chat(actor=actor_of(request), number=number, now=timezone.now())
    return _detail(request, number)


def _detail(request: HttpRequest, number: int) -> dict[str, Any]:
    actor = actor_of(request)
    row, view, dossier = find_talk(actor=actor, number=number)
    is_open, account = row.ended_at is None, row.account_id
    return {
        "conversation": row,
        "turns": turns_of(view.turns),
        "dossier": None
        if dossier is None
        else {
            "summary": dossier.summary,
            "said": dossier.said,
            "looked_up": figures_of(dossier.looked_up),
            "promised": dossier.promised,
            "missing": dossier.missing,
        },
        "tickets": find_tickets(actor=actor, numbers=list(row.tickets.values())),
        "customer_number": numbers_of(actor=actor, accounts=[account]).get(account) if account else None,
        "is_mine": is_open and row.agent_id == actor.staff_id,
        "may_take": is_open and row.agent_id is None and actor.may(Right.REGISTER_TICKETS),
    }
