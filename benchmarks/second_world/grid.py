"""The low-voltage network of an area: a radial tree of four-wire lines behind one transformer, solved by sweeps.

Sweeps backward (currents) and forward (voltages) with phasors of each phase and the current of the neutral. The last
pair of sweeps defines what everybody uses, so that supply = use + losses holds to the last digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from benchmarks.second_world.surroundings import Floats

PHASE_V: Final = 225.0
CONDUCTORS: Final = (("JKLYJ-120", 0.253, 0.31), ("JKLYJ-70", 0.443, 0.33), ("JKLYJ-50", 0.641, 0.34))
SERVICE_OHM_PER_KM: Final = (1.2, 1.91)
TRANSFORMERS: Final = ((100, 0.20, 1.5), (200, 0.34, 2.6), (315, 0.48, 3.65), (400, 0.57, 4.3), (630, 0.81, 6.2))
"""Rated kVA, no-load loss kW, load loss kW: S11, domain rules 4.6."""
SHORT_CIRCUIT_SHARE: Final = 0.04
SWEEPS: Final = 3

Integers = npt.NDArray[np.int64]
Phasors = npt.NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Network:
    """The tree of an area. Node 0 is the bus of the transformer; a node's parent comes before it.

    Attributes:
        parent: node towards the transformer, shape (K,); -1 for node 0.
        length_m: true length of the line to the parent, shape (K,).
        archived_m: length the archive says, shape (K,).
        conductor: place in `CONDUCTORS`, shape (K,).
        joint_ohm: what a joint adds that nobody knows of, shape (K,).
    """

    parent: Integers
    length_m: Floats
    archived_m: Floats
    conductor: Integers
    joint_ohm: Floats

    @property
    def impedance(self) -> Phasors:
        """Of one conductor of the line to the parent, the neutral being like the phases, shape (K,), ohm."""
        ohm = np.array([one[1] for one in CONDUCTORS])[self.conductor]
        reactance = np.array([one[2] for one in CONDUCTORS])[self.conductor]
        return self.length_m / 1000.0 * (ohm + 1j * reactance) + self.joint_ohm


def draw_network(rng: np.random.Generator, boxes: int) -> Network:
    """Draw a tree with a node for each meter box: two to four trunks, some of them branched."""
    trunks = int(rng.integers(2, 5))
    parent, ends = [-1], [0] * trunks
    thickness = [0]
    for _ in range(boxes):
        trunk = int(rng.integers(0, trunks))
        branches = len(parent) > 4 and rng.random() < 0.2
        above = int(rng.integers(1, len(parent))) if branches else ends[trunk]
        parent.append(above)
        thickness.append(min(thickness[above] + int(rng.random() < 0.25), len(CONDUCTORS) - 1))
        if not branches:
            ends[trunk] = len(parent) - 1
    length = rng.uniform(15.0, 45.0, len(parent))
    length[0] = 0.0
    poor = rng.random(len(parent)) < 0.06
    return Network(
        parent=np.array(parent),
        length_m=length,
        archived_m=np.round(length * rng.normal(1.0, 0.06, len(length))),
        conductor=np.array(thickness),
        joint_ohm=np.where(poor, rng.uniform(0.01, 0.05, len(length)), 0.0),
    )


@dataclass(frozen=True, slots=True)
class Legs:
    """Single-phase loads of an area: a single-phase customer has one leg, a three-phase customer three.

    Attributes:
        node: where the service leaves the line, shape (L,).
        phase: 0 to 2, shape (L,).
        service: impedance of the service's whole loop, shape (L,), ohm.
        power: asked for, negative = fed in, shape (L, T), kW.
        tangent: reactive by active power, shape (L,).
    """

    node: Integers
    phase: Integers
    service: Phasors
    power: Floats
    tangent: Floats


@dataclass(frozen=True, slots=True)
class Flow:
    """The solved area, over T instants.

    Attributes:
        voltage: at the end of each leg's service, shape (L, T), V.
        current: of each leg, shape (L, T), A.
        power: what each leg really takes, shape (L, T), kW.
        source_voltage: at the transformer's bus, shape (3, T), V.
        source_current: shape (3, T), A.
        supply: what leaves the transformer's bus, each phase, shape (3, T), kW.
        line_loss: in lines and services, shape (T,), kW.
        transformer_loss: no-load and load loss, shape (T,), kW.
    """

    voltage: Floats
    current: Floats
    power: Floats
    source_voltage: Floats
    source_current: Floats
    supply: Floats
    line_loss: Floats
    transformer_loss: Floats


def solve_area(network: Network, legs: Legs, feeding: Floats, *, transformer: int) -> Flow:
    """Return voltages, currents and losses of an area.

    Args:
        network: its tree.
        legs: its loads.
        feeding: voltage behind the transformer's impedance, shape (T,), per unit of 225 V.
        transformer: place in `TRANSFORMERS`.

    Example:
        2 kW at the end of 100 m of 0.253 ohm/km: the lines lose I^2 R in phase and neutral.

        >>> line = Network(np.array([-1, 0]), np.array([0.0, 100.0]), np.zeros(2), np.zeros(2, int), np.zeros(2))
        >>> leg = Legs(np.array([1]), np.array([0]), np.zeros(1, complex), np.full((1, 1), 2.0), np.zeros(1))
        >>> flow = solve_area(line, leg, np.ones(1), transformer=1)
        >>> round(float(flow.line_loss[0] * 1000 / flow.current[0, 0] ** 2), 4)
        0.0506
    """
    rated_kva, no_load, load = TRANSFORMERS[transformer]
    base = 3.0 * PHASE_V**2 / (rated_kva * 1000.0)
    resistance = load / rated_kva * base
    own = complex(resistance, np.sqrt((SHORT_CIRCUIT_SHARE * base) ** 2 - resistance**2))
    size, instants = legs.power.shape
    voltage, current, power = (np.empty((size, instants)) for _ in range(3))
    source = [np.empty((3, instants)) for _ in range(3)]
    losses = np.empty((2, instants))
    _sweep(
        network.parent,
        network.impedance,
        legs.node,
        legs.phase,
        legs.service,
        legs.power * 1000.0,
        legs.tangent,
        feeding * PHASE_V,
        own,
        voltage,
        current,
        power,
        *source,
        losses,
    )
    return Flow(
        voltage=voltage,
        current=current,
        power=power / 1000.0,
        source_voltage=source[0],
        source_current=source[1],
        supply=source[2] / 1000.0,
        line_loss=losses[0] / 1000.0,
        transformer_loss=losses[1] / 1000.0 + no_load * feeding**2,
    )


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def _sweep(  # type: ignore[no-untyped-def]
    parent, impedance, node, phase, service, power, tangent, feeding, own,
    voltage, current, used, source_v, source_i, supply, losses,
):  # fmt: skip
    nodes, legs, instants = len(parent), len(node), power.shape[1]
    turn = np.array([1.0 + 0.0j, np.exp(-2j * np.pi / 3), np.exp(2j * np.pi / 3)])
    at_node = np.empty((nodes, 3), np.complex128)
    flowing = np.empty((nodes, 3), np.complex128)
    at_leg = np.empty(legs, np.complex128)
    in_leg = np.empty(legs, np.complex128)
    for leg in range(legs):
        at_leg[leg] = feeding[0] * turn[phase[leg]]
    for t in range(instants):
        for _ in range(SWEEPS):
            flowing[:] = 0.0
            for leg in range(legs):
                asked = power[leg, t] * (1.0 + 1j * tangent[leg])
                in_leg[leg] = np.conj(asked / at_leg[leg])
                flowing[node[leg], phase[leg]] += in_leg[leg]
            for k in range(nodes - 1, 0, -1):
                for p in range(3):
                    flowing[parent[k], p] += flowing[k, p]
            for p in range(3):
                at_node[0, p] = feeding[t] * turn[p] - own * flowing[0, p]
            for k in range(1, nodes):
                neutral = flowing[k, 0] + flowing[k, 1] + flowing[k, 2]
                for p in range(3):
                    at_node[k, p] = at_node[parent[k], p] - impedance[k] * (flowing[k, p] + neutral)
            for leg in range(legs):
                at_leg[leg] = at_node[node[leg], phase[leg]] - service[leg] * in_leg[leg]
        lost = 0.0
        for k in range(1, nodes):
            neutral = flowing[k, 0] + flowing[k, 1] + flowing[k, 2]
            square = np.abs(neutral) ** 2
            for p in range(3):
                square += np.abs(flowing[k, p]) ** 2
            lost += impedance[k].real * square
        for leg in range(legs):
            lost += service[leg].real * np.abs(in_leg[leg]) ** 2
            voltage[leg, t], current[leg, t] = np.abs(at_leg[leg]), np.abs(in_leg[leg])
            used[leg, t] = (at_leg[leg] * np.conj(in_leg[leg])).real
        losses[0, t], losses[1, t] = lost, 0.0
        for p in range(3):
            source_v[p, t], source_i[p, t] = np.abs(at_node[0, p]), np.abs(flowing[0, p])
            supply[p, t] = (at_node[0, p] * np.conj(flowing[0, p])).real
            losses[1, t] += own.real * source_i[p, t] ** 2
