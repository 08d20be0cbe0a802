"""The smallest set of moves that mends mirrored areas."""

import numpy as np
import pytest

from lamplighter.business.detection.archive_repair.mending import EXACT, Moves, Unexplained, choose_moves


def choose(*rows, kwh, half_width=10.0):
    """Each row: log-odds, home, away, kWh."""
    odds, home, away, energy = (np.array(column) for column in zip(*rows, strict=True))
    energy = energy.astype(np.float64)
    return choose_moves(
        moves=Moves(odds.astype(np.float64), home, away, energy, energy),
        unexplained=Unexplained(np.array(kwh, np.float64), np.full(len(kwh), half_width)),
        penalty=1.0,
        area_weight=0.5,
        most_excess=4.0,
    )


class TestChooseMoves:
    def test_mends_both_areas_of_a_mirror(self):
        # Area 0 comes out 60 kWh low, area 1 60 kWh high.
        found = choose((0.0, 0, 1, 60.0), kwh=[-60.0, 60.0])

        assert found.is_chosen.tolist() == [True]
        assert found.kwh.tolist() == [0.0, 0.0]
        assert (found.home_mended_kwh.tolist(), found.away_mended_kwh.tolist()) == ([60.0], [60.0])

    def test_takes_one_move_where_two_would_do_the_same(self):
        found = choose((0.0, 0, 1, 60.0), (0.0, 0, 1, 30.0), (0.0, 0, 1, 30.0), kwh=[-60.0, 60.0])

        assert found.is_chosen.tolist() == [True, False, False]

    def test_makes_no_weak_move_that_mends_nothing(self):
        found = choose((0.5, 0, 1, 5.0), kwh=[0.0, 0.0])

        assert found.is_chosen.tolist() == [False]
        assert found.gain[0] == pytest.approx(0.5)

    def test_makes_a_strong_move_although_a_theft_hides_what_it_mends(self):
        # 500 kWh are stolen on area 0: the move cannot bring it back inside, and costs no more than the cap.
        found = choose((8.0, 0, 1, 60.0), kwh=[440.0, 60.0])

        assert found.is_chosen.tolist() == [True]

    def test_does_not_let_a_theft_force_moves(self):
        found = choose((-4.0, 1, 0, 60.0), kwh=[500.0, 0.0])

        assert found.is_chosen.tolist() == [False]

    def test_judges_by_evidence_alone_where_an_area_cannot_be_computed(self):
        found = choose((3.0, 0, 1, 60.0), (0.5, 0, 1, 60.0), kwh=[np.nan, np.nan])

        assert found.is_chosen.tolist() == [True, False]

    def test_follows_a_ring_of_three_areas(self):
        # 0 -> 1 -> 2 -> 0, 50 kWh each: no area's loss shows anything, the evidence does.
        found = choose((5.0, 0, 1, 50.0), (5.0, 1, 2, 50.0), (5.0, 2, 0, 50.0), kwh=[0.0, 0.0, 0.0])

        assert found.is_chosen.all()
        assert found.kwh.tolist() == [0.0, 0.0, 0.0]

    def test_does_not_hang_on_the_order_of_the_moves(self):
        rows = [(0.0, 0, 1, 60.0), (0.2, 1, 0, 20.0), (2.0, 0, 1, 15.0), (-1.0, 0, 1, 40.0)]

        there = choose(*rows, kwh=[-70.0, 65.0])
        back = choose(*rows[::-1], kwh=[-70.0, 65.0])

        assert there.is_chosen.tolist() == back.is_chosen[::-1].tolist()
        assert there.gain == pytest.approx(back.gain[::-1])

    def test_descends_to_what_trying_everything_finds(self):
        rng = np.random.default_rng(4)
        rows = [(float(rng.normal(0, 3)), 0, 1, float(rng.uniform(5, 40))) for _ in range(EXACT)]
        # Candidates nobody would choose push the group past what is tried exactly.
        padded = [*rows, *[(-9.0, 0, 1, 1.0)] * 4]

        exact, descended = (choose(*given, kwh=[-90.0, 80.0]) for given in (rows, padded))

        assert descended.is_chosen[:EXACT].tolist() == exact.is_chosen.tolist()
        assert not descended.is_chosen[EXACT:].any()
