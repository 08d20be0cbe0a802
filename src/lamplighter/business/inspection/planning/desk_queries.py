"""Plans as the desk shows them: whole to whoever plans, one's own stops to whoever goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, Role
from lamplighter.base.security.models import Staff, Unit
from lamplighter.business.customers.rules import mask_word
from lamplighter.business.inspection.planning.desk_rows import crews_of, plan_of
from lamplighter.business.inspection.planning.drafting import idle_crew
from lamplighter.business.inspection.planning.listing import plan_table, say_time
from lamplighter.business.inspection.planning.models import AreaPlace, CrewEntry, DayPlan, PlanVisit
from lamplighter.business.inspection.planning.records import IdleCrew, Plan
from lamplighter.methods.optimisation import Route


@dataclass(frozen=True, slots=True)
class StopRow:
    """A stop of a crew.

    Attributes:
        number: of the plan's visit.
        account_id: for reads of other rooms; never shown as it is.
        is_random: drawn at random; always False to whom that is closed.
        danger: what it needs besides two persons; such a stop is there only where it was flagged after planning.
        expected_yuan, theft_probability, colour: of the list; None or empty to whoever only goes there, since an
            account without a colour would be known as drawn at random.
    """

    number: int
    account_id: str
    masked_account: str
    area_name: str
    arrive: str
    leave: str
    drive_minutes: float
    km: float
    checks: tuple[str, ...]
    longitude: float | None
    latitude: float | None
    is_locked: bool
    is_random: bool
    theft_probability: float | None
    expected_yuan: float | None
    colour: str


@dataclass(frozen=True, slots=True)
class CrewDay:
    """A crew's day.

    Attributes:
        name: of the crew.
        persons: who.
        start, end: leaves and is back, HH:MM.
        lunch: the break begins, HH:MM; empty = none.
        base: where it sets out.
        breaches: what breaks, as sentences.
    """

    name: str
    persons: tuple[str, ...]
    start: str
    end: str
    lunch: str
    drive_minutes: float
    km: float
    base: tuple[float, float]
    stops: tuple[StopRow, ...]
    breaches: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A suspicion without a stop, and why."""

    number: int
    account_id: str
    masked_account: str
    area_name: str
    rank: int
    colour: str
    expected_yuan: float
    is_random: bool
    why: str
    danger: str


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan of a day.

    Attributes:
        number: names it in addresses.
        version: whoever changes it names it.
        value_yuan: expected yuan of the visits less time and way.
        left: suspicions without a stop in order of rank.
    """

    number: int
    unit_id: str
    on: dt.date
    as_of: dt.date
    version: int
    changed_by: str
    changed_at: dt.datetime
    is_cut_short: bool
    value_yuan: float
    days: tuple[CrewDay, ...]
    idle: tuple[IdleCrew, ...]
    left: tuple[LeftRow, ...]


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person of a crew as the list of crews shows him."""

    person_id: str
    shift: str
    level: str
    valid_to: dt.date | None
    is_valid: bool


@dataclass(frozen=True, slots=True)
class CrewRow:
    """A crew of the list, with why it cannot go on the day; None = it can."""

    number: int
    name: str
    members: tuple[MemberRow, ...]
    idle: IdleCrew | None


def list_crews(*, actor: Actor, on: dt.date) -> list[CrewRow]:
    """Return the crews of the actor's unit and those below, and whether they can go on a day.

    Raises:
        RightMissing: planning is closed to him.
    """
    actor.require(Right.PLAN_VISITS)
    rows = list(CrewEntry.objects.seen_by(actor).order_by("name", "pk"))
    return [
        CrewRow(
            number=row.pk,
            name=crew.crew_id,
            members=tuple(
                MemberRow(
                    person_id=person.person_id,
                    shift=f"{say_time(person.shift[0])}–{say_time(person.shift[1])}",
                    level=person.level or "",
                    valid_to=person.valid_to,
                    is_valid=person.has_valid_certificate(on),
                )
                for person in crew.persons
            ),
            idle=idle_crew(crew, on=on),
        )
        for row, crew in zip(rows, crews_of(rows), strict=True)
    ]


def find_plan(*, actor: Actor, on: dt.date) -> PlanView | None:
    """Return the plan of the actor's own unit for a day; None where none was made.

    Raises:
        RightMissing: planning is closed to him.
    """
    actor.require(Right.PLAN_VISITS)
    row = DayPlan.objects.seen_by(actor).filter(unit_id=actor.unit_id, on_date=on).first()
    return None if row is None else _view(row, actor=actor)


def read_plan(*, actor: Actor, number: int) -> PlanView | None:
    """Return a plan of the actor's unit or of one below it; None where there is none of this number.

    Raises:
        RightMissing: planning is closed to him.
    """
    actor.require(Right.PLAN_VISITS)
    row = DayPlan.objects.seen_by(actor).filter(pk=number).first()
    return None if row is None else _view(row, actor=actor)


