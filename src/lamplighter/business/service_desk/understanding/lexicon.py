"""Our own power dictionary: words that mean the same are one term, also where they are written as they sound."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from lamplighter.methods.language.sounds import sound_of

FOREIGN: Final = frozenset(
    (
        *("water", "gas", "telecom", "bank", "weather", "smalltalk", "steer", "shopping", "property", "heating"),
        *("repairshop", "government", "health", "study", "outing", "news", "job"),
    )
)
"""Terms of what is none of our business."""
NONE: Final = "none"
"""The term of a text that names nothing known; ``foreign`` and ``foreign_only`` of one that names other things."""
_LONGEST_HEARD: Final = 5


@cache
def _words(table: str) -> Mapping[str, str]:
    content = resources.files(__name__.rpartition(".")[0]).joinpath("lexicon.toml").read_text(encoding="utf-8")
    return MappingProxyType({word: term for term, words in tomllib.loads(content)[table].items() for word in words})


@cache
def _pattern(table: str) -> re.Pattern[str]:
    words = sorted(_words(table), key=lambda word: (-len(word), word))
    return re.compile(
        "|".join(
            rf"\b{re.escape(word)}\b" if word.isascii() and word[0].isalnum() else re.escape(word) for word in words
        )
    )


def _named(text: str, table: str) -> dict[str, None]:
    known = _words(table)
    return dict.fromkeys(known[match[0]] for match in _pattern(table).finditer(text))


@cache
def _heard() -> Mapping[tuple[str, ...], str]:
    """Return the term of each word of two characters and more by how it sounds; the first of two that sound alike."""
    heard: dict[tuple[str, ...], str] = {}
    for word, term in _words("terms").items():
        if len(word) >= 2 and all("\u4e00" <= sign <= "\u9fff" for sign in word):
            heard.setdefault(sound_of(word), term)
    return heard


def terms_of(text: str) -> tuple[str, ...]:
    """Return the terms a text names: as written first, then as heard, then whether any is ours.

    Args:
        text: in one way of writing.

    Example:
        >>> terms_of("屋里黢黑,啥时候来电")
        ('outage', 'restore')
        >>> terms_of("家里听电了"), terms_of("水费怎么交")
        (('outage',), ('water', 'foreign', 'foreign_only'))
    """
    found = _named(text, "terms")
    if not found.keys() - FOREIGN:
        syllables = sound_of(text)
        for length in range(2, _LONGEST_HEARD + 1):
            for start in range(len(syllables) - length + 1):
                term = _heard().get(syllables[start : start + length])
                if term is not None:
                    found.setdefault(term)
    ours, foreign = found.keys() - FOREIGN, found.keys() & FOREIGN
    marks = ([] if ours or foreign else [NONE]) + (["foreign"] if foreign else [])
    return (*found, *marks, *(["foreign_only"] if foreign and not ours else []))


def marks_of(text: str) -> tuple[str, ...]:
    """Return the terms of a text, then how it asks, for whom and of what thing: what the classifier counts.

    Args:
        text: in one way of writing.

    Example:
        >>> marks_of("我家什么时候来电")
        ('restore', 'ask_when', 'mine', 'power_word')
        >>> marks_of("移动乱扣费,怎么退款")
        ('telecom', 'bill', 'refund', 'foreign', 'foreign_alone', 'ask_how')
    """
    terms, shapes = terms_of(text), _named(text, "shapes")
    alone = ("foreign_alone",) if "foreign" in terms and "power_word" not in shapes else ()
    return (*terms, *alone, *sorted(shapes))
