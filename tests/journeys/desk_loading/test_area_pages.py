"""An area on the desk: any day of it, its wiring, and proposals to accept or refuse."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client

from lamplighter.base.lake import Lake
from lamplighter.base.security.actor import Role
from lamplighter.business.detection.models import ArchiveProposal, ProposalDecision
from lamplighter.business.detection.tables import ARCHIVE_DECISION, ARCHIVE_PROPOSAL
from lamplighter.business.metering.tables import METER
from tests.journeys.brief.conftest import NIGHT, put, write_company
from tests.journeys.desk_loading.test_places import proposal

pytestmark = pytest.mark.django_db


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    """M01001 seems to hang on A04, M01002 on phase B; M04003 of A04 seems to hang on A01."""
    monkeypatch.setenv("LAMPLIGHTER_HOME", str(tmp_path))
    made = write_company(tmp_path / "lake", days=6)
    with made.snapshot() as state:
        meters = state.read(METER).to_pylist()
    for number, meter in enumerate(meters):
        meter |= {"phase": "ABC"[number % 3], "box_id": f"{meter['area_id']}-B{number % 2}"}
    put(made, METER, meters)
    rows = [
        proposal("M01001"),
        proposal("M01002", kind="wrong_phase", recorded="A", proposed="B"),
        proposal("M04003", area_id="A04", recorded="A04", proposed="A01"),
    ]
    put(made, ARCHIVE_PROPOSAL, rows, days=[NIGHT])
    return made


class TestAnyDay:
    def test_shows_supplied_and_sold_of_the_day_asked_for(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="S2")

        before = client.get(f"/areas/A01/day/?on={NIGHT - dt.timedelta(days=1)}").context["day"]
        newest = client.get("/areas/A01/").context["day"]

        assert (before.on_date, newest.on_date) == (NIGHT - dt.timedelta(days=1), NIGHT)
        assert before.loss_kwh == pytest.approx(before.supplied_kwh - before.sold_kwh)
        assert before.supplied_kwh != newest.supplied_kwh

    @pytest.mark.parametrize("day", ["2024-01-01", "2025-03-01"])
    def test_says_so_where_nobody_worked_it(self, day: str, log_in: Callable[..., Client]) -> None:
        html = log_in(Role.LINE_LOSS_ANALYST, unit="S2").get(f"/areas/A01/day/?on={day}").content.decode()

        assert f"This area was not worked on {day}" in html

    @pytest.mark.parametrize("asked", ["2099-01-01", "soon"])
    def test_is_never_after_the_newest_night(self, asked: str, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="S2")

        assert client.get(f"/areas/A01/day/?on={asked}").context["day"].on_date == NIGHT


class TestTopology:
    def test_draws_boxes_and_phases_with_every_meter_once(self, log_in: Callable[..., Client]) -> None:
        page = log_in(Role.LINE_LOSS_ANALYST, unit="S2").get("/areas/A01/topology/")

        drawing = page.context["drawing"]
        meters = [meter for box in drawing["boxes"] for meter in box["meters"]]
        assert [box["name"] for box in drawing["boxes"]] == ["B0", "B1"]
        assert sorted(meter["name"] for meter in meters) == [f"M01{number:03d}" for number in range(12)]
        assert [lane["phase"] for lane in drawing["lanes"]] == ["A", "B", "C", "ABC"]
        assert "530100" not in page.content.decode()

    def test_colours_the_suspect_and_draws_what_is_proposed(self, log_in: Callable[..., Client]) -> None:
        drawing = log_in(Role.LINE_LOSS_ANALYST, unit="S2").get("/areas/A01/topology/").context["drawing"]

        meters = {meter["name"]: meter for box in drawing["boxes"] for meter in box["meters"]}
        assert (meters["M01001"]["colour"], meters["M01001"]["area_to"]) == ("red", "A04")
        assert (meters["M01002"]["colour"], meters["M01002"]["phase_to"]) == ("none", 1)
        assert [each["name"] for each in drawing["incoming"]] == ["M04003 ← A04"]

    def test_has_a_table_that_says_the_same(self, log_in: Callable[..., Client]) -> None:
        html = log_in(Role.LINE_LOSS_ANALYST, unit="S2").get("/areas/A01/topology/").content.decode()

        assert "belongs to A04" in html
        assert "should be phase B" in html
        assert html.count("<td>M01") == 12

    def test_keeps_suspicions_from_whom_they_are_closed_to(self, log_in: Callable[..., Client]) -> None:
        drawing = log_in(Role.DATA_STEWARD, unit="S2").get("/areas/A01/topology/").context["drawing"]

        assert {meter["colour"] for box in drawing["boxes"] for meter in box["meters"]} == {"none"}

    def test_draws_no_proposal_that_was_refused(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.LINE_LOSS_ANALYST, unit="S2")
        ArchiveProposal.objects.update(state="refused")

        drawing = client.get("/areas/A01/topology/").context["drawing"]

        assert {meter["area_to"] for box in drawing["boxes"] for meter in box["meters"]} == {None}


class TestProposals:
    def url(self, meter: str) -> str:
        return f"/areas/A01/proposals/{ArchiveProposal.objects.get(meter_id=meter).pk}/"

    def test_are_accepted_kept_and_handed_back_and_the_archive_stays(
        self, lake: Lake, log_in: Callable[..., Client]
    ) -> None:
        client = log_in(Role.DATA_STEWARD, unit="S2")
        said = {"what": "accepted", "reason": "papers", "note": "台账第3页"}

        answer = client.post(self.url("M01001"), said, follow=True)

        assert "The proposal for M01001 is accepted" in answer.content.decode()
        assert "台账第3页" in answer.content.decode()
        with lake.snapshot() as state:
            assert state.read(ARCHIVE_DECISION)["decision"].to_pylist() == ["accepted"]
            of_meter = [row for row in state.read(METER).to_pylist() if row["meter_id"] == "M01001"]
        assert [row["area_id"] for row in of_meter] == ["A01"]

    def test_are_not_decided_without_a_ground_and_the_page_says_why(self, log_in: Callable[..., Client]) -> None:
        client = log_in(Role.DATA_STEWARD, unit="S2")

        answer = client.post(self.url("M01001"), {"what": "refused", "reason": "other", "note": ""})

        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
        assert not ProposalDecision.objects.exists()

    def test_are_shown_without_a_form_to_whom_deciding_is_closed(self, log_in: Callable[..., Client]) -> None:
        html = log_in(Role.INSPECTOR, unit="S2").get("/areas/A01/").content.decode()

        assert "M01001" in html
        assert "Decide about it" not in html
