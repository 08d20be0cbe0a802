"""The embedded engine: a few processes for tasks, DuckDB for relations, memory bounded."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

import duckdb
import pyarrow as pa
from threadpoolctl import threadpool_limits

from lamplighter.base.engine.answers import settle_types
from lamplighter.base.engine.port import TaskFailed
from lamplighter.base.engine.workers import use_one_core

Item = TypeVar("Item")
Result = TypeVar("Result")


class LocalEngine:
    """Runs on this machine.

    Args:
        processes: workers for tasks; the machine's cores, at most eight, when None. One runs tasks in this process.
        memory_limit: DuckDB's bound for relations.

    Example:
        >>> engine = LocalEngine(processes=1)
        >>> engine.query("SELECT sum(kwh) AS kwh FROM day", tables={"day": pa.table({"kwh": [1.5, 2.0]})}).to_pydict()
        {'kwh': [3.5]}
        >>> sorted(engine.map(abs, [-1, 2]))
        [1, 2]
    """

    def __init__(self, *, processes: int | None = None, memory_limit: str = "1GB") -> None:
        self.processes = processes or min(os.cpu_count() or 1, 8)
        self.memory_limit = memory_limit

    def map(self, task: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield results as they are finished; see `Engine.map`. Closing the iterator stops the workers."""
        if self.processes == 1 or len(items) <= 1:
            for item in items:
                with threadpool_limits(1):
                    result = task(item)
                yield result
            return
        # Workers are started afresh: a forked one would inherit the locks of Arrow's threads.
        pool = ProcessPoolExecutor(
            max_workers=min(self.processes, len(items)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=use_one_core,
        )
        waiting = iter(items)
        running: dict[Future[Result], Item] = {}
        try:
            # Two items a worker are under way, not all: results are taken while they are few.
            for item in waiting:
                running[pool.submit(task, item)] = item
                if len(running) >= 2 * self.processes:
                    break
            while running:
                for done in wait(running, return_when=FIRST_COMPLETED).done:
                    item = running.pop(done)
                    try:
                        result = done.result()
                    except BrokenProcessPool as error:
                        raise TaskFailed(item, "its worker process died (out of memory?)") from error
                    for following in waiting:
                        running[pool.submit(task, following)] = following
                        break
                    yield result
        finally:
            # Also when the reader of the results stops early: what runs is of no more use.
            for process in list((pool._processes or {}).values()) if running else []:
                process.terminate()
            pool.shutdown(wait=True, cancel_futures=True)

    def query(self, sql: str, *, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the rows of a relation; see `Engine.query`."""
        with duckdb.connect(config={"memory_limit": self.memory_limit, "preserve_insertion_order": False}) as database:
            for name, table in tables.items():
                database.register(name, table)
            return settle_types(database.sql(sql).to_arrow_table())
