"""Blocks drawn by hand: an hourly meter's day is 24 numbers that a person can add up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.base.engine.block import AreaBlock, empty_block
from lamplighter.base.lake import Lake
from lamplighter.business.customers.tables import COMPANY
from lamplighter.business.metering.tables import INTERVAL, METER, REGISTER_DAILY
from lamplighter.business.network.tables import AREA
from lamplighter.business.trusted_energy.policy import Policy, load_policy
from lamplighter.business.trusted_energy.queries.what_if import read_blocks
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.business.trusted_energy.tables import TABLES

Drawn = Callable[..., AreaBlock]


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(on=date(2025, 6, 1))


def draw_block(
    energy: np.ndarray,
    *,
    registers: dict[str, np.ndarray] | None = None,
    channels: dict[str, np.ndarray] | None = None,
    archive: dict[str, list[object]] | None = None,
    tables: dict[str, pa.Table] | None = None,
    **settings: object,
) -> AreaBlock:
    """Return a block of these values (M, D, S); a day of nothing but NaN was never received."""
    energy = np.asarray(energy, np.float32)
    meters, days, slots = energy.shape
    first = {name: settings.pop(name) for name in ("first_day", "first_worked", "areas") if name in settings}
    block = empty_block(meters=meters, days=days, slots=slots, **first)
    every = {"energy_kwh": energy, **{name: np.asarray(v, np.float32) for name, v in (channels or {}).items()}}
    table = block.archive
    for name, column in (archive or {}).items():
        at = table.column_names.index(name)
        table = table.set_column(at, name, pa.array(column, table.schema.field(name).type))
    changed = replace(
        block,
        channels=every,
        channel_present={name: np.isfinite(v).any(axis=2) for name, v in every.items()},
        registers={**block.registers, **(registers or {})},
        archive=table,
        multipliers=table.column("multiplier").to_numpy(),
        tables={**block.tables, **(tables or {})},
    )
    return replace(changed, **settings)


@pytest.fixture(scope="session")
def draw() -> Drawn:
    return draw_block


@pytest.fixture
def flags_of() -> Callable[..., list[dict[str, object]]]:
    """Return the flags a rule raises on a block, in the order of meter and day."""

    def flags(block: AreaBlock, rule_id: str, policy: Policy) -> list[dict[str, object]]:
        rows = work_days(block=block, policy=policy).flags.to_pylist()
        found = [row for row in rows if row["rule_id"] == rule_id]
        return sorted(found, key=lambda row: (row["meter_id"], row["on_date"], row["channel"]))

    return flags


MONDAY = date(2025, 3, 3)
FIRST_KNOWN, LATER_KNOWN, WORKED = (datetime(2025, 3, day, 6) for day in (5, 7, 8))


@pytest.fixture
def small_lake(tmp_path) -> Lake:
    """Two hourly meters over 3 to 5 March 2025; two hours of M000 came late, on the 7th; worked on the 8th.

    Tuesday of M000: hours 10 and 11 missing at first, then 2 and 2.5 kWh came for them; hours 20 and 21 never came.
    """
    lake = Lake.open(tmp_path / "home" / "lake")
    days = [MONDAY + timedelta(days=k) for k in range(3)]
    curves = np.ones((2, 3, 24))
    curves[0, 1, [10, 11, 20, 21]] = np.nan
    late = curves[0, 1].copy()
    late[10:12] = [2.0, 2.5]
    block = draw_block(curves, first_day="2025-03-03")

    def rows(values: np.ndarray, keys: list[tuple[str, date]]) -> pa.Table:
        vectors = [[None if np.isnan(v) else v for v in day] for day in values]
        return pa.table(
            {
                "meter_id": [meter for meter, _ in keys],
                "on_date": [day for _, day in keys],
                "channel": ["energy_kwh"] * len(keys),
                "slot_count": pa.array([24] * len(keys), pa.int16()),
                "values": pa.array(vectors, pa.list_(pa.float32())),
            }
        )

    with lake.transaction() as change:
        company = {"name": ["East"], "timezone": ["Asia/Shanghai"], "interval_minutes": [60]}
        change.append(COMPANY, pa.table(company), known_at=FIRST_KNOWN)
        area = {"area_id": ["A0"], "station_id": ["S1"], "bucket": [0]}
        change.append(AREA, pa.table(area), known_at=FIRST_KNOWN)
        change.append(METER, block.archive, known_at=FIRST_KNOWN)
        every = [(meter, day) for meter in ("M000", "M001") for day in days]
        change.append(INTERVAL, rows(curves.reshape(6, 24), every), known_at=FIRST_KNOWN)
        change.append(INTERVAL, rows(late[None, :], [("M000", days[1])]), known_at=LATER_KNOWN)
        readings = {"meter_id": ["M000", "M000"], "on_date": days[1:], "total_kwh": [100.0, 126.5]}
        change.append(REGISTER_DAILY, pa.table(readings), known_at=FIRST_KNOWN)
    with lake.snapshot() as state:
        (worked,) = read_blocks(state, first_on=days[0], last_on=days[-1], history_days=0)
    trusted = work_days(block=worked, policy=load_policy(on=MONDAY)).tables(worked)
    with lake.transaction() as change:
        for contract in TABLES:
            change.append_run(contract, trusted[contract.name], known_at=WORKED, days=days)
    return lake
