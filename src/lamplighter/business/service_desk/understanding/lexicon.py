"""Our own power dictionary: words that mean the same are one term."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType


@cache
def _terms() -> Mapping[str, str]:
    content = resources.files(__name__.rpartition(".")[0]).joinpath("lexicon.toml").read_text(encoding="utf-8")
    return MappingProxyType({word: term for term, words in tomllib.loads(content)["terms"].items() for word in words})


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(_terms(), key=lambda word: (-len(word), word))
    return re.compile("|".join(rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word) for word in words))


def terms_of(text: str) -> tuple[str, ...]:
    """Return the terms a text names, in its order; the longest word of a place stands.

    Args:
        text: in one way of writing.

    Example:
        >>> terms_of("屋里黢黑,啥时候来电")
        ('outage', 'restore')
    """
    known = _terms()
    return tuple(known[match[0]] for match in _pattern().finditer(text))
