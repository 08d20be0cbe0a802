"""What a cluster costs: the same nights on this machine and on Spark, wall clock, CPU, and CPU for a meter.

    python -m benchmarks.spark_night [--folder DIR] [--copies 4]

A simulated company is imported once and tiled. Each engine works all its days from nothing, then the newest day once
more, as every following night does. Every table of results is compared; a difference ends the run. The cluster is a
master and two workers of one core each on loopback: it shows what Spark adds, not what a cluster gains.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measuring import publish
from benchmarks.nightly import NOW, fresh_copy, make_base, work_night
from benchmarks.tiling import tile_company
from lamplighter.base.engine import Engine, LocalEngine, SparkEngine
from lamplighter.base.engine.standalone import StandaloneCluster, tree_cpu_seconds
from lamplighter.base.lake import Lake
from lamplighter.business.metering.tables import INTERVAL, METER
from lamplighter.journeys.engine_comparison import compare_lakes
from lamplighter.journeys.nightly_run import read_rules, run_nightly

WORKERS = 2


@contextmanager
def local(folder: Path) -> Iterator[Engine]:
    """Two processes."""
    yield LocalEngine(processes=WORKERS)


@contextmanager
def spark(folder: Path) -> Iterator[Engine]:
    """Two executors of one core."""
    with StandaloneCluster(folder, workers=WORKERS) as cluster, SparkEngine(settings=cluster.settings) as engine:
        yield engine


def measure_engine(name: str, opener: Any, lake: Lake, folder: Path, meters: int) -> list[dict[str, Any]]:
    """Return a row each for the engine's start, all days from nothing, and the newest day once more."""
    rules = read_rules(Path("absent"), on=NOW.date())
    rows: list[dict[str, Any]] = []
    at, cpu = time.perf_counter(), tree_cpu_seconds(os.getpid())

    def take(what: str, readings: int | None) -> None:
        nonlocal at, cpu
        now, used = time.perf_counter(), tree_cpu_seconds(os.getpid())
        row = {"engine": name, "what": what, "wall s": now - at, "CPU s": used - cpu}
        per_meter = {"CPU ms a meter": 1000 * (used - cpu) / meters} if readings else {"CPU ms a meter": ""}
        speed = {"M readings per CPU s": readings / 1e6 / (used - cpu)} if readings else {"M readings per CPU s": ""}
        rows.append(row | per_meter | speed)
        at, cpu = now, used

    with opener(folder) as engine:
        take("start", None)
        first = run_nightly(lake=lake, engine=engine, rules=rules, now=NOW + dt.timedelta(days=1))
        take("all days", first.reading_count)
        again = run_nightly(lake=lake, engine=engine, rules=rules, now=NOW + dt.timedelta(days=2), on=first.newest_on)
        take("newest day", again.reading_count)
    return rows


def main() -> None:
    """Measure both engines, compare what they gave, publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--days", type=int, default=90)
    chosen = parser.parse_args()
    folder = chosen.folder or Path(tempfile.mkdtemp())
    base = make_base(folder, days=chosen.days)
    # Compiled kernels are cached on disk by a night that is not counted.
    work_night(fresh_copy(base.root), 1)
    tiled = tile_company(source=base, into=folder / "tiled", copies=chosen.copies)
    with tiled.snapshot() as state:
        meters, buckets = state.read(METER, columns=["meter_id"]).num_rows, len(state.buckets(INTERVAL))
        stored = sum(part.byte_count for part in state.parts(INTERVAL))
    rows, lakes = [], []
    for name, opener in (("local", local), ("spark", spark)):
        shutil.copytree(tiled.root, folder / name)
        lakes.append(Lake.open(folder / name))
        rows += measure_engine(name, opener, lakes[-1], folder / f"{name}-cluster", meters)
    with lakes[0].snapshot() as one, lakes[1].snapshot() as other:
        tables = compare_lakes(one, other)
    different = [table for table in tables if not table.is_equal]
    assert not different, different
    publish(
        "spark_night",
        rows=rows,
        notes=[
            f"{meters:,} meters in {buckets} buckets × {chosen.days} days, tiled from a simulated company; "
            f"{stored / meters / chosen.days:,.0f} bytes of stored curves a meter and day.",
            "CPU is that of the whole process tree: driver, master, workers, executors and their Python.",
            f"All {len(tables)} tables of results were equal; greatest relative difference "
            f"{max(table.greatest for table in tables):.1e}.",
            "The newest day is what each following night works: a block of 90 days of history and one new day, "
            "evidence for every customer, roll-ups, ranking. Ranking runs in the driver, tasks in the executors.",
        ],
    )
    if chosen.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
