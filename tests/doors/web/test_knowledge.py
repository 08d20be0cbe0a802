"""The page of what service knows: browsed by business and day, changes proposed and decided by two persons."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from lamplighter.base.security.actor import Role
from lamplighter.business.service_desk.knowledge.models import KnowledgeChange
from lamplighter.business.workflow.company_days import day_of

pytestmark = pytest.mark.usefixtures("company")


def typed(**changed: str) -> dict[str, str]:
    """The form of a shorter time limit."""
    return {
        "kind": "changed",
        "edge": "new_lv.limit",
        "business": "new_lv",
        "relation": "time_limit",
        "zh": "低压新装全过程平均{home}。",
        "en": "A new low-voltage supply takes {home} on average.",
        "figures": "home = 3 工作日",
        "clause": "公司办电提速通知（2026）第二条",
        "source": "company order 2026-7",
        "grade": "P",
        "valid_from": day_of(timezone.now()).isoformat(),
        "valid_to": "",
        "reason": "提速",
    } | changed


class TestTheKnowledge:
    def test_is_browsed_by_whoever_serves_with_clause_and_source(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_AGENT, unit="S1")

        page = client.get("/knowledge/", {"business": "voltage"}).content.decode()

        assert "voltage.band" in page
        assert "235.4" in page
        assert "new_lv.limit" not in page
        assert "Propose" not in page

    def test_is_that_of_the_day_asked_for(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_AGENT, unit="S1")

        groups = client.get("/knowledge/", {"on": "2012-01-01"}).context["groups"]

        assert {each["edge"].id for group in groups for each in group["edges"]} >= {"outage_now.arrival"}
        assert "new_lv" not in {group["code"] for group in groups}

    def test_is_found_by_its_words(self, log_in: Callable[..., Client]) -> None:
        groups = log_in(Role.SERVICE_AGENT, unit="S1").get("/knowledge/", {"q": "235.4"}).context["groups"]

        assert [group["code"] for group in groups] == ["voltage"]


class TestAChange:
    def test_is_proposed_by_one_and_approved_by_another(self, log_in: Callable[..., Client]) -> None:
        supervisor = log_in(Role.SERVICE_SUPERVISOR, unit="S1")
        assert (
            'value="new_lv.limit"' in supervisor.get("/knowledge/propose/", {"edge": "new_lv.limit"}).content.decode()
        )
        assert supervisor.post("/knowledge/propose/", typed()).status_code == 302
        number = KnowledgeChange.objects.get().pk
        assert (
            supervisor.post(f"/knowledge/{number}/decide/", {"decision": "approve", "reason": "好"}).status_code == 422
        )

        manager = log_in(Role.MANAGER, unit="P")
        assert "公司办电提速通知" in manager.get("/knowledge/").content.decode()
        assert (
            manager.post(f"/knowledge/{number}/decide/", {"decision": "approve", "reason": "已核对"}).status_code == 302
        )

        (group,) = manager.get("/knowledge/", {"business": "new_lv"}).context["groups"]
        assert [each["figures"] for each in group["edges"]] == [["3 working days"]]
        assert manager.post(f"/knowledge/{number}/decide/", {"decision": "approve", "reason": "x"}).status_code == 404

    def test_that_contradicts_says_so_at_once_and_is_not_approved(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")
        client.post("/knowledge/propose/", typed(kind="new"))
        number = KnowledgeChange.objects.get().pk

        page = client.get("/knowledge/").content.decode()
        answer = log_in(Role.MANAGER, unit="P").post(
            f"/knowledge/{number}/decide/", {"decision": "approve", "reason": "x"}
        )

        assert "new_lv.limit" in page
        assert answer.status_code == 422
        assert KnowledgeChange.objects.get().decision == ""

    @pytest.mark.parametrize(
        "wrong", [{"figures": "home: 3"}, {"valid_from": "soon"}, {"reason": ""}, {"edge": ""}, {"grade": "Z"}]
    )
    def test_that_cannot_be_read_comes_back_as_it_was_typed(
        self, wrong: dict[str, str], log_in: Callable[..., Client]
    ) -> None:
        answer = log_in(Role.SERVICE_SUPERVISOR, unit="S1").post("/knowledge/propose/", typed(**wrong))

        assert answer.status_code == 422
        assert "company order 2026-7" in answer.content.decode()
        assert not KnowledgeChange.objects.exists()

    def test_is_not_an_agents_to_propose(self, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.SERVICE_AGENT, unit="S1").post("/knowledge/propose/", typed()).status_code == 403


class TestAFile:
    def test_is_taken_changed_and_comes_back_as_proposals_in_sentences(self, log_in: Callable[..., Client]) -> None:
        supervisor = log_in(Role.SERVICE_SUPERVISOR, unit="S1")
        written = supervisor.get("/knowledge/file/").content.decode()
        position = written.index('id = "voltage.band"')
        changed = written[:position] + written[position:].replace('grade = "', 'grade = "P"  # was "', 1)
        sent = SimpleUploadedFile("k.toml", changed.encode())

        page = supervisor.post("/knowledge/upload/", {"file": sent, "reason": "核对"})

        assert [each["edge"] for each in page.context["differences"]] == ["voltage.band"]
        assert "Grade: from" in page.content.decode()
        assert KnowledgeChange.objects.get().edge == "voltage.band"

    def test_that_is_faulty_is_told_line_by_line_and_proposes_nothing(self, log_in: Callable[..., Client]) -> None:
        sent = SimpleUploadedFile(
            "k.toml", b'format = "lamplighter-knowledge"\nversion = 1\n[[edge]]\nid = "<b>x</b>"\n'
        )

        page = log_in(Role.SERVICE_SUPERVISOR, unit="S1").post("/knowledge/upload/", {"file": sent, "reason": "x"})

        assert page.status_code == 422
        assert "Line 3:" in page.content.decode()
        assert "<b>x</b>" not in page.content.decode()
        assert not KnowledgeChange.objects.exists()

    def test_is_read_by_who_serves_and_brought_back_by_who_supervises(self, log_in: Callable[..., Client]) -> None:
        agent = log_in(Role.SERVICE_AGENT, unit="S1")

        assert agent.get("/knowledge/file/").status_code == 200
        assert agent.get("/knowledge/upload/").status_code == 403
