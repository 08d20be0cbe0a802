"""The low-voltage network of one area: transformer, trunks, poles, service drops."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from lamplighter.methods.powerflow import Network, estimate_drop

_RATED_V = 400.0
_LARGEST_DROP = 0.095  # all customers at their share of the peak
_LARGEST_DROP_ALONE = 0.16  # and one of them at full load besides
_PEAK_OVER_MEAN = 2.6  # of the mean of all customers together, at the winter evening peak


@dataclass(frozen=True, kw_only=True)
class Conductor:
    """One size of line."""

    name: str
    use: str
    ohm_per_km: float
    reactance_ohm_per_km: float
    rated_a: float


@dataclass(frozen=True, kw_only=True)
class Transformer:
    """The area's transformer: rating and losses of its name plate."""

    series: str
    rated_kva: float
    no_load_w: float
    load_w: float

    @property
    def short_circuit_va(self) -> float:
        """Return its short-circuit power, from uk = 4 % (4.5 % from 630 kVA)."""
        return self.rated_kva * 1000 / (0.045 if self.rated_kva >= 630 else 0.04)

    @property
    def rx(self) -> float:
        """Return R/X of its short-circuit impedance."""
        share = (self.load_w / (self.rated_kva * 1000)) / (0.045 if self.rated_kva >= 630 else 0.04)
        return float(share / np.sqrt(1 - share**2))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Lines and nodes of an area; line ``k`` ends in node ``k + 1``.

    Attributes:
        from_node: upstream node of each line, shape (lines,).
        length_m: true length, shape (lines,).
        recorded_length_m: what the archive says, shape (lines,).
        conductor: of each line.
        is_service: whether the line is a service drop to a box, shape (lines,).
        xy_m: place of each node beside the transformer, metres, shape (nodes, 2).
        joint_ohm: contact resistance of each line that no archive knows, shape (lines,).
    """

    from_node: npt.NDArray[np.int64]
    length_m: npt.NDArray[np.float64]
    recorded_length_m: npt.NDArray[np.float64]
    conductor: tuple[Conductor, ...]
    is_service: npt.NDArray[np.bool_]
    xy_m: npt.NDArray[np.float64]
    joint_ohm: npt.NDArray[np.float64]

    def reinforced(self) -> Layout:
        """Return the lines as a planner leaves them who doubled every conductor: half of each length's impedance."""
        return replace(
            self,
            length_m=self.length_m / 2,
            recorded_length_m=self.recorded_length_m / 2,
            joint_ohm=self.joint_ohm / 2,
        )

    def network(self, transformer: Transformer) -> Network:
        """Return the true electrical network, as the power flow takes it."""
        km = self.length_m / 1000
        return Network(
            from_node=self.from_node,
            ohm=km * np.array([c.ohm_per_km for c in self.conductor]) + self.joint_ohm,
            reactance_ohm=km * np.array([c.reactance_ohm_per_km for c in self.conductor]),
            rated_v=_RATED_V,
            short_circuit_va=transformer.short_circuit_va,
            source_rx=transformer.rx,
        )


@cache
def read_conductors() -> dict[str, tuple[Conductor, ...]]:
    """Return the conductors by use, thinnest first."""
    table = tomllib.loads(files(__package__).joinpath("data/conductors.toml").read_text(encoding="utf-8"))
    every = [Conductor(**row) for row in table["conductor"]]
    return {
        use: tuple(sorted((c for c in every if c.use == use), key=lambda c: -c.ohm_per_km))
        for use in {c.use for c in every}
    }


@cache
def _read_transformers() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("data/transformers.toml").read_text(encoding="utf-8"))


def choose_transformer(*, mean_kw: float, rng: np.random.Generator) -> Transformer:
    """Return a transformer that carries the peak of an area with this mean load, with the reserve of its planner."""
    wanted = mean_kw * _PEAK_OVER_MEAN / 0.93 / float(rng.uniform(0.55, 0.95))
    rated = [float(kva) for kva in _read_transformers()["rated_kva"]]
    return make_transformer(rated_kva=next((kva for kva in rated if kva >= wanted), rated[-1]), rng=rng)


def make_transformer(*, rated_kva: float, rng: np.random.Generator) -> Transformer:
    """Return a transformer of this rating, of an older or newer series."""
    table = _read_transformers()
    place = table["rated_kva"].index(rated_kva)
    series = str(rng.choice(["S11", "S13", "S20"], p=[0.5, 0.35, 0.15]))
    facts = table["series"][series]
    return Transformer(
        series=series,
        rated_kva=rated_kva,
        no_load_w=float(facts["no_load_w"][place]),
        load_w=float(facts["load_w"][place]),
    )


