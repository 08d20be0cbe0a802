"""How good detection is: paired comparisons over whole simulated companies, held out and hard.

    python -m benchmarks.worlds --data DIR [--keep FOLDER] [--areas 140] [--seeds 1 2 3 4 5] [--loads simulated real half]

Each world is a company of 140 areas with 3 to 4 % thieves, every harmless look-alike and registers of 1 V, written as a
company folder and read in through the ordinary door. Beside the product, in the same run and on the same folds, stand a
plain recipe (:mod:`benchmarks.plain_recipe`), detectors people use today, and the drop rule.

Held out: whole areas and the households in them; two kinds of theft and one look-alike that no fold may train on. With
real homes (``--data``: the public Low Carbon London trial) the 60 homes are dealt into five sets, each feeder is built
from one of them, and folds are sets: no home stands on both sides; each seed is another part of the year. Nothing was
set on these seeds: thresholds, weights and the package's model come from companies of other seeds.
"""

from __future__ import annotations

import argparse
import datetime as dt
import pickle
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.detectors import daily_detectors
from benchmarks.measuring import publish
from benchmarks.plain_recipe import PlainTable, plain_features
from benchmarks.plain_recipe import cross_validate as cross_validate_recipe
from lamplighter.base.engine import LocalEngine
from lamplighter.base.lake import Lake
from lamplighter.business.detection.learning.features import LAYER_OF
from lamplighter.business.detection.learning.model import TheftModel, read_base_model
from lamplighter.business.detection.learning.training import Examples, predict_apart
from lamplighter.business.detection.records import Layer
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.model_training import CompanyEvidence, find_company_evidence, label_simulated
from lamplighter.journeys.model_training.company import GROWTH
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.methods.learning.calibration import calibration_error
from lamplighter.methods.learning.measures import average_precision, first_share
from lamplighter.simulation import SimulationSettings, simulate_company

NOW = dt.datetime(2025, 12, 1)
HOMES = "lcl_households_2013.parquet"
PARTS = 5
FOLDS = 5
DAYS = 90
STARTS = ("2025-01-01", "2025-03-10", "2025-05-20", "2025-07-28", "2025-10-01")
"""First day of the window of real homes, by seed: every world shows another part of the year."""
HELD_KINDS = ("bypass_hours", "cap")
"""Kinds of theft no fold trains on; they are tested all the same."""
HELD_BENIGN = "second_home"
"""Look-alike no fold trains on."""
RESAMPLES = 400

Flags = np.ndarray
Score = np.ndarray


@dataclass(frozen=True, slots=True)
class World:
    """One company with its truth and everything that is judged on it. N accounts.

    Attributes:
        name: loads and seed.
        loads: simulated, real or half.
        accounts: shape (N,).
        evidence: the product's, rows in the order of ``accounts``.
        examples: the same labelled.
        recipe: the yardstick's features, in the same order.
        kind: kind of theft, "" for none.
        benign: the account's look-alikes, joined by ";".
        is_fault: its meter is faulty and it does not steal.
        stolen_kwh: in the window.
        group: rows that may not be divided.
        daily_kwh: registered kWh of each day, shape (N, D).
    """

    name: str
    loads: str
    accounts: np.ndarray
    evidence: CompanyEvidence
    examples: Examples
    recipe: PlainTable
    kind: np.ndarray
    benign: np.ndarray
    is_fault: Flags
    stolen_kwh: np.ndarray
    group: np.ndarray
    daily_kwh: np.ndarray

    @property
    def is_theft(self) -> Flags:
        """The account steals at some time of the window."""
        return self.kind.astype(str) != ""

    @property
    def is_barred(self) -> Flags:
        """No fold may train on it."""
        return np.isin(self.kind.astype(str), HELD_KINDS) | np.array([HELD_BENIGN in words for words in self.benign])


def settings_of(loads: str, *, seed: int, areas: int, homes: Path | None) -> SimulationSettings:
    """Return what a measured world is like."""
    hard: dict[str, Any] = {
        "areas": areas,
        "customers_per_area": (25, 72),
        "difficulty": 0.8,
        "days": DAYS,
        "seed": seed,
    }
    if loads == "simulated":
        return SimulationSettings(**hard)
    start = dt.date.fromisoformat(STARTS[(seed - 1) % len(STARTS)])
    return SimulationSettings(
        **hard, profiles=homes, profile_parts=PARTS, start_on=start, interval_minutes=30 if loads == "half" else 15
    )


