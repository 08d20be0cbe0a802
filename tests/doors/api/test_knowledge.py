"""Knowledge through the API: read, taken as a file, changed, brought back, and approved by another person."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.doors.api.conftest import post

from lamplighter.base.security.actor import Role
from lamplighter.business.service_desk.knowledge.models import KnowledgeChange
from lamplighter.business.service_desk.knowledge.queries import read_edges

pytestmark = pytest.mark.usefixtures("company")

EDGE = "planned_outage.notice"


def bring(client: Client, content: bytes, reason: str = "our own practice") -> Any:
    sent = {"file": SimpleUploadedFile("knowledge.toml", content), "reason": reason}
    return client.post("/api/v1/knowledge/file", sent)


def changed(client: Client) -> bytes:
    """Return the file of today with another grade of one edge."""
    head, found, tail = client.get("/api/v1/knowledge/file").content.partition(f'id = "{EDGE}"'.encode())
    assert found
    grade = tail.index(b"grade = ")
    end = tail.index(b"\n", grade)
    assert tail[grade:end] != b'grade = "P"'
    return head + found + tail[:grade] + b'grade = "P"' + tail[end:]


@pytest.fixture
def supervisor(program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_SUPERVISOR)


class TestKnowledge:
    def test_is_read_with_clause_and_grade_of_a_day(self, supervisor: Client) -> None:
        told = {each["id"]: each for each in supervisor.get("/api/v1/knowledge").json()}

        assert told[EDGE]["clause"]
        assert told[EDGE]["grade"]
        assert "{" not in told[EDGE]["said"]
        assert 0 < len(supervisor.get("/api/v1/knowledge?on=2001-01-01").json()) < len(told)
        assert supervisor.get("/api/v1/knowledge?day=today").status_code == 422

    def test_comes_back_as_a_proposal_and_holds_once_another_approved_it(
        self, supervisor: Client, program: Callable[..., Client]
    ) -> None:
        brought = bring(supervisor, changed(supervisor))
        told = brought.json()
        (number,) = told["proposed"]
        boss = program(Role.SERVICE_SUPERVISOR, unit="P")
        own = post(supervisor, f"/knowledge-changes/{number}/decide", {"is_approved": True, "reason": "good"})

        approved = post(boss, f"/knowledge-changes/{number}/decide", {"is_approved": True, "reason": "good"})

        assert (brought.status_code, own.status_code, approved.status_code) == (201, 422, 200)
        assert [each["number"] for each in approved.json()["decided"]] == [number]
        assert [edge.grade for edge in read_edges() if edge.id == EDGE][-1] == "P"
        again = post(boss, f"/knowledge-changes/{number}/decide", {"is_approved": True, "reason": "good"})
        assert (again.status_code, again.json()["code"]) == (404, "change_unknown")

    def test_proposes_nothing_of_a_faulty_file_and_names_its_lines(self, supervisor: Client) -> None:
        good = supervisor.get("/api/v1/knowledge/file").content
        faulty = good.replace(b'business = "planned_outage"', b'business = "magic"', 1)

        answer = bring(supervisor, faulty)

        assert (answer.status_code, answer.json()["code"]) == (422, "knowledge_file_faulty")
        assert [each["field"].startswith("file:") for each in answer.json()["errors"]] == [True]
        assert KnowledgeChange.objects.count() == 0

    def test_is_proposed_by_whoever_watches_service_alone(self, program: Callable[..., Client]) -> None:
        agent = program(Role.SERVICE_AGENT)

        assert agent.get("/api/v1/knowledge").status_code == 200
        assert bring(agent, b"x").status_code == 403
