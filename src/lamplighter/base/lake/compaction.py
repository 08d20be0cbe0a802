"""Compaction: many nightly parts become one sorted part a month and bucket, and one for superseded versions."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance.contract import KNOWN_AT, Contract, Versions
from lamplighter.base.lake.head import Part
from lamplighter.base.lake.reading import Snapshot
from lamplighter.base.lake.store import Lake
from lamplighter.base.lake.versions import newest_rows, rank_keys
from lamplighter.base.lake.writing import Transaction, write_part
from lamplighter.base.progress import SILENT, Progress


def compact(
    lake: Lake,
    contracts: Iterable[Contract],
    *,
    least_parts: int = 4,
    progress: Progress = SILENT,
    step: str = "",
    unit: str = "",
) -> int:
    """Merge the parts of each (table, month, bucket) that has grown to ``least_parts``; return how many are gone.

    What every reader sees stays the same, old states included. Each (table, month, bucket) is published by itself, so a
    killed compaction has lost nothing and is gone on with by running it again. Files that are no longer named are
    removed by ``Lake.vacuum``. ``step`` and ``unit`` are the words ``progress`` shows.

    Raises:
        LakeBusy: another process is writing.
    """
    merged = 0
    with lake.snapshot() as state:
        work = [place for contract in contracts for place in _crowded(state, contract, least_parts)]
    with progress.step(step, total=len(work), unit=unit) as advance:
        for contract, month, bucket in work:
            with lake.transaction() as change:
                # Under the writer's lock: what was published since the listing is merged too.
                merged += _merge(lake, change, contract, month, bucket)
            advance(1)
    return merged


def _crowded(state: Snapshot, contract: Contract, least_parts: int) -> list[tuple[Contract, str, int]]:
    counts = Counter((part.month, part.bucket) for part in state.parts(contract))
    return [(contract, *place) for place, count in sorted(counts.items()) if count >= least_parts]


def _merge(lake: Lake, change: Transaction, contract: Contract, month: str, bucket: int) -> int:
    with lake.snapshot() as state:
        parts = state.parts(contract, months=[month], buckets=[bucket])
        merge = _merge_rows if contract.versions is Versions.ROW else _merge_runs
        published = max(part.published for part in parts)
        new = [replace(part, published=published) for part in merge(state, change.staging, contract, parts)]
    change.replace(parts, new)
    return len(parts) - len(new)


def _merge_rows(state: Snapshot, staging: str, contract: Contract, parts: list[Part]) -> list[Part]:
    table = state.scan(contract, parts)
    keys = rank_keys(table, contract.key)
    newest = newest_rows(keys=keys, known_at=table.column(KNOWN_AT).cast(pa.int64()).to_numpy())
    is_newest = np.zeros(table.num_rows, bool)
    is_newest[newest] = True
    covers: dict[str, tuple[int, int]] = {}
    for part in parts:
        for day, (known_at, generation) in part.covers.items():
            old = covers.get(day, (known_at, generation))
            covers[day] = (max(old[0], known_at), max(old[1], generation))
    # Old versions first: of versions known at the same instant the later part wins.
    pieces = [(table.filter(pa.array(~is_newest)), True), (table.filter(pa.array(is_newest)), False)]
    return [
        write_part(
            root=state.root,
            staging=staging,
            contract=contract,
            table=piece,
            month=parts[0].month,
            bucket=parts[0].bucket,
            covers=covers,
            is_superseded=is_old,
        )
        for piece, is_old in pieces
        if piece.num_rows
    ]


def _merge_runs(state: Snapshot, staging: str, contract: Contract, parts: list[Part]) -> list[Part]:
    """Merge results layer by layer: the newest run of each day, then the ones before; a part a layer."""
    runs: dict[str, list[tuple[int, int, int]]] = {}
    for position, part in enumerate(parts):
        for day, (known_at, generation) in part.covers.items():
            runs.setdefault(day, []).append((known_at, position, generation))
    layers = max(len(found) for found in runs.values())
    new: list[Part] = []
    # Older layers first: of runs made at the same instant the later part wins.
    for depth in reversed(range(layers)):
        chosen = {day: sorted(found, reverse=True)[depth] for day, found in runs.items() if len(found) > depth}
        tables = []
        for position in sorted({position for _, position, _ in chosen.values()}):
            days = {dt.date.fromisoformat(day) for day, (_, at, _) in chosen.items() if at == position}
            table = state.scan(contract, [parts[position]])
            column = table.column(contract.dated_by)
            tables.append(table.filter(pc.is_in(column, value_set=pa.array(sorted(days), column.type))))
        new.append(
            write_part(
                root=state.root,
                staging=staging,
                contract=contract,
                table=pa.concat_tables(tables),
                month=parts[0].month,
                bucket=parts[0].bucket,
                covers={day: (known_at, generation) for day, (known_at, _, generation) in chosen.items()},
            )
        )
    return new
