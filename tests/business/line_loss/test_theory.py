"""Worked examples of the reference for the forms of DL/T 686."""

import numpy as np
import pytest

from lamplighter.business.line_loss.rules import theory


class TestTheory:
    def test_t4_3_form_factors(self):
        assert theory.form_factor_squared(load_factor=0.6, least_load=0.2) == pytest.approx(1.1481, abs=5e-5)
        assert theory.form_factor_squared(load_factor=0.4, least_load=0.1) == pytest.approx(2.125, abs=5e-5)

    def test_t4_4_low_voltage_line(self):
        found = theory.line_loss_kwh(wiring="3P4W", k_squared=1.1, mean_a=80, resistance_ohm=0.08, hours=720)

        assert found == pytest.approx(1419.26, abs=5e-3)

    def test_t4_5_voltage_loss_coefficient(self):
        found = theory.voltage_loss_coefficient(power_factor=0.9, reactance_ratio=0.5)

        assert found == pytest.approx(0.9939, abs=5e-5)

    @pytest.mark.parametrize(("heavy", "light", "factor"), [(1, 2, 1.080), (1, 1, 1.1067), (2, 1, 1.320)])
    def test_t4_6_imbalance(self, heavy, light, factor):
        found = theory.imbalance_factor(beta=0.2, heavy_phases=heavy, light_phases=light)

        assert found == pytest.approx(factor, abs=5e-5)

    def test_t4_7_loss_factors(self):
        assert theory.loss_factor(load_factor=0.6) == pytest.approx(0.396)
        assert theory.loss_factor(load_factor=0.6, is_distribution=False) == pytest.approx(0.432)

    def test_t4_10_imbalance_of_120_90_and_60_amperes(self):
        assert theory.imbalance(phase_a=np.array([120.0, 90.0, 60.0])) == pytest.approx(1 / 3)

    def test_tll_2_is_the_same_by_branches_and_at_the_head(self):
        # 100 A through 0.1 ohm, then 50 A through each of two of 0.2 ohm: 1000 + 2 x 500 W = 100² x 0.2.
        found = theory.equivalent_resistance_ohm(
            branch_kwh=np.array([100.0, 50.0, 50.0]), branch_ohm=np.array([0.1, 0.2, 0.2]), total_kwh=100.0
        )

        assert found == pytest.approx(0.2)

    def test_tll_8_charges_no_load_loss_to_an_idle_transformer(self):
        idle = theory.transformer_loss_kwh(
            energy_kwh=np.zeros(1),
            hours=24.0,
            rated_kva=np.array([100.0]),
            no_load_kw=np.array([0.2]),
            load_kw=np.array([1.5]),
            power_factor=0.95,
            k_squared=1.15,
        )

        assert idle[0] == pytest.approx(4.8)

    def test_tll_8_agrees_with_itself_transformer_by_transformer_and_at_the_head(self):
        # Two equal transformers share 100 A at 10 kV: 3 x 100² x 7.5 ohm = 225 kW is 2 x 1.5 kW x (8.66)².
        ohm = theory.transformers_equivalent_ohm(
            voltage_kv=10, rated_kva=np.array([100.0, 100.0]), load_loss_kw=np.array([1.5, 1.5])
        )
        each_kva = 3**0.5 * 10 * 100 / 2

        assert 3 * 100**2 * ohm / 1000 == pytest.approx(2 * 1.5 * (each_kva / 100) ** 2)

    def test_tll_9_resistance_grows_by_4_per_mille_a_degree(self):
        assert theory.hot_resistance_ohm(ohm_at_20=1.0, temperature_c=45) == pytest.approx(1.1)
