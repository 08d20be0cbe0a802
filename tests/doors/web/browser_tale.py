"""A case as people work it in the browser: each logged in once, every step a click."""

import re
import time
from collections.abc import Callable
from typing import Any

from tests.doors.web.browser_desk import Desk
from tests.doors.web.field_desk import photo

OVERTAKEN = "刚刚办理了本案"
"""Said where a case moved while a form of it was open."""
PATIENCE_SECONDS = 60
PLATE = {
    # Hook of 5 kW, lighting, time unknown: 5 kW x 180 d x 6 h = 5,400 kWh; at 0.52 yuan 2,808; three times that on top.
    "found_on": "2025-03-05",
    "method": "connected",
    "category": "lighting",
    "price_yuan": "0.52",
    "devices": "电暖器, 5, 1",
    "separate_circuit": "true",
}
PAPER = {
    "facts": "表前挂线用电",
    "customer": "王某",
    "place": "幸福路12号",
    "certificate_1": "C-1",
    "certificate_2": "C-2",
}


class Staff:
    """The sample staff at their browsers, each logged in once, reading Chinese."""

    def __init__(self, desk: Desk, open_page: Callable[..., Any]) -> None:
        self.desk, self.open_page = desk, open_page
        self.pages: dict[str, Any] = {}
        self.faults: list[str] = []

    def page(self, username: str) -> Any:
        if username not in self.pages:
            page = self.open_page(width=1440, height=900)
            page.set_default_timeout(PATIENCE_SECONDS * 1000)
            page.context.add_cookies([{"name": "lamplighter_language", "value": "zh", "url": self.desk.address}])
            page.on("pageerror", lambda error: self.faults.append(str(error)))
            self.pages[username] = self.desk.log_in(page, username)
        return self.pages[username]

    def close(self) -> None:
        """Close the browsers; whoever is asked for again logs in again."""
        for page in self.pages.values():
            page.context.close()
        self.pages.clear()


class Tale:
    """One case, as the people see it who work it."""

    def __init__(self, staff: Staff) -> None:
        self.staff, self.path = staff, ""

    def at(self, by: str) -> Any:
        """The page of the case at somebody's browser, as it is now."""
        page = self.staff.page(by)
        page.goto(f"{self.staff.desk.address}{self.path}")
        return page

    def accept(self, by: str) -> None:
        """Open the first suspicion of the list that nobody decided yet, and accept it."""
        page = self.staff.page(by)
        page.click("#menu a[href='/suspicions/']")
        # Loaded: before its scripts run, a choice in the filter goes nowhere.
        page.wait_for_url("**/suspicions/")
        page.select_option("[name=state]", "open")
        page.wait_for_url("**state=open**")
        page.locator("tbody a.strong").first.click()
        page.wait_for_url(re.compile(r"/suspicions/\d+/$"))
        page.click("button[name=what][value=accept]")
        page.wait_for_url("**/cases/*/**")
        self.path = re.sub(r"#.*", "", page.url.removeprefix(self.staff.desk.address))

    def does(self, by: str, task: str, **filled: str) -> None:
        """Fill in the form of a task and send it."""
        page = self.at(by)
        fill(page, task, filled)
        page.click(f"#task-{task} form button.btn-primary")
        page.wait_for_load_state()
        if page.locator(".alert-danger", has_text=OVERTAKEN).count():
            # The worker let a time pass while the form was open; whoever filled it in looks, and sends it again.
            self.does(by, task, **filled)
            return
        self.is_told(page)

    def sends(self, by: str, section: str, form: str, **filled: str) -> None:
        """Fill in another form of the page, by the heading of its section."""
        page = self.at(by)
        fill(page, form, filled)
        page.click(f"section[aria-labelledby={section}] form button")
        self.is_told(page)

    def is_told(self, page: Any) -> None:
        page.wait_for_load_state()
        refused = page.locator(".alert-danger")
        assert refused.count() == 0, refused.first.inner_text()
        page.locator(".alert-info").first.wait_for()

    def waits_for(self, by: str, task: str) -> None:
        """Look until the worker has let the time pass that a task waits for."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.at(by).locator(f"#task-{task}").count():
            assert time.monotonic() < deadline, task
            time.sleep(0.5)

    def states(self, by: str) -> list[str]:
        """The states the stepper shows as reached."""
        return [
            each.split("·")[-1].removeprefix("✓ ").strip()
            for each in self.at(by).locator(".chain .past, .chain .here").all_inner_texts()
        ]

    def goes_on_site(self, outcome: str) -> None:
        self.accept("inspector")
        self.does("inspector", "desk_check", desk_decision="VISIT", desk_note="台区损失与曲线一致")
        self.does("inspection_leader", "approve_visit", visit_decision="APPROVE", work_sheet_no="W-1")
        self.does("inspection_leader", "plan_visit", planned_on="2025-03-05")
        self.does("inspector", "on_site", second_inspector="inspector_b", outcome=outcome)

    def serves_a_notice(self) -> None:
        """Upload a photo, fix the evidence, print the notice, keep proof that the customer has it."""
        page = self.at("inspector")
        page.set_input_files("#upload-file", {"name": "hook.jpg", "mimeType": "image/jpeg", "buffer": photo(7)})
        page.fill("#upload-subject", "挂线")
        page.click("section[aria-labelledby=files] form button")
        self.is_told(page)
        self.does("inspector", "fix_evidence", acted_on="2025-03-05")
        self.sends("inspector", "print", "notice", act="TH-1", **PAPER)
        page.click("section[aria-labelledby=messages] a")
        page.wait_for_url("**/outbox/*/")
        page.select_option("#proof-kind", "signature")
        page.fill("#proof-day", page.get_attribute("#proof-day", "max"))
        page.fill("#proof-receiver", "王某")
        page.set_input_files("#proof-file", {"name": "receipt.jpg", "mimeType": "image/jpeg", "buffer": photo(8)})
        page.click("section[aria-labelledby=add] form button")
        self.is_told(page)

    def claims(self) -> None:
        """Have a third inspector work the amount out, and the manager review it."""
        self.sends("inspector_c", "facts", "amount", **PLATE)
        self.does("inspector_c", "calculate")
        self.does("manager", "review_county", review_decision="APPROVE")


def fill(page: Any, form: str, filled: dict[str, str]) -> None:
    for name, value in filled.items():
        field = page.locator(f"#{form}-{name}")
        if field.evaluate("each => each.tagName") == "SELECT":
            known = field.locator("option").evaluate_all("all => all.map(each => each.value)")
            field.select_option(**({"value": value} if value in known else {"label": value}))
        else:
            field.fill(value)
