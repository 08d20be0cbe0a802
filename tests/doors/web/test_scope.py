"""Who sees what: every address, as somebody of a sibling unit, and as every role."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from tests.doors.web.conftest import NIGHT, NOON, units_of

from lamplighter.base.outbox.models import Message
from lamplighter.base.outbox.operations import queue_message
from lamplighter.base.outbox.records import Channel, Recipient, Subject
from lamplighter.base.security.actor import Right, Role, UnitPath, rights_by_role
from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.detection.models import ArchiveProposal, ModelEntry, Suspicion
from lamplighter.business.inspection.field.models import FieldVisit
from lamplighter.business.inspection.models import Case, CaseEvent
from lamplighter.business.inspection.planning.models import CrewEntry, DayPlan
from lamplighter.business.kpi.models import Appeal, Appraisal, Study
from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.chats.operations import begin_chat
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.operations import take_contact
from lamplighter.business.service_desk.contacts.records import Agent, Occasion
from lamplighter.business.service_desk.quality.records import Dialogue, Turn, Who
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.tickets.operations import register_ticket
from lamplighter.business.service_desk.tickets.records import Channel as TicketChannel
from lamplighter.business.service_desk.tickets.records import Matter
from lamplighter.journeys.suspicion_to_recovery import accept_suspicion
from lamplighter.methods.language.writing import plain_writing

OF_ACCOUNTS = ("account_", "mfa_", "openid_connect_", "socialaccount_")
"""Addresses of log-in and second factors: allauth's own, about nobody but who asks."""
OF_THE_CHAT = ("chat", "chat_say", "chat_identify", "chat_news", "chat_end", "chat_rate", "chat_hear")
"""Addresses of customers, who have no account of the desk: a conversation belongs to its cookie (``test_chat``)."""
OF_A_PROCESS: dict[str, list[Any]] = {
    "definition": ["ticket_enquiry"],
    "definition_propose": ["ticket_enquiry"],
    "definition_file": ["ticket_enquiry", 1],
    "definition_choose": ["ticket_enquiry", 1],
    "process_change": [1],
    "process_change_decide": [1],
}
"""Processes are the whole company's and nobody's unit's; change 1 is there for nobody."""
OPEN = ("choose_language", "message_answer", "health_live", "health_ready", "health_fresh", *OF_THE_CHAT)
"""Addresses for whoever comes along; a channel's answer is signed instead (``test_outbox``)."""


def addresses(resolver: URLResolver) -> Iterator[tuple[str, Any]]:
    for each in resolver.url_patterns:
        # The API has the like of this in tests/doors/api; its description and docs page are pages of the desk.
        if isinstance(each, URLResolver) and each.namespace != "api":
            yield from addresses(each)
        elif isinstance(each, URLPattern):
            yield str(each.name), each.callback


PAGES = {name: view for name, view in addresses(get_resolver()) if not name.startswith(OF_ACCOUNTS)}


def path_of(name: str, station: str = "S1") -> str:
    """Return the address of a page about something of a station; a new kind of address must be added here."""
    if name.startswith("case"):
        return case_path(name, station)
    if name.startswith("message"):
        return message_path(name, station)
    if name in ("suspicion", "suspicion_decide"):
        return reverse(name, args=[Suspicion.objects.get(station_id=station).pk])
    if name in OF_CUSTOMERS:
        return reverse(name, args=[CustomerEntry.objects.get(station_id=station).pk])
    if name in OF_A_VISIT:
        more = (UUID(int=2),) if name == "field_item" else ()
        return reverse(name, args=[visit_of(station).pk, UUID(int=1), *more])
    if name in OF_A_TALK:
        return reverse(name, args=[talk_of(station), *OF_A_TALK[name]])
    if name in OF_A_TICKET:
        return reverse(name, args=[ticket_of(station).pk, *OF_A_TICKET[name]])
    if name == "kpi_figure":
        return reverse(name, args=["k6"])
    if name == "appraisal_report":
        return reverse(name, args=[appraisal_of(station), "zh"])
    if name in OF_FIGURES:
        return reverse(name, args=[OF_FIGURES[name](station)])
    if name in OF_A_CONTACT:
        row = contact_of(station)
        more = (row.deductions.get().pk,) if OF_A_CONTACT[name] else ()
        return reverse(name, args=[row.pk, *more])
    if name in ("coaching", "lesson_ask"):
        return reverse(name, args=[contact_of(station).agent_id])
    if name == "lesson_withdraw":
        return reverse(name, args=[1])
    if name == "map_of":
        return reverse(name, args=[station])
    if name == "map_feeder":
        return reverse(name, args=[station, {"S1": "F1", "S2": "F2"}[station]])
    if name == "proposal_decide":
        return reverse(
            name, args=[{"S1": "A1", "S2": "A2"}[station], ArchiveProposal.objects.get(station_id=station).pk]
        )
    if name in ("area", "area_day", "area_topology"):
        return reverse(name, args=[{"S1": "A1", "S2": "A2"}[station]])
    if name in ("export_list", "keep_view"):
        return reverse(name, args=["areas"])
    if name == "drop_view":
        return reverse(name, args=["areas", 1])
    if name in ("job", "cancel_job", "retry_job", "job_file"):
        return reverse(name, args=[1])
    if name in ("model", "model_propose"):
        return reverse(name, args=[model_entry().pk])
    if name in OF_A_PROCESS:
        return reverse(name, args=OF_A_PROCESS[name])
    if name in ("model_decide", "token_release", "token_revoke", "knowledge_decide"):
        return reverse(name, args=[1])
    if name in OF_A_PLAN:
        more = OF_A_PLAN[name]
        return reverse(name, args=[plan_of(station).pk, *more])
    if name == "crew_remove":
        crew, _ = CrewEntry.objects.get_or_create(unit_id=station, name="一组", defaults=units_of(station))
        return reverse(name, args=[crew.pk])
    return reverse(name)


