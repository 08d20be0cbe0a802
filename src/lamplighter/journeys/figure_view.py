"""Key figures as they are asked for: of which unit, of which months, by which definitions, and split by what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.kpi.queries import By, newest_month
from lamplighter.business.kpi.records import Period
from lamplighter.business.kpi.rules.definitions import KpiSettings, read_kpi_settings
from lamplighter.business.network.desk_queries import FoundUnit, find_unit, list_units_above, list_units_below
from lamplighter.business.workflow.company_days import day_of

LONGEST_MONTHS: Final = 36


class PeriodUnreadable(LamplighterError):
    """A period of figures ends before it begins, or is too long."""

    def __init__(self) -> None:
        super().__init__(text("kpi.error.months_unreadable"))


@dataclass(frozen=True, slots=True)
class FigurePlace:
    """What figures are asked of: a unit with those above and right below it, a period, the definitions."""

    unit: FoundUnit
    above: Sequence[FoundUnit]
    below: Sequence[FoundUnit]
    period: Period
    settings: KpiSettings


def open_place(
    *, actor: Actor, unit_id: str, first: dt.date | None, last: dt.date | None, folder: Path, now: dt.datetime
) -> FigurePlace | None:
    """Return what figures of a unit and period are asked of; None where the actor sees no such unit.

    Args:
        actor: who asks.
        unit_id: of the unit; empty = his own.
        first, last: first days of the first and last month; None = the newest month that was counted.
        folder: of the company's settings, whose definitions and targets come before the packaged ones.
        now: the instant, with its zone.

    Raises:
        RightMissing: the actor may not see figures.
        PeriodUnreadable: what the name says.
    """
    actor.require(Right.SEE_FIGURES)
    unit = find_unit(actor=actor, unit_id=unit_id)
    if unit is None:
        return None
    end = last or newest_month(actor=actor) or day_of(now).replace(day=1)
    period = Period(first or end, end)
    if not 1 <= period.months <= LONGEST_MONTHS:
        raise PeriodUnreadable
    return FigurePlace(
        unit=unit,
        above=list_units_above(actor=actor, unit=unit),
        below=list_units_below(actor=actor, unit=unit),
        period=period,
        settings=read_kpi_settings(on=day_of(now), folder=folder),
    )


def list_ways(*, actor: Actor, place: FigurePlace) -> list[By]:
    """Return what a figure may be split by for somebody: by person only where the company has a basis for it."""
    ways = [By.GROUP]
    if place.below:
        ways.append(By.UNIT)
    if actor.may(Right.SUPERVISE_TICKETS):
        ways.append(By.TEAM)
        if place.settings.person_basis:
            ways.append(By.PERSON)
    return ways
