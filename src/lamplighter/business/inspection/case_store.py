"""Where the desk keeps the chains of its cases: the workflow's text in the row, its events as rows only added to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from django.db import transaction

from lamplighter.base.calendars import is_provisional, is_working_day
from lamplighter.base.security.audit.recording import current_standing, record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.inspection.case_people import names_of
from lamplighter.business.inspection.models import Case, CaseEvent
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.workflow.definitions.library import packaged_library
from lamplighter.business.workflow.instances import EventKind, Instance, Opened, Status, Step, Surroundings
from lamplighter.business.workflow.records import Definition
from lamplighter.business.workflow.recounting import counted_deadline
from lamplighter.business.workflow.refusals import StaleInstance
from lamplighter.business.workflow.state_text import number_of, read_event
from lamplighter.business.workflow.stores import InstanceUnknown, load, save

PROCESS = "inspection_case"
TRAIL_KIND = "inspection.case"
"""What a case is called in the audit trail."""


class ChinaDays:
    """The working days of China, as a process asks for them."""

    @property
    def zone(self) -> dt.tzinfo:
        """Zone in which the days begin."""
        return CHINA

    def is_working_day(self, day: dt.date) -> bool:
        """Say whether the day is worked."""
        return is_working_day(day)


AROUND = Surroundings(calendar=ChinaDays(), services={})


def instance_id(number: int) -> str:
    """Return the id under which the chain of a case runs.

    Example:
        >>> instance_id(12)
        'case-12'
    """
    return f"case-{number}"


class DeskStore:
    """An ``InstanceStore`` of one case after another: the id names the row."""

    def read(self, instance_id: str) -> str:
        found = Case.objects.filter(pk=_number(instance_id)).values_list("instance", flat=True).first()
        if not found:
            raise InstanceUnknown(instance_id)
        return str(found)

    def write(self, instance_id: str, *, state: str, events: Sequence[str], replaces: int) -> None:
        number = _number(instance_id)
        with transaction.atomic():
            rows = Case.objects.filter(pk=number, instance_number=replaces)
            # One statement: whoever comes second finds another number, whatever he read before.
            if not rows.update(instance=state, instance_number=number_of(state)):
                kept = Case.objects.filter(pk=number).values_list("instance_number", flat=True).first()
                raise StaleInstance(instance_id, seen=replaces, number=kept or 0)
            read = [(read_event(line), line) for line in events]
            names = names_of(event.by for event, _ in read)
            CaseEvent.objects.bulk_create(
                CaseEvent(
                    case_id=number,
                    number=event.number,
                    made_at=event.at,
                    by_id=event.by,
                    by_name=names.get(event.by, event.by),
                    kind=event.kind.value,
                    line=line,
                )
                for event, line in read
            )

    def history(self, instance_id: str) -> Sequence[str]:
        rows = CaseEvent.objects.filter(case_id=_number(instance_id), number__isnull=False).order_by("number")
        found = list(rows.values_list("line", flat=True))
        if not found:
            raise InstanceUnknown(instance_id)
        return found


def _number(instance_id: str) -> int:
    name, _, number = instance_id.partition("-")
    if name != "case" or not number.isdecimal():
        raise InstanceUnknown(instance_id)
    return int(number)


def load_chain(case: Case) -> tuple[Definition, Instance]:
    """Return the chain of a case with the definition it began with."""
    instance = load(DeskStore(), instance_id(case.pk), packaged_library())
    return packaged_library().definition(instance.process, instance.version, digest=instance.digest), instance


def keep_step(case: Case, step: Step, *, now: dt.datetime) -> None:
    """Keep what an operation came to, and draw from it what lists show.

    Raises:
        StaleInstance: somebody else was faster; nothing was kept.
    """
    with transaction.atomic():
        save(DeskStore(), step)
        definition = packaged_library().definition(
            step.instance.process, step.instance.version, digest=step.instance.digest
        )
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
