"""Appraisals: key figures of a period as issued, and appeals against them, decided by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import Field

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Right
from lamplighter.business.kpi.appraisals import (
    AppraisalRow,
    appeal,
    decide_appeal,
    find_appraisal,
    issue_appraisal,
    list_appraisals,
)
from lamplighter.business.kpi.records import Better, Kind
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.key_figures import Counted, PlaceAsked, place_of
from lamplighter.doors.api.shapes import Instant, Month, Word, Words, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of

router = Router(tags=["appraisals"])


class AppraisedGuard(Schema):
    """A figure as it was issued, with the target that held."""

    code: str
    name: str
    kind: Kind
    better: Better
    target: float | None
    figure: Counted
    before: float | None
    is_met: bool | None
    no_data: str


class AppraisedFigure(AppraisedGuard):
    """A figure as it was issued, with those that show whether it is polished."""

    guards: list[AppraisedGuard]


class AppraisalAppeal(Schema):
    """An appeal against a figure; `is_upheld` is null before it is decided."""

    number: int
    code: str
    words: str
    made_at: Instant
    by_name: str
    is_upheld: bool | None
    answer: str
    decided_at: Instant | None
    decided_by: str
    may_decide: bool


class AppraisalOut(Schema):
    """An appraisal in the list."""

    number: int
    unit_id: str
    unit_name: str
    first: str
    last: str
    issued_at: Instant
    by_name: str
    appeals: list[AppraisalAppeal]


class AppraisalDetail(AppraisalOut):
    """An appraisal with its figures: they stay as they were issued."""

    figures: list[AppraisedFigure]


class AppraisalAsked(Schema):
    """Of which unit, one's own where none is named, and of which months, both included."""

    unit: Word = ""
    first: Annotated[Month, Field(min_length=7)]
    last: Annotated[Month, Field(min_length=7)]


class AppealGiven(Schema):
    """Which figure is wrong, and why."""

    code: Word
    words: Annotated[Words, Field(min_length=1)]


class AppealDecided(Schema):
    """Whether an appeal is right, and why."""

    is_upheld: bool
    answer: Annotated[Words, Field(min_length=1)]


@router.get("/appraisals", auth=opened(Right.SEE_FIGURES), response=answers(list[AppraisalOut]))
def appraisals(request: HttpRequest) -> Any:
    """Appraisals of one's unit and those below, the newest period first, 200 at most."""
    return [_row(each) for each in list_appraisals(actor=actor_of(request))]


@router.get("/appraisals/{number}", auth=opened(Right.SEE_FIGURES), response=answers(AppraisalDetail))
def appraisal(request: HttpRequest, number: NumberInPath) -> Any:
    """One appraisal as it was issued, with its appeals."""
    return _detail(request, number)


@router.post("/appraisals", auth=opened(Right.SUPERVISE_TICKETS), response=answers(AppraisalDetail, status=201))
def issue(request: HttpRequest, asked: AppraisalAsked) -> Any:
    """Issue the figures of a unit and of months that are over; the same asked for twice is issued once."""
    place = place_of(request, PlaceAsked(unit=asked.unit, first=asked.first, last=asked.last))
    row = issue_appraisal(
        actor=actor_of(request), unit=place.unit, period=place.period, settings=place.settings, now=timezone.now()
    )
    return Status(201, _detail(request, row.number))


@router.post(
    "/appraisals/{number}/appeals", auth=opened(Right.SEE_FIGURES), response=answers(AppraisalDetail, status=201)
)
def make_appeal(request: HttpRequest, number: NumberInPath, given: AppealGiven) -> Any:
    """Hold that a figure of an appraisal is wrong, and say why."""
    appeal(actor=actor_of(request), number=number, code=given.code, words=given.words, now=timezone.now())
    return Status(201, _detail(request, number))


@router.post(
    "/appraisal-appeals/{number}/decide", auth=opened(Right.SUPERVISE_TICKETS), response=answers(AppraisalDetail)
)
def decide(request: HttpRequest, number: NumberInPath, given: AppealDecided) -> Any:
    """Uphold or refuse an appeal of somebody else; once."""
    found = decide_appeal(
        actor=actor_of(request), number=number, is_upheld=given.is_upheld, answer=given.answer, now=timezone.now()
    )
    return _detail(request, found)


def _detail(request: HttpRequest, number: int) -> dict[str, Any]:
    row = find_appraisal(actor=actor_of(request), number=number)
    if row is None:
        raise Http404
    figures = [_figure(each) | {"guards": [_figure(guard) for guard in each.get("guards", ())]} for each in row.figures]
    return _row(row) | {"figures": figures}


def _row(row: AppraisalRow) -> dict[str, Any]:
    kept = {name: getattr(row, name) for name in AppraisalOut.model_fields if name not in ("first", "last")}
    return kept | {"first": f"{row.period.first:%Y-%m}", "last": f"{row.period.last:%Y-%m}"}


def _figure(kept: Mapping[str, Any]) -> dict[str, Any]:
    same = ("code", "kind", "better", "target", "figure", "before", "is_met")
    return {name: kept[name] for name in same} | {
        "name": text(f"kpi.figure.{kept['key']}.name"),
        "no_data": text(f"kpi.no_data.{kept['no_data']}") if kept["no_data"] else "",
    }
