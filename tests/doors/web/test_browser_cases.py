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


def stops_the_supply(tale: Tale) -> None:
    """Have the stop approved, and made on the fourth day, half an hour after the last call: not before."""
    way = {"stop_decision": "APPROVE", "stop_way": "NOTICE", "is_protected": "false", "stop_reason": "窃电仍在继续"}
    tale.does("manager", "approve_stop", **way)
    tale.does("inspector", "serve_stop_notice", stop_notice_no="T-1")
    assert tale.at("inspector").locator("#task-final_call").count() == 0

    # Three whole days on; everybody's session is over.
    tale.staff.close()
    tale.staff.desk.set_clock("2026-03-06T10:30:00+08:00")
    tale.waits_for("inspector", "final_call")
    tale.does("inspector", "final_call", called_person="王某")
    assert tale.at("inspector").locator("#task-stop_supply").count() == 0
    tale.staff.desk.set_clock("2026-03-06T11:15:00+08:00")
    tale.waits_for("inspector", "stop_supply")
    seen = {"others_unaffected": "true", "is_important_user": "false", "is_weather_extreme": "false"}
    tale.does("inspector", "stop_supply", stopped_on="2026-03-06", **seen)


class TestAWholeCase:
    def test_goes_from_clue_to_file_by_clicks(self, staff: Staff) -> None:
        staff.desk.set_clock("2026-03-02T10:00:00+08:00")
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

        tale.does("inspector", "serve_notice", stop_needed="true")
        stops_the_supply(tale)
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
        tale.does("inspector", "restore", restored_on="2026-03-07")
        tale.does("inspection_leader", "archive")

        assert tale.states("manager") == [
            "线索",
            "台账核查",
            "已批准",
            "现场检查",
            "证据已固定",
            "通知书已送达",
            "已中止供电",
            "已计算",
            "已复核",
            "用户确认",
            "已缴清",
            "已恢复供电",
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
