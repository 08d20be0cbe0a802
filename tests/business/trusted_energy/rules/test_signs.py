"""Rules that only say what they find: shape, level, siblings, archive, clocks."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.trusted_energy.rules import work_days

NAN = np.nan


def wavy(meters=1, days=1, slots=24, level=1.0):
    """Days that differ from hour to hour and day to day, about ``level`` kWh an hour."""
    hours, numbers = np.arange(slots), np.arange(days)
    return np.tile(level + 0.1 * ((hours[None, :] + numbers[:, None]) % 7), (meters, 1, 1))


class TestSpikes:
    """V-08"""

    @pytest.mark.parametrize(("peak", "is_spike"), [(30.0, True), (27.0, False)])
    def test_t7_1_is_the_peak_against_the_third_highest(self, draw, flags_of, policy, peak, is_spike):
        day = np.full((1, 1, 24), 1.0)
        day[0, 0, [4, 5, 6]] = [10.0, 10.0, peak]

        found = flags_of(draw(day, archive={"max_current_a": [None]}), "V-08", policy)

        assert [flag["value"] for flag in found] == ([pytest.approx(2.0)] if is_spike else [])
        assert all(flag["first_slot"] == 6 and flag["severity"] == "warn" for flag in found)

    def test_of_small_meters_are_passed_over(self, draw, flags_of, policy):
        day = np.full((1, 1, 24), 0.1)
        day[0, 0, 6] = 0.9

        assert flags_of(draw(day), "V-08", policy) == []

    def test_stay_when_no_dial_contradicts_them(self, draw, policy):
        day = np.full((1, 1, 24), 1.0)
        day[0, 0, 6] = 10.0

        assert work_days(block=draw(day), policy=policy).day_kwh[0, 0] == 33.0

    def test_go_when_the_dial_says_they_never_were(self, draw, flags_of, policy):
        day = np.full((1, 1, 24), 1.0)
        day[0, 0, 6] = 10.0
        block = draw(day, registers={"total_kwh": np.array([[100.0, 124.0]])})

        trusted = work_days(block=block, policy=policy)

        assert trusted.metered_kwh[0, 0, 6] == pytest.approx(1.0)
        assert trusted.day_kwh[0, 0] == 24.0
        (flag,) = flags_of(block, "V-08", policy)
        assert flag["severity"] == "fail"
        assert flags_of(block, "V-07", policy) == []


class TestRepeatedDays:
    """V-06"""

    def test_are_flagged(self, draw, flags_of, policy):
        days = wavy(days=3)
        days[0, 2] = days[0, 1]

        (flag,) = flags_of(draw(days), "V-06", policy)

        assert str(flag["on_date"]) == "2025-01-03"

    def test_of_a_flat_load_are_not(self, draw, flags_of, policy):
        assert flags_of(draw(np.ones((1, 3, 24))), "V-06", policy) == []


class TestNewPeaks:
    """V-14: more than three times the greatest peak of the thirty days before, of which ten must be known."""

    @pytest.mark.parametrize(("days", "peak", "flagged"), [(11, 4.9, True), (11, 4.7, False), (10, 4.9, False)])
    def test_are_three_times_the_greatest_before(self, draw, flags_of, policy, days, peak, flagged):
        curves = wavy(days=days)  # peaks of 1.6 kWh
        curves[0, -1, 8:11] = peak

        assert len(flags_of(draw(curves), "V-14", policy)) == flagged


class TestSteps:
    """V-15: above 1.5 times the greatest peak before, and above a quarter of 15.84 kWh."""

    @pytest.mark.parametrize(("rise", "flagged"), [(4.5, True), (3.5, False)])
    def test_are_held_against_peak_and_capability(self, draw, flags_of, policy, rise, flagged):
        curves = wavy(days=12)
        curves[0, -1, 8:] = curves[0, -1, 7] + rise

        found = flags_of(draw(curves), "V-15", policy)

        assert [flag["first_slot"] for flag in found] == [8] * flagged


class TestLoadFactor:
    """V-16"""

    def test_of_a_single_hour_is_too_low(self, draw, flags_of, policy):
        """With quarters of an hour one filled slot is a load factor of 1/96, below 0.02."""
        day = np.zeros((1, 1, 96))
        day[0, 0, 40] = 2.0

        (flag,) = flags_of(draw(day), "V-16", policy)

        assert flag["value"] == pytest.approx(1 / 96)
        day[0, 0, 41] = 2.0
        assert flags_of(draw(day), "V-16", policy) == []


class TestVoltage:
    """V-16"""

    @pytest.mark.parametrize(("volts", "flagged"), [(155.0, False), (153.0, True), (285.0, False), (287.0, True)])
    def test_lies_between_0_7_and_1_3_of_rated(self, draw, flags_of, policy, volts, flagged):
        voltage = np.full((1, 1, 24), 220.0)
        voltage[0, 0, 3] = volts

        found = flags_of(draw(np.ones((1, 1, 24)), channels={"voltage_a_v": voltage}), "V-16", policy)

        assert [flag["value"] for flag in found] == [pytest.approx(volts / 220.0)] * flagged


class TestPower:
    """V-16"""

    @pytest.mark.parametrize(("kw", "flagged"), [(1.01, False), (1.05, True)])
    def test_agrees_with_energy_within_two_in_a_hundred(self, draw, flags_of, policy, kw, flagged):
        power = np.full((1, 1, 24), kw)

        found = flags_of(draw(np.ones((1, 1, 24)), channels={"power_kw": power}), "V-16", policy)

        assert [flag["channel"] for flag in found] == ["power_kw"] * flagged


class TestSiblingChannels:
    """V-18"""

    def test_that_stay_away_are_missed(self, draw, flags_of, policy):
        voltage = np.full((1, 6, 24), 220.0)
        voltage[0, 5] = NAN

        (flag,) = flags_of(draw(np.ones((1, 6, 24)), channels={"voltage_a_v": voltage}), "V-18", policy)

        assert (flag["channel"], str(flag["on_date"])) == ("voltage_a_v", "2025-01-06")

    def test_that_never_came_are_not(self, draw, flags_of, policy):
        voltage = np.full((1, 6, 24), NAN)

        assert flags_of(draw(np.ones((1, 6, 24)), channels={"voltage_a_v": voltage}), "V-18", policy) == []


class TestLevel:
    """V-10: thirty days against the thirty before."""

    @pytest.mark.parametrize(("level", "flagged"), [(2.2, True), (1.9, False), (0.35, True), (0.45, False)])
    def test_outside_0_4_to_2_is_odd(self, draw, flags_of, policy, level, flagged):
        days = np.ones((1, 60, 24))
        days[0, 30:] = level
        block = draw(days, first_worked=59)

        assert len(flags_of(block, "V-10", policy)) == flagged

    def test_is_excused_by_the_same_month_last_year(self, draw, flags_of, policy):
        days = np.ones((1, 60, 24))
        days[0, 30:] = 3.0
        billed = pa.table({"account_id": ["C000"], "month": pa.array([dt.date(2024, 3, 1)]), "energy_kwh": [31 * 72.0]})
        block = draw(days, first_worked=59, tables={"core_billed_month": billed})  # 2025-03-01

        assert flags_of(block, "V-10", policy) == []
        assert len(flags_of(draw(days, first_worked=59), "V-10", policy)) == 1


class TestZeros:
    """V-11"""

    def test_of_a_day_and_night_of_an_active_meter_are_flagged(self, draw, flags_of, policy):
        days = np.ones((1, 5, 24))
        days[0, 3, 12:] = 0.0
        days[0, 4, :12] = 0.0

        (flag,) = flags_of(draw(days), "V-11", policy)

        assert (str(flag["on_date"]), flag["value"]) == ("2025-01-05", 24.0)

    def test_an_hour_shorter_are_not(self, draw, flags_of, policy):
        days = np.ones((1, 5, 24))
        days[0, 3, 13:] = 0.0
        days[0, 4, :12] = 0.0

        assert flags_of(draw(days), "V-11", policy) == []

    def test_of_a_meter_that_never_ran_are_not(self, draw, flags_of, policy):
        assert flags_of(draw(np.zeros((1, 5, 24))), "V-11", policy) == []


class TestProlongedEstimation:
    """V-21"""

    def test_is_flagged_from_the_seventh_day_on(self, draw, flags_of, policy):
        days = np.ones((1, 9, 24))
        days[0, 1:] = NAN

        found = flags_of(draw(days), "V-21", policy)

        assert [(str(flag["on_date"]), flag["value"]) for flag in found] == [("2025-01-08", 7), ("2025-01-09", 8)]


class TestMultiplier:
    """V-19"""

    @pytest.mark.parametrize(
        ("ct", "multiplier", "flagged"), [(40.0, 40.0, False), (40.0, 60.0, True), (1.0, 1.0, False)]
    )
    def test_is_ct_times_pt(self, draw, flags_of, policy, ct, multiplier, flagged):
        block = draw(np.ones((1, 1, 24)), archive={"ct_ratio": [ct], "multiplier": [multiplier]})

        found = flags_of(block, "V-19", policy)

        assert [(flag["value"], flag["threshold"]) for flag in found] == [(multiplier, ct)] * flagged


class TestInactiveAccounts:
    """V-20"""

    def test_that_use_energy_are_flagged_from_the_day_they_closed(self, draw, flags_of, policy):
        customers = pa.table(
            {
                "account_id": ["C000"],
                "class": ["residential"],
                "opened_on": pa.array([None], pa.date32()),
                "closed_on": pa.array([dt.date(2025, 1, 2)]),
            }
        )

        found = flags_of(draw(np.ones((1, 3, 24)), tables={"core_customer": customers}), "V-20", policy)

        assert [str(flag["on_date"]) for flag in found] == ["2025-01-02", "2025-01-03"]


class TestClocks:
    """V-01, V-03"""

    @pytest.mark.parametrize(
        ("code", "detail", "rules"),
        [
            ("terminal_clock_error", None, ["V-01"]),
            ("clock_fault", None, ["V-03"]),
            ("645:033004", "12", ["V-03"]),
            ("clock_fault", "-4", []),
            ("cover_open", None, []),
        ],
    )
    def test_are_off_when_an_event_says_so(self, draw, policy, code, detail, rules):
        events = pa.table(
            {
                "meter_id": ["M000"],
                "occurred_at": pa.array([dt.datetime(2025, 1, 1, 9)], pa.timestamp("us")),
                "ended_at": pa.nulls(1, pa.timestamp("us")),
                "code": [code],
                "detail": pa.array([detail], pa.string()),
            }
        )

        trusted = work_days(block=draw(np.ones((1, 1, 24)), tables={"core_meter_event": events}), policy=policy)

        assert trusted.flags.column("rule_id").to_pylist() == rules
