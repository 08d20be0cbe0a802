"""How gaps are filled."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.trusted_energy.records import Method, Quality, Source, reason_parts
from lamplighter.business.trusted_energy.rules import work_days

NAN = np.nan


def methods(trusted, meter=0, day=0):
    return {reason_parts(int(code))[1] for code in trusted.reason[meter, day] if code}


def outage(asset: str, starts: str, ends: str | None) -> pa.Table:
    return pa.table(
        {
            "asset_id": [asset],
            "started_at": pa.array([dt.datetime.fromisoformat(starts)], pa.timestamp("us")),
            "ended_at": pa.array([dt.datetime.fromisoformat(ends) if ends else None], pa.timestamp("us")),
            "kind": ["fault"],
        }
    )


class TestStraightLine:
    """E-01"""

    def test_bridges_two_hours(self, draw, policy):
        day = np.ones((1, 1, 96))
        day[0, 0, 20:28] = NAN
        day[0, 0, 28] = 10.0

        trusted = work_days(block=draw(day, archive={"max_current_a": [None]}), policy=policy)

        assert trusted.metered_kwh[0, 0, 19:29].tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        assert methods(trusted) == {Method.LINEAR}

    def test_does_not_bridge_a_quarter_more(self, draw, policy):
        day = np.ones((1, 1, 96))
        day[0, 0, 20:29] = NAN

        trusted = work_days(block=draw(day), policy=policy)

        assert np.isnan(trusted.metered_kwh[0, 0, 20:29]).all()
        assert np.isnan(trusted.day_kwh[0, 0])
        assert trusted.source[0, 0] == Source.NONE

    def test_reaches_back_over_midnight(self, draw, policy):
        days = np.ones((1, 2, 24))
        days[0, 0, 23] = 4.0
        days[0, 1, 0] = NAN
        days[0, 1, 1] = 8.0

        trusted = work_days(block=draw(days), policy=policy)

        assert trusted.metered_kwh[0, 1, 0] == 6.0

    def test_counts_the_part_of_the_gap_that_lies_before_midnight(self, draw, policy):
        days = np.ones((1, 2, 24))
        days[0, 0, 22:] = NAN
        days[0, 1, 0] = NAN

        trusted = work_days(block=draw(days), policy=policy)

        # Three hours in all: too long for a line. Before midnight nothing is known of what follows: the value is held.
        assert methods(trusted, day=0) == {Method.HELD}
        assert methods(trusted, day=1) == {Method.HELD}

    def test_gives_way_to_like_days_at_the_end_of_the_day(self, draw, policy):
        days = np.ones((1, 8, 24))
        days[0, :7, 23] = 5.0
        days[0, 7, 23] = NAN

        trusted = work_days(block=draw(days), policy=policy)

        assert trusted.metered_kwh[0, 7, 23] == 5.0
        assert methods(trusted, day=7) == {Method.LIKE_DAY}

    def test_is_not_drawn_when_switched_off(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 5] = NAN

        trusted = work_days(block=draw(day), policy=policy.changed({"E-01.is_on": False}))

        assert np.isnan(trusted.metered_kwh[0, 0, 5])


class TestLikeDays:
    """E-02. 2025-03-03 is a Monday; nothing there is a holiday."""

    def test_are_the_latest_three_of_the_same_type(self, draw, policy):
        days = np.full((1, 12, 24), 9.0)
        # Monday 3 to Friday 7 of March: 1, 2, 3, 4, 5 kWh an hour; weekend 9; Monday 10 is missing.
        for weekday in range(5):
            days[0, weekday] = weekday + 1.0
        days[0, 7] = NAN

        trusted = work_days(block=draw(days, first_day="2025-03-03"), policy=policy)

        # Friday 5, Thursday 4, Wednesday 3: mean 4.
        assert trusted.metered_kwh[0, 7].tolist() == [4.0] * 24
        assert trusted.day_kwh[0, 7] == 96.0
        assert trusted.source[0, 7] == Source.ESTIMATED
        assert trusted.quality[0, 7, 0] == Quality.ESTIMATED

    def test_of_a_holiday_are_sundays(self, draw, policy):
        """Labour Day 2025 is a Thursday; Sunday 27 April was worked to make up for it."""
        days = np.full((1, 18, 24), 1.0)  # from Monday 14 April
        days[0, 6] = 7.0  # Sunday 20 April
        days[0, 13] = 2.0  # Sunday 27 April, worked
        days[0, 17] = NAN  # Thursday 1 May

        trusted = work_days(block=draw(days, first_day="2025-04-14"), policy=policy)

        assert trusted.metered_kwh[0, 17].tolist() == [7.0] * 24

    def test_lie_at_most_ninety_days_back(self, draw, policy):
        def work(distance):
            days = np.full((1, distance + 1, 24), NAN)
            days[0, 0] = 1.0
            block = draw(days, first_day="2025-01-06", first_worked=distance)
            return work_days(block=block, policy=policy.changed({"E-02.calendar": "none"}))

        assert work(84).day_kwh[0, 84] == 24.0  # Monday, twelve weeks on
        assert np.isnan(work(91).day_kwh[0, 91])  # Monday, thirteen weeks on

    def test_lend_the_measured_part_of_a_partial_day(self, draw, policy):
        """E-07"""
        days = np.full((1, 2, 24), 1.0)
        days[0, 0, 12:16] = 3.0
        days[0, 0, 0:4] = NAN
        days[0, 1, 12:16] = NAN
        block = draw(days, first_day="2025-03-03")

        lent = work_days(block=block, policy=policy)
        not_lent = work_days(block=block, policy=policy.changed({"E-07.is_on": False}))

        assert lent.metered_kwh[0, 1, 12:16].tolist() == [3.0] * 4
        assert np.isnan(not_lent.metered_kwh[0, 1, 12:16]).all()

    def test_are_never_estimates_themselves(self, draw, policy):
        days = np.full((1, 3, 24), 1.0)
        days[0, 1] = NAN
        days[0, 0] = 2.0
        days[0, 2] = NAN

        trusted = work_days(block=draw(days, first_day="2025-03-03"), policy=policy)

        assert trusted.day_kwh[0].tolist() == [48.0, 48.0, 48.0]

    def test_are_not_used_when_switched_off(self, draw, policy):
        days = np.ones((1, 3, 24))
        days[0, 2] = NAN

        trusted = work_days(block=draw(days, first_day="2025-03-03"), policy=policy.changed({"E-02.is_on": False}))

        assert np.isnan(trusted.day_kwh[0, 2])


class TestOutages:
    """E-08"""

    def test_make_a_missing_slot_zero(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 5:15] = NAN
        block = draw(day, tables={"core_outage": outage("A0", "2025-01-01T05:00", "2025-01-01T15:00")})

        trusted = work_days(block=block, policy=policy)

        assert trusted.metered_kwh[0, 0, 5:15].tolist() == [0.0] * 10
        assert methods(trusted) == {Method.ZERO_OUTAGE}
        assert trusted.day_kwh[0, 0] == 14.0
        assert trusted.is_outage[0, 0]

    def test_leave_a_slot_that_is_dark_only_in_part(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 5:7] = NAN
        block = draw(day, tables={"core_outage": outage("C000", "2025-01-01T05:30", "2025-01-01T07:00")})

        trusted = work_days(block=block, policy=policy)

        # Hour 6 was dark; hour 5 half: a line from 1 to the outage's 0.
        assert trusted.metered_kwh[0, 0, 5:7].tolist() == [0.5, 0.0]

    def test_are_end_points_of_lines_only_if_the_company_says_so(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 5:7] = NAN
        block = draw(day, tables={"core_outage": outage("C000", "2025-01-01T05:30", "2025-01-01T07:00")})
        strict = policy.changed({"E-01.outage_points_are_end_points": False})

        trusted = work_days(block=block, policy=strict)

        # With one good end the value is held.
        assert trusted.metered_kwh[0, 0, 5] == 1.0
        assert reason_parts(int(trusted.reason[0, 0, 5]))[1] is Method.HELD

    @pytest.mark.parametrize(("rule", "expected"), [(True, 1.0), (False, 0.5)])
    def test_keep_their_day_from_being_a_like_day(self, draw, policy, rule, expected):
        days = np.ones((1, 3, 24))
        days[0, 1] = 0.0
        days[0, 2] = NAN
        block = draw(
            days,
            first_day="2025-03-03",
            tables={"core_outage": outage("A0", "2025-03-04T01:00", "2025-03-04T23:00")},
        )

        trusted = work_days(block=block, policy=policy.changed({"E-08.is_on": rule}))

        assert trusted.metered_kwh[0, 2, 0] == expected

    def test_without_an_end_mark_the_day_and_invent_no_zero(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 5:15] = NAN
        block = draw(day, tables={"core_outage": outage("A0", "2025-01-01T05:00", None)})

        trusted = work_days(block=block, policy=policy)

        assert trusted.is_outage[0, 0]
        assert np.isnan(trusted.metered_kwh[0, 0, 5:15]).all()

    def test_of_a_feeder_reach_the_meters_of_its_areas(self, draw, policy):
        block = draw(
            np.ones((2, 1, 24)),
            areas=2,
            tables={
                "core_area": pa.table({"area_id": ["A0", "A1"], "feeder_id": ["F1", "F2"]}),
                "core_outage": outage("F2", "2025-01-01T05:00", "2025-01-01T07:00"),
            },
        )

        trusted = work_days(block=block, policy=policy)

        assert trusted.is_outage[:, 0].tolist() == [False, True]
