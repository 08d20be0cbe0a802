"""How many wrong areas and phases of an archive are found, and how many proposals are right, on simulated companies.

    python -m benchmarks.repair [--seeds 611 612] [--areas 48] [--keep DIR]

8 % of the customers are booked on a neighbouring area, 15 % of the single-phase ones on a wrong phase, 2 % of all
readings are lost, and everything else a simulated company has is there as well: thieves, solar roofs, wrong ratios,
joints, clocks that are off. Each company goes through the company folder and the import; then each bucket is worked
as in a night, and the truth is opened. ``--keep`` keeps the companies, so that a second run only measures.
"""

from __future__ import annotations

import argparse
import datetime as dt
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from benchmarks.measuring import publish
from lamplighter.base.engine.block import AreaBlock
from lamplighter.base.lake import Lake
from lamplighter.business.detection.archive_repair import repair_archive
from lamplighter.business.detection.map_cleaning import fit_areas
from lamplighter.business.detection.settings import DetectionSettings
from lamplighter.business.detection.window import Window, open_window
from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.metering.blocks import BlockReader, BlockRequest
from lamplighter.business.network.tables import AREA
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.journeys.nightly_run.bucket import CHANNELS, SIDE_TABLES
from lamplighter.simulation import SimulationSettings, simulate_company

NOW = dt.datetime(2025, 12, 1)
START, DAYS = dt.date(2025, 1, 1), 120
KINDS = ("wrong_area", "wrong_phase")
BASES = {
    "all": (30, 60, 90, 120),
    "no voltages": (120,),
    "no balance": (120,),
    "days and voltages": (120,),
    "days only": (120,),
}
"""Evidence left -> window lengths it is measured at."""

NOTES = (
    "An area repair counts as right only with the true area; a meter said to hang on no area of its bucket has no "
    "value to be right: these stand in the column *elsewhere* and count as missed. A phase counts as right with the "
    "true phase, whatever area the archive has. Intervals: 95 %, areas drawn with replacement.",
    "1 V is the same voltages rounded to whole volts. A shorter window is the end of the same 120 days; readings were "
    "validated and losses computed over the whole of them.",
    "*no voltages*: the balance alone; *no balance*: the voltages alone; *days and voltages*: registers once a day "
    "instead of curves; *days only*: neither curves nor voltages.",
    "Wrong areas lie on the same feeder, and the whole feeder in one bucket. A feeder of more than 600 meters is cut, "
    "and a meter booked across the cut can only be said to hang elsewhere.",
    "CPU is of repair alone, without the balance that detection computes anyway.",
)


def build_world(*, seed: int, areas: int, place: Path) -> None:
    """Simulate a company with a bad archive and import it, unless it is there."""
    if (place / "done").exists():
        return
    settings = SimulationSettings(
        seed=seed,
        areas=areas,
        days=DAYS,
        start_on=START,
        voltage_step_v=0.1,
        wrong_area_share=0.08,
        wrong_phase_share=0.15,
        missing_share=0.02,
    )
    simulate_company(folder=place / "company", truth=place / "truth", settings=settings)
    import_company(folder=place / "company", lake=Lake.open(place / "lake"), now=NOW)
    (place / "done").touch()


def windows(place: Path, *, settings: DetectionSettings) -> Iterator[Window]:
    """Yield the window of each bucket over all days, worked as in a night."""
    rules = read_rules(place / "settings", on=NOW.date())
    with Lake.open(place / "lake").snapshot() as state:
        buckets = sorted(set(state.read(AREA).column("bucket").to_pylist()))
        reader = BlockReader(state, interval_minutes=15, slots=96, side_tables=SIDE_TABLES)
        for bucket in buckets:
            last_on = START + dt.timedelta(DAYS - 1)
            block = reader.read(
                BlockRequest(bucket=bucket, first_on=START, last_on=last_on, history_days=0, channels=CHANNELS)
            )
            trusted = work_days(block=block, policy=rules.policy)
            losses = area_losses(block=block, trusted=trusted, thresholds=rules.thresholds)
            yield open_window(block=block, trusted=trusted, losses=losses, settings=settings)


Key = tuple[str, float, int, str]
"""Evidence, voltage step in V, days, kind."""


def measure_world(found: Iterable[Window], *, truth: Path, settings: DetectionSettings) -> dict[Key, dict[str, Any]]:
    """Return counts of each area (right, proposed, wrong, elsewhere), CPU seconds and meters for each key.

    Args:
        found: the window of each bucket, of all days.
        truth: the folder of truth.
        settings: ``repair.*`` and ``balance.*``.
    """
    errors = _read_truth(truth)
    held: dict[Key, dict[str, Any]] = {}
    for window in found:
        for days in sorted({days for depths in BASES.values() for days in depths}):
            cut = _cut(window, days)
            fits = fit_areas(window=cut, settings=settings)
            for basis in (basis for basis, depths in BASES.items() if days in depths):
                for step in (0.1, 1.0) if basis == "all" else (0.1,):
                    left = _keep_evidence(cut, basis=basis, step=step)
                    used = fits if basis in ("all", "no voltages") else {}
                    started = time.process_time()
                    repair = repair_archive(window=left, fits=used, settings=settings)
                    spent = time.process_time() - started
                    for kind, counts in _count(repair.proposals, left, errors).items():
                        row = held.setdefault((basis, step, days, kind), {"cpu": 0.0, "meters": 0, "areas": []})
                        row["cpu"] += spent
                        row["meters"] += len(left.meters)
                        row["areas"].append(counts)
    return {key: {**row, "areas": np.concatenate(row["areas"])} for key, row in held.items()}


