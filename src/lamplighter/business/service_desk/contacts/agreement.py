"""How far two judgements of the same contacts agree beyond chance, and how groups compare; arithmetic alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Z95: Final = 1.959963984540054
"""Of the normal distribution: 95 % lie within as many deviations of the middle."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement of two judges on one item.

    Attributes:
        pairs: contacts both judged.
        breaches: of the first and of the second judge.
        observed: share on which they agree; None without a pair.
        kappa: agreement beyond chance, 1 complete, 0 no better than chance; None where both said the same of all, since
            chance alone would have agreed as well.
        low, high: 95 % interval of ``kappa``.
    """

    pairs: int
    breaches: tuple[int, int]
    observed: float | None
    kappa: float | None
    low: float | None
    high: float | None


def wilson_interval(*, successes: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson, which keeps its width where a share is 0 or 1.

    Example:
        >>> low, high = wilson_interval(successes=8, of=10)
        >>> round(low, 3), round(high, 3)
        (0.49, 0.943)
    """
    share, z2 = successes / of, Z95 * Z95
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = Z95 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def agreement_of(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """Return the agreement of two judges, Cohen's kappa with an interval.

    The interval is Wilson's of the observed agreement, at the expected agreement as it was observed: the usual formula
    has no width where two judges agree on all of few contacts, which is when it is most needed.

    Args:
        pairs: of each contact both judged, whether the first and whether the second found a breach.

    Source:
        Cohen 1960: (observed - expected) / (1 - expected), expected from how often each judge finds a breach.

    Example:
        Of 10, both find 4 breaches, both find none in 4, each finds one the other does not. Observed 0.8; each finds 5
        of 10, so that chance agrees on 0.5 * 0.5 + 0.5 * 0.5 = 0.5; (0.8 - 0.5) / (1 - 0.5) = 0.6.

        >>> found = agreement_of([(True, True)] * 4 + [(False, False)] * 4 + [(True, False), (False, True)])
        >>> round(found.kappa, 3), found.breaches
        (0.6, (5, 5))
        >>> agreement_of([(False, False)] * 3).kappa is None
        True
    """
    count = len(pairs)
    first, second = sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)
    if not count:
        return Agreement(0, (0, 0), None, None, None, None)
    same = sum(pair[0] == pair[1] for pair in pairs)
    observed = same / count
    expected = (first * second + (count - first) * (count - second)) / count**2
    if expected >= 1.0:
        return Agreement(count, (first, second), observed, None, None, None)
    low, high = ((bound - expected) / (1 - expected) for bound in wilson_interval(successes=same, of=count))
    return Agreement(count, (first, second), observed, (observed - expected) / (1 - expected), low, high)


@dataclass(frozen=True, slots=True)
class Compared:
    """A group of contacts against all others.

    Attributes:
        count, mean: contacts of the group and their points on average.
        difference: mean of the group less that of the others; None where either is too few.
        low, high: 95 % interval of the difference.
        is_apart: the interval leaves zero out.
    """

    count: int
    mean: float
    difference: float | None
    low: float | None
    high: float | None

    @property
    def is_apart(self) -> bool:
        """Whether chance alone would hardly bring such a difference."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Moments:
    """Count, sum and sum of squares of points: enough for a mean and its spread."""

    count: int
    total: float
    squares: float

    @property
    def mean(self) -> float:
        """The mean."""
        return self.total / self.count

    @property
    def error(self) -> float:
        """Square of the mean's standard error."""
        spread = max(0.0, self.squares - self.total * self.total / self.count) / (self.count - 1)
        return spread / self.count

    def without(self, part: Moments) -> Moments:
        """Return those of what is left when a part is taken out."""
        return Moments(self.count - part.count, self.total - part.total, self.squares - part.squares)


def compare(group: Moments, others: Moments, *, fewest: int) -> Compared:
    """Return a group against the others: the difference of the means, with Welch's standard error.

    Args:
        group: of the group, at least one contact.
        others: of all the others.
        fewest: contacts either needs; with fewer nothing is said of a difference.

    Example:
        Two groups of 100 with a mean of 90 and 94 and a spread of 5: 4 apart, standard error sqrt(25/100 + 25/100).

        >>> def hundred(mean):
        ...     return Moments(100, 100 * mean, 100 * mean * mean + 99 * 25.0)
        >>> found = compare(hundred(90.0), hundred(94.0), fewest=30)
        >>> found.difference, round(found.low, 2), round(found.high, 2), found.is_apart
        (-4.0, -5.39, -2.61, True)
        >>> compare(Moments(3, 270.0, 24300.0), hundred(94.0), fewest=30).difference is None
        True
    """
    if group.count < max(2, fewest) or others.count < max(2, fewest):
        return Compared(group.count, group.mean, None, None, None)
    difference = group.mean - others.mean
    half = Z95 * math.sqrt(group.error + others.error)
    return Compared(group.count, group.mean, difference, difference - half, difference + half)
