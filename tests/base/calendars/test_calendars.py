"""Working days of China, against days that anyone can look up in a printed calendar."""

from datetime import date, timedelta

import pytest

from lamplighter.base.calendars import (
    HolidaysUnknown,
    HolidaysUnreadable,
    Standing,
    add_working_days,
    china_holidays,
    is_provisional,
    is_working_day,
    next_working_day,
    packaged_holidays,
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

    def test_are_an_error_in_a_year_that_is_not_on_record(self):
        with pytest.raises(HolidaysUnknown, match="2051"):
            is_working_day(date(2051, 3, 3))

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


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))
    (tmp_path / "settings").mkdir()
    return tmp_path


def announce(home, holidays, worked, year=2027):
    (home / "settings" / "holidays.toml").write_text(
        f'source = "notice"\n[[year]]\nyear = {year}\nevidence = "R"\nholidays = {holidays}\nworked = {worked}\n'
    )


class TestAProvisionalYear:
    def test_rests_on_the_thirteen_days_of_the_decree_made_up_for_where_they_fall_on_a_weekend(self):
        # 2027: 5-8 February is Friday to Monday, so 9 and 10 too; 1-2 May a weekend, so 3 and 4; 1-3 October Friday to
        # Sunday, so 4 and 5. The rest fall on working days.
        year = packaged_holidays()[2027]
        on_working_days = sorted(day for day in year.holidays if day.weekday() < 5)

        assert [f"{day:%m-%d}" for day in on_working_days] == [
            *("01-01", "02-05", "02-08", "02-09", "02-10", "04-05"),
            *("05-03", "05-04", "06-09", "09-15", "10-01", "10-04", "10-05"),
        ]
        assert year.standing is Standing.PROVISIONAL
        assert year.evidence == "P"

    def test_has_no_make_up_days_since_nobody_announced_any(self):
        provisional = [each for each in packaged_holidays().values() if each.standing is Standing.PROVISIONAL]

        assert provisional
        assert all(not each.worked for each in provisional)

    def test_says_that_it_is(self):
        assert (is_provisional(date(2026, 12, 31)), is_provisional(date(2027, 1, 1))) == (False, True)

    def test_follows_all_years_that_are_announced(self):
        standings = [each.standing for _, each in sorted(packaged_holidays().items())]

        assert standings == sorted(standings)  # announced, then provisional


class TestAYearTheCompanyAdded:
    def test_takes_the_place_of_the_provisional_one_without_a_restart(self, home):
        assert is_working_day(date(2027, 2, 11))  # the decree alone leaves this Thursday a working day

        announce(home, '["2027-02-05/2027-02-11"]', '["2027-02-13"]')

        assert not is_working_day(date(2027, 2, 11))
        assert is_working_day(date(2027, 2, 13))
        assert not is_provisional(date(2027, 2, 11))

    def test_changes_nothing_for_readers_without_a_home(self, home):
        announce(home, '["2027-02-05/2027-02-11"]', "[]")

        assert packaged_holidays()[2027].standing is Standing.PROVISIONAL

    @pytest.mark.parametrize(
        ("holidays", "worked"),
        [
            ('["2027-02-05/2028-02-11"]', "[]"),  # runs into another year
            ('["2027-02-05/2027-02-11"]', '["2027-02-12"]'),  # a Friday is no make-up day
            ("[3]", "[]"),
        ],
    )
    def test_is_refused_where_it_cannot_be_right(self, home, holidays, worked):
        announce(home, holidays, worked)

        with pytest.raises(HolidaysUnreadable, match=r"holidays\.toml"):
            is_working_day(date(2027, 2, 11))
