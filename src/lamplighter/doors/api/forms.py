"""What cases and tickets have in common: the form of a task, how it is filled in, and a line of the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from ninja import Path, Schema
from pydantic import Field

from lamplighter.business.workflow.records import Field as FormField
from lamplighter.doors.api.shapes import Instant, Word, Words

TaskInPath = Annotated[str, Path(pattern=r"^[a-z_]{1,64}$")]
Seen = Annotated[int, Field(ge=0, le=99_999_999, description="``seen`` of the case or ticket as one saw it.")]
Filled = dict[Word, Words | bool | int | float | None]


class Choice(Schema):
    """A value of a choice and its words."""

    value: str
    words: str


class FieldOut(Schema):
    """A field of a form."""

    name: str
    label: str
    kind: str
    is_required: bool
    options: list[Choice]


class Line(Schema):
    """Something that happened."""

    at: Instant
    by: str
    kind: str
    label: str
    words: str


class Move(Schema):
    """A task's form, filled in."""

    seen: Seen
    data: Filled = Field(default_factory=dict)


class Comment(Schema):
    """What is to be remembered."""

    words: Words


def field_of(field: FormField) -> dict[str, Any]:
    """Return a field of a form as it is answered."""
    return {
        "name": field.name,
        "label": field.label.spoken(),
        "kind": field.kind.value,
        "is_required": field.is_required,
        "options": [{"value": each.value, "words": each.label.spoken()} for each in field.options],
    }


def written_of(filled: Mapping[str, Any]) -> dict[str, str]:
    """Return what was filled in as a page would send it; what is null was not filled in.

    Example:
        >>> written_of({"is_solved": True, "days": 3, "note": None})
        {'is_solved': 'true', 'days': '3'}
    """
    given = {name: value for name, value in filled.items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()}
