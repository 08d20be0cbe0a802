"""What the assistant may decide alone, and how identity is guarded: versioned company defaults, to be confirmed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
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
        facts_needed: facts on file that must agree.
        attempts: failed attempts after which nothing more is tried.
        attempts_within: how long a failed attempt counts.
        code_lives: how long a code sent to a telephone is good.
    """

    valid_from: date
    source: str
    evidence: str
    sure_share: float
    further_share: float
    facts_needed: int
    attempts: int
    attempts_within: timedelta
    code_lives: timedelta


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
            facts_needed=row["facts_needed"],
            attempts=row["attempts"],
            attempts_within=timedelta(hours=row["attempt_hours"]),
            code_lives=timedelta(minutes=row["code_minutes"]),
        )
        for row in rows
    ]
    return tuple(sorted(read, key=lambda each: each.valid_from))


def limits_on(day: date) -> ServiceLimits:
    """Return the limits of a day; of a day before the first, the first.

    Args:
        day: of the conversation.

    Example:
        >>> limits_on(date(2026, 3, 9)).attempts, limits_on(date(2026, 3, 9)).evidence
        (3, 'P')
    """
    known = _limits()
    return next((each for each in reversed(known) if each.valid_from <= day), known[0])
