"""Lines of a BDGD geodatabase, turned away from their source so that each network is a tree."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Collection
from typing import Any

Row = dict[str, Any]


def read_lines(
    *, layers: Collection[str], rows_of: Callable[[str], list[Row]], feeders: list[Row], transformers: list[Row]
) -> tuple[list[Row], int]:
    """Return all pieces of line as rows of the company folder, and how many no path leads to from their source.

    A transformer's place on its feeder is a node named as its area, behind a link without length.

    Args:
        layers: layers the geodatabase has; without conductors (``SEGCON``) no resistance is known and no line returned.
        rows_of: reads a layer.
        feeders, transformers: rows of CTMT and UNTRMT.
    """
    if "SEGCON" not in layers:
        return [], 0
    cables = {str(row["COD_ID"]): row for row in rows_of("SEGCON")}
    low = [row for layer in ("SSDBT", "RAMLIG") if layer in layers for row in rows_of(layer)]
    medium = rows_of("SSDMT") if "SSDMT" in layers else []
    switches = [row for layer in ("UNSEMT", "UNREMT") if layer in layers for row in rows_of(layer)]
    found: list[Row] = []
    left_out = 0
    by_area: dict[str, list[Row]] = defaultdict(list)
    for row in low:
        by_area[str(row["UNI_TR_MT"])].append(row)
    for row in transformers:
        pieces = by_area.get(str(row["COD_ID"]), [])
        turned = orient_lines(root=str(row["PAC_2"]), pieces=pieces)
        left_out += len(pieces) - len(turned)
        found += [_line(piece, start, end, cables, area=str(row["COD_ID"])) for piece, start, end in turned]
    for row in feeders:
        feeder = str(row["COD_ID"])
        pieces = [piece for piece in [*medium, *switches] if str(piece["CTMT"]) == feeder]
        turned = orient_lines(root=str(row["PAC_INI"]), pieces=pieces)
        left_out += len(pieces) - len(turned)
        found += [_line(piece, start, end, cables, feeder=feeder) for piece, start, end in turned]
        reached = {end for _, _, end in turned}
        for area in transformers:
            if str(area["CTMT"]) == feeder and str(area["PAC_1"]) in reached:
                link = {"FAS_CON": area["FAS_CON_P"], "TIP_CND": None, "COMP": 0.0}
                found.append(_line(link, str(area["PAC_1"]), str(area["COD_ID"]), cables, feeder=feeder))
    return found, left_out


def orient_lines(*, root: str, pieces: list[Row]) -> list[tuple[Row, str, str]]:
    """Return the pieces reached from ``root`` with their ends turned away from it, each node reached once: the tree
    of the network.

    Args:
        root: connection point of the source.
        pieces: records with the connection points ``PAC_1`` and ``PAC_2``, in any direction.

    Example:
        >>> found = orient_lines(root="T", pieces=[{"PAC_1": "a", "PAC_2": "b"}, {"PAC_1": "a", "PAC_2": "T"}])
        >>> [(start, end) for _, start, end in found]
        [('T', 'a'), ('a', 'b')]
    """
    at: dict[str, list[tuple[Row, str]]] = defaultdict(list)
    for piece in pieces:
        first, second = str(piece["PAC_1"]), str(piece["PAC_2"])
        at[first].append((piece, second))
        at[second].append((piece, first))
    found: list[tuple[Row, str, str]] = []
    reached, waiting = {root}, deque([root])
    while waiting:
        start = waiting.popleft()
        for piece, end in at[start]:
            if end not in reached:
                reached.add(end)
                waiting.append(end)
                found.append((piece, start, end))
    return found


def _line(
    piece: Row,
    start: str,
    end: str,
    cables: dict[str, Row],
    *,
    area: str | None = None,
    feeder: str | None = None,
) -> Row:
    cable = cables.get(str(piece.get("TIP_CND")))
    return {
        "area_id": area,
        "feeder_id": feeder,
        "from_node": start,
        "to_node": end,
        "phases": (str(piece["FAS_CON"] or "").strip()).replace("N", ""),
        "conductor": None if cable is None else str(cable["R_REGUL"]),
        # Switches and regulators have no length of their own.
        "length_m": float(piece.get("COMP") or 0.0),
        "ohm_per_km": 0.0 if cable is None else float(cable["R1"]),
        "reactance_ohm_per_km": 0.0 if cable is None else float(cable["X1"]),
    }
