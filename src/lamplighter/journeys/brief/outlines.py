"""Draw the land of each station around its areas, where the company gave no outlines of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lamplighter.journeys.brief.records import Area

Point = tuple[float, float]

_MARGIN_DEGREES = 0.004
"""About 400 m: an outline does not run through the areas at its edge."""


def draw_outlines(areas: Sequence[Area]) -> Mapping[str, object]:
    """Return one polygon a station, the convex hull of its areas' places with a margin, as GeoJSON.

    It is a sketch from the archive's points, not a boundary of administration.
    """
    points: dict[str, list[Point]] = {}
    names: dict[str, str] = {}
    for area in areas:
        place = area.place
        if place.longitude is not None and place.latitude is not None:
            points.setdefault(place.station_id, []).append((place.longitude, place.latitude))
            names[place.station_id] = place.station
    features: list[dict[str, Any]] = []
    for station_id, own in sorted(points.items()):
        corners = [
            (longitude + east * _MARGIN_DEGREES, latitude + north * _MARGIN_DEGREES)
            for longitude, latitude in own
            for east, north in ((1, 0.4), (1, -0.4), (-1, 0.4), (-1, -0.4), (0.4, 1), (-0.4, 1), (0.4, -1), (-0.4, -1))
        ]
        ring = [[round(x, 5), round(y, 5)] for x, y in hull(corners)]
        features.append(
            {
                "type": "Feature",
                "properties": {"name": names[station_id], "unit_id": station_id},
                "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            }
        )
    return {"type": "FeatureCollection", "is_sketch": True, "features": features}


def hull(points: Sequence[Point]) -> list[Point]:
    """Return the corners of the convex hull, counter-clockwise (Andrew's monotone chain).

    Example:
        >>> hull([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
        [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def chain(way: Sequence[Point]) -> list[Point]:
        kept: list[Point] = []
        for point in way:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return [*chain(ordered), *chain(ordered[::-1])]


def _turn(first: Point, second: Point, third: Point) -> float:
    return (second[0] - first[0]) * (third[1] - first[1]) - (second[1] - first[1]) * (third[0] - first[0])
