"""Rows of the desk to the records of planning and back; a plan is timed anew from its rows whenever it is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from lamplighter.business.inspection.planning.drafting import draft_day
from lamplighter.business.inspection.planning.making import time_plan
from lamplighter.business.inspection.planning.models import CrewEntry, DayPlan, PlanVisit, VisitCandidate, VisitNote
from lamplighter.business.inspection.planning.records import (
    Crew,
    Danger,
    Draft,
    Level,
    Person,
    Plan,
    Suspicion,
    Why,
    Wish,
)
from lamplighter.business.inspection.planning.settings import PlanSettings, read_plan_settings


def desk_settings(*, on: dt.date) -> PlanSettings:
    """Return the figures of planning with the bounds a page keeps: fewer candidates, and a search of seconds."""
    settings = read_plan_settings(on=on)
    return settings.with_values(
        {
            "search.candidates": settings.number("desk.candidates"),
            "search.iterations": settings.number("desk.iterations"),
            "search.most_seconds": settings.number("desk.most_seconds"),
        }
    )


def suspicion_of(row: VisitCandidate) -> Suspicion:
    """Return a row of the list as planning takes it."""
    return Suspicion(
        account_id=row.account_id,
        area_id=row.area_id,
        rank=row.rank,
        theft_probability=row.theft_probability,
        expected_kwh=row.expected_kwh,
        expected_yuan=row.expected_yuan,
        colour=row.colour,
        checks=tuple(code for code in row.checks.split(";") if code),
        supply_kv=row.supply_kv,
        longitude=row.longitude,
        latitude=row.latitude,
        is_random=row.is_random,
        propensity=row.propensity,
        is_spared=row.is_spared,
    )


def suspicion_from_json(held: Mapping[str, Any]) -> Suspicion:
    """Return a suspicion as a plan kept it."""
    return Suspicion(**{**held, "checks": tuple(held["checks"])})


def note_to_json(note: VisitNote | None) -> dict[str, Any]:
    """Return what a plan keeps of a note; nothing without one."""
    if note is None:
        return {}
    window = None if note.window_from is None or note.window_to is None else [note.window_from, note.window_to]
    return {"danger": note.danger, "window": window, "is_required": note.is_required}


def wish_of(account: str, held: Mapping[str, Any]) -> Wish:
    """Return a note as planning takes it."""
    window = held.get("window")
    return Wish(
        account_id=account,
        window=(window[0], window[1]) if window else None,
        is_required=held.get("is_required", False),
        danger=Danger(held["danger"]) if held.get("danger") else None,
    )


def crews_of(rows: Iterable[CrewEntry]) -> tuple[Crew, ...]:
    """Return crews; where two units call theirs alike, the unit stands behind the name."""
    entries = list(rows)
    names = [row.name for row in entries]
    return tuple(
        Crew(
            crew_id=row.name if names.count(row.name) == 1 else f"{row.name} {row.unit_id}",
            persons=tuple(
                Person(
                    person_id=each.person_id,
                    shift=(each.shift_from, each.shift_to),
                    level=Level(each.level) if each.level else None,
                    valid_to=each.valid_to,
                    skills=frozenset(each.skills),
                    barred=frozenset(each.barred),
                )
                for each in row.members.order_by("pk")
            ),
            lunch=None if row.lunch_from is None or row.lunch_to is None else (row.lunch_from, row.lunch_to),
            lunch_minutes=row.lunch_minutes,
            longitude=row.longitude,
            latitude=row.latitude,
        )
        for row in entries
    )


def crew_to_json(crew: Crew) -> dict[str, Any]:
    """Return what a plan keeps of a crew."""
    held = asdict(crew)
    held["persons"] = [
        {
            **asdict(person),
            "valid_to": person.valid_to.isoformat() if person.valid_to else None,
            "skills": sorted(person.skills),
            "barred": sorted(person.barred),
        }
        for person in crew.persons
    ]
    return held


def crew_from_json(held: Mapping[str, Any]) -> Crew:
    """Return a crew as a plan kept it."""
    persons = tuple(
        Person(
            person_id=each["person_id"],
            shift=(each["shift"][0], each["shift"][1]),
            level=Level(each["level"]) if each["level"] else None,
            valid_to=dt.date.fromisoformat(each["valid_to"]) if each["valid_to"] else None,
            skills=frozenset(each["skills"]),
            barred=frozenset(each["barred"]),
        )
        for each in held["persons"]
    )
    lunch = held["lunch"]
    return Crew(**{**held, "persons": persons, "lunch": (lunch[0], lunch[1]) if lunch else None})


def draft_of(plan: DayPlan, visits: Iterable[PlanVisit]) -> Draft:
    """Return the routing problem a plan's rows stand for."""
    rows = list(visits)
    return draft_day(
        on=plan.on_date,
        as_of=plan.as_of_on,
        suspicions=[suspicion_from_json(row.suspicion) for row in rows],
        crews=[crew_from_json(held) for held in plan.crews],
        settings=desk_settings(on=plan.on_date),
        visit_yuan=plan.visit_yuan,
        wishes=[wish_of(row.account_id, row.note) for row in rows if row.note],
        held=frozenset(row.account_id for row in rows if row.crew),
    )


def plan_of(plan: DayPlan, visits: Iterable[PlanVisit]) -> Plan:
    """Return a plan with its times from its rows."""
    rows = list(visits)
    orders: dict[str, list[str]] = {}
    for row in sorted(rows, key=lambda row: row.place):
        if row.crew:
            orders.setdefault(row.crew, []).append(row.account_id)
    return time_plan(
        draft=draft_of(plan, rows),
        orders=orders,
        why={row.account_id: Why(row.why) for row in rows if row.why},
        locked=[row.account_id for row in rows if row.is_locked],
    )
