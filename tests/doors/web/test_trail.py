"""Who did what: accounts, refusals and unmaskings in the trail, and the pages of the two administrators."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.doors.web.conftest import PHRASE

from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.audit.recording import record
from lamplighter.base.security.audit.records import Act
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.doors.web.views import customers
from lamplighter.journeys import unmasking
from lamplighter.journeys.customer_panorama import Panorama


def acts(**wanted: Any) -> list[str]:
    return list(Entry.objects.filter(**wanted).order_by("number").values_list("act", flat=True))


class TestAccounts:
    def log_in(self, name: str, phrase: str, **headers: str) -> Client:
        client = Client()
        client.post("/accounts/login/", {"login": name, "password": phrase}, **headers)  # type: ignore[arg-type]
        return client

    def test_stand_in_the_trail_from_log_in_to_log_out(self, make_staff: Callable[..., Any], home: Any) -> None:
        staff = make_staff(Role.INSPECTOR, unit="S1", name="li")
        client = self.log_in("li", PHRASE, REMOTE_ADDR="192.0.2.9")
        client.post("/accounts/logout/")

        entries = Entry.objects.filter(subject=str(staff.pk), act__in=[Act.LOGGED_IN, Act.LOGGED_OUT])
        assert [entry.act for entry in entries.order_by("number")] == ["logged_in", "logged_out"]
        assert entries.get(act=Act.LOGGED_IN).origin == "192.0.2.9"

    def test_are_locked_out_once_in_the_trail_however_often_somebody_tries_on(
        self, make_staff: Callable[..., Any], home: Any
    ) -> None:
        staff = make_staff(Role.INSPECTOR, unit="S1", name="li")
        for _ in range(8):
            self.log_in("li", "wrong")

        assert acts(subject=str(staff.pk), outcome="refused") == ["login_failed"] * 5 + ["locked_out"]

    def test_that_nobody_has_leave_no_name_behind(self, company: None, home: Any) -> None:
        self.log_in("my-own-secret-phrase", "wrong")

        assert Entry.objects.get(act=Act.LOGIN_FAILED).subject == "unknown"
        assert not Entry.objects.filter(after__contains="my-own-secret-phrase").exists()


class TestRefusals:
    def test_stand_in_the_trail_by_the_name_of_the_page(self, log_in: Callable[..., Client], home: Any) -> None:
        log_in(Role.MANAGER, unit="S1").get("/customers/1/")

        entry = Entry.objects.get(act=Act.REFUSED)
        assert (entry.subject, json.loads(entry.after)) == ("customer", {"right": "see_customers"})


class TestTheTrailsPage:
    def test_shows_the_audit_administrator_of_a_station_that_station_alone(
        self, log_in: Callable[..., Client], make_staff: Callable[..., Any], home: Any
    ) -> None:
        for unit in ("S1", "S2"):
            by = make_staff(Role.INSPECTOR, unit=unit, name=f"li-{unit}").as_actor()
            record(act=Act.CHANGED, by=by, now=timezone.now(), kind="case", subject=unit)
        client = log_in(Role.AUDIT_ADMIN, unit="S2")

        page = client.get("/trail/")

        assert {row.subject for row in page.context["part"].rows} == {"S2"}
        assert "li-S1" not in page.content.decode()

    def test_shows_what_strangers_and_programs_did_to_whoever_has_the_whole_company(
        self, log_in: Callable[..., Client], home: Any
    ) -> None:
        record(act=Act.LOGIN_FAILED, by=None, now=timezone.now(), kind="security.staff", subject="unknown")

        assert [
            row.act for row in log_in(Role.AUDIT_ADMIN, unit="P").get("/trail/?act=login_failed").context["part"].rows
        ]
        assert log_in(Role.AUDIT_ADMIN, unit="S1").get("/trail/?act=login_failed").context["part"].count == 0

    def test_can_be_filtered_sorted_and_had_as_a_file(self, log_in: Callable[..., Client], home: Any) -> None:
        client = log_in(Role.AUDIT_ADMIN, unit="P")

        rows = client.get("/trail/?sort=number&act=created").context["part"].rows

        assert [row.number for row in rows] == sorted(row.number for row in rows)
        assert {row.act for row in rows} == {"created"}
        assert 'action="/lists/trail/export/"' in client.get("/trail/").content.decode()

    def test_says_that_the_trail_is_whole(self, log_in: Callable[..., Client], home: Any) -> None:
        page = log_in(Role.AUDIT_ADMIN, unit="P").post("/trail/verify/")

        assert page.context["verdict"].is_whole
        assert "no head was ever signed" in page.content.decode()
        assert acts(act=Act.VERIFIED) == ["verified"]

    def test_says_which_entry_was_changed(self, log_in: Callable[..., Client], home: Any) -> None:
        client = log_in(Role.AUDIT_ADMIN, unit="P")
        Entry.objects.filter(number=2).update(note="nothing happened")

        page = client.post("/trail/verify/").content.decode()

        assert "NOT whole" in page
        assert "entry 2 no longer says" in page


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch, home: Any) -> list[str]:
    """An archive with the customer's data, instead of a lake; what of it is read in clear, in order."""
    read: list[str] = []

    class Lake:
        @staticmethod
        def open(path: object) -> "Lake":
            return Lake()

        def snapshot(self) -> Any:
            return self

        def __enter__(self) -> "Lake":
            return self

        def __exit__(self, *_: object) -> None: ...

    class Rows:
        def to_pylist(self) -> list[dict[str, Any]]:
            return [{"name": "王小明", "address": "幸福路12号", "telephone": "13812345678"}]

    def read_in_clear(state: object, *, account_id: str, is_masked: bool) -> Rows:
        assert not is_masked
        assert Entry.objects.filter(act=Act.UNMASKED).exists(), "read before it was recorded"
        read.append(account_id)
        return Rows()

    panorama = Panorama(archive={"address": "幸福路***"}, meters=(), bills=(), outcomes=())
    monkeypatch.setattr(customers, "Lake", Lake)
    monkeypatch.setattr(customers, "read_panorama", lambda *_, **__: panorama)
    monkeypatch.setattr(unmasking, "read_customers", read_in_clear)
    return read


