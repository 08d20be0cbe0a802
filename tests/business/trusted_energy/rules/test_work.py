"""Laws that hold of any block: nights equal bulk, estimates pass validation, sums keep to the dial."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.base.engine.block import AreaBlock
from lamplighter.business.trusted_energy.policy import Policy
from lamplighter.business.trusted_energy.records import Quality, TrustedEnergy
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.business.trusted_energy.tables import TABLES

NAN = np.nan
METERS, DAYS, SLOTS = 6, 12, 24
REVERSE = ("reverse_kwh", "reverse_quality", "reverse_reason", "day_reverse_kwh", "is_outage")


def broken_days(seed: int, *, with_dial: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return true days, the same with holes, negatives and absurd values, and dial readings of some of the meters."""
    rng = np.random.default_rng(seed)
    true = rng.gamma(2.0, 0.4, (METERS, DAYS, SLOTS)).astype(np.float32)
    received = true.copy()
    for _ in range(12):
        m, d, s = rng.integers(METERS), rng.integers(DAYS), rng.integers(SLOTS)
        received[m, d, s : s + rng.integers(1, 12)] = NAN
    received[rng.integers(METERS), rng.integers(2, DAYS) :][:2] = NAN
    received[rng.integers(METERS), rng.integers(DAYS), rng.integers(SLOTS)] = -1.0
    received[rng.integers(METERS), rng.integers(DAYS), rng.integers(SLOTS)] = 500.0
    readings = 50.0 + np.concatenate([np.zeros((METERS, 1)), np.cumsum(true.sum(axis=2, dtype=float), axis=1)], axis=1)
    readings[METERS // 2 :] = NAN
    readings[rng.random(readings.shape) < 0.1] = NAN
    return true, received, readings if with_dial else np.full_like(readings, NAN)


def outages(seed: int) -> pa.Table:
    """Return an outage of the area and one of an account, each of some hours."""
    rng = np.random.default_rng(seed)
    starts = np.datetime64("2025-01-01", "us") + rng.integers(0, DAYS * 24 * 60, 2) * np.timedelta64(1, "m")
    return pa.table(
        {
            "asset_id": ["A0", f"C00{rng.integers(METERS)}"],
            "started_at": pa.array(starts),
            "ended_at": pa.array(starts + rng.integers(30, 2_000, 2) * np.timedelta64(1, "m")),
        }
    )


def faults(seed: int) -> pa.Table:
    """Return a fault that one meter reported of itself."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2025-01-01", "us") + rng.integers(0, DAYS * 24 * 60, 1) * np.timedelta64(1, "m")
    return pa.table(
        {
            "meter_id": [f"M00{rng.integers(METERS)}"],
            "occurred_at": pa.array(start),
            "ended_at": pa.array(start + rng.integers(30, 2_000, 1) * np.timedelta64(1, "m")),
            "code": ["memory_failure"],
            "detail": pa.nulls(1, pa.string()),
        }
    )


def cut(block: AreaBlock, *, until: int, first_worked: int, tables: dict[str, pa.Table]) -> AreaBlock:
    """Return the block as a night sees it: nothing of the days after ``until``."""
    return replace(
        block,
        days=block.days[:until],
        first_worked=first_worked,
        slot_counts=block.slot_counts[:until],
        area_of=block.area_of[:, :until],
        is_live=block.is_live[:, :until],
        channels={name: values[:, :until] for name, values in block.channels.items()},
        channel_present={name: came[:, :until] for name, came in block.channel_present.items()},
        registers={name: readings[:, : until + 1] for name, readings in block.registers.items()},
        tables=tables,
    )


def night_by_night(block: AreaBlock, policy: Policy) -> list[tuple[AreaBlock, TrustedEnergy]]:
    stored: dict[str, list[pa.Table]] = {"core_trusted_day": [], "core_trusted_curve": []}
    nights = []
    for day in range(block.shape[1]):
        tables = {name: pa.concat_tables(rows) for name, rows in stored.items() if rows}
        night = cut(block, until=day + 1, first_worked=day, tables={**block.tables, **tables})
        trusted = work_days(block=night, policy=policy)
        for name, rows in stored.items():
            rows.append(trusted.tables(night)[name])
        nights.append((night, trusted))
    return nights


class TestNights:
    @settings(max_examples=12, deadline=None)
    @given(seed=st.integers(0, 10_000), with_dial=st.booleans())
    def test_one_by_one_come_to_the_same_as_all_at_once(self, draw, policy, seed, with_dial):
        _, received, readings = broken_days(seed, with_dial=with_dial)
        block = draw(
            received,
            registers={"total_kwh": readings},
            channels={"reverse_kwh": received[::-1]},
            tables={"core_outage": outages(seed), "core_meter_event": faults(seed)},
        )
        whole = work_days(block=block, policy=policy)

        nights = night_by_night(block, policy)

        last_block, last = nights[-1]
        assert last_block.shape == block.shape
        for name in (
            "metered_kwh",
            "quality",
            "reason",
            "day_kwh",
            "actual_share",
            "estimated_share",
            "source",
            *REVERSE,
        ):
            np.testing.assert_array_equal(getattr(last, name), getattr(whole, name), err_msg=name)
        flags = pa.concat_tables([trusted.flags for _, trusted in nights])
        order = [
            ("meter_id", "ascending"),
            ("on_date", "ascending"),
            ("rule_id", "ascending"),
            ("channel", "ascending"),
        ]
        assert flags.sort_by(order).to_pylist() == whole.flags.sort_by(order).to_pylist()

    def test_remember_that_a_day_of_the_past_was_unfit_to_judge_the_dial(self, draw, policy):
        days = np.ones((1, 2, SLOTS))
        days[0, 0, 5] = -50.0
        days[0, 1] = NAN
        block = draw(days, registers={"total_kwh": np.array([[100.0, 124.0, 154.0]])})

        _, last = night_by_night(block, policy)[-1]

        # The first day had an hour of -50 kWh: the curve's fault. The dial's 30 kWh of the second day stand.
        assert last.day_kwh[0].tolist() == [24.0, 30.0]


class TestEstimates:
    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000), with_dial=st.booleans())
    def test_pass_the_validation_that_made_them_necessary(self, draw, policy, seed, with_dial):
        _, received, readings = broken_days(seed, with_dial=with_dial)
        trusted = work_days(block=draw(received, registers={"total_kwh": readings}), policy=policy)

        again = work_days(block=draw(trusted.metered_kwh, registers={"total_kwh": readings}), policy=policy)

        known = set(zip(*np.nonzero(~np.isnan(trusted.metered_kwh).any(axis=2)), strict=True))
        refused = {
            (int(row["meter_id"][1:]), (row["on_date"] - block_start()).days)
            for row in again.flags.to_pylist()
            if row["rule_id"] in {"V-05", "V-07", "V-12", "V-13"}
        }
        assert known
        assert known & refused == set()

    @settings(max_examples=25, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_keep_each_day_to_its_dial(self, draw, policy, seed):
        _, received, readings = broken_days(seed, with_dial=True)

        trusted = work_days(block=draw(received, registers={"total_kwh": readings}), policy=policy)

        filled = (trusted.estimated_share > 0) & ~np.isnan(np.diff(readings, axis=1))
        filled &= ~(trusted.quality == Quality.MISSING).any(axis=2)
        sums = trusted.metered_kwh.sum(axis=2, dtype=float)
        assert filled.any()
        np.testing.assert_allclose(sums[filled], np.diff(readings, axis=1)[filled], rtol=1e-5)

    @settings(max_examples=10, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_leave_every_measured_slot_as_it_came(self, draw, policy, seed):
        _, received, readings = broken_days(seed, with_dial=True)

        trusted = work_days(block=draw(received, registers={"total_kwh": readings}), policy=policy)

        actual = trusted.quality == Quality.ACTUAL
        np.testing.assert_array_equal(trusted.metered_kwh[actual], received[actual])
        assert not trusted.reason[actual].any()
        assert ((trusted.reason[~actual] >> 4) > 0).all()

    @settings(max_examples=10, deadline=None)
    @given(seed=st.integers(0, 10_000))
    def test_do_not_depend_on_the_order_of_meters(self, draw, policy, seed):
        _, received, readings = broken_days(seed, with_dial=True)
        turned = np.random.default_rng(seed).permutation(METERS)

        straight = work_days(block=draw(received, registers={"total_kwh": readings}), policy=policy)
        mixed = work_days(block=draw(received[turned], registers={"total_kwh": readings[turned]}), policy=policy)

        np.testing.assert_array_equal(straight.metered_kwh[turned], mixed.metered_kwh)
        np.testing.assert_array_equal(straight.day_kwh[turned], mixed.day_kwh)


class TestTables:
    def test_hold_their_contracts(self, draw, policy):
        _, received, readings = broken_days(3, with_dial=True)
        block = draw(received, registers={"total_kwh": readings}, first_worked=4)

        tables = work_days(block=block, policy=policy).tables(block)

        for contract in TABLES:
            known_at = pa.scalar(0, pa.timestamp("us"))
            rows = contract.conform(tables[contract.name], known_at=known_at)
            keys = rows.select(list(contract.key)).to_pylist()
            assert len({tuple(key.values()) for key in keys}) == len(keys) > 0
        assert tables["core_trusted_day"].num_rows == METERS * (DAYS - 4)

    def test_carry_a_curve_only_where_it_differs(self, draw, policy):
        days = np.ones((2, 3, 24))
        days[1, 2, 5] = NAN
        block = draw(days)

        curves = work_days(block=block, policy=policy).tables(block)["core_trusted_curve"].to_pylist()

        assert [(row["meter_id"], str(row["on_date"])) for row in curves] == [("M001", "2025-01-03")]
        assert curves[0]["values"] == [1.0] * 24
        assert curves[0]["quality"][5] == Quality.ESTIMATED
        assert curves[0]["reason"][4:7] == [0, 17, 0]

    def test_say_nothing_of_guests(self, draw, policy):
        block = draw(np.ones((2, 1, 24)), is_home=np.array([True, False]))

        tables = work_days(block=block, policy=policy).tables(block)

        assert tables["core_trusted_day"].column("meter_id").to_pylist() == ["M000"]

    def test_give_peaks_after_the_multiplier(self, draw, policy):
        day = np.ones((1, 1, 24))
        day[0, 0, :3] = [5.0, 4.0, 3.0]
        block = draw(day, archive={"multiplier": [10.0], "ct_ratio": [10.0]})

        (row,) = work_days(block=block, policy=policy).tables(block)["core_trusted_day"].to_pylist()

        assert (row["energy_kwh"], row["peak_kwh"], row["third_kwh"]) == (330.0, 50.0, 30.0)
        assert (row["source"], row["actual_share"]) == ("interval", 1.0)


class TestExport:
    def test_is_worked_like_import_and_belongs_to_meters_that_measure_it(self, draw, policy):
        reverse = np.full((2, 1, 24), NAN)
        reverse[0] = 1.0
        reverse[0, 0, 12] = NAN

        trusted = work_days(block=draw(np.ones((2, 1, 24)), channels={"reverse_kwh": reverse}), policy=policy)

        assert trusted.day_reverse_kwh[:, 0].tolist() == [24.0, pytest.approx(NAN, nan_ok=True)]
        assert trusted.reverse_reason[0, 0, 12] == 17
        assert {row["channel"] for row in trusted.flags.to_pylist()} == {"reverse_kwh"}


def block_start():
    return np.datetime64("2025-01-01", "D").item()


class TestBlock:
    def test_without_meters_gives_empty_tables(self, draw, policy):
        block = draw(np.ones((0, 3, 24)))

        tables = work_days(block=block, policy=policy).tables(block)

        assert [table.num_rows for table in tables.values()] == [0, 0, 0]

    def test_with_every_rule_off_is_as_received(self, draw, policy):
        _, received, readings = broken_days(5, with_dial=True)
        off = policy.changed({f"{rule_id}.is_on": False for rule_id in policy.rules})

        trusted = work_days(block=draw(received, registers={"total_kwh": readings}), policy=off)

        np.testing.assert_array_equal(trusted.metered_kwh, received)
        assert trusted.flags.num_rows == 0
