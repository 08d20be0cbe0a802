"""*In the field*: what is handed out, what arrives once however often it is sent, and what is never taken in."""

import datetime as dt
import errno
import hashlib
import io
import json
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.doors.web.field_company import CREW, Telephone, bring_on_site, plan_stop
from tests.doors.web.field_desk import photo

from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.detection.records import OutcomeKind
from lamplighter.business.inspection.field import staging
from lamplighter.business.inspection.field.models import ChainLink, FieldExif, FieldItem, FieldRecord, FieldVisit
from lamplighter.business.inspection.field.queries import read_chain
from lamplighter.business.inspection.models import Case, CaseEvent, Evidence
from lamplighter.business.inspection.planning.models import DayPlan
from lamplighter.journeys.suspicion_to_recovery import outcome_of

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def today() -> dt.date:
    return dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()


def client_of(name: str, language: str = "en") -> Client:
    client = Client()
    client.force_login(Staff.objects.get(username=name), backend=BACKEND)
    client.cookies["lamplighter_language"] = language
    return client


@pytest.fixture
def case(company: None, make_staff: Callable[..., Staff]) -> Case:
    found = bring_on_site(make_staff)
    plan_stop(found.account_id, on=today())
    return found


def visits_of(client: Client) -> Any:
    return client.post("/field/day/").json()["visits"]


@pytest.fixture
def telephone(case: Case) -> Telephone:
    client = client_of("zhang")
    [visit] = visits_of(client)
    return Telephone(client, visit["visit_id"], second=str(Staff.objects.get(username="zhao").pk))


def everything() -> dict[str, int]:
    kinds = (FieldRecord, FieldItem, ChainLink, Evidence, FieldExif)
    return {kind.__name__: kind.objects.count() for kind in kinds}


ONE_RECORD = {"FieldRecord": 1, "FieldItem": 4, "ChainLink": 5, "Evidence": 5, "FieldExif": 0}
"""Four photos and a sheet, each once."""


class TestHandingOut:
    def test_gives_the_crew_its_visit_with_what_its_suspicion_calls_for(self, case: Case) -> None:
        [visit] = visits_of(client_of("zhang"))

        assert visit["why_not"] == ""
        assert (visit["meter_id"], visit["masked_account"]) == ("M1", "******5671")
        assert visit["lists"] == ["base", "ct_short", "cover_opened"]
        assert [name for _, name in visit["colleagues"]] == ["zhao", "chen"]
        assert "THEFT" in [value for value, _ in visit["outcomes"]]

    def test_gives_both_of_the_crew_the_same_visit_however_often(self, case: Case) -> None:
        zhang, zhao = client_of("zhang"), client_of("zhao")

        found = {visits_of(client)[0]["visit_id"] for client in (zhang, zhao, zhang)}

        assert len(found) == FieldVisit.objects.count() == 1

    def test_gives_nobody_elses_visits(self, case: Case) -> None:
        assert visits_of(client_of("chen")) == []

    def test_says_why_a_visit_cannot_be_made_yet(self, company: None, make_staff: Callable[..., Staff]) -> None:
        make_staff(Role.INSPECTOR, unit="S1", name="zhang")
        plan_stop("0012345671", on=today())

        [visit] = visits_of(client_of("zhang"))

        assert (visit["visit_id"], visit["why_not"]) == ("", "No case: take the suspicion up first.")

    def test_gives_no_personal_data_in_clear_and_nothing_that_tells_a_random_slot(self, case: Case) -> None:
        said = client_of("zhang").post("/field/day/").content.decode()

        assert "0012345671" not in said
        assert not {"is_random", "theft_probability", "expected_yuan", "colour", "propensity"} & set(
            json.loads(said)["visits"][0]
        )

    def test_is_not_undone_by_a_plan_that_is_made_anew(self, case: Case, telephone: Telephone) -> None:
        DayPlan.objects.all().delete()

        assert telephone.send_all()["is_whole"] is True


