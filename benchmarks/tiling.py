"""A company of any size out of a simulated one: the same days, meters and faults under other numbers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lamplighter.base.governance import Contract, Partition
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.business.customers.tables import COMPANY, CUSTOMER
from lamplighter.business.metering.tables import INTERVAL, METER, METER_EVENT, REGISTER_DAILY
from lamplighter.business.network.tables import AREA, ASSIGNMENT, FEEDER, LINE, OUTAGE, UNIT, WEATHER

NOW = dt.datetime(2025, 12, 1)
_SHARED = (COMPANY, UNIT, WEATHER)
_WHOLE = (FEEDER, AREA, LINE, ASSIGNMENT, OUTAGE, CUSTOMER, METER)
_BUCKETED = (INTERVAL, REGISTER_DAILY, METER_EVENT)
_RENAMED = ("feeder_id", "area_id", "meter_id", "account_id", "child_id", "parent_id", "asset_id", "supply_meter_id")


def tile_company(*, source: Lake, into: Path, copies: int) -> Lake:
    """Fill a new lake with ``copies`` of the company in ``source`` and return it.

    Each copy has its own feeders, areas, customers and meters (the number of the copy behind theirs) and its own
    buckets; units and weather are shared. Interval data are copied without ever holding more than a month of a bucket.
    """
    lake = Lake.open(into)
    with source.snapshot() as state:
        buckets = state.buckets(INTERVAL)
        step = max(buckets) + 1
        with lake.transaction() as change:
            for contract in _SHARED:
                change.append(contract, state.read(contract), known_at=NOW)
            for contract in _WHOLE:
                base = state.read(contract)
                if base.num_rows:
                    copied = [_rename(contract, base, copy, step) for copy in range(copies)]
                    change.append(contract, pa.concat_tables(copied), known_at=NOW)
        for copy in range(copies):
            with lake.transaction() as change:
                for contract in _BUCKETED:
                    _copy_buckets(state, contract, change, copy, step)
    return lake


def _copy_buckets(state: Snapshot, contract: Contract, change, copy: int, step: int) -> None:  # type: ignore[no-untyped-def]
    assert contract.partition is Partition.MONTH_BUCKET
    for bucket in state.buckets(contract):
        for month in state.months(contract):
            rows = state.read(contract, months=[month], buckets=[bucket])
            if rows.num_rows:
                change.append(contract, _rename(contract, rows, copy, step), known_at=NOW, bucket=bucket + copy * step)


def _rename(contract: Contract, table: pa.Table, copy: int, step: int) -> pa.Table:
    for name in _RENAMED:
        if name in table.column_names:
            at = table.column_names.index(name)
            words = pc.dictionary_encode(table.column(name)).combine_chunks()
            renamed = pc.binary_join_element_wise(words.dictionary, f"x{copy:03d}", "")
            table = table.set_column(at, name, renamed.take(words.indices))
    if "bucket" in table.column_names:
        at = table.column_names.index("bucket")
        table = table.set_column(at, "bucket", pc.add(table.column("bucket"), copy * step).cast(pa.int32()))
    return table
