"""*Radar*: what many customers' questions together show, and the matters behind each number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.messages import spoken_half, text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.network.desk_queries import FoundUnit, find_unit, list_units_above, list_units_below
from lamplighter.business.service_desk.knowledge.queries import read_edges
from lamplighter.business.service_desk.radar.queries import (
    Caller,
    HeardRow,
    Misread,
    Rising,
    between,
    list_heard,
    stream_heard,
)
from lamplighter.business.service_desk.radar.records import Source, Trouble
from lamplighter.business.service_desk.understanding.intents import intents
from lamplighter.doors.web.cells import place
from lamplighter.doors.web.figures import number, percent
from lamplighter.doors.web.lists import (
    LISTS,
    Column,
    Filter,
    Listed,
    ListPage,
    ask_of,
    figure_column,
    instant_column,
    place_filters,
    show_list,
)
from lamplighter.doors.web.pages import page
from lamplighter.doors.web.rows import radar as rows
from lamplighter.journeys.radar_view import AreaLook, PlaceRow, RadarView, read_radar
from lamplighter.journeys.service_radar import watch_service

CHINA: Final = ZoneInfo("Asia/Shanghai")
_SHOWN: Final = 8
_HEATS: Final = 5
_LEAST_CHANCE: Final = 0.0001
_LONGEST_WORDS: Final = 60
_KINDS: Final = ("outage", "voltage")


@page(Right.SUPERVISE_TICKETS)
def radar(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show the radar of one's unit, or of one below it, now or as it was at an earlier instant."""
    unit = find_unit(actor=actor, unit_id=request.GET.get("unit", ""))
    if unit is None:
        return render(request, "radar.html", {"unit": None})
    asked = _instant(request.GET.get("at", ""))
    view = read_radar(actor=actor, unit=unit, now=asked or timezone.now())
    context = {
        "unit": unit,
        "above": list_units_above(actor=actor, unit=unit),
        "below": list_units_below(actor=actor, unit=unit),
        "view": view,
        "rules": view.rules,
        "rules_source": spoken_half(view.rules.source),
        "is_past": asked is not None,
        "at": view.now.astimezone(CHINA),
        "cases": [{"row": each, "url": _heard_url(case=each.number)} for each in view.cases],
        "looks": [_look(each, view) for each in view.looks],
        "callers": [_caller(each, view) for each in view.callers],
        "again_url": _heard_url(unit=unit.unit_id, repeat="yes", between=_days(view, view.rules.place_days)),
        "misread": [_misread(each, view, unit) for each in view.misread],
        "rising": [_rising(each, view, unit) for each in view.rising if each.tested.count][:_SHOWN],
        "map": _map(view),
    }
    return render(request, "radar.html", context)


