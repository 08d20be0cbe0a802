"""What trusted energy costs with every rule on: points per CPU second of ``work_days`` and its tables.

python -m benchmarks.trusted_energy [--meters 1500] [--days 90]
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measuring import measure, publish
from lamplighter.base.engine.block import AreaBlock, empty_block
from lamplighter.business.trusted_energy.policy import load_policy
from lamplighter.business.trusted_energy.rules import work_days

SLOTS = 96
REPEATS = 5


def draw_block(*, meters: int, days: int, gap_share: float, with_voltage: bool, seed: int = 5) -> AreaBlock:
    """Return a block of noisy meters with dials; ``gap_share`` of its days have a gap of up to ten hours."""
    rng = np.random.default_rng(seed)
    energy = rng.gamma(2.0, 0.06, (meters, days, SLOTS)).astype(np.float32)
    readings = np.concatenate([np.zeros((meters, 1)), np.cumsum(energy.sum(axis=2, dtype=np.float64), axis=1)], axis=1)
    for meter, day in np.argwhere(rng.random((meters, days)) < gap_share):
        first = int(rng.integers(0, SLOTS - 1))
        energy[meter, day, first : first + int(rng.integers(1, 40))] = np.nan
    channels = {"energy_kwh": energy}
    if with_voltage:
        channels["voltage_a_v"] = (225 + 4 * rng.standard_normal((meters, days, SLOTS))).astype(np.float32)
    block = empty_block(meters=meters, days=days, slots=SLOTS, areas=max(1, meters // 60))
    customers = pa.table(
        {
            "account_id": block.strings("account_id").tolist(),
            "class": ["residential"] * meters,
            "opened_on": pa.nulls(meters, pa.date32()),
            "closed_on": pa.nulls(meters, pa.date32()),
        }
    )
    return replace(
        block,
        channels=channels,
        channel_present={name: np.isfinite(values).any(axis=2) for name, values in channels.items()},
        registers={"total_kwh": readings},
        tables={"core_customer": customers},
    )


def work(meters: int, days: int, gap_share: float, with_voltage: bool) -> dict[str, Any]:
    """Work one block several times and return the CPU seconds of the median time and what came out."""
    block = draw_block(meters=meters, days=days, gap_share=gap_share, with_voltage=with_voltage)
    policy = load_policy(on=dt.date(2025, 6, 1))
    seconds, rows = [], {}
    for _ in range(REPEATS):
        begin = time.process_time()
        rows = {name: table.num_rows for name, table in work_days(block=block, policy=policy).tables(block).items()}
        seconds.append(time.process_time() - begin)
    return {"cpu_seconds": sorted(seconds)[REPEATS // 2], "points": meters * days * SLOTS * len(block.channels), **rows}


def main() -> None:
    """Measure and publish."""
    options = argparse.ArgumentParser()
    options.add_argument("--meters", type=int, default=1_500)
    options.add_argument("--days", type=int, default=90)
    given = options.parse_args()
    rows = []
    for name, gap_share, with_voltage in (
        ("clean, energy only", 0.0, False),
        ("clean, energy and voltage", 0.0, True),
        ("one day in twenty with a gap", 0.05, False),
        ("every second day with a gap", 0.5, False),
    ):
        run = measure(work, given.meters, given.days, gap_share, with_voltage)
        found = run.result
        rows.append(
            {
                "block": name,
                "CPU s": found["cpu_seconds"],
                "M points per CPU s": found["points"] / 1e6 / found["cpu_seconds"],
                "peak GB": run.peak_gb,
                "day rows": found["core_trusted_day"],
                "curve rows": found["core_trusted_curve"],
                "flag rows": found["core_meter_flag"],
            }
        )
    publish(
        "trusted_energy",
        rows=rows,
        notes=[
            f"{given.meters:,} meters × {given.days} days × {SLOTS} points a channel, every rule on, result tables "
            f"built; median of {REPEATS} runs, compiled kernels loaded before.",
            "To reach: 20 M points per CPU second on clean data.",
        ],
    )


if __name__ == "__main__":
    main()
