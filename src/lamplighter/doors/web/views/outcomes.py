"""*Outcomes and models*: what inspections found, how often the list was right, and which model makes it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from lamplighter.base.errors import LamplighterError
from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right, RightMissing
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.desk_queries import COLOURS
from lamplighter.business.detection.outcome_desk import (
    TALLIED,
    WAYS,
    ModelRow,
    OutcomeRow,
    TallyRow,
    find_model,
    find_waiting,
    list_models,
    list_outcomes,
    list_releases,
    may_release,
    read_tallies,
    read_unit_rate,
    stream_outcomes,
)
from lamplighter.business.detection.records import OutcomeKind
from lamplighter.business.inspection.figures import read_appeals
from lamplighter.business.network.desk_queries import find_unit, list_units_above, list_units_below
from lamplighter.doors.web.cells import place
from lamplighter.doors.web.lists import (
    LISTS,
    Column,
    Filter,
    Listed,
    ListPage,
    ask_of,
    figure_column,
    share_column,
    show_list,
    unit_filter,
)
from lamplighter.doors.web.pages import page, policy_today
from lamplighter.doors.web.rows import outcomes as rows
from lamplighter.journeys.model_release import ask_training, decide_release, propose_release
from lamplighter.journeys.model_training import Source

TWO_YEARS: Final = dt.timedelta(days=730)
WATCH, ACT = 0.1, 0.25
"""Customary bounds of the stability index: worth a look from the first on, out of place from the second."""
MEASURES: Final = (
    "average_precision",
    "precision_at_1_percent",
    "precision_at_5_percent",
    "auc",
    "calibration_error",
)


def _list_page(actor: Actor) -> ListPage:
    is_told = actor.may(Right.SEE_RANDOM_SLOTS)
    return ListPage(
        url_name="outcomes",
        words="outcomes.list",
        columns=(
            Column("inspected", value=lambda row: row.inspected_on, look="short"),
            Column("account", is_sorted=False, value=lambda row: row.masked_account, cell=rows.account, look="short"),
            Column(
                "outcome",
                is_sorted=False,
                value=lambda row: text(f"desk.customer.outcome.{row.outcome}"),
                look="short",
            ),
            Column(
                "area",
                value=lambda row: f"{row.area_name} ({row.station_name})",
                cell=lambda row, _: place(row.area_name, row.station_name),
            ),
            Column("colour", is_sorted=False, value=_colour, cell=rows.colour, look="short"),
            share_column("probability", lambda row: row.theft_probability, digits=0),
            figure_column("kwh", lambda row: row.recovered_kwh),
            Column("crew", is_sorted=False, value=lambda row: row.crew, look="short"),
            Column("model", value=lambda row: row.model_version, look="full"),
        ),
        stream=lambda ask: stream_outcomes(actor=actor, ask=ask),
        filters=(
            Filter("outcome", lambda: [(each.value, text(f"desk.customer.outcome.{each}")) for each in OutcomeKind]),
            Filter("colour", lambda: [(each, text(f"desk.colour.{each}")) for each in (*COLOURS, "none")]),
            unit_filter(actor),
            Filter("model", lambda: _known(actor, "model")),
            Filter("crew", lambda: _known(actor, "crew")),
            Filter("month", lambda: _known(actor, "month")),
            Filter("area", lambda: _known(actor, "area")),
            *([Filter("way", lambda: [(way, text(f"outcomes.way.{way}")) for way in WAYS])] if is_told else []),
        ),
    )


def _colour(row: OutcomeRow) -> str:
    return text(f"desk.colour.{row.colour}") if row.colour else ""


def _known(actor: Actor, by: str) -> list[tuple[str, str]]:
    rows = read_tallies(actor=actor, unit_id=actor.unit_id, by=by)
    return [(row.value, row.words or row.value) for row in rows if row.value]


LISTS["outcomes"] = Listed(Right.SEE_OUTCOMES, _list_page)


@page(Right.SEE_OUTCOMES)
def outcomes(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """List what inspections found, the newest first."""
    listed = _list_page(actor)
    return show_list(request, listed, list_outcomes(actor=actor, ask=ask_of(request, listed)))


@page(Right.SEE_OUTCOMES)
def models(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Show what visits of one's unit found, and the models behind the list."""
    unit = find_unit(actor=actor, unit_id=request.GET.get("unit", ""))
    if unit is None and request.GET.get("unit"):
        raise Http404
    is_told = actor.may(Right.SEE_RANDOM_SLOTS)
    ways = (*TALLIED, "way") if is_told else TALLIED
    by = request.GET.get("by", "")
    by = by if by in ways else "model"
    known = list_models(actor=actor)
    context: dict[str, Any] = {
        "unit": unit,
        "by": by,
        "ways": [(each, text(f"outcomes.by.{each}")) for each in ways],
        "models": known,
        "used": next((each for each in known if each.state == "released"), None),
        "releases": list_releases(actor=actor),
        "waiting": find_waiting(actor=actor),
        "may_release": may_release(actor),
        "persons": policy_today().limits["model_release_persons"],
        "sources": [(each.value, text(f"outcomes.train.{each}")) for each in Source],
    }
    if unit is not None:
        tallies = {each: read_tallies(actor=actor, unit_id=unit.unit_id, by=each) for each in (by, "calibration")}
        year = read_tallies(actor=actor, unit_id=unit.unit_id, by="year")
        context |= {
            "above": list_units_above(actor=actor, unit=unit),
            "below": list_units_below(actor=actor, unit=unit),
            "tallies": [_tally(row, by) for row in tallies[by]],
            "year": year[0] if year else None,
            "rate": read_unit_rate(actor=actor, unit_id=unit.unit_id) if is_told else None,
            "calibration": _calibration(tallies["calibration"]),
        }
        if actor.may(Right.SEE_CASES):
            since = timezone.now() - TWO_YEARS
            context["appeals"] = read_appeals(actor=actor, level=unit.level, unit_id=unit.unit_id, since=since)
    return render(request, "models.html", context)


