"""Plan and visits: crews, who goes where on a day, changes by hand, and one's own day."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import File, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from lamplighter.base.security.actor import Right
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.planning.desk_operations import (
    Change,
    change_plan,
    make_day_plan,
    note_visit,
    remove_crew,
)
from lamplighter.business.inspection.planning.desk_queries import (
    find_own_day,
    find_plan,
    list_crews,
    read_plan,
)
from lamplighter.business.inspection.planning.records import Danger
from lamplighter.doors.api.gate import opened
from lamplighter.doors.api.shapes import LARGEST_NUMBER, Instant, Number, Word, answers
from lamplighter.doors.api.suspicions import NumberInPath
from lamplighter.doors.web.pages import actor_of
from lamplighter.doors.web.views.planning import hand_out_plan, take_crew_file

router = Router(tags=["plan and visits"])

Version = Annotated[int, Field(ge=0, le=LARGEST_NUMBER, description="Of the plan one saw; 0 = there was none.")]


class Stop(Schema):
    """A stop of a crew; what would tell that it was drawn at random is null to whoever only goes there."""

    number: int
    masked_account: str
    area_name: str
    arrive: str
    leave: str
    drive_minutes: float
    km: float
    checks: list[str]
    longitude: float | None
    latitude: float | None
    is_locked: bool
    is_random: bool
    theft_probability: float | None
    expected_yuan: float | None
    colour: str


class CrewDay(Schema):
    """A crew's day; times of day are the company's own, HH:MM."""

    name: str
    persons: list[str]
    start: str
    end: str
    lunch: str
    drive_minutes: float
    km: float
    stops: list[Stop]
    breaches: list[str]


class Left(Schema):
    """A suspicion without a stop, and why."""

    number: int
    masked_account: str
    area_name: str
    rank: int
    colour: str
    expected_yuan: float
    is_random: bool
    why: str
    danger: str


class PlanOut(Schema):
    """The plan of a day."""

    number: int
    unit_id: str
    on: dt.date
    as_of: dt.date
    version: int
    changed_by: str
    changed_at: Instant
    is_cut_short: bool
    value_yuan: float
    days: list[CrewDay]
    left: list[Left]


class Member(Schema):
    """A person of a crew."""

    person_id: str
    shift: str
    level: str
    valid_to: dt.date | None
    is_valid: bool


class Crew(Schema):
    """A crew of the list."""

    number: int
    name: str
    members: list[Member]


class CrewsTaken(Schema):
    """Which crews a file held."""

    names: list[str]


class PlanWanted(Schema):
    """Which day is to be planned."""

    on: dt.date
    version: Version


class ChangeWanted(Schema):
    """What is done to a visit of a plan."""

    version: Version
    visit: Number
    change: Change
    crew: Word = Field("", description="To whom, for `give`.")


class DangerSaid(Schema):
    """What a visit needs besides two persons; null = no longer."""

    visit: Number
    danger: Danger | None


@router.get("/plan", auth=opened(Right.PLAN_VISITS), response=answers(PlanOut))
def plan(request: HttpRequest, on: dt.date) -> Any:
    """The plan of one's own unit for a day."""
    return _found(find_plan(actor=actor_of(request), on=on))


@router.post("/plan", auth=opened(Right.PLAN_VISITS), response=answers(PlanOut, status=201))
def make(request: HttpRequest, wanted: PlanWanted) -> Any:
    """Make the plan of a day, or make it anew around its locked stops."""
    actor = actor_of(request)
    number = make_day_plan(
        actor=actor,
        on=wanted.on,
        version=wanted.version,
        visit_yuan=default_settings().number("cost.visit_yuan"),
        now=timezone.now(),
    )
    return Status(201, _found(read_plan(actor=actor, number=number)))


@router.post("/plan/{number}/changes", auth=opened(Right.PLAN_VISITS), response=answers(PlanOut))
def change(request: HttpRequest, number: NumberInPath, wanted: ChangeWanted) -> Any:
    """Change a plan by hand; what the change breaks stands on the plan afterwards."""
    actor = actor_of(request)
    change_plan(
        actor=actor,
        number=number,
        version=wanted.version,
        visit=wanted.visit,
        change=wanted.change,
        crew=wanted.crew,
        now=timezone.now(),
    )
    return _found(read_plan(actor=actor, number=number))


@router.post("/plan/{number}/danger", auth=opened(Right.PLAN_VISITS), response=answers(PlanOut))
def danger(request: HttpRequest, number: NumberInPath, said: DangerSaid) -> Any:
    """Say that a visit is too dangerous for two, or no longer; the next planning heeds it."""
    actor = actor_of(request)
    note_visit(actor=actor, number=number, visit=said.visit, danger=said.danger, now=timezone.now())
    return _found(read_plan(actor=actor, number=number))


@router.get("/crews", auth=opened(Right.PLAN_VISITS), response=answers(list[Crew]))
def crews(request: HttpRequest, on: dt.date) -> Any:
    """Crews of one's unit, and whose certificate is valid on a day."""
    return list_crews(actor=actor_of(request), on=on)


@router.post("/crews", auth=opened(Right.PLAN_VISITS), response=answers(CrewsTaken, status=201))
def take_crews(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """Take crews from a file, xlsx or csv, as the page does; one of the same name is replaced, a faulty file whole."""
    return Status(201, {"names": take_crew_file(file, actor=actor_of(request))})


@router.get(
    "/plan/{number}/file/{kind}",
    auth=opened(Right.PLAN_VISITS),
    response=answers(None),
    openapi_extra={"responses": {200: {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}},
)
def plan_file(request: HttpRequest, number: NumberInPath, kind: Literal["csv", "xlsx"]) -> HttpResponse:
    """A plan as a table, stop by stop."""
    return hand_out_plan(number, kind, actor=actor_of(request))


@router.delete("/crews/{number}", auth=opened(Right.PLAN_VISITS), response=answers(None, status=204))
def remove(request: HttpRequest, number: NumberInPath) -> Any:
    """Take a crew off the list; plans made with it stay as they are."""
    remove_crew(actor=actor_of(request), number=number)
    return Status(204, None)


@router.get("/visits", auth=opened(Right.SEE_OWN_VISITS), response=answers(list[CrewDay]))
def visits(request: HttpRequest, on: dt.date) -> Any:
    """The stops of the crew one goes with on a day, and no other's."""
    return find_own_day(actor=actor_of(request), on=on)


def _found(plan: Any) -> Any:
    if plan is None:
        raise Http404
    return plan