def make_world(home: Path, *, loads: str, seed: int, areas: int, homes: Path | None) -> World:
    """Simulate, import, work out evidence and the recipe's features; what ``home`` has already is used again."""
    if not (home / "done").exists():
        simulate_company(
            folder=home / "company",
            truth=home / "truth",
            settings=settings_of(loads, seed=seed, areas=areas, homes=homes),
        )
        import_company(folder=home / "company", lake=Lake.open(home / "lake"), now=NOW)
        (home / "done").touch()
    lake = Lake.open(home / "lake")

    def work() -> CompanyEvidence:
        with lake.snapshot() as state:
            return find_company_evidence(
                state=state, root=lake.root, engine=LocalEngine(), rules=read_rules(home / "absent", on=NOW.date())
            )

    evidence: CompanyEvidence = _kept(home / "evidence.pickle", work)
    recipe: PlainTable = _kept(home / "recipe.pickle", lambda: plain_features(lake))
    return _join(home, loads=loads, seed=seed, evidence=evidence, recipe=recipe, lake=lake)


def _kept(file: Path, make: Callable[[], Any]) -> Any:
    if not file.exists():
        file.write_bytes(pickle.dumps(make()))
    return pickle.loads(file.read_bytes())


def _join(home: Path, *, loads: str, seed: int, evidence: CompanyEvidence, recipe: PlainTable, lake: Lake) -> World:
    examples = label_simulated(evidence, truth=home / "truth", company=home.name, days=DAYS)
    place = {account: row for row, account in enumerate(recipe.account_ids)}
    # One row an account: the most suspect meter stands for an account with several.
    raw = read_base_model().log_odds(evidence.features)
    best: dict[str, int] = {}
    for row in np.argsort(-raw, kind="stable"):
        best.setdefault(evidence.accounts[row], int(row))
    shared = sorted(set(best) & set(place))
    rows = np.array([best[account] for account in shared])
    truth = {
        name: pq.read_table(home / "truth" / f"{name}.parquet").to_pylist() for name in ("thefts", "benign", "faults")
    }
    thefts = {row["account_id"]: row for row in truth["thefts"]}
    benign: dict[str, list[str]] = {}
    for row in truth["benign"]:
        benign.setdefault(row["account_id"], []).append(row["kind"])
    faults = {row["account_id"] for row in truth["faults"]}
    areas = evidence.areas[rows]
    if loads == "simulated":
        group = np.array(
            [f"area {area}" if area else f"account {a}" for area, a in zip(areas, shared, strict=True)], dtype=object
        )
    else:
        group = np.array([f"homes {part}" for part in _parts_of_areas(home, areas)], dtype=object)
    return World(
        name=f"{loads} {seed}",
        loads=loads,
        accounts=np.array(shared, dtype=object),
        evidence=evidence,
        examples=examples.take(rows),
        recipe=PlainTable(
            *(getattr(recipe, name)[[place[a] for a in shared]] for name in ("account_ids", "area_ids", "classes")),
            names=recipe.names,
            values=recipe.values[[place[a] for a in shared]],
        ),
        kind=np.array([thefts[a]["kind"] if a in thefts else "" for a in shared], dtype=object),
        benign=np.array([";".join(benign.get(a, [])) for a in shared], dtype=object),
        is_fault=np.array([a in faults and a not in thefts for a in shared], bool),
        stolen_kwh=np.array([max(thefts[a]["stolen_kwh"], 0.0) if a in thefts else 0.0 for a in shared]),
        group=group,
        daily_kwh=_daily(lake, shared),
    )


def _parts_of_areas(home: Path, areas: np.ndarray) -> list[int]:
    """Return which set of homes the feeder of each area was built from."""
    table = pq.read_table(home / "company" / "areas.parquet", columns=["area_id", "feeder_id"])
    numbers = {feeder: at for at, feeder in enumerate(sorted(set(table["feeder_id"].to_pylist())))}
    part = {
        area: numbers[feeder] % PARTS
        for area, feeder in zip(*(table[c].to_pylist() for c in table.column_names), strict=True)
    }
    return [part.get(area, 0) for area in areas]


