"""Looking areas and units up on the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q

from lamplighter.base.desk.listing import holds
from lamplighter.base.security.actor import Actor, Level, Right, UnitPath
from lamplighter.base.security.models import Unit
from lamplighter.business.network.models import AreaEntry, FeederEntry, UnitOutline

NO_FEEDER: Final = "-"
"""Stands in addresses for the areas that hang on no feeder the archive names."""

MOST_AREAS: Final = 1_000
"""So many areas of a name are looked for one by one."""

Rings = list[list[list[float]]]
"""Closed rings of longitude and latitude."""


@dataclass(frozen=True, slots=True)
class FoundArea:
    """An area as it is looked up.

    Attributes:
        bucket: where its measurements lie in the lake.
        feeder_id: empty where the archive names none.
        longitude, latitude: degrees; None where the archive does not say.
        station_id: unit whose map it lies on.
    """

    area_id: str
    name: str
    feeder_name: str
    station_name: str
    kind: str
    rated_kva: float | None
    bucket: int
    feeder_id: str
    longitude: float | None
    latitude: float | None
    station_id: str


@dataclass(frozen=True, slots=True)
class FoundFeeder:
    """The part of a feeder that lies in one station.

    Attributes:
        is_own: the station runs it.
        outline: rings around its areas there, a sketch; empty where none has a position.
    """

    feeder_id: str
    name: str
    station_id: str
    is_own: bool
    substation_id: str
    voltage_kv: float | None
    outline: Rings

    @property
    def code(self) -> str:
        """What names it in addresses."""
        return self.feeder_id or NO_FEEDER


@dataclass(frozen=True, slots=True)
class Outline:
    """The land of a unit; ``is_sketch`` where it is drawn around its areas."""

    rings: Rings
    is_sketch: bool


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
    found = seen.filter(holds("area_id", words) | holds("name", words))
    return [_area(row) for row in found.order_by("name", "area_id")[:most]]


def find_unit(*, actor: Actor, unit_id: str = "") -> FoundUnit | None:
    """Return the actor's own unit, or one below it; None where it is no such unit."""
    row = Unit.objects.filter(unit_id=unit_id or actor.unit_id).first()
    return _unit(row) if row is not None and actor.sees(row.path) else None


def list_units_below(*, actor: Actor, unit: FoundUnit) -> list[FoundUnit]:
    """Return the units right below one, by name."""
    return _right_below(actor, unit.unit_id)


def _right_below(actor: Actor, unit_id: str) -> list[FoundUnit]:
    rows = Unit.objects.filter(parent_id=unit_id).order_by("name") if unit_id else ()
    return [_unit(row) for row in rows if actor.sees(row.path)]


def list_units_above(*, actor: Actor, unit: FoundUnit) -> list[FoundUnit]:
    """Return the units from the actor's own down to one, it left out."""
    found: list[FoundUnit] = []
    above = find_unit(actor=actor, unit_id=unit.parent_id) if unit.parent_id else None
    while above is not None and above.unit_id not in {each.unit_id for each in found}:
        found.insert(0, above)
        above = find_unit(actor=actor, unit_id=above.parent_id) if above.parent_id else None
    return found


def list_units_around(*, actor: Actor, unit_id: str = "") -> tuple[list[FoundUnit], list[FoundUnit]]:
    """Return the way from the actor's own unit down to another, and the units one can go on to from there.

    Args:
        actor: who asks; his own unit is part of the way only where it is the one asked for.
        unit_id: the other; empty, or a unit that is not his to see = none.

    Returns:
        The units of the way, the last one last, and those right below it; for a unit without any below, those beside
        it, itself among them.
    """
    unit = find_unit(actor=actor, unit_id=unit_id) if unit_id else None
    if unit is None:
        return [], _right_below(actor, actor.unit_id)
    above, below = list_units_above(actor=actor, unit=unit), _right_below(actor, unit.unit_id)
    if above and not below:
        return above[1:], _right_below(actor, unit.parent_id)
    return [*above[1:], unit], below


