"""What a stranger or a colleague with ill will tries at the desk's doors, and what he gets."""

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.doors.web.conftest import NIGHT, NOON, units_of
from tests.doors.web.test_scope import PAGES, path_of

from lamplighter.base.documents.formulas import neutral, neutral_table
from lamplighter.base.jobs.models import Job
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.inspection.planning.desk_rows import crew_to_json
from lamplighter.business.inspection.planning.models import DayPlan, PlanVisit
from lamplighter.business.inspection.planning.records import Crew, Level, Person
from lamplighter.business.inspection.planning.records import Suspicion as Planned
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion

WRITES = (
    "suspicion_decide", "case_task", "case_hold", "case_go_on", "case_give_up", "case_comment", "case_upload",
    "case_amounts", "case_notices", "plan_make", "plan_change", "plan_danger", "crew_remove", "unmask_customer",
    "export_list", "keep_view", "drop_view", "cancel_job", "retry_job", "verify_trail", "token_make", "token_release",
    "token_revoke",
)  # fmt: skip
"""Pages that change something."""


@pytest.fixture
def a_case(company: None, make_staff: Callable[..., Any]) -> int:
    """A case of each station; the number of that of S1."""
    numbers = [
        accept_suspicion(
            actor=make_staff(Role.INSPECTOR, unit=station, name=f"opener-{station}").as_actor(),
            number=Suspicion.objects.get(station_id=station).pk,
            now=timezone.now(),
        ).number
        for station in ("S1", "S2")
    ]
    return numbers[0]


class TestEveryWrite:
    def test_is_refused_without_the_pages_own_token(self, a_case: int, log_in: Callable[..., Client]) -> None:
        client = log_in(*Role, unit="P")
        client.handler.enforce_csrf_checks = True

        assert {name: client.post(path_of(name), {}).status_code for name in WRITES} == dict.fromkeys(WRITES, 403)
        assert set(WRITES) <= set(PAGES)

    @pytest.mark.parametrize("name", WRITES)
    def test_is_not_done_by_following_a_link(self, name: str, a_case: int, log_in: Callable[..., Client]) -> None:
        assert log_in(*Role, unit="P").get(path_of(name)).status_code in (404, 405)


class TestEveryAnswer:
    def test_of_pages_and_api_carries_the_headers_that_protect_it(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR)

        for path in ("/tonight/", "/api/v1/me", "/api/v1/docs", "/nowhere/"):
            headers = client.get(path).headers
            assert headers["X-Content-Type-Options"] == "nosniff", path
            assert headers["X-Frame-Options"] == "DENY", path
            assert headers["Referrer-Policy"] == headers["Cross-Origin-Opener-Policy"] == "same-origin", path
            assert "script-src 'self'" in headers["Content-Security-Policy"], path
            assert headers["Cache-Control"] == "private, no-store", path
            assert "Access-Control-Allow-Origin" not in headers, path

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "testserver@evil.example"])
    def test_is_400_to_a_host_the_desk_is_not(self, host: str, company: None) -> None:
        for path in ("/accounts/login/", "/api/v1/me"):
            assert Client(headers={"host": host}).get(path).status_code == 400

    def test_of_the_docs_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(
        self, log_in: Callable[..., Client]
    ) -> None:
        html = log_in(Role.INSPECTOR).get("/api/v1/docs").content.decode()

        assert "swagger-ui-bundle" in html
        assert "//cdn" not in html
        assert " onclick=" not in html
        assert html.count("<script") == html.count("<script src=") + html.count('<script type="application/json"')

    @pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/openapi.json"])
    def test_of_the_description_takes_a_log_in(self, path: str, company: None) -> None:
        assert Client().get(path).headers["Location"].startswith("/accounts/login/")


