"""The desk as somebody uses it: started by its own command on the demo's own night, opened in a real browser."""

import csv
from collections.abc import Callable
from typing import Any

import pytest
from tests.doors.web.browser_desk import Desk, is_narrow_enough

from lamplighter.journeys.sample_staff import sample_file

WIDTHS = {"desktop": 1440, "telephone": 390}

pytestmark = pytest.mark.requires("browser")


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
    def test_stand_in_a_file_that_only_its_owner_reads(self, demo_desk: Desk) -> None:
        file = sample_file(demo_desk.home)

        assert file.stat().st_mode & 0o077 == 0
        with file.open(encoding="utf-8", newline="") as rows:
            people = list(csv.DictReader(rows))
        assert len({each["phrase"] for each in people}) == len(people) >= 13
