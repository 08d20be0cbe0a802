"""Looking areas and units up on the desk."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.base.security.actor import Actor, Level, Right, UnitPath
from lamplighter.base.security.models import Unit
from lamplighter.business.network.models import AreaEntry


@dataclass(frozen=True, slots=True)
class FoundArea:
    """An area as it is looked up.

    Attributes:
        bucket: where its measurements lie in the lake.
    """

    area_id: str
    name: str
    feeder_name: str
    station_name: str
    kind: str
    rated_kva: float | None
    bucket: int


@dataclass(frozen=True, slots=True)
class AreaPlace:
    """Where an area stands: its names and its four units."""

    area_id: str
    name: str
    station_name: str
    path: UnitPath


@dataclass(frozen=True, slots=True)
class FoundUnit:
    """A unit with its level; ``parent_id`` is empty at the top."""

    unit_id: str
    name: str
    level: Level
    parent_id: str


def find_area(*, actor: Actor, area_id: str) -> FoundArea | None:
    """Return an area the actor sees; None where there is none, or it is another unit's.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    row = AreaEntry.objects.seen_by(actor).filter(area_id=area_id).first()
    return None if row is None else _area(row)


def locate_area(*, actor: Actor, area_id: str) -> AreaPlace | None:
    """Return where an area the actor sees stands, without any figure of it; None where there is none."""
    row = AreaEntry.objects.seen_by(actor).filter(area_id=area_id).first()
    return None if row is None else AreaPlace(row.area_id, row.name, row.station_name, row.path)


def own_path(*, actor: Actor) -> UnitPath | None:
    """Return the four units of the actor's own unit; None for somebody of none."""
    row = Unit.objects.filter(unit_id=actor.unit_id).first() if actor.unit_id else None
    return None if row is None else row.path


def search_areas(*, actor: Actor, words: str, most: int) -> list[FoundArea]:
    """Return the first areas the actor sees whose number or name holds some words; none to whom figures are closed."""
    if not words or not actor.may(Right.SEE_FIGURES):
        return []
    seen = AreaEntry.objects.seen_by(actor)
    found = seen.filter(area_id__icontains=words) | seen.filter(name__icontains=words)
    return [_area(row) for row in found.order_by("name", "area_id")[:most]]


def find_unit(*, actor: Actor, unit_id: str = "") -> FoundUnit | None:
    """Return the actor's own unit, or one below it; None where it is no such unit."""
    row = Unit.objects.filter(unit_id=unit_id or actor.unit_id).first()
    return _unit(row) if row is not None and actor.sees(row.path) else None


def list_units_below(*, actor: Actor, unit: FoundUnit) -> list[FoundUnit]:
    """Return the units right below one, by name."""
    rows = Unit.objects.filter(parent_id=unit.unit_id).order_by("name")
    return [_unit(row) for row in rows if actor.sees(row.path)]


def list_units_above(*, actor: Actor, unit: FoundUnit) -> list[FoundUnit]:
    """Return the units from the actor's own down to one, it left out."""
    found: list[FoundUnit] = []
    above = find_unit(actor=actor, unit_id=unit.parent_id) if unit.parent_id else None
    while above is not None and above.unit_id not in {each.unit_id for each in found}:
        found.insert(0, above)
        above = find_unit(actor=actor, unit_id=above.parent_id) if above.parent_id else None
    return found


def list_stations(*, actor: Actor) -> list[FoundUnit]:
    """Return the stations the actor sees, by name."""
    if not actor.unit_id:
        return []
    rows = Unit.objects.filter(level=Level.STATION, **{f"{actor.level}_id": actor.unit_id}).order_by("name")
    return [_unit(row) for row in rows]


def _area(row: AreaEntry) -> FoundArea:
    return FoundArea(row.area_id, row.name, row.feeder_name, row.station_name, row.kind, row.rated_kva, row.bucket)


def _unit(row: Unit) -> FoundUnit:
    return FoundUnit(row.unit_id, row.name, Level(row.level), row.parent_id)
