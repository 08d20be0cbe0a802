"""What the network is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Levels of the organisation, top to bottom."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    STATION = "station"


@dataclass(frozen=True, slots=True)
class UnitPlace:
    """Where a unit stands.

    Args:
        unit_id: the unit.
        above: the unit of each level it lies in, itself included; where a level is missing, the nearest unit above it,
            or at the top the highest there is.
    """

    unit_id: str
    above: Mapping[Level, str]
