"""Lessons asked for from coaching cards: what staff training takes up, kept until somebody withdraws them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Staff
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.service_desk.contacts.figures import read_coaching
from lamplighter.business.service_desk.contacts.models import LessonWish

KIND = "contacts.lesson"
_LONGEST = 1000


class LessonState(StrEnum):
    """Where a wish for a lesson stands. Texts stand under ``contacts.lesson.state``."""

    ASKED = "asked"
    WITHDRAWN = "withdrawn"


class LessonRefused(LamplighterError):
    """A lesson cannot be asked for, or withdrawn; ``why`` is one of ``contacts.lesson.refused``."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(text(f"contacts.lesson.refused.{why}"))


@dataclass(frozen=True, slots=True)
class LessonAsked:
    """A lesson that was asked for: the record staff training reads.

    Attributes:
        number: of the wish.
        agent_id, agent_name: whom it is for.
        item: code of the check it is about, such as ``empathy.soothing``.
        count, points: how often he lost it, and what that cost, on the card.
        contacts: numbers of the contacts that were its examples.
        may_withdraw: the reader may withdraw it.
    """

    number: int
    agent_id: int
    agent_name: str
    item: str
    count: int
    points: float
    contacts: tuple[int, ...]
    note: str
    asked_by: str
    asked_at: dt.datetime
    state: LessonState
    closed_at: dt.datetime | None
    may_withdraw: bool


def ask_lesson(*, actor: Actor, agent_id: int, item: str, note: str = "", now: dt.datetime) -> int:
    """Ask for a lesson on an item of an agent's coaching card, and return its number.

    Args:
        actor: the agent himself, or who inspects his unit.
        agent_id: account of the agent.
        item: code of a check that stands on his card.
        note: what it should be about.
        now: the instant, with its zone.

    Raises:
        RightMissing: he may not see contacts.
        LessonRefused: there is no such card or item on it, or the lesson is asked for already.
    """
    card = read_coaching(actor=actor, agent_id=agent_id)
    if card is None:
        raise LessonRefused("no_card")
    lost = next((each for each in card.lost if each.item == item), None)
    staff = Staff.objects.select_related("unit").filter(pk=agent_id).first()
    if lost is None or staff is None or staff.unit is None:
        raise LessonRefused("not_on_card")
    path = staff.unit.path
    try:
        with transaction.atomic():
            row = LessonWish.objects.create(
                agent_id=agent_id,
                agent_name=card.agent_name,
                item=item,
                count=lost.count,
                points=lost.points,
                contacts=[example.number for example in lost.examples],
                note=note.strip()[:_LONGEST],
                asked_by_id=actor.staff_id,
                asked_by_name=actor.name,
                asked_at=now,
                state=LessonState.ASKED,
                **{column: path.at(Level(column.removesuffix("_id"))) for column in UNIT_COLUMNS},
            )
            after = {"agent": agent_id, "item": item}
            record(act=Act.CREATED, by=actor, now=now, kind=KIND, subject=row.pk, after=after, note=row.note[:200])
    except IntegrityError:
        raise LessonRefused("asked_already") from None
    number: int = row.pk
    return number


def withdraw_lesson(*, actor: Actor, number: int, now: dt.datetime) -> None:
    """Withdraw a wish; whoever asked for it may, or who inspects the agent's unit.

    Raises:
        RightMissing: he may not see contacts.
        LessonRefused: he sees no such wish that is still asked for, or may not.
    """
    actor.require(Right.SEE_CONTACTS)
    with transaction.atomic():
        row = _seen(actor).select_for_update().filter(pk=number, state=LessonState.ASKED).first()
        if row is None:
            raise LessonRefused("unknown")
        if not _may_withdraw(actor, row):
            raise LessonRefused("not_own")
        row.state, row.closed_at = LessonState.WITHDRAWN, now
        row.save(update_fields=["state", "closed_at"])
        record(act=Act.CHANGED, by=actor, now=now, kind=KIND, subject=number, after={"state": row.state})


def list_lessons(*, actor: Actor, agent_id: int | None = None, most: int = 200) -> list[LessonAsked]:
    """Return the lessons an actor sees that were asked for, open ones first, the newest first.

    Args:
        actor: sees those for himself; who inspects contacts, all of his unit.
        agent_id: only those for one agent.
        most: how many at most.

    Raises:
        RightMissing: he may not see contacts.
    """
    actor.require(Right.SEE_CONTACTS)
    rows = _seen(actor)
    if agent_id is not None:
        rows = rows.filter(agent_id=agent_id)
    return [_asked(row, actor) for row in rows.order_by("state", "-asked_at", "-pk")[:most]]


def _seen(actor: Actor) -> QuerySet[Any]:
    rows: QuerySet[Any] = LessonWish.objects.seen_by(actor)
    return rows if actor.may(Right.INSPECT_CONTACTS) else rows.filter(agent_id=actor.staff_id)


def _may_withdraw(actor: Actor, row: LessonWish) -> bool:
    return row.asked_by_id == actor.staff_id or actor.may(Right.INSPECT_CONTACTS)


def _asked(row: LessonWish, actor: Actor) -> LessonAsked:
    return LessonAsked(
        row.pk,
        row.agent_id,
        row.agent_name,
        row.item,
        row.count,
        row.points,
        tuple(row.contacts),
        row.note,
        row.asked_by_name,
        row.asked_at,
        LessonState(row.state),
        row.closed_at,
        row.state == LessonState.ASKED and _may_withdraw(actor, row),
    )
