"""Many time steps of one network, three phases each, by power-grid-model's iterative current method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from power_grid_model import CalculationMethod, ComponentType, PowerGridModel, initialize_array
from power_grid_model.errors import PowerGridError  # type: ignore[attr-defined]  # its own docs name this import

from lamplighter.methods.powerflow.network import FloatArray, IntArray, Network

_LINE_IDS = 1_000_000
_SOURCE_ID = 2_000_000
_LOAD_IDS = 3_000_000


class PowerFlowDiverged(ArithmeticError):
    """The network cannot carry the load of at least one time step."""

    def __init__(self, steps: int, reason: str) -> None:
        self.steps, self.reason = steps, reason
        super().__init__(
            f"No power flow for a batch of {steps} steps ({reason.splitlines()[0]}). "
            "The load is more than the lines can carry: use thicker conductors or less load."
        )

    def __reduce__(self) -> tuple[type[PowerFlowDiverged], tuple[int, str]]:
        # So that it can come back from a worker process.
        return type(self), (self.steps, self.reason)


@dataclass(frozen=True, kw_only=True)
class BatchFlow:
    """What the source gave and what each node saw.

    Attributes:
        voltage_v: phase-to-neutral voltage, shape (steps, nodes, 3).
        source_w: active power given at node 0 per phase, shape (steps, 3); negative when the network feeds back.
        source_var: reactive power at node 0 per phase, shape (steps, 3).
    """

    voltage_v: FloatArray
    source_w: FloatArray
    source_var: FloatArray


def solve_batch(
    *,
    network: Network,
    load_node: IntArray,
    load_w: FloatArray,
    load_var: FloatArray,
    source_pu: FloatArray,
    error_tolerance: float = 1e-6,
) -> BatchFlow:
    """Return voltages and supply of every time step.

    Args:
        network: the tree of lines.
        load_node: the node of each load, shape (loads,).
        load_w: active power per load and phase, shape (steps, loads, 3), W; negative = generation.
        load_var: reactive power, same shape, var.
        source_pu: voltage behind the source's own impedance, shape (steps,), of rated.
        error_tolerance: largest change of a voltage between iterations, of rated.

    Returns:
        Voltages at all nodes, and the power that leaves the source at node 0: the source's own impedance is *before*
        that point, so Σ source_w − Σ load_w is the loss of the lines alone.

    Raises:
        PowerFlowDiverged: a step has no solution.

    Source:
        power-grid-model, asymmetric calculation, iterative current. The neutral is folded into the zero sequence:
        Z0 = Z1 · (1 + 3 · neutral_ratio).

    Example:
        One line of 0.1 ohm with a neutral of the same size, 2.3 kW on phase A alone: about 10 A through 0.2 ohm.

        >>> one = Network(from_node=np.array([0]), ohm=np.array([0.1]), reactance_ohm=np.array([1e-6]), rated_v=400.0,
        ...               short_circuit_va=1e9)
        >>> flow = solve_batch(network=one, load_node=np.array([1]), load_w=np.array([[[2300.0, 0, 0]]]),
        ...                    load_var=np.zeros((1, 1, 3)), source_pu=np.ones(1))
        >>> round(float(flow.voltage_v[0, 0, 0] - flow.voltage_v[0, 1, 0]), 1)
        2.0
    """
    model = PowerGridModel(_describe_network(network, load_node))
    steps, loads = load_w.shape[0], load_node.size
    load_update = {
        "id": np.tile(np.arange(loads, dtype=np.int32) + _LOAD_IDS, (steps, 1)),
        "p_specified": np.ascontiguousarray(load_w, dtype=np.float64),
        "q_specified": np.ascontiguousarray(load_var, dtype=np.float64),
    }
    source_update = {
        "id": np.full((steps, 1), _SOURCE_ID, dtype=np.int32),
        "u_ref": np.ascontiguousarray(source_pu, dtype=np.float64).reshape(steps, 1),
    }
    try:
        result = model.calculate_power_flow(
            symmetric=False,
            update_data={ComponentType.asym_load: load_update, ComponentType.source: source_update},
            calculation_method=CalculationMethod.iterative_current,
            error_tolerance=error_tolerance,
            output_component_types={ComponentType.node: ["u"], ComponentType.source: ["p", "q"]},
            threading=-1,
        )
    except PowerGridError as error:
        raise PowerFlowDiverged(steps, str(error)) from error
    return BatchFlow(
        voltage_v=np.asarray(result[ComponentType.node]["u"], dtype=np.float64),
        source_w=np.asarray(result[ComponentType.source]["p"], dtype=np.float64)[:, 0, :],
        source_var=np.asarray(result[ComponentType.source]["q"], dtype=np.float64)[:, 0, :],
    )


def _describe_network(network: Network, load_node: IntArray) -> dict[ComponentType, np.ndarray]:
    nodes, lines, loads = network.node_count, network.from_node.size, load_node.size
    node = initialize_array("input", ComponentType.node, nodes)
    node["id"], node["u_rated"] = np.arange(nodes), network.rated_v
    line = initialize_array("input", ComponentType.line, lines)
    line["id"] = np.arange(lines) + _LINE_IDS
    line["from_node"], line["to_node"] = network.from_node, np.arange(lines) + 1
    line["from_status"] = line["to_status"] = 1
    zero_sequence = 1.0 + 3.0 * network.neutral_ratio
    line["r1"], line["x1"] = network.ohm, network.reactance_ohm
    line["r0"], line["x0"] = network.ohm * zero_sequence, network.reactance_ohm * zero_sequence
    for name in ("c1", "tan1", "c0", "tan0"):
        line[name] = 0.0
    source = initialize_array("input", ComponentType.source, 1)
    source["id"], source["node"], source["status"], source["u_ref"] = _SOURCE_ID, 0, 1, 1.0
    source["sk"], source["rx_ratio"], source["z01_ratio"] = network.short_circuit_va, network.source_rx, 1.0
    load = initialize_array("input", ComponentType.asym_load, loads)
    load["id"], load["node"], load["status"], load["type"] = np.arange(loads) + _LOAD_IDS, load_node, 1, 0
    load["p_specified"], load["q_specified"] = 0.0, 0.0
    return {
        ComponentType.node: node,
        ComponentType.line: line,
        ComponentType.source: source,
        ComponentType.asym_load: load,
    }
