"""How sure the assistant has to be: versioned company defaults, to be confirmed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class ServiceLimits:
    """The limits that hold from a day on.

    Attributes:
        valid_from: first day.
        source: who says so.
        evidence: grade; ``P`` is a company default, to be confirmed.
        sure_share: belief in the leading intent below which the customer is asked again.
        further_share: belief below which a further question of a message is left out.
    """

    valid_from: date
    source: str
    evidence: str
    sure_share: float
    further_share: float


@cache
def _limits() -> tuple[ServiceLimits, ...]:
    rows = tomllib.loads(resources.files(__package__).joinpath("limits.toml").read_text(encoding="utf-8"))["limits"]
    read = [
        ServiceLimits(
            valid_from=row["valid_from"],
            source=row["source"],
            evidence=row["evidence"],
            sure_share=row["sure_share"],
            further_share=row["further_share"],
        )
        for row in rows
    ]
    return tuple(sorted(read, key=lambda each: each.valid_from))


def limits_on(day: date) -> ServiceLimits:
    """Return the limits of a day; of a day before the first, the first.

    Args:
        day: of the conversation.

    Example:
        >>> limits_on(date(2026, 3, 9)).sure_share, limits_on(date(2026, 3, 9)).evidence
        (0.35, 'P')
    """
    known = _limits()
    return next((each for each in reversed(known) if each.valid_from <= day), known[0])
