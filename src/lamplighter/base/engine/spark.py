"""The engine of a cluster: the same tasks and the same SQL on Apache Spark 4.

Nothing here imports Spark before an engine is made, so a machine without it runs everything else.
"""

from __future__ import annotations

import os
import pickle
import re
import sys
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from types import TracebackType
from typing import Any, Final, TypeVar

import pyarrow as pa

from lamplighter.base.engine.answers import settle_types
from lamplighter.base.engine.port import TaskFailed
from lamplighter.base.engine.spark_parts import require_spark
from lamplighter.base.engine.workers import use_one_core

Item = TypeVar("Item")
Result = TypeVar("Result")

_JOBS_AT_ONCE: Final = 16
"""Spark jobs under way. A job hands its results over when all of them are there, so several small ones bring them while
they are fresh, and the next one's tasks fill the cores that the last of a job leaves idle."""

_TASKS_A_CORE: Final = 2
"""Tasks handed over for each core of the cluster, running or waiting."""

_MOST_SAID: Final = 300
"""Characters of what Spark says of a failure that are told; its log has the rest."""

_SESSION: Final[Mapping[str, str]] = {
    # What a relation says must not depend on where the cluster stands.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
}


class SparkEngine:
    """Runs on a Spark cluster.

    A task runs in a Python process of an executor, one item a Spark task; that process needs this package and has to
    reach the lake under the same path. A task whose worker died runs again elsewhere, as often as
    ``spark.task.maxFailures`` says; what a task itself raises is raised here at once.

    Args:
        master: address of the cluster's master (``spark://host:7077``, ``yarn``, ``k8s://...``, ``local[2]``); None
            takes what ``spark-submit``, ``spark-defaults.conf`` or the session that is already there says.
        settings: Spark settings laid over those of ``spark-defaults.conf``.

    Raises:
        PysparkMissing: the package pyspark is absent.
        JavaMissing: there is no Java that Spark runs on.
    """

    def __init__(self, *, master: str | None = None, settings: Mapping[str, str] | None = None) -> None:
        require_spark()
        # Tables go to Spark and back as Arrow: the pandas it warns of, here and later, is never asked for anything.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
        from pyspark import SparkContext
        from pyspark.sql import SparkSession

        # Workers on this machine must be the interpreter that has this package; a cluster's own may lie elsewhere.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        self._is_ours = SparkContext._active_spark_context is None
        builder = SparkSession.builder.appName("Lamplighter").config("spark.ui.showConsoleProgress", "false")
        if master is not None:
            builder = builder.master(master)
        for name, value in (settings or {}).items():
            builder = builder.config(name, value)
        # A session of our own: its settings and views are not seen by others on the same cluster.
        self._session: Any = builder.getOrCreate().newSession()
        for name, value in _SESSION.items():
            self._session.conf.set(name, value)
        self._lock = threading.Lock()

    def __enter__(self) -> SparkEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give the cluster back; a Spark application that was there before us goes on."""
        if self._is_ours:
            self._session.stop()

    @property
    def core_count(self) -> int:
        """Cores of the executors that are registered now; a cluster that grows has more later."""
        return max(1, int(self._session.sparkContext.defaultParallelism))

    def map(self, task: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield results as they are finished; see `Engine.map`. Closing the iterator stops what runs on the cluster.

        On a small cluster each item is a job of its own; on a large one a job holds so many that sixteen jobs keep
        every core busy.
        """
        waiting = iter(items)
        tag = f"lamplighter-{uuid.uuid4().hex}"
        pool = ThreadPoolExecutor(_JOBS_AT_ONCE, thread_name_prefix="spark-job")
        running: dict[Future[list[_Outcome]], list[Item]] = {}
        try:
            while True:
                while len(running) < _JOBS_AT_ONCE:
                    some = list(islice(waiting, -(-_TASKS_A_CORE * self.core_count // _JOBS_AT_ONCE)))
                    if not some:
                        break
                    running[pool.submit(self._run_job, task, some, tag)] = some
                if not running:
                    return
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    some = running.pop(done)
                    for outcome in done.result():
                        yield outcome.open()
        finally:
            # Also when the reader of the results stops early. A job may start while we stop the others: ask again.
            pool.shutdown(wait=False, cancel_futures=True)
            while wait(running, timeout=0.2).not_done:
                self._session.sparkContext.cancelJobsWithTag(tag)

    def query(self, sql: str, *, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the rows of a relation; see `Engine.query`."""
        with self._lock:
            try:
                for name, table in tables.items():
                    self._session.createDataFrame(_as_spark_reads(table)).createOrReplaceTempView(name)
                return settle_types(self._session.sql(sql).toArrow())
            finally:
                for name in tables:
                    self._session.catalog.dropTempView(name)

    def _run_job(self, task: Callable[[Item], Result], items: Sequence[Item], tag: str) -> list[_Outcome]:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        # By its tag the job can be stopped. A tag of the context: one of the session does not reach the thread
        # of the JVM that collects Arrow.
        self._session.sparkContext.addJobTag(tag)
        places = self._session.range(0, len(items), 1, len(items))
        try:
            rows = places.mapInArrow(_worker(task, items), "place long, outcome binary").toArrow()
        except (PySparkException, Py4JError) as error:
            raise _failure(str(error), items) from error
        return [pickle.loads(outcome) for outcome in rows.column("outcome").to_pylist()]


def _failure(said: str, items: Sequence[Any]) -> TaskFailed:
    """Return what became of a job, with the item whose task Spark gave up where it says which."""
    place = re.search(r"Task (\d+) in stage", said)
    held = items[int(place[1])] if place and int(place[1]) < len(items) else f"one of {len(items)} from {items[0]}"
    aborted = re.search(r"Job aborted due to stage failure: (.+)", said)
    return TaskFailed(held, (aborted[1] if aborted else said.strip().splitlines()[0])[:_MOST_SAID])


class _Outcome:
    """What a task came to, on its way back: its result, or what it raised."""

    def __init__(self, result: Any, error: BaseException | None) -> None:
        self.result, self.error = result, error

    def open(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.result


def _worker(task: Callable[[Any], Any], items: Sequence[Any]) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """Return what an executor's Python process runs: it is sent the items, and each Spark task its place among them."""

    def work(batches: Iterator[Any]) -> Iterator[Any]:
        use_one_core()
        for batch in batches:
            for place in batch.column(0).to_pylist():
                outcome = _work_item(task, items[place])
                yield pa.RecordBatch.from_arrays(
                    [pa.array([place], pa.int64()), pa.array([outcome], pa.binary())], names=["place", "outcome"]
                )

    return work


def _work_item(task: Callable[[Any], Any], item: Any) -> bytes:
    """Return the pickled outcome of one item.

    An error of the task is an outcome: Spark would run a task that must fail three times more, and wrap what it says.
    """
    try:
        outcome = _Outcome(task(item), None)
    except Exception as error:  # noqa: BLE001  # raised again where the results are read
        outcome = _Outcome(None, _as_it_travels(error))
    return pickle.dumps(outcome)


def _as_it_travels(error: Exception) -> Exception:
    """Return the error, or one that says the same where it does not survive pickling."""
    try:
        travelled: Exception = pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001  # an error's own way of being pickled may raise anything
        return RuntimeError(f"{type(error).__name__}: {error}")
    return travelled


def _as_spark_reads(table: pa.Table) -> pa.Table:
    """Return a table in types Spark knows: words without a dictionary, instants in microseconds."""
    for place, field in enumerate(table.schema):
        kind = field.type
        if pa.types.is_dictionary(kind):
            kind = kind.value_type
        elif pa.types.is_timestamp(kind):
            kind = pa.timestamp("us", tz=kind.tz)
        if kind != field.type:
            table = table.set_column(place, pa.field(field.name, kind), table.column(place).cast(kind))
    return table
