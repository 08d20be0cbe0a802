"""Blocks drawn by hand: an hourly meter's day is 24 numbers that a person can add up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.base.engine.block import AreaBlock, empty_block
from lamplighter.business.trusted_energy.policy import Policy, load_policy
from lamplighter.business.trusted_energy.rules import work_days

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
