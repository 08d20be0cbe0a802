"""The picture of a process as its file draws it: where each element stands and how the arrows run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final
from xml.etree.ElementTree import Element

from lamplighter.business.workflow.definitions.faults import FaultList
from lamplighter.business.workflow.definitions.markup import BPMN, OURS, read_markup
from lamplighter.business.workflow.records import Label

_DI: Final = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC: Final = "{http://www.omg.org/spec/DD/20100524/DC}"
_LINES: Final = "{http://www.omg.org/spec/DD/20100524/DI}"
_LARGEST: Final = 50_000.0
_MOST_PARTS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A box of the picture: the element it shows, and its left upper corner and size in points.

    Attributes:
        lane: name of the lane in both languages where it shows one; None for anything else.
    """

    element: str
    x: float
    y: float
    width: float
    height: float
    lane: Label | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow of the picture: the element it shows, and the points it runs through."""

    element: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture of a process.

    Attributes:
        shapes: pools and lanes first, as the file has them.
        lines: arrows.
        left, top, width, height: the frame that holds all of it.
    """

    shapes: tuple[Shape, ...]
    lines: tuple[Line, ...]
    left: float
    top: float
    width: float
    height: float


def read_drawing(content: bytes) -> Drawing | None:
    """Return the picture of a BPMN file; None where it has none, or one that cannot be shown.

    Args:
        content: the file.

    Example:
        >>> read_drawing(b"<a/>") is None
        True
    """
    root = read_markup(content, FaultList())
    if root is None:
        return None
    lanes = {each.get("id", ""): _label(each) for each in root.iter(f"{BPMN}lane")}
    shapes = [shape for each in root.iter(f"{_DI}BPMNShape") if (shape := _shape(each, lanes)) is not None]
    lines = [line for each in root.iter(f"{_DI}BPMNEdge") if (line := _line(each)) is not None]
    if not shapes or len(shapes) + len(lines) > _MOST_PARTS:
        return None
    xs = [shape.x for shape in shapes] + [shape.x + shape.width for shape in shapes]
    ys = [shape.y for shape in shapes] + [shape.y + shape.height for shape in shapes]
    xs += [x for line in lines for x, _ in line.points]
    ys += [y for line in lines for _, y in line.points]
    left, top = min(xs), min(ys)
    return Drawing(tuple(shapes), tuple(lines), left, top, max(xs) - left, max(ys) - top)


def _label(element: Element) -> Label:
    zh = element.get("name", "")
    return Label(zh, element.get(f"{OURS}en") or zh)


def _shape(element: Element, lanes: Mapping[str, Label]) -> Shape | None:
    bounds = element.find(f"{_DC}Bounds")
    numbers = _numbers(bounds, "x", "y", "width", "height") if bounds is not None else None
    if numbers is None:
        return None
    shown = element.get("bpmnElement", "")
    x, y, width, height = numbers
    return Shape(shown, x, y, width, height, lanes.get(shown))


def _line(element: Element) -> Line | None:
    points = [_numbers(each, "x", "y") for each in element.findall(f"{_LINES}waypoint")]
    known = tuple((point[0], point[1]) for point in points if point is not None)
    return Line(element.get("bpmnElement", ""), known) if len(known) > 1 else None


def _numbers(element: Element, *names: str) -> tuple[float, ...] | None:
    try:
        found = tuple(float(element.get(name, "")) for name in names)
    except ValueError:
        return None
    return found if all(isfinite(each) and abs(each) < _LARGEST for each in found) else None