def message_path(name: str, station: str) -> str:
    number = Message.objects.get(station_id=station).pk
    return reverse(name, args=[number, 1] if name == "message_proof" else [number])


def model_entry() -> ModelEntry:
    """Return a model; it is nobody's unit's, and shown to every role with the right."""
    said = {"is_packaged": True, "state": "released", "outcomes": 0, "thefts": 0}
    card = {"rows": 10, "thieves": 1, "companies": 1, "measures": {}}
    entry: ModelEntry = ModelEntry.objects.get_or_create(version="base", defaults={**said, "card": card})[0]
    return entry


def plan_of(station: str) -> DayPlan:
    """Return a plan of a station, made where it is asked for first."""
    said: dict[str, Any] = {
        "as_of_on": NIGHT,
        "crews": [],
        "visit_yuan": 300.0,
        "changed_by": "班长",
        "changed_at": NOON,
    }
    plan: DayPlan = DayPlan.objects.get_or_create(
        unit_id=station, on_date=NIGHT, defaults={**said, **units_of(station)}
    )[0]
    return plan


OF_A_VISIT = ("field_record", "field_sheet", "field_item")
"""Addresses of what a telephone hands in about a visit."""


def visit_of(station: str) -> FieldVisit:
    """Return a visit of a station, handed out where it is asked for first."""
    said: dict[str, Any] = {"members": ["nobody"], "handed_out_at": NOON, **units_of(station)}
    case = Case.objects.filter(station_id=station).first()
    visit: FieldVisit = FieldVisit.objects.get_or_create(case=case, on_date=NIGHT, crew="East", defaults=said)[0]
    return visit


OF_A_PLAN: dict[str, tuple[Any, ...]] = {
    "plan_change": (),
    "plan_danger": (),
    "plan_sheet": (1,),
    "plan_export": ("csv",),
}
"""Addresses of a plan, and what stands in them behind its number."""


def study_of(station: str) -> int:
    """Return the number of a study of a station, made where it is asked for first."""
    said: dict[str, Any] = {"result": {"file": "none.xes"}, "made_at": NOON, **units_of(station)}
    number: int = Study.objects.get_or_create(unit_id=station, process="TK-1", kind="log", defaults=said)[0].pk
    return number


def appraisal_of(station: str) -> int:
    """Return the number of an appraisal of a station, issued where it is asked for first."""
    said: dict[str, Any] = {"unit_name": station, "last": NIGHT, "figures": [], "issued_at": NOON, **units_of(station)}
    number: int = Appraisal.objects.get_or_create(unit_id=station, first=NIGHT, defaults=said)[0].pk
    return number


def appeal_of(station: str) -> int:
    """Return the number of an appeal against the appraisal of a station."""
    said: dict[str, Any] = {"words": "?", "made_at": NOON, "by_id": "0"}
    number: int = Appeal.objects.get_or_create(appraisal_id=appraisal_of(station), code="K-6", defaults=said)[0].pk
    return number


