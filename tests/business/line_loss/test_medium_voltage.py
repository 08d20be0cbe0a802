"""Technical loss of 10 kV lines."""

import numpy as np
import pytest

from lamplighter.business.line_loss.rules.medium_voltage import tree_loss_kwh

ONE_HOUR = {"hours": 1.0, "voltage_kv": 10.0, "power_factor": 1.0, "k_squared": 1.0}
# 1 732 kW at 10 kV are 100 A.
HUNDRED_AMPERES = 1000 * 3**0.5


def lost(parents, ohm, energy, **changes):
    found = tree_loss_kwh(
        parents=np.array(parents),
        ohm=np.array(ohm, float),
        energy_kwh=np.array(energy, float)[:, None],
        **(ONE_HOUR | changes),
    )
    return found[0]


class TestTreeLoss:
    def test_is_three_i_squared_r(self):
        # 3 x 100² x 1 ohm = 30 kW for an hour.
        assert lost([-1, 0], [0, 1], [0, HUNDRED_AMPERES]) == pytest.approx(30.0)

    def test_adds_the_currents_of_branches_before_squaring_them(self):
        # Trunk of 1 ohm under two ends of 100 A: 3 x 200² = 120 kW.
        assert lost([-1, 0, 1, 1], [0, 1, 0, 0], [0, 0, HUNDRED_AMPERES, HUNDRED_AMPERES]) == pytest.approx(120.0)

    def test_falls_when_an_end_feeds_in(self):
        assert lost([-1, 0, 1, 1], [0, 1, 0, 0], [0, 0, HUNDRED_AMPERES, -HUNDRED_AMPERES]) == pytest.approx(0.0)

    def test_grows_with_form_factor_and_poor_power_factor(self):
        assert lost([-1, 0], [0, 1], [0, HUNDRED_AMPERES], k_squared=1.2) == pytest.approx(36.0)
        assert lost([-1, 0], [0, 1], [0, HUNDRED_AMPERES], power_factor=0.8) == pytest.approx(30 / 0.64)

    def test_leaves_the_energies_it_was_given_alone(self):
        energy = np.array([[0.0], [5.0], [5.0]])
        tree_loss_kwh(parents=np.array([-1, 0, 1]), ohm=np.ones(3), energy_kwh=energy, **ONE_HOUR)

        assert energy[1, 0] == 5.0
