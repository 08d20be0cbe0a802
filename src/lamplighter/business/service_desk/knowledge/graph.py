"""The edges, read from data, and the checks that keep them consistent."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from lamplighter.base.messages import language, text
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.records import Figure
from lamplighter.business.service_desk.understanding.intents import intents

UNCERTAIN = ("M-L", "P")
"""Grades shown as "company default, confirm"."""


class Relation(StrEnum):
    """How a business relates to what is said. Texts stand under ``service_desk.relation``."""

    CONDITION = "condition"
    DOCUMENT = "document"
    TIME_LIMIT = "time_limit"
    PRICE = "price"
    CHANNEL = "channel"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class Says:
    """Words that a sentence is about a rule, and the names of the values it then states; empty = any of them."""

    words: str
    of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """One thing service knows.

    Attributes:
        id: of the edge.
        business: the intent it is of.
        relation: how.
        zh, en: what is said, with ``{name}`` for each value.
        values: figures by their name, with the clause as source.
        clause: what it rests on; ``source`` where that was read; ``grade`` of the evidence.
        valid_from, valid_to: days it holds, the latter excluded; None = until further notice.
        says: what a conversation states its values in, for quality inspection; the first that fits counts.
        is_company_own: the company approved it, so that it is a rule here whatever its grade.
    """

    id: str
    business: str
    relation: Relation
    zh: str
    en: str
    values: tuple[Figure, ...]
    clause: str
    source: str
    grade: str
    valid_from: date
    valid_to: date | None
    says: tuple[Says, ...]
    is_company_own: bool = False

    def holds_on(self, day: date) -> bool:
        """Say whether it is known on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    def sentence(self) -> str:
        """Return what is said in the reader's language, company defaults marked."""
        said = (self.zh if language() == "zh" else self.en).format_map(
            {figure.name: spell_figure(figure) for figure in self.values}
        )
        return text("service_desk.answer.confirm", sentence=said) if self.values and self.grade in UNCERTAIN else said


_BLANK = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def blanks(words: str) -> frozenset[str] | None:
    """Return the names of the values a sentence leaves room for; None where a brace is anything else than such a name.

    What a person types is filled in when it is said: it must not reach into a value, nor ask for a width.

    Example:
        >>> blanks("{home} at most"), blanks("{home:>99999999}"), blanks("{home.__class__}")
        (frozenset({'home'}), None, None)
    """
    rest = _BLANK.sub("", words)
    return None if "{" in rest or "}" in rest else frozenset(_BLANK.findall(words))


@cache
def packaged_edges() -> tuple[Edge, ...]:
    """Return every edge of the package, of all times."""
    content = resources.files(__name__.rpartition(".")[0]).joinpath("knowledge.toml").read_text(encoding="utf-8")
    return tuple(_edge(row) for row in tomllib.loads(content)["edge"])


def _edge(row: dict[str, Any]) -> Edge:
    return Edge(
        id=row["id"],
        business=row["business"],
        relation=Relation(row["relation"]),
        zh=row["zh"],
        en=row["en"],
        values=tuple(
            Figure(
                value=Decimal(each["value"]) if each["unit"] or "." in each["value"] else each["value"],
                unit=each["unit"],
                source=row["clause"],
                name=each["name"],
                grade=row["grade"],
            )
            for each in row.get("values", ())
        ),
        clause=row["clause"],
        source=row["source"],
        grade=row["grade"],
        valid_from=row["valid_from"],
        valid_to=row.get("valid_to"),
        says=tuple(Says(each["words"], tuple(each.get("of", ()))) for each in row.get("says", ())),
    )


def edges_of(business: str, *, on_date: date, edges: Sequence[Edge] | None = None) -> tuple[Edge, ...]:
    """Return what is known of a business on a day.

    Example:
        >>> [edge.id for edge in edges_of("meter_doubt", on_date=date(2026, 3, 1))]
        ['meter_doubt.test']
    """
    known = in_force(packaged_edges() if edges is None else edges, on_date=on_date)
    return tuple(edge for edge in known if edge.business == business)


def in_force(edges: Iterable[Edge], *, on_date: date) -> tuple[Edge, ...]:
    """Return what holds on a day, of what is known of all days."""
    return tuple(edge for edge in edges if edge.holds_on(on_date))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the edges: ``kind`` under ``service_desk.knowledge.fault``, and which edges."""

    kind: str
    edges: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What is wrong, in the reader's language."""
        return text(f"service_desk.knowledge.fault.{self.kind}", edges=", ".join(self.edges))


def check_edges(
    edges: Sequence[Edge], *, on_date: date, cited: Mapping[str, date] = MappingProxyType({})
) -> tuple[Fault, ...]:
    """Return every inconsistency: contradictions, expired and orphaned edges, texts that lack a value or a language.

    Args:
        edges: of all times.
        on_date: day to look at.
        cited: when an edge was told last, of those that were.
    """
    faults = []
    known = intents()
    by_id: dict[str, list[Edge]] = {}
    for edge in edges:
        by_id.setdefault(edge.id, []).append(edge)
        if edge.business not in known:
            faults.append(Fault("orphan", (edge.id,)))
        if edge.valid_to is not None and edge.valid_to <= edge.valid_from:
            faults.append(Fault("never_valid", (edge.id,)))
        names = frozenset(figure.name for figure in edge.values)
        if blanks(edge.zh) != names or blanks(edge.en) != names:
            faults.append(Fault("values_differ", (edge.id,)))
        if not re.search(r"[\u4e00-\u9fff]", edge.zh) or not edge.source or not edge.clause:
            faults.append(Fault("incomplete", (edge.id,)))
        if edge.values and not all(figure.source.strip() and edge.source.strip() for figure in edge.values):
            faults.append(Fault("unsourced", (edge.id,)))
    for name, versions in by_id.items():
        ordered = sorted(versions, key=lambda edge: edge.valid_from)
        for before, after in pairwise(ordered):
            if before.valid_to is None or before.valid_to > after.valid_from:
                faults.append(Fault("contradiction", (name,)))
        if all(edge.valid_to is not None and edge.valid_to <= on_date for edge in versions):
            faults.append(Fault("expired", (name,)))
        if name in cited and not any(edge.holds_on(cited[name]) for edge in versions):
            faults.append(Fault("cited_expired", (name,)))
    answered = {edge.business for edge in edges if edge.valid_to is None or edge.valid_to > on_date}
    unanswered = sorted(set(known) - answered - set(NEEDS_NO_EDGE))
    if unanswered:
        faults.append(Fault("unanswered", tuple(unanswered)))
    return tuple(faults)


NEEDS_NO_EDGE = ("bill_query", "progress", "appointment", "human_agent", "other")
"""Intents that are answered by a tool, by a person, or not at all."""
