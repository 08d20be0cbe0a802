"""Adding counts up by what they have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from lamplighter.business.kpi.records import Count


def add_up(counts: Iterable[Count]) -> list[Count]:
    """Return one count for all that differ in nothing but their numbers.

    Example:
        >>> import datetime as dt
        >>> from lamplighter.base.security.actor import UnitPath
        >>> path, month = UnitPath("P", "C", "N", "S"), dt.date(2026, 3, 1)
        >>> one, other = Count("K-6", month, path, 1, 1, "TK-1"), Count("K-6", month, path, 0, 1, "TK-1")
        >>> [(each.hits, each.total) for each in add_up([one, other])]
        [(1.0, 2.0)]
    """
    hits: dict[Count, float] = defaultdict(float)
    totals: dict[Count, float] = defaultdict(float)
    for count in counts:
        bare = replace(count, hits=0.0, total=0.0)
        hits[bare] += count.hits
        totals[bare] += count.total
    return [replace(bare, hits=hits[bare], total=totals[bare]) for bare in hits]
