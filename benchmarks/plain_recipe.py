"""The yardstick: what a capable analyst would build in a week, so that the product can be told apart from it.

    python -m benchmarks.plain_recipe LAKE TRUTH [--seed 1]

Shape of the own curve, balance of the area in the level and the high-pass form after one round of map cleaning, and
voltage (`plain_layers`); one LightGBM with its ordinary parameters and no class weights; five folds over whole groups.
It is given the labels. It reads raw curves and archives only and shares no line with the product's detection.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.metrics import average_precision_score

from benchmarks.plain_layers import (
    Features,
    Floats,
    balance_features,
    mean_of,
    meter_features,
    ratio,
    shape_features,
    voltage_features,
)
from lamplighter.base.engine.block import AreaBlock
from lamplighter.base.lake import Lake, Snapshot
from lamplighter.base.periods import slot_axis
from lamplighter.business.customers.tables import COMPANY, CUSTOMER
from lamplighter.business.metering.blocks import BlockReader, BlockRequest
from lamplighter.business.metering.tables import INTERVAL

VOLTAGES: Final = ("voltage_a_v", "voltage_b_v", "voltage_c_v")
CURRENTS: Final = ("current_a_a", "current_b_a", "current_c_a")
CHANNELS: Final = ("energy_kwh", "reverse_kwh", "current_n_a", *VOLTAGES, *CURRENTS)
LIGHTGBM: Final = {
    "n_estimators": 300,
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_child_samples": 20,
    "subsample": 0.8,
    "subsample_freq": 1,
    "colsample_bytree": 0.5,
    "reg_lambda": 1.0,
    "n_jobs": 1,
    "verbosity": -1,
}
FOLDS: Final = 5

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class PlainTable:
    """One row an account.

    Attributes:
        account_ids: shape (N,), str objects.
        area_ids: area the archive says, "" = none, shape (N,).
        classes: class of the customer, "" = unknown, shape (N,).
        names: names of the features, ``layer.feature``.
        values: shape (N, F), NaN = not known.
    """

    account_ids: Words
    area_ids: Words
    classes: Words
    names: tuple[str, ...]
    values: Floats

    def of_layers(self, *layers: str) -> PlainTable:
        """Return the table with the features of some layers only."""
        kept = [at for at, name in enumerate(self.names) if name.split(".")[0] in layers]
        names = tuple(self.names[at] for at in kept)
        return PlainTable(self.account_ids, self.area_ids, self.classes, names, self.values[:, kept])


def plain_features(lake: Lake) -> PlainTable:
    """Return the features of every account of a lake, from raw curves and archives.

    Example:
        See ``tests/benchmarks/test_plain_recipe.py``; features need a lake on disk.
    """
    with lake.snapshot() as state:
        classes = dict(zip(*(state.read(CUSTOMER)[name].to_pylist() for name in ("account_id", "class")), strict=True))
        pieces = [_block_rows(block) for block in _blocks(state)]
    accounts = np.concatenate([piece[0] for piece in pieces])
    areas = np.concatenate([piece[1] for piece in pieces])
    names = sorted(set().union(*(piece[2] for piece in pieces)))
    values = np.concatenate(
        [np.stack([piece[2].get(name, np.full(len(piece[0]), np.nan)) for name in names], axis=1) for piece in pieces]
    )
    kinds = np.array([classes.get(account) or "" for account in accounts], dtype=object)
    extra = _peer_features(values[:, names.index("shape.mean")], areas, kinds)
    order = np.argsort(accounts.astype(str))
    whole = np.column_stack([values, *extra.values()])[order]
    return PlainTable(accounts[order], areas[order], kinds[order], (*names, *extra), whole)


def _blocks(state: Snapshot) -> Iterator[AreaBlock]:
    company = state.read(COMPANY).to_pylist()[0]
    minutes = int(company["interval_minutes"])
    reader = BlockReader(
        state, interval_minutes=minutes, slots=slot_axis(interval_minutes=minutes, timezone=company["timezone"])
    )
    days = sorted({day for part in state.parts(INTERVAL) for day in part.covers})
    first, last = dt.date.fromisoformat(days[0]), dt.date.fromisoformat(days[-1])
    for bucket in state.buckets(INTERVAL):
        yield reader.read(BlockRequest(bucket, first, last, 0, CHANNELS))


@dataclass(frozen=True, slots=True)
class _Curves:
    """The curves of the accounts of one area, an exchanged meter's two rows joined; shapes (N, D, S), or (N, 3, D, S).

    Energies are after the multiplier, ``counted`` before it, currents after the ratio of the transformers.
    """

    accounts: Words
    kwh: Floats
    export: Floats
    counted: Floats
    voltage: Floats
    current: Floats
    metered_current: Floats
    neutral: Floats
    phase: npt.NDArray[np.int64]
    is_single: Flags


def _block_rows(block: AreaBlock) -> tuple[Words, Words, Features]:
    """Return accounts, their areas and their features, of one block."""
    roles, accounts = block.strings("role"), block.strings("account_id")
    area_of = block.area_of[:, -1]
    is_customer = (roles == "customer") & np.array([bool(account) for account in accounts])
    found: list[tuple[Words, Words, Features]] = []
    for area in range(-1, len(block.area_ids)):
        here = (area_of == area) & (block.is_home if area < 0 else True)
        members = np.flatnonzero(here & is_customer)
        if not len(members):
            continue
        curves = _join_meters(block, members)
        features = _own_features(block, curves)
        if area >= 0:
            supply = _supply(
                block, np.flatnonzero(here & (roles == "supply")), np.flatnonzero(here & (roles == "solar"))
            )
            if supply is not None:
                features |= _area_features(block, curves, *supply)
        name = block.area_ids[area] if area >= 0 else ""
        found.append((curves.accounts, np.full(len(curves.accounts), name, dtype=object), features))
    names = set().union(*(piece[2] for piece in found)) if found else set()
    joined = {
        name: np.concatenate([piece[2].get(name, np.full(len(piece[0]), np.nan)) for piece in found]) for name in names
    }
    nobody = np.zeros(0, dtype=object)
    return (
        np.concatenate([nobody, *(piece[0] for piece in found)]),
        np.concatenate([nobody, *(piece[1] for piece in found)]),
        joined,
    )


def _channel(block: AreaBlock, name: str, rows: npt.NDArray[np.intp]) -> Floats:
    per_day = 24 * 60 // block.interval_minutes
    if name not in block.channels:
        return np.full((len(rows), len(block.days), per_day), np.nan)
    return block.channels[name][rows, :, :per_day].astype(np.float64)


def _join_meters(block: AreaBlock, members: npt.NDArray[np.intp]) -> _Curves:
    owners = block.strings("account_id")[members]
    accounts = np.array(sorted(set(owners)), dtype=object)
    at = {account: place for place, account in enumerate(accounts)}
    place = np.array([at[owner] for owner in owners])
    newest = block.archive.column("installed_on").cast(pa.int32()).fill_null(0).to_numpy()[members]
    factor = block.multipliers[members][:, None, None]
    turns = block.numbers("ct_ratio")[members]
    turns = np.where(np.isfinite(turns), turns, block.multipliers[members])[:, None, None]

    def join(values: Floats, *, is_sum: bool = True) -> Floats:
        joined = np.full((len(accounts), *values.shape[1:]), np.nan)
        for row in np.argsort(newest, kind="stable"):
            known, so_far = np.isfinite(values[row]), joined[place[row]]
            both = known & np.isfinite(so_far) & is_sum
            joined[place[row]] = np.where(both, so_far + values[row], np.where(known, values[row], so_far))
        return joined

    energy = _channel(block, "energy_kwh", members)
    raw = [_channel(block, name, members) for name in CURRENTS]
    phases = block.strings("phase")[members]
    wiring = block.strings("wiring")[members]
    phase, is_single = np.full(len(accounts), -1, np.int64), np.zeros(len(accounts), bool)
    for row in range(len(members)):
        phase[place[row]] = {"A": 0, "B": 1, "C": 2}.get(str(phases[row]), -1)
        is_single[place[row]] = wiring[row] == "1P" or str(phases[row]) in "ABC"
    return _Curves(
        accounts=accounts,
        kwh=join(energy * factor),
        export=join(_channel(block, "reverse_kwh", members) * factor),
        counted=join(energy),
        voltage=np.stack([join(_channel(block, name, members), is_sum=False) for name in VOLTAGES], axis=1),
        current=np.stack([join(one * turns, is_sum=False) for one in raw], axis=1),
        metered_current=np.stack([join(one, is_sum=False) for one in raw], axis=1),
        neutral=join(_channel(block, "current_n_a", members), is_sum=False),
        phase=phase,
        is_single=is_single,
    )


def _own_features(block: AreaBlock, curves: _Curves) -> Features:
    weekday = (block.days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    found = {f"shape.{name}": values for name, values in shape_features(curves.kwh, weekday=weekday).items()}
    hours = block.interval_minutes / 60.0
    rows = len(curves.accounts)
    current = curves.metered_current.reshape(rows, 3, -1)
    passed = curves.voltage.reshape(rows, 3, -1) * current * hours
    known = np.isfinite(passed).any(axis=1)
    apparent = np.where(known, np.nansum(passed, axis=1), np.nan)
    agreed = meter_features(curves.counted.reshape(rows, -1), apparent, current, curves.neutral.reshape(rows, -1))
    return found | {f"voltage.{name}": values for name, values in agreed.items()}


def _supply(
    block: AreaBlock, meters: npt.NDArray[np.intp], solar: npt.NDArray[np.intp]
) -> tuple[Floats, Floats] | None:
    """Return the power that entered an area (T,), kW, and the voltage at its transformer (3, T); None unmetered."""
    if not len(meters):
        return None
    per_hour = 60.0 / block.interval_minutes

    def total(name: str, rows: npt.NDArray[np.intp], *, missing: float) -> Floats:
        values = _channel(block, name, rows) * block.multipliers[rows][:, None, None]
        return np.where(np.isfinite(values), values, missing).sum(axis=0).reshape(-1) * per_hour

    entered = _either(block, "energy_kwh", meters).reshape(-1) * per_hour - total("reverse_kwh", meters, missing=0.0)
    for row in solar:
        one = np.array([row])
        export = total("reverse_kwh", one, missing=0.0)
        if export.any():
            entered = entered + export - total("energy_kwh", one, missing=0.0)
        else:  # a solar meter without an export register counts one way: what it shows is the export
            entered = entered + total("energy_kwh", one, missing=0.0)
    source = np.stack([_either(block, name, meters, is_energy=False).reshape(-1) for name in VOLTAGES])
    return entered, source


def _either(block: AreaBlock, name: str, rows: npt.NDArray[np.intp], *, is_energy: bool = True) -> Floats:
    """Return what any of the supply meter's rows says: an exchanged one has two, each for its days."""
    values = _channel(block, name, rows) * (block.multipliers[rows][:, None, None] if is_energy else 1.0)
    return mean_of(values, axis=0)


