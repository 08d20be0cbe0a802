"""*Versions of processes*: what runs, how it came to, and how somebody changes it: bring, look, release, go back."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.inspection import figures as cases
from lamplighter.business.service_desk.tickets import facts as tickets
from lamplighter.business.workflow.comparing import decision_rows
from lamplighter.business.workflow.definitions.drawing import read_drawing
from lamplighter.business.workflow.definitions.faults import DefinitionRefused
from lamplighter.business.workflow.definitions.markup import MOST_BYTES
from lamplighter.business.workflow.records import Decision, Definition
from lamplighter.business.workflow.versions.operations import (
    TRAIL_KIND,
    choose_version,
    decide_change,
    propose_change,
)
from lamplighter.business.workflow.versions.queries import (
    ChangedPart,
    FoundChange,
    find_change,
    kind_of,
    list_beginnings,
    list_changes,
    list_definitions,
    list_versions,
    may_release,
    running_version,
    version_file,
)
from lamplighter.doors.web.pages import page, policy_today
from lamplighter.doors.web.process_picture import show_drawing

_LONGEST: Final = 2_000
_MEDIA: Final = {"bpmn": "application/bpmn+xml", "dmn": "application/xml"}


@page(Right.SEE_FIGURES)
def processes(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List every process and decision table with the version that runs."""
    open_ones = _open_ones()
    totals: Counter[str] = Counter()
    for (name, _), count in open_ones.items():
        totals[name] += count
    rows = [
        {"row": each, "open": totals[each.name] if each.kind == "process" else None}
        for each in list_definitions(actor=actor)
    ]
    return render(request, "processes.html", {"rows": rows})


@page(Right.SEE_FIGURES)
def definition(request: HttpRequest, name: str, *, actor: Actor) -> HttpResponse:
    """Show a process or table: its picture, its versions, its changes, and the form to bring a changed file."""
    return _show_definition(request, name, actor=actor)


def _show_definition(
    request: HttpRequest, name: str, *, actor: Actor, refusal: dict[str, Any] | None = None
) -> HttpResponse:
    if kind_of(name) is None:
        raise Http404
    running, open_ones = running_version(name), _open_ones()
    versions = list_versions(actor=actor, name=name)
    changes = list_changes(actor=actor, name=name)
    context = {
        "name": name,
        "running": running,
        "label": running.label.spoken(),
        "versions": [{"row": each, "open": open_ones.get((name, each.version), 0)} for each in versions],
        "beginnings": list_beginnings(actor=actor, name=name),
        "changes": [each for each in changes if each.state != "waiting"][:20],
        "waiting": next((each for each in changes if each.state == "waiting"), None),
        "may_release": may_release(actor),
        "persons": policy_today().limits["process_release_persons"],
        "refusal": refusal,
        **_shown(running, actor),
    }
    return render(request, "definition.html", context, status=422 if refusal else 200)


@page(Right.SEE_FIGURES)
def definition_file(request: HttpRequest, name: str, version: int, *, actor: Actor) -> HttpResponse:
    """Hand out the file of a version."""
    return hand_out_version(name, version, actor=actor)


def hand_out_version(name: str, version: int, *, actor: Actor) -> HttpResponse:
    """Hand out the file of a version, byte by byte, and record it.

    Raises:
        Http404: there is none.
    """
    found = version_file(actor=actor, name=name, version=version)
    if found is None:
        raise Http404
    content, ending = found
    after = {"process": name, "version": version}
    record(act=Act.EXPORT_DOWNLOADED, by=actor, now=timezone.now(), kind=TRAIL_KIND, subject=name, after=after)
    headers = {"Content-Disposition": f'attachment; filename="{name}-{version}.{ending}"'}
    return HttpResponse(content, content_type=_MEDIA[ending], headers=headers)


@page(Right.CHANGE_PROCESSES)
@require_POST
def propose(request: HttpRequest, name: str, *, actor: Actor) -> HttpResponse:
    """Take a changed file in, with all that is wrong with it said at once."""
    if kind_of(name) is None:
        raise Http404
    sent, reason = request.FILES.get("file"), request.POST.get("reason", "")[:_LONGEST]
    if sent is None or isinstance(sent, list):
        return _show_definition(request, name, actor=actor, refusal={"sentence": text("processes.upload.no_file")})
    try:
        change = propose_change(
            actor=actor,
            # One byte more than is allowed is enough to say so.
            content=sent.read(MOST_BYTES + 1),
            file=sent.name or "",
            reason=reason,
            persons=policy_today().limits["process_release_persons"].value,
            now=timezone.now(),
        )
    except RightMissing:
        raise
    except DefinitionRefused as refused:
        faults = [{"element": each.element or refused.file, "sentence": each.sentence()} for each in refused.faults]
        refusal = {"sentence": text("processes.upload.refused", count=len(faults)), "faults": faults, "reason": reason}
        return _show_definition(request, name, actor=actor, refusal=refusal)
    except LamplighterError as refused:
        return _show_definition(request, name, actor=actor, refusal={"sentence": str(refused), "reason": reason})
    messages.info(request, text("processes.upload.released" if change.state == "released" else "processes.upload.done"))
    return redirect("process_change", change.pk)