class TestARecord:
    def test_arrives_as_sealed_evidence_and_moves_its_case(self, telephone: Telephone, case: Case) -> None:
        answer = telephone.send_all()

        assert (answer["is_whole"], answer["has_moved"], answer["unmoved"]) == (True, True, "")
        case.refresh_from_db()
        assert (case.state, case.outcome, case.finder) == ("ON_SITE", "THEFT", "zhang, zhao")
        assert everything() == ONE_RECORD
        assert set(case.files.filter(kind="photo").values_list("sha256", flat=True)) == {
            hashlib.sha256(content).hexdigest() for content in telephone.files.values()
        }

    def test_is_kept_byte_by_byte(self, telephone: Telephone, case: Case, home: Path) -> None:
        telephone.send_all()

        for content in (*telephone.files.values(), telephone.sheet):
            path = home / "desk" / "cases" / str(case.pk) / hashlib.sha256(content).hexdigest()
            assert path.read_bytes() == content

    def test_has_its_chain_in_the_order_of_arrival_and_its_head_in_the_audit_trail(self, telephone: Telephone) -> None:
        answer = telephone.send_all()

        assert list(ChainLink.objects.order_by("number").values_list("what", flat=True)) == ["item"] * 4 + ["sheet"]
        entry = Entry.objects.get(kind="field.record")
        assert json.loads(entry.after)["hash"] == answer["link"][1] == ChainLink.objects.get(number=5).hash

    def test_may_have_its_sheet_come_first(self, telephone: Telephone) -> None:
        first = telephone.send_sheet().json()
        for item in reversed(telephone.files):
            last = telephone.part(item).json()

        assert (first["is_whole"], last["is_whole"], last["has_moved"]) == (False, True, True)
        assert everything() == ONE_RECORD

    def test_tells_how_far_a_cut_file_has_come(self, telephone: Telephone) -> None:
        item = next(iter(telephone.files))

        telephone.part(item, end=700)
        assert telephone.standing()["items"][str(item)] == ["coming", 700, ""]
        # The line broke before the answer: the telephone sends the same part again, and one from too far on.
        telephone.part(item, end=700)
        telephone.part(item, start=1400)
        assert telephone.standing()["items"][str(item)] == ["coming", 700, ""]

        telephone.part(item, start=700)
        assert telephone.standing()["items"][str(item)][0] == "kept"

    def test_starts_a_file_anew_that_was_altered_on_the_way(self, telephone: Telephone) -> None:
        item = next(iter(telephone.files))
        right = telephone.files[item]
        sha256 = hashlib.sha256(right).hexdigest()
        telephone.files[item] = right[:100] + b"X" + right[101:]

        telephone.part(item, sha256=sha256)

        assert telephone.standing()["items"][str(item)] == ["coming", 0, ""]
        telephone.files[item] = right
        assert telephone.part(item).json()["items"][str(item)][0] == "kept"

    def test_whose_telephone_has_a_wrong_clock_keeps_both_times(self, telephone: Telephone, case: Case) -> None:
        slow = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
        for item in telephone.files:
            telephone.part(item)

        telephone.send_sheet(now=slow.isoformat())

        assert abs((FieldRecord.objects.get().clock_offset_seconds or 0) - 7200) < 60
        page = telephone.client.get(f"/cases/{case.pk}/").content.decode()
        assert "120 min away from ours" in page
        assert "telephone said 2026-04-01 09:30" in page
        assert "taken 2026-04-01 11:30" in page

    def test_that_comes_days_later_teaches_the_day_of_the_visit(self, telephone: Telephone, case: Case) -> None:
        # Made the day before yesterday at noon, by a clock that is a day behind, and sent today.
        noon = dt.datetime.combine(today(), dt.time(12), ZoneInfo("Asia/Shanghai")) - dt.timedelta(days=2)
        FieldVisit.objects.update(handed_out_at=noon - dt.timedelta(hours=4))
        shown = (noon - dt.timedelta(days=1)).isoformat()
        telephone.other = {"outcome": "CLEAN", "found_by": "", "started_at": shown, "finished_at": shown}
        for item in telephone.files:
            telephone.part(item)
        telephone.send_sheet(now=(dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).isoformat())
        case.refresh_from_db()
        client_of("li").post(f"/cases/{case.pk}/task/archive/", {"seen": str(case.instance_number)})
        case.refresh_from_db()

        taught = outcome_of(case)

        assert taught is not None
        assert (taught.outcome, taught.inspected_on) == (OutcomeKind.CLEAN, noon.date())

    def test_that_lacks_something_is_evidence_and_moves_nothing(self, telephone: Telephone, case: Case) -> None:
        telephone.other = {"second_inspector": "", "answers": []}

        answer = telephone.send_all()

        case.refresh_from_db()
        assert (answer["is_whole"], answer["has_moved"], answer["unmoved"]) == (True, False, "lacks")
        assert case.outcome == ""
        assert case.files.count() == 5
        page = telephone.client.get(f"/cases/{case.pk}/").content.decode()
        assert "a second inspector" in page
        assert "Register as shown, total" in page

    def test_of_a_visit_that_somebody_recorded_at_the_desk_is_evidence(self, telephone: Telephone, case: Case) -> None:
        zhao, chen = (Staff.objects.get(username=name) for name in ("zhao", "chen"))
        case.refresh_from_db()
        said = {"second_inspector": str(chen.pk), "outcome": "CLEAN", "seen": str(case.instance_number)}
        assert client_of("zhao").post(f"/cases/{case.pk}/task/on_site/", said).status_code == 302
        assert zhao.username in CREW

        answer = telephone.send_all()

        case.refresh_from_db()
        assert (answer["is_whole"], answer["unmoved"], case.outcome) == (True, "task", "CLEAN")
        assert case.files.count() == 5

    def test_of_no_access_needs_no_photo_and_leads_back_to_planning(self, telephone: Telephone, case: Case) -> None:
        telephone.files = {}
        telephone.other = {"outcome": "NO_ACCESS", "found_by": "", "answers": [], "seals": []}

        answer = telephone.send_sheet().json()

        case.refresh_from_db()
        assert (answer["has_moved"], case.state) == (True, "NO_ACCESS")

    def test_of_a_case_that_stands_still_is_evidence_with_the_reason(self, telephone: Telephone, case: Case) -> None:
        held = {"suspension": "METROLOGY_OPINION", "seen": str(case.instance_number)}
        assert client_of("chen").post(f"/cases/{case.pk}/hold/", held).status_code == 302

        answer = telephone.send_all()

        assert (answer["is_whole"], answer["has_moved"]) == (True, False)
        assert answer["unmoved"] in ("task", "refused")
        assert case.files.count() == 5

    def test_is_one_however_many_times_it_is_sent_by_either_page_of_a_telephone(self, telephone: Telephone) -> None:
        for _ in range(3):
            telephone.send_all()

        assert everything() == ONE_RECORD
        assert CaseEvent.objects.filter(kind="completed", line__contains="on_site").count() == 1

    def test_with_the_same_photo_twice_has_two_items_and_one_file(self, telephone: Telephone, case: Case) -> None:
        first, second, *_ = telephone.files
        telephone.files[second] = telephone.files[first]

        assert telephone.send_all()["is_whole"] is True

        assert FieldItem.objects.filter(state="kept").count() == 4
        assert case.files.filter(kind="photo").count() == 3


