"""Figures as pages show them: of a unit and period, with what was before, month by month, and what guards them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import Sum

from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.kpi.models import Counting, Tally
from lamplighter.business.kpi.records import Change, Definition, Figure, Kind, Period, add_months
from lamplighter.business.kpi.rules.definitions import KpiSettings
from lamplighter.business.kpi.rules.figures import PER, make_figure, take_apart
from lamplighter.business.network.desk_queries import FoundUnit

TREND_MONTHS = 12


class By(StrEnum):
    """What a figure is split by."""

    GROUP = "group"
    UNIT = "unit"
    TEAM = "team"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as a page shows it.

    Attributes:
        figure: of the period; its value is None where nothing was counted.
        before: of the period of the same length right before.
        trend: month -> value, the oldest first; None in a month in which nothing was counted.
        is_met: the target is reached; None without a target or value.
        guards: the figures that show whether it is polished.
    """

    definition: Definition
    figure: Figure
    before: Figure
    trend: tuple[tuple[dt.date, float | None], ...]
    is_met: bool | None
    guards: tuple[Shown, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """A figure of a part; ``value`` names the part, ``words`` are what people call it where that is known."""

    value: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Place:
    """Complaints of a unit: for each topic, and for each 10,000 customers."""

    unit_id: str
    topics: Mapping[str, int]
    figure: Figure


def newest_counting() -> Counting | None:
    """Return the newest counting; None where nothing was ever counted."""
    return Counting.objects.order_by("pk").last()


def newest_month(*, actor: Actor) -> dt.date | None:
    """Return the newest month with settled tickets of the actor's unit; with anything where it has none.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = Tally.objects.seen_by(actor)
    for counted in (rows.filter(code="K-6"), rows):
        month = counted.order_by("-month").values_list("month", flat=True).first()
        if month is not None:
            found: dt.date = month
            return found
    return None


def list_months(*, actor: Actor) -> list[dt.date]:
    """Return the months that were counted, the newest first.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return list(Tally.objects.seen_by(actor).order_by("-month").values_list("month", flat=True).distinct())


def read_figures(*, actor: Actor, unit: FoundUnit, period: Period, settings: KpiSettings) -> list[Shown]:
    """Return every figure of a unit and period, the guards of each with it.

    Args:
        actor: who asks.
        unit: one he sees.
        period: whole months.
        settings: the definitions.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    first = min(period.before.first, add_months(period.last, 1 - TREND_MONTHS))
    rows = _rows(actor, unit).filter(month__gte=first, month__lte=period.last)
    sums: dict[str, dict[dt.date, tuple[float, float]]] = defaultdict(dict)
    for code, month, hits, total in _summed(rows, "code", "month"):
        sums[code][month] = hits, total
    shown = {code: _shown(each, sums[code], period) for code, each in settings.definitions.items()}
    return [
        replace(each, guards=tuple(shown[code] for code in each.definition.guards))
        for each in shown.values()
        if not each.definition.is_guard
    ]


def read_split(
    *, actor: Actor, unit: FoundUnit, period: Period, definition: Definition, by: By, below: Sequence[FoundUnit] = ()
) -> list[Split]:
    """Return a figure split by class or topic, by the units right below, by team or by person.

    A person's rows are there only where figures by person are made.

    Raises:
        RightMissing: the actor may not see figures; by team and person, not watch tickets.
    """
    actor.require(Right.SEE_FIGURES)
    if by in (By.TEAM, By.PERSON):
        actor.require(Right.SUPERVISE_TICKETS)
    found = _groups(actor, unit, period, definition, by, below)
    splits = [
        Split(value, make_figure(definition.kind, hits=hits, total=total, months=period.months))
        for value, (hits, total) in found.items()
        if value or by is By.GROUP
    ]
    return sorted(splits, key=lambda each: (-each.figure.total, -each.figure.hits, each.value))


def read_change(
    *, actor: Actor, unit: FoundUnit, period: Period, definition: Definition, by: By, below: Sequence[FoundUnit] = ()
) -> Change | None:
    """Return what a change of a figure against the period before is made of, by class or by unit below.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    if definition.kind is Kind.RATE and by is By.GROUP:
        # Every topic has all customers below its line: there are no shares to change.
        return None
    before = _groups(actor, unit, period.before, definition, by, below)
    after = _groups(actor, unit, period, definition, by, below)
    return take_apart(before, after, scale=PER * period.months if definition.kind is Kind.RATE else 1.0)


def read_places(*, actor: Actor, period: Period, below: Sequence[FoundUnit]) -> list[Place]:
    """Return the complaints of units by topic, and for each 10,000 customers.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    places = []
    for unit in below:
        rows = _rows(actor, unit).filter(code="K-8", month__gte=period.first, month__lte=period.last)
        topics = {group: int(hits) for group, hits, _ in _summed(rows, "group") if hits}
        hits, total = _whole(rows)
        places.append(Place(unit.unit_id, topics, make_figure(Kind.RATE, hits=hits, total=total, months=period.months)))
    return places


def _shown(definition: Definition, months: Mapping[dt.date, tuple[float, float]], period: Period) -> Shown:
    def of(part: Period) -> Figure:
        held = [sums for month, sums in months.items() if part.first <= month <= part.last]
        hits, total = sum(each[0] for each in held), sum(each[1] for each in held)
        return make_figure(definition.kind, hits=hits, total=total, months=part.months)

    figure = of(period)
    trend = []
    for number in range(TREND_MONTHS):
        month = add_months(period.last, number + 1 - TREND_MONTHS)
        trend.append((month, of(Period(month, month)).value))
    is_met = None if figure.value is None else definition.is_met(figure.value)
    return Shown(definition, figure, of(period.before), tuple(trend), is_met)


def _groups(
    actor: Actor, unit: FoundUnit, period: Period, definition: Definition, by: By, below: Sequence[FoundUnit]
) -> dict[str, tuple[float, float]]:
    def held(of: FoundUnit) -> Any:
        return _rows(actor, of).filter(code=definition.code, month__gte=period.first, month__lte=period.last)

    if by is By.UNIT:
        return {each.unit_id: _whole(held(each)) for each in below}
    found = {value: (hits, total) for value, hits, total in _summed(held(unit), by.value)}
    if definition.kind is Kind.RATE:
        # Customers are counted once, beside the topics.
        customers = sum(total for _, total in found.values())
        found = {value: (hits, customers) for value, (hits, _) in found.items() if hits}
    return found


def _rows(actor: Actor, unit: FoundUnit) -> Any:
    return Tally.objects.seen_by(actor).filter(**{f"{unit.level}_id": unit.unit_id})


def _summed(rows: Any, *by: str) -> list[tuple[Any, ...]]:
    summed = rows.order_by().values_list(*by).annotate(all_hits=Sum("hits"), all_total=Sum("total"))
    return list(summed)


def _whole(rows: Any) -> tuple[float, float]:
    found = rows.aggregate(hits=Sum("hits"), total=Sum("total"))
    return found["hits"] or 0.0, found["total"] or 0.0
