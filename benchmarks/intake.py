"""How fast a company's files become a lake: wide and long CSV, validated, versioned, written.

    python benchmarks/intake.py [--meters 5000] [--days 60] [--long-meters 1000] [--out FILE]

Prints JSON: readings a CPU-second (processor time of the process and its children, from the first byte of the folder to
the published lake), peak memory, and the same for a repeat of the import, which must change nothing.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

NOW = dt.datetime(2026, 1, 1)


def write_folder(folder: Path, *, meters: int, days: int, layout: str, days_a_file: int = 10) -> None:
    """Write a company folder of CSV files with gaps in half a per cent of the readings."""
    (folder / "interval").mkdir(parents=True)
    areas = max(1, meters // 80)
    (folder / "company.toml").write_text('name = "Bench"\ntimezone = "Asia/Shanghai"\ninterval_minutes = 15\n')
    (folder / "units.csv").write_text("unit_id,parent_id,level,name\nP,,province,P\nS,P,station,S\n")
    (folder / "areas.csv").write_text("area_id,station_id\n" + "".join(f"A{i:05d},S\n" for i in range(areas)))
    (folder / "customers.csv").write_text(
        "account_id,class\n" + "".join(f"C{i:07d},residential\n" for i in range(meters))
    )
    (folder / "meters.csv").write_text(
        "meter_id,account_id,area_id,role\n"
        + "".join(f"M{i:07d},C{i:07d},A{i % areas:05d},customer\n" for i in range(meters))
    )
    draw = np.random.default_rng(7)
    ids = np.array([f"M{i:07d}" for i in range(meters)], dtype=object)
    for first in range(0, days, days_a_file):
        count = min(days_a_file, days - first)
        rows = count * meters
        values = np.round(draw.gamma(1.2, 0.15, (rows, 96)), 3).astype(np.float32)
        gaps = draw.random((rows, 96)) < 0.005
        day = np.repeat(np.datetime64("2025-01-01") + first + np.arange(count), meters)
        table = (_wide if layout == "wide" else _long)(np.tile(ids, count), day, values, gaps)
        pacsv.write_csv(table, folder / f"interval/{first:03d}.csv", pacsv.WriteOptions(quoting_style="none"))


def _wide(ids: np.ndarray, day: np.ndarray, values: np.ndarray, gaps: np.ndarray) -> pa.Table:
    columns = {"meter_id": pa.array(ids), "on_date": pa.array(day), "channel": pa.array(["energy_kwh"] * len(ids))}
    columns.update({f"v{slot:02d}": pa.array(values[:, slot], mask=gaps[:, slot]) for slot in range(96)})
    return pa.table(columns)


def _long(ids: np.ndarray, day: np.ndarray, values: np.ndarray, gaps: np.ndarray) -> pa.Table:
    started = (day.astype("datetime64[m]")[:, None] + np.arange(96) * np.timedelta64(15, "m")).reshape(-1)
    return pa.table(
        {
            "meter_id": pa.array(np.repeat(ids, 96)),
            "started_at": pa.array(started.astype("datetime64[s]")).cast(pa.string()),
            "channel": pa.array(["energy_kwh"] * len(started)),
            "value": pa.array(values.reshape(-1), mask=gaps.reshape(-1)),
        }
    )


def cpu_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def import_once(folder: Path, lake: Path) -> dict[str, float]:
    """Import a folder in this process and return what it took."""
    from lamplighter.base.lake import Lake
    from lamplighter.journeys.company_import import import_company

    began, wall = cpu_seconds(), time.perf_counter()
    report = import_company(folder=folder, lake=Lake.open(lake), now=NOW)
    cpu = cpu_seconds() - began
    return {
        "read": report.count.read,
        "accepted": report.count.accepted,
        "cpu_seconds": round(cpu, 3),
        "wall_seconds": round(time.perf_counter() - wall, 3),
        "million_a_cpu_second": round(report.count.read / cpu / 1e6, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def measure(layout: str, *, meters: int, days: int, place: Path) -> dict[str, object]:
    """Return first import and repeat of one layout, each in a process of its own."""
    folder, lake = place / layout, place / f"{layout}-lake"
    write_folder(folder, meters=meters, days=days, layout=layout)
    size = sum(file.stat().st_size for file in folder.rglob("*.csv"))
    runs = [
        json.loads(subprocess.check_output([sys.executable, __file__, "--once", str(folder), str(lake)]))
        for _ in range(2)
    ]
    return {"meters": meters, "days": days, "mb_of_csv": round(size / 1e6), "first": runs[0], "repeat": runs[1]}


def main() -> None:
    """Measure both layouts and print JSON."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--meters", type=int, default=5000)
    words.add_argument("--days", type=int, default=60)
    words.add_argument("--long-meters", type=int, default=1000)
    words.add_argument("--out", type=Path)
    words.add_argument("--once", nargs=2, type=Path, metavar=("FOLDER", "LAKE"))
    asked = words.parse_args()
    if asked.once:
        print(json.dumps(import_once(*asked.once)))
        return
    with tempfile.TemporaryDirectory() as place:
        result = {
            "measured_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}",
            "pyarrow": pa.__version__,
            "wide_csv": measure("wide", meters=asked.meters, days=asked.days, place=Path(place)),
            "long_csv": measure("long", meters=asked.long_meters, days=asked.days, place=Path(place)),
        }
    words_out = json.dumps(result, indent=2)
    print(words_out)
    if asked.out:
        asked.out.write_text(words_out + "\n")


if __name__ == "__main__":
    main()
