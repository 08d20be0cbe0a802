"""A case along its chain: opened, its tasks completed, held, gone on with, given up, commented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right, UnitPath
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.inspection.case_filling import FILLED, fill_in
from lamplighter.business.inspection.case_store import (
    PROCESS,
    STORE,
    TRAIL_KIND,
    keep_step,
    load_chain,
)
from lamplighter.business.inspection.desk_queries import CaseRow, row_of, seen_case
from lamplighter.business.inspection.models import Case, CaseEvent
from lamplighter.business.inspection.operations.stopping import keep_guards, require_guards
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.workflow import operations as workflow
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.desk.people import chain_actor
from lamplighter.business.workflow.instances import Status
from lamplighter.business.workflow.recounting import recount
from lamplighter.business.workflow.refusals import StaleInstance
from lamplighter.business.workflow.stores import load_history
from lamplighter.business.workflow.versions.library import LIBRARY

LONGEST_COMMENT = 4000


class CaseOpenAlready(LamplighterError):
    """An account has an open case: two would visit, stop and charge it twice."""

    def __init__(self, case_no: str) -> None:
        self.case_no = case_no
        super().__init__(text("cases.error.open_already", case=case_no))


class CommentMissing(LamplighterError):
    """A comment or a reason without words."""

    def __init__(self) -> None:
        super().__init__(text("cases.error.comment_missing"))


def open_case(
    *,
    actor: Actor,
    account_id: str,
    path: UnitPath,
    about: Mapping[str, Any],
    evidence: Mapping[str, Any],
    suspicion_number: int | None,
    now: dt.datetime,
) -> CaseRow:
    """Open a case about an account.

    Args:
        actor: who opens it, with a role the chain may begin with.
        account_id: account.
        path: its four units.
        about: columns of ``Case`` that say what it is about: meter, area, names.
        evidence: what speaks for and against it now; it stays as it is.
        suspicion_number: the suspicion it comes from; None for another clue.
        now: the instant, with its zone.

    Raises:
        RightMissing, RoleMissing: the actor may not open cases.
        CaseOpenAlready: the account has an open one.
    """
    actor.require(Right.DECIDE_SUSPICIONS)
    definition = LIBRARY.latest(PROCESS)
    open_one = Case.objects.filter(account_id=account_id, closed_at=None).first()
    if open_one is not None:
        raise CaseOpenAlready(open_one.case_no)
    try:
        with transaction.atomic():
            case = Case.objects.create(
                # The number is known once the row is.
                case_no=f"new-{account_id}",
                account_id=account_id,
                suspicion_number=suspicion_number,
                evidence=dict(evidence),
                stake_kwh=evidence.get("expected_kwh"),
                process=definition.name,
                process_version=definition.version,
                instance="",
                state="",
                status="",
                opened_at=now,
                **{column: path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS},
                **about,
            )
            case.case_no = f"AJ-{now.astimezone(CHINA):%Y}-{case.pk:06d}"
            case.save(update_fields=["case_no"])
            step = workflow.start(
                definition=definition,
                instance_id=STORE.instance_id(case.pk),
                data={"account_no": account_id, "suspicion_id": str(suspicion_number or "")},
                by=chain_actor(actor),
                now=now,
                around=AROUND,
            )
            keep_step(case, step, now=now)
    except IntegrityError as error:
        # Of two who open at once the database lets one through.
        found = Case.objects.filter(account_id=account_id, closed_at=None).first()
        if found is None:
            raise
        raise CaseOpenAlready(found.case_no) from error
    return row_of(Case.objects.get(pk=case.pk))


def complete_task(
    *, actor: Actor, number: int, task: str, data: Mapping[str, object], seen: int, now: dt.datetime
) -> CaseRow:
    """Complete a task of a case; what the desk knows itself is filled in (:mod:`case_filling`).

    Args:
        actor: who completes it.
        number: of the case.
        task: id of the task.
        data: its form; for a stop of supply the facts of its guards besides.
        seen: number of the chain's last event as the actor saw it.
        now: the instant, with its zone.

    Raises:
        RightMissing: the actor may not see cases.
        CaseUnknown: he sees none of this number.
        NotReady: evidence, a paper or a calculation is missing.
        GuardsMissing: a stop of supply whose guards do not hold.
        StaleInstance, RoleMissing, FormRefused, DutiesNotSeparated, RequirementUnmet, TaskNotOpen, NotRunning: as the
            workflow says.
    """
    case = seen_case(actor, number)
    with transaction.atomic():
        definition, instance = load_chain(case)
        given = {name: value for name, value in data.items() if name not in FILLED.get(task, ())}
        guards = None
        if seen == instance.number and task in instance.opened:
            # Somebody who looks at an old page is told so, whatever else would be missing.
            if not chain_actor(actor).roles.isdisjoint(definition.tasks[task].roles):
                given |= fill_in(case, task, actor=actor)
            if task == "stop_supply":
                guards, given = require_guards(case, instance, given, now=now)
        step = workflow.complete(
            definition=definition,
            instance=instance,
            task=task,
            data=given,
            by=chain_actor(actor),
            now=now,
            seen=seen,
            around=AROUND,
        )
        keep_step(case, step, now=now)
        if guards is not None:
            keep_guards(case, guards, actor=actor, now=now)
    return row_of(Case.objects.get(pk=number))


def hold_case(*, actor: Actor, number: int, suspension: str, seen: int, now: dt.datetime) -> CaseRow:
    """Let a case stand still, for example while the metrology body examines the meter.

    Raises:
        RightMissing, CaseUnknown, StaleInstance, NotRunning, RoleMissing, SuspensionUnknown: what the names say.
    """
    case = seen_case(actor, number)
    definition, instance = load_chain(case)
    step = workflow.suspend(
        definition=definition,
        instance=instance,
        suspension=suspension,
        by=chain_actor(actor),
        now=now,
        seen=seen,
        around=AROUND,
    )
    keep_step(case, step, now=now)
    return row_of(Case.objects.get(pk=number))


def go_on(*, actor: Actor, number: int, data: Mapping[str, object], seen: int, now: dt.datetime) -> CaseRow:
    """Let a case that stood still go on where it was; deadlines have waited.

    Raises:
        RightMissing, CaseUnknown, StaleInstance, NotRunning, RoleMissing, FormRefused: what the names say.
    """
    case = seen_case(actor, number)
    definition, instance = load_chain(case)
    step = workflow.resume(
        definition=definition,
        instance=instance,
        data=data,
        by=chain_actor(actor),
        now=now,
        seen=seen,
        around=AROUND,
    )
    keep_step(case, step, now=now)
    return row_of(Case.objects.get(pk=number))


def give_up(*, actor: Actor, number: int, reason: str, seen: int, now: dt.datetime) -> CaseRow:
    """End a case before its end, with a reason.

    Raises:
        RightMissing, CaseUnknown, StaleInstance, NotRunning, RoleMissing: what the names say.
        CommentMissing: without a reason.
    """
    case = seen_case(actor, number)
    if not reason.strip():
        raise CommentMissing
    definition, instance = load_chain(case)
    step = workflow.cancel(
        definition=definition,
        instance=instance,
        reason=reason.strip(),
        by=chain_actor(actor),
        now=now,
        seen=seen,
        around=AROUND,
    )
    keep_step(case, step, now=now)
    return row_of(Case.objects.get(pk=number))


def comment(*, actor: Actor, number: int, words: str, now: dt.datetime) -> None:
    """Add a comment to a case.

    Raises:
        RightMissing, CaseUnknown: what the names say.
        CommentMissing: without words.
    """
    case = seen_case(actor, number)
    if not words.strip():
        raise CommentMissing
    note(case, kind="comment", words=words.strip()[:LONGEST_COMMENT], actor=actor, now=now)


def note(case: Case, *, kind: str, words: str, actor: Actor, now: dt.datetime, line: str = "") -> None:
    """Add something to the timeline of a case."""
    with transaction.atomic():
        CaseEvent.objects.create(
            case=case, kind=kind, words=words, line=line, made_at=now, by_id=str(actor.staff_id), by_name=actor.name
        )
        # What was written may name people: the trail says that something was, the case says what.
        record(act=Act.CHANGED, by=actor, now=now, kind=TRAIL_KIND, subject=case.pk, after={"kind": kind})


def advance_cases(*, now: dt.datetime) -> int:
    """Let time arrive at every open case, and return in how many something was due.

    Each operation does this for its own case; this keeps lists right in between.
    """
    moved = 0
    for case in Case.objects.filter(status=Status.RUNNING.value).iterator():
        definition, instance = load_chain(case)
        step = workflow.advance(definition=definition, instance=instance, now=now, around=AROUND)
        if step.events:
            keep_step(case, step, now=now)
            moved += 1
    return moved


@dataclass(frozen=True, slots=True)
class Recounted:
    """What counting again came to: cases looked at, in which a deadline moved, and how many are still provisional."""

    looked: int
    moved: int
    still: int


def recount_deadlines(*, now: dt.datetime) -> Recounted:
    """Count the deadlines again of open cases that rest on holidays which were not announced, and say what came of it.

    A case that somebody works on at the same moment is left to the next turn.
    """
    looked = moved = 0
    provisional = Case.objects.filter(is_due_provisional=True, closed_at=None)
    for case in list(provisional.order_by("pk")):
        looked += 1
        definition, instance = load_chain(case)
        step = recount(
            definition=definition,
            instance=instance,
            events=load_history(STORE, instance.id),
            now=now,
            around=AROUND,
        )
        try:
            keep_step(case, step, now=now)
        except StaleInstance:
            continue
        moved += bool(step.events)
    return Recounted(looked, moved, provisional.count())
