"""Where things lie, as the map of the desk shows it: outlines of units, and the part of each feeder in each station."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from lamplighter.base.lake import Snapshot
from lamplighter.base.security.actor import Level
from lamplighter.business.network.outlines import Point, surround
from lamplighter.business.network.tables import FEEDER
from lamplighter.journeys.brief.areas import ENERGIES
from lamplighter.journeys.brief.write import OutlinesUnreadable
from lamplighter.journeys.desk_loading.archives import Archives, Row, columns_of

MOST_CORNERS: Final = 240
"""Corners a ring keeps: more would weigh more than they show on a screen."""


def unit_outlines(archives: Archives, *, own: Path | None) -> list[Row]:
    """Return rows of ``UnitOutline``: the company's own outlines, and sketches around the areas of all other units.

    Args:
        archives: units and areas.
        own: GeoJSON the company handed in; None or absent = it handed in none.

    Raises:
        OutlinesUnreadable: the file is not a FeatureCollection of polygons.
    """
    given = _read_outlines(own) if own is not None and own.exists() else {}
    points: dict[str, list[Point]] = {}
    for area in archives.areas:
        if area["longitude"] is None or area["latitude"] is None:
            continue
        # A level that is missing repeats the unit above: each unit counts the area once.
        for unit in {area[f"{level}_id"] for level in Level}:
            points.setdefault(unit, []).append((area["longitude"], area["latitude"]))
    rows = []
    for unit in archives.levels:
        rings = given.get(unit) or ([surround(points[unit])] if unit in points else [])
        if rings:
            rows.append({"unit_id": unit, "rings": rings, "is_sketch": unit not in given})
    return rows


def feeder_entries(state: Snapshot, archives: Archives) -> list[Row]:
    """Return rows of ``FeederEntry``: one a feeder and station it passes through, each with its sketch."""
    feeders = {row["feeder_id"]: row for row in state.read(FEEDER).to_pylist()}
    here: dict[tuple[str, str], list[Row]] = {}
    for row in feeders.values():
        if row["station_id"] in archives.unit_paths:
            here[archives.unit_paths[row["station_id"]].station_id, row["feeder_id"]] = []
    for area in archives.areas:
        here.setdefault((area["station_id"], area["feeder_id"]), []).append(area)
    rows = []
    for (station, feeder_id), areas in sorted(here.items()):
        feeder = feeders.get(feeder_id, {})
        path = archives.area_paths[areas[0]["area_id"]] if areas else archives.unit_paths[station]
        points = [(area["longitude"], area["latitude"]) for area in areas if area["longitude"] is not None]
        ring = surround([(x, y) for x, y in points if y is not None])
        rows.append(
            {
                **columns_of(path),
                "feeder_id": feeder_id,
                "name": feeder.get("name") or feeder_id,
                "is_own": bool(feeder) and feeder["station_id"] == station,
                "substation_id": feeder.get("substation_id") or "",
                "voltage_kv": feeder.get("voltage_kv"),
                "outline": [ring] if ring else [],
            }
        )
    return rows


def _read_outlines(path: Path) -> dict[str, list[list[list[float]]]]:
    """Return unit -> outer rings of a GeoJSON file; holes are not drawn."""
    found: dict[str, list[list[list[float]]]] = {}
    try:
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            shape, unit = feature["geometry"], feature["properties"].get("unit_id")
            if not isinstance(unit, str) or shape["type"] not in ("Polygon", "MultiPolygon"):
                continue
            polygons = [shape["coordinates"]] if shape["type"] == "Polygon" else shape["coordinates"]
            found[unit] = [_thin(polygon[0]) for polygon in polygons]
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise OutlinesUnreadable(path) from error
    return found


def _thin(ring: Sequence[Sequence[Any]]) -> list[list[float]]:
    """Return a closed ring of numbers with few enough corners.

    Raises:
        ValueError: it is no ring.
    """
    corners = [[round(float(x), 5), round(float(y), 5)] for x, y, *_ in ring]
    if len(corners) < 4 or not all(math.isfinite(value) for corner in corners for value in corner):
        raise ValueError("no ring")
    step = -(-len(corners) // MOST_CORNERS)
    kept = corners[:-1:step]
    return [*kept, kept[0]]


def feeder_nights(
    entries: Sequence[Mapping[str, Any]],
    nights: Sequence[Mapping[str, Any]],
    lines: Mapping[str, Mapping[str, Any]],
    archives: Archives,
) -> list[Row]:
    """Return rows of ``FeederNight``: the areas of a station on a feeder added up, and the line's own loss.

    Args:
        entries: rows of ``FeederEntry``.
        nights: rows of ``AreaNight`` of the newest night.
        lines: feeder -> its row of ``out_feeder_loss`` of that night.
        archives: which feeder an area hangs on.
    """
    below: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for night in nights:
        below.setdefault((night["station_id"], archives.area_by_id[night["area_id"]]["feeder_id"]), []).append(night)
    rows = []
    for entry in entries:
        own = below.get((entry["station_id"], entry["feeder_id"]), [])
        line = lines.get(entry["feeder_id"]) if entry["is_own"] else None
        if not own and line is None:
            continue
        computable = [night for night in own if night["is_computable"]]
        told = line if line is not None and line["is_computable"] else {}
        rows.append(
            {
                **{f"{level}_id": entry[f"{level}_id"] for level in Level},
                "feeder_id": entry["feeder_id"],
                "on_date": own[0]["on_date"] if own else line["on_date"] if line else None,
                "area_count": len(own),
                "computable_count": len(computable),
                "coverage": sum(night["coverage"] for night in own) / len(own) if own else None,
                "suspicion_count": sum(night["suspicion_count"] for night in own),
                **{name: _sum(computable, name) for name in ENERGIES},
                "line_supplied_kwh": told.get("supplied_kwh"),
                "line_loss_kwh": told.get("loss_kwh"),
                "line_unexplained_kwh": told.get("unexplained_kwh"),
                "line_boundary": line["boundary"] if line else "",
            }
        )
    return rows


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    known = [row[name] for row in rows if row[name] is not None]
    return float(sum(known)) if known else None
