"""The brief as PDF, drawn from its data by typst."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import UTC
from importlib import resources
from typing import Any, Final

from lamplighter.base.documents import typeset
from lamplighter.base.messages import Language, catalogue
from lamplighter.journeys.brief.payload import build_payload
from lamplighter.journeys.brief.records import Brief
from lamplighter.journeys.brief.settings import BriefSettings, default_settings

MAP_WIDTH: Final = 100.0
MAP_HEIGHT: Final = 78.0
"""Size of the map, mm."""
_BORDER = 4.0
_WORDS = "report."

Ring = list[tuple[float, float]]


def render_pdf(brief: Brief, *, language: Language, settings: BriefSettings | None = None) -> bytes:
    """Return the brief as PDF in one language.

    Args:
        brief: what to show.
        language: its words.
        settings: how much of long tables it carries.
    """
    settings = settings or default_settings()
    data = build_payload(brief, settings)
    data["vocabulary"] = {
        kind: {code: said[language] for code, said in codes.items()} for kind, codes in data["vocabulary"].items()
    }
    for row in data["list"]["rows"]:
        row["depth_words"] = row["depth_words"][language]
        for piece in row["evidence"]:
            piece["words"] = piece["words"][language]
    data["list"]["depth_words"] = data["list"]["depth_words"].get(language, "")
    data |= {
        "language": language,
        "words": {n.removeprefix(_WORDS): said for n, said in catalogue(language).items() if n.startswith(_WORDS)},
        "first_weekday": brief.days[0].on_date.weekday(),
        "map": project_map(data["areas"], brief.outlines),
        "outlines": None,
    }
    template = resources.files(__package__).joinpath("page", "brief.typ").read_text(encoding="utf-8")
    return typeset(template, data, made_at=brief.written_at.replace(tzinfo=UTC))


def project_map(areas: list[dict[str, Any]], outlines: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return polygons and marks in mm on the map's paper; None where no area has a place.

    Degrees of longitude are shortened by the cosine of the middle latitude: enough for a company's land.

    Example:
        One area at the south-west corner of a square of a hundredth of a degree on the equator:

        >>> square = [[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]
        >>> field = {"properties": {"name": "A"}, "geometry": {"type": "Polygon", "coordinates": [square]}}
        >>> land = {"features": [field]}
        >>> area = {"place": [0, 0], "class": "high", "unexplained": 5.0}
        >>> point = project_map([area], land)["points"][0]
        >>> point["x"], point["y"]
        (15.0, 74.0)
    """
    placed = [area for area in areas if area["place"]]
    if not placed:
        return None
    shapes = [(feature["properties"].get("name", ""), list(_rings(feature))) for feature in outlines["features"]]
    corners = [tuple(area["place"]) for area in placed] + [
        point for _, rings in shapes for ring in rings for point in ring
    ]
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    narrow = math.cos(math.radians((south + north) / 2))
    scale = min(
        (MAP_WIDTH - 2 * _BORDER) / max((east - west) * narrow, 1e-9),
        (MAP_HEIGHT - 2 * _BORDER) / max(north - south, 1e-9),
    )
    left = (MAP_WIDTH - (east - west) * narrow * scale) / 2
    bottom = (MAP_HEIGHT + (north - south) * scale) / 2

    def put(longitude: float, latitude: float) -> tuple[float, float]:
        return (
            round(left + (longitude - west) * narrow * scale, 2),
            round(bottom - (latitude - south) * scale, 2),
        )

    most = max(1.0, *(abs(area["unexplained"] or 0.0) for area in placed))
    points = []
    for area in placed:
        x, y = put(*area["place"])
        size = 1.8 + 2.4 * math.sqrt(abs(area["unexplained"] or 0.0) / most)
        points.append({"x": x, "y": y, "class": area["class"], "size": round(size, 2)})
    polygons = [
        {"name": name, "ring": [put(*point) for point in ring]} for name, rings in shapes for ring in rings[:1] if ring
    ]
    return {"width": MAP_WIDTH, "height": MAP_HEIGHT, "polygons": polygons, "points": points}


def _rings(feature: Mapping[str, Any]) -> Iterator[Ring]:
    """Yield the outer ring of each polygon of a feature."""
    geometry = feature["geometry"]
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield [(float(point[0]), float(point[1])) for point in polygon[0]]
