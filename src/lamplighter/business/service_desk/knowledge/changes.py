"""Changes of a company to what service knows, and what is known with them: the package stays the base."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from lamplighter.business.service_desk.figures import is_unit, spell_number
from lamplighter.business.service_desk.knowledge.graph import Edge, Fault, check_edges
from lamplighter.business.service_desk.records import Figure

_FIGURE = re.compile(r"\s*(?P<name>[a-z][a-z0-9_]*)\s*=\s*(?P<value>\S+)(?:\s+(?P<unit>\S+))?\s*")
BLOCKING = ("contradiction", "orphan", "never_valid", "values_differ", "incomplete", "unsourced", "missing")
"""Faults with which no change is approved."""


class ChangeKind(StrEnum):
    """What a change does. Texts stand under ``knowledge.kind``."""

    NEW = "new"
    CHANGED = "changed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one edge.

    Attributes:
        kind: what it does; ``edge`` is what is known from then on, of a retired one what was known.
        holds_from: first day of it.
    """

    kind: ChangeKind
    edge: Edge
    holds_from: dt.date


class FiguresUnreadable(ValueError):
    """A line of figures is not ``name = value unit``, or its unit is none that can be said; ``line`` is it."""

    def __init__(self, line: str) -> None:
        self.line = line
        super().__init__(line)


def apply_changes(edges: Iterable[Edge], changes: Sequence[Change]) -> tuple[Edge, ...]:
    """Return what is known with changes, in the order in which they were approved.

    A changed or retired edge holds until the day before the change, and what was known on an earlier day stays known of
    that day. A changed one is heard in the same words of a conversation as the one before it.

    Example:
        >>> from lamplighter.business.service_desk.knowledge.graph import edges_of, packaged_edges
        >>> (old,) = [edge for edge in packaged_edges() if edge.id == "planned_outage.notice"]
        >>> gone = Change(ChangeKind.RETIRED, old, dt.date(2026, 3, 2))
        >>> known = apply_changes(packaged_edges(), [gone])
        >>> [len(edges_of("planned_outage", on_date=dt.date(2026, 3, day), edges=known)) for day in (1, 2)]
        [1, 0]
    """
    known = list(edges)
    for change in changes:
        says = next((edge.says for edge in known if edge.id == change.edge.id and edge.says), change.edge.says)
        if change.kind is not ChangeKind.NEW:
            known = [kept for edge in known if (kept := _ended(edge, change)) is not None]
        if change.kind is not ChangeKind.RETIRED:
            known.append(replace(change.edge, valid_from=change.holds_from, says=says, is_company_own=True))
    return tuple(known)


def _ended(edge: Edge, change: Change) -> Edge | None:
    if edge.id != change.edge.id or (edge.valid_to is not None and edge.valid_to <= change.holds_from):
        return edge
    return replace(edge, valid_to=change.holds_from) if edge.valid_from < change.holds_from else None


def check_change(edges: Sequence[Edge], change: Change) -> tuple[Fault, ...]:
    """Return what a change would make wrong that was not wrong before.

    Args:
        edges: what is known without it.
        change: the change.
    """
    on_date = change.holds_from
    before = set(check_edges(edges, on_date=on_date))
    found = [fault for fault in check_edges(apply_changes(edges, [change]), on_date=on_date) if fault not in before]
    if change.kind is not ChangeKind.NEW and change.edge.id not in {edge.id for edge in edges}:
        found.append(Fault("missing", (change.edge.id,)))
    return tuple(found)


def read_figures(written: str, *, clause: str, grade: str) -> tuple[Figure, ...]:
    """Return the figures of an edge as they are typed, one a line: ``name = value unit``.

    Raises:
        FiguresUnreadable: a line is none.

    Example:
        >>> [(each.name, each.value, each.unit) for each in read_figures("limit = 24 小时", clause="c", grade="P")]
        [('limit', Decimal('24'), '小时')]
    """
    return tuple(_figure(line, clause, grade) for line in written.splitlines() if line.strip())


def _figure(line: str, clause: str, grade: str) -> Figure:
    found = _FIGURE.fullmatch(line)
    unit = (found["unit"] or "") if found else ""
    if found is None or (unit and not is_unit(unit)):
        raise FiguresUnreadable(line.strip())
    if not unit and "." not in found["value"]:
        # A plain number, such as a telephone, is said as it is written.
        return Figure(found["value"], "", clause, found["name"], grade)
    try:
        value = Decimal(found["value"])
    except InvalidOperation:
        raise FiguresUnreadable(line.strip()) from None
    return Figure(value, unit, clause, found["name"], grade)


def write_figures(figures: Sequence[Figure]) -> str:
    """Return figures as they are typed.

    Example:
        >>> write_figures(read_figures("limit = 24 小时", clause="c", grade="P"))
        'limit = 24 小时'
    """
    return "\n".join(f"{each.name} = {_spell(each)} {each.unit}".rstrip() for each in figures)


def _spell(figure: Figure) -> str:
    return spell_number(figure.value) if isinstance(figure.value, Decimal) else str(figure.value)
