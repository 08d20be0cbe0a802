"""The one way into the audit trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import connection, transaction

from lamplighter.base.security import models as security
from lamplighter.base.security.actor import Actor, UnitPath
from lamplighter.base.security.audit import models, records
from lamplighter.base.security.audit.records import Act, Outcome
from lamplighter.base.security.audit.rules import ORIGIN, canonical, hash_entry

_LOCK: Final = 0x6C616D70
"""Number of the lock that PostgreSQL's writers of the trail wait for; SQLite has one writer anyhow."""
_PROGRAM: Final = "program"
_NOWHERE: Final = UnitPath("", "", "", "")


@dataclass(frozen=True, slots=True)
class Standing:
    """On whose behalf and from where the code that runs was called.

    Args:
        origin: an address, ``cli``, ``job 17``.
        actor: gives the person, None where nobody is logged in; asked only when an entry is written.
    """

    origin: str
    actor: Callable[[], Actor | None]


_standing: ContextVar[Standing | None] = ContextVar("standing", default=None)


@contextmanager
def standing(origin: str, actor: Callable[[], Actor | None] = lambda: None) -> Iterator[None]:
    """Say from where, and on whose behalf, everything within is done: a door opens this once a request."""
    token = _standing.set(Standing(origin[:64], actor))
    try:
        yield
    finally:
        _standing.reset(token)


def current_standing() -> Standing:
    """Return from where and for whom the code that runs was called."""
    return _standing.get() or Standing(_PROGRAM, lambda: None)


def record(
    *,
    act: Act,
    by: Actor | None,
    now: dt.datetime,
    kind: str = "",
    subject: object = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    purpose: str = "",
    note: str = "",
    outcome: Outcome = Outcome.DONE,
) -> int:
    """Add an entry and return its number; it stands or falls with the transaction around it.

    Args:
        act: what is done.
        by: who does it; None = nobody who is logged in, or a program.
        now: when, with its zone.
        kind: kind of record it is done to.
        subject: number of that record.
        before: fields as they were, personal ones masked (`rules.changed_fields`).
        after: fields as they are.
        purpose: code of a purpose.
        note: what the person wrote.
        outcome: how it ended.
    """
    with transaction.atomic():
        lock_trail()
        last = models.Entry.objects.order_by("-number").values_list("number", "hash").first()
        path = _path(by)
        bare = records.Entry(
            number=last[0] + 1 if last else 1,
            at=now,
            staff_id=by.staff_id if by else None,
            staff_name=by.name if by else "",
            province_id=path.province_id,
            city_id=path.city_id,
            county_id=path.county_id,
            station_id=path.station_id,
            origin=current_standing().origin,
            act=act.value,
            outcome=outcome.value,
            kind=kind,
            subject=str(subject),
            before=canonical(before),
            after=canonical(after),
            purpose=purpose,
            note=note,
            previous=last[1] if last else ORIGIN,
            hash="",
        )
        entry = replace(bare, hash=hash_entry(bare))
        models.Entry.objects.create(**{name: getattr(entry, name) for name in records.Entry.__slots__})
    return entry.number


def lock_trail() -> None:
    """Wait until no other transaction adds to the trail; held to the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _path(by: Actor | None) -> UnitPath:
    unit = security.Unit.objects.filter(pk=by.unit_id).first() if by and by.unit_id else None
    return unit.path if unit else _NOWHERE
