"""Chores of the worker: time arrives at tickets by itself, every five minutes, whatever one of them says."""

import datetime as dt

import pytest

from lamplighter.base.jobs.registry import Chore, chores
from lamplighter.base.security.actor import Role, UnitPath
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.business.service_desk.tickets import operations
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.business.workflow.refusals import StaleInstance

pytestmark = pytest.mark.django_db

STATION = UnitPath("P", "C", "N", "S1")
MONDAY = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)


@pytest.fixture
def agent() -> Staff:
    from django.contrib.auth.models import Group

    make_groups()
    path = {"province_id": "P", "city_id": "C", "county_id": "N", "station_id": "S1"}
    unit = Unit.objects.create(unit_id="S1", name="一站", level="station", parent_id="", **path)
    person = Staff.objects.create_user("sun", password="quiet-lamps-over-water")
    person.unit = unit
    person.save()
    person.groups.set(Group.objects.filter(name=Role.SERVICE_AGENT.value))
    return person


def paid(agent: Staff, account: str) -> int:
    """Take down that somebody paid and waits for supply: promised within 24 hours."""
    return operations.register_ticket(
        actor=agent.as_actor(),
        matter=Matter("TK-6", Channel.PHONE, "交了费还没送电", account_id=account),
        path=STATION,
        names={},
        data={"may_call_back": True},
        now=MONDAY,
    ).number


def chore() -> Chore:
    return next(each for each in chores() if each.name == "advance_tickets")


def told() -> list[tuple[int, str]]:
    return list(TicketEvent.objects.filter(kind="escalated").order_by("pk").values_list("ticket_id", "words"))


class TestTheChoreOfTickets:
    def test_comes_every_five_minutes(self) -> None:
        assert chore().every == dt.timedelta(minutes=5)

    def test_tells_who_has_to_know_at_half_at_four_fifths_and_at_the_end_of_the_promise_once_each(
        self, agent: Staff
    ) -> None:
        ticket = paid(agent, "1")

        for hours in (11, 12, 13, 19, 19.2, 20, 24, 48):
            chore().work(MONDAY + dt.timedelta(hours=hours))

        assert told() == [(ticket, "OWNER"), (ticket, "MANAGER"), (ticket, "CITY")]

    def test_leaves_what_is_over(self, agent: Staff) -> None:
        ticket = paid(agent, "1")
        Ticket.objects.filter(pk=ticket).update(status="finished", closed_at=MONDAY)

        chore().work(MONDAY + dt.timedelta(hours=30))

        assert told() == []

    def test_goes_on_past_a_ticket_somebody_acts_on_at_this_moment(
        self, agent: Staff, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, second = paid(agent, "1"), paid(agent, "2")
        really = operations.advance_ticket

        def busy(*, number: int, now: dt.datetime) -> bool:
            if number == first:
                raise StaleInstance(f"ticket-{number}", seen=1, number=2)
            return really(number=number, now=now)

        monkeypatch.setattr(operations, "advance_ticket", busy)
        chore().work(MONDAY + dt.timedelta(hours=12))

        assert told() == [(second, "OWNER")]

    def test_that_looks_twice_at_once_tells_once(self, agent: Staff) -> None:
        ticket = paid(agent, "1")
        before = Ticket.objects.get(pk=ticket)
        chore().work(MONDAY + dt.timedelta(hours=12))

        # The other worker read the ticket before this one had told.
        assert not operations._escalate(before, now=MONDAY + dt.timedelta(hours=12))
        assert told() == [(ticket, "OWNER")]
