"""The menu: its lines stand under headings, and a heading without a line for the reader is not there."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from lamplighter.base.security.actor import Role
from lamplighter.doors.web.pages import GROUPS, MENU

HEADING = re.compile(r'class="nav-heading" id="menu-(\w+)">([^<]+)<')


def headings(client: Client, path: str) -> list[tuple[str, str]]:
    return HEADING.findall(client.get(path).content.decode())


class TestTheMenu:
    def test_has_a_heading_for_every_line(self) -> None:
        assert {line.group for line in MENU} == set(GROUPS)

    @pytest.mark.parametrize(
        ("role", "page", "seen"),
        [
            (Role.INSPECTOR, "/cases/", ["finding", "inspection", "service", "administration"]),
            (Role.TRAINER, "/tonight/", ["finding", "service", "administration"]),
            (Role.AUDIT_ADMIN, "/trail/", ["administration"]),
        ],
    )
    def test_shows_no_heading_without_a_line_for_the_reader(
        self, role: Role, page: str, seen: list[str], log_in: Callable[..., Client]
    ) -> None:
        assert [name for name, _ in headings(log_in(role), page)] == seen

    @pytest.mark.parametrize(("language", "words"), [("zh", "系统管理"), ("en", "Administration")])
    def test_speaks_the_readers_language(self, language: str, words: str, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.AUDIT_ADMIN, language=language)

        assert headings(client, "/trail/") == [("administration", words)]

    def test_marks_where_the_reader_is_by_its_address_and_by_what_belongs_to_it(
        self, log_in: Callable[..., Client]
    ) -> None:
        shown = log_in(Role.INSPECTOR).get("/areas/A1/").content.decode()

        assert re.findall(r'href="([^"]+)" aria-current="page"', shown) == ["/areas/"]