def find_own_day(*, actor: Actor, on: dt.date) -> list[CrewDay]:
    """Return the days of the crews the actor goes with, also where a unit above planned them.

    Nothing in them tells which stop was drawn at random: neither mark, worth, colour nor rank.

    Raises:
        RightMissing: visits are closed to him.
    """
    actor.require(Right.SEE_OWN_VISITS)
    staff = Staff.objects.filter(pk=actor.staff_id).first()
    unit = Unit.objects.filter(unit_id=actor.unit_id).first()
    if staff is None or unit is None:
        return []
    path = unit.path
    above = {path.province_id, path.city_id, path.county_id, path.station_id}
    found: list[CrewDay] = []
    for row in DayPlan.objects.filter(unit_id__in=above, on_date=on):
        own = {
            held["crew_id"]
            for held in row.crews
            if staff.username in {person["person_id"] for person in held["persons"]}
        }
        if own:
            visits = list(row.visits.all())
            found += [day for day in _days(row, plan_of(row, visits), visits, is_open=False) if day.name in own]
    return found


def read_area_places(*, actor: Actor) -> list[tuple[float, float]]:
    """Return longitude and latitude of the areas of the actor's unit, the ground of the map."""
    return [(row.longitude, row.latitude) for row in AreaPlace.objects.seen_by(actor)]


def read_plan_table(*, actor: Actor, number: int) -> pa.Table | None:
    """Return a plan as a table for a file; which stops were drawn at random is not in it, since files go round.

    Raises:
        RightMissing: planning is closed to him.
    """
    actor.require(Right.PLAN_VISITS)
    row = DayPlan.objects.seen_by(actor).filter(pk=number).first()
    if row is None:
        return None
    table = plan_table(plan_of(row, row.visits.all())).drop_columns(["is_random", "propensity"])
    account = table.schema.get_field_index("account_id")
    masked = [mask_word(each, column="account_id") for each in table["account_id"].to_pylist()]
    return table.set_column(account, "account_id", pa.array(masked, pa.string()))


def _view(row: DayPlan, *, actor: Actor) -> PlanView:
    visits = list(row.visits.all())
    plan = plan_of(row, visits)
    by_account = {visit.account_id: visit for visit in visits}
    knows = actor.may(Right.SEE_RANDOM_SLOTS)
    return PlanView(
        number=row.pk,
        unit_id=row.unit_id,
        on=row.on_date,
        as_of=row.as_of_on,
        version=row.version,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
        is_cut_short=row.is_cut_short,
        value_yuan=plan.value_yuan,
        days=_days(row, plan, visits, is_open=knows),
        idle=plan.draft.idle,
        left=tuple(
            LeftRow(
                number=by_account[each.suspicion.account_id].pk,
                account_id=each.suspicion.account_id,
                masked_account=mask_word(each.suspicion.account_id, column="account_id"),
                area_name=by_account[each.suspicion.account_id].area_name,
                rank=each.suspicion.rank,
                colour=each.suspicion.colour,
                expected_yuan=each.suspicion.expected_yuan,
                is_random=knows and each.suspicion.is_random,
                why=each.why,
                danger=by_account[each.suspicion.account_id].note.get("danger", ""),
            )
            for each in plan.unplanned
        ),
    )


def _days(row: DayPlan, plan: Plan, visits: Sequence[PlanVisit], *, is_open: bool) -> tuple[CrewDay, ...]:
    by_account = {visit.account_id: visit for visit in visits}
    crews = {held["crew_id"]: held for held in row.crews}
    return tuple(_day(route, plan, crews[route.crew], by_account, is_open=is_open) for route in plan.routes)


def _day(
    route: Route, plan: Plan, crew: Mapping[str, Any], by_account: Mapping[str, PlanVisit], *, is_open: bool
) -> CrewDay:
    stops = []
    for stop in route.stops:
        visit, each = by_account[stop.key], plan.draft.suspicions[stop.key]
        stops.append(
            StopRow(
                number=visit.pk,
                account_id=stop.key,
                masked_account=mask_word(stop.key, column="account_id"),
                area_name=visit.area_name,
                arrive=say_time(stop.arrive),
                leave=say_time(stop.leave),
                drive_minutes=stop.drive_minutes,
                km=stop.km,
                checks=each.checks,
                longitude=each.longitude,
                latitude=each.latitude,
                is_locked=is_open and stop.key in plan.locked,
                is_random=is_open and each.is_random,
                theft_probability=each.theft_probability if is_open else None,
                expected_yuan=each.expected_yuan if is_open else None,
                colour=each.colour if is_open else "",
            )
        )
    return CrewDay(
        name=route.crew,
        persons=tuple(person["person_id"] for person in crew["persons"]),
        start=say_time(route.start),
        end=say_time(route.end),
        lunch="" if route.pause_at is None else say_time(route.pause_at),
        drive_minutes=route.drive_minutes,
        km=route.km,
        base=(crew["longitude"], crew["latitude"]),
        stops=tuple(stops),
        breaches=tuple(
            text(
                f"planning.breach.{breach.kind}",
                crew=route.crew,
                account=mask_word(breach.key, column="account_id") if breach.key else "",
                amount=breach.amount,
            )
            for breach in route.breaches
        ),
    )


def list_inspectors(*, actor: Actor) -> list[tuple[str, str]]:
    """Return the inspectors of the actor's unit and the units below, name of the account and name to show, by name.

    Raises:
        RightMissing: the actor plans no visits.
    """
    actor.require(Right.PLAN_VISITS)
    units = Unit.objects.filter(**{f"{actor.level}_id": actor.unit_id}).values("unit_id")
    found = Staff.objects.filter(groups__name=Role.INSPECTOR.value, unit_id__in=units, is_active=True)
    return sorted(((each.username, each.get_full_name() or each.username) for each in found), key=lambda pair: pair[1])
