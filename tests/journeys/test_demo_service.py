"""The demo's service desk: played by its staff through the operations, once, with matters left open at the end."""

import datetime as dt

import pytest
from django.db.models import F

from lamplighter.base.calendars import is_working_day
from lamplighter.base.security.actor import Role
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.network.models import AreaEntry
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.settings import escalation_rule
from lamplighter.journeys.demo_service import make_service

pytestmark = pytest.mark.django_db

PATH = {"province_id": "P", "city_id": "P", "county_id": "N", "station_id": "S1"}
MORNING = dt.datetime(2025, 4, 1, tzinfo=dt.UTC)
CHINA = dt.timezone(dt.timedelta(hours=8))
POSTS = {
    "agent_a": (Role.SERVICE_AGENT, "S1"),
    "agent_b": (Role.SERVICE_AGENT, "S1"),
    "supervisor": (Role.SERVICE_SUPERVISOR, "N"),
    "engineer": (Role.EQUIPMENT_ENGINEER, "N"),
    "leader": (Role.INSPECTION_LEADER, "N"),
    "steward": (Role.DATA_STEWARD, "N"),
}


@pytest.fixture
def desk() -> None:
    make_groups()
    for unit, level, parent in (("P", "province", ""), ("N", "county", "P"), ("S1", "station", "N")):
        path = PATH | {"county_id": "N" if unit != "P" else "", "station_id": "S1" if unit == "S1" else ""}
        Unit.objects.create(unit_id=unit, name=unit, level=level, parent_id=parent, **path)
    AreaEntry.objects.create(area_id="A1", name="台区1", station_name="一站", bucket=0, **PATH)
    for number in range(12):
        CustomerEntry.objects.create(account_id=f"{number:04}", customer_class="residential", area_id="A1", **PATH)


@pytest.fixture
def staff(desk: None) -> None:
    from django.contrib.auth.models import Group

    for name, (role, unit) in POSTS.items():
        person = Staff.objects.create_user(name, password="quiet-lamps-over-water")
        person.unit = Unit.objects.get(unit_id=unit)
        person.save()
        person.groups.set(Group.objects.filter(name=role.value))


class TestTheDemosService:
    def test_is_worked_by_its_staff_and_leaves_matters_open(self, staff: None) -> None:
        made = make_service(now=MORNING, matters=40, days=20)

        tickets = Ticket.objects.all()
        assert made == tickets.count() >= 35
        assert all(MORNING - dt.timedelta(days=20) <= each.registered_at < MORNING for each in tickets)
        assert tickets.filter(status="finished").count() > tickets.filter(closed_at=None).count() > 0
        assert tickets.filter(merged_into__isnull=False).exists()
        assert not TicketEvent.objects.filter(made_at__gt=MORNING).exists()

    def test_keeps_most_promises_and_works_what_waits_for_days_in_office_hours(self, staff: None) -> None:
        make_service(now=MORNING, matters=60, days=40)

        replied = Ticket.objects.filter(replied_at__isnull=False, promise_due_at__isnull=False)
        kept = replied.filter(replied_at__lte=F("promise_due_at")).count()
        assert 0.8 < kept / replied.count() < 1
        answered = replied.exclude(class_code__in=("TK-5", "TK-6")).values_list("replied_at", flat=True)
        assert answered
        for at in (each.astimezone(CHINA) for each in answered):
            assert is_working_day(at.date())
            assert dt.time(8, 30) <= at.time() < dt.time(17, 30)

    def test_has_those_above_told_within_five_minutes_of_the_time_they_are_to_know(self, staff: None) -> None:
        make_service(now=MORNING, matters=40, days=20)

        rule = escalation_rule(on=MORNING.date())
        told = TicketEvent.objects.filter(kind="escalated", words="OWNER", ticket__reminders=0)
        told = [each for each in told if each.made_at != each.ticket.registered_at]
        assert told
        for each in told:
            promised = each.ticket.promise_due_at - each.ticket.registered_at
            reached = each.ticket.registered_at + rule.owner_share * promised
            assert dt.timedelta() <= each.made_at - reached < dt.timedelta(minutes=5)

    def test_is_the_same_from_the_same_instant(self, staff: None) -> None:
        told = []
        for _ in range(2):
            make_service(now=MORNING, matters=20, days=10)
            columns = ("ticket__subject", "ticket__account_id", "kind", "made_at", "by_name")
            told.append(list(TicketEvent.objects.order_by("ticket_id", "pk").values_list(*columns)))
            TicketEvent.objects.all().delete()
            Ticket.objects.update(merged_into=None)
            Ticket.objects.all().delete()

        assert told[0]
        assert told[0] == told[1]

    def test_has_nobody_call_back_about_what_he_settled(self, staff: None) -> None:
        make_service(now=MORNING, matters=30, days=20)

        agents = {str(pk) for pk in Staff.objects.filter(username__startswith="agent").values_list("pk", flat=True)}
        called = TicketEvent.objects.filter(kind="completed", line__contains="revisit")
        assert called.exists()
        for ticket in Ticket.objects.filter(class_code="TK-4"):
            by = dict(ticket.events.filter(kind="completed", line__contains='"handle"').values_list("kind", "by_id"))
            asked = ticket.events.filter(kind="completed", line__contains='"revisit"').values_list("by_id", flat=True)
            assert not set(asked) & set(by.values())
            assert set(asked) <= agents

    def test_is_played_once(self, staff: None) -> None:
        first = make_service(now=MORNING, matters=20, days=10)

        assert first >= 20
        assert make_service(now=MORNING, matters=20, days=10) == 0
        assert Ticket.objects.count() == first

    def test_is_left_out_where_nobody_could_call_back(self, staff: None) -> None:
        Staff.objects.get(username="agent_b").delete()

        assert make_service(now=MORNING, matters=20, days=10) == 0
        assert not Ticket.objects.exists()
