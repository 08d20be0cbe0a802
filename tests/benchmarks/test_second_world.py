"""The second world obeys physics, tells of thefts what meters would, and enters by the ordinary door."""

import datetime as dt

import numpy as np
import pyarrow.parquet as pq
import pytest
from benchmarks.second_world import write_second_world
from benchmarks.second_world.areas import draw_feeding, simulate_area
from benchmarks.second_world.attacks import CT_KINDS, HOME_KINDS, draw_attack
from benchmarks.second_world.grid import Legs, Network, solve_area
from benchmarks.second_world.metering import count_energy, late_by
from benchmarks.second_world.surroundings import SLOTS, Clock, draw_weather

from lamplighter.base.lake import Lake
from lamplighter.journeys.company_import import import_company

START = dt.date(2025, 5, 17)


@pytest.fixture(scope="module")
def area():
    """One solved area over thirty days."""
    clock = Clock(START, 30)
    weather = draw_weather(np.random.default_rng(1), clock)
    feeding = draw_feeding(np.random.default_rng(2), clock, weather)
    return simulate_area(np.random.default_rng(3), clock, weather, feeding, number=0)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A company of two areas over thirty days, written to disk."""
    place = tmp_path_factory.mktemp("second")
    write_second_world(place / "company", place / "truth", seed=3, areas=2, days=30)
    return place


class TestNetwork:
    def test_loses_current_squared_times_resistance_in_phase_and_neutral(self):
        line = Network(np.array([-1, 0]), np.array([0.0, 200.0]), np.zeros(2), np.zeros(2, int), np.zeros(2))
        leg = Legs(np.array([1]), np.array([0]), np.array([0.1 + 0j]), np.full((1, 1), 3.0), np.zeros(1))

        flow = solve_area(line, leg, np.ones(1), transformer=1)

        # 200 m of 0.253 ohm/km out and back, and a service of 0.1 ohm.
        assert flow.line_loss[0] * 1000 == pytest.approx(flow.current[0, 0] ** 2 * (2 * 0.2 * 0.253 + 0.1))

    def test_leaves_the_neutral_idle_where_phases_are_alike(self):
        line = Network(np.array([-1, 0]), np.array([0.0, 200.0]), np.zeros(2), np.zeros(2, int), np.zeros(2))
        three = Legs(np.array([1] * 3), np.arange(3), np.zeros(3, complex), np.full((3, 1), 3.0), np.zeros(3))

        flow = solve_area(line, three, np.ones(1), transformer=1)

        assert flow.line_loss[0] * 1000 == pytest.approx(3 * flow.current[0, 0] ** 2 * 0.2 * 0.253)

    def test_closes_supply_is_use_and_loss(self, area):
        rest = area.flow.supply.sum(axis=0) - area.used_kw - area.flow.line_loss

        np.testing.assert_allclose(rest, 0.0, atol=1e-9 * float(area.flow.supply.sum(axis=0).max()))

    def test_gives_everybody_what_was_asked_for(self, area):
        assert area.flow.voltage.min() > 170
        assert area.flow.line_loss.sum() > 0


class TestAttack:
    @pytest.fixture
    def use(self):
        return np.random.default_rng(4).gamma(2.0, 0.5, (3, 30, SLOTS))

    @pytest.mark.parametrize("kind", sorted({*HOME_KINDS, *CT_KINDS} - {"reversed_day", "mean_noisily"}))
    def test_never_counts_more_than_is_used(self, use, kind):
        attack = draw_attack(np.random.default_rng(5), kind, use, use.sum(axis=0) / 2)

        assert attack.counted.min() >= 0.0
        assert attack.counted.max() <= 1.0 + 1e-9

    def test_shows_the_whole_current_through_a_slow_meter_only(self, use):
        slow = draw_attack(np.random.default_rng(6), "slow_meter", use, use.sum(axis=0) / 2)
        bypassed = draw_attack(np.random.default_rng(6), "bypassed_circuit", use, use.sum(axis=0) / 2)

        assert slow.seen.min() == 1.0
        assert slow.counted.min() < 0.96
        np.testing.assert_array_equal(bypassed.seen, bypassed.counted)

    def test_keeps_the_energy_of_a_day_that_is_only_turned_round(self, use):
        attack = draw_attack(np.random.default_rng(7), "reversed_day", use, use.sum(axis=0) / 2)

        counted = (use * attack.counted).sum(axis=0)

        np.testing.assert_allclose(counted.sum(axis=1), use.sum(axis=0).sum(axis=1))

    def test_takes_a_hook_up_before_the_meter_without_touching_it(self, use):
        attack = draw_attack(np.random.default_rng(8), "hook_up", use, use.sum(axis=0) / 2)

        assert attack.counted.min() == attack.seen.min() == 1.0
        assert 0.0 < attack.hooked.max() <= 0.95


class TestMeter:
    def test_loses_nothing_to_the_step_of_its_register(self):
        energy = np.full(1000, 0.0037)

        counted, dial = count_energy(energy, step_kwh=0.01, start_kwh=12.34)

        assert counted.sum() == pytest.approx(3.7, abs=0.01)
        assert dial[-1] - dial[0] == pytest.approx(counted.sum())

    def test_sees_a_slot_late_by_a_slot(self):
        assert late_by(np.array([1.0, 2.0, 3.0]), 15.0).tolist() == [3.0, 1.0, 2.0]


class TestFolder:
    def test_enters_without_a_row_set_aside(self, world):
        report = import_company(folder=world / "company", lake=Lake.open(world / "lake"), now=dt.datetime(2025, 12, 1))

        assert report.reasons == {}
        assert report.refused == ()
        assert report.unused == ()
        assert report.count.read == report.count.accepted

    def test_tells_the_truth_beside_it(self, world):
        thefts = pq.read_table(world / "truth" / "thefts.parquet")
        losses = pq.read_table(world / "truth" / "area_loss.parquet").to_pylist()

        assert {"account_id", "kind", "stolen_kwh", "onset_on"} <= set(thefts.column_names)
        for row in losses:
            assert row["supplied_kwh"] == pytest.approx(row["used_kwh"] + row["technical_kwh"])

    def test_is_the_same_for_the_same_seed(self, world, tmp_path):
        write_second_world(tmp_path / "company", tmp_path / "truth", seed=3, areas=2, days=30)

        for file in ("meters.parquet", "interval/0001.parquet"):
            assert pq.read_table(tmp_path / "company" / file).equals(pq.read_table(world / "company" / file))