def draw_layout(
    *,
    box_kw: npt.NDArray[np.float64],
    box_single_kw: npt.NDArray[np.float64],
    is_heavy: npt.NDArray[np.bool_],
    is_large: npt.NDArray[np.bool_],
    span_m: float,
    difficulty: float,
    rng: np.random.Generator,
) -> tuple[Layout, npt.NDArray[np.int64]]:
    """Return a radial layout for the boxes of an area, and the node of each box.

    Args:
        box_kw: mean load of each box, shape (boxes,).
        box_single_kw: largest load one customer of the box may draw, as a three-phase equivalent, shape (boxes,).
        is_heavy: whether the box gets the thick service cable, shape (boxes,).
        is_large: whether its customer is metered through current transformers, shape (boxes,).
        span_m: distance between poles.
        difficulty: how far the recorded lengths are from the true ones.
        rng: the only source of chance.

    Trunks leave the transformer in different directions; a third of the poles start a branch of thinner wire. The
    trunk is made thick enough for the planner's limit of voltage drop; where the thickest is not enough the lines are
    shortened.
    """
    poles = _draw_poles(boxes=box_kw.size, span_m=span_m, rng=rng)
    box_pole = 1 + np.arange(box_kw.size) * (len(poles.from_node)) // box_kw.size
    # Who is metered through current transformers is large, and fed from the first pole of a trunk.
    first_poles = 1 + np.flatnonzero(poles.from_node == 0)
    box_pole = np.where(is_large, first_poles[np.arange(box_kw.size) % first_poles.size], box_pole)
    drop_m = rng.uniform(6.0, 28.0, box_kw.size)
    angle = rng.uniform(0, 2 * np.pi, box_kw.size)
    box_xy = poles.xy[box_pole] + drop_m[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    kinds = read_conductors()
    service = [
        kinds["service"][2] if heavy else kinds["service"][int(k)]
        for heavy, k in zip(is_heavy, rng.integers(0, 2, box_kw.size), strict=True)
    ]
    from_node = np.concatenate([poles.from_node, box_pole]).astype(np.int64)
    length = np.concatenate([poles.length_m, drop_m])
    lines = from_node.size
    is_service = np.arange(lines) >= poles.from_node.size
    box_node = 1 + poles.from_node.size + np.arange(box_kw.size)
    node_w, node_single_w = np.zeros(lines + 1), np.zeros(lines + 1)
    node_w[box_node], node_single_w[box_node] = box_kw * 1000 * _PEAK_OVER_MEAN, box_single_kw * 1000
    for trunk in kinds["trunk"]:
        conductor = tuple([trunk if is_trunk else kinds["branch"][1] for is_trunk in poles.is_trunk] + service)
        if _diversified_drop(from_node, length, conductor, node_w).max() <= _LARGEST_DROP:
            break
    length = _shorten(from_node, length, conductor, node_w=node_w, node_single_w=node_single_w)
    layout = Layout(
        from_node=from_node,
        length_m=length,
        recorded_length_m=(length * np.exp(rng.normal(0, 0.02 + 0.1 * difficulty, lines))).round(1),
        conductor=conductor,
        is_service=is_service,
        xy_m=np.concatenate([poles.xy, box_xy]),
        joint_ohm=np.where(is_service, rng.gamma(1.5, 0.004, lines), rng.gamma(1.2, 0.0006, lines)),
    )
    return layout, box_node


@dataclass(frozen=True, kw_only=True)
class _Poles:
    from_node: npt.NDArray[np.int64]
    length_m: npt.NDArray[np.float64]
    is_trunk: npt.NDArray[np.bool_]
    xy: npt.NDArray[np.float64]


def _draw_poles(*, boxes: int, span_m: float, rng: np.random.Generator) -> _Poles:
    trunks = int(np.clip(round(boxes / 9), 2, 4))
    per_trunk = max(1, round(boxes / (1.8 * trunks)))
    from_node, length, is_trunk, places = [], [], [], [(0.0, 0.0)]
    for trunk in range(trunks):
        heading = 2 * np.pi * trunk / trunks + float(rng.uniform(-0.4, 0.4))
        last = 0
        for pole in range(per_trunk):
            starts_branch = pole > 0 and float(rng.uniform()) < 0.3
            turn = heading + (np.pi / 2 if starts_branch else float(rng.normal(0, 0.15)))
            step = span_m * float(rng.uniform(0.7, 1.3))
            from_node.append(last)
            length.append(step)
            is_trunk.append(not starts_branch)
            x, y = places[last]
            places.append((x + step * float(np.cos(turn)), y + step * float(np.sin(turn))))
            if not starts_branch:
                last = len(places) - 1
    return _Poles(
        from_node=np.array(from_node), length_m=np.array(length), is_trunk=np.array(is_trunk), xy=np.array(places)
    )


def _diversified_drop(
    from_node: npt.NDArray[np.int64],
    length_m: npt.NDArray[np.float64],
    conductor: tuple[Conductor, ...],
    node_w: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return the drop at each node when all use their share of the peak; unbalance loads the neutral, hence 1.6."""
    ohm = length_m / 1000 * np.array([c.ohm_per_km for c in conductor]) * 1.6
    network = Network(from_node=from_node, ohm=ohm, reactance_ohm=ohm, rated_v=_RATED_V, short_circuit_va=1e9)
    return estimate_drop(network=network, node_w=node_w)


def _shorten(
    from_node: npt.NDArray[np.int64],
    length_m: npt.NDArray[np.float64],
    conductor: tuple[Conductor, ...],
    *,
    node_w: npt.NDArray[np.float64],
    node_single_w: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return lengths at which every box keeps its voltage, its own largest customer at full load included.

    ``node_single_w`` is that customer's load as a three-phase equivalent, shape (nodes,).
    """
    length = length_m.copy()
    ohm_per_m = np.array([c.ohm_per_km for c in conductor]) / 1000
    for _ in range(4 * length.size):
        path_ohm = np.zeros(length.size + 1)
        for line in range(length.size):
            path_ohm[line + 1] = path_ohm[from_node[line]] + length[line] * ohm_per_m[line]
        drop = _diversified_drop(from_node, length, conductor, node_w) + path_ohm * node_single_w / _RATED_V**2
        node = int(drop.argmax())
        if drop[node] <= _LARGEST_DROP_ALONE:
            break
        scale = 0.98 * _LARGEST_DROP_ALONE / drop[node]
        while node > 0:
            length[node - 1] *= scale
            node = int(from_node[node - 1])
    return length
