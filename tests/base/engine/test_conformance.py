"""Every relation and every kernel of the product on both engines: the same rows, in the same types.

The tables are as bad as a company's: gaps, NULL, NaN, zeros, rows that stand twice, days on which clocks change.
"""

import dataclasses
import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import lamplighter
from lamplighter.base.engine import AreaBlock, Engine, LocalEngine, SparkEngine, empty_block
from lamplighter.base.engine.answers import AnswerNotPortable
from lamplighter.business.detection.rules import find_evidence
from lamplighter.business.line_loss.relations import read_relation
from lamplighter.business.line_loss.rules import area_losses, load_thresholds
from lamplighter.business.trusted_energy.policy import load_policy
from lamplighter.business.trusted_energy.rules import work_days
from lamplighter.journeys.engine_comparison import compare_tables
from tests.business.detection.neighbourhood import draw_use

pytestmark = pytest.mark.requires("spark")

LOCAL = LocalEngine(processes=1)
SPRING, AUTUMN = dt.date(2025, 3, 30), dt.date(2025, 10, 26)
"""Days of 23 and of 25 hours in Europe."""
DAYS = [SPRING - dt.timedelta(days=1), SPRING, SPRING + dt.timedelta(days=1), AUTUMN]
RNG = np.random.default_rng(5)


def spoilt(values: np.ndarray, *, nan: float = 0.0) -> pa.Array:
    """Numbers of which a tenth is NULL, a tenth zero, and some share NaN."""
    draw = RNG.uniform(size=len(values))
    values = np.where(draw < 0.1, 0.0, np.where(draw > 1 - nan, np.nan, values))
    return pa.array(values, pa.float64(), mask=(draw > 0.4) & (draw < 0.5), from_pandas=False)


def losses(count: int, *, nan: float = 0.0, **keys: list[Any]) -> pa.Table:
    """Daily figures of ``count`` elements, a third of them not computable."""
    figures = {
        name: spoilt(RNG.normal(100.0, 80.0, count), nan=nan)
        for name in ("supplied_kwh", "sold_kwh", "loss_kwh", "technical_kwh", "unexplained_kwh", "unexplained_low_kwh",
                     "unexplained_high_kwh", "low_half_kwh", "high_half_kwh", "coverage")
    }  # fmt: skip
    rest = {
        "estimated_share": pa.array(RNG.uniform(size=count).astype(np.float32)),
        "is_computable": pa.array(RNG.uniform(size=count) < 0.67),
        "technical_source": pa.array(
            [["network", "regression", None][i % 3] for i in range(count)]
        ).dictionary_encode(),
    }
    return pa.table({**{name: values[:count] for name, values in keys.items()}, **figures, **rest})


def twice(table: pa.Table) -> pa.Table:
    """The table with its first rows once more, as from a file that was delivered again."""
    return pa.concat_tables([table, table.slice(0, 5)])


def month(*, nan: float = 0.0) -> dict[str, pa.Table]:
    elements = [f"A{i:02d}" for i in range(12)]
    keys = {"area_id": elements * len(DAYS), "on_date": [day for day in DAYS for _ in elements]}
    return {"day": twice(losses(len(elements) * len(DAYS), nan=nan, **keys))}


def flows() -> dict[str, pa.Table]:
    roles = ["feeder", "supply", "customer", "customer", "solar", "customer"]
    areas = [None, "A1", "A1", "A2", "A2", None]
    count = len(roles) * 3
    meters = [f"M{i:02d}" for i in range(count)]
    energy = pa.table(
        {
            "meter_id": meters * len(DAYS),
            "on_date": [day for day in DAYS for _ in meters],
            "area_id": pa.array(areas * 3 * len(DAYS), pa.string()),
            "role": roles * 3 * len(DAYS),
            "energy_kwh": spoilt(RNG.uniform(0, 300, count * len(DAYS))),
            "reverse_kwh": spoilt(RNG.uniform(0, 5, count * len(DAYS))),
            "read_share": RNG.uniform(size=count * len(DAYS)),
        }
    )
    return {
        "energy": energy,
        "meter": pa.table({"meter_id": meters, "feeder_id": [["F1", "F2", None][i % 3] for i in range(count)]}),
        "hangs": pa.table(
            {
                "area_id": ["A1", "A2"] * len(DAYS),
                "on_date": [day for day in DAYS for _ in range(2)],
                "feeder_id": pa.array(["F1", "F2", "F2", None, "F1", "F1", "F1", "F2"], pa.string()),
            }
        ),
        "area": pa.table({"area_id": ["A1", "A2"], "has_supply": pa.array([1, 0], pa.int32())}),
        "through_customers": pa.table({"flag": pa.array([0], pa.int32())}),
    }


