"""Promises and escalation of tickets."""

import datetime as dt

import pytest

from lamplighter.business.service_desk.tickets.records import Escalation
from lamplighter.business.service_desk.tickets.rules import escalation_of, promise_due_at
from lamplighter.business.service_desk.tickets.settings import escalation_rule, ticket_class

EIGHT = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)


class Weekdays:
    zone = dt.UTC

    def is_working_day(self, day):
        return day.weekday() < 5


def level(hours, *, calls=1, words=""):
    """The escalation of a ticket promised within ten hours, so many hours on."""
    return escalation_of(
        registered_at=EIGHT,
        due=EIGHT + dt.timedelta(hours=10),
        now=EIGHT + dt.timedelta(hours=hours),
        calls=calls,
        words=words,
        rule=escalation_rule(on=EIGHT.date()),
    )


class TestPromises:
    def test_a_complaint_is_answered_within_five_working_days_of_monday(self):
        due = promise_due_at(ticket_class("TK-1", on=EIGHT.date()), registered_at=EIGHT, calendar=Weekdays())

        # Tuesday to Friday are four, the next Monday is the fifth: over when it is.
        assert due == dt.datetime(2026, 3, 10, tzinfo=dt.UTC)

    def test_supply_is_back_24_hours_after_the_payment(self):
        due = promise_due_at(ticket_class("TK-6", on=EIGHT.date()), registered_at=EIGHT, calendar=Weekdays())

        assert due == EIGHT + dt.timedelta(hours=24)

    def test_arrears_promise_the_customer_nothing(self):
        assert promise_due_at(ticket_class("AR", on=EIGHT.date()), registered_at=EIGHT, calendar=Weekdays()) is None


class TestEscalation:
    @pytest.mark.parametrize(
        ("hours", "expected"),
        [(4.9, "NONE"), (5, "OWNER"), (7.9, "OWNER"), (8, "MANAGER"), (9.9, "MANAGER"), (10, "CITY"), (99, "CITY")],
    )
    def test_follows_the_share_of_the_time_that_has_passed(self, hours, expected):
        assert level(hours).name == expected

    def test_goes_one_step_up_at_the_second_call_within_a_day(self):
        assert level(1, calls=2) is Escalation.OWNER
        assert level(8, calls=2) is Escalation.CITY

    def test_goes_one_step_up_when_the_regulator_is_named(self):
        assert level(1, words="再不来我就打12398") is Escalation.OWNER

    def test_does_not_go_beyond_the_city(self):
        assert level(12, calls=5, words="法院见") is Escalation.CITY

    def test_asks_nothing_of_time_where_nothing_was_promised(self):
        found = escalation_of(
            registered_at=EIGHT,
            due=None,
            now=EIGHT + dt.timedelta(days=90),
            calls=1,
            words="",
            rule=escalation_rule(on=EIGHT.date()),
        )

        assert found is Escalation.NONE
