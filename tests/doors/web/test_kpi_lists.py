"""Lists behind figures that lie in the lake: as many records as the figure says, and nobody else's."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from django.test import Client
from tests.business.kpi.desk import NOW

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.customers.tables import BILLED_MONTH, CALL_LEG, PAYMENT
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.rules.definitions import read_kpi_settings
from lamplighter.journeys.key_figures import read_lake_counts

MARCH = "first=2026-03&last=2026-03"
KNOWN = dt.datetime(2026, 4, 1)
SETTINGS = read_kpi_settings(on=NOW.date())


def leg(call: str, unit: str, *, waited: int, talked: int | None) -> dict[str, object]:
    begun = dt.datetime(2026, 3, 2, 2)
    heard = begun + dt.timedelta(seconds=waited)
    return {
        "call_id": call,
        "leg": 1,
        "unit_id": unit,
        "queue": "95598",
        "offered_at": begun,
        "answered_at": None if talked is None else heard,
        "ended_at": heard + dt.timedelta(seconds=talked or 0),
        "agent": None if talked is None else "1001",
    }


@pytest.fixture
def counted(company: None, home: Path) -> None:
    """S1: two calls in time, one late, one lost, one that gave up at once; S2 one. S1's two bills: 60 of 100 paid."""
    legs = [
        leg("T1", "S1", waited=5, talked=60),
        leg("T2", "S1", waited=20, talked=60),
        leg("T3", "S1", waited=40, talked=60),
        leg("T4", "S1", waited=30, talked=None),
        leg("T5", "S1", waited=3, talked=None),
        leg("T6", "S2", waited=5, talked=60),
    ]
    own, other = (CustomerEntry.objects.get(station_id=station).account_id for station in ("S1", "S2"))
    march, february = dt.date(2026, 3, 1), dt.date(2026, 2, 1)
    bills = [
        {"account_id": own, "month": march, "energy_kwh": 100.0, "amount_yuan": 100.0},
        {"account_id": own, "month": february, "energy_kwh": 50.0, "amount_yuan": 50.0},
        {"account_id": other, "month": march, "energy_kwh": 10.0, "amount_yuan": 10.0},
    ]
    paid = [
        {"account_id": own, "paid_at": dt.datetime(2026, 4, 2), "amount_yuan": 60.0, "for_month": march},
        {"account_id": own, "paid_at": dt.datetime(2026, 3, 2), "amount_yuan": 50.0, "for_month": february},
    ]
    lake = Lake.open(home / "lake")
    with lake.transaction() as change:
        for contract, rows in ((CALL_LEG, legs), (BILLED_MONTH, bills), (PAYMENT, paid)):
            schema = pa.schema([field for field in contract.schema if field.name in rows[0] or field.nullable])
            kept = [field for field in schema if field.name in contract.schema.names]
            change.append(contract, pa.Table.from_pylist(rows, schema=pa.schema(kept)), known_at=KNOWN)
    with lake.snapshot() as state:
        more = list(read_lake_counts(state, SETTINGS))
    count_figures(settings=SETTINGS, now=NOW, more=more)


def links(client: Client, code: str, asked: str = MARCH) -> dict[str, str]:
    row = next(row for row in client.get(f"/kpi/?{asked}").context["rows"] if row["code"] == code)
    return {words: url for url, words in row["records"].links}


@pytest.mark.usefixtures("counted")
class TestCalls:
    @pytest.mark.parametrize(
        ("code", "expected"),
        [
            ("K-1", {"all": 4, "met": 3, "not met": 1}),
            ("K-2", {"all": 3, "met": 2, "not met": 1}),
        ],
    )
    def test_are_as_many_as_the_figure_says(
        self, code: str, expected: dict[str, int], log_in: Callable[..., Client]
    ) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        assert {words: client.get(url).context["part"].count for words, url in links(client, code).items()} == expected

    def test_show_waiting_and_handling_and_not_who_answered(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        page = client.get(links(client, "K-3")["all"])

        assert [(row.waited_seconds, row.handled_seconds) for row in page.context["part"].rows] == [
            (5.0, 60.0),
            (20.0, 60.0),
            (40.0, 60.0),
        ]
        assert "1001" not in page.content.decode()

    def test_of_a_unit_beside_are_not_there(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S2")

        assert client.get("/kpi/records/calls/?unit=S1&months=2026-03..2026-03").status_code == 404

    def test_are_empty_without_months_rather_than_all_of_them(self, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.SERVICE_SUPERVISOR, unit="S1").get("/kpi/records/calls/").context["part"].count == 0


@pytest.mark.usefixtures("counted")
class TestBills:
    def test_of_a_station_are_those_of_its_months_with_what_is_owed(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.MARKETING_ANALYST, unit="S1")

        part = client.get(links(client, "K-14")["all"]).context["part"]

        assert [(row.billed_yuan, row.paid_yuan, row.owed_yuan) for row in part.rows] == [(100.0, 60.0, 40.0)]

    def test_are_asked_for_by_whether_they_are_paid(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.MARKETING_ANALYST, unit="S1")
        found = links(client, "K-14", "first=2026-02&last=2026-03&kind=own")

        assert {words: client.get(url).context["part"].count for words, url in found.items()} == {
            "all": 2,
            "met": 1,
            "not met": 1,
        }

    def test_of_a_unit_above_a_station_open_its_parts(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.MARKETING_ANALYST, unit="N")

        page = client.get(links(client, "K-14")["all"], follow=True)

        assert page.status_code == 200
        assert sorted(words for words, *_ in page.context["splits"]) == sorted(
            unit.name for unit in page.context["below"]
        )

    def test_are_closed_to_whoever_may_not_see_customers(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.TRAINER, unit="S1")

        assert links(client, "K-14") == {}
