"""Deadlines: working days by a calendar that is passed in, and pauses in which no time passes."""

import datetime as dt

import pytest

from lamplighter.business.workflow.durations import (
    CalendarWithoutWorkingDays,
    DurationUnreadable,
    due_after_pause,
    due_at,
    read_duration,
)
from tests.business.workflow.drawing import MONDAY, SHANGHAI, Weekdays


def local(due):
    return due.astimezone(SHANGHAI).strftime("%m-%d %H:%M")


class TestReading:
    @pytest.mark.parametrize("text", ["5", "P", "P0D", "P1Y", "P1DT1H", "PT5S", "-P1D", "P5W", "PT1H30M", "P99999D"])
    def test_refuses_what_is_not_one_length(self, text):
        with pytest.raises(DurationUnreadable):
            read_duration(text)


class TestDue:
    @pytest.mark.parametrize(
        ("duration", "expected"),
        [
            ("PT30M", "03-02 09:30"),
            ("PT24H", "03-03 09:00"),
            ("P3D", "03-06 00:00"),  # Thursday the 5th is the third day, and counts to its end
            ("P5WD", "03-10 00:00"),  # Tuesday to Friday, then Monday the 9th
        ],
    )
    def test_counts_days_to_their_end_and_hours_to_the_minute(self, duration, expected):
        assert local(due_at(read_duration(duration), since=MONDAY, calendar=Weekdays())) == expected

    def test_passes_over_a_holiday(self):
        holiday = Weekdays(dt.date(2026, 3, 4))

        assert local(due_at(read_duration("P2WD"), since=MONDAY, calendar=holiday)) == "03-06 00:00"

    def test_counts_from_the_local_day(self):
        # 17:00 UTC on Sunday is already Monday in Shanghai: one working day ends with Tuesday.
        sunday = dt.datetime(2026, 3, 1, 17, tzinfo=dt.UTC)

        assert local(due_at(read_duration("P1WD"), since=sunday, calendar=Weekdays())) == "03-04 00:00"

    def test_refuses_an_empty_calendar(self):
        class Never(Weekdays):
            def is_working_day(self, day):
                return False

        with pytest.raises(CalendarWithoutWorkingDays):
            due_at(read_duration("P1WD"), since=MONDAY, calendar=Never())


class TestPause:
    def pause(self, duration, *, hours_before, hours_long):
        length, paused_at = read_duration(duration), MONDAY + dt.timedelta(hours=hours_before)
        return local(
            due_after_pause(
                length,
                due=due_at(length, since=MONDAY, calendar=Weekdays()),
                paused_at=paused_at,
                resumed_at=paused_at + dt.timedelta(hours=hours_long),
                calendar=Weekdays(),
            )
        )

    def test_leaves_what_was_left_of_hours(self):
        assert self.pause("PT24H", hours_before=4, hours_long=100) == "03-07 13:00"  # due on Tuesday, 100 h later

    def test_leaves_as_many_working_days_as_were_left(self):
        # Five from Monday, paused on Wednesday (three left: Thu, Fri, Mon), resumed on Saturday: Mon, Tue, Wed.
        assert self.pause("P5WD", hours_before=48, hours_long=72) == "03-12 00:00"

    def test_leaves_as_many_calendar_days_as_were_left(self):
        assert self.pause("P3D", hours_before=24, hours_long=240) == "03-16 00:00"  # two left from Friday the 13th

    def test_does_not_revive_what_was_over(self):
        assert self.pause("PT24H", hours_before=30, hours_long=100) == "03-03 09:00"
