"""The plain recipe's arithmetic: what an analyst's afternoon must get right before anything is measured against it."""

import numpy as np
import pytest
from benchmarks.plain_layers import (
    balance_features,
    best_change,
    fill_by_hour,
    meter_features,
    shape_features,
    voltage_features,
)

DAYS, SLOTS = 28, 96


@pytest.fixture
def used() -> np.ndarray:
    """Four accounts' power over four weeks, kW."""
    return np.random.default_rng(7).gamma(1.5, 1.0, (4, DAYS * SLOTS))


class TestShape:
    def test_calls_a_machine_that_never_rests_flat(self):
        found = shape_features(np.full((1, DAYS, SLOTS), 0.25), weekday=np.arange(DAYS) % 7)

        assert found["mean"][0] == 0.25
        assert found["load_factor"][0] == 1.0
        assert found["flat_share"][0] == 1.0
        assert found["zero_share"][0] == 0.0

    def test_counts_what_is_missing_and_not_as_zero(self):
        kwh = np.full((1, DAYS, SLOTS), 1.0)
        kwh[:, :7] = np.nan

        found = shape_features(kwh, weekday=np.arange(DAYS) % 7)

        assert found["missing_share"][0] == 0.25
        assert found["zero_share"][0] == 0.0

    def test_sees_use_that_ends_on_a_day(self):
        size, t = best_change(np.array([[10.0, 12.0] * 10 + [5.0, 6.0] * 10]))

        assert size[0] == pytest.approx(-0.5)
        assert t[0] < -20

    def test_knows_no_change_where_too_few_days_are_known(self):
        size, t = best_change(np.array([[10.0] * 8 + [np.nan] * 20]))

        assert np.isnan(size[0])
        assert np.isnan(t[0])


class TestBalance:
    def test_finds_the_half_that_is_not_counted(self, used):
        counted = used * np.array([[1.0], [1.0], [0.5], [1.0]])

        found, rest = balance_features(used.sum(axis=0), counted, slots=SLOTS)

        # 0.5 of the use is counted, 0.5 missing: one more for each counted one.
        np.testing.assert_allclose(found["highpass"], [0, 0, 1, 0], atol=1e-6)
        np.testing.assert_allclose(found["level"], [0, 0, 1, 0], atol=1e-3)
        np.testing.assert_allclose(rest, 0.5 * used[2])

    def test_takes_a_stranger_off_the_map_before_it_reckons(self, used):
        supply = used[:3].sum(axis=0)  # the fourth hangs on another transformer
        counted = used * np.array([[1.0], [0.5], [1.0], [1.0]])

        found, rest = balance_features(supply, counted, slots=SLOTS)

        assert found["is_stranger"].tolist() == [0, 0, 0, 1]
        assert found["highpass_uncleaned"][3] == pytest.approx(-1.0)
        np.testing.assert_allclose(rest, 0.5 * used[1])

    def test_leaves_instants_out_at_which_supply_is_unknown(self, used):
        supply = used.sum(axis=0)
        supply[:SLOTS] = np.nan

        found, rest = balance_features(supply, used, slots=SLOTS)

        assert np.isnan(rest[:SLOTS]).all()
        np.testing.assert_allclose(found["highpass"], 0, atol=1e-6)

    def test_fills_a_gap_with_the_usual_value_of_the_hour(self):
        assert fill_by_hour(np.array([[1.0, 4.0, 3.0, np.nan]]), 2).tolist() == [[1.0, 4.0, 3.0, 4.0]]


class TestVoltage:
    def test_reads_the_resistance_of_a_service_and_its_phase(self):
        rng = np.random.default_rng(3)
        source = 225.0 + rng.normal(0, 1.0, (3, 2000)).cumsum(axis=1) * 0.1
        current = rng.gamma(1.5, 4.0, (2, 2000))
        voltage = source[[1, 1]] - np.array([[0.3], [0.1]]) * current

        found = voltage_features(source, voltage, current, np.zeros(2000), phase=np.array([1, -1]))

        assert found["resistance"][0] == pytest.approx(0.3, abs=0.02)
        assert found["phase_agreement"][0] == found["archive_agreement"][0]
        assert np.isnan(found["archive_agreement"][1])

    def test_says_how_a_resistance_grew(self):
        rng = np.random.default_rng(4)
        source = np.full((3, 2000), 225.0) + rng.normal(0, 0.2, (3, 2000))
        current = rng.gamma(1.5, 4.0, (1, 2000))
        ohm = np.where(np.arange(2000) < 1000, 0.2, 0.6)  # two thirds of the current pass beside the meter afterwards

        found = voltage_features(source, source[[0]] - ohm * current, current, np.zeros(2000), phase=np.array([0]))

        assert found["resistance_growth"][0] == pytest.approx(3.0, rel=0.05)


class TestMeter:
    def test_finds_a_meter_that_counts_a_part_of_what_passes(self):
        hours = np.ones((1, 240))

        found = meter_features(0.6 * hours, 1000.0 * hours, np.ones((1, 3, 240)), None)

        assert found["counted_ratio"][0] == pytest.approx(0.6)

    def test_compares_phase_and_neutral_of_one_phase_only(self):
        current = np.full((2, 3, 240), np.nan)
        current[:, 0] = 4.0
        current[1, 1:] = 4.0

        found = meter_features(np.ones((2, 240)), np.ones((2, 240)), current, np.full((2, 240), 8.0))

        assert found["neutral_difference"][0] == pytest.approx(0.5)
        assert np.isnan(found["neutral_difference"][1])
