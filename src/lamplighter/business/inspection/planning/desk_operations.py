"""What a leader does to crews and plans on the desk. Little is refused: what a change breaks is said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.db import transaction

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Unit
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.detection.desk_queries import dismissed_accounts
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.planning.desk_rows import (
    crew_to_json,
    crews_of,
    desk_settings,
    draft_of,
    note_to_json,
    plan_of,
    suspicion_of,
)
from lamplighter.business.inspection.planning.files import read_crews
from lamplighter.business.inspection.planning.making import (
    insert_stop,
    lock_stop,
    make_plan,
    move_stop,
    remove_stop,
)
from lamplighter.business.inspection.planning.models import (
    AreaPlace,
    CrewEntry,
    CrewMember,
    DayPlan,
    PlanVisit,
    VisitCandidate,
    VisitNote,
)
from lamplighter.business.inspection.planning.records import Crew, Danger, Plan, Why
from lamplighter.business.inspection.planning.settings import default_plan_settings
from lamplighter.business.network.desk_queries import FoundArea, find_area

LAST = 10**6
"""A place behind every stop."""
WAITING_FOR_A_VISIT = ("APPROVED", "NO_ACCESS")
"""States of a case whose next step is on site: its visit was approved, and goes into every plan until it is made."""


class NothingToPlan(LamplighterError):
    """No list of a night, or no crew, has reached the unit."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(text(f"visit_desk.nothing.{what}"))


class PlanNotFound(LamplighterError):
    """There is no such plan, crew or visit in the actor's unit."""

    def __init__(self) -> None:
        super().__init__(text("visit_desk.not_found"))


class PlanChangedMeanwhile(LamplighterError):
    """Somebody else changed the plan after it was read; nothing was done."""

    def __init__(self, *, by: str) -> None:
        self.by = by
        super().__init__(text("visit_desk.changed", by=by))


class Change(StrEnum):
    """What is done to a visit of a plan."""

    UP = "up"
    DOWN = "down"
    GIVE = "give"
    """To another crew, or, where it has no stop, to a first one."""
    REMOVE = "remove"
    LOCK = "lock"
    UNLOCK = "unlock"


def import_crews(*, actor: Actor, path: Path) -> tuple[str, ...]:
    """Take the crews of a file for the actor's unit; one of the same name is replaced. Return their names.

    Raises:
        RightMissing, PlanFileMissing, PlanFileFaulty, SourceUnreadable: as they say; nothing is taken.
    """
    actor.require(Right.PLAN_VISITS)
    bases = bases_of(actor)
    crews = read_crews(path, base_of=bases.get)
    home = _units_of(actor)
    with transaction.atomic():
        for crew in crews:
            CrewEntry.objects.filter(unit_id=actor.unit_id, name=crew.crew_id).delete()
            _write_crew(crew, unit_id=actor.unit_id, units=home, base=_middle(bases.values()))
    return tuple(crew.crew_id for crew in crews)


def remove_crew(*, actor: Actor, number: int) -> None:
    """Take a crew off the list; plans made with it stay as they are.

    Raises:
        RightMissing, PlanNotFound: as they say.
    """
    actor.require(Right.PLAN_VISITS)
    found = CrewEntry.objects.seen_by(actor).filter(pk=number).first()
    if found is None:
        raise PlanNotFound
    found.delete()


def make_day_plan(*, actor: Actor, on: dt.date, version: int, visit_yuan: float, now: dt.datetime) -> int:
    """Make the plan of the actor's unit for a day, or make it anew around its locked stops; return its number.

    Args:
        actor: who.
        on: day of the visits.
        version: of the plan he saw; 0 = there was none.
        visit_yuan: flat cost of a visit the list has taken off.
        now: instant, aware.

    Raises:
        RightMissing, NothingToPlan, PlanChangedMeanwhile: as they say.
    """
    actor.require(Right.PLAN_VISITS)
    with transaction.atomic():
        row = DayPlan.objects.select_for_update().filter(unit_id=actor.unit_id, on_date=on).first()
        _must_be_seen(row, version)
        crews = crews_of(CrewEntry.objects.seen_by(actor).order_by("name", "pk"))
        waiting = Case.objects.seen_by(actor).filter(closed_at=None, state__in=WAITING_FOR_A_VISIT)
        approved = {case.account_id: case for case in waiting}
        candidates = _candidates(actor)
        candidates += _off_the_list(actor, approved, candidates)
        if not crews or not candidates:
            raise NothingToPlan("list" if crews else "crews")
        before = list(row.visits.filter(crew__gt="", is_locked=True)) if row else []
        removed = set(row.visits.filter(why=Why.REMOVED).values_list("account_id", flat=True)) if row else set()
        if row is None:
            row = DayPlan(unit_id=actor.unit_id, on_date=on, version=0, **_units_of(actor))
        row.as_of_on = candidates[0].as_of_on
        row.crews = [crew_to_json(crew) for crew in crews]
        row.visit_yuan = visit_yuan
        notes = {note.account_id: note for note in VisitNote.objects.seen_by(actor)}
        visits = [
            _visit(each, notes.get(each.account_id), is_approved=each.account_id in approved) for each in candidates
        ]
        draft = draft_of(row, visits)
        plan = make_plan(
            draft=draft,
            settings=desk_settings(on=on),
            # A crew that cannot go any more, or a danger said since, frees the stop: it then stands with its reason.
            locked={
                each.account_id: each.crew
                for each in before
                if each.account_id in draft.problem.visit_of and each.crew in draft.problem.crew_of
            },
            removed=removed & set(draft.suspicions),
        )
        row.is_cut_short = plan.is_cut_short
        _stamp(row, actor=actor, now=now)
        row.visits.all().delete()
        for visit in visits:
            visit.plan = row
        _place(plan, visits)
        PlanVisit.objects.bulk_create(visits)
    return int(row.pk)


