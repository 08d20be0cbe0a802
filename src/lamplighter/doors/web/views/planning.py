"""*Plan*: crews, tomorrow's visits and their routes; and *My visits*: the day of the crew one goes with."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from lamplighter.base.calendars import add_working_days
from lamplighter.base.documents.tables import write_table
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.detection.settings import default_settings
from lamplighter.business.inspection.desk_queries import find_case_number
from lamplighter.business.inspection.planning.desk_operations import (
    Change,
    change_plan,
    import_crews,
    make_day_plan,
    note_visit,
    remove_crew,
)
from lamplighter.business.inspection.planning.desk_queries import (
    find_own_day,
    find_plan,
    list_crews,
    list_inspectors,
    read_area_places,
    read_plan,
    read_plan_table,
)
from lamplighter.business.inspection.planning.files import PlanFileFaulty
from lamplighter.business.inspection.planning.records import Danger, Level, Why
from lamplighter.business.network.desk_queries import list_stations
from lamplighter.doors.web.crew_form import PEOPLE, write_crew_rows
from lamplighter.doors.web.pages import load_of, page
from lamplighter.doors.web.route_map import draw_routes

LEFT_SHOWN: Final = 50
MOST_BYTES: Final = 1_000_000
"""Largest file of crews taken; a row of a person has some hundred."""
KINDS: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS: Final = (".csv", ".xlsx")


@page(Right.PLAN_VISITS)
def plan(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the plan of a day, tomorrow's where no other is asked for."""
    on = _day(request)
    found = find_plan(actor=actor, on=on)
    context: dict[str, Any] = {"on": on, "crews": list_crews(actor=actor, on=on), "plan": found}
    if found is not None:
        why = request.GET.get("why", "")
        left = [each for each in found.left if not why or each.why == why]
        number = request.GET.get("page", "1")
        first = (int(number) - 1 if number.isdecimal() and 0 < len(number) < 6 else 0) * LEFT_SHOWN
        counts = {each: sum(1 for row in found.left if row.why == each) for each in Why}
        context |= {
            "left": left[max(first, 0) : max(first, 0) + LEFT_SHOWN],
            "left_count": len(left),
            "whys": [(each.value, text(f"planning.why.{each}"), count) for each, count in counts.items() if count],
            "why": why,
            "previous_page": first // LEFT_SHOWN if first > 0 else 0,
            "next_page": first // LEFT_SHOWN + 2 if first + LEFT_SHOWN < len(left) else 0,
            "stop_count": sum(len(day.stops) for day in found.days),
            "breach_count": sum(len(day.breaches) for day in found.days),
            "map": draw_routes(found.days, areas=read_area_places(actor=actor)),
            "dangers": [(each.value, text(f"visit_desk.danger.{each}")) for each in Danger],
        }
    return render(request, "plan.html", context)


