"""What every list can do besides being looked at: become a file, be kept as a view."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.messages import text
from lamplighter.base.saved_views.operations import ViewRefused, remove_view, save_view
from lamplighter.base.security.actor import Actor
from lamplighter.doors.web.exports import ExportRefused, ask_export
from lamplighter.doors.web.lists import LISTS, parameters_of, read_ask
from lamplighter.doors.web.pages import page


@page(None)
@require_POST
def export(request: HttpRequest, listed: str, *, actor: Actor) -> HttpResponse:
    """Ask for a list as a file."""
    asked = _asked(request, listed)
    try:
        ask_export(
            by=actor,
            listed=listed,
            parameters=asked.dict(),
            ending=request.POST.get("ending", ""),
            why=request.POST.get("why", ""),
            now=timezone.now(),
        )
    except ExportRefused as refused:
        messages.warning(request, str(refused))
        return redirect(_back(listed, asked))
    messages.info(request, text("exports.asked"))
    return redirect("jobs")


@page(None)
@require_POST
def keep_view(request: HttpRequest, listed: str, *, actor: Actor) -> HttpResponse:
    """Keep a list as it is asked for now."""
    asked = _asked(request, listed)
    actor.require(LISTS[listed].right)
    try:
        save_view(
            by=actor,
            listed=listed,
            name=request.POST.get("name", ""),
            asked=parameters_of(read_ask(asked.dict(), LISTS[listed].page(actor))),
            is_shared=request.POST.get("share") == "yes",
            now=timezone.now(),
        )
    except ViewRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.info(request, text("views.kept"))
    return redirect(_back(listed, asked))


@page(None)
@require_POST
def drop_view(request: HttpRequest, listed: str, number: int, *, actor: Actor) -> HttpResponse:
    """Remove a view of one's own."""
    asked = _asked(request, listed)
    if not remove_view(by=actor, number=number):
        raise Http404
    messages.info(request, text("views.removed"))
    return redirect(_back(listed, asked))


def _asked(request: HttpRequest, listed: str) -> QueryDict:
    if listed not in LISTS:
        raise Http404
    return QueryDict(request.POST.get("asked", "")[:2000])


def _back(listed: str, asked: QueryDict) -> str:
    return f"{reverse(listed)}?{asked.urlencode()}" if asked else reverse(listed)
