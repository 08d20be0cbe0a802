"""The worked examples of the rule notes, T3.1 to T3.11, each by its number."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from lamplighter.business.billing.records import Quantities, Segment, Terms
from lamplighter.business.billing.rules.pricing import price_lines
from lamplighter.business.tariffs.records import BasicFee, FeeMode, Period
from lamplighter.business.tariffs.rules.book import load_book
from lamplighter.business.tariffs.rules.demand import charged_demand, demand_price
from lamplighter.business.tariffs.rules.hours import floated
from lamplighter.business.tariffs.rules.power_factor import adjustment_rate, power_factor, tangent_band
from lamplighter.business.tariffs.rules.stack import line_loss_fee
from lamplighter.business.tariffs.rules.transformer import Plate, transformer_loss

BOOK = load_book()
JANUARY, MARCH, APRIL = date(2025, 1, 1), date(2025, 3, 1), date(2025, 4, 1)


def amounts(code: str, kwh: dict[Period, str], *, before: str = "0") -> list[str]:
    segment = Segment(MARCH, APRIL, {period: Decimal(each) for period, each in kwh.items()})
    lines = price_lines(
        quantities=Quantities((segment,), Decimal(before)),
        terms=Terms("1", "residential", code),
        book=BOOK,
        tariff_on=lambda on: BOOK.tariff(code, on=on),
    )
    return [str(line.yuan) for line in lines]


class TestResidentialTiers:
    def test_t3_1_splits_a_years_5000_kwh_over_three_tiers(self):
        found = amounts("zj.residential", {Period.FLAT: "5000"})

        assert found == ["1484.88", "1199.52", "167.60"]
        assert sum(map(Decimal, found)) == Decimal("2852.00")

    def test_t3_2_goes_on_where_the_year_stands(self):
        found = amounts("zj.residential", {Period.FLAT: "400"}, before="2600")

        assert found == ["86.08", "141.12"]
        assert sum(map(Decimal, found)) == Decimal("227.20")

    def test_t3_3_adds_the_same_to_peak_and_valley(self):
        found = amounts("zj.residential_tou", {Period.PEAK: "180", Period.VALLEY: "120"}, before="3000")

        # 180 × 0.568 + 120 × 0.288 + 300 × 0.05
        assert found == ["102.24", "34.56", "15.00"]
        assert sum(map(Decimal, found)) == Decimal("151.80")

    def test_adds_more_to_peak_than_to_valley_where_the_province_weighs(self):
        found = amounts("sh.residential_tou", {Period.PEAK: "180", Period.VALLEY: "120"}, before="3120")

        # 180 × 0.617 + 120 × 0.307 + 180 × 0.06 + 120 × 0.03
        assert found == ["111.06", "36.84", "10.80", "3.60"]


class TestHours:
    def test_t3_4_floats_the_flat_price_by_the_ratios_of_july(self):
        july = BOOK.scheme("sc.business_hours", on=date(2023, 7, 1)).season(7)

        found = floated(flat_yuan_per_kwh=Decimal("0.65"), season=july)

        assert found[Period.PEAK] == Decimal("1.04")
        assert found[Period.VALLEY] == Decimal("0.26")
        assert found[Period.TIP] == Decimal("1.248")

    def test_has_no_tip_in_spring(self):
        spring = BOOK.scheme("sc.business_hours", on=date(2024, 3, 1)).season(3)

        assert Period.TIP not in floated(flat_yuan_per_kwh=Decimal("0.65"), season=spring)


class TestBasicFee:
    def test_t3_5_charges_what_is_above_105_percent_double(self):
        fee = charged_demand(contract_kw=Decimal(1000), measured_kw=Decimal(1100), book=BOOK, on=MARCH)

        assert fee.plain_kw * 38 + fee.excess_kw * fee.excess_factor * 38 == Decimal(43700)

    def test_charges_the_contract_up_to_105_percent(self):
        for measured in ("300", "1050"):
            fee = charged_demand(contract_kw=Decimal(1000), measured_kw=Decimal(measured), book=BOOK, on=MARCH)
            assert (fee.plain_kw, fee.excess_kw) == (1000, 0)

    def test_t3_6_lowers_the_price_of_demand_from_260_kwh_per_kva(self):
        def price(kwh: str, on: date = MARCH) -> Decimal:
            return demand_price(yuan_per_kw=Decimal(38), kwh=Decimal(kwh), capacity_kva=Decimal(630), book=BOOK, on=on)

        assert price("170000") == Decimal("34.20")
        assert price("163800") == Decimal("34.20")  # exactly 260 × 630
        assert price("163799") == 38
        assert price("170000", date(2023, 5, 31)) == 38  # the day before the rule


class TestPowerFactor:
    def test_t3_7_raises_the_bill_of_0_83(self):
        factor = power_factor(active_kwh=Decimal(120000), reactive_kvarh=Decimal(80000))
        rate = adjustment_rate(factor=factor, standard=Decimal("0.90"), book=BOOK, on=MARCH)

        assert (factor, rate) == (Decimal("0.83"), Decimal("0.035"))
        assert (630 * 30 + 120000 * Decimal("0.62")) * rate == Decimal("3265.50")

    def test_t3_8_leaves_0_90_alone(self):
        factor = power_factor(active_kwh=Decimal(60000), reactive_kvarh=Decimal(29059))

        assert factor == Decimal("0.90")
        assert adjustment_rate(factor=factor, standard=Decimal("0.90"), book=BOOK, on=MARCH) == 0

    @pytest.mark.parametrize(
        ("factor", "at_90", "at_85", "at_80"),
        [
            ("1.00", "-0.75", "-1.10", "-1.30"),
            ("0.95", "-0.75", "-1.10", "-1.30"),
            ("0.94", "-0.60", "-1.10", "-1.30"),
            ("0.93", "-0.45", "-0.95", "-1.30"),
            ("0.92", "-0.30", "-0.80", "-1.30"),
            ("0.91", "-0.15", "-0.65", "-1.15"),
            ("0.90", "0", "-0.50", "-1.00"),
            ("0.87", "1.5", "-0.20", "-0.70"),
            ("0.85", "2.5", "0", "-0.50"),
            ("0.80", "5.0", "2.5", "0"),
            ("0.70", "10", "7.5", "5.0"),
            ("0.69", "11", "8.0", "5.5"),
            ("0.66", "14", "9.5", "7.0"),
            ("0.65", "15", "10", "7.5"),
            ("0.64", "17", "11", "8.0"),
            ("0.60", "25", "15", "10"),
            ("0.59", "27", "17", "11"),
            ("0.55", "35", "25", "15"),
            ("0.54", "37", "27", "17"),
            ("0.32", "81", "71", "61"),
            ("0.31", "83", "73", "63"),
        ],
    )
    def test_is_the_printed_table(self, factor, at_90, at_85, at_80):
        for standard, percent in (("0.90", at_90), ("0.85", at_85), ("0.80", at_80)):
            rate = adjustment_rate(factor=Decimal(factor), standard=Decimal(standard), book=BOOK, on=MARCH)
            assert rate * 100 == Decimal(percent), (factor, standard)

    @pytest.mark.parametrize("points", range(30, 100))
    def test_bands_of_tan_phi_say_the_same_as_the_rounded_factor(self, points):
        factor = Decimal(points) / 100
        low, high = tangent_band(factor)

        inside = (low + high) / 2

        assert power_factor(active_kwh=Decimal(10000), reactive_kvarh=10000 * inside) == factor


class TestStack:
    def test_t3_9_works_the_line_loss_fee_out_of_the_purchase_price(self):
        fee = line_loss_fee(purchase_yuan_per_kwh=Decimal("0.45"), loss_rate=Decimal("0.035"))

        assert fee == Decimal("0.016321")


class TestTransformerLoss:
    PLATE = Plate(Decimal(315), Decimal("0.48"), Decimal("3.65"), Decimal("0.011"), Decimal("0.04"))

    def lost(self, *, shape: str = "1", active: str = "60000", reactive: str = "29059"):
        return transformer_loss(
            plate=self.PLATE,
            active_kwh=Decimal(active),
            reactive_kvarh=Decimal(reactive),
            hours_on=Decimal(720),
            hours=Decimal(720),
            shape=Decimal(shape),
        )

    def test_t3_10_has_iron_and_copper(self):
        even, continuous = self.lost(), self.lost(shape="1.2")

        assert even.iron_kwh == Decimal("345.60")
        assert round(even.copper_kwh, 2) == Decimal("227.07")
        assert round(continuous.copper_kwh, 2) == Decimal("272.48")

    def test_t3_11_has_reactive_losses(self):
        assert self.lost().iron_kvarh == Decimal("2494.80")
        assert round(self.lost().copper_kvarh, 2) == Decimal("783.85")

    def test_has_iron_alone_in_a_month_without_use(self):
        idle = self.lost(active="0", reactive="0")

        assert (idle.active_kwh, idle.copper_kwh) == (Decimal("345.60"), 0)


class TestTwoPartBill:
    def test_adds_basic_fee_energy_and_power_factor(self):
        """The bill of T3.7 as a whole: 630 kVA × 30 + 120,000 × 0.62, then 3.5 % of both."""
        flat = replace(
            BOOK.tariff("zj.residential_shared", on=MARCH),
            prices={Period.FLAT: Decimal("0.62")},
            basic_fee=BasicFee(Decimal(30), Decimal(38)),
            power_factor=Decimal("0.90"),
        )
        terms = Terms("1", "industrial", None, capacity_kva=Decimal(630), fee_mode=FeeMode.CAPACITY)
        quantities = Quantities((Segment(MARCH, APRIL, {Period.FLAT: Decimal(120000)}),), reactive_kvarh=Decimal(80000))

        lines = price_lines(quantities=quantities, terms=terms, book=BOOK, tariff_on=lambda _: flat)

        assert [str(line.yuan) for line in lines] == ["74400.00", "18900.00", "3265.50"]
