"""Key figures on pages: of one's own unit, with the records behind each, and no figure where there is no data."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.business.kpi.desk import NOW, at, put

from lamplighter.base.jobs.models import Job
from lamplighter.base.security.actor import Role
from lamplighter.business.kpi.operations import count_figures
from lamplighter.business.kpi.rules.definitions import read_kpi_settings

MARCH = "first=2026-03&last=2026-03"


@pytest.fixture
def counted(company: None) -> None:
    """S1 answered one of two in time, S2 both of two; February had one of one."""
    put(1, "TK-1", instance='{"data":{"subject_kind":"SERVICE"}}')
    put(2, replied_at=at(9), closed_at=at(9))
    put(3, station="S2")
    put(4, station="S2", team="二班")
    put(
        5,
        registered_at=at(2, month=2),
        replied_at=at(3, month=2),
        closed_at=at(3, month=2),
        promise_due_at=at(6, month=2),
    )
    count_figures(settings=read_kpi_settings(on=NOW.date()), now=NOW)


def rows(client: Client, asked: str = MARCH) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in client.get(f"/kpi/?{asked}").context["rows"]}


@pytest.mark.usefixtures("counted")
class TestFigures:
    def test_are_those_of_ones_own_unit(self, log_in: Callable[..., Client]) -> None:
        station, county = log_in(Role.SERVICE_SUPERVISOR, unit="S1"), log_in(Role.SERVICE_SUPERVISOR, unit="N")

        assert rows(station)["K-6"]["figure"]["counts"] == "1 of 2"
        assert rows(county)["K-6"]["figure"]["value"] == "75.0%"
        assert rows(county, f"unit=S2&{MARCH}")["K-6"]["figure"]["counts"] == "2 of 2"

    @pytest.mark.parametrize("path", ["/kpi/", "/kpi/k6/"])
    def test_are_not_shown_of_a_unit_beside_or_above(self, path: str, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S2")

        assert [client.get(f"{path}?unit={unit}").status_code for unit in ("S1", "N", "nowhere")] == [404] * 3

    def test_stand_beside_the_period_before_and_the_target(self, log_in: Callable[..., Client]) -> None:
        row = rows(log_in(Role.SERVICE_SUPERVISOR, unit="S1"))["K-6"]

        assert (row["before"], row["target"], row["is_met"]) == ("100.0%", "at least 100.0%", False)

    def test_open_as_many_tickets_as_they_say(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="N")
        links = {words: url for url, words in rows(client)["K-6"]["records"].links}

        found = {words: client.get(url).context["part"].count for words, url in links.items()}

        assert found == {"all": 4, "met": 3, "not met": 1}

    def test_say_in_words_that_no_call_records_were_delivered(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        assert rows(client)["K-1"]["figure"] is None
        assert "No data: no call records of a telephone exchange" in client.get("/kpi/").content.decode()

    def test_carry_their_guards(self, log_in: Callable[..., Client]) -> None:
        guards = rows(log_in(Role.SERVICE_SUPERVISOR, unit="S1"))["K-6"]["guards"]

        assert [(guard["code"], guard["figure"]["value"]) for guard in guards][:2] == [
            ("G-1", "50.0%"),
            ("K-9.2", "0.0%"),
        ]

    def test_lead_to_no_ticket_for_whom_tickets_are_closed(self, log_in: Callable[..., Client]) -> None:
        row = rows(log_in(Role.TRAINER, unit="S1"))["K-6"]

        assert (row["figure"]["counts"], row["records"].links) == ("1 of 2", ())

    def test_of_a_quarter_are_those_of_its_three_months(self, log_in: Callable[..., Client]) -> None:
        found = rows(log_in(Role.SERVICE_SUPERVISOR, unit="S1"), "kind=quarter&last=2026-02")

        assert found["K-6"]["figure"]["counts"] == "2 of 3"

    def test_refuse_a_period_that_ends_before_it_begins(self, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.SERVICE_SUPERVISOR, unit="S1").get("/kpi/?kind=own&first=2026-03&last=2026-01")

        assert "Choose whole months" in page.content.decode()
        assert page.context["period"].first == dt.date(2026, 3, 1)


@pytest.mark.usefixtures("counted")
class TestParts:
    def test_by_unit_add_up_to_the_change(self, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.SERVICE_SUPERVISOR, unit="N").get(f"/kpi/k6/?{MARCH}&by=unit")

        # From 1 of 1, all in S1, to 3 of 4: S1's own half-good answers at a mean share of 0.75 took 37.5 points, S2's
        # coming gave 12.5.
        change = page.context["change"]
        assert (change["difference"], change["mix"], change["rate"]) == ("-25.00", "+12.50", "-37.50")

    def test_by_team_are_closed_to_whoever_does_not_supervise(self, log_in: Callable[..., Client]) -> None:
        assert log_in(Role.SERVICE_SUPERVISOR, unit="N").get(f"/kpi/k6/?{MARCH}&by=team").context["by"] == "team"
        assert (
            log_in(Role.SERVICE_AGENT, Role.TRAINER, unit="N").get(f"/kpi/k6/?{MARCH}&by=team").context["by"] == "group"
        )

    def test_by_person_are_not_there_and_the_page_says_why(self, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.SERVICE_SUPERVISOR, unit="N").get(f"/kpi/k6/?{MARCH}&by=person")

        assert page.context["by"] == "group"
        assert "By person: not made." in page.content.decode()

    def test_of_complaints_are_their_topics_and_places(self, log_in: Callable[..., Client]) -> None:
        places = log_in(Role.SERVICE_SUPERVISOR, unit="N").get(f"/kpi/?{MARCH}").context["places"]

        assert places["topics"] == ["service"]
        assert [(row["name"], row["cells"][0]["count"]) for row in places["rows"]] == [("S1所", 1), ("S2所", 0)]
        # One complaint, one customer.
        assert places["rows"][0]["figure"]["value"] == "10,000.00"


class TestCounting:
    def test_is_asked_for_once_at_a_time_by_whoever_supervises(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.SERVICE_SUPERVISOR, unit="S1")

        client.post("/kpi/count/")
        client.post("/kpi/count/")

        assert Job.objects.filter(kind="kpi_count").count() == 1
