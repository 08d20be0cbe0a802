"""How fast a company's CSV files become a lake: read, validated, versioned, written, counted.

    python -m benchmarks.intake

Processor time is that of the whole import, from the first byte of the folder to the published lake, archives included,
in a fresh process with compiled code cached.
"""

from __future__ import annotations

import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pacsv

from benchmarks.measuring import publish
from lamplighter.base.lake import Lake
from lamplighter.journeys.company_import import import_company

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


def _wide(ids: npt.NDArray[Any], day: npt.NDArray[Any], values: npt.NDArray[Any], gaps: npt.NDArray[Any]) -> pa.Table:
    columns = {"meter_id": pa.array(ids), "on_date": pa.array(day), "channel": pa.array(["energy_kwh"] * len(ids))}
    columns.update({f"v{slot:02d}": pa.array(values[:, slot], mask=gaps[:, slot]) for slot in range(96)})
    return pa.table(columns)


def _long(ids: npt.NDArray[Any], day: npt.NDArray[Any], values: npt.NDArray[Any], gaps: npt.NDArray[Any]) -> pa.Table:
    started = (day.astype("datetime64[m]")[:, None] + np.arange(96) * np.timedelta64(15, "m")).reshape(-1)
    return pa.table(
        {
            "meter_id": pa.array(np.repeat(ids, 96)),
            "started_at": pa.array(started.astype("datetime64[s]")).cast(pa.string()),
            "channel": pa.array(["energy_kwh"] * len(started)),
            "value": pa.array(values.reshape(-1), mask=gaps.reshape(-1)),
        }
    )


def import_once(folder: Path, lake: Path) -> dict[str, float]:
    """Import a folder in this process and return the readings, what it took, and the peak of the resident memory."""
    began = cpu_seconds()
    report = import_company(folder=folder, lake=Lake.open(lake), now=NOW)
    return {
        "read": report.count.read,
        "cpu_seconds": cpu_seconds() - began,
        "peak_gb": peak_bytes() / 1e9,
    }


def cpu_seconds() -> float:
    """Return the processor time of this process, its threads, and its children that have ended."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in found)


def peak_bytes() -> int:
    """Return the greatest resident memory of this process. (``ru_maxrss`` would be that of whoever started it.)"""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def import_apart(folder: Path, lake: Path) -> dict[str, float]:
    """Import a folder in a fresh process: one that also watched its own memory would measure the watching."""
    words = [sys.executable, "-m", "benchmarks.intake", "--once", str(folder), str(lake)]
    found: dict[str, float] = json.loads(subprocess.check_output(words))
    return found


def main() -> None:
    """Measure wide and long files, one file four times as long, and a repeat."""
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        for what, meters, days, layout, days_a_file in (
            ("wide CSV, a file every ten days", 5_000, 60, "wide", 10),
            ("wide CSV, one file, 2.4 times as much", 12_000, 60, "wide", 60),
            ("long CSV, a file every ten days", 1_000, 60, "long", 10),
            ("long CSV, one file", 1_000, 60, "long", 60),
        ):
            folder, lake = place / what, place / f"{what} lake"
            write_folder(folder, meters=meters, days=days, layout=layout, days_a_file=days_a_file)
            run = import_apart(folder, lake)
            rows.append(
                {
                    "what": what,
                    "M readings": round(run["read"] / 1e6, 1),
                    "CPU s": round(run["cpu_seconds"], 2),
                    "M readings per CPU s": round(run["read"] / run["cpu_seconds"] / 1e6, 2),
                    "peak GB": round(run["peak_gb"], 2),
                }
            )
            print(rows[-1], flush=True)
            again = import_apart(folder, lake)
            assert again["read"] == 0, "a repeat must change nothing"
    notes = [
        "Half a per cent of the cells empty, 15-minute energy, one station; a repeat of each import read nothing.",
        "To reach: wide 5 M, long 1.5 M readings per CPU second; peak memory 1.5 GB at any size.",
        "Other work ran on the two cores while this was measured: processor time is inflated by shared caches.",
    ]
    publish("intake", rows=rows, notes=notes)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--once"]:
        print(json.dumps(import_once(Path(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main()
