"""The classifier of intents: learned from the utterances within seconds, kept in the home, the same everywhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from lamplighter.business.service_desk.understanding.corpus import Utterance, utterances
from lamplighter.business.service_desk.understanding.lexicon import marks_of
from lamplighter.business.service_desk.understanding.made import made_utterances
from lamplighter.methods.language.classifier import TextClassifier, load_classifier, train_classifier
from lamplighter.methods.language.writing import plain_writing

_LEARNED_WITH: Final = ("numpy", "scikit-learn", "opencc", "pypinyin")
_STRENGTH: Final = 2.0
"""By folds over ways of speaking inside half 1: macro-F1 0.817 at 0.5, 0.824 at 1, 0.827 at 2."""
RECIPE: Final = "2026.5"
"""Changes with the way of learning, so that a kept classifier of another way is not used."""


def learn(examples: Sequence[Utterance]) -> TextClassifier:
    """Learn the intents of some utterances, and of the made ones beside them."""
    known = [*examples, *made_utterances()]
    return train_classifier(
        [plain_writing(each.text) for each in known],
        [each.intent for each in known],
        # A customer is another way of speaking, not another family of one we know, and not made by a grammar.
        groups=[each.author if each.origin == "hand" else None for each in known],
        terms_of=marks_of,
        strength=_STRENGTH,
    )


def stamp() -> str:
    """Return what a kept classifier must have been learned from: the data, the recipe, the libraries."""
    digest = hashlib.sha256(" ".join([RECIPE, *(importlib.metadata.version(name) for name in _LEARNED_WITH)]).encode())
    folder = resources.files(__name__.rpartition(".")[0])
    files = [
        folder.joinpath("lexicon.toml"),
        folder.joinpath("templates.txt"),
        *folder.joinpath("utterances").iterdir(),
    ]
    for file in sorted(files, key=lambda file: file.name):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def open_classifier(folder: Path) -> TextClassifier:
    """Return the classifier kept in a folder; learn and keep it first where it is missing or out of date.

    Args:
        folder: of the models of the home.
    """
    path, wanted = folder / "service_intents.npz", stamp()
    found = load_classifier(path, stamp=wanted, terms_of=marks_of)
    if found is None:
        found = packaged_classifier()
        found.save(path, stamp=wanted)
    return found


@cache
def packaged_classifier() -> TextClassifier:
    """Return the classifier learned from every utterance of the package, once a process."""
    return learn(utterances())
