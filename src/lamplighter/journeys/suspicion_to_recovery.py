"""From a suspicion to recovered energy; what was found on site goes to the lake, where the model learns from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from django.db import transaction

from lamplighter.base.desk.models import newest_load
from lamplighter.base.lake import Lake
from lamplighter.base.lake.locks import LakeBusy
from lamplighter.base.outbox.settings import read_outbox_settings
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import Home, read_settings
from lamplighter.business.detection.desk_operations import decide_suspicion, free_suspicion
from lamplighter.business.detection.records import OutcomeKind, SuspicionState
from lamplighter.business.detection.tables import OUTCOME
from lamplighter.business.inspection.case_store import load_chain
from lamplighter.business.inspection.desk_queries import CaseRow
from lamplighter.business.inspection.field.queries import visited_at
from lamplighter.business.inspection.models import Case
from lamplighter.business.inspection.operations.chain import complete_task, give_up, open_case
from lamplighter.business.inspection.operations.serving import queue_appointment
from lamplighter.business.inspection.rules.deadlines import CHINA
from lamplighter.business.line_loss.desk_queries import read_area_night
from lamplighter.business.workflow.expressions.tree import Value
from lamplighter.business.workflow.instances import EventKind, Status
from lamplighter.business.workflow.state_text import read_event


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a closed case teaches: a row of ``core_outcome``."""

    account_id: str
    inspected_on: dt.date
    outcome: OutcomeKind
    recovered_kwh: float | None
    note: str


def accept_suspicion(*, actor: Actor, number: int, now: dt.datetime) -> CaseRow:
    """Take a suspicion up into a case, whose evidence is frozen as it is now.

    Raises:
        RightMissing, RoleMissing, SuspicionUnknown, SuspicionTaken, CaseOpenAlready: what the names say.
    """
    with transaction.atomic():
        card = decide_suspicion(actor=actor, number=number, to=SuspicionState.IN_CASE, now=now)
        row = card.row
        return open_case(
            actor=actor,
            account_id=row.account_id,
            path=row.path,
            about={
                "meter_id": row.meter_id,
                "area_id": row.area_id,
                "area_name": row.area_name,
                "station_name": row.station_name,
                "customer_class": row.customer_class,
                "is_protected": row.is_protected,
            },
            # Whether the visit was drawn at random is not among it: inspectors read this.
            evidence={
                "as_of_on": row.as_of_on.isoformat(),
                "theft_probability": row.theft_probability,
                "expected_kwh": row.expected_kwh,
                "expected_yuan": row.expected_yuan,
                "colour": row.colour,
                "main_reason": row.main_reason,
                "card": dict(card.card),
                "area_night": _area_night(actor, row.area_id),
            },
            suspicion_number=number,
            now=now,
        )


def _area_night(actor: Actor, area_id: str) -> dict[str, object] | None:
    """Return what the area lost on the newest night, so that a later night's figure of the same day can be told."""
    night = read_area_night(actor=actor, area_id=area_id) if actor.may(Right.SEE_FIGURES) else None
    if night is None:
        return None
    return {"on_date": night.on_date.isoformat(), "unexplained_kwh": night.energies.unexplained_kwh}


def work_on(
    *, actor: Actor, number: int, task: str, data: Mapping[str, object], seen: int, now: dt.datetime
) -> CaseRow:
    """Complete a task of a case; a case that is closed by it hands its suspicion back.

    Raises:
        LamplighterError: as ``inspection.operations.chain.complete_task``.
    """
    with transaction.atomic():
        row = complete_task(actor=actor, number=number, task=task, data=data, seen=seen, now=now)
        if task == "plan_visit":
            _announce_visit(actor, number, now=now)
        if row.closed_at is not None:
            free_suspicion(account_id=row.account_id, to=SuspicionState.DISMISSED)
    return row


