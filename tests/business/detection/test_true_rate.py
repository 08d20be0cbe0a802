from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.detection.exploration import choose_visits
from lamplighter.business.detection.true_rate import NothingDrawn, TrueRate, estimate_true_rate
from tests.business.detection.test_exploration import DAY


def estimate(**changed: object) -> TrueRate:
    """Two lists of 100 accounts; of each the two best visited, two of the other 98 drawn."""
    visits: dict[str, object] = {
        "month": np.repeat([0, 1], 4),
        "is_random": np.tile([False, False, True, True], 2),
        "propensity": np.tile([1.0, 1.0, 2 / 98, 2 / 98], 2),
        "is_theft": np.array([True, True, False, False, True, False, True, False]),
        "has_result": np.ones(8, bool),
        "listed_count": np.full(8, 100),
    }
    return estimate_true_rate(**(visits | changed))  # type: ignore[arg-type]  # what is given varies


class TestTrueRate:
    def test_counts_the_best_as_they_are_and_lets_the_drawn_stand_for_the_rest(self) -> None:
        found = estimate()

        assert found.rate == pytest.approx((2 + 1 + 98 * 2 * 0.25) / 200)
        assert found.hit_rate == 0.5
        assert found.effective_drawn == pytest.approx(4.0)

    def test_lies_within_its_interval(self) -> None:
        found = estimate()

        assert 0.0 < found.low < found.rate < found.high < 1.0

    def test_takes_no_access_as_unknown_and_never_as_clean(self) -> None:
        nobody_home = np.array([1, 1, 1, 0, 1, 1, 1, 1], bool)

        found = estimate(has_result=nobody_home)

        # The three drawn visits that found somebody stand for both lists' 98 others: one of three steals.
        assert found.rate == pytest.approx((2 + 1 + 2 * 98 / 3) / 200)
        assert (found.no_access, found.drawn) == (1, 3)

    def test_lets_the_only_drawn_visit_of_a_list_stand_for_as_many_as_its_chance_says(self) -> None:
        # Two lists, one drawn of each: a doubtful account, likely to be drawn, that steals; a harmless one.
        found = estimate(
            month=np.array([0, 1]),
            is_random=np.ones(2, bool),
            propensity=np.array([0.1, 0.025]),
            is_theft=np.array([True, False]),
            has_result=np.ones(2, bool),
            listed_count=np.full(2, 100),
        )

        # The first stands for 10 accounts, the second for 40: one in five, not one in two.
        assert found.rate == pytest.approx(0.2)

    def test_is_refused_where_no_drawn_visit_has_a_result(self) -> None:
        with pytest.raises(NothingDrawn) as failure:
            estimate(has_result=np.tile([True, True, False, False], 2))

        assert failure.value.visits == 8

    def test_is_right_on_average_where_the_hit_rate_is_far_off(self) -> None:
        rng = np.random.default_rng(5)
        probability = np.sort(rng.beta(0.3, 6.0, size=1000))[::-1]
        is_thief = rng.uniform(size=1000) < probability
        listed = pa.table(
            {
                "rank": pa.array(range(1, 1001), pa.int32()),
                "account_id": [f"C{i:04d}" for i in range(1000)],
                "meter_id": [f"M{i:04d}" for i in range(1000)],
                "area_id": [f"A{i % 20}" for i in range(1000)],
                "as_of_on": pa.array([DAY] * 1000, pa.date32()),
                "theft_probability": probability,
            }
        )
        rates, hits, held = [], [], []
        for seed in range(400):
            chosen = choose_visits(listed=listed, visits=200, random_share=0.3, least_chance=0.05, seed=seed)
            at = np.array([int(account[1:]) for account in chosen["account_id"].to_pylist()])
            found = estimate_true_rate(
                month=np.zeros(200, np.int64),
                is_random=np.array(chosen["is_random"].to_pylist()),
                propensity=chosen["propensity"].to_numpy(),
                is_theft=is_thief[at],
                has_result=np.ones(200, bool),
                listed_count=np.full(200, 1000),
            )
            rates.append(found.rate)
            hits.append(found.hit_rate)
            held.append(found.low <= is_thief.mean() <= found.high)

        assert np.mean(rates) == pytest.approx(is_thief.mean(), abs=0.003)
        assert np.mean(hits) > 2 * is_thief.mean()
        assert np.mean(held) > 0.93

    def test_is_right_on_average_over_many_short_lists(self) -> None:
        probability = np.concatenate([np.full(10, 0.5), np.full(190, 0.0)])
        is_thief = np.array([i % 2 == 0 if i < 10 else i % 38 == 0 for i in range(200)])
        listed = pa.table(
            {
                "rank": pa.array(range(1, 201), pa.int32()),
                "account_id": [f"C{i:03d}" for i in range(200)],
                "meter_id": [f"M{i:03d}" for i in range(200)],
                "area_id": [f"A{i % 20}" for i in range(200)],
                "as_of_on": pa.array([DAY] * 200, pa.date32()),
                "theft_probability": probability,
            }
        )
        rates = []
        for replay in range(60):
            lists = [
                choose_visits(listed=listed, visits=6, random_share=0.34, least_chance=0.05, seed=100 * replay + month)
                for month in range(12)
            ]
            slots = pa.concat_tables(lists)
            at = np.array([int(account[1:]) for account in slots["account_id"].to_pylist()])
            found = estimate_true_rate(
                month=np.repeat(np.arange(12), 6),
                is_random=np.array(slots["is_random"].to_pylist()),
                propensity=slots["propensity"].to_numpy(),
                is_theft=is_thief[at],
                has_result=np.ones(72, bool),
                listed_count=np.full(72, 200),
            )
            rates.append(found.rate)

        # Five of the ten doubtful and five of all others steal; the doubtful are drawn ten times as often.
        assert is_thief.sum() == 10
        assert np.mean(rates) == pytest.approx(0.05, abs=0.015)
