"""Any list: what may be asked of it in an address, and what its page needs to show it.

A list page is a :class:`ListPage`, a template for one row, and a query that takes an ``Ask``. The shared template
``list.html`` sorts, filters, searches and pages with plain links; htmx only saves loading the frame again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from lamplighter.base.desk.listing import PAGE_SIZE, Ask, Part
from lamplighter.base.messages import text


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its words are ``<words>.column.<name>``.

    Args:
        name: of the column, and of the sort where ``is_sorted``.
        is_number: set to the right, and first sorted from the greatest.
        is_sorted: the list can be sorted by it.
    """

    name: str
    is_number: bool = False
    is_sorted: bool = True


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice above the list: its words are ``<words>.filter.<name>``; ``options`` gives value and words of each."""

    name: str
    options: Callable[[], Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class ListPage:
    """How a list is shown.

    Args:
        url_name: its address.
        words: messages of its title, columns, filters and empty state, such as ``desk.areas``.
        row_template: shows one ``row``.
        columns: in order.
        filters: in order.
    """

    url_name: str
    words: str
    row_template: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()


def ask_of(request: HttpRequest, listed: ListPage) -> Ask:
    """Return what an address asks of a list; what it does not know is left out."""
    sort = request.GET.get("sort", "")
    known = {column.name for column in listed.columns if column.is_sorted}
    page = request.GET.get("page", "1")
    return Ask(
        sort=sort.lstrip("-") if sort.lstrip("-") in known else "",
        is_descending=sort.startswith("-"),
        filters={each.name: request.GET[each.name] for each in listed.filters if request.GET.get(each.name)},
        words=request.GET.get("q", "")[:100],
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
        size=PAGE_SIZE,
    )


def show_list(request: HttpRequest, listed: ListPage, part: Part[Any], **more: object) -> HttpResponse:
    """Return the page of a list.

    Args:
        request: the request.
        listed: how it is shown.
        part: the page of it that was asked for.
        more: what the row template needs besides.
    """
    here = reverse(listed.url_name)
    ask = part.ask

    def address(**changed: str) -> str:
        return f"{here}?{urlencode(_parameters(ask) | changed)}" if _parameters(ask) | changed else here

    columns = [
        {
            "name": column.name,
            "words": text(f"{listed.words}.column.{column.name}"),
            "is_number": column.is_number,
            "is_sorted": column.is_sorted,
            "way": _way(ask, column),
            "url": address(sort=_next_sort(ask, column), page="1"),
        }
        for column in listed.columns
    ]
    filters = [
        {
            "name": each.name,
            "words": text(f"{listed.words}.filter.{each.name}"),
            "chosen": ask.filters.get(each.name, ""),
            "options": each.options(),
        }
        for each in listed.filters
    ]
    context = {
        "listed": listed,
        "part": part,
        "here": here,
        "columns": columns,
        "filters": filters,
        "is_narrowed": bool(ask.words or ask.filters),
        "sort": request.GET.get("sort", ""),
        "previous_url": address(page=str(ask.page - 1)) if ask.page > 1 else "",
        "next_url": address(page=str(ask.page + 1)) if ask.page < part.page_count else "",
        "title": text(f"{listed.words}.title"),
        "note": text(f"{listed.words}.note"),
        "empty": text(f"{listed.words}.empty"),
    }
    return render(request, "list.html", context | more)


def _parameters(ask: Ask) -> dict[str, str]:
    found = dict(ask.filters)
    if ask.words:
        found["q"] = ask.words
    if ask.sort:
        found["sort"] = f"-{ask.sort}" if ask.is_descending else ask.sort
    return found


def _way(ask: Ask, column: Column) -> str:
    if ask.sort != column.name:
        return ""
    return "descending" if ask.is_descending else "ascending"


def _next_sort(ask: Ask, column: Column) -> str:
    if ask.sort == column.name:
        return column.name if ask.is_descending else f"-{column.name}"
    return f"-{column.name}" if column.is_number else column.name
