"""Draw the land of each station around its areas, where the company gave no outlines of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lamplighter.business.network.outlines import Point, surround
from lamplighter.journeys.brief.records import Area


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
        ring = surround(own)
        features.append(
            {
                "type": "Feature",
                "properties": {"name": names[station_id], "unit_id": station_id},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "is_sketch": True, "features": features}