OF_FIGURES: dict[str, Callable[[str], int]] = {
    "process_file": study_of,
    "appraisal": appraisal_of,
    "appraisal_appeal": appraisal_of,
    "appeal_decide": appeal_of,
}
"""Addresses of what is kept of figures and processes, and how its number is found."""


OF_A_TICKET: dict[str, tuple[Any, ...]] = {
    "ticket": (),
    "ticket_task": ("dispatch",),
    "ticket_contact": (),
    "ticket_more": ("comment",),
}
"""Addresses of a ticket, and what stands in them behind its number."""


def ticket_of(station: str) -> Ticket:
    """Return a ticket of a station, taken down where it is asked for first."""
    found = Ticket.objects.filter(station_id=station).first()
    if found is None:
        agent = Staff.objects.filter(username=f"agent-{station}").first()
        if agent is None:
            agent = Staff.objects.create(username=f"agent-{station}", unit_id=station)
            agent.groups.add(Group.objects.get(name=Role.SERVICE_AGENT.value))
        register_ticket(
            actor=agent.as_actor(),
            matter=Matter("TK-4", TicketChannel.PHONE, "何时停电检修"),
            path=UnitPath(**units_of(station)),
            names={},
            data={"may_call_back": True},
            now=dt.datetime.now(dt.UTC),
        )
        found = Ticket.objects.get(station_id=station)
    return found


OF_A_CONTACT = {
    "contact": False,
    "contact_clear": False,
    "contact_rate": False,
    "contact_appeal": True,
    "contact_decide": True,
}
"""Addresses of a contact, and whether the number of a deduction stands behind its own."""


def contact_of(station: str) -> Contact:
    """Return a contact of a station, scored where it is asked for first: no farewell, 5 points."""
    found: Contact | None = Contact.objects.filter(station_id=station).first()
    if found is None:
        speaker = Staff.objects.create(username=f"speaker-{station}", unit_id=station)
        turns = (Who.AGENT, "您好，供电公司，请讲。"), (Who.CUSTOMER, "户号0012345671"), (Who.AGENT, "好的。")
        said = tuple(Turn(at, who, None, None, words, plain_writing(words)) for at, (who, words) in enumerate(turns))
        dialogue = Dialogue(f"call-{station}", "call", "", said)
        agent = Agent(speaker.pk, speaker.username)
        take_contact(Occasion(dialogue, agent, UnitPath(**units_of(station)), NOON), now=NOON)
        found = Contact.objects.get(station_id=station)
    return found


OF_A_TALK: dict[str, tuple[Any, ...]] = {"talk": (), "talk_panel": (), "talk_news": (), "talk_lead": ("take",)}
"""Addresses of a conversation, and what stands in them behind its number."""


def talk_of(station: str) -> int:
    """Return a conversation of a station, begun where it is asked for first."""
    found = Chat.objects.filter(station_id=station).first()
    if found is None:
        begin_chat(origin="x", language="zh", path=UnitPath(**units_of(station)), now=dt.datetime.now(dt.UTC))
        found = Chat.objects.get(station_id=station)
    return int(found.pk)


def case_path(name: str, station: str) -> str:
    if name == "cases":
        return reverse(name)
    number = Case.objects.get(station_id=station).pk
    if name == "case_task":
        return reverse(name, args=[number, "desk_check"])
    if name == "case_paper":
        return reverse(name, args=[number, "work_sheet"])
    return reverse(name, args=[number, 1] if name in ("case_file", "case_notice", "case_picture") else [number])


@pytest.fixture(autouse=True)
def cases_in_both_stations(company: None, make_staff: Callable[..., Staff], tmp_path: Path) -> None:
    """A case in each station with a message about it, opened by somebody of it."""
    for station in ("S1", "S2"):
        opener = make_staff(Role.INSPECTOR, unit=station, name=f"opener-{station}").as_actor()
        number = Suspicion.objects.get(station_id=station).pk
        row = accept_suspicion(actor=opener, number=number, now=dt.datetime.now(dt.UTC))
        queue_message(
            key=f"notice:{station}",
            channel=Channel.HAND,
            recipient=Recipient("account", row.account_id),
            subject=Subject("inspection.case", str(row.number)),
            subject_words=row.case_no,
            path=row.path,
            template="notice_served",
            fields={"company": "c", "number": "n", "account": "******5671", "sha256": "ab"},
            language="zh",
            by=opener,
            now=NOON,
            home=Home(tmp_path),
        )


