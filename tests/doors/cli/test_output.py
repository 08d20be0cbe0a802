"""Answers for machines: every type we hand out has one settled form in JSON."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.doors.cli.output import json_ready


class Kind(Enum):
    HIGH = "high"


@dataclass(frozen=True)
class Loss:
    area_id: str
    loss_rate: float
    kind: Kind


class TestJsonReady:
    def test_writes_a_record_by_its_fields(self):
        assert json_ready(Loss("A1", 0.125, Kind.HIGH)) == {"area_id": "A1", "loss_rate": 0.125, "kind": "high"}

    def test_writes_an_unknown_number_as_null_and_never_as_zero(self):
        assert json_ready([float("nan"), float("inf"), np.float32("nan"), 0.0]) == [None, None, None, 0.0]

    def test_writes_days_and_instants_as_iso_text(self):
        instant = datetime(2025, 3, 1, 8, tzinfo=UTC)

        assert json_ready({"on": date(2025, 3, 1), "at": instant}) == {
            "on": "2025-03-01",
            "at": "2025-03-01T08:00:00+00:00",
        }

    def test_writes_arrays_and_tables(self):
        assert json_ready(np.array([1, 2])) == [1, 2]
        assert json_ready(pa.table({"area_id": ["A1"]})) == [{"area_id": "A1"}]

    def test_refuses_what_has_no_settled_form(self):
        with pytest.raises(TypeError, match="object has no settled form"):
            json_ready(object())
