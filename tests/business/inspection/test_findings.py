"""The evidence of what was found."""

from datetime import UTC, datetime
from typing import ClassVar

import pytest

from lamplighter.business.inspection.records.findings import (
    EvidenceBroken,
    EvidenceItem,
    EvidenceKind,
)


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
