"""What a telephone is given before a shift: today's stops of one's own crew, and what is looked at on each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.models import Staff
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.inspection.case_people import colleagues_of
from lamplighter.business.inspection.case_store import load_chain
from lamplighter.business.inspection.field.checklists import packaged_checklists
from lamplighter.business.inspection.field.models import FieldVisit
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.planning.desk_queries import StopRow, find_own_day
from lamplighter.business.workflow.desk.showing import say_why_not
from lamplighter.business.workflow.instances import Status

ON_SITE = "on_site"
"""Task of the process that a visit's result completes."""


@dataclass(frozen=True, slots=True)
class FieldTask:
    """A stop as a telephone needs it, personal data masked; nothing in it tells whether it was drawn at random.

    Attributes:
        visit_id: handed out; empty where it never was.
        why_not: why the visit cannot be made now: no_case, not_planned, or a sentence of the process; else empty.
        lists: names of the checklists that its suspicion calls.
        outcomes: value and words, as the case's process names them.
        colleagues: whoever may be the second inspector, number and name; the crew's own first.
    """

    visit_id: str
    why_not: str
    case_no: str
    case_number: int | None
    masked_account: str
    meter_id: str
    area_name: str
    customer_class: str
    is_protected: bool
    crew: str
    arrive: str
    leave: str
    longitude: float | None
    latitude: float | None
    lists: tuple[str, ...]
    outcomes: tuple[tuple[str, str], ...]
    colleagues: tuple[tuple[str, str], ...]


def hand_out_day(*, actor: Actor, on: dt.date, now: dt.datetime) -> list[FieldTask]:
    """Hand out a day's stops of the actor's crews; again hands out the same visits.

    Args:
        actor: an inspector.
        on: day of the visits.
        now: the instant, with its zone.

    Raises:
        RightMissing: visits are closed to him.
    """
    actor.require(Right.SEE_OWN_VISITS)
    days = find_own_day(actor=actor, on=on)
    accounts = {stop.account_id for day in days for stop in day.stops}
    cases = {
        case.account_id: case
        for case in Case.objects.seen_by(actor).filter(account_id__in=accounts).filter(closed_at=None)
    }
    tasks = []
    for day in days:
        crew = _staff_of(day.persons)
        for stop in day.stops:
            task = _task(cases.get(stop.account_id), stop, day.name, day.persons, crew, actor=actor, on=on, now=now)
            tasks.append(task)
    return tasks


def case_units(case: Case) -> list[str]:
    """Return the four units of a case: whoever is of one of them may go along."""
    return [getattr(case, column) for column in UNIT_COLUMNS]


def _staff_of(persons: Iterable[str]) -> list[tuple[str, str]]:
    found = Staff.objects.filter(username__in=list(persons), is_active=True)
    return [(str(each.pk), each.get_full_name() or each.username) for each in found.order_by("pk")]


def _task(
    case: Case | None,
    stop: StopRow,
    crew: str,
    persons: tuple[str, ...],
    staff: list[tuple[str, str]],
    *,
    actor: Actor,
    on: dt.date,
    now: dt.datetime,
) -> FieldTask:
    visit_id, why_not = "", "no_case"
    outcomes: tuple[tuple[str, str], ...] = ()
    colleagues: list[tuple[str, str]] = []
    if case is not None:
        definition, instance = load_chain(case)
        why_not = "not_planned"
        if instance.status is Status.RUNNING and ON_SITE in instance.opened:
            task = definition.tasks[ON_SITE]
            why_not = say_why_not(task, definition, instance, actor)
            field = next(each for each in task.fields if each.name == "outcome")
            outcomes = tuple((str(option.value), option.label.spoken()) for option in field.options)
            known = colleagues_of(actor=actor, units=case_units(case))
            own = [each for each in known if each in staff]
            colleagues = own + [each for each in known if each not in own]
        if not why_not:
            visit_id = str(_hand_out(case, crew, persons, stop, on=on, now=now).pk)
        else:
            # Handed out before and made since: the telephone finds its record by it.
            made = FieldVisit.objects.filter(case=case, on_date=on, crew=crew).first()
            visit_id = str(made.pk) if made else ""
    about: dict[str, Any] = {
        "case_no": case.case_no if case else "",
        "case_number": case.pk if case else None,
        "meter_id": case.meter_id if case else "",
        "customer_class": case.customer_class if case else "",
        "is_protected": case.is_protected if case else False,
    }
    return FieldTask(
        visit_id=visit_id,
        why_not=why_not,
        masked_account=stop.masked_account,
        area_name=stop.area_name,
        crew=crew,
        arrive=stop.arrive,
        leave=stop.leave,
        longitude=stop.longitude,
        latitude=stop.latitude,
        lists=tuple(each.name for each in packaged_checklists().called_by(stop.checks)),
        outcomes=outcomes,
        colleagues=tuple(colleagues),
        **about,
    )


def _hand_out(
    case: Case, crew: str, persons: tuple[str, ...], stop: StopRow, *, on: dt.date, now: dt.datetime
) -> FieldVisit:
    visit, _ = FieldVisit.objects.get_or_create(
        case=case,
        on_date=on,
        crew=crew,
        defaults={
            **{column: getattr(case, column) for column in UNIT_COLUMNS},
            "members": list(persons),
            "checks": list(stop.checks),
            "handed_out_at": now,
        },
    )
    if visit.members != list(persons):
        # A crew that was changed over night: whoever goes now may send as well, whoever was to go still may.
        visit.members = sorted({*visit.members, *persons})
        visit.save(update_fields=["members"])
    return visit
