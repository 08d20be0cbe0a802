"""AN-08 to AN-13, one meter and two days: a day that shows it, and one that just does not."""

import numpy as np
import pytest

from tests.business.detection.anomalies.seeing import curve, run, see, spells, three


def bent(value: float, slots: int, *, day: int = 10, usual: float = 220.0) -> np.ndarray:
    volts = curve(usual)
    volts[0, day, 20 : 20 + slots] = value
    return volts


class TestLossOfVoltage:
    def test_is_a_low_phase_that_carries_current_for_an_hour(self):
        seen = see({"voltage_a_v": bent(150.0, 4)})

        found = run("AN-08", seen)

        assert (found.first.tolist(), found.last.tolist(), found.phase.tolist()) == ([10], [10], [0])
        assert (found.value[0], found.expected[0]) == pytest.approx((150.0, 0.78 * 220.0))

    def test_is_not_three_points(self):
        assert spells("AN-08", see({"voltage_a_v": bent(150.0, 3)})) == []

    @pytest.mark.parametrize(("volts", "count"), [(171.5, 1), (171.7, 0)])
    def test_begins_below_78_percent_of_rated(self, volts, count):
        assert len(spells("AN-08", see({"voltage_a_v": bent(volts, 8)}))) == count

    @pytest.mark.parametrize(("amperes", "count"), [(0.26, 1), (0.24, 0)])
    def test_needs_more_than_5_percent_of_basic_current(self, amperes, count):
        seen = see({"voltage_a_v": bent(150.0, 8), "current_a_a": curve(amperes)})

        assert len(spells("AN-08", seen)) == count

    def test_counts_a_run_over_midnight_on_the_day_it_ends(self):
        volts = curve(220.0)
        volts[0, 10, 94:], volts[0, 11, :2] = 150.0, 150.0

        assert spells("AN-08", see({"voltage_a_v": volts})) == [(11, 11)]

    def test_is_not_broken_by_a_slot_that_is_missing(self):
        volts = bent(150.0, 5)
        volts[0, 10, 22] = np.nan

        assert spells("AN-08", see({"voltage_a_v": volts})) == [(10, 10)]

    def test_of_days_two_apart_is_one_spell_and_of_four_apart_two(self):
        near, far = curve(220.0), curve(220.0)
        near[0, [10, 13], :8] = 150.0
        far[0, [10, 14], :8] = 150.0

        assert spells("AN-08", see({"voltage_a_v": near})) == [(10, 13)]
        assert spells("AN-08", see({"voltage_a_v": far})) == [(10, 10), (14, 14)]


class TestPhaseLost:
    @pytest.mark.parametrize(("volts", "count"), [(131.0, 1), (133.0, 0)])
    def test_begins_below_60_percent_while_others_hold_the_meter_up(self, volts, count):
        seen = see({**three(220.0), "voltage_b_v": bent(volts, 4)}, wiring="3P4W")

        found = run("AN-09", seen)

        assert found.phase.tolist() == [1] * count

    def test_is_not_an_interruption_of_all_phases(self):
        dark = {f"voltage_{phase}_v": bent(0.0, 8) for phase in "abc"}
        kwh = curve(0.825)
        kwh[0, 10, 20:28] = 0.0

        assert spells("AN-09", see(dark, kwh=kwh, wiring="3P4W")) == []


class TestLimitsOfVoltage:
    @pytest.mark.parametrize(("volts", "slots", "count"), [(236.0, 4, 1), (236.0, 3, 0), (235.0, 8, 0)])
    def test_upper_is_107_percent_for_an_hour(self, volts, slots, count):
        assert len(spells("AN-10", see({"voltage_a_v": bent(volts, slots)}))) == count

    @pytest.mark.parametrize(("volts", "slots", "count"), [(197.0, 4, 1), (197.0, 3, 0), (199.0, 8, 0)])
    def test_lower_is_90_percent_for_an_hour(self, volts, slots, count):
        assert len(spells("AN-11", see({"voltage_a_v": bent(volts, slots)}))) == count

    def test_lower_leaves_a_dead_phase_to_its_own_rule(self):
        assert spells("AN-11", see({"voltage_a_v": bent(30.0, 8)})) == []


class TestVoltagesUnlike:
    @pytest.mark.parametrize(("volts", "slots", "count"), [(150.0, 4, 1), (150.0, 3, 0), (156.0, 8, 0)])
    def test_are_30_percent_apart_for_an_hour(self, volts, slots, count):
        seen = see({**three(220.0), "voltage_c_v": bent(volts, slots)}, wiring="3P4W")

        assert len(spells("AN-12", seen)) == count

    def test_are_not_looked_for_at_one_phase(self):
        assert spells("AN-12", see({"voltage_a_v": bent(150.0, 8)})) == []


class TestMiddlePhase:
    @pytest.mark.parametrize(("slots", "count"), [(4, 1), (3, 0)])
    def test_of_two_elements_shows_nothing(self, slots, count):
        seen = see({"voltage_b_v": bent(100.0, slots, usual=0.0)}, wiring="3P3W")

        assert run("AN-13", seen).phase.tolist() == [1] * count

    def test_is_at_home_in_four_wires(self):
        assert spells("AN-13", see(wiring="3P4W")) == []
