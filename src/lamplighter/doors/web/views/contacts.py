"""*Contacts*: the list, and the page of one with its transcript, deductions and appeals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.business.service_desk.contacts import operations
from lamplighter.business.service_desk.contacts.queries import (
    BANDS,
    ContactUnknown,
    RatingDue,
    count_open_appeals,
    has_contacts,
    list_agents,
    list_contacts,
    list_months,
    stream_contacts,
)
from lamplighter.business.service_desk.contacts.records import (
    Channel,
    ContactView,
    DeductionState,
    practice,
)
from lamplighter.business.service_desk.contacts.view import find_contact
from lamplighter.business.service_desk.quality.record_rubric import SITE_RECORD, TICKET, every_item, rubric_of
from lamplighter.doors.web.cells import apart
from lamplighter.doors.web.lists import (
    LISTS,
    Column,
    Filter,
    Listed,
    ListPage,
    ask_of,
    instant_column,
    place_filters,
    say_months,
    show_list,
    unit_filter,
)
from lamplighter.doors.web.pages import page, policy_today
from lamplighter.doors.web.rows import contacts as rows
from lamplighter.doors.web.unmask_form import day_began_at, unmask_form
from lamplighter.journeys.unmasking import PurposeMissing, UnmaskingsUsedUp, unmask_contact


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def item_words() -> list[tuple[str, str]]:
    """Return code and name of each item of the rubric, in its order."""
    return [(code, item.name) for code, item in every_item().items()]


def _list_page(actor: Actor) -> ListPage:
    items = dict(item_words())
    inspects = actor.may(Right.INSPECT_CONTACTS)
    appealed = [each for each in DeductionState if each is not DeductionState.STANDS]
    yes_no = [("yes", text("desk.yes")), ("no", text("desk.no"))]
    return ListPage(
        url_name="contacts",
        words="contacts.list",
        columns=(
            Column("contact", value=lambda row: row.contact_no, cell=rows.number, look="short"),
            instant_column("begun", lambda row: row.begun_at, value=lambda row: row.begun_at, look="short"),
            Column(
                "agent",
                value=lambda row: row.agent_name or text("contacts.program"),
                cell=rows.agent,
                look="short",
            ),
            Column("unit", value=lambda row: row.unit_name),
            Column("channel", value=lambda row: text(f"contacts.channel.{row.channel}"), look="short"),
            Column(
                "total",
                is_number=True,
                value=lambda row: "" if row.total is None else row.total,
                cell=rows.total,
            ),
            Column(
                "lost",
                is_sorted=False,
                value=lambda row: ", ".join(items[item] for item in row.lost),
                cell=lambda row, _: apart([items.get(item, "") for item in row.lost]),
                look="full",
            ),
        ),
        stream=lambda ask: stream_contacts(actor=actor, ask=ask),
        filters=(
            *([Filter("agent", lambda: list_agents(actor=actor))] if inspects else []),
            Filter("channel", lambda: [(each.value, text(f"contacts.channel.{each}")) for each in Channel]),
            Filter("item", item_words),
            Filter("unjudged", item_words),
            Filter("score", lambda: [(band, text(f"contacts.band.{band}")) for band in BANDS]),
            Filter("veto", lambda: yes_no),
            Filter("month", lambda: [(month, month) for month in list_months(actor=actor)]),
            Filter("appeal", lambda: [(each.value, text(f"contacts.deduction.{each}")) for each in appealed]),
            *([unit_filter(actor)] if inspects else []),
            Filter("months", say=say_months),
            *place_filters(actor, "unit"),
        ),
    )


LISTS["contacts"] = Listed(Right.SEE_CONTACTS, _list_page)


@page(Right.SEE_CONTACTS)
def contacts(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List contacts with their scores, the newest first: one's own, or those of one's unit."""
    listed = _list_page(actor)
    part = list_contacts(actor=actor, ask=ask_of(request, listed))
    return show_list(
        request,
        listed,
        part,
        above="parts/contact_ways.html",
        waiting=count_open_appeals(actor=actor) if actor.may(Right.INSPECT_CONTACTS) else 0,
        has_card=has_contacts(actor=actor),
    )


