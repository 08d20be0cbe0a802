"""How well intents are told apart of questions nobody learned from: other families, other ways of speaking.

    python -m benchmarks.service_understanding

Learned from half 1 of the utterances, tried on half 2, and the other way round: no family and no author is in both.
What is tried is what a customer meets: alerts, steering, the parts of a question, and the classifier.
"""

from __future__ import annotations

import csv
import datetime as dt
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measuring import publish
from lamplighter.business.service_desk.records import OTHER, Understanding
from lamplighter.business.service_desk.understanding.corpus import Utterance, utterances
from lamplighter.business.service_desk.understanding.focus import asked_in
from lamplighter.business.service_desk.understanding.model import learn, learn_sentences
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.methods.language.sentences import Vectors, VectorsOf, has_sentence_model, packaged_vectors
from lamplighter.methods.language.writing import plain_writing

TODAY = dt.date(2026, 3, 9)
STRANGERS = Path(__file__).parent / "service_strangers.tsv"
"""Written by another hand from the table of intents alone, without sight of the utterances, the program or its errors.

It is never learned from, and nobody who works on understanding reads which of it goes wrong: only its scores.
"""


def f1_by_intent(pairs: Sequence[tuple[str, str]]) -> Mapping[str, float]:
    """Return F1 of each intent from (true, found) pairs."""
    found = {}
    for intent in sorted({true for true, _ in pairs}):
        hits = sum(true == said == intent for true, said in pairs)
        said = sum(said == intent for _, said in pairs)
        true = sum(true == intent for true, _ in pairs)
        found[intent] = 2 * hits / (said + true)
    return found


def calibration_error(confidence: Sequence[float], is_right: Sequence[bool], *, bins: int = 10) -> float:
    """Return the mean distance of confidence from the share that was right, weighed by how many were so confident."""
    place = np.minimum((np.array(confidence) * bins).astype(int), bins - 1)
    right, sure = np.array(is_right, dtype=float), np.array(confidence)
    parts = [
        (place == each).mean() * abs(right[place == each].mean() - sure[place == each].mean())
        for each in range(bins)
        if (place == each).any()
    ]
    return float(sum(parts))


def strange_questions() -> list[Utterance]:
    """Return the questions nobody learned from and nobody read the single errors of: a stranger's, see `STRANGERS`."""
    rows = csv.reader(STRANGERS.read_text(encoding="utf-8").splitlines()[1:], delimiter="\t", quoting=csv.QUOTE_NONE)
    return [Utterance(text, intent, f"{intent}.stranger", "stranger") for intent, text in rows]


def try_out(
    name: str, known: Sequence[Utterance], held: Sequence[Utterance], vectors_of: VectorsOf | None = None
) -> tuple[dict[str, Any], list[tuple[Utterance, Understanding]]]:
    """Learn from some utterances, try others; return a row of the table and what was understood."""
    began = time.process_time()
    reader = Reader(learn_sentences(known, vectors_of=vectors_of) if vectors_of else learn(known))
    learning = time.process_time() - began
    began = time.process_time()
    read = [reader.understand(each.text, today=TODAY) for each in held]
    each_ms = (time.process_time() - began) / len(held) * 1000
    pairs = [(each.intent, meant.intent) for each, meant in zip(held, read, strict=True)]
    by_intent = f1_by_intent(pairs)
    right = [true == said for true, said in pairs]
    top = [each.intent in [one.intent for one in meant.candidates] for each, meant in zip(held, read, strict=True)]
    row = {
        "learned from": f"{name} ({len(known)})",
        "tried on": len(held),
        "macro-F1": float(np.mean(list(by_intent.values()))),
        "other-F1": by_intent[OTHER],
        "hazard-F1": by_intent["hazard"],
        "hazard recall": float(np.mean([said == "hazard" for true, said in pairs if true == "hazard"])),
        "accuracy": float(np.mean(right)),
        "top-3": float(np.mean(top)),
        "calibration error": calibration_error([meant.confidence for meant in read], right),
        "ms a question": each_ms,
        "CPU s to learn": learning,
    }
    return row, list(zip(held, read, strict=True))


def is_drawn(utterance: Utterance) -> bool:
    """Tell whether a hash drew the half of an utterance's family; otherwise its author's name begins the family's."""
    return not utterance.family.partition(".")[2].startswith(utterance.author)


