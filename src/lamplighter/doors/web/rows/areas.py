"""Rows of *areas*."""

from __future__ import annotations

from django.urls import reverse

from lamplighter.base.messages import language, text
from lamplighter.business.line_loss.desk_queries import AreaNightRow
from lamplighter.doors.web.cells import Seen, class_tag, link, together, under
from lamplighter.doors.web.figures import UNKNOWN, number
from lamplighter.journeys.brief.wording import say_code


def name(row: AreaNightRow, _: Seen) -> str:
    """Name, with station and feeder."""
    place = f"{row.station_name} · {row.feeder_name}"
    return together(link(reverse("area", args=[row.area_id]), row.name), under(place))


def loss_class(row: AreaNightRow, _: Seen) -> str:
    """Class of its loss, and what it comes from."""
    if not row.reasons:
        return class_tag(row.loss_class)
    kind = "hint" if row.is_computable else "why"
    said = text("desk.join").join(say_code(kind, reason)[language()] for reason in row.reasons)
    return together(class_tag(row.loss_class), under(said))


def unexplained(row: AreaNightRow, _: Seen) -> str:
    """Unexplained energy, and between which bounds it lies."""
    energies = row.energies
    bounds = f"{number(energies.unexplained_low_kwh, 1)} … {number(energies.unexplained_high_kwh, 1)}"
    return together(number(energies.unexplained_kwh, 1), under(bounds))


def suspicions(row: AreaNightRow, _: Seen) -> str:
    """How many accounts are suspected."""
    return str(row.suspicion_count) if row.suspicion_count else UNKNOWN
