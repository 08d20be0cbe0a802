"""A text as a sparse row: hashed n-grams of characters, of sounds, of Latin words, and of terms the caller knows."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import sparse

from lamplighter.methods.language.sounds import sound_of

Matrix = Any
"""A ``scipy.sparse.csr_matrix``; scipy ships no types."""

BITS: Final = 17
_LATIN: Final = re.compile(r"[a-z][a-z']*")


@dataclass(frozen=True, slots=True)
class FeatureWeights:
    """How much each family of features counts beside the characters; 0 leaves it out."""

    sounds: float = 1.0
    terms: float = 0.5
    pairs: float = 0.25
    words: float = 1.0


USUAL_WEIGHTS: Final = FeatureWeights()


def character_grams(text: str, *, longest: int = 4) -> Iterable[str]:
    """Yield the n-grams of a text, its ends marked.

    Example:
        >>> sorted(character_grams("停电", longest=2))
        ['<停', '停', '停电', '电', '电>']
    """
    for length in range(1, longest + 1):
        marked = text if length == 1 else f"<{text}>"
        for start in range(len(marked) - length + 1):
            yield marked[start : start + length]


def sound_grams(text: str) -> Iterable[str]:
    """Yield pairs and triples of syllables.

    Example:
        >>> list(sound_grams("停电了"))
        ['~tin dian', '~dian le', '~tin dian le']
    """
    syllables = sound_of(text)
    for length in (2, 3):
        for start in range(len(syllables) - length + 1):
            yield "~" + " ".join(syllables[start : start + length])


def word_grams(text: str) -> Iterable[str]:
    """Yield the Latin words of a text and pairs of neighbours: four letters do not tell one English word from another.

    Example:
        >>> list(word_grams("查 my bill"))
        ['=my', '=bill', '=my bill']
    """
    words = _LATIN.findall(text)
    for length in (1, 2):
        for start in range(len(words) - length + 1):
            yield "=" + " ".join(words[start : start + length])


def _places(grams: Iterable[str], weight: float, into: dict[int, float]) -> None:
    counts: dict[int, float] = {}
    for gram in grams:
        place = zlib.crc32(gram.encode()) & ((1 << BITS) - 1)
        counts[place] = counts.get(place, 0.0) + 1.0
    for place, count in counts.items():
        into[place] = max(into.get(place, 0.0), weight * float(np.sqrt(count)))


def count_matrix(
    texts: Sequence[str], *, terms_of: Callable[[str], Sequence[str]], weights: FeatureWeights = USUAL_WEIGHTS
) -> Matrix:
    """Return the weighted counts of texts, shape (texts, 2^17), before the rarity of a feature is weighed in.

    Args:
        texts: in one way of writing (:func:`~lamplighter.methods.language.writing.plain_writing`).
        terms_of: the known terms of a text; pairs of them count as well.
        weights: of the families.
    """
    starts: list[int] = [0]
    places: list[int] = []
    values: list[float] = []
    for text in texts:
        row: dict[int, float] = {}
        _places(character_grams(text), 1.0, row)
        if weights.sounds:
            _places(sound_grams(text), weights.sounds, row)
        if weights.words:
            _places(word_grams(text), weights.words, row)
        terms = sorted(set(terms_of(text)))
        if weights.terms:
            _places((f"#{term}" for term in terms), weights.terms, row)
        if weights.pairs:
            pairs = (f"#{one}+{two}" for at, one in enumerate(terms) for two in terms[at + 1 :])
            _places(pairs, weights.pairs, row)
        ordered = sorted(row)
        places.extend(ordered)
        values.extend(row[place] for place in ordered)
        starts.append(len(places))
    return sparse.csr_matrix(
        (np.array(values, dtype=np.float32), np.array(places, dtype=np.int32), np.array(starts, dtype=np.int64)),
        shape=(len(texts), 1 << BITS),
    )


def rarity(counts: Matrix) -> npt.NDArray[np.float32]:
    """Return the smoothed inverse document frequency of each feature, shape (2^17,); 0 for one never seen."""
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    weight = np.log((1.0 + counts.shape[0]) / (1.0 + seen)) + 1.0
    return np.where(seen > 0, weight, 0.0).astype(np.float32)


def weigh(counts: Matrix, rare: npt.NDArray[np.float32]) -> Matrix:
    """Return rows of length one, each feature weighed by its rarity."""
    weighed = counts.multiply(rare[None, :]).tocsr()
    lengths = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    return sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ weighed