@page(Right.SEE_FIGURES)
def change(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show what a change would change, what came of trying it out, and the form to decide."""
    found = find_change(actor=actor, number=number)
    if found is None:
        raise Http404
    return _show_change(request, found, actor=actor)


def _show_change(request: HttpRequest, found: FoundChange, *, actor: Actor, refusal: str = "") -> HttpResponse:
    is_own = found.proposed_by_id == actor.staff_id
    persons = policy_today().limits["process_release_persons"]
    context = {
        "change": found,
        "parts": [_part(each, actor) for each in found.parts],
        "is_own": is_own,
        "may_decide": found.state == "waiting"
        and (may_release(actor) or (is_own and actor.may(Right.CHANGE_PROCESSES))),
        "may_approve": may_release(actor) and (not is_own or persons.value < 2),
        "persons": persons,
        "refusal": refusal,
    }
    return render(request, "process_change.html", context, status=422 if refusal else 200)


@page(Right.CHANGE_PROCESSES)
@require_POST
def decide(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Release a change, or refuse it."""
    found = find_change(actor=actor, number=number)
    if found is None:
        raise Http404
    is_approved = request.POST.get("what") == "approve"
    try:
        decide_change(
            actor=actor,
            number=number,
            is_approved=is_approved,
            answer=request.POST.get("answer", "")[:_LONGEST],
            persons=policy_today().limits["process_release_persons"].value,
            now=timezone.now(),
        )
    except RightMissing:
        raise
    except LamplighterError as refused:
        return _show_change(request, found, actor=actor, refusal=str(refused))
    messages.info(request, text("processes.change.released_done" if is_approved else "processes.change.refused_done"))
    return redirect("definition", found.name)


@page(Right.CHANGE_PROCESSES)
@require_POST
def choose(request: HttpRequest, name: str, version: int, *, actor: Actor) -> HttpResponse:
    """Let new matters begin with a version that was released before."""
    if kind_of(name) != "process":
        raise Http404
    reason = request.POST.get("reason", "")[:_LONGEST]
    try:
        choose_version(actor=actor, name=name, version=version, reason=reason, now=timezone.now())
    except RightMissing:
        raise
    except LamplighterError as refused:
        return _show_definition(request, name, actor=actor, refusal={"sentence": str(refused)})
    messages.info(request, text("processes.version.chosen", version=version))
    return redirect("definition", name)


def _open_ones() -> dict[tuple[str, int], int]:
    return {**tickets.count_by_version(), **cases.count_by_version()}


def _shown(running: Definition | Decision, actor: Actor, added: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return the picture of a process, or the rows of a table."""
    if isinstance(running, Decision):
        return {"table": decision_rows(running), "source": running.source}
    found = version_file(actor=actor, name=running.name, version=running.version)
    drawing = read_drawing(found[0]) if found else None
    return {"picture": show_drawing(drawing, running, added=added) if drawing else None}


def _part(part: ChangedPart, actor: Actor) -> dict[str, Any]:
    added: frozenset[str] = frozenset()
    if isinstance(part.after, Definition):
        added = frozenset(each.element for each in part.differences if each.element in part.after.kinds)
    labels = part.after.labels if isinstance(part.after, Definition) else {}

    def said(steps: list[str]) -> str:
        return text("workflow.desk.join").join(labels[each].spoken() if each in labels else each for each in steps)

    rehearsal = part.rehearsal
    return {
        "part": part,
        "label": part.after.label.spoken(),
        "sentences": [each.sentence() for each in part.differences],
        "tried": rehearsal
        and {
            "walks": rehearsal["walks"],
            "ends": [
                {
                    "step": said([each["element"]]),
                    "count": each["count"],
                    "way": " → ".join(labels[step].spoken() for step in each["way"]),
                }
                for each in rehearsal["ends"]
            ],
            "missed_ends": said(rehearsal["missed_ends"]),
            "missed_steps": said(rehearsal["missed_steps"]),
            "stuck": [(said(steps.split(", ")), count) for steps, count in rehearsal["unfinished"].items()],
        },
        **_shown(part.after, actor, added),
    }
