"""Dial readings against slots."""

import numpy as np
import pytest

from lamplighter.business.trusted_energy.records import Method, Source, reason_parts
from lamplighter.business.trusted_energy.rules import work_days

NAN = np.nan


class TestSumCheck:
    """V-07"""

    @pytest.mark.parametrize(("interval_sum", "fails"), [(1_380.0, False), (1_420.0, False), (1_421.0, True)])
    def test_t7_2_allows_one_multiplier_unit(self, draw, flags_of, policy, interval_sum, fails):
        """1200.0 -> 1234.5 at multiplier 40 is 1380 kWh; slots may be 40 kWh away, and the dial's 0.01 * 40."""
        day = np.full((1, 1, 24), interval_sum / 40 / 24)
        block = draw(day, registers={"total_kwh": np.array([[1200.0, 1234.5]])}, archive={"multiplier": [40.0]})

        assert len(flags_of(block, "V-07", policy)) == fails

    def test_keeps_the_slots_it_disagrees_with(self, draw, policy):
        block = draw(np.ones((1, 1, 24)), registers={"total_kwh": np.array([[100.0, 110.0]])})

        trusted = work_days(block=block, policy=policy)

        assert trusted.day_kwh[0, 0] == 24.0
        assert trusted.source[0, 0] == Source.INTERVAL

    def test_says_nothing_without_a_reading(self, draw, flags_of, policy):
        block = draw(np.ones((1, 1, 24)), registers={"total_kwh": np.array([[100.0, NAN]])})

        assert flags_of(block, "V-07", policy) == []

    def test_of_a_day_with_a_gap_fails_when_the_measured_part_alone_is_too_much(self, draw, flags_of, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 3] = NAN
        block = draw(day, registers={"total_kwh": np.array([[100.0, 105.0]])})

        trusted = work_days(block=block, policy=policy)

        assert len(flags_of(block, "V-07", policy)) == 1
        assert trusted.day_kwh[0, 0] == 24.0


class TestDial:
    """V-13 and V-12 of registers"""

    def test_that_goes_back_is_flagged_and_not_used(self, draw, flags_of, policy):
        block = draw(np.full((1, 2, 24), NAN), registers={"total_kwh": np.array([[500.0, 480.0, 490.0]])})

        trusted = work_days(block=block, policy=policy)

        assert np.isnan(trusted.day_kwh[0, 0])
        assert trusted.day_kwh[0, 1] == 10.0
        (flag,) = flags_of(block, "V-13", policy)
        assert (flag["channel"], flag["value"]) == ("total_kwh", -20.0)

    def test_that_rolls_over_has_only_gone_round(self, draw, flags_of, policy):
        block = draw(np.full((1, 1, 24), NAN), registers={"total_kwh": np.array([[999_995.5, 4.5]])})

        trusted = work_days(block=block, policy=policy)

        assert trusted.day_kwh[0, 0] == pytest.approx(9.0)
        assert flags_of(block, "V-13", policy) == []

    def test_that_jumps_beyond_the_meter_is_flagged_and_not_used(self, draw, flags_of, policy):
        """13.2 kW * 24 h * 1.2 = 380.16 kWh a day."""
        block = draw(np.full((1, 1, 24), NAN), registers={"total_kwh": np.array([[100.0, 481.0]])})

        (flag,) = flags_of(block, "V-12", policy)

        assert flag["channel"] == "total_kwh"
        assert np.isnan(work_days(block=block, policy=policy).day_kwh[0, 0])

    def test_alone_gives_the_day_of_a_meter_without_curve(self, draw, policy):
        block = draw(
            np.full((1, 1, 24), NAN),
            registers={"total_kwh": np.array([[100.0, 112.5]])},
            archive={"multiplier": [30.0]},
        )

        trusted = work_days(block=block, policy=policy)

        assert trusted.day_kwh[0, 0] == 375.0
        assert trusted.source[0, 0] == Source.REGISTER
        assert not trusted.tables(block)["core_trusted_curve"].num_rows

    def test_that_stands_still_while_the_curve_runs_is_not_believed_when_the_curve_is_away(self, draw, policy):
        days = np.ones((1, 8, 24))
        days[0, 7] = NAN
        block = draw(days, registers={"total_kwh": np.full((1, 9), 100.0)})

        trusted = work_days(block=block, policy=policy)

        # Of Wednesday 2025-01-08 the like days are Tuesday, Monday and Friday, 24 kWh each; the stuck dial says 0.
        assert trusted.day_kwh[0, 7] == 24.0
        assert trusted.source[0, 7] == Source.ESTIMATED


class TestReactiveEnergy:
    """V-09"""

    @pytest.mark.parametrize(("kvarh", "flagged"), [(10.0, False), (70.0, False), (80.0, True), (-5.0, True)])
    def test_is_out_of_proportion_below_power_factor_0_3(self, draw, flags_of, policy, kvarh, flagged):
        """24 kWh and 76.3 kvarh are a power factor of 0.3."""
        block = draw(
            np.ones((1, 1, 24)),
            registers={"total_kwh": np.array([[0.0, 24.0]]), "reactive_kvarh": np.array([[100.0, 100.0 + kvarh]])},
        )

        assert len(flags_of(block, "V-09", policy)) == flagged


class TestScaling:
    """E-03"""

    def test_makes_the_day_add_up_to_the_dial(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 10:12] = NAN
        block = draw(day, registers={"total_kwh": np.array([[100.0, 128.0]])})

        trusted = work_days(block=block, policy=policy)

        # 22 kWh measured, 28 on the dial: the two missing hours share 6.
        assert trusted.metered_kwh[0, 0, 10:12].tolist() == [3.0, 3.0]
        assert trusted.day_kwh[0, 0] == 28.0
        assert reason_parts(int(trusted.reason[0, 0, 10]))[1] is Method.LINEAR_SCALED
        assert trusted.source[0, 0] == Source.REGISTER

    def test_never_takes_a_slot_beyond_the_meter(self, draw, flags_of, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 10] = NAN
        block = draw(day, registers={"total_kwh": np.array([[100.0, 140.0]])})

        trusted = work_days(block=block, policy=policy)

        # 17 kWh in one hour is more than 13.2 kW * 1.2: the dial and the slots contradict each other.
        assert trusted.metered_kwh[0, 0, 10] == 1.0
        assert len(flags_of(block, "V-07", policy)) == 1

    def test_spreads_evenly_what_has_no_shape(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 4:24] = NAN
        block = draw(day, registers={"total_kwh": np.array([[100.0, 114.0]])})

        trusted = work_days(block=block, policy=policy)

        assert trusted.metered_kwh[0, 0, 4:].tolist() == [0.5] * 20
        assert reason_parts(int(trusted.reason[0, 0, 4]))[1] is Method.REGISTER_SPREAD

    def test_is_left_out_when_switched_off(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 10:12] = NAN
        block = draw(day, registers={"total_kwh": np.array([[100.0, 128.0]])})

        trusted = work_days(block=block, policy=policy.changed({"E-03.is_on": False}))

        assert trusted.day_kwh[0, 0] == 24.0
