"""Appraisals: the figures of a unit and period as issued, and the appeals against them, decided by somebody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Unit
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.kpi.models import Appeal, Appraisal
from lamplighter.business.kpi.queries import Shown, read_figures
from lamplighter.business.kpi.records import Period
from lamplighter.business.kpi.rules.definitions import KpiSettings
from lamplighter.business.network.desk_queries import FoundUnit
from lamplighter.business.workflow.company_days import day_of

LONGEST_WORDS = 2_000


class AppraisalUnknown(LamplighterError):
    """There is no such appraisal, figure or appeal among those the actor sees."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.appraisal_unknown"))


class WordsMissing(LamplighterError):
    """An appeal or its answer without words."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.words_missing"))


class PeriodRunning(LamplighterError):
    """A period that is not over is not appraised: its figures still change."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.period_running"))


class DecidedAlready(LamplighterError):
    """An appeal was decided before."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.decided_already"))


class OwnAppeal(LamplighterError):
    """Who appeals does not decide."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.own_appeal"))


@dataclass(frozen=True, slots=True)
class AppealRow:
    """An appeal as pages show it; ``is_upheld`` is None before it is decided, ``may_decide`` whether the reader may."""

    number: int
    code: str
    words: str
    made_at: dt.datetime
    by_name: str
    is_upheld: bool | None
    answer: str
    decided_at: dt.datetime | None
    decided_by: str
    may_decide: bool


@dataclass(frozen=True, slots=True)
class AppraisalRow:
    """An appraisal as pages show it, see ``Appraisal``."""

    number: int
    unit_id: str
    unit_name: str
    period: Period
    figures: Sequence[Mapping[str, Any]]
    issued_at: dt.datetime
    by_name: str
    appeals: Sequence[AppealRow]


def issue_appraisal(
    *, actor: Actor, unit: FoundUnit, period: Period, settings: KpiSettings, now: dt.datetime
) -> AppraisalRow:
    """Keep the figures of a unit and period as they are now; the same asked for twice is issued once.

    Args:
        actor: who issues it.
        unit: one he sees.
        period: months that are over.
        settings: definitions and targets.
        now: the instant, with its zone.

    Raises:
        RightMissing: the actor does not supervise.
        PeriodRunning: what the name says.
    """
    actor.require(Right.SUPERVISE_TICKETS)
    if period.last >= day_of(now).replace(day=1):
        raise PeriodRunning
    shown = read_figures(actor=actor, unit=unit, period=period, settings=settings)
    with transaction.atomic():
        same = {"unit_id": unit.unit_id, "first": period.first, "last": period.last}
        kept = Appraisal.objects.filter(**same).first()
        if kept is None:
            path = Unit.objects.get(pk=unit.unit_id).path
            kept = Appraisal.objects.create(
                **same,
                unit_name=unit.name,
                figures=[_frozen(each) | {"guards": [_frozen(guard) for guard in each.guards]} for each in shown],
                issued_at=now,
                by_id=str(actor.staff_id),
                by_name=actor.name,
                **{column: getattr(path, column) for column in UNIT_COLUMNS},
            )
            record(
                act=Act.CREATED, by=actor, now=now, kind="kpi.appraisal", subject=kept.pk, after={"period": period.text}
            )
    return _row(kept, actor)


def list_appraisals(*, actor: Actor) -> list[AppraisalRow]:
    """Return the appraisals of the actor's unit and those below, the newest period first.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = Appraisal.objects.seen_by(actor).prefetch_related("appeals").order_by("-last", "-first", "unit_name")
    return [_row(each, actor) for each in rows[:200]]


def find_appraisal(*, actor: Actor, number: int) -> AppraisalRow | None:
    """Return an appraisal the actor sees; None where there is none.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    found = Appraisal.objects.seen_by(actor).filter(pk=number).first()
    return None if found is None else _row(found, actor)


def appeal(*, actor: Actor, number: int, code: str, words: str, now: dt.datetime) -> None:
    """Hold that a figure of an appraisal is wrong, and say why.

    Raises:
        RightMissing: the actor may not see figures.
        AppraisalUnknown, WordsMissing: what the names say.
    """
    actor.require(Right.SEE_FIGURES)
    found = Appraisal.objects.seen_by(actor).filter(pk=number).first()
    if found is None or code not in {each["code"] for each in found.figures}:
        raise AppraisalUnknown
    if not words.strip():
        raise WordsMissing
    made = Appeal.objects.create(
        appraisal=found,
        code=code,
        words=words.strip()[:LONGEST_WORDS],
        made_at=now,
        by_id=str(actor.staff_id),
        by_name=actor.name,
    )
    record(act=Act.CREATED, by=actor, now=now, kind="kpi.appeal", subject=made.pk, after={"code": code})


def decide_appeal(*, actor: Actor, number: int, is_upheld: bool, answer: str, now: dt.datetime) -> int:
    """Uphold or refuse an appeal, with a reason, and return the number of the appraisal.

    The figure stays as it was issued; that it was appealed, and with what end, stands beside it for good.

    Raises:
        RightMissing: the actor does not supervise.
        AppraisalUnknown, WordsMissing, OwnAppeal, DecidedAlready: what the names say.
    """
    actor.require(Right.SUPERVISE_TICKETS)
    seen = Appraisal.objects.seen_by(actor)
    found = Appeal.objects.filter(pk=number, appraisal__in=seen).first()
    if found is None:
        raise AppraisalUnknown
    if found.by_id == str(actor.staff_id):
        raise OwnAppeal
    if not answer.strip():
        raise WordsMissing
    decided = {"is_upheld": is_upheld, "answer": answer.strip()[:LONGEST_WORDS], "decided_at": now}
    # One statement: of two who decide at once, one comes second.
    if not Appeal.objects.filter(pk=number, is_upheld=None).update(**decided, decided_by=actor.name):
        raise DecidedAlready
    record(act=Act.CHANGED, by=actor, now=now, kind="kpi.appeal", subject=number, after={"is_upheld": is_upheld})
    return found.appraisal_id


def _frozen(shown: Shown) -> dict[str, Any]:
    of = shown.definition
    return {
        "code": of.code,
        "key": of.key,
        "kind": of.kind.value,
        "better": of.better.value,
        "target": of.target,
        "parameters": dict(of.parameters),
        "valid_from": of.valid_from.isoformat(),
        "no_data": of.no_data,
        "figure": asdict(shown.figure),
        "before": shown.before.value,
        "is_met": shown.is_met,
    }


def _row(kept: Appraisal, actor: Actor) -> AppraisalRow:
    may = actor.may(Right.SUPERVISE_TICKETS)
    return AppraisalRow(
        number=kept.pk,
        unit_id=kept.unit_id,
        unit_name=kept.unit_name,
        period=Period(kept.first, kept.last),
        figures=kept.figures,
        issued_at=kept.issued_at,
        by_name=kept.by_name,
        appeals=[
            AppealRow(
                number=each.pk,
                code=each.code,
                words=each.words,
                made_at=each.made_at,
                by_name=each.by_name,
                is_upheld=each.is_upheld,
                answer=each.answer,
                decided_at=each.decided_at,
                decided_by=each.decided_by,
                may_decide=may and each.is_upheld is None and each.by_id != str(actor.staff_id),
            )
            for each in kept.appeals.order_by("pk")
        ],
    )
