"""AN-01, AN-02, AN-03, AN-05, AN-07 and AN-26."""

from dataclasses import replace

import numpy as np
import pytest

from tests.business.detection.anomalies.seeing import DAYS, curve, run, see, spells


def dials(**readings: float | np.ndarray) -> dict[str, np.ndarray]:
    """Readings at the start of each day and the end of the last, one figure for all of them or one each."""
    return {name: np.broadcast_to(np.asarray(told, float), (1, DAYS + 1)).copy() for name, told in readings.items()}


class TestRatesDoNotAddUp:
    @pytest.mark.parametrize(("total", "severity"), [(100.05, []), (100.06, [4]), (101.0, [4]), (101.01, [3])])
    def test_warns_beyond_a_hundredth_a_register_and_alarms_beyond_a_kwh(self, total, severity):
        # Four rates: 0.01 x 5 = 0.05 kWh.
        seen = replace(
            see(), registers=dials(total_kwh=total, sharp_kwh=10.0, peak_kwh=30.0, flat_kwh=30.0, valley_kwh=30.0)
        )

        assert run("AN-01", seen).severity.tolist() == [each if each == 4 else 0 for each in severity]

    def test_counts_only_the_rates_that_are_read(self):
        seen = replace(see(), registers=dials(total_kwh=100.04, peak_kwh=60.0, valley_kwh=40.0))

        assert spells("AN-01", seen) == [(0, 39)]

    def test_knows_that_dials_roll_over(self):
        seen = replace(see(), registers=dials(total_kwh=5.0, peak_kwh=600_003.0, valley_kwh=400_002.0))

        assert spells("AN-01", seen) == []


class TestRunsAway:
    def test_takes_over_what_validation_found_on_the_dial(self):
        flag = np.full((1, DAYS), np.nan)
        flag[0, 4] = 900.0
        seen = see()

        found = run("AN-02", replace(seen, flags={**seen.flags, "V-12": flag}))

        assert (found.first.tolist(), found.value.tolist()) == ([4], [900.0])

    @pytest.mark.parametrize(("contract_kw", "count"), [(18.0, 1), (18.5, 0)])
    def test_holds_transformers_against_the_contract(self, contract_kw, count):
        # 26.4 kWh x 20 = 528 kWh a day; 18 kW x 24 h x 1.2 = 518.4 and 18.5 kW: 532.8.
        assert len(spells("AN-02", see(multiplier=20.0, contract_kw=contract_kw))) == count

    def test_leaves_direct_meters_to_the_validation(self):
        assert spells("AN-02", see(contract_kw=0.5)) == []


class TestWentBack:
    def test_says_by_how_much_the_dial_fell(self):
        flag = np.full((1, DAYS), np.nan)
        flag[0, [4, 5]] = -3.0, -7.0
        seen = see()

        found = run("AN-03", replace(seen, flags={**seen.flags, "V-13": flag}))

        assert (found.first.tolist(), found.last.tolist(), found.value.tolist()) == ([4], [5], [-7.0])

    def test_is_silent_without_such_a_finding(self):
        assert spells("AN-03", see()) == []


class TestDemand:
    def told(self, on_first: float, after: float = 1.1) -> np.ndarray:
        # Days 0 to 30 are January: the settlement of 1 February is day 31.
        readings = np.full(DAYS + 1, np.nan)
        readings[31], readings[32] = on_first, after
        return readings

    @pytest.mark.parametrize(("demand", "count"), [(1.33, 1), (1.31, 0), (0.89, 0), (0.87, 1)])
    def test_is_held_against_the_greatest_quarter_of_the_month(self, demand, count):
        # 0.275 kWh a quarter of an hour are 1.1 kW: 1.2 x 1.1 = 1.32 and 0.8 x 1.1 = 0.88.
        seen = replace(see(), registers=dials(max_demand_kw=self.told(demand)))

        assert spells("AN-05", seen) == [(0, 30)] * count

    @pytest.mark.parametrize(("after", "count"), [(2.0, 1), (1.99, 0)])
    def test_that_stays_was_not_reset(self, after, count):
        kwh = curve(0.275)
        kwh[0, 20, 5] = 0.5
        seen = replace(see(kwh=kwh), registers=dials(max_demand_kw=self.told(2.0, after)))

        assert spells("AN-05", seen) == [(31, 31)] * count

    @pytest.mark.parametrize(("demand", "count"), [(10.6, 1), (10.4, 0)])
    def test_above_contract_is_5_percent_above_it(self, demand, count):
        seen = replace(see(contract_kw=10.0), registers=dials(max_demand_kw=demand))

        assert len(spells("AN-26", seen)) == count


class TestReverseEnergy:
    @pytest.mark.parametrize(("kwh", "count"), [(1.01, 1), (1.0, 0)])
    def test_is_more_than_a_kwh_a_day(self, kwh, count):
        reverse = np.zeros((1, DAYS))
        reverse[0, 3] = kwh

        assert len(spells("AN-07", replace(see(), reverse_kwh=reverse))) == count
