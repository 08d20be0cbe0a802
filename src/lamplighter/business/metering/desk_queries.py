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
    return [_meter(row) for row in MeterEntry.objects.seen_by(actor).filter(meter_id=meter_id)]


def list_meters_on(*, actor: Actor, area_id: str) -> list[FoundMeter]:
    """Return the meters the archive has on an area, removed ones as well, of units the actor sees.

    Raises:
        RightMissing: the actor may not see customers.
    """
    actor.require(Right.SEE_CUSTOMERS)
    return [_meter(row) for row in MeterEntry.objects.seen_by(actor).filter(area_id=area_id)]


def _meter(row: MeterEntry) -> FoundMeter:
    return FoundMeter(row.meter_id, row.account_id, row.area_id, row.role)