def _area_features(block: AreaBlock, curves: _Curves, entered: Floats, source: Floats) -> Features:
    per_day = 24 * 60 // block.interval_minutes
    per_hour = 60.0 / block.interval_minutes
    rows = len(curves.accounts)
    power = curves.kwh.reshape(rows, -1) * per_hour
    entered = entered + np.nansum(curves.export, axis=0).reshape(-1) * per_hour
    balance, rest = balance_features(entered, power, slots=per_day)
    found = {f"balance.{name}": values for name, values in balance.items()}
    if not np.isfinite(source).any():
        return found
    service, phases = np.nonzero(np.isfinite(curves.voltage.reshape(rows, 3, -1)).any(axis=2))
    volts = curves.voltage[service, phases].reshape(len(service), -1)
    amperes = curves.current[service, phases].reshape(len(service), -1)
    reckoned = power[service] * 1000.0 / np.maximum(np.bincount(service, minlength=rows)[service], 1)[:, None] / 220.0
    amperes = np.where(np.isfinite(amperes).any(axis=1)[:, None], amperes, reckoned)
    archive = np.where(curves.is_single[service], curves.phase[service], phases)
    seen = voltage_features(source, volts, amperes, rest, phase=archive)
    for name, values in seen.items():
        of_account = [values[service == row] for row in range(rows)]
        found[f"voltage.{name}"] = np.array([float(mean_of(part)) if len(part) else np.nan for part in of_account])
    return found


