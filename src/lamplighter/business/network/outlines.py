"""Land drawn around points, where nobody handed in an outline: a sketch, never a boundary of administration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

Point = tuple[float, float]
"""Longitude and latitude, degrees."""

_MARGIN_DEGREES: Final = 0.004
"""About 400 m: an outline does not run through the points at its edge."""
_AROUND: Final = ((1, 0.4), (1, -0.4), (-1, 0.4), (-1, -0.4), (0.4, 1), (-0.4, 1), (0.4, -1), (-0.4, -1))


def surround(points: Sequence[Point]) -> list[list[float]]:
    """Return a closed ring around points, their convex hull with a margin; empty without points.

    Example:
        One point gets an octagon of its own, closed by its first corner:

        >>> ring = surround([(108.0, 27.0)])
        >>> len(ring), ring[0] == ring[-1], max(x for x, _ in ring)
        (9, True, 108.004)
    """
    corners = [(x + east * _MARGIN_DEGREES, y + north * _MARGIN_DEGREES) for x, y in points for east, north in _AROUND]
    ring = [[round(x, 5), round(y, 5)] for x, y in hull(corners)]
    return [*ring, ring[0]] if ring else []


def hull(points: Sequence[Point]) -> list[Point]:
    """Return the corners of the convex hull, counter-clockwise (Andrew's monotone chain).

    Example:
        >>> hull([(0, 0), (2, 0), (1, 1), (2, 2), (0, 2)])
        [(0, 0), (2, 0), (2, 2), (0, 2)]
    """
    ordered = sorted(set(points))
    if len(ordered) < 3:
        return ordered

    def chain(way: Sequence[Point]) -> list[Point]:
        kept: list[Point] = []
        for point in way:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 0:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return [*chain(ordered), *chain(ordered[::-1])]


def _turn(first: Point, second: Point, third: Point) -> float:
    return (second[0] - first[0]) * (third[1] - first[1]) - (second[1] - first[1]) * (third[0] - first[0])