def _announce_visit(actor: Actor, number: int, *, now: dt.datetime) -> None:
    """Tell the customer of a planned visit where the company has opted for it."""
    home = read_settings().home
    settings = read_outbox_settings(home.settings)
    if settings.appointments:
        load = newest_load()
        queue_appointment(
            actor=actor,
            number=number,
            company=load.company if load else "",
            telephone=settings.telephone,
            home=home,
            now=now,
        )


def abandon(*, actor: Actor, number: int, reason: str, seen: int, now: dt.datetime) -> CaseRow:
    """End a case before its end and hand its suspicion back as undecided.

    Raises:
        LamplighterError: as ``inspection.operations.chain.give_up``.
    """
    with transaction.atomic():
        row = give_up(actor=actor, number=number, reason=reason, seen=seen, now=now)
        free_suspicion(account_id=row.account_id, to=SuspicionState.OPEN)
    return row


def outcome_of(case: Case) -> Outcome | None:
    """Return what a closed case teaches; None where nobody was inspected or it was given up.

    An objection that was upheld leaves nothing proven, whatever the visit seemed to find: a word of its own says so.
    """
    if case.status != Status.FINISHED.value or not case.outcome:
        return None
    _, instance = load_chain(case)
    data = instance.data
    visits = [
        event.at
        for event in (
            read_event(row.line) for row in case.events.filter(kind=EventKind.COMPLETED.value).order_by("number")
        )
        if event.element == "on_site"
    ]
    found = OutcomeKind(case.outcome.lower())
    if data.get("objection_result") == "UPHELD":
        found = OutcomeKind.OBJECTION_UPHELD
    return Outcome(
        account_id=case.account_id,
        inspected_on=(visited_at(case, recorded_at=visits[-1]) or visits[-1]).astimezone(CHINA).date(),
        outcome=found,
        recovered_kwh=_recovered(found, data),
        note=case.case_no,
    )


def _recovered(found: OutcomeKind, data: Mapping[str, Value]) -> float | None:
    name = {
        OutcomeKind.THEFT: "energy_kwh",
        OutcomeKind.BREACH: "energy_kwh",
        OutcomeKind.METERING_FAULT: "settlement_kwh",
    }.get(found)
    value = data.get(name) if name else None
    return None if value is None else float(str(value))


def tell_lake(*, home: Home, row: CaseRow, now: dt.datetime) -> None:
    """Write outcomes to the lake once a case is closed; while the night holds it they wait for the next that is.

    Args:
        home: whose lake the model learns from.
        row: the case something was just done to.
        now: the instant, with its zone.
    """
    if row.closed_at is None:
        return
    try:
        write_outcomes(lake=Lake.open(home.lake), now=now)
    except LakeBusy:
        return


def write_outcomes(*, lake: Lake, now: dt.datetime) -> int:
    """Write the outcome of every closed case that is not in the lake yet, and return how many.

    A case is marked after its row is published: whoever is interrupted in between writes the same row once more, and
    the lake keeps one row an account and day.

    Args:
        lake: where the model learns from.
        now: the instant, with its zone.

    Raises:
        LakeBusy: another writer is at work; nothing was written, and the next call writes it.
    """
    waiting = Case.objects.filter(closed_at__isnull=False, outcome_written_at=None).order_by("pk")
    told = [(case.pk, outcome_of(case)) for case in waiting]
    rows = [outcome for _, outcome in told if outcome is not None]
    if rows:
        known_at = now.astimezone(dt.UTC).replace(tzinfo=None)
        data = {
            "account_id": [row.account_id for row in rows],
            "inspected_on": pa.array([row.inspected_on for row in rows], pa.date32()),
            "outcome": [row.outcome.value for row in rows],
            "recovered_kwh": pa.array([row.recovered_kwh for row in rows], pa.float64()),
            "note": [row.note for row in rows],
        }
        with lake.transaction() as change:
            change.append(OUTCOME, pa.table(data), known_at=known_at)
            change.publish()
    Case.objects.filter(pk__in=[number for number, _ in told]).update(outcome_written_at=now)
    return len(rows)
