"""Who judges an item, released from *Agreement*; lessons asked for from coaching cards."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.service_desk.contacts import releases
from lamplighter.business.service_desk.contacts.figures import ItemAgreement, read_agreement
from lamplighter.business.service_desk.contacts.lessons import (
    LessonRefused,
    LessonState,
    ask_lesson,
    list_lessons,
    withdraw_lesson,
)
from lamplighter.business.service_desk.contacts.records import practice
from lamplighter.business.service_desk.quality.record_rubric import every_item
from lamplighter.doors.web.pages import page


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def release_context(*, actor: Actor, rows: list[ItemAgreement]) -> dict[str, Any]:
    """Return what the page of agreement shows of who judges which item: the proposal, and what was released."""
    names = {code: item.name for code, item in every_item().items()}
    in_force = releases.release_at(_now())
    bound = practice().least_kappa
    proposals = releases.propose(rows, by_people=in_force.by_people if in_force else (), bound=bound)
    history = releases.list_releases(actor=actor)
    return {
        "proposals": [
            {"of": each, "name": names[each.item], "why": text(f"contacts.release.why.{each.why}")}
            for each in proposals
        ],
        "is_something_new": any(each.proposed is not each.is_by_people for each in proposals),
        "release": in_force,
        "history": [{"of": each, "names": [names[item] for item in each.by_people]} for each in history],
        "may_release": releases.may_release(actor),
    }


@page(Right.INSPECT_CONTACTS)
@require_POST
def release(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Release which items people judge."""
    try:
        number = releases.release(
            actor=actor,
            by_people=request.POST.getlist("by_people"),
            figures=read_agreement(actor=actor),
            reason=request.POST.get("reason", ""),
            now=_now(),
        )
    except releases.ReleaseRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, text("contacts.release.done", number=number))
    return redirect("agreement")


@page(Right.INSPECT_CONTACTS)
@require_POST
def go_back(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Release an earlier state again; ``0`` is the time before the first release."""
    written = request.POST.get("number", "")
    try:
        if not written.isdecimal() or len(written) > 9:
            raise releases.ReleaseRefused("unknown")
        number = releases.go_back(
            actor=actor, number=int(written) or None, reason=request.POST.get("reason", ""), now=_now()
        )
    except releases.ReleaseRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, text("contacts.release.done", number=number))
    return redirect("agreement")


@page(Right.SEE_CONTACTS)
def lessons(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the lessons that were asked for."""
    rows = list_lessons(actor=actor)
    context = {"rows": [{"of": each, "check": text(f"contacts.check.{each.item}")} for each in rows]}
    return render(request, "lessons.html", context)


@page(Right.SEE_CONTACTS)
@require_POST
def lesson_ask(request: HttpRequest, agent: int, *, actor: Actor) -> HttpResponse:
    """Ask for a lesson on an item of a coaching card."""
    item, note = request.POST.get("item", ""), request.POST.get("note", "")
    try:
        ask_lesson(actor=actor, agent_id=agent, item=item, note=note, now=_now())
    except LessonRefused as refused:
        if refused.why == "no_card":
            raise Http404 from refused
        messages.error(request, str(refused))
    else:
        messages.success(request, text("contacts.lesson.done"))
    return redirect("coaching", agent=agent)


@page(Right.SEE_CONTACTS)
@require_POST
def lesson_withdraw(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Withdraw a wish for a lesson."""
    try:
        withdraw_lesson(actor=actor, number=number, now=_now())
    except LessonRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, text("contacts.lesson.withdrawn"))
    return redirect("lessons")


def asked_items(*, actor: Actor, agent_id: int) -> frozenset[str]:
    """Return the items a lesson is asked for on for an agent."""
    rows = list_lessons(actor=actor, agent_id=agent_id)
    return frozenset(each.item for each in rows if each.state is LessonState.ASKED)