@page(Right.SEE_CONTACTS)
def contact(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a contact: what was said, what it lost and why, what could not be judged."""
    return _show(request, number, actor=actor)


_SOURCES: Final = {TICKET: ("ticket", Right.SEE_TICKETS), SITE_RECORD: ("case", Right.SEE_CASES)}
"""Page of the record a contact was made from, and what it takes to open it."""


def _source(view: ContactView, actor: Actor) -> tuple[str, str] | None:
    """Return address and words of the record a contact was made from; None where the actor may not open it."""
    if view.about is None or not actor.may(_SOURCES[view.about[0]][1]):
        return None
    return reverse(_SOURCES[view.about[0]][0], args=[view.about[1]]), text(f"contacts.to_{view.about[0]}")


def _show(
    request: HttpRequest,
    number: int,
    *,
    actor: Actor,
    clear: tuple[int, ContactView, str] | None = None,
    unmask_refusal: str = "",
    refusal: dict[str, Any] | None = None,
) -> HttpResponse:
    try:
        view = clear[1] if clear else find_contact(actor=actor, number=number, now=_now())
    except RatingDue as due:
        messages.info(request, str(due))
        return redirect("contact_rate", number)
    if view is None:
        raise Http404
    rubric = rubric_of(view.row.channel)
    form = (
        unmask_form(request, actor, action=reverse("contact_clear", args=[number]), refusal=unmask_refusal)
        if actor.may(Right.UNMASK) and clear is None
        else None
    )
    judged = {item for item, _ in view.unjudged}
    context = {
        "contact": view.row,
        "view": view,
        "source": _source(view, actor),
        "rubric": rubric,
        "practice": practice(),
        "items": [
            {
                "item": item,
                "deductions": [
                    each
                    for each in (*view.whole, *(found for turn in view.turns for found in turn.deductions))
                    if each.group == code
                ],
                "unjudged": [why for group, why in view.unjudged if group == code],
                "is_unjudged": code in judged,
            }
            for code, item in rubric.items.items()
        ],
        "now": _now(),
        "unmask": form,
        "clear": {"entry": clear[0], "purpose": clear[2]} if clear else None,
        "refusal": refusal,
    }
    return render(request, "contact.html", context, status=422 if refusal or unmask_refusal else 200)


@page(Right.UNMASK)
@require_POST
def clear(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a contact with personal data in clear, on this one page, once it is recorded what for."""
    actor.require(Right.SEE_CONTACTS)
    purpose = request.POST.get("purpose", "")
    try:
        entry, view = unmask_contact(
            number=number,
            by=actor,
            purpose=purpose,
            note=request.POST.get("note", ""),
            policy=policy_today(),
            day_began_at=day_began_at(request),
            now=_now(),
        )
    except ContactUnknown as unknown:
        raise Http404 from unknown
    except RatingDue as due:
        messages.info(request, str(due))
        return redirect("contact_rate", number)
    except (PurposeMissing, UnmaskingsUsedUp) as refused:
        return _show(request, number, actor=actor, unmask_refusal=str(refused))
    return _show(request, number, actor=actor, clear=(entry, view, purpose))


def _act(
    request: HttpRequest, number: int, deduction: int, do: Callable[[str], object], *, actor: Actor, done: str
) -> HttpResponse:
    """Do something about a deduction and lead back to the contact; what is refused comes back as it was typed."""
    reason = request.POST.get("reason", "")
    try:
        do(reason)
    except (ContactUnknown, operations.DeductionUnknown) as unknown:
        raise Http404 from unknown
    except RightMissing:
        raise
    except LamplighterError as refused:
        refusal = {"form": deduction, "sentence": str(refused), "reason": reason}
        return _show(request, number, actor=actor, refusal=refusal)
    messages.success(request, text(f"contacts.done.{done}"))
    return redirect(f"{reverse('contact', args=[number])}#deduction-{deduction}")


@require_POST
@page(Right.SEE_CONTACTS)
def appeal(request: HttpRequest, number: int, deduction: int, *, actor: Actor) -> HttpResponse:
    """Appeal against a deduction of one's own contact."""

    def do(reason: str) -> None:
        operations.appeal(actor=actor, number=number, deduction=deduction, reason=reason, now=_now())

    return _act(request, number, deduction, do, actor=actor, done="appealed")


@require_POST
@page(Right.INSPECT_CONTACTS)
def decide(request: HttpRequest, number: int, deduction: int, *, actor: Actor) -> HttpResponse:
    """Decide on an appeal: the deduction stays, or is withdrawn."""
    decision = request.POST.get("decision", "")
    if decision not in (DeductionState.UPHELD, DeductionState.WITHDRAWN):
        raise Http404

    def do(reason: str) -> None:
        operations.decide_appeal(
            actor=actor,
            number=number,
            deduction=deduction,
            is_upheld=decision == DeductionState.UPHELD,
            reason=reason,
            now=_now(),
        )

    return _act(request, number, deduction, do, actor=actor, done=decision)
