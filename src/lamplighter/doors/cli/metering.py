"""``lamplighter metering``: what meters said, files taken in, rows set aside."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import typer
from rich.console import Console
from rich.table import Table

from lamplighter.base.lake import Lake
from lamplighter.base.messages import text
from lamplighter.base.settings import read_settings
from lamplighter.business.metering.operations.inspecting import inspect_file
from lamplighter.business.metering.queries import read_curve, read_files, read_meters, read_quarantine
from lamplighter.business.metering.records import Reason
from lamplighter.doors.cli.app import App
from lamplighter.doors.cli.output import AsJson, ExitCode, write_json
from lamplighter.journeys.company_import import release_rows

app = App("metering")

_DAY = ["%Y-%m-%d"]
_INSTANT = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]
Limit = Annotated[int, typer.Option(min=1, help=text("metering.cli.limit_option"))]
Reasons = Annotated[list[Reason] | None, typer.Option("--reason", help=text("metering.cli.reason_option"))]
Subject = Annotated[str, typer.Option(help=text("metering.cli.subject_option"))]
PathBegins = Annotated[str, typer.Option("--path", help=text("metering.cli.path_option"))]


@app.command("inspect", help=text("metering.cli.inspect_help"))
def inspect(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=text("metering.cli.file_argument"))],
    out: Annotated[Path | None, typer.Option(help=text("metering.cli.out_option"))] = None,
    interval: Annotated[int, typer.Option(help=text("metering.cli.interval_option"))] = 15,
    as_json: AsJson = False,
) -> None:
    proposal = inspect_file(file, interval_minutes=interval)
    doubts = [text(f"metering.doubt.{doubt.code}", in_language=None, **doubt.fields) for doubt in proposal.doubts]
    mapping = proposal.to_toml(match=f"*{''.join(file.suffixes)}", comments=doubts)
    if out is not None:
        out.write_text(mapping, encoding="utf-8")
    if as_json:
        write_json({"mapping": mapping, "doubts": doubts})
    elif out is None:
        typer.echo(mapping, nl=False)


@app.command("files", help=text("metering.cli.files_help"))
def files(limit: Limit = 40, as_json: AsJson = False) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_files(state).drop_columns(["mapping", "known_at"])
    if as_json:
        write_json(found.to_pylist())
        return
    counts = ("read", "accepted", "versioned", "repeated", "quarantined", "blank")
    table = Table(box=None, pad_edge=False)
    for column in ("file", "subject", "taken", *counts):
        table.add_column(text(f"metering.cli.column_{column}"), justify="right" if column in counts else "left")
    for row in found.slice(0, limit).to_pylist():
        numbers = [f"{row[f'{name}_count']:,}" for name in counts]
        table.add_row(row["path"], row["subject"], f"{row['taken_at']:%Y-%m-%d %H:%M}", *numbers)
    Console(highlight=False).print(table)


@app.command("quarantine", help=text("metering.cli.quarantine_help"))
def quarantine(
    reason: Reasons = None,
    subject: Subject = "",
    path: PathBegins = "",
    released: Annotated[bool, typer.Option("--released", help=text("metering.cli.released_option"))] = False,
    limit: Limit = 40,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_quarantine(state, reasons=reason or (), subject=subject, path=path, is_released=released)
    if as_json:
        # The row as it came may hold personal data: it leaves only by `release`, or by the file it came from.
        write_json(found.drop_columns(["row_json", "known_at"]).to_pylist())
        return
    if not found.num_rows:
        typer.echo(text("metering.cli.nothing_aside"))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("file", "row", "reason", "detail", "readings"):
        table.add_column(text(f"metering.cli.column_{column}"), justify="right" if column == "readings" else "left")
    for row in found.slice(0, limit).to_pylist():
        said = text(f"metering.reason.{row['reason']}")
        table.add_row(row["path"], str(row["row_number"]), said, row["detail"] or "", str(row["reading_count"]))
    Console(highlight=False).print(table)


@app.command("release", help=text("metering.cli.release_help"))
def release(reason: Reasons = None, subject: Subject = "", path: PathBegins = "", as_json: AsJson = False) -> None:
    report = release_rows(
        lake=Lake.open(read_settings().home.lake),
        now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        reasons=reason or (),
        subject=subject,
        path=path,
    )
    if as_json:
        write_json(report)
    else:
        typer.echo(
            text(
                "metering.cli.released",
                released=report.released_count,
                kept=report.kept_count,
                unreadable=report.unreadable_count,
            )
        )
    if report.kept_count or report.unreadable_count:
        raise typer.Exit(ExitCode.QUARANTINED)


@app.command("meters", help=text("metering.cli.meters_help"))
def meters(
    area: Annotated[str, typer.Option(help=text("metering.cli.area_option"))] = "",
    limit: Limit = 40,
    as_json: AsJson = False,
) -> None:
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_meters(state, area_id=area)
    shown = found.select(["meter_id", "area_id", "role", "phase", "wiring", "multiplier", "installed_on", "removed_on"])
    if as_json:
        write_json(shown.to_pylist())
        return
    _print_rows(shown.slice(0, limit), {"meter_id": "meter", "area_id": "area", "role": "role"})


def _print_rows(rows: pa.Table, columns: dict[str, str]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in columns.values():
        table.add_column(text(f"metering.cli.column_{column}"))
    for row in rows.select(list(columns)).to_pylist():
        table.add_row(*(str(row[name] if row[name] is not None else "") for name in columns))
    Console(highlight=False).print(table)


@app.command("curve", help=text("metering.cli.curve_help"))
def curve(
    meter_id: Annotated[str, typer.Argument(help=text("metering.cli.meter_argument"))],
    day: Annotated[dt.datetime, typer.Argument(formats=_DAY, help=text("metering.cli.day_argument"))],
    channel: Annotated[str, typer.Option(help=text("metering.cli.channel_option"))] = "energy_kwh",
    as_known_at: Annotated[
        dt.datetime | None, typer.Option(formats=_INSTANT, help=text("metering.cli.as_known_at_option"))
    ] = None,
    as_json: AsJson = False,
) -> None:
    first = day.date()
    with Lake.open(read_settings().home.lake).snapshot() as state:
        found = read_curve(
            state,
            meter_id=meter_id,
            first_on=first,
            end_on=first + dt.timedelta(days=1),
            channel=channel,
            as_known_at=as_known_at,
        )
    known = None if np.isnat(found.known_at[0]) else found.known_at[0].item()
    values = [round(float(value), 6) for value in found.values[0]] if found.values.shape[1] else []
    if as_json:
        write_json({"meter_id": meter_id, "on_date": first, "channel": channel, "known_at": known, "values": values})
        return
    typer.echo(f"{text('metering.cli.column_known')}: {known or '-'}")
    table = Table(box=None, pad_edge=False)
    for column in ("slot", "value"):
        table.add_column(text(f"metering.cli.column_{column}"), justify="right")
    for slot, value in enumerate(values):
        table.add_row(str(slot), "" if np.isnan(value) else f"{value:g}")
    Console(highlight=False).print(table)
