"""Contacts with customers and their scores: the list, one with what cost points, appeals and their decision."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.business.service_desk.contacts import operations
from lamplighter.business.service_desk.contacts.queries import list_contacts
from lamplighter.business.service_desk.contacts.records import Channel, ContactView, DeductionState, DeductionView
from lamplighter.business.service_desk.contacts.view import find_contact
from lamplighter.business.service_desk.quality.record_rubric import every_item
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import (
    Asked,
    Instant,
    Month,
    Months,
    Page,
    Word,
    Words,
    among,
    answers,
    page_of,
    spelled,
)
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of

router = Router(tags=["contacts"])

ItemCode = Annotated[Word, among(lambda code: code in every_item())]


class ContactOut(Schema):
    """A contact in a list."""

    number: int
    contact_no: str
    channel: Annotated[Channel, spelled(Channel)]
    agent_id: int | None = Field(description="Null where a program spoke.")
    agent_name: str
    unit_name: str
    begun_at: Instant
    rubric: str
    total: float
    total_first: float = Field(description="Points before any appeal.")
    is_vetoed: bool
    lost: list[str] = Field(description="Items of the rubric that cost points.")
    appeals_open: int


class AppealOut(Schema):
    """An appeal; `decision` is empty while it waits."""

    reason: str
    by: str
    made_at: Instant
    decision: str
    decided_by: str
    decided_at: Instant | None
    decided_reason: str
    total_before: float | None
    total_after: float | None


class DeductionOut(Schema):
    """Points that were taken off, what for, and what came of an appeal."""

    number: int
    item: str
    item_name: str
    turn: int | None = Field(description="Null where it is about the whole.")
    points: float
    reason: str
    clause: str
    state: DeductionState
    appeal: AppealOut | None
    why_not_appeal: str = Field(description="Code of why one may not appeal; empty where one may.")
    why_not_decide: str = Field(description="Code of why one may not decide; empty where one may.")


class PieceOut(Schema):
    """Words of a turn, and whether they are those that cost points."""

    words: str
    is_marked: bool


class SpokenTurn(Schema):
    """A turn of the transcript, personal data masked; ``start`` and ``end`` are seconds from the beginning."""

    i: int
    who: str
    start: float | None
    end: float | None
    pieces: list[PieceOut]


class Unjudged(Schema):
    """An item that could not be judged, and why."""

    item: str
    why: str


class Checked(Schema):
    """A fact the answers were checked against."""

    words: str
    value: str
    source: str


class PromiseOut(Schema):
    """What was promised, and what became of it."""

    turn: int
    words: str
    due_at: Instant | None
    state: str
    ticket_no: str
    done_at: Instant | None


class ContactDetail(Schema):
    """A contact with what was said, what it lost and what could not be judged."""

    contact: ContactOut
    taken_at: Instant
    ended_by: str
    appeal_until: Instant
    turns: list[SpokenTurn]
    deductions: list[DeductionOut]
    unjudged: list[Unjudged]
    checked_against: list[Checked]
    promises: list[PromiseOut]


class ContactsAsked(Asked):
    """What of the list of contacts is wanted."""

    sort: Literal[
        "", "contact", "-contact", "begun", "-begun", "agent", "-agent", "unit", "-unit", "channel", "-channel",
        "total", "-total",
    ] = ""  # fmt: skip
    agent: Annotated[str, Field(pattern=r"^\d{0,17}$", description="`agent_id`; for who inspects contacts.")] = ""
    channel: Annotated[Channel, spelled(Channel)] | None = None
    item: ItemCode = Field("", description="Item of the rubric that cost points.")
    unjudged: ItemCode = ""
    score: Literal["", "full", "good", "fair", "poor", "nought"] = ""
    veto: Literal["", "yes", "no"] = ""
    month: Month = ""
    months: Months = Field("", description="Months in which they were held, `2026-01..2026-03`.")
    appeal: Literal["", "appealed", "upheld", "withdrawn"] = ""
    station: Word = ""
    unit: Word = ""


class Appeal(Schema):
    """Why a deduction is wrong."""

    reason: Annotated[Words, Field(min_length=1)]


class AppealDecision(Schema):
    """Whether a deduction stays, and why."""

    decision: Literal["upheld", "withdrawn"]
    reason: Annotated[Words, Field(min_length=1)]


@router.get("/contacts", auth=opened(Right.SEE_CONTACTS), response=answers(Page[ContactOut]))
def contacts(request: HttpRequest, asked: Query[ContactsAsked]) -> Any:
    """Contacts with their scores, the newest first: one's own; for who inspects them, those of his unit."""
    return page_of(list_contacts(actor=actor_of(request), ask=asked.as_ask(request)))


@router.get("/contacts/{number}", auth=opened(Right.SEE_CONTACTS), response=answers(ContactDetail))
def contact(request: HttpRequest, number: NumberInPath) -> Any:
    """One contact: what was said, personal data masked, what it lost and why, what could not be judged."""
    return _detail(request, number)


@router.post(
    "/contacts/{number}/deductions/{deduction}/appeal",
    auth=opened(Right.SEE_CONTACTS),
    response=answers(ContactDetail, status=200),
)
def appeal(request: HttpRequest, number: NumberInPath, deduction: NumberInPath, given: Appeal) -> Any:
    """Appeal against a deduction of one's own contact, once and in time; by the agent's session, not by a token."""
    operations.appeal(
        actor=actor_of(request), number=number, deduction=deduction, reason=given.reason, now=timezone.now()
    )
    return _detail(request, number)


@router.post(
    "/contacts/{number}/deductions/{deduction}/decide",
    auth=opened(Right.INSPECT_CONTACTS),
    response=answers(ContactDetail),
)
def decide(request: HttpRequest, number: NumberInPath, deduction: NumberInPath, given: AppealDecision) -> Any:
    """Decide on an appeal; where the deduction is withdrawn the score follows."""
    operations.decide_appeal(
        actor=actor_of(request),
        number=number,
        deduction=deduction,
        is_upheld=given.decision == "upheld",
        reason=given.reason,
        now=timezone.now(),
    )
    return _detail(request, number)


def _detail(request: HttpRequest, number: int) -> dict[str, Any]:
    view = find_contact(actor=actor_of(request), number=number, now=timezone.now())
    if view is None:
        raise Http404
    return {
        "contact": view.row,
        "taken_at": view.taken_at,
        "ended_by": view.ended_by,
        "appeal_until": view.appeal_until,
        "turns": view.turns,
        "deductions": [_deduction(each) for each in _deductions(view)],
        "unjudged": [{"item": item, "why": why} for item, why in view.unjudged],
        "checked_against": [dict(each) for each in view.checked_against],
        "promises": view.promises,
    }


def _deductions(view: ContactView) -> list[DeductionView]:
    return [*view.whole, *(each for turn in view.turns for each in turn.deductions)]


def _deduction(view: DeductionView) -> dict[str, Any]:
    told = {name: getattr(view, name) for name in DeductionOut.model_fields if name != "item_name"}
    return told | {"item_name": every_item()[view.group].name}
