"""A list as somebody asks for it: sorted, filtered, searched and paged in the database, never in a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

from django.db.models import F, Q, QuerySet

T = TypeVar("T")

MOST_COUNTED: Final = 2_000
"""A longer list is neither counted to its end nor paged beyond: counting takes longer than showing, so do far pages."""
PAGE_SIZE: Final = 25
STREAMED_AT_ONCE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What of a list is wanted.

    Args:
        sort: name of the column to sort by; empty = the list's own order.
        is_descending: the greatest first.
        filters: name of a filter -> value; what the list does not know is refused by it.
        words: words to search for.
        page: number of the page, from 1.
        size: rows of a page.
    """

    sort: str = ""
    is_descending: bool = False
    filters: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    words: str = ""
    page: int = 1
    size: int = PAGE_SIZE


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """The page of a list that was asked for.

    Attributes:
        rows: its rows.
        ask: what was asked, its page brought into the list's range.
        count: rows of the whole list, at most :data:`MOST_COUNTED`.
        is_capped: there are more than ``count``.
    """

    rows: Sequence[T]
    ask: Ask
    count: int
    is_capped: bool

    @property
    def page_count(self) -> int:
        """Pages of what was counted, at least 1."""
        return max(1, -(-self.count // self.ask.size))

    @property
    def first(self) -> int:
        """Number of the first row shown, from 1; 0 on an empty list."""
        return (self.ask.page - 1) * self.ask.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(frozen=True)
class Listing(Generic[T]):
    """How a list may be asked for.

    Args:
        record: turns a row into what is handed out.
        order: the list's own order, names of model fields with ``-`` for descending.
        sorts: name of a column -> model field.
        filters: name of a filter -> the condition its value stands for; None where the value means nothing.
        searched: model fields words are looked for in, anywhere.
        searched_whole: model fields words must equal: numbers of people are not to be found by trying parts of them.
        meanings: what words may stand for besides, as conditions on indexed fields; None where they mean nothing. A
            part of a word is looked for in a small table this way (the areas), not in every row of a great one.
        unread: model fields ``record`` does not look at, heavy ones: they stay in the database.
    """

    record: Callable[[Any], T]
    order: tuple[str, ...]
    sorts: Mapping[str, str]
    filters: Mapping[str, Callable[[str], Q | None]] = field(default_factory=lambda: MappingProxyType({}))
    searched: tuple[str, ...] = ()
    searched_whole: tuple[str, ...] = ()
    meanings: tuple[Callable[[str], Q | None], ...] = ()
    unread: tuple[str, ...] = ()

    def answer(self, rows: QuerySet[Any], ask: Ask) -> Part[T]:
        """Return the page that was asked for; what is not known of sort and filters is left out.

        Args:
            rows: what the actor may see.
            ask: what he wants.
        """
        rows = self._narrow(rows, ask)
        counted = rows.order_by()[: MOST_COUNTED + 1].count()
        count, is_capped = min(counted, MOST_COUNTED), counted > MOST_COUNTED
        page = min(max(1, ask.page), max(1, -(-count // ask.size)))
        start = (page - 1) * ask.size
        shown = self._sort(rows, ask)[start : start + ask.size]
        return Part([self.record(row) for row in shown], replace(ask, page=page), count, is_capped)

    def first(self, rows: QuerySet[Any], ask: Ask) -> list[T]:
        """Return the first rows of what was asked for without counting it, for a page that shows no more of a list.

        Args:
            rows: what the actor may see.
            ask: what he wants; its page is nothing here.
        """
        return [self.record(row) for row in self._sort(self._narrow(rows, ask), ask)[: ask.size]]

    def stream(self, rows: QuerySet[Any], ask: Ask) -> Iterator[T]:
        """Return every row that was asked for, sorted, one after the other: however many, few are held at once.

        Args:
            rows: what the actor may see.
            ask: what he wants; its page is nothing here.
        """
        for row in self._sort(self._narrow(rows, ask), ask).iterator(chunk_size=STREAMED_AT_ONCE):
            yield self.record(row)

    def _narrow(self, rows: QuerySet[Any], ask: Ask) -> QuerySet[Any]:
        for name, value in ask.filters.items():
            condition = self.filters[name](value) if value and name in self.filters else None
            if condition is not None:
                rows = rows.filter(condition)
        return self._search(rows.defer(*self.unread), ask.words.strip())

    def _search(self, rows: QuerySet[Any], words: str) -> QuerySet[Any]:
        if not words:
            return rows
        condition = Q()
        for name in self.searched:
            condition |= holds(name, words)
        for name in self.searched_whole:
            condition |= Q(**{name: words})
        for means in self.meanings:
            condition |= means(words) or Q()
        # Words that can mean nothing here find nothing.
        return rows.filter(condition) if condition else rows.none()

    def _sort(self, rows: QuerySet[Any], ask: Ask) -> QuerySet[Any]:
        if ask.sort not in self.sorts:
            return rows.order_by(*self.order)
        name = self.sorts[ask.sort]
        # What is not known comes last either way, as on every database. A column that knows everything is asked for
        # plainly: only so can PostgreSQL read its index backwards.
        last = True if rows.model._meta.get_field(name).null else None
        by = F(name)
        return rows.order_by(by.desc(nulls_last=last) if ask.is_descending else by.asc(nulls_last=last), *self.order)


def one_of(name: str, values: Sequence[str]) -> Callable[[str], Q | None]:
    """Return a filter that takes one of some words and compares a field with it.

    Example:
        >>> is_coloured = one_of("colour", ["red", "orange"])
        >>> is_coloured("red"), is_coloured("blue")
        (<Q: (AND: ('colour', 'red'))>, None)
    """
    return lambda value: Q(**{name: value}) if value in values else None


def holds(name: str, words: str) -> Q:
    """Return the rows whose field has words anywhere in it, great and small letters alike.

    Words without letters of two sizes, such as Chinese ones, are looked for as they stand: PostgreSQL would otherwise
    turn the field of every row it looks at into great letters first.

    Example:
        >>> holds("name", "东湖01"), holds("name", "a1")
        (<Q: (AND: ('name__contains', '东湖01'))>, <Q: (AND: ('name__icontains', 'a1'))>)
    """
    return Q(**{f"{name}__{'contains' if words.upper() == words.lower() else 'icontains'}": words})


def equals(name: str) -> Callable[[str], Q | None]:
    """Return a filter that compares a field with whatever is given.

    Example:
        >>> equals("station_id")("S1")
        <Q: (AND: ('station_id', 'S1'))>
    """
    return lambda value: Q(**{name: value})


def yes_or_no(name: str) -> Callable[[str], Q | None]:
    """Return a filter on a field that is true or false, asked for as ``yes`` or ``no``.

    Example:
        >>> yes_or_no("is_new")("yes")
        <Q: (AND: ('is_new', True))>
    """
    return lambda value: Q(**{name: value == "yes"}) if value in ("yes", "no") else None
