"""Bills, tariffs and proposals for the archive through the API."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.doors.api.conftest import post
from tests.doors.web.chat_desk import fill_lake

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.base.security.audit.models import Entry
from lamplighter.base.settings import Home
from lamplighter.business.customers.models import CustomerEntry
from lamplighter.business.detection.models import ArchiveProposal, ProposalDecision
from lamplighter.journeys.archive_decisions import read_decisions


@pytest.fixture
def lake(company: None, home: Path) -> Lake:
    """Account 0012345671 of S1 with the company's bills of January (161.40) and February 2025 (229.63)."""
    fill_lake(Home(home).lake)
    return Lake.open(Home(home).lake)


def read(client: Client, path: str) -> Any:
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.mark.usefixtures("lake")
class TestBills:
    def test_are_of_the_newest_month_against_the_one_before(self, program: Callable[..., Client]) -> None:
        number = CustomerEntry.objects.get(account_id="0012345671").pk

        told = read(program(Role.SERVICE_AGENT), f"/customers/{number}/bills")

        assert [(each["month"], each["billed_yuan"]) for each in told["months"]] == [
            ("2025-02", "229.63"),
            ("2025-01", "161.4"),
        ]
        assert (told["bill"]["first_on"], told["bill"]["billed_yuan"]) == ("2025-02-01", "229.63")
        # No meter and no tariff is on file: nothing is guessed.
        assert (told["bill"]["total_yuan"], told["bill"]["issues"]) == (None, ["no_meter", "unknown_tariff"])
        assert (told["difference"]["against"], told["difference"]["causes"]) == ("2025-01", [])

    def test_of_the_first_month_are_held_against_nothing(self, program: Callable[..., Client]) -> None:
        number = CustomerEntry.objects.get(account_id="0012345671").pk

        told = read(program(Role.SERVICE_AGENT), f"/customers/{number}/bills?month=2025-01")

        assert (told["bill"]["billed_yuan"], told["difference"]) == ("161.4", None)

    def test_are_told_to_nobody_of_a_sibling_unit(self, program: Callable[..., Client]) -> None:
        number = CustomerEntry.objects.get(account_id="0012345671").pk

        assert program(Role.SERVICE_AGENT, unit="S2").get(f"/api/v1/customers/{number}/bills").status_code == 404


class TestTariffs:
    def test_carry_their_source_and_grade(self, home: Path, program: Callable[..., Client]) -> None:
        prices = read(program(Role.SERVICE_AGENT), "/tariffs")["prices"]

        assert {"reference", "scheme", "rule"} <= {each["kind"] for each in prices}
        assert all(each["source"] and each["evidence"] for each in prices)
        home_price = next(each for each in prices if each["code"] == "zj.residential")
        assert any("0.538" in line for line in home_price["lines"])


class TestAProposal:
    def test_is_decided_and_handed_back_to_the_lake_and_can_be_taken_back(
        self, lake: Lake, program: Callable[..., Client]
    ) -> None:
        steward = program(Role.DATA_STEWARD)
        number = ArchiveProposal.objects.get(station_id="S1").pk
        path = f"/areas/A1/proposals/{number}/decide"
        right, wrong = {"state": "accepted", "reason": "seen_on_site"}, {"state": "refused", "reason": "other"}

        accepted = post(steward, path, right)
        again = post(steward, path, right)
        silent = post(steward, path, wrong)
        back = post(steward, path, wrong | {"note": "looked at the wrong box"})

        assert (accepted.status_code, accepted.json()[0]["state"]) == (200, "accepted")
        assert (again.status_code, again.json()["code"]) == (409, "proposal_decided")
        assert (silent.status_code, [each["field"] for each in silent.json()["errors"]]) == (422, ["note"])
        assert [line["state"] for line in back.json()[0]["decisions"]] == ["refused", "accepted"]
        assert ProposalDecision.objects.count() == 2
        assert Entry.objects.filter(kind="detection.archiveproposal", staff_name="master station").count() == 2
        with lake.snapshot() as state:
            assert read_decisions(state).column("decision").to_pylist() == ["refused"]

    def test_takes_a_ground_of_its_decision(self, lake: Lake, program: Callable[..., Client]) -> None:
        number = ArchiveProposal.objects.get(station_id="S1").pk
        given = {"state": "accepted", "reason": "archive_right_papers"}

        answer = post(program(Role.DATA_STEWARD), f"/areas/A1/proposals/{number}/decide", given)

        assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, ["reason"])

    def test_is_decided_by_whom_that_is_open(self, lake: Lake, program: Callable[..., Client]) -> None:
        number = ArchiveProposal.objects.get(station_id="S1").pk
        given = {"state": "accepted", "reason": "papers"}

        assert post(program(Role.INSPECTOR), f"/areas/A1/proposals/{number}/decide", given).status_code == 403
        sibling = program(Role.DATA_STEWARD, unit="S2")
        assert post(sibling, f"/areas/A1/proposals/{number}/decide", given).status_code == 404
        assert ProposalDecision.objects.count() == 0
