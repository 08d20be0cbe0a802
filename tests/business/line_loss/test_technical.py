"""Technical loss from a network, on feeders small enough to reckon by hand."""

import numpy as np
import pytest

from lamplighter.business.line_loss.rules.network_tree import build_forest, order_tree
from lamplighter.business.line_loss.rules.technical import technical_losses
from tests.business.line_loss.drawing import THRESHOLDS, Drawn, draw

# At 220 V and cos phi 1, 2.2 kW are 10 A: 52.8 kWh a day.
UNITY = THRESHOLDS.replace(power_factor=1.0)
TEN_AMPERES = 52.8


def technical(meters, lines, thresholds=UNITY, **settings):
    drawing = draw(meters, lines=lines, **settings)
    forest = build_forest(block=drawing.block, thresholds=thresholds)
    return technical_losses(block=drawing.block, trusted=drawing.trusted, forest=forest, thresholds=thresholds)


class TestTree:
    def test_refuses_a_ring(self):
        assert order_tree(from_nodes=["a", "b", "c"], to_nodes=["b", "c", "b"], ohm=[1, 1, 1]) is None

    def test_refuses_an_island(self):
        assert order_tree(from_nodes=["a", "x"], to_nodes=["b", "y"], ohm=[1, 1]) is None

    def test_puts_every_node_after_its_parent(self):
        nodes, parents, _ = order_tree(from_nodes=["b", "a", "a"], to_nodes=["d", "b", "c"], ohm=[1, 1, 1])

        assert nodes[0] == "a"
        assert all(parent < place for place, parent in enumerate(parents))


class TestNetworkLoss:
    def test_loses_i_squared_r_in_both_wires_of_a_single_phase_branch(self):
        # bus --0.5 ohm-- n1: 2 wires x 10² x 0.5 = 100 W, 2.4 kWh a day.
        found = technical([Drawn("customer", TEN_AMPERES, node="n1")], [("A0", "bus", "n1", 0.5)])

        assert found.day_kwh[0, 0] == pytest.approx(2.4, rel=1e-6)

    def test_leaves_the_neutral_of_a_balanced_branch_cold(self):
        # The same 10 A in each of three phases: 3 x 10² x 0.5 = 150 W.
        meters = [Drawn("customer", TEN_AMPERES, node="n1", phase=phase) for phase in "ABC"]
        found = technical(meters, [("A0", "bus", "n1", 0.5)])

        assert found.day_kwh[0, 0] == pytest.approx(3.6, rel=1e-6)

    def test_shares_a_three_phase_meter_among_its_phases(self):
        found = technical([Drawn("customer", 3 * TEN_AMPERES, node="n1", phase="ABC")], [("A0", "bus", "n1", 0.5)])

        assert found.day_kwh[0, 0] == pytest.approx(3.6, rel=1e-6)

    def test_adds_currents_towards_the_transformer(self):
        # bus --0.1-- p --0.5-- n1 (10 A), p --0.5-- n2 (10 A): 2 x (20² x 0.1 + 2 x 10² x 0.5) = 280 W.
        meters = [Drawn("customer", TEN_AMPERES, node="n1"), Drawn("customer", TEN_AMPERES, node="n2")]
        lines = [("A0", "bus", "p", 0.1), ("A0", "p", "n1", 0.5), ("A0", "p", "n2", 0.5)]

        assert technical(meters, lines).day_kwh[0, 0] == pytest.approx(0.280 * 24, rel=1e-6)

    def test_lets_solar_on_the_same_branch_relieve_it(self):
        meters = [
            Drawn("customer", TEN_AMPERES, node="n1"),
            Drawn("solar", TEN_AMPERES, node="n1"),
        ]
        assert technical(meters, [("A0", "bus", "n1", 0.5)]).day_kwh[0, 0] == pytest.approx(0.0)

    def test_loses_more_in_a_day_of_peaks_than_in_an_even_one(self):
        # All of it in 12 of 24 hours: twice the current half the time, twice the loss.
        peaky = np.zeros((1, 24))
        peaky[0, :12] = TEN_AMPERES / 12
        found = technical([Drawn("customer", peaky, node="n1")], [("A0", "bus", "n1", 0.5)])

        assert found.day_kwh[0, 0] == pytest.approx(4.8, rel=1e-6)

    def test_raises_a_day_known_by_its_register_by_the_form_factor(self):
        drawing = draw([Drawn("customer", TEN_AMPERES, node="n1")], lines=[("A0", "bus", "n1", 0.5)])
        drawing.trusted.metered_kwh[:] = np.nan
        forest = build_forest(block=drawing.block, thresholds=UNITY)
        found = technical_losses(block=drawing.block, trusted=drawing.trusted, forest=forest, thresholds=UNITY)

        assert found.day_kwh[0, 0] == pytest.approx(2.4 * UNITY.form_factor_squared, rel=1e-6)

    def test_uses_the_measured_voltage(self):
        # 200 V instead of 220 V: (220 / 200)² of the loss.
        drawing = draw([Drawn("customer", TEN_AMPERES, node="n1")], lines=[("A0", "bus", "n1", 0.5)])
        drawing.block.channels["voltage_a_v"] = np.full((1, 1, 24), 200.0, np.float32)
        forest = build_forest(block=drawing.block, thresholds=UNITY)
        found = technical_losses(block=drawing.block, trusted=drawing.trusted, forest=forest, thresholds=UNITY)

        assert found.day_kwh[0, 0] == pytest.approx(2.4 * 1.21, rel=1e-6)

    def test_multiplies_the_meter(self):
        found = technical([Drawn("customer", TEN_AMPERES / 4, node="n1", multiplier=4)], [("A0", "bus", "n1", 0.5)])

        assert found.day_kwh[0, 0] == pytest.approx(2.4, rel=1e-6)

    def test_allows_for_the_service_drop_only_where_the_network_lacks_it(self):
        # TLL-7: 1 kWh a month for a meter hung straight on a pole from which the line goes on.
        meters = [
            Drawn("customer", 0.0, node="pole"),
            Drawn("customer", 0.0, node="box"),
            Drawn("customer", 0.0, node="box"),
        ]
        found = technical(meters, [("A0", "bus", "pole", 0.1), ("A0", "pole", "box", 0.1)])

        assert found.day_kwh[0, 0] == pytest.approx(1 / (365.25 / 12))

    def test_follows_measured_currents_in_voltage_power_factor_and_imbalance(self):
        # All 30 A of a three-phase customer in phase A, as measured: both wires at 30² x 0.5 ohm = 900 W.
        drawing = draw([Drawn("customer", 3 * TEN_AMPERES, node="n1", phase="ABC")], lines=[("A0", "bus", "n1", 0.5)])
        for channel, amperes in (("current_a_a", 30.0), ("current_b_a", 0.0), ("current_c_a", 0.0)):
            drawing.block.channels[channel] = np.full((1, 1, 24), amperes, np.float32)
        forest = build_forest(block=drawing.block, thresholds=UNITY)
        found = technical_losses(block=drawing.block, trusted=drawing.trusted, forest=forest, thresholds=UNITY)

        assert found.day_kwh[0, 0] == pytest.approx(0.9 * 24, rel=1e-5)

    def test_does_not_follow_a_current_that_the_energy_denies(self):
        drawing = draw([Drawn("customer", TEN_AMPERES, node="n1")], lines=[("A0", "bus", "n1", 0.5)])
        drawing.block.channels["current_a_a"] = np.full((1, 1, 24), 50.0, np.float32)
        forest = build_forest(block=drawing.block, thresholds=UNITY)
        found = technical_losses(block=drawing.block, trusted=drawing.trusted, forest=forest, thresholds=UNITY)

        assert found.day_kwh[0, 0] == pytest.approx(2.4, rel=1e-6)

    def test_knows_nothing_of_an_area_with_a_line_of_unknown_resistance(self):
        found = technical([Drawn("customer", 10, node="n1")], [("A0", "bus", "n1", None)])

        assert np.isnan(found.day_kwh).all()

    def test_tells_areas_apart(self):
        meters = [
            Drawn("customer", TEN_AMPERES, node="n1", area=0),
            Drawn("customer", 2 * TEN_AMPERES, node="n1", area=1),
        ]
        found = technical(meters, [("A0", "bus", "n1", 0.5), ("A1", "bus", "n1", 0.5)], areas=2)

        assert found.day_kwh[:, 0] == pytest.approx([2.4, 9.6], rel=1e-6)

    def test_says_how_many_meters_the_network_places(self):
        meters = [Drawn("customer", 1, node="n1"), Drawn("customer", 1, node="elsewhere")]

        assert technical(meters, [("A0", "bus", "n1", 0.5)]).placed_share[0] == 0.5


