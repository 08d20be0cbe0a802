"""The parts a form is made of, in the shape the template draws; words come from ``notices`` messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from lamplighter.base.messages import Language, text
from lamplighter.business.inspection.records.amounts import plain
from lamplighter.business.inspection.rules.deadlines import CHINA

Block = dict[str, Any]


class Words:
    """Words of one language, from the ``notices`` catalogue."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **fields: object) -> str:
        return text(f"notices.{key}", in_language=self.language, **fields)

    def instant(self, at: datetime | None) -> str:
        """Return local date and time, or the blanks to write them in."""
        if at is None:
            return self("blank.instant")
        local = at.astimezone(CHINA)
        return self(
            "form.instant", year=local.year, month=local.month, day=local.day, hour=local.hour, minute=local.minute
        )

    def figure(self, value: Decimal | int | None, unit: str = "") -> str:
        """Return a figure with its unit, nothing where it is not known."""
        if value is None:
            return ""
        written = plain(value) if isinstance(value, Decimal) else str(value)
        return f"{written} {unit}".strip()


def fields(*rows: Sequence[tuple[str, str]]) -> Block:
    """Return a grid of labels and values: one or two pairs a row."""
    return {"type": "fields", "rows": [[list(pair) for pair in row] for row in rows]}


def checks(label: str, options: Sequence[tuple[str, bool]]) -> Block:
    """Return boxes to tick."""
    return {"type": "checks", "label": label, "options": [list(option) for option in options]}


def listing(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[int], least: int = 1
) -> Block:
    """Return a table under a title, with blank rows to write in where there are fewer than ``least``."""
    blanks = [[""] * len(heads)] * max(least - len(rows), 0)
    return {
        "type": "listing",
        "title": title,
        "heads": list(heads),
        "rows": [*map(list, rows), *blanks],
        "widths": list(widths),
    }


def prose(title: str, paragraphs: Sequence[str], *, lines: int = 1) -> Block:
    """Return text under a title, at least ``lines`` lines high so that it can be written by hand."""
    return {"type": "prose", "title": title, "paragraphs": list(paragraphs), "lines": lines}


def signatures(*boxes: tuple[str, Sequence[str]]) -> Block:
    """Return boxes side by side to sign in: a heading, and lines under it."""
    return {"type": "signatures", "boxes": [[heading, list(lines)] for heading, lines in boxes]}
