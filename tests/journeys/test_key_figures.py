"""Counting as a job: what lies on the desk and what lies in the lake, one counting at a time."""

import datetime as dt

import pyarrow as pa
import pytest

from lamplighter.base.jobs.models import Job
from lamplighter.base.security.actor import UnitPath
from lamplighter.business.kpi.rules.adding import add_up
from lamplighter.business.kpi.rules.money import count_money
from lamplighter.journeys.key_figures import COUNTING, ask_counting

NOW = dt.datetime(2026, 4, 20, 4, tzinfo=dt.UTC)
MARCH = dt.date(2026, 3, 1)
PATHS = {"a": UnitPath("P", "C", "N", "S1"), "b": UnitPath("P", "C", "N", "S1"), "c": UnitPath("P", "C", "N", "S2")}


def bills(**yuan: float | None) -> pa.Table:
    return pa.table(
        {
            "account_id": list(yuan),
            "month": [MARCH] * len(yuan),
            "amount_yuan": pa.array(list(yuan.values()), pa.float64()),
        }
    )


def paid(*rows: tuple[str, dt.date | None, float]) -> pa.Table:
    return pa.table(
        {
            "account_id": pa.array([account for account, _, _ in rows], pa.string()),
            "for_month": pa.array([month for _, month, _ in rows], pa.date32()),
            "amount_yuan": pa.array([yuan for _, _, yuan in rows], pa.float64()),
        }
    )


class TestBillsSettled:
    def test_are_what_was_paid_for_the_month_of_what_was_billed(self) -> None:
        payments = paid(("a", MARCH, 60.0), ("a", MARCH, 40.0), ("b", dt.date(2026, 2, 1), 50.0), ("c", None, 10.0))

        found = add_up(count_money(bills(a=100.0, b=50.0, c=10.0), payments, paths=PATHS))

        # b paid for February, and c's payment names no month.
        assert {each.path.station_id: (each.hits, each.total) for each in found} == {
            "S1": (100.0, 150.0),
            "S2": (0.0, 10.0),
        }

    def test_are_not_made_better_by_who_pays_too_much(self) -> None:
        found = add_up(count_money(bills(a=100.0, b=50.0), paid(("a", MARCH, 150.0)), paths=PATHS))

        assert [(each.hits, each.total) for each in found] == [(100.0, 150.0)]

    def test_are_unknown_where_the_company_keeps_no_payments(self) -> None:
        assert list(count_money(bills(a=100.0), paid(), paths=PATHS)) == []

    def test_leave_out_bills_without_an_amount_and_accounts_of_no_unit(self) -> None:
        found = list(count_money(bills(a=None, b=0.0, x=5.0, c=10.0), paid(("c", MARCH, 10.0)), paths=PATHS))

        assert [(each.hits, each.total) for each in found] == [(10.0, 10.0)]


@pytest.mark.django_db
class TestAskingForACounting:
    def test_asks_once_while_one_is_under_way(self) -> None:
        assert ask_counting(NOW) is not None
        assert ask_counting(NOW) is None

        Job.objects.filter(kind=COUNTING).update(state="done")
        assert ask_counting(NOW) is not None