def _tally(row: TallyRow, by: str) -> dict[str, Any]:
    words = row.words
    if by in ("colour", "way"):
        words = text(f"desk.colour.{row.value}" if by == "colour" else f"outcomes.way.{row.value}") if row.value else ""
    return {
        "row": row,
        "words": words or text("outcomes.not_known"),
        "url": f"{reverse('outcomes')}?{urlencode({by: row.value})}" if row.value else "",
    }


def _calibration(rows: list[TallyRow]) -> dict[str, Any]:
    """Return the calibration of each model: what the list had said, and the share of visits that found theft."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        version, _, _edge = row.value.rpartition("|")
        point = {
            "predicted": row.predicted,
            "found": row.hit_rate,
            "low": row.low,
            "high": row.high,
            "visits": row.visits,
            "hits": row.hits,
        }
        found.setdefault(version, []).append(point)
    return {
        "kind": "calibration",
        "models": [
            {"name": version, "points": sorted(points, key=lambda point: point["predicted"])}
            for version, points in found.items()
        ],
        "words": {name: text(f"outcomes.calibration.{name}") for name in ("predicted", "found", "visits", "as_said")},
    }


@page(Right.SEE_OUTCOMES)
def model(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Show the card of a model: what it learned from, how well it does, what it cannot see, how the data have moved."""
    return _show_model(request, number, actor=actor)


def _show_model(
    request: HttpRequest, number: int, *, actor: Actor, refusal: dict[str, str] | None = None
) -> HttpResponse:
    found = find_model(actor=actor, number=number)
    if found is None:
        raise Http404
    context = {
        "model": found,
        "learned": text(f"models.card.trained_on.{found.kind}", **_counts(found)),
        "measures": [
            (text(f"detection.depth.{depth}"), [(text(f"models.measure.{name}"), measured[name]) for name in MEASURES])
            for depth, measured in found.card["measures"].items()
        ],
        "measure_words": [text(f"models.measure.{name}") for name in MEASURES],
        "blind": [text(f"models.blind.{word}") for word in found.card.get("cannot_see", [])],
        "drift": [
            (
                day,
                sum(row["index"] >= ACT for row in rows),
                [row | {"state": _moved(row["index"])} for row in rows if row["index"] >= WATCH],
            )
            for day, rows in sorted(found.drift.items(), reverse=True)
        ],
        "waiting": find_waiting(actor=actor),
        "may_release": may_release(actor),
        "persons": policy_today().limits["model_release_persons"],
        "refusal": refusal,
    }
    return render(request, "model.html", context, status=422 if refusal else 200)


def _moved(index: float) -> str:
    return "act" if index >= ACT else "watch"


def _counts(found: ModelRow) -> dict[str, Any]:
    card = found.card
    return {
        "rows": card["rows"],
        "thieves": card["thieves"],
        "companies": card.get("companies", 0),
        "base": card.get("base", ""),
        "newest": card.get("newest_outcome_on", card.get("newest_on", "")),
    }


@page(Right.RELEASE_MODELS)
@require_POST
def train(request: HttpRequest, *, actor: Actor) -> HttpResponse:
    """Ask for a candidate to be trained."""
    asked = request.POST.get("on", "")
    if asked not in tuple(Source):
        raise Http404
    ask_training(actor=actor, on=Source(asked), now=timezone.now())
    messages.info(request, text("outcomes.train.asked"))
    return redirect("jobs")


@page(Right.RELEASE_MODELS)
@require_POST
def propose(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Ask for a model to be put to use; where one person is enough it is."""
    found = find_model(actor=actor, number=number)
    if found is None:
        raise Http404
    reason = request.POST.get("reason", "")[:2000]
    try:
        done = propose_release(
            actor=actor, lake=_lake(), version=found.version, reason=reason, persons=_persons(), now=timezone.now()
        )
    except RightMissing:
        raise
    except LamplighterError as refused:
        refusal = {"sentence": str(refused), "reason": reason}
        return _show_model(request, number, actor=actor, refusal=refusal)
    messages.info(request, text("outcomes.release.done" if done else "outcomes.release.waits", version=found.version))
    return redirect("models")


@page(Right.RELEASE_MODELS)
@require_POST
def decide(request: HttpRequest, number: int, *, actor: Actor) -> HttpResponse:
    """Agree to a release that waits, or refuse it."""
    try:
        done = decide_release(
            actor=actor,
            lake=_lake(),
            number=number,
            is_approved=request.POST.get("what") == "approve",
            answer=request.POST.get("answer", "")[:2000],
            persons=_persons(),
            now=timezone.now(),
        )
    except RightMissing:
        raise
    except LamplighterError as refused:
        messages.warning(request, str(refused))
        return redirect("models")
    messages.info(
        request, text("outcomes.release.done", version=done.version) if done else text("outcomes.release.refused")
    )
    return redirect("models")


def _lake() -> Lake:
    return Lake.open(read_settings().home.lake)


def _persons() -> int:
    return policy_today().limits["model_release_persons"].value