@page(Right.PLAN_VISITS)
def make(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Make the plan of a day, or make it anew around its locked stops."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    on = _day(request)
    try:
        make_day_plan(
            actor=actor,
            on=on,
            version=_number(request, "version"),
            visit_yuan=default_settings().number("cost.visit_yuan"),
            now=timezone.now(),
        )
    except LamplighterError as refusal:
        return _back(request, on=on, refusal=refusal)
    return _back(request, on=on)


@page(Right.PLAN_VISITS)
def change(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Change a plan by hand: up, down, to another crew, out, locked or not."""
    found = read_plan(actor=actor, number=number)
    if found is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    done = request.POST.get("change", "")
    if done not in tuple(Change):
        raise Http404
    try:
        change_plan(
            actor=actor,
            number=number,
            version=_number(request, "version"),
            visit=_number(request, "visit"),
            change=Change(done),
            crew=request.POST.get("crew", ""),
            now=timezone.now(),
        )
    except LamplighterError as refusal:
        return _back(request, on=found.on, refusal=refusal)
    return _back(request, on=found.on, at=f"v{_number(request, 'visit')}")


@page(Right.PLAN_VISITS)
def danger(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Say that a visit is too dangerous for two, or no longer."""
    found = read_plan(actor=actor, number=number)
    if found is None:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    said = request.POST.get("danger", "")
    note_visit(
        actor=actor,
        number=number,
        visit=_number(request, "visit"),
        danger=Danger(said) if said in tuple(Danger) else None,
        now=timezone.now(),
    )
    messages.info(request, text("visit_desk.danger.noted"))
    return _back(request, on=found.on)


@page(Right.PLAN_VISITS)
def sheet(request: HttpRequest, number: int, place: int, *, actor: Actor) -> HttpResponse:
    """Show a crew's day as it is printed on A4; the paper tells nobody which stop was drawn at random."""
    found = read_plan(actor=actor, number=number)
    if found is None or not 0 < place <= len(found.days):
        raise Http404
    day = found.days[place - 1]
    return render(request, "plan_sheet.html", {"on": found.on, "day": day, "map": draw_routes([day], areas=())})


@page(Right.PLAN_VISITS)
def export(request: HttpRequest, number: int, kind: str, *, actor: Actor) -> HttpResponse:
    """Hand out a plan as csv or xlsx."""
    return hand_out_plan(number, kind, actor=actor)


def hand_out_plan(number: int, kind: str, *, actor: Actor) -> HttpResponse:
    """Hand out a plan as a table.

    Raises:
        Http404: the actor sees no such plan, or there is no such kind of file.
    """
    found = read_plan(actor=actor, number=number)
    table = read_plan_table(actor=actor, number=number) if kind in KINDS else None
    if table is None or found is None:
        raise Http404
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"plan.{kind}")
        write_table(table, path)
        content = path.read_bytes()
    named = {"Content-Disposition": f'attachment; filename="plan-{found.on:%Y-%m-%d}.{kind}"'}
    return HttpResponse(content, content_type=KINDS[kind], headers=named)


@page(Right.PLAN_VISITS)
def crews(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the crews, and take a file of them."""
    on = _day(request)
    faults: Sequence[str] = ()
    upload = request.FILES.get("file")
    is_typed = request.method == "POST" and "crew" in request.POST
    if is_typed or (request.method == "POST" and isinstance(upload, UploadedFile)):
        try:
            names = _take_typed(request, actor=actor) if is_typed else take_crew_file(cast("Any", upload), actor=actor)
        except PlanFileFaulty as refusal:
            faults = refusal.faults
        except LamplighterError as refusal:
            faults = [str(refusal)]
        else:
            messages.info(request, text("visit_desk.crews.taken", names=text("planning.list.join").join(names)))
            return redirect(f"{reverse('crews')}?{urlencode({'on': on.isoformat()})}")
    context = {
        "on": on,
        "crews": list_crews(actor=actor, on=on),
        "faults": faults,
        "typed": {name: str(value) for name, value in request.POST.items()},
        "people": PEOPLE,
        "levels": [level.value for level in Level],
        "inspectors": list_inspectors(actor=actor),
        "stations": list_stations(actor=actor),
    }
    return render(request, "crews.html", context, status=422 if faults else 200)


@page(Right.PLAN_VISITS)
def remove(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Take a crew off the list."""
    if all(each.number != number for each in list_crews(actor=actor, on=_day(request))):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    remove_crew(actor=actor, number=number)
    return redirect("crews")


@page(Right.SEE_OWN_VISITS)
def visits(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the stops of the crew one goes with, and no other's."""
    on = _day(request, ahead=False)
    days = find_own_day(actor=actor, on=on)
    accounts = [stop.account_id for day in days for stop in day.stops]
    numbers = numbers_of(actor=actor, accounts=accounts) if accounts else {}
    context = {
        "on": on,
        "days": [(day, draw_routes([day], areas=())) for day in days],
        "numbers": {account: str(number) for account, number in numbers.items()},
        # A work sheet belongs to a case, whose visit somebody approved: a stop without one has none.
        "sheets": {account: find_case_number(actor=actor, account_id=account) for account in accounts},
        "previous_on": on - dt.timedelta(days=1),
        "next_on": on + dt.timedelta(days=1),
    }
    return render(request, "visits.html", context)


def _take_typed(request: HttpRequest, *, actor: Actor) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "crew.csv")
        write_crew_rows({name: str(value) for name, value in request.POST.items()}, path)
        return import_crews(actor=actor, path=path)


def take_crew_file(upload: UploadedFile[Any], *, actor: Actor) -> tuple[str, ...]:
    """Take crews from a file somebody sent, and return their names.

    Raises:
        PlanFileFaulty: with every fault; nothing of the file is taken.
    """
    ending = Path(upload.name or "").suffix.lower()
    if ending not in ENDINGS or (upload.size or 0) > MOST_BYTES:
        # The rows say what is wrong with a file; this one is not opened at all.
        raise PlanFileFaulty(Path(ending or "?"), faults=[text("visit_desk.crews.no_such_file")])
    with tempfile.TemporaryDirectory() as folder:
        # A name of our own: that of the upload is whatever somebody wrote.
        path = Path(folder, f"crews{ending}")
        path.write_bytes(upload.read())
        return import_crews(actor=actor, path=path)


def _day(request: HttpRequest, *, ahead: bool = True) -> dt.date:
    asked = request.POST.get("on") or request.GET.get("on", "")
    try:
        return dt.date.fromisoformat(asked)
    except ValueError:
        load = load_of(request)
        today = timezone.now().astimezone(ZoneInfo(load.timezone if load else "UTC")).date()
        # Visits are planned for the next day on which people work.
        return add_working_days(today, 1) if ahead else today


def _number(request: HttpRequest, name: str) -> int:
    held = request.POST.get(name, "")
    return int(held) if held.isdecimal() and len(held) < 16 else 0


def _back(request: HttpRequest, *, on: dt.date, refusal: LamplighterError | None = None, at: str = "") -> HttpResponse:
    if refusal is not None:
        messages.warning(request, str(refusal))
    return redirect(f"{reverse('plan')}?{urlencode({'on': on.isoformat()})}{f'#{at}' if at else ''}")
