"""Messages through the API: masked, taken back, sent again, and served by proof that is proof."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from tests.doors.api.conftest import post

from lamplighter.base.outbox.models import Message, Proof
from lamplighter.base.outbox.operations import queue_message
from lamplighter.base.outbox.records import Channel, Recipient, Subject
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.detection.models import Suspicion
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF"


@pytest.fixture
def message(home: Path, make_staff: Callable[..., Staff]) -> int:
    """The notice of a case of S1, to be handed over by a person."""
    (home / "settings").mkdir(parents=True)
    opener = make_staff(Role.INSPECTOR, unit="S1", name="opener").as_actor()
    row = accept_suspicion(actor=opener, number=Suspicion.objects.get(station_id="S1").pk, now=timezone.now())
    queue_message(
        key="notice",
        channel=Channel.HAND,
        recipient=Recipient("account", row.account_id),
        subject=Subject("inspection.case", str(row.number)),
        subject_words=row.case_no,
        path=row.path,
        template="notice_served",
        fields={"company": "c", "number": "n", "account": "******5671", "sha256": "ab"},
        language="zh",
        by=opener,
        now=timezone.now(),
        home=Home(home),
    )
    return int(Message.objects.get().pk)


@pytest.fixture
def inspector(message: int, program: Callable[..., Client]) -> Client:
    return program(Role.INSPECTOR)


def prove(client: Client, number: int, **given: Any) -> Any:
    today = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=8)).date().isoformat()
    return client.post(f"/api/v1/messages/{number}/proofs", {"served_on": today} | given)


class TestAMessage:
    def test_is_told_masked_with_its_history(self, message: int, inspector: Client) -> None:
        listed = inspector.get("/api/v1/messages?state=queued").json()["rows"]
        told = inspector.get(f"/api/v1/messages/{message}")

        assert [(row["number"], row["recipient_words"]) for row in listed] == [(message, "******5671")]
        assert b"0012345671" not in told.content
        assert told.json()["message"]["case_number"] is not None
        assert [line["kind"] for line in told.json()["history"]] == ["queued"]

    def test_is_closed_to_whoever_sees_no_messages_and_to_a_sibling_unit(
        self, message: int, program: Callable[..., Client]
    ) -> None:
        assert program(Role.TRAINER).get("/api/v1/messages").status_code == 403
        assert program(Role.INSPECTOR, unit="S2").get("/api/v1/messages").json()["count"] == 0


class TestTakingBack:
    def test_takes_a_reason_and_is_done_once(self, message: int, inspector: Client) -> None:
        silent = post(inspector, f"/messages/{message}/cancel", {"reason": " "})
        done = post(inspector, f"/messages/{message}/cancel", {"reason": "金额有误"})
        again = post(inspector, f"/messages/{message}/cancel", {"reason": "金额有误"})

        assert (silent.status_code, silent.json()["code"]) == (422, "reason_missing")
        assert (done.status_code, done.json()["message"]["state"]) == (200, "cancelled")
        assert (again.status_code, again.json()["code"]) == (409, "not_possible")
        entry = Entry.objects.filter(kind="outbox.message").latest("number")
        assert (entry.staff_name, entry.note) == ("master station", "金额有误")


class TestSendingAgain:
    def test_is_for_what_failed_alone(self, message: int, inspector: Client) -> None:
        early = post(inspector, f"/messages/{message}/resend", {"reason": "again"})
        Message.objects.update(state="failed")

        done = post(inspector, f"/messages/{message}/resend", {"reason": "number corrected"})

        assert (early.status_code, early.json()["code"]) == (409, "not_possible")
        assert (done.status_code, done.json()["message"]["state"]) == (200, "queued")
        assert Message.objects.get().state == "queued"

    def test_takes_the_right_to_handle_messages(self, message: int, program: Callable[..., Client]) -> None:
        answer = post(program(Role.SERVICE_AGENT), f"/messages/{message}/resend", {"reason": "again"})

        assert answer.status_code == 403


class TestProof:
    def test_that_is_none_is_refused_field_by_field(self, message: int, inspector: Client) -> None:
        answer = prove(inspector, message, kind="signature", receiver="王某")

        assert (answer.status_code, answer.json()["code"]) == (422, "proof_insufficient")
        assert [each["field"] for each in answer.json()["errors"]] == ["file"]
        assert Proof.objects.count() == 0

    def test_delivers_the_message_and_hands_out_its_scan(self, message: int, inspector: Client) -> None:
        scan = SimpleUploadedFile("receipt.pdf", PDF, content_type="application/pdf")

        served = prove(inspector, message, kind="signature", receiver="王某", file=scan)

        assert served.status_code == 201
        assert served.json()["message"]["state"] == Message.objects.get().state == "delivered"
        number = served.json()["proofs"][0]["number"]
        kept = inspector.get(f"/api/v1/messages/{message}/proofs/{number}")
        assert (kept.content, kept.headers["Content-Disposition"][:10]) == (PDF, "attachment")

    def test_is_no_program_in_disguise(self, message: int, inspector: Client) -> None:
        answer = prove(
            inspector, message, kind="signature", receiver="王某", file=SimpleUploadedFile("a.pdf", b"<svg>")
        )

        assert (answer.status_code, answer.json()["code"]) == (422, "file_refused")