def _peer_features(mean: Floats, areas: Words, classes: Words) -> Features:
    """Return an account's use by the median of its class in its area, and by that of its class."""
    found = {}
    for name, keys in (
        ("shape.by_area_peers", [f"{area}|{kind}" for area, kind in zip(areas, classes, strict=True)]),
        ("shape.by_class_peers", list(classes)),
    ):
        labels = np.array(keys, dtype=object).astype(str)
        usual = np.full(len(mean), np.nan)
        for label in np.unique(labels):
            members = labels == label
            known = mean[members & np.isfinite(mean)]
            usual[members] = np.median(known) if len(known) else np.nan
        found[name] = ratio(mean, usual)
    return found


def fit(features: PlainTable, is_theft: Flags, *, seed: int, rows: Flags | None = None) -> lgb.LGBMClassifier:
    """Train the one model of the recipe on some rows (all when None)."""
    chosen = np.ones(len(is_theft), bool) if rows is None else rows
    model = lgb.LGBMClassifier(**LIGHTGBM, random_state=seed, deterministic=True, force_row_wise=True)
    return model.fit(features.values[chosen], is_theft[chosen].astype(int))


def probability(model: lgb.LGBMClassifier, features: PlainTable) -> Floats:
    """Return the probability of theft of each row, as the model says it."""
    return np.asarray(model.booster_.predict(features.values), np.float64)


