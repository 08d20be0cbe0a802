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

        # The first list's other drawn visit stands for all of its 98: honest. The second list is half and half.
        assert found.rate == pytest.approx((2 + 1 + 98 * 0.5) / 200)
        assert (found.no_access, found.drawn) == (1, 3)

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
