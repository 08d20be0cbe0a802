#!/usr/bin/env python3
"""Trains the model that ships with the package, on simulated companies made for it, and writes it down.

    python -m tools.base_model [--keep FOLDER] [--areas 70]

Eight companies are simulated with other seeds and other difficulties each (about an hour on two cores); with ``--keep``
they stay in FOLDER and are used again. The result is a file of the package: look at its card before committing it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import pickle
import tempfile
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from benchmarks.tiers import find_tier_evidence

from lamplighter.base.lake import Lake
from lamplighter.business.detection.learning.drift import describe_features
from lamplighter.business.detection.learning.training import Examples, train_model
from lamplighter.journeys.company_import import import_company
from lamplighter.journeys.model_training import CompanyEvidence, label_simulated
from lamplighter.simulation import SimulationSettings, simulate_company

NOW = dt.datetime(2025, 12, 1)
DAYS = 90


@dataclass(frozen=True)
class Recipe:
    """What one training company is like: its difficulty and what its registers resolve (None = by difficulty)."""

    difficulty: float
    voltage_step_v: float | None = None
    energy_step_kwh: float | None = None


RECIPES = (
    Recipe(0.5),
    Recipe(0.8),
    Recipe(0.9, voltage_step_v=0.1),
    Recipe(0.6, voltage_step_v=1.0, energy_step_kwh=0.01),
    Recipe(0.7, voltage_step_v=0.1, energy_step_kwh=0.0001),
    Recipe(1.0),
    Recipe(0.4, energy_step_kwh=0.01),
    Recipe(0.8, voltage_step_v=1.0, energy_step_kwh=0.0001),
)
FIRST_SEED = 401
THEFT_RATE = 0.05

DEPTHS = {"interval_electrical": "whole", "interval": "kwh", "daily": "daily", "monthly": "monthly"}
"""Each depth of data is learned from as a company of that tier would have it."""
SHALLOW_WEIGHT = 0.3


def main() -> None:
    """Train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--areas", type=int, default=70)
    parser.add_argument("--companies", type=int, default=len(RECIPES))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as spare:
        home = chosen.keep or Path(spare)
        parts: list[Examples] = []
        for number in range(chosen.companies):
            parts += _learn_from(home / f"train{number + 1}", number=number, areas=chosen.areas)
    examples = Examples.join(parts)
    model = train_model(
        examples,
        version=f"base {dt.datetime.now(dt.UTC):%Y-%m}",
        card={
            "trained_on": "simulated companies",
            "companies": chosen.companies,
            "areas": chosen.companies * chosen.areas,
            "window_days": DAYS,
            "theft_rate": THEFT_RATE,
            "depths": [*DEPTHS],
            "reference": describe_features(examples.features[examples.weight == 1.0], names=examples.names),
            "cannot_see": ["simulated_only", "hook_up_before_meter", "energy_kept", "small_share", "no_area"],
        },
    )
    target = files("lamplighter.business.detection.learning").joinpath("base_model.json")
    Path(str(target)).write_text(model.to_text() + "\n", encoding="utf-8")
    print(f"{target}: {len(examples.is_theft)} rows, {int(examples.is_theft.sum())} thieves")
    for depth, measures in model.card["measures"].items():
        for name, (figure, low, high) in measures.items():
            print(f"  {depth} {name}: {figure:.3f} ({low:.3f} to {high:.3f})")


def _learn_from(root: Path, *, number: int, areas: int) -> list[Examples]:
    recipe = RECIPES[number]
    if not (root / "lake").exists():
        simulate_company(
            folder=root / "company",
            truth=root / "truth",
            settings=SimulationSettings(
                seed=FIRST_SEED + number,
                areas=areas,
                customers_per_area=(25, 72),
                days=DAYS,
                theft_rate=THEFT_RATE,
                difficulty=recipe.difficulty,
                voltage_step_v=recipe.voltage_step_v,
                energy_step_kwh=recipe.energy_step_kwh,
            ),
        )
        import_company(folder=root / "company", lake=Lake.open(root / "lake"), now=NOW)
    parts = []
    for depth, tier in DEPTHS.items():
        kept = root / f"evidence-{depth}.pickle"
        if not kept.exists():
            kept.write_bytes(pickle.dumps(find_tier_evidence(root, tier, now=NOW)))
        found: CompanyEvidence = pickle.loads(kept.read_bytes())
        weight = 1.0 if depth == "interval_electrical" else SHALLOW_WEIGHT
        parts.append(label_simulated(found, truth=root / "truth", company=root.name, days=DAYS, weight=weight))
        print(f"{root.name} {depth}: {len(found.meter_ids)} meters", flush=True)
    return parts


if __name__ == "__main__":
    main()
