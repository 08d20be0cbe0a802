"""The list, the file other systems get and the evidence card, read from a lake on disk."""

from datetime import date

import numpy as np
import pytest

from lamplighter.base.lake import Lake
from lamplighter.business.detection.queries import (
    AccountNotListed,
    ListMissing,
    read_evidence_card,
    read_layer_worth,
    read_list_file,
    read_suspicions,
    read_theft_model,
)
from tests.business.detection.neighbourhood import AS_OF, fill_lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    return fill_lake(tmp_path_factory.mktemp("company") / "lake")


class TestReadSuspicions:
    def test_gives_the_list_in_order(self, lake):
        with lake.snapshot() as state:
            rows = read_suspicions(state)
            top = read_suspicions(state, as_of=AS_OF, top=3)

        assert rows["rank"].to_pylist() == list(range(1, 21))
        assert rows["account_id"][0].as_py() == "C004"
        assert top.num_rows == 3

    def test_says_so_when_there_is_none(self, lake, tmp_path):
        with Lake.open(tmp_path / "empty").snapshot() as state, pytest.raises(ListMissing, match="nightly run"):
            read_suspicions(state)
        with lake.snapshot() as state, pytest.raises(ListMissing, match="2025-03-01"):
            read_suspicions(state, as_of=date(2025, 1, 9))
        with lake.snapshot() as state, pytest.raises(ListMissing, match="2025-03-01"):
            read_suspicions(state, as_of=date(2025, 3, 9))


class TestReadListFile:
    def test_has_the_columns_other_systems_are_promised(self, lake):
        with lake.snapshot() as state:
            table = read_list_file(state)

        names = table.column_names
        assert names[:9] == [
            "rank",
            "account_id",
            "meter_id",
            "area_id",
            "theft_probability",
            "expected_kwh",
            "expected_yuan",
            "layers",
            "reasons",
        ]
        assert names[-2:] == ["as_of", "model_version"]
        assert {"balance_z", "handover_z", "shape_drop", "peers_level", "context_daily_kwh"} <= set(names[9:-2])
        assert table.num_rows == 20

    def test_gives_each_account_the_scores_of_its_meter(self, lake):
        with lake.snapshot() as state:
            table = read_list_file(state, top=1)

        assert table["balance_coefficient"][0].as_py() == pytest.approx(1.0, abs=0.1)
        assert "under_registers" in table["reasons"][0].as_py()
        assert table["layers"][0].as_py() == ["balance", "handover", "shape", "peers", "context"]


class TestReadEvidenceCard:
    def test_shows_for_and_against_with_figures(self, lake):
        with lake.snapshot() as state:
            card = read_evidence_card(state, account="C004")

        reason = card.speaks_for[0]
        assert (reason.code, reason.layer) == ("under_registers", "balance")
        assert reason.value == pytest.approx(1.0, abs=0.1)
        assert reason.added > 2.0
        assert reason.last_on == AS_OF
        assert [r.added for r in card.speaks_for] == sorted((r.added for r in card.speaks_for), reverse=True)
        assert "meter_test" in card.checks
        assert card.missing_layers == ("voltage", "meter")
        assert (card.rank, card.listed_count, card.masked_name) == (1, 20, "王**")
        assert card.area is not None
        assert card.area.low_kwh < card.area.unexplained_kwh < card.area.high_kwh

    def test_says_what_each_layer_adds_and_that_it_adds_up(self, lake):
        with lake.snapshot() as state:
            card = read_evidence_card(state, account="C004")
            model = read_theft_model(state)

        features = np.array([[card.scores.get(name) for name in model.names]], float)
        mean = model.fusion.contributions(features)[0, -1]
        assert sum(card.layer_worth.values()) + mean == pytest.approx(model.log_odds(features)[0])
        assert max(card.layer_worth, key=card.layer_worth.get) == "balance"

    def test_says_nothing_of_layers_where_the_list_was_made_by_another_model(self, lake):
        with lake.snapshot() as state:
            told = read_layer_worth(state, meters=["M004"], as_of=AS_OF, model_version="first-list 2025.1")

        assert told == {}

    def test_clears_an_honest_customer(self, lake):
        with lake.snapshot() as state:
            card = read_evidence_card(state, account="C007")

        assert card.theft_probability < 0.05
        assert "registers_fully" in [reason.code for reason in card.speaks_against]

    def test_refuses_an_account_that_is_not_listed(self, lake):
        with lake.snapshot() as state, pytest.raises(AccountNotListed, match="C404"):
            read_evidence_card(state, account="C404")
