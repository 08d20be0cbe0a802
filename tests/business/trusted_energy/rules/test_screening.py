"""What cannot be true is taken away, each slot with its cause."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.trusted_energy.records import Cause, Method, Quality, reason_parts
from lamplighter.business.trusted_energy.rules import work_days

NAN = np.nan


def events(*rows: tuple[str, str, str | None, str]) -> pa.Table:
    def instant(word: str | None) -> dt.datetime | None:
        return None if word is None else dt.datetime.fromisoformat(word)

    return pa.table(
        {
            "meter_id": [row[0] for row in rows],
            "occurred_at": pa.array([instant(row[1]) for row in rows], pa.timestamp("us")),
            "ended_at": pa.array([instant(row[2]) for row in rows], pa.timestamp("us")),
            "code": [row[3] for row in rows],
            "detail": pa.nulls(len(rows), pa.string()),
        }
    )


class TestGaps:
    """V-05"""

    def test_are_flagged_with_their_first_slot_and_length(self, draw, flags_of, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 5:8] = NAN

        (flag,) = flags_of(draw(day), "V-05", policy)

        assert (flag["value"], flag["threshold"], flag["first_slot"], flag["slot_span"]) == (21, 24, 5, 3)
        assert flag["severity"] == "fail"

    def test_of_a_whole_day_count_from_its_beginning(self, draw, flags_of, policy):
        days = np.ones((1, 2, 24))
        days[0, 1] = NAN

        (flag,) = flags_of(draw(days), "V-05", policy)

        assert (str(flag["on_date"]), flag["first_slot"], flag["slot_span"]) == ("2025-01-02", -1, 24)

    def test_are_not_seen_in_a_whole_day(self, draw, flags_of, policy):
        assert flags_of(draw(np.ones((1, 3, 24))), "V-05", policy) == []

    def test_of_a_meter_never_heard_of_are_said_once_a_day(self, draw, flags_of, policy):
        flags = flags_of(draw(np.full((1, 2, 24), NAN)), "V-05", policy)

        assert [flag["value"] for flag in flags] == [0, 0]

    def test_are_none_where_the_day_has_fewer_slots(self, draw, flags_of, policy):
        """Clocks go forward: 92 quarters of an hour, and the vector is 100 long."""
        day = np.full((1, 1, 100), NAN)
        day[0, 0, :92] = 0.1

        block = draw(day, slot_counts=np.array([92], np.int16), interval_minutes=15)

        assert flags_of(block, "V-05", policy) == []
        assert work_days(block=block, policy=policy).day_kwh[0, 0] == pytest.approx(9.2)


class TestNegativeSlots:
    """V-13"""

    def test_are_taken_away_and_filled(self, draw, flags_of, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 10] = -5.0

        trusted = work_days(block=draw(day), policy=policy)

        assert trusted.metered_kwh[0, 0, 10] == 1.0
        assert reason_parts(int(trusted.reason[0, 0, 10])) == (Cause.NEGATIVE, Method.LINEAR)
        assert trusted.quality[0, 0, 10] == Quality.ESTIMATED
        (flag,) = flags_of(draw(day), "V-13", policy)
        assert (flag["value"], flag["first_slot"], flag["slot_span"]) == (-5.0, 10, 1)

    def test_of_zero_are_none(self, draw, flags_of, policy):
        assert flags_of(draw(np.zeros((1, 1, 24))), "V-13", policy) == []

    def test_stay_when_the_company_switches_the_rule_off(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 10] = -5.0

        trusted = work_days(block=draw(day), policy=policy.changed({"V-13.is_on": False}))

        assert trusted.day_kwh[0, 0] == 18.0


class TestCapability:
    """V-12: 220 V * 60 A = 13.2 kW; an hour with the margin of 1.2 is 15.84 kWh."""

    @pytest.mark.parametrize(("kwh", "is_beyond"), [(15.8, False), (15.9, True)])
    def test_bounds_a_slot(self, draw, flags_of, policy, kwh, is_beyond):
        day = np.ones((1, 1, 24))
        day[0, 0, 10] = kwh

        found = flags_of(draw(day), "V-12", policy)
        trusted = work_days(block=draw(day), policy=policy)

        assert len(found) == is_beyond
        assert trusted.metered_kwh[0, 0, 10] == (1.0 if is_beyond else np.float32(kwh))

    def test_of_three_phases_is_three_times_that(self, draw, flags_of, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, 10] = 40.0

        assert flags_of(draw(day, archive={"wiring": ["3P4W"]}), "V-12", policy) == []
        assert len(flags_of(draw(day), "V-12", policy)) == 1

    def test_is_unbounded_where_the_archive_has_no_nameplate(self, draw, flags_of, policy):
        day = np.full((1, 1, 24), 1e6)

        assert flags_of(draw(day, archive={"max_current_a": [None]}), "V-12", policy) == []


class TestMetersNotInPlace:
    """V-02"""

    def test_bring_no_energy(self, draw, flags_of, policy):
        block = draw(np.ones((1, 2, 24)), is_live=np.array([[True, False]]))

        trusted = work_days(block=block, policy=policy)

        assert np.isnan(trusted.metered_kwh[0, 1]).all()
        assert set(trusted.reason[0, 1].tolist()) == {16 * Cause.NOT_LIVE}
        (flag,) = flags_of(block, "V-02", policy)
        assert (str(flag["on_date"]), flag["value"]) == ("2025-01-02", 24)


class TestFaultsAMeterReports:
    """V-04"""

    def test_take_their_slots_away(self, draw, flags_of, policy):
        block = draw(
            np.ones((2, 1, 24)),
            tables={"core_meter_event": events(("M000", "2025-01-01T03:10", "2025-01-01T05:00", "memory_failure"))},
        )

        trusted = work_days(block=block, policy=policy)

        assert np.flatnonzero(trusted.reason[0, 0]).tolist() == [3, 4]
        assert not trusted.reason[1].any()
        (flag,) = flags_of(block, "V-04", policy)
        assert (flag["meter_id"], flag["first_slot"], flag["slot_span"]) == ("M000", 3, 2)

    def test_are_placed_by_the_company_s_own_clock(self, draw, policy):
        block = draw(
            np.ones((1, 2, 24)),
            tables={
                "core_meter_event": events(("M000", "2025-01-01T17:30", None, "test_mode")),
                "core_company": pa.table({"timezone": ["Asia/Shanghai"]}),
            },
        )

        trusted = work_days(block=block, policy=policy)

        # Half past five in the afternoon UTC is half past one of the next day in Shanghai.
        assert np.argwhere(trusted.reason[0]).tolist() == [[1, 1], [1, 2]]

    def test_are_only_those_of_the_list(self, draw, flags_of, policy):
        block = draw(
            np.ones((1, 1, 24)),
            tables={"core_meter_event": events(("M000", "2025-01-01T03:00", None, "cover_open"))},
        )

        assert flags_of(block, "V-04", policy) == []


class TestIntervalSize:
    """V-17"""

    def test_spreads_an_hourly_value_over_its_quarters(self, draw, flags_of, policy):
        day = np.full((1, 1, 96), NAN)
        day[0, 0, ::4] = 2.0

        trusted = work_days(block=draw(day), policy=policy)

        assert trusted.metered_kwh[0, 0].tolist() == [0.5] * 96
        assert trusted.day_kwh[0, 0] == 48.0
        assert set(trusted.quality[0, 0].tolist()) == {Quality.SUBSTITUTED}
        (flag,) = flags_of(draw(day), "V-17", policy)
        assert flag["value"] == 4

    def test_knows_values_that_stand_at_the_end_of_their_interval(self, draw, policy):
        day = np.full((1, 1, 96), NAN)
        day[0, 0, 1::2] = 1.0

        trusted = work_days(block=draw(day), policy=policy)

        assert trusted.day_kwh[0, 0] == 48.0

    def test_leaves_an_ordinary_gap_alone(self, draw, flags_of, policy):
        day = np.ones((1, 1, 96))
        day[0, 0, 10:20] = NAN

        assert flags_of(draw(day), "V-17", policy) == []
