from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.detection.exploration import VisitsUnusable, choose_visits

DAY = dt.date(2025, 3, 31)


def listed(probability: list[float]) -> pa.Table:
    count = len(probability)
    return pa.table(
        {
            "rank": pa.array(range(1, count + 1), pa.int32()),
            "account_id": [f"C{i:03d}" for i in range(count)],
            "meter_id": [f"M{i:03d}" for i in range(count)],
            "area_id": [f"A{i % 4}" for i in range(count)],
            "as_of_on": pa.array([DAY] * count, pa.date32()),
            "theft_probability": probability,
        }
    )


FALLING = listed(list(np.linspace(0.9, 0.0, 100)))


def chosen_from(rows: pa.Table = FALLING, **changed: object) -> pa.Table:
    asked: dict[str, object] = {"visits": 20, "random_share": 0.1, "least_chance": 0.05, "seed": 3, "spare": ()}
    return choose_visits(listed=rows, **(asked | changed))  # type: ignore[arg-type]  # what is asked varies


class TestChosenVisits:
    def test_are_the_best_of_the_list_but_for_the_drawn_share(self) -> None:
        chosen = chosen_from()

        assert chosen["account_id"].to_pylist()[:18] == [f"C{i:03d}" for i in range(18)]
        assert chosen["is_random"].to_pylist() == [False] * 18 + [True] * 2
        assert chosen["propensity"].to_pylist()[:18] == [1.0] * 18

    def test_name_nobody_twice(self) -> None:
        for seed in range(30):
            accounts = chosen_from(seed=seed, visits=60, random_share=0.5)["account_id"].to_pylist()

            assert len(set(accounts)) == 60

    def test_are_everybody_when_there_is_time_for_all(self) -> None:
        assert chosen_from(visits=500).num_rows == 100

    def test_draw_at_least_one_at_random_however_few(self) -> None:
        assert sum(chosen_from(visits=3)["is_random"].to_pylist()) == 1

    def test_draw_nobody_when_the_share_is_zero(self) -> None:
        assert not any(chosen_from(random_share=0.0)["is_random"].to_pylist())

    def test_leave_out_those_visited_lately(self) -> None:
        chosen = chosen_from(spare={"C000", "C001"})

        assert chosen["account_id"].to_pylist()[0] == "C002"
        assert set(chosen["listed_count"].to_pylist()) == {98}

    def test_do_not_depend_on_the_order_of_rows(self) -> None:
        turned = FALLING.take(pa.array(np.random.default_rng(1).permutation(100)))

        assert chosen_from(turned).equals(chosen_from())

    def test_come_with_the_chance_they_were_really_drawn_with(self) -> None:
        counts, told = np.zeros(100), np.full(100, np.nan)
        for seed in range(3000):
            for row in chosen_from(seed=seed, visits=10, random_share=0.5).to_pylist():
                if row["is_random"]:
                    at = int(row["account_id"][1:])
                    counts[at] += 1
                    told[at] = row["propensity"]
        drawn = counts > 0

        # Three standard errors of 3,000 draws at a chance of 5 %: 0.012.
        assert np.abs(counts[drawn] / 3000 - told[drawn]).max() < 0.02
        assert drawn.sum() == 95
        assert np.nansum(told) == pytest.approx(5.0)

    def test_prefer_the_uncertain_among_the_drawn(self) -> None:
        rows = listed([0.99] * 10 + [0.5] * 45 + [0.01] * 45)
        sides = [row["theft_probability"] for seed in range(200) for row in chosen_from(rows, seed=seed).to_pylist()]

        assert sides.count(0.5) > 3 * sides.count(0.01)

    def test_refuse_a_share_above_one(self) -> None:
        with pytest.raises(VisitsUnusable) as failure:
            chosen_from(random_share=1.2)

        assert failure.value.random_share == 1.2
