"""Tickets that came to their end as contacts: played by the demo's staff, scored once, each of whoever settled it."""

import pytest

from lamplighter.base.security.models import Staff
from lamplighter.base.settings import Home
from lamplighter.business.service_desk.contacts.models import Contact
from lamplighter.business.service_desk.contacts.view import read_words
from lamplighter.business.service_desk.tickets.models import Ticket
from lamplighter.business.service_desk.understanding.model import packaged_classifier
from lamplighter.business.service_desk.understanding.reading import Reader
from lamplighter.journeys import ticket_contacts
from lamplighter.journeys.demo_service import make_service
from lamplighter.journeys.ticket_contacts import take_ended_tickets
from tests.journeys.test_demo_service import MORNING, desk, staff  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(ticket_contacts, "open_reader", lambda models: Reader(packaged_classifier()))
    return Home(tmp_path_factory.mktemp("home"))


class TestEndedTickets:
    @pytest.fixture(autouse=True)
    def played(self, staff: None) -> None:  # noqa: F811
        make_service(now=MORNING, matters=40, days=20)

    def test_become_contacts_once_and_those_that_go_on_in_another_do_not(self, home: Home) -> None:
        first = take_ended_tickets(home=home, now=MORNING)

        ended = Ticket.objects.filter(closed_at__isnull=False, merged_into=None)
        assert first == ended.count() > 20
        assert take_ended_tickets(home=home, now=MORNING) == 0
        assert set(Contact.objects.values_list("ticket_no", flat=True)) == set(
            ended.values_list("ticket_no", flat=True)
        )

    def test_belong_to_whoever_settled_them_and_stand_in_the_units_of_the_ticket(self, home: Home) -> None:
        take_ended_tickets(home=home, now=MORNING)

        ticket = Ticket.objects.filter(class_code="TK-4", status="finished").first()
        assert ticket is not None
        contact = Contact.objects.get(ticket_no=ticket.ticket_no)
        agent = Staff.objects.get(pk=contact.agent_id)
        assert agent.username == ticket.handler
        assert (contact.channel, contact.path, contact.begun_at) == ("ticket", ticket.path, ticket.registered_at)

    def test_have_the_customers_words_first_and_then_what_was_written_down(self, home: Home) -> None:
        take_ended_tickets(home=home, now=MORNING)

        ticket = Ticket.objects.filter(class_code="TK-4", status="finished").first()
        assert ticket is not None
        contact = Contact.objects.get(ticket_no=ticket.ticket_no)
        words = read_words(contact)
        assert contact.dialogue["turns"][0]["text"] == f"{ticket.subject}。{ticket.words}"
        assert words[1].startswith("派单")
        assert [turn["who"] for turn in contact.dialogue["turns"]][:2] == ["customer", "agent"]
        assert contact.seconds is None

    def test_that_were_late_lose_the_points_of_their_promise(self, home: Home) -> None:
        take_ended_tickets(home=home, now=MORNING)

        for contact in Contact.objects.filter(channel="ticket"):
            ticket = Ticket.objects.get(ticket_no=contact.ticket_no)
            late = bool(
                ticket.promise_due_at
                and (ticket.replied_at or ticket.closed_at)
                and (ticket.replied_at or ticket.closed_at) > ticket.promise_due_at
            )
            lost = contact.deductions.filter(item="ticket_promise.late").exists()
            assert lost is (late and (ticket.status == "finished" or ticket.replied_at is not None))
