"""*Topology* of an area: transformer, phases, boxes and meters as a drawing and as a table."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.settings import read_settings
from lamplighter.business.detection.archive_repair.desk_queries import ProposalRow
from lamplighter.business.network.desk_queries import FoundArea, find_area
from lamplighter.doors.web.pages import page
from lamplighter.journeys.area_topology import PHASES, AreaTopology, WiredMeter, read_area_topology


@page(Right.SEE_CUSTOMERS)
def topology(request: HttpRequest, area_id: str, *, actor: Actor) -> HttpResponse:
    """Show how an area is wired, and where a meter seems to hang otherwise."""
    area = find_area(actor=actor, area_id=area_id)
    if area is None:
        raise Http404
    wired = read_area_topology(Lake.open(read_settings().home.lake), actor=actor, area=area)
    return render(request, "topology.html", {"area": area, "wired": wired, "drawing": _drawing(area, wired)})


def _drawing(area: FoundArea, wired: AreaTopology) -> dict[str, Any]:
    """Return the drawing: a lane for each phase, one for three-phase meters, one for what the archive leaves open."""
    lanes = [*PHASES, "ABC"]
    if any(_lane(meter) == "" for box in wired.boxes for meter in box.meters):
        lanes.append("")
    return {
        "kind": "wiring",
        "transformer": f"{area.name} · {area.rated_kva:g} kVA" if area.rated_kva else area.name,
        "lanes": [{"phase": lane, "name": text(f"desk.topology.lane.{lane or 'unknown'}")} for lane in lanes],
        "boxes": [
            {
                "name": box.box_id.removeprefix(f"{area.area_id}-") or text("desk.topology.no_box"),
                "meters": [_meter(meter, lanes) for meter in box.meters],
            }
            for box in wired.boxes
        ],
        "incoming": [
            {"name": f"{row.meter_id} ← {row.recorded}", "url": reverse("area_topology", args=[row.area_id])}
            for row in wired.incoming
        ],
        "words": {
            "nowhere": text("desk.topology.nowhere"),
            "incoming": text("desk.topology.incoming"),
            **{f"colour_{name}": text(f"desk.colour.{name}") for name in ("red", "orange", "yellow", "none")},
        },
    }


def _lane(meter: WiredMeter) -> str:
    return meter.phase if meter.phase in (*PHASES, "ABC") else ""


def _meter(meter: WiredMeter, lanes: list[str]) -> dict[str, Any]:
    return {
        "name": meter.meter_id,
        "lane": lanes.index(_lane(meter)),
        "role": text(f"desk.customer.meter.roles.{meter.role}"),
        "solar": meter.role == "solar",
        "colour": meter.colour,
        "url": reverse("customer", args=[meter.customer_number]) if meter.customer_number is not None else "",
        "phase_to": _phase_to(meter.wrong_phase, lanes),
        "area_to": None if meter.wrong_area is None else meter.wrong_area.proposed or text("desk.topology.nowhere"),
    }


def _phase_to(proposal: ProposalRow | None, lanes: list[str]) -> int | None:
    return lanes.index(proposal.proposed) if proposal is not None and proposal.proposed in lanes else None
