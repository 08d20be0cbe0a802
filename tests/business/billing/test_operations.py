"""The bills of a month in the lake: everybody once, both ways alike, and a repeated run in place of the first."""

from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.billing.facts import AccountUnknown
from lamplighter.business.billing.operations import bill_month
from lamplighter.business.billing.queries import bill_breakdown, compare_bills, compare_tariffs
from lamplighter.business.billing.records import Issue
from lamplighter.business.billing.tables import BILL, BILL_LINE, BILL_READING
from lamplighter.business.customers.tables import BILLED_MONTH, COMPANY, CUSTOMER
from lamplighter.business.metering.tables import METER, REGISTER_DAILY
from tests.business.billing.drawing import own_book

JANUARY, FEBRUARY, MARCH, APRIL = (date(2025, month, 1) for month in (1, 2, 3, 4))
KNOWN, LATER, NOW = datetime(2025, 4, 1), datetime(2025, 4, 5), datetime(2025, 4, 6)


@pytest.fixture
def book(tmp_path):
    return own_book(tmp_path)


@pytest.fixture
def lake(tmp_path) -> Lake:
    """1001 a home, 1002 the same but of a large household, 1003 of no tariff, 1004 a home without a meter."""
    lake = Lake.open(tmp_path / "lake")
    accounts = ["1001", "1002", "1003", "1004"]
    with lake.transaction() as change:
        company = {"name": ["East"], "timezone": ["Asia/Shanghai"], "interval_minutes": [60]}
        change.append(COMPANY, pa.table(company), known_at=KNOWN)
        customers = {
            "account_id": accounts,
            "class": ["residential"] * 4,
            "price_class": ["home", "home", None, "home"],
            "attributes": [None, '{"household_size": "6"}', None, None],
        }
        change.append(CUSTOMER, pa.table(customers), known_at=KNOWN)
        meters = {
            "meter_id": ["M1", "M2", "M3"],
            "account_id": accounts[:3],
            "role": ["customer"] * 3,
            "multiplier": [1.0, 1.0, 1.0],
            "bucket": pa.array([0, 0, 0], pa.int32()),
        }
        change.append(METER, pa.table(meters), known_at=KNOWN)
        for meter in ("M1", "M2", "M3"):
            dials = {
                "meter_id": [meter] * 4,
                "on_date": [JANUARY, FEBRUARY, MARCH, APRIL],
                "total_kwh": [100.0, 500.0, 850.0, 1550.0],
            }
            change.append(REGISTER_DAILY, pa.table(dials), known_at=KNOWN)
        billed = {"account_id": ["1001"], "month": [MARCH], "energy_kwh": [700.0], "amount_yuan": [380.0]}
        change.append(BILLED_MONTH, pa.table(billed), known_at=KNOWN)
    return lake


class TestMonth:
    def test_has_every_account_once_and_says_why_some_have_no_total(self, lake, book):
        run = bill_month(lake=lake, month=MARCH, book=book, now=NOW)

        assert (run.accounts, run.whole, run.in_bulk, run.blocked) == (4, 2, 1, 2)
        assert run.issues == {Issue.NO_METER: 1, Issue.UNKNOWN_TARIFF: 1}
        # 1001: 250 × 0.5 + 450 × 0.55; 1002 has 2,200 kWh in its first tier: 700 × 0.5.
        assert run.total_yuan == Decimal("372.50") + Decimal("350.00")

    def test_writes_bills_lines_and_readings(self, lake, book):
        bill_month(lake=lake, month=MARCH, book=book, now=NOW)

        with lake.snapshot() as state:
            bills = {row["account_id"]: row for row in state.read(BILL).to_pylist()}
            lines = [row for row in state.read(BILL_LINE).to_pylist() if row["account_id"] == "1001"]
            readings = [row for row in state.read(BILL_READING).to_pylist() if row["account_id"] == "1001"]

        assert (bills["1001"]["total_yuan"], bills["1001"]["difference_yuan"]) == (Decimal("372.50"), Decimal("7.50"))
        assert (bills["1003"]["total_yuan"], bills["1003"]["tariff"]) == (None, None)
        assert [(row["line"], row["tier"], row["formula"]) for row in lines] == [
            (1, 1, "250 kWh × 0.5"),
            (2, 2, "450 kWh × 0.55"),
        ]
        assert [(row["start_kwh"], row["stop_kwh"], row["stop_known_at"]) for row in readings] == [(850, 1550, KNOWN)]

    def test_is_replaced_by_a_repeated_run(self, lake, book):
        bill_month(lake=lake, month=MARCH, book=book, now=NOW)
        late = {"meter_id": ["M1"], "on_date": [APRIL], "total_kwh": [1450.0]}
        with lake.transaction() as change:
            change.append(REGISTER_DAILY, pa.table(late), known_at=LATER)

        run = bill_month(lake=lake, month=MARCH, book=book, now=datetime(2025, 4, 7))

        with lake.snapshot() as state:
            assert state.read(BILL).num_rows == 4
        assert run.total_yuan == Decimal("317.50") + Decimal("350.00")


class TestQueries:
    def test_show_a_bill_as_it_was_known(self, lake, book):
        late = {"meter_id": ["M1"], "on_date": [APRIL], "total_kwh": [1450.0]}
        with lake.transaction() as change:
            change.append(REGISTER_DAILY, pa.table(late), known_at=LATER)

        with lake.snapshot() as state:
            now = bill_breakdown(state, account_id="1001", month=MARCH, book=book).bill
            then = bill_breakdown(state, account_id="1001", month=MARCH, book=book, as_known_at=KNOWN).bill

        assert (now.energy_kwh, then.energy_kwh) == (600, 700)
        assert now.uses[0].end.known_at == LATER

    def test_give_every_figure_its_source(self, lake, book):
        with lake.snapshot() as state:
            found = bill_breakdown(state, account_id="1001", month=MARCH, book=book)

        figures = {figure.name: figure for figure in found.figures}
        assert figures["bill.total_yuan"].value == Decimal("372.50")
        assert figures["bill.meter.1.end_kwh"].source == "core_register_daily M1 2025-04-01"
        assert figures["bill.line.2.rate"].source == "own.home 1 (2024-01-01): price list"
        assert all(figure.source for figure in found.figures)

    def test_compare_two_months(self, lake, book):
        with lake.snapshot() as state:
            found = compare_bills(state, account_id="1001", month=MARCH, against=FEBRUARY, book=book)

        assert found.difference_yuan == Decimal("372.50") - Decimal("175.00")
        assert sum(share.yuan for share in found.causes) == found.difference_yuan

    def test_compare_no_tariff_that_cannot_be_priced(self, lake, book):
        with lake.snapshot() as state:
            found = compare_tariffs(state, account_id="1001", months=(MARCH,), book=book)

        costs = {cost.tariff: cost for cost in found.costs}
        assert costs["own.home"].yuan == Decimal("372.50")
        assert costs["own.home"].is_current
        # Neither registers nor intervals say how the energy falls into hours.
        assert costs["own.hours"].yuan is None
        assert not found.is_comparable

    def test_know_no_stranger(self, lake, book):
        with lake.snapshot() as state, pytest.raises(AccountUnknown):
            bill_breakdown(state, account_id="9999", month=MARCH, book=book)