OF_CUSTOMERS = ("customer", "customer_curve", "customer_heat", "customer_bills", "unmask_customer")
OF_ONE_THING = (
    "map_of",
    "map_feeder",
    "area",
    "suspicion",
    "customer",
    "customer_curve",
    "customer_heat",
    "area_day",
    "area_topology",
    "customer_bills",
    "case",
    "case_file",
    "case_notice",
    "message",
    "message_proof",
    "case_picture",
    "crew_remove",
    "ticket",
    "appraisal",
    "contact",
    "coaching",
    "talk",
    "talk_panel",
    "talk_news",
    *OF_A_PLAN,
    *OF_A_VISIT,
)
BY_POST = (
    "lesson_ask",
    "suspicion_decide",
    "case_task",
    "case_hold",
    "case_go_on",
    "case_give_up",
    "case_comment",
    "case_upload",
    "case_amounts",
    "case_notices",
    "ticket_task",
    "ticket_contact",
    "ticket_more",
    "appraisal_appeal",
    "appeal_decide",
    "contact_clear",
    "contact_rate",
    "contact_appeal",
    "contact_decide",
    "talk_lead",
    "case_paper",
    "message_cancel",
    "message_resend",
    "message_prove",
    "proposal_decide",
    "case_chain",
)
"""Addresses that do something; each is sent what would be right for its own unit."""
SENT = {"what": "dismiss", "reason": "explained", "kind_of_amount": "theft", "found_on": "2025-03-05"} | {
    "method": "established",
    "category": "power",
    "price_yuan": "0.52",
    "words": "hello",
    "decision": "upheld",
    "purpose": "complaint",
    "note": "T-1",
}


def answer_of(client: Client, name: str, station: str = "S1") -> int:
    path = path_of(name, station)
    return (client.post(path, SENT) if name in BY_POST else client.get(path)).status_code


class TestEveryAddress:
    def test_says_which_right_it_takes_or_is_known_to_be_open(self) -> None:
        silent = [name for name, view in PAGES.items() if not hasattr(view, "right") and name not in OPEN]

        assert silent == []

    @pytest.mark.parametrize("name", [name for name in PAGES if name not in OPEN])
    def test_leads_to_the_log_in_without_one(self, name: str, company: None) -> None:
        answer = Client().get(path_of(name))

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")

    @pytest.mark.parametrize("name", OF_ONE_THING)
    def test_knows_nothing_of_a_sibling_unit(self, name: str, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTION_LEADER, Role.INSPECTOR, Role.SERVICE_SUPERVISOR, unit="S2")

        assert client.get(path_of(name, "S1")).status_code == 404

    @pytest.mark.parametrize("name", BY_POST)
    def test_does_nothing_to_a_sibling_unit(self, name: str, log_in: Callable[..., Client]) -> None:
        events, states = CaseEvent.objects.count(), list(Suspicion.objects.values_list("state", flat=True))
        client = log_in(*Role, unit="S2")

        assert answer_of(client, name, "S1") == 404
        assert CaseEvent.objects.count() == events
        assert list(Suspicion.objects.values_list("state", flat=True)) == states

    @pytest.mark.parametrize("role", list(Role))
    def test_is_closed_to_each_role_without_its_right(self, role: Role, log_in: Callable[..., Client]) -> None:
        client = log_in(role, unit="S1")
        closed = {
            name: view.right
            for name, view in PAGES.items()
            if getattr(view, "right", None) is not None and view.right not in rights_by_role()[role]
        }

        found = {name: answer_of(client, name) for name in closed}

        assert found == dict.fromkeys(closed, 403)

    def test_shows_nothing_to_somebody_of_no_unit(self, log_in: Callable[..., Client]) -> None:
        client = log_in(*Role, unit=None)

        assert {name: client.get(path_of(name)).status_code for name in OF_ONE_THING} == dict.fromkeys(
            OF_ONE_THING, 404
        )
        assert "of no unit yet" in client.get("/tonight/").content.decode()
        assert client.get("/suspicions/").context["part"].count == 0

    def test_tells_no_proxy_and_no_browser_to_keep_what_is_shown_to_one_person(
        self, log_in: Callable[..., Client]
    ) -> None:
        assert log_in(Role.INSPECTOR).get("/suspicions/").headers["Cache-Control"] == "private, no-store"


