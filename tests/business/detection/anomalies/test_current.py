"""AN-14 to AN-17, AN-20 and AN-27."""

import numpy as np
import pytest

from tests.business.detection.anomalies.seeing import curve, run, see, spells, three


def phase_c(days: slice, value: float, slots: slice = slice(None)) -> dict[str, np.ndarray]:
    amperes = three(5.0, "current", "a")
    amperes["current_c_a"][0, days, slots] = value
    return amperes


class TestLossOfCurrent:
    @pytest.mark.parametrize(("slots", "count"), [(8, 1), (7, 0)])
    def test_is_a_phase_with_nothing_beside_others_for_two_hours(self, slots, count):
        seen = see(phase_c(slice(20, 21), 0.0, slice(0, slots)), wiring="3P4W")

        assert run("AN-14", seen).phase.tolist() == [2] * count

    @pytest.mark.parametrize(("amperes", "count"), [(0.024, 1), (0.026, 0)])
    def test_begins_below_half_a_percent_of_basic_current(self, amperes, count):
        assert len(spells("AN-14", see(phase_c(slice(20, 21), amperes), wiring="3P4W"))) == count

    def test_is_not_a_phase_that_nobody_used_before(self):
        assert spells("AN-14", see(phase_c(slice(0, None), 0.0), wiring="3P4W")) == []

    @pytest.mark.parametrize(("last_used", "count"), [(9, 1), (8, 0)])
    def test_looks_30_days_back_for_that_use(self, last_used, count):
        amperes = phase_c(slice(last_used + 1, None), 0.0)
        # The others carry nothing either until day 39: only then does the phase stand out.
        for phase in "ab":
            amperes[f"current_{phase}_a"][0, last_used + 1 : 39] = 0.0

        assert len(spells("AN-14", see(amperes, wiring="3P4W"))) == count

    def test_is_not_where_the_voltage_went_too(self):
        seen = see({**phase_c(slice(20, 21), 0.0), "voltage_c_v": curve(60.0)}, wiring="3P4W")

        assert spells("AN-14", seen) == []


class TestCurrentsUnlike:
    @pytest.mark.parametrize(("amperes", "slots", "count"), [(0.4, 8, 1), (0.4, 7, 0), (0.6, 96, 0)])
    def test_of_four_wires_are_90_percent_apart_for_two_hours(self, amperes, slots, count):
        seen = see(phase_c(slice(20, 21), amperes, slice(0, slots)), wiring="3P4W")

        assert len(spells("AN-15", seen)) == count

    def test_of_four_wires_are_let_be_where_they_were_always_so(self):
        assert spells("AN-15", see(phase_c(slice(0, None), 0.4), wiring="3P4W")) == []

    @pytest.mark.parametrize(("amperes", "count"), [(2.4, 1), (2.6, 0)])
    def test_of_three_wires_are_half_apart_whatever_was_before(self, amperes, count):
        seen = see({"current_c_a": curve(amperes)}, wiring="3P3W")

        assert len(spells("AN-15", seen)) == count


class TestCurrentTooHigh:
    @pytest.mark.parametrize(("amperes", "slots", "count"), [(73.0, 2, 1), (73.0, 1, 0), (71.0, 9, 0)])
    def test_is_above_one_fifth_more_than_the_meter_takes(self, amperes, slots, count):
        current = curve(5.0)
        current[0, 3, :slots] = amperes

        assert len(spells("AN-16", see({"current_a_a": current}))) == count

    @pytest.mark.parametrize(("amperes", "count"), [(6.1, 1), (5.9, 0)])
    def test_at_transformers_is_held_against_the_rated_secondary(self, amperes, count):
        seen = see({"current_a_a": curve(amperes)}, multiplier=20.0)

        assert len(spells("AN-16", seen)) == count


class TestPowerFlowsBack:
    @pytest.mark.parametrize(("amperes", "slots", "count"), [(-0.03, 8, 1), (-0.03, 7, 0), (-0.02, 96, 0)])
    def test_beyond_half_a_percent_of_base_for_two_hours(self, amperes, slots, count):
        # Base is 220 V x 5 A = 1.1 kW; half a percent of it is 5.5 W, 0.025 A.
        current = curve(5.0)
        current[0, 3, :slots] = amperes

        assert len(spells("AN-17", see({"current_a_a": current}))) == count


class TestNeutralDiffers:
    @pytest.mark.parametrize(("neutral", "slots", "count"), [(6.3, 4, 1), (6.3, 3, 0), (6.2, 96, 0)])
    def test_by_a_fifth_of_the_greater_for_an_hour(self, neutral, slots, count):
        told = curve(5.0)
        told[0, 7, :slots] = neutral

        assert len(spells("AN-20", see({"current_n_a": told}))) == count

    @pytest.mark.parametrize(("neutral", "count"), [(0.51, 1), (0.5, 0)])
    def test_only_above_half_an_ampere(self, neutral, count):
        seen = see({"current_a_a": curve(0.2), "current_n_a": curve(neutral)})

        assert len(spells("AN-20", seen)) == count

    def test_says_by_how_much(self):
        found = run("AN-20", see({"current_n_a": curve(10.0)}))

        assert found.value.tolist() == pytest.approx([0.5])


class TestAlwaysSmall:
    @pytest.mark.parametrize(("amperes", "days", "count"), [(0.2, 30, 1), (0.2, 29, 0), (0.26, 40, 0), (0.0, 40, 0)])
    def test_is_below_5_percent_of_rated_on_30_days_and_above_nothing(self, amperes, days, count):
        current = curve(3.0)
        current[0, :days] = amperes

        assert len(spells("AN-27", see({"current_a_a": current}, multiplier=20.0))) == count
