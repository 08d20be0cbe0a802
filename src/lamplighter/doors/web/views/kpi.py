"""*Key figures*: what the service of a unit came to, each figure with its definition, its guards and its records."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.messages import spoken_half, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.kpi.queries import (
    By,
    Shown,
    list_months,
    newest_counting,
    newest_month,
    read_change,
    read_figures,
    read_places,
    read_split,
)
from lamplighter.business.kpi.records import Definition, Kind, Period, add_months
from lamplighter.business.network.desk_queries import FoundUnit
from lamplighter.business.workflow.company_days import day_of
from lamplighter.doors.web.figures import percent
from lamplighter.doors.web.kpi_records import CALL_ORIGINS, records_of
from lamplighter.doors.web.kpi_words import say_figure, say_target, say_value
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.views.tickets import class_words, topic_words
from lamplighter.journeys.figure_view import FigurePlace, PeriodUnreadable, list_ways, open_place
from lamplighter.journeys.key_figures import ask_counting

_MONTH: Final = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def _last(period: Period) -> str:
    return f"{period.last:%Y-%m}"


@page(Right.SEE_FIGURES)
def kpi(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show every figure of one's unit, or of one below it, in a period."""
    place = place_of(request, request.GET.dict(), actor)
    if place is None:
        return render(request, "kpi.html", {"unit": None})
    shown = read_figures(actor=actor, unit=place.unit, period=place.period, settings=place.settings)
    context = _context(request, actor, place) | {
        "rows": [_row(each, place, actor, number) for number, each in enumerate(shown)],
        "places": _places(actor, place),
    }
    return render(request, "kpi.html", context)


@page(Right.SEE_FIGURES)
def figure(request: HttpRequest, key: str, *, actor: Actor) -> HttpResponse:
    """Show one figure by part, and what its change is made of."""
    place = place_of(request, request.GET.dict(), actor)
    found = {each.key: each for each in place.settings.definitions.values()} if place else {}
    if place is None or key not in found:
        raise Http404
    definition = found[key]
    ways = [each.value for each in list_ways(actor=actor, place=place)]
    by = By(request.GET["by"]) if request.GET.get("by") in ways else By(ways[0])
    below = place.below if by is By.UNIT else ()
    known: dict[str, Any] = {"actor": actor, "unit": place.unit, "period": place.period, "definition": definition}
    splits = read_split(**known, by=by, below=below)
    change = read_change(**known, by=by, below=below) if by in (By.GROUP, By.UNIT) else None
    every = {each.definition.code: each for each in _all(actor, place)}
    context = _context(request, actor, place) | {
        "row": _row(every[definition.code], place, actor, 0),
        "by": by.value,
        "ways": [(each, text(f"kpi.split.{each}")) for each in ways],
        "splits": [
            (
                _part_words(each.value, by, definition, below),
                say_figure(each.figure, definition.kind),
                _lower(each.value, place) if by is By.UNIT else "",
            )
            for each in splits
        ],
        "change": _change(change, by, definition, below) if change else None,
        "can_change": by in (By.GROUP, By.UNIT),
        "person_words": _person_words(place),
    }
    return render(request, "kpi_figure.html", context)


