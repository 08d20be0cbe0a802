"""Lists as files and views: what stands in them, whose they are, and when they are gone."""

import csv
import dataclasses
import datetime as dt
import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from lamplighter.base.jobs.models import Job
from lamplighter.base.jobs.running import Pulse
from lamplighter.base.jobs.tasks import work_job
from lamplighter.base.saved_views.models import SavedView
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.audit.records import Act
from lamplighter.base.security.models import Staff
from lamplighter.business.detection.models import Suspicion
from lamplighter.business.line_loss.models import AreaNight
from lamplighter.doors.web import exports
from lamplighter.doors.web.lists import LISTS

pytestmark = pytest.mark.usefixtures("home")


def ask(
    client: Client, listed: str = "areas", *, asked: str = "", ending: str = "csv", why: str = "monthly report"
) -> Any:
    return client.post(f"/lists/{listed}/export/", {"asked": asked, "ending": ending, "why": why})


def work(job: Job | None = None) -> Job:
    job = job or Job.objects.get()
    work_job(job.pk, job.attempt, worker="w", pulse=Pulse(job.pk, job.attempt))
    return Job.objects.get(pk=job.pk)


def path_of(job: Job) -> Path:
    return exports.folder() / str(job.result["file"])


def rows_of(job: Job) -> list[list[str]]:
    """Rows of a CSV below its head; the first names the columns."""
    rows = csv.reader(path_of(job).read_text(encoding="utf-8-sig").splitlines())
    return [row for row in rows if not row[0].startswith("#")]


