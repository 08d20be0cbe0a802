"""The drawing of a process as a page shows it: boxes, arrows and words, made anew from numbers and checked labels."""

from __future__ import annotations

from typing import Any, Final
from unicodedata import east_asian_width

from lamplighter.business.workflow.definitions.drawing import Drawing, Shape
from lamplighter.business.workflow.records import Definition

_MARGIN: Final = 20.0
_LETTER: Final = 6.4
_LINE: Final = 15.0
_MOST_LINES: Final = 4
_FORMS: Final = {"Task": "box", "Gateway": "diamond", "Event": "circle"}


def show_drawing(drawing: Drawing, definition: Definition, *, added: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Return what the template of a picture needs.

    Args:
        drawing: as the file has it.
        definition: the process it is of.
        added: elements to be marked: a change made them.
    """
    return {
        "box": " ".join(
            f"{each:.0f}"
            for each in (
                drawing.left - _MARGIN,
                drawing.top - _MARGIN,
                drawing.width + 2 * _MARGIN,
                drawing.height + 2 * _MARGIN,
            )
        ),
        "width": f"{drawing.width + 2 * _MARGIN:.0f}",
        "height": f"{drawing.height + 2 * _MARGIN:.0f}",
        "shapes": [_shown(shape, definition, added) for shape in drawing.shapes],
        "lines": [" ".join(f"{x:.0f},{y:.0f}" for x, y in line.points) for line in drawing.lines],
    }


def _shown(shape: Shape, definition: Definition, added: frozenset[str]) -> dict[str, Any]:
    kind = definition.kinds.get(shape.element, "")
    middle_x, middle_y = shape.x + shape.width / 2, shape.y + shape.height / 2
    is_box = kind.endswith("Task")
    form = (
        "box" if is_box else "diamond" if kind.endswith("Gateway") else "circle" if kind.endswith("Event") else "lane"
    )
    words = definition.labels[shape.element].spoken() if shape.element in definition.labels else ""
    # An element without a name is labelled with its id, which says nothing to a reader.
    said = _wrapped(words, shape.width if is_box else 110.0) if words != shape.element else []
    first = middle_y - _LINE * (len(said) - 1) / 2 + 4 if is_box else shape.y + shape.height + _LINE
    return {
        "form": form,
        "kind": kind,
        "is_added": shape.element in added,
        "x": f"{shape.x:.0f}",
        "y": f"{shape.y:.0f}",
        "width": f"{shape.width:.0f}",
        "height": f"{shape.height:.0f}",
        "middle_x": f"{middle_x:.0f}",
        "middle_y": f"{middle_y:.0f}",
        "radius": f"{shape.width / 2:.0f}",
        "diamond": f"{middle_x:.0f},{shape.y:.0f} {shape.x + shape.width:.0f},{middle_y:.0f} "
        f"{middle_x:.0f},{shape.y + shape.height:.0f} {shape.x:.0f},{middle_y:.0f}",
        "lane": shape.lane.spoken() if shape.lane else "",
        "lane_x": f"{shape.x + 8:.0f}",
        "lane_y": f"{shape.y + 18:.0f}",
        "words": [{"text": each, "y": f"{first + place * _LINE:.0f}"} for place, each in enumerate(said)],
    }


def _wrapped(words: str, width: float) -> list[str]:
    """Return words in lines that fit a width: between words where there are, between letters in Chinese."""
    most = max(4, int((width - 8) / _LETTER))
    lines, here, used = [], "", 0
    for part in _parts(words):
        size = sum(2 if east_asian_width(letter) in "WF" else 1 for letter in part)
        if used + size > most and here:
            lines.append(here.strip())
            here, used = "", 0
        here, used = here + part, used + size
    lines.append(here.strip())
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]}…"]
    return [line for line in lines if line]


def _parts(words: str) -> list[str]:
    parts: list[str] = []
    for letter in words:
        if parts and east_asian_width(letter) not in "WF" and not parts[-1].endswith(" ") and parts[-1].isascii():
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts
