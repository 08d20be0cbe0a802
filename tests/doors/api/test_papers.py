"""The papers of a visit, crews and the plan's table through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.doors.api.conftest import post
from tests.doors.api.test_scope import PAPER
from tests.doors.web.test_cases import Desk, desk
from tests.doors.web.test_planning import TWO_CREWS as CREWS

from lamplighter.base.security.actor import Role
from lamplighter.business.inspection.models import Notice
from lamplighter.business.inspection.planning.models import CrewEntry

__all__ = ["desk"]

DEFECT = {"item": "cable worn", "clause": "GB 50217", "risk": "high", "due_on": "2025-04-01"}


def approved(desk: Desk) -> None:
    desk.accept()
    desk.does("zhang", "desk_check", desk_decision="VISIT", desk_note="n")
    desk.does("li", "approve_visit", visit_decision="APPROVE", work_sheet_no="W-1")


class TestThePapersOfAVisit:
    def test_are_a_work_sheet_and_a_notice_of_results(self, desk: Desk) -> None:
        approved(desk)
        sheet = post(desk.browser["li"], f"/cases/{desk.case.pk}/work-sheets", PAPER | {"visit": "special"})
        desk.does("li", "plan_visit", planned_on="2025-03-05")
        desk.does("zhang", "on_site", second_inspector=str(desk.staff["zhao"].pk), outcome="CLEAN")
        results = PAPER | {"inspected_on": "2025-03-05", "defects": [DEFECT]}

        notice = post(desk.browser["zhang"], f"/cases/{desk.case.pk}/result-notices", results)

        assert (sheet.status_code, notice.status_code) == (201, 201)
        assert [each.kind for each in Notice.objects.order_by("pk")] == ["work_sheet", "result_notice"]
        assert Notice.objects.order_by("pk")[0].content["approved_by"] == "li"
        pdf = desk.browser["zhang"].get(f"/api/v1/cases/{desk.case.pk}/notices/{notice.json()['id']}")
        assert pdf.content.startswith(b"%PDF-")

    def test_name_two_who_inspect(self, desk: Desk) -> None:
        approved(desk)
        alone = PAPER | {"visit": "special", "inspectors": [{"name": "Li", "certificate": "7"}]}

        answer = post(desk.browser["li"], f"/cases/{desk.case.pk}/work-sheets", alone)

        assert (answer.status_code, Notice.objects.count()) == (422, 0)


@pytest.mark.usefixtures("company")
class TestCrews:
    def send(self, client: Client, content: str, name: str = "crews.csv") -> Any:
        return client.post("/api/v1/crews", {"file": SimpleUploadedFile(name, content.encode())})

    def test_come_from_a_file(self, program: Callable[..., Client]) -> None:
        answer = self.send(program(Role.INSPECTION_LEADER), CREWS)

        assert answer.status_code == 201
        assert answer.json()["names"] == list(CrewEntry.objects.order_by("pk").values_list("name", flat=True))

    def test_are_refused_whole_with_every_fault(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTION_LEADER)
        faulty, strange = self.send(client, CREWS + "x,y\n"), self.send(client, "", name="crews.svg")

        assert [each.status_code for each in (faulty, strange)] == [422, 422]
        assert faulty.json()["errors"]
        assert CrewEntry.objects.count() == 0
