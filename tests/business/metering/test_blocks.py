import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from lamplighter.base.lake import Lake, compact
from lamplighter.business.metering.blocks import BlockReader, BlockRequest
from lamplighter.business.metering.tables import INTERVAL, METER, METER_EVENT, REGISTER_DAILY
from lamplighter.business.network.tables import AREA, ASSIGNMENT

KNOWN_AT = dt.datetime(2025, 3, 1)
FIRST = dt.date(2025, 1, 30)


def meters(*rows: tuple[str, str | None, int]) -> pa.Table:
    return pa.table(
        {
            "meter_id": [row[0] for row in rows],
            "area_id": pa.array([row[1] for row in rows], pa.string()),
            "role": ["customer"] * len(rows),
            "multiplier": [1.0 + i for i in range(len(rows))],
            "bucket": pa.array([row[2] for row in rows], pa.int32()),
            "installed_on": pa.array([None] * (len(rows) - 1) + [dt.date(2025, 2, 1)], pa.date32()),
        }
    )


def vectors(*rows: tuple[str, int, str, list[float | None]]) -> pa.Table:
    """Draw day vectors: meter, day counted from the first, channel, four six-hour slots."""
    return pa.table(
        {
            "meter_id": [row[0] for row in rows],
            "on_date": [FIRST + dt.timedelta(days=row[1]) for row in rows],
            "channel": [row[2] for row in rows],
            "slot_count": pa.array([4] * len(rows), pa.int16()),
            "values": pa.array([row[3] for row in rows], pa.list_(pa.float32())),
        }
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake.open(tmp_path)
    with lake.transaction() as change:
        change.append(
            AREA,
            pa.table({"area_id": ["B", "A", "Z"], "station_id": ["S"] * 3, "bucket": pa.array([1, 1, 2], pa.int32())}),
            known_at=KNOWN_AT,
        )
        change.append(METER, meters(("M2", "B", 1), ("M1", "A", 1), ("F1", None, 1), ("M9", "Z", 2)), known_at=KNOWN_AT)
        change.append(
            INTERVAL,
            vectors(
                ("M1", 0, "energy_kwh", [1, 2, None, 4]),
                ("M1", 2, "energy_kwh", [5, 6, 7, 8]),
                ("M2", 0, "voltage_a_v", [220, 221, 222, 223]),
            ),
            known_at=KNOWN_AT,
            bucket=1,
        )
        change.append(INTERVAL, vectors(("M9", 1, "energy_kwh", [9, 9, 9, 9])), known_at=KNOWN_AT, bucket=2)
        change.append(
            REGISTER_DAILY,
            pa.table({"meter_id": ["M1", "M1"], "on_date": [FIRST, dt.date(2025, 2, 2)], "total_kwh": [100.0, 140.5]}),
            known_at=KNOWN_AT,
            bucket=1,
        )
        change.append(
            METER_EVENT,
            pa.table({"meter_id": ["M1"], "occurred_at": [dt.datetime(2025, 1, 31, 3)], "code": ["cover_opened"]}),
            known_at=KNOWN_AT,
            bucket=1,
        )
    return lake


def read_block(lake: Lake, *, as_known_at: dt.datetime | None = None, history_days: int = 0):  # type: ignore[no-untyped-def]
    with lake.snapshot() as state:
        reader = BlockReader(
            state, interval_minutes=360, slots=4, side_tables=[METER_EVENT, ASSIGNMENT], as_known_at=as_known_at
        )
        first = FIRST + dt.timedelta(days=history_days)
        return reader.read(
            BlockRequest(
                bucket=1,
                first_on=first,
                last_on=dt.date(2025, 2, 1),
                history_days=history_days,
                channels=("energy_kwh", "voltage_a_v"),
            )
        )


class TestBlockReader:
    def test_lays_values_where_meter_and_day_say_and_leaves_the_rest_missing(self, lake: Lake) -> None:
        block = read_block(lake)

        energy = block.channels["energy_kwh"]
        assert list(block.meter_ids) == ["M1", "M2", "F1"]
        np.testing.assert_array_equal(energy[0, 0], np.array([1, 2, np.nan, 4], np.float32))
        np.testing.assert_array_equal(energy[0, 2], np.array([5, 6, 7, 8], np.float32))
        assert np.isnan(energy[0, 1]).all()
        assert np.isnan(energy[1:]).all()
        assert block.channel_present["energy_kwh"].sum() == 2
        assert block.channels["voltage_a_v"][1, 0, 3] == 223

    def test_sorts_by_area_and_puts_meters_of_no_area_last(self, lake: Lake) -> None:
        block = read_block(lake)

        assert list(block.area_ids) == ["A", "B"]
        assert block.area_of.tolist() == [[0, 0, 0], [1, 1, 1], [-1, -1, -1]]
        assert block.multipliers.tolist() == [2.0, 1.0, 3.0]

    def test_gives_registers_at_both_ends_of_every_day(self, lake: Lake) -> None:
        registers = read_block(lake).registers["total_kwh"]

        assert registers.shape == (3, 4)
        assert registers[0, [0, 3]].tolist() == [100.0, 140.5]
        assert np.isnan(registers[0, 1:3]).all()
        assert np.isnan(registers[1:]).all()

    def test_marks_history_and_cuts_side_tables_to_the_block(self, lake: Lake) -> None:
        block = read_block(lake, history_days=1)

        assert block.first_worked == 1
        assert block.worked_days.astype(str).tolist() == ["2025-01-31", "2025-02-01"]
        assert block.tables["core_meter_event"].column("code").to_pylist() == ["cover_opened"]

    def test_brings_in_a_guest_that_hangs_here_for_some_days(self, lake: Lake) -> None:
        with lake.transaction() as change:
            change.append(
                ASSIGNMENT,
                pa.table(
                    {
                        "child_id": ["M9", "M9"],
                        "child_kind": ["meter", "meter"],
                        "parent_id": ["Z", "B"],
                        "valid_from": [dt.date(2020, 1, 1), dt.date(2025, 1, 31)],
                        "valid_to": [dt.date(2025, 1, 31), None],
                    }
                ),
                known_at=KNOWN_AT,
            )

        block = read_block(lake)

        guest = list(block.meter_ids).index("M9")
        assert block.area_of[guest].tolist() == [-1, 1, 1]
        assert not block.is_home[guest]
        assert block.is_home.sum() == 3
        assert block.channels["energy_kwh"][guest, 1].tolist() == [9, 9, 9, 9]
        assert block.is_live[guest].tolist() == [False, False, True]

    def test_takes_the_newest_version_and_the_old_one_as_known_then(self, lake: Lake) -> None:
        later = KNOWN_AT + dt.timedelta(days=1)
        with lake.transaction() as change:
            change.append(INTERVAL, vectors(("M1", 0, "energy_kwh", [1, 2, 3, 4])), known_at=later, bucket=1)

        now, then = read_block(lake), read_block(lake, as_known_at=KNOWN_AT)
        compact(lake, [INTERVAL], least_parts=2)
        compacted = read_block(lake)

        assert now.channels["energy_kwh"][0, 0, 2] == 3
        assert np.isnan(then.channels["energy_kwh"][0, 0, 2])
        np.testing.assert_array_equal(compacted.channels["energy_kwh"], now.channels["energy_kwh"])
