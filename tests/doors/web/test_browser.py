"""The desk as somebody uses it: started by its own command on the demo's own night, opened in a real browser."""

import csv
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.simulation.conftest import invented_homes, small_settings

from lamplighter.base.engine import LocalEngine
from lamplighter.base.settings import Home
from lamplighter.journeys.demo_desk import make_demo
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.journeys.sample_staff import read_sample_staff, sample_file
from lamplighter.simulation import SimulationSettings

__all__ = ["invented_homes", "small_settings"]

START = "import sys; from lamplighter.doors.cli import main; sys.argv[0] = 'lamplighter'; main()"
DEADLINE_SECONDS = 120
WIDTHS = {"desktop": 1440, "telephone": 390}

pytestmark = pytest.mark.requires("browser")


@dataclass(frozen=True)
class Desk:
    """A desk that is being served."""

    address: str
    home: Home

    def phrase(self, username: str) -> str:
        return next(each.phrase for each in read_sample_staff(self.home) if each.username == username)


@pytest.fixture(scope="module")
def desk(small_settings: SimulationSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """`lamplighter web demo` on a small demo whose night was worked before."""
    home = Home(tmp_path_factory.mktemp("desk") / "home")
    rules = read_rules(home.settings, on=small_settings.start_on)
    make_demo(home=home, engine=LocalEngine(processes=1), rules=rules, simulation=small_settings)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LAMPLIGHTER_", "DJANGO_"))
    }
    environment |= {"LAMPLIGHTER_HOME": str(home.path), "LAMPLIGHTER_PORT": str(port), "LAMPLIGHTER_LANG": "en"}
    log = home.path / "serve.log"
    with log.open("w") as said:
        served = subprocess.Popen(
            [sys.executable, "-c", START, "web", "demo"], env=environment, stdout=said, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_it_answers(address, served, log)
        yield Desk(address, home)
    finally:
        served.terminate()
        served.wait(timeout=30)


def wait_until_it_answers(address: str, served: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/accounts/login/", timeout=5):
                return
        except OSError:
            assert served.poll() is None, log.read_text()
            time.sleep(0.2)
    raise AssertionError(f"The desk did not answer: {log.read_text()}")


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained of: a script that failed, something the page's policy stopped."""
    return []


@pytest.fixture
def open_desk(desk: Desk, browser_page_factory: Callable[..., Any], faults: list[str]) -> Callable[..., Any]:
    """Log somebody in: ``open_desk("inspector", language="en", width=1440)``."""

    def open_it(username: str, *, language: str = "en", width: int = 1440) -> Any:
        page = browser_page_factory(width=width, height=900)
        page.context.add_cookies([{"name": "lamplighter_language", "value": language, "url": desk.address}])
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{desk.address}/")
        page.fill("#id_login", username)
        page.fill("#id_password", desk.phrase(username))
        page.press("#id_password", "Enter")
        page.wait_for_url("**/tonight/")
        return page

    return open_it


def is_narrow_enough(page: Any) -> bool:
    """Nothing sticks out to the side."""
    found: bool = page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    return found


class TestFromTonightToTheArea:
    @pytest.mark.parametrize("language", ["zh", "en"])
    @pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
    def test_by_clicks(self, language: str, width: int, open_desk: Callable[..., Any], faults: list[str]) -> None:
        page = open_desk("line_loss_analyst", language=language, width=width)
        seen = [is_narrow_enough(page)]
        assert page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[language]
        assert page.locator(".tile").count() == 8
        page.locator(".chart canvas").first.wait_for()

        page.locator(".colour-tile").first.click()
        page.wait_for_url("**/suspicions/?colour=*")
        seen.append(is_narrow_enough(page))
        page.locator("tbody a.strong").first.click()
        page.wait_for_url("**/suspicions/*/")
        assert page.locator(".side.against").count() == 1
        seen.append(is_narrow_enough(page))

        page.locator(".links a").first.click()
        page.wait_for_url("**/customers/*/")
        page.locator("[data-chart=slots-data] canvas").first.wait_for()
        seen.append(is_narrow_enough(page))

        page.locator(".page-pretitle a").click()
        page.wait_for_url("**/areas/*/")
        page.locator("[data-chart=calendar-data] canvas").first.wait_for()
        seen.append(is_narrow_enough(page))

        assert (seen, faults) == ([True] * 5, [])


class TestFromTheMapToTheCurve:
    @pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS.keys())
    def test_by_clicks(self, width: int, open_desk: Callable[..., Any], faults: list[str]) -> None:
        page = open_desk("line_loss_analyst", width=width)
        page.goto(f"{page.url.removesuffix('/tonight/')}/map/")
        page.locator("#map-land canvas").first.wait_for()
        seen = [is_narrow_enough(page)]

        # The first in the table is selected there; the map takes it over by keyboard, and the address keeps it.
        page.locator("#map-table .pick").first.click()
        page.wait_for_url("**pick=**")
        page.check("#map-only")
        assert page.locator("#map-table tbody tr:visible").count() == 1
        page.go_back()
        page.locator("#map-only:not(:checked)").wait_for()
        page.focus("#map-land")
        page.keyboard.press("ArrowRight")
        page.locator("#map-said:not(:empty)").wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url("**/map/*/")

        # Down the table to a feeder, and from it to an area with suspects.
        while page.locator("#tree").count() == 0:
            at = page.url
            page.locator("#map-table td.name a").first.click()
            page.wait_for_url(lambda url, at=at: url != at)
        page.locator("[data-chart=tree-data] canvas").first.wait_for()
        seen.append(is_narrow_enough(page))
        page.locator("#map-table td.n a[href^='/suspicions/']").first.click()
        page.wait_for_url("**/suspicions/?area=*")
        page.go_back()
        page.locator("tr:has(a[href^='/suspicions/']) td.name a").first.click()
        page.wait_for_url("**/areas/*/")
        seen.append(is_narrow_enough(page))

        page.locator("a[href$='/topology/']").first.click()
        page.locator("[data-chart=wiring-data] canvas").first.wait_for()
        seen.append(is_narrow_enough(page))
        page.go_back()
        page.locator("section[aria-labelledby=suspects] a").first.click()
        page.locator(".links a").first.click()
        page.wait_for_url("**/customers/*/")
        page.locator("[data-chart=slots-data] canvas").first.wait_for()
        page.locator(".chart.heat").scroll_into_view_if_needed()
        page.locator(".chart.heat canvas").first.wait_for()
        seen.append(is_narrow_enough(page))

        # The oldest state of knowledge: before the night had worked it.
        page.select_option("#known", index=page.locator("#known option").count() - 1)
        page.locator(".alert-warning").wait_for()
        page.locator("[data-chart=slots-data] canvas").first.wait_for()

        assert (seen, faults) == ([True] * 5, [])


class TestParts:
    def test_a_list_is_filtered_and_sorted_in_place(self, open_desk: Callable[..., Any], faults: list[str]) -> None:
        page = open_desk("line_loss_analyst")
        page.click("a[href='/areas/']")
        page.wait_for_url("**/areas/")
        page.evaluate("window.isSamePage = true")

        page.click("th a.sort:has-text('Supplied')")
        page.wait_for_url("**sort=-supplied**")
        page.fill("#q", "no such area")
        page.press("#q", "Enter")
        page.locator(".empty").wait_for()

        assert page.evaluate("window.isSamePage") is True
        assert "q=no+such+area" in page.url
        assert faults == []

    def test_another_day_of_the_curve_is_opened_in_place(
        self, open_desk: Callable[..., Any], faults: list[str]
    ) -> None:
        page = open_desk("line_loss_analyst")
        page.locator("a[href^='/suspicions/']").filter(has_text="*").first.click()
        page.locator(".links a").first.click()
        page.locator("[data-chart=slots-data] canvas").first.wait_for()
        day = page.input_value("#day")
        page.evaluate("window.isSamePage = true")

        page.click("a[aria-label='Day before']")
        page.locator(f"#day:not([value='{day}'])").wait_for()
        page.locator("[data-chart=slots-data] canvas").first.wait_for()

        assert page.input_value("#day") < day
        assert page.evaluate("window.isSamePage") is True
        assert faults == []

    def test_the_menu_opens_on_a_telephone_and_by_keyboard(self, open_desk: Callable[..., Any]) -> None:
        page = open_desk("line_loss_analyst", width=390)

        assert not page.locator("#menu").is_visible()
        page.focus("[data-opens=menu]")
        page.keyboard.press("Enter")

        assert page.locator("#menu").is_visible()
        assert page.get_attribute("[data-opens=menu]", "aria-expanded") == "true"

    def test_the_language_is_switched_where_one_stands(self, open_desk: Callable[..., Any]) -> None:
        page = open_desk("line_loss_analyst", language="zh")
        page.click("a[href='/areas/']")

        page.click("button[name=language]")

        page.wait_for_url("**/areas/")
        assert page.inner_text("h1") == "Areas"


class TestSampleStaff:
    def test_stand_in_a_file_that_only_its_owner_reads(self, desk: Desk) -> None:
        file = sample_file(desk.home)

        assert file.stat().st_mode & 0o077 == 0
        with file.open(encoding="utf-8", newline="") as rows:
            people = list(csv.DictReader(rows))
        assert len({each["phrase"] for each in people}) == len(people) >= 13
