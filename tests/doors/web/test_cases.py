"""Cases in the browser: the whole story played by several people, a clean visit, an objection upheld, and refusals."""

import datetime as dt
import errno
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.doors.web.serving import prove
from tests.journeys.test_model_training import write_lists

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Actor, Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.detection.learning.model import read_base_model
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.detection.tables import OUTCOME
from lamplighter.business.inspection.models import Amount, Case, CaseEvent, Evidence, Notice
from lamplighter.business.inspection.operations.chain import Recounted, recount_deadlines
from lamplighter.journeys.model_training.company import read_outcome_examples
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion, write_outcomes

pytestmark = pytest.mark.both_databases

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

    def actor(self, name: str) -> Actor:
        return self.staff[name].as_actor()

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
        assert prove(self.browser["zhang"]).status_code == 302
        self.does("zhang", "serve_notice", stop_needed="false")

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


class TestAClaim:
    def test_goes_from_clue_to_file_through_seven_people(self, desk: Desk, home: Path) -> None:
        desk.claims()
        desk.does("zhang", "user_response", user_answer="CONFIRMED", answered_on="2025-03-12")
        desk.does("li", "decide_settlement", payment_way="FULL", is_referred="false")
        desk.does("sun", "record_payment", paid_yuan="11232.00", paid_on="2025-03-13")
        desk.does("li", "archive")

        case = desk.case
        assert (case.state, case.status) == ("ARCHIVED", "finished")
        assert (case.finder, case.calculator, case.approver) == ("zhang, zhao", "chen", "li, gao")
        assert [(row["outcome"], row["recovered_kwh"]) for row in outcomes(home)] == [("theft", 5400.0)]

    def test_keeps_each_line_of_the_calculation_with_its_clause(self, desk: Desk) -> None:
        desk.proves_theft()
        desk.sends("chen", "amounts", FACTS)

        kept = Amount.objects.get()
        shown = desk.page("chen")

        assert (kept.energy_kwh, kept.fee_yuan, kept.penalty_yuan, kept.total_yuan) == (5400, 2808, 8424, 11232)
        assert "11232.00" in shown
        assert [line["value"] for line in kept.lines if line["unit"] == "kWh"] == ["5400.00"]
        assert "company default, confirm" in shown

    def test_an_objection_that_is_upheld_ends_without_a_claim_and_proves_no_theft(self, desk: Desk, home: Path) -> None:
        desk.claims()
        desk.does("zhang", "user_response", user_answer="OBJECTED", answered_on="2025-03-12")
        desk.does("li", "decide_objection", objection_result="UPHELD", objection_note="the hook was the neighbour's")
        desk.does("li", "archive")

        assert [(row["outcome"], row["recovered_kwh"]) for row in outcomes(home)] == [("objection_upheld", None)]
        assert desk.case.objection_result == "UPHELD"
        assert desk.case.objection_at is not None

    def test_a_metering_fault_is_repaired_settled_and_booked_without_a_penalty(self, desk: Desk, home: Path) -> None:
        desk.goes_on_site("METERING_FAULT")
        desk.does("zhou", "repair_metering", repaired_on="2025-03-06")
        # Multiplier 40 billed as 30: 3,000 kWh recorded, 4,000 used, 1,000 to be paid at 0.52 yuan.
        facts = {
            "kind_of_amount": "metering_error",
            "kind": "ratio",
            "corrected_on": "2025-03-06",
            "price_yuan": "0.52",
            "metered_kwh": "3000",
            "true_ratio": "200/5",
            "billed_ratio": "150/5",
        }
        assert desk.sends("chen", "amounts", facts).status_code == 302
        desk.does("chen", "settle_fault")
        desk.does("li", "review_fault", fault_review="APPROVE")
        desk.does("sun", "book_settlement", booked_on="2025-03-20")
        desk.does("li", "archive")

        assert Amount.objects.get().penalty_yuan == 0
        assert [(row["outcome"], row["recovered_kwh"]) for row in outcomes(home)] == [("metering_fault", 1000.0)]