def _daily(lake: Lake, accounts: Sequence[str]) -> np.ndarray:
    """Return registered kWh of each day of each account from dial readings, shape (N, D): what everybody has."""
    from lamplighter.business.metering.tables import METER, REGISTER_DAILY

    with lake.snapshot() as state:
        meters = state.read(METER, columns=["meter_id", "account_id", "role", "multiplier"])
        dials = state.read(REGISTER_DAILY, columns=["meter_id", "on_date", "total_kwh"])
    place = {account: at for at, account in enumerate(accounts)}
    owner = {
        row["meter_id"]: (place[row["account_id"]], row["multiplier"] or 1.0)
        for row in meters.to_pylist()
        if row["role"] == "customer" and row["account_id"] in place
    }
    days = dials["on_date"].to_numpy().astype("datetime64[D]")
    first = days.min()
    values = np.full((len(accounts), int((days.max() - first).astype(int)) + 1), np.nan)
    for meter, day, kwh in zip(
        dials["meter_id"].to_pylist(), (days - first).astype(int), dials["total_kwh"].to_pylist(), strict=True
    ):
        if meter in owner and kwh is not None:
            row, multiplier = owner[meter]
            values[row, day] = kwh * multiplier
    return np.diff(values, axis=1)


def judge(world: World, *, base: TheftModel) -> dict[str, Score]:
    """Return the score of each account by every way of finding thieves, greater = visit first."""
    seed = 1
    examples, barred, is_theft = world.examples, world.is_barred, world.is_theft
    groups = list(world.group)
    start = base.log_odds(examples.features)
    own = Examples(**{n: getattr(examples, n) for n in Examples.__slots__ if n != "start"}, start=start)
    found = {
        "product, cold start": base.learned_share(examples.features),
        "product, with outcomes": predict_apart(own, groups=world.group, barred=barred, growth=GROWTH, seed=seed),
        "plain recipe": cross_validate_recipe(world.recipe, is_theft, groups, seed=seed, held_out=barred),
        "LightGBM on shape": cross_validate_recipe(
            world.recipe.of_layers("shape"), is_theft, groups, seed=seed, held_out=barred
        ),
        "drop rule": drops(world.daily_kwh),
        "chance": np.random.default_rng(seed).uniform(size=len(is_theft)),
    }
    return found | daily_detectors(world.daily_kwh, seed=seed)


def drops(daily_kwh: np.ndarray) -> Score:
    """Return the share by which the last thirty days lie below the first thirty: what most companies look at today."""
    with np.errstate(divide="ignore", invalid="ignore"):
        first, last = (_mean(daily_kwh[:, part]) for part in (slice(0, 30), slice(-30, None)))
        drop = 1.0 - last / first
    return np.where(np.isfinite(drop), drop, -1.0)


