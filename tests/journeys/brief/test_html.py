"""The page: nothing outside itself, both languages whole, and a browser that finds no fault."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.documents.assets import ECHARTS
from lamplighter.base.lake import Lake
from lamplighter.journeys.brief import Brief, collect_brief, render_html
from lamplighter.journeys.brief.html import SCRIPTS

NOW = datetime(2025, 4, 1, 3, 30)
PAGE = Path(__file__).parents[3] / "src/lamplighter/journeys/brief/page"


def collect(lake: Lake) -> Brief:
    with lake.snapshot() as snapshot:
        return collect_brief(snapshot, now=NOW)


@pytest.fixture(scope="module")
def html(lake: Lake) -> str:
    return render_html(collect(lake))


def embedded(html: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', html, re.S)
    assert found is not None
    return json.loads(found.group(1))


class TestPage:
    def test_asks_nothing_of_any_other_place(self, html: str) -> None:
        own = html.replace(ECHARTS.read_text(encoding="utf-8"), "")

        assert re.findall(r"""(?:src|href)=["'](?!data:|#)[^"'>]*""", own) == []
        assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)[^\s\"'<)]*", own) == []
        assert re.findall(r"url\((?!#)[^)]*\)|@import", (PAGE / "page.css").read_text(encoding="utf-8")) == []
        assert "connect-src" not in html
        assert "default-src 'none'" in html

    def test_holds_the_words_of_both_languages(self, html: str) -> None:
        words = embedded(html, "words")

        assert words["zh"].keys() == words["en"].keys()
        assert words["zh"]["list.heading"] != words["en"]["list.heading"]

    def test_has_words_for_everything_its_scripts_say(self, html: str) -> None:
        known = embedded(html, "words")["zh"]
        scripts = "".join((PAGE / name).read_text(encoding="utf-8") for name in SCRIPTS)

        asked = set(re.findall(r"""\bt\(["']([a-z_.]+)["']""", scripts))

        assert len(asked) > 100
        assert asked - known.keys() == set()

    def test_names_each_day_of_the_week_by_itself(self, html: str) -> None:
        words = embedded(html, "words")

        assert [len(set(words[language]["calendar.weekdays"].split(","))) for language in ("zh", "en")] == [7, 7]

    def test_has_words_for_every_code_it_shows(self, html: str) -> None:
        vocabulary = embedded(html, "data")["vocabulary"]

        speechless = [code for kind in vocabulary.values() for code, said in kind.items() if said["zh"] == said["en"]]

        assert speechless == []

    def test_never_ends_its_data_early(self, lake: Lake) -> None:
        brief = collect(lake)
        named = replace(brief, company=replace(brief.company, name="</script><script>alert(1)</script> @@DATA@@"))

        html = render_html(named)

        assert html.count("</script>") == 4
        assert embedded(html, "data")["meta"]["company"] == named.company.name

    def test_stays_small(self, html: str) -> None:
        charts = 1_130_000

        assert len(html.encode()) < charts + 250_000


@pytest.mark.requires("browser")
class TestBrowser:
    @pytest.fixture
    def visit(self, browser_page: Any, tmp_path: Path, html: str) -> Callable[..., Any]:
        file = tmp_path / "brief.html"
        file.write_text(html, encoding="utf-8")
        faults: list[str] = []
        browser_page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        browser_page.on("pageerror", lambda error: faults.append(str(error)))

        def go(width: int, language: str) -> Any:
            browser_page.set_viewport_size({"width": width, "height": 900})
            browser_page.goto(f"{file.as_uri()}#{language}")
            browser_page.wait_for_selector("main")
            browser_page.faults = faults
            return browser_page

        return go

    @pytest.mark.parametrize("language", ["zh", "en"])
    @pytest.mark.parametrize("width", [1440, 390])
    def test_opens_without_a_fault_and_within_its_width(
        self, visit: Callable[..., Any], width: int, language: str
    ) -> None:
        opened = visit(width, language)

        opened.get_by_role("button", name={"zh": "展开证据", "en": "Show the evidence"}[language]).first.click()

        assert opened.locator(".opened .plot svg").count() == 1
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.faults == []

    def test_switches_its_language_and_keeps_what_was_opened(self, visit: Callable[..., Any]) -> None:
        opened = visit(1440, "zh")
        opened.get_by_role("button", name="展开证据").first.click()

        opened.locator("#language").click()

        assert opened.evaluate("document.documentElement.lang") == "en"
        assert opened.locator("#list h2").inner_text() == "Whom to visit first"
        assert opened.locator(".opened").count() == 1
        assert opened.evaluate("document.activeElement.id") == "language"

    def test_opens_the_rows_behind_a_number(self, visit: Callable[..., Any]) -> None:
        opened = visit(1440, "en")

        opened.locator(".tile").nth(2).click()

        assert opened.locator("#drawer h2").inner_text() == "Lost"
        assert opened.locator("#drawer tbody tr").count() == 10
        assert "Supplied − sold" in opened.locator("#drawer .meaning").inner_text()
        opened.keyboard.press("Escape")
        assert not opened.locator("#drawer").is_visible()

    def test_filters_and_sorts_its_lists(self, visit: Callable[..., Any]) -> None:
        opened = visit(1440, "en")

        opened.locator("#list select").first.select_option("orange")
        opened.locator("#areas thead button", has_text="Loss rate").click()
        opened.locator("#areas thead button", has_text="Loss rate").click()

        assert opened.locator(".suspect").count() == 1
        assert "−" in opened.locator("#areas tbody tr").first.inner_text()

    def test_says_in_words_that_there_is_no_list(
        self, visit: Callable[..., Any], make_lake: Callable[..., Lake], tmp_path: Path
    ) -> None:
        opened = visit(1440, "en")
        bare = tmp_path / "bare.html"
        bare.write_text(render_html(collect(make_lake(areas=2, with_list=False))), encoding="utf-8")

        opened.goto(f"{bare.as_uri()}#en")

        assert "Detection has not run yet" in opened.locator("#list").inner_text()
        assert "Every area is computable" in opened.locator("#blocked").inner_text()
        assert opened.faults == []

    def test_says_in_words_that_there_is_no_place_and_no_area(
        self, visit: Callable[..., Any], lake: Lake, tmp_path: Path
    ) -> None:
        brief = collect(lake)
        blocked = [area for area in brief.areas if not area.is_computable]
        unplaced = [replace(a, place=replace(a.place, longitude=None, latitude=None)) for a in blocked]
        opened, bare = visit(390, "en"), tmp_path / "bare.html"
        bare.write_text(render_html(replace(brief, areas=tuple(unplaced), feeders=())), encoding="utf-8")

        opened.goto(f"{bare.as_uri()}#en")

        assert "no coordinates" in opened.locator("#map").inner_text()
        assert "No area is computable" in opened.locator("#areas").inner_text()
        assert "No line loss" in opened.locator("#units").inner_text()
        assert opened.faults == []
