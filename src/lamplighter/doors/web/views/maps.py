"""*Map*: from one's own unit down to the area, drawn from our own coordinates, with table and chart beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.line_loss.records import LossClass
from lamplighter.business.network.desk_queries import FoundUnit
from lamplighter.doors.web.figures import energy, number, percent
from lamplighter.doors.web.pages import load_of, page
from lamplighter.journeys.map_view import MapView, Place, PlaceKind, read_map

FIGURES: Final[dict[str, tuple[Callable[[Place], float | None], Callable[[Any], str], Right | None]]] = {
    "loss_rate": (lambda place: place.loss_rate, lambda value: percent(value, 2), None),
    "unexplained": (lambda place: place.energies.unexplained_kwh, energy, None),
    "suspicions": (lambda place: place.suspicion_count, number, Right.SEE_SUSPICIONS),
    "cases": (lambda place: place.case_count, number, Right.SEE_CASES),
}
"""What the map and the chart can be coloured by: the value, how it is said, the right it takes."""


_MARKS: Final = {LossClass.ECONOMIC.value: "good", LossClass.QUALIFIED.value: "good"} | {
    each.value: "bad" for each in (LossClass.HIGH, LossClass.VERY_HIGH, LossClass.NEGATIVE)
}


@page(Right.SEE_FIGURES)
def map_of(request: HttpRequest, unit_id: str = "", feeder: str = "", *, actor: Actor) -> HttpResponse:
    """Show what lies right below one's own unit, or a unit or feeder below it."""
    load = load_of(request)
    if not actor.unit_id or load is None:
        if unit_id:
            raise Http404
        return render(request, "map.html", {"view": None, "no_unit": not actor.unit_id})
    view = read_map(actor=actor, load=load, unit_id=unit_id, feeder=feeder)
    if view is None:
        raise Http404
    context = {
        "view": view,
        "crumbs": _crumbs(view),
        "rows": [_row(place, view) for place in view.places],
        "kind": view.places[0].kind.value if view.places else "",
        "map": _drawn(view, actor),
        "figures": _choices(actor),
        "here": _records(PlaceKind.FEEDER if view.feeder else PlaceKind.UNIT, _code(view)),
        "topology": _topology(view) if view.feeder else None,
    }
    return render(request, "map.html", context)


def _code(view: MapView) -> str:
    return view.feeder.code if view.feeder else view.unit.unit_id


def _unit_address(unit: FoundUnit) -> str:
    """Return the address of a unit's map."""
    return reverse("map_of", args=[unit.unit_id])


def _crumbs(view: MapView) -> list[tuple[str, str]]:
    crumbs = [(unit.name, _unit_address(unit)) for unit in view.above]
    return [*crumbs, (view.unit.name, _unit_address(view.unit))] if view.feeder else crumbs


def _address(place: Place, view: MapView) -> str:
    """Return where a piece of the map leads: one level down, an area to its own page."""
    if place.kind is PlaceKind.UNIT:
        return reverse("map_of", args=[place.code])
    if place.kind is PlaceKind.FEEDER:
        return reverse("map_feeder", args=[view.unit.unit_id, place.code])
    return reverse("area", args=[place.code])


def _records(kind: PlaceKind, code: str) -> dict[str, str]:
    """Return the lists of records behind a place's figures."""
    where = {kind.value: code}
    areas = reverse("area", args=[code]) if kind is PlaceKind.AREA else f"{reverse('areas')}?{urlencode(where)}"
    return {
        "areas": areas,
        "rate": areas if kind is PlaceKind.AREA else f"{areas}&sort=-loss_rate",
        "unexplained": areas if kind is PlaceKind.AREA else f"{areas}&sort=-unexplained",
        "suspicions": f"{reverse('suspicions')}?{urlencode(where)}",
        "cases": f"{reverse('cases')}?{urlencode({**where, 'open': 'yes'})}",
    }


def _row(place: Place, view: MapView) -> dict[str, Any]:
    return {"place": place, "url": _address(place, view), "records": _records(place.kind, place.code)}


def _choices(actor: Actor) -> list[tuple[str, str]]:
    return [(name, text(f"desk.map.by.{name}")) for name, (_, _, right) in FIGURES.items() if _is_open(actor, right)]


def _is_open(actor: Actor, right: Right | None) -> bool:
    return right is None or actor.may(right)


def _drawn(view: MapView, actor: Actor) -> dict[str, Any]:
    """Return what map and chart are drawn from: each piece once, its figures as numbers and in words."""
    figures = {name: read for name, read in FIGURES.items() if _is_open(actor, read[2])}
    return {
        "places": [
            {
                "code": place.code,
                "name": place.name,
                "url": _address(place, view),
                "rings": place.rings,
                "at": place.point,
                "size": place.rated_kva,
                "values": {name: read[0](place) for name, read in figures.items()},
                "said": {name: read[1](read[0](place)) for name, read in figures.items()},
            }
            for place in view.places
        ],
        "words": {
            **{name: text(f"desk.map.by.{name}") for name in figures},
            "unknown": text("desk.map.unknown"),
            "picked": text("desk.map.picked_state"),
            "failed": text("desk.map.failed"),
        },
    }


def _mark(place: Place) -> str:
    """Return how a transformer is marked by its area's class; empty where the class says nothing."""
    return _MARKS.get(place.loss_class, "")


def _topology(view: MapView) -> dict[str, Any]:
    """Return the tree of a feeder: substation, line, transformers."""
    feeder = view.feeder
    if feeder is None:
        raise ValueError("there is no tree without a feeder")
    transformers = [
        {
            "name": place.name,
            "url": _address(place, view),
            "said": f"{number(place.rated_kva)} kVA · {percent(place.loss_rate, 2)}",
            "mark": _mark(place),
        }
        for place in view.places
    ]
    line = {
        "name": feeder.name or text("desk.map.no_feeder"),
        "said": f"{number(feeder.voltage_kv)} kV" if feeder.voltage_kv else "",
        "children": transformers,
    }
    return {
        "kind": "feeder",
        "tree": {"name": feeder.substation_id or text("desk.map.no_substation"), "said": "", "children": [line]},
        "rows": len(transformers),
    }