def _read_truth(folder: Path) -> dict[str, dict[str, str]]:
    rows = pq.read_table(folder / "archive_errors.parquet").to_pylist()
    return {kind: {row["account_id"]: row["true_value"] for row in rows if row["kind"] == kind} for kind in KINDS}


def _cut(window: Window, days: int) -> Window:
    """Return the last days of a window."""
    later = max(len(window.days) - days, 0)
    return replace(
        window,
        first=window.first + later,
        kwh=window.kwh[:, later:],
        daily_kwh=window.daily_kwh[:, later:],
        residual_kwh=window.residual_kwh[:, later:],
        sold_kwh=window.sold_kwh[:, later:],
    )


def _keep_evidence(window: Window, *, basis: str, step: float) -> Window:
    block: AreaBlock = window.block
    channels = dict(block.channels)
    for name in [name for name in channels if name.startswith("voltage")]:
        if basis in ("no voltages", "days only"):
            del channels[name]
        elif step > 0.1:
            channels[name] = np.rint(channels[name] / step) * np.float32(step)
    window = replace(window, block=replace(block, channels=channels))
    if basis == "no balance":
        unknown = np.full_like(window.daily_kwh, np.nan)
        return replace(window, daily_kwh=unknown, kwh=np.full_like(window.kwh, np.nan))
    return replace(window, kwh=np.full_like(window.kwh, np.nan)) if basis.startswith("days") else window


def _count(proposals: Any, window: Window, truth: dict[str, dict[str, str]]) -> dict[str, npt.NDArray[np.int64]]:
    accounts = window.candidate_strings("account_id")
    phase, areas = window.candidate_strings("phase"), len(window.block.area_ids)
    counted = {kind: np.zeros((areas, 4), np.int64) for kind in KINDS}
    for at, account in enumerate(accounts):
        for kind in KINDS:
            if account in truth[kind] and (kind == "wrong_area" or phase[at] in ("A", "B", "C")):
                counted[kind][window.area[at], 2] += 1
    for at, kind, value in zip(proposals.candidate, proposals.kind, proposals.proposed, strict=True):
        row = counted[kind][window.area[at]]
        row[3] += value is None
        row[1] += value is not None
        row[0] += value is not None and truth[kind].get(accounts[at]) == value
    return counted


def figures(areas: npt.NDArray[np.int64], *, draws: int = 1000) -> dict[str, Any]:
    """Return precision and recall with their intervals from counts of each area, shape (A, 4)."""
    rng = np.random.default_rng(1)
    drawn = areas[rng.integers(0, len(areas), (draws, len(areas)))].sum(axis=1)
    whole = areas.sum(axis=0)
    row: dict[str, Any] = {"wrong": int(whole[2]), "proposed": int(whole[1]), "right": int(whole[0])}
    for name, below in (("precision", 1), ("recall", 2)):
        told = drawn[:, below] > 0
        row[name], row[f"{name} 95 %"] = "", ""
        if whole[below]:
            low, high = np.quantile(drawn[told, 0] / drawn[told, below], (0.025, 0.975))
            row[name] = float(whole[0] / whole[below])
            row[f"{name} 95 %"] = f"{low:.3f} … {high:.3f}"
    return {**row, "elsewhere": int(whole[3])}


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[611, 612])
    parser.add_argument("--areas", type=int, default=48)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--build-only", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        places = {seed: (asked.keep or Path(name)) / str(seed) for seed in asked.seeds}
        for seed, place in places.items():
            build_world(seed=seed, areas=asked.areas, place=place)
        if asked.build_only:
            return
        settings = read_rules(Path(name), on=NOW.date()).detection
        whole = settings.with_values({"window.days": DAYS})
        measured = [
            measure_world(windows(place, settings=whole), truth=place / "truth", settings=settings)
            for place in places.values()
        ]
    publish("repair", rows=table(measured), notes=(f"Seeds {asked.seeds}, {asked.areas} areas each.", *NOTES))


def table(measured: Sequence[Mapping[Key, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return the rows to publish from what was measured in each world."""
    rows = []
    for basis, step, days, kind in measured[0]:
        each = [world[basis, step, days, kind] for world in measured]
        areas = np.concatenate([world["areas"] for world in each])
        cpu = sum(world["cpu"] for world in each) / sum(world["meters"] for world in each)
        head = {"kind": kind, "evidence": basis, "voltage step, V": step, "days": days}
        rows.append(head | figures(areas) | {"CPU ms a customer": 1000.0 * cpu})
    rows.sort(key=lambda row: (row["kind"], list(BASES).index(row["evidence"]), row["voltage step, V"], row["days"]))
    return rows


if __name__ == "__main__":
    main()
