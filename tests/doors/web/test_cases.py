"""Cases in the browser: the whole story played by several people, a clean visit, an objection upheld, and refusals."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.models import Staff
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.detection.tables import OUTCOME
from lamplighter.business.inspection.models import Case

PHOTO = b"\xff\xd8\xff\xe0 a photograph of a hook on the line"
FACTS = {
    # Hook of 5 kW, lighting, time unknown: 5 kW x 180 d x 6 h = 5,400 kWh; at 0.52 yuan 2,808; three times that on top.
    "kind_of_amount": "theft",
    "found_on": "2025-03-05",
    "method": "connected",
    "category": "lighting",
    "price_yuan": "0.52",
    "devices": "heater, 5, 1",
    "separate_circuit": "true",
}
NOTICE = {
    "act": "TH-1",
    "facts": "a hook on the line before the meter",
    "customer": "王某",
    "place": "幸福路12号",
    "inspector_1": "zhang",
    "certificate_1": "C-1",
    "inspector_2": "zhao",
    "certificate_2": "C-2",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files and lake of each test in a home of its own."""
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Desk:
    """The people of station S1 at their browsers, and what they press."""

    def __init__(self, make_staff: Callable[..., Staff]) -> None:
        posts = {
            "zhang": (Role.INSPECTOR, "S1"),
            "zhao": (Role.INSPECTOR, "S1"),
            "chen": (Role.INSPECTOR, "S1"),
            "li": (Role.INSPECTION_LEADER, "N"),
            "gao": (Role.MANAGER, "N"),
            "sun": (Role.SERVICE_AGENT, "S1"),
            "zhou": (Role.EQUIPMENT_ENGINEER, "N"),
            "far": (Role.INSPECTOR, "S2"),
        }
        self.staff = {name: make_staff(role, unit=unit, name=name) for name, (role, unit) in posts.items()}
        self.browser: dict[str, Client] = {}
        for name, staff in self.staff.items():
            self.browser[name] = Client()
            self.browser[name].force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
            self.browser[name].cookies["lamplighter_language"] = "en"

    def accept(self, by: str = "zhang") -> Any:
        number = Suspicion.objects.get(station_id="S1").pk
        return self.browser[by].post(f"/suspicions/{number}/decide/", {"what": "accept"})

    @property
    def case(self) -> Case:
        return Case.objects.get()

    def page(self, by: str) -> str:
        answer = self.browser[by].get(f"/cases/{self.case.pk}/")
        assert answer.status_code == 200
        return str(answer.content.decode())

    def seen(self, by: str) -> str:
        found = re.search(r'name="seen" value="(\d+)"', self.page(by))
        return found[1] if found else "0"

    def does(self, by: str, task: str, **data: str) -> Any:
        """Complete a task on a freshly loaded page and expect to be led back."""
        answer = self.tries(by, task, **data)
        assert answer.status_code == 302, re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())[:3000]
        return answer

    def tries(self, by: str, task: str, *, seen: str = "", **data: str) -> Any:
        body = {"seen": seen or self.seen(by), **data}
        return self.browser[by].post(f"/cases/{self.case.pk}/task/{task}/", body)

    def sends(self, by: str, what: str, data: dict[str, Any]) -> Any:
        return self.browser[by].post(f"/cases/{self.case.pk}/{what}/", data)

    def goes_on_site(self, outcome: str) -> None:
        self.accept()
        self.does("zhang", "desk_check", desk_decision="VISIT", desk_note="balance and shape agree")
        self.does("li", "approve_visit", visit_decision="APPROVE", work_sheet_no="W-1")
        self.does("li", "plan_visit", planned_on="2025-03-05")
        self.does("zhang", "on_site", second_inspector=str(self.staff["zhao"].pk), outcome=outcome)

    def proves_theft(self) -> None:
        self.goes_on_site("THEFT")
        self.sends("zhang", "evidence", {"kind": "photo", "subject": "hook", "file": photo()})
        self.does("zhang", "fix_evidence", acted_on="2025-03-05")
        assert self.sends("zhang", "notices", NOTICE).status_code == 302
        self.does("zhang", "serve_notice", served_on="2025-03-06", served_by="HAND", stop_needed="false")

    def claims(self) -> None:
        self.proves_theft()
        assert self.sends("chen", "amounts", FACTS).status_code == 302
        self.does("chen", "calculate")
        self.does("gao", "review_county", review_decision="APPROVE")


def photo(content: bytes = PHOTO, name: str = "hook.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


@pytest.fixture
def desk(make_staff: Callable[..., Staff]) -> Desk:
    return Desk(make_staff)


def outcomes(home: Path) -> list[dict[str, Any]]:
    with Lake.open(home / "lake").snapshot() as state:
        rows: list[dict[str, Any]] = state.read(OUTCOME).to_pylist()
    return rows


class TestACleanVisit:
    def test_is_filed_after_the_visit_and_teaches_the_model_that_nothing_was_found(
        self, desk: Desk, home: Path
    ) -> None:
        desk.goes_on_site("CLEAN")
        desk.does("li", "archive")

        assert (desk.case.state, desk.case.status) == ("ARCHIVED", "finished")
        assert [(row["account_id"], row["outcome"], row["recovered_kwh"]) for row in outcomes(home)] == [
            ("0012345671", "clean", None)
        ]
        assert Suspicion.objects.get(station_id="S1").state == "dismissed"
