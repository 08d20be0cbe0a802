"""What a case says to people: its notice, the appointment of a visit, reminders of its deadlines."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Final

from lamplighter.base.calendars import is_provisional
from lamplighter.base.messages import language, text
from lamplighter.base.outbox.operations import Queued, queue_message
from lamplighter.base.outbox.records import Channel, Recipient, Subject
from lamplighter.base.security.actor import Actor, Role
from lamplighter.base.security.models import Staff
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.base.settings import Home
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.inspection.case_serving import SUBJECT, notice_key
from lamplighter.business.inspection.case_store import load_chain
from lamplighter.business.inspection.models import Case, Notice
from lamplighter.business.inspection.notices.files import file_of
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.workflow.instances import Instance, Status
from lamplighter.business.workflow.records import UserTask

SERVED_OVER: Final = (Channel.HAND, Channel.LETTER)
"""Channels a notice is served over; a short message proves nothing of a paper."""


def queue_notice(
    *, actor: Actor, case: Case, notice: Notice, company: str, channel: Channel, home: Home, now: dt.datetime
) -> Queued:
    """Queue a printed notice for its customer; once printed it has to be served, and the proof is kept with it."""
    return queue_message(
        key=notice_key(notice),
        channel=channel,
        recipient=Recipient("account", case.account_id),
        subject=Subject(SUBJECT, str(case.pk)),
        subject_words=case.case_no,
        path=case.path,
        template="notice_served",
        fields={
            "company": company,
            "number": notice.number,
            "account": mask_word(case.account_id, column="account_id"),
            "sha256": notice.sha256,
        },
        # Papers are Chinese; a translation is set under the original.
        language="zh",
        by=actor,
        now=now,
        home=home,
        attachment=file_of(home, case.pk, f"{notice.number}.pdf"),
    )


def queue_appointment(
    *, actor: Actor, number: int, company: str, telephone: str, home: Home, now: dt.datetime
) -> Queued | None:
    """Tell the customer of the visit that is planned in a case; None where none is."""
    case = Case.objects.get(pk=number)
    _, instance = load_chain(case)
    planned = instance.data.get("planned_on")
    if not isinstance(planned, dt.date):
        return None
    return queue_message(
        key=f"appointment:{case.pk}:{planned.isoformat()}",
        channel=Channel.SMS,
        recipient=Recipient("account", case.account_id),
        subject=Subject(SUBJECT, str(case.pk)),
        subject_words=case.case_no,
        path=case.path,
        template="appointment",
        fields={
            "company": company,
            "account": mask_word(case.account_id, column="account_id"),
            "on": planned.isoformat(),
            "telephone": telephone,
        },
        language="zh",
        by=actor,
        now=now,
        home=home,
    )


def remind_deadlines(*, home: Home, days_before: int, now: dt.datetime) -> int:
    """Remind staff by e-mail of what is due soon in their cases, once a deadline and person; return how many.

    Whoever holds a duty in the case and may do the task is reminded; where nobody does, the inspection leaders of the
    case's units are. Staff without an e-mail address are not.

    Args:
        home: for the company's own wording.
        days_before: a deadline is soon so many days before it; 0 = nobody is reminded.
        now: the instant, with its zone.
    """
    if not days_before:
        return 0
    queued = 0
    soon = now + dt.timedelta(days=days_before)
    for case in Case.objects.filter(status=Status.RUNNING.value, due_at__gt=now, due_at__lte=soon).iterator():
        definition, instance = load_chain(case)
        for name, opened in sorted(instance.opened.items()):
            if opened.due_at is None or not now < opened.due_at <= soon:
                continue
            last_on = (opened.due_at - dt.timedelta(microseconds=1)).astimezone(CHINA).date()
            for staff in _reminded(case, instance, definition.tasks[name]):
                found = queue_message(
                    key=f"reminder:{case.pk}:{name}:{last_on.isoformat()}:{staff.pk}",
                    channel=Channel.EMAIL,
                    recipient=Recipient("staff", str(staff.pk)),
                    subject=Subject(SUBJECT, str(case.pk)),
                    subject_words=case.case_no,
                    path=case.path,
                    template="deadline_reminder",
                    fields={
                        "case": case.case_no,
                        "task": definition.tasks[name].label.spoken(),
                        "due": last_on.isoformat(),
                        "provisional": text("outbox.provisional") if is_provisional(last_on) else "",
                    },
                    language=language(),
                    by=None,
                    now=now,
                    home=home,
                )
                queued += found.is_new
    return queued


def _reminded(case: Case, instance: Instance, task: UserTask) -> Iterable[Staff]:
    able = Staff.objects.filter(is_active=True).exclude(email="")
    holders = {int(person) for held in instance.duties.values() for person in held if person.isdecimal()}
    own = able.filter(pk__in=holders, groups__name__in=task.roles).distinct().order_by("pk")
    if own.exists():
        return own
    units = [getattr(case, column) for column in UNIT_COLUMNS]
    return able.filter(groups__name=Role.INSPECTION_LEADER.value, unit_id__in=units).distinct().order_by("pk")
