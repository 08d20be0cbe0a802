"""The map of a process as it is lived: times, variants, rework, hand-overs, bottlenecks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lamplighter.business.workflow.mining.records import (
    ActivityFound,
    ArcFound,
    Done,
    ProcessMap,
    Trace,
    VariantFound,
)

BEGIN, END = "▶", "■"
"""Before the first step and after the last."""


def discover_map(traces: Sequence[Trace]) -> ProcessMap:
    """Return what a log says of a process; only matters that came to their end count.

    Args:
        traces: matters of one process.

    Example:
        Two matters, one of which was handled twice: 3 h and 5 h of handling in the first, 1 h in the second.

        >>> import datetime as dt
        >>> at = lambda hour: dt.datetime(2026, 3, 2, tzinfo=dt.UTC) + dt.timedelta(hours=hour)
        >>> step = lambda begin, end: Done("handle", "service_agent", "li", at(begin), at(end))
        >>> first = Trace("1", "p", at(0), (step(0, 3), step(3, 8)), True)
        >>> second = Trace("2", "p", at(0), (step(0, 1),), True)
        >>> found = discover_map([first, second])
        >>> found.rework_share, found.activities[0].total_hours, found.activities[0].repeated
        (0.5, 9.0, 1)
    """
    ended = [trace for trace in traces if trace.is_finished and trace.steps]
    hours = np.array([trace.hours for trace in ended]) if ended else np.zeros(1)
    return ProcessMap(
        matters=len(ended),
        running=sum(not trace.is_finished for trace in traces),
        activities=_activities(ended),
        arcs=_arcs(ended),
        variants=_variants(ended),
        rework_share=sum(len(set(trace.way)) < len(trace.way) for trace in ended) / max(1, len(ended)),
        median_hours=float(np.median(hours)),
        p90_hours=float(np.quantile(hours, 0.9)),
    )


def _activities(ended: Sequence[Trace]) -> tuple[ActivityFound, ...]:
    steps: dict[str, list[Done]] = defaultdict(list)
    repeated: Counter[str] = Counter()
    for trace in ended:
        for step in trace.steps:
            steps[step.activity].append(step)
        for activity, count in Counter(trace.way).items():
            repeated[activity] += count - 1
    whole = sum(step.hours for every in steps.values() for step in every)
    found = []
    for activity, every in steps.items():
        hours = np.array([step.hours for step in every])
        limited = [step for step in every if step.due_at is not None]
        found.append(
            ActivityFound(
                activity=activity,
                role=every[0].role,
                count=len(every),
                repeated=repeated[activity],
                median_hours=float(np.median(hours)),
                p90_hours=float(np.quantile(hours, 0.9)),
                total_hours=float(hours.sum()),
                share=float(hours.sum()) / whole if whole else 0.0,
                late_share=sum(step.is_late for step in limited) / len(limited) if limited else None,
            )
        )
    return tuple(sorted(found, key=lambda each: (-each.total_hours, each.activity)))


def _arcs(ended: Sequence[Trace]) -> tuple[ArcFound, ...]:
    hours: dict[tuple[str, str], list[float]] = defaultdict(list)
    handed: Counter[tuple[str, str]] = Counter()
    for trace in ended:
        hours[BEGIN, trace.steps[0].activity].append(0.0)
        for one, other in pairwise(trace.steps):
            pair = one.activity, other.activity
            hours[pair].append((other.done_at - one.done_at).total_seconds() / 3600)
            handed[pair] += bool(one.by and other.by and one.by != other.by)
        hours[trace.steps[-1].activity, END].append(0.0)
    found = [
        ArcFound(before, after, len(every), float(np.median(every)), handed[before, after])
        for (before, after), every in hours.items()
    ]
    return tuple(sorted(found, key=lambda arc: (-arc.count, arc.before, arc.after)))


def _variants(ended: Sequence[Trace]) -> tuple[VariantFound, ...]:
    ways: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for trace in ended:
        ways[trace.way].append(trace.hours)
    found = [
        VariantFound(way, len(hours), len(hours) / len(ended), float(np.median(hours))) for way, hours in ways.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.count, each.way)))
