"""AN-18, AN-19 and AN-25."""

from dataclasses import replace

import numpy as np
import pytest

from tests.business.detection.anomalies.seeing import curve, run, see, spells


def on_day(usual: float, value: float, *, day: int = 30, slots: int = 96) -> np.ndarray:
    values = curve(usual)
    values[0, day, :slots] = value
    return values


class TestPowerFactor:
    @pytest.mark.parametrize(("factor", "slots", "count"), [(0.45, 8, 1), (0.45, 7, 0), (0.5, 8, 0)])
    def test_is_odd_below_one_half_for_two_hours(self, factor, slots, count):
        # 24 such slots would move the day's mean too; these few do not.
        seen = see({"power_factor": on_day(0.6, factor, slots=slots)}, contract_kw=10.0)

        assert len(spells("AN-18", seen)) == count

    def test_is_not_judged_at_a_twentieth_of_contract_power(self):
        # 1.1 kW are no more than 5 % of 22.1 kW.
        assert spells("AN-18", see({"power_factor": curve(0.3)}, contract_kw=22.1)) == []
        assert spells("AN-18", see({"power_factor": curve(0.3)}, contract_kw=21.0)) == [(0, 39)]

    @pytest.mark.parametrize(("factor", "count"), [(0.64, 1), (0.66, 0)])
    def test_is_odd_03_from_the_median_of_the_month_before(self, factor, count):
        assert len(spells("AN-18", see({"power_factor": on_day(0.95, factor)}, contract_kw=10.0))) == count

    def test_has_no_median_after_a_few_days(self):
        assert spells("AN-18", see({"power_factor": on_day(0.95, 0.6, day=10)}, contract_kw=10.0)) == []


class TestEnergyAgainstVoltageAndCurrent:
    @pytest.mark.parametrize(("share", "count"), [(0.89, 1), (0.91, 0), (1.11, 1), (1.09, 0)])
    def test_disagrees_beyond_a_tenth(self, share, count):
        seen = see(kwh=curve(0.275 * share))

        assert len(spells("AN-19", seen)) == count

    @pytest.mark.parametrize(("days", "count"), [(3, 1), (2, 0)])
    def test_needs_three_days(self, days, count):
        kwh = curve(0.275)
        kwh[0, 5 : 5 + days] = 0.1

        assert len(spells("AN-19", see(kwh=kwh))) == count

    def test_takes_the_meters_own_power_factor_where_it_tells_one(self):
        seen = see({"power_factor": curve(0.5)}, kwh=curve(0.1375), contract_kw=10.0)

        assert spells("AN-19", seen) == []

    def test_leaves_out_who_generates_and_days_with_hardly_any_load(self):
        kwh, current = curve(0.1), curve(0.0)
        current[0, :, :7] = 5.0

        assert spells("AN-19", replace(see(kwh=kwh), generates=np.array([True]))) == []
        assert spells("AN-19", see({"current_a_a": current}, kwh=kwh)) == []


class TestLoadAboveContract:
    @pytest.mark.parametrize(("kwh", "slots", "count"), [(2.7, 8, 1), (2.7, 7, 0), (2.6, 96, 0)])
    def test_is_5_percent_above_it_for_two_hours(self, kwh, slots, count):
        # 2.7 kWh a quarter of an hour are 10.8 kW; 1.05 x 10 kW are 10.5.
        seen = see(kwh=on_day(0.275, kwh, slots=slots), contract_kw=10.0)

        assert len(spells("AN-25", seen)) == count

    def test_holds_apparent_power_against_a_capacity(self):
        seen = see({"current_a_a": curve(50.0)}, contract_kw=1000.0, contract_kva=10.0)

        assert spells("AN-25", seen) == [(0, 39)]

    def test_counts_the_multiplier(self):
        assert spells("AN-25", see(multiplier=10.0, contract_kw=10.0)) == [(0, 39)]
        assert spells("AN-25", see(multiplier=10.0, contract_kw=11.0)) == []

    @pytest.mark.parametrize(("days", "severity"), [((1, 12, 29), [3, 3, 0]), ((1, 12, 32), [3, 3, 3])])
    def test_is_a_clue_of_breach_from_the_third_day_of_a_month(self, days, severity):
        kwh = curve(0.275)
        kwh[0, list(days), :8] = 3.0

        assert run("AN-25", see(kwh=kwh, contract_kw=10.0)).severity.tolist() == severity
