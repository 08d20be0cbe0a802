"""Working days of China, against days that anyone can look up in a printed calendar."""

from datetime import date, timedelta

import pytest

from lamplighter.base.calendars import (
    HolidaysUnknown,
    add_working_days,
    china_holidays,
    is_working_day,
    next_working_day,
)


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("day", "is_worked"),
        [
            (date(2025, 1, 24), True),  # Friday
            (date(2025, 1, 25), False),  # Saturday
            (date(2025, 1, 26), True),  # Sunday worked before the Spring Festival
            (date(2025, 1, 28), False),  # Tuesday, its eve
            (date(2026, 2, 28), True),  # Saturday worked after it
        ],
    )
    def test_follow_the_announcement_before_the_weekday(self, day, is_worked):
        assert is_working_day(day) is is_worked

    @pytest.mark.parametrize(("year", "worked"), [(2024, 251), (2025, 248), (2026, 248)])
    def test_are_as_many_as_weekdays_less_holidays_and_more_make_up_days(self, year, worked):
        # 2024: 262 weekdays, 2025 and 2026: 261. Weekdays within holidays and make-up days counted by hand.
        days = [date(year, 1, 1) + timedelta(days=k) for k in range(366 if year == 2024 else 365)]

        assert sum(map(is_working_day, days)) == worked

    def test_are_an_error_in_a_year_without_an_announcement(self):
        with pytest.raises(HolidaysUnknown, match="2031"):
            is_working_day(date(2031, 3, 3))

    def test_make_up_only_saturdays_and_sundays_and_never_a_holiday(self):
        for announced in china_holidays().values():
            assert all(day.weekday() >= 5 for day in announced.worked)
            assert not announced.worked & announced.holidays
            assert all(day.year == announced.year for day in announced.holidays | announced.worked)


class TestAddWorkingDays:
    def test_does_not_count_the_first_day(self):
        assert add_working_days(date(2025, 3, 3), 1) == date(2025, 3, 4)

    def test_jumps_the_spring_festival(self):
        # Monday 27 January, then 5 February, 6 February.
        assert add_working_days(date(2025, 1, 26), 3) == date(2025, 2, 6)

    def test_stops_at_the_end_of_what_is_announced(self):
        last = max(china_holidays())

        with pytest.raises(HolidaysUnknown) as raised:
            add_working_days(date(last, 12, 31), 1)
        assert raised.value.year == last + 1


class TestNextWorkingDay:
    def test_is_the_day_itself_when_it_is_worked(self):
        assert next_working_day(date(2025, 2, 8)) == date(2025, 2, 8)
