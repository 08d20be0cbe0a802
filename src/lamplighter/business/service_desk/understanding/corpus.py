"""The utterances understanding is learned from: written by hand, each with its intent, family and author.

A *family* is what siblings share: one idea of one author, said in a few ways. An *author* is a way of speaking; its
name ends in 1 or 2, the half its families belong to, so that neither a family nor a way of speaking is in both halves.

The half of a family whose name does not begin with its author's was drawn, not chosen: it is 1 + the CRC-32 of its name
with its intent, modulo 2. Whoever adds families does the same. A *stranger* is an author of another hand, who knew the
table of intents alone and neither what is here nor the other strangers; he goes whole to the half drawn by his name
without its digit, and each of his intents is one family.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

STRANGERS: Final = frozenset(("hotline1", "mobile1", "letter1"))
"""Authors of another hand: old people who telephone in dialect, young ones who type, and writers of formal letters."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing somebody may say.

    Attributes:
        text: as it was written.
        intent: code of the leading intent.
        family: siblings share it.
        author: way of speaking, such as ``angry1``.
        origin: ``hand``, or the kind of change a made one went through.
    """

    text: str
    intent: str
    family: str
    author: str
    origin: str = "hand"

    @property
    def half(self) -> int:
        """1 or 2."""
        return int(self.author[-1])

    @property
    def is_strange(self) -> bool:
        """Whether another hand wrote it."""
        return self.author in STRANGERS


@cache
def utterances() -> tuple[Utterance, ...]:
    """Return every utterance of the package, in the order of its files.

    Raises:
        ValueError: a row has not four columns: a defect of ours.
    """
    return tuple(_read())


def _read() -> Iterator[Utterance]:
    folder = resources.files(__name__.rpartition(".")[0]).joinpath("utterances")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if not file.name.endswith(".tsv"):
            continue
        rows = csv.reader(file.read_text(encoding="utf-8").splitlines()[1:], delimiter="\t", quoting=csv.QUOTE_NONE)
        for row in rows:
            intent, family, author, text = row
            yield Utterance(text=text, intent=intent, family=f"{intent}.{family}", author=author)
