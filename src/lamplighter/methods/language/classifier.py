"""A linear classifier of short texts that says how sure it is: one hyperplane a class, one temperature for all."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from lamplighter.methods.language.features import USUAL_WEIGHTS, FeatureWeights, count_matrix, rarity, weigh

Floats = npt.NDArray[np.float64]


class Classifier(Protocol):
    """Whatever tells texts apart and says how sure it is."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the columns."""

    def shares(self, texts: Sequence[str]) -> Floats:
        """Return the calibrated share of each class, shape (texts, classes); a row adds up to one."""


@dataclass(frozen=True, eq=False)
class TextClassifier:
    """What was learned.

    Attributes:
        classes: names, in the order of the columns.
        kept: features that carry weight, ascending, shape (F,).
        rare: rarity of each kept feature, shape (F,).
        planes: weight of each kept feature for each class, shape (F, classes).
        offsets: shape (classes,).
        temperature: what margins are divided by, so that the shares come true.
        terms_of: the known terms of a text; not kept in the file.
        weights: of the families of features.
    """

    classes: tuple[str, ...]
    kept: npt.NDArray[np.int32]
    rare: npt.NDArray[np.float32]
    planes: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.float32]
    temperature: float
    terms_of: Callable[[str], Sequence[str]]
    weights: FeatureWeights = USUAL_WEIGHTS

    def margins(self, texts: Sequence[str]) -> Floats:
        """Return how far each text lies on the right side of each class, shape (texts, classes)."""
        counts = count_matrix(texts, terms_of=self.terms_of, weights=self.weights)[:, self.kept]
        return np.asarray(weigh(counts, self.rare) @ self.planes + self.offsets, dtype=np.float64)

    def shares(self, texts: Sequence[str]) -> Floats:
        """Return the calibrated share of each class, shape (texts, classes); a row adds up to one."""
        return share_margins(self.margins(texts) / self.temperature)

    def save(self, path: Path, *, stamp: str) -> None:
        """Write what was learned, and whatever it was learned from as ``stamp``, as one file of plain arrays."""
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = path.with_suffix(".writing")
        with staging.open("wb") as file:
            np.savez_compressed(
                file,
                classes=np.array(self.classes),
                kept=self.kept,
                rare=self.rare,
                planes=self.planes.astype(np.float16),
                offsets=self.offsets,
                temperature=np.array(self.temperature),
                stamp=np.array(stamp),
            )
        staging.replace(path)


def load_classifier(
    path: Path, *, stamp: str, terms_of: Callable[[str], Sequence[str]], weights: FeatureWeights = USUAL_WEIGHTS
) -> TextClassifier | None:
    """Return the classifier of a file, None when there is none or it was learned from something else."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as found:
        if str(found["stamp"]) != stamp:
            return None
        return TextClassifier(
            classes=tuple(str(name) for name in found["classes"]),
            kept=found["kept"],
            rare=found["rare"],
            planes=found["planes"].astype(np.float32),
            offsets=found["offsets"],
            temperature=float(found["temperature"]),
            terms_of=terms_of,
            weights=weights,
        )


@dataclass(frozen=True, eq=False)
class HeldBack:
    """How each text that has a group was judged by who had seen none of that group.

    Attributes:
        margins: shape (texts with a group, classes), in their order.
        target: class of each.
    """

    margins: Floats
    target: npt.NDArray[np.int64]


def folds_of(groups: Sequence[str | None], folds: int) -> npt.NDArray[np.int64]:
    """Return the fold in which each text is held back; -1 for one of no group, which is only learned from.

    Example:
        >>> folds_of(["a", None, "b", "a", "c"], 2).tolist()
        [0, -1, 1, 0, 0]
    """
    named = {group: place for place, group in enumerate(dict.fromkeys(group for group in groups if group is not None))}
    return np.array([-1 if group is None else named[group] % folds for group in groups])


def train_classifier(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    groups: Sequence[str | None],
    terms_of: Callable[[str], Sequence[str]],
    weights: FeatureWeights = USUAL_WEIGHTS,
    strength: float = 0.5,
    folds: int = 3,
) -> tuple[TextClassifier, HeldBack]:
    """Learn to tell texts apart. The same texts always give the same classifier.

    Args:
        texts: in one way of writing.
        labels: class of each.
        groups: texts of one group are siblings: none is judged by a model that saw another when the temperature is set;
            a text of no group is only learned from.
        terms_of: the known terms of a text.
        weights: of the families of features.
        strength: inverse of the regularisation.
        folds: so many times a share of the groups is held back, so that each is judged once for the temperature.

    Returns:
        The classifier, and how texts were judged while they were held back.
    """
    classes = tuple(sorted(set(labels)))
    target = np.array([classes.index(label) for label in labels])
    counts = count_matrix(texts, terms_of=terms_of, weights=weights)
    kept = np.unique(counts.indices).astype(np.int32)
    counts = counts[:, kept]
    rare = rarity(counts)
    rows = weigh(counts, rare)
    fold_of = folds_of(groups, folds)
    margins = np.zeros((len(texts), len(classes)))
    for fold in range(folds):
        held = fold_of == fold
        if held.any():
            planes, offsets = _fit(rows[~held], target[~held], classes=len(classes), strength=strength)
            margins[held] = rows[held] @ planes + offsets
    planes, offsets = _fit(rows, target, classes=len(classes), strength=strength)
    held_back = HeldBack(margins[fold_of >= 0], target[fold_of >= 0])
    temperature, _ = fit_temperature(held_back.margins, held_back.target)
    learned = TextClassifier(
        classes=classes,
        kept=kept,
        rare=rare,
        # As a file keeps them, so that the answer does not depend on who trained.
        planes=planes.astype(np.float16).astype(np.float32),
        offsets=offsets.astype(np.float32),
        temperature=temperature,
        terms_of=terms_of,
        weights=weights,
    )
    return learned, held_back


def _fit(rows: object, target: npt.NDArray[np.int64], *, classes: int, strength: float) -> tuple[Floats, Floats]:
    # Seconds to import, and only learning needs it.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.svm import LinearSVC

    machine = LinearSVC(C=strength, dual=True, class_weight="balanced", random_state=0, max_iter=1000, tol=1e-2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        machine.fit(rows, target)
    planes = np.zeros((machine.coef_.shape[1], classes))
    offsets = np.full(classes, -10.0)
    # Between two classes there is one plane, seen from either side.
    is_single = len(machine.classes_) == 2
    planes[:, machine.classes_] = np.vstack([-machine.coef_, machine.coef_]).T if is_single else machine.coef_.T
    offsets[machine.classes_] = [-machine.intercept_[0], machine.intercept_[0]] if is_single else machine.intercept_
    return planes, offsets


def fit_temperature(margins: Floats, target: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return what margins are to be divided by so that their shares come true, and the mean surprise that is left."""
    # Only learning needs it, and it takes long to import.
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        shares = share_margins(margins / np.exp(log_temperature))
        return -float(np.log(np.maximum(shares[np.arange(len(target)), target], 1e-12)).mean())

    found = minimize_scalar(loss, bounds=(-4.0, 2.0), method="bounded")
    return float(np.exp(found.x)), float(found.fun)


def share_margins(values: Floats) -> Floats:
    """Return the shares of margins that were divided by their temperature; a row adds up to one."""
    raised = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
