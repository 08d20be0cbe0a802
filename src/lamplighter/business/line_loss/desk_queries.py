"""Losses as the desk shows them: areas of the newest night, units day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lamplighter.base.desk.listing import Ask, Listing, Part, one_of, yes_or_no
from lamplighter.base.security.actor import Actor, Right
from lamplighter.base.security.units import in_unit
from lamplighter.business.line_loss.models import AreaNight, FeederNight, UnitNight
from lamplighter.business.line_loss.records import LossClass
from lamplighter.business.network.desk_queries import on_feeder


@dataclass(frozen=True, slots=True)
class Energies:
    """Energy of one day, kWh; None where nothing could be added up."""

    supplied_kwh: float | None
    sold_kwh: float | None
    loss_kwh: float | None
    technical_kwh: float | None
    unexplained_kwh: float | None
    unexplained_low_kwh: float | None
    unexplained_high_kwh: float | None

    @property
    def loss_rate(self) -> float | None:
        """Loss over supply; None without supply."""
        return self.loss_kwh / self.supplied_kwh if self.loss_kwh is not None and self.supplied_kwh else None

    @property
    def technical_rate(self) -> float | None:
        """Technical loss over supply; None without supply."""
        return self.technical_kwh / self.supplied_kwh if self.technical_kwh is not None and self.supplied_kwh else None


@dataclass(frozen=True, slots=True)
class AreaNightRow:
    """An area on the newest night, see ``AreaNight``."""

    area_id: str
    name: str
    station_name: str
    feeder_name: str
    on_date: dt.date
    rank: int
    energies: Energies
    loss_rate: float | None
    certain_kwh: float | None
    coverage: float
    is_computable: bool
    loss_class: str
    reasons: tuple[str, ...]
    suspicion_count: int


@dataclass(frozen=True, slots=True)
class UnitNightRow:
    """A unit on one day, see ``UnitNight``."""

    unit_id: str
    on_date: dt.date
    energies: Energies
    area_count: int
    computable_count: int
    all_supplied_kwh: float | None
    surplus_kwh: float | None
    deficit_kwh: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class FeederNightRow:
    """The areas of a station on a feeder on the newest night, and the line itself, see ``FeederNight``."""

    feeder_id: str
    on_date: dt.date
    energies: Energies
    area_count: int
    computable_count: int
    coverage: float | None
    suspicion_count: int
    line_supplied_kwh: float | None
    line_loss_kwh: float | None
    line_unexplained_kwh: float | None
    line_boundary: str


def _energies(row: Any) -> Energies:
    return Energies(**{name: getattr(row, name) for name in Energies.__slots__})


def _area(row: AreaNight) -> AreaNightRow:
    return AreaNightRow(
        area_id=row.area_id,
        name=row.name,
        station_name=row.station_name,
        feeder_name=row.feeder_name,
        on_date=row.on_date,
        rank=row.rank,
        energies=_energies(row),
        loss_rate=row.loss_rate,
        certain_kwh=row.certain_kwh,
        coverage=row.coverage,
        is_computable=row.is_computable,
        loss_class=row.loss_class,
        reasons=tuple(filter(None, row.reasons.split(";"))),
        suspicion_count=row.suspicion_count,
    )


AREAS: Final = Listing(
    record=_area,
    order=("rank", "area_id"),
    sorts={
        "rank": "rank",
        "name": "name",
        "supplied": "supplied_kwh",
        "loss_rate": "loss_rate",
        "technical": "technical_kwh",
        "unexplained": "unexplained_kwh",
        "certain": "certain_kwh",
        "coverage": "coverage",
        "suspicions": "suspicion_count",
    },
    filters={
        "class": one_of("loss_class", [each.value for each in LossClass]),
        "station": in_unit,
        "computable": yes_or_no("is_computable"),
        "unit": in_unit,
        "feeder": on_feeder,
    },
    searched=("area_id", "name", "feeder_name"),
)
"""How the list of areas may be asked for."""


def list_areas(*, actor: Actor, ask: Ask) -> Part[AreaNightRow]:
    """Return a page of the areas the actor sees.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return AREAS.answer(AreaNight.objects.seen_by(actor), ask)


def first_areas(*, actor: Actor, ask: Ask) -> list[AreaNightRow]:
    """Return the first areas the actor sees of what was asked for, uncounted.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return AREAS.first(AreaNight.objects.seen_by(actor), ask)


def stream_areas(*, actor: Actor, ask: Ask) -> Iterator[AreaNightRow]:
    """Return every area the actor sees that was asked for, one after the other.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return AREAS.stream(AreaNight.objects.seen_by(actor), ask)


def read_area_night(*, actor: Actor, area_id: str) -> AreaNightRow | None:
    """Return an area's newest night; None where it has none, or is another unit's.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    row = AreaNight.objects.seen_by(actor).filter(area_id=area_id).first()
    return None if row is None else _area(row)


def read_unit_nights(*, actor: Actor, unit_ids: Sequence[str], first_on: dt.date) -> list[UnitNightRow]:
    """Return units day by day from a day on, oldest first.

    Args:
        actor: who asks.
        unit_ids: units the actor was found to see (`network.desk_queries.find_unit`).
        first_on: first day wanted.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    rows = UnitNight.objects.filter(unit_id__in=list(unit_ids), on_date__gte=first_on).order_by("on_date", "unit_id")
    return [
        UnitNightRow(
            unit_id=row.unit_id,
            on_date=row.on_date,
            energies=_energies(row),
            area_count=row.area_count,
            computable_count=row.computable_count,
            all_supplied_kwh=row.all_supplied_kwh,
            surplus_kwh=row.surplus_kwh,
            deficit_kwh=row.deficit_kwh,
            coverage=row.coverage,
        )
        for row in rows
    ]


def read_feeder_nights(*, actor: Actor, station_id: str) -> dict[str, FeederNightRow]:
    """Return feeder -> the newest night of its areas in a station; none of another unit's.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    plain = [name for name in FeederNightRow.__slots__ if name != "energies"]
    return {
        row.feeder_id: FeederNightRow(energies=_energies(row), **{name: getattr(row, name) for name in plain})
        for row in FeederNight.objects.seen_by(actor).filter(station_id=station_id)
    }


def read_area_nights(*, actor: Actor, area_ids: Sequence[str]) -> dict[str, AreaNightRow]:
    """Return area -> its newest night, of those the actor sees.

    Raises:
        RightMissing: the actor may not see figures.
    """
    actor.require(Right.SEE_FIGURES)
    return {row.area_id: _area(row) for row in AreaNight.objects.seen_by(actor).filter(area_id__in=list(area_ids))}
