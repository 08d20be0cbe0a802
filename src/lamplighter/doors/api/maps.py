"""The map from one's own unit down to the area, and how an area is wired: the places, their figures, their land."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import Http404, HttpRequest
from ninja import Path, Router, Schema
from pydantic import Field

from lamplighter.base.desk.models import newest_load
from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Level, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.network.desk_queries import find_area
from lamplighter.doors.api.figures import AreaId, Energies, Unit
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.proposals import ProposalOut
from lamplighter.doors.api.shapes import answers
from lamplighter.doors.web.pages import actor_of
from lamplighter.journeys.area_topology import read_area_topology
from lamplighter.journeys.map_view import PlaceKind, read_map

router = Router(tags=["map and topology"])

PlaceId = Annotated[str, Path(max_length=64, pattern=r"^[^\x00/]+$")]
Rings = Annotated[list[list[tuple[float, float]]], Field(description="Closed rings of longitude and latitude.")]


class FeederOut(Schema):
    """The part of a feeder that lies in one station; ``code`` names it in addresses."""

    code: str
    feeder_id: str
    name: str
    is_own: bool
    substation_id: str
    voltage_kv: float | None


class MapNight(Schema):
    """The night of what a map shows: its computable areas added up."""

    energies: Energies
    area_count: int
    computable_count: int
    coverage: float | None


class MapPlace(Schema):
    """A piece of a map: a unit, a feeder or an area right below, with its newest night."""

    kind: PlaceKind
    code: str
    name: str
    level: Level | None
    energies: Energies
    loss_rate: float | None
    coverage: float | None
    area_count: int
    computable_count: int
    suspicion_count: int | None = Field(description="Null to whom suspicions are closed.")
    case_count: int | None = Field(description="Open cases; null to whom they are closed.")
    rings: Rings
    point: tuple[float, float] | None = Field(description="Where an area lies.")
    is_sketch: bool = Field(description="Its land is drawn around its areas, not handed in by the company.")
    rated_kva: float | None
    loss_class: str


class MapOut(Schema):
    """A map: the unit or feeder that is shown, and what lies right below."""

    unit: Unit
    above: list[Unit]
    feeder: FeederOut | None
    night: MapNight | None
    places: list[MapPlace]


class WiredMeterOut(Schema):
    """A meter of an area; what is proposed for its phase or area where it seems to hang otherwise."""

    meter_id: str
    customer_number: int | None
    masked_account: str
    role: str
    phase: str = Field(description="A, B, C or ABC; empty where the archive does not say.")
    colour: str = Field(description="Of its suspicion; `none` without one, and to whom suspicions are closed.")
    suspicion_number: int | None
    wrong_phase: ProposalOut | None
    wrong_area: ProposalOut | None


class BoxOut(Schema):
    """A meter box; ``box_id`` is empty for meters that stand in none."""

    box_id: str
    meters: list[WiredMeterOut]


class TopologyOut(Schema):
    """An area as it is wired, as the archive has it today."""

    area_id: str
    name: str
    rated_kva: float | None
    supply: list[WiredMeterOut]
    boxes: list[BoxOut]
    incoming: list[ProposalOut] = Field(description="Meters recorded on another area that seem to hang here.")


@router.get("/map", auth=opened(Right.SEE_FIGURES), response=answers(MapOut))
def map_of_own(request: HttpRequest) -> Any:
    """What lies right below one's own unit."""
    return _map(request)


@router.get("/map/{unit_id}", auth=opened(Right.SEE_FIGURES), response=answers(MapOut))
def map_of_unit(request: HttpRequest, unit_id: PlaceId) -> Any:
    """What lies right below a unit: units, and of a station its feeders."""
    return _map(request, unit_id)


@router.get("/map/{unit_id}/{feeder}", auth=opened(Right.SEE_FIGURES), response=answers(MapOut))
def map_of_feeder(request: HttpRequest, unit_id: PlaceId, feeder: PlaceId) -> Any:
    """The areas of a feeder in a station."""
    return _map(request, unit_id, feeder)


@router.get("/areas/{area_id}/topology", auth=opened(Right.SEE_FIGURES), response=answers(TopologyOut))
def topology(request: HttpRequest, area_id: AreaId) -> Any:
    """How an area is wired, and where a meter seems to hang otherwise; it takes the right to customers too."""
    actor = actor_of(request)
    area = find_area(actor=actor, area_id=area_id)
    if area is None:
        raise Http404
    wired = read_area_topology(Lake.open(read_settings().home.lake), actor=actor, area=area)
    return {
        **{name: getattr(area, name) for name in ("area_id", "name", "rated_kva")},
        **{name: getattr(wired, name) for name in ("supply", "boxes", "incoming")},
    }


def _map(request: HttpRequest, unit_id: str = "", feeder: str = "") -> dict[str, Any]:
    load = newest_load()
    view = read_map(actor=actor_of(request), load=load, unit_id=unit_id, feeder=feeder) if load else None
    if view is None:
        raise Http404
    return {
        "unit": view.unit,
        "above": view.above,
        "feeder": view.feeder,
        "night": view.line if view.feeder else view.night,
        "places": view.places,
    }