class TestAnExport:
    @pytest.mark.parametrize(
        ("listed", "role"),
        [
            ("areas", Role.MANAGER),
            ("suspicions", Role.INSPECTOR),
            ("trail", Role.AUDIT_ADMIN),
            ("security", Role.SECURITY_ADMIN),
        ],
    )
    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_is_made_of_every_list(self, listed: str, role: Role, ending: str, log_in: Callable[..., Client]) -> None:
        ask(log_in(role, unit="P"), listed, ending=ending)

        job = work()

        assert (job.state, job.failure) == ("done", "")
        assert path_of(job).suffix == f".{ending}"

    def test_can_be_asked_for_on_the_page_of_every_list(self) -> None:
        assert set(LISTS) >= {"areas", "suspicions", "trail", "security"}

    def test_holds_the_rows_of_ones_own_station_only(self, log_in: Callable[..., Client]) -> None:
        ask(log_in(Role.INSPECTOR, unit="S2"))

        assert [row[1] for row in rows_of(work())[1:]] == ["台区2 (A2)"]

    def test_is_not_widened_by_a_filter_on_another_station(self, log_in: Callable[..., Client]) -> None:
        ask(log_in(Role.INSPECTOR, unit="S2"), asked="station=S1")

        assert rows_of(work())[1:] == []

    def test_keeps_filters_and_sort_of_the_page_it_was_asked_for_on(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTION_LEADER, unit="N")

        ask(client, asked="sort=-supplied")
        ask(client, asked="station=S2&sort=-supplied&page=7")
        both, one = (work(job) for job in Job.objects.order_by("pk"))

        assert [row[4] for row in rows_of(both)[1:]] == ["3000.0", "1000.0"]
        assert [row[4] for row in rows_of(one)[1:]] == ["3000.0"]

    def test_holds_every_row_and_not_a_page_of_them(self, log_in: Callable[..., Client]) -> None:
        row = AreaNight.objects.get(area_id="A1")
        for number in range(60):
            row.pk, row.area_id = None, f"X{number}"
            row.save()
        ask(log_in(Role.INSPECTOR, unit="S1"))

        job = work()

        assert (job.result["rows"], len(rows_of(job)) - 1) == (61, 61)

    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_says_that_the_disk_is_full_leaves_nothing_and_is_made_when_there_is_room(
        self, ending: str, log_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def no_room(source: str, target: str) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client, ending=ending)
        with monkeypatch.context() as full:
            full.setattr("lamplighter.base.documents.tables.os.replace", no_room)
            failed = work()
            left = list(exports.folder().iterdir())

        assert (failed.state, left) == ("failed", [])
        assert failed.failure.startswith("The server's disk has no room left")
        assert "no room left" in client.get("/jobs/").content.decode()
        client.post(f"/jobs/{failed.pk}/retry/")
        assert work().state == "done"

    def test_masks_customers_as_the_page_does(self, log_in: Callable[..., Client]) -> None:
        ask(log_in(Role.INSPECTOR, unit="S1"), "suspicions")

        text = path_of(work()).read_text(encoding="utf-8-sig")

        assert "******5671" in text
        assert "0012345671" not in text

    def test_does_not_tell_who_was_drawn_at_random(self, log_in: Callable[..., Client]) -> None:
        Suspicion.objects.filter(station_id="S1").update(is_random=True, colour="none")
        ask(log_in(Role.INSPECTOR, unit="S1"), "suspicions", asked="random=yes")

        assert rows_of(work())[1:] == []

    def test_says_who_had_it_made_when_and_why(self, log_in: Callable[..., Client]) -> None:
        ask(log_in(Role.INSPECTOR, unit="S1"), ending="xlsx", asked="station=S1")

        job = work()
        about = {row[0].value: row[1].value for row in openpyxl.load_workbook(path_of(job))["About"].rows}

        assert about["Who"] == Staff.objects.get(pk=job.staff_id).username
        assert about["What for"] == "monthly report"
        assert about["Asked at"].startswith(f"{job.asked_at:%Y-%m-%dT%H:%M}")
        assert about["Narrowed to"] == "Unit: S1所"

    def test_lets_no_spreadsheet_run_what_a_name_holds(self, log_in: Callable[..., Client]) -> None:
        AreaNight.objects.filter(area_id="A1").update(name="=HYPERLINK(1)")
        ask(log_in(Role.INSPECTOR, unit="S1"), why="@SUM(1)")

        job = work()

        assert rows_of(job)[1][1] == "'=HYPERLINK(1) (A1)"
        assert "'@SUM(1)" in path_of(job).read_text(encoding="utf-8-sig")

    def test_is_in_the_trail_without_the_words_looked_for(self, log_in: Callable[..., Client]) -> None:
        ask(log_in(Role.INSPECTOR, unit="S1"), "suspicions", asked="q=M1&colour=red")

        entry = Entry.objects.get(act=Act.EXPORT_ASKED)
        assert entry.note == "monthly report"
        assert json.loads(entry.after) == {"list": "suspicions", "format": "csv", "colour": "red", "q": "***"}

    def test_is_not_made_without_a_reason_or_in_another_format(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")

        ask(client, why="  ")
        ask(client, ending="exe")

        assert Job.objects.count() == 0

    def test_is_not_made_of_a_list_that_is_closed_or_unknown(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.EQUIPMENT_ENGINEER, unit="S1")

        assert ask(client, "suspicions").status_code == 403
        assert ask(client, "nothing").status_code == 404
        assert Job.objects.count() == 0

    def test_is_not_made_for_somebody_who_was_moved_or_closed_meanwhile(self, log_in: Callable[..., Client]) -> None:
        for changed in ({"unit_id": "S2"}, {"unit_id": "S1", "is_active": False}):
            Job.objects.all().delete()
            Staff.objects.all().delete()
            ask(log_in(Role.INSPECTOR, unit="S1"))
            Staff.objects.update(**changed)

            job = work()

            assert job.state == "failed"
            assert "rights changed" in job.failure

    def test_of_a_second_attempt_is_another_file(self, log_in: Callable[..., Client]) -> None:
        ask(log_in(Role.INSPECTOR, unit="S1"))
        Job.objects.update(attempt=2)

        assert path_of(work()).name.endswith("-2.csv")


class TestDownloading:
    def test_gives_the_file_to_who_asked_and_records_it(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client)
        job = work()

        answer = client.get(f"/jobs/{job.pk}/file/")

        assert b"".join(answer) == path_of(job).read_bytes()  # type: ignore[arg-type]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        entry = Entry.objects.get(act=Act.EXPORT_DOWNLOADED)
        assert json.loads(entry.after)["sha256"] == job.result["sha256"]

    @pytest.mark.parametrize(
        ("role", "unit"), [(Role.INSPECTOR, "S1"), (Role.INSPECTION_LEADER, "N"), (Role.MANAGER, "P")]
    )
    def test_gives_it_to_nobody_else(self, role: Role, unit: str, log_in: Callable[..., Client]) -> None:
        ask(log_in(Role.INSPECTOR, unit="S1"))
        job, other = work(), log_in(role, unit=unit)

        for address in ("", "file/"):
            assert other.get(f"/jobs/{job.pk}/{address}").status_code == 404
        for address in ("cancel/", "retry/"):
            assert other.post(f"/jobs/{job.pk}/{address}").status_code == 404
        assert other.get("/jobs/").context["part"].count == 0

    def test_ends_when_the_right_is_gone(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client, "suspicions")
        job = work()
        Staff.objects.get(pk=job.staff_id).groups.clear()

        assert client.get(f"/jobs/{job.pk}/file/").status_code == 403

    def test_ends_when_the_file_expires(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client)
        job = work()
        later = timezone.now() + dt.timedelta(hours=73)

        assert exports.remove_expired(timezone.now()) == 0
        assert exports.remove_expired(later) == 1
        assert client.get(f"/jobs/{job.pk}/file/").status_code == 404
        Job.objects.update(result=job.result | {"expires_at": job.asked_at.isoformat()})
        assert "has expired" in client.get("/jobs/").content.decode()

    def test_follows_no_path_out_of_its_folder(self, log_in: Callable[..., Client], home: Path) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client)
        job = work()
        (home / "desk" / "secret.key").write_text("secret")
        Job.objects.update(result=job.result | {"file": "../secret.key"})

        assert client.get(f"/jobs/{job.pk}/file/").status_code == 404