def through_customers() -> dict[str, pa.Table]:
    return flows() | {"through_customers": pa.table({"flag": pa.array([1], pa.int32())})}


def units(*, nan: float = 0.0) -> dict[str, pa.Table]:
    ids = ["P", "C", "Y", "S1", "S2"]
    above = {"province_id": ["P"] * 5, "city_id": [None, "C", "C", "C", "C"], "county_id": [None, None, "Y", "Y", "Y"]}
    levels = ["province", "city", "county", "station", "station"]
    unit = pa.table({"unit_id": ids, "level": levels, "station_id": [None, None, None, "S1", "S2"], **above})
    count = 10 * len(DAYS)
    keys = {
        "station_id": ["S1", "S2", "S1", "S9", "S2"] * (count // 5),
        "level": ["0.4 kV", "10 kV", "region", "region", "0.4 kV"] * (count // 5),
        "on_date": [day for day in DAYS for _ in range(10)],
    }
    return {"element": twice(losses(count, nan=nan, **keys)), "unit": unit}


# File, what stands for its placeholders, its key, its tables.
RELATIONS: dict[str, tuple[str, dict[str, str], list[str], Callable[[], dict[str, pa.Table]]]] = {
    "area months": ("element_months", {"key": "area_id"}, ["area_id"], month),
    "area months with NaN": ("element_months", {"key": "area_id"}, ["area_id"], lambda: month(nan=0.1)),
    "months without a row": (
        "element_months", {"key": "area_id"}, ["area_id"], lambda: {"day": month()["day"].slice(0, 0)},
    ),
    "lines": ("feeder_flows", {}, ["feeder_id", "on_date"], flows),
    "lines to their customers": ("feeder_flows", {}, ["feeder_id", "on_date"], through_customers),
    "units": ("unit_sums", {}, ["unit_id", "level", "on_date"], units),
    "units with NaN": ("unit_sums", {}, ["unit_id", "level", "on_date"], lambda: units(nan=0.1)),
}  # fmt: skip


def answers(engines: tuple[Engine, Engine], sql: str, tables: dict[str, pa.Table], key: list[str]) -> list[pa.Table]:
    order = [(name, "ascending") for name in key]
    return [engine.query(sql, tables=tables).sort_by(order) for engine in engines]


class TestRelations:
    def test_are_all_here(self) -> None:
        files = {path.stem for path in Path(lamplighter.__path__[0]).rglob("*.sql")}

        assert files == {file for file, _, _, _ in RELATIONS.values()}

    @pytest.mark.parametrize("case", RELATIONS)
    def test_give_the_same_rows_in_the_same_types(self, spark_engine: SparkEngine, case: str) -> None:
        file, words, key, draw = RELATIONS[case]
        sql = read_relation(file).format(**words) if words else read_relation(file)

        here, there = answers((LOCAL, spark_engine), sql, draw(), key)

        assert here.schema.equals(there.schema)
        compared = compare_tables(case, here, there)
        assert (compared.unequal, compared.other_rows) == ({}, compared.rows)
        assert compared.rows > 0 or case == "months without a row"

    def test_sum_a_month_that_can_be_added_up_by_hand(self, spark_engine: SparkEngine) -> None:
        figures = dict.fromkeys(month()["day"].column_names, pa.nulls(3, pa.float64()))
        rows = figures | {
            "area_id": ["A", "A", "A"],
            "is_computable": pa.array([True, True, False]),
            "sold_kwh": [96.0, 4.0, 1000.0],
            "estimated_share": pa.array([0.5, 0.25, 1.0], pa.float32()),
            "technical_source": ["network", None, "network"],
        }
        sql = read_relation("element_months").format(key="area_id")

        for engine in (LOCAL, spark_engine):
            (row,) = engine.query(sql, tables={"day": pa.table(rows)}).to_pylist()

            assert (row["day_count"], row["known_days"], row["sold_kwh"], row["estimated_kwh"]) == (2, 3, 100.0, 49.0)
            assert (row["technical_source"], row["supplied_kwh"]) == ("network", None)


class TestValues:
    """What the two engines were found to read differently, and what the port makes of it."""

    def both(self, spark: SparkEngine, sql: str, **columns: Any) -> list[dict[str, Any]]:
        tables = {"one": pa.table(columns)} if columns else {}
        here, there = (engine.query(sql, tables=tables) for engine in (LOCAL, spark))
        assert here.schema.equals(there.schema)
        compared = compare_tables("one", here, there)
        assert compared.is_equal, (here.to_pylist(), there.to_pylist())
        rows: list[dict[str, Any]] = there.to_pylist()
        return rows

    def test_nan_is_not_null_and_greater_than_any_number(self, spark_engine: SparkEngine) -> None:
        kwh = pa.array([1.0, math.nan, None], pa.float64(), from_pandas=False)
        sql = "SELECT count(kwh) AS n, min(kwh) AS low, max(kwh) AS high, sum(kwh) AS total FROM one"

        (row,) = self.both(spark_engine, sql, kwh=kwh)

        assert (row["n"], row["low"]) == (2, 1.0)
        assert math.isnan(row["high"])
        assert math.isnan(row["total"])

    def test_a_sum_of_nothing_is_null(self, spark_engine: SparkEngine) -> None:
        none = pa.array([None, None], pa.float64())

        assert self.both(spark_engine, "SELECT sum(kwh) AS kwh, count(*) AS n FROM one", kwh=none) == [
            {"kwh": None, "n": 2}
        ]

    def test_counts_sums_and_means_have_one_type(self, spark_engine: SparkEngine) -> None:
        sql = "SELECT sum(n) AS total, avg(n) AS mean, sum(0.5) AS halves, sum(x) AS x FROM one"
        n, x = pa.array([1, 2], pa.int32()), pa.array([0.1, 0.2], pa.float32())

        (row,) = self.both(spark_engine, sql, n=n, x=x)

        assert (row["total"], row["mean"], row["halves"]) == (3, 1.5, 1.0)
        assert row["x"] == pytest.approx(0.3, rel=1e-7)

    def test_days_and_instants_of_the_hour_that_is_not_there_stay_what_they_are(
        self, spark_engine: SparkEngine
    ) -> None:
        # 02:30 does not exist on this day in Berlin, nor on the 9th of March in New York, where Spark's Java stands.
        instants = [dt.datetime(2025, 3, 30, 2, 30), dt.datetime(2025, 3, 9, 2, 30), dt.datetime(2025, 10, 26, 2, 30)]
        sql = (
            "SELECT read_at, CAST(read_at AS DATE) AS day, hour(read_at) AS hour, "
            "date_trunc('month', read_at) AS month FROM one ORDER BY read_at"
        )

        rows = self.both(spark_engine, sql, read_at=pa.array(instants, pa.timestamp("us")))

        assert [row["read_at"] for row in rows] == sorted(instants)
        assert [row["hour"] for row in rows] == [2, 2, 2]
        assert [row["day"] for row in rows] == [dt.date(2025, 3, 9), SPRING, AUTUMN]
        assert rows[0]["month"] == dt.datetime(2025, 3, 1)

    def test_duplicates_stay_and_distinct_ones_are_counted_once(self, spark_engine: SparkEngine) -> None:
        sql = "SELECT count(*) AS n, count(DISTINCT area_id) AS areas FROM one"

        assert self.both(spark_engine, sql, area_id=["A", "A", None, "B"]) == [{"n": 4, "areas": 2}]

    def test_words_are_told_apart_by_case_and_accent(self, spark_engine: SparkEngine) -> None:
        sql = "SELECT word, count(*) AS n FROM one GROUP BY word ORDER BY n DESC"

        rows = self.both(spark_engine, sql, word=["é", "é", "é", "É", "É", "台区"])

        assert [row["n"] for row in rows] == [3, 2, 1]

    def test_a_difference_of_days_is_refused_by_both(self, spark_engine: SparkEngine) -> None:
        apart = "SELECT max(read_at) - min(read_at) AS apart FROM one"
        table = pa.table({"read_at": pa.array([dt.datetime(2025, 3, 30)], pa.timestamp("us"))})

        for engine in (LOCAL, spark_engine):
            with pytest.raises(AnswerNotPortable, match="apart"):
                engine.query(apart, tables={"one": table})


def hard_block() -> AreaBlock:
    """An area whose supply meter counts 20 homes: gaps, lost days, zeros, and days of 23 and of 25 hours."""
    days, slots, homes = 40, 50, 20
    use = draw_use(customers=homes, days=days, slots=slots, seed=3).astype(np.float32)
    use = np.concatenate([use.sum(axis=0, keepdims=True) * 1.03, use])
    slot_counts = np.full(days, 48, np.int16)
    slot_counts[[30, 35]] = 46, 50
    use[:, np.arange(slots)[None, :] >= slot_counts[:, None]] = np.nan
    use[3] *= 0.4
    use[5, 20:28] = 0.0
    use[6, 33, 10:14] = np.nan
    use[7, 34:36] = np.nan
    use[8, 30] = np.nan
    ground = empty_block(meters=homes + 1, days=days, slots=slots, first_day="2025-02-28", first_worked=25)
    role = pa.array(["supply"] + ["customer"] * homes)
    archive = ground.archive.set_column(ground.archive.column_names.index("role"), "role", role)
    registers = np.concatenate([np.zeros((homes + 1, 1)), np.nancumsum(np.nansum(use, axis=2), axis=1)], axis=1)
    return dataclasses.replace(
        ground,
        interval_minutes=30,
        slot_counts=slot_counts,
        archive=archive,
        channels={"energy_kwh": use},
        channel_present={"energy_kwh": np.isfinite(use).any(axis=2)},
        registers={"total_kwh": registers},
    )


def run_kernels(block: AreaBlock) -> dict[str, pa.Table]:
    """Everything a night does with a block."""
    on = dt.date(2025, 6, 1)
    trusted = work_days(block=block, policy=load_policy(on=on))
    found = area_losses(block=block, trusted=trusted, thresholds=load_thresholds(on=on))
    return {
        **trusted.tables(block),
        **found.tables(),
        **find_evidence(block=block, trusted=trusted, losses=found),
    }


def raise_a_value_error(item: int) -> int:
    raise ValueError(f"item {item} is odd")


class TestKernels:
    def test_give_the_same_tables_cell_by_cell(self, spark_engine: SparkEngine) -> None:
        block = hard_block()
        (here,) = LOCAL.map(run_kernels, [block])
        (there,) = spark_engine.map(run_kernels, [block])

        assert here.keys() == there.keys()
        for name, table in here.items():
            compared = compare_tables(name, table, there[name])
            assert compared.is_equal, compared
            assert compared.greatest == 0.0, name
        assert here["core_trusted_day"].num_rows == 21 * 15

    def test_raise_here_what_they_raised_there(self, spark_engine: SparkEngine) -> None:
        for engine in (LOCAL, spark_engine):
            with pytest.raises(ValueError, match="item 3 is odd"):
                list(engine.map(raise_a_value_error, [3]))

    def test_of_no_item_give_no_result(self, spark_engine: SparkEngine) -> None:
        for engine in (LOCAL, spark_engine):
            assert list(engine.map(abs, [])) == []
