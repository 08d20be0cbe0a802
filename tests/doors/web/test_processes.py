"""Versions of processes: brought, looked at, released by a second person, gone back from; matters keep theirs."""

import datetime as dt
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.doors.web.conftest import units_of

from lamplighter.base.security.actor import Actor, Role, UnitPath
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.operations import complete_task, register_ticket
from lamplighter.business.service_desk.tickets.queries import TicketRow
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.business.workflow.definitions.library import PROCESSES, packaged_file, packaged_library
from lamplighter.business.workflow.instances import Status
from lamplighter.business.workflow.versions.library import LIBRARY
from lamplighter.business.workflow.versions.models import Beginning, Change, VersionFile

MONDAY = dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC)
FOLDER = resources.files(PROCESSES)
EDITED = Path(__file__).parents[2] / "business/workflow/enquiry_changed_in_an_editor.bpmn"
URL = "/process/versions/ticket_enquiry/"


def sent(content: bytes, name: str = "enquiry.bpmn", reason: str = "少一次重复来电") -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, content), "reason": reason}


@pytest.fixture
def supervisor(log_in: Callable[..., Client]) -> Client:
    return log_in(Role.SERVICE_SUPERVISOR, unit="S1", language="zh")


@pytest.fixture
def boss(log_in: Callable[..., Client]) -> Client:
    """A manager whose unit is the whole company."""
    return log_in(Role.MANAGER, unit="P", language="zh")


@pytest.fixture
def proposed(supervisor: Client) -> Change:
    supervisor.post(f"{URL}propose/", sent(EDITED.read_bytes()))
    return Change.objects.get()


@pytest.fixture
def agent(make_staff: Callable[..., Staff]) -> Actor:
    return make_staff(Role.SERVICE_AGENT, unit="S1", name="sun").as_actor()


def taken_down(agent: Actor) -> TicketRow:
    return register_ticket(
        actor=agent,
        matter=Matter("TK-4", Channel.PHONE, "何时停电检修"),
        path=UnitPath(**units_of("S1")),
        names={},
        data={"may_call_back": "false"},
        now=MONDAY,
    )


def does(agent: Actor, row: TicketRow, *tasks: str) -> Ticket:
    forms: dict[str, dict[str, object]] = {
        "dispatch": {"team": "一班"},
        "handle": {"handling": "DONE", "handling_note": "查过"},
        "second_look": {},
        "reply": {"reply_text": "周三", "replied_by": "CALL"},
    }
    for hour, task in enumerate(tasks, 1):
        seen = Ticket.objects.get(pk=row.number).instance_number
        at = MONDAY + dt.timedelta(hours=hour)
        complete_task(actor=agent, number=row.number, task=task, data=forms[task], seen=seen, now=at)
    return Ticket.objects.get(pk=row.number)


def release(boss: Client, change: Change, answer: str = "看过") -> None:
    boss.post(f"/process/changes/{change.pk}/decide/", {"what": "approve", "answer": answer})


class TestDefinitions:
    def test_are_listed_with_what_runs_and_how_many_are_open(self, supervisor: Client, agent: Actor) -> None:
        taken_down(agent)

        rows = {each["row"].name: each for each in supervisor.get("/process/versions/").context["rows"]}

        assert len(rows) == 17 + 2
        enquiry = rows["ticket_enquiry"]
        assert (enquiry["row"].version, enquiry["row"].is_own, enquiry["open"]) == (1, False, 1)
        assert rows["approval_level"]["row"].kind == "decision"

    @pytest.mark.parametrize("name", packaged_library().names())
    def test_are_shown_with_their_drawing(self, supervisor: Client, name: str) -> None:
        page = supervisor.get(f"/process/versions/{name}/")

        boxes = [shape for shape in page.context["picture"]["shapes"] if shape["form"] == "box"]
        tasks = [kind for kind in packaged_library().latest(name).kinds.values() if kind.endswith("Task")]
        assert len(boxes) == len(tasks)

    def test_are_handed_out_byte_by_byte_and_recorded(self, supervisor: Client) -> None:
        answer = supervisor.get(f"{URL}1/file/")

        assert answer.content == FOLDER.joinpath("ticket_enquiry.bpmn").read_bytes()
        assert answer["Content-Disposition"] == 'attachment; filename="ticket_enquiry-1.bpmn"'
        assert Entry.objects.filter(kind="workflow.version", act="export_downloaded").count() == 1

    @pytest.mark.parametrize("path", ["no_such/", "ticket_enquiry/7/file/", "no_such/1/file/"])
    def test_are_not_there_where_there_are_none(self, supervisor: Client, path: str) -> None:
        assert supervisor.get(f"/process/versions/{path}").status_code == 404


