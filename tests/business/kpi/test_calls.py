"""Calls and hand-overs as figures: legs that can be counted by hand, and what is not recorded adds to nothing."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from lamplighter.base.security.actor import UnitPath
from lamplighter.business.kpi.models import Tally
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.records import Count
from lamplighter.business.kpi.rules.calls import count_calls, fold_legs
from lamplighter.business.kpi.rules.definitions import read_kpi_settings
from lamplighter.business.service_desk.chats.models import Chat
from lamplighter.business.service_desk.contacts.models import Contact
from tests.business.kpi.desk import MARCH, NOW, at

SETTINGS = read_kpi_settings(on=NOW.date())
PATHS = {"S1": UnitPath("P", "C", "N", "S1")}
BEGIN = dt.datetime(2026, 3, 2, 2)


def leg(
    call: str, *, number: int = 1, offered: int = 0, answered: int | None = None, ended: int, **said: Any
) -> dict[str, Any]:
    """A leg whose instants are seconds after ten in the morning in China."""
    known = {
        "call_id": call,
        "leg": number,
        "unit_id": "S1",
        "queue": "95598",
        "offered_at": BEGIN + dt.timedelta(seconds=offered),
        "answered_at": None if answered is None else BEGIN + dt.timedelta(seconds=answered),
        "ended_at": BEGIN + dt.timedelta(seconds=ended),
        "agent": None if answered is None else "1001",
        "wrap_seconds": None,
    }
    return known | said


def legs(*rows: dict[str, Any]) -> pa.Table:
    types = {"agent": pa.string(), "wrap_seconds": pa.float64(), "answered_at": pa.timestamp("us")}
    return pa.table({name: pa.array([row[name] for row in rows], types.get(name)) for name in rows[0]})


def figures(*rows: dict[str, Any], by_person: bool = False) -> dict[str, tuple[float, float]]:
    counts = count_calls(fold_legs(legs(*rows)), paths=PATHS, definitions=SETTINGS.definitions, by_person=by_person)
    return {each.code: (round(each.hits, 4), each.total) for each in counts}


class TestCallsOfTheExchange:
    def test_are_answered_of_those_that_did_not_hang_up_within_ten_seconds(self) -> None:
        found = figures(
            leg("answered", answered=15, ended=75),
            leg("hung up at once", ended=9),
            leg("hung up after ten seconds", ended=10),
            leg("lost", ended=40),
        )

        assert found["K-1"] == (1, 3)

    def test_are_quick_when_answered_within_twenty_seconds_of_those_answered(self) -> None:
        found = figures(leg("a", answered=20, ended=60), leg("b", answered=21, ended=60), leg("c", ended=90))

        assert found["K-2"] == (1, 2)

    def test_take_talk_hold_and_wrap_up(self) -> None:
        found = figures(leg("a", answered=10, ended=130, wrap_seconds=30.0), leg("b", answered=5, ended=95))

        # (120 + 30 + 90) seconds of two calls.
        assert found["K-3"] == (4.0, 2)

    def test_count_once_when_put_through_by_their_first_wait_and_all_they_took(self) -> None:
        found = figures(
            leg("a", answered=8, ended=68),
            leg("a", number=2, offered=68, answered=128, ended=188, queue="bills"),
        )

        assert found == {"K-1": (1, 1), "K-2": (1, 1), "K-3": (2.0, 1)}

    def test_belong_to_the_month_in_which_an_agent_was_asked_for_on_the_clock_of_the_company(self) -> None:
        late = leg("a", answered=5, ended=60) | {"offered_at": dt.datetime(2026, 3, 31, 16)}
        late |= {"answered_at": dt.datetime(2026, 3, 31, 16, 1), "ended_at": dt.datetime(2026, 3, 31, 16, 2)}
        found = count_calls(fold_legs(legs(late)), paths=PATHS, definitions=SETTINGS.definitions, by_person=False)

        assert {each.month for each in found} == {dt.date(2026, 4, 1)}

    def test_name_nobody_unless_the_company_has_a_ground_for_it(self) -> None:
        folded = fold_legs(legs(leg("a", answered=5, ended=60)))

        def named(by_person: bool) -> set[str]:
            known = {"paths": PATHS, "definitions": SETTINGS.definitions}
            return {each.person for each in count_calls(folded, by_person=by_person, **known)}  # type: ignore[arg-type]

        assert (named(False), named(True)) == ({""}, {"1001"})

    def test_of_a_unit_nobody_knows_add_nothing(self) -> None:
        assert figures(leg("a", answered=5, ended=60, unit_id="elsewhere")) == {}


def talk(number: int, seconds: float | None = 120.0, **said: Any) -> None:
    known: dict[str, Any] = {
        "contact_no": f"c-{number}",
        "channel": "call",
        "agent_id": 7,
        "agent_name": "李",
        "begun_at": at(2),
        "seconds": seconds,
        "dialogue": {"turns": []},
        "digest": str(number),
        "rubric": "1",
        "total_first": 100.0,
        "total": 100.0,
        "is_vetoed": False,
        "taken_at": at(3),
        "province_id": "P",
        "city_id": "C",
        "county_id": "N",
        "station_id": "S1",
    }
    Contact.objects.create(**known | said)


def hand_over(number: int, *, taken: int | None, ended: int | None, channel: str = "chat") -> None:
    """A conversation handed over at ten; a person answered, or it ended, so many seconds later."""
    asked = at(2)

    def later(seconds: int | None) -> dt.datetime | None:
        return None if seconds is None else asked + dt.timedelta(seconds=seconds)

    Chat.objects.create(
        key=f"{number:064}",
        origin="o",
        language="zh",
        channel=channel,
        begun_at=asked,
        last_at=asked,
        wanted_at=asked,
        taken_at=later(taken),
        ended_at=later(ended),
        agent_name="" if taken is None else "李",
        province_id="P",
        city_id="C",
        county_id="N",
        station_id="S1",
    )


def counted(code: str, **narrowed: Any) -> tuple[float, float]:
    rows = Tally.objects.filter(code=code, month=MARCH, **narrowed).values_list("hits", "total")
    return sum(hits for hits, _ in rows), sum(total for _, total in rows)


@pytest.mark.django_db
class TestCallsHandedIn:
    def test_give_the_time_they_took_and_neither_answer_rate_nor_waiting(self) -> None:
        talk(1, 120.0)
        talk(2, 60.0)
        talk(3, None)
        talk(4, agent_id=None)
        talk(5, channel="chat")
        count_figures(settings=SETTINGS, now=NOW)

        assert counted("K-3", group="recorded") == (3.0, 2)
        assert not Tally.objects.filter(code__in=("K-1", "K-2")).exists()

    def test_do_not_count_beside_what_the_exchange_told_of_the_same_month(self) -> None:
        talk(1, 120.0)
        talk(2, 60.0, begun_at=at(2, month=2))
        told = Count("K-3", MARCH, PATHS["S1"], 9.0, 3.0, "exchange")
        count_figures(settings=SETTINGS, now=NOW, more=[told])

        assert counted("K-3") == (9.0, 3)
        assert Tally.objects.get(code="K-3", month=dt.date(2026, 2, 1)).group == "recorded"


@pytest.mark.django_db
class TestRecordsDeliveredLate:
    def test_are_counted_once_of_a_month_that_is_not_counted_again_any_more(self) -> None:
        talk(1, begun_at=at(2, month=4))
        count_figures(settings=SETTINGS, now=NOW)
        later = dt.datetime(2026, 12, 20, 4, tzinfo=dt.UTC)
        told = Count("K-1", MARCH, PATHS["S1"], 9.0, 10.0, "exchange")

        for more in ([told], [told]):
            count_figures(settings=SETTINGS, now=later, more=more)

        assert counted("K-1") == (9.0, 10)


@pytest.mark.django_db
class TestHandOvers:
    def test_are_answered_of_those_that_did_not_end_within_ten_seconds_and_wait_no_more(self) -> None:
        hand_over(1, taken=120, ended=600)
        hand_over(2, taken=60, ended=None, channel="call")
        hand_over(3, taken=None, ended=9)
        hand_over(4, taken=None, ended=1800)
        hand_over(5, taken=None, ended=None)
        count_figures(settings=SETTINGS, now=NOW)

        assert counted("K-1.1") == (2, 3)
        assert counted("K-1.1", group="call") == (1, 1)

    def test_wait_until_a_person_answers(self) -> None:
        hand_over(1, taken=120, ended=600)
        hand_over(2, taken=60, ended=None)
        hand_over(3, taken=None, ended=1800)
        count_figures(settings=SETTINGS, now=NOW)

        assert counted("K-2.1") == (3.0, 2)
