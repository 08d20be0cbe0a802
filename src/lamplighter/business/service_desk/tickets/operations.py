"""A ticket along its chain: taken down, worked, asked for again, watched, merged, given an appointment."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping

from django.db import IntegrityError, transaction
from django.db.models import Q

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right, UnitPath
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.queries import TicketRow, row_of, seen_ticket
from lamplighter.business.service_desk.tickets.records import Escalation, Matter
from lamplighter.business.service_desk.tickets.rules import (
    escalation_of,
    promise_due_at,
)
from lamplighter.business.service_desk.tickets.settings import escalation_rule, ticket_class
from lamplighter.business.service_desk.tickets.store import STORE, keep_step
from lamplighter.business.workflow import operations as workflow
from lamplighter.business.workflow.company_days import AROUND, day_of
from lamplighter.business.workflow.desk.people import chain_actor
from lamplighter.business.workflow.instances import Step
from lamplighter.business.workflow.refusals import StaleInstance
from lamplighter.business.workflow.versions.library import LIBRARY

log = logging.getLogger(__name__)

LONGEST_WORDS = 4000


class WordsMissing(LamplighterError):
    """A comment, a reason or a subject without words."""

    def __init__(self) -> None:
        super().__init__(text("tickets.error.words_missing"))


class RequestKeyTaken(LamplighterError):
    """Something else was sent under this name before, or the same is being taken down at this moment."""

    def __init__(self) -> None:
        super().__init__(text("tickets.error.request_key_taken"))


class CannotMerge(LamplighterError):
    """A ticket cannot go on in itself, in one that is over, or in another unit's."""

    def __init__(self, ticket_no: str) -> None:
        super().__init__(text("tickets.error.cannot_merge", ticket=ticket_no))


class AppointmentPast(LamplighterError):
    """An appointment lies in the past."""

    def __init__(self) -> None:
        super().__init__(text("tickets.error.appointment_past"))


def register_ticket(
    *,
    actor: Actor,
    matter: Matter,
    path: UnitPath,
    names: Mapping[str, str],
    data: Mapping[str, object],
    now: dt.datetime,
    request_key: str = "",
) -> TicketRow:
    """Take a matter down and begin its chain.

    Args:
        actor: who takes it down.
        matter: what the customer wants.
        path: the four units that work on it.
        names: ``area_name`` and ``station_name`` for lists.
        data: the form with which the process of the class begins, without the account, which the matter has.
        now: the instant, with its zone.
        request_key: what the sender calls it, see `find_requested`; empty where a person writes.

    Raises:
        RightMissing, RoleMissing: the actor may not take tickets down.
        ClassUnknown, TicketSettingsInvalid, FormRefused, WordsMissing: what the names say.
        RequestKeyTaken: two came under one name at once, and the other was first.
    """
    actor.require(Right.REGISTER_TICKETS)
    if not matter.subject.strip():
        raise WordsMissing
    of = ticket_class(matter.class_code, on=day_of(now))
    definition = LIBRARY.latest(of.process)
    known = {field.name for field in definition.start_fields}
    given = dict(data) | ({"account_no": matter.account_id} if "account_no" in known and matter.account_id else {})
    with transaction.atomic():
        ticket = _create(
            # The number is known once the row is.
            ticket_no=f"new-{now.timestamp():.6f}-{actor.staff_id}",
            request_key=_request_key(actor, request_key) if request_key else None,
            class_code=of.code,
            channel=matter.channel.value,
            subject=matter.subject.strip()[:200],
            words=matter.words.strip()[:LONGEST_WORDS],
            account_id=matter.account_id,
            contact=matter.contact.strip()[:64],
            place=matter.place.strip()[:200],
            area_id=matter.area_id,
            is_vulnerable=matter.is_vulnerable,
            process=definition.name,
            process_version=definition.version,
            instance="",
            state="",
            status="",
            registered_at=now,
            promise_due_at=promise_due_at(of, registered_at=now, calendar=AROUND.calendar),
            **{column: path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS},
            **names,
        )
        ticket.ticket_no = f"GD-{now.astimezone(AROUND.calendar.zone):%Y%m%d}-{ticket.pk:06d}"
        ticket.save(update_fields=["ticket_no"])
        step = workflow.start(
            definition=definition,
            instance_id=STORE.instance_id(ticket.pk),
            data=given,
            by=chain_actor(actor),
            now=now,
            around=AROUND,
        )
        keep_step(ticket, step, now=now)
        ticket = Ticket.objects.get(pk=ticket.pk)
        _escalate(ticket, now=now)
    return row_of(Ticket.objects.get(pk=ticket.pk))


