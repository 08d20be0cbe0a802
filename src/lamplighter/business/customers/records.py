"""What the company and its customers are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Company:
    """The company a lake belongs to.

    Args:
        name: its name.
        timezone: IANA zone its clocks run in.
        interval_minutes: length of an interval.
        price_yuan_per_kwh: fallback price by class.
    """

    name: str
    timezone: str
    interval_minutes: int
    price_yuan_per_kwh: Mapping[str, float]
