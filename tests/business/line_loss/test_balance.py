"""What entered and what left an area."""

import numpy as np
import pytest

from lamplighter.business.line_loss.records import Term
from lamplighter.business.line_loss.rules.balance import balance_areas
from lamplighter.business.trusted_energy.records import Source
from tests.business.line_loss.drawing import Drawn, draw


def balanced(meters, **settings):
    drawing = draw(meters, **settings)
    return balance_areas(block=drawing.block, trusted=drawing.trusted)


class TestBalance:
    def test_counts_solar_export_as_supply_and_the_supply_meters_reverse_as_sold(self):
        # T4.2: (53 000 - 50 100) / 53 000 = 5.47 %
        balance = balanced([Drawn("supply", 50_000, reverse=1_200), Drawn("solar", 3_000), Drawn("customer", 48_900)])

        assert balance.supplied_kwh[0, 0] == 53_000
        assert balance.sold_kwh[0, 0] == 50_100
        assert round((53_000 - 50_100) / 53_000, 4) == 0.0547

    def test_takes_the_export_of_a_two_way_solar_meter_and_counts_its_own_use_as_sold(self):
        balance = balanced([Drawn("supply", 100), Drawn("solar", 2, reverse=30), Drawn("customer", 110)])

        assert balance.terms[0, 0, Term.SOLAR_EXPORT] == 30
        assert balance.terms[0, 0, Term.SOLAR_IMPORT] == 2
        assert balance.supplied_kwh[0, 0] == 130

    def test_counts_what_customers_feed_back_as_supply(self):
        balance = balanced([Drawn("supply", 100), Drawn("customer", 90, reverse=5)])

        assert balance.supplied_kwh[0, 0] == 105

    def test_multiplies_slots_and_finds_days_already_multiplied(self):
        balance = balanced([Drawn("supply", 10, multiplier=40), Drawn("customer", 380)])

        assert balance.supplied_kwh[0, 0] == 400
        assert balance.residual_kwh[0, 0].sum() == pytest.approx(20, abs=1e-3)

    def test_counts_a_meter_for_the_area_it_hung_on_that_day(self):
        balance = balanced(
            [
                Drawn("supply", 50, area=0),
                Drawn("supply", 50, area=1),
                Drawn("customer", 20, area=[0, 1]),
                Drawn("customer", 20, area=0),
                Drawn("customer", 20, area=1),
            ],
            days=2,
            areas=2,
        )

        assert balance.sold_kwh.tolist() == [[40, 20], [20, 40]]

    def test_adds_both_meters_of_an_exchange(self):
        balance = balanced([Drawn("supply", 100), Drawn("customer", 40), Drawn("customer", 55)])

        assert balance.sold_kwh[0, 0] == 95

    def test_leaves_out_10_kv_customers_and_feeder_meters(self):
        balance = balanced(
            [
                Drawn("supply", 100),
                Drawn("customer", 90),
                Drawn("customer", 500, area=-1),
                Drawn("feeder", 900, area=-1),
            ]
        )

        assert balance.sold_kwh[0, 0] == 90

    def test_does_not_know_the_supply_of_an_area_whose_supply_meter_is_silent(self):
        balance = balanced([Drawn("supply", None), Drawn("customer", 90)])

        assert np.isnan(balance.supplied_kwh[0, 0])
        assert np.isnan(balance.residual_kwh).all()

    def test_knows_no_residual_in_a_slot_a_customer_lacks(self):
        curve = np.ones((1, 24))
        curve[0, 5] = np.nan
        balance = balanced([Drawn("supply", 48), Drawn("customer", curve)])

        assert np.flatnonzero(np.isnan(balance.residual_kwh[0, 0])).tolist() == [5]

    def test_counts_a_register_day_by_day_and_leaves_its_slots_open(self):
        drawing = draw([Drawn("supply", 100), Drawn("customer", 95, source=Source.REGISTER)])
        drawing.trusted.metered_kwh[1] = np.nan

        balance = balance_areas(block=drawing.block, trusted=drawing.trusted)

        assert balance.sold_kwh[0, 0] == 95
        assert balance.read_weight[0, 0] == 1.0
        assert np.isnan(balance.sold_slot_kwh).all()

    def test_sums_in_double_precision(self):
        # 16 777 216 + 1 is 16 777 216 in single precision.
        balance = balanced([Drawn("supply", 1.0), Drawn("customer", 16_777_216.0), Drawn("customer", 1.0)])

        assert balance.sold_kwh[0, 0] == 16_777_217.0
