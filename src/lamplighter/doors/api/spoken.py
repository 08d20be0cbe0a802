"""Turns of a conversation and the figures in them, as staff, customers' programs and the assistant answer with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ninja import Schema
from pydantic import Field

from lamplighter.base.messages import text
from lamplighter.business.service_desk.chats.records import ChatTurn
from lamplighter.business.service_desk.figures import spell_figure
from lamplighter.business.service_desk.records import Figure, UseCurve
from lamplighter.doors.api.shapes import Instant
from lamplighter.journeys.service_tools import say_source


class FigureOut(Schema):
    """A figure of an answer, and where it comes from."""

    code: str
    name: str
    said: str = Field(description="As it stands in the words.")
    value: str = Field(description="The number, day or word alone.")
    unit: str
    source: str
    grade: str = Field(description="Evidence grade of a rule; `M-L` and `P` are company defaults to confirm.")


class CurveOfUse(Schema):
    """Days of use behind an answer, kWh, and those of the month before."""

    month: str
    days: list[float | None]
    before: str
    days_before: list[float | None]
    source: str


class TurnOut(Schema):
    """What was said: by `customer` or `agent`; ``by_name`` is empty for the assistant."""

    number: int
    who: str
    by_name: str
    said_at: Instant
    words: str
    figures: list[FigureOut]
    curve: CurveOfUse | None


def figures_of(figures: Sequence[Figure]) -> list[dict[str, str]]:
    """Return the figures of an answer, those in labels left out."""
    return [
        {
            "code": figure.name,
            "name": figure.label or text(f"service_desk.figure.{figure.name}"),
            "said": spell_figure(figure),
            "value": str(figure.value),
            "unit": figure.unit,
            "source": say_source(figure.source),
            "grade": figure.grade,
        }
        for figure in figures
        if figure.name != "label"
    ]


def turns_of(turns: Sequence[ChatTurn]) -> list[dict[str, Any]]:
    """Return turns as they are answered."""
    return [
        {
            "number": turn.number,
            "who": turn.who.value,
            "by_name": turn.by_name,
            "said_at": turn.said_at,
            "words": turn.words,
            "figures": figures_of(turn.figures),
            "curve": curve_of(turn.curve),
        }
        for turn in turns
    ]


def curve_of(curve: UseCurve | None) -> dict[str, Any] | None:
    """Return the days behind an answer."""
    if curve is None:
        return None
    return {name: getattr(curve, name) for name in CurveOfUse.model_fields}
