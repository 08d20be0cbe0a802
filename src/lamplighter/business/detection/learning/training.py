"""Training the fusion: folds by area and household, trees, calibration on rows no tree has seen, kWh on thieves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lamplighter.business.detection.learning.features import DIRECTIONS, depth_of
from lamplighter.business.detection.learning.model import TheftModel, apply_calibrations
from lamplighter.business.detection.records import Depth, Floats
from lamplighter.methods.learning.boosting import Boosted, Growth, grow
from lamplighter.methods.learning.calibration import (
    Calibration,
    calibration_error,
    fit_beta,
    fit_isotonic,
)
from lamplighter.methods.learning.folds import join_groups, split_folds
from lamplighter.methods.learning.measures import (
    Measure,
    area_under_curve,
    average_precision,
    first_share,
    resample_interval,
)

Words = npt.NDArray[np.object_]

SOURCES = (
    ("meter_anomaly", "meter_energy", "meter_idle", "meter_published", "voltage_"),
    ("meter_neutral",),
    ("meter_events",),
    ("balance_", "handover_"),
)
"""Kinds of source that another company may lack or that may tell nothing there, by how their features begin."""

COPIES, COPY_WEIGHT, ABSENT, SILENT = 2, 0.5, 0.25, 0.15
"""Copies a row, what each counts, and how often a kind of source is absent or silent in a copy."""

LEAST_FOR_CALIBRATION = 20
"""Fewest hits with which a depth of data is calibrated by itself."""

LEAST_FOR_ISOTONIC = 400
"""Fewest hits with which a free line is trusted more than the three figures of a beta calibration."""


@dataclass(frozen=True, slots=True)
class Examples:
    """What is learned from, one row a meter and window. No identity, position or date is a feature.

    Attributes:
        features: shape (N, F), columns as ``names``.
        is_theft: the label, shape (N,).
        stolen_share: stolen kWh per kWh of the customer's scale, shape (N,); NaN where not known.
        area: rows of one area stay together, shape (N,).
        household: rows of one household or account stay together, shape (N,).
        weight: how much a row counts, shape (N,).
        start: log-odds known before, shape (N,); zeros when nothing is.
        names: features.
    """

    features: Floats
    is_theft: npt.NDArray[np.bool_]
    stolen_share: Floats
    area: Words
    household: Words
    weight: Floats
    start: Floats
    names: tuple[str, ...]

    def take(self, rows: npt.NDArray[np.generic]) -> Examples:
        """Return some of the rows."""
        return Examples(
            features=self.features[rows],
            is_theft=self.is_theft[rows],
            stolen_share=self.stolen_share[rows],
            area=self.area[rows],
            household=self.household[rows],
            weight=self.weight[rows],
            start=self.start[rows],
            names=self.names,
        )

    def with_columns(self, kept: npt.NDArray[np.bool_]) -> Examples:
        """Return the rows with some of the features only, shape of ``kept`` (F,)."""
        names = tuple(name for name, is_kept in zip(self.names, kept, strict=True) if is_kept)
        return replace(self, features=self.features[:, kept], names=names)

    @classmethod
    def join(cls, parts: Sequence[Examples]) -> Examples:
        """Return the rows of several sets as one; all must have the same features.

        Raises:
            ValueError: they have different features.
        """
        names = parts[0].names
        if any(part.names != names for part in parts):
            raise ValueError("The sets of examples have different features: they come from different layers.")
        return cls(
            **{
                column: np.concatenate([getattr(part, column) for part in parts])
                for column in ("features", "is_theft", "stolen_share", "area", "household", "weight", "start")
            },
            names=names,
        )

    @property
    def groups(self) -> npt.NDArray[np.int64]:
        """Rows that share an area or a household, joined, shape (N,)."""
        return join_groups([self.area, self.household])


@dataclass(frozen=True, slots=True)
class Trial:
    """What a cross-validation found.

    Attributes:
        log_odds: of each row by trees that saw none of its group, before calibration, shape (N,).
        share: the same calibrated on yet other folds, shape (N,).
        measures: depth -> name -> figure with its 95 % interval by resampling groups.
    """

    log_odds: Floats
    share: Floats
    measures: Mapping[str, Mapping[str, tuple[float, float, float]]]


FOLDS = 5


def cross_validate(examples: Examples, *, growth: Growth | None = None, seed: int = 1, folds: int = FOLDS) -> Trial:
    """Return what models say of rows they never saw, and how well that was.

    Nothing is drawn, copied or weighed before the split: a row and its copy cannot stand on both sides.

    Args:
        examples: rows to learn from and to judge.
        growth: how trees are grown.
        seed: of the folds.
        folds: how many.
    """
    groups = examples.groups
    fold = split_folds(groups, folds=folds, seed=seed)
    log_odds, share = _judge_folds(examples, fold=fold, barred=np.zeros(len(fold), bool), growth=growth)
    depth = depth_of(examples.features, names=examples.names)
    measures = {
        str(one): measure(examples.is_theft[depth == one], share[depth == one], groups[depth == one])
        for one in Depth
        if examples.is_theft[depth == one].any()
    }
    return Trial(log_odds=log_odds, share=share, measures=measures)


def predict_apart(
    examples: Examples,
    *,
    groups: npt.NDArray[np.object_],
    barred: npt.NDArray[np.bool_],
    growth: Growth | None = None,
    seed: int = 1,
    folds: int = FOLDS,
) -> Floats:
    """Return the calibrated probability of each row by models that saw no row of its group, shape (N,).

    Args:
        examples: rows to learn from and to judge.
        groups: what may not be divided, joined with areas and households, shape (N,).
        barred: rows no model may learn from, judged all the same, shape (N,).
        growth: how trees are grown.
        seed: of the folds.
        folds: how many.
    """
    together = join_groups([groups, examples.area, examples.household])
    fold = split_folds(together, folds=folds, seed=seed)
    return _judge_folds(examples, fold=fold, barred=barred, growth=growth)[1]


def _judge_folds(
    examples: Examples, *, fold: npt.NDArray[np.int64], barred: npt.NDArray[np.bool_], growth: Growth | None
) -> tuple[Floats, Floats]:
    """Return log-odds of each row by trees that saw none of its fold, and the shares calibrated on yet other folds."""
    log_odds, share = _judge_apart(examples, fold=fold, barred=barred, growth=growth), np.zeros(len(fold))
    depth = depth_of(examples.features, names=examples.names)
    for number in range(int(fold.max()) + 1):
        held = fold == number
        used = ~held & ~barred
        found = calibrate(raw=log_odds[used], is_theft=examples.is_theft[used], depth=depth[used])
        share[held] = apply_calibrations(found, raw=log_odds[held], depth=depth[held])
    return log_odds, share


def _judge_apart(
    examples: Examples, *, fold: npt.NDArray[np.int64], barred: npt.NDArray[np.bool_], growth: Growth | None
) -> Floats:
    """Return log-odds of each row by trees that saw none of its fold."""
    log_odds = np.zeros(len(fold))
    for number in range(int(fold.max()) + 1):
        held = fold == number
        trees = _grow_fusion(examples.take(np.flatnonzero(~held & ~barred)), growth)
        log_odds[held] = examples.start[held] + trees.raw(examples.features[held])
    return log_odds


def train_model(
    examples: Examples,
    *,
    version: str,
    card: Mapping[str, Any],
    growth: Growth | None = None,
    seed: int = 1,
    base: TheftModel | None = None,
    is_measured: bool = True,
) -> TheftModel:
    """Return a model trained on all examples, calibrated by what cross-validation says of rows no tree had seen.

    Args:
        examples: rows to learn from.
        version: name of the model.
        card: what to remember of its making; measures are added.
        growth: how trees are grown.
        seed: of the folds.
        base: a model whose log-odds are ``examples.start``: its trees become part of the new one, and its kWh are kept
            where the examples tell none.
        is_measured: say on the card how well it did. Resampling costs more than a small model itself; one that is
            thrown away after the replay of a month needs it not.

    Raises:
        ValueError: only thieves or only honest customers among the examples.
    """
    if is_measured:
        trial = cross_validate(examples, growth=growth, seed=seed)
        log_odds, measures = trial.log_odds, trial.measures
    else:
        fold = split_folds(examples.groups, folds=FOLDS, seed=seed)
        log_odds, measures = _judge_apart(examples, fold=fold, barred=np.zeros(len(fold), bool), growth=growth), {}
    fusion = _grow_fusion(examples, growth)
    return TheftModel(
        version=version,
        names=examples.names,
        fusion=fusion if base is None else base.fusion.followed_by(fusion),
        energy=_grow_energy(examples, seed=seed) if base is None else base.energy,
        calibrations=calibrate(
            raw=log_odds,
            is_theft=examples.is_theft,
            depth=depth_of(examples.features, names=examples.names),
        ),
        learned_rate=float(examples.is_theft.mean()),
        card={
            **card,
            "rows": len(examples.is_theft),
            "thieves": int(examples.is_theft.sum()),
            "measures": measures,
        },
    )


def _grow_energy(examples: Examples, *, seed: int) -> Boosted:
    """Return trees of the kWh stolen per kWh of the customer's scale, grown on thieves alone."""
    thieves = examples.is_theft & np.isfinite(examples.stolen_share) & (examples.stolen_share > 0.0)
    return grow(
        features=examples.features[thieves],
        target=examples.stolen_share[thieves],
        directions=[0] * len(examples.names),
        objective="tweedie",
        growth=Growth(rounds=120, leaves=8, least_rows=15, seed=seed),
        weight=examples.weight[thieves],
    )


def calibrate(
    *, raw: Floats, is_theft: npt.NDArray[np.bool_], depth: npt.NDArray[np.object_]
) -> dict[Depth, Calibration]:
    """Return the calibration of each depth that has hits enough to have one of its own.

    An isotonic line where there are hits enough for it, beta's three figures otherwise.

    Args:
        raw: log-odds of rows no tree had seen, shape (N,).
        is_theft: shape (N,).
        depth: `Depth` of each row, shape (N,).
    """
    found: dict[Depth, Calibration] = {}
    for one in Depth:
        at = depth == one
        hits = int(is_theft[at].sum())
        if hits < LEAST_FOR_CALIBRATION:
            continue
        fit = fit_isotonic if hits >= LEAST_FOR_ISOTONIC else fit_beta
        found[one] = fit(raw=raw[at], is_hit=is_theft[at])
    if not found:
        most = max(Depth, key=lambda one: int((depth == one).sum()))
        found[most] = fit_beta(raw=raw, is_hit=is_theft)
    return found


def measure(
    is_theft: npt.NDArray[np.bool_], share: Floats, groups: npt.NDArray[np.int64]
) -> dict[str, tuple[float, float, float]]:
    """Return each measure of a ranking with its 95 % interval: figure, low, high."""

    def precision(rows: npt.NDArray[np.int64], part: float) -> float:
        return float(is_theft[rows][first_share(share[rows], part)].mean())

    reckoned: dict[str, Measure] = {
        "average_precision": lambda rows: average_precision(is_hit=is_theft[rows], score=share[rows]),
        "auc": lambda rows: area_under_curve(is_hit=is_theft[rows], score=share[rows]),
        "precision_at_1_percent": lambda rows: precision(rows, 0.01),
        "precision_at_5_percent": lambda rows: precision(rows, 0.05),
        "calibration_error": lambda rows: calibration_error(share=share[rows], is_hit=is_theft[rows]),
    }
    every = np.arange(len(share))
    return {
        name: (float(reckon(every)), *resample_interval(groups=groups, measure=reckon, resamples=100))
        for name, reckon in reckoned.items()
    }


def vary_sources(examples: Examples, *, seed: int) -> Examples:
    """Return the examples and copies of them as other companies would have them: kinds of reading absent or telling
    nothing.

    A company may lack currents, and a thief may hide them better than any thief learned from. In each copy a kind of
    source is kept, taken away (NaN), or replaced by that of a drawn honest customer, so that no model rests on one kind
    alone. Only ever done to rows that are learned from, after the split.

    Args:
        examples: rows to learn from.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    honest = np.flatnonzero(~examples.is_theft)
    count = len(examples.is_theft)
    kinds = [_columns(examples.names, prefixes) for prefixes in SOURCES]
    copies = [examples]
    for _ in range(COPIES):
        features = examples.features.copy()
        stand_in = examples.features[rng.choice(honest, size=count)]
        for columns in kinds:
            draw = rng.uniform(size=count)
            absent, silent = draw < ABSENT, (draw >= ABSENT) & (draw < ABSENT + SILENT)
            features[np.ix_(absent, columns)] = np.nan
            features[np.ix_(silent, columns)] = stand_in[np.ix_(silent, columns)]
        copies.append(replace(examples, features=features, weight=examples.weight * COPY_WEIGHT))
    return Examples.join(copies)


def _columns(names: tuple[str, ...], prefixes: tuple[str, ...]) -> npt.NDArray[np.int64]:
    return np.array([at for at, name in enumerate(names) if name.startswith(prefixes)], np.int64)


def _grow_fusion(examples: Examples, growth: Growth | None) -> Boosted:
    if not examples.start.any():
        # What goes on from a known start learns one company, which has the sources it has.
        examples = vary_sources(examples, seed=(growth or Growth()).seed)
    return grow(
        features=examples.features,
        target=examples.is_theft.astype(np.float64),
        directions=[DIRECTIONS.get(name, 0) for name in examples.names],
        growth=growth,
        weight=examples.weight,
        start=examples.start if examples.start.any() else None,
    )
