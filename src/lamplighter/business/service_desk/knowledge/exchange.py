"""What service knows as a file that is taken away, changed and brought back: TOML of a documented, versioned form.

A file that is brought back changes nothing: each difference from what is known becomes a change to be proposed, one
edge a change. An edge that is not in the file stays as it is; one that is to be said no more is marked ``retired``.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.business.service_desk.knowledge.changes import (
    Change,
    ChangeKind,
    FiguresUnreadable,
    read_figures,
    write_figures,
)
from lamplighter.business.service_desk.knowledge.graph import Edge, Relation, blanks
from lamplighter.business.service_desk.understanding.intents import intents

FORMAT: Final = "lamplighter-knowledge"
VERSION: Final = 1
LARGEST_BYTES: Final = 1_000_000
GRADES: Final = ("R", "M-H", "M-M", "M-L", "P")
_MOST_EDGES: Final = 2_000
_TOLD: Final = 10
"""Faults told one by one; of more, the number is told."""
_WORDS: Final[Mapping[str, int]] = {
    "id": 128, "business": 64, "relation": 16, "zh": 2_000, "en": 2_000, "clause": 300, "source": 300, "grade": 8,
}  # fmt: skip
"""Fields of words, and how long each may be."""
_OTHERS: Final = frozenset({"figures", "valid_from", "valid_to", "retired"})
_ENTRY: Final = re.compile(r"^[ \t]*\[\[[ \t]*edge[ \t]*\]\]", re.MULTILINE)
_MARKUP: Final = re.compile(r"<[/!?a-zA-Z]")
_UNSEEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
_FORMULA: Final = ("=", "+", "@", "＝", "＋", "＠")
COMPARED: Final = ("business", "relation", "zh", "en", "figures", "clause", "source", "grade", "valid_to")


@dataclass(frozen=True, slots=True)
class FileFault:
    """What is wrong at a line of a file; ``line`` is 0 where it is about the whole."""

    line: int
    words: str


class KnowledgeFileFaulty(LamplighterError):
    """A file of knowledge cannot be used; nothing of it was proposed."""

    def __init__(self, faults: Sequence[FileFault]) -> None:
        self.faults = tuple(faults)
        told = [
            text("knowledge.file.at", line=each.line, words=each.words) if each.line else each.words
            for each in self.faults[:_TOLD]
        ]
        super().__init__(text("knowledge.file.faulty", count=len(self.faults), faults=" ".join(told)))


@dataclass(frozen=True, slots=True)
class FileEdge:
    """An edge as a file says it; ``is_retired`` where it is to be said no more."""

    edge: Edge
    is_retired: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """What a file says otherwise of one edge.

    Attributes:
        change: what is to be proposed.
        fields: name of what differs, as it is known and as the file says it; of a new or retired edge none.
    """

    change: Change
    fields: tuple[tuple[str, str, str], ...]


def write_file(edges: Sequence[Edge], *, on_date: dt.date) -> str:
    """Return what is known on a day as a file.

    Args:
        edges: of all times.
        on_date: the day.

    Example:
        >>> from lamplighter.business.service_desk.knowledge.graph import packaged_edges
        >>> on = dt.date(2026, 3, 2)
        >>> written = write_file(packaged_edges(), on_date=on)
        >>> find_differences(read_file(written.encode()), edges=packaged_edges(), on_date=on)
        ()
    """
    held = sorted((edge for edge in edges if edge.holds_on(on_date)), key=lambda edge: edge.id)
    head = [f'format = "{FORMAT}"', f"version = {VERSION}", f"on = {on_date.isoformat()}"]
    return "\n".join([*head, *(line for edge in held for line in _entry(edge)), ""])


def _entry(edge: Edge) -> list[str]:
    figures = [json.dumps(line, ensure_ascii=False) for line in write_figures(edge.values).splitlines()]
    said = [f"{name} = {_quoted(getattr(edge, name))}" for name in _WORDS]
    ends = [f"valid_to = {edge.valid_to.isoformat()}"] if edge.valid_to else []
    return ["", "[[edge]]", *said, f"figures = [{', '.join(figures)}]", f"valid_from = {edge.valid_from}", *ends]


def _quoted(value: object) -> str:
    # A JSON string is a basic string of TOML, but for the sign DEL, which no edge has.
    return json.dumps(str(value), ensure_ascii=False)


def read_file(content: bytes) -> tuple[FileEdge, ...]:
    """Return the edges of a file.

    Raises:
        KnowledgeFileFaulty: too large, no TOML of this form and version, or edges that cannot be used, each with its
            line.
    """
    if len(content) > LARGEST_BYTES:
        raise KnowledgeFileFaulty([FileFault(0, text("knowledge.file.too_large", most=LARGEST_BYTES // 1_000_000))])
    try:
        written = content.decode("utf-8-sig")
        found = tomllib.loads(written)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise KnowledgeFileFaulty([FileFault(0, text("knowledge.file.no_toml", fault=str(broken)))]) from broken
    except RecursionError as nested:
        raise KnowledgeFileFaulty([FileFault(0, text("knowledge.file.nested"))]) from nested
    rows = found.get("edge")
    if found.get("format") != FORMAT or found.get("version") != VERSION or not isinstance(rows, list):
        raise KnowledgeFileFaulty([FileFault(0, text("knowledge.file.form", form=FORMAT, version=VERSION))])
    if len(rows) > _MOST_EDGES:
        raise KnowledgeFileFaulty([FileFault(0, text("knowledge.file.too_many", count=len(rows), most=_MOST_EDGES))])
    lines = _lines(written, len(rows))
    edges, faults, known = [], [], set()
    for line, row in zip(lines, rows, strict=True):
        wrong = list(_faults(row))
        if not wrong and row["id"] in known:
            wrong = [text("knowledge.file.twice", edge=row["id"])]
        faults += [FileFault(line, words) for words in wrong]
        if not wrong:
            known.add(row["id"])
            edges.append(_edge(row))
    if faults:
        raise KnowledgeFileFaulty(faults)
    return tuple(edges)


def _lines(written: str, count: int) -> list[int]:
    """Return the line each entry begins in; nought for all where words look like heads and nobody can tell."""
    heads = [written.count("\n", 0, found.start()) + 1 for found in _ENTRY.finditer(written)]
    return heads if len(heads) == count else [0] * count


def _faults(row: Any) -> list[str]:
    if not isinstance(row, dict):
        return [text("knowledge.file.no_table")]
    said = [text("knowledge.file.unknown", name=name[:40]) for name in sorted(set(row) - set(_WORDS) - _OTHERS)]
    for name, most in _WORDS.items():
        value = row.get(name)
        if not isinstance(value, str) or not value.strip() or len(value) > most:
            said.append(text("knowledge.file.words", name=name, most=most))
        elif _UNSEEN.search(value) or _MARKUP.search(value) or value.lstrip().startswith(_FORMULA):
            said.append(text("knowledge.file.unsafe", name=name))
    figures = row.get("figures", [])
    if not isinstance(figures, list) or not all(isinstance(each, str) and len(each) <= 200 for each in figures):
        said.append(text("knowledge.file.figures"))
    if not all(type(row.get(name, dt.date.min)) is dt.date for name in ("valid_from", "valid_to")):
        said.append(text("knowledge.error.day"))
    if not isinstance(row.get("retired", False), bool):
        said.append(text("knowledge.file.retired"))
    return said or _meaning(row)


def _meaning(row: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with fields that can be read each by itself."""
    said = []
    if row["business"] not in intents():
        said.append(text("knowledge.file.business", business=row["business"]))
    if row["relation"] not in list(Relation) or row["grade"] not in GRADES:
        said.append(text("knowledge.file.choice", relations=", ".join(Relation), grades=", ".join(GRADES)))
    try:
        values = _values(row)
    except FiguresUnreadable as unreadable:
        return [*said, text("knowledge.error.figures", line=unreadable.line)]
    names = frozenset(figure.name for figure in values)
    if blanks(row["zh"]) != names or blanks(row["en"]) != names:
        said.append(text("knowledge.file.blanks"))
    return said


