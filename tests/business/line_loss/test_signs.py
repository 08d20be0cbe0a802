"""Regression, signs of causes, and days of change."""

import numpy as np
import pytest

from lamplighter.business.line_loss.records import CAUSE_CODES, Sign
from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.line_loss.rules.causes import find_mirrors
from lamplighter.business.line_loss.rules.change_points import find_changes
from lamplighter.business.line_loss.rules.regression import fit_quadratic
from tests.business.line_loss.drawing import THRESHOLDS, Drawn, draw

DAYS = 20
HOURS = np.arange(24)
# An evening peak, a night valley, and days that differ, kW of an area.
LOAD = (20 + 15 * np.exp(-(((HOURS - 19) / 3) ** 2)) + 8 * (HOURS > 7))[None, :] * np.linspace(0.8, 1.2, DAYS)[:, None]


def signs_of(loss_kw, *, load=LOAD, **settings):
    drawing = draw(
        [Drawn("supply", load + loss_kw), Drawn("customer", load / 2), Drawn("customer", load / 2)],
        days=len(load),
        **settings,
    )
    losses = area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=THRESHOLDS)
    return {sign for sign in Sign if losses.signs[0, -1] >> sign.value & 1}, losses


class TestRegression:
    def test_finds_constant_and_slope(self):
        fit = fit_quadratic(
            residual_kwh=(0.5 + 0.002 * LOAD**2)[None].astype(np.float32),
            sold_kwh=LOAD[None].astype(np.float32),
            interval_hours=1.0,
            window_days=28,
            least_days=7,
        )

        assert fit.constant_kw[0, -1] == pytest.approx(0.5, abs=1e-3)
        assert fit.slope_per_kw[0, -1] == pytest.approx(0.002, rel=1e-3)
        assert fit.r2[0, -1] > 0.999

    def test_waits_for_seven_days(self):
        fit = fit_quadratic(
            residual_kwh=(0.002 * LOAD**2)[None].astype(np.float32),
            sold_kwh=LOAD[None].astype(np.float32),
            interval_hours=1.0,
            window_days=28,
            least_days=7,
        )

        assert np.flatnonzero(np.isfinite(fit.slope_per_kw[0]))[0] == 6

    def test_never_calls_a_falling_line_technical(self):
        fit = fit_quadratic(
            residual_kwh=(5 - 0.001 * LOAD**2)[None].astype(np.float32),
            sold_kwh=LOAD[None].astype(np.float32),
            interval_hours=1.0,
            window_days=28,
            least_days=7,
        )

        assert fit.slope_per_kw[0, -1] == 0.0

    def test_gives_the_technical_part_where_no_network_is_known(self):
        _, losses = signs_of(0.002 * LOAD**2)
        daily = (0.002 * LOAD**2).sum(axis=1)

        assert losses.technical_source[0, -1] == 2
        assert losses.technical_kwh[0, -1] == pytest.approx(daily[-1], rel=1e-3)
        assert losses.unexplained_kwh[0, -1] == pytest.approx(0.0, abs=0.1)

    def test_never_explains_more_than_a_line_can_lose(self):
        # A third of the energy gone, in proportion to S²: no low-voltage line loses that by itself.
        _, losses = signs_of(0.02 * LOAD**2)

        assert losses.technical_kwh[0, -1] == pytest.approx(THRESHOLDS.technical_rate_max * losses.supplied_kwh[0, -1])

    def test_does_not_look_at_later_days(self):
        loss = 0.002 * LOAD**2 + np.where(np.arange(DAYS) > 12, 3.0, 0.0)[:, None]
        _, whole = signs_of(loss)
        _, part = signs_of(loss[:12], load=LOAD[:12])

        assert whole.technical_kwh[0, :12] == pytest.approx(part.technical_kwh[0])
        assert (whole.signs[0, :12] == part.signs[0]).all()


