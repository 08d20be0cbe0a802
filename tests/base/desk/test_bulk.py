"""Rows loaded in bulk: every value arrives, what people wrote stays, and of two with one key the last counts."""

import datetime as dt
from typing import Any

import pytest

from lamplighter.base.desk.bulk import replace_rows, upsert_rows
from lamplighter.business.detection.models import Suspicion

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def row(account: str, **other: Any) -> dict[str, Any]:
    return {
        **{name: name[0].upper() for name in ("province_id", "city_id", "county_id", "station_id")},
        "account_id": account,
        "meter_id": "M1",
        "area_id": "A1",
        "area_name": "东湖\t台区\\ 'a' \"b\"\n第二行",
        "station_name": "",
        "customer_class": "commercial",
        "is_protected": False,
        "is_listed": True,
        "as_of_on": dt.date(2026, 3, 31),
        "first_listed_on": dt.date(2026, 3, 31),
        "rank": 1,
        "theft_probability": 0.1,
        "expected_kwh": None,
        "expected_yuan": 12.5,
        "colour": "red",
        "is_new": True,
        "is_random": False,
        "state": "open",
        "main_reason": "",
        "card": {"reasons": ["掉电", "\\N", None]},
        **other,
    }


class TestRowsInBulk:
    def test_arrive_with_every_value_as_it_was(self) -> None:
        upsert_rows(Suspicion, [row("1")], key=["account_id"])

        found = Suspicion.objects.get()
        assert {name: getattr(found, name) for name in row("1")} == row("1")

    def test_take_the_place_of_the_row_with_their_key_and_keep_what_people_wrote(self) -> None:
        upsert_rows(Suspicion, [row("1"), row("2")], key=["account_id"])
        number = Suspicion.objects.get(account_id="1").pk
        Suspicion.objects.filter(pk=number).update(state="dismissed")

        replace_rows(Suspicion, [row("1", rank=9)], key=["account_id"], keeps=["state"])

        found = Suspicion.objects.get()
        assert (found.pk, found.rank, found.state) == (number, 9, "dismissed")

    def test_of_two_with_one_key_the_last_counts(self) -> None:
        upsert_rows(Suspicion, [row("1", rank=1), row("1", rank=2)], key=["account_id"])

        assert Suspicion.objects.get().rank == 2

    def test_without_a_key_are_added(self) -> None:
        upsert_rows(Suspicion, [row("1")])
        upsert_rows(Suspicion, [row("2")])

        assert Suspicion.objects.count() == 2

    def test_that_are_none_change_nothing(self) -> None:
        upsert_rows(Suspicion, [], key=["account_id"])

        assert Suspicion.objects.count() == 0
