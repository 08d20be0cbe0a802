"""Late-payment surcharge: 供电营业规则 1996 Art. 98 and its successor; 电力供应与使用条例 Art. 39."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.inspection.records.facts import ApplianceFacts, LateFeeFacts
from lamplighter.business.inspection.rules import LawMissing, work_out
from lamplighter.business.inspection.rules.sheet import FactUnusable

D = Decimal


def late(arrears, due_on, paid_on, **facts):
    given = {"arrears_yuan": D(arrears), "due_on": due_on, "paid_on": paid_on, "is_residential": False}
    return LateFeeFacts(**(given | facts))


class TestLateFee:
    def test_of_10000_yuan_across_the_year_end_is_220_and_300(self):
        found = work_out(late(10000, date(2024, 12, 20), date(2025, 1, 10)))

        # 21 to 31 December: 11 days at 2 ‰; 1 to 10 January: 10 days at 3 ‰.
        assert [line.value for line in found.lines] == [D("220.00"), D("300.00")]
        assert found.total_yuan == D("520.00")

    def test_of_a_household_is_1_permille_for_20_days(self):
        found = work_out(late(350, date(2025, 3, 1), date(2025, 3, 21), is_residential=True))

        assert found.total_yuan == D("7.00")

    def test_of_a_household_stays_at_1_permille_across_the_year_end(self):
        found = work_out(late(1000, date(2024, 12, 20), date(2025, 1, 10), is_residential=True))

        assert found.total_yuan == D("21.00")

    def test_is_nothing_on_the_last_day_to_pay(self):
        assert work_out(late(10000, date(2025, 3, 1), date(2025, 3, 1))).total_yuan == D("0.00")

    def test_due_on_the_last_day_of_the_year_is_carried_across_from_the_first_day_on(self):
        assert work_out(late(1000, date(2024, 12, 31), date(2025, 1, 1))).total_yuan == D("3.00")

    @pytest.mark.parametrize(("paid_on", "yuan"), [(date(2024, 5, 2), "1.00"), (date(2025, 5, 2), "0.02")])
    def test_below_a_yuan_was_collected_as_one_until_2024(self, paid_on, yuan):
        assert work_out(late(10, paid_on - timedelta(days=1), paid_on)).total_yuan == D(yuan)

    def test_counts_the_due_day_where_the_switch_says_so(self):
        facts = late(1000, date(2025, 3, 1), date(2025, 3, 2))

        assert work_out(facts, chosen={"late_days": "from_due"}).total_yuan == D("4.00")

    def test_stops_at_the_principal_where_the_switch_says_so(self):
        facts = late(1000, date(2024, 1, 1), date(2025, 12, 31))

        # 365 days of 2024 at 2 ‰ = 730; 365 of 2025 at 3 ‰ = 1,095.
        assert work_out(facts).total_yuan == D("1825.00")
        capped = work_out(facts, chosen={"late_cap": "principal"})
        assert [line.value for line in capped.lines] == [D("730.00"), D("270.00")]

    def test_takes_the_contracts_rate_within_the_regulations_range(self):
        facts = {"due_on": date(2025, 3, 1), "paid_on": date(2025, 3, 11)}

        assert work_out(late(1000, **facts, contract_rate=D("0.0015"))).total_yuan == D("15.00")
        with pytest.raises(FactUnusable):
            work_out(late(1000, **facts, contract_rate=D("0.004")))

    @given(st.integers(0, 800), st.integers(1, 800), st.decimals(min_value=0, max_value=10**6, places=2))
    def test_grows_with_every_day_and_never_compounds(self, days, more, arrears):
        due = date(2024, 9, 1)

        short, long = (
            work_out(late(arrears, due, due + timedelta(days=count))).total_yuan for count in (days, days + more)
        )

        assert 0 <= short <= long <= arrears * D("0.003") * (days + more) + D("0.02")


class TestAppliance:
    @pytest.mark.parametrize(
        ("kind", "months", "yuan"),
        [
            ("motor", 48, "2000.00"),  # 4 of 12 years
            ("motor", 6, "3000.00"),  # as new
            ("motor", 144, "300.00"),  # its life is over: a tenth
            ("lighting", 12, "1500.00"),
        ],
    )
    def test_of_3000_yuan_is_paid_by_its_age(self, kind, months, yuan):
        facts = ApplianceFacts(damaged_on=date(2025, 3, 1), appliance=kind, price_yuan=D(3000), used_months=months)

        assert work_out(facts).total_yuan == D(yuan)

    def test_of_an_unknown_class_names_those_there_are(self):
        facts = ApplianceFacts(damaged_on=date(2025, 3, 1), appliance="boat", price_yuan=D(1), used_months=1)

        with pytest.raises(LawMissing, match=r"appliance\.life\.motor"):
            work_out(facts)
