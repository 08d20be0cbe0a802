import os
import time

import pyarrow as pa
import pytest

from lamplighter.base.engine import LocalEngine, TaskFailed


def double(item: int) -> int:
    return 2 * item


def die_at_three(item: int) -> int:
    if item == 3:
        os._exit(9)
    return item


def fail_at_three(item: int) -> int:
    if item == 3:
        raise ValueError("three")
    return item


def sleep_long(item: int) -> int:
    time.sleep(0 if item == 0 else 600)
    return item


class TestMap:
    @pytest.mark.parametrize("processes", [1, 2])
    def test_gives_the_result_of_every_item_once(self, processes: int) -> None:
        results = list(LocalEngine(processes=processes).map(double, list(range(20))))

        assert sorted(results) == [2 * i for i in range(20)]

    def test_says_which_item_a_dead_worker_held(self) -> None:
        with pytest.raises(TaskFailed, match="worker process died"):
            list(LocalEngine(processes=2).map(die_at_three, list(range(6))))

    def test_raises_what_the_task_raised(self) -> None:
        with pytest.raises(ValueError, match="three"):
            list(LocalEngine(processes=2).map(fail_at_three, list(range(6))))

    def test_stops_its_workers_when_nobody_wants_more_results(self) -> None:
        started = time.monotonic()
        results = LocalEngine(processes=2).map(sleep_long, [0, 1, 2, 3])

        assert next(iter(results)) == 0
        results.close()  # type: ignore[attr-defined]

        assert time.monotonic() - started < 300


class TestQuery:
    def test_runs_a_relation_over_named_tables(self) -> None:
        day = pa.table({"area_id": ["A", "A", "B"], "kwh": [1.0, 2.0, 4.0]})

        rows = LocalEngine().query(
            "SELECT area_id, sum(kwh) AS kwh FROM day GROUP BY area_id ORDER BY 1", tables={"day": day}
        )

        assert rows.to_pydict() == {"area_id": ["A", "B"], "kwh": [3.0, 4.0]}
