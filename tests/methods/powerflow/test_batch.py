"""Power flow against hand calculation, laws of energy, and failure."""

import pickle

import numpy as np
import pytest

from lamplighter.methods.powerflow import Network, NetworkNotRadial, PowerFlowDiverged, estimate_drop, solve_batch


def draw_network(*, ohm: list[float], from_node: list[int], neutral_ratio: float = 1.0) -> Network:
    return Network(
        from_node=np.array(from_node),
        ohm=np.array(ohm),
        reactance_ohm=np.full(len(ohm), 1e-6),
        rated_v=400.0,
        short_circuit_va=1e9,
        neutral_ratio=neutral_ratio,
    )


class TestSolveBatch:
    def test_balanced_load_loses_three_i_squared_r(self) -> None:
        # (SOURCE) 0 --0.1 ohm-- 1, 6 kW: 2 kW a phase, about 8.73 A; loss 3 x 8.73² x 0.1 = 22.8 W.
        network = draw_network(ohm=[0.1], from_node=[0])

        flow = solve_batch(
            network=network,
            load_node=np.array([1]),
            load_w=np.full((1, 1, 3), 2000.0),
            load_var=np.zeros((1, 1, 3)),
            source_pu=np.ones(1),
        )

        assert flow.source_w.sum() - 6000.0 == pytest.approx(22.8, abs=0.2)

    def test_one_phase_alone_drops_twice_through_its_neutral(self) -> None:
        network = draw_network(ohm=[0.1], from_node=[0])
        one_phase = np.array([[[2300.0, 0.0, 0.0]]])

        flow = solve_batch(
            network=network,
            load_node=np.array([1]),
            load_w=one_phase,
            load_var=np.zeros((1, 1, 3)),
            source_pu=np.ones(1),
        )

        drop = flow.voltage_v[0, 0] - flow.voltage_v[0, 1]
        assert drop[0] == pytest.approx(2.0, abs=0.05)
        # The neutral's shift lifts the idle phases: half of one ohmic drop each.
        assert drop[1] < 0
        assert drop[2] < 0

    def test_roof_that_feeds_back_raises_its_voltage(self) -> None:
        network = draw_network(ohm=[0.1], from_node=[0])

        flow = solve_batch(
            network=network,
            load_node=np.array([1]),
            load_w=np.full((1, 1, 3), -2000.0),
            load_var=np.zeros((1, 1, 3)),
            source_pu=np.ones(1),
        )

        assert (flow.voltage_v[0, 1] > flow.voltage_v[0, 0]).all()
        assert flow.source_w.sum() < 0

    def test_batch_equals_its_steps_one_by_one(self) -> None:
        # (SOURCE) 0 -- 1 -- 2
        #               |--- 3
        rng = np.random.default_rng(1)
        network = draw_network(ohm=[0.05, 0.1, 0.2], from_node=[0, 1, 1])
        watt = rng.uniform(0, 1500, (4, 2, 3))
        whole = solve_batch(
            network=network,
            load_node=np.array([2, 3]),
            load_w=watt,
            load_var=0.2 * watt,
            source_pu=np.array([1.0, 1.02, 0.98, 1.03]),
        )

        third = solve_batch(
            network=network,
            load_node=np.array([2, 3]),
            load_w=watt[2:3],
            load_var=0.2 * watt[2:3],
            source_pu=np.array([0.98]),
        )

        assert whole.voltage_v[2] == pytest.approx(third.voltage_v[0], abs=1e-3)

    def test_too_much_load_is_refused_with_its_steps(self) -> None:
        network = draw_network(ohm=[5.0], from_node=[0])

        with pytest.raises(PowerFlowDiverged) as refusal:
            solve_batch(
                network=network,
                load_node=np.array([1]),
                load_w=np.full((2, 1, 3), 50_000.0),
                load_var=np.zeros((2, 1, 3)),
                source_pu=np.ones(2),
            )

        assert refusal.value.steps == 2

    def test_refusal_comes_back_from_a_worker_process(self) -> None:
        refusal = PowerFlowDiverged(96, "no convergence")

        again = pickle.loads(pickle.dumps(refusal))

        assert (again.steps, again.reason) == (96, "no convergence")


class TestNetwork:
    def test_refuses_a_line_that_starts_below_its_end(self) -> None:
        with pytest.raises(NetworkNotRadial) as refusal:
            draw_network(ohm=[0.1, 0.1], from_node=[0, 2])

        assert refusal.value.nodes == (2,)


class TestEstimateDrop:
    def test_adds_up_along_the_path(self) -> None:
        # 8 kW at node 1, 8 kW at node 2 behind it: 16 kW x 0.1 / 160000 = 1 %, then half of that more.
        network = draw_network(ohm=[0.1, 0.1], from_node=[0, 1])

        drop = estimate_drop(network=network, node_w=np.array([0.0, 8000.0, 8000.0]))

        assert drop == pytest.approx([0.0, 0.01, 0.015])
