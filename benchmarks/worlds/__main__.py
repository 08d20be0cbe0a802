"""Makes the worlds, judges them and publishes."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import worlds as page
from benchmarks.measuring import publish
from benchmarks.worlds.judging import ARRIVES, COLD, FIGURES, OWN, RECIPE, judge, paired
from benchmarks.worlds.layers import ablation_notes
from benchmarks.worlds.making import HELD_BENIGN, HELD_KINDS, PARTS, TIER_OF, Score, World, find_world
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.methods.learning.calibration import calibration_error
from lamplighter.methods.learning.measures import first_share


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=page.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--areas", type=int, default=140)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--loads", nargs="+", default=list(TIER_OF))
    chosen = parser.parse_args()
    base = read_base_model()
    rows: list[dict[str, Any]] = []
    notes: list[str] = []
    for loads in chosen.loads:
        worlds, scores = [], []
        for seed in chosen.seeds[:FEW] if loads in ("tenth", "kwh", "daily", "monthly") else chosen.seeds:
            with tempfile.TemporaryDirectory() as spare:
                world = find_world(
                    loads, seed=seed, areas=chosen.areas, data=chosen.data, root=chosen.keep or Path(spare)
                )
                worlds.append(world)
                scores.append(judge(world, base=base, tier=TIER_OF[loads]))
                print(
                    world.name,
                    {way: round(FIGURES["AP"](world, s, np.arange(len(s))), 3) for way, s in scores[-1].items()},
                    flush=True,
                )
        rows += table_of(loads, worlds, scores)
        notes += notes_of(loads, worlds, scores)
        publish("worlds", rows=rows, notes=[*notes, *COMMON_NOTES])


FEW = 2
"""Companies of each depth of data: enough to see what a depth costs."""

COMMON_NOTES = (
    "Hits are thieves alone; a faulty meter counts as a miss although a visit pays there too. Mean over worlds; "
    "differences are paired by world, 95 % intervals by drawing worlds and their areas again.",
    f"No fold trained on thefts of the kinds {' and '.join(HELD_KINDS)}, nor on the look-alike {HELD_BENIGN}; all are "
    "tested. "
    "The recipe and the product with outcomes are given every label of the other folds; cold start is given "
    "none, and learns from thefts it does to copies of the company's own curves. The probabilities it starts from take "
    "2 % of all for thieves (company default).",
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
                ""
                if way == RECIPE or RECIPE not in scores[0]
                else paired(worlds, scores, way=way, other=RECIPE, figure=figure)
            )
        found.append(row)
    return found


def notes_of(loads: str, worlds: Sequence[World], scores: Sequence[Mapping[str, Score]]) -> list[str]:
    """Return what the table does not say: sizes, slow meters, calibration, layers."""
    accounts, thieves = (
        sum(int(x) for x in v) for v in ([len(w.accounts) for w in worlds], [w.is_theft.sum() for w in worlds])
    )
    notes = [f"{loads}: {len(worlds)} companies, {accounts} accounts, {thieves} thieves ({thieves / accounts:.1%})."]
    if loads in ("real", "half"):
        notes[-1] += (
            f" Homes are dealt into {PARTS} sets of about 12, and folds are sets: {PARTS} independent tests a world."
        )
    for way in (way for way in (OWN, COLD, ARRIVES) if way in scores[0]):
        slow = [(w.kind == "slow_meter", first_share(s[way], 0.05)) for w, s in zip(worlds, scores, strict=True)]
        hit = sum(int(is_slow[first].sum()) for is_slow, first in slow)
        errors = [calibration_error(share=s[way], is_hit=w.is_theft) for w, s in zip(worlds, scores, strict=True)]
        notes.append(
            f"{loads}, {way}: slow meters found in the first 5 %: {hit} of "
            f"{sum(int(is_slow.sum()) for is_slow, _ in slow)}; "
            f"calibration error {np.mean(errors):.4f} (worlds {min(errors):.4f} to {max(errors):.4f})."
        )
    notes.append(f"{loads}, found in the first 5 % by the product with outcomes: {_by_kind(worlds, scores)}.")
    return notes + (ablation_notes(loads, worlds) if loads in ("simulated", "real") else [])


def _by_kind(worlds: Sequence[World], scores: Sequence[Mapping[str, Score]]) -> str:
    found: dict[str, list[int]] = {}
    for world, score in zip(worlds, scores, strict=True):
        first = np.zeros(len(world.accounts), bool)
        first[first_share(score[OWN], 0.05)] = True
        for kind in np.unique(world.kind[world.is_theft].astype(str)):
            at = world.kind == kind
            entry = found.setdefault(kind, [0, 0])
            entry[0] += int((first & at).sum())
            entry[1] += int(at.sum())
    return ", ".join(f"{kind} {hit} of {every}" for kind, (hit, every) in sorted(found.items()))


if __name__ == "__main__":
    main()
