"""The losses of a bucket: rows, intervals, and laws that hold for any area."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.line_loss.tables import AREA_LOSS_DAILY, AREA_PERIOD
from tests.business.line_loss.drawing import THRESHOLDS, Drawn, draw


def worked(meters, thresholds=THRESHOLDS, **options):
    drawing = draw(meters, **options)
    return area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=thresholds)


class TestTables:
    def test_keep_their_contracts(self):
        tables = worked([Drawn("supply", 100), Drawn("customer", 96)], days=8).tables()
        known_at = dt.datetime(2025, 2, 1)

        for contract in (AREA_LOSS_DAILY, AREA_PERIOD):
            table = tables[contract.name].append_column("known_at", [[known_at] * tables[contract.name].num_rows])
            assert contract.conform(table).num_rows

    def test_write_the_worked_days_only(self):
        losses = worked([Drawn("supply", 100), Drawn("customer", 96)], days=8, first_worked=6)
        rows = losses.tables()["out_area_loss_daily"].to_pylist()

        assert [row["on_date"] for row in rows] == [dt.date(2025, 1, 7), dt.date(2025, 1, 8)]

    def test_say_why_a_figure_is_none(self):
        (row,) = worked([Drawn("supply", None), Drawn("customer", None)]).tables()["out_area_loss_daily"].to_pylist()

        assert row["not_computable_reason"] == "supply_unknown;coverage_low"
        assert row["loss_class"] == "not_computable"
        assert row["loss_kwh"] is None
        assert row["cause_hints"] == "C1;C2"


class TestInterval:
    def test_holds_the_figure_and_widens_with_estimates(self):
        sure = worked([Drawn("supply", 100), *[Drawn("customer", 4.8) for _ in range(20)]])
        meters = [Drawn("supply", 100), *[Drawn("customer", 4.8) for _ in range(19)], Drawn("customer", 4.8, actual=0)]
        guessed = worked(meters)
        width = sure.unexplained_high_kwh - sure.unexplained_low_kwh
        wider = guessed.unexplained_high_kwh - guessed.unexplained_low_kwh

        assert sure.unexplained_low_kwh[0, 0] < sure.unexplained_kwh[0, 0] < sure.unexplained_high_kwh[0, 0]
        assert wider[0, 0] > width[0, 0]

    def test_knows_that_many_small_meters_are_better_than_one(self):
        # Class 2: one meter of 96 kWh errs by 96 x 2 % / sqrt 3; sixteen of 6 kWh by a quarter of that.
        exact = THRESHOLDS.replace(supply_meter_error=0.0, technical_rate_usual_error=0.0)
        one = worked([Drawn("supply", 96), Drawn("customer", 96)], exact)
        many = worked([Drawn("supply", 96), *[Drawn("customer", 6) for _ in range(16)]], exact)
        width = [float((found.unexplained_high_kwh - found.unexplained_kwh)[0, 0]) for found in (one, many)]

        assert width[0] == pytest.approx(1.645 * 96 * 0.02 / 3**0.5)
        assert width[0] / width[1] == pytest.approx(4.0)

    def test_reaches_down_by_what_unread_customers_may_have_used(self):
        read = [Drawn("supply", 100), *[Drawn("customer", 5) for _ in range(19)]]
        without, with_one = worked(read), worked([*read, Drawn("customer", None)])
        lower = without.unexplained_low_kwh - with_one.unexplained_low_kwh

        assert lower[0, 0] == pytest.approx(5.0)
        assert with_one.unexplained_high_kwh[0, 0] == pytest.approx(without.unexplained_high_kwh[0, 0])

    def test_covers_the_truth_as_often_as_it_says(self):
        # 400 areas of honest meters, each with an error inside its class: nothing is unexplained.
        rng = np.random.default_rng(11)
        exact = THRESHOLDS.replace(technical_rate_usual=0.0, technical_rate_usual_error=0.0, technical_error=0.0)
        inside = 0
        for _ in range(400):
            use = rng.gamma(2, 4, 30)
            read = use * (1 + rng.uniform(-0.02, 0.02, 30))
            supply = use.sum() * (1 + rng.uniform(-0.01, 0.01))
            found = worked([Drawn("supply", supply), *[Drawn("customer", kwh) for kwh in read]], exact, slots=1)
            inside += found.unexplained_low_kwh[0, 0] <= 0 <= found.unexplained_high_kwh[0, 0]

        assert 0.86 <= inside / 400 <= 0.99


class TestLaws:
    @settings(max_examples=30, deadline=None)
    @given(
        kwh=st.lists(st.floats(0.1, 500), min_size=4, max_size=12),
        homes=st.lists(st.integers(0, 1), min_size=4, max_size=12),
        lost=st.floats(-50, 50),
        moved=st.integers(0, 3),
    )
    def test_moving_a_meter_to_the_neighbour_moves_its_energy_and_keeps_the_sum(self, kwh, homes, lost, moved):
        homes = (homes * 3)[: len(kwh)]
        supplies = [
            sum(energy for energy, home in zip(kwh, homes, strict=True) if home == area) + lost + 60 for area in (0, 1)
        ]

        def losses_with(hung):
            meters = [Drawn("supply", supplies[area], area=area) for area in (0, 1)]
            meters += [Drawn("customer", energy, area=home) for energy, home in zip(kwh, hung, strict=True)]
            return worked(meters, areas=2, slots=1).loss_kwh

        before = losses_with(homes)
        other = [1 - home if place == moved else home for place, home in enumerate(homes)]
        after = losses_with(other)
        shift = kwh[moved] if homes[moved] == 0 else -kwh[moved]

        if np.isfinite(before).all() and np.isfinite(after).all():
            assert after.sum() == pytest.approx(before.sum(), abs=1e-6)
            assert after[0, 0] - before[0, 0] == pytest.approx(shift, abs=1e-6)

    @settings(max_examples=20, deadline=None)
    @given(order=st.permutations(list(range(6))))
    def test_the_order_of_meters_does_not_matter(self, order):
        meters = [Drawn("supply", 100), Drawn("solar", 7), *[Drawn("customer", kwh) for kwh in (10, 20, 30, 31)]]
        plain = worked(meters)
        shuffled = worked([meters[place] for place in order])

        assert shuffled.unexplained_low_kwh[0, 0] == pytest.approx(plain.unexplained_low_kwh[0, 0])

    def test_working_night_by_night_gives_what_working_in_bulk_gives(self):
        rng = np.random.default_rng(5)
        load = 5 + 3 * rng.random((12, 24))
        lost = 0.01 * load**2 + 0.2

        def upto(days):
            return worked([Drawn("supply", (load + lost)[:days]), Drawn("customer", load[:days])], days=days)

        bulk = upto(12)
        for days in range(1, 13):
            night = upto(days)
            assert night.unexplained_kwh[0, -1] == pytest.approx(bulk.unexplained_kwh[0, days - 1])
            assert night.signs[0, -1] == bulk.signs[0, days - 1]
            assert night.loss_class[0, -1] == bulk.loss_class[0, days - 1]
