"""How long one customer's year of curves takes, out of 20,000 and out of 100,000 meters × 365 days.

    python -m benchmarks.curve_lookup [--folder DIR]

Every meter has a curve of its own; parts are as compaction leaves them. Each look-up opens the lake afresh and reads
one random meter's 35,136 values, as a page of the product would; the page cache of the system is warm, as it is for a
lake that is worked every night.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.measuring import publish, spread
from lamplighter.base.lake import Lake
from lamplighter.business.metering.queries import read_curve
from lamplighter.business.metering.tables import INTERVAL, METER

BUCKET_METERS = 500
YEAR = 2024
LOOK_UPS = 40
NOW = dt.datetime(2025, 1, 1)


def make_lake(folder: Path, *, meters: int) -> Lake:
    """Fill a lake with a year of 96-point curves, one sorted part a month and bucket, as compaction leaves it."""
    lake = Lake.open(folder)
    rng = np.random.default_rng(1)
    ids = [f"M{i:06d}" for i in range(meters)]
    with lake.transaction() as change:
        table = pa.table(
            {
                "meter_id": ids,
                "role": ["customer"] * meters,
                "multiplier": [1.0] * meters,
                "bucket": pa.array(np.arange(meters) // BUCKET_METERS, pa.int32()),
            }
        )
        change.append(METER, table, known_at=NOW)
    for bucket in range(meters // BUCKET_METERS):
        own = ids[bucket * BUCKET_METERS : (bucket + 1) * BUCKET_METERS]
        with lake.transaction() as change:
            for month in range(1, 13):
                first = np.datetime64(f"{YEAR}-{month:02d}-01")
                days = np.arange(first, (first.astype("datetime64[M]") + 1).astype("datetime64[D]"))
                rows = BUCKET_METERS * len(days)
                values = np.round(rng.gamma(1.2, 0.15, rows * 96), 2).astype(np.float32)
                data = pa.table(
                    {
                        "meter_id": np.repeat(np.array(own, dtype=object), len(days)),
                        "on_date": np.tile(days, BUCKET_METERS),
                        "channel": pa.repeat("energy_kwh", rows),
                        "slot_count": pa.repeat(pa.scalar(96, pa.int16()), rows),
                        "values": pa.ListArray.from_arrays(np.arange(rows + 1, dtype=np.int32) * 96, values),
                    }
                )
                change.append(INTERVAL, data, known_at=NOW, bucket=bucket)
    return lake


def look_up(folder: Path, *, meters: int) -> dict[str, float]:
    """Return least, median and greatest milliseconds of a look-up."""
    rng = np.random.default_rng(2)
    taken = []
    for _ in range(LOOK_UPS):
        meter = f"M{rng.integers(meters):06d}"
        began = time.perf_counter()
        with Lake.open(folder).snapshot() as state:
            curve = read_curve(
                state,
                meter_id=meter,
                first_on=dt.date(YEAR, 1, 1),
                end_on=dt.date(YEAR + 1, 1, 1),
                channel="energy_kwh",
            )
        taken.append(1000 * (time.perf_counter() - began))
        if len(curve.days) != 366:
            raise RuntimeError(f"{len(curve.days)} days instead of 366")
    return spread(taken[2:])


def main() -> None:
    """Measure both sizes and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where the lakes are made; a temporary place by default"
    )
    folder = parser.parse_args().folder or Path(tempfile.mkdtemp())
    rows = []
    for meters in (20_000, 100_000):
        make_lake(folder / str(meters), meters=meters)
        found = look_up(folder / str(meters), meters=meters)
        size = sum(path.stat().st_size for path in (folder / str(meters)).rglob("*.parquet")) / 1e9
        rows.append({"meters": meters, "lake GB": size, **{f"{key} ms": value for key, value in found.items()}})
        shutil.rmtree(folder / str(meters))
    publish(
        "curve_lookup",
        rows=rows,
        notes=[
            f"One meter's year (366 × 96 values) of one channel, {LOOK_UPS - 2} random meters after two to warm up; "
            "the lake is opened afresh each time.",
            "To reach: 200 ms at both sizes, independent of the count.",
            "Not quite independent of the count: the meter's bucket is looked up in core_meter, which grows with the "
            "company.",
        ],
    )


if __name__ == "__main__":
    main()
