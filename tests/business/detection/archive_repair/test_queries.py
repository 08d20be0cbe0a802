"""Proposals as they are read from the lake."""

from datetime import date

import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.queries import ProposalsMissing, read_proposals
from tests.business.detection.archive_repair.wires import draw_wires, fill_lake

AS_OF = date(2025, 1, 30)


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    drawn = draw_wires()
    drawn.street.hangs_on[4] = 1
    drawn.archive_phase[7] = 2
    return fill_lake(tmp_path_factory.mktemp("lake"), drawn.build(), on=AS_OF)


class TestReadProposals:
    def test_gives_those_of_the_newest_night(self, lake):
        with lake.snapshot() as state:
            rows = read_proposals(state)

        assert rows["meter_id"].to_pylist() == ["M004", "M007"]
        assert rows["kind"].to_pylist() == ["wrong_area", "wrong_phase"]
        assert set(rows["as_of_on"].to_pylist()) == {AS_OF}

    def test_gives_one_kind_or_the_sure_ones(self, lake):
        with lake.snapshot() as state:
            assert read_proposals(state, kind="wrong_phase")["meter_id"].to_pylist() == ["M007"]
            assert read_proposals(state, least=1.0).num_rows == 0

    def test_tells_none_found_from_never_looked(self, tmp_path):
        right = fill_lake(tmp_path / "right", draw_wires().build(), on=AS_OF)
        with right.snapshot() as state:
            assert read_proposals(state).num_rows == 0

        with Lake.open(tmp_path / "empty").snapshot() as state, pytest.raises(ProposalsMissing) as missing:
            read_proposals(state)
        assert missing.value.newest is None

    def test_names_the_newest_night_when_there_is_none_that_day(self, lake):
        with lake.snapshot() as state, pytest.raises(ProposalsMissing) as missing:
            read_proposals(state, as_of=date(2025, 1, 2))

        assert missing.value.newest == AS_OF
