"""Customers are taken out of what the radar heard long ago; what is counted stays, and nothing is heard twice."""

import datetime as dt

import pytest

from lamplighter.business.service_desk.radar.forgetting import forget_customers
from lamplighter.business.service_desk.radar.models import Heard
from lamplighter.business.service_desk.radar.settings import radar_rules

NOW = dt.datetime(2028, 4, 20, 4, tzinfo=dt.UTC)
KEEP = dt.timedelta(days=730)

pytestmark = pytest.mark.django_db


def heard(number: int, at: dt.datetime, before: Heard | None = None) -> Heard:
    row: Heard = Heard.objects.create(
        source="ticket",
        number=number,
        at=at,
        account_id="0012345678",
        area_id="A1",
        topic="outage_now",
        before=before,
        province_id="P",
        city_id="C",
        county_id="N",
        station_id="S1",
    )
    return row


class TestForgetting:
    def test_is_as_long_as_the_rules_say_and_longer_than_anything_is_counted_over(self) -> None:
        rules = radar_rules(on=NOW.date())

        assert rules.keep_days == KEEP.days
        assert rules.keep_days > rules.usual_days + rules.week_days * rules.past_weeks

    def test_takes_the_customer_out_of_old_rows_alone_and_keeps_what_is_counted(self) -> None:
        old, kept = heard(1, NOW - KEEP - dt.timedelta(seconds=1)), heard(2, NOW - KEEP)

        assert forget_customers(now=NOW) == 1

        old.refresh_from_db()
        kept.refresh_from_db()
        assert (old.account_id, old.area_id, old.topic) == ("", "A1", "outage_now")
        assert kept.account_id == "0012345678"

    def test_cuts_the_tie_of_a_later_visit_to_a_forgotten_one(self) -> None:
        old = heard(1, NOW - KEEP - dt.timedelta(days=1))
        later = heard(2, NOW - KEEP + dt.timedelta(days=1), before=old)

        forget_customers(now=NOW)

        later.refresh_from_db()
        assert (later.before_id, later.account_id) == (None, "0012345678")

    def test_does_nothing_the_second_time(self) -> None:
        heard(1, NOW - KEEP - dt.timedelta(days=1))

        assert (forget_customers(now=NOW), forget_customers(now=NOW)) == (1, 0)
