"""What counts for each figure, on rows whose figures can be counted by hand, and the lists behind them."""

import datetime as dt
from typing import Any

import pytest

from lamplighter.base.desk.listing import Ask
from lamplighter.base.security.actor import Actor, Level, Right
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.kpi.models import Counting, Tally
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.rules.definitions import KpiSettings, read_kpi_settings
from lamplighter.business.service_desk.tickets.queries import list_tickets
from tests.business.kpi.desk import MARCH, NOW, at, put

SETTINGS = read_kpi_settings(on=NOW.date())
BOSS = Actor(1, "Gao", "P", Level.PROVINCE, frozenset(), frozenset({Right.SEE_TICKETS, Right.SEE_FIGURES}))


def count(settings: KpiSettings = SETTINGS, now: dt.datetime = NOW) -> Counting:
    return count_figures(settings=settings, now=now)


def counted(code: str, **narrowed: Any) -> tuple[float, float]:
    rows = Tally.objects.filter(code=code, month=MARCH, **narrowed).values_list("hits", "total")
    return sum(hits for hits, _ in rows), sum(total for _, total in rows)


@pytest.mark.django_db
class TestInTime:
    def test_is_answered_before_the_promise_of_those_settled_with_one(self) -> None:
        put(1)
        put(2, replied_at=at(7), closed_at=at(7))
        put(3, promise_due_at=None)
        put(4, status="cancelled", replied_at=None)
        put(5, status="running", replied_at=None, closed_at=None)
        count()

        assert counted("K-6") == (1, 2)

    def test_belongs_to_the_month_in_which_it_was_closed_on_the_clock_of_the_company(self) -> None:
        # Half past midnight on 1 April in China.
        put(1, closed_at=at(31, 16), replied_at=at(3))
        count()

        assert Tally.objects.get(code="K-6").month == dt.date(2026, 4, 1)

    def test_is_kept_apart_by_class_station_and_team(self) -> None:
        put(1)
        put(2, "TK-1")
        put(3, "TK-1", station="S2", team="二班")
        count()

        assert counted("K-6", group="TK-1") == (2, 2)
        assert counted("K-6", station_id="S2", team="二班") == (1, 1)


@pytest.mark.django_db
class TestPromiseGuard:
    def test_counts_what_in_time_leaves_out_open_and_ended_tickets(self) -> None:
        put(1)
        put(2, status="running", replied_at=None, closed_at=None)
        put(3, status="cancelled", replied_at=None)
        count()

        assert (counted("K-6"), counted("G-1")) == ((1, 1), (1, 3))

    def test_leaves_out_a_promise_that_has_not_run_out_and_a_ticket_another_goes_on_with(self) -> None:
        kept = put(1)
        put(2, promise_due_at=at(21, month=4), status="running", replied_at=None, closed_at=None)
        put(3, status="cancelled", replied_at=None, merged_into=kept)
        count()

        assert counted("G-1") == (1, 1)


@pytest.mark.django_db
class TestSolvedOnce:
    def test_is_not_what_the_same_account_asks_again_within_seven_days(self) -> None:
        put(1, account_id="A")
        put(2, account_id="A", registered_at=at(10), closed_at=at(11), replied_at=at(11), promise_due_at=at(14))
        put(3, "TK-8", account_id="A", registered_at=at(4))
        count()

        # The first was asked again on the seventh day after it was closed; another class is another matter.
        assert counted("K-4") == (2, 3)

    def test_waits_until_the_days_are_over(self) -> None:
        put(1, registered_at=at(15, month=4), replied_at=at(16, month=4), closed_at=at(16, month=4))
        count()

        assert not Tally.objects.filter(code="K-4").exists()

    @pytest.mark.parametrize("again", [{"reminders": 1}, {"reopened": 1}])
    def test_is_not_what_was_reminded_of_or_worked_again(self, again: dict[str, int]) -> None:
        put(1, **again)
        count()

        assert counted("K-4") == (0, 1)


@pytest.mark.django_db
class TestRepeat:
    def test_is_what_the_same_account_had_brought_within_seven_days_before(self) -> None:
        put(1, account_id="A", registered_at=at(2))
        put(2, account_id="A", registered_at=at(9))
        put(3, account_id="A", registered_at=at(17))
        put(4, account_id="")
        put(5, account_id="A", registered_at=at(3), channel="radar")
        count()

        # The second comes exactly seven days after the first, the third eight days after the second; nobody brought
        # the fifth.
        assert counted("K-9.1") == (1, 3)


@pytest.mark.django_db
class TestCallBack:
    def test_gives_satisfaction_reach_share_and_the_customers_word(self) -> None:
        put(1, satisfaction="VERY_SATISFIED", is_solved=True)
        put(2, satisfaction="UNSATISFIED", is_solved=False, reopened=1)
        put(3, satisfaction="UNREACHED")
        put(4)
        count()

        found = {code: counted(code) for code in ("K-5", "K-9.2", "K-9.3", "G-3", "G-4")}
        assert found == {"K-5": (1, 2), "K-9.2": (1, 4), "K-9.3": (2, 3), "G-3": (3, 4), "G-4": (1, 2)}


