"""Whether a figure can be trusted, and what it is called."""

import dataclasses

import numpy as np
import pytest

from lamplighter.business.line_loss.records import CLASS_ORDER, LossClass, Reason
from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.line_loss.rules.classes import classify, loss_rate
from lamplighter.business.trusted_energy.records import Source
from tests.business.line_loss.drawing import THRESHOLDS, Drawn, draw


def worked(meters, thresholds=THRESHOLDS, **settings):
    drawing = draw(meters, **settings)
    return area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=thresholds)


def reasons(losses, area=0, day=0):
    return {reason for reason in Reason if losses.reasons[area, day] >> reason.value & 1}


def class_of(rate, *, thresholds=THRESHOLDS, technical_rate=np.nan, supplied=1000.0, is_computable=True):
    found = classify(
        rate=np.array([rate]),
        supplied_kwh=np.array([supplied]),
        is_computable=np.array([is_computable]),
        technical_rate=np.array([technical_rate]),
        thresholds=thresholds,
    )
    return CLASS_ORDER[found[0]]


class TestLossRate:
    def test_is_what_was_supplied_and_not_sold(self):
        # T4.1
        assert round(loss_rate(supplied_kwh=52_000, sold_kwh=49_800), 4) == 0.0423

    def test_keeps_a_negative_loss_negative(self):
        losses = worked([Drawn("supply", 100), Drawn("customer", 108)])

        assert losses.loss_kwh[0, 0] == -8
        assert losses.loss_rate[0, 0] == pytest.approx(-0.08)
        assert losses.unexplained_kwh[0, 0] < -8


class TestClass:
    @pytest.mark.parametrize(
        ("rate", "found"),
        [
            (-0.0101, LossClass.NEGATIVE),
            (-0.01, LossClass.SLIGHTLY_NEGATIVE),
            (-0.0001, LossClass.SLIGHTLY_NEGATIVE),
            (0.0, LossClass.ECONOMIC),
            (0.04, LossClass.ECONOMIC),
            (0.0401, LossClass.QUALIFIED),
            (0.07, LossClass.QUALIFIED),
            (0.0701, LossClass.HIGH),
            (0.20, LossClass.HIGH),
            (0.2001, LossClass.VERY_HIGH),
        ],
    )
    def test_changes_at_the_limits_of_list_4_2(self, rate, found):
        assert class_of(rate) is found

    def test_is_not_computable_before_anything_else(self):
        assert class_of(0.5, is_computable=False) is LossClass.NOT_COMPUTABLE

    def test_calls_a_rate_of_next_to_nothing_a_small_load(self):
        assert class_of(0.5, supplied=9.9) is LossClass.SMALL_LOAD
        assert class_of(0.5, supplied=10.0) is LossClass.VERY_HIGH

    def test_follows_the_technical_rate_where_each_area_has_its_own_index(self):
        # Index of an area of 2 %: 2 % + max(0.5 %, 0.3 x 2 %) = 2.6 %.
        own = THRESHOLDS.replace(individual_index=1.0)

        assert class_of(0.0259, thresholds=own, technical_rate=0.02) is LossClass.ECONOMIC
        assert class_of(0.0261, thresholds=own, technical_rate=0.02) is LossClass.HIGH
        assert class_of(0.0261, technical_rate=0.02) is LossClass.ECONOMIC

    @pytest.mark.parametrize(
        ("name", "value", "rate", "found"),
        [
            ("negative_below", -0.03, -0.02, LossClass.SLIGHTLY_NEGATIVE),
            ("economic_to", 0.05, 0.045, LossClass.ECONOMIC),
            ("high_above", 0.10, 0.09, LossClass.QUALIFIED),
            ("very_high_above", 0.30, 0.25, LossClass.HIGH),
        ],
    )
    def test_moves_with_each_threshold(self, name, value, rate, found):
        assert class_of(rate) is not found
        assert class_of(rate, thresholds=dataclasses.replace(THRESHOLDS, **{name: value})) is found