class TestUpload:
    def test_says_every_fault_at_once_and_takes_nothing(self, supervisor: Client) -> None:
        hostile = EDITED.read_bytes().replace(
            b"</process>",
            b'<scriptTask id="x"/><callActivity id="y" calledElement="z"/><startEvent id="s2"/></process>',
        )

        page = supervisor.post(f"{URL}propose/", sent(hostile))

        assert page.status_code == 422
        faults = {each["element"] for each in page.context["refusal"]["faults"]}
        assert {"x", "y", "s2"} <= faults
        assert not Change.objects.exists()

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"PK\x03\x04" + b"\0" * 100, "压缩包"),
            (b"x" * 1_000_002, "1,000,001"),
            (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', "DTD"),
            (b"<a>" * 100, "24"),
            ("校表".encode("gb18030"), "UTF-8"),
        ],
    )
    def test_refuses_what_is_no_process_in_words(self, supervisor: Client, content: bytes, words: str) -> None:
        page = supervisor.post(f"{URL}propose/", sent(content))

        assert page.status_code == 422
        assert words in "".join(each["sentence"] for each in page.context["refusal"]["faults"])

    def test_refuses_a_process_the_desk_could_not_work_with(self, supervisor: Client) -> None:
        content = EDITED.read_bytes().replace(b'lamp:roles="service_agent"', b'lamp:roles="wizard"')

        page = supervisor.post(f"{URL}propose/", sent(content))

        assert "wizard" in page.context["refusal"]["faults"][0]["sentence"]

    def test_refuses_the_file_that_runs_and_one_without_a_reason(self, supervisor: Client) -> None:
        same = supervisor.post(f"{URL}propose/", sent(FOLDER.joinpath("ticket_enquiry.bpmn").read_bytes()))
        silent = supervisor.post(f"{URL}propose/", sent(EDITED.read_bytes(), reason=" "))
        none = supervisor.post(f"{URL}propose/", {"reason": "x"})

        assert [page.status_code for page in (same, silent, none)] == [422, 422, 422]
        assert not Change.objects.exists()

    def test_shows_what_is_different_and_what_came_of_trying_it_out(self, supervisor: Client, proposed: Change) -> None:
        page = supervisor.get(f"/process/changes/{proposed.pk}/")

        part = page.context["parts"][0]
        assert "新增人工任务“复核答复”" in part["sentences"][1]
        assert part["tried"]["ends"][0]["way"] == "派单 → 查询与核实 → 复核答复 → 答复客户"
        assert (part["tried"]["missed_ends"], part["tried"]["missed_steps"]) == ("", "")
        assert (part["part"].before.version, part["part"].after.version) == (1, 1001)

    def test_waits_alone(self, supervisor: Client, proposed: Change) -> None:
        page = supervisor.post(f"{URL}propose/", sent(EDITED.read_bytes().replace("复核".encode(), "再核".encode())))

        assert page.status_code == 422
        assert Change.objects.count() == 1

    def test_is_not_for_those_without_the_right(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_AGENT, unit="S1")

        assert client.post(f"{URL}propose/", sent(EDITED.read_bytes())).status_code == 403
        assert not Change.objects.exists()


