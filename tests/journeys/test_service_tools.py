import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import BILLED_MONTH, CUSTOMER
from lamplighter.business.service_desk.tools import ToolFailed
from lamplighter.journeys.service_tools import LakeDirectory, LakeTools

KNOWN_AT = dt.datetime(2026, 3, 1)


@pytest.fixture
def company(tmp_path) -> Lake:
    lake = Lake.open(tmp_path / "lake")
    customer = {
        "account_id": ["1000000248"],
        "name": ["张建国"],
        "class": ["residential"],
        "address": ["幸福路12号"],
        "telephone": ["13812345678"],
    }
    bills = {
        "account_id": ["1000000248"] * 2,
        "month": [dt.date(2026, 1, 1), dt.date(2026, 2, 1)],
        "energy_kwh": [300.0, 420.5],
        "amount_yuan": [161.4, 229.63],
    }
    with lake.transaction() as change:
        change.append(CUSTOMER, pa.table(customer), known_at=KNOWN_AT)
        change.append(BILLED_MONTH, pa.table(bills), known_at=KNOWN_AT)
    return lake


class TestLakeTools:
    def test_compare_a_bill_with_the_month_before_each_figure_with_its_month(self, company):
        found = LakeTools(company).compare_bills("1000000248", "2026-02")

        figures = {figure.name: (figure.value, figure.source) for figure in found.figures}
        assert figures["energy"] == (Decimal("420.5"), "core_billed_month 2026-02")
        assert figures["amount_before"] == (Decimal("161.4"), "core_billed_month 2026-01")
        assert figures["energy_change"][0] == Decimal("120.5")
        assert figures["amount_change"][0] == Decimal("68.23")

    def test_take_the_last_month_when_none_is_named(self, company):
        found = LakeTools(company).bill_breakdown("1000000248", "")

        assert found.figures[0].value == "2026-02"

    def test_say_that_they_failed_rather_than_guess(self, company):
        tools = LakeTools(company)

        with pytest.raises(ToolFailed) as missing:
            tools.compare_bills("1000000248", "2026-01")
        with pytest.raises(ToolFailed) as absent:
            tools.request_appointment("1000000248", "", "")

        assert not missing.value.is_absent
        assert absent.value.is_absent


class TestLakeDirectory:
    def test_knows_facts_of_an_account_and_nothing_of_another(self, company):
        directory = LakeDirectory(company)

        assert directory.facts_on_file("1000000248") == {
            "name": "张建国",
            "telephone": "13812345678",
            "address": "幸福路12号",
            "meter": "",
        }
        assert directory.facts_on_file("1") is None
        assert directory.facts_on_file("") is None