def cross_validate(
    features: PlainTable, is_theft: Flags, groups: Sequence[object], *, seed: int, held_out: Flags | None = None
) -> Floats:
    """Return the probability of theft of each row from a model that saw no row of its group.

    Args:
        features: N rows.
        is_theft: the labels, shape (N,).
        groups: what is never divided between training and test: area, household; N of them.
        seed: of the folds and the model.
        held_out: rows no fold may train on, tested all the same (kinds of theft or look-alikes never seen), shape (N,).

    Example:
        See ``tests/benchmarks/test_plain_recipe.py``.
    """
    fold = folds_of(groups, seed=seed)
    barred = np.zeros(len(is_theft), bool) if held_out is None else held_out
    scores = np.full(len(is_theft), np.nan)
    for number in range(FOLDS):
        test = fold == number
        model = fit(features, is_theft, seed=seed, rows=~test & ~barred)
        scores[test] = probability(model, features)[test]
    return scores


def folds_of(groups: Sequence[object], *, seed: int, folds: int = FOLDS) -> npt.NDArray[np.int64]:
    """Return the fold of each row: whole groups in drawn order, each to the fold that has fewest rows.

    Example:
        >>> folds_of(["a", "a", "b", "c"], seed=1, folds=2).tolist()
        [0, 0, 1, 1]
    """
    names, place, sizes = np.unique(
        np.asarray(groups, dtype=object).astype(str), return_inverse=True, return_counts=True
    )
    filled = np.zeros(folds)
    of_group = np.zeros(len(names), np.int64)
    drawn = np.random.default_rng(seed).permutation(len(names))
    for group in drawn[np.argsort(-sizes[drawn], kind="stable")]:
        of_group[group] = filled.argmin()
        filled[of_group[group]] += sizes[group]
    return of_group[place]


def read_thefts(truth: Path) -> dict[str, str]:
    """Return account -> kind of theft, of those with an account."""
    table = pq.read_table(truth / "thefts.parquet", columns=["account_id", "kind"])
    return {row["account_id"]: row["kind"] for row in table.to_pylist() if row["account_id"]}


def score_world(lake: Path, truth: Path, *, seed: int) -> Mapping[str, float]:
    """Return average precision of the recipe and of its layers alone on one world with known truth."""
    features = plain_features(Lake.open(lake))
    thefts = read_thefts(truth)
    is_theft = np.array([account in thefts for account in features.account_ids])
    tables = {"all": features} | {layer: features.of_layers(layer) for layer in ("shape", "balance", "voltage")}
    found = {"accounts": float(len(is_theft)), "thieves": float(is_theft.sum())}
    for name, table in tables.items():
        scores = cross_validate(table, is_theft, list(features.area_ids), seed=seed)
        found[f"AP {name}"] = float(average_precision_score(is_theft, scores))
    return found


def main() -> None:
    """Score one world and show it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lake", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    begun = time.process_time()
    for name, value in score_world(chosen.lake, chosen.truth, seed=chosen.seed).items():
        print(f"{name}: {value:.3f}")
    print(f"CPU s: {time.process_time() - begun:.0f}")


if __name__ == "__main__":
    main()
