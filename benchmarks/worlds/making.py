"""The companies that are measured on: made, read in, worked, and joined with their truth."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from benchmarks.plain_recipe import PlainTable, plain_features
from benchmarks.second_world import write_second_world
from benchmarks.tiers import find_tier_evidence
from lamplighter.base.lake import Lake
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.business.detection.learning.training import Examples
from lamplighter.business.metering.tables import METER, REGISTER_DAILY
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.model_training import CompanyEvidence, Injection, label_simulated
from lamplighter.journeys.model_training.injections import SEED, SHARE
from lamplighter.simulation import SimulationSettings, simulate_company

NOW = dt.datetime(2025, 12, 1)
HOMES = "lcl_households_2013.parquet"
PARTS = 5
DAYS = 90
STARTS = ("2025-01-01", "2025-03-10", "2025-05-20", "2025-07-28", "2025-10-01")
"""First day of the window of real homes, by seed: every world shows another part of the year."""
HELD_KINDS = ("bypass_hours", "cap", "bypassed_circuit", "capped")
"""Kinds of theft no fold trains on, by their names in either simulator; they are tested all the same."""
HELD_BENIGN = "second_home"
"""Look-alike no fold trains on."""

TIER_OF = {
    "simulated": "whole",
    "real": "whole",
    "half": "whole",
    "stranger": "whole",
    "tenth": "whole",
    "kwh": "kwh",
    "daily": "daily",
    "monthly": "monthly",
}
"""Depth of data of each kind of world. Those that read less deeply are the simulated companies again."""

Flags = np.ndarray
Score = np.ndarray


@dataclass(frozen=True, slots=True)
class World:
    """One company with its truth and everything that is judged on it. N accounts.

    Attributes:
        name: loads and seed.
        loads: simulated, tenth (the same with registers of 0.1 V), real (homes, split to 15 minutes), half (homes,
            their own 30) or stranger.
        accounts: shape (N,).
        evidence: the product's, rows in the order of ``accounts``.
        injected: the product's once thefts were done to the company; None at a shallower tier.
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
    injected: CompanyEvidence | None
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
    if loads in ("simulated", "tenth"):
        return SimulationSettings(**hard, voltage_step_v=0.1 if loads == "tenth" else None)
    start = dt.date.fromisoformat(STARTS[(seed - 1) % len(STARTS)])
    return SimulationSettings(
        **hard, profiles=homes, profile_parts=PARTS, start_on=start, interval_minutes=30 if loads == "half" else 15
    )


def find_world(loads: str, *, seed: int, areas: int, data: Path | None, root: Path) -> World:
    """Return the world of a kind and seed; what ``root`` has of it already is used again.

    Args:
        loads: a kind of :data:`TIER_OF`.
        data: folder of the real homes; needed for theirs alone.
    """
    tier = TIER_OF[loads]
    kind = loads if tier == "whole" else "simulated"
    home = root / f"{kind}-{seed}"
    home.mkdir(parents=True, exist_ok=True)
    homes = data / HOMES if data is not None and loads in ("real", "half") else None
    return make_world(home, loads=kind, seed=seed, areas=areas, homes=homes, tier=tier)


def make_world(home: Path, *, loads: str, seed: int, areas: int, homes: Path | None, tier: str = "whole") -> World:
    """Simulate, import, work out evidence and the recipe's features; what ``home`` has already is used again.

    The recipe's features are those of the whole curves at every tier: who judges a tier takes what it would have.
    """
    if not (home / "done").exists():
        if loads == "stranger":
            write_second_world(home / "company", home / "truth", seed=900 + seed, areas=areas)
        else:
            simulate_company(
                folder=home / "company",
                truth=home / "truth",
                settings=settings_of(loads, seed=seed, areas=areas, homes=homes),
            )
        import_company(folder=home / "company", lake=Lake.open(home / "lake"), now=NOW)
        (home / "done").touch()
    lake = Lake.open(home / "lake")
    kept = home / ("evidence.pickle" if tier == "whole" else f"evidence-{tier}.pickle")
    evidence: CompanyEvidence = _kept(kept, lambda: find_tier_evidence(home, tier, now=NOW))
    injected: CompanyEvidence | None = None
    if tier == "whole":
        injection = Injection(share=SHARE, seed=SEED)
        injected = _kept(home / "injected.pickle", lambda: find_tier_evidence(home, tier, now=NOW, injection=injection))
    recipe: PlainTable = _kept(home / "recipe.pickle", lambda: plain_features(lake))
    return _join(home, loads=loads, seed=seed, evidence=evidence, injected=injected, recipe=recipe, lake=lake)


def _kept(file: Path, make: Callable[[], Any]) -> Any:
    if not file.exists():
        file.write_bytes(pickle.dumps(make()))
    return pickle.loads(file.read_bytes())


def _join(
    home: Path,
    *,
    loads: str,
    seed: int,
    evidence: CompanyEvidence,
    injected: CompanyEvidence | None,
    recipe: PlainTable,
    lake: Lake,
) -> World:
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
    if loads in ("simulated", "tenth", "stranger"):
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
        injected=injected,
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
