"""The night on a Spark cluster: the same tables as without it, also when a worker or the driver is killed half way."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from benchmarks.tiling import tile_company

from lamplighter.base.engine import LocalEngine, SparkEngine
from lamplighter.base.engine.standalone import StandaloneCluster
from lamplighter.base.lake import Lake
from lamplighter.business.trusted_energy.tables import TRUSTED_DAY
from lamplighter.journeys.engine_comparison import compare_lakes, compare_nights
from lamplighter.journeys.nightly_run import NightReport, NightRules, read_rules, run_nightly
from lamplighter.journeys.nightly_run.plan import plan_night

NIGHT = dt.datetime(2025, 3, 2)
BUCKETS, DAYS = 6, 10
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> NightRules:
    return read_rules(tmp_path_factory.mktemp("settings"), on=NIGHT.date())


@pytest.fixture(scope="module")
def company(imported_lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six buckets, no night worked."""
    root = tmp_path_factory.mktemp("company") / "lake"
    tile_company(source=Lake.open(imported_lake), into=root, copies=BUCKETS)
    return root


@pytest.fixture(scope="module")
def worked_here(company: Path, rules: NightRules, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The night on this machine."""
    root = tmp_path_factory.mktemp("here") / "lake"
    shutil.copytree(company, root)
    run_nightly(lake=Lake.open(root), engine=LocalEngine(processes=1), rules=rules, now=NIGHT)
    return Lake.open(root)


@pytest.fixture
def lake(company: Path, tmp_path: Path) -> Lake:
    shutil.copytree(company, tmp_path / "lake")
    return Lake.open(tmp_path / "lake")


def work(lake: Lake, engine: SparkEngine, rules: NightRules, **choices: object) -> NightReport:
    return run_nightly(lake=lake, engine=engine, rules=rules, now=NIGHT, **choices)  # type: ignore[arg-type]


def assert_same(lake: Lake, other: Lake) -> None:
    with lake.snapshot() as one, other.snapshot() as two:
        compared = compare_lakes(one, two)
    assert [table for table in compared if not table.is_equal] == []
    rows = {table.table: table.rows for table in compared}
    # Each table a night fills for certain was compared with something in it.
    for name in ("core_trusted_day", "out_area_loss_daily", "out_unit_loss", "out_evidence_score", "out_suspicion"):
        assert rows[name] > 0, name


def runs_of_days(lake: Lake) -> Counter[tuple[int, str]]:
    """How many times each day of each bucket was worked: a part speaks for the days of one run."""
    with lake.snapshot() as state:
        return Counter((part.bucket, day) for part in state.parts(TRUSTED_DAY) for day in part.covers)


@pytest.mark.requires("spark")
class TestNightOnSpark:
    def test_gives_every_table_of_the_local_night_and_publishes_while_buckets_are_still_worked(
        self, lake: Lake, worked_here: Lake, spark_engine: SparkEngine, rules: NightRules
    ) -> None:
        seen = Seen(lake)
        report = work(lake, spark_engine, rules, progress=seen)

        assert report.bucket_days == BUCKETS * DAYS
        assert seen.published == list(range(1, BUCKETS + 1))
        assert_same(worked_here, lake)

    def test_is_complete_and_the_same_when_a_worker_is_killed_in_mid_run(
        self,
        lake: Lake,
        worked_here: Lake,
        spark_cluster: StandaloneCluster,
        spark_engine: SparkEngine,
        rules: NightRules,
    ) -> None:
        seen = Seen(lake, then=lambda: spark_cluster.kill_worker(1))
        try:
            report = work(lake, spark_engine, rules, progress=seen)
        finally:
            spark_cluster.add_worker()

        assert seen.published[0] < BUCKETS
        assert report.bucket_days == BUCKETS * DAYS
        assert set(runs_of_days(lake).values()) == {1}
        assert_same(worked_here, lake)

    def test_does_not_compute_a_finished_bucket_again_when_the_driver_is_restarted(
        self,
        lake: Lake,
        worked_here: Lake,
        spark_cluster: StandaloneCluster,
        spark_engine: SparkEngine,
        rules: NightRules,
        tmp_path: Path,
    ) -> None:
        driver = [sys.executable, str(HERE / "stopped_driver.py"), str(lake.root), str(tmp_path), NIGHT.isoformat()]
        ended = subprocess.run(
            driver, env=os.environ | spark_cluster.driver_environment, check=False, capture_output=True, text=True
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr
        before = runs_of_days(lake)
        with lake.snapshot() as state:
            owed = plan_night(state).bucket_day_count

        report = work(lake, spark_engine, rules)

        finished = {bucket for bucket, _ in before}
        assert len(finished) >= 1
        assert report.bucket_days == owed == (BUCKETS - len(finished)) * DAYS
        assert set(runs_of_days(lake).values()) == {1}
        assert_same(worked_here, lake)


class Seen:
    """A progress that notes how many buckets other readers see after each result, and does something once."""

    def __init__(self, lake: Lake, then: Callable[[], None] = lambda: None) -> None:
        self.lake, self.then, self.published = lake, then, list[int]()

    @contextmanager
    def step(self, title: str, /, *, total: int | None = None, unit: str = "") -> Iterator[Callable[[int], None]]:
        def advance(done: int) -> None:
            if total != BUCKETS * DAYS:
                return
            with self.lake.snapshot() as state:
                self.published.append(len(state.buckets(TRUSTED_DAY)))
            if len(self.published) == 1:
                self.then()

        yield advance


class TestCompareNights:
    def test_works_each_engine_on_a_copy_and_leaves_the_lake_alone(
        self, lake: Lake, rules: NightRules, tmp_path: Path
    ) -> None:
        names = ["one", "other"]
        found = compare_nights(
            lake=lake,
            folder=tmp_path / "copies",
            engines=[(name, lambda: nullcontext(LocalEngine(processes=1))) for name in names],
            rules=rules,
            now=NIGHT,
        )

        assert found.is_equal
        assert [run.engine for run in found.runs] == names
        assert {run.report.bucket_days for run in found.runs} == {BUCKETS * DAYS}
        assert runs_of_days(lake) == Counter()


@pytest.mark.requires("spark")
class TestSparkDemo:
    def test_starts_a_cluster_compares_every_table_and_leaves_nothing_behind(
        self, invented_homes: Path, tmp_path: Path
    ) -> None:
        start = "from lamplighter.doors.cli import main; main()"
        ended = subprocess.run(
            [sys.executable, "-c", start, "spark-demo", "--areas", "2", "--days", "8", "--json", "--profiles",
             str(invented_homes)],
            env=os.environ | {"LAMPLIGHTER_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip

        assert ended.returncode == 0, ended.stderr
        tables = {table["table"]: table for table in json.loads(ended.stdout)["tables"]}
        assert tables["out_suspicion"]["rows"] == tables["out_suspicion"]["other_rows"] > 0
        assert all(table["unequal"] == {} and table["greatest"] <= 1e-9 for table in tables.values())
        assert list(tmp_path.glob("lamplighter-spark-demo-*")) == []
