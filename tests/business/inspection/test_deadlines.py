"""Deadlines: 民法典 Art. 201 and 203, 供电营业规则, and the working days of the announced calendar."""

from datetime import UTC, date, datetime

import pytest

from lamplighter.base.calendars import HolidaysUnknown
from lamplighter.business.inspection.rules import load_law
from lamplighter.business.inspection.rules.deadlines import (
    CHINA,
    DEADLINES,
    InstantNeeded,
    NotADeadline,
    deadline,
)


def due(name, start):
    day = start.date() if isinstance(start, datetime) else start
    return deadline(name, start=start, law=load_law(on=day))


def midnight(year, month, day):
    return datetime(year, month, day, tzinfo=CHINA)


class TestDeadline:
    def test_to_restore_supply_is_24_hours_since_june_2024_and_was_3_days_before(self):
        new = datetime(2024, 6, 1, 9, 30, tzinfo=CHINA)
        old = datetime(2024, 5, 31, 9, 30, tzinfo=CHINA)

        assert due("restore", new).due_at == datetime(2024, 6, 2, 9, 30, tzinfo=CHINA)
        assert due("restore", old).due_at == midnight(2024, 6, 4)

    def test_of_working_days_jumps_holidays_and_counts_make_up_days(self):
        # Tuesday 30 September; 9, 10, the Saturday worked on 11, 13 and 14 October.
        assert due("bill_dispute", date(2025, 9, 30)).due_at == midnight(2025, 10, 15)

    def test_that_ends_on_a_day_of_rest_moves_on_where_the_rule_says_so(self):
        found = due("appliance.claim", date(2025, 4, 27))  # the seventh day is Sunday 4 May, within the holiday

        assert found.is_moved
        assert found.due_at == midnight(2025, 5, 7)  # the whole of Tuesday, 6 May

    def test_takes_the_day_in_china_of_an_instant(self):
        late_evening_in_london = datetime(2025, 3, 2, 22, tzinfo=UTC)  # 3 March, 06:00

        assert due("office_visit", late_evening_in_london).due_at == midnight(2025, 3, 7)

    def test_of_three_years_from_a_leap_day_ends_with_february(self):
        assert due("civil_claim", date(2024, 2, 29)).due_at == midnight(2027, 3, 1)

    def test_is_missed_from_its_own_instant_on(self):
        found = due("office_visit", date(2025, 3, 3))

        assert not found.is_missed(datetime(2025, 3, 6, 23, 59, tzinfo=CHINA))
        assert found.is_missed(midnight(2025, 3, 7))

    def test_of_hours_needs_an_instant_with_its_zone(self):
        with pytest.raises(InstantNeeded):
            due("restore", date(2025, 3, 3))
        with pytest.raises(InstantNeeded):
            due("restore", datetime(2025, 3, 3, 12))

    def test_refuses_what_is_none(self):
        with pytest.raises(NotADeadline, match="restore"):
            due("theft.days_unknown", date(2025, 3, 3))

    def test_refuses_a_year_that_is_not_on_record(self):
        with pytest.raises(HolidaysUnknown):
            due("office_visit", date(2051, 3, 3))

    def test_is_provisional_where_it_rests_on_a_year_that_is_not_announced(self):
        # Friday 4 December 2026: five working days end in 2026. Thursday 31 December: 4 to 8 January 2027.
        within = deadline("bill_dispute", start=date(2026, 12, 4), law=load_law(on=date(2026, 12, 4)))
        beyond = deadline("bill_dispute", start=date(2026, 12, 31), law=load_law(on=date(2026, 12, 31)))

        assert (within.last_on, within.is_provisional) == (date(2026, 12, 11), False)
        assert (beyond.last_on, beyond.is_provisional) == (date(2027, 1, 8), True)

    def test_of_hours_asks_no_calendar(self):
        eve = datetime(2026, 12, 31, 22, tzinfo=CHINA)

        assert deadline("restore", start=eve, law=load_law(on=eve.date())).is_provisional is False

    @pytest.mark.parametrize("name", DEADLINES)
    def test_exists_under_both_orders(self, name):
        for day in (date(2024, 5, 31), date(2024, 6, 1)):
            assert load_law(on=day).rule(name).unit in {"minute", "hour", "calendar_day", "working_day", "year"}