def find_requested(*, actor: Actor, request_key: str, matter: Matter) -> TicketRow | None:
    """Return the ticket the actor had taken down under a name; None where there is none yet.

    Args:
        actor: who sends; another's names are his own.
        request_key: what he calls it, at most 64 characters.
        matter: what he sends now.

    Raises:
        RightMissing: the actor may not take tickets down.
        RequestKeyTaken: what he sent under this name was another matter.
    """
    actor.require(Right.REGISTER_TICKETS)
    found = Ticket.objects.filter(request_key=_request_key(actor, request_key)).first()
    if found is None:
        return None
    sent = (matter.class_code, matter.channel.value, matter.subject.strip()[:200], matter.account_id.strip())
    if (found.class_code, found.channel, found.subject, found.account_id) != sent:
        raise RequestKeyTaken
    return row_of(found)


def _request_key(actor: Actor, name: str) -> str:
    return f"{actor.staff_id}:{name}"


def _create(**values: object) -> Ticket:
    try:
        with transaction.atomic():
            return Ticket.objects.create(**values)
    except IntegrityError as error:
        raise RequestKeyTaken from error


def complete_task(
    *, actor: Actor, number: int, task: str, data: Mapping[str, object], seen: int, now: dt.datetime
) -> TicketRow:
    """Complete a task of a ticket.

    Args:
        actor: who completes it.
        number: of the ticket.
        task: id of the task; ``data`` its form.
        seen: number of the chain's last event as the actor saw it.
        now: the instant, with its zone.

    Raises:
        RightMissing, TicketUnknown: the actor sees no such ticket.
        StaleInstance, RoleMissing, FormRefused, DutiesNotSeparated, RequirementUnmet, TaskNotOpen, NotRunning: as the
            workflow says.
    """
    ticket = seen_ticket(actor, number)
    return _step(ticket, workflow.complete, actor=actor, seen=seen, now=now, task=task, data=data)


def remind(*, actor: Actor, number: int, words: str, now: dt.datetime) -> TicketRow:
    """Note that the customer asked again; repeated calls move the ticket up.

    Raises:
        RightMissing, TicketUnknown: the actor sees no such ticket, or may take none down.
    """
    actor.require(Right.REGISTER_TICKETS)
    return _remind(seen_ticket(actor, number), words, actor=actor, now=now)


def supervise(*, actor: Actor, number: int, words: str, now: dt.datetime) -> TicketRow:
    """Watch a ticket from above (督办): it stands first in the inbox, and says why.

    Raises:
        RightMissing, TicketUnknown: what the names say.
        WordsMissing: without a reason.
    """
    actor.require(Right.SUPERVISE_TICKETS)
    ticket = seen_ticket(actor, number)
    if not words.strip():
        raise WordsMissing
    since = ticket.supervised_at or now
    return _note(ticket, "supervised", words, actor=actor, now=now, supervised_at=since)


def comment(*, actor: Actor, number: int, words: str, now: dt.datetime) -> None:
    """Add a comment to a ticket.

    Raises:
        RightMissing, TicketUnknown: what the names say.
        WordsMissing: without words.
    """
    ticket = seen_ticket(actor, number)
    if not words.strip():
        raise WordsMissing
    _note(ticket, "comment", words, actor=actor, now=now)


def add_place(*, actor: Actor, number: int, place: str, contact: str, now: dt.datetime) -> TicketRow:
    """Add where a matter is, and whom to call, as the customer says it later; what is known already stays.

    Raises:
        RightMissing, TicketUnknown: the actor sees no such ticket, or may take none down.
    """
    actor.require(Right.REGISTER_TICKETS)
    ticket = seen_ticket(actor, number)
    known = {"place": ticket.place or place.strip()[:200], "contact": ticket.contact or contact.strip()[:64]}
    # The telephone stands in its own field, which is shown for the ticket's sake only.
    return _note(ticket, "comment", place.strip() or text("tickets.contact"), actor=actor, now=now, **known)


def set_appointment(*, actor: Actor, number: int, at: dt.datetime, now: dt.datetime) -> TicketRow:
    """Agree with the customer when somebody comes; a later one takes its place, both stay in the history.

    Raises:
        RightMissing, TicketUnknown: what the names say.
        AppointmentPast: ``at`` is not after ``now``.
    """
    ticket = seen_ticket(actor, number)
    if at <= now:
        raise AppointmentPast
    said = f"{at.astimezone(AROUND.calendar.zone):%Y-%m-%d %H:%M}"
    return _note(ticket, "appointment", said, actor=actor, now=now, appointment_at=at)


def merge_ticket(*, actor: Actor, number: int, into: str, seen: int, now: dt.datetime) -> TicketRow:
    """End a ticket because another goes on with the same matter.

    Args:
        actor: who merges, with a role that may end tickets.
        number: of the ticket that ends.
        into: number people quote of the one that goes on.
        seen: number of the chain's last event as the actor saw it.
        now: the instant, with its zone.

    Raises:
        RightMissing, TicketUnknown, RoleMissing, StaleInstance, NotRunning: what the names say.
        CannotMerge: the other is this one, is over, or is none the actor sees.
    """
    ticket = seen_ticket(actor, number)
    other = Ticket.objects.seen_by(actor).filter(ticket_no=into, closed_at=None).exclude(pk=number).first()
    if other is None:
        raise CannotMerge(into)
    with transaction.atomic():
        _step(ticket, workflow.cancel, actor=actor, seen=seen, now=now, reason=f"→ {other.ticket_no}")
        _remind(other, ticket.ticket_no, actor=actor, now=now)
        return _note(ticket, "merged", other.ticket_no, actor=actor, now=now, merged_into=other)


