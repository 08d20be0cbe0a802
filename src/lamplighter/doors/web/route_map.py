"""Routes as a drawing of our own coordinates: no tiles, nothing fetched from outside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lamplighter.business.inspection.planning.desk_queries import CrewDay

WIDTH: Final = 480.0
MARGIN: Final = 18.0
LEAST_SHARE, MOST_SHARE = 0.35, 0.8
"""Height over width is kept between these, so that a long thin county still fits a page."""
HUES: Final = 6
"""Colours of crews in the stylesheet; the seventh crew begins anew."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A stop on the map: its number in the day and the list's row it stands for."""

    x: float
    y: float
    place: int
    number: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A crew's way: from its base past its stops and back."""

    name: str
    hue: int
    points: str
    base: tuple[float, float]
    pins: tuple[Pin, ...]


@dataclass(frozen=True, slots=True)
class RouteMap:
    """A drawing of a day; empty where nothing has a position."""

    width: float
    height: float
    areas: tuple[tuple[float, float], ...]
    lines: tuple[Line, ...]


def draw_routes(days: Sequence[CrewDay], *, areas: Sequence[tuple[float, float]]) -> RouteMap:
    """Return the routes of crews over the areas, true to distance in the middle of the drawing.

    Args:
        days: crews' days.
        areas: longitude and latitude of what is drawn as ground.
    """
    # A stop of a plan has a position: one without is set aside before planning.
    where = {
        stop.number: (stop.longitude, stop.latitude)
        for day in days
        for stop in day.stops
        if stop.longitude is not None and stop.latitude is not None
    }
    places = [*areas, *(day.base for day in days), *where.values()]
    if not places:
        return RouteMap(WIDTH, WIDTH * LEAST_SHARE, (), ())
    west, east = min(place[0] for place in places), max(place[0] for place in places)
    south, north = min(place[1] for place in places), max(place[1] for place in places)
    # A degree of longitude is shorter than one of latitude by the cosine of the latitude.
    narrow = math.cos(math.radians((south + north) / 2))
    wide, tall = max((east - west) * narrow, 1e-4), max(north - south, 1e-4)
    height = WIDTH * min(max(tall / wide, LEAST_SHARE), MOST_SHARE)
    scale = min((WIDTH - 2 * MARGIN) / wide, (height - 2 * MARGIN) / tall)

    def at(longitude: float, latitude: float) -> tuple[float, float]:
        x = WIDTH / 2 + ((longitude - (west + east) / 2) * narrow) * scale
        return round(x, 1), round(height / 2 - (latitude - (south + north) / 2) * scale, 1)

    lines = []
    for place, day in enumerate(days):
        pins = tuple(
            Pin(*at(*where[stop.number]), number, stop.number, f"{stop.arrive} {stop.area_name}")
            for number, stop in enumerate(day.stops, 1)
            if stop.number in where
        )
        base = at(*day.base)
        way = [base, *((pin.x, pin.y) for pin in pins), base]
        lines.append(Line(day.name, place % HUES, " ".join(f"{x},{y}" for x, y in way), base, pins))
    return RouteMap(WIDTH, round(height, 1), tuple(at(*area) for area in areas), tuple(lines))