@page(Right.SUPERVISE_TICKETS)
@require_POST
def look(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Listen and look now instead of waiting for the worker."""
    found = watch_service(now=timezone.now())
    messages.success(request, text("radar.done.looked", heard=found.heard, opened=found.opened))
    return redirect("radar")


def _list_page(actor: Actor) -> ListPage:
    return ListPage(
        url_name="radar_heard",
        words="radar.heard",
        columns=(
            instant_column(
                "at",
                lambda row: row.at,
                value=lambda row: f"{row.at.astimezone(CHINA):%Y-%m-%d %H:%M}",
                look="short",
            ),
            Column(
                "source",
                is_sorted=False,
                value=lambda row: text(f"radar.source.{row.source.value}"),
                cell=rows.source,
                look="short",
            ),
            Column("topic", value=lambda row: topic_words(row.topic), cell=rows.topic),
            Column(
                "area",
                value=lambda row: f"{row.area_name} {row.station_name}".strip(),
                cell=lambda row, _: place(row.area_name, row.station_name),
            ),
            figure_column("times", lambda row: row.times),
            Column("before", is_sorted=False, value=_before_words, cell=rows.before),
            Column("satisfaction", is_sorted=False, value=_satisfaction_words, look="short"),
        ),
        stream=lambda ask: stream_heard(actor=actor, ask=ask, now=timezone.now()),
        filters=(
            Filter("source", lambda: [(each.value, text(f"radar.source.{each.value}")) for each in Source]),
            Filter("topic", lambda: [(code, each.name) for code, each in intents().items()]),
            Filter("repeat", lambda: [(each, text(f"radar.repeat.{each}")) for each in ("yes", "open")]),
            Filter("complaint", lambda: [("yes", text("radar.complaint"))]),
            Filter("rated", lambda: [(each, text(f"radar.rated.{each}")) for each in ("all", "met")]),
            *place_filters(actor, "unit", "area"),
            Filter("case", say=lambda value: value),
            Filter("same", say=lambda value: value),
            Filter("edge", say=edge_words),
            Filter("trouble", say=edge_words),
            Filter("watch", say=lambda value: text(f"radar.kind.{value}") if value in _KINDS else value),
            Filter("between", say=_say_between),
            Filter("new", say=lambda value: text("radar.new")),
        ),
    )


LISTS["radar_heard"] = Listed(Right.SUPERVISE_TICKETS, _list_page)


@page(Right.SUPERVISE_TICKETS)
def heard(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List what customers brought on every channel, narrowed to what is behind a number."""
    listed = _list_page(actor)
    part = list_heard(actor=actor, ask=ask_of(request, listed), now=timezone.now())
    return show_list(request, listed, part)


def topic_words(code: str) -> str:
    """Return a topic as people read it; a dash where nobody can say what a matter was about."""
    found = intents().get(code)
    return found.name if found else "—"


def edge_words(edge_id: str) -> str:
    """Return what an edge says, shortened, for whoever reads its number nowhere else."""
    # The newest version speaks for all of them.
    found = next((edge for edge in reversed(read_edges()) if edge.id == edge_id), None)
    said = found.sentence() if found else edge_id
    return said if len(said) <= _LONGEST_WORDS else said[:_LONGEST_WORDS] + "…"


def _before_words(row: HeardRow) -> str:
    if row.before_number is None:
        return ""
    return f"{topic_words(row.before_topic)} · {text('radar.open' if row.was_open else 'radar.over')}"


def _satisfaction_words(row: HeardRow) -> str:
    return text(f"tickets.satisfaction.{row.satisfaction}") if row.satisfaction else ""


def _say_between(value: str) -> str:
    found = [each for each in map(_utc, value.split("..")) if each is not None]
    return " – ".join(f"{each.astimezone(CHINA):%Y-%m-%d %H:%M}" for each in found) or value


def _utc(value: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(value)
    except ValueError:
        return None


def _instant(typed: str) -> dt.datetime | None:
    found = _utc(typed)
    return None if found is None else found.replace(tzinfo=CHINA) if found.tzinfo is None else found


def _heard_url(**asked: object) -> str:
    return f"{reverse('radar_heard')}?{urlencode({name: value for name, value in asked.items() if value})}"


def _days(view: RadarView, days: int) -> str:
    return between(view.now - dt.timedelta(days=days), view.now)


def _chance(value: float) -> str:
    """Return a probability as it is read: nobody needs more than four digits."""
    return f"<\u00a0{_LEAST_CHANCE:.4f}" if value < _LEAST_CHANCE else f"{value:.4f}"


def _expected(value: float) -> str:
    return "<\u00a00.01" if value < 0.01 else number(value, 2)


def _look(each: AreaLook, view: RadarView) -> dict[str, Any]:
    tested = each.finding.tested
    return {
        "kind": each.watch.kind,
        "hours": each.watch.window_hours,
        "name": each.area_name,
        "tested": tested,
        "expected": _expected(tested.expected),
        "chance": _chance(tested.chance),
        "url": _heard_url(
            area=tested.key, watch=each.watch.kind, between=between(view.now - each.watch.window, view.now), new="yes"
        ),
    }


def _caller(each: Caller, view: RadarView) -> dict[str, Any]:
    return {
        "row": each.row,
        "times": each.times,
        "topics": [topic_words(topic) for topic in each.topics],
        "open_before": each.open_before,
        "url": _heard_url(same=each.row.number, between=_days(view, view.rules.place_days)),
    }


def _misread(each: Misread, view: RadarView, unit: FoundUnit) -> dict[str, Any]:
    edge, tested = each.tested.key, each.tested
    return {
        "words": edge_words(edge),
        "told": each.told,
        "tested": tested,
        "expected": _expected(tested.expected),
        "chance": _chance(tested.chance),
        "troubles": [
            (text(f"radar.trouble.{kind.value}"), count)
            for kind, count in each.troubles.items()
            if kind is not Trouble.NONE
        ],
        "told_url": _heard_url(unit=unit.unit_id, edge=edge, between=_days(view, view.rules.usual_days)),
        "trouble_url": _heard_url(unit=unit.unit_id, trouble=edge, between=_days(view, view.rules.usual_days)),
    }


def _rising(each: Rising, view: RadarView, unit: FoundUnit) -> dict[str, Any]:
    tested, weeks = each.tested, list(view.weeks)[-len(each.weeks) :]
    begin, _ = weeks[-1]
    is_tested = tested.count >= view.rules.fewest_matters
    return {
        "name": topic_words(tested.key),
        "tested": tested,
        "expected": _expected(tested.expected),
        "chance": _chance(tested.chance) if is_tested else "",
        "url": _heard_url(unit=unit.unit_id, topic=tested.key, between=between(begin, view.now), new="yes"),
        "chart_id": f"weeks-{tested.key}",
        "chart": {
            "kind": "spark",
            "months": [f"{since:%m-%d}" for since, _ in weeks],
            "values": list(each.weeks),
            "target": round(tested.expected, 2),
            "unit": "",
        },
    }


def _map(view: RadarView) -> dict[str, Any] | None:
    if not view.topics:
        return None
    most = max((count for row in view.places for count in row.counts), default=0)
    return {
        "topics": [topic_words(topic) for topic in view.topics],
        "rows": [_place(each, view, most) for each in view.places],
    }


def _place(row: PlaceRow, view: RadarView, most: int) -> dict[str, Any]:
    where = {"area": row.place} if row.is_area else {"unit": row.place}
    days = {"between": _days(view, view.rules.place_days), "new": "yes"}
    return {
        "name": row.name,
        "unit": "" if row.is_area else row.place,
        "cells": _cells(row, view.topics, most, {**where, **days}),
        "complaints": row.complaints,
        "complaints_url": _heard_url(**where, **days, complaint="yes") if row.complaints else "",
        "per_10000": "—" if row.complaints_per_10000 is None else number(row.complaints_per_10000, 1),
        "satisfied": "—" if row.satisfied_share is None else percent(row.satisfied_share, 0),
        "rated": row.rated,
        "rated_url": _heard_url(**where, **days, rated="all") if row.rated else "",
    }


def _cells(row: PlaceRow, topics: Sequence[str], most: int, asked: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "topic": topic_words(topic),
            "count": count,
            "heat": -(-_HEATS * count // most) if most else 0,
            "url": _heard_url(topic=topic, **asked) if count else "",
        }
        for topic, count in zip(topics, row.counts, strict=True)
    ]
