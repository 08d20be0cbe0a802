"""The high-pass balance: coefficients, when, in which hours, and where a meter really hangs."""

import numpy as np
import pytest

from lamplighter.business.detection.evidence import balance as balance_layer
from lamplighter.business.detection.highpass import fit_trimmed, middle_of_area
from lamplighter.business.detection.material import prepare_material
from lamplighter.business.detection.settings import default_settings

SETTINGS = default_settings()


def strength(material, code, layer=balance_layer):
    found = {f.code: f for f in layer.evidence(material, SETTINGS).findings}
    full = np.zeros(len(material.window.meters))
    full[found[code].at] = found[code].strength
    return full


class TestTrimmedFit:
    def test_gives_the_error_a_fit_really_has(self):
        rng = np.random.default_rng(3)
        slopes, errors = [], []

        for _ in range(200):
            x = rng.normal(size=(1, 400))
            fit = fit_trimmed(regressors=x, target=0.5 * x[0] + np.abs(x[0]) * rng.normal(size=400), trim_count=0)
            slopes.append(fit.coefficients[0])
            errors.append(fit.errors[0])

        assert np.mean(slopes) == pytest.approx(0.5, abs=0.02)
        assert np.mean(errors) == pytest.approx(np.std(slopes), rel=0.15)

    def test_leaves_a_column_that_never_moves_unknown(self):
        regressors = np.stack([np.arange(40.0) % 7, np.zeros(40), np.arange(40.0) % 3])

        fit = fit_trimmed(regressors=regressors, target=regressors[0], trim_count=0)

        assert np.isnan(fit.coefficients).tolist() == [False, True, False]


class TestMiddleOfArea:
    def test_is_never_below_zero(self):
        centre, _ = middle_of_area(np.array([-0.2, -0.1, -0.15]), np.full(3, 0.01), floor=0.02)

        assert centre == 0.0


class TestBalance:
    def test_finds_a_meter_that_shows_half(self, draw):
        street = draw()
        street.steal(4, share=0.5)

        found = strength(street.material(), "under_registers")

        assert found[4] > 0.9
        assert np.delete(found, 4).max() < 0.2

    def test_reckons_the_energy_past_the_meter(self, draw):
        street = draw()
        street.steal(4, share=0.5)
        stolen_a_month = (street.true_kwh - street.shown_kwh)[4].sum() / 60 * 365.25 / 12

        scores = balance_layer.evidence(street.material(), SETTINGS).scores

        assert scores["balance_coefficient"][4] == pytest.approx(1.0, abs=0.1)
        assert scores["balance_kwh"][4] == pytest.approx(stolen_a_month, rel=0.15)

    def test_dates_a_theft_that_began_inside_the_window(self, draw):
        street = draw()
        street.steal(4, share=0.5, days=slice(40, None))

        material = street.material()
        result = balance_layer.evidence(material, SETTINGS)
        found = next(f for f in result.findings if f.code == "under_registers")

        assert result.scores["balance_suffix_start"][4] == 4
        assert found.first_on[found.at.tolist().index(4)] == material.window.days[40]

    def test_finds_the_hours_of_a_bypass(self, draw):
        street = draw(days=90)
        street.steal(4, share=0.8, slots=slice(36, 48))

        scores = balance_layer.evidence(street.material(), SETTINGS).scores
        found = strength(street.material(), "under_registers_hours")

        hour, hours = scores["balance_run_hour"][4], scores["balance_run_hours"][4]
        assert hour >= 18
        assert hour + hours <= 24
        assert found[4] > 0.5

    def test_says_of_an_honest_meter_that_it_registers_fully(self, draw):
        street = draw()
        street.steal(4, share=0.5)

        found = strength(street.material(), "registers_fully")

        assert np.median(np.delete(found, 4)) > 0.5
        assert found[4] == 0.0

    def test_takes_a_clock_that_is_off_for_a_clock(self, draw):
        street = draw()
        flat = street.true_kwh[4].ravel()
        street.shown_kwh[4] = (0.6 * flat + 0.4 * np.roll(flat, 1)).reshape(street.true_kwh[4].shape)

        material = street.material()

        assert strength(material, "clock_differs")[4] > 0.3
        assert strength(material, "under_registers")[4] < 0.2

    def test_does_not_blame_one_lamp_for_another(self, draw):
        street = draw()
        lamp = np.zeros(street.true_kwh[4].shape)
        for day in range(len(lamp)):
            lamp[day, 36 + day % 2 :] = lamp[day, : 12 - day % 2] = 0.4
        street.true_kwh[4] = street.shown_kwh[4] = lamp
        # A lamp of nobody's switches with it.
        street.true_kwh[5] += lamp

        found = strength(street.material(), "under_registers")

        assert found[4] < 0.1

    def test_sees_values_that_follow_nobodys_use(self, draw):
        street = draw()
        rng = np.random.default_rng(5)
        street.shown_kwh[4] = rng.uniform(0.2, 0.9, size=street.true_kwh[4].shape) * street.true_kwh[4].mean()

        found = strength(street.material(), "moves_against_loss")

        assert found[4] > 0.5
        assert np.delete(found, 4).max() == 0.0

    def test_explains_the_loss_by_who_uses_when_it_is_there(self, draw):
        street = draw()
        street.steal(4, share=0.6)

        found = strength(street.material(), "explains_loss")

        assert found[4] > 0.5
        assert np.delete(found, 4).max() < found[4] / 2

    def test_is_not_available_without_a_supply_meter(self, draw):
        street = draw()
        block, trusted, losses = street.build()
        losses.residual_kwh[:] = np.nan

        material = prepare_material(block=block, trusted=trusted, losses=losses, settings=SETTINGS)

        assert not balance_layer.evidence(material, SETTINGS).is_available.any()


class TestMapCleaning:
    def test_moves_a_meter_to_the_area_whose_loss_it_explains(self, draw):
        street = draw(areas=2)
        street.hangs_on[3] = 1

        balance = street.material().balance

        assert balance.repair.moved_to[3] == 1
        assert (np.delete(balance.repair.moved_to, 3) == -1).all()
        assert balance.repair.home_coefficient[3] == pytest.approx(-1.0, abs=0.1)
        assert balance.window.residual_kwh.sum(axis=(1, 2)) == pytest.approx([0.0, 0.0], abs=10.0)

    def test_counts_against_a_suspicion(self, draw):
        street = draw(areas=2)
        street.hangs_on[3] = 1

        material = street.material()

        assert strength(material, "on_other_area")[3] == 1.0
        assert strength(material, "under_registers").max() < 0.2

    def test_leaves_a_meter_whose_area_is_not_in_the_block(self, draw):
        street = draw(areas=2)
        street.shown_kwh[3] = draw(seed=9).true_kwh[0]

        material = street.material()

        assert material.balance.repair.moved_to[3] == -1
        assert strength(material, "does_not_reach_area")[3] > 0.5
