"""``lamplighter spark-demo``: the night on a small Spark cluster of this machine, held against the same without it."""

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.engine import Engine, LocalEngine, SparkEngine
from lamplighter.base.engine.spark_parts import require_spark
from lamplighter.base.engine.standalone import StandaloneCluster
from lamplighter.base.errors import LamplighterError
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.journeys.engine_comparison import EngineComparison, compare_nights, make_lake
from lamplighter.journeys.nightly_run import read_rules
from lamplighter.simulation import SimulationSettings

WORKERS = 2


class EnginesDiffer(LamplighterError):
    """Two engines gave different results of the same night."""

    def __init__(self, tables: tuple[str, ...]) -> None:
        self.tables = tables
        super().__init__(text("spark_demo.differ", count=len(tables), tables=", ".join(tables)))


def app(
    areas: Annotated[int, typer.Option(min=1, help=text("demo.option.areas"))] = 32,
    days: Annotated[int, typer.Option(min=7, help=text("demo.option.days"))] = 14,
    seed: Annotated[int, typer.Option(help=text("demo.option.seed"))] = 1,
    profiles: Annotated[Path | None, typer.Option(dir_okay=False, help=text("simulation.command.profiles"))] = None,
    as_json: AsJson = False,
) -> None:
    # Said before anything is made: what is missing then is not a matter of minutes.
    require_spark()
    settings = SimulationSettings(seed=seed, areas=areas, days=days, profiles=profiles)
    now = dt.datetime.combine(settings.start_on + dt.timedelta(days=days), dt.time())
    progress = terminal_progress(as_json=as_json)
    with tempfile.TemporaryDirectory(prefix="lamplighter-spark-demo-") as temporary:
        folder = Path(temporary)
        found = compare_nights(
            lake=make_lake(folder=folder, simulation=settings, now=now, progress=progress),
            folder=folder,
            engines=[
                ("local", lambda: nullcontext(LocalEngine(processes=WORKERS))),
                ("spark", lambda: _on_loopback(folder / "cluster", as_json=as_json)),
            ],
            rules=read_rules(read_settings().home.settings, on=now.date()),
            now=now,
            progress=progress,
        )
    if as_json:
        write_json(found)
    else:
        show_comparison(Console(highlight=False), found)
    if not found.is_equal:
        raise EnginesDiffer(tuple(table.table for table in found.tables if not table.is_equal))


@contextmanager
def _on_loopback(folder: Path, *, as_json: bool) -> Iterator[Engine]:
    with StandaloneCluster(folder, workers=WORKERS) as cluster, SparkEngine(settings=cluster.settings) as engine:
        if not as_json:
            typer.echo(text("spark_demo.cluster", master=cluster.master, workers=WORKERS))
        yield engine


def show_comparison(console: Console, found: EngineComparison) -> None:
    """Say what each engine did and took, and how each table of results compares."""
    local, spark = found.runs
    for run in found.runs:
        console.print(
            text(
                "spark_demo.run",
                engine=run.engine,
                bucket_days=run.report.bucket_days,
                readings=run.report.reading_count,
                start=run.start_seconds,
                wall=run.wall_seconds,
                cpu=run.cpu_seconds,
            )
        )
    table = Table(title=text("spark_demo.title"), box=None)
    table.add_column(text("spark_demo.table"))
    for name in (local.engine, spark.engine):
        table.add_column(text("spark_demo.rows", engine=name), justify="right")
    table.add_column(text("spark_demo.greatest"), justify="right")
    table.add_column(text("spark_demo.verdict"))
    for row in found.tables:
        unequal = ", ".join(f"{column} ({count:,})" for column, count in row.unequal.items())
        verdict = text("spark_demo.equal") if row.is_equal else text("spark_demo.unequal", where=unequal)
        table.add_row(row.table, f"{row.rows:,}", f"{row.other_rows:,}", f"{row.greatest:.1e}", verdict)
    console.print(table)
    if found.is_equal:
        console.print(text("spark_demo.all_equal", count=len(found.tables)))