class TestRelease:
    def test_lets_new_matters_run_the_new_version_and_old_ones_finish_on_theirs(
        self, boss: Client, proposed: Change, agent: Actor
    ) -> None:
        old = taken_down(agent)

        release(boss, proposed)
        new = taken_down(agent)

        finished = does(agent, old, "dispatch", "handle", "reply")
        assert (finished.process_version, finished.status) == (1, Status.FINISHED.value)
        finished = does(agent, new, "dispatch", "handle", "second_look", "reply")
        assert (finished.process_version, finished.status) == (1001, Status.FINISHED.value)

    def test_keeps_a_matter_of_the_new_version_on_it_after_going_back(
        self, boss: Client, proposed: Change, agent: Actor
    ) -> None:
        release(boss, proposed)
        begun = taken_down(agent)

        boss.post(f"{URL}1/choose/", {"reason": "复核积压"})

        assert LIBRARY.latest("ticket_enquiry").version == 1
        assert taken_down(agent).number != begun.number
        assert Ticket.objects.order_by("-pk").values_list("process_version", flat=True)[0] == 1
        finished = does(agent, begun, "dispatch", "handle", "second_look", "reply")
        assert finished.status == Status.FINISHED.value

    def test_is_recorded_with_who_proposed_and_who_released(self, boss: Client, proposed: Change) -> None:
        release(boss, proposed)

        entry = Entry.objects.get(act="released", kind="workflow.version")
        assert (entry.subject, entry.note) == ("ticket_enquiry", "少一次重复来电")
        assert '"version":1001' in entry.after.replace(" ", "")
        assert proposed.proposed_by in entry.after

    def test_takes_somebody_else_and_the_whole_company(
        self, log_in: Callable[..., Client], make_staff: Callable[..., Staff]
    ) -> None:
        own = log_in(Role.MANAGER, unit="P", name="gao")
        own.post(f"{URL}propose/", sent(EDITED.read_bytes()))
        change = Change.objects.get()

        release(own, change)
        assert Change.objects.get().state == "waiting"
        county = log_in(Role.MANAGER, unit="N", name="qin")
        assert (
            county.post(f"/process/changes/{change.pk}/decide/", {"what": "approve", "answer": "x"}).status_code == 403
        )
        assert LIBRARY.latest("ticket_enquiry").version == 1

    def test_takes_one_person_where_the_company_says_so(self, boss: Client, home: Path) -> None:
        (home / "settings").mkdir(parents=True)
        (home / "settings" / "security.toml").write_text(
            '[[limit]]\nname = "process_release_persons"\nrule_id = "SEC-3"\nvalid_from = 2026-01-01\nvalue = 1\n'
            'unit = "persons"\nsource = "order of the company"\nevidence = "R"\n',
            encoding="utf-8",
        )

        boss.post(f"{URL}propose/", sent(EDITED.read_bytes()))

        assert Change.objects.get().state == "released"
        assert LIBRARY.latest("ticket_enquiry").version == 1001

    def test_is_refused_without_a_word_and_once_it_is_decided(self, boss: Client, proposed: Change) -> None:
        release(boss, proposed, answer=" ")
        assert Change.objects.get().state == "waiting"

        boss.post(f"/process/changes/{proposed.pk}/decide/", {"what": "refuse", "answer": "太慢"})
        release(boss, proposed)

        assert Change.objects.get().state == "refused"
        assert LIBRARY.latest("ticket_enquiry").version == 1

    def test_may_be_taken_back_by_who_proposed_it(self, supervisor: Client, proposed: Change) -> None:
        supervisor.post(f"/process/changes/{proposed.pk}/decide/", {"what": "refuse", "answer": "画错了"})

        assert Change.objects.get().state == "refused"
        # The number is not given twice: somebody may hold its file.
        supervisor.post(f"{URL}propose/", sent(EDITED.read_bytes()))
        assert VersionFile.objects.get(is_waiting=True).version == 1002

    def test_is_refused_when_another_version_runs_by_now(self, boss: Client, proposed: Change) -> None:
        Beginning.objects.create(name="ticket_enquiry", version=1, replaced=1, reason="x", made_at=MONDAY)
        Change.objects.update(based_on={"ticket_enquiry": 1000})

        release(boss, proposed)

        assert Change.objects.get().state == "waiting"