class TestNamesOfFiles:
    def test_lead_out_of_no_folder(self, home: Path, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR)
        outside = home / "desk" / "secret.key"
        outside.parent.mkdir(parents=True)
        outside.write_text("the key", encoding="utf-8")
        staff = int(client.session["_auth_user_id"])
        job = Job.objects.create(
            kind="list_export",
            given={"listed": "areas"},
            result={"file": "../secret.key", "rows": 1, "sha256": ""},
            staff_id=staff,
            actor={},
            language="en",
            asked_at=NOON,
            state="done",
        )

        assert client.get(f"/jobs/{job.pk}/file/").status_code == 404
        assert client.get(f"/api/v1/jobs/{job.pk}/file").status_code == 404

    @pytest.mark.parametrize(
        "path",
        [
            "/areas/..%2f..%2fsecret.key/",
            "/static/..%2f..%2fdesk/secret.key",
            "/cases/1/evidence/..%2f1/",
            "/plan/1/plan...%2fsecret",
            "/api/v1/areas/..%2fA1",
            "/api/v1/cases/1/evidence/..%2f..%2fsecret.key",
        ],
    )
    def test_in_addresses_are_numbers_or_nothing(self, path: str, log_in: Callable[..., Client]) -> None:
        assert log_in(*Role, unit="P").get(path).status_code in (404, 422)

    def test_of_what_is_sent_are_not_used(self, home: Path, a_case: int, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR)
        sent = {"kind": "photo", "file": SimpleUploadedFile("../../../x.pdf", b"%PDF-1.7 x")}

        assert client.post(f"/api/v1/cases/{a_case}/evidence", sent).status_code == 201
        assert not list(home.rglob("x.pdf"))
        assert len(list((home / "desk" / "cases" / str(a_case)).iterdir())) == 1

    def test_of_a_drawing_that_can_hold_a_script_are_refused(
        self, home: Path, a_case: int, log_in: Callable[..., Client]
    ) -> None:
        sent = {"kind": "photo", "file": SimpleUploadedFile("a.png", b"<svg onload='alert(1)'/>", "image/png")}

        answer = log_in(Role.INSPECTOR).post(f"/api/v1/cases/{a_case}/evidence", sent)

        assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")


class TestFormulas:
    @pytest.mark.parametrize(
        "word", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "－1", "=", "'=1", "a=1"]
    )
    def test_are_made_harmless_alike_in_a_cell_and_in_a_column(self, word: str) -> None:
        assert neutral_table(pa.table({"word": [word]}))["word"].to_pylist() == [neutral(word)]
        assert neutral(word) == (word if word in ("'=1", "a=1") else f"'{word}")

    def test_stay_words_in_the_file_of_a_plan(self, log_in: Callable[..., Client]) -> None:
        crew = '=HYPERLINK("http://evil.example","north")'
        client = log_in(Role.INSPECTION_LEADER, unit="S1")
        plan = DayPlan.objects.create(
            unit_id="S1",
            on_date=NIGHT,
            as_of_on=NIGHT,
            visit_yuan=300.0,
            changed_by="",
            changed_at=NOON,
            crews=[_crew(crew)],
            **units_of("S1"),
        )
        PlanVisit.objects.create(
            plan=plan,
            account_id="0012345671",
            area_name="A",
            rank=1,
            suspicion=asdict(Planned("0012345671", "A1", 1, 0.6, 100.0, 500.0, "red", longitude=120.0, latitude=30.0)),
            note={},
            crew=crew,
            place=0,
        )

        text = client.get(f"/plan/{plan.pk}/plan.csv").content.decode("utf-8-sig")

        assert crew.split("(")[0] in text
        assert '"=HYPERLINK' not in text
        assert ",=HYPERLINK" not in text


def _crew(name: str) -> dict[str, Any]:
    people = tuple(Person(each, (480, 1080), Level.FIRST, dt.date(2030, 1, 1)) for each in ("a", "b"))
    return crew_to_json(Crew(crew_id=name, persons=people, lunch=None, lunch_minutes=0, longitude=120.0, latitude=30.0))


class TestDeployment:
    def test_finds_nothing_to_mend_behind_tls(self, tmp_path: Path) -> None:
        # What this suite sets for itself is no part of a deployment.
        ours = ("LAMPLIGHTER_", "DJANGO_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment |= {
            "LAMPLIGHTER_HOME": str(tmp_path / "home"),
            "LAMPLIGHTER_ADDRESS": "https://desk.example.cn",
            "LAMPLIGHTER_LANG": "en",
            "DJANGO_SETTINGS_MODULE": "lamplighter.doors.web.settings",
        }
        (tmp_path / "home" / "desk").mkdir(parents=True)
        (tmp_path / "home" / "desk" / "secret.key").write_text("k7" * 40 + "abcdefgh", encoding="utf-8")
        code = "import django; django.setup(); from django.core.management import call_command as c; "
        code += "c('check', deploy=True, fail_level='WARNING')"

        ended = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )

        assert (ended.returncode, ended.stderr) == (0, "")
        assert "no issues" in ended.stdout


class TestSecrets:
    def test_of_a_log_in_stand_in_no_log_and_no_entry(
        self, make_staff: Callable[..., Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        make_staff(Role.INSPECTOR, unit="S1", name="li")

        for phrase in ("a-wrong-phrase-of-mine", "quiet-lamps-over-water"):
            Client().post("/accounts/login/", {"login": "li", "password": phrase})

        said = caplog.text + json.dumps([str(each.__dict__) for each in Entry.objects.all()])
        assert "a-wrong-phrase-of-mine" not in said
        assert "quiet-lamps-over-water" not in said
