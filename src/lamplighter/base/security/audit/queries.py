"""Reads of the trail: the audit administrator's whole list, and what the security administrator follows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from lamplighter.base.desk.listing import Ask, Listing, Part, one_of
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.audit.records import SECURITY_ACTS, Act, Outcome
from lamplighter.base.security.scope import ScopedQuerySet


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the record, as it was and as it is; None where there was or is none."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class TrailRow:
    """An entry in a list, see `records.Entry`."""

    number: int
    at: dt.datetime
    staff_id: int | None
    staff_name: str
    unit_id: str
    origin: str
    act: str
    outcome: str
    kind: str
    subject: str
    changes: tuple[FieldChange, ...]
    purpose: str
    note: str
    hash: str


def list_trail(*, actor: Actor, ask: Ask) -> Part[TrailRow]:
    """Return a page of the trail of the actor's unit.

    Raises:
        RightMissing: the actor may not read the trail.
    """
    actor.require(Right.SEE_AUDIT)
    return _listing(tuple(Act)).answer(_visible(actor), ask)


def stream_trail(*, actor: Actor, ask: Ask) -> Iterator[TrailRow]:
    """Return every entry that was asked for, one after the other.

    Raises:
        RightMissing: the actor may not read the trail.
    """
    actor.require(Right.SEE_AUDIT)
    return _listing(tuple(Act)).stream(_visible(actor), ask)


def list_security(*, actor: Actor, ask: Ask) -> Part[TrailRow]:
    """Return a page of unmaskings, exports, lock-outs and refusals of the actor's unit.

    Raises:
        RightMissing: the actor may not follow them.
    """
    actor.require(Right.SEE_SECURITY)
    return _listing(SECURITY_ACTS).answer(_visible(actor).filter(act__in=SECURITY_ACTS), ask)


def stream_security(*, actor: Actor, ask: Ask) -> Iterator[TrailRow]:
    """Return every entry `list_security` has, one after the other.

    Raises:
        RightMissing: the actor may not follow them.
    """
    actor.require(Right.SEE_SECURITY)
    return _listing(SECURITY_ACTS).stream(_visible(actor).filter(act__in=SECURITY_ACTS), ask)


def count_acts(*, staff_id: int, act: Act, since: dt.datetime) -> int:
    """Return how often a person did something since an instant."""
    return Entry.objects.filter(staff_id=staff_id, act=act, outcome=Outcome.DONE, at__gte=since).count()


def was_said_since(*, act: Act, kind: str, subject: str, since: dt.datetime, staff_id: int | None = None) -> bool:
    """Say whether something was recorded of a record since an instant: what repeats by the second is said once.

    Args:
        act, kind, subject: what, of which record.
        since: the instant.
        staff_id: only what this person did; None = whoever.
    """
    said = Entry.objects.filter(kind=kind, subject=subject, act=act, at__gte=since)
    return (said if staff_id is None else said.filter(staff_id=staff_id)).exists()


def _visible(actor: Actor) -> ScopedQuerySet:
    # What programs and strangers did belongs to no unit: whoever has the whole company sees it.
    if actor.unit_id and actor.level is Level.PROVINCE:
        return Entry.objects.filter(province_id__in=["", actor.unit_id])
    return Entry.objects.seen_by(actor)


def _listing(acts: Sequence[Act]) -> Listing[TrailRow]:
    return Listing(
        record=_row,
        order=("-number",),
        sorts={"number": "number", "at": "at", "who": "staff_name", "act": "act", "origin": "origin"},
        filters={
            "act": one_of("act", [act.value for act in acts]),
            "outcome": one_of("outcome", [outcome.value for outcome in Outcome]),
            "from": _day("at__gte", days=0),
            "until": _day("at__lt", days=1),
        },
        searched=("staff_name", "kind"),
        searched_whole=("subject", "origin"),
    )


def _day(name: str, *, days: int) -> Callable[[str], Q | None]:
    def condition(value: str) -> Q | None:
        try:
            on = dt.date.fromisoformat(value) + dt.timedelta(days=days)
        except (ValueError, OverflowError):
            return None
        return Q(**{name: dt.datetime.combine(on, dt.time(), dt.UTC)})

    return condition


def _row(row: Entry) -> TrailRow:
    before, after = (json.loads(side) if side else {} for side in (row.before, row.after))
    names = sorted({*before, *after})
    return TrailRow(
        number=row.number,
        at=row.at,
        staff_id=row.staff_id,
        staff_name=row.staff_name,
        unit_id=row.station_id,
        origin=row.origin,
        act=row.act,
        outcome=row.outcome,
        kind=row.kind,
        subject=row.subject,
        changes=tuple(FieldChange(name, before.get(name), after.get(name)) for name in names),
        purpose=row.purpose,
        note=row.note,
        hash=row.hash,
    )