class TestComputability:
    def test_holds_for_a_fully_read_area(self):
        losses = worked([Drawn("supply", 100), Drawn("customer", 96)])

        assert losses.is_computable[0, 0]
        assert losses.coverage[0, 0] == 1.0

    def test_refuses_a_day_without_its_supply_meter(self):
        assert reasons(worked([Drawn("customer", 96)])) == {Reason.SUPPLY_UNKNOWN}
        assert Reason.SUPPLY_UNKNOWN in reasons(worked([Drawn("supply", None), Drawn("customer", 96)]))

    def test_refuses_a_day_of_which_one_of_two_supply_meters_is_silent(self):
        losses = worked([Drawn("supply", 50), Drawn("supply", None), Drawn("customer", 96)])

        assert Reason.SUPPLY_UNKNOWN in reasons(losses)

    def test_refuses_a_day_of_no_supply(self):
        assert reasons(worked([Drawn("supply", 0), Drawn("customer", 3)])) == {Reason.SUPPLY_ZERO}

    def test_refuses_an_estimated_supply(self):
        losses = worked([Drawn("supply", 100, actual=0.89), Drawn("customer", 96)])

        assert reasons(losses) == {Reason.SUPPLY_ESTIMATED}
        assert reasons(worked([Drawn("supply", 100, actual=0.91), Drawn("customer", 96)])) == set()

    def test_refuses_an_area_without_customers(self):
        assert Reason.CUSTOMERS_UNKNOWN in reasons(worked([Drawn("supply", 100)]))

    def test_refuses_below_95_percent_of_customers_read(self):
        # 18 of 20 read: 90 %; 19 of 20: 95 %.
        few = [Drawn("supply", 100), *[Drawn("customer", 5) for _ in range(18)], *[Drawn("customer", None)] * 2]
        enough = [Drawn("supply", 100), *[Drawn("customer", 5) for _ in range(19)], Drawn("customer", None)]

        assert reasons(worked(few)) == {Reason.COVERAGE_LOW}
        assert reasons(worked(enough)) == set()

    def test_weighs_coverage_by_energy_as_well(self):
        meters = [Drawn("supply", 200), *[Drawn("customer", 5) for _ in range(19)]]
        losses = worked([*meters, Drawn("customer", 95, source=Source.ESTIMATED)])

        assert losses.coverage[0, 0] == pytest.approx(0.5)
        assert losses.estimated_share[0, 0] == pytest.approx(0.5)
        assert reasons(losses) == {Reason.COVERAGE_LOW}

    def test_takes_a_register_difference_for_a_reading(self):
        losses = worked([Drawn("supply", 100), Drawn("customer", 96, source=Source.REGISTER, actual=0.2)])

        assert losses.is_computable[0, 0]

    def test_refuses_when_the_supply_meters_clock_is_off(self):
        meters = [Drawn("supply", 100), Drawn("customer", 96)]

        assert reasons(worked(meters, flags=[(0, 0, "V-03", "fail")])) == {Reason.CLOCK}
        assert reasons(worked(meters, flags=[(0, 0, "V-03", "warn")])) == {Reason.CLOCK}
        assert reasons(worked(meters, flags=[(0, 0, "V-03", "note")])) == set()
        assert reasons(worked(meters, flags=[(0, 0, "V-08", "fail")])) == set()

    def test_refuses_when_too_much_energy_lies_behind_clocks_that_are_off(self):
        meters = [Drawn("supply", 100), Drawn("customer", 11), Drawn("customer", 87)]

        assert reasons(worked(meters, flags=[(1, 0, "V-03", "fail")])) == {Reason.CLOCK}
        lighter = [Drawn("supply", 100), Drawn("customer", 9), Drawn("customer", 87)]
        assert reasons(worked(lighter, flags=[(1, 0, "V-03", "fail")])) == set()

    def test_refuses_when_registers_and_curves_disagree(self):
        meters = [Drawn("supply", 100), Drawn("customer", 96)]

        assert reasons(worked(meters, flags=[(0, 0, "V-07", "fail")])) == {Reason.FREEZE}

    def test_refuses_a_loss_whose_solar_export_is_not_known(self):
        losses = worked([Drawn("supply", 100), Drawn("customer", 120), Drawn("solar", None)])

        assert Reason.SOLAR_UNKNOWN in reasons(losses)

    @pytest.mark.parametrize(
        ("name", "value", "meters", "reason"),
        [
            ("coverage_min", 0.5, [("customer", 96, 0.6)], Reason.COVERAGE_LOW),
            ("supply_actual_min", 0.5, [("customer", 96, 1.0)], Reason.SUPPLY_ESTIMATED),
        ],
    )
    def test_moves_with_its_thresholds(self, name, value, meters, reason):
        drawn = [Drawn("supply", 100, actual=0.6 if name.startswith("supply") else 1.0)]
        drawn += [Drawn(role, kwh, actual=actual) for role, kwh, actual in meters]

        assert reason in reasons(worked(drawn))
        assert reason not in reasons(worked(drawn, thresholds=THRESHOLDS.replace(**{name: value})))
