"""What every operation's questions and answers are made of: pages of lists, instants, money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Generic, TypeVar

from django.http import HttpRequest
from ninja import Schema
from ninja.errors import ValidationError
from pydantic import AfterValidator, Field, PlainSerializer, WithJsonSchema

from lamplighter.base.desk.listing import PAGE_SIZE, Ask, Part
from lamplighter.base.messages import text
from lamplighter.doors.api.problems import Problem

T = TypeVar("T")

LARGEST_PAGE: Final = 200
LARGEST_NUMBER: Final = 2**63 - 1
"""What a database takes as the number of a row."""
REFUSALS: Final = frozenset({400, 401, 403, 404, 409, 422, 429, 500, 503, 507})


def _say_instant(value: dt.datetime) -> str:
    """Return an instant in UTC; the lake keeps instants in UTC without a zone."""
    aware = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return aware.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


Instant = Annotated[
    dt.datetime,
    PlainSerializer(_say_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""An instant, UTC, such as ``2026-11-26T04:00:00Z``."""
Money = Annotated[
    Decimal,
    PlainSerializer(lambda value: f"{value:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, mode="serialization"),
]
"""A decimal as text, so that 0.10 stays 0.10."""
Number = Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]
"""The number of something in addresses."""
Word = Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")]
"""Short text; a database takes no NUL."""
Words = Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]
Months = Annotated[str, Field(pattern=r"^(20\d\d-(0[1-9]|1[0-2])\.\.20\d\d-(0[1-9]|1[0-2]))?$")]
"""Whole months, both included, ``2026-01..2026-03``; empty = all."""
Month = Annotated[str, Field(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")]
"""A month, ``2026-03``; empty = all."""


def spelled(kind: type[StrEnum]) -> WithJsonSchema:
    """Return what describes an enumeration by its words at each place: several rooms have one of the same name.

    Example:
        >>> spelled(StrEnum("Side", ["left", "right"])).json_schema
        {'type': 'string', 'enum': ['left', 'right']}
    """
    return WithJsonSchema({"type": "string", "enum": [str(each) for each in kind]})


def among(is_known: Callable[[str], Any]) -> AfterValidator:
    """Return what refuses a word that means nothing to a list: left out, it would give every row."""

    def check(word: str) -> str:
        if word and not is_known(word):
            raise ValueError(text("api.value_unknown"))
        return word

    return AfterValidator(check)


def refuse_unknown(request: HttpRequest, asked: type[Schema]) -> None:
    """Refuse an address that asks for what an operation does not know: a mistyped word would be no word at all.

    Raises:
        ValidationError: it does.
    """
    known = {field.alias or name for name, field in asked.model_fields.items()}
    if strange := sorted(request.GET.keys() - known):
        raise ValidationError([{"loc": ("query", name), "msg": text("api.parameter_unknown")} for name in strange])


class Asked(Schema):
    """What of a list is wanted; a subclass adds the list's own sorts and filters."""

    q: Word = Field("", description="Words to look for; numbers of people are found whole only.")
    page: Annotated[int, Field(ge=1, le=999_999)] = 1
    size: Annotated[int, Field(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE

    def as_ask(self, request: HttpRequest) -> Ask:
        """Return it as lists take it.

        Raises:
            ValidationError: the address asks for what the list does not know: a mistyped filter would give every row.
        """
        refuse_unknown(request, type(self))
        given: Mapping[str, Any] = self.model_dump(exclude_none=True)
        sort = str(given.get("sort", ""))
        own = {name: str(value) for name, value in given.items() if name not in ("q", "page", "size", "sort") and value}
        return Ask(
            sort=sort.lstrip("-"),
            is_descending=sort.startswith("-"),
            filters=own,
            words=self.q,
            page=self.page,
            size=self.size,
        )


class Page(Schema, Generic[T]):
    """A page of a list: ``count`` stops at 10,000, then ``is_capped`` says that there are more."""

    rows: list[T]
    page: int
    size: int
    page_count: int
    count: int
    is_capped: bool
    next_page: int | None


def page_of(part: Part[Any]) -> dict[str, Any]:
    """Return a part of a list as its page."""
    is_last = part.ask.page >= part.page_count
    return {
        "rows": list(part.rows),
        "page": part.ask.page,
        "size": part.ask.size,
        "page_count": part.page_count,
        "count": part.count,
        "is_capped": part.is_capped,
        "next_page": None if is_last else part.ask.page + 1,
    }


def answers(good: Any, *, status: int = 200) -> dict[Any, Any]:
    """Return what an operation answers: one good answer, or a problem."""
    return {status: good, REFUSALS: Problem}
