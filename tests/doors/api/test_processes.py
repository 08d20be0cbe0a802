"""Processes through the API: their map asked for and read, a changed file brought, and released by another person."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.doors.api.conftest import post
from tests.doors.web.test_process import DISPATCH, REPLY, SINCE, handle, later, settle

from lamplighter.base.jobs.models import Job
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import read_settings
from lamplighter.business.kpi.studies import keep_log, study_map, write_log
from lamplighter.business.workflow.versions.library import LIBRARY

EDITED = Path(__file__).parents[2] / "business/workflow/enquiry_changed_in_an_editor.bpmn"

pytestmark = pytest.mark.usefixtures("company")


@pytest.fixture
def supervisor(program: Callable[..., Client]) -> Client:
    return program(Role.SERVICE_SUPERVISOR)


def bring(client: Client, content: bytes, name: str = "ticket_enquiry", reason: str = "fewer calls") -> Any:
    sent = {"file": SimpleUploadedFile("enquiry.bpmn", content), "reason": reason}
    return client.post(f"/api/v1/definitions/{name}/changes", sent)


class TestStudies:
    @pytest.fixture(autouse=True)
    def two(self, make_staff: Callable[..., Staff]) -> None:
        """One enquiry of 1 + 4 + 1 hours; one sent to the wrong team first: 1 + 2 + 1 + 3 + 1."""
        agent = make_staff(Role.SERVICE_AGENT, unit="S1", name="sun").as_actor()
        settle(agent, later(0), [DISPATCH, handle(4), REPLY])
        settle(agent, later(24), [DISPATCH, handle(2, "WRONG_TEAM"), DISPATCH, handle(3), REPLY])

    def test_are_asked_for_as_jobs(self, supervisor: Client) -> None:
        wanted = {"process": "TK-4", "since": "2026-01-01"}
        answers = [
            post(supervisor, "/process-maps", wanted),
            post(supervisor, "/process-what-ifs", wanted | {"staff": {"service_agent": 3}, "limits": {"handle": 2}}),
            post(supervisor, "/process-logs", wanted | {"why": "for the auditor"}),
        ]

        assert [each.status_code for each in answers] == [202] * 3
        kinds = ["process_map", "process_what_if", "process_log"]
        assert [each.json()["kind"] for each in answers] == kinds
        given = {job.kind: job.given for job in Job.objects.filter(kind__in=kinds)}
        assert given["process_what_if"]["staff"] == {"service_agent": 3}
        assert given["process_what_if"]["limits"] == {"handle": 2.0}
        assert Entry.objects.filter(act="export_asked", note="for the auditor").exists()

    def test_refuse_a_step_or_post_the_process_lacks(self, supervisor: Client) -> None:
        wanted = {"process": "TK-4", "since": "2026-01-01"}
        for change in ({"staff": {"wizard": 2}}, {"removed": ["fly"]}, {"limits": {"fly": 2}}):
            answer = post(supervisor, "/process-what-ifs", wanted | change)
            assert (answer.status_code, answer.json()["code"]) == (422, "step_unknown")

    def test_are_read_with_their_hours(self, supervisor: Client, make_staff: Callable[..., Staff]) -> None:
        boss = make_staff(Role.SERVICE_SUPERVISOR, unit="S1", name="gao").as_actor()
        assert supervisor.get("/api/v1/process-maps?process=TK-4").status_code == 404
        study_map(actor=boss, unit_id="S1", process="TK-4", since=SINCE, now=later(100))

        found = supervisor.get("/api/v1/process-maps?process=TK-4").json()

        assert (found["result"]["matters"], found["result"]["ways"]) == (2, 2)
        assert found["result"]["median_hours"] == pytest.approx(7.0)
        assert supervisor.get("/api/v1/process-maps?process=TK-4&colour=red").status_code == 422

    def test_hand_out_a_log_and_record_it(
        self, supervisor: Client, make_staff: Callable[..., Staff], home: Path
    ) -> None:
        boss = make_staff(Role.SERVICE_SUPERVISOR, unit="S1", name="gao").as_actor()
        asked = {"actor": boss, "unit_id": "S1", "process": "TK-4", "since": SINCE, "now": later(100)}
        content, matters = write_log(**asked)
        exports = read_settings().home.exports
        exports.mkdir(parents=True)
        exports.joinpath("process-1-1.xes").write_bytes(content)
        file = {"file": "process-1-1.xes", "matters": matters, "sha256": "0" * 64}
        keep_log(**asked, why="for the auditor", file=file)
        number = supervisor.get("/api/v1/process-logs?process=TK-4").json()["number"]

        answer = supervisor.get(f"/api/v1/process-logs/{number}/file")

        assert b"".join(answer.streaming_content) == content
        assert Entry.objects.filter(act="export_downloaded", kind="kpi.study", subject=str(number)).exists()

    def test_name_the_steps_of_each_process(self, supervisor: Client) -> None:
        found = {each["process"]: each for each in supervisor.get("/api/v1/processes").json()}

        assert found["TK-4"]["words"] == "TK-4 Enquiry not answered at once"
        assert set(found["TK-4"]["steps"]) == {"dispatch", "handle", "reply", "revisit"}
        assert "inspection_case" in found


class TestVersions:
    def test_of_every_process_and_table_are_listed(self, supervisor: Client) -> None:
        found = {each["name"]: each for each in supervisor.get("/api/v1/definitions").json()}

        assert (found["ticket_enquiry"]["kind"], found["ticket_enquiry"]["is_own"]) == ("process", False)
        assert "decision" in {each["kind"] for each in found.values()}
        assert supervisor.get("/api/v1/definitions/no_such_thing").status_code == 404

    def test_go_from_a_changed_file_to_the_release_by_another_and_back(
        self, supervisor: Client, program: Callable[..., Client]
    ) -> None:
        before = LIBRARY.latest("ticket_enquiry").version
        brought = bring(supervisor, EDITED.read_bytes())
        told = brought.json()
        number, boss = told["change"]["number"], program(Role.MANAGER, unit="P")
        own = post(supervisor, f"/definition-changes/{number}/decide", {"is_approved": True, "answer": "good"})
        waiting = LIBRARY.latest("ticket_enquiry").version

        released = post(boss, f"/definition-changes/{number}/decide", {"is_approved": True, "answer": "good"})
        after = LIBRARY.latest("ticket_enquiry").version
        back = post(boss, f"/definitions/ticket_enquiry/versions/{before}/choose", {"reason": "too slow"})

        assert (brought.status_code, told["change"]["state"], own.status_code) == (201, "waiting", 403)
        assert told["parts"][0]["based_on"] == before
        assert told["parts"][0]["differences"]
        assert (waiting, released.status_code, released.json()["change"]["state"]) == (before, 200, "released")
        assert after == told["parts"][0]["version"] > before
        assert back.status_code == 200
        assert LIBRARY.latest("ticket_enquiry").version == before
        assert [each["version"] for each in back.json()["versions"] if each["is_running"]] == [before]
        assert [each["is_choice"] for each in back.json()["beginnings"]] == [True, False]

    def test_hand_out_the_file_byte_by_byte(self, supervisor: Client) -> None:
        running = LIBRARY.latest("ticket_enquiry")

        answer = supervisor.get(f"/api/v1/definitions/ticket_enquiry/versions/{running.version}/file")

        assert answer.content == LIBRARY.content(running.digest)
        assert supervisor.get("/api/v1/definitions/ticket_enquiry/versions/77/file").status_code == 404

    def test_take_no_file_that_would_run_anything_and_say_all_that_is_wrong(self, supervisor: Client) -> None:
        hostile = EDITED.read_bytes()
        hostile = hostile.replace(b"</process>", b'<scriptTask id="run_me"><script>1</script></scriptTask></process>')

        answer = bring(supervisor, hostile)

        assert (answer.status_code, answer.json()["code"]) == (422, "definition_refused")
        assert "run_me" in {each["field"] for each in answer.json()["errors"]}
        assert all(each["detail"] for each in answer.json()["errors"])
        assert supervisor.get("/api/v1/definitions/ticket_enquiry").json()["changes"] == []


class TestToday:
    def test_no_day_is_taken_that_no_calendar_has(self, supervisor: Client) -> None:
        for since in ("2026-13-01", "0001-01-01", dt.date.max.isoformat()):
            assert post(supervisor, "/process-maps", {"process": "TK-4", "since": since}).status_code == 422
