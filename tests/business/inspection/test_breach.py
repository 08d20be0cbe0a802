"""Breach: 供电营业规则 2024 Art. 101, 1996 Art. 100."""

from datetime import date
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.inspection.records.amounts import Role
from lamplighter.business.inspection.records.facts import BreachFacts, BreachKind
from lamplighter.business.inspection.rules import LawMissing, load_law, work_out
from lamplighter.business.inspection.rules.basic_fee import basic_fees
from lamplighter.business.inspection.rules.sheet import FactMissing
from lamplighter.business.inspection.rules.theft import MultipleTooHigh

D = Decimal


def breach(kind, **facts):
    return BreachFacts(kind=kind, **({"found_on": date(2025, 3, 1)} | facts))


class TestClass:
    def test_of_unknown_dates_counts_three_months_of_1500_kwh(self):
        found = work_out(breach(BreachKind.CLASS, monthly_kwh=D(1500), high_yuan=D("0.85"), low_yuan=D("0.52")))

        assert found.energy_kwh == D("4500.00")
        assert found.sum_of(Role.PRINCIPAL) == D("1485.00")
        assert found.sum_of(Role.PENALTY) == D("2970.00")

    def test_takes_the_energy_of_known_dates(self):
        found = work_out(breach(BreachKind.CLASS, kwh=D(100), high_yuan=D("0.85"), low_yuan=D("0.52")))

        assert found.total_yuan == D("99.00")  # 33.00 and twice it


class TestCapacity:
    def test_of_80_kva_for_three_months_with_a_basic_fee(self):
        found = work_out(breach(BreachKind.CAPACITY, kw=D(80), is_two_part=True, months=D(3), basic_yuan=D(30)))

        assert found.sum_of(Role.PRINCIPAL) == D("7200.00")
        assert found.sum_of(Role.PENALTY) == D("21600.00")

    def test_of_20_kw_without_one_costs_50_yuan_a_kw(self):
        assert work_out(breach(BreachKind.CAPACITY, kw=D(20))).total_yuan == D("1000.00")

    def test_reckons_months_from_dates(self):
        dates = {"started_on": date(2025, 1, 22), "ended_on": date(2025, 2, 28)}
        found = work_out(breach(BreachKind.CAPACITY, kw=D(310), is_two_part=True, basic_yuan=D(30), **dates))

        # 10 of January's 31 days and the whole of February: 3,000 + 9,300.
        assert found.sum_of(Role.PRINCIPAL) == D("12300.00")

    def test_refuses_a_multiple_above_three(self):
        with pytest.raises(MultipleTooHigh):
            work_out(
                breach(BreachKind.CAPACITY, kw=D(80), is_two_part=True, months=D(3), basic_yuan=D(30), multiple=D(4))
            )


class TestSealed:
    def test_of_100_kva_used_twice_costs_6000_yuan(self):
        assert work_out(breach(BreachKind.SEALED, kw=D(100), occurrences=2)).total_yuan == D("6000.00")

    def test_with_a_basic_fee_costs_twice_that_fee_on_top(self):
        facts = breach(BreachKind.SEALED, kw=D(100), is_two_part=True, months=D(1), basic_yuan=D(30))

        assert work_out(facts).total_yuan == D("9000.00")

    def test_that_was_never_in_the_contract_is_added_capacity_as_well(self):
        facts = breach(BreachKind.SEALED, kw=D(100), occurrences=2, is_private_capacity=True)
        two_part = {"is_two_part": True, "months": D(1), "basic_yuan": D(30), "is_private_capacity": True}

        assert work_out(facts).total_yuan == D("11000.00")  # 6,000 + 100 × 50
        # The fee once, twice and three times it as penalties.
        assert work_out(breach(BreachKind.SEALED, kw=D(100), **two_part)).total_yuan == D("18000.00")


class TestOthers:
    def test_bringing_in_60_kw_costs_30000_yuan(self):
        assert work_out(breach(BreachKind.SOURCE, kw=D(60))).total_yuan == D("30000.00")

    @pytest.mark.parametrize(("is_residential", "yuan"), [(True, "1000.00"), (False, "10000.00")])
    def test_moving_a_device_twice(self, is_residential, yuan):
        facts = breach(BreachKind.DEVICE, is_residential=is_residential, occurrences=2)

        assert work_out(facts).total_yuan == D(yuan)

    def test_going_above_plan_was_a_breach_until_2024(self):
        facts = {"kw": D(100), "kwh": D(200), "price_yuan": D("0.5"), "occurrences": 2}

        assert work_out(breach(BreachKind.QUOTA, found_on=date(2024, 5, 31), **facts)).total_yuan == D("700.00")
        with pytest.raises(LawMissing):
            work_out(breach(BreachKind.QUOTA, found_on=date(2024, 6, 1), **facts))

    def test_name_the_fact_they_lack(self):
        with pytest.raises(FactMissing, match="kw"):
            work_out(breach(BreachKind.SOURCE))


class TestBasicFee:
    MARCH: ClassVar = {"first_on": date(2025, 3, 1), "last_on": date(2025, 3, 10)}

    @pytest.mark.parametrize(("on", "yuan"), [(date(2025, 3, 1), "3048.39"), (date(2023, 3, 1), "3150.00")])
    def test_of_10_days_of_march_is_divided_as_the_law_of_the_day_says(self, on, yuan):
        (fee,) = basic_fees(capacity_kva=D(315), yuan_per_month=D(30), law=load_law(on=on), **self.MARCH)

        assert fee.yuan == D(yuan)

    @pytest.mark.parametrize("on", [date(2025, 3, 1), date(2023, 3, 1)])
    def test_of_a_whole_month_is_the_monthly_fee(self, on):
        whole = {"first_on": date(2025, 3, 1), "last_on": date(2025, 3, 31)}

        (fee,) = basic_fees(capacity_kva=D(315), yuan_per_month=D(30), law=load_law(on=on), **whole)

        assert fee.yuan == D("9450.00")

    @given(split=st.integers(1, 30), kva=st.integers(1, 5000))
    def test_two_parts_of_a_month_come_to_the_month(self, split, kva):
        law = load_law(on=date(2025, 3, 1))

        def fee(first, last):
            dates = {"first_on": date(2025, 3, first), "last_on": date(2025, 3, last)}
            return basic_fees(capacity_kva=D(kva), yuan_per_month=D(30), law=law, **dates)[0].yuan

        assert abs(fee(1, split) + fee(split + 1, 31) - fee(1, 31)) <= D("0.01")
