"""Studies of processes: the map as it is lived, what a change would do, and the log for other tools."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any, Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.models import Unit
from lamplighter.base.security.scope import UNIT_COLUMNS
from lamplighter.business.inspection.case_store import STORE as CASES
from lamplighter.business.inspection.models import Case
from lamplighter.business.kpi.models import Study
from lamplighter.business.network.desk_queries import FoundUnit, find_unit
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.settings import ticket_class, ticket_classes
from lamplighter.business.service_desk.tickets.store import STORE as TICKETS
from lamplighter.business.workflow.company_days import AROUND, day_of
from lamplighter.business.workflow.desk.traces import read_row_traces
from lamplighter.business.workflow.mining.discovery import discover_map
from lamplighter.business.workflow.mining.exchange import write_xes
from lamplighter.business.workflow.mining.records import Trace
from lamplighter.business.workflow.mining.what_if import Change, Shift, forecast
from lamplighter.business.workflow.records import Definition
from lamplighter.business.workflow.versions.library import LIBRARY

CASE: Final = "inspection_case"
MOST_PLAYED: Final = 3_000
"""Newest matters a what-if plays again: more take minutes and say no more."""
MOST_WAYS: Final = 50
"""Ways kept of a map, the most frequent first."""


class ProcessUnknown(LamplighterError):
    """There is no process of this name whose log could be studied."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(text("kpi.error.process_unknown", name=name))


class StepUnknown(LamplighterError):
    """A change names steps or posts that the process lacks."""

    def __init__(self, names: Sequence[str], *, process: str) -> None:
        self.names = tuple(names)
        super().__init__(text("kpi.error.step_unknown", names=", ".join(self.names), process=process))


class UnitUnknown(LamplighterError):
    """The unit is none that the actor sees."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.unit_unknown"))


@dataclass(frozen=True, slots=True)
class StudyRow:
    """A study as pages show it, see ``Study``."""

    number: int
    unit_id: str
    process: str
    kind: str
    given: Mapping[str, Any]
    result: Mapping[str, Any]
    made_at: dt.datetime
    by_name: str


def list_processes(*, on: dt.date) -> tuple[str, ...]:
    """Return the names of what can be studied: the ticket classes of a day, and the inspection case."""
    return (*ticket_classes(on=on), CASE)


def definition_of(process: str, *, on: dt.date) -> Definition:
    """Return the newest definition of a process, its class as it holds on a day.

    Raises:
        ProcessUnknown: there is none of this name.
    """
    if process == CASE:
        return LIBRARY.latest(CASE)
    if process not in ticket_classes(on=on):
        raise ProcessUnknown(process)
    return LIBRARY.latest(ticket_class(process, on=on).process)


def posts_of(process: str, *, on: dt.date) -> frozenset[str]:
    """Return the posts whose people do the steps of a process.

    Raises:
        ProcessUnknown: there is none of this name.
    """
    return frozenset(task.roles[0] for task in definition_of(process, on=on).tasks.values() if task.roles)


def check_change(change: Change, *, process: str, on: dt.date) -> None:
    """Refuse a change of what a process lacks: played, it would change nothing, and nobody would know why.

    Raises:
        ProcessUnknown: there is none of this name.
        StepUnknown: with every step and post that the process lacks.
    """
    steps = set(definition_of(process, on=on).tasks)
    unknown = {*change.removed, *change.limits} - steps | set(change.staff) - posts_of(process, on=on)
    if unknown:
        raise StepUnknown(sorted(unknown), process=process)


def study_map(*, actor: Actor, unit_id: str, process: str, since: dt.date, now: dt.datetime) -> Study:
    """Find the map of a process in the log of a unit, and keep it.

    Args:
        actor: who asks.
        unit_id: his unit, or one below.
        process: see `list_processes`.
        since: matters that were closed before it are left out.
        now: the instant, with its zone.

    Raises:
        RightMissing: the actor may not see figures.
        ProcessUnknown, UnitUnknown: what the names say.
    """
    found = discover_map(list(_traces(actor, unit_id, process, since, now)))
    result = asdict(found)
    result["variants"] = result["variants"][:MOST_WAYS]
    result["ways"] = len(found.variants)
    return _keep(actor, unit_id, process, "map", {"since": since.isoformat()}, result, now)


def study_change(
    *,
    actor: Actor,
    unit_id: str,
    process: str,
    since: dt.date,
    change: Change,
    is_round_the_clock: bool,
    now: dt.datetime,
    replays: int = 40,
) -> Study:
    """Play the log of a process again with a change, and keep what it would do.

    Raises:
        RightMissing: the actor may not see figures.
        ProcessUnknown, UnitUnknown, LogTooShort: what the names say.
    """
    traces = [each for each in _traces(actor, unit_id, process, since, now, newest_first=True) if each.is_finished]
    shift = Shift(0, 24, every_day=True) if is_round_the_clock else Shift()
    played = list(islice(traces, MOST_PLAYED))
    result = asdict(forecast(played, change=change, calendar=AROUND.calendar, shift=shift, replays=replays))
    result["staff_seen"] = _staff(played)
    given = {
        "since": since.isoformat(),
        "staff": dict(change.staff),
        "removed": sorted(change.removed),
        "limits": dict(change.limits),
        "is_round_the_clock": is_round_the_clock,
    }
    return _keep(actor, unit_id, process, "what_if", given, result, now)


def write_log(*, actor: Actor, unit_id: str, process: str, since: dt.date, now: dt.datetime) -> tuple[bytes, int]:
    """Return the log of a process as XES, persons as numbers, and how many matters it holds.

    Raises:
        RightMissing: the actor may not see figures.
        ProcessUnknown, UnitUnknown: what the names say.
    """
    traces = list(_traces(actor, unit_id, process, since, now))
    return write_xes(traces, labels=labels_of(process, on=day_of(now))), len(traces)


def keep_log(
    *, actor: Actor, unit_id: str, process: str, since: dt.date, why: str, file: Mapping[str, Any], now: dt.datetime
) -> Study:
    """Keep that a log was written to a file."""
    given = {"since": since.isoformat(), "why": why}
    return _keep(actor, unit_id, process, "log", given, file, now)


def newest_study(*, actor: Actor, unit: FoundUnit, process: str, kind: str) -> StudyRow | None:
    """Return the newest study of a unit the actor sees; None where none was made.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = Study.objects.seen_by(actor).filter(unit_id=unit.unit_id, process=process, kind=kind)
    found = rows.order_by("-made_at", "-pk").first()
    return None if found is None else _row(found)


