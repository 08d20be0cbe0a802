"""What the loss of each area truly consists of, day by day, as the archive draws the area."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt

from lamplighter.simulation.archive import recorded_ratio
from lamplighter.simulation.area import AreaFlow, TrueFlow
from lamplighter.simulation.metering import DIAL_SIZE_KWH
from lamplighter.simulation.plan import FeederPlan, area_id
from lamplighter.simulation.readings import MeterDays
from lamplighter.simulation.settings import SimulationSettings

FloatArray = npt.NDArray[np.float64]

CAUSES = ("technical", "wrong_area", "supply_meter", "customer_meter", "unmetered", "theft")
"""Parts that add up to supply meter + export - customers of the archive, had every dial been read."""


@dataclass(frozen=True, slots=True)
class LossCauses:
    """Daily energy of each cause of each area of a feeder, kWh: ``parts[area number][cause]``, shape (days,)."""

    days: int
    parts: dict[int, dict[str, FloatArray]] = field(default_factory=dict)

    def add(self, area: int, cause: str, kwh: FloatArray) -> None:
        """Add energy to a cause of an area."""
        own = self.parts.setdefault(area, {name: np.zeros(self.days) for name in CAUSES})
        own[cause] += kwh

    def add_area(self, flow: AreaFlow, supply: MeterDays) -> None:
        """Add what the lines, the loads without a meter and the supply meter's own error make of the loss."""
        number = flow.plan.number
        self.add(number, "technical", flow.technical_kwh)
        for one in flow.unmetered:
            self.add(number, "theft" if one.kind == "hook_up" else "unmetered", one.kwh.sum(axis=1))
        shown = registered_kwh([supply], ratio=flow.plan.supply_recorded_ratio)
        self.add(number, "supply_meter", shown - flow.supply_kwh.sum(axis=1))

    def add_customer(self, one: TrueFlow, meters: Sequence[MeterDays], *, flow: AreaFlow, plan: FeederPlan) -> None:
        """Add what a customer steals, what its meter errs, and what its place in the archive moves between areas."""
        number, recorded = flow.plan.number, plan.archive[one.customer.number].area
        shown = registered_kwh(meters, ratio=recorded_ratio(one.customer, one.fate))
        stolen = one.stolen_kwh.sum(axis=1)
        self.add(number, "theft", stolen)
        self.add(number, "customer_meter", one.drawn_kwh.sum(axis=1) - stolen - shown)
        if recorded != number:
            self.add(number, "wrong_area", shown)
            self.add(recorded, "wrong_area", -shown)

    def rows(self, settings: SimulationSettings) -> list[dict[str, object]]:
        """Return rows of the truth file ``area_causes``."""
        return [
            {
                "area_id": area_id(number),
                "on_date": settings.start_on + timedelta(days=day),
                **{f"{cause}_kwh": float(kwh[day]) for cause, kwh in causes.items()},
            }
            for number, causes in sorted(self.parts.items())
            for day in range(self.days)
        ]


def registered_kwh(meters: Sequence[MeterDays], *, ratio: float) -> FloatArray:
    """Return what the dials of a place show each day, import less export, times the recorded ratio, shape (days,)."""
    total = np.zeros(len(meters[0].dials["total_kwh"]) - 1)
    for meter in meters:
        total += np.diff(meter.dials["total_kwh"]) % DIAL_SIZE_KWH
        if "reverse_kwh" in meter.dials:
            total -= np.diff(meter.dials["reverse_kwh"]) % DIAL_SIZE_KWH
    return total * ratio
