"""Theft: 供电营业规则 2024 Art. 104-105, 1996 Art. 102-103, with figures anyone can repeat on paper."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.inspection.records.amounts import Concern, Role
from lamplighter.business.inspection.records.facts import (
    CrimeFacts,
    Device,
    EnergyMethod,
    MeterPlate,
    PeriodPrice,
    TheftFacts,
    UserCategory,
    Wiring,
)
from lamplighter.business.inspection.rules import load_law, work_out
from lamplighter.business.inspection.rules.crime import criminal_quantity
from lamplighter.business.inspection.rules.sheet import FactMissing, FactUnusable, SwitchUnknown
from lamplighter.business.inspection.rules.theft import MultipleTooHigh

D = Decimal
FOUND = date(2025, 3, 1)
LOW_VOLTAGE = MeterPlate(wiring=Wiring.FOUR_WIRE, current="3×1.5(6)", ct="200/5")


def theft(method=EnergyMethod.CONNECTED, **changes):
    facts = {
        "found_on": FOUND,
        "method": method,
        "category": UserCategory.LIGHTING,
        "price_yuan": D("0.52"),
        "devices": (Device(name="heater", rated_kw=D(5)),),
    }
    return TheftFacts(**(facts | changes))


def by_meter(plate, **changes):
    return theft(EnergyMethod.METER, meter=plate, **({"category": UserCategory.POWER} | changes))


def values(amounts, unit):
    return [line.value for line in amounts.lines if line.unit == unit]


def said(amounts, concern):
    return [warning.phrase.say("en") for warning in amounts.warnings if warning.concern is concern]


class TestHooking:
    def test_with_5_kw_by_a_lighting_user_for_unknown_time_comes_to_11232_yuan(self):
        found = work_out(theft())

        # 180 d × 6 h = 1080 h; 5 kW × 1080 h; × 0.52; × 3.
        assert values(found, "h") == [D(1080)]
        assert found.energy_kwh == D("5400.00")
        assert found.sum_of(Role.PRINCIPAL) == D("2808.00")
        assert found.sum_of(Role.PENALTY) == D("8424.00")
        assert found.total_yuan == D("11232.00")

    def test_takes_established_days_and_hours_before_presumed_ones(self):
        found = work_out(theft(started_on=date(2025, 2, 1), ended_on=date(2025, 2, 10), hours_per_day=D("4.5")))

        assert found.energy_kwh == D("225.00")  # 5 × 10 × 4.5

    def test_sums_every_device_by_its_number(self):
        devices = (Device(name="kettle", rated_kw=D("1.5"), quantity=2), Device(name="lamp", rated_kw=D("0.06")))

        assert values(work_out(theft(devices=devices)), "kW") == [D("3.06")]

    def test_on_a_separate_circuit_keeps_what_was_billed_elsewhere(self):
        assert work_out(theft(billed_kwh=D(1000), separate_circuit=True)).energy_kwh == D("5400.00")
        assert work_out(theft(billed_kwh=D(1000))).energy_kwh == D("4400.00")


class TestMeter:
    def test_of_1_5_a_with_200_to_5_stands_for_39_60_kw_and_55536_kwh_after_what_was_billed(self):
        found = work_out(by_meter(LOW_VOLTAGE, billed_kwh=D(30000)))

        assert values(found, "kW") == [D("39.60")]
        assert values(found, "kWh") == [D("85536.00"), D("55536.00")]
        assert found.energy_kwh == D("55536.00")

    def test_of_5_60_a_single_phase_stands_for_1_10_kw_and_1188_kwh(self):
        plate = MeterPlate(wiring=Wiring.SINGLE_PHASE, current="5(60)")
        found = work_out(by_meter(plate, category=UserCategory.LIGHTING))

        assert values(found, "kW") == [D("1.10")]
        assert found.energy_kwh == D("1188.00")

    def test_of_100_v_three_wire_with_both_transformers_stands_for_259_81_kw(self):
        plate = MeterPlate(wiring=Wiring.THREE_WIRE, current="3×1.5(6)", voltage_v=D(100), ct="50/5", pt="10000/100")

        assert values(work_out(by_meter(plate)), "kW") == [D("259.81")]  # √3 × 0.1 × 1.5 × 10 × 100

    def test_marked_with_a_transitional_current_counts_ten_times_it(self):
        plate = MeterPlate(wiring=Wiring.SINGLE_PHASE, current="0.25-0.5(60)")

        assert values(work_out(by_meter(plate)), "kW") == [D("1.10")]

    def test_takes_the_limiters_current_before_the_meters(self):
        plate = MeterPlate(wiring=Wiring.SINGLE_PHASE, current="5(60)", limiter_a=D(20))

        assert values(work_out(by_meter(plate)), "kW") == [D("4.40")]

    def test_takes_the_maximum_current_where_the_switch_says_so(self):
        plate = MeterPlate(wiring=Wiring.SINGLE_PHASE, current="5(60)")

        assert values(work_out(by_meter(plate), chosen={"rated_current_source": "maximum"}), "kW") == [D("13.20")]

    def test_without_what_was_billed_says_that_nothing_was_deducted(self):
        assert any("billed" in each for each in said(work_out(by_meter(LOW_VOLTAGE)), Concern.UNKNOWN))

    def test_with_less_than_was_billed_comes_to_nothing_and_not_below(self):
        found = work_out(by_meter(LOW_VOLTAGE, billed_kwh=D(90000)))

        assert (found.energy_kwh, found.total_yuan) == (D("0.00"), D("0.00"))

    @pytest.mark.parametrize("marking", ["", "sixty", "5(", "5(60)(80)"])
    def test_refuses_a_marking_it_cannot_read(self, marking):
        with pytest.raises(FactUnusable):
            work_out(by_meter(MeterPlate(wiring=Wiring.SINGLE_PHASE, current=marking)))


class TestOtherMethods:
    def test_take_what_was_established_as_it_is(self):
        assert work_out(theft(EnergyMethod.ESTABLISHED, established_kwh=D("812.5"))).energy_kwh == D("812.50")

    def test_of_a_province_are_marked_as_such(self):
        found = work_out(theft(EnergyMethod.MASTER_METER, master_kwh=D(9000), sub_kwh=D(7000), loss_kwh=D(300)))

        assert found.energy_kwh == D("1700.00")
        assert any("provincial" in each for each in said(found, Concern.CONFIRM))

    def test_compare_product_output_with_what_was_metered(self):
        facts = theft(EnergyMethod.UNIT_USE, unit_kwh=D(20), output=D(500), auxiliary_kwh=D(400), metered_kwh=D(6400))

        assert work_out(facts).energy_kwh == D("4000.00")  # 20 × 500 + 400 − 6400

    def test_name_the_fact_they_lack(self):
        with pytest.raises(FactMissing, match="normal_kwh"):
            work_out(theft(EnergyMethod.HISTORY))


class TestPrice:
    PERIODS = (
        PeriodPrice(name="peak", yuan_per_kwh=D("1.20"), share=D("0.25")),
        PeriodPrice(name="valley", yuan_per_kwh=D("0.40"), share=D("0.75")),
    )

    @pytest.mark.parametrize(("how", "fee"), [("flat", "520.00"), ("weighted", "600.00"), ("average", "800.00")])
    def test_of_a_time_of_use_customer_follows_the_switch(self, how, fee):
        facts = theft(EnergyMethod.ESTABLISHED, established_kwh=D(1000), period_prices=self.PERIODS)

        assert work_out(facts, chosen={"price_for_tou_user": how}).sum_of(Role.PRINCIPAL) == D(fee)

    def test_includes_the_surcharges(self):
        facts = theft(EnergyMethod.ESTABLISHED, established_kwh=D(1000), surcharge_yuan=D("0.03"))

        assert work_out(facts).sum_of(Role.PRINCIPAL) == D("550.00")


class TestMultiple:
    def test_is_three_and_to_be_confirmed_when_nobody_agreed_one(self):
        assert any("not higher than 3" in each for each in said(work_out(theft()), Concern.CONFIRM))

    def test_below_three_wants_a_reason(self):
        assert said(work_out(theft(multiple=D(1))), Concern.UNKNOWN)
        found = work_out(theft(multiple=D(1), multiple_reason="first time"))
        assert not said(found, Concern.UNKNOWN)
        assert found.total_yuan == D("5616.00")

    def test_above_three_is_refused(self):
        with pytest.raises(MultipleTooHigh):
            work_out(theft(multiple=D("3.1")))

    def test_was_fixed_under_the_1996_order(self):
        found = work_out(theft(found_on=date(2024, 5, 31), multiple=D(2), multiple_reason="first time"))

        assert any("1996 order fixes 3" in each for each in said(found, Concern.CONFIRM))


class TestLawOfTheAct:
    @pytest.mark.parametrize(("found_on", "article"), [(date(2024, 5, 31), "103"), (date(2024, 6, 1), "105")])
    def test_is_that_of_the_day(self, found_on, article):
        days = next(line for line in work_out(theft(found_on=found_on)).lines if line.unit == "day")

        assert days.clause.article == article

    def test_of_an_act_across_the_change_is_that_of_its_last_day_and_says_so(self):
        facts = theft(started_on=date(2024, 5, 1), found_on=date(2024, 6, 10))

        last, first = work_out(facts), work_out(facts, chosen={"governing_day": "first"})

        assert (last.governed_on, first.governed_on) == (date(2024, 6, 10), date(2024, 5, 1))
        assert any("spans two orders" in each for each in said(last, Concern.CONFIRM))

    def test_of_1996_allows_more_than_180_days_where_the_switch_says_so(self):
        facts = theft(found_on=date(2024, 3, 1), days_claimed=200)

        assert values(work_out(facts), "day") == [D(180)]
        assert values(work_out(facts, chosen={"days_unknown": "at_least"}), "day") == [D(200)]

    def test_of_2024_does_not(self):
        with pytest.raises(FactUnusable, match="180"):
            work_out(theft(days_claimed=200))

    def test_refuses_a_switch_that_does_not_exist(self):
        with pytest.raises(SwitchUnknown, match="by_method"):
            work_out(theft(), chosen={"deduct_billed_energy": "perhaps"})

    def test_marks_defaults_as_the_companys_own(self):
        assert any("deduct_billed_energy" in each for each in said(work_out(theft()), Concern.CONFIRM))
        chosen = work_out(theft(), chosen={"deduct_billed_energy": "never"})
        assert not any("deduct_billed_energy" in each for each in said(chosen, Concern.CONFIRM))


class TestCrime:
    LAW = load_law(on=FOUND)

    def test_counts_ten_months_of_2200_kwh_less(self):
        facts = CrimeFacts(normal_kwh=(D(3000),) * 6, after_kwh=D(800), months=D(10))

        assert criminal_quantity(facts, law=self.LAW).value == D("22000.00")

    def test_takes_the_newest_six_months_or_those_there_are(self):
        long = CrimeFacts(normal_kwh=(D(9000), *(D(3000),) * 6), after_kwh=D(800), months=D(1))
        short = CrimeFacts(normal_kwh=(D(1000), D(2000)), after_kwh=D(800), months=D(1))

        assert criminal_quantity(long, law=self.LAW).value == D("2200.00")
        assert criminal_quantity(short, law=self.LAW).value == D("700.00")

    @pytest.mark.parametrize(
        ("kwh", "earlier", "word"),
        [(1900, False, None), (1924, False, "range"), (5770, False, "large amount"), (3000, True, "large amount")],
    )
    def test_is_thought_of_from_the_fee_alone(self, kwh, earlier, word):
        # 1,900 × 0.52 = 988 yuan, 1,924 × 0.52 = 1,000.48; with the penalty all would be far above 1,000.
        facts = theft(EnergyMethod.ESTABLISHED, established_kwh=D(kwh), earlier_penalty=earlier)

        notes = " ".join(said(work_out(facts), Concern.NOTE))

        assert (word in notes) if word else notes == ""

    def test_needs_no_amount_at_the_third_theft_in_two_years(self):
        facts = theft(EnergyMethod.ESTABLISHED, established_kwh=D(1), thefts_two_years=3)

        assert any("no amount" in each for each in said(work_out(facts), Concern.NOTE))


amount = st.decimals(min_value=0, max_value=100_000, places=2)


class TestLaws:
    @given(kw=st.decimals(min_value=0, max_value=500, places=2), first=st.integers(1, 90), second=st.integers(1, 90))
    def test_two_periods_come_to_the_energy_of_the_whole(self, kw, first, second):
        start = date(2024, 7, 1).toordinal()

        def over(begin, days):
            dates = {"started_on": date.fromordinal(begin), "ended_on": date.fromordinal(begin + days - 1)}
            return work_out(theft(devices=(Device(name="x", rated_kw=kw),), **dates))

        parts = over(start, first), over(start + first, second)
        whole = over(start, first + second)

        assert sum(part.energy_kwh for part in parts) == whole.energy_kwh
        # Fee and penalty are rounded once a bill: a cent and, through the multiple, three more for each part.
        assert abs(sum(part.total_yuan for part in parts) - whole.total_yuan) <= D("0.08")

    @given(less=amount, more=amount)
    def test_more_energy_never_costs_less_and_nothing_is_negative(self, less, more):
        less, more = sorted((less, more))
        low, high = (work_out(theft(EnergyMethod.ESTABLISHED, established_kwh=kwh)) for kwh in (less, more))

        assert D(0) <= low.total_yuan <= high.total_yuan
        assert all(line.value >= 0 for line in (*low.lines, *high.lines))
        assert high.total_yuan == sum(line.value for line in high.lines if line.role is not Role.QUANTITY)
