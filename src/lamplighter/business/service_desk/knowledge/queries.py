"""What is known with the company's approved changes, and the changes themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.models import Unit
from lamplighter.business.service_desk.knowledge.changes import (
    Change,
    ChangeKind,
    apply_changes,
    check_change,
    read_figures,
)
from lamplighter.business.service_desk.knowledge.graph import Edge, Fault, Relation, packaged_edges
from lamplighter.business.service_desk.knowledge.models import KnowledgeChange

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as the page shows it.

    Attributes:
        faults: what it would make wrong, while nobody decided.
        before: what is known of its edge without it; None of a new one.
        is_own: the reader proposed it.
    """

    number: int
    change: Change
    before: Edge | None
    valid_from: dt.date
    reason: str
    proposed_by: str
    proposed_at: dt.datetime
    decision: str
    decided_reason: str
    decided_by: str
    decided_at: dt.datetime | None
    faults: tuple[Fault, ...]
    is_own: bool


def read_edges() -> tuple[Edge, ...]:
    """Return what is known of all days: the package with every change that was approved."""
    rows = KnowledgeChange.objects.filter(decision=APPROVED).order_by("decided_at", "pk")
    return apply_changes(packaged_edges(), [change_of(row) for row in rows])


def may_decide(actor: Actor) -> bool:
    """Say whether somebody may decide on changes: he watches service from above, for the whole company."""
    top = Unit.objects.filter(unit_id=actor.unit_id, parent_id="")
    return actor.may(Right.SUPERVISE_TICKETS) and bool(actor.unit_id) and top.exists()


def change_of(row: KnowledgeChange) -> Change:
    """Return the change a row keeps."""
    holds_from = row.holds_from or row.valid_from
    edge = Edge(
        id=row.edge,
        business=row.business,
        relation=Relation(row.relation),
        zh=row.zh,
        en=row.en,
        values=read_figures(row.figures, clause=row.clause, grade=row.grade),
        clause=row.clause,
        source=row.source,
        grade=row.grade,
        valid_from=holds_from,
        valid_to=row.valid_to,
        says=(),
    )
    return Change(ChangeKind(row.kind), edge, holds_from)


def list_changes(*, actor: Actor, most: int = 30) -> tuple[list[ChangeRow], list[ChangeRow]]:
    """Return the changes nobody decided on, the oldest first, and the newest decided ones.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    edges = read_edges()
    waiting = [_row(row, edges, actor) for row in KnowledgeChange.objects.filter(decision="").order_by("pk")]
    decided = KnowledgeChange.objects.exclude(decision="").order_by("-decided_at", "-pk")[:most]
    return waiting, [_row(row, edges, actor) for row in decided]


def _row(row: KnowledgeChange, edges: tuple[Edge, ...], actor: Actor) -> ChangeRow:
    change = change_of(row)
    versions = [edge for edge in edges if edge.id == row.edge and edge.valid_from < change.holds_from]
    return ChangeRow(
        number=row.pk,
        change=change,
        before=max(versions, key=lambda edge: edge.valid_from, default=None),
        valid_from=row.valid_from,
        reason=row.reason,
        proposed_by=row.proposed_by_name,
        proposed_at=row.proposed_at,
        decision=row.decision,
        decided_reason=row.decided_reason,
        decided_by=row.decided_by_name,
        decided_at=row.decided_at,
        faults=() if row.decision else check_change(edges, change),
        is_own=row.proposed_by_id == actor.staff_id,
    )
