"""Who one is; tonight's figures; areas: the list, one of them, its loss by day and what it consists of."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import Field

from lamplighter.base.desk.models import newest_load
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Level, Right, Role
from lamplighter.base.settings import read_settings
from lamplighter.business.line_loss.desk_queries import list_areas, read_area_night
from lamplighter.business.line_loss.records import LossClass
from lamplighter.business.network.desk_queries import find_area
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Asked, Instant, Page, Word, answers, page_of
from lamplighter.doors.api.suspicions import SuspicionOut
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.area_view import WINDOW_DAYS, read_area_view
from lamplighter.journeys.tonight import read_tonight

router = Router(tags=["figures"])

AreaId = Annotated[str, Path(max_length=64, pattern=r"^[^\x00/]+$")]


class Me(Schema):
    """Whom the API takes one for."""

    name: str
    unit_id: str
    level: Level
    roles: list[Role]
    rights: list[Right]


class Freshness(Schema):
    """What the desk was last loaded with."""

    company: str
    timezone: str
    night_on: dt.date | None
    list_on: dt.date | None
    loaded_at: Instant


class Energies(Schema):
    """Energy of one day, kWh; null where nothing could be added up. Rates are shares of supply."""

    supplied_kwh: float | None
    sold_kwh: float | None
    loss_kwh: float | None
    technical_kwh: float | None
    unexplained_kwh: float | None
    unexplained_low_kwh: float | None
    unexplained_high_kwh: float | None
    loss_rate: float | None


class UnitNight(Schema):
    """A unit on one day."""

    unit_id: str
    on_date: dt.date
    energies: Energies
    area_count: int
    computable_count: int
    coverage: float | None


class Unit(Schema):
    """A unit of the organisation."""

    unit_id: str
    name: str
    level: Level
    parent_id: str


class UnitBelow(Schema):
    """A unit right below, with its night."""

    unit: Unit
    night: UnitNight | None


class ColourTotal(Schema):
    """Coloured suspicions of a unit and everything below it."""

    colour: str
    count: int
    new_count: int
    expected_kwh: float
    expected_yuan: float


class AreaNight(Schema):
    """An area on the newest night."""

    area_id: str
    name: str
    station_name: str
    feeder_name: str
    on_date: dt.date
    rank: int
    energies: Energies
    loss_rate: float | None
    certain_kwh: float | None
    coverage: float
    is_computable: bool
    loss_class: str
    reasons: list[str]
    suspicion_count: int | None = Field(None, description="Null to whom suspicions are closed.")


class TonightOut(Schema):
    """The newest night of a unit."""

    freshness: Freshness
    unit: Unit
    above: list[Unit]
    below: list[UnitBelow]
    night: UnitNight | None
    days: list[UnitNight]
    totals: list[ColourTotal]
    new_count: int
    at_stake_yuan: float
    areas: list[AreaNight]
    suspicions: list[SuspicionOut]


class AreaDay(Schema):
    """An area on one day, kWh; null on a day nobody worked."""

    on_date: dt.date
    supplied_kwh: float | None
    sold_kwh: float | None
    loss_kwh: float | None
    technical_kwh: float | None
    unexplained_kwh: float | None
    is_computable: bool
    coverage: float | None


class CauseShare(Schema):
    """What a part of the loss consists of, kWh over the window."""

    cause: str
    kwh: float
    low_kwh: float
    high_kwh: float


class Explanation(Schema):
    """What the loss of an area consists of; the shares add up to it."""

    explained_on: dt.date
    supplied_kwh: float
    shares: list[CauseShare]


class Proposal(Schema):
    """A meter that seems to be recorded wrongly."""

    meter_id: str
    masked_account: str
    kind: str
    recorded: str
    proposed: str | None
    confidence: float
    status: str
    moved_kwh: float | None


class AreaOut(Schema):
    """An area: archive, newest night, explanation, proposals for the archive."""

    area_id: str
    name: str
    feeder_name: str
    station_name: str
    kind: str
    rated_kva: float | None
    night: AreaNight | None
    explanation: Explanation | None
    proposals: list[Proposal]


class AreasAsked(Asked):
    """What of the list of areas is wanted."""

    sort: Literal[
        "",
        "rank", "-rank", "name", "-name", "certain", "-certain", "supplied", "-supplied", "loss_rate", "-loss_rate",
        "technical", "-technical", "unexplained", "-unexplained", "coverage", "-coverage", "suspicions", "-suspicions",
    ] = ""  # fmt: skip
    loss_class: LossClass | None = Field(None, alias="class")
    computable: Literal["", "yes", "no"] = ""
    station: Word = ""
    unit: Word = ""
    feeder: Word = ""


@router.get("/me", auth=opened(None), response=answers(Me))
def me(request: HttpRequest) -> Any:
    """Whom the API takes one for, and what that opens."""
    actor = actor_of(request)
    return {
        "name": actor.name,
        "unit_id": actor.unit_id,
        "level": actor.level,
        "roles": sorted(actor.roles),
        "rights": sorted(actor.rights),
    }


@router.get("/tonight", auth=opened(Right.SEE_FIGURES), response=answers(TonightOut))
def tonight(request: HttpRequest, unit: Word = "") -> Any:
    """The newest night of one's unit, or of one below it: totals, 90 days, the first areas and suspicions."""
    actor, load = actor_of(request), newest_load()
    found = read_tonight(actor=actor, unit_id=unit, load=load) if load else None
    if found is None or load is None:
        raise Http404
    return {
        "freshness": load,
        **{
            name: getattr(found, name)
            for name in TonightOut.model_fields
            if name not in ("freshness", "below", "areas")
        },
        "areas": [_area_night(row, told=actor.may(Right.SEE_SUSPICIONS)) for row in found.areas],
        "below": [{"unit": each, "night": night} for each, night in found.below],
    }