def list_stations(*, actor: Actor) -> list[FoundUnit]:
    """Return the stations the actor sees, by name."""
    if not actor.unit_id:
        return []
    rows = Unit.objects.filter(level=Level.STATION, **{f"{actor.level}_id": actor.unit_id}).order_by("name")
    return [_unit(row) for row in rows]


def list_feeders(*, actor: Actor, station_id: str) -> list[FoundFeeder]:
    """Return the feeders with areas in a station, or run by it, by name.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = FeederEntry.objects.seen_by(actor).filter(station_id=station_id).order_by("name", "feeder_id")
    return [_feeder(row) for row in rows]


def find_feeder(*, actor: Actor, station_id: str, code: str) -> FoundFeeder | None:
    """Return the part of a feeder that lies in a station; None where there is none, or it is another unit's.

    Args:
        actor: who asks.
        station_id: the station.
        code: the feeder, or :data:`NO_FEEDER`.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = FeederEntry.objects.seen_by(actor).filter(station_id=station_id, feeder_id=_feeder_id(code))
    row = rows.first()
    return None if row is None else _feeder(row)


def list_areas_on(*, actor: Actor, feeder: FoundFeeder) -> list[FoundArea]:
    """Return the areas of a station on a feeder, by number.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = AreaEntry.objects.seen_by(actor).filter(station_id=feeder.station_id, feeder_id=feeder.feeder_id)
    return [_area(row) for row in rows.order_by("area_id")]


def feeders_of(*, actor: Actor, area_ids: Sequence[str]) -> dict[str, str]:
    """Return area -> feeder, of areas the actor sees; empty where the archive names none.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = AreaEntry.objects.seen_by(actor).filter(area_id__in=list(area_ids))
    return dict(rows.values_list("area_id", "feeder_id"))


def read_unit_outlines(units: Sequence[FoundUnit]) -> dict[str, Outline]:
    """Return unit -> its land, of units the actor was found to see; those without a position are left out."""
    rows = UnitOutline.objects.filter(unit_id__in=[unit.unit_id for unit in units])
    return {row.unit_id: Outline(row.rings, row.is_sketch) for row in rows}


def on_feeder(code: str) -> Q:
    """Return the rows whose area hangs on a feeder, for lists of rows with an ``area_id``."""
    return Q(area_id__in=AreaEntry.objects.filter(feeder_id=_feeder_id(code)).values("area_id"))


def in_area_named(words: str) -> Q:
    """Return the rows whose area has words in its name or number, for searched lists of rows with an ``area_id``.

    The areas are few and looked through; the rows are then found by the index of their area. Where words fit very many
    areas the rows' own names are read instead: a page of those is full after a few.
    """
    named = AreaEntry.objects.filter(holds("name", words) | holds("area_id", words))
    found = list(named.values_list("area_id", flat=True)[: MOST_AREAS + 1])
    return Q(area_id__in=found) if len(found) <= MOST_AREAS else holds("area_name", words)


def feeder_name(*, actor: Actor, code: str) -> str:
    """Return the name of a feeder the actor sees a part of; empty where he sees none."""
    row = FeederEntry.objects.seen_by(actor).filter(feeder_id=_feeder_id(code)).first()
    return row.name if row is not None else ""


def _feeder_id(code: str) -> str:
    return "" if code == NO_FEEDER else code


def _feeder(row: FeederEntry) -> FoundFeeder:
    return FoundFeeder(
        row.feeder_id, row.name, row.station_id, row.is_own, row.substation_id, row.voltage_kv, row.outline
    )


def _area(row: AreaEntry) -> FoundArea:
    return FoundArea(**{name: getattr(row, name) for name in FoundArea.__slots__})


def _unit(row: Unit) -> FoundUnit:
    return FoundUnit(row.unit_id, row.name, Level(row.level), row.parent_id)
