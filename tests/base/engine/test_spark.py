"""Spark's own side of the engine: what is the same on both engines stands in test_conformance."""

import os
import time
from pathlib import Path

import pytest

from lamplighter.base.engine import SparkEngine, TaskFailed
from lamplighter.base.engine.standalone import StandaloneCluster

pytestmark = pytest.mark.requires("spark")


class WorkedOnce:
    """A task that leaves a file for each time it is run, waits, and gives its item back; killed at some items."""

    def __init__(self, folder: Path, *, seconds: float = 0.0, deadly: tuple[int, ...] = (), hung: tuple[int, ...] = ()):
        self.folder, self.seconds, self.deadly, self.hung = folder, seconds, deadly, hung

    def __call__(self, item: int) -> int:
        (self.folder / f"{item}-{os.getpid()}-{time.monotonic_ns()}").touch()
        if item in self.deadly:
            os._exit(9)
        time.sleep(600 if item in self.hung else self.seconds)
        return item

    def runs_of(self, item: int) -> int:
        return len(list(self.folder.glob(f"{item}-*")))


class MetAnother:
    """A task of two items that says whether the other ran at the same time; it waits for it as long as a test may."""

    def __init__(self, folder: Path):
        self.folder = folder

    def __call__(self, item: int) -> tuple[int, bool]:
        (self.folder / f"met-{item}").touch()
        last = time.monotonic() + 300
        while (met := len(list(self.folder.glob("met-*")))) < 2 and time.monotonic() < last:
            time.sleep(0.05)
        return item, met == 2


class UnpicklableError(Exception):
    def __init__(self, meters: int, *, file: str) -> None:
        super().__init__(f"{meters} meters in {file}")


def raise_unpicklable(item: int) -> int:
    raise UnpicklableError(item, file="x.csv")


class TestMap:
    def test_works_each_item_once(self, spark_engine: SparkEngine, tmp_path: Path) -> None:
        task = WorkedOnce(tmp_path)

        assert sorted(spark_engine.map(task, list(range(40)))) == list(range(40))
        assert [task.runs_of(item) for item in range(40)] == [1] * 40

    def test_hands_results_over_while_others_are_worked(self, spark_engine: SparkEngine, tmp_path: Path) -> None:
        task = WorkedOnce(tmp_path, hung=(1,))
        results = spark_engine.map(task, [0, 1, 2, 3])

        assert {next(results) for _ in range(3)} == {0, 2, 3}
        results.close()  # type: ignore[attr-defined]

    def test_stops_what_runs_when_nobody_wants_more_results(self, spark_engine: SparkEngine, tmp_path: Path) -> None:
        results = spark_engine.map(WorkedOnce(tmp_path, hung=(1,)), [0, 1])

        assert next(results) == 0
        results.close()  # type: ignore[attr-defined]
        # Two that wait for each other need both cores of the cluster.
        assert sorted(spark_engine.map(MetAnother(tmp_path), [5, 6])) == [(5, True), (6, True)]

    def test_tries_an_item_that_kills_its_worker_again_and_then_names_it(
        self, spark_engine: SparkEngine, tmp_path: Path
    ) -> None:
        task = WorkedOnce(tmp_path, deadly=(3,))

        with pytest.raises(TaskFailed, match=r"did not finish \(3\): .*failed 4 times"):
            list(spark_engine.map(task, [3]))
        assert task.runs_of(3) == 4

    def test_tells_an_error_that_cannot_travel_in_its_words(self, spark_engine: SparkEngine) -> None:
        with pytest.raises(RuntimeError, match=r"UnpicklableError: 5 meters in x\.csv"):
            list(spark_engine.map(raise_unpicklable, [5]))

    def test_gives_every_result_when_a_worker_is_killed_in_mid_run(
        self, spark_engine: SparkEngine, spark_cluster: StandaloneCluster, tmp_path: Path
    ) -> None:
        task = WorkedOnce(tmp_path, seconds=0.5)
        results = spark_engine.map(task, list(range(12)))

        found = [next(results)]
        spark_cluster.kill_worker(0)
        found += results

        assert sorted(found) == list(range(12))
        # What the dead worker held was worked once more; nothing else was.
        assert 12 <= sum(task.runs_of(item) for item in range(12)) <= 14
        spark_cluster.add_worker()
