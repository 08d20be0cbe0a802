"""Rows of lists: every list is written by one piece, and nothing people or archives wrote becomes a tag there."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import re
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from django.test import Client, RequestFactory
from tests.doors.web.conftest import NOON

from lamplighter.base.jobs.records import JobRow
from lamplighter.base.messages import speaking
from lamplighter.base.outbox.records import MessageRow
from lamplighter.base.security.actor import Actor, Level, Right, Role
from lamplighter.base.security.audit.queries import TrailRow
from lamplighter.base.security.tokens.records import TokenRow
from lamplighter.business.detection.desk_queries import SuspicionRow
from lamplighter.business.detection.outcome_desk import OutcomeRow
from lamplighter.business.inspection.desk_queries import CaseRow
from lamplighter.business.line_loss.desk_queries import AreaNightRow
from lamplighter.business.service_desk.chats.records import ChatRow
from lamplighter.business.service_desk.contacts.records import ContactRow
from lamplighter.business.service_desk.radar.queries import HeardRow
from lamplighter.business.service_desk.tickets.queries import TicketRow
from lamplighter.doors.web.lists import LISTS, ListPage, write_rows
from lamplighter.doors.web.views import (
    areas,
    cases,
    chats,
    contacts,
    jobs,
    kpi_lists,
    outbox,
    outcomes,
    radar,
    suspicions,
    tickets,
    tokens,
    trail,
)
from lamplighter.journeys.figure_records import BillRow, CallRow

HOSTILE = "<script>alert('王')</script>\" onmouseover=\"x"
BOSS = Actor(1, "Boss", "P", Level.PROVINCE, frozenset({Role.MANAGER}), frozenset(Right))
# Codes that messages are looked up by come from our own tables; whatever else is text may be hostile.
CODES: Mapping[str, Any] = {
    "state": "ON_SITE",
    "loss_class": "high",
    "colour": "red",
    "act": "changed",
    "outcome": "THEFT",
    "satisfaction": "SATISFIED",
    "class_code": "TK-1",
    "area_id": "A1",
}
OF_A_LIST: Mapping[type, Mapping[str, Any]] = {
    TrailRow: {"outcome": "done"},
    TicketRow: {"state": "REGISTERED", "is_merged": False, "closed_at": None},
    JobRow: {"given": {"listed": HOSTILE, "why": HOSTILE}, "result": {"rows": 3}, "failure": HOSTILE, "total": 0},
    ContactRow: {"lost": (), "total": 90.0},
    CallRow: {"outcome": "answered"},
}


def filled(kind: Any, name: str) -> Any:
    """Return a value of a field's kind; every free text is hostile."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return filled(next(part for part in parts if part is not types.NoneType), name)
    if origin is tuple:
        return (filled(parts[0], name),)
    if origin is not None and issubclass(origin, Mapping):
        return {}
    if kind in (str, Any):
        return CODES.get(name, HOSTILE)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return next(iter(kind))
    if dataclasses.is_dataclass(kind):
        return hostile(kind)
    return {bool: True, int: 7, float: 0.5, dt.datetime: NOON, dt.date: NOON.date()}[kind]


def hostile(kind: Any) -> Any:
    """Return a row of a list in which every free text is hostile."""
    hints = typing.get_type_hints(kind)
    values = {field.name: filled(hints[field.name], field.name) for field in dataclasses.fields(kind)}
    return kind(**values | OF_A_LIST.get(kind, {}))


PAGES: Mapping[str, tuple[Callable[[Actor], ListPage], Any]] = {
    "areas": (areas._list_page, AreaNightRow),
    "suspicions": (suspicions._list_page, SuspicionRow),
    "outcomes": (outcomes._list_page, OutcomeRow),
    "tickets": (tickets._list_page, TicketRow),
    "contacts": (contacts._list_page, ContactRow),
    "radar_heard": (radar._list_page, HeardRow),
    "trail": (trail._trail_page, TrailRow),
    "security": (trail._security_page, TrailRow),
    "cases": (cases._list_page, CaseRow),
    "chats": (chats._list_page, ChatRow),
    "outbox": (lambda _: outbox._PAGE, MessageRow),
    "tokens": (lambda _: tokens._PAGE, TokenRow),
    "kpi_calls": (kpi_lists._calls_page, CallRow),
    "kpi_bills": (kpi_lists._bills_page, BillRow),
    "jobs": (lambda _: jobs._PAGE, JobRow),
}


def written(page: ListPage, row: Any) -> str:
    request = RequestFactory().get("/")
    request._lamplighter_actor, request._lamplighter_load = BOSS, None  # type: ignore[attr-defined]
    return write_rows(request, page, [row])


@pytest.mark.django_db
class TestRowsOfEveryList:
    def test_are_held_here(self) -> None:
        assert set(LISTS) <= set(PAGES)

    @pytest.mark.parametrize("language", ["zh", "en"])
    @pytest.mark.parametrize("name", PAGES)
    def test_show_a_hostile_name_and_obey_it_nowhere(self, name: str, language: Any) -> None:
        page, kind = PAGES[name]

        with speaking(language):
            html = written(page(BOSS), hostile(kind))

        assert "&lt;script&gt;alert(&#x27;王&#x27;)" in html
        assert "<script" not in html
        assert " onmouseover=" not in re.sub(r'"[^"]*"|>[^<]*<', "", html)

    @pytest.mark.parametrize("name", PAGES)
    def test_have_a_cell_for_each_column_that_says_which(self, name: str) -> None:
        page, kind = PAGES[name]

        html = written(page(BOSS), hostile(kind))

        assert len(re.findall(r'<td[^>]* data-label="[^"]+">', html)) == html.count("<td") == len(page(BOSS).columns)


class TestAListPage:
    def test_shows_its_rows_as_they_were_written(self, company: None, log_in: Callable[..., Client]) -> None:
        shown = log_in(Role.LINE_LOSS_ANALYST, unit="S1").get("/areas/").content.decode()

        assert '<a class="strong" href="/areas/A1/">' in shown
        assert "&lt;a class=" not in shown
