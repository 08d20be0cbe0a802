"""The page on estimation errors says what was measured."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "estimation-errors.md").read_text(encoding="utf-8")
ROWS = json.loads((ROOT / "benchmarks" / "results" / "estimation_errors.json").read_text(encoding="utf-8"))["rows"]


def table(after: str) -> dict[tuple[str, str], str]:
    """Return the cells of the first table after a heading, by gap and way."""
    lines = [line for line in PAGE.split(after, 1)[1].split("\n") if line]
    start = next(k for k, line in enumerate(lines) if line.startswith("|"))
    head = [cell.strip() for cell in lines[start].strip("|").split("|")]
    cells = {}
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        gap, *values = [cell.strip() for cell in line.strip("|").split("|")]
        cells |= {(gap, way): re.split(r"[ *]", value)[0] for way, value in zip(head[1:], values, strict=True)}
    return cells


class TestEstimationErrorsPage:
    @pytest.mark.parametrize(
        ("heading", "figure"),
        [("## Slot by slot", "nMAE"), ("## Energy of the whole gap", "energy of the gap, nMAE"), ("## Bias", "bias")],
    )
    def test_shows_every_measured_figure(self, heading, figure):
        measured = {(row["gap"], row["way"]): row[figure].split(" ")[0] for row in ROWS}

        assert table(heading) == measured
        assert len(measured) == 64
