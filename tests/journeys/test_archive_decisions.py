"""From a decision on the desk to a file somebody imports: the archive changes by import alone."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.models import ArchiveProposal, ProposalDecision
from lamplighter.business.detection.tables import ARCHIVE_DECISION
from lamplighter.business.metering.tables import METER
from lamplighter.business.network.tables import ASSIGNMENT
from lamplighter.journeys.archive_decisions import hand_back, list_changes, write_changes
from tests.doors.web.conftest import NIGHT, NOON, units_of
from tests.journeys.brief.conftest import put

pytestmark = pytest.mark.django_db

HUNG_ON = dt.date(2020, 1, 1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Meter M1 of account 1001 hangs on T1, phase A, since 2020; its file has a column of the company's own."""
    made = Lake.open(tmp_path / "lake")
    meter = {"meter_id": "M1", "account_id": "1001", "area_id": "T1", "role": "customer", "phase": "A"}
    put(made, METER, [meter | {"multiplier": 1.0, "bucket": 3, "attributes": '{"pole": "P7"}'}])
    hung = {"child_id": "M1", "child_kind": "meter", "parent_id": "T1", "valid_from": HUNG_ON}
    put(made, ASSIGNMENT, [hung])
    return made


def decided(state: str = "accepted", **said: Any) -> ArchiveProposal:
    usual = {"kind": "wrong_area", "recorded": "T1", "proposed": "T2", "area_id": "T1", "state": state}
    made = ArchiveProposal.objects.create(
        **{"meter_id": "M1", "as_of_on": NIGHT, "confidence": 0.9, "status": "proposed", **usual, **said},
        **units_of("S1"),
    )
    ProposalDecision.objects.create(
        proposal=made, at=NOON, by_id="1", by_name="Li", state=state, reason="papers", note=""
    )
    assert isinstance(made, ArchiveProposal)
    return made


def decisions(lake: Lake) -> list[dict[str, Any]]:
    with lake.snapshot() as state:
        found: list[dict[str, Any]] = state.read(ARCHIVE_DECISION).to_pylist()
        return found


class TestHandBack:
    def test_writes_each_decision_once(self, lake: Lake) -> None:
        decided()

        assert (hand_back(lake=lake, now=NOON), hand_back(lake=lake, now=NOON)) == (1, 0)
        assert [(row["meter_id"], row["proposed"], row["decision"], row["reason"]) for row in decisions(lake)] == [
            ("M1", "T2", "accepted", "papers")
        ]

    def test_lets_the_last_of_several_decisions_count(self, lake: Lake) -> None:
        proposal = decided()
        hand_back(lake=lake, now=NOON)
        ProposalDecision.objects.create(
            proposal=proposal, at=NOON, by_id="1", by_name="Li", state="refused", reason="cannot_be_told", note=""
        )

        hand_back(lake=lake, now=NOON + dt.timedelta(hours=1))

        assert [row["decision"] for row in decisions(lake)] == ["refused"]

    def test_changes_nothing_in_the_archive(self, lake: Lake) -> None:
        decided()
        hand_back(lake=lake, now=NOON)

        with lake.snapshot() as state:
            assert state.read(METER)["area_id"].to_pylist() == ["T1"]


class TestChanges:
    def written(self, lake: Lake, folder: Path) -> dict[str, list[dict[str, str]]]:
        hand_back(lake=lake, now=NOON)
        with lake.snapshot() as state:
            files = write_changes(state, list_changes(state), folder=folder)
        return {file.name: list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) for file in files}

    def test_move_a_meter_from_the_day_the_archive_has_it(self, lake: Lake, tmp_path: Path) -> None:
        decided()

        files = self.written(lake, tmp_path / "repair")

        assert files["assignments.csv"] == [{"meter_id": "M1", "parent_id": "T2", "valid_from": "2020-01-01"}]
        meter = files["meters.csv"][0]
        assert (meter["area_id"], meter["phase"], meter["pole"]) == ("T2", "A", "P7")
        assert "bucket" not in meter

    def test_move_it_from_the_day_the_proposal_names(self, lake: Lake, tmp_path: Path) -> None:
        decided(since_on=dt.date(2025, 3, 1))

        assert self.written(lake, tmp_path / "repair")["assignments.csv"][0]["valid_from"] == "2025-03-01"

    def test_of_a_phase_hand_in_the_meter_alone(self, lake: Lake, tmp_path: Path) -> None:
        decided(kind="wrong_phase", recorded="A", proposed="B")

        files = self.written(lake, tmp_path / "repair")

        assert list(files) == ["meters.csv"]
        assert (files["meters.csv"][0]["area_id"], files["meters.csv"][0]["phase"]) == ("T1", "B")

    @pytest.mark.parametrize(
        "said",
        [
            {"state": "refused"},
            # Where it hangs has still to be found.
            {"proposed": ""},
            # The archive says something else by now.
            {"recorded": "T7"},
            {"meter_id": "nobody"},
        ],
    )
    def test_leave_out_what_cannot_be_handed_in(self, said: dict[str, Any], lake: Lake, tmp_path: Path) -> None:
        decided(**said)

        assert self.written(lake, tmp_path / "repair") == {}
        assert not (tmp_path / "repair").exists()
