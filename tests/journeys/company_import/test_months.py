"""Columns that say a month, in each form companies write them."""

import datetime as dt

import pytest

from lamplighter.business.customers.tables import BILLED_MONTH, PAYMENT

JANUARY = dt.date(2025, 1, 1)


class TestMonths:
    @pytest.mark.parametrize("word", ["2025-01", "202501", "2025-01-31"])
    def test_of_a_payment_are_read_as_a_bills_are(self, company, word):
        company.write("billed.csv", f"account_id,month,energy_kwh\nC1,{word},120\n")
        company.write("payments.csv", f"account_id,paid_at,amount_yuan,for_month\nC1,2025-02-05 14:27,62.4,{word}\n")

        report = company.take()

        assert report.count.quarantined == 0
        assert [row["month"] for row in company.rows(BILLED_MONTH)] == [JANUARY]
        assert [row["for_month"] for row in company.rows(PAYMENT)] == [JANUARY]