class TestAnotherUnderTheSameName:
    def test_is_refused_as_sheet(self, telephone: Telephone) -> None:
        telephone.send_all()
        telephone.other = {"note": "something else"}

        assert telephone.send_sheet().status_code == 409
        assert FieldRecord.objects.get().sheet["note"] == "two of three windings shorted"

    def test_is_refused_as_file(self, telephone: Telephone) -> None:
        item = next(iter(telephone.files))
        telephone.part(item)
        telephone.files[item] = photo(99)

        assert telephone.part(item).status_code == 409

    def test_is_refused_as_file_the_sheet_does_not_name(self, telephone: Telephone) -> None:
        telephone.send_sheet()
        telephone.files[uuid4()] = photo(50)

        assert telephone.part(list(telephone.files)[-1]).status_code == 409

    def test_is_refused_as_sheet_that_leaves_out_a_file_that_came(self, telephone: Telephone) -> None:
        for item in telephone.files:
            telephone.part(item)
        del telephone.files[list(telephone.files)[-1]]

        assert telephone.send_sheet().status_code == 409

    def test_is_refused_as_record_of_somebody_else(self, telephone: Telephone) -> None:
        telephone.part(next(iter(telephone.files)))
        telephone.client = client_of("zhao")

        assert telephone.send_sheet().status_code == 409
        assert telephone.standing()["items"] == {}


class TestScope:
    @pytest.mark.parametrize("name", ["chen", "far"])
    def test_is_ones_own_crew(self, name: str, telephone: Telephone, make_staff: Callable[..., Staff]) -> None:
        make_staff(Role.INSPECTOR, unit="S2", name="far")
        telephone.client = client_of(name)

        item = next(iter(telephone.files))
        answers = [telephone.part(item), telephone.send_sheet(), telephone.client.get(telephone.address())]

        assert [answer.status_code for answer in answers] == [404, 404, 404]
        assert not FieldRecord.objects.exists()

    def test_leads_to_the_log_in_once_the_session_is_over(self, telephone: Telephone) -> None:
        telephone.client.logout()

        answer = telephone.send_sheet()

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")

    def test_asks_for_the_token_of_the_page(self, telephone: Telephone) -> None:
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(Staff.objects.get(username="zhang"), backend=BACKEND)
        telephone.client = strict

        assert telephone.send_sheet().status_code == 403

    def test_of_pictures_is_the_cases(self, telephone: Telephone, case: Case, make_staff: Callable[..., Staff]) -> None:
        telephone.send_all()
        make_staff(Role.INSPECTOR, unit="S2", name="far")
        number = FieldItem.objects.order_by("pk").values_list("pk", flat=True)[0]
        address = f"/cases/{case.pk}/field/{number}/"

        assert telephone.client.get(address).status_code == 200
        assert client_of("far").get(address).status_code == 404


