"""The grid of slots on ordinary days and on days when clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.business.metering.rules.grid import IntervalUnfit, SlotGrid

ZONES = ["Asia/Shanghai", "UTC", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kolkata"]

HALF_HOURS = (dt.datetime(2035, 1, 1) - dt.datetime(2001, 1, 1)) // dt.timedelta(minutes=30)
INSTANTS = st.integers(0, HALF_HOURS).map(lambda i: dt.datetime(2001, 1, 1) + i * dt.timedelta(minutes=30))


def micros(instant):
    return np.array([(instant - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)])


def day_number(day):
    return (day - dt.date(1970, 1, 1)).days


class TestSlotGrid:
    @pytest.mark.parametrize(("zone", "axis"), [("UTC", 96), ("Europe/London", 100), ("Asia/Kolkata", 96)])
    def test_has_room_for_25_hours_where_clocks_change(self, zone, axis):
        assert SlotGrid(zone, 15).slot_axis == axis

    def test_does_not_count_the_chinese_summer_time_that_ended_in_1991(self):
        assert not SlotGrid("Asia/Shanghai", 15).has_clock_changes

    @pytest.mark.parametrize(
        ("day", "count"), [(dt.date(2025, 3, 30), 92), (dt.date(2025, 10, 26), 100), (dt.date(2025, 6, 1), 96)]
    )
    def test_counts_the_slots_of_a_day(self, day, count):
        assert SlotGrid("Europe/London", 15).slot_counts(np.array([day_number(day)], np.int32)).tolist() == [count]

    def test_refuses_an_interval_that_does_not_divide_an_hour(self):
        with pytest.raises(IntervalUnfit):
            SlotGrid("UTC", 7)

    @given(st.sampled_from(ZONES), INSTANTS)
    @settings(deadline=None, max_examples=200)
    def test_counts_the_slots_since_the_day_began_as_the_database_does(self, zone, instant):
        on = instant.replace(tzinfo=dt.UTC).astimezone(ZoneInfo(zone)).date()
        earlier = [instant.replace(tzinfo=dt.UTC) - dt.timedelta(minutes=30 * i) for i in range(1, 60)]
        slot = sum(at.astimezone(ZoneInfo(zone)).date() == on for at in earlier)

        place = SlotGrid(zone, 30).locate_utc(micros(instant))

        assert (place.day[0], place.slot[0]) == (day_number(on), slot)

    @given(st.sampled_from(ZONES), INSTANTS)
    @settings(deadline=None, max_examples=200)
    def test_reads_a_local_time_as_the_database_does(self, zone, local):
        aware = local.replace(tzinfo=ZoneInfo(zone))
        exists = aware.astimezone(dt.UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
        grid = SlotGrid(zone, 30)

        place = grid.locate_local(micros(local))

        assert place.is_absent[0] == (not exists)
        if exists:
            utc = aware.astimezone(dt.UTC).replace(tzinfo=None)
            assert grid.to_utc(micros(local)).tolist() == micros(utc).tolist()
            twofold = aware.replace(fold=1).utcoffset() != aware.utcoffset()
            assert place.is_twofold[0] == twofold
