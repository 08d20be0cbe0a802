"""*Conversations*: who waits for a person, the page on which one leads a conversation, and what helps to lead it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.customers.desk_queries import numbers_of
from lamplighter.business.service_desk.chats import operations
from lamplighter.business.service_desk.chats.queries import (
    STANDINGS,
    ChatUnknown,
    find_talk,
    handed_over_side,
    list_chats,
    read_turns,
)
from lamplighter.business.service_desk.tickets.queries import find_tickets
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.doors.web.chat_shown import Event, show_sources, show_turns, stream_news, turn_event
from lamplighter.doors.web.lists import (
    Column,
    Filter,
    ListPage,
    ask_of,
    instant_column,
    place_filters,
    say_months,
    show_list,
)
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.rows import chats as rows
from lamplighter.journeys.chat_assist import Talk, open_talk


def _list_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="chats",
        words="chats.list",
        columns=(
            Column("talk", is_sorted=False, cell=rows.talk, look="short"),
            Column("subject", is_sorted=False, cell=rows.subject, look="full"),
            Column("standing", is_sorted=False, cell=rows.standing, look="short"),
            instant_column("begun", lambda row: row.begun_at, look="short"),
            instant_column("last", lambda row: row.last_at, look="short"),
            Column("satisfaction", is_sorted=False, cell=rows.satisfaction, look="short"),
        ),
        filters=(
            Filter("standing", lambda: [(each, text(f"chats.standing.{each}")) for each in STANDINGS]),
            *place_filters(actor, "unit"),
            Filter("months", say=say_months),
            Filter("mark", say=lambda value: text(f"chats.mark.{handed_over_side(value)}")),
        ),
    )


@page(Right.SEE_TICKETS)
def chats(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List the conversations of one's unit: who waits for a person first."""
    listed = _list_page(actor)
    return show_list(request, listed, list_chats(actor=actor, ask=ask_of(request, listed)))


@page(Right.SEE_TICKETS)
def talk(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a conversation with what helps to lead it."""
    return _show(request, number, actor=actor)


@page(Right.SEE_TICKETS)
def panel(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show what stands beside a conversation anew, after something was said."""
    return render(request, "parts/chat_panel.html", _context(_open(number, actor), actor))


@page(Right.SEE_TICKETS)
def watch(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponseBase:
    """Tell an open page what is said, as a stream."""
    asked = request.headers.get("Last-Event-ID") or request.GET.get("after", "0")
    after = int(asked) if asked.isdecimal() and len(asked) < 9 else 0
    _find(number, actor)

    def look(at: int) -> tuple[list[Event], bool]:
        turns = read_turns(actor=actor, number=number, after=at)
        row, _, _ = find_talk(actor=actor, number=number)
        return [turn_event(shown, is_staff=True) for shown in show_turns(turns)], row.ended_at is not None

    return stream_news(look, after=after)


@require_POST
@page(Right.REGISTER_TICKETS)
def lead(request: HttpRequest, number: int, what: str, *, actor: Actor) -> HttpResponse:
    """Take a conversation over, say something in it, or end it."""
    now = timezone.now()
    try:
        match what:
            case "take":
                operations.take_over(actor=actor, number=number, now=now)
            case "say":
                operations.say_as_person(actor=actor, number=number, words=request.POST.get("words", ""), now=now)
            case "end":
                operations.finish_chat(actor=actor, number=number, now=now)
            case _:
                raise Http404
    except ChatUnknown as unknown:
        raise Http404 from unknown
    except LamplighterError as refused:
        typed = request.POST.get("words", "")
        return _show(request, number, actor=actor, refused=str(refused), typed=typed, status=409)
    if what != "say":
        messages.success(request, text(f"chats.done.{what}"))
    return redirect(reverse("talk", args=[number]) + "#last")


def _about() -> dict[str, str]:
    """Return intent -> what it is called, in the reader's language."""
    return {code: each.name for code, each in intents().items()}


def _find(number: int, actor: Actor) -> None:
    try:
        find_talk(actor=actor, number=number)
    except ChatUnknown as unknown:
        raise Http404 from unknown


def _open(number: int, actor: Actor) -> Talk:
    try:
        return open_talk(actor=actor, number=number, home=read_settings().home, now=timezone.now())
    except ChatUnknown as unknown:
        raise Http404 from unknown


def _show(
    request: HttpRequest, number: int, *, actor: Actor, refused: str = "", typed: str = "", status: int = 200
) -> HttpResponse:
    found = _open(number, actor)
    context = _context(found, actor) | {"refused": refused, "typed": typed, "shown": show_turns(found.view.turns)}
    return render(request, "talk.html", context, status=status)


def _context(found: Talk, actor: Actor) -> dict[str, Any]:
    row = found.row
    tickets = find_tickets(actor=actor, numbers=list(row.tickets.values()))
    is_open = row.ended_at is None
    return {
        "talk": found,
        "row": row,
        "about": _about(),
        "tickets": tickets,
        "customer_number": numbers_of(actor=actor, accounts=[row.account_id]).get(row.account_id),
        "looked_up": show_sources(found.dossier.looked_up) if found.dossier else (),
        "sources": show_sources(found.figures),
        "is_mine": is_open and row.agent_id == actor.staff_id,
        "may_take": is_open and row.agent_id is None and actor.may(Right.REGISTER_TICKETS),
    }
