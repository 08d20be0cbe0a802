"""The rubric, read from its data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from lamplighter.base.messages import text

Pattern = re.Pattern[str]
_GROUP = re.compile(r"(?<!\\)\((?!\?)")


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its weight, and what a breach of each of its checks costs.

    Attributes:
        source, evidence: of the item, where it has its own; empty = those of the rubric.
    """

    code: str
    weight: float
    checks: Mapping[str, float]
    source: str = ""
    evidence: str = ""

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return text(f"service_desk.rubric.item.{self.code}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that may pass, and which channels are written ones."""

    opening_seconds: float
    silence_seconds: float
    hold_seconds: float
    hold_thanked_seconds: float
    response_seconds: float
    overlap_seconds: float
    chat_channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Taboo:
    """Words that are never said, and what clears them in the same turn."""

    words: Pattern
    unless: Pattern | None


@dataclass(frozen=True)
class Rubric:
    """What a good conversation is.

    Attributes:
        version, source, evidence: of the data.
        items: by code.
        limits: of time.
        phrases: by name, any of its words.
        words: lists that cost everything or are recorded: ``insult``, ``favour``, ``false_record``,
            ``refused_complaint``, ``absolute_promise``, ``promise``.
        forbidden: words never said.
        data: personal data told: ``account``, ``others``, ``numbers``, ``hedged``.
    """

    version: str
    source: str
    evidence: str
    items: Mapping[str, Item]
    limits: Limits
    phrases: Mapping[str, Pattern]
    words: Mapping[str, Pattern]
    forbidden: tuple[Taboo, ...]
    data: Mapping[str, Pattern]

    def points(self, check: str) -> float:
        """Return what a breach of a check costs, by its full code such as ``listening.silence``."""
        group, _, name = check.partition(".")
        return float(self.items[group].checks[name])


_LISTS = ("insult", "favour", "false_record", "refused_complaint", "absolute_promise", "promise")


@cache
def packaged_rubric() -> Rubric:
    """Return the rubric of the package.

    Example:
        >>> rubric = packaged_rubric()
        >>> rubric.items["identity"].weight, rubric.points("listening.silence")
        (12.0, 5.0)
    """
    content = resources.files(__name__.rpartition(".")[0]).joinpath("rubric.toml").read_text(encoding="utf-8")
    read: dict[str, Any] = tomllib.loads(content)
    limits = read["limits"]
    return Rubric(
        version=read["version"],
        source=read["source"],
        evidence=read["evidence"],
        items={row["code"]: Item(row["code"], float(row["weight"]), row["checks"]) for row in read["item"]},
        limits=Limits(**{**limits, "chat_channels": frozenset(limits["chat_channels"])}),
        phrases={name: any_of(words) for name, words in read["phrases"].items()},
        words={name: any_of([each for row in read[name] for each in row["words"]]) for name in _LISTS},
        forbidden=tuple(
            Taboo(any_of(row["words"]), any_of(row["unless"]) if "unless" in row else None) for row in read["forbidden"]
        ),
        data={name: any_of(words) for name, words in read["data"].items()},
    )


def any_of(patterns: list[str]) -> Pattern:
    """Return one pattern that finds what any of several finds."""
    # Nothing asks for the groups, and without them the search skips a branch by its first sign: a third less time.
    return re.compile("|".join(f"(?:{_GROUP.sub('(?:', pattern)})" for pattern in patterns))