class TestListsAndCounts:
    def test_hold_the_rows_of_ones_own_station_only(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S2")

        areas = client.get("/areas/").context["part"]
        suspicions = client.get("/suspicions/").context["part"]

        assert [row.area_id for row in areas.rows] == ["A2"]
        assert (suspicions.count, [row.meter_id for row in suspicions.rows]) == (1, ["M2"])

    def test_hold_those_of_every_station_below_ones_county(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTION_LEADER, unit="N")

        assert [row.area_id for row in client.get("/areas/").context["part"].rows] == ["A1", "A2"]

    def test_are_not_widened_by_a_filter_on_another_station(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S2")

        assert client.get("/areas/?station=S1").context["part"].count == 0
        assert client.get("/suspicions/?area=A1&q=M1").context["part"].count == 0

    def test_offer_only_ones_own_stations_to_choose_from(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTOR, unit="S2")

        assert "S1所" not in client.get("/areas/").content.decode()

    def test_add_up_ones_own_unit_tonight(self, log_in: Callable[..., Client]) -> None:
        station, county = log_in(Role.INSPECTOR, unit="S1"), log_in(Role.INSPECTION_LEADER, unit="N")

        assert station.get("/tonight/").context["night"].energies.supplied_kwh == 1000.0
        assert county.get("/tonight/").context["night"].energies.supplied_kwh == 4000.0
        assert county.get("/tonight/?unit=S2").context["night"].energies.supplied_kwh == 3000.0

    @pytest.mark.parametrize("unit", ["S1", "N", "P", "nowhere"])
    def test_do_not_add_up_a_unit_beside_or_above(self, unit: str, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.INSPECTOR, unit="S2").get(f"/tonight/?unit={unit}").status_code == 404


class TestSearch:
    def search(self, client: Client, words: str) -> Any:
        return client.post("/search/", {"q": words}).context

    def test_finds_a_customer_by_account_or_meter_in_ones_own_unit(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_AGENT, unit="S1")

        assert [each.masked_account for each in self.search(client, "0012345671")["customers"]] == ["******5671"]
        assert [each.masked_account for each in self.search(client, "M1")["customers"]] == ["******5671"]

    def test_finds_nothing_of_a_sibling_unit(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.INSPECTION_LEADER, unit="S2")

        for words in ("0012345671", "M1", "A1", "台区1"):
            found = self.search(client, words)
            assert (list(found["customers"]), found["areas"]) == ([], [])

    def test_does_not_find_people_by_part_of_their_number(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_AGENT, unit="S1")

        assert self.search(client, "001234567")["customers"] == []

    def test_finds_no_customer_for_a_role_customers_are_closed_to(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.MANAGER, unit="P")

        found = self.search(client, "0012345671")
        assert found["customers"] == []
        assert [each.area_id for each in self.search(client, "台区")["areas"]] == ["A1", "A2"]


class TestPersonalData:
    # Pages that read the lake are held to it in tests/journeys/desk_loading and, in clear, in test_trail.
    # What is said in a conversation is streamed to its page as the page itself shows it.
    @pytest.mark.parametrize(
        "name",
        [
            name
            for name in PAGES
            if name not in ("area", "area_day", "area_topology", "talk_news", *OF_CUSTOMERS, *OPEN)
        ],
    )
    def test_stands_on_no_page_unmasked(self, name: str, log_in: Callable[..., Client]) -> None:
        client = log_in(*Role, unit="P")

        assert "001234567" not in client.get(path_of(name), follow=True).content.decode(errors="replace")


class TestRandomSlots:
    @pytest.fixture
    def drawn(self, company: None) -> None:
        """Station S1's own suspicion was drawn, and an account without a colour as well."""
        Suspicion.objects.filter(station_id="S1").update(is_random=True)
        row = Suspicion.objects.get(station_id="S1")
        row.pk, row.account_id, row.colour, row.rank = None, "0099999999", "none", 900
        row.save()

    def test_are_marked_for_the_leader(self, drawn: None, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.INSPECTION_LEADER, unit="S1").get("/suspicions/?random=yes")

        assert page.context["part"].count == 2
        assert page.content.decode().count("drawn at random</span>") == 2

    @pytest.mark.parametrize(
        "role",
        [role for role in Role if Right.SEE_SUSPICIONS in rights_by_role()[role] and role != "inspection_leader"],
    )
    def test_are_told_to_nobody_else(self, role: Role, drawn: None, log_in: Callable[..., Client]) -> None:
        client = log_in(role, unit="S1")

        page = client.get("/suspicions/?random=yes")
        drawn_only = Suspicion.objects.get(colour="none")

        assert [row.is_random for row in page.context["part"].rows] == [False]
        assert "drawn at random" not in page.content.decode()
        assert client.get(f"/suspicions/{drawn_only.pk}/").status_code == 404
