"""Metering errors: 供电营业规则 1996 Art. 80-81 and their successors of 2024."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.business.inspection.records.amounts import Concern, Direction, Role
from lamplighter.business.inspection.records.facts import MeteringErrorFacts, MeteringErrorKind
from lamplighter.business.inspection.rules import LawMissing, load_law, work_out
from lamplighter.business.inspection.rules.metering_error import FactorUndefined, correction_factor
from lamplighter.business.inspection.rules.sheet import FactMissing

D = Decimal
Kind = MeteringErrorKind


def fault(kind, metered, **facts):
    given = {"corrected_on": date(2025, 3, 1), "price_yuan": D("0.5"), "metered_kwh": D(metered)}
    return MeteringErrorFacts(kind=kind, **(given | facts))


class TestError:
    def test_of_a_meter_5_percent_fast_refunds_285_71_kwh_of_half_the_time(self):
        found = work_out(fault(Kind.ERROR, 12000, relative_error=D("0.05"), tolerance=D("0.02")))

        assert (found.direction, found.energy_kwh) == (Direction.REFUND, D("285.71"))
        assert found.total_yuan == D("142.86")  # 285.71 × 0.5 = 142.855, half up

    def test_of_a_meter_4_percent_slow_collects_250_kwh(self):
        found = work_out(fault(Kind.ERROR, 12000, relative_error=D("-0.04"), tolerance=D("0.02")))

        assert (found.direction, found.energy_kwh) == (Direction.COLLECT, D("250.00"))

    def test_is_multiplied_plainly_where_the_switch_says_linear(self):
        facts = fault(Kind.ERROR, 12000, relative_error=D("0.05"), tolerance=D("0.02"))

        assert work_out(facts, chosen={"error_formula": "linear"}).energy_kwh == D("300.00")

    def test_within_the_tolerance_of_a_residential_meter_settles_nothing(self):
        found = work_out(fault(Kind.ERROR, 12000, relative_error=D("0.02"), is_residential=True))

        assert (found.direction, found.total_yuan) == (Direction.NOTHING, D("0.00"))

    def test_carries_no_penalty(self):
        found = work_out(fault(Kind.ERROR, 12000, relative_error=D("-0.04")))

        assert found.sum_of(Role.PENALTY) == D("0.00")

    @given(
        metered=st.decimals(min_value=0, max_value=1_000_000, places=2),
        error=st.decimals(min_value=D("-0.9"), max_value=D("0.9"), places=3),
    )
    def test_goes_to_whom_it_favours_and_is_never_negative(self, metered, error):
        found = work_out(fault(Kind.ERROR, metered, relative_error=error, tolerance=D(0)))

        if error > 0 and found.energy_kwh:
            assert found.direction is Direction.REFUND
        if error < 0 and found.energy_kwh:
            assert found.direction is Direction.COLLECT
        assert found.total_yuan >= 0
        assert all(line.value >= 0 for line in found.lines)


class TestVoltageDrop:
    def test_beyond_what_is_allowed_is_collected(self):
        found = work_out(fault(Kind.VOLTAGE_DROP, 10000, actual_drop=D("0.012"), allowed_drop=D("0.005")))

        assert (found.direction, found.energy_kwh) == (Direction.COLLECT, D("70.00"))

    @pytest.mark.parametrize(
        ("corrected_on", "direction"),
        [(date(2024, 5, 31), Direction.NOTHING), (date(2024, 6, 1), Direction.REFUND)],
    )
    def test_to_the_customers_harm_is_given_back_since_2024(self, corrected_on, direction):
        facts = {"actual_drop": D("-0.012"), "allowed_drop": D("0.005"), "corrected_on": corrected_on}

        assert work_out(fault(Kind.VOLTAGE_DROP, 10000, **facts)).direction is direction


class TestWiring:
    def test_with_ua_lost_at_cos_phi_0_9_adds_5629_60_kwh(self):
        found = work_out(fault(Kind.WIRING, 10000, fault="three_wire_ua_lost", tan_phi=D("0.48432")))

        assert found.lines[0].value == D("1.56296")
        assert (found.direction, found.energy_kwh) == (Direction.COLLECT, D("5629.60"))

    @pytest.mark.parametrize(
        ("code", "factor"),
        [
            ("four_wire_one_lost", "1.5"),
            ("four_wire_two_lost", "3"),
            ("four_wire_one_reversed", "3"),
            ("four_wire_two_reversed", "-3"),
            ("four_wire_all_reversed", "-1"),
            ("three_wire_ub_lost", "2"),
            # At tan φ = 1: 2√3 / (√3 ± 1) and ±√3.
            ("three_wire_ua_lost", "1.26795"),
            ("three_wire_uc_lost", "4.73205"),
            ("three_wire_ia_reversed", "1.73205"),
            ("three_wire_ic_reversed", "-1.73205"),
        ],
    )
    def test_has_the_factor_of_its_vector_diagram(self, code, factor):
        faults = load_law(on=date(2025, 3, 1)).faults

        assert round(correction_factor(faults[code], tan_phi=D(1)), 5) == D(factor)

    def test_of_a_dial_that_ran_backwards_counts_the_lost_energy_and_what_was_taken_off(self):
        # Recorded −1,000, truly 3 × 1,000.
        assert work_out(fault(Kind.WIRING, -1000, fault="four_wire_two_reversed")).energy_kwh == D("4000.00")

    def test_that_recorded_nothing_has_no_factor(self):
        with pytest.raises(FactorUndefined):
            work_out(fault(Kind.WIRING, 0, fault="three_wire_currents_swapped", tan_phi=D("0.5")))

    def test_asks_for_the_load_angle_only_where_it_matters(self):
        assert work_out(fault(Kind.WIRING, 100, fault="four_wire_one_lost")).energy_kwh == D("50.00")
        with pytest.raises(FactMissing, match="tan_phi"):
            work_out(fault(Kind.WIRING, 100, fault="three_wire_ua_lost"))

    def test_refuses_a_wiring_that_is_not_on_record(self):
        with pytest.raises(LawMissing, match="four_wire_one_lost"):
            work_out(fault(Kind.WIRING, 100, fault="upside_down"))


class TestFuse:
    def test_falls_back_on_normal_months_where_it_cannot_be_computed(self):
        found = work_out(fault(Kind.FUSE, 400, normal_kwh=D(1000), months=D(1)))

        assert (found.direction, found.energy_kwh) == (Direction.COLLECT, D("600.00"))

    def test_is_computed_where_it_can_be(self):
        assert work_out(fault(Kind.FUSE, 400, factor=D("1.5"))).energy_kwh == D("200.00")


class TestOther:
    def test_refunds_where_more_than_normal_was_metered(self):
        found = work_out(fault(Kind.OTHER, 2500, normal_kwh=D(1000), months=D(2)))

        assert (found.direction, found.energy_kwh) == (Direction.REFUND, D("500.00"))


class TestRatio:
    def test_billed_as_150_to_5_but_200_to_5_adds_10000_kwh(self):
        found = work_out(fault(Kind.RATIO, 30000, true_ratio="200/5", billed_ratio="150/5"))

        assert (found.direction, found.energy_kwh) == (Direction.COLLECT, D("10000.00"))

    def test_the_other_way_round_refunds(self):
        found = work_out(fault(Kind.RATIO, 40000, true_ratio="150/5", billed_ratio="200/5"))

        assert (found.direction, found.energy_kwh) == (Direction.REFUND, D("10000.00"))


class TestUntilItIsSettled:
    @pytest.mark.parametrize(
        ("facts", "words"),
        [
            (fault(Kind.OTHER, 100, normal_kwh=D(50), months=D(1)), "by the reading"),
            (fault(Kind.RATIO, 100, true_ratio="2", billed_ratio="1"), "by the normal month"),
        ],
    )
    def test_says_how_the_customer_pays(self, facts, words):
        notes = [each.phrase.say("en") for each in work_out(facts).warnings if each.concern is Concern.NOTE]

        assert any(words in note for note in notes)