def describe(half: int, read: Sequence[tuple[Utterance, Understanding]]) -> str:
    """Return the weakest intents of a trial, and how the families fared apart: the drawn ones are the harder."""
    lowest = sorted(
        f1_by_intent([(each.intent, meant.intent) for each, meant in read]).items(), key=lambda each: each[1]
    )
    apart = [
        (name, [(each.intent, meant.intent) for each, meant in read if is_drawn(each) == wanted])
        for name, wanted in (("of families whose half a hash drew", True), ("of the others", False))
    ]
    shares = ", ".join(
        f"{float(np.mean(list(f1_by_intent(pairs).values()))):.3f} {name} ({len(pairs)})" for name, pairs in apart
    )
    weakest = ", ".join(f"{name} {value:.2f}" for name, value in lowest[:8])
    return f"Learned from half {half}: macro-F1 {shares}; weakest {weakest}."


def main() -> None:
    made, strange = utterances(), strange_questions()
    halves = {half: [each for each in made if each.half == half] for half in (1, 2)}
    rows, worst = [], []
    for half in (1, 2):
        row, read = try_out(f"half {half}", halves[half], halves[3 - half])
        rows.append(row)
        worst.append(describe(half, read))
    rows.append(try_out("both halves", made, strange)[0])
    vectors_of = remembered(packaged_vectors()) if has_sentence_model() else None
    if vectors_of is not None:
        vectors_of([asked_in(plain_writing(each.text)) for each in made])
        rows.append(try_out("both halves, with sentences", made, strange, vectors_of)[0])
    said = {plain_writing(each.text) for each in made}
    known = sum(plain_writing(each.text) in said for each in strange)
    publish("service_understanding", rows=rows, notes=[*notes(len(strange), known), *worst])


def remembered(vectors_of: VectorsOf) -> VectorsOf:
    """Return what gives the same vectors and reckons none of what is learned from twice."""
    kept: dict[str, Vectors] = {}

    def vectors(texts: Sequence[str]) -> Vectors:
        if len(texts) > 100:
            kept.update({text: vectors_of([text])[0] for text in texts if text not in kept})
            return np.array([kept[text] for text in texts])
        return vectors_of(texts)

    return vectors


def notes(strange: int, known: int) -> list[str]:
    """Return what is to be known beside the figures.

    Args:
        strange: questions of the stranger.
        known: of them said word for word in what is learned from.
    """
    made = utterances()
    by_strangers = sum(each.is_strange for each in made)
    return [
        f"{len(made)} utterances by hand, {sum(each.intent == OTHER for each in made)} of them *other*; halves "
        "share neither family nor author. To reach: macro-F1 0.92, other-F1 0.85, 30 ms a question on one core.",
        f"{by_strangers} are of three strangers, each of whom wrote from the table of intents alone: old people who "
        "telephone in dialect, young ones who type, writers of formal letters. A hash of each one's name put all "
        "three into half 1. The others are of one hand writing in many ways of speaking.",
        f"The {strange} questions of the last trial are of a fourth stranger and are never learned from; of them "
        f"no single error was read, only the scores. {known} of them stand word for word among what is learned from, "
        "as the shortest questions do in anybody's words.",
        "Half 1 is the side of learning: its errors by folds, also those of its strangers, were read, and words, "
        "grammar and utterances were added after it; of half 2 no error was read, only its scores. So what was "
        "learned from half 1 is the honest row of the two. The grammar of made utterances is learned from in both "
        "and tried in none. What ships learns from both halves: its row is that of the fourth stranger.",
        "Worth by folds over the three strangers, each judged by what learned from all but him (mean macro-F1): "
        "before any was learned from 0.786; learned from the two others 0.808; terms of the power dictionary "
        "weighed 0.5 instead of 2 beside characters 0.845; strength 4 instead of 2 0.847; a grammar that parts "
        "what is done (praise, progress, appointments ...) from the matter 0.881, flattered as it followed the "
        "reading of their errors; what is set aside left out and the clause of the question heard twice 0.885.",
        "Not taken: clauses judged one by one and added (worse by 0.001 to 0.03), each family of features of length "
        "one by itself (0.763), strangers weighed double (nothing), sounds left out (-0.006), pairs of terms left "
        "out (nothing). A part of a message no longer leads where the whole is clear: of 13 it changed, 10 wrongly.",
        "How sure to be is set on strangers who were held back, where there are any among what is learned from.",
        "With the extra `embed`: vectors alone 0.644 over the folds of strangers (mean macro-F1), added at half weight "
        "0.855 where n-grams alone had 0.846 (before the grammar); of the fourth stranger 0.944 where n-grams alone "
        "have 0.938, before words of danger. It costs 36 ms a question on one busy core, more than the 30 wanted, and "
        "six minutes of learning; so it stays an extra. Where it is installed this measurement has a row of it.",
    ]


if __name__ == "__main__":
    main()
