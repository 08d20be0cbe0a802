"""Which items the rubric judges and which people judge alone: proposed from double ratings, released by a person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Unit
from lamplighter.business.service_desk.contacts.agreement import Agreement
from lamplighter.business.service_desk.contacts.figures import ItemAgreement
from lamplighter.business.service_desk.contacts.models import JudgingRelease
from lamplighter.business.service_desk.contacts.records import practice
from lamplighter.business.service_desk.quality.people import leave_to_people
from lamplighter.business.service_desk.quality.record_rubric import every_item
from lamplighter.business.service_desk.quality.records import Score
from lamplighter.business.service_desk.quality.rubric import Item

KIND = "contacts.release"
_LONGEST = 2000


class ReleaseRefused(LamplighterError):
    """A release is not taken; ``why`` is one of ``contacts.release.refused``."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(text(f"contacts.release.refused.{why}"))


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the agreement on an item says about who should judge it.

    Attributes:
        item: its code.
        is_by_people: people judge it alone now.
        proposed: they should.
        why: code of ``contacts.release.why``: what the proposal rests on.
    """

    item: str
    is_by_people: bool
    proposed: bool
    why: str


@dataclass(frozen=True, slots=True)
class Release:
    """What was released: ``number`` is its version, ``by_people`` what people judge, ``restores`` an earlier one."""

    number: int
    by_people: tuple[str, ...]
    bound: float
    reason: str
    restores: int | None
    by: str
    released_at: dt.datetime


def propose(rows: Sequence[ItemAgreement], *, by_people: Collection[str], bound: float) -> list[Proposal]:
    """Return a proposal for each item, from its agreement.

    Where two persons agree on an item less than the bound, there is no measure the rubric could be held to; where they
    agree and the rubric does not agree with them, it is the rubric that is not ready. Either way people judge. With too
    few pairs, or where kappa cannot be worked out, all stays as it is.

    Args:
        rows: the agreement on each item.
        by_people: items that people judge now.
        bound: least kappa.
    """
    found = []
    for row in rows:
        is_now = row.item in by_people
        why = _why(row, bound)
        proposed = is_now if why in ("too_few", "no_kappa") else why != "enough"
        found.append(Proposal(row.item, is_now, proposed, why))
    return found


def _why(row: ItemAgreement, bound: float) -> str:
    if row.is_too_few(row.persons):
        return "too_few"
    if row.persons.kappa is None:
        return "no_kappa"
    if row.persons.kappa < bound:
        return "persons"
    if not row.is_too_few(row.rubric) and row.rubric.kappa is not None and row.rubric.kappa < bound:
        return "rubric"
    return "enough"


def may_release(actor: Actor) -> bool:
    """Say whether somebody may release: he inspects contacts, for the whole company, whose scores follow."""
    top = Unit.objects.filter(unit_id=actor.unit_id, parent_id="")
    return actor.may(Right.INSPECT_CONTACTS) and bool(actor.unit_id) and top.exists()


def release_at(at: dt.datetime) -> Release | None:
    """Return the release that holds at an instant; None before the first: then the rubric judges all it can."""
    row = JudgingRelease.objects.filter(released_at__lte=at).order_by("-released_at", "-pk").first()
    return _release(row) if row else None


def list_releases(*, actor: Actor, most: int = 20) -> list[Release]:
    """Return the releases, the newest first.

    Raises:
        RightMissing: the actor may not inspect contacts.
    """
    actor.require(Right.INSPECT_CONTACTS)
    return [_release(row) for row in JudgingRelease.objects.order_by("-released_at", "-pk")[:most]]


def _release(row: JudgingRelease) -> Release:
    return Release(row.pk, tuple(row.by_people), row.bound, row.reason, row.restores_id, row.by_name, row.released_at)


def follow(score: Score, release: Release | None, *, items: Mapping[str, Item]) -> Score:
    """Return a score as a release wants it; as it is where there is none."""
    if release is None:
        return score
    return leave_to_people(score, by_people=release.by_people, items=items, release=release.number)


def release(
    *, actor: Actor, by_people: Collection[str], figures: Sequence[ItemAgreement], reason: str, now: dt.datetime
) -> int:
    """Release which items people judge alone; contacts scored from now on follow, earlier scores stay.

    Args:
        actor: who releases.
        by_people: codes of those items.
        figures: the agreement it was decided on, kept with it.
        reason: why.
        now: the instant, with its zone.

    Returns:
        Number of the release.

    Raises:
        RightMissing: he may not inspect contacts.
        ReleaseRefused: he is not of the whole company, gives no reason, names an unknown item, or changes nothing.
    """
    known = {row.item: {"persons": _kept(row.persons), "rubric": _kept(row.rubric)} for row in figures}
    return _release_now(actor=actor, by_people=by_people, figures=known, reason=reason, restores=None, now=now)


def go_back(*, actor: Actor, number: int | None, reason: str, now: dt.datetime) -> int:
    """Release again what an earlier release said; None is the time before the first, when the rubric judged all.

    Raises:
        RightMissing, ReleaseRefused: as of `release`; or there is no such release.
    """
    actor.require(Right.INSPECT_CONTACTS)
    earlier = JudgingRelease.objects.filter(pk=number).first() if number is not None else None
    if number is not None and earlier is None:
        raise ReleaseRefused("unknown")
    return _release_now(
        actor=actor,
        by_people=earlier.by_people if earlier else (),
        figures=earlier.figures if earlier else {},
        reason=reason,
        restores=earlier,
        now=now,
    )


def _release_now(
    *,
    actor: Actor,
    by_people: Collection[str],
    figures: dict[str, dict[str, list[float | None]]],
    reason: str,
    restores: JudgingRelease | None,
    now: dt.datetime,
) -> int:
    actor.require(Right.INSPECT_CONTACTS)
    if not may_release(actor):
        raise ReleaseRefused("not_whole")
    words = reason.strip()[:_LONGEST]
    if not words:
        raise ReleaseRefused("no_reason")
    if not set(by_people) <= set(every_item()):
        raise ReleaseRefused("unknown")
    rules = practice()
    with transaction.atomic():
        # The newest is held until this one stands, so that of two at once the second sees what the first released.
        before = JudgingRelease.objects.select_for_update().order_by("-released_at", "-pk").first()
        if set(by_people) == set(before.by_people if before else ()):
            raise ReleaseRefused("nothing")
        row = JudgingRelease.objects.create(
            by_people=[item for item in every_item() if item in by_people],
            figures=figures,
            bound=rules.least_kappa,
            practice=rules.version,
            reason=words,
            restores=restores,
            by_id=actor.staff_id,
            by_name=actor.name,
            released_at=now,
        )
        after = {"by_people": row.by_people, "bound": row.bound, "restores": restores.pk if restores else None}
        record(act=Act.CREATED, by=actor, now=now, kind=KIND, subject=row.pk, after=after, note=words[:200])
    return row.pk


def _kept(found: Agreement) -> list[float | None]:
    return [found.kappa, found.pairs]
