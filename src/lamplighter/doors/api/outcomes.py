"""Outcomes: what inspections found, and how often the list was right, counted by one thing."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.business.detection.outcome_desk import TallyRow, list_outcomes, read_tallies, read_unit_rate
from lamplighter.business.detection.records import OutcomeKind
from lamplighter.business.network.desk_queries import FoundUnit, find_unit
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Asked, Month, Page, Word, answers, page_of, refuse_unknown
from lamplighter.doors.web.pages import actor_of

router = Router(tags=["outcomes"])


class OutcomeOut(Schema):
    """What an inspection found; ``way`` is empty to whom random slots are not told."""

    masked_account: str
    inspected_on: dt.date
    outcome: OutcomeKind
    recovered_kwh: float | None
    area_name: str
    station_name: str
    rank: int | None
    colour: str
    theft_probability: float | None
    model_version: str
    way: str
    crew: str
    case_number: int | None


class TallyOut(Schema):
    """Visits with a result, and those that found theft; rates are shares, null without a visit."""

    value: str
    words: str
    visits: int
    no_access: int
    hits: int
    finds: int
    low: float | None = Field(description="95 % interval of the hit rate.")
    high: float | None
    predicted: float | None = Field(description="What the list had said on average.")
    hit_rate: float | None
    visits_per_find: float | None


class RateOut(Schema):
    """The estimated share of a unit's accounts that steal, from visits drawn at random and the list together."""

    rate: float
    low: float
    high: float
    hit_rate: float
    visits: int
    drawn: int
    no_access: int


class OutcomesAsked(Asked):
    """What of the outcomes is wanted."""

    sort: Literal[
        "", "inspected", "-inspected", "area", "-area", "probability", "-probability", "kwh", "-kwh", "model", "-model",
    ] = ""  # fmt: skip
    outcome: OutcomeKind | None = None
    colour: Literal["", "red", "orange", "yellow", "none"] = ""
    station: Word = ""
    model: Word = ""
    crew: Word = ""
    month: Month = ""
    area: Word = ""
    way: Literal["", "ranked", "drawn", "otherwise"] = Field("", description="Heeded only where random slots are told.")


class TallyAsked(Schema):
    """Of which unit, one's own where none is named, and by what."""

    unit: Word = ""
    by: Literal["model", "colour", "station", "area", "crew", "month", "year", "calibration", "way"] = "model"


class UnitAsked(Schema):
    """Of which unit; one's own where none is named."""

    unit: Word = ""


@router.get("/outcomes", auth=opened(Right.SEE_OUTCOMES), response=answers(Page[OutcomeOut]))
def outcomes(request: HttpRequest, asked: Query[OutcomesAsked]) -> Any:
    """What inspections of one's unit found, the newest first."""
    return page_of(list_outcomes(actor=actor_of(request), ask=asked.as_ask(request)))


@router.get("/outcome-tallies", auth=opened(Right.SEE_OUTCOMES), response=answers(list[TallyOut]))
def tallies(request: HttpRequest, asked: Query[TallyAsked]) -> Any:
    """What visits of a unit found, counted by one thing; `way` takes the right to know of random slots."""
    refuse_unknown(request, TallyAsked)
    unit = _unit(request, asked.unit)
    return [_tally(row) for row in read_tallies(actor=actor_of(request), unit_id=unit.unit_id, by=asked.by)]


@router.get("/outcome-rate", auth=opened(Right.SEE_RANDOM_SLOTS), response=answers(RateOut | None))
def rate(request: HttpRequest, asked: Query[UnitAsked]) -> Any:
    """The estimated share of a unit's accounts that steal; null where nothing is known of it."""
    refuse_unknown(request, UnitAsked)
    return read_unit_rate(actor=actor_of(request), unit_id=_unit(request, asked.unit).unit_id)


def _unit(request: HttpRequest, unit_id: str) -> FoundUnit:
    unit = find_unit(actor=actor_of(request), unit_id=unit_id)
    if unit is None:
        raise Http404
    return unit


def _tally(row: TallyRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TallyOut.model_fields}