class TestARefusal:
    def test_of_separate_duties_says_who_must_do_it(self, desk: Desk) -> None:
        desk.proves_theft()

        assert "You are the finder of this matter and cannot be its calculator" in desk.page("zhang")
        assert desk.tries("zhang", "calculate").status_code == 422

    def test_of_a_role_says_whose_work_it_is_and_leaves_the_button_grey(self, desk: Desk) -> None:
        desk.accept()

        shown = desk.page("sun")

        assert "To be done by: inspector, line-loss analyst." in shown
        assert re.search(r"<button class=\"btn\" disabled>Desk check", shown)

    def test_of_a_form_shows_what_was_typed_with_the_fault_beside_the_field(self, desk: Desk) -> None:
        desk.accept()

        answer = desk.tries("zhang", "desk_check", desk_note="looked at the balance")
        shown = answer.content.decode()

        assert answer.status_code == 422
        assert "looked at the balance" in shown
        assert 'id="desk_check-desk_decision-fault"' in shown

    def test_tells_the_second_of_two_people_and_keeps_what_he_typed(self, desk: Desk) -> None:
        desk.accept()
        seen = desk.seen("zhao")
        desk.does("zhang", "desk_check", desk_decision="DISMISS", desk_note="explained by the bills")

        answer = desk.tries("zhao", "desk_check", seen=seen, desk_decision="VISIT", desk_note="go and look")

        assert answer.status_code == 409
        assert "Somebody else acted on this case meanwhile" in answer.content.decode()
        assert "go and look" in answer.content.decode()
        assert CaseEvent.objects.filter(kind="completed").count() == 1

    def test_takes_a_form_that_is_sent_twice_once(self, desk: Desk) -> None:
        desk.accept()
        seen = desk.seen("zhang")
        sent = {"desk_decision": "VISIT", "desk_note": "go"}

        first, second = (desk.tries("zhang", "desk_check", seen=seen, **sent) for _ in range(2))

        assert (first.status_code, second.status_code) == (302, 409)

    def test_opens_one_case_for_a_suspicion_accepted_twice(self, desk: Desk) -> None:
        first, second = desk.accept("zhang"), desk.accept("zhao")

        assert (first.status_code, second.status_code, Case.objects.count()) == (302, 422, 1)

    def test_wants_evidence_before_it_is_fixed(self, desk: Desk) -> None:
        desk.goes_on_site("THEFT")

        assert "Upload at least one piece of evidence first" in desk.page("zhang")
        assert desk.tries("zhang", "fix_evidence", acted_on="2025-03-05").status_code == 422

    def test_a_calculation_counts_only_for_whoever_made_it(self, desk: Desk) -> None:
        desk.proves_theft()
        desk.sends("chen", "amounts", FACTS)
        desk.sends("zhao", "amounts", FACTS)

        assert desk.tries("chen", "calculate").status_code == 422

    def test_a_fact_that_cannot_be_read_is_marked_and_the_rest_stays(self, desk: Desk) -> None:
        desk.proves_theft()

        answer = desk.sends("chen", "amounts", FACTS | {"price_yuan": "cheap"})

        assert answer.status_code == 422
        assert 'id="amount-price_yuan-fault"' in answer.content.decode()
        assert "heater, 5, 1" in answer.content.decode()
        assert Amount.objects.count() == 0


class TestAStop:
    def test_is_refused_while_a_guard_is_unknown_and_shows_which(self, desk: Desk) -> None:
        desk.goes_on_site("THEFT")
        desk.sends("zhang", "evidence", {"kind": "photo", "file": photo()})
        desk.does("zhang", "fix_evidence", acted_on="2024-05-20")
        desk.sends("zhang", "notices", NOTICE)
        assert prove(desk.browser["zhang"]).status_code == 302
        desk.does("zhang", "serve_notice", stop_needed="true")
        # By the rule of 1996, in force on the day of the act, confirmed theft may be stopped on the spot.
        desk.does(
            "gao",
            "approve_stop",
            stop_decision="APPROVE",
            stop_way="ON_THE_SPOT",
            is_protected="false",
            stop_reason="theft goes on",
        )

        answer = desk.tries("zhang", "stop_supply", stopped_on="2025-03-06", others_unaffected="true")

        assert answer.status_code == 422
        assert "Supply may not be stopped" in answer.content.decode()
        assert "UNKNOWN" in answer.content.decode()
        assert desk.case.state == "NOTICE_SERVED"


