"""Who sees and does what through the API: every operation, as a sibling unit, as each role, without any token."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve
from tests.doors.api.conftest import post
from tests.doors.web.conftest import NOON, units_of
from tests.doors.web.test_scope import appeal_of, appraisal_of, contact_of, model_entry, plan_of, talk_of, ticket_of

from lamplighter.base.outbox.models import Message
from lamplighter.base.security.actor import Right, Role, rights_by_role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.security.models import Staff
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.detection.models import ArchiveProposal, Suspicion
from lamplighter.business.inspection.models import Case, CaseEvent
from lamplighter.business.inspection.planning.models import CrewEntry
from lamplighter.business.kpi.models import Study
from lamplighter.business.service_desk.tickets.models import TicketEvent
from lamplighter.doors.api import (
    cases,
    contacts,
    conversations,
    figures,
    jobs,
    outbox,
    outcomes,
    suspicions,
    tickets,
    trail,
)
from lamplighter.doors.api.urls import api
from lamplighter.doors.web.lists import LISTS
from lamplighter.doors.web.views import cases as cases_page
from lamplighter.doors.web.views import chats as chats_page
from lamplighter.doors.web.views import jobs as jobs_page
from lamplighter.doors.web.views import outbox as outbox_page
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion

OPERATIONS: dict[tuple[str, str], Any] = {
    (method, path): operation
    for prefix, router in api._routers
    for path, view in router.path_operations.items()
    for operation in view.operations
    for method in operation.methods
}
PAPER = {
    "customer": "Wang",
    "place": "East Lake",
    "inspectors": [{"name": "Li", "certificate": "7"}, {"name": "Wu", "certificate": "8"}],
}
BODIES: dict[str, dict[str, Any]] = {
    "/search": {"words": "A1"},
    "/suspicions/{number}/dismiss": {"reason": "explained"},
    "/suspicions/{number}/ask": {"note": "three more nights"},
    "/cases/{number}/tasks/{task}": {"seen": 1},
    "/cases/{number}/hold": {"seen": 1, "suspension": "metrology_opinion"},
    "/cases/{number}/go-on": {"seen": 1},
    "/cases/{number}/give-up": {"seen": 1, "reason": "twice"},
    "/cases/{number}/comments": {"words": "hello"},
    "/cases/{number}/amounts": {
        "kind": "theft",
        "facts": {"found_on": "2025-03-05", "method": "established", "category": "power", "price_yuan": "0.52"},
    },
    "/cases/{number}/notices": {
        "act": "T1",
        "facts": "seal broken",
        "customer": "Wang",
        "place": "East Lake",
        "inspectors": [{"name": "Li", "certificate": "7"}, {"name": "Wu", "certificate": "8"}],
    },
    "/cases/{number}/work-sheets": PAPER | {"visit": "special"},
    "/cases/{number}/result-notices": PAPER
    | {
        "inspected_on": "2025-03-05",
        "defects": [{"item": "box open", "clause": "45", "risk": "low", "due_on": "2025-04-01"}],
    },
    "/plan": {"on": "2025-04-01", "version": 0},
    "/plan/{number}/changes": {"version": 0, "visit": 1, "change": "up"},
    "/plan/{number}/danger": {"visit": 1, "danger": None},
    "/tickets": {"class_code": "TK-4", "channel": "phone", "subject": "?", "data": {"may_call_back": True}},
    "/tickets/{number}/tasks/{task}": {"seen": 1},
    "/tickets/{number}/comments": {"words": "hello"},
    "/tickets/{number}/reminders": {"words": ""},
    "/tickets/{number}/supervise": {"words": "hello"},
    "/tickets/{number}/appointment": {"at": "2099-01-01T10:00:00+08:00"},
    "/tickets/{number}/merge": {"seen": 1, "into": "GD-1"},
    "/tickets/{number}/cancel": {"seen": 1, "reason": "twice"},
    "/conversations/{number}/say": {"words": "hello"},
    "/chat": {"origin": ""},
    "/chat/say": {"secret": "x", "words": "hello"},
    "/chat/read": {"secret": "x"},
    "/chat/code": {"secret": "x", "account": "1"},
    "/chat/identify": {"secret": "x", "account": "1"},
    "/chat/end": {"secret": "x"},
    "/chat/rate": {"secret": "x", "satisfaction": "SATISFIED"},
    "/assistant/ask": {"words": "hello"},
    "/contacts/{number}/deductions/{deduction}/appeal": {"reason": "wrong"},
    "/contacts/{number}/deductions/{deduction}/decide": {"decision": "upheld", "reason": "right"},
    "/contacts/{number}/ratings": {"verdicts": {}},
    "/contact-samples": {"first_on": "2025-03-01", "last_on": "2025-03-31", "per_agent": 1, "seed": 1},
    "/appraisals": {"first": "2025-03", "last": "2025-03"},
    "/appraisals/{number}/appeals": {"code": "K-6", "words": "wrong"},
    "/appraisal-appeals/{number}/decide": {"is_upheld": True, "answer": "right"},
    "/messages/{number}/cancel": {"reason": "twice"},
    "/messages/{number}/resend": {"reason": "again"},
    "/model-trainings": {"on": "outcomes"},
    "/models/{number}/propose": {"reason": "better"},
    "/model-proposals/{number}/decide": {"is_approved": True},
    "/areas/{area_id}/proposals/{number}/decide": {"state": "accepted", "reason": "papers"},
    "/process-maps": {"process": "TK-4", "since": "2026-01-01"},
    "/process-what-ifs": {"process": "TK-4", "since": "2026-01-01", "staff": {"service_agent": 2}},
    "/process-logs": {"process": "TK-4", "since": "2026-01-01", "why": "month end"},
    "/definitions/{name}/versions/{version}/choose": {"reason": "back"},
    "/definition-changes/{number}/decide": {"is_approved": True, "answer": "right"},
    "/knowledge-changes/{number}/decide": {"is_approved": True, "reason": "right"},
    "/exports": {"listed": "areas", "ending": "csv", "why": "month end"},
}
"""What is sent where something is done; each would be right for its own unit."""
QUERIES = {"/plan": "?on=2025-04-01", "/crews": "?on=2025-04-01", "/visits": "?on=2025-04-01"} | {
    "/notices/verify": "?number=1&sha256=2",
    **dict.fromkeys(("/process-maps", "/process-what-ifs", "/process-logs"), "?process=TK-4"),
}


OF_NO_UNIT = (
    *("/jobs/", "/models/", "/model-proposals/", "/key-figures/"),
    *("/definitions/", "/definition-changes/", "/knowledge-changes/"),
)
"""One's own, the whole company's, or asked for by unit; their own tests say whom they are told to."""


def message_of(station: str) -> int:
    """Return a message about the case of a station, queued where it is asked for first."""
    found = Message.objects.filter(station_id=station).first()
    if found is None:
        case = Case.objects.get(station_id=station)
        said = {"channel": "hand", "state": "queued", "template": "notice_served", "template_version": 1}
        about = {"subject_kind": "inspection.case", "subject_ref": str(case.pk), "recipient_kind": "account"}
        said |= {"key": f"notice:{station}", "language": "zh", "queued_at": NOON, "recipient_ref": case.account_id}
        found = Message.objects.create(**said, **about, **units_of(station))
    return int(found.pk)


def study_of(station: str) -> int:
    """Return the log of a process of a station, kept where it is asked for first."""
    said = {"given": {"since": "2026-01-01"}, "result": {"file": "none.xes", "matters": 1}, "by_name": "gao"}
    named = {"unit_id": station, "process": "TK-4", "kind": "log", **units_of(station)}
    return int(Study.objects.get_or_create(**named, defaults={"made_at": NOON, **said})[0].pk)


def path_of(path: str, station: str) -> str:
    """Return the address of an operation about something of a station; a new kind of address must be added here."""
    number, more = 1, {"task": "desk_check", "file": 1, "notice": 1, "proof": 1, "key": "k6"}
    more |= {"unit_id": station, "feeder": "F1", "name": "ticket_enquiry", "version": 1, "kind": "csv"}
    if path.startswith("/suspicions/"):
        number = Suspicion.objects.get(station_id=station).pk
    elif path.startswith("/areas/"):
        number = ArchiveProposal.objects.get(station_id=station).pk
    elif path.startswith("/customers/"):
        number = CustomerEntry.objects.get(station_id=station).pk
    elif path.startswith("/cases/"):
        number = Case.objects.get(station_id=station).pk
    elif path.startswith("/tickets/"):
        number = ticket_of(station).pk
    elif path.startswith("/conversations/"):
        number = talk_of(station)
    elif path.startswith("/contacts/"):
        number = contact_of(station).pk
        more["deduction"] = contact_of(station).deductions.get().pk
    elif path.startswith("/agents/"):
        number = contact_of(station).agent_id
    elif path.startswith("/appraisals/"):
        number = appraisal_of(station)
    elif path.startswith("/appraisal-appeals/"):
        number = appeal_of(station)
    elif path.startswith("/process-logs/"):
        number = study_of(station)
    elif path.startswith("/messages/"):
        number = message_of(station)
    elif path.startswith("/models/"):
        number = model_entry().pk
    elif path.startswith("/plan/"):
        number = plan_of(station).pk
    elif path.startswith("/crews/"):
        number = CrewEntry.objects.get_or_create(unit_id=station, name="一组", defaults=units_of(station))[0].pk
    fields = {"number": number, "area_id": {"S1": "A1", "S2": "A2"}[station]}
    return "/api/v1" + path.format(**fields, **more)


def answer_of(client: Client, method: str, path: str, station: str = "S1") -> Any:
    address = path_of(path, station) + (QUERIES.get(path, "") if method == "GET" else "")
    if path == "/messages/{number}/proofs" and method == "POST":
        return client.post(address, {"kind": "postal", "served_on": "2025-03-05", "postal_no": "EA1"})
    if path == "/cases/{number}/evidence" and method == "POST":
        return client.post(address, {"kind": "photo", "file": SimpleUploadedFile("a.pdf", b"%PDF-1.7")})
    return client.generic(method, address, data=_json(BODIES.get(path)), content_type="application/json")


def _json(body: dict[str, Any] | None) -> str:
    return json.dumps(body) if body is not None else ""


def right_of(key: tuple[str, str]) -> Right | None:
    right: Right | None = OPERATIONS[key].auth_callbacks[0].right
    return right


def rows_of_the_sibling(station: str) -> None:
    """Make what is made where it is asked for first, so that asking changes nothing."""
    for _, path in about_one_thing():
        path_of(path, station)


def what_stands() -> dict[str, Any]:
    """Return what operations would change."""
    events = {kind.__name__: kind.objects.count() for kind in (CaseEvent, TicketEvent)}
    return events | {"states": list(Suspicion.objects.values_list("state", flat=True))}


def about_one_thing() -> list[tuple[str, str]]:
    return [key for key in OPERATIONS if "{" in key[1] and not key[1].startswith(OF_NO_UNIT)]


@pytest.fixture(autouse=True)
def cases_in_both_stations(company: None, make_staff: Callable[..., Staff]) -> None:
    """A case in each station, opened by somebody of it."""
    for station in ("S1", "S2"):
        opener = make_staff(Role.INSPECTOR, unit=station, name=f"opener-{station}").as_actor()
        number = Suspicion.objects.get(station_id=station).pk
        accept_suspicion(actor=opener, number=number, now=dt.datetime.now(dt.UTC))


class TestEveryOperation:
    def test_is_behind_a_gate_that_says_its_right(self) -> None:
        gates = {key: [type(gate).__name__ for gate in each.auth_callbacks] for key, each in OPERATIONS.items()}

        assert set(map(tuple, gates.values())) == {("TokenGate", "SessionGate")}
        assert all(each.auth_callbacks[0].right is each.auth_callbacks[1].right for each in OPERATIONS.values())
        assert len(OPERATIONS) >= 40

    def test_takes_a_token_or_a_session(self) -> None:
        found = {key: answer_of(Client(), *key).status_code for key in OPERATIONS}

        assert found == dict.fromkeys(OPERATIONS, 401)

    def test_takes_no_token_that_is_none(self) -> None:
        for shown in ("lmp_0123456789ab_" + "0" * 64, "lmp__", "Bearer", "ünfug", "x" * 5000):
            client = Client(headers={"authorization": f"Bearer {shown}"})
            assert client.get("/api/v1/me").status_code == 401

    def test_knows_nothing_of_a_sibling_unit(self, program: Callable[..., Client]) -> None:
        keys = about_one_thing()
        for role in (Role.INSPECTION_LEADER, Role.INSPECTOR, Role.SERVICE_AGENT, Role.SERVICE_SUPERVISOR):
            client = program(role, unit="S2")
            mine = [key for key in keys if right_of(key) in (None, *rights_by_role()[role])]
            rows_of_the_sibling("S1")
            before = what_stands()

            found = {key: answer_of(client, *key, station="S1").status_code for key in mine}

            assert found == dict.fromkeys(mine, 404)
            assert what_stands() == before
        assert len(keys) > 20

    @pytest.mark.parametrize("role", [role for role in Role if role not in ("system_admin", "security_admin")])
    def test_is_closed_to_each_role_without_its_right(self, role: Role, program: Callable[..., Client]) -> None:
        client = program(role, unit="S1")
        closed = [key for key in OPERATIONS if right_of(key) not in (None, *rights_by_role()[role])]

        found = {key: answer_of(client, *key).status_code for key in closed}

        assert found == dict.fromkeys(closed, 403)

    def test_records_that_it_was_closed_under_its_own_name(self, program: Callable[..., Client]) -> None:
        program(Role.TRAINER).get("/api/v1/suspicions")

        entry = Entry.objects.filter(act="refused").latest("number")
        assert (entry.kind, entry.staff_name, entry.after) == (
            "api.operation",
            "master station",
            '{"right":"see_suspicions"}',
        )

    def test_shows_nothing_to_somebody_of_no_unit(self, log_in: Callable[..., Client]) -> None:
        client = log_in(*Role, unit=None)

        assert client.get("/api/v1/suspicions").json()["count"] == client.get("/api/v1/areas").json()["count"] == 0
        assert client.get("/api/v1/tonight").status_code == 404

    def test_shows_no_account_number_whole(self, log_in: Callable[..., Client]) -> None:
        client = log_in(*Role, unit="P")
        reads = [
            key for key in OPERATIONS if key[0] == "GET" and "/areas/{" not in key[1] and "customers" not in key[1]
        ]

        assert [key for key in reads if b"001234567" in answer_of(client, *key).content] == []


class TestLists:
    def test_hold_the_rows_of_ones_own_unit_only(self, program: Callable[..., Client]) -> None:
        station, county = program(Role.INSPECTOR, unit="S2"), program(Role.INSPECTION_LEADER, unit="N")

        assert [row["area_id"] for row in station.get("/api/v1/areas").json()["rows"]] == ["A2"]
        assert [row["area_id"] for row in county.get("/api/v1/areas?sort=-supplied").json()["rows"]] == ["A2", "A1"]
        assert station.get("/api/v1/areas?station=S1").json()["count"] == 0
        assert station.get("/api/v1/suspicions?area=A1&q=M1").json()["count"] == 0

    def test_are_paged_and_say_which_page_comes_next(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTION_LEADER, unit="N")

        first = client.get("/api/v1/areas?size=1").json()
        second = client.get("/api/v1/areas?size=1&page=2").json()

        assert (first["count"], first["page_count"], first["next_page"]) == (2, 2, 2)
        assert (second["rows"][0]["area_id"], second["next_page"]) == ("A2", None)

    def test_sort_and_filter_by_what_the_pages_do(self, log_in: Callable[..., Client]) -> None:
        assert resolve("/areas/")
        actor = Staff.objects.get(pk=log_in(*Role, unit="P").session["_auth_user_id"]).as_actor()
        pages = {
            name: LISTS[name].page(actor)
            for name in ("areas", "contacts", "outcomes", "suspicions", "tickets", "trail")
        }
        pages |= {
            "cases": cases_page._list_page(actor),
            "jobs": jobs_page._PAGE,
            "conversations": chats_page._list_page(actor),
            "messages": outbox_page._PAGE,
        }
        asked = {
            "areas": figures.AreasAsked,
            "suspicions": suspicions.SuspicionsAsked,
            "cases": cases.CasesAsked,
            "contacts": contacts.ContactsAsked,
            "conversations": conversations.ConversationsAsked,
            "jobs": jobs.JobsAsked,
            "messages": outbox.MessagesAsked,
            "outcomes": outcomes.OutcomesAsked,
            "tickets": tickets.TicketsAsked,
            "trail": trail.TrailAsked,
        }
        for name, page in pages.items():
            fields = asked[name].model_fields
            sorts = {each.lstrip("-") for each in fields["sort"].annotation.__args__} - {""}
            filters = {field.alias or key for key, field in fields.items()} - {"sort", "q", "page", "size"}
            assert sorts == {column.name for column in page.columns if column.is_sorted}, name
            assert {each.name for each in page.filters} <= filters, name

    def test_refuse_what_they_do_not_know(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTOR)

        assert client.get("/api/v1/areas?colour=red").status_code == 422
        assert client.get("/api/v1/areas?sort=password").status_code == 422
        assert client.get("/api/v1/areas?size=100000").status_code == 422


class TestRandomSlots:
    def test_are_told_to_the_leader_alone(self, program: Callable[..., Client]) -> None:
        Suspicion.objects.update(is_random=True)

        told = {
            role: [row["is_random"] for row in program(role).get("/api/v1/suspicions?random=yes").json()["rows"]]
            for role in (Role.INSPECTION_LEADER, Role.INSPECTOR)
        }

        assert told == {Role.INSPECTION_LEADER: [True], Role.INSPECTOR: [False]}


class TestFigures:
    def test_do_not_tell_how_many_are_suspected_to_whom_suspicions_are_closed(
        self, program: Callable[..., Client]
    ) -> None:
        told = {
            role: [row["suspicion_count"] for row in program(role).get("/api/v1/areas").json()["rows"]]
            for role in (Role.MANAGER, Role.TRAINER)
        }

        assert told == {Role.MANAGER: [1], Role.TRAINER: [None]}
        assert program(Role.TRAINER).get("/api/v1/tonight").json()["areas"][0]["suspicion_count"] is None


class TestWrites:
    def test_comment_on_a_case_and_say_what_of_a_move_is_not_taken(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTOR)
        case = Case.objects.get(station_id="S1")
        told = client.get(f"/api/v1/cases/{case.pk}").json()

        said = post(client, f"/cases/{case.pk}/comments", {"words": "asked the master station"})
        moved = post(client, f"/cases/{case.pk}/tasks/desk_check", {"seen": told["seen"] - 1, "data": {}})
        unfit = post(client, f"/cases/{case.pk}/tasks/desk_check", {"seen": told["seen"], "data": {"x": "1"}})

        assert (said.status_code, said.json()["timeline"][0]["words"]) == (201, "asked the master station")
        assert (moved.status_code, moved.json()["code"]) == (409, "stale_instance")
        assert (unfit.status_code, unfit.json()["code"]) == (422, "form_refused")
        assert "x" in [each["field"] for each in unfit.json()["errors"]]

    def test_accept_and_dismiss(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTOR)
        row = Suspicion.objects.get(station_id="S1")
        rows = []
        for account in ("0012345678", "0012345679"):
            row.pk, row.account_id, row.state, row.meter_id = None, account, "open", f"M{account}"
            row.save()
            rows.append(row.pk)

        accepted = post(client, f"/suspicions/{rows[0]}/accept", {})
        dismissed = post(client, f"/suspicions/{rows[1]}/dismiss", {"reason": "explained"})
        again = post(client, f"/suspicions/{rows[1]}/dismiss", {"reason": "explained"})

        assert (accepted.status_code, accepted.json()["state"]) == (201, "CLUE")
        assert (dismissed.status_code, dismissed.json()["suspicion"]["state"]) == (200, "dismissed")
        assert (again.status_code, again.json()["code"]) == (409, "suspicion_taken")

    def test_ask_for_an_export_of_what_one_sees(self, program: Callable[..., Client]) -> None:
        client = program(Role.INSPECTOR)

        asked = post(client, "/exports", {"listed": "areas", "ending": "csv", "why": "month end"})

        assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
        assert client.get("/api/v1/jobs").json()["count"] == 1
