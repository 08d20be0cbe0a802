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
from lamplighter.business.service_desk.understanding.focus import asked_in
from lamplighter.business.service_desk.understanding.lexicon import marks_of
from lamplighter.business.service_desk.understanding.made import made_utterances
from lamplighter.methods.language.classifier import (
    Classifier,
    HeldBack,
    TextClassifier,
    load_classifier,
    train_classifier,
)
from lamplighter.methods.language.sentences import (
    SecondOpinion,
    VectorsOf,
    has_sentence_model,
    load_second_opinion,
    packaged_vectors,
    train_second_opinion,
)
from lamplighter.methods.language.writing import plain_writing

_LEARNED_WITH: Final = ("numpy", "scikit-learn", "opencc", "pypinyin")
_STRENGTH: Final = 4.0
"""By folds over strangers: macro-F1 0.789 at 0.5, 0.802 at 1, 0.808 at 2, 0.812 at 4."""
RECIPE: Final = "2026.6"
"""Changes with the way of learning, so that a kept classifier of another way is not used."""


def learn(examples: Sequence[Utterance]) -> TextClassifier:
    """Learn the intents of some utterances, and of the made ones beside them."""
    return _learn_words(examples)[0]


def learn_sentences(examples: Sequence[Utterance], *, vectors_of: VectorsOf) -> SecondOpinion:
    """Learn the same, and beside it a second opinion from the vectors of the utterances; made ones have none."""
    first, held_back = _learn_words(examples)
    return train_second_opinion(
        first,
        held_back,
        texts=[_heard(each) for each in examples],
        labels=[each.intent for each in examples],
        groups=_judged_together(examples),
        vectors_of=vectors_of,
    )


def _learn_words(examples: Sequence[Utterance]) -> tuple[TextClassifier, HeldBack]:
    known = [*examples, *made_utterances()]
    return train_classifier(
        [_heard(each) for each in known],
        [each.intent for each in known],
        groups=_judged_together(known),
        terms_of=marks_of,
        strength=_STRENGTH,
    )


def _heard(utterance: Utterance) -> str:
    return asked_in(plain_writing(utterance.text))


def _judged_together(known: Sequence[Utterance]) -> list[str | None]:
    """Return whose words are held back together to see how sure to be: a customer is a stranger, not made by a grammar.

    Where no stranger is among them, another way of speaking of the same hand comes nearest.
    """
    has_strangers = any(each.is_strange for each in known)
    return [each.author if each.is_strange or (each.origin == "hand" and not has_strangers) else None for each in known]


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


def open_classifier(folder: Path) -> Classifier:
    """Return the classifier kept in a folder; learn and keep it first where it is missing or out of date.

    With the extra ``embed`` it has a second opinion, which is learned and kept beside it.

    Args:
        folder: of the models of the home.
    """
    path, wanted = folder / "service_intents.npz", stamp()
    found = load_classifier(path, stamp=wanted, terms_of=marks_of)
    if not has_sentence_model():
        return found or _keep(packaged_classifier(), path, wanted)
    vectors_of, beside = packaged_vectors(), folder / "service_sentences.npz"
    both = found and load_second_opinion(beside, stamp=wanted, first=found, vectors_of=vectors_of)
    if both is None:
        both = learn_sentences(utterances(), vectors_of=vectors_of)
        both.save(beside, stamp=wanted)
        _keep(both.first, path, wanted)
    return both


def _keep(learned: TextClassifier, path: Path, stamp: str) -> TextClassifier:
    learned.save(path, stamp=stamp)
    return learned


@cache
def packaged_classifier() -> TextClassifier:
    """Return the classifier learned from every utterance of the package, once a process; without a second opinion."""
    return learn(utterances())
