"""Suspicions: the list, one with its evidence, and what one decides about it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.detection.desk_operations import decide_suspicion
from lamplighter.business.detection.desk_queries import find_suspicion, list_decisions, list_suspicions
from lamplighter.business.detection.records import SuspicionState
from lamplighter.business.inspection.desk_queries import find_case_number
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import LARGEST_NUMBER, Asked, Instant, Page, Word, Words, answers, page_of
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion

router = Router(tags=["suspicions"])

NumberInPath = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]


class SuspicionOut(Schema):
    """A suspicion: a score, never a verdict."""

    number: int
    masked_account: str
    meter_id: str
    area_id: str
    area_name: str
    station_name: str
    customer_class: str
    is_protected: bool
    as_of_on: dt.date
    rank: int
    theft_probability: float
    expected_kwh: float | None
    expected_yuan: float
    colour: str
    is_new: bool
    is_random: bool = Field(description="Drawn at random; always false to whom that is closed.")
    state: SuspicionState
    main_reason: str


class Decision(Schema):
    """What somebody decided about a suspicion."""

    at: Instant
    by: str
    state: SuspicionState
    reason: str
    note: str


class SuspicionCard(Schema):
    """A suspicion with what speaks for it and what speaks against it."""

    suspicion: SuspicionOut
    card: dict[str, Any] = Field(description="Evidence and counter-evidence: reasons, layers, checks.")
    customer_number: int | None
    case_number: int | None
    decisions: list[Decision]


class Dismissal(Schema):
    """Why a suspicion is dismissed; a note is needed for another reason."""

    reason: Literal["explained", "visited_lately", "data_fault", "archive_fault", "too_weak", "other"]
    note: Words = ""


class Question(Schema):
    """Which data are wanted."""

    note: Words


class Accepted(Schema):
    """The case a suspicion was taken up into."""

    number: int
    case_no: str
    state: str


class SuspicionsAsked(Asked):
    """What of the list of suspicions is wanted."""

    sort: Literal[
        "",
        "rank", "-rank", "area", "-area", "class", "-class", "probability", "-probability", "kwh", "-kwh",
        "yuan", "-yuan",
    ] = ""  # fmt: skip
    colour: Literal["", "red", "orange", "yellow"] = ""
    state: SuspicionState | None = None
    new: Literal["", "yes", "no"] = ""
    station: Word = ""
    unit: Word = ""
    feeder: Word = ""
    area: Word = ""
    random: Literal["", "yes", "no"] = Field("", description="Heeded only where random slots are told.")


@router.get("/suspicions", auth=opened(Right.SEE_SUSPICIONS), response=answers(Page[SuspicionOut]))
def suspicions(request: HttpRequest, asked: Query[SuspicionsAsked]) -> Any:
    """Suspicions of one's unit in the order of the expected value of a visit."""
    return page_of(list_suspicions(actor=actor_of(request), ask=asked.as_ask(request)))


@router.get("/suspicions/{number}", auth=opened(Right.SEE_SUSPICIONS), response=answers(SuspicionCard))
def suspicion(request: HttpRequest, number: NumberInPath) -> Any:
    """One suspicion with its evidence card and the decisions about it."""
    return _card(request, number)


@router.post(
    "/suspicions/{number}/accept", auth=opened(Right.DECIDE_SUSPICIONS), response=answers(Accepted, status=201)
)
def accept(request: HttpRequest, number: NumberInPath) -> Any:
    """Take a suspicion up into a case, whose evidence is frozen as it is now."""
    return Status(201, accept_suspicion(actor=actor_of(request), number=number, now=timezone.now()))


@router.post("/suspicions/{number}/dismiss", auth=opened(Right.DECIDE_SUSPICIONS), response=answers(SuspicionCard))
def dismiss(request: HttpRequest, number: NumberInPath, given: Dismissal) -> Any:
    """Dismiss a suspicion with a reason."""
    return _decide(request, number, SuspicionState.DISMISSED, reason=given.reason, note=given.note)


@router.post("/suspicions/{number}/ask", auth=opened(Right.DECIDE_SUSPICIONS), response=answers(SuspicionCard))
def ask(request: HttpRequest, number: NumberInPath, given: Question) -> Any:
    """Put a suspicion back until more data are there."""
    return _decide(request, number, SuspicionState.NEEDS_DATA, note=given.note)


def _decide(request: HttpRequest, number: int, to: SuspicionState, *, note: str, reason: str = "") -> dict[str, Any]:
    decide_suspicion(actor=actor_of(request), number=number, to=to, now=timezone.now(), reason=reason, note=note)
    return _card(request, number)


def _card(request: HttpRequest, number: int) -> dict[str, Any]:
    actor = actor_of(request)
    found = find_suspicion(actor=actor, number=number)
    if found is None:
        raise Http404
    return {
        "suspicion": found.row,
        "card": dict(found.card),
        "customer_number": numbers_of(actor=actor, accounts=[found.row.account_id]).get(found.row.account_id),
        "case_number": find_case_number(actor=actor, account_id=found.row.account_id),
        "decisions": list_decisions(actor=actor, number=number),
    }
