"""Key figures: those of a unit and period with their definitions, guards and records; one by part; appraisals."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.kpi.queries import (
    By,
    Shown,
    newest_counting,
    read_change,
    read_figures,
    read_places,
    read_split,
)
from lamplighter.business.kpi.records import Better, Definition, Kind
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import Instant, Month, Word, answers, refuse_unknown
from lamplighter.doors.web.kpi_records import records_of
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.figure_view import FigurePlace, list_ways, open_place
from lamplighter.journeys.key_figures import ask_counting

router = Router(tags=["key figures"])

Key = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,16}$")]


_LISTS: Final = ("tickets", "areas")
"""Lists of records that the API has; the others are read on the desk."""


class Counted(Schema):
    """A figure of a period: a share, events for each 10,000 customers, or a mean; its 95 % interval where it has one.

    ``value`` is null where nothing was counted.
    """

    value: float | None
    low: float | None
    high: float | None
    hits: float
    total: float


class RecordsPart(Schema):
    """A list of the API that holds records of a figure, with what to ask of it."""

    part: Literal["all", "met", "missed"]
    path: str
    query: dict[str, str]


class TrendMonth(Schema):
    """A figure of one month."""

    month: str
    value: float | None


class GuardOut(Schema):
    """A figure with its definition."""

    code: str
    key: str
    name: str
    definition: str
    kind: Kind
    better: Better
    figure: Counted
    before: Counted = Field(description="Of the period of the same length right before.")
    target: float | None
    is_met: bool | None
    no_data: str = Field(description="What was not delivered; said of a figure only where nothing was counted.")
    owner: str
    origin: str
    source: str
    evidence: str
    needs_confirmation: bool
    freshness_hours: int
    valid_from: dt.date
    trend: list[TrendMonth]
    records: list[RecordsPart]


class KeyFigureOut(GuardOut):
    """A figure with those that show whether it is polished."""

    guards: list[GuardOut]


class KeyFigures(Schema):
    """The figures of a unit and period."""

    unit_id: str
    unit_name: str
    first: str
    last: str
    counted_at: Instant | None
    figures: list[KeyFigureOut]


class SplitOut(Schema):
    """A figure of one part."""

    value: str
    figure: Counted


class ChangePart(Schema):
    """What a part made of a change: by its greater or smaller share, and by its own better or worse value."""

    group: str
    before: float | None
    after: float | None
    share_before: float
    share_after: float
    mix: float
    rate: float


class ChangeOut(Schema):
    """A change against the period before, taken apart."""

    difference: float
    mix: float
    rate: float
    parts: list[ChangePart]


class FigureDetail(Schema):
    """One figure by part, and what its change is made of."""

    figure: GuardOut
    by: By
    ways: list[By] = Field(description="What one may split it by.")
    splits: list[SplitOut]
    change: ChangeOut | None


class ComplaintsOut(Schema):
    """Complaints of a unit by topic, and for each 10,000 customers."""

    unit_id: str
    topics: dict[str, int]
    figure: Counted


class CountAsked(Schema):
    """The job that counts; null where one was under way."""

    job: int | None


class PlaceAsked(Schema):
    """Of which unit and months; without them of one's own and of the newest month that was counted."""

    unit: Word = ""
    first: Month = ""
    last: Month = ""


class PartAsked(PlaceAsked):
    """Split by what."""

    by: By = By.GROUP


@router.get("/key-figures", auth=opened(Right.SEE_FIGURES), response=answers(KeyFigures))
def key_figures(request: HttpRequest, asked: Query[PlaceAsked]) -> Any:
    """Every figure of one's unit, or of one below it, in a period, each with its definition, guards and records."""
    actor, place = actor_of(request), place_of(request, asked)
    shown = read_figures(actor=actor, unit=place.unit, period=place.period, settings=place.settings)
    counting = newest_counting()
    return {
        "unit_id": place.unit.unit_id,
        "unit_name": place.unit.name,
        "first": f"{place.period.first:%Y-%m}",
        "last": f"{place.period.last:%Y-%m}",
        "counted_at": counting.counted_at if counting else None,
        "figures": [
            _shown(each, place, actor) | {"guards": [_shown(guard, place, actor) for guard in each.guards]}
            for each in shown
        ],
    }


