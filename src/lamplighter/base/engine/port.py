"""What an engine can do, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import pyarrow as pa

from lamplighter.base.errors import LamplighterError

Item = TypeVar("Item")
Result = TypeVar("Result")


class TaskFailed(LamplighterError):
    """A task ended without a result; what other tasks finished stands."""

    def __init__(self, item: object, cause: str) -> None:
        self.item, self.cause = item, cause
        super().__init__(
            f"1 task did not finish ({item}): {cause}. What was finished is kept; run the same command again to go on."
        )


class Engine(Protocol):
    """Runs independent tasks and relations. The task and its items must survive pickling: it may run elsewhere."""

    def map(self, task: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Yield the result of each item as it is finished, in no promised order.

        Raises:
            TaskFailed: a worker died. An error of the task itself is raised as it is.
        """
        ...

    def query(self, sql: str, *, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Return the rows of a relation over the named tables, in no promised order unless it says ``ORDER BY``.

        Whole numbers come as int64, other numbers as float64, instants as microseconds of UTC without a zone; see
        `lamplighter.base.engine.answers.settle_types`.
        """
        ...
