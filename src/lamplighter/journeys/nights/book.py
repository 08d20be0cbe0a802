"""The book of nights: which one is due, begun, closed or missed. One row a night, so that no two workers begin it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction

from lamplighter.base.desk.models import Load, MissedNight, Night, newest_load
from lamplighter.journeys.nights.schedule import Schedule

RUNNING, CLOSED, FAILED = "running", "closed", "failed"


@dataclass(frozen=True, slots=True)
class NightState:
    """How the newest nights went, for pages and commands.

    Attributes:
        schedule: when nights are due.
        due_on: the night that was due last; None on a desk that was not there then.
        next_at: when the next one is due.
        night: its row; None while it was not begun.
        missed: nights missed and not closed since, the newest first.
    """

    schedule: Schedule
    due_on: dt.date | None
    next_at: dt.datetime
    night: Night | None
    missed: tuple[MissedNight, ...]


def read_nights(schedule: Schedule, *, now: dt.datetime) -> NightState | None:
    """Return how the newest nights went; None on a desk that was never loaded."""
    load = newest_load()
    if load is None:
        return None
    due_on = _due_on(schedule, now=now, zone=load.timezone)
    newest = schedule.newest_due(now, zone=load.timezone)
    return NightState(
        schedule=schedule,
        due_on=due_on,
        next_at=schedule.run_instant(newest + dt.timedelta(days=1), zone=load.timezone),
        night=Night.objects.filter(due_on=newest).first(),
        missed=tuple(MissedNight.objects.filter(closed_at=None).order_by("-due_on")),
    )


def _due_on(schedule: Schedule, *, now: dt.datetime, zone: str) -> dt.date | None:
    """Return the night that was due last; None where the desk was first loaded after it was due."""
    newest = schedule.newest_due(now, zone=zone)
    first = Load.objects.order_by("pk").first()
    due = first is not None and first.loaded_at <= schedule.run_instant(newest, zone=zone)
    return newest if due else None


def claim_night(schedule: Schedule, *, now: dt.datetime) -> Night | None:
    """Take the night that is due for oneself; None where none is, or another has it.

    A night that failed may be taken again after a while, a few times. One that is closed is never taken again.
    """
    load = newest_load()
    due_on = None if load is None else _due_on(schedule, now=now, zone=load.timezone)
    if due_on is None or not schedule.is_on:
        return None
    with transaction.atomic():
        first = {"state": RUNNING, "begun_at": now, "attempt": 1, "by": "schedule"}
        night, is_new = Night.objects.get_or_create(due_on=due_on, defaults=first)
        if is_new:
            return night
        waited = now - dt.timedelta(minutes=schedule.retry_minutes)
        # One statement: of two workers who look at once, the second finds it running.
        again = Night.objects.filter(
            pk=night.pk, state=FAILED, begun_at__lte=waited, attempt=night.attempt, attempt__lt=schedule.most_attempts
        ).update(state=RUNNING, begun_at=now, attempt=night.attempt + 1, failure="")
    return Night.objects.get(pk=night.pk) if again else None


def begin_night(schedule: Schedule, *, now: dt.datetime, zone: str) -> Night:
    """Begin the night that was due last by hand, closed or not: days that are worked are not owed again."""
    due_on = schedule.newest_due(now, zone=zone)
    night, is_new = Night.objects.get_or_create(
        due_on=due_on, defaults={"state": RUNNING, "begun_at": now, "by": "command"}
    )
    if not is_new:
        night.done = {}
        night.state, night.begun_at, night.failure, night.by = RUNNING, now, "", "command"
        night.save(update_fields=["state", "begun_at", "failure", "by", "done"])
    return night


def close_night(night: Night, *, now: dt.datetime) -> None:
    """Write that everything of a night is on the desk; the alarm about it, and about earlier ones, is over."""
    night.state, night.closed_at, night.failure = CLOSED, now, ""
    night.save(update_fields=["state", "closed_at", "failure", "done"])
    # A night works whatever is owed, so it makes up for those before it.
    MissedNight.objects.filter(closed_at=None, due_on__lte=night.due_on).update(closed_at=now)


def fail_night(night: Night, why: str) -> None:
    """Write why a night ended before its end."""
    night.state, night.failure = FAILED, why
    night.save(update_fields=["state", "failure", "done"])


def note_missed(schedule: Schedule, *, now: dt.datetime) -> MissedNight | None:
    """Put the night that was due last on record as missed where it is not closed by the hour of the alarm.

    Returns:
        The row where it is a new one.
    """
    load = newest_load()
    due_on = None if load is None else _due_on(schedule, now=now, zone=load.timezone)
    if load is None or due_on is None or now < schedule.alarm_instant(due_on, zone=load.timezone):
        return None
    if Night.objects.filter(due_on=due_on, state=CLOSED).exists():
        return None
    missed, is_new = MissedNight.objects.get_or_create(due_on=due_on, defaults={"noticed_at": now})
    return missed if is_new else None
