"""The ways that matters on the desk took, read from their rows in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.desk.rows import RowStore
from lamplighter.business.workflow.instances import Status
from lamplighter.business.workflow.mining.reading import read_trace
from lamplighter.business.workflow.mining.records import Trace
from lamplighter.business.workflow.state_text import definition_wanted, read_event
from lamplighter.business.workflow.versions.library import LIBRARY

_BATCH: Final = 500
"""Matters whose events are read together: SQLite takes no more than a thousand values in one question."""


def read_row_traces(store: RowStore, rows: Any, columns: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], Trace]]:
    """Yield columns of each row and the way its chain took.

    Args:
        store: of the rows.
        rows: query set of its model.
        columns: what is wanted of a row beside its chain.
    """
    found = rows.values_list("pk", "instance", "status", *columns).iterator(chunk_size=_BATCH)
    while batch := list(islice(found, _BATCH)):
        lines: dict[int, list[str]] = defaultdict(list)
        named = {f"{store.subject}_id__in": [row[0] for row in batch], "number__isnull": False}
        events = store.events.objects.filter(**named).order_by(f"{store.subject}_id", "number")
        for number, line in events.values_list(f"{store.subject}_id", "line"):
            lines[number].append(line)
        for number, state, status, *more in batch:
            if not lines[number]:
                continue
            name, version, digest = definition_wanted(state)
            trace = read_trace(
                [read_event(line) for line in lines[number]],
                LIBRARY.definition(name, version, digest=digest),
                case_id=str(number),
                is_finished=status == Status.FINISHED.value,
                calendar=AROUND.calendar,
            )
            yield tuple(more), trace
