"""What the network is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# The levels say who sees what as well, so they stand with the actor; here they are the network's own word.
from lamplighter.base.security.actor import Level as Level


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
