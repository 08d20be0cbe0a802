"""The map of a place: the units, feeders or areas right below it, each with its night, its land, cases and suspicions.

Only rows the night's loading wrote are read and put side by side; nothing is added up here. Every read takes the actor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lamplighter.base.desk.models import Load
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.business.detection.desk_queries import count_by_unit
from lamplighter.business.inspection.desk_queries import count_open_cases
from lamplighter.business.line_loss.desk_queries import (
    Energies,
    FeederNightRow,
    UnitNightRow,
    read_area_nights,
    read_feeder_nights,
    read_unit_nights,
)
from lamplighter.business.network.desk_queries import (
    FoundArea,
    FoundFeeder,
    FoundUnit,
    Outline,
    Rings,
    feeders_of,
    find_feeder,
    find_unit,
    list_areas_on,
    list_feeders,
    list_units_above,
    list_units_below,
    read_unit_outlines,
)

NOTHING = Energies(None, None, None, None, None, None, None)


class PlaceKind(StrEnum):
    """What is shown as one piece of a map. Texts stand under ``desk.map.kind``."""

    UNIT = "unit"
    FEEDER = "feeder"
    AREA = "area"


@dataclass(frozen=True, slots=True)
class Place:
    """A piece of a map.

    Attributes:
        kind, code: what it is, and what names it in addresses.
        level: of a unit; None otherwise.
        energies: of the newest night: of a unit or feeder its computable areas added up.
        loss_rate: loss over supply; None where it cannot be computed.
        coverage: share of energy and meters really read.
        area_count, computable_count: its areas; 1 for an area itself.
        suspicion_count: coloured ones; None where they are closed to the reader.
        case_count: open ones; None where they are closed to the reader.
        rings: its land; empty for an area and where nothing has a position.
        point: where an area lies; None otherwise.
        is_sketch: its land is drawn around its areas.
        rated_kva: of an area's transformer.
        loss_class: of an area.
    """

    kind: PlaceKind
    code: str
    name: str
    level: Level | None
    energies: Energies
    loss_rate: float | None
    coverage: float | None
    area_count: int
    computable_count: int
    suspicion_count: int | None
    case_count: int | None
    rings: Rings
    point: tuple[float, float] | None
    is_sketch: bool
    rated_kva: float | None = None
    loss_class: str = ""


@dataclass(frozen=True, slots=True)
class MapView:
    """A map.

    Attributes:
        unit: the unit that is shown, or that the feeder lies in.
        above: units from the reader's own down to it.
        feeder: the feeder that is shown; None = the unit is.
        night: of the unit; None before the first night.
        line: of the feeder that is shown, its own night.
        places: what lies right below.
    """

    unit: FoundUnit
    above: tuple[FoundUnit, ...]
    feeder: FoundFeeder | None
    night: UnitNightRow | None
    line: FeederNightRow | None
    places: tuple[Place, ...]

    @property
    def is_sketch(self) -> bool:
        """Some land is drawn around areas, not handed in by the company."""
        return any(place.is_sketch for place in self.places)

    @property
    def has_positions(self) -> bool:
        """Something can be drawn."""
        return any(place.rings or place.point for place in self.places)


def read_map(*, actor: Actor, load: Load, unit_id: str = "", feeder: str = "") -> MapView | None:
    """Return the map of a unit or of a feeder in it; None where there is no such place, or it is another unit's.

    Args:
        actor: who asks; without a unit he begins at his own.
        load: what the desk was last loaded with.
        unit_id: the unit.
        feeder: what names the feeder in addresses; empty = the unit itself.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    unit = find_unit(actor=actor, unit_id=unit_id)
    if unit is None:
        return None
    above = tuple(list_units_above(actor=actor, unit=unit))
    night = _unit_nights(actor, [unit], load).get(unit.unit_id)
    if feeder:
        found = find_feeder(actor=actor, station_id=unit.unit_id, code=feeder)
        if found is None:
            return None
        line = read_feeder_nights(actor=actor, station_id=unit.unit_id).get(found.feeder_id)
        return MapView(unit, above, found, night, line, tuple(_areas(actor, found)))
    places = [*_units(actor, unit, load), *_feeders(actor, unit)]
    return MapView(unit, above, None, night, None, tuple(places))


def _unit_nights(actor: Actor, units: Sequence[FoundUnit], load: Load) -> dict[str, UnitNightRow]:
    if load.night_on is None:
        return {}
    ids = [unit.unit_id for unit in units]
    return {row.unit_id: row for row in read_unit_nights(actor=actor, unit_ids=ids, first_on=load.night_on)}


