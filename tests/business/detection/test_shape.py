"""Changes, signs in a curve, peers and hand-over, each on use drawn for it."""

from dataclasses import replace

import numpy as np
import pytest

from lamplighter.business.detection.changes import find_changes
from lamplighter.business.detection.curve_signs import read_signs
from lamplighter.business.detection.evidence import handover, peers, shape
from lamplighter.business.detection.material import prepare_material
from lamplighter.business.detection.settings import default_settings

SETTINGS = default_settings()


def strength(material, code, layer=shape):
    found = {f.code: f for f in layer.evidence(material, SETTINGS).findings}
    full = np.zeros(len(material.window.meters))
    full[found[code].at] = found[code].strength
    return full


def changes_of(days, *, classes=None, smallest=5):
    words = np.array(classes or ["residential"] * len(days), dtype=object)
    return find_changes(daily_kwh=days, classes=words, smallest_class=smallest, margin_days=7)


class TestChanges:
    def test_do_not_see_a_cold_week_that_everybody_has(self):
        days = np.full((8, 40), 8.0) + np.tile([0.0, 0.2], 20)
        days[:, 20:] *= 2.0

        assert np.abs(changes_of(days).drop_share).max() < 0.05

    def test_see_who_fell_while_its_class_did_not(self):
        days = np.full((8, 40), 8.0) + np.tile([0.0, 0.2], 20)
        days[3, 25:] = 2.0

        found = changes_of(days)

        assert found.split[3] == 25
        assert found.drop_share[3] == pytest.approx(0.75, abs=0.02)
        assert found.t[3] > 10

    def test_hold_a_class_too_small_against_everybody(self):
        days = np.full((8, 40), 8.0) + np.tile([0.0, 0.2], 20)
        days[:2, 25:] = 2.0

        found = changes_of(days, classes=["shop"] * 2 + ["residential"] * 6)

        assert (found.drop_share[:2] > 0.7).all()

    def test_need_a_week_on_either_side(self):
        days = np.full((6, 13), 8.0)

        assert (changes_of(days).split == -1).all()

    def test_know_nothing_of_a_meter_without_a_day(self):
        days = np.full((6, 40), 8.0)
        days[2] = np.nan

        found = changes_of(days)

        assert found.split[2] == -1
        assert np.isnan(found.t[2])


class TestCurveSigns:
    def signs(self, curve, zero_share=0.02):
        return read_signs(
            kwh=curve.astype(np.float32), first=0, last=len(curve[0]), least_days=5, zero_share=zero_share
        )

    def test_tell_a_blank_part_of_the_day_from_zeros_here_and_there(self):
        curve = np.full((2, 10, 48), 0.3)
        curve[0, :, :12] = 0.0
        curve[1].ravel()[::4] = 0.0
        curve[1, ::2] = np.roll(curve[1, ::2], 1, axis=1)

        signs = self.signs(curve)

        assert signs.blank_share.tolist() == [0.25, 0.0]
        assert signs.zero_share.tolist() == [0.25, 0.25]
        assert signs.base_share[0] == pytest.approx(4 / 3)

    def test_see_days_alike_and_values_without_memory(self):
        rng = np.random.default_rng(2)
        curve = np.stack([np.repeat(np.arange(1.0, 11.0)[:, None], 48, axis=1), rng.uniform(0.1, 1.0, (10, 48))])

        signs = self.signs(curve)

        assert signs.flat_share.tolist() == [1.0, 0.0]
        assert abs(signs.smoothness[1]) < 0.15

    def test_need_enough_days(self):
        curve = np.full((1, 4, 48), 0.3)

        assert np.isnan(self.signs(curve).mean_kwh[0])


