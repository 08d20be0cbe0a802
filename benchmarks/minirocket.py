"""Whether MiniRocket's features of the curve earn their CPU beside the layers' scores.

    python -m benchmarks.minirocket WORLD [WORLD ...]

A world is a folder with an imported ``lake`` and the ``truth`` of a simulated company. 84 kernels of nine taps (three
of them 2, six −1), dilations 1 to 32, and of each convolution the share of slots above a quantile of it drawn from the
training rows: 504 figures of the curve, every day over its own mean. They are laid beside the layers' scores in one
LightGBM; folds keep areas whole. Source: Dempster, Schmidt and Webb (2021), MiniRocket.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import time
from pathlib import Path

import lightgbm
import numba
import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
from sklearn.model_selection import GroupKFold

from benchmarks.measuring import publish
from lamplighter.base.lake import Lake
from lamplighter.business.detection.learning.features import read_features
from lamplighter.business.detection.rules import find_evidence
from lamplighter.business.line_loss.rules import area_losses
from lamplighter.business.metering.blocks import BlockReader, BlockRequest
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.journeys.nightly_run.bucket import CHANNELS, SIDE_TABLES
from lamplighter.journeys.nightly_run.plan import plan_night
from lamplighter.methods.learning.measures import average_precision

TRIPLES = np.array(list(itertools.combinations(range(9), 3)), np.int64)
DILATIONS = np.array([1, 2, 4, 8, 16, 32], np.int64)
FOLDS = 5
Curves = npt.NDArray[np.float32]


@numba.njit(cache=True, nogil=True, fastmath={"contract", "reassoc"})
def convolve(curve: Curves, triple: npt.NDArray[np.int64], dilation: int, out: Curves) -> None:
    """Write ``3·(sum of the three taps) − sum of the nine`` at each slot, nothing beyond the ends."""
    length = len(curve)
    out[:] = 0.0
    for tap in range(9):
        shift = (tap - 4) * dilation
        weight = np.float32(2.0) if tap == triple[0] or tap == triple[1] or tap == triple[2] else np.float32(-1.0)
        for t in range(max(0, -shift), min(length, length - shift)):
            out[t] += weight * curve[t + shift]


@numba.njit(cache=True, nogil=True)
def describe(
    curves: Curves, triples: npt.NDArray[np.int64], dilations: npt.NDArray[np.int64], biases: Curves
) -> Curves:
    """Return the share of slots above each kernel's bias, shape (N, kernels × dilations)."""
    found = np.empty((len(curves), len(triples) * len(dilations)), np.float32)
    out = np.empty(curves.shape[1], np.float32)
    for i in range(len(curves)):
        for k in range(len(triples)):
            for d in range(len(dilations)):
                at = k * len(dilations) + d
                convolve(curves[i], triples[k], dilations[d], out)
                above = 0
                for t in range(len(out)):
                    above += out[t] > biases[at]
                found[i, at] = above / len(out)
    return found


def draw_biases(curves: Curves, *, seed: int) -> Curves:
    """Return a bias of each kernel and dilation: a quantile of its convolution with one training curve."""
    rng = np.random.default_rng(seed)
    out = np.empty(curves.shape[1], np.float32)
    biases = np.empty(len(TRIPLES) * len(DILATIONS), np.float32)
    for at, (triple, dilation) in enumerate(itertools.product(TRIPLES, DILATIONS)):
        convolve(curves[rng.integers(len(curves))], triple, dilation, out)
        biases[at] = np.quantile(out, rng.uniform(0.1, 0.9))
    return biases