def bomb_of_pixels() -> bytes:
    """A PNG of 60,000 x 60,000 in a few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    lines = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


class TestWhatIsTakenIn:
    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "kind"),
            (b"GIF89a" + b"\0" * 40, "kind"),
            (b"<script>alert(1)</script>", "kind"),
            (b"PK\x03\x04" + b"\0" * 400, "kind"),
            (b"\xff\xd8\xff\xe0 no picture at all", "broken"),
            (photo(1)[:900], "broken"),
            (bomb_of_pixels(), "pixels"),
        ],
        ids=["svg", "gif", "script", "zip", "false-jpeg", "cut-jpeg", "pixel-bomb"],
    )
    def test_is_no_other_file_and_the_record_arrives_without_it(
        self, content: bytes, why: str, telephone: Telephone, case: Case, home: Path
    ) -> None:
        item = list(telephone.files)[-1]
        telephone.files[item] = content

        answer = telephone.send_all()

        assert answer["items"][str(item)] == ["refused", len(content), why]
        # The photo of the clamp is missing now: evidence, but no theft.
        assert (answer["is_whole"], answer["unmoved"]) == (True, "lacks")
        assert not (home / "desk" / "cases" / str(case.pk) / hashlib.sha256(content).hexdigest()).exists()
        assert ChainLink.objects.filter(what="refused", sha256=hashlib.sha256(content).hexdigest()).count() == 1
        assert read_chain(case.pk).fault is None

    @pytest.mark.parametrize(
        "announced",
        [
            {"size": 21 * 1024 * 1024},
            {"size": 0},
            {"size": "many"},
            {"sha256": "../../../etc/passwd"},
            {"sha256": ""},
            {"sequence": 0},
            {"sequence": 61},
            {"offset": -1},
            {"offset": 10**9},
        ],
    )
    def test_is_nothing_that_announces_itself_wrongly(
        self, announced: dict[str, Any], telephone: Telephone, home: Path
    ) -> None:
        answer = telephone.part(next(iter(telephone.files)), **announced)

        assert answer.status_code == 422
        assert not FieldItem.objects.exists()
        assert list((home / "desk").rglob("*.part")) == []

    def test_is_no_address_that_leads_elsewhere(self, telephone: Telephone) -> None:
        for item in ("..%2f..%2fsecret.key", "../../secret.key", "x"):
            answer = telephone.client.put(telephone.address(f"items/{item}/"), b"x", content_type="image/jpeg")
            assert answer.status_code == 404

    def test_is_no_part_larger_than_a_part(self, telephone: Telephone) -> None:
        item = next(iter(telephone.files))
        telephone.files[item] = b"\0" * (1024 * 1024 + 1)

        assert telephone.part(item).status_code == 422

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"not json", b"[" * 100_000, b'{"record_id": 1e999}'])
    def test_is_no_sheet_that_is_none(self, content: bytes, telephone: Telephone) -> None:
        assert telephone.send_sheet(content).status_code == 422

    def test_is_no_sheet_of_another_visit(self, telephone: Telephone) -> None:
        telephone.other = {"visit_id": str(uuid4())}

        assert telephone.send_sheet().status_code == 422

    def test_is_no_end_of_records(self, telephone: Telephone) -> None:
        telephone.files = {}
        found = []
        for number in range(21):
            telephone.record = UUID(int=number + 1)
            found.append(telephone.send_sheet().status_code)

        assert (found[19], found[20]) == (200, 422)


class TestExif:
    def test_is_kept_apart_and_shown_on_no_picture(self, telephone: Telephone, case: Case) -> None:
        item = next(iter(telephone.files))
        telephone.files[item] = photo(7, exif={0x010F: "Camera Works", 0x0132: "2026:04:01 09:30:00"})

        telephone.send_all()

        kept = FieldExif.objects.get()
        assert kept.content["Make"] == "Camera Works"
        address = f"/cases/{case.pk}/field/{FieldItem.objects.get(item_id=item).pk}/"
        shown = telephone.client.get(address)
        assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert b"Camera Works" not in shown.content
        assert len(Image.open(io.BytesIO(shown.content)).getexif()) == 0


class TestADiskThatIsFull:
    @pytest.fixture
    def full(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        def no_room(handle: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        return lambda: monkeypatch.setattr(staging.os, "fsync", no_room)

    def test_is_told_and_leaves_nothing_half_done(
        self, telephone: Telephone, home: Path, full: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        item = next(iter(telephone.files))
        telephone.part(item, end=500)
        full()

        answers = [telephone.part(item, start=500), telephone.send_sheet()]

        assert [answer.status_code for answer in answers] == [507, 507]
        assert "no room left" in answers[0].json()["sentence"]
        assert telephone.standing()["items"][str(item)] == ["coming", 500, ""]
        assert FieldRecord.objects.get().sheet is None
        monkeypatch.undo()
        os.environ["LAMPLIGHTER_HOME"] = str(home)
        telephone.part(item, start=500)
        assert telephone.send_all()["has_moved"] is True
        assert everything() == ONE_RECORD


class TestTheChain:
    def verify(self, telephone: Telephone, case: Case) -> str:
        answer = telephone.client.post(f"/cases/{case.pk}/field/verify/", follow=True)
        return str(answer.content.decode())

    def test_is_whole_after_everything_arrived(self, telephone: Telephone, case: Case) -> None:
        telephone.send_all()

        assert "5 links whole, 5 files read again" in self.verify(telephone, case)

    def test_is_broken_by_an_altered_file(self, telephone: Telephone, case: Case, home: Path) -> None:
        telephone.send_all()
        link = ChainLink.objects.get(number=2)
        path = home / "desk" / "cases" / str(case.pk) / link.sha256
        path.chmod(0o600)
        path.write_bytes(photo(77))

        assert "the file of link 2 is not the one that arrived" in self.verify(telephone, case)

    def test_is_broken_by_a_file_that_is_gone(self, telephone: Telephone, case: Case, home: Path) -> None:
        telephone.send_all()
        (home / "desk" / "cases" / str(case.pk) / ChainLink.objects.get(number=3).sha256).unlink()

        assert "the file of link 3 is missing" in self.verify(telephone, case)

    def test_is_broken_by_an_altered_link_and_the_page_says_so(self, telephone: Telephone, case: Case) -> None:
        telephone.send_all()
        ChainLink.objects.filter(number=4).update(sha256="f" * 64)

        assert "BROKEN: link 4 does not say" in telephone.client.get(f"/cases/{case.pk}/").content.decode()

    def test_is_broken_by_links_cut_off_its_end(self, telephone: Telephone, case: Case) -> None:
        telephone.send_all()
        ChainLink.objects.filter(number=5).delete()

        assert "link 5 is missing" in self.verify(telephone, case)

    def test_is_only_ever_added_to(self, telephone: Telephone) -> None:
        telephone.send_all()

        with pytest.raises(TypeError, match="only ever added to"):
            ChainLink.objects.get(number=1).save()


MESSAGES = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(("whole", "first", "rest", "rest", "middle"))), min_size=0, max_size=40
)


class TestAnyOrder:
    @given(messages=MESSAGES)
    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    def test_of_cut_repeated_and_replayed_messages_makes_one_record(
        self, messages: list[tuple[int, str]], telephone: Telephone, case: Case
    ) -> None:
        """Whatever was sent before, in whatever order and however often: one round more, and it is all there once."""
        # A crew of its own each time: one visit takes no end of records.
        own = FieldVisit.objects.get(pk=telephone.visit)
        own.pk, own.crew = uuid4(), str(uuid4())
        own.save(force_insert=True)
        sent = Telephone(telephone.client, str(own.pk), second=telephone.second)
        before = {"FieldRecord": FieldRecord.objects.count(), "ChainLink": ChainLink.objects.count()}
        for which, how in messages:
            if which == 4:
                assert sent.send_sheet().status_code == 200
                continue
            item = list(sent.files)[which]
            half = len(sent.files[item]) // 2
            start, end = {"whole": (0, None), "first": (0, half), "rest": (half, None), "middle": (half, half + 99)}[
                how
            ]
            assert sent.part(item, start=start, end=end).status_code == 200

        for item, content in sent.files.items():
            received = sent.standing()["items"].get(str(item), ["coming", 0, ""])[1]
            sent.part(item, start=received if received < len(content) else 0)
        answer = sent.send_sheet().json()

        assert answer["is_whole"] is True
        record = FieldRecord.objects.get(pk=sent.record)
        assert (record.items.filter(state="kept").count(), record.links.count()) == (4, 5)
        assert FieldRecord.objects.count() == before["FieldRecord"] + 1
        assert ChainLink.objects.count() == before["ChainLink"] + 5
        assert read_chain(case.pk).fault is None
