"""Findings and the evidence of them."""

from datetime import UTC, date, datetime
from typing import ClassVar

import pytest

from lamplighter.business.detection.tables import OUTCOME
from lamplighter.business.inspection.records.findings import (
    EvidenceBroken,
    EvidenceItem,
    EvidenceKind,
    Finding,
    FindingKind,
)


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
