"""Proposals from voltages and balance together."""

from dataclasses import replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.business.detection.archive_repair.table import proposal_table
from lamplighter.business.detection.tables import ARCHIVE_PROPOSAL
from tests.business.detection.archive_repair.wires import draw_wires, repair_of


def said(proposals):
    return [
        (int(who), kind, recorded, proposed)
        for who, kind, recorded, proposed in zip(
            proposals.candidate, proposals.kind, proposals.recorded, proposals.proposed, strict=True
        )
    ]


def without(window, start):
    channels = {name: values for name, values in window.block.channels.items() if not name.startswith(start)}
    return replace(window, block=replace(window.block, channels=channels))


@pytest.fixture
def moved(wires):
    """Home 4 of area A0 hangs on A1, and phase B of home 7 is C in the archive."""
    drawn = wires()
    drawn.street.hangs_on[4] = 1
    drawn.archive_phase[7] = 2
    return drawn


class TestRepair:
    def test_proposes_area_and_phase_with_what_they_rest_on(self, moved):
        found = moved.repair()

        assert said(found.proposals) == [(4, "wrong_area", "A0", "A1"), (7, "wrong_phase", "C", "B")]
        assert found.proposals.status.tolist() == ["proposed", "proposed"]
        assert found.proposals.basis.tolist() == ["voltage;balance;mirror", "voltage"]
        assert found.proposals.confidence.min() > 0.99

    def test_gives_the_figures_a_person_checks(self, moved):
        window = moved.build()

        figures = {name: values[0] for name, values in repair_of(window).proposals.figures.items()}

        used = moved.street.true_kwh[4].sum()
        assert figures["likeness_recorded"] < 0.1 < 0.65 < figures["likeness_proposed"]
        assert figures["agreeing_share"] == 1.0
        assert figures["home_coefficient"] == pytest.approx(-1.0, abs=0.1)
        assert figures["away_slope"] == pytest.approx(0.9, abs=0.2)
        assert figures["moved_kwh"] == pytest.approx(used)
        # A0 is short of what home 4 uses, A1 has it too much: the move gives each side all of it back.
        assert figures["home_unexplained_kwh"] == pytest.approx(-used, abs=10.0)
        assert figures["away_unexplained_kwh"] == pytest.approx(used, abs=10.0)
        assert figures["home_mended_kwh"] == pytest.approx(used, abs=20.0)
        assert figures["away_mended_kwh"] == pytest.approx(used, abs=20.0)

    @pytest.mark.parametrize("seed", [3, 4, 5])
    @pytest.mark.parametrize("step_v", [0.1, 1.0])
    def test_proposes_nothing_where_the_archive_is_right(self, wires, seed, step_v):
        drawn = wires(areas=3, seed=seed)
        drawn.step_v = step_v

        found = drawn.repair()

        assert said(found.proposals) == []
        assert (found.moved_to == -1).all()

    def test_goes_by_the_balance_without_voltages(self, moved):
        found = repair_of(without(moved.build(), "voltage"))

        assert said(found.proposals) == [(4, "wrong_area", "A0", "A1")]
        assert found.proposals.basis.tolist() == ["balance;mirror;no_voltage"]
        assert np.isnan(found.proposals.figures["likeness_proposed"]).all()

    def test_goes_by_the_voltages_of_a_meter_that_never_moves(self, moved):
        moved.street.true_kwh[4] = moved.street.shown_kwh[4] = 0.0

        found = moved.repair().proposals

        assert said(found)[0] == (4, "wrong_area", "A0", "A1")
        assert found.basis[0] == "voltage;no_balance"

    def test_takes_voltages_and_days_without_curves(self, moved):
        window = moved.build()
        window.kwh[:] = np.nan

        found = repair_of(window).proposals

        assert said(found)[0] == (4, "wrong_area", "A0", "A1")
        assert "balance_daily" in found.basis[0].split(";")

    def test_leaves_a_meter_that_both_sources_dispute(self, wires):
        drawn = wires()
        window = drawn.build()
        # Voltages of home 4 are swapped with those of a home of the other area: its energy stays at home.
        volts = window.block.channels["voltage_a_v"]
        volts[[4, 13]] = volts[[13, 4]]

        found = repair_of(window)

        assert (found.moved_to == -1).all()

    def test_says_elsewhere_where_no_area_of_the_block_feeds_it(self, wires):
        drawn = wires(areas=3)
        drawn.street.hangs_on[4] = 2
        whole = drawn.build()
        # The third area and its homes lie in another bucket; home 4 is booked here.
        kept = np.flatnonzero((whole.area < 2) | (np.arange(len(whole.meters)) == 4))
        cut = replace(
            whole,
            block=replace(whole.block, area_ids=whole.block.area_ids[:2], area_of=np.minimum(whole.block.area_of, 1)),
            meters=whole.meters[kept],
            area=whole.area[kept],
            kwh=whole.kwh[kept],
            daily_kwh=whole.daily_kwh[kept],
            residual_kwh=whole.residual_kwh[:2],
            sold_kwh=whole.sold_kwh[:2],
            losses=replace(
                whole.losses,
                unexplained_kwh=whole.losses.unexplained_kwh[:2],
                unexplained_low_kwh=whole.losses.unexplained_low_kwh[:2],
                unexplained_high_kwh=whole.losses.unexplained_high_kwh[:2],
            ),
        )
        cut.block.area_of[-1] = -1

        found = repair_of(cut)

        assert said(found.proposals) == [(4, "wrong_area", "A0", None)]
        assert found.proposals.status.tolist() == ["check_on_site"]
        # Nobody knows where it hangs: the night's balance leaves it where it is.
        assert (found.moved_to == -1).all()

    def test_dates_a_meter_that_was_moved_in_the_window(self, wires):
        drawn = wires(days=60)
        window = drawn.build()
        volts = window.block.channels["voltage_a_v"]
        # From 25 January on home 4 hangs where home 13 does: area A1, phase B as before.
        volts[4, 24:] = volts[13, 24:] + np.random.default_rng(2).normal(0, 0.3, volts[4, 24:].shape)
        window.kwh[4] = window.daily_kwh[4] = 0.0

        found = repair_of(without(window, "current")).proposals

        dated = [
            (str(since), basis)
            for who, since, basis in zip(found.candidate, found.since_on, found.basis, strict=True)
            if who == 4
        ]
        assert dated
        assert dated[0][0] == "2025-01-25"
        assert "part_of_window" in dated[0][1]

    def test_does_not_hang_on_the_order_of_the_meters(self, moved):
        window = moved.build()
        order = np.random.default_rng(1).permutation(len(window.block.meter_ids))
        block = window.block
        place = np.argsort(order)
        shuffled = replace(
            window,
            block=replace(
                block,
                meter_ids=block.meter_ids[order],
                archive=block.archive.take(order),
                area_of=block.area_of[order],
                is_live=block.is_live[order],
                channels={name: values[order] for name, values in block.channels.items()},
            ),
            meters=place[window.meters],
        )

        there, back = (proposal_table(proposals=repair_of(each).proposals, window=each) for each in (window, shuffled))

        assert there.num_rows == 2
        for name in there.column_names:
            ours, theirs = (each.column(name) for each in (there, back))
            if pa.types.is_floating(ours.type):
                assert theirs.to_numpy() == pytest.approx(ours.to_numpy(), rel=1e-4, nan_ok=True), name
            else:
                assert theirs == ours, name

    def test_keeps_the_contract_of_its_table(self, moved):
        window = moved.build()
        rows = proposal_table(proposals=repair_of(window).proposals, window=window)

        kept = ARCHIVE_PROPOSAL.conform(rows, known_at=pa.scalar(datetime(2025, 2, 1)))

        assert kept["meter_id"].to_pylist() == ["M004", "M007"]
        assert kept["area_id"].to_pylist() == ["A0", "A0"]

    def test_finds_all_of_many_and_no_more(self):
        drawn = draw_wires(homes=15, areas=3, days=40)
        wrong = {1: 1, 7: 2, 20: 0, 33: 1}
        for home, area in wrong.items():
            drawn.street.hangs_on[home] = area

        found = drawn.repair().proposals

        assert {who: proposed for who, _, _, proposed in said(found)} == {
            home: f"A{area}" for home, area in wrong.items()
        }
