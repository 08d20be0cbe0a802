"""The fictional province: units from province to station, where they lie, and the outlines of their land.

No real place is meant: names are put together from syllables, and the land is a rectangle of nowhere in particular.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

_FIRST = ("岚", "霁", "溯", "桉", "葳", "峤", "澹", "筠", "棠", "翊", "昀", "珺", "蘅", "皓", "芷", "澍")
_LAST = ("川", "屿", "泽", "陵", "汀", "埠", "浦", "湾", "原", "坞", "渡", "桥", "岗", "塘", "圩", "甸")

FEEDERS_PER_STATION = 2
_LEFT, _BOTTOM = 108.0, 27.0
_AREA_STEP = 0.006


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One unit of the organisation, with the rectangle of land it serves (west, south, east, north in degrees)."""

    unit_id: str
    parent_id: str | None
    level: str
    name: str
    bounds: tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Organisation:
    """The tree of units and how feeders belong to it.

    Attributes:
        units: all units, parents before children.
        counties: number of counties; stations are dealt to them in equal runs.
        stations: number of stations.
    """

    units: tuple[Unit, ...]
    counties: int
    stations: int

    def county_of_station(self, station: int) -> int:
        """Return the county a station belongs to."""
        return station * self.counties // self.stations


def station_of_feeder(feeder: int) -> int:
    """Return the station that runs a feeder."""
    return feeder // FEEDERS_PER_STATION


def station_id(station: int) -> str:
    """Return the id of a station, as in every file."""
    return f"U4{station:05d}"


def county_id(county: int) -> str:
    """Return the id of a county."""
    return f"U3{county:04d}"


def make_organisation(settings: SimulationSettings) -> Organisation:
    """Return the organisation that fits the number of feeders.

    Example:
        60 areas lie on 8 feeders, run by 4 stations in 3 counties of 2 cities:

        >>> organisation = make_organisation(SimulationSettings())
        >>> [unit.level for unit in organisation.units].count("station"), organisation.counties
        (4, 3)
    """
    stations = -(-settings.feeders // FEEDERS_PER_STATION)
    counties = max(min(3, stations), -(-stations // 12))
    cities = max(min(2, counties), -(-counties // 8))
    names = _NameGiver(settings.seed)
    boxes = [_station_bounds(k, settings) for k in range(stations)]
    county_of = [k * counties // stations for k in range(stations)]
    city_of = [k * cities // counties for k in range(counties)]
    county_boxes = [
        _surround([box for box, c in zip(boxes, county_of, strict=True) if c == k]) for k in range(counties)
    ]
    city_boxes = [
        _surround([box for box, c in zip(county_boxes, city_of, strict=True) if c == k]) for k in range(cities)
    ]
    units = [Unit(unit_id="U1", parent_id=None, level="province", name=names.give("省"), bounds=_surround(city_boxes))]
    for k in range(cities):
        units.append(
            Unit(unit_id=f"U2{k:03d}", parent_id="U1", level="city", name=names.give("市"), bounds=city_boxes[k])
        )
    for k in range(counties):
        parent = f"U2{city_of[k]:03d}"
        units.append(
            Unit(unit_id=county_id(k), parent_id=parent, level="county", name=names.give("县"), bounds=county_boxes[k])
        )
    for k in range(stations):
        parent = county_id(county_of[k])
        units.append(
            Unit(unit_id=station_id(k), parent_id=parent, level="station", name=names.give("供电所"), bounds=boxes[k])
        )
    return Organisation(units=tuple(units), counties=counties, stations=stations)


def area_position(*, feeder: int, area_of_feeder: int, settings: SimulationSettings) -> tuple[float, float]:
    """Return longitude and latitude of a transformer: areas of a feeder lie side by side, 600 m apart."""
    west, south, _, _ = _station_bounds(station_of_feeder(feeder), settings)
    row = feeder % FEEDERS_PER_STATION
    columns = 5
    x, y = area_of_feeder % columns, area_of_feeder // columns + row * (settings.areas_per_feeder // columns + 1)
    jitter = open_stream(seed=settings.seed, purpose="place", number=feeder * 64 + area_of_feeder).uniform(-0.3, 0.3, 2)
    return (
        round(west + _AREA_STEP * (x + 0.6 + float(jitter[0])), 6),
        round(south + _AREA_STEP * (y + 0.6 + float(jitter[1])), 6),
    )


def draw_outlines(organisation: Organisation) -> dict[str, object]:
    """Return the land of all units as a GeoJSON FeatureCollection."""
    features = [
        {
            "type": "Feature",
            "properties": {"unit_id": unit.unit_id, "level": unit.level, "name": unit.name},
            "geometry": {"type": "Polygon", "coordinates": [_ring(unit.bounds)]},
        }
        for unit in organisation.units
    ]
    return {"type": "FeatureCollection", "features": features}


def _ring(bounds: tuple[float, float, float, float]) -> list[list[float]]:
    west, south, east, north = (round(edge, 6) for edge in bounds)
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def _station_bounds(station: int, settings: SimulationSettings) -> tuple[float, float, float, float]:
    width = _AREA_STEP * 5.4
    rows = (settings.areas_per_feeder // 5 + 1) * FEEDERS_PER_STATION
    height = _AREA_STEP * (rows + 0.4)
    stations = -(-settings.feeders // FEEDERS_PER_STATION)
    columns = max(1, round(float(np.sqrt(stations))))
    west, south = _LEFT + width * (station % columns), _BOTTOM + height * (station // columns)
    return west, south, west + width, south + height


def _surround(boxes: list[tuple[float, float, float, float]]) -> tuple[float, float, float, float]:
    table = np.array(boxes)
    west, south = table[:, :2].min(axis=0)
    east, north = table[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)


class _NameGiver:
    """Gives each unit a name nobody else has."""

    def __init__(self, seed: int) -> None:
        order = open_stream(seed=seed, purpose="names").permutation(len(_FIRST) * len(_LAST))
        self._order = [int(k) for k in order]
        self._given = 0

    def give(self, suffix: str) -> str:
        turn, place = divmod(self._given, len(self._order))
        first, last = divmod(self._order[place], len(_LAST))
        self._given += 1
        return f"{_FIRST[first]}{_LAST[last]}{'' if turn == 0 else turn + 1}{suffix}"
