"""*Agreement*: a sample rated by two persons; *Fairness*: how groups compare; *Coaching*: a card of each agent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.business.service_desk.contacts import operations
from lamplighter.business.service_desk.contacts.figures import (
    GROUPS,
    KINDS,
    list_samples,
    list_to_rate,
    read_agreement,
    read_coaching,
    read_groups,
)
from lamplighter.business.service_desk.contacts.queries import ContactUnknown, find_row, list_agents, list_months
from lamplighter.business.service_desk.contacts.records import Verdict, practice
from lamplighter.business.service_desk.contacts.view import read_transcript
from lamplighter.business.service_desk.quality.record_rubric import every_item, rubric_of
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.views.judging import asked_items, release_context


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@page(Right.INSPECT_CONTACTS)
def agreement(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show how far two persons agree on each item, and the rubric with both; what waits to be rated; what was drawn."""
    return _show_agreement(request, actor=actor)


def _show_agreement(
    request: HttpRequest, *, actor: Actor, refusal: str = "", typed: dict[str, str] | None = None
) -> HttpResponse:
    names = {code: item.name for code, item in every_item().items()}
    rows = read_agreement(actor=actor)
    context = {
        "rows": [
            {
                "name": names[row.item],
                "item": row.item,
                "sides": [{"found": side, "is_too_few": row.is_too_few(side)} for side in (row.persons, row.rubric)],
            }
            for row in rows
        ],
        "practice": practice(),
        "to_rate": list_to_rate(actor=actor),
        "samples": list_samples(actor=actor),
        **release_context(actor=actor, rows=rows),
        "refusal": refusal,
        "typed": typed or _proposed(actor),
    }
    return render(request, "agreement.html", context, status=422 if refusal else 200)


def _proposed(actor: Actor) -> dict[str, str]:
    """Return a draw to begin with: the newest month there are contacts of."""
    months = list_months(actor=actor)
    first = dt.date.fromisoformat(f"{months[0]}-01") if months else _now().date().replace(day=1)
    following = (first + dt.timedelta(days=31)).replace(day=1)
    return {
        "first_on": first.isoformat(),
        "last_on": (following - dt.timedelta(days=1)).isoformat(),
        "per_agent": str(practice().sample_per_agent),
        "seed": f"{_now():%Y%m%d}",
    }


@page(Right.INSPECT_CONTACTS)
@require_POST
def draw(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Draw a sample."""
    typed = {name: request.POST.get(name, "")[:20] for name in ("first_on", "last_on", "per_agent", "seed")}
    try:
        given = _read_draw(typed)
        drawn = operations.draw_sample(actor=actor, now=_now(), **given)
    except RightMissing:
        raise
    except LamplighterError as refused:
        return _show_agreement(request, actor=actor, refusal=str(refused), typed=typed)
    messages.success(request, text("contacts.done.drawn", count=drawn))
    return redirect("agreement")


def _read_draw(typed: dict[str, str]) -> dict[str, Any]:
    try:
        first_on, last_on = (dt.date.fromisoformat(typed[name]) for name in ("first_on", "last_on"))
        per_agent, seed = int(typed["per_agent"]), int(typed["seed"])
    except ValueError:
        raise operations.DrawUnreadable from None
    return {"first_on": first_on, "last_on": last_on, "per_agent": per_agent, "seed": seed}


@page(Right.INSPECT_CONTACTS)
def rate(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show a sampled contact without its score, to be rated item by item; or keep the rating."""
    turns = read_transcript(actor=actor, number=number)
    if turns is None:
        raise Http404
    row = find_row(actor=actor, number=number)
    items = rubric_of(row.channel).items
    given = {item: request.POST.get(item, "") for item in items}
    note, refusal = request.POST.get("note", ""), ""
    if request.method == "POST":
        try:
            operations.rate_contact(actor=actor, number=number, verdicts=given, note=note, now=_now())
        except ContactUnknown as unknown:
            raise Http404 from unknown
        except operations.RatingRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, text("contacts.done.rated"))
            return redirect("agreement")
    why_not = operations.may_rate(actor=actor, number=number)
    context = {
        "contact": row,
        "turns": turns,
        "items": [
            {"item": item, "chosen": given[code], "help": text(f"contacts.good.{code}")} for code, item in items.items()
        ],
        "verdicts": [(each.value, text(f"contacts.verdict.{each}")) for each in Verdict],
        "note": note,
        "refusal": refusal,
        "why_not": text(f"contacts.why.{why_not}") if why_not else "",
    }
    return render(request, "contact_rate.html", context, status=422 if refusal else 200)


@page(Right.INSPECT_CONTACTS)
def fairness(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show how stations, channels or agents compare in what is held to one rubric, and where there is too little."""
    by = request.GET.get("by", "")
    by = by if by in GROUPS else "station"
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else "talk"
    rows = read_groups(actor=actor, by=by, kind=kind)
    context = {
        "by": by,
        "kind": kind,
        "kinds": [(each, text(f"contacts.kind.{each}")) for each in KINDS],
        "ways": [(each, text(f"contacts.by.{each}")) for each in GROUPS],
        "rows": [
            {"row": row, "name": text(f"contacts.channel.{row.value}") if by == "channel" else row.name} for row in rows
        ],
        "practice": practice(),
    }
    return render(request, "fairness.html", context)


@page(Right.SEE_CONTACTS)
def coaching(request: HttpRequest, agent: int, *, actor: Actor) -> HttpResponse:
    """Show what an agent loses most, with examples of his own and what good looks like; to be printed."""
    card = read_coaching(actor=actor, agent_id=agent)
    if card is None:
        raise Http404
    names = {code: item.name for code, item in every_item().items()}
    asked = asked_items(actor=actor, agent_id=agent)
    context = {
        "card": card,
        "lost": [
            {
                "lost": each,
                "is_asked": each.item in asked,
                "group": names[each.item.partition(".")[0]],
                "check": text(f"contacts.check.{each.item}"),
                "good": text(f"contacts.good.{each.item.partition('.')[0]}"),
            }
            for each in card.lost
        ],
        "agents": list_agents(actor=actor) if actor.may(Right.INSPECT_CONTACTS) else [],
        "practice": practice(),
    }
    return render(request, "coaching.html", context)
