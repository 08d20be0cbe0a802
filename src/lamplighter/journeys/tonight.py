"""What the newest night says of a unit, put together from every room that says something of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lamplighter.base.desk.listing import Ask
from lamplighter.base.desk.models import Load
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.business.detection.desk_queries import SuspicionRow, Total, first_suspicions, read_totals
from lamplighter.business.line_loss.desk_queries import AreaNightRow, UnitNightRow, first_areas, read_unit_nights
from lamplighter.business.network.desk_queries import FoundUnit, find_unit, list_units_above, list_units_below

WINDOW_DAYS: Final = 90
FIRST: Final = 5
"""Areas and suspicions shown; the lists have the rest."""


@dataclass(frozen=True, slots=True)
class Tonight:
    """A unit on the newest night.

    Attributes:
        above: units from the actor's own down to it, itself left out.
        below: units right below it, each with its night; None where it has none.
        night: the newest night; None where the unit has none.
        days: the window, oldest first.
        totals: coloured suspicions by colour; none to whom they are closed.
        areas: those that most deserve work.
        suspicions: the first of the list; none to whom they are closed.
    """

    unit: FoundUnit
    above: Sequence[FoundUnit]
    below: Sequence[tuple[FoundUnit, UnitNightRow | None]]
    night: UnitNightRow | None
    days: Sequence[UnitNightRow]
    totals: Sequence[Total]
    areas: Sequence[AreaNightRow]
    suspicions: Sequence[SuspicionRow]

    @property
    def new_count(self) -> int:
        """Suspicions that are new tonight."""
        return sum(total.new_count for total in self.totals)

    @property
    def at_stake_yuan(self) -> float:
        """Expected yuan behind all coloured suspicions."""
        return sum(total.expected_yuan for total in self.totals)


def read_tonight(*, actor: Actor, unit_id: str, load: Load) -> Tonight | None:
    """Return the newest night of the actor's unit, or of one below it; None where it is no such unit.

    Args:
        actor: who asks.
        unit_id: the unit; empty = his own.
        load: what the desk was last loaded with.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    unit = find_unit(actor=actor, unit_id=unit_id)
    if unit is None or load.night_on is None:
        return None
    below = list_units_below(actor=actor, unit=unit)
    first_on = load.night_on - dt.timedelta(days=WINDOW_DAYS - 1)
    days = read_unit_nights(actor=actor, unit_ids=[unit.unit_id], first_on=first_on)
    parts = {
        row.unit_id: row
        for row in read_unit_nights(actor=actor, unit_ids=[each.unit_id for each in below], first_on=load.night_on)
    }
    sees_suspicions = actor.may(Right.SEE_SUSPICIONS)
    first = Ask(filters={"station": unit.unit_id} if unit.level is Level.STATION else {}, size=FIRST)
    return Tonight(
        unit=unit,
        above=list_units_above(actor=actor, unit=unit),
        below=[(each, parts.get(each.unit_id)) for each in below],
        night=next((day for day in days if day.on_date == load.night_on), None),
        days=days,
        totals=read_totals(actor=actor, unit_id=unit.unit_id) if sees_suspicions else (),
        areas=first_areas(actor=actor, ask=first),
        suspicions=first_suspicions(actor=actor, ask=first) if sees_suspicions else (),
    )
