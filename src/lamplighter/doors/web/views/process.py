"""*Processes*: the map of a process as it is lived, where it waits, and what a change would do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.kpi.studies import (
    CASE,
    StudyRow,
    definition_of,
    find_study,
    labels_of,
    list_processes,
    newest_study,
    posts_of,
)
from lamplighter.business.network.desk_queries import FoundUnit, find_unit, list_units_above, list_units_below
from lamplighter.business.workflow.company_days import day_of
from lamplighter.business.workflow.mining.discovery import BEGIN, END
from lamplighter.business.workflow.mining.what_if import Change
from lamplighter.doors.web.exports import folder
from lamplighter.doors.web.figures import number, percent
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.process_map import draw_map
from lamplighter.doors.web.views.jobs import attachment
from lamplighter.doors.web.views.tickets import class_words
from lamplighter.journeys.process_studies import ask_log, ask_map, ask_what_if

_MOST_PEOPLE: Final = 500
_WINDOW: Final = dt.timedelta(days=365)
_FIRST: Final = "TK-1"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of processes is about."""

    unit: FoundUnit
    process: str
    since: dt.date

    @property
    def url(self) -> str:
        """Its address."""
        asked = {"unit": self.unit.unit_id, "process": self.process, "since": self.since.isoformat()}
        return f"{reverse('process')}?{urlencode(asked)}"


class ChangeUnreadable(ValueError):
    """A number of the what-if form is none."""


