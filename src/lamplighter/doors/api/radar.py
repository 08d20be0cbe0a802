"""Radar: what many customers' questions together show, the matters behind it, and a look now."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, Field

from lamplighter.base.security.actor import Right
from lamplighter.business.network.desk_queries import find_unit
from lamplighter.business.service_desk.radar import records
from lamplighter.business.service_desk.radar.queries import Caller, Misread, Rising
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, Word, answers, refuse_unknown, spelled
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.radar_view import AreaLook, PlaceRow, RadarView, read_radar
from lamplighter.journeys.service_radar import watch_service

router = Router(tags=["radar"])

EARLIEST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


class StandingOut(Schema):
    """A count held against what was to be expected."""

    count: int
    expected: float
    chance: float = Field(description="Of as many or more where nothing is the matter.")
    is_alarm: bool = Field(description="It stands out with the share of false alarms kept.")


class RadarCaseOut(Schema):
    """A case the radar opened; ``members`` matters are behind it."""

    number: int
    kind: str
    area_id: str
    area_name: str
    station_name: str
    ticket: int | None
    is_open: bool
    opened_at: Instant
    last_at: Instant
    count: int
    expected: float
    chance: float
    members: int


class LookOut(Schema):
    """An area somebody asked from within a window."""

    kind: str
    window_hours: int
    area_id: str
    area_name: str
    tested: StandingOut


class CallerOut(Schema):
    """A customer who came several times, without his account: the number is his newest matter's."""

    heard_number: int
    source: Annotated[records.Source, spelled(records.Source)]
    at: Instant
    area_name: str
    times: int
    topics: list[str]
    open_before: int = Field(description="How often the matter before was still open.")


class MisreadOut(Schema):
    """A clause that was told, and the conversations in which trouble followed."""

    edge: str
    told: int
    tested: StandingOut
    troubles: dict[str, int]


class RisingOut(Schema):
    """A topic held against its own past; the last week stands at the end."""

    topic: str
    weeks: list[int]
    tested: StandingOut


class RadarPlace(Schema):
    """A place of the map of topics, and the voice of its customers; counts in the order of the topics."""

    place: str
    name: str
    is_area: bool
    counts: list[int]
    matters: int
    customers: int
    complaints: int
    complaints_per_10000: float | None
    rated: int
    satisfied_share: float | None


class RadarOut(Schema):
    """The radar of a unit at an instant."""

    at: Instant
    newest_at: Instant | None
    cases: list[RadarCaseOut]
    looks: list[LookOut]
    callers: list[CallerOut]
    callers_again: int
    callers_open: int
    misread: list[MisreadOut]
    rising: list[RisingOut]
    topics: list[str]
    places: list[RadarPlace]


class LookedOut(Schema):
    """What a look came to."""

    heard: int
    alarms: int
    opened: int


class RadarAsked(Schema):
    """Whose radar, and as it was when."""

    unit: Word = ""
    at: Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)] | None = None


@router.get("/radar", auth=opened(Right.SUPERVISE_TICKETS), response=answers(RadarOut))
def radar(request: HttpRequest, asked: Query[RadarAsked]) -> Any:
    """The radar of one's unit or of one below it, now or as it was at an earlier instant."""
    refuse_unknown(request, RadarAsked)
    actor = actor_of(request)
    found = find_unit(actor=actor, unit_id=asked.unit)
    if found is None:
        raise Http404
    return _radar(read_radar(actor=actor, unit=found, now=asked.at or timezone.now()))


@router.post("/radar-looks", auth=opened(Right.SUPERVISE_TICKETS), response=answers(LookedOut))
def look(request: HttpRequest) -> Any:
    """Listen and look now instead of waiting for the worker."""
    return watch_service(now=timezone.now())


def _radar(view: RadarView) -> dict[str, Any]:
    return {
        "at": view.now,
        **{name: getattr(view, name) for name in ("newest_at", "cases", "callers_again", "callers_open", "topics")},
        "looks": [_look(each) for each in view.looks],
        "callers": [_caller(each) for each in view.callers],
        "misread": [_misread(each) for each in view.misread],
        "rising": [_rising(each) for each in view.rising],
        "places": [_place(each) for each in view.places],
    }


def _look(each: AreaLook) -> dict[str, Any]:
    return {
        "kind": each.watch.kind,
        "window_hours": each.watch.window_hours,
        "area_id": each.finding.tested.key,
        "area_name": each.area_name,
        "tested": each.finding.tested,
    }


def _caller(each: Caller) -> dict[str, Any]:
    told = {name: getattr(each.row, name) for name in ("source", "at", "area_name")}
    counted = {name: getattr(each, name) for name in ("times", "topics", "open_before")}
    return {"heard_number": each.row.number, **told, **counted}


def _misread(each: Misread) -> dict[str, Any]:
    troubles = {kind.value: count for kind, count in each.troubles.items() if kind is not records.Trouble.NONE}
    return {"edge": each.tested.key, "told": each.told, "tested": each.tested, "troubles": troubles}


def _rising(each: Rising) -> dict[str, Any]:
    return {"topic": each.tested.key, "weeks": each.weeks, "tested": each.tested}


def _place(each: PlaceRow) -> dict[str, Any]:
    return {name: getattr(each, name) for name in RadarPlace.model_fields}
