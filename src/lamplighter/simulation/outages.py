"""Interruptions of supply: planned work and faults, of an area or of the whole feeder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import numpy.typing as npt

from lamplighter.simulation.plan import AreaPlan, FeederPlan, feeder_id
from lamplighter.simulation.seeds import open_stream
from lamplighter.simulation.settings import SimulationSettings

_AREA_RATE_PER_DAY = 0.006
_FEEDER_RATE_PER_DAY = 0.004


@dataclass(frozen=True, kw_only=True)
class Outage:
    """One interruption: from step ``first`` to step ``end`` (not included), of one area or of all (``area`` none)."""

    area: int | None
    first: int
    end: int
    kind: str

    def darkens(self, area: AreaPlan) -> bool:
        """Return whether the area is without supply in it."""
        return self.area is None or self.area == area.number


def draw_outages(*, plan: FeederPlan, settings: SimulationSettings) -> tuple[Outage, ...]:
    """Return the interruptions of a feeder: planned ones by day, faults at any hour."""
    rng = open_stream(seed=settings.seed, purpose="outages", number=plan.number)
    found: list[Outage] = []
    for area, rate in [(None, _FEEDER_RATE_PER_DAY), *((one.number, _AREA_RATE_PER_DAY) for one in plan.areas)]:
        for day in np.flatnonzero(rng.uniform(size=settings.days) < rate):
            is_planned = bool(rng.uniform() < 0.5)
            hour = float(rng.uniform(7.5, 10.0) if is_planned else rng.uniform(0.0, 22.0))
            long_hours = float(rng.uniform(2.0, 8.0) if is_planned else rng.gamma(1.5, 1.2) + 0.5)
            first = int(day) * settings.slots + round(hour * settings.slots / 24)
            end = min(first + max(1, round(long_hours * settings.slots / 24)), settings.days * settings.slots)
            found.append(Outage(area=area, first=first, end=end, kind="planned" if is_planned else "fault"))
    return tuple(found)


def mark_dark(*, outages: tuple[Outage, ...], area: AreaPlan, settings: SimulationSettings) -> npt.NDArray[np.bool_]:
    """Return when an area has no supply, shape (days, slots)."""
    dark = np.zeros(settings.days * settings.slots, dtype=np.bool_)
    for outage in outages:
        if outage.darkens(area):
            dark[outage.first : outage.end] = True
    return dark.reshape(settings.days, settings.slots)


def mark_feeder_dark(*, outages: tuple[Outage, ...], settings: SimulationSettings) -> npt.NDArray[np.bool_]:
    """Return when the whole feeder has no supply, shape (days, slots)."""
    dark = np.zeros(settings.days * settings.slots, dtype=np.bool_)
    for outage in outages:
        if outage.area is None:
            dark[outage.first : outage.end] = True
    return dark.reshape(settings.days, settings.slots)


def list_outages(
    *, outages: tuple[Outage, ...], plan: FeederPlan, settings: SimulationSettings
) -> list[dict[str, object]]:
    """Return the rows of the outages file."""
    start = datetime.combine(settings.start_on, time())
    step = timedelta(minutes=settings.interval_minutes)
    ids = {area.number: area.area_id for area in plan.areas}
    return [
        {
            "asset_id": feeder_id(plan.number) if outage.area is None else ids[outage.area],
            "started_at": start + outage.first * step,
            "ended_at": start + outage.end * step,
            "kind": outage.kind,
        }
        for outage in outages
    ]