@page(Right.SEE_FIGURES)
def process(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the newest map of a process of one's unit, or of one below it, and the newest what-if."""
    asked = _asked(request.GET.dict(), actor)
    if asked is None:
        return render(request, "process.html", {"unit": None})
    newest = partial(newest_study, actor=actor, unit=asked.unit, process=asked.process)
    found, played = newest(kind="map"), newest(kind="what_if")
    log = newest(kind="log") if actor.may(Right.SUPERVISE_TICKETS) else None
    labels = labels_of(asked.process, on=day_of(timezone.now()))
    context = {
        "unit": asked.unit,
        "above": list_units_above(actor=actor, unit=asked.unit),
        "below": list_units_below(actor=actor, unit=asked.unit),
        "asked": asked,
        "processes": [(name, process_words(name)) for name in list_processes(on=day_of(timezone.now()))],
        "study": found,
        "map": found and _map(found, labels),
        "played": played and _played(played, labels),
        "form": _form(asked.process, played),
        "log": log and (log, _file_of(log)),
        "posted": {"unit": asked.unit.unit_id, "process": asked.process, "since": asked.since.isoformat()},
    }
    return render(request, "process.html", context)


@page(Right.SUPERVISE_TICKETS)
@require_POST
def discover(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Ask for the map of a process."""
    asked = _must(request, actor)
    ask_map(by=actor, unit_id=asked.unit.unit_id, process=asked.process, since=asked.since, now=timezone.now())
    return _back(request, asked)


@page(Right.SUPERVISE_TICKETS)
@require_POST
def play(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Ask what a change would do."""
    asked = _must(request, actor)
    try:
        change = _change(request.POST.dict(), asked.process)
    except ChangeUnreadable:
        messages.error(request, text("process.what_if.unreadable"))
        return redirect(asked.url)
    ask_what_if(
        by=actor,
        unit_id=asked.unit.unit_id,
        process=asked.process,
        since=asked.since,
        change=change,
        is_round_the_clock=request.POST.get("round_the_clock") == "yes",
        now=timezone.now(),
    )
    return _back(request, asked)


@page(Right.SUPERVISE_TICKETS)
@require_POST
def log(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Ask for the log of a process as XES."""
    asked = _must(request, actor)
    why = " ".join(request.POST.get("why", "").split())[:500]
    if not why:
        messages.error(request, text("process.log.why_missing"))
        return redirect(asked.url)
    ask_log(
        by=actor,
        unit_id=asked.unit.unit_id,
        process=asked.process,
        since=asked.since,
        why=why,
        now=timezone.now(),
    )
    return _back(request, asked)


@page(Right.SUPERVISE_TICKETS)
def log_file(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse | StreamingHttpResponse:
    """Hand out the file of a log, and record it."""
    handed = hand_out_log(request, find_study(actor=actor, number=number), actor=actor)
    if handed is None:
        raise Http404
    return handed


def hand_out_log(
    request: HttpRequest, study: StudyRow | None, *, actor: Actor
) -> HttpResponse | StreamingHttpResponse | None:
    """Hand out the file of a log, and record it; None where there is none, or it expired."""
    path = _file_of(study) if study is not None and study.kind == "log" else None
    if study is None or path is None:
        return None
    after = {"list": f"process {study.process}", "rows": study.result["matters"], "sha256": study.result["sha256"]}
    now = timezone.now()
    record(act=Act.EXPORT_DOWNLOADED, by=actor, now=now, kind="kpi.study", subject=study.number, after=after)
    return attachment(request, path, f"{study.process}-{study.made_at:%Y%m%d-%H%M}.xes")


def process_words(name: str) -> str:
    """Return a process as people read it."""
    return text("process.case") if name == CASE else class_words(name)


def _asked(given: Mapping[str, str], actor: Actor) -> Asked | None:
    """Return what is asked for; None for somebody of no unit.

    Raises:
        Http404: another's unit, no such process, or a day that is none.
    """
    unit = find_unit(actor=actor, unit_id=given.get("unit", ""))
    if unit is None:
        if given.get("unit"):
            raise Http404
        return None
    name = given.get("process") or _FIRST
    if name not in list_processes(on=day_of(timezone.now())):
        raise Http404
    if not given.get("since"):
        newest = newest_study(actor=actor, unit=unit, process=name, kind="map")
        since = dt.date.fromisoformat(newest.given["since"]) if newest else day_of(timezone.now()) - _WINDOW
        return Asked(unit, name, since)
    try:
        return Asked(unit, name, dt.date.fromisoformat(given["since"]))
    except ValueError as unreadable:
        raise Http404 from unreadable


def _must(request: HttpRequest, actor: Actor) -> Asked:
    asked = _asked(request.POST.dict(), actor)
    if asked is None:
        raise Http404
    return asked


def _back(request: HttpRequest, asked: Asked) -> HttpResponse:
    messages.info(request, text("process.asked"))
    return redirect(asked.url)


def _file_of(study: StudyRow) -> Path | None:
    path = folder() / Path(study.result["file"]).name
    return path if path.exists() else None


def _hours(value: float) -> str:
    """Return hours as people say them: days from two of them on."""
    if value >= 48:
        return text("process.days", value=number(value / 24, 1))
    return text("process.hours", value=number(value, 2 if value < 1 else 1))


def _map(study: StudyRow, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a map as the page shows it."""
    found = study.result
    words = {**labels, BEGIN: text("process.begin"), END: text("process.end")}
    return {
        "matters": found["matters"],
        "running": text("process.fact.running", count=found["running"]),
        "median": _hours(found["median_hours"]),
        "p90": text("process.fact.p90", value=_hours(found["p90_hours"])),
        "rework": percent(found["rework_share"]),
        "ways": found["ways"],
        "ways_under": text("process.fact.ways_under", count=len(found["variants"])),
        "chart": draw_map(found, words=words, say_hours=_hours),
        "steps": [
            each
            | {
                "words": labels.get(each["activity"], each["activity"]),
                "role": _role(each["role"]),
                "median": _hours(each["median_hours"]),
                "p90": _hours(each["p90_hours"]),
                "late": percent(each["late_share"]),
            }
            for each in found["activities"]
        ],
        "arcs": [
            {
                "before": words.get(each["before"], each["before"]),
                "after": words.get(each["after"], each["after"]),
                "count": each["count"],
                "median": _hours(each["median_hours"]),
                "handed": each["handed_over"],
            }
            for each in found["arcs"]
            if each["before"] != BEGIN and each["after"] != END
        ],
        "variants": [
            {
                "way": " → ".join(labels.get(step, step) for step in each["way"]),
                "count": each["count"],
                "share": percent(each["share"]),
                "median": _hours(each["median_hours"]),
            }
            for each in found["variants"]
        ],
    }


def _role(role: str) -> str:
    return text(f"workflow.role.{role}") if role else text("process.machine")


def _form(name: str, played: StudyRow | None) -> dict[str, Any]:
    """Return what can be changed: people of each post, and the steps."""
    tasks = definition_of(name, on=day_of(timezone.now())).tasks
    labels = labels_of(name, on=day_of(timezone.now()))
    seen = played.result["staff_seen"] if played else {}
    roles = sorted(posts_of(name, on=day_of(timezone.now())))
    return {
        "roles": [
            (role, _role(role), text("process.what_if.staff_seen", count=seen[role]) if role in seen else "")
            for role in roles
        ],
        "steps": [(task, labels.get(task, task)) for task in tasks],
    }


def _change(given: Mapping[str, str], name: str) -> Change:
    """Return the change of a form.

    Raises:
        ChangeUnreadable: people or hours are no numbers in range.
    """
    tasks = definition_of(name, on=day_of(timezone.now())).tasks
    staff, limits = {}, {}
    for role in posts_of(name, on=day_of(timezone.now())):
        if typed := given.get(f"staff_{role}", "").strip():
            if not typed.isdecimal() or not 1 <= int(typed) <= _MOST_PEOPLE:
                raise ChangeUnreadable(typed)
            staff[role] = int(typed)
    for task in tasks:
        if typed := given.get(f"limit_{task}", "").strip():
            try:
                hours = float(typed)
            except ValueError as unreadable:
                raise ChangeUnreadable(typed) from unreadable
            if not 0 < hours < 10_000:
                raise ChangeUnreadable(typed)
            limits[task] = hours
    removed = frozenset(task for task in tasks if given.get(f"removed_{task}") == "yes")
    return Change(staff=staff, removed=removed, limits=limits)


def _played(study: StudyRow, labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a what-if as the page shows it."""
    found, given = study.result, study.given
    change = [text("process.what_if.said_staff", role=_role(role), count=n) for role, n in given["staff"].items()]
    change += [text("process.what_if.said_removed", step=labels.get(step, step)) for step in given["removed"]]
    change += [
        text("process.what_if.said_limit", step=labels.get(step, step), hours=f"{hours:g}")
        for step, hours in given["limits"].items()
    ]
    return {
        "study": study,
        "change": text("workflow.desk.join").join(change) or text("process.what_if.unchanged"),
        "seen": text("process.hours", value=number(found["seen_hours"], 1)),
        "before": _range(found["before"]),
        "after": _range(found["after"]),
        "difference": _range(found["difference"], is_signed=True),
        "late": [
            {
                "words": labels.get(step, step),
                "limit": text("process.what_if.late", limit=f"{limit:g}"),
                "before": _share_range(found["late_before"][step]),
                "after": _share_range(found["late_after"][step]),
            }
            for step, limit in given["limits"].items()
        ],
        "busy": [(_role(role), percent(share)) for role, share in found["busy"].items()],
    }


def _range(found: Mapping[str, float], *, is_signed: bool = False) -> str:
    sign = "+" if is_signed else ""
    middle, low, high = (f"{found[name]:{sign},.1f}" for name in ("middle", "low", "high"))
    return text("process.what_if.range", middle=middle, low=low, high=high)


def _share_range(found: Mapping[str, float]) -> str:
    middle, low, high = (percent(found[name]) for name in ("middle", "low", "high"))
    return text("process.what_if.share_range", middle=middle, low=low, high=high)