@router.get("/areas", auth=opened(Right.SEE_FIGURES), response=answers(Page[AreaNight]))
def areas(request: HttpRequest, asked: Query[AreasAsked]) -> Any:
    """Areas of one's unit on the newest night, those that most deserve work first."""
    actor = actor_of(request)
    page = page_of(list_areas(actor=actor, ask=asked.as_ask(request)))
    return page | {"rows": [_area_night(row, told=actor.may(Right.SEE_SUSPICIONS)) for row in page["rows"]]}


@router.get("/areas/{area_id}", auth=opened(Right.SEE_FIGURES), response=answers(AreaOut))
def area(request: HttpRequest, area_id: AreaId) -> Any:
    """One area: its night, what its loss consists of, and meters that seem to be recorded wrongly."""
    actor = actor_of(request)
    found, night, view = _view(request, area_id)
    told = view.explanation if view else None
    return {
        **{name: getattr(found, name) for name in ("area_id", "name", "feeder_name", "station_name")},
        "kind": found.kind,
        "rated_kva": found.rated_kva,
        "night": _area_night(night, told=actor.may(Right.SEE_SUSPICIONS)) if night else None,
        "explanation": {
            "explained_on": view.explained_on,
            "supplied_kwh": told.supplied_kwh,
            "shares": [
                {"cause": each.cause.value, "kwh": each.kwh, "low_kwh": each.low_kwh, "high_kwh": each.high_kwh}
                for each in told.shares
            ],
        }
        if view and told and view.explained_on
        else None,
        "proposals": view.proposals if view and actor.may(Right.SEE_CUSTOMERS) else [],
    }


@router.get("/areas/{area_id}/days", auth=opened(Right.SEE_FIGURES), response=answers(list[AreaDay]))
def area_days(request: HttpRequest, area_id: AreaId) -> Any:
    """Supply, sold and loss of an area over 90 days, oldest first."""
    _, _, view = _view(request, area_id)
    return view.days if view else []


def _view(request: HttpRequest, area_id: str) -> tuple[Any, Any, Any]:
    """Return the area, its newest night, and what the lake knows of its window."""
    actor = actor_of(request)
    found = find_area(actor=actor, area_id=area_id)
    if found is None:
        raise Http404
    night = read_area_night(actor=actor, area_id=area_id)
    if night is None:
        return found, None, None
    view = read_area_view(
        Lake.open(read_settings().home.lake),
        area_id=area_id,
        bucket=found.bucket,
        first_on=night.on_date - dt.timedelta(days=WINDOW_DAYS - 1),
        last_on=night.on_date,
    )
    return found, night, view


def _area_night(row: Any, *, told: bool) -> dict[str, Any]:
    """Return an area's night; how many it suspects only to whom suspicions are open."""
    hidden = {} if told else {"suspicion_count": None}
    return {name: getattr(row, name) for name in AreaNight.model_fields} | hidden