def change_plan(
    *, actor: Actor, number: int, version: int, visit: int, change: Change, crew: str = "", now: dt.datetime
) -> None:
    """Change a plan by hand. What the change breaks stands on the plan afterwards; it is not refused.

    Args:
        actor: who.
        number: of the plan.
        version: of the plan he saw.
        visit: number of the plan's visit.
        change: what is done.
        crew: to whom, for ``GIVE``.
        now: instant, aware.

    Raises:
        RightMissing, PlanNotFound, PlanChangedMeanwhile, NotPlannable: as they say; nothing is changed.
    """
    actor.require(Right.PLAN_VISITS)
    with transaction.atomic():
        row = DayPlan.objects.seen_by(actor).select_for_update().filter(pk=number).first()
        if row is None:
            raise PlanNotFound
        _must_be_seen(row, version)
        visits = list(row.visits.all())
        account = next((each.account_id for each in visits if each.pk == visit), None)
        if account is None:
            raise PlanNotFound
        plan = _changed(plan_of(row, visits), account=account, change=change, crew=crew)
        before = [(each.crew, each.place, each.is_locked, each.why) for each in visits]
        _place(plan, visits)
        # A list has thousands of rows, a change touches a handful.
        touched = [
            each
            for each, was in zip(visits, before, strict=True)
            if (each.crew, each.place, each.is_locked, each.why) != was
        ]
        PlanVisit.objects.bulk_update(touched, ["crew", "place", "is_locked", "why"], batch_size=500)
        _stamp(row, actor=actor, now=now, visit=visit, change=change.value, crew=crew)


def note_visit(*, actor: Actor, number: int, visit: int, danger: Danger | None, now: dt.datetime) -> None:
    """Say that a visit is too dangerous for two persons, or no longer; the next planning heeds it.

    Raises:
        RightMissing, PlanNotFound: as they say.
    """
    actor.require(Right.PLAN_VISITS)
    row = DayPlan.objects.seen_by(actor).filter(pk=number).first()
    found = row.visits.filter(pk=visit).first() if row else None
    candidate = None
    if found is not None:
        candidate = VisitCandidate.objects.seen_by(actor).filter(account_id=found.account_id).first()
    if candidate is None:
        raise PlanNotFound
    units = {f"{level}_id": candidate.path.at(level) for level in Level}
    VisitNote.objects.update_or_create(
        account_id=candidate.account_id,
        defaults={**units, "danger": danger or "", "said_by": actor.name, "said_at": now},
    )


def bases_of(actor: Actor) -> dict[str, tuple[float, float]]:
    """Return the middle of the areas of each station the actor sees."""
    held: dict[str, list[tuple[float, float]]] = {}
    for row in AreaPlace.objects.seen_by(actor):
        held.setdefault(row.station_id, []).append((row.longitude, row.latitude))
    return {station: middle for station, places in held.items() if (middle := _middle(places)) is not None}


