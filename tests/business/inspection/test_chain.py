"""The chain of a case, findings and duties."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import ClassVar

import pytest

from lamplighter.business.detection.tables import OUTCOME
from lamplighter.business.inspection.records.findings import (
    CaseState,
    Duty,
    EvidenceBroken,
    EvidenceItem,
    EvidenceKind,
    Finding,
    FindingKind,
    Holder,
)
from lamplighter.business.inspection.rules import load_law
from lamplighter.business.inspection.rules.chain import (
    DutyNotSeparate,
    MoveForbidden,
    check_duty,
    check_move,
    next_states,
)

S = CaseState
LAW = load_law(on=date(2025, 3, 1))


class TestFinding:
    def test_has_exactly_the_outcomes_detection_learns_from(self):
        column = next(column for column in OUTCOME.columns if column.name == "outcome")

        words = set(column.meaning.replace(" or ", ", ").split(", "))

        assert {kind.value for kind in FindingKind} == words

    def test_without_access_is_no_result(self):
        visits = [
            Finding(account_id="1", inspected_on=date(2025, 3, 1), kind=kind, found_by=("Li", "Wang"))
            for kind in (FindingKind.NO_ACCESS, FindingKind.CLEAN)
        ]

        assert [visit.is_result for visit in visits] == [False, True]


class TestEvidence:
    ITEM: ClassVar = {
        "item_id": "E1",
        "kind": EvidenceKind.PHOTO,
        "sha256": "0" * 64,
        "taken_at": datetime(2025, 3, 1, tzinfo=UTC),
        "taken_by": "Li",
    }

    @pytest.mark.parametrize(
        "broken",
        [{"sha256": "0" * 63}, {"sha256": "A" * 64}, {"sha256": "0" * 64 + "\n"}, {"taken_at": datetime(2025, 3, 1)}],
    )
    def test_is_refused_where_it_would_prove_nothing(self, broken):
        assert EvidenceItem(**self.ITEM).seal_no == ""
        with pytest.raises(EvidenceBroken, match="E1"):
            EvidenceItem(**(self.ITEM | broken))


class TestChain:
    def test_goes_from_a_clue_to_the_archive(self):
        theft = [
            S.CLUE, S.DESK_CHECK, S.APPROVED, S.ON_SITE, S.EVIDENCE_FIXED, S.NOTICE_SERVED, S.STOPPED, S.CALCULATED,
            S.REVIEWED, S.OBJECTED, S.RECALCULATED, S.REVIEWED, S.USER_CONFIRMED, S.INSTALMENT, S.REFERRED, S.PAID,
            S.RESTORED, S.ARCHIVED,
        ]  # fmt: skip

        for here, there in pairwise(theft):
            check_move(here, there, finding=FindingKind.THEFT)

    @pytest.mark.parametrize(
        ("finding", "to_state"),
        [
            (FindingKind.CLEAN, S.ARCHIVED),
            (FindingKind.NO_ACCESS, S.APPROVED),
            (FindingKind.METERING_FAULT, S.CALCULATED),
            (FindingKind.WRONG_ARCHIVE, S.ARCHIVED),
            (FindingKind.VACANCY, S.ARCHIVED),
            (FindingKind.SOLAR, S.ARCHIVED),
            (FindingKind.BREACH, S.EVIDENCE_FIXED),
            (FindingKind.THEFT, S.EVIDENCE_FIXED),
        ],
    )
    def test_leaves_the_site_where_the_finding_leads_and_nowhere_else(self, finding, to_state):
        check_move(S.ON_SITE, to_state, finding=finding)
        for other in set(CaseState) - {to_state, S.METROLOGY_OPINION}:
            with pytest.raises(MoveForbidden):
                check_move(S.ON_SITE, other, finding=finding)

    def test_never_leaves_the_site_without_a_finding(self):
        with pytest.raises(MoveForbidden):
            check_move(S.ON_SITE, S.EVIDENCE_FIXED)

    @pytest.mark.parametrize(
        ("here", "there"),
        [(S.CALCULATED, S.USER_CONFIRMED), (S.EVIDENCE_FIXED, S.STOPPED), (S.REVIEWED, S.PAID), (S.ARCHIVED, S.CLUE)],
    )
    def test_skips_no_step(self, here, there):
        with pytest.raises(MoveForbidden):
            check_move(here, there)

    def test_may_wait_for_the_metrology_body_anywhere_and_goes_on_where_it_was(self):
        for state in set(CaseState) - {S.ARCHIVED, S.METROLOGY_OPINION}:
            check_move(state, S.METROLOGY_OPINION)
            assert next_states(S.METROLOGY_OPINION, suspended_from=state) == (state,)

    def test_reaches_the_archive_from_every_state(self):
        for state in set(CaseState) - {S.METROLOGY_OPINION}:
            seen, edge = {state}, {state}
            while edge:
                edge = {to for here in edge for to in next_states(here)} - seen - {S.METROLOGY_OPINION}
                seen |= edge
            assert S.ARCHIVED in seen, state


class TestDuties:
    HELD = (Holder(Duty.FINDER, "Li"), Holder(Duty.FINDER, "Wang"), Holder(Duty.CALCULATOR, "Zhao"))

    @pytest.mark.parametrize(
        ("person", "wanted"), [("Li", Duty.CALCULATOR), ("Wang", Duty.APPROVER), ("Zhao", Duty.APPROVER)]
    )
    def test_are_not_held_together(self, person, wanted):
        with pytest.raises(DutyNotSeparate, match=person):
            check_duty(person, wanted, held=self.HELD, law=LAW)

    def test_may_be_taken_by_a_third_person_or_held_twice(self):
        check_duty("Chen", Duty.APPROVER, held=self.HELD, law=LAW)
        check_duty("Zhao", Duty.CALCULATOR, held=self.HELD, law=LAW)

    def test_are_free_where_the_company_gave_the_separation_up(self):
        given_up = replace(LAW.rule("duty.separation"), value=False)
        free = replace(LAW, rules={**LAW.rules, "duty.separation": given_up})

        check_duty("Li", Duty.APPROVER, held=self.HELD, law=free)