@router.get("/key-figures/{key}", auth=opened(Right.SEE_FIGURES), response=answers(FigureDetail))
def key_figure(request: HttpRequest, key: Key, asked: Query[PartAsked]) -> Any:
    """One figure split by class or topic, unit, team or person; 404 where one may not."""
    actor, place = actor_of(request), place_of(request, asked)
    shown = read_figures(actor=actor, unit=place.unit, period=place.period, settings=place.settings)
    found = {each.definition.key: each for row in shown for each in (row, *row.guards)}
    ways = list_ways(actor=actor, place=place)
    if key not in found or asked.by not in ways:
        raise Http404
    by = asked.by
    below = place.below if by is By.UNIT else ()
    known: dict[str, Any] = {"actor": actor, "unit": place.unit, "period": place.period, "by": by, "below": below}
    known["definition"] = found[key].definition
    change = read_change(**known) if by in (By.GROUP, By.UNIT) else None
    return {
        "figure": _shown(found[key], place, actor),
        "by": by,
        "ways": ways,
        "splits": [{"value": each.value, "figure": each.figure} for each in read_split(**known)],
        "change": change,
    }


@router.get("/complaints", auth=opened(Right.SEE_FIGURES), response=answers(list[ComplaintsOut]))
def complaints(request: HttpRequest, asked: Query[PlaceAsked]) -> Any:
    """Complaints by topic of the units right below one; of the unit itself where it is the lowest."""
    place = place_of(request, asked)
    return read_places(actor=actor_of(request), period=place.period, below=place.below or [place.unit])


@router.post("/key-figure-counts", auth=opened(Right.SUPERVISE_TICKETS), response=answers(CountAsked, status=202))
def count(request: HttpRequest) -> Any:
    """Have the figures counted now; where that is under way already nothing is begun."""
    return Status(202, {"job": ask_counting(timezone.now(), by=actor_of(request))})


def place_of(request: HttpRequest, asked: PlaceAsked) -> FigurePlace:
    """Return what is asked for.

    Raises:
        Http404: a unit one does not see, or somebody of none.
        PeriodUnreadable: what the name says.
    """
    refuse_unknown(request, type(asked))
    place = open_place(
        actor=actor_of(request),
        unit_id=asked.unit,
        first=_month(asked.first),
        last=_month(asked.last),
        folder=read_settings().home.settings,
        now=timezone.now(),
    )
    if place is None:
        raise Http404
    return place


def _month(written: str) -> dt.date | None:
    return dt.date.fromisoformat(f"{written}-01") if written else None


def _shown(shown: Shown, place: FigurePlace, actor: Actor) -> dict[str, Any]:
    of = shown.definition
    records = records_of(of, unit_id=place.unit.unit_id, period=place.period, actor=actor)
    return _told(of) | {
        "figure": shown.figure,
        "before": shown.before,
        "is_met": shown.is_met,
        "trend": [{"month": f"{month:%Y-%m}", "value": value} for month, value in shown.trend],
        "records": [
            {"part": each.part, "path": f"/api/v1/{each.listed}", "query": dict(each.asked)}
            for each in records.parts
            if each.listed in _LISTS
        ],
    }


def _told(of: Definition) -> dict[str, Any]:
    """Return what is told of a definition."""
    parameters: dict[str, Any] = {name: f"{value:g}" for name, value in of.parameters.items()}
    kept = ("code", "key", "kind", "better", "target", "owner", "origin", "source", "evidence", "freshness_hours")
    return {name: getattr(of, name) for name in (*kept, "needs_confirmation", "valid_from")} | {
        "name": text(f"kpi.figure.{of.key}.name"),
        "definition": text(f"kpi.figure.{of.key}.definition", **parameters),
        "no_data": text(f"kpi.no_data.{of.no_data}") if of.no_data else "",
    }
