"""A change of what service knows is proposed by one person, and approved or refused with a reason by another."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.service_desk.knowledge.changes import BLOCKING, Change, check_change, write_figures
from lamplighter.business.service_desk.knowledge.exchange import Difference, find_differences, read_file, write_file
from lamplighter.business.service_desk.knowledge.graph import Fault
from lamplighter.business.service_desk.knowledge.models import KnowledgeChange
from lamplighter.business.service_desk.knowledge.queries import APPROVED, change_of, may_decide, read_edges
from lamplighter.business.workflow.company_days import day_of

REFUSED = "refused"
KIND = "knowledge_change"
FILE_KIND: Final = "knowledge_file"


class ReasonMissing(LamplighterError):
    """A change or a decision without a reason."""

    def __init__(self) -> None:
        super().__init__(text("knowledge.error.reason_missing"))


class ChangeUnknown(LamplighterError):
    """There is no such change that waits for a decision."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(text("knowledge.error.unknown"))


class OwnChange(LamplighterError):
    """Whoever proposed a change does not decide on it."""

    def __init__(self) -> None:
        super().__init__(text("knowledge.error.own"))


class NotOfWholeCompany(LamplighterError):
    """What service knows is the whole company's: whoever is of a unit below the top proposes, and does not decide."""

    def __init__(self) -> None:
        super().__init__(text("knowledge.error.not_whole"))


class ChangeInconsistent(LamplighterError):
    """With a change what is known would contradict itself, or lack something; ``faults`` says what."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__(text("knowledge.error.inconsistent", faults=" ".join(each.sentence for each in faults)))


def propose_change(*, actor: Actor, change: Change, reason: str, now: dt.datetime) -> tuple[int, tuple[Fault, ...]]:
    """Propose a change; nothing is known otherwise until somebody else approved it.

    Args:
        actor: who proposes.
        change: see `Change`.
        reason: why.
        now: the instant, with its zone.

    Returns:
        Number of the change, and what it would make wrong.

    Raises:
        RightMissing: he may not watch service from above.
        ReasonMissing: without a reason.
    """
    actor.require(Right.SUPERVISE_TICKETS)
    if not reason.strip():
        raise ReasonMissing
    edge = change.edge
    with transaction.atomic():
        row = KnowledgeChange.objects.create(
            kind=change.kind.value,
            edge=edge.id,
            business=edge.business,
            relation=edge.relation.value,
            zh=edge.zh,
            en=edge.en,
            figures=write_figures(edge.values),
            clause=edge.clause,
            source=edge.source,
            grade=edge.grade,
            valid_from=change.holds_from,
            valid_to=edge.valid_to,
            reason=reason.strip(),
            proposed_by_id=actor.staff_id,
            proposed_by_name=actor.name,
            proposed_at=now,
        )
        after = {"kind": row.kind, "edge": row.edge, "valid_from": row.valid_from.isoformat()}
        record(act=Act.CREATED, by=actor, now=now, kind=KIND, subject=row.pk, after=after, note=row.reason[:200])
    return row.pk, check_change(read_edges(), change)


def decide_change(*, actor: Actor, number: int, is_approved: bool, reason: str, now: dt.datetime) -> None:
    """Approve or refuse a change. An approved one holds from the day it is wanted, never from a day before today.

    Raises:
        RightMissing: he may not watch service from above.
        ChangeUnknown: it was decided on, or never proposed.
        NotOfWholeCompany: his unit is not the top one.
        OwnChange: he proposed it.
        ReasonMissing: without a reason.
        ChangeInconsistent: it is to be approved, and what is known would not be consistent with it.
    """
    actor.require(Right.SUPERVISE_TICKETS)
    if not may_decide(actor):
        raise NotOfWholeCompany
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic():
        row = KnowledgeChange.objects.select_for_update().filter(pk=number, decision="").first()
        if row is None:
            raise ChangeUnknown(number)
        if row.proposed_by_id == actor.staff_id:
            raise OwnChange
        if is_approved:
            row.holds_from = max(row.valid_from, day_of(now))
            change = change_of(row)
            edge = replace(change.edge, valid_from=row.holds_from)
            faults = check_change(read_edges(), replace(change, edge=edge))
            blocking = tuple(fault for fault in faults if fault.kind in BLOCKING)
            if blocking:
                raise ChangeInconsistent(blocking)
        row.decision = APPROVED if is_approved else REFUSED
        row.decided_reason = reason.strip()
        row.decided_by_id, row.decided_by_name, row.decided_at = actor.staff_id, actor.name, now
        row.save()
        after = {"decision": row.decision, "edge": row.edge}
        record(
            act=Act.CHANGED, by=actor, now=now, kind=KIND, subject=row.pk, after=after, note=row.decided_reason[:200]
        )


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of a file: ``read`` = the differences + those waiting already + what is known just so.

    Attributes:
        read: edges of the file.
        differences: what was proposed, with the number of each change.
        waiting: edges whose same change waits for a decision already.
        faults: what the changes would make wrong, each by itself.
    """

    read: int
    differences: tuple[tuple[int, Difference], ...]
    waiting: tuple[str, ...]
    faults: tuple[Fault, ...]


def propose_file(*, actor: Actor, content: bytes, reason: str, now: dt.datetime) -> Proposed:
    """Propose what a file says otherwise than is known; all of it or, where the file is faulty, nothing.

    Args:
        actor: who proposes.
        content: the file, as `write_file` writes it.
        reason: why; it stands at every change.
        now: the instant, with its zone.

    Raises:
        RightMissing: he may not watch service from above.
        ReasonMissing: without a reason.
        KnowledgeFileFaulty: see `read_file`.
    """
    actor.require(Right.SUPERVISE_TICKETS)
    if not reason.strip():
        raise ReasonMissing
    said = read_file(content)
    waiting, made, faults = [], [], []
    with transaction.atomic():
        same = [change_of(row) for row in KnowledgeChange.objects.filter(decision="")]
        for each in find_differences(said, edges=read_edges(), on_date=day_of(now)):
            if any(_says_the_same(each.change, other) for other in same):
                waiting.append(each.change.edge.id)
                continue
            number, wrong = propose_change(actor=actor, change=each.change, reason=reason, now=now)
            made.append((number, each))
            faults += [fault for fault in wrong if fault not in faults]
        after = {"read": len(said), "proposed": len(made), "sha256": hashlib.sha256(content).hexdigest()}
        record(act=Act.CREATED, by=actor, now=now, kind=FILE_KIND, after=after, note=reason.strip()[:200])
    return Proposed(len(said), tuple(made), tuple(waiting), tuple(faults))


def take_file(*, actor: Actor, on_date: dt.date, now: dt.datetime) -> str:
    """Return what is known on a day as a file, and record who took it.

    Raises:
        RightMissing: the actor may not see tickets.
    """
    actor.require(Right.SEE_TICKETS)
    written = write_file(read_edges(), on_date=on_date)
    record(act=Act.EXPORT_DOWNLOADED, by=actor, now=now, kind=FILE_KIND, after={"on": on_date.isoformat()})
    return written


def _says_the_same(change: Change, other: Change) -> bool:
    bare = replace(change.edge, valid_from=other.edge.valid_from, says=())
    return change.kind is other.kind and bare == replace(other.edge, says=())
