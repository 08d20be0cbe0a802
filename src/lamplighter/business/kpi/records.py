"""What a figure is, what it is counted from, and what a person is shown of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from lamplighter.base.security.actor import UnitPath


class Kind(StrEnum):
    """How a figure is made of its counts."""

    SHARE = "share"
    """Hits of a total, each independent of the others: with an interval."""
    RATE = "rate"
    """Events for each 10,000 customers: with an interval."""
    RATIO = "ratio"
    """Of quantities that hang together, such as the areas of one night or money: without an interval."""
    MEAN = "mean"
    """An average of minutes."""


class Better(StrEnum):
    """Which way a figure is better; what is only watched has none."""

    UP = "up"
    DOWN = "down"
    WATCHED = "watched"


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure as it is defined; its words are ``kpi.figure.<key>``.

    Attributes:
        code: such as ``K-6``; ``key`` is the same for messages and addresses.
        kind: how it is made of its counts.
        better: which way is better.
        target: what it is to reach; None for one that is only watched.
        target_evidence: grade of the target; ``evidence`` that of the formula, ``source`` where it stands.
        owner: role that answers for it.
        origin: table or room it is counted from.
        parameters: its numbers, such as days within which a call counts as a repeat.
        guards: codes of the figures that show whether it is polished.
        no_data: key of the words that say what was not delivered, where nothing was counted; empty where it always can.
        freshness_hours: how old it may be.
        valid_from: first day on which this version holds.
    """

    code: str
    kind: Kind
    better: Better
    target: float | None
    target_evidence: str
    owner: str
    origin: str
    source: str
    evidence: str
    parameters: Mapping[str, float]
    guards: tuple[str, ...]
    no_data: str
    freshness_hours: int
    valid_from: dt.date

    @property
    def key(self) -> str:
        """The code as messages and addresses name it."""
        return self.code.lower().replace("-", "").replace(".", "_")

    @property
    def is_guard(self) -> bool:
        """It only guards others."""
        return self.code.startswith("G-")

    @property
    def needs_confirmation(self) -> bool:
        """The formula or the target is the company's to confirm."""
        return bool({self.evidence, self.target_evidence} & {"M-L", "P"})

    def is_met(self, value: float) -> bool | None:
        """Say whether a value reaches the target; None without one."""
        if self.target is None:
            return None
        return value <= self.target if self.better is Better.DOWN else value >= self.target


@dataclass(frozen=True, slots=True)
class Count:
    """What one ticket, area or night adds to a figure.

    Attributes:
        code: the figure.
        month: first day of the month it belongs to, on the company's calendar.
        path: the four units.
        hits, total: what is added above and below the line.
        group: class of the ticket, or topic of a complaint: what a change is taken apart by.
        team: who worked on it; ``person`` only where figures by person are allowed.
    """

    code: str
    month: dt.date
    path: UnitPath
    hits: float
    total: float
    group: str = ""
    team: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a unit and period: the value with its interval, and what it is made of.

    Attributes:
        value: share, rate for 10,000, or mean; None where nothing was counted.
        low, high: 95 % interval; None for a figure that has none.
        hits, total: the counts.
    """

    value: float | None
    low: float | None
    high: float | None
    hits: float
    total: float


@dataclass(frozen=True, slots=True)
class Part:
    """A group's part in a change of a figure between two periods.

    Attributes:
        group: class, topic, unit or team.
        before, after: the group's own value; None where it was not there.
        share_before, share_after: its share of the total.
        mix: what of the change its greater or smaller share made.
        rate: what its own better or worse value made.
    """

    group: str
    before: float | None
    after: float | None
    share_before: float
    share_after: float
    mix: float
    rate: float


@dataclass(frozen=True, slots=True)
class Change:
    """A change between two periods, taken apart; ``difference`` is the sum of all parts."""

    before: float
    after: float
    parts: tuple[Part, ...]

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after - self.before

    @property
    def mix(self) -> float:
        """What the groups' changed shares made together."""
        return sum(part.mix for part in self.parts)

    @property
    def rate(self) -> float:
        """What the groups' changed values made together."""
        return sum(part.rate for part in self.parts)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months, both ends included."""

    first: dt.date
    last: dt.date

    @property
    def months(self) -> int:
        """How many months it has.

        Example:
            >>> Period(dt.date(2026, 11, 1), dt.date(2027, 1, 1)).months
            3
        """
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    @property
    def before(self) -> Period:
        """The period of the same length right before.

        Example:
            >>> Period(dt.date(2026, 1, 1), dt.date(2026, 3, 1)).before
            Period(first=datetime.date(2025, 10, 1), last=datetime.date(2025, 12, 1))
        """
        return Period(add_months(self.first, -self.months), add_months(self.first, -1))

    @property
    def text(self) -> str:
        """As addresses name it.

        Example:
            >>> Period(dt.date(2026, 1, 1), dt.date(2026, 3, 1)).text
            '2026-01..2026-03'
        """
        return f"{self.first:%Y-%m}..{self.last:%Y-%m}"


def add_months(month: dt.date, count: int) -> dt.date:
    """Return the first day of the month so many months later.

    Example:
        >>> add_months(dt.date(2026, 1, 1), -1)
        datetime.date(2025, 12, 1)
    """
    number = month.year * 12 + month.month - 1 + count
    return dt.date(number // 12, number % 12 + 1, 1)
