"""What people make of a proposal for the archive: with a ground, by whoever may, kept and never applied."""

from collections.abc import Callable

import pytest

from lamplighter.base.security.actor import Actor, Level, Right, RightMissing, Role, rights_of
from lamplighter.base.security.audit.models import Entry
from lamplighter.business.detection.archive_repair import ProposalState
from lamplighter.business.detection.archive_repair.desk_operations import (
    ProposalDecided,
    ProposalUnknown,
    decide_proposal,
)
from lamplighter.business.detection.archive_repair.desk_queries import ProposalRow, list_proposals
from lamplighter.business.detection.desk_operations import ReasonMissing
from lamplighter.business.detection.models import ArchiveProposal, ProposalDecision
from tests.doors.web.conftest import NIGHT, NOON, units_of

pytestmark = pytest.mark.django_db


def actor(role: Role = Role.DATA_STEWARD, *, unit: str = "S1") -> Actor:
    return Actor(1, "档案员", unit, Level.STATION, frozenset({role}), rights_of([role]))


def propose(station: str = "S1", **said: object) -> int:
    usual = {"kind": "wrong_area", "recorded": "A1", "proposed": "A9", "status": "proposed", "state": "open"}
    where = {"meter_id": f"M-{station}", "area_id": "A1", "account_id": "0012345671", "as_of_on": NIGHT}
    made = ArchiveProposal.objects.create(
        confidence=0.9, basis="voltage;balance", **usual | where | said, **units_of(station)
    )
    return int(made.pk)


@pytest.fixture
def decide() -> Callable[..., ProposalRow]:
    def decide_it(number: int, **said: object) -> ProposalRow:
        usual = {"actor": actor(), "to": ProposalState.ACCEPTED, "reason": "seen_on_site", "note": "杆上看过"}
        return decide_proposal(number=number, now=NOON, **usual | said)  # type: ignore[arg-type]

    return decide_it


class TestDecideProposal:
    def test_keeps_who_decided_when_and_on_what_ground(self, decide: Callable[..., ProposalRow]) -> None:
        row = decide(propose())

        line = row.decisions[0]
        assert row.state is ProposalState.ACCEPTED
        assert (line.at, line.by, line.state, line.reason, line.note) == (
            NOON,
            "档案员",
            "accepted",
            "seen_on_site",
            "杆上看过",
        )

    def test_stands_in_the_audit_trail_before_and_after(self, decide: Callable[..., ProposalRow]) -> None:
        number = propose()
        decide(number)

        entry = Entry.objects.get(kind="detection.archiveproposal")
        assert (entry.subject, entry.staff_name, entry.note) == (str(number), "档案员", "杆上看过")
        assert '"state":"open"' in entry.before.replace(" ", "")
        assert '"reason":"seen_on_site"' in entry.after.replace(" ", "")

    @pytest.mark.parametrize(
        ("said", "field"),
        [
            ({"reason": ""}, "reason"),
            ({"reason": "archive_right_papers"}, "reason"),
            ({"to": ProposalState.REFUSED, "reason": "other", "note": "  "}, "note"),
            ({"to": ProposalState.OPEN}, "reason"),
        ],
    )
    def test_is_refused_without_a_ground_of_its_own(
        self, said: dict[str, object], field: str, decide: Callable[..., ProposalRow]
    ) -> None:
        number = propose()

        with pytest.raises(ReasonMissing) as refused:
            decide(number, **said)

        assert refused.value.field == field
        assert ArchiveProposal.objects.get(pk=number).state == "open"
        assert not ProposalDecision.objects.exists()

    def test_takes_a_right_an_inspector_does_not_have(self, decide: Callable[..., ProposalRow]) -> None:
        with pytest.raises(RightMissing) as refused:
            decide(propose(), actor=actor(Role.INSPECTOR))

        assert refused.value.right is Right.DECIDE_PROPOSALS

    def test_knows_no_proposal_of_a_sibling_unit(self, decide: Callable[..., ProposalRow]) -> None:
        number = propose("S2")

        with pytest.raises(ProposalUnknown):
            decide(number)

        assert ArchiveProposal.objects.get(pk=number).state == "open"

    def test_tells_the_second_of_two_that_it_is_decided(self, decide: Callable[..., ProposalRow]) -> None:
        number = propose()
        decide(number)

        with pytest.raises(ProposalDecided):
            decide(number)

        assert ProposalDecision.objects.count() == 1

    def test_can_be_taken_back_and_keeps_both_decisions(self, decide: Callable[..., ProposalRow]) -> None:
        number = propose()
        decide(number)

        row = decide(number, to=ProposalState.REFUSED, reason="archive_right_on_site")

        assert [line.state for line in row.decisions] == ["refused", "accepted"]


class TestListProposals:
    def test_holds_meters_of_the_area_and_those_that_seem_to_hang_on_it(self) -> None:
        propose(meter_id="leaves")
        propose(meter_id="comes", area_id="A9", recorded="A9", proposed="A1")
        propose(meter_id="elsewhere", area_id="A8", recorded="A8", proposed="A9")

        assert {row.meter_id for row in list_proposals(actor=actor(), area_id="A1")} == {"leaves", "comes"}

    def test_keeps_in_sight_what_was_decided_and_forgets_what_nobody_decided(self) -> None:
        propose(meter_id="decided", is_listed=False, state="accepted")
        propose(meter_id="gone", is_listed=False)

        assert [row.meter_id for row in list_proposals(actor=actor(), area_id="A1")] == ["decided"]

    def test_shows_no_account_in_clear(self) -> None:
        propose()

        assert [row.masked_account for row in list_proposals(actor=actor(), area_id="A1")] == ["******5671"]