def find_study(*, actor: Actor, number: int) -> StudyRow | None:
    """Return a study of a unit the actor sees; None where there is none.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    found = Study.objects.seen_by(actor).filter(pk=number).first()
    return None if found is None else _row(found)


def labels_of(process: str, *, on: dt.date) -> dict[str, str]:
    """Return the words of each step of a process."""
    return {element: label.spoken() for element, label in definition_of(process, on=on).labels.items()}


def _traces(
    actor: Actor, unit_id: str, process: str, since: dt.date, now: dt.datetime, *, newest_first: bool = False
) -> Iterator[Trace]:
    actor.require(Right.SEE_FIGURES)
    definition_of(process, on=day_of(now))
    unit = find_unit(actor=actor, unit_id=unit_id)
    if unit is None:
        raise UnitUnknown
    here = {f"{unit.level}_id": unit.unit_id}
    begin = dt.datetime(since.year, since.month, since.day, tzinfo=AROUND.calendar.zone)
    order = "-pk" if newest_first else "pk"
    if process == CASE:
        rows = Case.objects.filter(process=CASE, **here)
        # A case keeps no instant of its end: what came in before the first day stays out.
        found = read_row_traces(CASES, rows.order_by(order), ())
        yield from (trace for _, trace in found if trace.started_at >= begin)
        return
    rows = Ticket.objects.filter(class_code=process, **here).exclude(closed_at__lt=begin)
    yield from (trace for _, trace in read_row_traces(TICKETS, rows.order_by(order), ()))


def _staff(traces: Sequence[Trace]) -> dict[str, int]:
    people: dict[str, set[str]] = {}
    for trace in traces:
        for step in trace.steps:
            people.setdefault(step.role, set()).add(step.by)
    return {role: len(found) for role, found in people.items()}


def _keep(
    actor: Actor,
    unit_id: str,
    process: str,
    kind: str,
    given: Mapping[str, Any],
    result: Mapping[str, Any],
    now: dt.datetime,
) -> Study:
    path = Unit.objects.get(pk=unit_id).path
    study: Study = Study.objects.create(
        unit_id=unit_id,
        process=process,
        kind=kind,
        given=dict(given),
        result=dict(result),
        made_at=now,
        by_name=actor.name,
        **{column: getattr(path, column) for column in UNIT_COLUMNS},
    )
    return study


def _row(study: Study) -> StudyRow:
    return StudyRow(
        number=study.pk,
        unit_id=study.unit_id,
        process=study.process,
        kind=study.kind,
        given=study.given,
        result=study.result,
        made_at=study.made_at,
        by_name=study.by_name,
    )
