"""Fusion and value: what findings add up to, and what is at stake."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.business.detection.fusion import contributions
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.detection.value import expected_yuan, hold_within_area

SETTINGS = default_settings()


def added(*findings):
    meter, code, strength = zip(*findings, strict=True)
    return contributions(
        meter=np.array(meter), code=np.array(code, dtype=object), strength=np.array(strength), settings=SETTINGS
    )


class TestFusion:
    def test_weighs_a_finding_by_its_strength(self):
        weight = SETTINGS.reason("neutral_differs").weight

        assert added((0, "neutral_differs", 0.5)).tolist() == [0.5 * weight]

    def test_counts_a_second_finding_of_one_fact_for_less(self):
        strong, weak = SETTINGS.reason("loss_took_over").weight, SETTINGS.reason("lasting_drop").weight
        repeated = SETTINGS.number("fusion.repeat_share")

        found = added((0, "lasting_drop", 1.0), (0, "loss_took_over", 1.0), (1, "lasting_drop", 1.0))

        assert found == pytest.approx([weak * repeated, strong, weak])

    def test_takes_counter_evidence_off(self):
        assert added((0, "on_other_area", 1.0)).tolist() == [-SETTINGS.reason("on_other_area").weight]

    @given(st.permutations(range(6)))
    @settings(max_examples=30, deadline=None)
    def test_does_not_depend_on_the_order_of_findings(self, order):
        codes = ["lasting_drop", "loss_took_over", "has_solar", "neutral_differs", "blank_hours", "scattered_zeros"]
        meter, strength = np.array([0, 0, 0, 1, 1, 1]), np.array([0.1, 0.7, 0.3, 0.9, 0.2, 0.2])
        straight = added(*zip(meter, codes, strength, strict=True))
        shuffled = added(*[(meter[k], codes[k], strength[k]) for k in order])

        assert straight[list(order)].tobytes() == shuffled.tobytes()


class TestHoldWithinArea:
    def test_knows_nothing_where_the_area_is_not_computable_or_does_not_lose(self):
        stolen, expected = hold_within_area(
            probability=np.full(3, 0.5),
            kwh=np.full(3, 80.0),
            area=np.array([0, 1, -1]),
            upper_kwh=np.array([np.nan, -3.0]),
        )

        assert np.isnan(stolen).all()
        assert np.isnan(expected).all()

    def test_lets_nobody_take_more_than_the_area_loses(self):
        stolen, expected = hold_within_area(
            probability=np.array([0.5]), kwh=np.array([500.0]), area=np.array([0]), upper_kwh=np.array([60.0])
        )

        assert (stolen[0], expected[0]) == (60.0, 30.0)

    @given(
        st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1e5), st.integers(-1, 3)), min_size=1, max_size=30),
        st.lists(st.one_of(st.just(float("nan")), st.floats(-1e4, 1e4)), min_size=4, max_size=4),
    )
    @settings(max_examples=200, deadline=None)
    def test_never_expects_more_of_an_area_than_the_upper_end(self, customers, uppers):
        probability, kwh, area = (np.array(column) for column in zip(*customers, strict=True))

        _, expected = hold_within_area(
            probability=probability, kwh=kwh, area=area.astype(np.int64), upper_kwh=np.array(uppers)
        )

        for number, upper in enumerate(uppers):
            inside = expected[area == number]
            if np.isfinite(upper) and upper > 0:
                assert inside.sum() <= upper
                assert np.isfinite(inside).all()
            else:
                assert np.isnan(inside).all()


class TestExpectedYuan:
    def value(self, probability, kwh, **values):
        return expected_yuan(
            probability=np.array([probability]),
            expected_kwh=np.array([kwh]),
            fallback_kwh=np.array([100.0]),
            price=np.array([0.6]),
            settings=SETTINGS.with_values(values),
        )[0]

    def test_counts_what_comes_back_and_what_will_be_paid_for(self):
        # 50 kWh x 0.6 x (6 x 0.6 + 6) - 80 - 0.5 x 50
        assert self.value(0.5, 50.0) == pytest.approx(183.0)

    def test_is_below_zero_for_an_ordinary_customer(self):
        assert self.value(0.02, 1.0) < 0.0

    def test_counts_energy_nobody_can_bear_out_for_less(self):
        # 0.5 x 100 kWh x 0.5 = 25 kWh
        assert self.value(0.5, np.nan) == pytest.approx(25 * 0.6 * 9.6 - 80 - 25)

    def test_follows_the_companys_own_costs(self):
        assert self.value(0.5, 50.0, **{"cost.visit_yuan": 180}) == pytest.approx(83.0)