class TestSigns:
    def test_a_constant_loss_day_and_night_is_unmetered_use(self):
        found, _ = signs_of(np.full_like(LOAD, 2.0))

        assert Sign.CONSTANT in found
        assert Sign.LOAD_PROPORTIONAL not in found

    def test_a_loss_in_proportion_to_load_squared_is_technical(self):
        found, _ = signs_of(0.002 * LOAD**2)

        assert found == {Sign.LOAD_SQUARED}

    def test_a_loss_in_proportion_to_load_is_a_ratio(self):
        # The regression is not asked: a network that loses nothing leaves the whole loss unexplained.
        lines = [("A0", "bus", "n1", 0.0), ("A0", "bus", "n2", 0.0)]
        drawing = draw(
            [
                Drawn("supply", 1.15 * LOAD),
                Drawn("customer", LOAD / 2, node="n1"),
                Drawn("customer", LOAD / 2, node="n2"),
            ],
            days=DAYS,
            lines=lines,
        )
        losses = area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=THRESHOLDS)

        assert losses.signs[0, -1] >> Sign.LOAD_PROPORTIONAL.value & 1
        assert not losses.signs[0, -1] >> Sign.CONSTANT.value & 1

    def test_a_loss_negative_at_noon_only_is_solar(self):
        noon = np.where((HOURS >= 9) & (HOURS <= 15), -8.0, 0.3)[None, :] * np.ones_like(LOAD)
        found, _ = signs_of(noon)

        assert Sign.NOON_NEGATIVE in found

    def test_a_light_load_on_a_large_transformer(self):
        found, _ = signs_of(np.full_like(LOAD, 2.0), rated_kva=2000.0)

        assert Sign.LIGHT_LOAD in found
        assert Sign.LIGHT_LOAD not in signs_of(np.full_like(LOAD, 2.0), rated_kva=100.0)[0]

    def test_gaps_say_what_is_missing(self):
        drawing = draw([Drawn("supply", None), Drawn("customer", 50)])
        losses = area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=THRESHOLDS)

        assert losses.signs[0, 0] == 1 << Sign.SUPPLY_GAP.value

    def test_have_a_code_each(self):
        assert set(CAUSE_CODES) == set(Sign)
        assert len(set(CAUSE_CODES.values())) == len(Sign)


class TestMirrors:
    def test_pairs_the_area_that_loses_with_the_one_that_gains(self):
        # One customer of 2 kW booked on area 1 hangs on area 0.
        rng = np.random.default_rng(7)
        moved = 2 * rng.random((DAYS, 24))
        own = 0.1 * rng.random((3, DAYS, 24))
        hourly = own + np.stack([moved, -moved, np.zeros_like(moved)])

        assert find_mirrors(hourly_kwh=hourly, mean_kw=hourly.mean(axis=(1, 2))).tolist() == [1, 0, -1]

    def test_ignores_areas_that_only_move_alike(self):
        rng = np.random.default_rng(7)
        season = rng.random((DAYS, 24))
        hourly = np.stack([season, season])

        assert find_mirrors(hourly_kwh=hourly, mean_kw=hourly.mean(axis=(1, 2))).tolist() == [-1, -1]


class TestChanges:
    def test_finds_the_day_and_the_size(self):
        rng = np.random.default_rng(3)
        series = rng.normal(10, 1, 60)
        series[40:] += 8

        (change,) = find_changes(series, least_t=6)

        assert change.at == 40
        assert change.size == pytest.approx(8, abs=0.8)

    def test_finds_none_in_noise(self):
        rng = np.random.default_rng(3)

        assert sum(bool(find_changes(rng.normal(10, 1, 90), least_t=6)) for _ in range(200)) == 0

    def test_bridges_unknown_days(self):
        series = np.r_[np.ones(10), np.full(5, np.nan), np.full(10, 9.0)] + np.tile([0.0, 0.1, -0.1], 9)[:25]

        (change,) = find_changes(series, least_t=6)

        assert change.at == 15

    def test_does_not_take_a_slow_drift_for_a_step(self):
        assert find_changes(np.linspace(0, 3, 60) + np.random.default_rng(1).normal(0, 1, 60), least_t=6) == ()

    def test_are_in_the_window_of_the_area(self):
        loss = np.where(np.arange(DAYS) < 10, 0.2, 1.4)[:, None] * np.ones_like(LOAD)
        steady = np.tile(LOAD[10], (DAYS, 1))
        drawing = draw([Drawn("supply", steady + loss), Drawn("customer", steady)], days=DAYS)
        losses = area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=THRESHOLDS)
        row = losses.tables()["out_area_period"].to_pylist()[0]

        assert row["change_on"] == drawing.block.days[10].astype(object)
        assert row["change_kwh_per_day"] == pytest.approx(24 * 1.2, rel=0.05)
        assert "A6" in row["cause_hints"]

    def test_below_the_least_size_are_not_worth_a_look(self):
        loss = np.where(np.arange(DAYS) < 10, 0.20, 0.30)[:, None] * np.ones_like(LOAD)
        steady = np.tile(LOAD[10], (DAYS, 1))
        drawing = draw([Drawn("supply", steady + loss), Drawn("customer", steady)], days=DAYS)

        losses = area_losses(block=drawing.block, trusted=drawing.trusted, thresholds=THRESHOLDS)

        assert losses.period.change_at[0] == -1
