"""Which transformer and phase a voltage moves with."""

import numpy as np
import pytest

from lamplighter.business.detection.archive_repair.voltage_likeness import (
    find_likeness,
    student_log_odds,
    take_moves,
)
from tests.business.detection.archive_repair.wires import SETTINGS


def likeness_of(window):
    return find_likeness(window=window, settings=SETTINGS)


class TestMoves:
    def test_are_what_is_left_of_the_mean_around_and_of_the_common_part(self):
        volts = np.array([[230.0, 230.0, 233.0, 230.0, 230.0]], np.float32)
        common = np.array([0.0, 0.0, 1.0, 0.0, 0.0], np.float32)

        moves, length = take_moves(volts, common, 1)

        # Means over three slots: 230, 231, 231, 231, 230; less the common part: 0, -1, 1, -1, 0.
        assert length == pytest.approx([np.sqrt(3.0)])
        assert (moves * length[:, None])[0] == pytest.approx([0.0, -1.0, 1.0, -1.0, 0.0], abs=1e-5)

    def test_of_an_unknown_slot_are_nothing(self):
        volts = np.array([[230.0, np.nan, 234.0, 230.0]], np.float32)

        moves, _ = take_moves(volts, np.zeros(4, np.float32), 1)

        assert moves[0, 1] == 0.0
        assert np.isfinite(moves).all()

    def test_of_a_voltage_that_stands_have_no_length(self):
        volts = np.array([[230.0] * 6], np.float32)

        moves, length = take_moves(volts, np.linspace(0, 1, 6).astype(np.float32), 1)

        assert length.tolist() == [0.0]
        assert not moves.any()


class TestLogOdds:
    def test_turn_round_with_the_sign(self):
        parts = np.array([1.0, 2.0, 1.5, 0.5])

        assert student_log_odds(parts) == pytest.approx(-student_log_odds(-parts))

    def test_follow_students_law(self):
        # Mean 1, standard error 0.5, so t = 2 with three degrees of freedom: 2 ln(1 + 4 / 3).
        parts = 1.0 + np.array([1.0, -1.0, 1.0, -1.0]) * np.sqrt(0.75)

        assert student_log_odds(parts) == pytest.approx(2.0 * np.log(1.0 + 4.0 / 3.0))

    def test_of_one_part_say_nothing(self):
        assert student_log_odds(np.array([5.0])) == 0.0


class TestLikeness:
    @pytest.mark.parametrize("step_v", [0.1, 1.0])
    def test_finds_area_and_phase_behind_a_medium_voltage_all_share(self, wires, step_v):
        drawn = wires()
        drawn.step_v = step_v

        found = likeness_of(drawn.build())

        homes = np.arange(18)
        assert found.likeness.argmax(axis=1).tolist() == [0] * 9 + [1] * 9
        assert found.phase[homes, [0] * 9 + [1] * 9].tolist() == drawn.phase.tolist()
        # Own phase 1 V beside 0.7 V of its own: about 1 / sqrt(1.5) = 0.82 before rounding.
        assert found.likeness[homes, [0] * 9 + [1] * 9].min() > 0.65

    def test_bears_readings_that_are_missing(self, wires):
        window = wires().build()
        for name in ("voltage_a_v", "voltage_b_v", "voltage_c_v"):
            volts = window.block.channels[name]
            volts[np.random.default_rng(5).uniform(size=volts.shape) < 0.2] = np.nan

        assert likeness_of(window).likeness.argmax(axis=1).tolist() == [0] * 9 + [1] * 9

    def test_is_not_told_of_a_flat_voltage(self, wires):
        window = wires().build()
        window.block.channels["voltage_a_v"][4] = 230.0

        found = likeness_of(window)

        assert not found.is_told[4].any()
        assert found.is_told[np.arange(18) != 4].all()

    def test_is_not_told_of_an_area_whose_supply_meter_has_no_voltages(self, wires):
        window = wires().build()
        window.block.channels["voltage_b_v"][18] = np.nan

        found = likeness_of(window)

        assert not found.is_told[:, 0].any()
        assert found.is_told[:, 1].all()

    def test_is_not_told_without_voltages(self, wires):
        window = wires().build()
        for name in list(window.block.channels):
            if name.startswith("voltage"):
                del window.block.channels[name]

        assert not likeness_of(window).is_told.any()

    def test_of_a_three_phase_meter_does_not_hang_on_the_order_of_its_phases(self, wires):
        window = wires().build()
        channels = window.block.channels
        rng = np.random.default_rng(6)
        supply = [channels[f"voltage_{phase}_v"][19] for phase in "abc"]
        for name, told in zip("abc", (supply[2], supply[0], supply[1]), strict=True):
            channels[f"voltage_{name}_v"][0] = told + rng.normal(0.0, 0.7, told.shape)

        found = likeness_of(window)

        assert found.likeness[0].argmax() == 1
        assert found.phase[0].tolist() == [-1, -1]

    def test_leans_on_neighbours_where_its_own_voltage_leaves_it_open(self, wires):
        window = wires(days=20).build()
        volts = window.block.channels["voltage_a_v"]
        rng = np.random.default_rng(8)
        # Two homes of one box: the same 6 V of noise hides the transformer from each, and they share none of it.
        volts[0] += rng.normal(0.0, 6.0, volts[0].shape).astype(np.float32)
        alone = find_likeness(window=window, settings=SETTINGS.with_values({"repair.neighbours": 0}))

        leaned = find_likeness(window=window, settings=SETTINGS.with_values({"repair.sure_log_odds": 1e9}))

        def lead(found):
            return float(student_log_odds(found.parts[0, 0] - found.parts[0, 1]))

        assert lead(leaned) > lead(alone)