class TestTheJobsPage:
    def test_is_empty_at_first(self, log_in: Callable[..., Client]) -> None:
        assert "asked for no job yet" in log_in(Role.MANAGER, unit="P").get("/jobs/").content.decode()

    def test_asks_for_the_row_of_an_open_job_again_and_of_no_other(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client)
        job = Job.objects.get()

        waiting = client.get(f"/jobs/{job.pk}/").content.decode()
        work(job)
        done = client.get(f"/jobs/{job.pk}/").content.decode()

        assert f'hx-get="/jobs/{job.pk}/"' in waiting
        assert "<progress" in waiting
        assert "hx-get" not in done
        assert f'href="/jobs/{job.pk}/file/"' in done

    def test_cancels_and_tries_again(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client)
        number = Job.objects.get().pk

        client.post(f"/jobs/{number}/cancel/")
        assert work().state == "cancelled"
        client.post(f"/jobs/{number}/retry/")
        assert work().state == "done"

    def test_shows_what_went_wrong(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        ask(client)
        Job.objects.update(state="failed", failure="The disk is full.")

        page = client.get("/jobs/").content.decode()
        assert "The disk is full." in page
        assert "/retry/" in page


class TestViews:
    def keep(
        self, client: Client, name: str = "red ones", *, asked: str = "colour=red&sort=-kwh", share: str = ""
    ) -> Any:
        return client.post("/lists/suspicions/views/", {"asked": asked, "name": name, "share": share})

    def test_keep_filters_and_sort(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        self.keep(client)

        (view,) = client.get("/suspicions/").context["views"]

        assert (view["words"], view["url"]) == ("red ones", "/suspicions/?colour=red&sort=-kwh")
        assert client.get(view["url"]).context["part"].ask.sort == "kwh"

    def test_are_replaced_by_one_of_the_same_name(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S1")
        self.keep(client)
        self.keep(client, asked="colour=orange")

        assert [view.asked for view in SavedView.objects.all()] == [{"colour": "orange"}]

    def test_are_ones_own_unless_they_are_shared(self, log_in: Callable[..., Client]) -> None:
        owner, colleague, sibling = (log_in(Role.INSPECTOR, unit=unit) for unit in ("S1", "S1", "S2"))
        self.keep(owner, "mine")
        self.keep(owner, "ours", share="yes")

        def seen(client: Client) -> list[str]:
            return [view["words"].split(" ")[0] for view in client.get("/suspicions/").context["views"]]

        assert (seen(owner), seen(colleague), seen(sibling)) == (["mine", "ours"], ["ours"], [])

    def test_of_others_show_no_more_than_ones_own_list_knows(self, log_in: Callable[..., Client]) -> None:
        leader, inspector = log_in(Role.INSPECTION_LEADER, unit="S1"), log_in(Role.INSPECTOR, unit="S1")
        self.keep(leader, "drawn", asked="random=yes&colour=red", share="yes")

        (view,) = inspector.get("/suspicions/").context["views"]

        assert view["url"] == "/suspicions/?colour=red"

    def test_are_removed_by_their_owner_alone(self, log_in: Callable[..., Client]) -> None:
        owner, colleague = log_in(Role.INSPECTOR, unit="S1"), log_in(Role.INSPECTOR, unit="S1")
        self.keep(owner, share="yes")
        address = f"/lists/suspicions/views/{SavedView.objects.get().pk}/remove/"

        assert colleague.post(address).status_code == 404
        assert owner.post(address).status_code == 302
        assert SavedView.objects.count() == 0

    def test_need_a_name_and_an_open_list(self, log_in: Callable[..., Client]) -> None:
        self.keep(log_in(Role.INSPECTOR, unit="S1"), "  ")

        assert self.keep(log_in(Role.EQUIPMENT_ENGINEER, unit="S1")).status_code == 403
        assert SavedView.objects.count() == 0


class TestEveryListPage:
    def test_says_what_of_a_row_stands_in_a_file(self, make_staff: Callable[..., Staff]) -> None:
        actor = dataclasses.replace(make_staff(*Role, unit="P").as_actor())

        bare = {
            name: [column.name for column in each.page(actor).columns if column.value is None]
            for name, each in LISTS.items()
        }

        assert bare == {name: [] for name in LISTS}
