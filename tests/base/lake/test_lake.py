import datetime as dt
import multiprocessing
import os
import signal
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lamplighter.base.governance import Column, Contract, ContractBroken, Partition, Versions
from lamplighter.base.lake import Lake, LakeBusy, LakeTooNew, compact
from lamplighter.base.lake.head import Head, read_head
from lamplighter.base.lake.writing import write_head

NIGHT_1, NIGHT_2, NIGHT_3 = (dt.datetime(2025, 1, day, 2) for day in (2, 3, 4))
READINGS = Contract(
    name="core_reading",
    meaning="a reading",
    meaning_zh="读数",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("on_date", pa.date32(), "day", "日期", is_required=True),
        Column("values", pa.list_(pa.float32()), "values", "数值"),
    ),
    key=("meter_id", "on_date"),
    partition=Partition.MONTH_BUCKET,
    dated_by="on_date",
)
FLAGS = Contract(
    name="core_flag",
    meaning="a flag",
    meaning_zh="标记",
    columns=(
        Column("meter_id", pa.string(), "meter", "表号", is_required=True),
        Column("on_date", pa.date32(), "day", "日期", is_required=True),
        Column("rule_id", pa.string(), "rule", "规则", is_required=True),
    ),
    key=("meter_id", "on_date", "rule_id"),
    partition=Partition.MONTH_BUCKET,
    versions=Versions.RUN,
    dated_by="on_date",
)


def readings(*rows: tuple[str, str, list[float]]) -> pa.Table:
    return pa.table(
        {
            "meter_id": [row[0] for row in rows],
            "on_date": [dt.date.fromisoformat(row[1]) for row in rows],
            "values": pa.array([row[2] for row in rows], pa.list_(pa.float32())),
        }
    )