def _mean(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


FIGURES: Mapping[str, Callable[[World, Score, np.ndarray], float]] = {
    "AP": lambda world, score, rows: average_precision(is_hit=world.is_theft[rows], score=score[rows]),
    "P@1%": lambda world, score, rows: float(world.is_theft[rows][first_share(score[rows], 0.01)].mean()),
    "P@5%": lambda world, score, rows: float(world.is_theft[rows][first_share(score[rows], 0.05)].mean()),
    "kWh@5%": lambda world, score, rows: _share_of_kwh(world, score, rows),
    "lift@5%": lambda world, score, rows: float(
        world.is_theft[rows][first_share(score[rows], 0.05)].mean() / max(world.is_theft[rows].mean(), 1e-9)
    ),
}


def _share_of_kwh(world: World, score: Score, rows: np.ndarray) -> float:
    stolen = world.stolen_kwh[rows]
    return float(stolen[first_share(score[rows], 0.05)].sum() / max(stolen.sum(), 1e-9))


def paired(worlds: Sequence[World], scores: Sequence[Mapping[str, Score]], *, way: str, other: str, figure: str) -> str:
    """Return mean difference of two ways over worlds with its 95 % interval: worlds and their areas drawn again."""
    reckon = FIGURES[figure]
    rng = np.random.default_rng(7)
    middle = np.mean(
        [_difference(w, s, way, other, reckon, np.arange(len(w.accounts))) for w, s in zip(worlds, scores, strict=True)]
    )
    drawn = []
    for _ in range(RESAMPLES):
        picked = rng.integers(len(worlds), size=len(worlds))
        drawn.append(
            np.mean([_difference(worlds[k], scores[k], way, other, reckon, _resample(worlds[k], rng)) for k in picked])
        )
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return f"{middle:+.3f} ({low:+.3f} to {high:+.3f})"


def _difference(
    world: World, scores: Mapping[str, Score], way: str, other: str, reckon: Callable[..., float], rows: np.ndarray
) -> float:
    return reckon(world, scores[way], rows) - reckon(world, scores[other], rows)


def _resample(world: World, rng: np.random.Generator) -> np.ndarray:
    areas = world.examples.area.astype(str)
    order = np.argsort(areas, kind="stable")
    _, starts = np.unique(areas[order], return_index=True)
    members = np.split(order, starts[1:])
    return np.concatenate([members[k] for k in rng.integers(len(members), size=len(members))])


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--areas", type=int, default=140)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--loads", nargs="+", default=["simulated", "real", "half"])
    chosen = parser.parse_args()
    base = read_base_model()
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for loads in chosen.loads:
        worlds, scores = [], []
        for seed in chosen.seeds:
            with tempfile.TemporaryDirectory() as spare:
                home = (chosen.keep or Path(spare)) / f"{loads}-{seed}"
                home.mkdir(parents=True, exist_ok=True)
                homes = None if loads == "simulated" else chosen.data / HOMES
                world = make_world(home, loads=loads, seed=seed, areas=chosen.areas, homes=homes)
                worlds.append(world)
                scores.append(judge(world, base=base))
                print(
                    world.name,
                    {way: round(FIGURES["AP"](world, s, np.arange(len(s))), 3) for way, s in scores[-1].items()},
                    flush=True,
                )
        rows += table_of(loads, worlds, scores)
        notes += notes_of(loads, worlds, scores, base=base)
        publish("worlds", rows=rows, notes=[*notes, *COMMON_NOTES])


COMMON_NOTES = (
    "Hits are thieves alone; a faulty meter counts as a miss although a visit pays there too. Mean over worlds; "
    "differences are paired by world, 95 % intervals by drawing worlds and their areas again.",
    f"No fold trained on thefts of the kinds {' and '.join(HELD_KINDS)}, nor on the look-alike {HELD_BENIGN}; all are "
    "tested. "
    "The recipe and the product with outcomes are given every label of the other folds; cold start is given none.",
)


def table_of(loads: str, worlds: Sequence[World], scores: Sequence[Mapping[str, Score]]) -> list[dict[str, Any]]:
    """Return a row a way of finding thieves: its figures, and how it stands against the recipe."""
    found = []
    for way in scores[0]:
        row: dict[str, Any] = {"loads": loads, "way": way}
        for figure, reckon in FIGURES.items():
            values = [reckon(w, s[way], np.arange(len(w.accounts))) for w, s in zip(worlds, scores, strict=True)]
            row[figure] = f"{np.mean(values):.2f} ({min(values):.2f}-{max(values):.2f})"
        for figure in ("AP", "kWh@5%"):
            row[f"{figure} against recipe"] = (
                "" if way == "plain recipe" else paired(worlds, scores, way=way, other="plain recipe", figure=figure)
            )
        found.append(row)
    return found


