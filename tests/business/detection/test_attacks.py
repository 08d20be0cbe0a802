"""The catalogue of thefts, kind by kind, with numbers to check by hand."""

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lamplighter.business.detection import attacks
from lamplighter.business.detection.attacks import (
    CATALOGUE,
    AttackKind,
    AttackNotPossible,
    Theft,
    draw_theft,
    inject_theft,
    list_possible,
    phase_registration,
)

# Two days of four slots: 1, 2, 3, 6 kWh on each; mean 3.
TRUE_KWH = np.array([[1.0, 2.0, 3.0, 6.0], [1.0, 2.0, 3.0, 6.0]])


def make_theft(kind: AttackKind, *, theta: float = 0.5, onset_day: int = 0, end_day: int = 2) -> Theft:
    return Theft(kind=kind, theta=theta, onset_day=onset_day, end_day=end_day, from_slot=1, slots_long=2, seed=3)


def register(kind: AttackKind, *, theta: float = 0.5) -> list[float]:
    effect = inject_theft(theft=make_theft(kind, theta=theta), true_kwh=TRUE_KWH)
    return [float(value) for value in effect.registered_kwh[0]]


class TestCatalogue:
    def test_has_every_kind_once(self) -> None:
        assert set(CATALOGUE) == set(AttackKind)

    def test_offers_single_phase_meters_no_current_transformers(self) -> None:
        assert AttackKind.CT_SHORT not in list_possible(wiring="1P")
        assert AttackKind.CT_RATIO not in list_possible(wiring="3P")
        assert AttackKind.CT_RATIO in list_possible(wiring="CT")

    def test_module_stands_alone(self) -> None:
        tree = ast.parse(Path(attacks.__file__).read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

        assert not [name for name in imported if name and name.startswith("lamplighter")]


class TestRegisteredEnergy:
    def test_scale_registers_the_share(self) -> None:
        assert register(AttackKind.SCALE) == [0.5, 1.0, 1.5, 3.0]

    def test_slow_meter_registers_the_share(self) -> None:
        assert register(AttackKind.SLOW_METER, theta=0.9) == pytest.approx([0.9, 1.8, 2.7, 5.4])

    def test_wrong_ratio_registers_the_share(self) -> None:
        assert register(AttackKind.CT_RATIO, theta=0.75) == [0.75, 1.5, 2.25, 4.5]

    def test_cap_cuts_at_a_share_of_the_95th_percentile(self) -> None:
        # The 95th percentile of 1, 1, 2, 2, 3, 3, 6, 6 is 6; half of it is 3.
        assert register(AttackKind.CAP) == [1.0, 2.0, 3.0, 3.0]

    def test_subtract_takes_off_a_share_of_the_mean_down_to_zero(self) -> None:
        # Half of the mean 3 is 1.5.
        assert register(AttackKind.SUBTRACT) == [0.0, 0.5, 1.5, 4.5]

    def test_zero_window_empties_its_window(self) -> None:
        assert register(AttackKind.ZERO_WINDOW) == [1.0, 0.0, 0.0, 6.0]

    def test_bypass_takes_its_share_in_its_window(self) -> None:
        assert register(AttackKind.BYPASS_HOURS, theta=0.8) == pytest.approx([1.0, 0.4, 0.6, 6.0])

    def test_mean_keeps_the_energy_of_the_day(self) -> None:
        assert register(AttackKind.MEAN) == [3.0, 3.0, 3.0, 3.0]

    def test_reversed_day_keeps_the_energy_of_the_day(self) -> None:
        assert register(AttackKind.REVERSED_DAY) == [6.0, 3.0, 2.0, 1.0]

    def test_zero_use_registers_nothing(self) -> None:
        assert register(AttackKind.ZERO_USE_LIVE) == [0.0, 0.0, 0.0, 0.0]

    def test_random_scale_stays_within_its_band(self) -> None:
        shares = np.array(register(AttackKind.RANDOM_SCALE, theta=0.2)) / TRUE_KWH[0]

        assert (shares >= 0.2).all()
        assert (shares <= 0.7).all()
        assert len(set(shares.tolist())) == 4

    def test_random_mean_does_not_follow_the_use(self) -> None:
        registered = np.array(register(AttackKind.RANDOM_MEAN, theta=0.2))

        assert (registered >= 0.2 * 3).all()
        assert (registered <= 0.7 * 3).all()

    def test_neutral_tamper_works_on_some_days_only(self) -> None:
        true = np.full((40, 4), 2.0)
        theft = replace(make_theft(AttackKind.NEUTRAL_TAMPER, theta=0.25), end_day=40)

        daily = inject_theft(theft=theft, true_kwh=true).registered_kwh.sum(axis=1)

        assert set(daily.tolist()) == {2.0, 8.0}
        assert (daily == 2.0).sum() > (daily == 8.0).sum()

    def test_hook_up_leaves_the_meter_alone_and_draws_more(self) -> None:
        effect = inject_theft(theft=make_theft(AttackKind.HOOK_UP), true_kwh=TRUE_KWH)

        assert effect.registered_kwh.tolist() == TRUE_KWH.tolist()
        assert effect.extra_kwh[:, [0, 3]].sum() == 0
        assert effect.extra_kwh.sum() > 0
        assert effect.stolen_kwh == pytest.approx(effect.extra_kwh)

    def test_one_shorted_transformer_loses_that_phase(self) -> None:
        # Seed 3 shorts phase A (3 mod 3 = 0), which carries half the energy: 0.02 x 0.5 + 0.5 = 0.51.
        theft = make_theft(AttackKind.CT_SHORT, theta=2 / 3)

        effect = inject_theft(theft=theft, true_kwh=TRUE_KWH, phase_share=(0.5, 0.25, 0.25))

        assert effect.registered_kwh[0, 0] == pytest.approx(0.51)

    def test_two_dead_phases_leave_one(self) -> None:
        theft = make_theft(AttackKind.DEAD_PHASE_VOLTAGE, theta=1 / 3)

        assert sorted(phase_registration(theft=theft).tolist()) == [0.0, 0.0, 1.0]
        assert inject_theft(theft=theft, true_kwh=TRUE_KWH).registered_kwh[0, 0] == pytest.approx(1 / 3)


class TestEveryKind:
    @pytest.mark.parametrize("kind", list(AttackKind))
    def test_leaves_days_outside_alone(self, kind: AttackKind) -> None:
        true = np.tile(TRUE_KWH, (3, 1))

        effect = inject_theft(theft=make_theft(kind, onset_day=2, end_day=4), true_kwh=true)

        assert effect.registered_kwh[[0, 1, 4, 5]].tolist() == true[[0, 1, 4, 5]].tolist()
        assert not effect.stolen_kwh[[0, 1, 4, 5]].any()

    @pytest.mark.parametrize("kind", list(AttackKind))
    def test_accounts_for_every_kwh(self, kind: AttackKind) -> None:
        effect = inject_theft(theft=make_theft(kind), true_kwh=TRUE_KWH)

        drawn = TRUE_KWH + effect.extra_kwh
        assert effect.registered_kwh + effect.stolen_kwh == pytest.approx(drawn)
        if CATALOGUE[kind].keeps_energy:
            assert effect.stolen_kwh.sum() == pytest.approx(0.0)
        else:
            assert effect.stolen_kwh.sum() > 0

    @pytest.mark.parametrize("kind", list(AttackKind))
    def test_keeps_unknown_values_unknown_and_its_input_as_it_was(self, kind: AttackKind) -> None:
        true = TRUE_KWH.copy()
        true[0, 1] = np.nan
        before = true.copy()

        registered = inject_theft(theft=make_theft(kind), true_kwh=true).registered_kwh

        assert np.isnan(registered).sum() == 1
        assert np.array_equal(true, before, equal_nan=True)

    @pytest.mark.parametrize("kind", list(AttackKind))
    def test_repeats_itself_exactly(self, kind: AttackKind) -> None:
        first, second = (inject_theft(theft=make_theft(kind), true_kwh=TRUE_KWH) for _ in range(2))

        assert first.registered_kwh.tobytes() == second.registered_kwh.tobytes()


class TestDrawTheft:
    @pytest.mark.parametrize("kind", list(AttackKind))
    def test_stays_within_the_catalogue(self, kind: AttackKind) -> None:
        rng, wiring = np.random.default_rng(5), CATALOGUE[kind].wiring[0]

        drawn = [draw_theft(kind=kind, wiring=wiring, days=90, slots=96, rng=rng) for _ in range(60)]

        low, high = min(CATALOGUE[kind].theta_choices), max(CATALOGUE[kind].theta_choices)
        assert all(low - 1e-12 <= theft.theta <= high + 1e-12 for theft in drawn)
        assert all(0 <= theft.onset_day < 90 for theft in drawn)
        assert any(theft.onset_day == 0 for theft in drawn)

    def test_subtlety_weakens_the_theft(self) -> None:
        def mean_theta(kind: AttackKind, subtlety: float) -> float:
            rng = np.random.default_rng(2)
            drawn = (
                draw_theft(kind=kind, wiring="1P", days=9, slots=4, rng=rng, subtlety=subtlety) for _ in range(200)
            )
            return float(np.mean([theft.theta for theft in drawn]))

        assert mean_theta(AttackKind.SLOW_METER, 1.0) > mean_theta(AttackKind.SLOW_METER, 0.0)
        assert mean_theta(AttackKind.SUBTRACT, 1.0) < mean_theta(AttackKind.SUBTRACT, 0.0)

    def test_refuses_wiring_that_does_not_allow_it(self) -> None:
        with pytest.raises(AttackNotPossible) as refusal:
            draw_theft(kind=AttackKind.CT_SHORT, wiring="1P", days=9, slots=4, rng=np.random.default_rng(1))

        assert refusal.value.kind is AttackKind.CT_SHORT
