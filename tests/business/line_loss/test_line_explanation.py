"""A 10 kV line's own loss shared among what may cause it, reckoned by hand."""

import pyarrow as pa
import pytest

from lamplighter.business.line_loss.explanations import Cause
from lamplighter.business.line_loss.rules.line_explanation import explain_lines
from tests.business.line_loss.drawing import THRESHOLDS


def days(**changes: list[object]) -> pa.Table:
    columns: dict[str, list[object]] = {
        "feeder_id": ["F1", "F1"],
        "is_computable": [True, True],
        "supplied_kwh": [5000.0, 5000.0],
        "loss_kwh": [150.0, 150.0],
        "technical_kwh": [100.0, 100.0],
        "estimated_share": [0.0, 0.0],
    }
    return pa.table(columns | changes)


class TestLine:
    def test_shares_what_is_not_technical_by_what_may_err(self):
        # 100 kWh are left. Variances: lines 20², head (10,000 x 1 % / sqrt 3)² = 57.7², unknown 50².
        line = explain_lines(days(), thresholds=THRESHOLDS)[0]
        total = 20.0**2 + 57.735**2 + 50.0**2

        assert line.shares[Cause.TECHNICAL][0] == pytest.approx(200.0 + 100.0 * 20.0**2 / total, rel=1e-3)
        assert line.shares[Cause.SUPPLY_METER][0] == pytest.approx(100.0 * 57.735**2 / total, rel=1e-3)
        assert line.shares[Cause.MISSING][0] == 0.0

    def test_parts_add_up_to_the_loss(self):
        line = explain_lines(days(estimated_share=[0.1, 0.0]), thresholds=THRESHOLDS)[0]

        assert sum(part[0] for part in line.shares.values()) == pytest.approx(line.loss_kwh)

    def test_leaves_out_days_that_are_no_figure(self):
        line = explain_lines(days(is_computable=[True, False]), thresholds=THRESHOLDS)[0]

        assert (line.day_count, line.loss_kwh) == (1, 150.0)

    def test_says_nothing_of_a_line_without_a_technical_part(self):
        assert explain_lines(days(technical_kwh=[None, None]), thresholds=THRESHOLDS) == []
