"""Every way of finding thieves, and the figures by which they are compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from benchmarks.detectors import daily_detectors
from benchmarks.plain_recipe import cross_validate as cross_validate_recipe
from benchmarks.worlds.making import NOW, Score, World
from lamplighter.business.detection.learning.model import TheftModel
from lamplighter.business.detection.learning.training import predict_apart
from lamplighter.business.detection.ranking import estimate_theft_rate
from lamplighter.business.detection.settings import DetectionSettings, default_settings
from lamplighter.journeys.model_training import model_of_injections
from lamplighter.journeys.model_training.company import GROWTH
from lamplighter.methods.learning.measures import average_precision, first_share

RESAMPLES = 400
_RECIPE_LAYERS = {"whole": ("shape", "balance", "voltage"), "kwh": ("shape", "balance")}
OWN, COLD, ARRIVES = "product, with outcomes", "product, cold start", "product, package's model alone"
RECIPE = "plain recipe"


def judge(world: World, *, base: TheftModel, tier: str = "whole") -> dict[str, Score]:
    """Return the score of each account by every way of finding thieves, greater = visit first.

    At a shallower tier the recipe is given what it could work out there: no voltages from curves of kWh alone, and
    nothing without curves, where it is left out.
    """
    seed = 1
    examples, barred, is_theft = world.examples, world.is_barred, world.is_theft
    groups = list(world.group)
    settings = default_settings()
    found: dict[str, Score] = {ARRIVES: _probability(base, world, settings)}
    model = base
    if world.injected is not None:
        model = model_of_injections(
            world.evidence,
            world.injected,
            base=base,
            theft_rate=settings.number("fusion.prior_share"),
            as_of_on=NOW.date(),
        )
        found[COLD] = _probability(model, world, settings)
    own = replace(examples, start=model.log_odds(examples.features))
    found |= {
        OWN: predict_apart(own, groups=world.group, barred=barred, growth=GROWTH, seed=seed),
        "drop rule": drops(world.daily_kwh),
        "chance": np.random.default_rng(seed).uniform(size=len(is_theft)),
    }
    if tier in _RECIPE_LAYERS:
        for way, layers in ((RECIPE, _RECIPE_LAYERS[tier]), ("LightGBM on shape", ("shape",))):
            found[way] = cross_validate_recipe(
                world.recipe.of_layers(*layers), is_theft, groups, seed=seed, held_out=barred
            )
    if tier == "monthly":
        # Who reads once a month has no days to look for drops in.
        del found["drop rule"]
        return found
    return found | daily_detectors(world.daily_kwh, seed=seed)


def _probability(model: TheftModel, world: World, settings: DetectionSettings) -> Score:
    rate = estimate_theft_rate(model, world.examples.features, settings=settings)
    return model.probability(world.examples.features, theft_rate=rate)


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