class TestShape:
    def test_finds_a_lasting_drop_and_dates_it(self, draw):
        street = draw()
        street.true_kwh[4, 35:] = street.shown_kwh[4, 35:] = 0.3 * street.shown_kwh[4, 35:]

        material = street.material()
        found = next(f for f in shape.evidence(material, SETTINGS).findings if f.code == "lasting_drop")

        assert found.at.tolist() == [4]
        assert found.first_on[0] == material.window.days[35]

    def test_finds_zero_after_use_and_says_that_it_looks_vacant(self, draw):
        street = draw()
        street.true_kwh[4, 30:] = street.shown_kwh[4, 30:] = 0.0

        material = street.material()

        assert strength(material, "zero_after_use")[4] > 0.9
        assert strength(material, "looks_vacant")[4] > 0.9
        assert np.delete(strength(material, "zero_after_use"), 4).max() == 0.0

    def test_finds_a_curve_held_at_a_ceiling(self, draw):
        street = draw()
        street.shown_kwh[4, 30:] = np.minimum(street.true_kwh[4, 30:], 0.25)

        found = strength(street.material(), "held_at_ceiling")

        assert found[4] > 0.3
        assert np.delete(found, 4).max() < 0.1

    def test_counts_what_was_always_so_for_less(self, draw):
        new, old = draw(), draw()
        new.shown_kwh[4, 30:, 10:22] = 0.0
        old.shown_kwh[4, :, 10:22] = 0.0

        assert strength(new.material(), "blank_hours")[4] > 2 * strength(old.material(), "blank_hours")[4] > 0.0

    def test_finds_scattered_zeros(self, draw):
        street = draw()
        mean = street.true_kwh[4].mean()
        street.shown_kwh[4, 30:] = np.maximum(street.true_kwh[4, 30:] - 0.8 * mean, 0.0)

        found = strength(street.material(), "scattered_zeros")

        assert found[4] > 0.5
        assert np.delete(found, 4).max() == 0.0

    def test_finds_days_alike_and_a_curve_without_memory(self, draw):
        street = draw()
        street.shown_kwh[4, 30:] = street.true_kwh[4, 30:].mean(axis=1, keepdims=True)
        street.shown_kwh[5, 30:] = np.random.default_rng(1).uniform(0.1, 0.6, size=(30, 48))

        material = street.material()

        assert strength(material, "days_alike")[4] == 1.0
        assert strength(material, "curve_without_memory")[5] > 0.5

    def test_finds_a_day_turned_round(self, draw):
        street = draw()
        street.shown_kwh[4, 30:] = np.roll(street.true_kwh[4, 30:], 24, axis=1)

        found = strength(street.material(), "day_turned_round")

        assert found[4] > 0.2
        assert np.delete(found, 4).max() == 0.0

    def test_says_when_use_rose_and_when_the_whole_class_fell(self, draw):
        risen, fallen = draw(), draw()
        risen.shown_kwh[4, 30:] *= 4.0
        fallen.shown_kwh[:, 40:] *= 0.4

        assert strength(risen.material(), "use_rose")[4] > 0.5
        assert strength(fallen.material(), "class_fell_too").min() > 0.5
        assert strength(fallen.material(), "lasting_drop").max() < 0.2


class TestPeers:
    def test_find_who_uses_far_less_than_its_size(self, draw):
        street = draw()
        street.shown_kwh[4] *= 0.15

        material = street.material()

        assert strength(material, "low_for_peers", peers)[4] > 0.9
        assert np.delete(strength(material, "low_for_peers", peers), 4).max() == 0.0
        assert strength(material, "usual_for_peers", peers).max() > 0.5

    def test_need_a_class_to_compare_with(self, draw):
        material = draw(customers=5).material()

        assert not peers.evidence(material, SETTINGS).is_available.any()


class TestHandover:
    def test_finds_energy_that_went_over_into_the_loss(self, draw):
        street = draw()
        street.steal(4, share=0.9, days=slice(30, None))

        material = street.material()
        found = next(f for f in handover.evidence(material, SETTINGS).findings if f.code == "loss_took_over")

        assert found.at[np.argmax(found.strength)] == 4
        assert found.strength.max() > 0.9
        assert found.first_on[found.at.tolist().index(4)] == material.window.days[30]
        assert found.value[found.at.tolist().index(4)] == pytest.approx(0.9 * street.true_kwh[4].sum() / 60, rel=0.15)

    def test_works_with_daily_energy_alone(self, draw):
        street = draw()
        street.steal(4, share=0.9, days=slice(30, None))
        block, trusted, losses = street.build()
        nothing = np.full_like(losses.residual_kwh, np.nan)
        trusted = replace(trusted, metered_kwh=np.full_like(trusted.metered_kwh, np.nan))
        losses = replace(losses, residual_kwh=nothing, sold_slot_kwh=nothing)

        material = prepare_material(block=block, trusted=trusted, losses=losses, settings=SETTINGS)
        found = strength(material, "loss_took_over", handover)

        assert found[4] == pytest.approx(SETTINGS.number("handover.without_profile"))
        assert np.delete(found, 4).max() < found[4] / 2

    def test_clears_a_customer_who_only_uses_less(self, draw):
        street = draw()
        street.true_kwh[4, 30:] = street.shown_kwh[4, 30:] = 0.1 * street.shown_kwh[4, 30:]

        material = street.material()

        assert strength(material, "loss_took_over", handover)[4] == 0.0
        assert strength(material, "loss_did_not_rise", handover)[4] > 0.9

    def test_takes_a_day_known_in_part_for_its_mean(self):
        residual = np.array([[[1.0, np.nan, 1.0, 1.0], [np.nan, np.nan, 2.0, 0.0]]])

        assert handover.daily_residual(residual, known_share=0.5)[0].tolist() == [4.0, 4.0]
