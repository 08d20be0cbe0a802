"""The low-voltage network of each area as a tree: nodes behind one another, each with the line that feeds it."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.rules.theory import hot_resistance_ohm
from lamplighter.business.line_loss.rules.thresholds import Thresholds

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forest:
    """The radial networks of all areas of a block, one node after another, each node after its parent.

    Attributes:
        starts: first node of each area and the end of the last, shape (A + 1,); an area without a usable network has
            none.
        parents: place of the node towards the source, shape (N,); -1 at a root.
        ohm: resistance of one conductor of the branch from the parent, shape (N,), ohm.
        reactance: its reactance likewise, the usual one where the archive has none.
        node_of_meter: node each meter hangs on, shape (M,); -1 where the network does not name it.
        is_service: nodes at the end of a service drop: meters, or a box of them, and no line behind, shape (N,).
    """

    starts: npt.NDArray[np.int32]
    parents: npt.NDArray[np.int32]
    ohm: Floats
    reactance: Floats
    node_of_meter: npt.NDArray[np.int32]
    is_service: npt.NDArray[np.bool_]


def order_tree(
    *, from_nodes: list[str], to_nodes: list[str], ohm: list[float]
) -> tuple[list[str], list[int], list[float]] | None:
    """Return nodes in breadth-first order with parent places and branch resistances, or None when the lines are no
    tree.

    Example:
        >>> order_tree(from_nodes=["bus", "p1"], to_nodes=["p1", "p2"], ohm=[0.1, 0.2])
        (['bus', 'p1', 'p2'], [-1, 0, 1], [0.0, 0.1, 0.2])
        >>> order_tree(from_nodes=["a", "b"], to_nodes=["b", "a"], ohm=[0.1, 0.2]) is None
        True
    """
    below: dict[str, list[int]] = defaultdict(list)
    for line, node in enumerate(from_nodes):
        below[node].append(line)
    ends = set(to_nodes)
    roots = sorted({node for node in from_nodes if node not in ends})
    # Two lines that end in one node are a ring, and several roots are islands: no current can be told for either.
    if len(ends) != len(to_nodes) or len(roots) != 1:
        return None
    nodes, parents, branch = [roots[0]], [-1], [0.0]
    waiting = deque([0])
    while waiting:
        place = waiting.popleft()
        for line in below[nodes[place]]:
            nodes.append(to_nodes[line])
            parents.append(place)
            branch.append(ohm[line])
            waiting.append(len(nodes) - 1)
    return (nodes, parents, branch) if len(nodes) == len(to_nodes) + 1 else None


def build_forest(*, block: AreaBlock, thresholds: Thresholds) -> Forest:
    """Return the networks of the block's areas from ``core_line``; an area without lines, resistance or tree form has
    none.
    """
    lines = block.tables.get("core_line")
    node_place: dict[tuple[int, str], int] = {}
    starts, parents, ohm, reactance = [0], list[int](), list[float](), list[float]()
    grouped = _lines_by_area(lines, thresholds.reactance_ohm_per_km)
    for area, area_id in enumerate(block.area_ids):
        rows = grouped.get(str(area_id))
        tree = None if rows is None else order_tree(from_nodes=rows[0], to_nodes=rows[1], ohm=rows[2])
        if tree is not None:
            base = len(parents)
            for offset, node in enumerate(tree[0]):
                node_place[area, node] = base + offset
            parents += [-1 if parent < 0 else base + parent for parent in tree[1]]
            hot = hot_resistance_ohm(ohm_at_20=1.0, temperature_c=thresholds.conductor_temperature_c)
            ohm += [value * hot for value in tree[2]]
            # The same tree, in the same order.
            assert rows is not None
            also = order_tree(from_nodes=rows[0], to_nodes=rows[1], ohm=rows[3])
            assert also is not None
            reactance += also[2]
        starts.append(len(parents))
    last_area = block.area_of[:, -1] if block.area_of.shape[1] else np.empty(0, np.int32)
    nodes = block.strings("node_id")
    node_of_meter = np.array(
        [node_place.get((int(area), node), -1) for area, node in zip(last_area, nodes, strict=True)], np.int32
    )
    meters_at = np.bincount(node_of_meter[node_of_meter >= 0], minlength=len(parents))
    parent_array = np.array(parents, np.int32)
    branches_at = np.bincount(parent_array[parent_array >= 0], minlength=len(parents))
    return Forest(
        starts=np.array(starts, np.int32),
        parents=parent_array,
        ohm=np.array(ohm, np.float64),
        reactance=np.array(reactance, np.float64),
        node_of_meter=node_of_meter,
        is_service=(meters_at > 0) & (branches_at == 0) & (parent_array >= 0),
    )


Rows = tuple[list[str], list[str], list[float], list[float]]
"""From nodes, to nodes, ohms and reactances of an area's lines."""


def _lines_by_area(lines: pa.Table | None, usual_reactance: float) -> dict[str, Rows]:
    grouped: dict[str, Rows] = {}
    if lines is None or not lines.num_rows:
        return grouped
    lines = lines.filter(pc.is_valid(lines.column("area_id")))
    km = pc.divide(lines.column("length_m"), 1000.0)
    ohm = pc.multiply(km, lines.column("ohm_per_km"))
    reactance = pc.multiply(km, pc.fill_null(_reactances(lines), usual_reactance))
    columns = (lines.column(name).to_pylist() for name in ("area_id", "from_node", "to_node"))
    incomplete: set[str] = set()
    for area, start, end, value, also in zip(*columns, ohm.to_pylist(), reactance.to_pylist(), strict=True):
        rows = grouped.setdefault(area, ([], [], [], []))
        rows[0].append(start)
        rows[1].append(end)
        rows[2].append(value)
        rows[3].append(also)
        if value is None:
            incomplete.add(area)
    # A line without resistance would count as one without loss.
    return {area: rows for area, rows in grouped.items() if area not in incomplete}


def _reactances(lines: pa.Table) -> pa.ChunkedArray | pa.Array:
    if "reactance_ohm_per_km" in lines.column_names:
        return lines.column("reactance_ohm_per_km")
    return pa.nulls(lines.num_rows, pa.float64())
