"""Every page of the menu, and a record behind it, has no grave fault of accessibility (WCAG 2.2, A and AA, by axe)."""

from collections.abc import Callable
from typing import Any, Final

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from tests.doors.web.browser_desk import Desk
from tests.doors.web.browser_tale import Staff, Tale

from lamplighter.doors.web.pages import MENU

pytestmark = pytest.mark.requires("browser")

READERS: Final = (
    "inspection_leader",
    "inspector",
    "service_agent",
    "service_supervisor",
    "security_admin",
    "audit_admin",
)
"""Between them they see the whole menu."""
ASKED: Final = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
RECORD: Final = "main tbody a.strong, main td.name a"
"""The link from a list to a record."""


@pytest.fixture(scope="module")
def records(demo_desk: Desk, browser_page_factory: Callable[..., Any]) -> None:
    """Something in every list: a case with its notice, the message about it, and a ticket."""
    staff = Staff(demo_desk, browser_page_factory)
    tale = Tale(staff)
    tale.goes_on_site("THEFT")
    tale.serves_a_notice()
    staff.close()


def grave_faults(page: Any) -> list[str]:
    """Return what axe finds serious or critical: where, which rule, and what it says."""
    found = Axe().run(page, options=ASKED).response["violations"]
    return [
        f"{page.url} {fault['id']} {node['target']}: {node['failureSummary']}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:2]
    ]


class TestEveryPage:
    @pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
    def test_has_no_grave_fault(
        self, language: str, scheme: str, records: None, demo_desk: Desk, browser_page_factory: Callable[..., Any]
    ) -> None:
        faults, checked = [], set()
        for reader in READERS:
            page = browser_page_factory(width=1440, height=900, color_scheme=scheme)
            page.context.add_cookies([{"name": "lamplighter_language", "value": language, "url": demo_desk.address}])
            demo_desk.log_in(page, reader)
            menu = page.locator("#menu .navbar-nav:not(.foot) a").evaluate_all("all => all.map(each => each.pathname)")
            for path in [path for path in (*menu, "/account/") if path not in checked]:
                page.goto(f"{demo_desk.address}{path}")
                checked.add(path)
                faults += grave_faults(page)
                behind = page.locator(RECORD)
                if behind.count():
                    page.goto(f"{demo_desk.address}{behind.first.get_attribute('href')}")
                    faults += grave_faults(page)
            page.context.close()

        assert not faults, "\n".join(faults)
        assert checked == {reverse(line.name) for line in MENU} | {"/account/"}

    def test_has_no_grave_fault_with_the_menu_open_on_a_telephone(
        self, demo_desk: Desk, browser_page_factory: Callable[..., Any]
    ) -> None:
        page = demo_desk.log_in(browser_page_factory(width=390, height=844), "inspection_leader")
        page.click("[data-opens=menu]")
        page.locator("#menu.show").wait_for()

        assert grave_faults(page) == []
        page.context.close()

    def test_has_no_grave_fault_before_the_log_in(
        self, demo_desk: Desk, browser_page_factory: Callable[..., Any]
    ) -> None:
        page = browser_page_factory(width=1440, height=900)
        page.goto(f"{demo_desk.address}/accounts/login/")

        assert grave_faults(page) == []
        page.context.close()