def cancel_ticket(*, actor: Actor, number: int, reason: str, seen: int, now: dt.datetime) -> TicketRow:
    """End a ticket before its end, with a reason.

    Raises:
        RightMissing, TicketUnknown, RoleMissing, StaleInstance, NotRunning: what the names say.
        WordsMissing: without a reason.
    """
    ticket = seen_ticket(actor, number)
    if not reason.strip():
        raise WordsMissing
    return _step(ticket, workflow.cancel, actor=actor, seen=seen, now=now, reason=reason.strip())


def advance_tickets(*, now: dt.datetime) -> int:
    """Let time arrive at every open ticket: timers of its chain, and whoever has to know of it by now.

    Returns:
        How many something happened to.
    """
    moved = 0
    for number in list(Ticket.objects.filter(status="running").values_list("pk", flat=True)):
        try:
            moved += advance_ticket(number=number, now=now)
        except StaleInstance:
            # Somebody acted on it at this moment; the next look finds it as it is then.
            log.info("tickets.advance.stale", extra={"ticket": number})
    return moved


def advance_ticket(*, number: int, now: dt.datetime) -> bool:
    """Let time arrive at one ticket; one that is over or stands still stays as it is.

    Returns:
        Whether something happened to it.

    Raises:
        StaleInstance: somebody else was faster; nothing was kept.
    """
    with transaction.atomic():
        ticket = Ticket.objects.get(pk=number)
        if ticket.status != "running":
            return False
        definition, instance = STORE.load(number)
        step = workflow.advance(definition=definition, instance=instance, now=now, around=AROUND)
        if step.events:
            keep_step(ticket, step, now=now)
            ticket = Ticket.objects.get(pk=number)
        return _escalate(ticket, now=now) or bool(step.events)


def _escalate(ticket: Ticket, *, now: dt.datetime) -> bool:
    """Move a ticket up where it is due; it never moves down by itself."""
    if ticket.closed_at is not None:
        return False
    rule = escalation_rule(on=day_of(now))
    since = now - dt.timedelta(hours=rule.repeat_hours)
    calls = 1 + ticket.events.filter(kind="reminder", made_at__gt=since).count()
    if ticket.account_id:
        same = Q(account_id=ticket.account_id, class_code=ticket.class_code, registered_at__gt=since)
        calls += Ticket.objects.filter(same).exclude(pk=ticket.pk).count()
    level = escalation_of(
        registered_at=ticket.registered_at,
        due=None if ticket.replied_at else ticket.promise_due_at,
        now=now,
        calls=calls,
        words=f"{ticket.subject} {ticket.words}",
        rule=rule,
    )
    if level <= ticket.escalation:
        return False
    # One statement: of two workers that look at once, one tells.
    if not Ticket.objects.filter(pk=ticket.pk, escalation=ticket.escalation).update(escalation=int(level)):
        return False
    TicketEvent.objects.create(ticket=ticket, kind="escalated", words=Escalation(level).name, made_at=now)
    return True


def _step(
    ticket: Ticket, move: Callable[..., Step], *, actor: Actor, seen: int, now: dt.datetime, **given: object
) -> TicketRow:
    """Move a ticket along its chain, and keep what came of it."""
    with transaction.atomic():
        definition, instance = STORE.load(ticket.pk)
        around = {"by": chain_actor(actor), "now": now, "seen": seen, "around": AROUND}
        keep_step(ticket, move(definition=definition, instance=instance, **around, **given), now=now)
    return row_of(Ticket.objects.get(pk=ticket.pk))


def _remind(ticket: Ticket, words: str, *, actor: Actor, now: dt.datetime) -> TicketRow:
    with transaction.atomic():
        _note(ticket, "reminder", words, actor=actor, now=now, reminders=ticket.reminders + 1)
        _escalate(ticket, now=now)
    return row_of(Ticket.objects.get(pk=ticket.pk))


def _note(ticket: Ticket, kind: str, words: str, *, actor: Actor, now: dt.datetime, **changed: object) -> TicketRow:
    """Write down what happened beside the chain, together with what it changed of the ticket."""
    with transaction.atomic():
        for name, value in changed.items():
            setattr(ticket, name, value)
        ticket.save(update_fields=list(changed))
        TicketEvent.objects.create(
            ticket=ticket,
            kind=kind,
            words=words.strip()[:LONGEST_WORDS],
            made_at=now,
            by_id=str(actor.staff_id),
            by_name=actor.name,
        )
    return row_of(Ticket.objects.get(pk=ticket.pk))
