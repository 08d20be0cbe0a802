"""``lamplighter simulation``: a synthetic supply company, written as a company folder."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from lamplighter.base.messages import text
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, write_json
from lamplighter.doors.cli.progress import terminal_progress
from lamplighter.simulation import SimulationSettings, simulate_company

app = App("simulation")


class FileFormat(StrEnum):
    """Formats of the company folder's tables."""

    PARQUET = "parquet"
    CSV = "csv"


class Interval(StrEnum):
    """Lengths of a slot, minutes."""

    QUARTER = "15"
    HALF = "30"


@app.command("write", help=text("simulation.command.write_help"))
def write(
    folder: Annotated[Path, typer.Argument(file_okay=False, help=text("simulation.command.folder"))],
    truth: Annotated[Path | None, typer.Option(file_okay=False, help=text("simulation.command.truth"))] = None,
    areas: Annotated[int, typer.Option(min=1, help=text("simulation.command.areas"))] = 60,
    days: Annotated[int, typer.Option(min=1, help=text("simulation.command.days"))] = 90,
    start_on: Annotated[
        dt.datetime, typer.Option("--from", formats=["%Y-%m-%d"], help=text("simulation.command.start_on"))
    ] = dt.datetime(2025, 1, 1),
    seed: Annotated[int, typer.Option(help=text("simulation.command.seed"))] = 1,
    theft_rate: Annotated[float, typer.Option(min=0.0, help=text("simulation.command.theft_rate"))] = 0.035,
    difficulty: Annotated[float, typer.Option(min=0.0, max=1.0, help=text("simulation.command.difficulty"))] = 0.5,
    profiles: Annotated[Path | None, typer.Option(dir_okay=False, help=text("simulation.command.profiles"))] = None,
    interval: Annotated[Interval, typer.Option(help=text("simulation.command.interval"))] = Interval.QUARTER,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help=text("simulation.command.format"))
    ] = FileFormat.PARQUET,
    as_json: AsJson = False,
) -> None:
    settings = SimulationSettings(
        seed=seed,
        areas=areas,
        days=days,
        start_on=start_on.date(),
        interval_minutes=cast(Literal[15, 30], int(interval)),
        theft_rate=theft_rate,
        difficulty=difficulty,
        profiles=profiles,
        file_format=file_format.value,
    )
    truth = truth or folder.with_name(f"{folder.name}-truth")
    progress = terminal_progress(as_json=as_json)
    with progress.step(text("demo.step.simulate"), total=areas, unit=text("demo.unit.areas")) as advance:
        told = 0

        def tell(done: int, total: int) -> None:
            nonlocal told
            advance(done - told)
            told = done

        summary = simulate_company(folder=folder, truth=truth, settings=settings, progress=tell)
    if as_json:
        write_json({"summary": summary, "truth": truth})
        return
    typer.echo(
        text(
            "simulation.command.written",
            folder=summary.folder,
            areas=summary.areas,
            customers=summary.customers,
            meters=summary.meters,
            readings=summary.readings,
        )
    )
    typer.echo(text("simulation.command.next", folder=summary.folder, truth=truth))