def _units(actor: Actor, unit: FoundUnit, load: Load) -> list[Place]:
    units = list_units_below(actor=actor, unit=unit)
    nights, outlines = _unit_nights(actor, units, load), read_unit_outlines(units)
    suspicions = (
        count_by_unit(actor=actor, unit_ids=[each.unit_id for each in units])
        if actor.may(Right.SEE_SUSPICIONS)
        else None
    )
    # Units below may be of several levels: where one is missing its units stand a level lower.
    cases: dict[str, int] | None = None
    if actor.may(Right.SEE_CASES):
        cases = {}
        for level in sorted({each.level for each in units}):
            cases |= count_open_cases(actor=actor, unit_id=unit.unit_id, by=f"{level}_id")
    return [
        _unit_place(each, nights.get(each.unit_id), outlines.get(each.unit_id), suspicions, cases) for each in units
    ]


def _unit_place(
    unit: FoundUnit,
    night: UnitNightRow | None,
    outline: Outline | None,
    suspicions: Mapping[str, int] | None,
    cases: Mapping[str, int] | None,
) -> Place:
    energies = night.energies if night else NOTHING
    return Place(
        kind=PlaceKind.UNIT,
        code=unit.unit_id,
        name=unit.name,
        level=unit.level,
        energies=energies,
        loss_rate=energies.loss_rate,
        coverage=night.coverage if night else None,
        area_count=night.area_count if night else 0,
        computable_count=night.computable_count if night else 0,
        suspicion_count=_count(suspicions, unit.unit_id),
        case_count=_count(cases, unit.unit_id),
        rings=outline.rings if outline else [],
        point=None,
        is_sketch=bool(outline and outline.is_sketch),
    )


def _feeders(actor: Actor, unit: FoundUnit) -> list[Place]:
    """Return the feeders of a unit in which areas hang directly: of a station, and of a unit without stations."""
    feeders = list_feeders(actor=actor, station_id=unit.unit_id)
    if not feeders:
        return []
    nights = read_feeder_nights(actor=actor, station_id=unit.unit_id)
    cases = _cases_by_feeder(actor, unit) if actor.may(Right.SEE_CASES) else None
    places = []
    for feeder in feeders:
        night = nights.get(feeder.feeder_id)
        energies = night.energies if night else NOTHING
        places.append(
            Place(
                kind=PlaceKind.FEEDER,
                code=feeder.code,
                name=feeder.name,
                level=None,
                energies=energies,
                loss_rate=energies.loss_rate,
                coverage=night.coverage if night else None,
                area_count=night.area_count if night else 0,
                computable_count=night.computable_count if night else 0,
                suspicion_count=(night.suspicion_count if night else 0) if actor.may(Right.SEE_SUSPICIONS) else None,
                case_count=_count(cases, feeder.feeder_id),
                rings=feeder.outline,
                point=None,
                is_sketch=bool(feeder.outline),
            )
        )
    return places


def _cases_by_feeder(actor: Actor, unit: FoundUnit) -> dict[str, int]:
    by_area = count_open_cases(actor=actor, unit_id=unit.unit_id, by="area_id")
    feeders = feeders_of(actor=actor, area_ids=list(by_area))
    found: dict[str, int] = {}
    for area, count in by_area.items():
        if area in feeders:
            found[feeders[area]] = found.get(feeders[area], 0) + count
    return found


def _areas(actor: Actor, feeder: FoundFeeder) -> list[Place]:
    areas = list_areas_on(actor=actor, feeder=feeder)
    nights = read_area_nights(actor=actor, area_ids=[area.area_id for area in areas])
    cases = (
        count_open_cases(actor=actor, unit_id=feeder.station_id, by="area_id") if actor.may(Right.SEE_CASES) else None
    )
    places = []
    for area in areas:
        night = nights.get(area.area_id)
        places.append(
            Place(
                kind=PlaceKind.AREA,
                code=area.area_id,
                name=area.name,
                level=None,
                energies=night.energies if night else NOTHING,
                loss_rate=night.loss_rate if night else None,
                coverage=night.coverage if night else None,
                area_count=1,
                computable_count=int(bool(night and night.is_computable)),
                suspicion_count=(night.suspicion_count if night else 0) if actor.may(Right.SEE_SUSPICIONS) else None,
                case_count=_count(cases, area.area_id),
                rings=[],
                point=_point(area),
                is_sketch=False,
                rated_kva=area.rated_kva,
                loss_class=night.loss_class if night else "",
            )
        )
    return places


def _point(area: FoundArea) -> tuple[float, float] | None:
    return None if area.longitude is None or area.latitude is None else (area.longitude, area.latitude)


def _count(counts: Mapping[str, int] | None, place: str) -> int | None:
    return None if counts is None else counts.get(place, 0)
