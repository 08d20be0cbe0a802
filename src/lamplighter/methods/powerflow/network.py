"""A radial three-phase four-wire network as arrays, and its quick linear voltage drop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class NetworkNotRadial(ValueError):
    """Some node is not reached from the source by exactly one path of lines."""

    def __init__(self, nodes: tuple[int, ...]) -> None:
        self.nodes = nodes
        super().__init__(
            f"{len(nodes)} nodes break the order of a radial network (first: {nodes[:3]}). "
            "Number the nodes so that line k ends in node k + 1 and starts in a lower node."
        )


@dataclass(frozen=True, kw_only=True)
class Network:
    """A tree of lines: line ``k`` joins ``from_node[k]`` (nearer the source) to node ``k + 1``.

    Attributes:
        from_node: upstream node of each line, shape (lines,); the source sits at node 0.
        ohm: resistance of one conductor of each line, shape (lines,).
        reactance_ohm: reactance of one conductor of each line, shape (lines,).
        rated_v: rated phase-to-phase voltage.
        short_circuit_va: short-circuit power of what feeds node 0 (for a transformer: rated VA / uk).
        source_rx: R/X of what feeds node 0.
        neutral_ratio: impedance of the neutral over that of a phase conductor; 0 without a neutral.

    Raises:
        NetworkNotRadial: a line starts in a node that is not nearer the source.
    """

    from_node: IntArray
    ohm: FloatArray
    reactance_ohm: FloatArray
    rated_v: float
    short_circuit_va: float
    source_rx: float = 0.3
    neutral_ratio: float = 1.0

    def __post_init__(self) -> None:
        wrong = np.flatnonzero((self.from_node < 0) | (self.from_node > np.arange(self.from_node.size)))
        if wrong.size:
            raise NetworkNotRadial(tuple(int(k) + 1 for k in wrong))

    @property
    def node_count(self) -> int:
        """Return the number of nodes, the source's included."""
        return int(self.from_node.size) + 1


def estimate_drop(*, network: Network, node_w: FloatArray) -> FloatArray:
    """Return the share of voltage each node loses, by the linear formula Σ P·R / U².

    Args:
        network: the tree.
        node_w: three-phase power drawn at each node, shape (nodes,), W.

    Returns:
        Shape (nodes,), fractions of the rated voltage; 0 at the source.

    Source:
        ΔU/U = Σ (P R + Q X) / U² along the path, with Q left out.

    Example:
        16 kW at the end of 0.1 ohm at 400 V lose one hundredth:

        >>> one = Network(from_node=np.array([0]), ohm=np.array([0.1]), reactance_ohm=np.array([0.1]), rated_v=400.0,
        ...               short_circuit_va=1e6)
        >>> estimate_drop(network=one, node_w=np.array([0.0, 16_000.0])).round(6).tolist()
        [0.0, 0.01]
    """
    through_w = node_w.astype(np.float64).copy()
    for line in range(network.from_node.size - 1, -1, -1):
        through_w[network.from_node[line]] += through_w[line + 1]
    drop = np.zeros(network.node_count)
    for line in range(network.from_node.size):
        drop[line + 1] = drop[network.from_node[line]] + through_w[line + 1] * network.ohm[line] / network.rated_v**2
    return drop