def _middle(places: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
    known = list(places)
    if not known:
        return None
    return sum(east for east, _ in known) / len(known), sum(north for _, north in known) / len(known)


def _units_of(actor: Actor) -> dict[str, str]:
    unit = Unit.objects.filter(unit_id=actor.unit_id).first()
    if unit is None:
        raise PlanNotFound
    return {f"{level}_id": unit.path.at(level) for level in Level}


def _write_crew(crew: Crew, *, unit_id: str, units: Mapping[str, str], base: tuple[float, float] | None) -> None:
    # A crew whose file names no place sets out from the middle of its unit.
    place = (crew.longitude, crew.latitude) if crew.longitude is not None else base or (None, None)
    entry = CrewEntry.objects.create(
        **units,
        unit_id=unit_id,
        name=crew.crew_id,
        lunch_from=crew.lunch[0] if crew.lunch else None,
        lunch_to=crew.lunch[1] if crew.lunch else None,
        lunch_minutes=crew.lunch_minutes,
        longitude=place[0],
        latitude=place[1],
    )
    for person in crew.persons:
        CrewMember.objects.create(
            crew=entry,
            person_id=person.person_id,
            shift_from=person.shift[0],
            shift_to=person.shift[1],
            level=person.level or "",
            valid_to=person.valid_to,
            skills=sorted(person.skills),
            barred=sorted(person.barred),
        )


def _must_be_seen(row: DayPlan | None, version: int) -> None:
    if (row.version if row else 0) != version:
        raise PlanChangedMeanwhile(by=row.changed_by if row else "")


def _stamp(row: DayPlan, *, actor: Actor, now: dt.datetime, **said: Any) -> None:
    row.version += 1
    row.changed_by, row.changed_at = actor.name, now
    row.save()
    act = Act.CREATED if row.version == 1 else Act.CHANGED
    record(act=act, by=actor, now=now, kind="planning.dayplan", subject=row.pk, after={"version": row.version} | said)


def _candidates(actor: Actor) -> list[VisitCandidate]:
    """Return the list without what somebody dismissed since the night; what was drawn stays, whoever dismisses it."""
    dismissed = dismissed_accounts(actor=actor)
    rows = VisitCandidate.objects.seen_by(actor).order_by("rank")
    return [row for row in rows if row.is_random or row.account_id not in dismissed]


def _off_the_list(actor: Actor, approved: Mapping[str, Case], listed: Sequence[VisitCandidate]) -> list[VisitCandidate]:
    """Return the approved cases whose account left the night's list: their visit is owed whatever the list says now."""
    missing = [case for account, case in approved.items() if account not in {row.account_id for row in listed}]
    if not missing or not listed:
        return []
    areas = {each: find_area(actor=actor, area_id=each) for each in {case.area_id for case in missing} if each}
    last = Suspicion.objects.in_bulk([case.account_id for case in missing], field_name="account_id")
    return [
        _candidate(case, areas.get(case.area_id), last.get(case.account_id), rank=rank, as_of=listed[0].as_of_on)
        for rank, case in enumerate(sorted(missing, key=lambda case: case.pk), listed[-1].rank + 1)
    ]


def _candidate(
    case: Case, area: FoundArea | None, last: Suspicion | None, *, rank: int, as_of: dt.date
) -> VisitCandidate:
    assumed = "assumed.dedicated_kv" if area and area.kind == "dedicated" else "assumed.public_kv"
    return VisitCandidate(
        **{column: getattr(case, column) for column in UNIT_COLUMNS},
        account_id=case.account_id,
        area_id=case.area_id,
        area_name=case.area_name,
        as_of_on=as_of,
        rank=rank,
        theft_probability=last.theft_probability if last else 0.0,
        expected_kwh=last.expected_kwh if last else case.stake_kwh,
        expected_yuan=last.expected_yuan if last else 0.0,
        colour=last.colour if last else "none",
        checks="",
        supply_kv=default_plan_settings().number(assumed),
        longitude=area.longitude if area else None,
        latitude=area.latitude if area else None,
        is_random=False,
        propensity=None,
        is_spared=False,
    )


def _visit(row: VisitCandidate, note: VisitNote | None, *, is_approved: bool = False) -> PlanVisit:
    held: dict[str, Any] = asdict(suspicion_of(row))
    known = note_to_json(note)
    return PlanVisit(
        account_id=row.account_id,
        area_name=row.area_name,
        rank=row.rank,
        suspicion=held,
        note=known | {"is_required": True} if is_approved else known,
    )


def _place(plan: Plan, visits: Iterable[PlanVisit]) -> None:
    at = {account: (crew, place) for crew, order in plan.orders.items() for place, account in enumerate(order)}
    for visit in visits:
        visit.crew, visit.place = at.get(visit.account_id, ("", 0))
        visit.is_locked = visit.account_id in plan.locked
        visit.why = plan.why.get(visit.account_id, "")


def _changed(plan: Plan, *, account: str, change: Change, crew: str) -> Plan:
    if change is Change.REMOVE:
        return remove_stop(plan=plan, account=account)
    if change in (Change.LOCK, Change.UNLOCK):
        return lock_stop(plan=plan, account=account, is_locked=change is Change.LOCK)
    if change is Change.GIVE:
        return insert_stop(plan=plan, account=account, crew=crew, place=LAST)
    own, at = next(((name, order.index(account)) for name, order in plan.orders.items() if account in order), (crew, 0))
    return move_stop(plan=plan, account=account, crew=own, place=at - 1 if change is Change.UP else at + 1)
