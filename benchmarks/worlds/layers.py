"""What each layer is worth: the same trees with and without its scores.

    python -m benchmarks.worlds.layers [--data DIR] [--keep FOLDER] [--areas 140] [--seeds 1 2 3 4 5]
                                       [--loads stranger kwh daily monthly]

The measurement of whole curves is part of :mod:`benchmarks.worlds`; this command does the same for companies of the
other simulator and for those that read less deeply.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.measuring import publish
from benchmarks.worlds.judging import FIGURES
from benchmarks.worlds.making import World, find_world
from lamplighter.business.detection.learning.features import LAYER_OF
from lamplighter.business.detection.learning.training import predict_apart
from lamplighter.business.detection.records import Layer
from lamplighter.methods.learning.boosting import Growth

THEFTS_OF_LAYER: Mapping[Layer, tuple[str, ...]] = {
    Layer.BALANCE: (
        *("slow_meter", "scale", "bypass_hours", "ct_ratio", "ct_short", "subtract", "random_scale"),
        *("scaled", "scaled_noisily", "bypassed_circuit", "current_shorted", "wrong_ct_ratio"),
    ),
    Layer.HANDOVER: (
        *("zero_use_live", "scale", "ct_short", "dead_phase_voltage", "cap"),
        *("zero_use", "scaled", "current_shorted", "dead_phase", "capped"),
    ),
    Layer.VOLTAGE: ("hook_up",),
    Layer.SHAPE: (
        *("mean", "random_mean", "cap", "zero_window", "zero_use_live", "subtract", "random_scale"),
        *("mean_noisily", "capped", "zero_use", "scaled_noisily"),
    ),
    Layer.PEERS: ("mean", "random_mean", "mean_noisily", "zero_window", "reversed_day"),
    Layer.METER: (
        *("neutral_tamper", "ct_short", "dead_phase_voltage", "slow_meter", "ct_ratio"),
        *("current_shorted", "dead_phase", "wrong_ct_ratio"),
    ),
    Layer.CONTEXT: ("ct_ratio", "zero_use_live", "scale", "wrong_ct_ratio", "zero_use", "scaled"),
}
"""The thefts each layer is there for, by their names in either simulator."""

_GROWTH = Growth(rounds=80, leaves=8, rate=0.1)
"""Smaller trees than the package's: forty models a world are grown, and only their differences are looked at."""


@dataclass(frozen=True, slots=True)
class Worth:
    """AP lost without a layer, world by world: among its own thefts (``present``) and all others (``absent``)."""

    layer: Layer
    present: Sequence[float]
    absent: Sequence[float]


def worths(worlds: Sequence[World]) -> Iterator[Worth]:
    """Yield what each layer that has scores in these worlds is worth.

    Without outcomes or base model: trees of the world's own labels alone, so that a layer is judged by what it adds.
    """
    whole = [predict_apart(w.examples, groups=w.group, barred=w.is_barred, growth=_GROWTH, seed=1) for w in worlds]
    for layer in Layer:
        lost: dict[str, list[float]] = {"present": [], "absent": []}
        for world, before in zip(worlds, whole, strict=True):
            keep = np.array([LAYER_OF[name] is not layer for name in world.examples.names])
            if np.isnan(world.examples.features[:, ~keep]).all():
                continue
            after = predict_apart(
                world.examples.with_columns(keep), groups=world.group, barred=world.is_barred, growth=_GROWTH, seed=1
            )
            own = np.isin(world.kind.astype(str), THEFTS_OF_LAYER[layer])
            for word, rows in (("present", own | ~world.is_theft), ("absent", ~own)):
                at = np.flatnonzero(rows)
                lost[word].append(FIGURES["AP"](world, before, at) - FIGURES["AP"](world, after, at))
        if lost["present"]:
            yield Worth(layer, lost["present"], lost["absent"])


def spread(values: Sequence[float]) -> str:
    """Return mean, least and greatest in words."""
    return f"{np.mean(values):+.3f} ({min(values):+.3f} to {max(values):+.3f})"


def ablation_notes(loads: str, worlds: Sequence[World]) -> list[str]:
    """Return what each layer is worth: AP lost without it, among its own thefts and among all others."""
    return [
        f"{loads}, worth of layer {one.layer.value} (AP with it less AP without): {spread(one.present)} with its "
        f"thefts present, {spread(one.absent)} with its thefts absent."
        for one in worths(worlds)
    ]


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--areas", type=int, default=140)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--loads", nargs="+", default=["stranger", "kwh", "daily", "monthly"])
    chosen = parser.parse_args()
    rows = []
    for loads in chosen.loads:
        with tempfile.TemporaryDirectory() as spare:
            root = chosen.keep or Path(spare)
            worlds = [
                find_world(loads, seed=seed, areas=chosen.areas, data=chosen.data, root=root) for seed in chosen.seeds
            ]
            for one in worths(worlds):
                rows.append(
                    {
                        "companies": loads,
                        "layer": one.layer.value,
                        "its thefts present": spread(one.present),
                        "its thefts absent": spread(one.absent),
                        "better with it, worlds": f"{sum(v > 0 for v in one.present)} of {len(one.present)}",
                    }
                )
                print(rows[-1], flush=True)
    publish(
        "layer_worth",
        rows=rows,
        notes=[
            f"{len(chosen.seeds)} companies of {chosen.areas} areas each; AP with a layer less AP without it, mean "
            "over companies and in brackets the least and the greatest. Trees of the company's own labels alone, "
            "folds by area, 80 rounds of 8 leaves: a layer is judged by what it adds to what the others know already.",
            "One growing of the trees a company: how much a figure moves between growings was not measured.",
            "stranger: the second simulator, whole curves. kwh, daily, monthly: companies of the first that have "
            "curves of kWh alone, dials of the day alone, bills alone; a layer that has no score there is left out.",
            "Whole curves of the first simulator and of real homes stand on the page of the worlds.",
        ],
    )


if __name__ == "__main__":
    main()
