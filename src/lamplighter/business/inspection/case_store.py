"""Where the desk keeps the chains of its cases: the workflow's text in the row, its events as rows only added to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from django.db import transaction

from lamplighter.base.calendars import is_provisional
from lamplighter.base.security.audit.recording import current_standing, record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.inspection.models import Case, CaseEvent
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.workflow.company_days import AROUND
from lamplighter.business.workflow.desk.people import names_of
from lamplighter.business.workflow.desk.rows import RowStore
from lamplighter.business.workflow.instances import EventKind, Instance, Opened, Status, Step
from lamplighter.business.workflow.records import Definition
from lamplighter.business.workflow.recounting import counted_deadline
from lamplighter.business.workflow.stores import save
from lamplighter.business.workflow.versions.library import LIBRARY

PROCESS = "inspection_case"
TRAIL_KIND = "inspection.case"
"""What a case is called in the audit trail."""


STORE: Final = RowStore(name="case", rows=Case, events=CaseEvent, subject="case")


def load_chain(case: Case) -> tuple[Definition, Instance]:
    """Return the chain of a case with the definition it began with."""
    return STORE.load(case.pk)


def keep_step(case: Case, step: Step, *, now: dt.datetime) -> None:
    """Keep what an operation came to, and draw from it what lists show.

    Raises:
        StaleInstance: somebody else was faster; nothing was kept.
    """
    with transaction.atomic():
        save(STORE, step)
        definition = LIBRARY.definition(step.instance.process, step.instance.version, digest=step.instance.digest)
        completed = [event for event in step.events if event.kind is EventKind.COMPLETED]
        visited = [event.at for event in completed if event.element == "on_site"]
        is_answered = any("objection_result" in event.data for event in completed)
        Case.objects.filter(pk=case.pk).update(
            **_columns(definition, step.instance, now=now),
            **({"inspected_on": visited[-1].astimezone(CHINA).date()} if visited else {}),
            **({"objection_at": now} if is_answered else {}),
        )
        for event in step.events:
            # What came by itself stands in the case's own history; the trail is about people. What was filled in
            # stays in the case: here its hash is enough to hold the two against each other.
            if event.by:
                record(
                    act=Act.CREATED if event.kind is EventKind.STARTED else Act.CHANGED,
                    by=current_standing().actor(),
                    now=now,
                    kind=TRAIL_KIND,
                    subject=case.pk,
                    after={
                        "event": event.number,
                        "kind": event.kind.value,
                        "element": event.element,
                        "data_hash": event.data_hash,
                        "staff": event.by,
                    },
                )


def is_task_provisional(definition: Definition, instance: Instance, task: str) -> bool:
    """Say whether the deadline of an open task was counted on holidays that are not announced yet."""
    if task not in instance.opened or counted_deadline(definition, instance, task, around=AROUND) is None:
        return False
    return _is_provisional(instance.opened[task])


def _is_provisional(opened: Opened) -> bool:
    # Years that are not announced come last, so the last day says it for all.
    last = (opened.due_at or opened.since) - dt.timedelta(microseconds=1)
    return is_provisional(last.astimezone(CHINA).date())


def _columns(definition: Definition, instance: Instance, *, now: dt.datetime) -> Mapping[str, object]:
    names = names_of(person for people in instance.duties.values() for person in people)
    due = [opened.due_at for opened in instance.opened.values() if opened.due_at is not None]
    is_open = instance.status in (Status.RUNNING, Status.SUSPENDED)
    holders = {
        duty: ", ".join(names.get(person, person) for person in instance.duties.get(duty, ()))
        for duty in ("finder", "calculator", "approver")
    }
    return {
        "state": instance.state if instance.paused is None else instance.paused.suspension,
        "status": instance.status.value,
        "due_at": min(due, default=None) if instance.status is Status.RUNNING else None,
        "is_due_provisional": is_open
        and any(is_task_provisional(definition, instance, task) for task in instance.opened),
        "outcome": str(instance.data.get("outcome", "")),
        "closed_at": None if is_open else now,
        "objection_result": str(instance.data.get("objection_result", "")),
        **{name: instance.data.get(name) for name in ("energy_kwh", "fee_yuan", "paid_yuan", "paid_on")},
        **holders,
    }