class TestDecisionTable:
    TABLE = FOLDER.joinpath("approval_level.dmn")

    def propose(self, client: Client) -> Change:
        content = self.TABLE.read_bytes().replace(b"100000", b"200000")
        answer = client.post("/process/versions/approval_level/propose/", sent(content, "approval_level.dmn"))
        assert answer.status_code == 302
        return Change.objects.get()

    def test_brings_a_new_version_of_each_process_that_asks_it(self, log_in: Callable[..., Client]) -> None:
        self.propose(log_in(Role.INSPECTION_LEADER, unit="N"))

        kept = VersionFile.objects.order_by("kind").values_list("kind", "name", "version")
        assert list(kept) == [("decision", "approval_level", 1001), ("process", "inspection_case", 1001)]

    def test_is_asked_by_new_cases_once_it_is_released(self, log_in: Callable[..., Client], boss: Client) -> None:
        change = self.propose(log_in(Role.INSPECTION_LEADER, unit="N"))

        release(boss, change)

        running = LIBRARY.latest("inspection_case")
        assert (running.version, running.decisions["approval_level"].version) == (1001, 1001)
        # What began before still asks the table it began with.
        old = packaged_library().latest("inspection_case")
        assert LIBRARY.definition(old.name, 1, digest=old.digest).decisions["approval_level"].version == 1

    def test_without_a_row_for_every_case_is_refused_with_the_case(self, log_in: Callable[..., Client]) -> None:
        # Between 100,000 and 200,000 yuan nobody would approve.
        content = self.TABLE.read_bytes().replace(b"&gt; 100000", b"&gt; 200000")
        client = log_in(Role.INSPECTION_LEADER, unit="N")

        page = client.post("/process/versions/approval_level/propose/", sent(content, "t.dmn"))

        assert page.status_code == 422
        assert "total_yuan = 100001" in page.context["refusal"]["sentence"]

    @pytest.mark.parametrize("cell", ["string length(x) &gt; 3", "f(1)", "x.y", "[1, 2][1]", "if a then 1 else 2"])
    def test_may_not_use_what_is_no_part_of_our_feel(self, log_in: Callable[..., Client], cell: str) -> None:
        content = self.TABLE.read_bytes().replace(b"&gt; 100000", cell.encode())
        client = log_in(Role.INSPECTION_LEADER, unit="N")

        page = client.post("/process/versions/approval_level/propose/", sent(content, "t.dmn"))

        assert page.status_code == 422
        assert not Change.objects.exists()


class TestGoingBack:
    def test_is_for_whom_the_whole_company_is_and_takes_a_reason(
        self, boss: Client, supervisor: Client, proposed: Change
    ) -> None:
        release(boss, proposed)

        assert supervisor.post(f"{URL}1/choose/", {"reason": "x"}).status_code == 403
        assert boss.post(f"{URL}1/choose/", {"reason": " "}).status_code == 422
        assert boss.post(f"{URL}999/choose/", {"reason": "x"}).status_code == 422
        assert LIBRARY.latest("ticket_enquiry").version == 1001

    def test_shows_what_ran_since_when(self, boss: Client, proposed: Change) -> None:
        release(boss, proposed)
        boss.post(f"{URL}1/choose/", {"reason": "复核积压"})

        lines = boss.get(URL).context["beginnings"]

        assert [(each.replaced, each.version, each.is_choice) for each in lines] == [(1001, 1, True), (1, 1001, False)]

    def test_hands_out_the_own_file_with_its_number(self, boss: Client, proposed: Change) -> None:
        release(boss, proposed)

        content = boss.get(f"{URL}1001/file/").content

        assert content == EDITED.read_bytes().replace(b'lamp:version="1"', b'lamp:version="1001"')
        assert packaged_file(packaged_library().latest("ticket_enquiry").digest) != content
