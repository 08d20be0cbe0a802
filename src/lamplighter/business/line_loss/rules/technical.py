"""Technical loss of an area from its network: currents summed along the tree, squared, times resistance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.line_loss.rules.balance import measures_both_ways, role_codes
from lamplighter.business.line_loss.rules.currents import amperes_per_kwh
from lamplighter.business.line_loss.rules.network_tree import Forest
from lamplighter.business.line_loss.rules.thresholds import Thresholds
from lamplighter.business.line_loss.rules.voltage_drop import SUMS, add_drops, resistance_factor
from lamplighter.business.trusted_energy.records import TrustedEnergy

Floats = npt.NDArray[np.float64]
DAYS_PER_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Technical:
    """Technical loss from the network. Axes: A areas, D days, S slots.

    Attributes:
        day_kwh: shape (A, D), the allowance for meters included; NaN where the area has no usable network.
        slot_kwh: float32, shape (A, D, S).
        placed_share: share of the area's meters the network has a node for, shape (A,).
        factor: true over recorded resistance as the voltages tell it, contained in the energies, shape (A, D).
        error: standard deviation of the loss as a share of it, shape (A, D).
    """

    day_kwh: Floats
    slot_kwh: npt.NDArray[np.float32]
    placed_share: Floats
    factor: Floats
    error: Floats


def technical_losses(*, block: AreaBlock, trusted: TrustedEnergy, forest: Forest, thresholds: Thresholds) -> Technical:
    """Return the loss of each area's lines from the currents its meters imply, slot by slot.

    The current of a meter is its trusted energy over voltage and power factor, both measured where a channel has
    them. Currents are summed by phase from the leaves to the transformer; a branch loses R (Ia² + Ib² + Ic² + k In²),
    the neutral's current being their vector sum, phases 120 degrees apart and each customer at its own power factor.
    A three-phase meter loads its phases alike. Days known only by a register are spread flat and raised by the form
    factor (TLL-3). Where meters and transformer show voltages, the loss is that of the lines as they are and not as
    they were recorded (``voltage_drop``).

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
    amperes, cosines = amperes_per_kwh(block, trusted, phases, thresholds)
    reverse = trusted.reverse_kwh if trusted.reverse_kwh is not None else np.empty((0, 0, 0), np.float32)
    day_kwh = np.full((areas, days), np.nan)
    slot_kwh = np.full((areas, days, slots), np.nan, np.float32)
    order = np.argsort(block.area_of, axis=0, kind="stable").astype(np.int32)
    flat = np.where(
        np.isfinite(trusted.day_kwh),
        trusted.day_kwh / block.multipliers[:, None] / block.slot_counts[None, :] * thresholds.form_factor_squared**0.5,
        0.0,
    )
    volts = [block.channels.get(f"voltage_{letter}_v") for letter in "abc"]
    has_voltage = all(channel is not None for channel in volts)
    # Without voltages there is nothing to hold the drop against, and the kernel does not work it out.
    sums = np.zeros((len(roles) if has_voltage else 0, 3, days, SUMS))
    nothing = np.empty((0, 0, 0), np.float32)
    volts_a, volts_b, volts_c = (nothing if not has_voltage or channel is None else channel for channel in volts)
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
        forest.reactance,
        cosines,
        thresholds.neutral_ratio,
        block.interval_minutes / 60.0,
        volts_a,
        volts_b,
        volts_c,
        day_kwh,
        slot_kwh,
        sums,
    )
    found = resistance_factor(
        sums=sums,
        area_of=block.area_of[: len(sums)],
        areas=areas,
        window_days=int(thresholds.voltage_days),
        prior_error=thresholds.technical_error,
        floor_error=thresholds.technical_error_voltage,
        spread=thresholds.resistance_spread,
    )
    allowance, placed = _allowances(block, roles, phases, forest, thresholds)
    return Technical(
        day_kwh=day_kwh * found.factor + allowance,
        slot_kwh=(slot_kwh * found.factor[:, :, None]).astype(np.float32),
        placed_share=placed,
        factor=found.factor,
        error=found.error,
    )


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
    starts, parents, ohm, reactance, cosines, neutral, hours, volts_a, volts_b, volts_c, day_kwh, slot_kwh, sums,
):  # fmt: skip
    meters, days, slots = metered.shape
    areas = len(starts) - 1
    has_reverse = reverse.shape[0] == meters
    widest = 0
    for a in range(areas):
        widest = max(widest, starts[a + 1] - starts[a])
    if widest == 0:
        return
    # Of each phase's current the part in phase with the voltage, and the part a quarter behind it.
    active, lagging = np.empty((widest, 3, slots), np.float32), np.empty((widest, 3, slots), np.float32)
    resistive, reactive = np.empty((widest, 3, slots), np.float32), np.empty((widest, 3, slots), np.float32)
    lost = np.empty(slots, np.float64)
    root = np.float32(3.0**0.5)
    for d in range(days):
        at = 0
        while at < meters and area_of[order[at, d], d] < 0:
            at += 1
        for a in range(areas):
            first, nodes = starts[a], starts[a + 1] - starts[a]
            begin, supply = at, -1
            active[:nodes] = 0.0
            lagging[:nodes] = 0.0
            while at < meters and area_of[order[at, d], d] == a:
                m = order[at, d]
                at += 1
                if roles[m] == 1:
                    supply = m
                if nodes == 0 or roles[m] == 1 or roles[m] > 2:
                    continue
                node = node_of[m] - first
                if node < 0 or node >= nodes:
                    # A meter the network does not place loads the transformer only.
                    node = 0
                sign = -1.0 if (roles[m] == 2 and not both_ways[m]) else 1.0
                low, high = (0, 3) if phases[m] == 3 else (phases[m], phases[m] + 1)
                spread = np.float32(flat[m, d])
                cosine = cosines[m, d]
                sine = np.sqrt(max(np.float32(1.0) - cosine * cosine, np.float32(0.0)))
                for p in range(low, high):
                    factor = np.float32(sign * amperes[m, d, p])
                    forward, behind = factor * cosine, factor * sine
                    for s in range(slots):
                        value = metered[m, d, s]
                        if np.isnan(value):
                            value = spread
                        active[node, p, s] += forward * value
                        lagging[node, p, s] += behind * value
                    if has_reverse:
                        for s in range(slots):
                            value = reverse[m, d, s]
                            active[node, p, s] -= np.float32(0.0) if np.isnan(value) else forward * value
            if nodes == 0:
                continue
            lost[:] = 0.0
            for k in range(nodes - 1, 0, -1):
                up = parents[first + k] - first
                r = ohm[first + k]
                for s in range(slots):
                    x, y, z = active[k, 0, s], active[k, 1, s], active[k, 2, s]
                    u, v, w = lagging[k, 0, s], lagging[k, 1, s], lagging[k, 2, s]
                    active[up, 0, s] += x
                    active[up, 1, s] += y
                    active[up, 2, s] += z
                    lagging[up, 0, s] += u
                    lagging[up, 1, s] += v
                    lagging[up, 2, s] += w
                    squares = x * x + y * y + z * z + u * u + v * v + w * w
                    between = x * y + y * z + z * x + u * v + v * w + w * u
                    between += root * (x * v - u * y + y * w - v * z + z * u - w * x)
                    lost[s] += r * (squares + neutral * (squares - between))
            total = 0.0
            for s in range(slots):
                if s < slot_counts[d]:
                    energy = lost[s] * hours / 1000.0
                    slot_kwh[a, d, s] = energy
                    total += energy
            day_kwh[a, d] = total
            if supply < 0 or sums.shape[0] == 0:
                continue
            add_drops(active, lagging, first, nodes, parents, ohm, reactance, neutral, resistive, reactive)
            for place in range(begin, at):
                m = order[place, d]
                node = node_of[m] - first
                if m == supply or node <= 0 or node >= nodes or roles[m] > 2:
                    continue
                low, high = (0, 3) if phases[m] == 3 else (phases[m], phases[m] + 1)
                for p in range(low, high):
                    # A single-phase meter shows its voltage on channel a, whichever phase it hangs on.
                    own = p if phases[m] == 3 else 0
                    source = volts_a[supply, d] if p == 0 else (volts_b[supply, d] if p == 1 else volts_c[supply, d])
                    shown = volts_a[m, d] if own == 0 else (volts_b[m, d] if own == 1 else volts_c[m, d])
                    sign = -1.0 if (roles[m] == 2 and not both_ways[m]) else 1.0
                    _compare(
                        source, shown, resistive[node, p], reactive[node, p], metered[m, d], sign * amperes[m, d, p],
                        sums[m, own, d],
                    )  # fmt: skip


@njit(cache=True, nogil=True)
def _compare(source, volts, resistive, reactive, kwh, factor, into):  # type: ignore[no-untyped-def]
    """Add a day of one meter's phase to its sums; see ``voltage_drop.SUMS``."""
    # Every second slot: a slope needs no more.
    for s in range(0, len(resistive), 2):
        y = source[s] - volts[s]
        # Beyond a fifth of the voltage it is not a drop but a phase that was lost, or a line voltage.
        if np.isnan(y) or np.isnan(kwh[s]) or abs(y) > 0.2 * source[s]:
            continue
        x = np.float64(resistive[s] + reactive[s])
        into[0] += 1.0
        into[1] += y
        into[2] += x
        into[3] += x * x
        into[4] += x * y
        into[5] += resistive[s] * factor * kwh[s]
