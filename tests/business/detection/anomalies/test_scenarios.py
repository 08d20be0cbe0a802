"""The theft score and the stories, with figures to check by hand."""

import numpy as np
import pytest

from lamplighter.business.detection.anomalies.rulebook import Judged
from lamplighter.business.detection.anomalies.scenarios import noisy_or, rule_weights, tell_stories, theft_scores
from lamplighter.business.detection.anomalies.seen import found
from tests.business.detection.anomalies.seeing import SETTINGS

PACK = SETTINGS.pack
NOBODY = np.array([False])


def said(code: str, *spells: tuple[int, int], share: float = 1.0) -> Judged:
    first, last = (np.array([spell[end] for spell in spells]) for end in (0, 1))
    at = np.zeros(len(spells), np.int64)
    return Judged(
        PACK.rules[code],
        np.array([True]),
        np.array([True]),
        (),
        found(at=at, first=first, last=last, value=np.zeros(len(at)), expected=0.0, weight_share=share),
    )


def stories(*judged: Judged, fall_day: int = -1):
    return {
        story.scenario.code: story for story in tell_stories(judged, fall_day=np.array([fall_day]), settings=SETTINGS)
    }


class TestTheftScore:
    def score(self, *judged: Judged, moves: bool = False, stole: bool = False, settings=SETTINGS) -> float:
        weights = rule_weights(judged, count=1, settings=settings)
        return float(
            theft_scores(weights, moves_with_loss=np.array([moves]), stole_before=np.array([stole]), settings=settings)[
                0
            ]
        )

    def test_is_one_minus_the_chance_that_every_sign_is_wrong(self):
        # 1 - 0.55 x 0.60 = 0.67; with the area's loss 1 - 0.33 x 0.65 = 0.7855; with an earlier theft x 0.75.
        both = (said("AN-20", (1, 2)), said("AN-21", (5, 5)))

        assert self.score(*both) == pytest.approx(67.0)
        assert self.score(*both, moves=True) == pytest.approx(78.55)
        assert self.score(*both, moves=True, stole=True) == pytest.approx(100 * (1 - 0.33 * 0.65 * 0.75))

    def test_counts_a_rule_once_however_often_it_was_found(self):
        assert self.score(said("AN-20", (1, 2), (8, 9), (15, 20))) == pytest.approx(45.0)

    def test_adds_two_tenths_for_a_cover_with_a_fall(self):
        assert self.score(said("AN-21", (5, 5), share=1.5)) == pytest.approx(60.0)

    def test_is_nothing_for_rules_without_weight(self):
        assert self.score(said("AN-10", (1, 30)), said("AN-29", (5, 9))) == 0.0

    def test_takes_what_was_learned(self):
        learned = SETTINGS.with_values({"AN-20.weight": 0.7})

        assert self.score(said("AN-20", (1, 2)), settings=learned) == pytest.approx(70.0)

    def test_never_leaves_zero_to_one_hundred(self):
        assert noisy_or(np.array([1.4, -0.2])) == 1.0


class TestStories:
    @pytest.mark.parametrize(("fall", "is_told"), [(17, True), (18, False), (-1, False)])
    def test_of_a_bypass_need_a_fall_within_a_week_of_the_cover(self, fall, is_told):
        told = stories(said("AN-21", (10, 10)), fall_day=fall)

        assert ("bypass_behind_cover" in told) is is_told

    def test_of_a_shorted_transformer_need_current_and_energy(self):
        both = stories(said("AN-14", (10, 30)), said("AN-19", (12, 39)))

        assert set(both) == {"ct_shorted"}
        assert both["ct_shorted"].codes == ("AN-14", "AN-19")
        assert (both["ct_shorted"].first, both["ct_shorted"].last) == (10, 39)
        assert stories(said("AN-14", (10, 30))) == {}

    @pytest.mark.parametrize(
        ("code", "scenario"),
        [
            ("AN-20", "neutral_tamper"),
            ("AN-08", "dead_phase_voltage"),
            ("AN-09", "dead_phase_voltage"),
            ("AN-17", "wrong_wiring"),
            ("AN-19", "wrong_wiring"),
            ("AN-32", "relay_defeated"),
            ("AN-02", "meter_fault"),
            ("AN-03", "meter_fault"),
            ("AN-04", "meter_fault"),
            ("AN-28", "clock"),
            ("AN-36", "clock"),
            ("AN-34", "archive_error"),
            ("AN-35", "archive_error"),
            ("AN-25", "capacity_breach"),
            ("AN-26", "capacity_breach"),
        ],
    )
    def test_of_one_anomaly(self, code, scenario):
        assert list(stories(said(code, (10, 12)))) == [scenario]

    @pytest.mark.parametrize(("code", "scenario"), [("AN-23", "magnet"), ("AN-22", "box_opened_and_fall")])
    def test_of_one_anomaly_and_a_fall(self, code, scenario):
        assert stories(said(code, (10, 12))) == {}
        assert list(stories(said(code, (10, 12)), fall_day=14)) == [scenario]

    def test_leave_wrong_wiring_to_a_lost_voltage_that_explains_it(self):
        assert set(stories(said("AN-08", (10, 30)), said("AN-19", (10, 30)))) == {"dead_phase_voltage"}

    def test_are_all_told_where_several_hold(self):
        assert set(stories(said("AN-20", (1, 5)), said("AN-28", (3, 3)))) == {"neutral_tamper", "clock"}