class TestUnmasking:
    def url(self, station: str = "S1") -> str:
        return f"/customers/{CustomerEntry.objects.get(station_id=station).pk}/"

    def ask(
        self, client: Client, *, station: str = "S1", purpose: str = "site_visit", note: str = "work order 7"
    ) -> Any:
        return client.post(f"{self.url(station)}clear/", {"purpose": purpose, "note": note})

    def test_shows_the_data_on_that_page_and_on_no_other(
        self, log_in: Callable[..., Client], archive: list[str]
    ) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")

        shown, again = self.ask(client), client.get(self.url())

        for word in ("王小明", "13812345678", "幸福路12号", "0012345671"):
            assert word in shown.content.decode()
            assert word not in again.content.decode()
        assert shown.headers["Cache-Control"] == "private, no-store"

    def test_is_recorded_with_its_purpose_and_without_the_data(
        self, log_in: Callable[..., Client], archive: list[str]
    ) -> None:
        self.ask(log_in(Role.INSPECTOR, unit="S1"))

        entry = Entry.objects.get(act=Act.UNMASKED)
        assert (entry.purpose, entry.note) == ("site_visit", "work order 7")
        assert "5671" in entry.after
        assert "001234567" not in entry.after

    def test_is_shown_to_the_security_administrator(self, log_in: Callable[..., Client], archive: list[str]) -> None:
        self.ask(log_in(Role.INSPECTOR, unit="S1"))

        page = log_in(Role.SECURITY_ADMIN, unit="P").get("/security/?act=unmasked").content.decode()

        assert "visit on site · work order 7" in page
        assert "王小明" not in page

    @pytest.mark.parametrize(("purpose", "note"), [("", "work"), ("curiosity", "work"), ("site_visit", "  ")])
    def test_takes_a_purpose_of_the_list_and_a_word_about_the_work(
        self, purpose: str, note: str, log_in: Callable[..., Client], archive: list[str]
    ) -> None:
        page = self.ask(log_in(Role.INSPECTOR, unit="S1"), purpose=purpose, note=note)

        assert archive == []
        assert "Choose a purpose and say" in page.content.decode()
        assert acts(act=Act.UNMASKED) == []

    def test_knows_nothing_of_a_sibling_unit(self, log_in: Callable[..., Client], archive: list[str]) -> None:
        answer = self.ask(log_in(Role.INSPECTION_LEADER, unit="S2"), station="S1")

        assert (answer.status_code, archive, acts(act=Act.UNMASKED)) == (404, [], [])

    def test_is_closed_to_who_sees_customers_masked(self, log_in: Callable[..., Client], archive: list[str]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="S1")

        assert self.ask(client).status_code == 403
        assert "clear/" not in client.get(self.url()).content.decode()

    def test_ends_with_the_days_limit_and_begins_anew_the_next(
        self, log_in: Callable[..., Client], archive: list[str], home: Any
    ) -> None:
        (home / "settings").mkdir(parents=True)
        (home / "settings" / "security.toml").write_text(
            '[[limit]]\nname = "unmaskings_a_day"\nrule_id = "SEC-1"\nvalid_from = 2026-01-01\nvalue = 2\nunit = ""\n'
            'source = "company"\nevidence = "R"\n'
        )
        client = log_in(Role.INSPECTOR, unit="S1")
        yesterday = timezone.now() - dt.timedelta(days=1, hours=1)

        pages = [self.ask(client).content.decode() for _ in range(3)]
        assert ["王小明" in page for page in pages] == [True, True, False]
        assert "2 times today" in pages[2]

        Entry.objects.filter(act=Act.UNMASKED).update(at=yesterday)
        assert "王小明" in self.ask(client).content.decode()