def read_world(home: Path) -> dict[str, np.ndarray]:
    """Return scores, curves (each day over its own mean, hourly and of quarter hours), area and label of each meter."""
    rules = read_rules(home / "absent", on=dt.date(2025, 12, 1))
    parts: dict[str, list[np.ndarray]] = {name: [] for name in ("scores", "curves", "areas", "meters")}
    with Lake.open(home / "lake").snapshot() as state:
        reader = BlockReader(state, interval_minutes=15, slots=96, side_tables=SIDE_TABLES)
        for work in (work for works in plan_night(state).rounds for work in works):
            block = reader.read(BlockRequest(work.bucket, work.first_on, work.last_on, work.history_days, CHANNELS))
            trusted = work_days(block=block, policy=rules.policy)
            losses = area_losses(block=block, trusted=trusted, thresholds=rules.thresholds)
            found = find_evidence(block=block, trusted=trusted, losses=losses, settings=rules.detection)
            told = set(found["out_evidence_score"]["meter_id"].to_pylist())
            at = np.array(
                [i for i, meter in enumerate(block.meter_ids) if meter in told and block.is_home[i]], np.int64
            )
            kwh = np.nan_to_num(trusted.metered_kwh[at])
            parts["curves"].append((kwh / np.maximum(kwh.mean(axis=2, keepdims=True), 1e-6)).reshape(len(at), -1))
            parts["scores"].append(read_features(found["out_evidence_score"], meter_ids=block.meter_ids[at].tolist()))
            parts["areas"].append(np.array([f"{home.name}/{a}" for a in block.area_of[at, -1] + 1000 * work.bucket]))
            parts["meters"].append(block.meter_ids[at].astype(str))
    world = {name: np.concatenate(values) for name, values in parts.items()}
    thefts = pq.read_table(home / "truth" / "thefts.parquet")["meter_id"].to_pylist()
    return world | {"is_theft": np.isin(world["meters"], [meter for meter in thefts if meter])}


def predict_apart(features: np.ndarray, is_theft: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return each row's prediction by a model that never saw its area."""
    predicted = np.zeros(len(is_theft))
    for train, test in GroupKFold(FOLDS).split(features, groups=groups):
        model = lightgbm.LGBMClassifier(
            n_estimators=200, learning_rate=0.05, num_leaves=15, min_child_samples=40, colsample_bytree=0.5,
            subsample=0.8, subsample_freq=1, random_state=1, n_jobs=1, verbose=-1,
        )  # fmt: skip
        model.fit(features[train], is_theft[train])
        predicted[test] = model.predict_proba(features[test])[:, 1]
    return predicted


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("worlds", type=Path, nargs="+")
    worlds = [read_world(home) for home in parser.parse_args().worlds]
    joined = {name: np.concatenate([world[name] for world in worlds]) for name in worlds[0]}
    quarter = joined["curves"]
    hourly = quarter.reshape(len(quarter), -1, 4).mean(axis=2)
    is_theft, groups = joined["is_theft"], joined["areas"]
    of_world = np.repeat(np.arange(len(worlds)), [len(world["meters"]) for world in worlds])
    added: dict[str, tuple[np.ndarray, float]] = {"scores of the layers": (joined["scores"], 0.0)}
    for name, curves in (("hourly", hourly), ("15 minutes", quarter)):
        # Biases need no label; drawn from all rows they tell the model nothing of who steals.
        biases = draw_biases(curves, seed=1)
        describe(curves[:2], TRIPLES, DILATIONS, biases)
        begin = time.process_time()
        rocket = describe(curves, TRIPLES, DILATIONS, biases)
        cost = (time.process_time() - begin) / len(curves) * 1e3
        added[f"504 MiniRocket figures alone, {name}"] = (rocket, cost)
        added[f"scores and 504 MiniRocket figures, {name}"] = (np.hstack([joined["scores"], rocket]), cost)
    rows, base = [], np.zeros(len(worlds))
    for name, (features, cost) in added.items():
        predicted = predict_apart(features, is_theft, groups)
        each = np.array(
            [
                average_precision(is_hit=is_theft[of_world == k], score=predicted[of_world == k])
                for k in range(len(worlds))
            ]
        )
        base = each if not rows else base
        rows.append(
            {
                "features": name,
                "mean AP": float(each.mean()),
                "AP against the scores alone": float((each - base).mean()),
                "least, greatest of a world": f"{(each - base).min():+.3f}, {(each - base).max():+.3f}",
                "CPU ms per customer": cost,
            }
        )
    publish(
        "minirocket",
        rows=rows,
        notes=[
            f"{len(is_theft):,} meters, {int(is_theft.sum())} thieves of {len(worlds)} simulated companies; folds keep "
            "areas whole. CPU is that of the MiniRocket figures alone.",
            "The layers' scores together cost about as much CPU as the hourly figures; see detection_speed.",
        ],
    )


if __name__ == "__main__":
    main()