class TestLinesAsTheVoltagesShowThem:
    """bus --0.5 ohm-- n1, one customer on phase A: at 10 A through both wires 10 V should be lost on the way."""

    def found(self, *, times: float, days: int = 40, apart: float = 0.0):
        use = np.tile(np.linspace(0.5, 1.5, 24), (days, 1)) * TEN_AMPERES / 24
        meters = [Drawn("supply", use * 1.05), Drawn("customer", use, node="n1")]
        drawing = draw(meters, lines=[("A0", "bus", "n1", 0.5)], days=days)
        volts = np.full((2, days, 24), 220.0, np.float32)
        # The customer stands at 220 V, so that its current is its energy's; the transformer stands higher.
        volts[0] += times * 10.0 * use * 24 / TEN_AMPERES + apart
        nothing = np.full(volts.shape, np.nan, np.float32)
        drawing.block.channels.update({"voltage_a_v": volts, "voltage_b_v": nothing, "voltage_c_v": nothing})
        thresholds = UNITY.replace(technical_error=0.5, technical_error_voltage=0.001, reactance_ohm_per_km=0.0)
        forest = build_forest(block=drawing.block, thresholds=thresholds)
        return technical_losses(block=drawing.block, trusted=drawing.trusted, forest=forest, thresholds=thresholds)

    def test_a_drop_a_fifth_larger_is_a_loss_a_fifth_larger(self):
        found = self.found(times=1.2)

        assert found.factor[0, -1] == pytest.approx(1.2, abs=0.05)
        assert found.error[0, -1] < 0.1

    def test_a_voltmeter_that_is_off_changes_nothing(self):
        # The drop as modelled, and both voltmeters three volts apart: the slope does not see it.
        found = self.found(times=1.0, apart=3.0)

        assert found.factor[0, -1] == pytest.approx(1.0, abs=0.05)

    def test_without_voltages_the_archive_is_believed_as_far_as_before(self):
        found = technical([Drawn("customer", TEN_AMPERES, node="n1")], [("A0", "bus", "n1", 0.5)])

        assert found.factor[0, 0] == 1.0
        assert found.error[0, 0] == pytest.approx(UNITY.technical_error)

    def test_earlier_days_do_not_learn_from_later_ones(self):
        whole, part = self.found(times=1.2, days=40), self.found(times=1.2, days=20)

        assert whole.factor[0, :20] == pytest.approx(part.factor[0])
