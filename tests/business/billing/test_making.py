"""A bill by the registers: what counts, what splits, what is refused."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.billing.making import make_bill
from lamplighter.business.billing.records import FeeMode, Issue
from lamplighter.business.billing.rules.measuring import Hung
from lamplighter.business.tariffs.records import Period
from lamplighter.business.tariffs.rules.book import Book
from lamplighter.business.tariffs.rules.transformer import Plate
from tests.business.billing.drawing import KNOWN, NEW_YEAR, draw_account, draw_dial, even_slots, own_book

FEBRUARY, MARCH, APRIL = date(2025, 2, 1), date(2025, 3, 1), date(2025, 4, 1)


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Book:
    return own_book(tmp_path_factory.mktemp("book"))


class TestBill:
    def test_is_the_difference_of_two_readings_times_the_multiplier(self, book):
        facts = draw_account({"M1": draw_dial(10.0)}, meters=[Hung("M1", Decimal(2), None, None)])

        bill = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        # 31 days × 10 kWh × 2; January and February used 59 × 20 = 1,180 kWh: all in tier 2.
        assert bill.energy_kwh == 620
        assert bill.used_before_kwh == 1180
        assert [(line.tier, line.formula, str(line.yuan)) for line in bill.lines] == [(2, "620 kWh × 0.55", "341.00")]
        assert bill.total_yuan == Decimal("341.00")
        (use,) = bill.uses
        assert (use.start.value, use.start.on_date, use.start.known_at) == (Decimal("690.00"), MARCH, KNOWN)
        assert (use.end.value, use.end.on_date) == (Decimal("1000.00"), APRIL)

    def test_steps_over_a_tier_in_the_month_it_is_reached(self, book):
        bill = make_bill(draw_account({"M1": draw_dial(15.0)}), first_on=MARCH, end_on=APRIL, book=book)

        # 59 × 15 = 885 before; 115 kWh to the limit of 1,000, 350 above it.
        assert [(line.tier, str(line.quantity)) for line in bill.lines] == [(1, "115.00"), (2, "350.00")]

    def test_puts_the_company_s_own_bill_beside_it(self, book):
        facts = draw_account({"M1": draw_dial(10.0)}, billed={MARCH: (Decimal(310), Decimal("160.00"))})

        bill = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        assert (bill.total_yuan, bill.billed_yuan) == (Decimal("155.00"), Decimal("160.00"))

    def test_takes_the_registers_even_where_the_intervals_say_otherwise(self, book):
        facts = draw_account({"M1": draw_dial(10.0)}, slots=even_slots(9.0))

        bill = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        assert bill.energy_kwh == 310
        assert bill.check.energy_kwh == 279
        assert bill.check.difference_kwh == 31


class TestUnknownTariff:
    @pytest.mark.parametrize("price_class", [None, "", "residential", "zj"])
    def test_prices_nothing_and_guesses_nothing(self, book, price_class):
        facts = draw_account({"M1": draw_dial(10.0)}, price_class=price_class)

        bill = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        assert Issue.UNKNOWN_TARIFF in bill.issues
        assert (bill.total_yuan, bill.lines, bill.energy_kwh) == (None, (), 310)


class TestReadings:
    def test_rolls_over_after_the_last_figure(self, book):
        facts = draw_account({"M1": draw_dial(10.0, start=999_500.0)})

        bill = make_bill(facts, first_on=FEBRUARY, end_on=MARCH, book=book)

        assert bill.energy_kwh == 280
        assert bill.uses[0].rolled_over

    def test_refuses_a_dial_that_went_back(self, book):
        dials = draw_dial(10.0)
        dials[APRIL] = draw_dial(0.0, start=50.0, first_on=APRIL, days=0)[APRIL]

        bill = make_bill(draw_account({"M1": dials}), first_on=MARCH, end_on=APRIL, book=book)

        assert Issue.REGISTER_WENT_BACK in bill.issues
        assert bill.total_yuan is None

    def test_takes_the_last_reading_before_a_missing_one_and_makes_it_good_next_month(self, book):
        facts = draw_account({"M1": draw_dial(10.0, missing=[MARCH])})

        february = make_bill(facts, first_on=FEBRUARY, end_on=MARCH, book=book)
        march = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        assert (february.energy_kwh, march.energy_kwh) == (270, 320)
        assert Issue.READING_MOVED in february.issues
        assert Issue.READING_MOVED in march.issues

    def test_is_refused_without_any_reading_near_a_boundary(self, book):
        gone = [date(2025, 3, day) for day in range(20, 32)] + [APRIL]
        bill = make_bill(draw_account({"M1": draw_dial(10.0, missing=gone)}), first_on=MARCH, end_on=APRIL, book=book)

        assert Issue.NO_REGISTER in bill.issues
        assert bill.energy_kwh is None

    def test_needs_a_meter(self, book):
        assert Issue.NO_METER in make_bill(draw_account({}), first_on=MARCH, end_on=APRIL, book=book).issues


class TestMeterExchange:
    def draw(self, **more):
        day = date(2025, 3, 16)
        meters = [Hung("OLD", Decimal(1), None, day), Hung("NEW", Decimal(1), day, None)]
        old = draw_dial(10.0, days=74)
        new = draw_dial(10.0, start=5.0, first_on=day, days=40)
        return draw_account({"OLD": old, "NEW": new}, meters=meters, **more)

    def test_adds_the_old_meter_and_the_new(self, book):
        bill = make_bill(self.draw(), first_on=MARCH, end_on=APRIL, book=book)

        assert [(use.meter_id, str(use.energy_kwh)) for use in bill.uses] == [("OLD", "150.00"), ("NEW", "160.00")]
        assert bill.energy_kwh == 310
        assert bill.issues == ()

    def test_bridges_hours_no_dial_tells_by_intervals_and_says_so(self, book):
        facts = self.draw(slots=even_slots(10.0))
        del facts.dials["OLD"][date(2025, 3, 16)], facts.dials["NEW"][date(2025, 3, 16)]

        bill = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        assert [(str(use.energy_kwh), str(use.bridged_kwh)) for use in bill.uses] == [
            ("150.00", "10.00"),
            ("160.00", "10.00"),
        ]
        assert Issue.EXCHANGE_BRIDGED in bill.issues

    def test_is_refused_where_neither_dial_nor_interval_tells(self, book):
        facts = self.draw()
        del facts.dials["NEW"][date(2025, 3, 16)]

        assert Issue.NO_REGISTER in make_bill(facts, first_on=MARCH, end_on=APRIL, book=book).issues


class TestPeriods:
    def test_come_from_the_registers_where_the_meter_runs_them(self, book):
        dials = draw_dial(10.0, registers={"peak_kwh": 0.6, "valley_kwh": 0.4})
        bill = make_bill(draw_account({"M1": dials}, price_class="hours"), first_on=MARCH, end_on=APRIL, book=book)

        assert bill.energy_by_period == {Period.PEAK: 186, Period.VALLEY: 124}
        assert bill.total_yuan == Decimal("148.80")  # 186 × 0.6 + 124 × 0.3
        assert bill.issues == ()

    def test_come_from_intervals_where_the_meter_runs_others(self, book):
        dials = draw_dial(10.0, registers={"peak_kwh": 0.3, "flat_kwh": 0.3, "valley_kwh": 0.4})
        facts = draw_account({"M1": dials}, price_class="hours", slots=even_slots(9.0, peak_share=0.7))

        bill = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        # The register's 310 kWh, shared 70 : 30 as the intervals are.
        assert bill.energy_by_period == {Period.PEAK: 217, Period.VALLEY: 93}
        assert bill.issues == (Issue.PERIODS_FROM_INTERVALS,)

    def test_are_not_guessed(self, book):
        bill = make_bill(
            draw_account({"M1": draw_dial(10.0)}, price_class="hours"), first_on=MARCH, end_on=APRIL, book=book
        )

        assert Issue.PERIODS_UNKNOWN in bill.issues
        assert bill.total_yuan is None


class TestPriceChange:
    def test_in_mid_month_is_cut_by_the_reading_of_its_day(self, book):
        daily = [10.0] * 69 + [20.0] * 51
        facts = draw_account({"M1": draw_dial(daily)}, price_class="shop", customer_class="commercial")

        bill = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)

        # 10 days × 10 kWh × 0.8, then 21 days × 20 kWh × 0.9.
        assert [(line.formula, line.origin.version) for line in bill.lines] == [
            ("100 kWh × 0.8", "1"),
            ("420 kWh × 0.9", "2"),
        ]

    def test_is_shared_by_calendar_days_where_that_day_was_not_read(self, book):
        dials = draw_dial(10.0, missing=[date(2025, 3, 11)])
        bill = make_bill(draw_account({"M1": dials}, price_class="shop"), first_on=MARCH, end_on=APRIL, book=book)

        assert [line.formula for line in bill.lines] == ["100 kWh × 0.8", "210 kWh × 0.9"]
        assert Issue.SPLIT_BY_DAYS in bill.issues


class TestFactory:
    def draw(self, **terms):
        dials = draw_dial(100.0, reactive=2 / 3, demand=11.0)
        meters = [Hung("M1", Decimal(40), None, None)]
        about = {"customer_class": "industrial", "capacity_kva": Decimal(630)} | terms
        return draw_account({"M1": dials}, meters=meters, price_class="factory", **about)

    def test_pays_capacity_energy_and_the_power_factor(self, book):
        bill = make_bill(self.draw(), first_on=MARCH, end_on=APRIL, book=book)

        # 124,000 kWh × 0.62 + 630 × 30; factor 0.83: + 3.5 %.
        assert [str(line.yuan) for line in bill.lines] == ["76880.00", "18900.00", "3352.30"]

    def test_pays_demand_above_105_percent_double(self, book):
        facts = self.draw(fee_mode=FeeMode.CONTRACT_DEMAND, contract_demand_kw=Decimal(400))

        lines = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book).lines

        # 11 × 40 = 440 kW; 196.8 kWh per kVA: no discount.
        assert [line.formula for line in lines[1:3]] == ["420 kW × 38", "20 kW × 76"]

    def test_pays_the_floor_of_40_percent_of_the_capacity(self, book):
        facts = self.draw(fee_mode=FeeMode.CONTRACT_DEMAND, contract_demand_kw=Decimal(100), capacity_kva=Decimal(1200))

        assert make_bill(facts, first_on=MARCH, end_on=APRIL, book=book).lines[1].quantity == 480

    def test_has_no_bill_without_its_capacity(self, book):
        bill = make_bill(self.draw(capacity_kva=None), first_on=MARCH, end_on=APRIL, book=book)

        assert (bill.issues, bill.total_yuan) == ((Issue.CAPACITY_UNKNOWN,), None)

    def test_pays_the_losses_of_its_own_transformer_where_it_is_metered_below(self, book):
        plate = Plate(Decimal(630), Decimal("0.81"), Decimal("6.2"))
        bill = make_bill(self.draw(is_metered_below=True, plate=plate), first_on=MARCH, end_on=APRIL, book=book)

        # Iron 0.81 × 744 h = 602.64; copper 6.2 × (124000² + 82666.8²) / (630² × 744) = 466.32.
        assert bill.own_loss_kwh == Decimal("1068.96")
        assert bill.energy_kwh == 124000 + bill.own_loss_kwh
        assert bill.lines[0].quantity == bill.energy_kwh

    def test_has_no_bill_where_these_losses_are_not_on_record(self, book):
        bill = make_bill(self.draw(is_metered_below=True), first_on=MARCH, end_on=APRIL, book=book)

        assert Issue.LOSS_DATA_UNKNOWN in bill.issues


class TestTwoHalves:
    """The tier rule: limits belong to the year and are never cut to a bill; the second half goes on from the first."""

    @given(
        daily=st.lists(st.integers(0, 6000), min_size=120, max_size=120),
        cut=st.integers(1, 30),
        price_class=st.sampled_from(["home", "shop"]),
    )
    def test_equal_the_whole(self, book, daily, cut, price_class):
        facts = draw_account({"M1": draw_dial([each / 100 for each in daily])}, price_class=price_class)
        middle = date(2025, 3, 1 + cut)

        whole = make_bill(facts, first_on=MARCH, end_on=APRIL, book=book)
        halves = [make_bill(facts, first_on=a, end_on=b, book=book) for a, b in ((MARCH, middle), (middle, APRIL))]

        assert halves[0].energy_kwh + halves[1].energy_kwh == whole.energy_kwh
        for tier in (None, 1, 2, 3):
            parts = [line for half in halves for line in half.lines if line.tier == tier]
            assert sum(line.quantity for line in parts) == sum(
                each.quantity for each in whole.lines if each.tier == tier
            )
        lines = [line for half in halves for line in half.lines]
        assert sum(line.exact_yuan for line in lines) == sum(line.exact_yuan for line in whole.lines)
        # Each line is rounded on its own: at most half a cent of difference a line.
        apart = abs(sum(half.total_yuan for half in halves) - whole.total_yuan)
        assert apart <= Decimal("0.005") * (len(lines) + len(whole.lines))


class TestTierPosition:
    def test_is_taken_from_what_was_billed_where_the_year_has_no_readings(self, book):
        dials = draw_dial(10.0, first_on=FEBRUARY, days=60)
        billed = {NEW_YEAR: (Decimal(900), None), FEBRUARY: (Decimal(280), None)}

        bill = make_bill(draw_account({"M1": dials}, billed=billed), first_on=MARCH, end_on=APRIL, book=book)

        assert bill.used_before_kwh == 1180

    def test_is_not_guessed(self, book):
        dials = draw_dial(10.0, first_on=FEBRUARY, days=60)

        bill = make_bill(draw_account({"M1": dials}), first_on=MARCH, end_on=APRIL, book=book)

        assert bill.issues == (Issue.TIER_POSITION_UNKNOWN,)

    def test_begins_with_the_account(self, book):
        dials = draw_dial(20.0, first_on=FEBRUARY, days=60)

        bill = make_bill(draw_account({"M1": dials}, opened_on=FEBRUARY), first_on=MARCH, end_on=APRIL, book=book)

        # Opened in February: 1,000 × 11/12 = 916.67 kWh in tier 1, of which 560 are used.
        assert bill.used_before_kwh == 560
        assert round(bill.lines[0].quantity, 2) == Decimal("356.67")
