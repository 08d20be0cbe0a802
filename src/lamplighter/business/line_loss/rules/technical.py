"""Technical loss of an area from its network: currents summed along the tree, squared, times resistance."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.rules.balance import measures_both_ways, role_codes
from lamplighter.business.line_loss.rules.theory import hot_resistance_ohm
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.trusted_energy.records import TrustedEnergy

Floats = npt.NDArray[np.float64]
DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Forest:
    """The radial networks of all areas of a block, one node after another, each node after its parent.

    Attributes:
        starts: first node of each area and the end of the last, shape (A + 1,); an area without a usable network has
            none.
        parents: place of the node towards the source, shape (N,); -1 at a root.
        ohm: resistance of one conductor of the branch from the parent, shape (N,), ohm.
        node_of_meter: node each meter hangs on, shape (M,); -1 where the network does not name it.
        is_service: nodes at the end of a service drop: meters, or a box of them, and no line behind, shape (N,).
    """

    starts: npt.NDArray[np.int32]
    parents: npt.NDArray[np.int32]
    ohm: Floats
    node_of_meter: npt.NDArray[np.int32]
    is_service: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Technical:
    """Technical loss from the network. Axes: A areas, D days, S slots.

    Attributes:
        day_kwh: shape (A, D), the allowance for meters included; NaN where the area has no usable network.
        slot_kwh: float32, shape (A, D, S).
        placed_share: share of the area's meters the network has a node for, shape (A,).
    """

    day_kwh: Floats
    slot_kwh: npt.NDArray[np.float32]
    placed_share: Floats


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
    starts, parents, ohm = [0], list[int](), list[float]()
    grouped = _lines_by_area(lines)
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
        node_of_meter=node_of_meter,
        is_service=(meters_at > 0) & (branches_at == 0) & (parent_array >= 0),
    )


def _lines_by_area(lines: pa.Table | None) -> dict[str, tuple[list[str], list[str], list[float]]]:
    grouped: dict[str, tuple[list[str], list[str], list[float]]] = {}
    if lines is None or not lines.num_rows:
        return grouped
    lines = lines.filter(pc.is_valid(lines.column("area_id")))
    ohm = pc.divide(pc.multiply(lines.column("length_m"), lines.column("ohm_per_km")), 1000.0)
    columns = (lines.column(name).to_pylist() for name in ("area_id", "from_node", "to_node"))
    incomplete: set[str] = set()
    for area, start, end, value in zip(*columns, ohm.to_pylist(), strict=True):
        rows = grouped.setdefault(area, ([], [], []))
        rows[0].append(start)
        rows[1].append(end)
        rows[2].append(value)
        if value is None:
            incomplete.add(area)
    # A line without resistance would count as one without loss.
    return {area: rows for area, rows in grouped.items() if area not in incomplete}


def technical_losses(*, block: AreaBlock, trusted: TrustedEnergy, forest: Forest, thresholds: Thresholds) -> Technical:
    """Return the loss of each area's lines from the currents its meters imply, slot by slot.

    The current of a meter is its trusted energy over voltage and power factor, both measured where a channel has
    them. Currents are summed by phase from the leaves to the transformer; a branch loses R (Ia² + Ib² + Ic² + k In²),
    the neutral's current being Ia² + Ib² + Ic² - IaIb - IbIc - IcIa for phases 120 degrees apart at one power factor.
    A three-phase meter loads its phases alike. Days known only by a register are spread flat and raised by the form
    factor (TLL-3).

    Args:
        block: archive (phase, node, rated voltage), channels.
        trusted: energies.
        forest: see :func:`build_forest`.
        thresholds: power factor, neutral, allowance.

    Returns:
        kWh, summed in float64.
    """
    areas, (_, days, slots) = len(block.area_ids), block.shape
    roles = role_codes(block)
    both_ways = measures_both_ways(roles=roles, day_reverse_kwh=trusted.day_reverse_kwh)
    phases = np.array([{"A": 0, "B": 1, "C": 2}.get(str(phase), 3) for phase in block.strings("phase")], np.int8)
    amperes = _amperes_per_kwh(block, trusted, phases, thresholds)
    reverse = trusted.reverse_kwh if trusted.reverse_kwh is not None else np.empty((0, 0, 0), np.float32)
    day_kwh = np.full((areas, days), np.nan)
    slot_kwh = np.full((areas, days, slots), np.nan, np.float32)
    order = np.argsort(block.area_of, axis=0, kind="stable").astype(np.int32)
    flat = np.where(
        np.isfinite(trusted.day_kwh),
        trusted.day_kwh / block.multipliers[:, None] / block.slot_counts[None, :] * thresholds.form_factor_squared**0.5,
        0.0,
    )
    _sum_tree(
        roles,
        both_ways,
        phases,
        order,
        block.area_of,
        forest.node_of_meter,
        amperes,
        trusted.metered_kwh,
        flat,
        reverse,
        block.slot_counts,
        forest.starts,
        forest.parents,
        forest.ohm,
        thresholds.neutral_ratio,
        block.interval_minutes / 60.0,
        day_kwh,
        slot_kwh,
    )
    allowance, placed = _allowances(block, roles, phases, forest, thresholds)
    return Technical(day_kwh=day_kwh + allowance, slot_kwh=slot_kwh, placed_share=placed)


def _amperes_per_kwh(
    block: AreaBlock, trusted: TrustedEnergy, phases: npt.NDArray[np.int8], thresholds: Thresholds
) -> npt.NDArray[np.float32]:
    """Return the current of each phase that one metered kWh in a slot means, A per kWh, shape (M, D, 3).

    Where currents are measured, their sum over the day by the sum of the energy: that holds voltage, power factor and
        the
    imbalance of a three-phase customer at once. Otherwise from voltage and power factor, phases alike.
    """
    meters, days, _ = block.shape
    rated = np.repeat(block.numbers("rated_voltage_v", default=220.0)[:, None], days, axis=1)
    # 380 V and 400 V plates state the voltage between phases.
    rated = np.where(rated > 300.0, rated / 3**0.5, rated)
    voltage = _day_means(block, "voltage_a_v", fallback=rated, low=0.7 * rated, high=1.3 * rated)
    unity = np.ones((meters, days))
    factor = _day_means(block, "power_factor", fallback=unity * thresholds.power_factor, low=unity * 0.5, high=unity)
    shares = np.where(phases == 3, 3.0, 1.0)
    hours = block.interval_minutes / 60.0
    reckoned = block.multipliers[:, None] * 1000.0 / hours / voltage / factor / shares[:, None]
    found = np.repeat(reckoned[:, :, None], 3, axis=2)
    if "current_a_a" in block.channels:
        # Currents are those of the meter's own terminals: the multiplier holds the current ratio and the voltage ratio.
        ratio = block.multipliers / block.numbers("pt_ratio", default=1.0)
        none = np.empty((0, 0, 0), np.float32)
        _measure_currents(
            phases,
            ratio,
            trusted.metered_kwh,
            none if trusted.reverse_kwh is None else trusted.reverse_kwh,
            block.channels["current_a_a"],
            block.channels.get("current_b_a", none),
            block.channels.get("current_c_a", none),
            reckoned * shares[:, None],
            found,
        )
    return found.astype(np.float32)


@njit(cache=True, nogil=True)
def _measure_currents(  # type: ignore[no-untyped-def]
    phases, ratio, metered, reverse, current_a, current_b, current_c, reckoned, found
):  # fmt: skip
    meters, days, slots = metered.shape
    has_reverse = reverse.shape[0] == meters
    has_three = current_b.shape[0] == meters and current_c.shape[0] == meters
    for m in range(meters):
        three = phases[m] == 3
        if three and not has_three:
            continue
        for d in range(days):
            energy, a, b, c = 0.0, 0.0, 0.0, 0.0
            # Every second slot: a ratio of sums needs no more.
            for s in range(0, slots, 2):
                kwh = metered[m, d, s]
                if has_reverse and not np.isnan(reverse[m, d, s]):
                    kwh += reverse[m, d, s]
                first = current_a[m, d, s]
                if np.isnan(kwh) or np.isnan(first):
                    continue
                if three:
                    second, third = current_b[m, d, s], current_c[m, d, s]
                    if np.isnan(second) or np.isnan(third):
                        continue
                    b += abs(second)
                    c += abs(third)
                energy += kwh
                a += abs(first)
            if energy <= 0.0:
                continue
            scale = ratio[m] / energy
            total = (a + b + c) * scale
            # A current far from what the energy implies is a fault of one of them, and no reason to heat a line.
            if total < 0.5 * reckoned[m, d] or total > 3.0 * reckoned[m, d]:
                continue
            if three:
                found[m, d, 0], found[m, d, 1], found[m, d, 2] = a * scale, b * scale, c * scale
            else:
                found[m, d, :] = a * scale


def _day_means(block: AreaBlock, channel: str, *, fallback: Floats, low: Floats, high: Floats) -> Floats:
    """Return each meter-day's mean of a channel; where it is absent or out of [low, high], the area's mean, then
    ``fallback``.
    """
    values = block.channels.get(channel)
    if values is None:
        return fallback
    means = np.empty(fallback.shape)
    _mean_days(values, means)
    good = (means >= low) & (means <= high)
    areas = len(block.area_ids)
    place = block.area_of * block.area_of.shape[1] + np.arange(block.area_of.shape[1])[None, :]
    used = good & (block.area_of >= 0)
    sums = np.bincount(place[used], weights=means[used], minlength=areas * block.area_of.shape[1])
    counts = np.bincount(place[used], minlength=areas * block.area_of.shape[1])
    with np.errstate(invalid="ignore"):
        area_mean = sums / counts
    of_area = np.where(block.area_of >= 0, area_mean[np.maximum(place, 0)], np.nan)
    return np.where(good, means, np.where(np.isfinite(of_area), of_area, fallback))


@njit(cache=True, nogil=True)
def _mean_days(values, means):  # type: ignore[no-untyped-def]
    meters, days, slots = values.shape
    for m in range(meters):
        for d in range(days):
            total, count = 0.0, 0
            # Every fourth slot: the mean of a day of voltages needs no more.
            for s in range(0, slots, 4):
                value = values[m, d, s]
                if value > 0.0:
                    total += value
                    count += 1
            means[m, d] = total / count if count else np.nan


def _allowances(
    block: AreaBlock,
    roles: npt.NDArray[np.int8],
    phases: npt.NDArray[np.int8],
    forest: Forest,
    thresholds: Thresholds,
) -> tuple[Floats, Floats]:
    """Return TLL-7 kWh a day (A, D) for meters whose service drop the network lacks, and the share of meters it
    places (A,).
    """
    areas, days = len(block.area_ids), block.area_of.shape[1]
    billed = (roles == 0) | (roles == 2)
    monthly = np.where(phases == 3, thresholds.allowance_three_kwh, thresholds.allowance_single_kwh)
    placed = forest.node_of_meter >= 0
    modelled = placed & forest.is_service[np.maximum(forest.node_of_meter, 0)] if len(forest.parents) else placed
    weight = np.where(billed & ~modelled, monthly / DAYS_PER_MONTH, 0.0)
    allowance = np.zeros((areas, days))
    for d in range(days):
        hung = (block.area_of[:, d] >= 0) & block.is_live[:, d]
        allowance[:, d] = np.bincount(block.area_of[hung, d], weights=weight[hung], minlength=areas)
    last = block.area_of[:, -1]
    counted = billed & (last >= 0)
    total = np.bincount(last[counted], minlength=areas)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.bincount(last[counted & placed], minlength=areas) / total
    return allowance, np.where(total > 0, share, 0.0)


@njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def _sum_tree(  # type: ignore[no-untyped-def]
    roles, both_ways, phases, order, area_of, node_of, amperes, metered, flat, reverse, slot_counts,
    starts, parents, ohm, neutral, hours, day_kwh, slot_kwh,
):  # fmt: skip
    meters, days, slots = metered.shape
    areas = len(starts) - 1
    has_reverse = reverse.shape[0] == meters
    widest = 0
    for a in range(areas):
        widest = max(widest, starts[a + 1] - starts[a])
    if widest == 0:
        return
    amps = np.empty((widest, 3, slots), np.float32)
    lost = np.empty(slots, np.float64)
    for d in range(days):
        at = 0
        while at < meters and area_of[order[at, d], d] < 0:
            at += 1
        for a in range(areas):
            first, nodes = starts[a], starts[a + 1] - starts[a]
            amps[:nodes] = 0.0
            while at < meters and area_of[order[at, d], d] == a:
                m = order[at, d]
                at += 1
                if nodes == 0 or roles[m] == 1 or roles[m] > 2:
                    continue
                node = node_of[m] - first
                if node < 0 or node >= nodes:
                    # A meter the network does not place loads the transformer only.
                    node = 0
                sign = -1.0 if (roles[m] == 2 and not both_ways[m]) else 1.0
                low, high = (0, 3) if phases[m] == 3 else (phases[m], phases[m] + 1)
                spread = np.float32(flat[m, d])
                for p in range(low, high):
                    factor = np.float32(sign * amperes[m, d, p])
                    for s in range(slots):
                        value = metered[m, d, s]
                        amps[node, p, s] += factor * (spread if np.isnan(value) else value)
                if has_reverse:
                    for p in range(low, high):
                        factor = np.float32(sign * amperes[m, d, p])
                        for s in range(slots):
                            value = reverse[m, d, s]
                            amps[node, p, s] -= np.float32(0.0) if np.isnan(value) else factor * value
            if nodes == 0:
                continue
            lost[:] = 0.0
            for k in range(nodes - 1, 0, -1):
                up = parents[first + k] - first
                r = ohm[first + k]
                for s in range(slots):
                    x, y, z = amps[k, 0, s], amps[k, 1, s], amps[k, 2, s]
                    amps[up, 0, s] += x
                    amps[up, 1, s] += y
                    amps[up, 2, s] += z
                    squares = x * x + y * y + z * z
                    between = x * y + y * z + z * x
                    lost[s] += r * (squares + neutral * (squares - between))
            total = 0.0
            for s in range(slots):
                if s < slot_counts[d]:
                    energy = lost[s] * hours / 1000.0
                    slot_kwh[a, d, s] = energy
                    total += energy
            day_kwh[a, d] = total