class TestEvidence:
    def test_is_handed_out_to_be_saved_and_never_run(self, desk: Desk) -> None:
        desk.goes_on_site("THEFT")
        desk.sends("zhang", "evidence", {"kind": "photo", "file": photo()})

        answer = desk.browser["zhao"].get(f"/cases/{desk.case.pk}/evidence/{Evidence.objects.get().pk}/")

        assert answer.content == PHOTO
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", "Choose a file"),
            (b"<svg onload='alert(1)'/>", "Only JPEG and PNG"),
            (b"MZ a program called hook.jpg", "Only JPEG and PNG"),
        ],
    )
    def test_refuses_what_is_no_picture_whatever_its_name(self, desk: Desk, content: bytes, why: str) -> None:
        desk.goes_on_site("THEFT")

        answer = desk.sends("zhang", "evidence", {"kind": "photo", "subject": "hook", "file": photo(content)})

        assert answer.status_code == 422
        assert why in answer.content.decode()
        assert Evidence.objects.count() == 0

    def test_that_finds_the_disk_full_is_told_so_leaves_nothing_and_can_be_sent_again(
        self, desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def half(path: Path, content: bytes) -> int:
            with path.open("wb") as file:
                file.write(content[:10])
            raise OSError(errno.ENOSPC, "No space left on device")

        desk.goes_on_site("THEFT")
        with monkeypatch.context() as full:
            full.setattr(Path, "write_bytes", half)
            answer = desk.sends("zhang", "evidence", {"kind": "photo", "subject": "hook", "file": photo()})

        assert "no room left" in answer.content.decode()
        assert Evidence.objects.count() == 0
        assert [path for path in home.rglob("cases/**/*") if path.is_file()] == []
        desk.sends("zhang", "evidence", {"kind": "photo", "subject": "hook", "file": photo()})
        assert Evidence.objects.count() == 1

    def test_uploaded_twice_is_one(self, desk: Desk) -> None:
        desk.goes_on_site("THEFT")
        for _ in range(2):
            desk.sends("zhang", "evidence", {"kind": "photo", "file": photo()})

        assert Evidence.objects.count() == 1

    def test_stays_as_it_is(self, desk: Desk) -> None:
        desk.goes_on_site("THEFT")
        desk.sends("zhang", "evidence", {"kind": "photo", "file": photo()})

        for kept in (Evidence.objects.get(), CaseEvent.objects.first()):
            assert kept is not None
            with pytest.raises(TypeError, match="only ever added to"):
                kept.save()
            with pytest.raises(TypeError, match="only ever added to"):
                kept.delete()


class TestANotice:
    def test_is_numbered_printed_and_verified_by_its_hash(self, desk: Desk) -> None:
        desk.proves_theft()
        printed = Notice.objects.get()

        pdf = desk.browser["zhang"].get(f"/cases/{desk.case.pk}/notices/{printed.pk}/")
        same = desk.browser["li"].get("/verify/", {"no": printed.number, "sha256": printed.sha256})
        other = desk.browser["li"].get("/verify/", {"no": printed.number, "sha256": "0" * 64})
        foreign = desk.browser["far"].get("/verify/", {"no": printed.number, "sha256": printed.sha256})

        year = dt.datetime.now(dt.UTC).year
        assert printed.number in (f"WQ-N-{year}-000001", f"WQ-N-{year + 1}-000001")
        assert pdf.content.startswith(b"%PDF-")
        assert "The same" in same.content.decode()
        assert "Different" in other.content.decode()
        assert "No notice of this number" in foreign.content.decode()

    def test_names_two_inspectors(self, desk: Desk) -> None:
        desk.goes_on_site("THEFT")
        desk.sends("zhang", "evidence", {"kind": "photo", "file": photo()})
        desk.does("zhang", "fix_evidence", acted_on="2025-03-05")

        answer = desk.sends("zhang", "notices", NOTICE | {"inspector_2": "zhang"})

        assert answer.status_code == 422
        assert "a hook on the line before the meter" in answer.content.decode()
        assert Notice.objects.count() == 0


class TestASuspicion:
    def test_is_dismissed_with_a_reason_of_the_list_only(self, desk: Desk) -> None:
        number = Suspicion.objects.get(station_id="S1").pk
        send = desk.browser["zhang"].post

        without = send(f"/suspicions/{number}/decide/", {"what": "dismiss", "note": "I think so"})
        with_one = send(f"/suspicions/{number}/decide/", {"what": "dismiss", "reason": "explained"})

        assert (without.status_code, with_one.status_code) == (422, 302)
        assert "I think so" in without.content.decode()
        assert Suspicion.objects.get(pk=number).state == "dismissed"

    def test_waits_for_data_somebody_names(self, desk: Desk) -> None:
        number = Suspicion.objects.get(station_id="S1").pk
        send = desk.browser["zhang"].post

        assert send(f"/suspicions/{number}/decide/", {"what": "ask", "note": " "}).status_code == 422
        assert send(f"/suspicions/{number}/decide/", {"what": "ask", "note": "curves of May"}).status_code == 302
        assert "curves of May" in desk.browser["zhang"].get(f"/suspicions/{number}/").content.decode()

    def test_freezes_its_evidence_into_the_case_without_saying_who_was_drawn(self, desk: Desk) -> None:
        Suspicion.objects.filter(station_id="S1").update(is_random=True)
        desk.accept("li")
        Suspicion.objects.filter(station_id="S1").update(card={}, theft_probability=0.1)

        kept = desk.case.evidence

        assert kept["theft_probability"] == 0.6
        assert kept["card"]["reasons"][0]["code"] == "lasting_drop"
        assert "random" not in str(kept)


class TestHoldingACase:
    def test_waits_for_the_metrology_body_and_goes_on_where_it_was(self, desk: Desk) -> None:
        desk.proves_theft()
        desk.sends("zhang", "hold", {"seen": desk.seen("zhang"), "suspension": "METROLOGY_OPINION"})
        held = desk.case.state, desk.case.status, desk.case.due_at
        opinion = {"opinion_no": "K-1", "opinion_result": "TAMPERED"}
        desk.sends("zhang", "go-on", {"seen": desk.seen("zhang"), **opinion})

        assert held == ("METROLOGY_OPINION", "suspended", None)
        assert (desk.case.state, desk.case.status) == ("NOTICE_SERVED", "running")

    def test_is_given_up_by_a_manager_with_a_reason_and_the_suspicion_is_open_again(
        self, desk: Desk, home: Path
    ) -> None:
        desk.accept()
        seen = desk.seen("gao")

        without = desk.sends("gao", "give-up", {"seen": seen, "reason": ""})
        with_one = desk.sends("gao", "give-up", {"seen": seen, "reason": "opened by mistake"})

        assert (without.status_code, with_one.status_code) == (422, 302)
        assert (desk.case.status, Suspicion.objects.get(station_id="S1").state) == ("cancelled", "open")
        assert outcomes(home) == []


class TestTheList:
    def test_shows_what_is_longest_overdue_first_and_nothing_of_a_sibling_unit(self, desk: Desk) -> None:
        desk.accept()
        Case.objects.update(due_at=dt.datetime(2025, 1, 1, tzinfo=dt.UTC))

        own = desk.browser["li"].get("/cases/?deadline=overdue")
        sibling = desk.browser["far"].get("/cases/")

        assert [row.case_no for row in own.context["part"].rows] == [desk.case.case_no]
        assert "overdue" in own.content.decode()
        assert sibling.context["part"].count == 0
        assert desk.browser["far"].get(f"/cases/{desk.case.pk}/").status_code == 404
        assert desk.browser["far"].post(f"/cases/{desk.case.pk}/comments/", {"words": "hello"}).status_code == 404


class TestWhatACaseTeaches:
    def test_is_read_as_an_example_where_a_list_precedes_the_visit(self, desk: Desk, home: Path) -> None:
        desk.goes_on_site("CLEAN")
        desk.does("li", "archive")
        visited = outcomes(home)[0]["inspected_on"]
        lake = Lake.open(home / "lake")
        write_lists(lake, ["0012345671"], days=[visited - dt.timedelta(days=1)])

        with lake.snapshot() as state:
            examples, newest, without = read_outcome_examples(state, base=read_base_model())

        assert (list(examples.is_theft), newest, without) == ([False], visited, 0)

    def test_waits_while_somebody_else_writes_to_the_lake(self, desk: Desk, home: Path) -> None:
        desk.goes_on_site("CLEAN")
        with Lake.open(home / "lake").transaction():
            desk.does("li", "archive")
        waiting = desk.case.outcome_written_at

        written = write_outcomes(lake=Lake.open(home / "lake"), now=dt.datetime.now(dt.UTC))

        assert (waiting, written, len(outcomes(home))) == (None, 1, 1)


class TestADeadlineOnHolidaysThatAreNotAnnounced:
    def test_is_marked_and_counted_again_once_they_are(self, desk: Desk, home: Path) -> None:
        # Opened on Thursday 31 December 2026: five working days of the desk check, 4 to 8 January 2027.
        eve = dt.datetime(2026, 12, 31, 4, tzinfo=dt.UTC)
        accept_suspicion(actor=desk.actor("zhang"), number=Suspicion.objects.get(station_id="S1").pk, now=eve)
        assert desk.case.is_due_provisional
        assert desk.case.due_at == dt.datetime(2027, 1, 8, 16, tzinfo=dt.UTC)
        assert "provisional" in desk.page("zhang")
        assert "provisional" in desk.browser["zhang"].get("/cases/").content.decode()
        assert recount_deadlines(now=eve) == Recounted(looked=1, moved=0, still=1)

        (home / "settings").mkdir(parents=True)
        (home / "settings" / "holidays.toml").write_text(
            'source = "notice"\n[[year]]\nyear = 2027\nevidence = "R"\n'
            'holidays = ["2027-01-01/2027-01-04"]\nworked = ["2027-01-09"]\n'
        )

        assert recount_deadlines(now=eve) == Recounted(looked=1, moved=1, still=0)
        # Monday the 4th is off, Saturday the 9th is worked: the 5th to the 9th.
        assert desk.case.due_at == dt.datetime(2027, 1, 9, 16, tzinfo=dt.UTC)
        assert not desk.case.is_due_provisional
        assert "Deadlines counted again" in desk.page("zhang")
        assert recount_deadlines(now=eve) == Recounted(looked=0, moved=0, still=0)


class TestTheAuditTrail:
    def test_says_who_did_what_to_a_case_and_not_what_was_written(self, desk: Desk) -> None:
        desk.accept()
        desk.sends("zhang", "comments", {"words": "the neighbour Wang says so"})
        desk.does("zhang", "desk_check", desk_decision="VISIT", desk_note="Wang's meter")

        entries = list(Entry.objects.filter(kind="inspection.case").order_by("number"))

        assert [(each.act, each.staff_name, each.subject) for each in entries] == [
            (act, "zhang", str(desk.case.pk)) for act in ("created", "changed", "changed")
        ]
        assert '"element":"desk_check"' in entries[2].after
        assert "Wang" not in "".join(each.after for each in entries)


class TestThePapersOfAVisit:
    SHEET: ClassVar = {key: NOTICE[key] for key in NOTICE if key not in ("act", "facts")} | {
        "visit": "special",
        "trigger": "balance of the area",
        "items": "meter\nseals",
    }

    def approved(self, desk: Desk) -> None:
        desk.accept()
        desk.does("zhang", "desk_check", desk_decision="VISIT", desk_note="n")
        desk.does("li", "approve_visit", visit_decision="APPROVE", work_sheet_no="W-1")

    def test_are_a_numbered_work_sheet_with_who_approved_it(self, desk: Desk) -> None:
        self.approved(desk)

        assert desk.sends("li", "papers/work_sheet", self.SHEET).status_code == 302

        sheet = Notice.objects.get()
        assert re.fullmatch(r"GD-N-\d{4}-000001", sheet.number)
        assert (sheet.content["approved_by"], sheet.content["items"]) == ("li", ["meter", "seals"])
        pdf = desk.browser["zhang"].get(f"/cases/{desk.case.pk}/notices/{sheet.pk}/")
        assert pdf.content.startswith(b"%PDF-")
        verified = desk.browser["zhang"].get(f"/verify/?no={sheet.number}&sha256={sheet.sha256}")
        assert "alert-success" in verified.content.decode()

    def test_are_a_notice_of_results_once_somebody_was_there(self, desk: Desk) -> None:
        self.approved(desk)
        assert 'id="print-result_notice"' not in desk.page("zhang")
        desk.does("li", "plan_visit", planned_on="2025-03-05")
        desk.does("zhang", "on_site", second_inspector=str(desk.staff["zhao"].pk), outcome="CLEAN")
        results = self.SHEET | {
            "inspected_on": "2025-03-05",
            "defects": "cable worn; GB 50217; high; 2025-04-01\n接地松动；GB 50169；一般；2025-05-01",
        }

        assert desk.sends("zhang", "papers/result_notice", results).status_code == 302

        defects = Notice.objects.get().content["defects"]
        assert [(each["risk"], each["due_on"]) for each in defects] == [("high", "2025-04-01"), ("low", "2025-05-01")]

    def test_come_back_as_they_were_typed_where_something_is_wrong(self, desk: Desk) -> None:
        self.approved(desk)

        for wrong in ({"place": ""}, {"visit": "holiday"}, {"inspector_2": "zhang"}):
            answer = desk.sends("zhang", "papers/work_sheet", self.SHEET | wrong)
            assert answer.status_code == 422
            assert "balance of the area" in answer.content.decode()
        assert desk.sends("gao", "papers/work_sheet", self.SHEET).status_code == 422
        assert desk.sends("zhang", "papers/violation_notice", self.SHEET).status_code == 404
        assert not Notice.objects.exists()