def _values(row: Mapping[str, Any]) -> Any:
    return read_figures("\n".join(row.get("figures", [])), clause=row["clause"], grade=row["grade"])


def _edge(row: Mapping[str, Any]) -> FileEdge:
    words = {name: row[name].strip() for name in _WORDS}
    edge = Edge(
        **words | {"relation": Relation(words["relation"])},
        values=_values(row),
        valid_from=row.get("valid_from", dt.date.min),
        valid_to=row.get("valid_to"),
        says=(),
    )
    return FileEdge(edge, row.get("retired", False))


def find_differences(said: Sequence[FileEdge], *, edges: Sequence[Edge], on_date: dt.date) -> tuple[Difference, ...]:
    """Return what a file says otherwise than is known on a day, in its order.

    A change holds from the day the file gives where that lies ahead, otherwise from the day itself.

    Args:
        said: what the file says.
        edges: what is known, of all times.
        on_date: today.
    """
    known = {edge.id: edge for edge in edges if edge.holds_on(on_date)}
    found = []
    for each in said:
        before, holds_from = known.get(each.edge.id), max(each.edge.valid_from, on_date)
        if each.is_retired:
            if before is not None:
                found.append(Difference(Change(ChangeKind.RETIRED, before, holds_from), ()))
        elif before is None:
            found.append(Difference(Change(ChangeKind.NEW, each.edge, holds_from), ()))
        elif fields := tuple(
            (name, _shown(before, name), _shown(each.edge, name))
            for name in COMPARED
            if _shown(before, name) != _shown(each.edge, name)
        ):
            found.append(Difference(Change(ChangeKind.CHANGED, each.edge, holds_from), fields))
    return tuple(found)


def _shown(edge: Edge, name: str) -> str:
    if name == "figures":
        return "; ".join(write_figures(edge.values).splitlines())
    value = getattr(edge, name)
    return "" if value is None else str(value)
