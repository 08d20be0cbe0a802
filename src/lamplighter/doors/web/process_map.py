"""The drawing of a discovered process: steps from top to bottom in the order in which they usually come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from lamplighter.business.workflow.mining.discovery import BEGIN, END

MOST_ARCS: Final = 40
"""Lines drawn, the most frequent; the table has all."""


def draw_map(
    found: Mapping[str, Any], *, words: Mapping[str, str], say_hours: Callable[[float], str]
) -> dict[str, Any]:
    """Return the chart of a map: a box a step, a line an arc, its width by how often.

    Args:
        found: a process map as it is kept.
        words: step -> what people call it.
        say_hours: hours in words.
    """
    places = _places(found)
    hours = {each["activity"]: say_hours(each["median_hours"]) for each in found["activities"]}
    counts = {each["activity"]: each["count"] for each in found["activities"]}
    order = sorted(places, key=lambda step: (places[step], step))
    rank = {step: number for number, step in enumerate(order)}
    arcs = [each for each in found["arcs"] if each["before"] in rank and each["after"] in rank][:MOST_ARCS]
    most = max((each["count"] for each in arcs), default=1)
    return {
        "kind": "flow",
        "rows": 2 * len(order) + 1,
        "nodes": [
            {
                "id": step,
                "name": words.get(step, step),
                "under": f"{counts[step]} × · {hours[step]}" if step in counts else "",
            }
            for step in order
        ],
        "links": [
            {
                "source": each["before"],
                "target": each["after"],
                "count": each["count"],
                "hours": say_hours(each["median_hours"]),
                "width": round(1 + 5 * each["count"] / most, 2),
                "is_back": rank[each["after"]] <= rank[each["before"]],
                "span": rank[each["after"]] - rank[each["before"]],
            }
            for each in arcs
        ],
    }


def _places(found: Mapping[str, Any]) -> dict[str, float]:
    """Return where each step usually comes in a way: the mean place, each matter counting once."""
    sums: dict[str, float] = {}
    counts: dict[str, int] = {}
    longest = 1
    for variant in found["variants"]:
        longest = max(longest, len(variant["way"]))
        for place, step in enumerate(variant["way"]):
            sums[step] = sums.get(step, 0.0) + place * variant["count"]
            counts[step] = counts.get(step, 0) + variant["count"]
    places = {step: sums[step] / counts[step] for step in sums}
    return {BEGIN: -1.0, **places, END: longest + 1.0} if places else {}