@page(Right.SUPERVISE_TICKETS)
@require_POST
def count(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Ask for a counting now."""
    ask_counting(timezone.now(), by=actor)
    messages.info(request, text("kpi.asked"))
    return redirect("kpi")


def place_of(request: HttpRequest, given: Mapping[str, str], actor: Actor) -> FigurePlace | None:
    """Return what an address or a form asks for; None for somebody of no unit.

    Raises:
        Http404: another's unit, or a period that is none.
    """
    first, last = _month(given, "first"), _month(given, "last")
    kind = given.get("kind", "")
    if kind == "month":
        first = last
    elif kind == "quarter":
        last = last or newest_month(actor=actor) or day_of(timezone.now()).replace(day=1)
        first = dt.date(last.year, (last.month - 1) // 3 * 3 + 1, 1)
        last = add_months(first, 2)
    asked: dict[str, Any] = {"actor": actor, "unit_id": given.get("unit", ""), "now": timezone.now()}
    asked["folder"] = read_settings().home.settings
    try:
        place = open_place(**asked, first=first, last=last)
    except PeriodUnreadable as refused:
        messages.error(request, str(refused))
        place = open_place(**asked, first=None, last=None)
    if place is None and given.get("unit"):
        raise Http404
    return place


def _asked(place: FigurePlace) -> str:
    """Return a place as addresses of these pages say it."""
    months = {"first": f"{place.period.first:%Y-%m}", "last": _last(place.period)}
    return urlencode({"unit": place.unit.unit_id, **months})


def _lower(unit_id: str, place: FigurePlace) -> str:
    """Return the address of the same figure of a unit below, by its own units."""
    months = {"first": f"{place.period.first:%Y-%m}", "last": _last(place.period)}
    return f"?{urlencode({'unit': unit_id, **months, 'by': By.UNIT.value})}"


def _month(given: Mapping[str, str], name: str) -> dt.date | None:
    found = _MONTH.fullmatch(given.get(name, ""))
    return dt.date(int(found[1]), int(found[2]), 1) if found else None


def _context(request: HttpRequest, actor: Actor, place: FigurePlace) -> dict[str, Any]:
    months = {*list_months(actor=actor), place.period.first, place.period.last}
    counting = newest_counting()
    return {
        "unit": place.unit,
        "above": place.above,
        "below": place.below,
        "period": place.period,
        "is_one_month": place.period.months == 1,
        "months": sorted(months, reverse=True),
        "kinds": [(kind, text(f"kpi.period.{kind}")) for kind in ("month", "quarter", "own")],
        "kind": "month" if place.period.months == 1 else "own",
        "counting": counting,
        "asked": _asked(place),
    }


def _all(actor: Actor, place: FigurePlace) -> list[Shown]:
    shown = read_figures(actor=actor, unit=place.unit, period=place.period, settings=place.settings)
    return [*shown, *{each.definition.code: each for row in shown for each in row.guards}.values()]


def _row(shown: Shown, place: FigurePlace, actor: Actor, number: int) -> dict[str, Any]:
    """Return a figure as the table shows it."""
    of = shown.definition
    return {
        "code": of.code,
        "key": of.key,
        "name": text(f"kpi.figure.{of.key}.name"),
        "definition": text(f"kpi.figure.{of.key}.definition", **_parameters(of)),
        "no_data": text(f"kpi.no_data.{of.no_data}") if of.no_data else "",
        "figure": say_figure(shown.figure, of.kind),
        "before": say_value(shown.before.value, of.kind),
        "target": say_target(of.target, of.kind, of.better),
        "is_met": shown.is_met,
        "needs_confirmation": of.needs_confirmation,
        "source": spoken_half(of.source),
        "evidence": of.evidence,
        "owner": text(f"security.role.{of.owner}"),
        "origin": text(f"kpi.origin.{of.origin}"),
        "freshness_hours": of.freshness_hours,
        "records": records_of(of, unit_id=place.unit.unit_id, period=place.period, actor=actor),
        "trend_id": f"trend-{number}",
        "trend": _trend(shown) if any(value is not None for _, value in shown.trend) else None,
        "guards": [_row(each, place, actor, number) for each in shown.guards],
    }


def _parameters(of: Definition) -> dict[str, Any]:
    return {name: f"{value:g}" for name, value in of.parameters.items()}


def _trend(shown: Shown) -> dict[str, Any]:
    scale = 100.0 if shown.definition.kind in (Kind.SHARE, Kind.RATIO) else 1.0
    begun = next(place for place, (_, value) in enumerate(shown.trend) if value is not None)
    trend = shown.trend[begun:]
    return {
        "kind": "spark",
        "months": [f"{month:%Y-%m}" for month, _ in trend],
        "values": [None if value is None else round(value * scale, 2) for _, value in trend],
        "target": None if shown.definition.target is None else round(shown.definition.target * scale, 2),
        "unit": "%" if scale > 1 else "",
    }


def _person_words(place: FigurePlace) -> str:
    basis = place.settings.person_basis
    return text("kpi.by_person_on", basis=basis) if basis else text("kpi.by_person_off")


def _part_words(value: str, by: By, definition: Definition, below: Sequence[FoundUnit]) -> str:
    if by is By.UNIT:
        return next((unit.name for unit in below if unit.unit_id == value), value)
    if not value:
        return text("kpi.split.unnamed")
    if by is not By.GROUP:
        return value
    if definition.code == "K-8":
        return topic_words(value)
    if definition.code == "K-7":
        return text(f"kpi.place_kind.{value}")
    return text(f"kpi.call_group.{value}") if definition.origin in CALL_ORIGINS else class_words(value)


def _change(change: Any, by: By, definition: Definition, below: Sequence[FoundUnit]) -> Mapping[str, Any]:
    def points(value: float) -> str:
        return f"{value:+.2f}" if definition.kind in (Kind.RATE, Kind.MEAN) else f"{100 * value:+.2f}"

    return {
        "unit": "" if definition.kind in (Kind.RATE, Kind.MEAN) else text("kpi.points"),
        "difference": points(change.difference),
        "mix": points(change.mix),
        "rate": points(change.rate),
        "parts": [
            {
                "words": _part_words(part.group, by, definition, below),
                "before": say_value(part.before, definition.kind),
                "after": say_value(part.after, definition.kind),
                "share_before": percent(part.share_before, 1),
                "share_after": percent(part.share_after, 1),
                "mix": points(part.mix),
                "rate": points(part.rate),
            }
            for part in change.parts
        ],
    }


def _places(actor: Actor, place: FigurePlace) -> dict[str, Any] | None:
    """Return the complaints by topic and unit right below; of the unit itself where it is the lowest."""
    units = place.below or [place.unit]
    found = read_places(actor=actor, period=place.period, below=units)
    topics = sorted({topic for each in found for topic in each.topics})
    if not topics:
        return None
    names = {unit.unit_id: unit.name for unit in units}
    most = max(count for each in found for count in each.topics.values())
    here = reverse("tickets") if actor.may(Right.SEE_TICKETS) else ""

    def cell(unit_id: str, topic: str, count: int) -> dict[str, Any]:
        asked = {"mark": "complaint.all", "registered": place.period.text, "unit": unit_id, "topic": topic}
        heat = -(-5 * count // most)
        return {"count": count, "heat": heat, "url": f"{here}?{urlencode(asked)}" if here and count else ""}

    return {
        "topics": [topic_words(topic) for topic in topics],
        "rows": [
            {
                "name": names[each.unit_id],
                "unit_id": each.unit_id,
                "cells": [cell(each.unit_id, topic, each.topics.get(topic, 0)) for topic in topics],
                "figure": say_figure(each.figure, Kind.RATE),
            }
            for each in found
        ],
    }
