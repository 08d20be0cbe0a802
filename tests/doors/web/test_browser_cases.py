"""Three cases from the demo's own suspicions, played by clicks: a whole claim, a clean visit, an objection upheld."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.doors.web.browser_desk import Desk
from tests.doors.web.browser_tale import Staff, Tale

pytestmark = pytest.mark.requires("browser")


@pytest.fixture(scope="module")
def staff(demo_desk: Desk, browser_page_factory: Callable[..., Any]) -> Iterator[Staff]:
    found = Staff(demo_desk, browser_page_factory)
    yield found
    found.close()
    assert found.faults == []


class TestAWholeCase:
    def test_goes_from_clue_to_file_by_clicks(self, staff: Staff) -> None:
        tale = Tale(staff)
        tale.goes_on_site("THEFT")
        tale.serves_a_notice()

        # The paper is there to print, and its fingerprint is that of what was printed.
        page = tale.at("inspector")
        paper = page.locator("section[aria-labelledby=notices]")
        with page.expect_download() as started:
            paper.locator("a[href*='/notices/']").click()
        assert Path(started.value.path()).read_bytes().startswith(b"%PDF-")
        paper.locator("a[href*='/verify/']").click()
        page.locator(".alert-success").wait_for()

        tale.does("inspector", "serve_notice", stop_needed="false")
        # Who found does not calculate.
        page = tale.at("inspector")
        assert page.locator("#task-calculate button[disabled]").count() == 1
        assert "您在此事中是发现人，不得同时是计算人" in page.inner_text("#task-calculate")
        tale.claims()

        shown = tale.at("inspector").inner_text("section[aria-labelledby=amounts]")
        assert all(each in shown for each in ("5400.00 kWh", "2808.00", "8424.00", "11232.00"))
        assert "条" in shown

        tale.does("inspector", "user_response", user_answer="CONFIRMED", answered_on="2025-03-12")
        tale.does("inspection_leader", "decide_settlement", payment_way="FULL", is_referred="false")
        tale.does("service_agent", "record_payment", paid_yuan="11232.00", paid_on="2025-03-13")
        tale.does("inspection_leader", "archive")

        assert tale.states("manager") == [
            "线索",
            "台账核查",
            "已批准",
            "现场检查",
            "证据已固定",
            "通知书已送达",
            "已计算",
            "已复核",
            "用户确认",
            "已缴清",
            "已归档",
        ]


class TestACleanVisit:
    def test_is_filed_after_the_visit(self, staff: Staff) -> None:
        tale = Tale(staff)
        tale.goes_on_site("CLEAN")
        tale.does("inspection_leader", "archive")

        assert tale.states("inspector") == ["线索", "台账核查", "已批准", "现场检查", "未见异常", "已归档"]


class TestAnObjection:
    def test_that_is_upheld_ends_without_a_claim(self, staff: Staff) -> None:
        tale = Tale(staff)
        tale.goes_on_site("THEFT")
        tale.serves_a_notice()
        tale.does("inspector", "serve_notice", stop_needed="false")
        tale.claims()
        tale.does("inspector", "user_response", user_answer="OBJECTED", answered_on="2025-03-12")
        tale.does("inspection_leader", "decide_objection", objection_result="UPHELD", objection_note="线属邻居")
        tale.does("inspection_leader", "archive")

        assert tale.states("inspector")[-5:] == ["已计算", "已复核", "用户异议", "异议成立", "已归档"]
