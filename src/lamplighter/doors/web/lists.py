"""Any list: what may be asked of it in an address, and what its page needs to show it.

A list page is a :class:`ListPage`, whose columns say what stands in a row, and a query that takes an ``Ask``. The
shared template ``list.html`` sorts, filters, searches and pages with plain links; htmx only saves loading the frame
again. Rows are written here and by no template: that is most of what a page of a list costs (`cells`). A list
whose columns say their ``value`` and whose page has a ``stream`` can be had as a file (`exports`) once it is in
:data:`LISTS`, and so can views of it be kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from lamplighter.base.desk.listing import PAGE_SIZE, Ask, Part
from lamplighter.base.messages import text
from lamplighter.base.saved_views.operations import list_views
from lamplighter.base.security.actor import Actor, Right
from lamplighter.business.network.desk_queries import feeder_name, find_area, find_unit, list_units_around
from lamplighter.doors.web.cells import Seen, escaped
from lamplighter.doors.web.figures import UNKNOWN, number, percent
from lamplighter.doors.web.pages import actor_of, clock_of, policy_today


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its words are ``<words>.column.<name>``.

    Args:
        name: of the column, and of the sort where ``is_sorted``.
        is_number: set to the right, and first sorted from the greatest.
        is_sorted: the list can be sorted by it.
        value: what of a row stands in a file; None = the column is for the screen.
        cell: what of a row stands on the screen, escaped unless it is HTML of `cells`; None = the value, a dash where
            it is empty.
        look: class of its cells in ``desk.css``: ``short`` (one line), ``full``, ``wrap``, ``name``.
    """

    name: str
    is_number: bool = False
    is_sorted: bool = True
    value: Callable[[Any], Any] | None = None
    cell: Callable[[Any, Seen], str] | None = None
    look: str = ""

    def shown(self, row: Any, seen: Seen) -> str:
        """Return what stands in its cell of a row."""
        if self.cell is not None:
            return self.cell(row, seen)
        value = self.value(row) if self.value is not None else None
        return UNKNOWN if value in (None, "") else str(value)


def figure_column(name: str, of: Callable[[Any], float | None], *, digits: int = 0) -> Column:
    """Return a column of a number; in a file it stands as it is."""
    return Column(name, is_number=True, value=of, cell=lambda row, _: number(of(row), digits))


def share_column(name: str, of: Callable[[Any], float | None], *, digits: int = 1) -> Column:
    """Return a column of a share, in per cent; in a file it stands as a fraction."""
    return Column(name, is_number=True, value=of, cell=lambda row, _: percent(of(row), digits))


def instant_column(
    name: str, of: Callable[[Any], dt.datetime | None], *, value: Callable[[Any], Any] | None = None, look: str = ""
) -> Column:
    """Return a column of an instant, on the company's clock."""
    return Column(name, value=value, cell=lambda row, seen: seen.instant(of(row)), look=look)


@dataclass(frozen=True, slots=True)
class Filter:
    """A choice above the list: its words are ``<words>.filter.<name>``.

    Args:
        name: of the filter.
        options: value and words of each choice.
        say: given for a filter that other pages narrow the list by, such as a place of the map: it is offered as no
            choice, and a value that holds stands above the list in these words, with a way to leave it off.
        around: given in place of ``options`` where there are too many to send with every page: the choices around the
            value that is chosen, empty where none is.
    """

    name: str
    options: Callable[[], Sequence[tuple[str, str]]] = list
    say: Callable[[str], str] | None = None
    around: Callable[[str], Sequence[tuple[str, str]]] | None = None

    def choices(self, chosen: str) -> Sequence[tuple[str, str]]:
        """Return value and words of what can be chosen, beside a value that is."""
        return self.around(chosen) if self.around is not None else self.options()