@pytest.mark.django_db
class TestComplaints:
    def test_stand_above_all_customers_of_the_station_each_month(self) -> None:
        for number in range(3):
            CustomerEntry.objects.create(
                account_id=f"{number}",
                customer_class="residential",
                province_id="P",
                city_id="C",
                county_id="N",
                station_id="S1",
            )
        first = put(1, "TK-1", instance='{"data":{"subject_kind":"SERVICE"}}')
        put(2, "TK-1", instance='{"data":{"subject_kind":"OUTAGE"}}')
        put(3, "TK-1", merged_into=first, status="cancelled")
        count()

        assert counted("K-8") == (2, 3)
        assert counted("K-8", group="SERVICE") == (1, 0)


@pytest.mark.django_db
class TestMended:
    def test_is_a_meter_ticket_of_no_more_than_three_days(self) -> None:
        put(1, "TK-8", closed_at=at(5))
        put(2, "TK-8", closed_at=at(5, 3))
        put(3)
        count()

        assert counted("K-15") == (1, 2)


@pytest.mark.django_db
class TestEndedWithoutAction:
    def test_is_what_nobody_handled_merges_aside(self) -> None:
        first = put(1)
        put(2, status="cancelled", handler="")
        put(3, status="cancelled", handler="", merged_into=first)
        put(4, status="cancelled")
        count()

        assert counted("G-2") == (1, 3)


@pytest.mark.django_db
class TestPersons:
    def test_stand_in_no_row_unless_the_company_names_its_ground(self) -> None:
        put(1)
        count()

        assert set(Tally.objects.values_list("person", flat=True)) == {""}

    def test_are_counted_where_it_does(self) -> None:
        put(1)
        count(KpiSettings(SETTINGS.definitions, "agreed"))

        assert counted("K-6", person="李") == (1, 1)


@pytest.mark.django_db
class TestCountedAgain:
    def test_is_the_same_as_counted_once(self) -> None:
        put(1)
        count()
        count()

        assert counted("K-6") == (1, 1)

    def test_leaves_months_alone_that_lie_further_back(self) -> None:
        put(1)
        count()
        later = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
        put(2)
        count(now=later)

        assert counted("K-6") == (1, 1)


MARKS = {
    "K-4": ("solved_once", "closed", ".7"),
    "K-5": ("satisfied", "closed", ""),
    "K-6": ("in_time", "closed", ""),
    "K-9.1": ("repeat", "registered", ".7"),
    "K-9.2": ("returned", "closed", ""),
    "K-9.3": ("reached", "closed", ""),
    "K-15": ("mended", "closed", ".3"),
    "G-1": ("promise", "promised", ""),
    "G-2": ("no_action", "closed", ""),
    "G-3": ("called_back", "closed", ""),
    "G-4": ("solved", "closed", ""),
}


@pytest.mark.django_db
class TestLists:
    @pytest.fixture
    def many(self) -> None:
        """A month in which every decision goes both ways."""
        first = put(1, "TK-8", account_id="A", satisfaction="SATISFIED", is_solved=True, closed_at=at(6))
        put(2, "TK-8", account_id="A", registered_at=at(8), satisfaction="NEUTRAL", is_solved=False)
        put(3, status="cancelled", handler="", replied_at=None)
        put(4, status="cancelled", handler="", merged_into=first, replied_at=None)
        put(5, status="running", replied_at=None, closed_at=None, handler="")
        put(6, satisfaction="UNREACHED", replied_at=at(7), reopened=1)
        put(7, satisfaction="UNSATISFIED", is_solved=None, reminders=2)
        put(8, replied_at=None, account_id="", channel="counter")
        put(9, account_id="A", class_code="TK-8", channel="radar", registered_at=at(9))
        put(10, promise_due_at=None, replied_at=None)
        put(11, registered_at=at(31, 20), closed_at=at(31, 22), replied_at=at(31, 21), promise_due_at=at(2, month=4))

    @pytest.mark.parametrize("code", MARKS)
    def test_hold_exactly_the_tickets_a_figure_counts(self, code: str, many: None) -> None:
        count()
        mark, months, days = MARKS[code]

        def listed(side: str) -> int:
            asked = {"mark": f"{mark}.{side}{days}", months: "2026-03..2026-03"}
            return list_tickets(actor=BOSS, ask=Ask(filters=asked), now=NOW).count

        hits, total = counted(code)
        assert total > 1
        assert (listed("met"), listed("missed"), listed("all")) == (hits, total - hits, total)

    def test_of_complaints_are_narrowed_by_topic(self) -> None:
        put(1, "TK-1", instance='{"data":{"subject_kind":"SERVICE"}}')
        put(2, "TK-1", instance='{"data":{"subject_kind":"OUTAGE"}}')
        count()

        asked = {"mark": "complaint.all", "registered": "2026-03..2026-03", "topic": "SERVICE", "unit": "N"}
        found = list_tickets(actor=BOSS, ask=Ask(filters=asked), now=NOW)
        assert [row.ticket_no for row in found.rows] == ["GD-1"]

    @pytest.mark.parametrize("value", ["solved_once.met.99999", "unheard.all", "in_time.half"])
    def test_are_not_narrowed_by_a_mark_that_means_nothing(self, value: str) -> None:
        put(1)

        assert list_tickets(actor=BOSS, ask=Ask(filters={"mark": value}), now=NOW).count == 1
