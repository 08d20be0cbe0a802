"""The radar: customers heard once on every channel, an area's case opened once, repeats, clauses that are misread."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group

from lamplighter.base.security.actor import Actor, Role, UnitPath
from lamplighter.base.security.groups import make_groups
from lamplighter.base.security.models import Staff, Unit
from lamplighter.base.settings import Home
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.network.models import AreaEntry
from lamplighter.business.service_desk.chats.models import Chat, Turn
from lamplighter.business.service_desk.radar.models import Citation, Heard, RadarCase
from lamplighter.business.service_desk.radar.queries import find_callers, find_misread
from lamplighter.business.service_desk.radar.settings import radar_rules
from lamplighter.business.service_desk.tickets.models import Ticket, TicketEvent
from lamplighter.business.service_desk.tickets.operations import cancel_ticket, register_ticket, remind
from lamplighter.business.service_desk.tickets.records import Channel, Matter
from lamplighter.journeys.demo_chats import make_chats
from lamplighter.journeys.service_radar import Watched, watch_service

pytestmark = pytest.mark.django_db

EVENING = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)
A_MINUTE = dt.timedelta(minutes=1)
A_DAY = dt.timedelta(days=1)
RULES = radar_rules(on=EVENING.date())


def units_of(station: str) -> dict[str, str]:
    return {"province_id": "P", "city_id": "P", "county_id": "N", "station_id": station}


@pytest.fixture(autouse=True)
def desk(home: Home) -> None:
    """Stations S1 and S2 with areas A1 and A2 of 12 customers each: 1000 to 1011, 2000 to 2011."""
    make_groups()
    for unit, level, parent in (
        ("P", "province", ""),
        ("N", "county", "P"),
        ("S1", "station", "N"),
        ("S2", "station", "N"),
    ):
        station = unit if level == "station" else ""
        path = {
            "province_id": "P",
            "city_id": "P",
            "county_id": "N" if unit != "P" else "P",
            "station_id": station or unit,
        }
        Unit.objects.create(unit_id=unit, name=unit, level=level, parent_id=parent, **path)
    for number in (1, 2):
        AreaEntry.objects.create(area_id=f"A{number}", name=f"台区{number}", bucket=0, **units_of(f"S{number}"))
        for each in range(12):
            CustomerEntry.objects.create(
                account_id=f"{number}{each:03}",
                customer_class="residential",
                area_id=f"A{number}",
                **units_of(f"S{number}"),
            )


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))
    return Home(tmp_path)


def actor_of(role: Role, unit: str) -> Actor:
    person, is_new = Staff.objects.get_or_create(username=f"{role}-{unit}", unit_id=unit)
    if is_new:
        person.groups.add(Group.objects.get(name=role.value))
    return person.as_actor()


def chat(account: str, *, at: dt.datetime = EVENING, intent: str = "outage_now", **more: Any) -> Chat:
    """A conversation of a proven account."""
    number = Chat.objects.count()
    said = {"intent": intent, "last_at": at, "begun_at": at, "account_id": account} | more
    found: Chat = Chat.objects.create(key=f"k{number}", origin="o", language="zh", **said, **units_of(f"S{account[0]}"))
    return found


def told(row: Chat, *edges: str, minutes: int) -> None:
    at = row.begun_at + dt.timedelta(minutes=minutes)
    number = row.turns.count() + 1
    Turn.objects.create(chat=row, number=number, who="agent", said_at=at, words="…", edges=list(edges))


def ticket(account: str, *, at: dt.datetime = EVENING, code: str = "TK-4", channel: Channel = Channel.PHONE) -> int:
    return register_ticket(
        actor=actor_of(Role.SERVICE_AGENT, f"S{account[0]}"),
        matter=Matter(code, channel, "问阶梯电价怎么算", account_id=account, area_id=f"A{account[0]}"),
        path=UnitPath(**units_of(f"S{account[0]}")),
        names={},
        data={"may_call_back": "true", "place_kind": "CITY", "is_danger": "false"}
        if code == "TK-5"
        else {"may_call_back": "true"},
        now=at,
    ).number


@pytest.fixture
def history() -> None:
    """Eighty days on record, in which one customer of each area was once without supply."""
    for account in ("1011", "2011"):
        chat(account, at=EVENING - 80 * A_DAY)


@pytest.mark.usefixtures("history")
class TestAnAreaWithoutSupply:
    def test_opens_one_repair_with_who_wrote_behind_it(self) -> None:
        for number in range(4):
            chat(f"100{number}", at=EVENING - number * 10 * A_MINUTE)

        assert watch_service(now=EVENING) == Watched(heard=6, alarms=1, opened=1)

        case, repair = RadarCase.objects.get(), Ticket.objects.get()
        assert (case.kind, case.area_id, case.count, case.members.count()) == ("outage", "A1", 4, 4)
        assert (repair.pk, repair.class_code, repair.channel, repair.area_id) == (case.ticket, "TK-5", "radar", "A1")
        assert (repair.station_id, repair.account_id) == ("S1", "")

    def test_is_opened_once_and_takes_in_who_writes_later(self) -> None:
        for number in range(3):
            chat(f"100{number}")
        watch_service(now=EVENING)
        chat("1007", at=EVENING + 2 * A_MINUTE)

        again = watch_service(now=EVENING + 5 * A_MINUTE)

        assert (again.alarms, again.opened) == (1, 0)
        assert Ticket.objects.count() == 1
        assert RadarCase.objects.get().members.count() == 4
        assert TicketEvent.objects.filter(kind="comment").count() == 2

    def test_is_opened_anew_once_its_repair_is_over(self) -> None:
        for number in range(3):
            chat(f"100{number}")
        watch_service(now=EVENING)
        first = Ticket.objects.get()
        supervisor = actor_of(Role.SERVICE_SUPERVISOR, "N")
        cancel_ticket(
            actor=supervisor, number=first.pk, reason="已恢复", seen=first.instance_number, now=EVENING + A_MINUTE
        )
        for number in range(4, 8):
            chat(f"100{number}", at=EVENING + 10 * A_DAY)

        watch_service(now=EVENING + 10 * A_DAY)

        assert list(RadarCase.objects.order_by("pk").values_list("is_open", flat=True)) == [False, True]
        assert Ticket.objects.count() == 2

    def test_is_none_where_the_same_two_customers_ask_again_and_again(self) -> None:
        for number in range(6):
            chat(f"100{number % 2}", at=EVENING - number * A_MINUTE)

        assert watch_service(now=EVENING).alarms == 0

    def test_is_none_where_customers_of_several_areas_ask(self) -> None:
        for account in ("1000", "1001", "2000", "2001"):
            chat(account)

        assert watch_service(now=EVENING).alarms == 0

    def test_is_none_where_they_ask_of_something_else(self) -> None:
        for number in range(5):
            chat(f"100{number}", intent="tier_explain")

        assert watch_service(now=EVENING).alarms == 0


class TestACompanyThatHasJustBegun:
    def test_has_no_usual_to_stand_out_from(self) -> None:
        for number in range(4):
            chat(f"100{number}")

        assert watch_service(now=EVENING).alarms == 0


class TestWhatIsHeard:
    def test_is_kept_once_however_often_the_worker_listens(self) -> None:
        chat("1000")
        ticket("1001")

        watch_service(now=EVENING)
        watch_service(now=EVENING + A_MINUTE)

        assert sorted(Heard.objects.values_list("source", "area_id")) == [("chat", "A1"), ("ticket", "A1")]
        assert Heard.objects.get(source="ticket").topic == "tier_explain"

    def test_of_a_conversation_with_its_ticket_is_one_matter(self) -> None:
        number = ticket("1000", channel=Channel.CHAT)
        chat("1000", tickets={"TK-4": number}, ticket=number)

        watch_service(now=EVENING)

        assert list(Heard.objects.values_list("source", "ticket")) == [("chat", number)]

    def test_says_who_came_again_while_the_first_was_open(self) -> None:
        first = ticket("1000", at=EVENING - 3 * A_DAY)
        remind(actor=actor_of(Role.SERVICE_AGENT, "S1"), number=first, words="催办", now=EVENING - 2 * A_DAY)
        chat("1000", intent="complaint")
        chat("1001", at=EVENING - 9 * A_DAY)
        chat("1001")

        watch_service(now=EVENING)
        callers, again, still_open = find_callers(
            actor=actor_of(Role.SERVICE_SUPERVISOR, "N"), rules=RULES, unit="", now=EVENING
        )

        # Nine days are more than the seven of a repeat.
        assert [(each.times, each.topics, each.open_before) for each in callers] == [
            (3, ("tier_explain", "complaint"), 2)
        ]
        assert (again, still_open) == (1, 1)

    def test_of_another_station_is_not_seen(self) -> None:
        ticket("1000", at=EVENING - A_DAY)
        chat("1000")
        watch_service(now=EVENING)

        callers, again, _ = find_callers(
            actor=actor_of(Role.SERVICE_SUPERVISOR, "S2"), rules=RULES, unit="", now=EVENING
        )

        assert (callers, again) == ([], 0)


class TestAClause:
    def test_is_in_trouble_where_the_same_was_asked_again_or_a_person_wanted_after_it(self) -> None:
        asked_again, wants_person, planned, unsolved, fine = (
            chat("1000", intent="tier_explain"),
            chat("1001", intent="tier_explain", reason="asked", wanted_at=EVENING + 3 * A_MINUTE),
            chat("1002", intent="outage_now", reason="registered", wanted_at=EVENING + 3 * A_MINUTE),
            chat("1003", intent="tier_explain", satisfaction="UNSATISFIED", is_solved=False),
            chat("1004", intent="tier_explain"),
        )
        for row in (asked_again, wants_person, unsolved, fine):
            told(row, "tier_explain.what", minutes=1)
        told(asked_again, "tier_explain.what", minutes=2)
        told(planned, "outage_now.arrival", minutes=3)

        watch_service(now=EVENING + 5 * A_MINUTE)

        kinds = dict(Citation.objects.values_list("heard__number", "trouble"))
        assert [kinds[row.pk] for row in (asked_again, wants_person, planned, unsolved, fine)] == [
            "again",
            "person",
            "",
            "unsolved",
            "",
        ]

    def test_that_a_complaint_follows_within_the_days_of_a_repeat_is_in_trouble(self) -> None:
        row = chat("1000", intent="tier_explain")
        told(row, "tier_explain.what", minutes=1)
        Ticket.objects.filter(pk=ticket("1000", at=EVENING + 2 * A_DAY)).update(class_code="TK-1")

        watch_service(now=EVENING + 3 * A_DAY)

        assert Citation.objects.get().trouble == "complaint"

    def test_is_misread_where_many_are_left_in_trouble(self) -> None:
        for number in range(6):
            row = chat(f"10{number:02}", intent="tier_explain", at=EVENING + number * A_MINUTE)
            told(row, "tier_explain.what", minutes=1)
            told(row, "tier_explain.what", minutes=2)
        for number in range(6, 12):
            row = chat(f"10{number:02}", intent="invoice", at=EVENING + number * A_MINUTE)
            told(row, "invoice.how", minutes=1)
        now = EVENING + 20 * A_MINUTE
        watch_service(now=now)

        found = find_misread(actor=actor_of(Role.SERVICE_SUPERVISOR, "N"), rules=RULES, unit="", now=now)

        # 6 of 12 in trouble, all 6 of the first: one way of C(12, 6) = 924.
        assert [(each.tested.key, each.told, each.tested.count, each.tested.is_alarm) for each in found] == [
            ("tier_explain.what", 6, 6, True),
            ("invoice.how", 6, 0, False),
        ][: len(found)]
        assert found[0].tested.chance == pytest.approx(1 / 924)


class TestTheDemosChats:
    def test_are_made_in_the_demo_alone(self, home: Home) -> None:
        assert make_chats(home=home, now=EVENING) == 0