def flags(*rows: tuple[str, str, str]) -> pa.Table:
    return pa.table(
        {
            "meter_id": pa.array([row[0] for row in rows], pa.string()),
            "on_date": pa.array([dt.date.fromisoformat(row[1]) for row in rows], pa.date32()),
            "rule_id": pa.array([row[2] for row in rows], pa.string()),
        }
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.open(tmp_path / "lake")


def put(lake: Lake, table: pa.Table, *, known_at: dt.datetime, bucket: int = 0) -> None:
    with lake.transaction() as change:
        change.append(READINGS, table, known_at=known_at, bucket=bucket)


def put_run(lake: Lake, table: pa.Table, *, days: list[str], known_at: dt.datetime, bucket: int = 0) -> None:
    with lake.transaction() as change:
        change.append_run(
            FLAGS, table, known_at=known_at, days=[dt.date.fromisoformat(day) for day in days], bucket=bucket
        )


class TestVersionsOfARow:
    def test_gives_the_newest_version_and_the_old_state_as_known_then(self, lake: Lake) -> None:
        put(lake, readings(("M1", "2025-01-01", [1.0, 2.0]), ("M2", "2025-01-01", [5.0, 5.0])), known_at=NIGHT_1)
        put(lake, readings(("M1", "2025-01-01", [1.0, 9.0])), known_at=NIGHT_2)

        with lake.snapshot() as state:
            now = state.read(READINGS)
            then = state.read(READINGS, as_known_at=NIGHT_1)
            every = state.read(READINGS, all_versions=True)

        assert now.column("values").to_pylist() == [[1.0, 9.0], [5.0, 5.0]]
        assert then.column("values").to_pylist() == [[1.0, 2.0], [5.0, 5.0]]
        assert every.column("values").to_pylist() == [[1.0, 2.0], [1.0, 9.0], [5.0, 5.0]]

    def test_does_not_know_yet_what_arrived_later(self, lake: Lake) -> None:
        put(lake, readings(("M1", "2025-01-01", [1.0])), known_at=NIGHT_2)

        with lake.snapshot() as state:
            assert state.read(READINGS, as_known_at=NIGHT_1).num_rows == 0

    def test_lets_the_later_publication_win_at_the_same_instant(self, lake: Lake) -> None:
        put(lake, readings(("M1", "2025-01-01", [1.0])), known_at=NIGHT_1)
        put(lake, readings(("M1", "2025-01-01", [2.0])), known_at=NIGHT_1)

        with lake.snapshot() as state:
            assert state.read(READINGS).column("values").to_pylist() == [[2.0]]

    def test_cuts_by_month_and_bucket_and_reads_only_what_is_asked(self, lake: Lake) -> None:
        put(lake, readings(("M1", "2025-01-31", [1.0]), ("M1", "2025-02-01", [2.0])), known_at=NIGHT_1, bucket=3)
        put(lake, readings(("M9", "2025-01-31", [3.0])), known_at=NIGHT_1, bucket=4)

        with lake.snapshot() as state:
            months, buckets = state.months(READINGS), state.buckets(READINGS)
            january = state.read(READINGS, months=["2025-01"], buckets=[3])
            one_meter = state.read(READINGS, where=pc.field("meter_id") == "M9", columns=["values"])

        assert (months, buckets) == (["2025-01", "2025-02"], [3, 4])
        assert january.column("values").to_pylist() == [[1.0]]
        assert one_meter.to_pydict() == {"values": [[3.0]]}

    def test_refuses_a_row_without_its_key(self, lake: Lake) -> None:
        table = pa.table({"meter_id": pa.array([None], pa.string()), "on_date": [dt.date(2025, 1, 1)]})

        with pytest.raises(ContractBroken, match="meter_id is empty in 1 rows"), lake.transaction() as change:
            change.append(READINGS, table, known_at=NIGHT_1)

        assert read_head(lake.root).generation == 0


class TestRuns:
    def test_replaces_what_an_earlier_run_said_of_the_same_day_even_by_nothing(self, lake: Lake) -> None:
        two_days = ["2025-01-01", "2025-01-02"]
        put_run(
            lake, flags(("M1", "2025-01-01", "V-05"), ("M1", "2025-01-02", "V-08")), days=two_days, known_at=NIGHT_1
        )
        put_run(lake, flags(), days=["2025-01-01"], known_at=NIGHT_2)

        with lake.snapshot() as state:
            now, then = state.read(FLAGS), state.read(FLAGS, as_known_at=NIGHT_1)

        assert now.column("rule_id").to_pylist() == ["V-08"]
        assert then.column("rule_id").to_pylist() == ["V-05", "V-08"]

    def test_leaves_other_buckets_alone(self, lake: Lake) -> None:
        put_run(lake, flags(("M1", "2025-01-01", "V-05")), days=["2025-01-01"], known_at=NIGHT_1, bucket=1)
        put_run(lake, flags(), days=["2025-01-01"], known_at=NIGHT_2, bucket=2)

        with lake.snapshot() as state:
            assert state.read(FLAGS).num_rows == 1

    def test_refuses_rows_of_days_it_does_not_speak_for(self, lake: Lake) -> None:
        with pytest.raises(ValueError, match="2025-01-05"):
            put_run(lake, flags(("M1", "2025-01-05", "V-05")), days=["2025-01-01"], known_at=NIGHT_1)


class TestCompaction:
    def states(self, lake: Lake) -> list[object]:
        with lake.snapshot() as state:
            return [
                state.read(contract, as_known_at=at).to_pydict()
                for contract in (READINGS, FLAGS)
                for at in (None, NIGHT_1, NIGHT_2, NIGHT_3)
            ]

    @pytest.fixture
    def grown(self, lake: Lake) -> Lake:
        rng = np.random.default_rng(7)
        for turn, known_at in enumerate((NIGHT_1, NIGHT_2, NIGHT_3, NIGHT_3)):
            rows = [(f"M{m}", f"2025-01-{d:02d}", [float(turn), float(d)]) for m in range(5) for d in range(1, 6)]
            chosen = [rows[i] for i in sorted(rng.choice(len(rows), 12, replace=False))]
            put(lake, readings(*chosen), known_at=known_at)
            days = sorted({row[1] for row in chosen[:6]})
            put_run(lake, flags(*[(m, d, f"V-0{turn}") for m, d, _ in chosen[:6]]), days=days, known_at=known_at)
        return lake

    def test_changes_nothing_that_any_reader_sees(self, grown: Lake) -> None:
        before = self.states(grown)

        merged = compact(grown, [READINGS, FLAGS], least_parts=2)

        assert merged > 0
        assert self.states(grown) == before

    def test_leaves_files_to_a_reader_who_still_holds_the_old_state(self, grown: Lake) -> None:
        with grown.snapshot() as old:
            before = old.read(READINGS).to_pydict()
            compact(grown, [READINGS], least_parts=2)
            grown.vacuum()
            held = old.read(READINGS).to_pydict()
        removed = grown.vacuum()

        assert held == before
        assert removed > 0
        with grown.snapshot() as state:
            assert state.read(READINGS).to_pydict() == before


class TestPublishing:
    def test_publishes_all_of_a_transaction_or_nothing(self, lake: Lake) -> None:
        put(lake, readings(("M1", "2025-01-01", [1.0])), known_at=NIGHT_1)

        def fail_midway() -> None:
            with lake.transaction() as change:
                change.append(READINGS, readings(("M2", "2025-01-01", [2.0])), known_at=NIGHT_2)
                raise RuntimeError("midway")

        with pytest.raises(RuntimeError, match="midway"):
            fail_midway()

        with lake.snapshot() as state:
            assert state.read(READINGS).column("meter_id").to_pylist() == ["M1"]
        lake.vacuum()
        assert not list(lake.root.glob("staging/*"))

    def test_sweeps_what_a_writer_left_that_died_between_any_two_steps(self, lake: Lake) -> None:
        (lake.root / "staging").mkdir()
        (lake.root / "staging" / "only-a-lock.lock").touch()
        (lake.root / "staging" / "with-a-folder.lock").touch()
        (lake.root / "staging" / "with-a-folder").mkdir()
        (lake.root / "staging" / "with-a-folder" / "part.parquet").touch()

        put(lake, readings(("M1", "2025-01-01", [1.0])), known_at=NIGHT_1)

        assert not list(lake.root.glob("staging/*"))

    def test_lets_only_one_write_and_says_who(self, lake: Lake) -> None:
        with lake.transaction(), pytest.raises(LakeBusy, match=f"process {os.getpid()}"), lake.transaction():
            pass

    def test_refuses_a_lake_of_a_newer_release(self, lake: Lake) -> None:
        write_head(lake.root, Head(generation=1, schema_version=99))

        with pytest.raises(LakeTooNew, match="99"):
            Lake.open(lake.root)

    def test_takes_an_older_lake_up_step_by_step(self, lake: Lake) -> None:
        put(lake, readings(("M1", "2025-01-01", [1.0])), known_at=NIGHT_1)

        def to_two(root: Path, head: Head) -> Head:
            return Head(generation=head.generation + 1, tables=head.tables, schema_version=2)

        def to_three(root: Path, head: Head) -> Head:
            return Head(generation=head.generation + 1, tables=head.tables, schema_version=3)

        upgraded = Lake.open(lake.root, upgrades={1: to_two, 2: to_three}, schema_version=3)

        assert read_head(lake.root).schema_version == 3
        with upgraded.snapshot() as state:
            assert state.read(READINGS).num_rows == 1


def _write_until_stopped(root: Path, turns: int) -> None:
    lake = Lake(root)
    for turn in range(1, turns + 1):
        rows = [(f"M{m}", f"2025-01-{d:02d}", [float(turn)] * 4) for m in range(40) for d in (1, 2)]
        with lake.transaction() as change:
            change.append(READINGS, readings(*rows), known_at=NIGHT_1 + dt.timedelta(seconds=turn))
            change.append_run(
                FLAGS,
                flags(*[(f"M{m}", "2025-01-01", f"turn {turn}") for m in range(40)]),
                known_at=NIGHT_1 + dt.timedelta(seconds=turn),
                days=[dt.date(2025, 1, 1)],
            )
        if turn % 5 == 0:
            compact(lake, [READINGS, FLAGS], least_parts=2)
            lake.vacuum()


class TestReadersInOtherProcesses:
    def test_never_see_a_torn_or_missing_state_while_partitions_are_rewritten(self, lake: Lake) -> None:
        _write_until_stopped(lake.root, 1)
        writer = multiprocessing.get_context("spawn").Process(target=_write_until_stopped, args=(lake.root, 100_000))
        writer.start()
        torn, turns_seen, reads, last_generation = 0, set(), 0, -1
        try:
            # Half of the reads at least must race a fresh state, or the test would prove nothing.
            while reads < 2_000:
                with lake.snapshot() as state:
                    values = {tuple(v) for v in state.read(READINGS).column("values").to_pylist()}
                    said = set(state.read(FLAGS).column("rule_id").to_pylist())
                    last_generation = state.generation
                reads += 1
                turns_seen |= said
                torn += len(values) != 1 or len(said) != 1 or said != {f"turn {int(next(iter(values))[0])}"}
        finally:
            writer.kill()
            writer.join()

        assert torn == 0
        assert len(turns_seen) > 20
        assert last_generation > 20

    def test_a_writer_killed_at_any_moment_leaves_a_whole_lake(self, lake: Lake) -> None:
        _write_until_stopped(lake.root, 1)
        for wait_seconds in (0.3, 0.7, 0.9):
            writer = multiprocessing.get_context("spawn").Process(target=_write_until_stopped, args=(lake.root, 9_999))
            writer.start()
            before = read_head(lake.root).generation
            deadline = time.monotonic() + 60
            while read_head(lake.root).generation < before + 3 and time.monotonic() < deadline:
                time.sleep(0.01)
            time.sleep(wait_seconds / 3)
            assert writer.pid is not None
            os.kill(writer.pid, signal.SIGKILL)
            writer.join()

            with lake.snapshot() as state:
                values = {tuple(v) for v in state.read(READINGS).column("values").to_pylist()}
                said = set(state.read(FLAGS).column("rule_id").to_pylist())
            assert len(values) == 1
            assert said == {f"turn {int(next(iter(values))[0])}"}

        lake.vacuum()
        assert not list(lake.root.glob("staging/*"))
