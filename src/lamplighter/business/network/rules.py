"""Rules of the network: a sound organisation, and neighbouring areas together in buckets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.network.records import Level, UnitPlace

BUCKET_METERS: Final = 400
"""Meters from which a bucket is full: the unit of parallel work, about 15 MB of readings a month."""
BUCKET_METERS_MOST: Final = 600
AREA_METERS_GUESS: Final = 60
"""Meters an area is taken to have as long as none is registered on it."""


class CyclicOrganisation(LamplighterError):
    """Units of the organisation stand above themselves."""

    def __init__(self, units: Sequence[str]) -> None:
        self.units = tuple(units)
        super().__init__(
            text("network.cyclic_organisation", count=len(units), chain=" → ".join([*units[:6], units[0]]))
        )


def place_units(parents: Mapping[str, str | None], levels: Mapping[str, str]) -> dict[str, UnitPlace]:
    """Return where each unit stands.

    Args:
        parents: unit -> unit above it; None at the top. Every parent is itself a key.
        levels: unit -> its level.

    Raises:
        CyclicOrganisation: units stand above themselves.

    Example:
        >>> places = place_units({"P": None, "S": "P"}, {"P": "province", "S": "station"})
        >>> {level.value: unit for level, unit in places["S"].above.items()}
        {'province': 'P', 'city': 'P', 'county': 'P', 'station': 'S'}
    """
    return {unit: UnitPlace(unit, _above(_chain(unit, parents), levels)) for unit in parents}


def _chain(unit: str, parents: Mapping[str, str | None]) -> list[str]:
    """Return the units from ``unit`` up."""
    chain = [unit]
    while (above := parents[chain[-1]]) is not None:
        if above in chain:
            raise CyclicOrganisation(chain[chain.index(above) :])
        chain.append(above)
    return chain


def _above(chain: Sequence[str], levels: Mapping[str, str]) -> dict[Level, str]:
    by_level = {Level(levels[unit]): unit for unit in reversed(chain)}
    found: dict[Level, str] = {}
    nearest = chain[-1]
    for level in Level:
        nearest = by_level.get(level, nearest)
        found[level] = nearest
    return found


@dataclass(frozen=True, slots=True)
class AreaPlace:
    """What decides which areas are neighbours.

    Args:
        area_id: the area.
        station: ids from the province down to the station, so that neighbouring stations sort together.
        feeder_id: feeder it hangs on, empty when unknown.
        meter_count: meters on it, 0 when none is registered yet.
    """

    area_id: str
    station: tuple[str, ...]
    feeder_id: str
    meter_count: int


def assign_buckets(
    areas: Sequence[AreaPlace],
    *,
    given: Mapping[str, int],
    full_meters: int = BUCKET_METERS,
    most_meters: int = BUCKET_METERS_MOST,
) -> dict[str, int]:
    """Return the bucket of every area: what was given once stays, neighbours come together.

    Areas in order of station and feeder fill a bucket until it has ``full_meters``; one that would take it past
    ``most_meters`` opens the next. A feeder that fits into one bucket is not cut: a meter booked on the wrong area
    mostly hangs on a neighbour of it. New areas of a station fill its last bucket first.

    Args:
        areas: every area there is.
        given: area -> bucket given earlier.
        full_meters: meters from which a bucket is full.
        most_meters: meters a bucket of several areas may have.

    Example:
        >>> areas = [AreaPlace(f"A{i}", ("S",), "F", 300) for i in range(3)]
        >>> assign_buckets(areas, given={})
        {'A0': 0, 'A1': 0, 'A2': 1}
    """
    buckets = {area.area_id: given[area.area_id] for area in areas if area.area_id in given}
    filled: dict[int, int] = {}
    last_of: dict[tuple[str, ...], int] = {}
    for area in areas:
        if area.area_id in buckets:
            bucket = buckets[area.area_id]
            filled[bucket] = filled.get(bucket, 0) + _meters(area)
            last_of[area.station] = max(bucket, last_of.get(area.station, -1))
    newest = max(given.values(), default=-1)
    current = -1
    new = [area for area in areas if area.area_id not in buckets]
    for (station, _), members in groupby(sorted(new, key=_by_place), key=lambda a: (a.station, a.feeder_id)):
        feeder = list(members)
        whole = sum(_meters(area) for area in feeder)
        for number, area in enumerate(feeder):
            current = last_of.get(station, current)
            full = filled.get(current, 0)
            is_apart = whole > most_meters
            wanted = _meters(area) if is_apart else whole
            opens = (number == 0 or is_apart) and (full >= full_meters or full + wanted > most_meters)
            if current < 0 or opens:
                newest += 1
                current = newest
            buckets[area.area_id] = current
            filled[current] = filled.get(current, 0) + _meters(area)
            last_of[station] = current
    return buckets


def _by_place(area: AreaPlace) -> tuple[tuple[str, ...], str, str]:
    return area.station, area.feeder_id, area.area_id


def _meters(area: AreaPlace) -> int:
    return area.meter_count or AREA_METERS_GUESS
