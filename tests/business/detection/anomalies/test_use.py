"""AN-04 and AN-29 to AN-31."""

from dataclasses import replace

import numpy as np
import pytest

from tests.business.detection.anomalies.seeing import DAYS, SLOTS, curve, run, see, spells


class TestStandsStill:
    def still(self, amperes: float, slots: int):
        kwh, current = curve(0.275), curve(0.0)
        kwh[0, 9] = 0.0
        current[0, 9, :slots] = amperes
        return see({"current_a_a": current}, kwh=kwh)

    @pytest.mark.parametrize(("amperes", "slots", "count"), [(0.11, 4, 1), (0.11, 3, 0), (0.1, 96, 0)])
    def test_is_a_day_of_nothing_on_which_current_flowed_for_an_hour(self, amperes, slots, count):
        assert spells("AN-04", self.still(amperes, slots)) == [(9, 9)] * count

    def test_is_not_a_day_with_a_little_energy(self):
        seen = self.still(5.0, 40)
        metered = seen.metered_kwh.copy()
        metered[0, 9] = 0.01

        assert spells("AN-04", replace(seen, metered_kwh=metered)) == []

    def test_is_not_a_roof_that_gives_it_all(self):
        assert spells("AN-04", replace(self.still(5.0, 40), generates=np.array([True]))) == []


class TestNotRead:
    def silent(self, days: int, **given):
        read = np.ones((1, DAYS), bool)
        read[0, 5 : 5 + days] = False
        return replace(see(), is_read=read, **given)

    @pytest.mark.parametrize(("days", "count"), [(3, 1), (2, 0)])
    def test_is_three_days_in_a_row(self, days, count):
        assert spells("AN-29", self.silent(days)) == [(5, 4 + days)] * count

    def test_is_one_day_at_high_voltage(self):
        assert spells("AN-29", self.silent(1, is_high_voltage=np.array([True]))) == [(5, 5)]

    def test_does_not_expect_anything_of_a_meter_not_yet_there(self):
        live = np.ones((1, DAYS), bool)
        live[0, :8] = False

        assert spells("AN-29", self.silent(3, is_live=live)) == []


class TestNoUse:
    def empty(self, days: int, **given):
        kwh = curve(0.275, days=100)
        kwh[0, 100 - days :] = 0.0
        channels = {"voltage_a_v": curve(220.0, days=100), "current_a_a": curve(0.0, days=100)}
        return replace(see(channels, kwh=kwh), **given)

    @pytest.mark.parametrize(("days", "count"), [(90, 1), (89, 0)])
    def test_is_ninety_days(self, days, count):
        assert spells("AN-30", self.empty(days)) == [(10, 99)] * count

    def test_needs_use_before(self):
        assert spells("AN-30", self.empty(100, used_before=np.array([False]))) == []
        assert spells("AN-30", self.empty(100)) == [(0, 99)]

    def test_is_not_ended_by_days_nobody_knows_but_by_too_many(self):
        few, many = self.empty(90), self.empty(90)
        few.metered_kwh[0, 20:50], many.metered_kwh[0, 20:60] = np.nan, np.nan

        assert spells("AN-30", few) == [(10, 99)]
        assert spells("AN-30", many) == []


class TestUseChanged:
    def changed(self, kwh: float, days: int, *, start: int = 30):
        used = np.full((1, DAYS), 10.0)
        used[0, start : start + days] = kwh
        return replace(see(), adjusted_kwh=used)

    @pytest.mark.parametrize(
        ("kwh", "days", "count"), [(2.9, 7, 1), (2.9, 6, 0), (3.0, 10, 0), (31.0, 7, 1), (30.0, 7, 0)]
    )
    def test_is_a_week_below_03_or_above_3_times_the_usual(self, kwh, days, count):
        assert spells("AN-31", self.changed(kwh, days)) == [(30, 29 + days)] * count

    def test_says_what_share_is_left(self):
        assert run("AN-31", self.changed(1.0, 8)).value.tolist() == pytest.approx([0.1])

    def test_holds_weekends_against_weekends(self):
        is_free = np.arange(DAYS) % 7 >= 5
        used = np.where(is_free, 1.0, 10.0)[None]

        assert spells("AN-31", replace(see(), adjusted_kwh=used, is_free=is_free)) == []

    def test_does_not_become_usual_by_lasting(self):
        assert spells("AN-31", self.changed(2.0, 25, start=15)) == [(15, 39)]

    def test_says_nothing_of_next_to_no_use(self):
        seen = self.changed(0.0, 10)

        assert spells("AN-31", replace(seen, adjusted_kwh=seen.adjusted_kwh * 0.09)) == []


def test_a_day_has_as_many_slots_as_the_tests_say():
    assert see().slots(4) == 4.0
    assert see().electrical.hours * SLOTS == 24.0
