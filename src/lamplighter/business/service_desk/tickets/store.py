"""Where tickets are kept, and what of their chains lists show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from django.db import transaction

from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.workflow.desk.people import names_of
from lamplighter.business.workflow.desk.rows import RowStore
from lamplighter.business.workflow.instances import EventKind, Instance, Status, Step
from lamplighter.business.workflow.stores import save

STORE: Final = RowStore(name="ticket", rows=Ticket, events=TicketEvent, subject="ticket")
REPLIES: Final = ("reply", "tell_result", "restore", "energise")
"""Tasks by which the customer has what was promised."""
_CALLED_BACK: Final = "revisit"


def keep_step(ticket: Ticket, step: Step, *, now: dt.datetime) -> None:
    """Keep what an operation came to, and draw from it what lists show.

    Raises:
        StaleInstance: somebody else was faster; nothing was kept.
    """
    with transaction.atomic():
        save(STORE, step)
        Ticket.objects.filter(pk=ticket.pk).update(**_columns(ticket, step, now=now))


def _columns(ticket: Ticket, step: Step, *, now: dt.datetime) -> Mapping[str, object]:
    instance = step.instance
    done = {event.element: event for event in step.events if event.kind is EventKind.COMPLETED}
    found: dict[str, object] = {"state": instance.state, "status": instance.status.value}
    replied_at = ticket.replied_at
    if replied_at is None and any(task in done for task in REPLIES):
        replied_at = now
        found["replied_at"] = now
    if _CALLED_BACK in done:
        said = done[_CALLED_BACK].data
        found |= {"satisfaction": str(said.get("satisfaction") or ""), "is_solved": said.get("is_solved")}
        if "handle" in instance.opened or "restore" in instance.opened:
            found["reopened"] = ticket.reopened + 1
    if "team" in instance.data:
        found["team"] = str(instance.data["team"])[:200]
    people = names_of(person for held in instance.duties.values() for person in held)
    found["handler"] = ", ".join(people.get(each, each) for each in instance.duties.get("handler", ()))[:300]
    found["due_at"] = next_due(instance, None if replied_at else ticket.promise_due_at)
    found["closed_at"] = None if instance.status in (Status.RUNNING, Status.SUSPENDED) else now
    return found


def next_due(instance: Instance, promise: dt.datetime | None) -> dt.datetime | None:
    """Return the earliest of the promise and the deadlines of what is open; None where nothing runs."""
    if instance.status is not Status.RUNNING:
        return None
    due = [opened.due_at for opened in instance.opened.values() if opened.due_at is not None]
    return min([*due, *([promise] if promise else [])], default=None)