@dataclass(frozen=True, slots=True)
class ListPage:
    """How a list is shown.

    Args:
        url_name: its address.
        words: messages of its title, columns, filters and empty state, such as ``desk.areas``.
        columns: in order.
        filters: in order.
        stream: gives every row that is asked for, for a file; None = the list cannot be had as one.
        is_searched: words can be looked for in it.
        attributes: what the element of a row carries, with a blank before it; None = nothing.
    """

    url_name: str
    words: str
    columns: tuple[Column, ...]
    filters: tuple[Filter, ...] = ()
    stream: Callable[[Ask], Iterator[Any]] | None = None
    is_searched: bool = True
    attributes: Callable[[Any], SafeString] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that can be had as a file and kept as a view.

    Args:
        right: what it takes to see it.
        page: gives its page for an actor: columns and filters depend on what he may see.
    """

    right: Right
    page: Callable[[Actor], ListPage]


LISTS: Final[dict[str, Listed]] = {}
"""By name of the address; a module of views adds its list here."""


def ask_of(request: HttpRequest, listed: ListPage) -> Ask:
    """Return what an address asks of a list; what it does not know is left out."""
    return read_ask(request.GET.dict(), listed)


def read_ask(parameters: Mapping[str, Any], listed: ListPage) -> Ask:
    """Return what the parameters of an address ask of a list; what it does not know is left out."""
    sort, page = str(parameters.get("sort", "")), str(parameters.get("page", "1"))
    known = {column.name for column in listed.columns if column.is_sorted}
    return Ask(
        sort=sort.lstrip("-") if sort.lstrip("-") in known else "",
        is_descending=sort.startswith("-"),
        filters={each.name: str(parameters[each.name]) for each in listed.filters if parameters.get(each.name)},
        words=str(parameters.get("q", ""))[:100] if listed.is_searched else "",
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
        size=PAGE_SIZE,
    )


def write_rows(request: HttpRequest, listed: ListPage, rows: Sequence[Any]) -> SafeString:
    """Return rows of a list as HTML: all lists are written here."""
    seen = Seen(actor_of(request), clock_of(request), timezone.now(), request)
    opened = [
        format_html(
            '<td{} data-label="{}">',
            format_html(' class="{}"', kind) if (kind := "n" if column.is_number else column.look) else "",
            text(f"{listed.words}.column.{column.name}"),
        )
        for column in listed.columns
    ]
    written = []
    for row in rows:
        written += ["<tr", listed.attributes(row) if listed.attributes else "", ">"]
        for begun, column in zip(opened, listed.columns, strict=True):
            written += [begun, escaped(column.shown(row, seen)), "</td>"]
        written.append("</tr>")
    # Each piece is ours or was escaped above.
    return mark_safe("".join(written))


def show_list(request: HttpRequest, listed: ListPage, part: Part[Any], **more: object) -> HttpResponse:
    """Return the page of a list.

    Args:
        request: the request.
        listed: how it is shown.
        part: the page of it that was asked for.
        more: what stands above the list.
    """
    here = reverse(listed.url_name)
    ask = part.ask

    def address(**changed: str) -> str:
        return _address(here, parameters_of(ask) | changed)

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
            "options": options,
        }
        for each in listed.filters
        if each.say is None and (options := each.choices(ask.filters.get(each.name, "")))
    ]
    narrowed = [
        {
            "name": each.name,
            "value": ask.filters[each.name],
            "words": text(f"desk.list.narrowed.{each.name}", name=each.say(ask.filters[each.name])),
            "without_url": _address(here, {k: v for k, v in parameters_of(ask).items() if k != each.name}),
        }
        for each in listed.filters
        if each.say is not None and ask.filters.get(each.name)
    ]
    asked = parameters_of(ask)
    context = {
        "listed": listed,
        "asked": urlencode(asked),
        "is_exported": listed.stream is not None,
        "export_hours": policy_today().limits["export_kept_hours"].value if listed.stream else None,
        "is_kept": listed.url_name in LISTS,
        "views": _views(request, listed, here) if listed.url_name in LISTS else [],
        "part": part,
        "rows": write_rows(request, listed, part.rows),
        "here": here,
        "columns": columns,
        "filters": filters,
        "narrowed": narrowed,
        "is_narrowed": bool(ask.words or ask.filters),
        "sort": request.GET.get("sort", ""),
        "previous_url": address(page=str(ask.page - 1)) if ask.page > 1 else "",
        "next_url": address(page=str(ask.page + 1)) if ask.page < part.page_count else "",
        "title": text(f"{listed.words}.title"),
        "note": text(f"{listed.words}.note"),
        "empty": text(f"{listed.words}.empty"),
    }
    return render(request, "list.html", context | more)


def unit_filter(actor: Actor) -> Filter:
    """Return the choice of a unit: it offers those right below the one that is chosen, and the way back up.

    A province has hundreds of stations; sent with every page they would be half of it.
    """
    return Filter("station", around=lambda chosen: _units_around(actor, chosen))


def _units_around(actor: Actor, chosen: str) -> list[tuple[str, str]]:
    way, below = list_units_around(actor=actor, unit_id=chosen)
    up = [(unit.unit_id, unit.name if unit.unit_id == chosen else f"‹ {unit.name}") for unit in way]
    return [*up, *((unit.unit_id, unit.name if unit.unit_id == chosen else f"› {unit.name}") for unit in below)]


def place_filters(actor: Actor, *names: str) -> tuple[Filter, ...]:
    """Return the filters by which the map narrows a list to a place: ``unit``, ``feeder``, ``area``."""
    found = {
        "unit": Filter("unit", say=lambda value: _unit_name(actor, value)),
        "feeder": Filter("feeder", say=lambda value: feeder_name(actor=actor, code=value) or value),
        "area": Filter("area", say=lambda value: _area_name(actor, value)),
    }
    return tuple(found[name] for name in names)


def say_months(value: str) -> str:
    """Return whole months of an address as people read them.

    Example:
        >>> say_months("2026-01..2026-03")
        '2026-01 – 2026-03'
    """
    return value.replace("..", " – ")


def _unit_name(actor: Actor, unit_id: str) -> str:
    found = find_unit(actor=actor, unit_id=unit_id)
    return found.name if found else unit_id


def _area_name(actor: Actor, area_id: str) -> str:
    found = find_area(actor=actor, area_id=area_id) if actor.may(Right.SEE_FIGURES) else None
    return found.name if found else area_id


def _address(here: str, parameters: Mapping[str, str]) -> str:
    return f"{here}?{urlencode(parameters)}" if parameters else here


def parameters_of(ask: Ask) -> dict[str, str]:
    """Return what of an address asks for this, its page left out.

    Example:
        >>> parameters_of(Ask(sort="kwh", is_descending=True, filters={"colour": "red"}, words="东湖"))
        {'colour': 'red', 'q': '东湖', 'sort': '-kwh'}
    """
    found = dict(ask.filters)
    if ask.words:
        found["q"] = ask.words
    if ask.sort:
        found["sort"] = f"-{ask.sort}" if ask.is_descending else ask.sort
    return found


def _views(request: HttpRequest, listed: ListPage, here: str) -> list[dict[str, Any]]:
    return [
        {
            "number": view.number,
            "words": text("views.of", name=view.name, owner=view.owner) if view.owner else view.name,
            "is_own": not view.owner,
            # Read as any address is: a view of somebody with other rights asks for no more than one's own list knows.
            "url": f"{here}?{urlencode(parameters_of(read_ask(view.asked, listed)))}",
        }
        for view in list_views(actor=actor_of(request), listed=listed.url_name)
    ]


def _way(ask: Ask, column: Column) -> str:
    if ask.sort != column.name:
        return ""
    return "descending" if ask.is_descending else "ascending"


def _next_sort(ask: Ask, column: Column) -> str:
    if ask.sort == column.name:
        return column.name if ask.is_descending else f"-{column.name}"
    return f"-{column.name}" if column.is_number else column.name
