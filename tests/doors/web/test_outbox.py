"""Messages in the browser: the list, proof of service, what a channel says, appointments and reminders."""

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.doors.web.serving import RECEIPT, prove, receipt
from tests.doors.web.test_cases import NOTICE, Desk, photo

from lamplighter.base.outbox.models import Message, Proof
from lamplighter.base.outbox.rules import sign
from lamplighter.base.outbox.sending import send_due
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.inspection.operations.serving import remind_deadlines


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Files and settings of each test in a home of its own."""
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "settings").mkdir(parents=True)
    return Home(tmp_path / "home")


@pytest.fixture
def desk(make_staff: Callable[..., Staff]) -> Desk:
    return Desk(make_staff)


def printed(desk: Desk, **more: str) -> Message:
    """A case of theft whose notice was printed."""
    desk.goes_on_site("THEFT")
    desk.sends("zhang", "evidence", {"kind": "photo", "subject": "hook", "file": photo()})
    desk.does("zhang", "fix_evidence", acted_on="2025-03-05")
    assert desk.sends("zhang", "notices", NOTICE | more).status_code == 302
    return Message.objects.get(template="notice_served")


class TestANotice:
    def test_is_queued_when_it_is_printed_and_names_nobody(self, desk: Desk) -> None:
        message = printed(desk)

        assert (message.channel, message.state, message.subject_words) == ("hand", "queued", desk.case.case_no)
        assert "******5671" in message.body
        assert "王某" not in message.body

    def test_is_served_by_its_proof_and_by_nothing_typed(self, desk: Desk) -> None:
        printed(desk)
        refused = desk.tries("zhang", "serve_notice", served_on="2025-03-04", served_by="MAIL", stop_needed="false")
        assert refused.status_code == 422
        assert "Keep proof of service first" in refused.content.decode()

        answer = prove(desk.browser["zhang"], kind="postal", postal_no="XA123", receiver="", file=None)
        assert answer.headers["Location"] == f"/cases/{desk.case.pk}/"
        desk.does("zhang", "serve_notice", served_on="2025-03-04", served_by="HAND", stop_needed="false")

        assert desk.case.state == "NOTICE_SERVED"
        line = json.loads(desk.case.events.filter(kind="completed").latest("number").line)
        assert (line["data"]["served_on"], line["data"]["served_by"]) == ("2025-03-06", "MAIL")
        assert ">delivered</span>" in desk.page("zhang")

    def test_needs_proof_that_is_proof(self, desk: Desk) -> None:
        message = printed(desk)

        for said in ({"file": None}, {"kind": "refusal"}, {"kind": "rumour"}, {"served_on": "2199-01-01"}):
            assert prove(desk.browser["zhang"], **said).status_code == 422
        svg = prove(desk.browser["zhang"], file=receipt(b"<svg onload='x'/>"))

        assert svg.status_code == 422
        assert Proof.objects.count() == 0
        assert Message.objects.get(pk=message.pk).state == "queued"

    def test_keeps_the_receipt_and_hands_it_out_to_be_saved(self, desk: Desk, home: Home) -> None:
        message = printed(desk)
        prove(desk.browser["zhang"])

        kept = Proof.objects.get()
        answer = desk.browser["li"].get(f"/outbox/{message.pk}/proof/{kept.pk}/")
        assert answer.content == RECEIPT
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert desk.browser["far"].get(f"/outbox/{message.pk}/proof/{kept.pk}/").status_code == 404

    def test_as_a_letter_goes_out_with_its_paper(self, desk: Desk, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        message = printed(desk, channel="letter")
        from lamplighter.base.outbox import addresses

        names = addresses._BOOKS["account"][1]
        monkeypatch.setitem(addresses._BOOKS, "account", (lambda ref, channel: "王某\n幸福路12号", names))

        turn = send_due(home=home, clock=lambda: message.queued_at)

        assert turn.sent == 1
        assert sorted(path.suffix for path in (home.outbox / "letter").iterdir()) == [".json", ".pdf"]

    def test_leaves_its_acts_in_the_trail(self, desk: Desk) -> None:
        printed(desk)
        prove(desk.browser["zhang"])

        acts = Entry.objects.filter(kind="outbox.message").order_by("number").values_list("act", "staff_name")
        assert list(acts) == [("created", "zhang"), ("changed", "zhang")]


class TestThePages:
    @pytest.mark.parametrize("language", ["zh", "en"])
    def test_show_messages_masked_with_their_history(self, desk: Desk, language: str) -> None:
        message = printed(desk)
        reader = desk.browser["li"]
        reader.cookies["lamplighter_language"] = language

        for path in ("/outbox/", f"/outbox/{message.pk}/", f"/cases/{desk.case.pk}/"):
            shown = reader.get(path).content.decode()
            assert message.title in shown or desk.case.case_no in shown
            assert "0012345671" not in shown

    def test_take_back_and_send_again_ask_for_a_reason(self, desk: Desk) -> None:
        message = printed(desk)
        zhang = desk.browser["zhang"]

        assert zhang.post(f"/outbox/{message.pk}/cancel/", {"reason": " "}).status_code == 422
        assert zhang.post(f"/outbox/{message.pk}/resend/", {"reason": "again"}).status_code == 422
        assert zhang.post(f"/outbox/{message.pk}/cancel/", {"reason": "wrong act"}).status_code == 302
        assert zhang.post(f"/outbox/{message.pk}/cancel/", {"reason": "wrong act"}).status_code == 422
        assert "wrong act" in zhang.get(f"/outbox/{message.pk}/").content.decode()

    def test_show_nothing_about_cases_to_whoever_sees_none(self, desk: Desk, log_in: Callable[..., Client]) -> None:
        message = printed(desk)

        assert log_in(Role.SERVICE_SUPERVISOR, unit="S1").get(f"/outbox/{message.pk}/").status_code == 403


class TestAChannelsAnswer:
    @pytest.fixture
    def sent(self, desk: Desk, home: Home) -> Message:
        """An appointment that went to a gateway."""
        (home.path / "secret").write_bytes(b"shared")
        (home.settings / "outbox.toml").write_text(
            f'[channel.sms]\nadapter = "http"\nurl = "https://sms.example"\nsecret_file = "{home.path / "secret"}"\n'
            "[send]\nappointments = true\n"
        )
        desk.accept()
        desk.does("zhang", "desk_check", desk_decision="VISIT", desk_note="n")
        desk.does("li", "approve_visit", visit_decision="APPROVE", work_sheet_no="W-1")
        desk.does("li", "plan_visit", planned_on="2025-03-05")
        Message.objects.update(state="sent")
        return Message.objects.get(template="appointment")

    def says(self, body: bytes, *, secret: bytes = b"shared", channel: str = "sms") -> Any:
        stamp = str(int(dt.datetime.now(dt.UTC).timestamp()))
        signature = sign(secret=secret, stamp=stamp, body=body)
        headers = {"X-Lamplighter-Time": stamp, "X-Lamplighter-Signature": signature}
        return Client(enforce_csrf_checks=True).post(
            f"/outbox/answers/{channel}/", body, content_type="application/json", headers=headers
        )

    def test_is_taken_once_without_a_log_in(self, sent: Message) -> None:
        body = json.dumps({"key": f"{sent.key}#0", "state": "delivered"}).encode()

        first, again = self.says(body), self.says(body)

        assert [(each.status_code, each.json()) for each in (first, again)] == [
            (200, {"taken": True}),
            (200, {"taken": False}),
        ]
        assert Message.objects.get(pk=sent.pk).state == "delivered"

    def test_is_not_taken_unsigned_unreadable_or_of_a_channel_that_says_nothing(self, sent: Message) -> None:
        body = json.dumps({"key": f"{sent.key}#0", "state": "delivered"}).encode()

        assert self.says(body, secret=b"guess").status_code == 403
        assert Client().post("/outbox/answers/sms/", body, content_type="application/json").status_code == 403
        assert self.says(body + b" " * 20_000).status_code == 403
        assert self.says(body, channel="email").status_code == 404
        assert self.says(body, channel="pigeon").status_code == 404
        assert self.says(b"{").status_code == 400
        assert self.says(json.dumps({"key": "k#0", "state": "delivered"}).encode()).status_code == 404
        assert self.says(json.dumps({"key": f"{sent.key}#0", "state": "queued"}).encode()).status_code == 400
        assert Message.objects.get(pk=sent.pk).state == "sent"


class TestAnAppointment:
    def test_is_said_to_nobody_unless_the_company_opted_for_it(self, desk: Desk) -> None:
        desk.goes_on_site("CLEAN")

        assert not Message.objects.exists()


class TestAReminder:
    def test_goes_once_to_whoever_may_do_what_is_due_soon(self, desk: Desk, home: Home) -> None:
        desk.accept()
        Staff.objects.filter(username__in=["li", "far", "gao"]).update(email="staff@example.cn")
        due = desk.case.due_at
        assert due is not None
        soon = due - dt.timedelta(hours=3)

        counts = [remind_deadlines(home=home, days_before=days, now=soon) for days in (0, 1, 1)]

        # Nobody holds a duty in it yet: the leader above the station is told; the inspector of the next one is not.
        assert counts == [0, 1, 0]
        message = Message.objects.get()
        assert (message.channel, message.recipient_ref) == ("email", str(desk.staff["li"].pk))
        assert re.search(r"AJ-\d{4}-\d{6}", message.body)
