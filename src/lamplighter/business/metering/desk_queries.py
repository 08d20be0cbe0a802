"""Looking meters up on the desk."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.metering.models import MeterEntry


@dataclass(frozen=True, slots=True)
class FoundMeter:
    """A meter as it is looked up; ``account_id`` is empty where it bills nobody."""

    meter_id: str
    account_id: str
    area_id: str
    role: str


def search_meters(*, actor: Actor, meter_id: str) -> list[FoundMeter]:
    """Return the meter with exactly this number, where the actor sees it and customers are open to him."""
    if not meter_id or not actor.may(Right.SEE_CUSTOMERS):
        return []
    rows = MeterEntry.objects.seen_by(actor).filter(meter_id=meter_id)
    return [FoundMeter(row.meter_id, row.account_id, row.area_id, row.role) for row in rows]