def notes_of(
    loads: str, worlds: Sequence[World], scores: Sequence[Mapping[str, Score]], *, base: TheftModel
) -> list[str]:
    """Return what the table does not say: sizes, slow meters, calibration, layers."""
    accounts, thieves = (
        sum(int(x) for x in v) for v in ([len(w.accounts) for w in worlds], [w.is_theft.sum() for w in worlds])
    )
    notes = [f"{loads}: {len(worlds)} companies, {accounts} accounts, {thieves} thieves ({thieves / accounts:.1%})."]
    if loads != "simulated":
        notes[-1] += (
            f" Homes are dealt into {PARTS} sets of about 12 and folds are sets, so the effective number of test sets a world is {PARTS}, of homes 60."
        )
    for way in ("product, with outcomes", "product, cold start"):
        slow = [(w.kind == "slow_meter", first_share(s[way], 0.05)) for w, s in zip(worlds, scores, strict=True)]
        hit = sum(int(is_slow[first].sum()) for is_slow, first in slow)
        errors = [calibration_error(share=s[way], is_hit=w.is_theft) for w, s in zip(worlds, scores, strict=True)]
        notes.append(
            f"{loads}, {way}: slow meters found in the first 5 %: {hit} of "
            f"{sum(int(is_slow.sum()) for is_slow, _ in slow)}; "
            f"calibration error {np.mean(errors):.4f} (worlds {min(errors):.4f} to {max(errors):.4f})."
        )
    notes.append(f"{loads}, found in the first 5 % by the product with outcomes: {_by_kind(worlds, scores)}.")
    return notes + ablation_notes(loads, worlds)


def _by_kind(worlds: Sequence[World], scores: Sequence[Mapping[str, Score]]) -> str:
    found: dict[str, list[int]] = {}
    for world, score in zip(worlds, scores, strict=True):
        first = np.zeros(len(world.accounts), bool)
        first[first_share(score["product, with outcomes"], 0.05)] = True
        for kind in np.unique(world.kind[world.is_theft].astype(str)):
            at = world.kind == kind
            entry = found.setdefault(kind, [0, 0])
            entry[0] += int((first & at).sum())
            entry[1] += int(at.sum())
    return ", ".join(f"{kind} {hit} of {every}" for kind, (hit, every) in sorted(found.items()))


THEFTS_OF_LAYER: Mapping[Layer, tuple[str, ...]] = {
    Layer.BALANCE: ("slow_meter", "scale", "bypass_hours", "ct_ratio", "ct_short", "subtract", "random_scale"),
    Layer.HANDOVER: ("zero_use_live", "scale", "ct_short", "dead_phase_voltage", "cap"),
    Layer.VOLTAGE: ("hook_up",),
    Layer.SHAPE: ("mean", "random_mean", "cap", "zero_window", "zero_use_live", "subtract", "random_scale"),
    Layer.PEERS: ("mean", "random_mean", "zero_window", "reversed_day"),
    Layer.METER: ("neutral_tamper", "ct_short", "dead_phase_voltage", "slow_meter", "ct_ratio"),
    Layer.CONTEXT: ("ct_ratio", "zero_use_live", "scale"),
}
"""The thefts each layer is there for."""


def ablation_notes(loads: str, worlds: Sequence[World]) -> list[str]:
    """Return what each layer is worth: AP lost without it, among its own thefts and among all others.

    Without outcomes or base model: trees of the world's own labels alone, so that a layer is judged by what it adds.
    """
    whole = [predict_apart(w.examples, groups=w.group, barred=w.is_barred, growth=None, seed=1) for w in worlds]
    notes = []
    for layer in Layer:
        lost: dict[str, list[float]] = {"present": [], "absent": []}
        for world, before in zip(worlds, whole, strict=True):
            keep = np.array([LAYER_OF[name] is not layer for name in world.examples.names])
            after = predict_apart(
                world.examples.with_columns(keep), groups=world.group, barred=world.is_barred, growth=None, seed=1
            )
            own = np.isin(world.kind.astype(str), THEFTS_OF_LAYER[layer])
            for word, rows in (("present", own | ~world.is_theft), ("absent", ~own)):
                at = np.flatnonzero(rows)
                lost[word].append(FIGURES["AP"](world, before, at) - FIGURES["AP"](world, after, at))
        told = ", ".join(
            f"{np.mean(v):+.3f} ({min(v):+.3f} to {max(v):+.3f}) with its thefts {word}" for word, v in lost.items()
        )
        notes.append(f"{loads}, worth of layer {layer.value} (AP with it less AP without): {told}.")
    return notes


if __name__ == "__main__":
    main()
