"""Conversations written by hand in sets, each with the items somebody who read it would deduct, no more and no less.

A set is a text file under ``dialogues/``. A conversation begins with ``# name channel ended_by : items``; its lines are
``A words`` of the agent and ``C words`` of the customer. ``+34`` before the words begins 34 seconds after the last end
(one second otherwise), ``-3`` cuts in 3 seconds before it, and ``|6`` takes 6 seconds (otherwise a quarter second a
sign).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.service_dialogues import Gold, Line

SETS: Final = ("first", "second", "third", "fourth")
"""In the order in which they were written."""
FOLDER: Final = Path(__file__).parent / "dialogues"
_HEAD: Final = re.compile(r"# (?P<id>\S+) (?P<channel>\S+) (?P<ended_by>\S+) :(?P<items>.*)")
_LINE: Final = re.compile(r"(?P<who>[AC]) (?:(?P<gap>[+-][\d.]+) )?(?:\|(?P<length>[\d.]+) )?(?P<words>.+)")
_WHO: Final = {"A": "agent", "C": "customer"}


def written_dialogues(name: str) -> Iterator[Gold]:
    """Yield the conversations of a set, one of `SETS`.

    Raises:
        ValueError: a line is none.
    """
    content = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    for part in content.removeprefix("# ").split("\n# "):
        head, *lines = f"# {part}".strip().splitlines()
        found = _HEAD.fullmatch(head)
        if found is None:
            raise ValueError(head)
        items = frozenset(found["items"].split())
        yield Gold(f"{name}-{found['id']}", tuple(map(_line, lines)), items, found["ended_by"], found["channel"])


def _line(written: str) -> Line:
    found = _LINE.fullmatch(written)
    if found is None:
        raise ValueError(written)
    words = found["words"]
    return _WHO[found["who"]], words, float(found["gap"] or 1.0), float(found["length"] or max(1.5, len(words) / 4))
